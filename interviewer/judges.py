"""The judge that is the embedded matcher."""

from __future__ import annotations

import math
from typing import Literal

from interviewer.models import Verdict
from interviewer.reading import Judgement, Proposal, Reading

EVEN, SLOPE = 0.5, 12.0
"""The match score at which a tell is as likely shown as not, and how sharply that turns."""
MET, UNCLEAR = 0.65, 0.35
"""Probabilities from which a strong-hire tell is met, or at least unclear."""
MET_DOWN = 0.999
"""The same for a down-level tell, which costs a whole level: on the 48 answers of
evals/cases/dev.jsonl no L5 or L6 answer came that close to one."""


class OfflineJudge:
    """Proposes what the cue matcher finds."""

    engine: Literal["offline"] = "offline"
    model = None
    prompt_hash = None

    async def judge(self, reading: Reading) -> Judgement:
        """Propose a verdict for every tell that can be said; never fails."""
        return Judgement(propose(reading))


def propose(reading: Reading) -> tuple[Proposal, ...]:
    """Turn the match of a reading into verdicts."""
    proposals = []
    for tell in reading.record.question.tells:
        if tell.kind == "absent":
            continue
        score, window = reading.match.best(tell.id)
        probability = shown(score)
        strong = tell.polarity == "strong_hire"
        verdict: Verdict = "not_met"
        if probability >= (MET if strong else MET_DOWN):
            verdict = "met"
        elif strong and probability >= UNCLEAR:
            verdict = "unclear"
        where = tuple(range(window[0], window[1] + 1)) if score > -1 else ()
        why = "Close to how candidates put it." if verdict == "met" else ""
        proposals.append(Proposal(tell.id, verdict, where, why, probability))
    return tuple(proposals)


def shown(score: float) -> float:
    """Turn a match score into the probability that the tell is shown."""
    return 1 / (1 + math.exp(-SLOPE * (score - EVEN)))
