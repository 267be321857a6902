"""Compare what was said with the cues of every tell, without a language model.

Each cue is compared with every window of one to four sentences (`likeness`), and a tell fits as
well as the three cues that fit best, on average. Four rules keep topic from passing for
substance: a cue that is like everything said on its subject counts for less, a window speaks most
for the tell it fits best, a window that is closer to a near-miss than to the cues speaks for
nothing, and in an answer that comes near all tells of a rubric each has to come nearer. What the
candidate does not claim (`standing`) is taken off at the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from interviewer.judgement.fluency import fluent
from interviewer.judgement.sentences import Sentence
from interviewer.outside.embedding import Encoded, Matrix
from interviewer.outside.likeness import (
    LEXICAL,
    averaged,
    best_cosines,
    lexical_overlap,
    likeness,
    windows,
)
from interviewer.outside.retrieval import RubricRecord

LONGEST_WINDOW = 4
BEST_CUES = 3
EXCLUSIVE = 0.75
"""How much of the lead of another tell in the same window is taken off."""
TIGHT = 0.08
"""How much of its score a quote may give up to be shorter."""
VETO = 0.2
"""A near-miss must be this much closer than the cues."""
USUAL = 0.39
"""How well an answer fits the tells of its rubric on average before that counts as its subject
only: what lies above is taken off every score. A short answer never gains by it."""


@dataclass(frozen=True)
class Match:
    """How well each window of sentences fits each tell that can be said."""

    tell_ids: tuple[str, ...]
    windows: tuple[tuple[int, int], ...]
    """First and last sentence, both included, as positions in the list that was matched."""
    scores: Matrix
    """(tells, windows), about 0 for unrelated talk and 1 for a cue itself; -1 where vetoed."""
    alone: Matrix
    """(tells, sentences): late interaction of each sentence with the nearest cue or near-miss of
    a tell, whatever other tells it fits; -1 for a sentence that was not matched."""

    def best(
        self, tell_id: str, start: int = 0, stop: int | None = None
    ) -> tuple[float, tuple[int, int]]:
        """Return the best score of a tell, and the shortest window that comes close to it.

        (-1, (0, 0)) when nothing was said.

        Args:
            tell_id: the tell.
            start: the first sentence that counts.
            stop: the first one after those that count; None for all to the end.
        """
        first, last = self._edges
        inside = np.flatnonzero((first >= start) & (True if stop is None else last < stop))
        if not len(inside) or tell_id not in self.tell_ids:
            return -1.0, (0, 0)
        row = self.scores[self.tell_ids.index(tell_id)]
        top = float(row[inside].max())
        close = inside[row[inside] >= top - TIGHT]
        at = min(close, key=lambda i: (last[i] - first[i], -row[i]))
        return top, self.windows[at]

    def support(self, tell_id: str, sentence: int) -> float:
        """Return the best score of a tell over the windows that hold a sentence."""
        row = self.scores[self.tell_ids.index(tell_id)]
        return max((float(row[i]) for i in self._holding.get(sentence, ())), default=-1.0)

    @cached_property
    def _edges(self) -> NDArray[np.intp]:
        """(2, windows): first and last sentence of each."""
        return np.array(self.windows, dtype=np.intp).reshape(-1, 2).T

    @cached_property
    def _holding(self) -> dict[int, list[int]]:
        """For each sentence the positions of the windows that hold it."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for i, (first, last) in enumerate(self.windows):
            for sentence in range(first, last + 1):
                found[sentence].append(i)
        return found


def match(
    record: RubricRecord,
    sentences: Sequence[Sentence],
    encoded: Sequence[Encoded],
    standing: Matrix,
) -> Match:
    """Score every tell against every window of neighbouring sentences of one turn.

    Args:
        record: the rubric.
        sentences: what was said.
        encoded: its vectors.
        standing: (sentences,), how far each is the candidate's own claim; its words count so much.
    """
    tell_ids = tuple(t.id for t in record.question.tells if t.kind == "said")
    usable = [i for i, e in enumerate(encoded) if len(e.tokens) and not sentences[i].hostile]
    spans = [
        (usable[at], usable[at + size - 1])
        for size in range(1, LONGEST_WINDOW + 1)
        for at in range(len(usable) - size + 1)
    ]
    phrases = record.where("cue", "near_miss")
    alone = np.full((len(tell_ids), len(sentences)), -1.0, dtype=np.float32)
    if not usable or not phrases:
        return Match(tell_ids, (), np.zeros((len(tell_ids), 0), dtype=np.float32), alone)

    texts, spoken = record.shown, [fluent(sentences[i].text) for i in usable]
    cosines = best_cosines(texts, [encoded[i].vectors for i in usable])
    owners = np.array([tell_ids.index(record.phrases[i].tell_id) for i in phrases])
    is_cue = np.array([record.phrases[i].part == "cue" for i in phrases])
    tells = range(len(tell_ids))
    singly = averaged(texts, cosines)
    alone[:, usable] = [singly[owners == t].max(axis=0, initial=-1.0) for t in tells]

    def shown_by(counts: Matrix) -> tuple[Matrix, Matrix]:
        """(tells, windows) of cues and of near-misses, when words count so much."""
        fits = averaged(texts, windows(cosines * counts, LONGEST_WINDOW))
        fits += LEXICAL * lexical_overlap(
            texts, record.stem_weights, spoken, LONGEST_WINDOW, counts
        )
        easy = np.array([record.phrases[i].ease for i in phrases])
        fits -= (easy - easy.mean())[:, None]
        return (
            np.stack([_mean_of_best(fits[(owners == t) & is_cue]) for t in tells]),
            np.stack([fits[(owners == t) & ~is_cue].max(axis=0, initial=-1.0) for t in tells]),
        )

    shown, missed = shown_by(np.ones(len(usable), dtype=np.float32))
    if len(tell_ids) > 1:
        ranked = np.sort(shown, axis=0)
        others = np.where(shown == ranked[-1], ranked[-2], ranked[-1])
        scores = shown + EXCLUSIVE * np.minimum(0.0, shown - others)
    else:
        scores = shown.copy()
    same_turn = np.array([sentences[a].turn == sentences[b].turn for a, b in spans], dtype=bool)
    scores[(missed > shown + VETO) | ~same_turn] = -1.0
    usual = float(scores.max(axis=1).mean())
    scores -= max(0.0, usual - USUAL)
    if (standing[usable] < 1).any():
        # Only now, so that what is not claimed makes nothing else look more singular.
        scores -= shown - shown_by(standing[usable])[0]
    return Match(tell_ids, tuple(spans), scores.astype(np.float32), alone)


def _mean_of_best(fits: Matrix) -> Matrix:
    """(windows,): the mean of the few cues that fit each window best."""
    out: Matrix = np.sort(fits, axis=0)[-BEST_CUES:].mean(axis=0)
    return out


def phrase_likeness(record: RubricRecord, phrases: Sequence[int]) -> Matrix:
    """(said, phrases): how well each phrase of a rubric, had it been said, fits each other one."""
    texts = record.texts(phrases)
    spoken = [record.phrases[i].text for i in phrases]
    out: Matrix = likeness(texts, record.stem_weights, texts.vectors, spoken).T
    return out
