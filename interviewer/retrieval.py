"""The rubric index: everything a grade needs, fetched from Chroma by question id.

An index is a folder named by the hash of its rubrics and the name of its encoder. It is built
once, under a lock, beside the place where it will stand, and never written afterwards, so that
the app, the shell and the evals can read it side by side. Chroma keeps the texts and one vector
each; the vectors of their single tokens stand in a memory-mapped array beside it, because one
question has about two thousand of them and Chroma holds one vector a record. Word counts for
BM25 stand there too.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import bm25s
import chromadb
import numpy as np
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.errors import ChromaError
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from interviewer.embedding import Encoded, Encoder, Matrix, Progress
from interviewer.errors import SetupError
from interviewer.likeness import Texts, ease, rarity, stem, words
from interviewer.models import Question
from interviewer.rubrics import digest

Part = Literal["title", "ask", "summary", "tell", "cue", "near_miss", "probe", "clarification"]
Row = tuple[Question, Part, str, str]
"""A text of the index: its question, part, tell and words."""
_LAYOUT = "4"
"""Changes when the folder's layout does, so that an old index is built anew."""
_COLLECTION = "rubrics"
_NEIGHBOURS = 150
_BEST_OF = 3
"""Phrases of a question that count: with one, 104 of 150 paraphrases found their question first,
with three 125, with thirty 124."""
_REPEATS: dict[Part, int] = {"title": 6, "ask": 3, "summary": 3, "tell": 2}
"""How often the words of a part count in a search by words; once when not listed."""
_KEPT, _IN_USE = 8, 24 * 3600
"""Finished indexes that are kept, and for how many seconds after it was last opened any is; each
takes some 200 MB, and every edit of a rubric makes one."""
_DAMAGED = (FileNotFoundError, NotADirectoryError, ValueError, ChromaError)
"""What comes of opening an index of which something is missing or cut off."""
_QUERIES = 100
"""Vectors a query: Chroma binds a variable for every hit and SQLite has 32,766."""


@dataclass(frozen=True)
class Phrase:
    """One text of a rubric; its token vectors are `rows` of the record's matrix."""

    part: Part
    tell_id: str
    text: str
    rows: slice
    stems: tuple[str, ...]
    ease: float
    """Of a cue or a near-miss, how like it is to what shows other tells; `likeness.ease`."""


@dataclass(frozen=True)
class RubricRecord:
    """A question and the vectors of its phrases, as they came out of the index."""

    question: Question
    phrases: tuple[Phrase, ...]
    pooled: Matrix
    """(phrases, dimension)"""
    tokens: NDArray[np.float16]
    """(token rows, dimension), mapped from disk"""
    weights: Matrix
    """(token rows,): how rare each token is over the whole corpus."""
    stem_weights: dict[str, float]

    def where(self, *parts: Part) -> list[int]:
        """Return the positions of the phrases of these parts."""
        return [i for i, phrase in enumerate(self.phrases) if phrase.part in parts]

    def texts(self, positions: Sequence[int]) -> Texts:
        """Return phrases as texts that others can be held against."""
        rows = [self.phrases[i].rows for i in positions]
        return Texts(
            [self.tokens[r].astype(np.float32) for r in rows],
            [self.weights[r] for r in rows],
            [self.phrases[i].stems for i in positions],
        )


@dataclass(frozen=True)
class Hit:
    """A question that a search found.

    `score` orders hits of one search; the searches say what it is.
    """

    question_id: str
    score: float
    distance: float
    """Cosine distance from what was looked for to the nearest phrase, averaged over sentences."""


class RubricIndex:
    """A finished index, open for reading."""

    def __init__(self, folder: Path) -> None:
        """Open the index in a folder that `build` has finished."""
        self.name = folder.name
        self._collection = chromadb.PersistentClient(str(folder / "chroma")).get_collection(
            _COLLECTION, embedding_function=None
        )
        some = self._collection.peek(1)["embeddings"]
        self._collection.query(query_embeddings=some, n_results=1)  # tells whether it is whole
        self._tokens = np.load(folder / "tokens.npy", mmap_mode="r")
        self._weights = np.load(folder / "weights.npy", mmap_mode="r")
        self.stem_weights: dict[str, float] = json.loads((folder / "stems.json").read_text())
        """How rare each word stem is among the texts of the rubrics."""
        self._by_words = bm25s.BM25.load(folder / "bm25", load_vocab=True)
        self._ids: list[str] = json.loads((folder / "questions.json").read_text())
        self.vocabulary: list[str] = json.loads((folder / "words.json").read_text())
        """Every word of the rubrics."""
        self._fetched: dict[str, RubricRecord] = {}

    def fetch(self, question_id: str) -> RubricRecord:
        """Return the whole rubric of one question; kept, since a finished index never changes.

        Raises:
            KeyError: the index holds no such question.
        """
        if kept := self._fetched.get(question_id):
            return kept
        found = self._collection.get(
            where={"question_id": question_id}, include=["documents", "metadatas", "embeddings"]
        )
        documents, metadatas = found["documents"] or [], found["metadatas"] or []
        rows = sorted(range(len(found["ids"])), key=lambda i: int(str(metadatas[i]["at"])))
        if not rows:
            raise KeyError(question_id)
        first = int(str(metadatas[rows[0]]["start"]))
        last = int(str(metadatas[rows[-1]]["stop"]))
        phrases = tuple(
            Phrase(
                part=str(metadatas[i]["part"]),  # type: ignore[arg-type]
                tell_id=str(metadatas[i]["tell_id"]),
                text=documents[i],
                rows=slice(
                    int(str(metadatas[i]["start"])) - first, int(str(metadatas[i]["stop"])) - first
                ),
                stems=tuple(str(metadatas[i]["stems"]).split()),
                ease=float(str(metadatas[i]["ease"])),
            )
            for i in rows
        )
        embeddings = np.asarray(found["embeddings"], dtype=np.float32)
        record = RubricRecord(
            question=Question.model_validate_json(str(metadatas[rows[0]]["rubric"])),
            phrases=phrases,
            pooled=embeddings[rows],
            tokens=self._tokens[first:last],
            weights=self._weights[first:last],
            stem_weights=self.stem_weights,
        )
        self._fetched[question_id] = record
        return record

    def nearest(self, vectors: Matrix, count: int = 50) -> list[Hit]:
        """Rank questions by how near their phrases come to each of these texts, best first.

        The score is the lead in cosine of a question's nearest phrases over the last neighbour
        that was looked at.

        Args:
            vectors: (texts, dimension), one row a sentence of what is looked for.
            count: how many questions at most.
        """
        totals: dict[str, float] = defaultdict(float)
        away: dict[str, float] = defaultdict(float)
        for start in range(0, len(vectors), _QUERIES):
            found = self._collection.query(
                query_embeddings=vectors[start : start + _QUERIES],
                n_results=min(_NEIGHBOURS, self._collection.count()),
                include=["distances"],
            )
            for ids, distances in zip(found["ids"], found["distances"] or [], strict=True):
                found_of: dict[str, int] = defaultdict(int)
                for name, distance in zip(ids, distances, strict=True):
                    question_id = name.partition("/")[0]
                    found_of[question_id] += 1
                    if found_of[question_id] <= _BEST_OF:
                        totals[question_id] += (distances[-1] - distance) / _BEST_OF
                    if found_of[question_id] == 1:
                        away[question_id] += distance - 1
        ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
        n = len(vectors)
        return [
            Hit(question_id, round(score / n, 6), round(1 + away[question_id] / n, 6))
            for question_id, score in ranked[:count]
        ]

    def shared_words(self, text: str) -> dict[str, float]:
        """Score every question by the rare words it shares with a text (BM25)."""
        asked = [s for s in {stem(w) for w in words(text)} if s in self.stem_weights]
        if not asked:
            return dict.fromkeys(self._ids, 0.0)
        scores = self._by_words.get_scores(sorted(asked))
        return dict(zip(self._ids, map(float, scores), strict=True))


def index_folder(root: Path, questions: Iterable[Question], encoder: Encoder) -> Path:
    """Name the folder in which the index of these questions and this encoder stands."""
    corpus = hashlib.sha256(_LAYOUT.encode())
    for question in sorted(questions, key=lambda q: q.id):
        corpus.update(digest(question).encode())
    return root / f"{corpus.hexdigest()[:16]}-{re.sub(r'[^A-Za-z0-9.]+', '-', encoder.name)}"


def open_or_build(
    root: Path, questions: Sequence[Question], encoder: Encoder, progress: Progress | None = None
) -> RubricIndex:
    """Open the index of these questions; build it first when it is not there.

    Raises:
        SetupError: the folder cannot be written, or another process holds the lock too long.
    """
    folder = index_folder(root, questions, encoder)
    try:
        if index := _opened(folder):
            return index
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock", timeout=600):
            if not (index := _opened(folder)):
                shutil.rmtree(folder, ignore_errors=True)
                _build(folder, questions, encoder, progress)
        return index or RubricIndex(folder)
    except Timeout as error:
        raise SetupError(
            f"Another process has been building {folder} for ten minutes. "
            f"Stop it, or delete {folder}.lock and try again."
        ) from error
    except OSError as error:
        raise SetupError(
            f"The index folder {root} cannot be written ({error.strerror}). "
            "Free some space, or set INTERVIEWER_DATA_DIR to a folder you can write."
        ) from error


def _opened(folder: Path) -> RubricIndex | None:
    """Open an index; None when there is none, or it is damaged: it can be built anew."""
    if not folder.exists():
        return None
    with suppress(PermissionError):
        os.utime(folder)
    try:
        return RubricIndex(folder)
    except _DAMAGED:
        SharedSystemClient.clear_system_cache()  # it would hand out the broken one again
    return None


def _build(
    folder: Path, questions: Sequence[Question], encoder: Encoder, progress: Progress | None
) -> None:
    beside = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    rows = [(q, part, tell_id, text) for q in questions for part, tell_id, text in _texts(q)]
    encoded = _encode([text for *_, text in rows], encoder, _finished(folder), progress)
    (beside / "tokens.json").write_text(json.dumps([e.tokens for e in encoded]))
    rare = rarity(e.tokens for e in encoded)
    stems = [tuple(stem(w) for w in words(text)) for *_, text in rows]
    lengths = np.cumsum([0, *(len(e.tokens) for e in encoded)])
    tokens = np.concatenate([e.vectors for e in encoded]).astype(np.float16)
    np.save(beside / "tokens.npy", tokens)
    weights = np.array([rare[t] for e in encoded for t in e.tokens], dtype=np.float32)
    np.save(beside / "weights.npy", weights)
    stem_weights = rarity(stems)
    (beside / "stems.json").write_text(json.dumps(stem_weights))
    easy = _ease(rows, tokens, weights, lengths, stems, stem_weights)
    _save_words(beside, rows, stems)
    collection = chromadb.PersistentClient(str(beside / "chroma")).create_collection(
        _COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )
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
    for start in range(0, len(rows), 1000):
        some = slice(start, start + 1000)
        collection.add(
            ids=[f"{m['question_id']}/{m['at']}" for m in metadatas[some]],
            embeddings=np.stack([e.pooled for e in encoded[some]]),
            documents=[text for *_, text in rows[some]],
            metadatas=metadatas[some],  # type: ignore[arg-type]
        )
    beside.rename(folder)
    for old in _finished(folder)[_KEPT:]:
        if time.time() - old.stat().st_mtime > _IN_USE:
            shutil.rmtree(old, ignore_errors=True)


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


def _save_words(folder: Path, rows: Sequence[Row], stems: Sequence[tuple[str, ...]]) -> None:
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
    with suppress(IndexError, *_DAMAGED):
        known = _read_encoded(earlier[0])
    new = [text for text in dict.fromkeys(texts) if text not in known]
    known.update(zip(new, encoder.encode(new, progress) if new else [], strict=True))
    return [known[text] for text in texts]


def _read_encoded(folder: Path) -> dict[str, Encoded]:
    tokens: list[list[str]] = json.loads((folder / "tokens.json").read_text())
    edges = np.cumsum([0, *map(len, tokens)])
    vectors = np.load(folder / "tokens.npy", mmap_mode="r")
    found = (
        chromadb.PersistentClient(str(folder / "chroma"))
        .get_collection(_COLLECTION, embedding_function=None)
        .get(include=["documents", "metadatas", "embeddings"])
    )
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
        *(("clarification", "", fact) for fact in question.clarifications),
    ]
    for tell in question.tells:
        out.append(("tell", tell.id, tell.text))
        out.extend(("cue", tell.id, cue) for cue in tell.cues)
        out.extend(("near_miss", tell.id, miss) for miss in tell.near_misses)
        if tell.probe:
            out.append(("probe", tell.id, tell.probe))
    return out
