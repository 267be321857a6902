"""Who waits for a reply goes before work that nobody waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

FEW = 2
"""Replies that may be under way without holding other work up."""
TICK_S = 0.02
"""Between two pieces of spare work; the request for a reply goes out first."""
PATIENCE_S = 5.0
"""Nothing is put off for longer, so that it is done also where somebody always waits."""


class Precedence:
    """Counts replies under way, and lets spare work go on piece by piece when they are few."""

    def __init__(self) -> None:
        """Begin with none."""
        self._replies = 0
        self._turn = asyncio.Lock()

    @contextmanager
    def reply(self) -> Iterator[None]:
        """Count a reply as under way."""
        self._replies += 1
        try:
            yield
        finally:
            self._replies -= 1

    @property
    def crowded(self) -> bool:
        """Whether more than a few replies are under way."""
        return self._replies > FEW

    async def spare(self) -> None:
        """Wait for one's turn among the spare work, and then until few replies are under way."""
        now = asyncio.get_running_loop().time
        deadline = now() + PATIENCE_S
        async with self._turn:
            await asyncio.sleep(TICK_S)
            while self.crowded and now() < deadline:
                await asyncio.sleep(TICK_S)
