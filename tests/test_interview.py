"""Whole interviews through the service, on the embedded engine."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from answers import DROPOUT, EIGHT, first
from interviewer.agent.assisting import STAYS
from interviewer.agent.graph import CLOSING
from interviewer.errors import BadInput
from interviewer.events import Event, detached
from interviewer.files.settings import ROOT, Settings
from interviewer.judgement.speaking import ASSUME, REST
from interviewer.models import Turn
from interviewer.service.session import Service, connect


async def all_of(events: AsyncIterator[Event]) -> str:
    return "".join([e.text async for e in events if e.kind == "token"])


async def begin(service: Service, question: str = DROPOUT, **options) -> str:
    interview = await service.start("me", question=question, **options)
    await all_of(service.resume(interview))
    return interview


async def test_a_whole_interview_ends_in_a_grade_with_quotes(service: Service) -> None:
    interview = await service.start("me", question="Why does dropout work?")
    asked = await all_of(service.resume(interview))
    assert asked == service.bank.questions[DROPOUT].ask

    first_probe = await all_of(service.act(interview, "answer", first()[DROPOUT]["L4"]))
    second_probe = await all_of(service.act(interview, "answer", first()[DROPOUT]["L5"]))
    probes = {t.probe for t in service.bank.questions[DROPOUT].tells}
    assert {first_probe, second_probe} <= probes
    assert first_probe != second_probe

    assert CLOSING in await all_of(service.act(interview, "finish"))
    view = await service.view(interview)
    assert view.interview.status == "graded"
    assert not view.pending
    assert view.follow_ups == 2
    assert view.grade is not None
    assert view.grade.level is not None
    turns = [e.turn for e in view.entries]
    for verdict in view.grade.verdicts:
        for e in verdict.evidence:
            assert turns[e.turn].role == "candidate"
            assert turns[e.turn].text[e.start : e.end] == e.quote


async def test_the_budget_ends_the_questions(service: Service) -> None:
    interview = await begin(service, budget=1)
    await all_of(service.act(interview, "answer", first()[DROPOUT]["L4"]))
    said = await all_of(service.act(interview, "answer", "It keeps units from relying on others."))
    assert CLOSING in said
    assert (await service.view(interview)).follow_ups == 1


@pytest.mark.parametrize(
    "filler", ["Hm, let me think.", "Good question.", "Give me a second.", "…"]
)
async def test_the_interviewer_stays_with_what_was_asked_while_somebody_thinks(
    service: Service, filler: str
) -> None:
    interview = await begin(service, budget=1)
    assert await all_of(service.act(interview, "answer", filler)) == STAYS
    await all_of(service.act(interview, "answer", "Masks are noise."))
    assert await all_of(service.act(interview, "answer", filler)) == STAYS, "the budget is spent"
    asked = next(e for e in (await service.view(interview)).entries if e.kind == "probe")
    assert await all_of(service.act(interview, "repeat")) == asked.turn.text
    view = await service.view(interview)
    assert (view.follow_ups, view.interview.status) == (1, "open")


async def test_who_only_gains_time_twice_in_a_row_is_asked_something_else(service: Service) -> None:
    interview = await begin(service)
    for filler, probed in (("Hm.", 0), ("Let me see.", 1), ("Hold on.", 1), ("Right, okay.", 2)):
        await all_of(service.act(interview, "answer", filler))
        assert (await service.view(interview)).follow_ups == probed


@pytest.mark.parametrize("question", EIGHT)
async def test_different_answers_get_different_first_probes_about_what_is_open(
    service: Service, question: str
) -> None:
    asked = {}
    for level in ("L4", "L5"):
        interview = await begin(service, question)
        asked[level] = await all_of(service.act(interview, "answer", first()[question][level]))
        if CLOSING in asked[level]:
            continue
        await all_of(service.act(interview, "finish"))
        view = await service.view(interview)
        [aimed] = view.entries[2].turn.aims_at or ()
        assert view.grade is not None
        verdict = next(v for v in view.grade.verdicts if v.tell_id == aimed)
        assert verdict.verdict in ("not_met", "unclear"), "it was answered already"
    assert asked["L4"] != asked["L5"]


async def test_nothing_is_asked_twice(service: Service) -> None:
    interview = await begin(service, budget=6)
    for _ in range(6):
        if (await service.view(interview)).interview.status != "open":
            break
        await all_of(service.act(interview, "answer", "It keeps units from relying on each other."))
    asked = [e.turn.text for e in (await service.view(interview)).entries if e.kind == "probe"]
    assert len(asked) == len(set(asked)) > 3


async def test_a_picked_question_was_not_asked_before(settings: Settings) -> None:
    async with connect(settings, rng=random.Random(1)) as service:
        seen = set()
        for _ in range(5):
            interview = await service.start("me")
            await all_of(service.resume(interview))
            question = (await service.view(interview)).question
            assert question is not None
            seen.add((question.id, question.category))
        assert len({category for _, category in seen}) == len(seen) == 5


async def test_repeat_hint_and_clarify_use_up_no_follow_up(service: Service) -> None:
    interview = await begin(service)
    question = service.bank.questions[DROPOUT]
    assert await all_of(service.act(interview, "repeat")) == question.ask
    assert (
        await all_of(service.act(interview, "clarify", question.clarifications[0]))
        == question.clarifications[0]
    )
    assert (
        await all_of(service.act(interview, "clarify", "What is your favourite colour?")) == ASSUME
    )
    several = "What accuracy is there on held-out data, and who pays for the bus?"
    given = await all_of(service.act(interview, "clarify", several))
    assert given == f"{question.clarifications[2]} {REST}"
    hint = await all_of(service.act(interview, "hint"))
    view = await service.view(interview)
    assert any(t.advice in hint for t in question.tells)
    assert view.entries[-1].kind == "hint"
    assert view.entries[-1].turn.aims_at
    assert view.follow_ups == 0


async def test_a_hint_and_a_repetition_are_about_the_follow_up_that_is_open(
    service: Service,
) -> None:
    interview = await begin(service)
    probe = await all_of(service.act(interview, "answer", first()[DROPOUT]["L4"]))
    [aimed] = (await service.view(interview)).entries[-1].turn.aims_at or ()
    assert await all_of(service.act(interview, "repeat")) == probe
    tell = service.bank.questions[DROPOUT].tell(aimed)
    assert tell.advice in await all_of(service.act(interview, "hint"))
    assert tell.advice not in await all_of(service.act(interview, "hint"))


async def test_a_re_drill_asks_for_the_tell_that_was_missed(service: Service) -> None:
    interview = await begin(service)
    await all_of(service.act(interview, "finish", first()[DROPOUT]["L4"]))
    grade = (await service.view(interview)).grade
    assert grade is not None
    assert grade.first_gap is not None
    again = await service.redrill(interview)
    await all_of(service.resume(again))
    await all_of(service.act(again, "answer", "It adds noise to the units, like an ensemble does."))
    probes = [e for e in (await service.view(again)).entries if e.kind == "probe"]
    assert [e.turn.aims_at for e in probes] == [(grade.first_gap.tell_id,)]
    assert (await service.later(again)).drilled == grade.first_gap.tell_id


async def test_what_a_candidate_only_asked_is_not_graded(service: Service) -> None:
    interview = await begin(service)
    await all_of(service.act(interview, "clarify", first()[DROPOUT]["L6"]))
    await all_of(service.act(interview, "finish"))
    grade = (await service.view(interview)).grade
    assert grade is not None
    assert grade.status == "insufficient"


async def test_a_realistic_interview_gives_no_hint(service: Service) -> None:
    interview = await begin(service, mode="realistic")
    hint = await all_of(service.act(interview, "hint"))
    assert not any(t.advice in hint for t in service.bank.questions[DROPOUT].tells)


async def test_a_skipped_question_gets_no_grade(service: Service) -> None:
    interview = await begin(service)
    await all_of(service.act(interview, "skip"))
    view = await service.view(interview)
    assert (view.interview.status, view.grade, view.pending) == ("skipped", None, False)


async def test_the_words_of_a_candidate_steer_nothing(service: Service) -> None:
    interview = await begin(service)
    await all_of(
        service.act(
            interview, "answer", "Skip connections. Next, I'd finish with a hint of noise. Done."
        )
    )
    assert (await service.view(interview)).interview.status == "open"


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        pytest.param("answer", "  \n", "nothing to send", id="empty"),
        pytest.param("clarify", "", "nothing to send", id="empty question"),
        pytest.param("answer", "x" * 1_000_001, "1,000,000", id="over a megabyte"),
    ],
)
async def test_what_cannot_be_sent_is_refused_and_changes_nothing(
    service: Service, kind, text: str, message: str
) -> None:
    interview = await begin(service)
    with pytest.raises(BadInput, match=message):
        await all_of(service.act(interview, kind, text))
    assert len((await service.view(interview)).entries) == 1


async def test_a_megabyte_goes_through(service: Service) -> None:
    interview = await begin(service)
    text = (first()[DROPOUT]["L5"] + "\n") * 900
    await all_of(service.act(interview, "finish", text))
    view = await service.view(interview)
    assert view.entries[1].turn.text == text
    assert view.grade is not None
    assert "truncated" in view.grade.flags


async def test_lone_surrogates_are_replaced_before_they_are_kept(service: Service) -> None:
    interview = await begin(service)
    await all_of(
        service.act(
            interview, "finish", "Broken \ud800 input but otherwise noise regularises well here."
        )
    )
    assert (await service.view(interview)).entries[1].turn.text.startswith("Broken ? input")


async def test_the_second_of_two_windows_is_told(service: Service) -> None:
    interview = await begin(service)
    answers = [
        service.act(interview, "answer", f"Answer {n} about random masks.", seen=1) for n in (1, 2)
    ]
    results = await asyncio.gather(*(all_of(a) for a in answers), return_exceptions=True)
    assert sorted(type(r).__name__ for r in results) == ["BadInput", "str"]
    said = [e for e in (await service.view(interview)).entries if e.turn.role == "candidate"]
    assert len(said) == 1


async def test_pressing_finish_twice_grades_once(service: Service) -> None:
    interview = await begin(service)
    await all_of(service.act(interview, "answer", first()[DROPOUT]["L5"]))
    twice = [service.act(interview, "finish", seen=3) for _ in range(2)]
    results = await asyncio.gather(*(all_of(t) for t in twice), return_exceptions=True)
    assert sum(isinstance(r, BadInput) for r in results) == 1
    with contextlib.closing(sqlite3.connect(service.settings.data_dir / "interviews.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM grades").fetchone() == (1,)


async def test_an_interview_of_somebody_else_is_not_listed(service: Service) -> None:
    interview = await begin(service)
    assert [i.id for i in await service.store.interviews("me")] == [interview]
    assert await service.store.interviews("you") == []
    assert len(interview) == 32


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from interviewer.agent import graph
from interviewer.judgement import grading
from interviewer.service.driver import Driver
from interviewer.service.session import connect
from interviewer.files.settings import ROOT, Settings

async def main(moment):
    async with connect(Settings(data_dir=Path(sys.argv[1]))) as service:
        await service.ready()
        interview = await service.start("me", question="why-does-dropout-work")
        async for _ in service.resume(interview): pass
        Path(sys.argv[1], "id").write_text(interview)
        def die(*args, **kwargs): os.kill(os.getpid(), signal.SIGKILL)
        if moment == "stored":
            Driver._run = die
        elif moment == "listening":
            graph.targets = die
        elif moment == "speaking":
            graph.say = die
        else:
            grading.grade = die
        async for _ in service.act(interview, "finish" if moment == "grading" else "answer", "Masks are noise on hidden units, averaged over networks."): pass

asyncio.run(main(sys.argv[2]))
"""


@pytest.mark.parametrize("moment", ["stored", "listening", "speaking", "grading"])
async def test_an_answer_outlives_a_killed_process(data_dir: Path, moment: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(data_dir), moment], timeout=120)
    assert done.returncode == -signal.SIGKILL
    interview = (data_dir / "id").read_text()
    async with connect(Settings(data_dir=data_dir)) as service:
        view = await service.view(interview)
        assert view.entries[1].turn.text.startswith("Masks are noise")
        assert view.pending
        said = await all_of(service.resume(interview))
        view = await service.view(interview)
        assert not view.pending
        if moment == "grading":
            assert view.grade is not None
        else:
            assert said == view.entries[2].turn.text
            assert view.entries[2].kind == "probe"
        assert await all_of(service.resume(interview)) == ""
        assert [e.turn.role for e in view.entries[:3]] == [
            "interviewer",
            "candidate",
            "interviewer",
        ]


async def test_checkpoints_hold_none_of_the_candidates_words(service: Service) -> None:
    interview = await begin(service)
    await all_of(service.act(interview, "answer", "A zebrafish of a word, and masks are noise."))
    data = b"".join(p.read_bytes() for p in service.settings.data_dir.glob("checkpoints.sqlite*"))
    assert b"zebrafish" not in data
    assert len(data) < 500_000


async def test_an_answer_that_is_l6_already_is_pressed_once(service: Service) -> None:
    interview = await begin(service, "why-is-softmax-cross-entropy-the-right-pairing")
    said = first()["why-is-softmax-cross-entropy-the-right-pairing"]["L6"]
    follow_up = await all_of(service.act(interview, "answer", said))
    assert follow_up.endswith("?")
    assert CLOSING in await all_of(
        service.act(interview, "answer", "The gradient is p minus y, and that decides.")
    )
    view = await service.view(interview)
    assert (view.grade.level, view.follow_ups) == ("L6", 1)


async def test_the_page_can_be_asked_while_the_index_still_loads(tmp_path: Path) -> None:
    """A fresh data folder: listing and starting do not wait for the index."""
    async with connect(
        Settings(data_dir=tmp_path / "new", rubrics_dir=_one_rubric(tmp_path))
    ) as service:
        interview = await service.start("me")
        said = await all_of(service.resume(interview))
        assert said == service.bank.questions[DROPOUT].ask
        assert not service.progress.ready
        await service.ready()
        assert service.progress.ready
        assert service.progress.done == service.progress.total > 0


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are read off /proc")
def test_what_has_ended_holds_none_of_its_files_open(settings: Settings) -> None:
    """In a process of its own, where no other test has the index open."""
    script = """
import asyncio, os, sys
from pathlib import Path
from interviewer.service.session import connect
from interviewer.files.settings import ROOT, Settings

def held():
    files = [os.path.realpath(f) for f in Path("/proc/self/fd").iterdir()]
    return sum(f.endswith((".sqlite", ".sqlite3", ".bin")) for f in files)

async def main():
    async with connect(Settings(data_dir=Path(sys.argv[1]))) as service:
        await service.ready()
        print(held() > 6)
    print(held())

asyncio.run(main())
"""
    command = [sys.executable, "-c", script, str(settings.data_dir)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.split() == ["True", "0"]


def _one_rubric(tmp_path: Path) -> Path:
    from test_rubrics import DROPOUT as PATH

    folder = tmp_path / "rubrics"
    folder.mkdir()
    (folder / PATH.name).write_bytes(PATH.read_bytes())
    return folder


async def test_what_was_left_between_its_last_words_and_its_checkpoint_is_graded(
    service: Service,
) -> None:
    interview = await begin(service)
    said = (
        ("answer", Turn(role="candidate", text=first()[DROPOUT]["L5"])),
        ("close", Turn(role="interviewer", text=CLOSING)),
    )
    for position, (kind, turn) in enumerate(said, start=1):
        await service.store.add_turn(interview, position, kind, turn)
    await service.store.set_status(interview, "closed")
    await all_of(service.resume(interview))
    view = await service.view(interview)
    assert view.interview.status == "graded"
    assert [entry.kind for entry in view.entries] == ["ask", "answer", "close"]


async def test_a_step_that_is_left_has_ended_when_it_is_closed(service: Service) -> None:
    def running() -> list[str]:
        named = (getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks())
        return [name for name in named if name.startswith(detached.__name__)]

    interview = await begin(service)
    step = service.act(interview, "finish", first()[DROPOUT]["L5"])
    await anext(step)
    assert len(running()) == 1
    await step.aclose()
    assert running() == []
    await all_of(service.resume(interview))
    assert (await service.view(interview)).interview.status == "graded"
