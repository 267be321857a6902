"""How alike texts are: late interaction of their token vectors, and the rare words they share."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import snowballstemmer
from numpy.typing import NDArray

from interviewer.outside.embedding import Matrix

LEXICAL = 0.6
"""Weight of shared words beside shared meaning."""


@dataclass(frozen=True)
class Texts:
    """Texts that others are held against."""

    vectors: Sequence[Matrix]
    """Of each text (tokens, dimension), unit length."""
    weights: Sequence[Matrix]
    """Of each text (tokens,): how rare each token is in the corpus."""
    stems: Sequence[tuple[str, ...]]

    @cached_property
    def stacked(self) -> Matrix:
        """(tokens of all texts, dimension)."""
        return np.concatenate(self.vectors)


def likeness(
    texts: Texts,
    stem_weights: Mapping[str, float],
    said: Sequence[Matrix],
    spoken: Sequence[str],
) -> Matrix:
    """(texts, sentences): how much of each text is in each sentence.

    About 0.2 for unrelated talk and 1.6 for the text itself.

    Args:
        texts: what is looked for.
        stem_weights: how rare each word stem is in the corpus.
        said: token vectors of the sentences.
        spoken: the sentences.
    """
    late = late_interaction(texts, said)
    out: Matrix = late + LEXICAL * lexical_overlap(texts, stem_weights, spoken, 1)
    return out


def ease(
    texts: Texts, stem_weights: Mapping[str, float], spoken: Sequence[str], owners: NDArray[np.intp]
) -> Matrix:
    """(texts,): how like each text is, on average, to the texts of other owners.

    Some phrases are like everything that is said about a subject; to fit one of those says less.
    """
    pairs = likeness(texts, stem_weights, texts.vectors, spoken)
    others = owners[:, None] != owners[None, :]
    out: Matrix = (pairs * others).sum(axis=1) / np.maximum(others.sum(axis=1), 1)
    return out.astype(np.float32)


def late_interaction(texts: Texts, said: Sequence[Matrix]) -> Matrix:
    """(texts, sentences): mean over a text's tokens, the rare ones counting more, of their best cosine in a sentence."""
    return averaged(texts, best_cosines(texts, said))


def best_cosines(texts: Texts, said: Sequence[Matrix]) -> Matrix:
    """(tokens of all texts, sentences): the best cosine of each token in each sentence."""
    edges = np.cumsum([0, *map(len, said)])[:-1]
    cosines = texts.stacked @ np.concatenate(said).T
    out: Matrix = np.maximum.reduceat(cosines, edges, axis=1)
    return out


def averaged(texts: Texts, cosines: Matrix) -> Matrix:
    """(texts, columns): the mean over the tokens of each text, the rare ones counting more."""
    starts = np.cumsum([0, *map(len, texts.vectors)])[:-1]
    weights = np.concatenate(texts.weights)[:, None]
    totals = np.add.reduceat(weights, starts, axis=0)
    out: Matrix = (np.add.reduceat(cosines * weights, starts, axis=0) / totals).astype(np.float32)
    return out


def lexical_overlap(
    texts: Texts,
    stem_weights: Mapping[str, float],
    spoken: Sequence[str],
    longest: int,
    counts: Matrix | None = None,
) -> Matrix:
    """(texts, windows): share of a text's stems in a window, those counting more that few texts have.

    Args:
        texts: what is looked for.
        stem_weights: how rare each word stem is in the corpus.
        spoken: the sentences.
        longest: sentences in a window at most.
        counts: what a word in each sentence counts; 1 when not given.
    """
    stems = [frozenset(some) for some in texts.stems]
    column = {s: i for i, s in enumerate(sorted(frozenset().union(*stems)))}
    here = np.zeros((len(stems), len(column)), dtype=np.float32)
    for row, some in enumerate(stems):
        here[row, [column[s] for s in some]] = 1.0
    local = np.log((1 + len(stems)) / (1 + here.sum(axis=0)))
    corpus = np.array([stem_weights.get(s, 0.0) for s in column], dtype=np.float32)
    here *= local * corpus
    here /= np.maximum(here.sum(axis=1, keepdims=True), 1e-6)
    present = np.zeros((len(column), len(spoken)), dtype=np.float32)
    for i, text in enumerate(spoken):
        for word in set(words(text)):
            if (at := column.get(stem(word))) is not None:
                present[at, i] = 1.0 if counts is None else counts[i]
    out: Matrix = here @ windows(present, longest)
    return out


def windows(columns: Matrix, longest: int) -> Matrix:
    """Take the maximum over each run of 1, 2, … neighbouring columns, shortest runs first."""
    n = columns.shape[1]
    out = [columns]
    for size in range(2, min(longest, n) + 1):
        out.append(np.maximum(out[-1][:, : n - size + 1], columns[:, size - 1 :]))
    return np.concatenate(out, axis=1)


_stemmer = snowballstemmer.stemmer("english")
_stemming = threading.Lock()
"""The stemmer keeps the word that it works on in itself, and answers are read in threads."""


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Reduce an English word to its stem."""
    with _stemming:
        return str(_stemmer.stemWord(word))


def words(text: str) -> list[str]:
    """Return the words and numbers of a text in lower case."""
    return re.findall(r"[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?%?", text.lower().replace("’", "'"))
