"""What a candidate does over weeks: choosing, rounds, looking back; on top of single interviews."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from interviewer.errors import BadInput
from interviewer.judgement.past import Past, answered, read_past, under_way
from interviewer.judgement.selection import Choice
from interviewer.models import Level
from interviewer.outside.record import Interview, Mode, Round, Status
from interviewer.service.session import Service
from interviewer.service.view import View

ROUND_MINUTES = 45
DRILL_MINUTES = 5
"""Suggested for one gap of a question."""
ONE_MINUTES = 15
"""Suggested for a question on its own."""
OVER: tuple[Status, ...] = ("graded", "skipped")
"""What an interview is when nobody can go on with it."""
_AWAY_S = 1800
"""A longer pause counts as nothing: somebody left, and nobody thinks that long."""


@dataclass(frozen=True)
class RoundView:
    """A round and the interviews begun in it, in order."""

    round: Round
    views: tuple[View, ...]

    @property
    def behind(self) -> int:
        """How many of its questions were answered or skipped; nobody waits for their grades."""
        return sum(v.interview.status != "open" for v in self.views)

    @property
    def answered(self) -> bool:
        """Whether all of them were."""
        return self.behind >= self.round.size

    @property
    def unread(self) -> tuple[View, ...]:
        """What was answered and still waits for its grade; one that failed waits for the candidate."""
        return tuple(v for v in self.views if v.interview.status == "closed")

    @property
    def over(self) -> bool:
        """Whether it can be looked back on: all is answered, and no grade is on its way."""
        return self.answered and not self.unread

    @property
    def current(self) -> View | None:
        """The question it is at, unless that is yet to be asked."""
        return next((v for v in self.views if v.interview.status == "open"), None)

    @property
    def number(self) -> int:
        """The question it is at, counted from 1."""
        return min(self.behind + 1, self.round.size)

    @property
    def minutes(self) -> int:
        """How long it has taken."""
        return sum(minutes(view) for view in self.views)


class Practice:
    """The candidate's side of a service."""

    def __init__(self, service: Service, rng: random.Random | None = None) -> None:
        """Stand on a service."""
        self.service = service
        self._rng = rng or random.Random()  # noqa: S311 - which question comes next is no secret

    async def view(self, owner: str, interview_id: str) -> View | None:
        """Return an interview of this owner; None when it is not theirs or gone."""
        try:
            view = await self.service.view(interview_id)
        except BadInput:
            return None
        return None if view.interview.owner != owner or view.question is None else view

    async def left(self, owner: str) -> list[View | RoundView]:
        """Return what one can go on with, newest first: rounds, and interviews on their own."""
        past = await self.service.store.interviews(owner)
        open_rounds = await under_way(self.service.store, owner, past)
        found: dict[str, View | RoundView | None] = {}
        for interview in past:
            round_id = interview.round_id
            if round_id in open_rounds and round_id not in found:
                found[round_id] = await self.round(owner, round_id)
            elif round_id is None and interview.status not in OVER:
                found[interview.id] = await self.view(owner, interview.id)
        return [left for left in found.values() if left is not None]

    async def is_sealed(self, interview: Interview) -> bool:
        """Whether an interview belongs to a round under way."""
        past = await self.service.store.interviews(interview.owner)
        return interview.round_id in await under_way(self.service.store, interview.owner, past)

    async def past(self, owner: str) -> Past:
        """Return what this owner did so far."""
        return await read_past(self.service.store, self.service.bank.questions, owner)

    def suggest(
        self,
        past: Past,
        *,
        category: str | None = None,
        passed: Collection[str] = (),
    ) -> Choice:
        """Choose what to ask next.

        What was skipped without an answer stays new; only the next choice passes it.

        Raises:
            BadInput: the category has no question.
        """
        return past.choose(self._rng, category=category, passed=passed)

    async def skipped(self, owner: str) -> list[Interview]:
        """Return what this owner skipped after something was said to it, oldest first.

        What belongs to a round under way is no part of it yet.
        """
        store, known = self.service.store, self.service.bank.questions
        past = await store.interviews(owner)
        open_rounds = await under_way(store, owner, past)
        every = [i for i in reversed(past) if i.status == "skipped" and i.question_id in known]
        return [i for i in every if i.round_id not in open_rounds and await answered(store, i)]

    # --- rounds -------------------------------------------------------------------------------

    async def start_round(
        self, owner: str, *, size: int, category: str | None, mode: Mode, target: Level
    ) -> str:
        """Begin a round and return its id."""
        made = await self.service.store.create_round(
            owner=owner, size=size, category=category, mode=mode, target=target
        )
        return made.id

    async def round(self, owner: str, round_id: str) -> RoundView | None:
        """Return a round of this owner; None when it is not theirs or gone."""
        try:
            found = await self.service.store.round(round_id)
        except BadInput:
            return None
        if found.owner != owner:
            return None
        past = await self.service.store.interviews(owner)
        mine = [i for i in reversed(past) if i.round_id == round_id]
        return RoundView(found, tuple([await self.service.view(i.id) for i in mine]))

    async def next_in_round(self, owner: str, round_id: str, question: str | None = None) -> str:
        """Return the interview that a round is at, begun if need be, with a question if one is named.

        Once all questions of its category were asked in it, the others come from the whole bank.

        Raises:
            BadInput: no such round, or all of it is answered.
        """
        at = await self.round(owner, round_id)
        if at is None or at.answered:
            raise BadInput("This round is over. Start another one.")
        if at.current:
            return at.current.interview.id
        if question is None:
            asked = {v.interview.question_id or "" for v in at.views}
            left = {q.category for q in self.service.bank.questions.values() if q.id not in asked}
            category = at.round.category if at.round.category in left else None
            choice = self.suggest(await self.past(owner), category=category, passed=asked)
            question = choice.question_id
        return await self.service.start(
            owner,
            question=question,
            mode=at.round.mode,
            target=at.round.target,
            round_id=round_id,
        )

    async def end_round(self, owner: str, round_id: str) -> None:
        """End a round with the questions that it has had.

        Raises:
            BadInput: no such round, or one of its questions is still under way.
        """
        at = await self.round(owner, round_id)
        if at is None or at.current:
            raise BadInput("Finish or skip the question that your round is at, then end it.")
        await self.service.store.set_round_size(round_id, at.behind)


def spent(view: View, now: datetime | None = None) -> int:
    """Return the seconds spent in an interview, without long absences."""
    times = [entry.said for entry in view.entries]
    if view.interview.status == "open":
        times.append(now or datetime.now(UTC))
    pauses = (int((b - a).total_seconds()) for a, b in pairwise(times))
    return sum(pause for pause in pauses if pause <= _AWAY_S)


def minutes(view: View) -> int:
    """Return the minutes spent in an interview; one that was begun took at least one."""
    return max(1, round(spent(view) / 60))
