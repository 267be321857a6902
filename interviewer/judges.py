"""The two judges: the embedded matcher, and a language model with the rubric before it."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

from interviewer.grading import Judgement, Proposal, Reading, Signal
from interviewer.llm import ChatModel, Message, Meter
from interviewer.models import Question, Value, Verdict
from interviewer.prompts import fence, prompt_hash, render

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
    relevant = 0.0

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


class _Said(Value):
    tell_id: str
    evidence: list[int]
    reason: str
    verdict: Literal["met", "not_met", "unclear"]


class _Beyond(Value):
    evidence: list[int]
    text: str
    level: Literal["L5", "L6"]


class Verdicts(Value):
    """The form in which a language model replies, evidence before verdict."""

    verdicts: list[_Said]
    unlisted: list[_Beyond]


class LlmJudge:
    """Asks a language model for all verdicts in one call; it cites sentences by number."""

    engine: Literal["llm"] = "llm"
    relevant = 0.25

    def __init__(self, chat: ChatModel) -> None:
        """Judge with this model."""
        self._chat = chat
        self.model = chat.model
        self.prompt_hash = prompt_hash("judge-tells", "transcript")

    async def judge(self, reading: Reading) -> Judgement:
        """Ask for verdicts; a tell that the reply leaves out counts as unclear.

        Raises:
            ModelError: no usable reply.
        """
        meter = Meter()
        reply = await self._chat.parse(_tells_prompt(reading), Verdicts, meter)
        known = {t.id for t in reading.record.question.tells if t.kind == "said"}
        by_id = {said.tell_id: said for said in reply.verdicts if said.tell_id in known}
        flags = ["judge_named_unknown_tells"] if len(by_id) < len(reply.verdicts) else []
        if missing := known - by_id.keys():
            flags.append(f"judge_left_out_{len(missing)}")
        proposals = [
            Proposal(tell_id, said.verdict, tuple(n - 1 for n in said.evidence), said.reason[:300])
            for tell_id, said in by_id.items()
        ]
        proposals += [
            Proposal(tell_id, "unclear", (), "The judge left it out.") for tell_id in missing
        ]
        signals = [
            Signal(b.text[:200], b.level, tuple(n - 1 for n in b.evidence)) for b in reply.unlisted
        ]
        return Judgement(tuple(proposals), tuple(signals), tuple(flags), meter.usage())


def _tells_prompt(reading: Reading) -> list[Message]:
    """Put what never changes first, so that endpoints can cache it, and the transcript last."""
    mark = fence()
    return [
        {"role": "system", "content": _rubric(reading.record.question)},
        {"role": "user", "content": render("transcript", lines=_numbered(reading), mark=mark)},
    ]


@lru_cache(maxsize=100)
def _rubric(question: Question) -> str:
    return render("judge-tells", question=question)


def _numbered(reading: Reading) -> list[str]:
    """Write the conversation with the candidate's sentences numbered from 1."""
    lines: list[str] = []
    for number, turn in enumerate(reading.turns):
        if turn.role == "interviewer":
            lines.append(f"INTERVIEWER: {turn.text.strip()}")
            continue
        lines.append("CANDIDATE:")
        lines.extend(
            f"[{i + 1}] {s.text}" for i, s in enumerate(reading.sentences) if s.turn == number
        )
    return lines
