"""The judge that is the embedded matcher."""

from __future__ import annotations

import math
from typing import Literal

from interviewer.judgement import policy
from interviewer.judgement.reading import Judgement, Proposal, Reading
from interviewer.models import Level, Tell, Verdict

EVEN, SLOPE = 0.55, 10.0
"""The match score that earns half a credit, and how sharply credit rises there."""
MET, MET_DOWN = 0.47, 0.95
"""Match scores from which a strong-hire tell is met as long as nothing is known of the level, and a
down-level tell, which costs a whole level: of 391 answers at L5 and L6, splits `train` and `dev`,
none comes so close to one."""
LIKELY, UNCLEAR = 0.5, 0.35
"""How likely a tell must be shown, given the level, to be met, or at least unclear. Of the tells
marked in 62 answers of split `dev` 63 % are found so and 74 % of what is found is marked; with the
one score of `MET` for all it was 37 % and 83 %."""

HELD = 0.7
"""What is left of a tell's credit when a follow-up pressed on the answer and the tell did not come
again. Of 38 dialogues, splits `train` and `dev`, 32 come out right with 0.6 to 0.8, 28 without."""


class OfflineJudge:
    """Proposes what the cue matcher finds."""

    engine: Literal["offline"] = "offline"
    model = None
    prompt_hash = None

    async def judge(self, reading: Reading) -> Judgement:
        """Propose a verdict for every tell that can be said; never fails."""
        return Judgement(propose(reading))


def propose(reading: Reading, level: Level | None = None) -> tuple[Proposal, ...]:
    """Turn the match of a reading into verdicts.

    Args:
        reading: what was said.
        level: what the answer came to, once that is known. An L5 answer shows most L5 tells of
            its rubric and hardly any L6 tell, so the same score says more of the one than of the other.
    """
    proposals = []
    cut = _pressed(reading)
    for tell in reading.record.question.tells:
        if tell.kind == "absent":
            continue
        score, window = reading.match.best(tell.id)
        strong = tell.polarity == "strong_hire"
        verdict = _verdict(tell, score, level)
        where = tuple(range(window[0], window[1] + 1)) if score > -1 else ()
        why = "Close to how candidates put it." if verdict == "met" else ""
        strength = credit(score)
        if cut is not None and strong:
            first, _ = reading.match.best(tell.id, stop=cut)
            again, _ = reading.match.best(tell.id, start=cut)
            strength = max(HELD * credit(first), credit(again))
        proposals.append(Proposal(tell.id, verdict, where, why, strength))
    return tuple(proposals)


def _verdict(tell: Tell, score: float, level: Level | None) -> Verdict:
    strong = tell.polarity == "strong_hire"
    if level is None:
        return "met" if score >= (MET if strong else MET_DOWN) else "not_met"
    likely = policy.shown(score, tell, level, policy.weights("offline"))
    if likely >= LIKELY:
        return "met"
    return "unclear" if strong and likely >= UNCLEAR else "not_met"


def _pressed(reading: Reading) -> int | None:
    """Return the first sentence after the follow-up that pressed on the answer, if one was said."""
    if reading.pressed is None:
        return None
    after = (i for i, s in enumerate(reading.sentences) if s.turn > reading.pressed)
    return next(after, None)


def credit(score: float) -> float:
    """Turn a match score into the credit that a tell earns, 0 to 1."""
    return 1 / (1 + math.exp(-SLOPE * (score - EVEN)))
