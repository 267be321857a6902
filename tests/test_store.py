"""The record under many people at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from interviewer.checkpoints import Checkpoints
from interviewer.errors import BadInput
from interviewer.models import Turn
from interviewer.record import Interview
from interviewer.store import Store

PEOPLE, TURNS = 48, 30


async def begin(store: Store, owner: str = "me") -> Interview:
    return await store.create(
        owner=owner, question_id="q", category=None, engine="llm", mode="practice", budget=3
    )


def words(number: int) -> Turn:
    return Turn(role="candidate", text=f"This is point {number}.")


async def test_of_what_many_people_say_at_once_nothing_fails_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    """On one connection for all, one write in two thousand failed by misuse of the library."""
    store = await Store.open(tmp_path / "record.sqlite")

    async def person(number: int) -> None:
        interview = await begin(store, f"owner{number}")
        for position in range(TURNS):
            await store.add_turn(interview.id, position, "answer", words(position))
            await store.set_status(interview.id, "open")
            said = await store.entries(interview.id)
            assert [e.turn for e in said] == [words(n) for n in range(position + 1)]

    await asyncio.gather(*(person(number) for number in range(PEOPLE)))
    await store.close()


async def test_a_write_that_is_refused_takes_no_other_with_it(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "record.sqlite")
    interviews = [await begin(store) for _ in range(5)]
    await store.add_turn(interviews[2].id, 0, "answer", words(0))
    outcomes = await asyncio.gather(
        *(store.add_turn(i.id, 0, "answer", words(1)) for i in interviews), return_exceptions=True
    )
    assert [isinstance(o, BadInput) for o in outcomes] == [False, False, True, False, False]
    kept = [(await store.entries(i.id))[0].turn for i in interviews]
    assert kept == [words(1), words(1), words(0), words(1), words(1)]
    await store.close()


async def test_what_was_said_is_kept_also_when_whoever_said_it_has_left(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    store = await Store.open(path)
    interview = await begin(store)
    saying = asyncio.create_task(store.add_turn(interview.id, 0, "answer", words(0)))
    await asyncio.sleep(0)
    saying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saying
    await store.close()
    store = await Store.open(path)
    assert [e.turn for e in await store.entries(interview.id)] == [words(0)]
    await store.close()


async def test_rounds_are_their_owners_and_objections_stand_in_the_order_they_were_made(
    tmp_path: Path,
) -> None:
    store = await Store.open(tmp_path / "record.sqlite")
    made = [
        await store.create_round(owner=owner, size=3, category=None, mode="practice", target="L5")
        for owner in ("me", "you", "me")
    ]
    assert await store.rounds("me") == {r.id: r for r in (made[0], made[2])}
    interview = await begin(store)
    tells = ("zebra", "ant", "mole")
    for tell in tells:
        await store.grades.add_challenge(interview.id, tell, "open", f"About the {tell}.")
        await asyncio.sleep(0.002)
    found = await store.grades.challenges(interview.id)
    assert list(found.items()) == [(t, ("open", f"About the {t}.")) for t in tells]
    await store.close()


def test_a_checkpoint_brings_back_plain_data_alone_whatever_langgraph_would_allow(
    tmp_path: Path,
) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints.sqlite")
    allowing = checkpoints.with_allowlist({(Turn.__module__, Turn.__name__)})
    assert allowing is checkpoints, "a copy would open the file once more, and nobody closes that"
    kept = JsonPlusSerializer().dumps_typed(words(0))
    assert isinstance(JsonPlusSerializer().loads_typed(kept), Turn)
    assert not isinstance(allowing.serde.loads_typed(kept), Turn)
