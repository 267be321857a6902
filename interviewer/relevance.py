"""Tell whether a sentence that a language model cites is about the tell it is cited for.

The model has read what a tell means; all that is asked here is that the sentence is on its
subject. So it is compared with the cues and the near-misses of that tell alone, whatever other
tells it fits better, and the bar is low: of 58 citations made in good faith by hand on twelve
answers none lies below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import numpy as np

from interviewer.embedding import Encoded, Matrix
from interviewer.retrieval import RubricRecord
from interviewer.transcript import Sentence

ON_SUBJECT = 0.28
"""Least likeness to a phrase of the tell; citations in good faith have 0.31 and more."""
WORST_SHARE = 0.25
"""A sentence that fits its tell worse than three quarters of the answer does is not about it; the
best citation of a tell made in good faith beats a third of the answer at least."""


def raw_fit(
    record: RubricRecord, sentences: Sequence[Sentence], encoded: Sequence[Encoded]
) -> Callable[[str, int], float]:
    """Return a function from a tell and a sentence to how well they fit, -1 when not at all."""
    turns = [s.turn for s in sentences]
    alone = [(i, i) for i in range(len(turns))]
    windows = alone + [(a, b) for (a, _), (b, _) in pairwise(alone) if turns[a] == turns[b]]

    @cache
    def row(tell_id: str) -> Matrix:
        return _likeness(record, tell_id, encoded, windows)

    def fit(tell_id: str, number: int) -> float:
        fits = row(tell_id)
        own = float(fits[number])
        beaten = float((fits <= own).mean())
        return own if own >= ON_SUBJECT and beaten > WORST_SHARE else -1.0

    return fit


def _likeness(
    record: RubricRecord,
    tell_id: str,
    said: Sequence[Encoded],
    windows: Sequence[tuple[int, int]],
) -> Matrix:
    """(sentences,): late interaction with the nearest phrase, alone or with a neighbour.

    For each token of a phrase the best cosine among the tokens said, rare tokens counting more.
    """
    phrases = [i for i in record.where("cue", "near_miss") if record.phrases[i].tell_id == tell_id]
    best = np.full(len(said), -1.0, dtype=np.float32)
    for at in phrases:
        rows = record.phrases[at].rows
        phrase, weights = record.tokens[rows].astype(np.float32), record.weights[rows]
        tokens = [
            (phrase @ s.vectors.T).max(axis=1) if len(s.tokens) else np.full(len(phrase), -1.0)
            for s in said
        ]
        for first, last in windows:
            together = np.maximum(tokens[first], tokens[last])
            score = float(together @ weights / weights.sum())
            best[first], best[last] = max(best[first], score), max(best[last], score)
    return best
