"""What screens are handed: events while something goes on, and a view of an interview."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from interviewer.models import Grade, Question
from interviewer.store import Entry, Interview


@dataclass(frozen=True)
class Event:
    """Something that happens while an interview goes on."""

    kind: Literal["token", "status"]
    text: str


@dataclass(frozen=True)
class View:
    """Everything that a screen shows of one interview."""

    interview: Interview
    question: Question | None
    entries: tuple[Entry, ...]
    grade: Grade | None
    provisional: Grade | None
    """What it would be graded after the last answer that was assessed; None when graded."""
    pending: bool
    """Whether something that the candidate did still waits for its effect."""

    @property
    def follow_ups(self) -> int:
        """How many follow-ups were asked."""
        return sum(e.kind == "probe" for e in self.entries)


async def detached(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """Run a step in a task of its own and relay its events.

    A browser that goes away may leave its reader hanging for many seconds; the step must not wait
    for that, because it holds the interview's lock. A reader that is closed cancels the step.
    """
    queue: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()

    async def pump() -> None:
        try:
            async for event in events:
                queue.put_nowait(event)
            queue.put_nowait(None)
        except BaseException as error:
            queue.put_nowait(error)

    task = asyncio.create_task(pump())
    try:
        while (item := await queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
