"""Replies go before work that nobody waits for, and that work is still done."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from answers import DROPOUT
from interviewer import precedence
from interviewer.judgement.speaking import nearest_by_words
from interviewer.outside.retrieval import RubricIndex
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


def test_in_a_crowd_a_follow_up_is_known_by_its_words(index: RubricIndex) -> None:
    record = index.fetch(DROPOUT)
    aims = [tell for tell in record.question.tells if tell.probe]
    asked = [f"You said that it depends. {tell.probe}" for tell in aims]
    assert [nearest_by_words(text, aims, record).id for text in asked] == [t.id for t in aims]
