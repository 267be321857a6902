"""Replies go before work that nobody waits for, and that work is still done."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from interviewer import precedence
from interviewer.precedence import FEW, TICK_S, Precedence


async def test_other_work_waits_while_many_people_are_replied_to() -> None:
    first = Precedence()
    with ExitStack() as replies:
        for _ in range(FEW):
            replies.enter_context(first.reply())
        await asyncio.wait_for(first.spare(), 1)
        with first.reply():
            work = asyncio.create_task(first.spare())
            await asyncio.sleep(5 * TICK_S)
            assert not work.done()
        await asyncio.wait_for(work, 1)


async def test_nothing_waits_for_ever_where_somebody_is_always_replied_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(precedence, "PATIENCE_S", 5 * TICK_S)
    first = Precedence()
    with ExitStack() as replies:
        for _ in range(FEW + 1):
            replies.enter_context(first.reply())
        done = [asyncio.create_task(first.spare()) for _ in range(3)]
        await asyncio.wait_for(asyncio.gather(*done), 2)
