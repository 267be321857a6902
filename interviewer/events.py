"""What happens in an interview, and how it reaches whoever watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Event:
    """Something that happens while an interview goes on."""

    kind: Literal["token", "status"]
    text: str


async def detached(events: AsyncIterator[Event]) -> AsyncGenerator[Event]:
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
