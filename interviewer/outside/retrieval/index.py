"""A finished index, open for reading: a rubric by its id, and questions by what is looked for."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import bm25s
import chromadb
import numpy as np
from numpy.typing import NDArray

from interviewer.models import Question
from interviewer.outside.embedding import Encoded, Matrix
from interviewer.outside.likeness import Texts, late_interaction, stem, words

Part = Literal[
    "title", "ask", "summary", "variant", "tell", "cue", "near_miss", "probe", "clarification"
]
COLLECTION = "rubrics"
_NEIGHBOURS, _NEAR = 150, 60
"""Phrases looked at for each text of a search, and for each sentence of an answer."""
_BEST_OF = 3
"""Phrases of a question that count: with one, 104 of 150 paraphrases found their question first,
with three 125, with thirty 124."""
_ASKED: tuple[Part, ...] = ("title", "ask", "summary", "variant")
"""Parts that say what is asked, not what is answered."""
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
    directions: NDArray[np.float32]
    """(2, dimension + 1): what parts phrases that show more from others, over all rubrics."""

    @cached_property
    def centre(self) -> Matrix:
        """(dimension,): the mean of the cues and near-misses."""
        out: Matrix = self.pooled[self.where("cue", "near_miss")].mean(axis=0)
        return out

    @cached_property
    def stems(self) -> frozenset[str]:
        """The word stems of everything that the rubric says."""
        return frozenset(s for phrase in self.phrases for s in phrase.stems)

    @cached_property
    def shown(self) -> Texts:
        """The cues and near-misses, made ready once: 4 ms of every grade otherwise."""
        return self.texts(self.where("cue", "near_miss"))

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
        self._client = chromadb.PersistentClient(str(folder / "chroma"))
        self._collection = self._client.get_collection(COLLECTION, embedding_function=None)
        some = self._collection.peek(1)["embeddings"]
        self._collection.query(query_embeddings=some, n_results=1)  # tells whether it is whole
        self._size = self._collection.count()
        self._tokens = np.load(folder / "tokens.npy", mmap_mode="r")
        self._weights = np.load(folder / "weights.npy", mmap_mode="r")
        self._pooled = np.load(folder / "pooled.npy", mmap_mode="r")
        self._owners = np.load(folder / "owners.npy")
        self._directions = np.load(folder / "directions.npy")
        self.stem_weights: dict[str, float] = json.loads((folder / "stems.json").read_text())
        """How rare each word stem is among the texts of the rubrics."""
        self._rarity: dict[str, float] = json.loads((folder / "rarity.json").read_text())
        self._by_words = bm25s.BM25.load(folder / "bm25", load_vocab=True)
        self._ids: list[str] = json.loads((folder / "questions.json").read_text())
        self.vocabulary: list[str] = json.loads((folder / "words.json").read_text())
        """Every word of the rubrics."""
        self._fetched: dict[str, RubricRecord] = {}

    def close(self) -> None:
        """Release Chroma's files: seven of them, and 20 MB, until the process ends otherwise."""
        self._client.close()  # type: ignore[attr-defined]

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
            directions=self._directions,
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
        leads: dict[str, float] = defaultdict(float)
        away: dict[str, float] = defaultdict(float)
        for start in range(0, len(vectors), _QUERIES):
            found = self._collection.query(
                query_embeddings=vectors[start : start + _QUERIES],
                n_results=min(_NEIGHBOURS, self._size),
                include=["distances"],
            )
            for names, distances in zip(found["ids"], found["distances"] or [], strict=True):
                owners = [name.partition("/")[0] for name in names]
                _add_leads(leads, owners, [1 - distance for distance in distances])
                first = dict(zip(reversed(owners), reversed(distances), strict=True))
                for question_id, distance in first.items():
                    away[question_id] += distance - 1
        ranked = sorted(leads.items(), key=lambda item: (-item[1], item[0]))
        n = len(vectors)
        return [
            Hit(question_id, round(lead / n, 6), round(1 + away[question_id] / n, 6))
            for question_id, lead in ranked[:count]
        ]

    def belongs(self, vectors: Matrix) -> dict[str, float]:
        """Score the questions whose phrases come nearest to each of these texts, by the same lead.

        All phrases are looked at. Chroma's graph of neighbours, which `nearest` asks, passes over
        three in a hundred, and each time it is built over others, so that two or three levels in
        a thousand came out otherwise; and for a whole answer one product is the faster of the two.

        Args:
            vectors: (texts, dimension), one row a sentence of an answer.
        """
        cosines = vectors @ self._pooled.T
        count = min(_NEAR, cosines.shape[1])
        near = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        leads: dict[str, float] = defaultdict(float)
        for row, columns in zip(cosines, near, strict=True):
            columns = columns[np.argsort(-row[columns], kind="stable")]
            _add_leads(leads, [self._ids[i] for i in self._owners[columns]], row[columns].tolist())
        return {question_id: lead / len(vectors) for question_id, lead in leads.items()}

    def asked(self, encoded: Sequence[Encoded]) -> dict[str, float]:
        """Score every question by how much of a text is in the ways of asking it.

        The score is the mean over the text's tokens, rare ones counting more, of their best cosine
        with a token of the question's title, wording, summary or variants.
        """
        tokens = [token for e in encoded for token in e.tokens]
        if not tokens:
            return dict.fromkeys(self._ids, 0.0)
        unknown = max(self._rarity.values(), default=1.0)
        weights = np.array([self._rarity.get(t, unknown) for t in tokens], dtype=np.float32)
        text = Texts([np.concatenate([e.vectors for e in encoded])], [weights], [()])
        found = late_interaction(text, self._ways_of_asking)[0]
        return dict(zip(self._ids, map(float, found), strict=True))

    @cached_property
    def _ways_of_asking(self) -> list[Matrix]:
        """Of every question the token vectors of the texts that ask it."""
        found = self._collection.get(
            where={"$or": [{"part": part} for part in _ASKED]}, include=["metadatas"]
        )
        rows: dict[str, list[int]] = defaultdict(list)
        for metadata in found["metadatas"] or []:
            span = range(int(str(metadata["start"])), int(str(metadata["stop"])))
            rows[str(metadata["question_id"])].extend(span)
        return [self._tokens[rows[i]].astype(np.float32) for i in self._ids]

    def shared_words(self, text: str) -> dict[str, float]:
        """Score every question by the rare words it shares with a text (BM25)."""
        asked = [s for s in {stem(w) for w in words(text)} if s in self.stem_weights]
        if not asked:
            return dict.fromkeys(self._ids, 0.0)
        scores = self._by_words.get_scores(sorted(asked))
        return dict(zip(self._ids, map(float, scores), strict=True))


def _add_leads(leads: dict[str, float], owners: Sequence[str], cosines: Sequence[float]) -> None:
    """Add, for each question, the lead of its nearest phrases over the last of these phrases.

    Args:
        leads: of every question, what it has so far.
        owners: of each phrase its question, nearest first.
        cosines: of each phrase.
    """
    counted: dict[str, int] = defaultdict(int)
    for question_id, cosine in zip(owners, cosines, strict=True):
        counted[question_id] += 1
        if counted[question_id] <= _BEST_OF:
            leads[question_id] += (cosine - cosines[-1]) / _BEST_OF
