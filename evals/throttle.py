"""How many grades may be under way at once, and when to wait.

An endpoint that is busy or away halves the number and pauses everybody; each success adds a
little, up to what was asked for. By then `llm` has tried three times.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 15.0
"""Without a word from the endpoint: doubled after each pause that did not help."""
LONGEST_TOLD_S = 120.0
"""What an endpoint may ask for."""


class Throttle:
    """Slots for grades under way."""

    def __init__(self, most: int) -> None:
        """Allow this many at once while all goes well."""
        self._most = most
        self._allowed = float(most)
        self._inside = 0
        self._until = 0.0
        self._pause = FIRST_PAUSE_S
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a pause to end and for room, then hold a slot."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._inside < int(self._allowed))
            self._inside += 1
        try:
            while (left := self._until - monotonic()) > 0:
                await asyncio.sleep(left)
            yield
        finally:
            self._inside -= 1
            async with self._changed:
                self._changed.notify_all()

    def went_well(self) -> None:
        """Grow by one slot for every round of successes."""
        self._pause = FIRST_PAUSE_S
        self._allowed = min(self._most, self._allowed + 1 / self._allowed)

    def was_away(self, retry_after: float | None) -> None:
        """Shrink and pause, as long as the endpoint said if it did.

        Failures of one and the same pause count once.
        """
        told = retry_after or 0.0
        now = monotonic()
        if now < self._until and told <= self._until - now:
            return
        if now >= self._until:
            self._allowed = max(1.0, self._allowed / 2)
        self._until = now + (min(told, LONGEST_TOLD_S) or self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE_S)
