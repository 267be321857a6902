"""Tell whether a sentence that a language model cites is about the tell it is cited for.

The model has read what a tell means; all that is asked here is that the sentence is on its
subject. So it is compared with the cues and the near-misses of that tell alone, whatever other
tells it fits better, and the bar is low: of the 58 tells found by hand on twelve answers none
loses its last citation, while two thirds of small talk lies below it.
"""

from __future__ import annotations

from collections.abc import Sequence

from interviewer.judgement.reading import Proposal, Reading
from interviewer.judgement.verification import Fit

ON_SUBJECT = 0.18
"""Least likeness to a phrase of the tell. Citations found by hand have 0.20 and more; sentences
about trains, phone lines and hobbies have 0.16 in the median."""
WORST_SHARE = 0.3
"""A sentence that fits its tell worse than all but the worst three tenths of the answer is not
about it; citations found by hand are better than 0.45 of it at least."""
AT_RANDOM = 0.62
"""Sentences cited for a whole rubric fit their tells better than this share of the answer, in the
mean, when somebody looked for them: 0.73 in the median of 56 answers read by hand, against 0.46
for sentences drawn at random, of which one answer in fifty reaches this."""


def raw_fit(reading: Reading) -> Fit:
    """Return how well a sentence is on the subject of a tell; -1 when it is not at all."""
    match = reading.match

    def fit(tell_id: str, number: int) -> float:
        fits = match.alone[match.tell_ids.index(tell_id)]
        own = float(fits[number])
        beaten = float((fits <= own).mean())
        return own if own >= ON_SUBJECT and beaten > WORST_SHARE else -1.0

    return fit


def cites_at_random(reading: Reading, proposals: Sequence[Proposal]) -> bool:
    """Tell whether what a judge cites fits its tells hardly better than the rest of the answer."""
    match, beaten = reading.match, []
    for proposal in proposals:
        if proposal.verdict != "met" or proposal.tell_id not in match.tell_ids:
            continue
        fits = match.alone[match.tell_ids.index(proposal.tell_id)]
        there = [n for n in proposal.sentences if 0 <= n < len(fits)]
        if there:
            beaten.append(sum(float((fits < fits[n]).mean()) for n in there) / len(there))
    return not beaten or sum(beaten) / len(beaten) < AT_RANDOM
