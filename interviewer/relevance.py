"""Tell whether a sentence that a language model cites is about the tell it is cited for.

The model has read what a tell means; all that is asked here is that the sentence is on its
subject. So it is compared with the cues and the near-misses of that tell alone, whatever other
tells it fits better, and the bar is low: of the 58 tells found by hand on twelve answers none
loses its last citation, while two thirds of small talk lies below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from interviewer.embedding import Encoded, Matrix
from interviewer.retrieval import RubricRecord

ON_SUBJECT = 0.18
"""Least likeness to a phrase of the tell. Citations found by hand have 0.20 and more; sentences
about trains, phone lines and hobbies have 0.16 in the median."""
WORST_SHARE = 0.3
"""A sentence that fits its tell worse than all but the worst three tenths of the answer is not
about it; citations found by hand are better than 0.45 of it at least."""


def raw_fit(record: RubricRecord, encoded: Sequence[Encoded]) -> Callable[[str, int], float]:
    """Return a function from a tell and a sentence to how well they fit, -1 when not at all."""

    @cache
    def row(tell_id: str) -> Matrix:
        return _likeness(record, tell_id, encoded)

    def fit(tell_id: str, number: int) -> float:
        fits = row(tell_id)
        own = float(fits[number])
        beaten = float((fits <= own).mean())
        return own if own >= ON_SUBJECT and beaten > WORST_SHARE else -1.0

    return fit


def _likeness(record: RubricRecord, tell_id: str, said: Sequence[Encoded]) -> Matrix:
    """(sentences,): late interaction of each with the nearest phrase of the tell.

    For each token of a phrase the best cosine among the tokens said, rare tokens counting more.
    """
    best = np.full(len(said), -1.0, dtype=np.float32)
    for at in record.where("cue", "near_miss"):
        if record.phrases[at].tell_id != tell_id:
            continue
        rows = record.phrases[at].rows
        phrase, weights = record.tokens[rows].astype(np.float32), record.weights[rows]
        for number, sentence in enumerate(said):
            if len(sentence.tokens):
                fits = (phrase @ sentence.vectors.T).max(axis=1)
                best[number] = max(best[number], fits @ weights / weights.sum())
    return best
