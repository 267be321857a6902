"""Build the index beside the place where it will stand: every phrase with what is computed of it."""

from __future__ import annotations

import json
import math
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import bm25s
import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.errors import ChromaError
from numpy.typing import NDArray

from interviewer.models import Question
from interviewer.outside.embedding import Encoded, Encoder, Matrix, Progress
from interviewer.outside.likeness import Texts, ease, stem, words
from interviewer.outside.retrieval.directions import directions
from interviewer.outside.retrieval.index import COLLECTION, Part
from interviewer.outside.retrieval.tidying import tidy

Row = tuple[Question, Part, str, str]
"""A text of the index: its question, part, tell and words."""
LAYOUT = "8"
"""Changes when the folder's layout does, so that an old index is built anew."""
_REPEATS: dict[Part, int] = {"title": 6, "ask": 3, "summary": 3, "tell": 2}
"""How often the words of a part count in a search by words; once when not listed."""
DAMAGED = (FileNotFoundError, NotADirectoryError, ValueError, ChromaError)
"""What comes of opening an index of which something is missing or cut off."""


def build(
    folder: Path, questions: Sequence[Question], encoder: Encoder, progress: Progress | None
) -> None:
    """Build the index in a folder beside its own, move it there, and remove what nobody uses."""
    beside = folder.with_name(folder.name + ".part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    rows = [(q, part, tell_id, text) for q in questions for part, tell_id, text in _texts(q)]
    encoded = _encode([text for *_, text in rows], encoder, _finished(folder), progress)
    (beside / "tokens.json").write_text(json.dumps([e.tokens for e in encoded]))

    rarity = _rarity(e.tokens for e in encoded)
    stems = [tuple(stem(w) for w in words(text)) for *_, text in rows]
    lengths = np.cumsum([0, *(len(e.tokens) for e in encoded)])
    tokens = np.concatenate([e.vectors for e in encoded]).astype(np.float16)
    np.save(beside / "tokens.npy", tokens)
    weights = np.array([rarity[t] for e in encoded for t in e.tokens], dtype=np.float32)
    np.save(beside / "weights.npy", weights)
    pooled = np.stack([e.pooled for e in encoded])
    np.save(beside / "pooled.npy", pooled)
    numbers = {q.id: number for number, q in enumerate(questions)}
    owners = np.array([numbers[q.id] for q, *_ in rows], dtype=np.intp)
    np.save(beside / "owners.npy", owners)
    np.save(beside / "directions.npy", _directions(rows, pooled, owners, np.diff(lengths)))
    stem_weights = _rarity(stems)
    (beside / "stems.json").write_text(json.dumps(stem_weights))
    (beside / "rarity.json").write_text(json.dumps(rarity))
    easy = _ease(rows, tokens, weights, lengths, stems, stem_weights)
    _save_words(beside, rows, stems)

    metadatas = [
        {
            "question_id": q.id,
            "part": part,
            "tell_id": tell_id,
            "at": i,
            "start": int(lengths[i]),
            "stop": int(lengths[i + 1]),
            "stems": " ".join(stems[i]),
            "ease": easy.get(i, 0.0),
            **({"rubric": q.model_dump_json()} if part == "title" else {}),
        }
        for i, (q, part, tell_id, _) in enumerate(rows)
    ]
    with _chroma(beside) as client:
        collection = client.create_collection(
            COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )
        for start in range(0, len(rows), 1000):
            some = slice(start, start + 1000)
            collection.add(
                ids=[f"{m['question_id']}/{m['at']}" for m in metadatas[some]],
                embeddings=pooled[some],
                documents=[text for *_, text in rows[some]],
                metadatas=metadatas[some],  # type: ignore[arg-type]
            )
    beside.rename(folder)
    tidy(folder, _finished(folder))


def _directions(
    rows: Sequence[Row],
    pooled: Matrix,
    owners: NDArray[np.intp],
    lengths: NDArray[np.intp],
) -> NDArray[np.float32]:
    """Return what parts cues of L5 and L6 tells from other phrases, and the two from each other."""
    at = [i for i, (_, part, *_) in enumerate(rows) if part in ("cue", "near_miss")]
    shown = []
    for question, part, tell_id, _ in (rows[i] for i in at):
        level = question.tell(tell_id).level if part == "cue" else None
        shown.append(level if level != "L4" else None)
    return directions(pooled[at], shown, owners[at], lengths[at])


def _ease(
    rows: Sequence[Row],
    tokens: NDArray[np.float16],
    weights: Matrix,
    lengths: NDArray[np.intp],
    stems: Sequence[tuple[str, ...]],
    stem_weights: dict[str, float],
) -> dict[int, float]:
    """Return of every cue and near-miss how like it is to those of other tells."""
    found: dict[int, float] = {}
    by_question: dict[str, list[int]] = defaultdict(list)
    for i, (question, part, *_) in enumerate(rows):
        if part in ("cue", "near_miss"):
            by_question[question.id].append(i)
    for positions in by_question.values():
        spans = [slice(lengths[i], lengths[i + 1]) for i in positions]
        texts = Texts(
            [tokens[span].astype(np.float32) for span in spans],
            [weights[span] for span in spans],
            [stems[i] for i in positions],
        )
        tells = [rows[i][2] for i in positions]
        owners = np.array([tells.index(tell_id) for tell_id in tells])
        easy = ease(texts, stem_weights, [rows[i][3] for i in positions], owners)
        found.update(zip(positions, map(float, easy), strict=True))
    return found


def _save_words(
    folder: Path,
    rows: Sequence[Row],
    stems: Sequence[tuple[str, ...]],
) -> None:
    documents: dict[str, list[str]] = defaultdict(list)
    for (question, part, *_), some in zip(rows, stems, strict=True):
        documents[question.id].extend(some * _REPEATS.get(part, 1))
    by_words = bm25s.BM25()
    by_words.index(list(documents.values()), show_progress=False)
    by_words.save(folder / "bm25")
    (folder / "questions.json").write_text(json.dumps(list(documents)))
    vocabulary = sorted({word for *_, text in rows for word in words(text)})
    (folder / "words.json").write_text(json.dumps(vocabulary))


def _encode(
    texts: Sequence[str], encoder: Encoder, earlier: Sequence[Path], progress: Progress | None
) -> list[Encoded]:
    """Encode texts; those that an earlier index holds are read from there.

    An author who changes one cue should not wait two minutes for six thousand others.
    """
    known: dict[str, Encoded] = {}
    with suppress(*DAMAGED):
        known = _read_encoded(earlier[0]) if earlier else {}
    new = [text for text in dict.fromkeys(texts) if text not in known]
    known.update(zip(new, encoder.encode(new, progress) if new else [], strict=True))
    return [known[text] for text in texts]


def _read_encoded(folder: Path) -> dict[str, Encoded]:
    tokens: list[list[str]] = json.loads((folder / "tokens.json").read_text())
    edges = np.cumsum([0, *map(len, tokens)])
    vectors = np.load(folder / "tokens.npy", mmap_mode="r")
    with _chroma(folder) as client:
        collection = client.get_collection(COLLECTION, embedding_function=None)
        found = collection.get(include=["documents", "metadatas", "embeddings"])
    known = {}
    for document, metadata, pooled in zip(
        found["documents"] or [],
        found["metadatas"] or [],
        np.asarray(found["embeddings"], dtype=np.float32),
        strict=True,
    ):
        at = int(str(metadata["at"]))
        rows = vectors[edges[at] : edges[at + 1]]
        known[document] = Encoded(tuple(tokens[at]), rows, pooled)
    return known


@contextmanager
def _chroma(folder: Path) -> Iterator[ClientAPI]:
    """Open what an index keeps in Chroma; its seven files would stay open otherwise."""
    client = chromadb.PersistentClient(str(folder / "chroma"))
    try:
        yield client
    finally:
        client.close()  # type: ignore[attr-defined]


def _finished(folder: Path) -> list[Path]:
    """Return the indexes of the same layout and encoder that stand beside a folder, newest first."""
    ending = folder.name.partition("-")[2]
    beside = [p for p in folder.parent.glob(f"*-{ending}") if (p / "tokens.json").exists()]
    return sorted(beside, key=lambda p: -p.stat().st_mtime)


def _texts(question: Question) -> list[tuple[Part, str, str]]:
    out: list[tuple[Part, str, str]] = [
        ("title", "", question.title),
        ("ask", "", question.ask),
        ("summary", "", question.summary),
        *(("variant", "", asked) for asked in question.variants),
        *(("clarification", "", fact) for fact in question.clarifications),
    ]
    for tell in question.tells:
        out.append(("tell", tell.id, tell.text))
        out.extend(("cue", tell.id, cue) for cue in tell.cues)
        out.extend(("near_miss", tell.id, miss) for miss in tell.near_misses)
        if tell.probe:
            out.append(("probe", tell.id, tell.probe))
    return out


def _rarity(texts: Iterable[Sequence[str]]) -> dict[str, float]:
    """Inverse document frequency of every token, smoothed, between 0 and about 9."""
    counts: Counter[str] = Counter()
    total = 0
    for text in texts:
        total += 1
        counts.update(set(text))
    return {t: round(math.log((1 + total) / (1 + n)), 4) for t, n in counts.items()}
