"""The judge that is a language model: it reads, cites sentences by number, and gives verdicts.

    tells      verdicts tell by tell
    combined   the same, beside a reading of the whole answer that sees neither tells nor verdicts
    holistic   that reading alone: a baseline for the evals, never for a candidate

Every prompt is a part that never changes (instructions, rubric), then the transcript, which only
grows, then what is asked. So whatever is asked about an interview, and in however many calls at
once, an endpoint that caches prefixes reads most of it once.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Literal, TypeVar, get_args

from interviewer.files.prompts import fence, prompt_hash, render
from interviewer.judgement.reading import Impression, Judgement, Proposal, Reading, Signal
from interviewer.models import LEVELS, Level, Question, Spent, Value
from interviewer.outside.llm import ChatModel, Message, usage_of

Mode = Literal["tells", "combined", "holistic"]
MODES: tuple[Mode, ...] = get_args(Mode)
VOTES = 3
"""Looks at a tell on which the level turns, the first one included."""
_PROMPTS = {
    "tells": ("judge-tells", "transcript", "judge-tells-now"),
    "holistic": ("judge-holistic", "transcript", "judge-holistic-now"),
}
T = TypeVar("T")


class Said(Value):
    """One verdict as the model gives it, evidence first."""

    tell_id: str
    evidence: list[int]
    reason: str
    verdict: Literal["met", "not_met", "unclear"]


class Beyond(Value):
    """Something strong that the rubric does not list."""

    evidence: list[int]
    text: str
    level: Literal["L5", "L6"]


class Verdicts(Value):
    """The reply to judge-tells-now."""

    verdicts: list[Said]
    unlisted: list[Beyond]


class Whole(Value):
    """The reply to judge-holistic-now: what speaks for the neighbours before the level."""

    evidence: list[int]
    for_above: str
    for_below: str
    reason: str
    level: Level


class LlmJudge:
    """Asks a language model."""

    engine: Literal["llm"] = "llm"

    def __init__(self, chat: ChatModel, mode: Mode = "combined", tells_per_call: int = 0) -> None:
        """Judge with this model.

        Args:
            chat: the model.
            mode: see the module.
            tells_per_call: how many verdicts to ask for at once; 0 is all of them.
        """
        self.chat, self._mode, self._tells_per_call = chat, mode, tells_per_call
        self.model = chat.model
        kinds = ("tells", "holistic") if mode == "combined" else (mode,)
        self.prompt_hash = prompt_hash(*(name for kind in kinds for name in _PROMPTS[kind]))

    async def judge(self, reading: Reading) -> Judgement:
        """Ask everything at once; a tell that the replies leave out counts as unclear.

        Raises:
            ModelError: no usable reply.
        """
        spent: list[Spent] = []
        ids = [t.id for t in reading.record.question.tells if t.kind == "said"]
        size = self._tells_per_call or len(ids)
        asked: list[Awaitable[Verdicts | Impression]] = []
        if self._mode != "holistic":
            groups = [ids[at : at + size] for at in range(0, len(ids), size)]
            asked += [self._verdicts(reading, g, spent, g is groups[0]) for g in groups]
        if self._mode != "tells":
            asked.append(self._whole(reading, spent))
        replies = await _all(asked)
        whole = next((r for r in replies if isinstance(r, Impression)), None)
        if self._mode == "holistic":
            return Judgement(None, usage=usage_of(spent), whole=whole)
        judgement = replace(
            _judgement(ids, [r for r in replies if isinstance(r, Verdicts)]),
            usage=usage_of(spent),
            whole=whole,
        )

        async def vote_again(contested: Sequence[str]) -> Judgement:
            if tuple(contested) in voted:
                return voted[tuple(contested)]
            ballots = []
            for number in range(1, VOTES):
                shuffled = sorted(contested)
                random.Random(f"{reading.record.question.id} {number}").shuffle(shuffled)  # noqa: S311
                ballots.append(self._verdicts(reading, shuffled, spent, False))
            more = [_judgement(contested, [reply]) for reply in await _all(ballots)]
            result = replace(majority(judgement, more), usage=usage_of(spent))
            voted[tuple(contested)] = result
            return result

        voted: dict[tuple[str, ...], Judgement] = {}
        return replace(judgement, vote_again=vote_again)

    async def look_again(self, reading: Reading, tell_id: str) -> Judgement:
        """Judge one tell anew, by majority of several looks.

        Raises:
            ModelError: no usable reply.
        """
        spent: list[Spent] = []
        looks = [self._verdicts(reading, [tell_id], spent, False) for _ in range(VOTES)]
        first, *more = [_judgement([tell_id], [reply]) for reply in await _all(looks)]
        return replace(majority(first, more), usage=usage_of(spent))

    async def _verdicts(
        self, reading: Reading, tells: Sequence[str], spent: list[Spent], unlisted: bool
    ) -> Verdicts:
        task = render("judge-tells-now", tells=list(tells), unlisted=unlisted)
        return await self.chat.parse(about_tells(reading, task), Verdicts, spent)

    async def _whole(self, reading: Reading, spent: list[Spent]) -> Impression:
        question = reading.record.question
        messages = _prompt(_about_whole(question), reading, render("judge-holistic-now"))
        reply = await self.chat.parse(messages, Whole, spent)
        return Impression(reply.level, tuple(n - 1 for n in reply.evidence))


def about_tells(reading: Reading, task: str) -> list[Message]:
    """Put a task after rubric and transcript."""
    return _prompt(_rubric(reading.record.question), reading, task)


@lru_cache(maxsize=100)
def _rubric(question: Question) -> str:
    return render("judge-tells", question=question)


@lru_cache(maxsize=100)
def _about_whole(question: Question) -> str:
    return render("judge-holistic", question=question, boundaries=_anchors(question))


def majority(first: Judgement, more: Sequence[Judgement]) -> Judgement:
    """Take for each tell that was voted on what more than half of the votes say, else unclear.

    The sentences cited are those of the votes that won.
    """
    out = []
    for proposal in first.proposals or ():
        votes = [p for j in more for p in j.proposals or () if p.tell_id == proposal.tell_id]
        if not votes:
            out.append(proposal)
            continue
        votes.insert(0, proposal)
        [(verdict, count)] = Counter(v.verdict for v in votes).most_common(1)
        if 2 * count <= len(votes):
            verdict = "unclear"
        won = [v for v in votes if v.verdict == verdict]
        cited = sorted({n for v in won for n in v.sentences})
        reason = won[0].reason if won else "The votes differ."
        out.append(Proposal(proposal.tell_id, verdict, tuple(cited), reason))
    flags = {flag: None for j in (first, *more) for flag in j.flags}
    return replace(first, proposals=tuple(out), flags=tuple(flags), vote_again=None)


def _judgement(asked: Sequence[str], replies: Sequence[Verdicts]) -> Judgement:
    """Keep of the replies what was asked for, and say in flags what was not."""
    given = [said for reply in replies for said in reply.verdicts]
    by_id = {said.tell_id: said for said in given if said.tell_id in asked}
    flags = []
    if any(said.tell_id not in asked for said in given):
        flags.append("judge_named_unknown_tells")
    if missing := [tell_id for tell_id in asked if tell_id not in by_id]:
        flags.append(f"judge_left_out_{len(missing)}")
    proposals = [
        Proposal(said.tell_id, said.verdict, tuple(n - 1 for n in said.evidence), said.reason[:300])
        for said in by_id.values()
    ]
    proposals += [Proposal(i, "unclear", (), "The judge left it out.") for i in missing]
    signals = [
        Signal(b.text[:200], b.level, tuple(n - 1 for n in b.evidence))
        for reply in replies
        for b in reply.unlisted
    ]
    return Judgement(tuple(proposals), tuple(signals), tuple(flags))


def _prompt(system: str, reading: Reading, task: str) -> list[Message]:
    said = next((t.text for t in reading.turns if t.role == "candidate"), "")
    mark = fence(f"{reading.record.question.id} {said}")
    transcript = render("transcript", lines=_numbered(reading), mark=mark)
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": f"{transcript}\n\n{task}"},
    ]


def _numbered(reading: Reading) -> list[str]:
    """Write the conversation with the candidate's sentences numbered from 1."""
    lines: list[str] = []
    for number, turn in enumerate(reading.turns):
        if turn.role == "interviewer":
            lines.append(f"INTERVIEWER: {turn.text.strip()}")
            continue
        said = [f"[{i + 1}] {s.text}" for i, s in enumerate(reading.sentences) if s.turn == number]
        lines += ["CANDIDATE:", *said] if said else []
    return lines


def _anchors(question: Question) -> list[dict[str, object]]:
    """Shuffle the passages at the borders, so that no level always comes last; always alike."""
    rng = random.Random(question.id)  # noqa: S311 - an order, no secret
    pairs: list[dict[str, object]] = []
    for at, boundary in enumerate((question.boundaries.L4_L5, question.boundaries.L5_L6)):
        sides = [
            {"level": LEVELS[at], "text": boundary.lower},
            {"level": LEVELS[at + 1], "text": boundary.upper},
        ]
        rng.shuffle(sides)
        pairs.append({"sides": sides, "why": boundary.why})
    rng.shuffle(pairs)
    return pairs


async def _all(asked: Sequence[Awaitable[T]]) -> list[T]:
    """Await all; the first failure cancels the others, whose replies nobody would read."""
    tasks = [asyncio.ensure_future(a) for a in asked]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
