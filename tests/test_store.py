"""The record under many people at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from answers import DROPOUT
from interviewer.errors import BadInput, SetupError
from interviewer.files.rubrics import Bank
from interviewer.judgement.progress import by_day
from interviewer.judgement.selection import standings
from interviewer.models import Grade, Level, Turn
from interviewer.outside.checkpoints import Checkpoints
from interviewer.outside.database import Database
from interviewer.outside.record import Interview
from interviewer.outside.store import Store

PEOPLE, TURNS = 48, 30
GRADE = Grade(
    question_id="q", status="graded", level="L4", confidence=0.5, engine="llm", rubric_hash="x"
)


async def begin(store: Store, owner: str = "me") -> Interview:
    return await store.create(owner=owner, question_id="q", engine="llm", mode="practice", budget=3)


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


async def test_what_comes_of_an_interview_that_was_deleted_meanwhile_is_not_kept(
    tmp_path: Path,
) -> None:
    store = await Store.open(tmp_path / "record.sqlite")
    gone = (await begin(store)).id
    await store.delete(gone)
    await store.grades.add(gone, GRADE)
    await store.grades.set_assessment(gone, 1, GRADE)
    await store.grades.set_redrill(gone, "tell")
    await store.grades.add_challenge(gone, "tell", "upheld", "")
    await store.grades.set_rewrite(gone, "L4", "[]")
    await store.grades.set_debrief(gone, GRADE, "")
    assert await store.grades.newest(gone) is None
    assert await store.grades.assessment(gone) is None
    assert await store.grades.rewrite(gone, "L4") is None
    await store.close()


async def test_an_attempt_keeps_the_time_of_its_first_grade_when_an_objection_changes_it(
    tmp_path: Path, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the time of the newest the reviews of a card ran backwards, and a day lost its attempt."""
    store = await Store.open(tmp_path / "record.sqlite", bank.questions)
    question = bank.questions[DROPOUT]
    first, second = await begin(store), await begin(store)
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 8, 9)]
    levels: tuple[Level, ...] = ("L4", "L5", "L6")
    for interview, day, level in zip((first, second, first), days, levels, strict=True):
        monkeypatch.setattr("interviewer.outside.gradebook.now", day.isoformat)
        await store.set_status(interview.id, "graded")
        grade = GRADE.model_copy(update={"question_id": question.id, "level": level})
        await store.grades.add(interview.id, grade)
    attempts = await store.grades.attempts("me")
    assert [(a.interview.id, a.grade.level) for a in attempts] == [
        (first.id, "L6"), (second.id, "L5"),
    ]  # fmt: skip
    assert by_day(attempts, bank.questions, 9)[0] == [day.date() for day in days[:2]]
    told_at_once = [replace(attempts[0], graded=days[0]), replace(attempts[1], graded=days[1])]
    [standing], [as_if] = (standings([question], a) for a in (attempts, told_at_once))
    assert standing.due == as_if.due > days[2]
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


async def test_what_comes_after_the_end_is_refused_and_waits_for_nothing(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "record.sqlite")
    await store.close()
    with pytest.raises(SetupError, match="closed"):
        async with asyncio.timeout(5):
            await begin(store)


def test_a_checkpoint_brings_back_plain_data_alone_whatever_langgraph_would_allow(
    tmp_path: Path,
) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints.sqlite")
    allowing = checkpoints.with_allowlist({(Turn.__module__, Turn.__name__)})
    assert allowing is checkpoints, "a copy would open the file once more, and nobody closes that"
    kept = JsonPlusSerializer().dumps_typed(words(0))
    assert isinstance(JsonPlusSerializer().loads_typed(kept), Turn)
    assert not isinstance(allowing.serde.loads_typed(kept), Turn)


async def test_who_is_cancelled_while_something_is_written_ends_when_it_is_there(
    tmp_path: Path,
) -> None:
    rows, db = 20_000, Database(tmp_path / "file.sqlite", "CREATE TABLE some (number)")
    writing = asyncio.create_task(
        db.write(*(("INSERT INTO some VALUES (?)", (number,)) for number in range(rows)))
    )
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert db.read("SELECT count(*) AS n FROM some")[0]["n"] == rows
    await db.close()
