"""Nothing is graded twice, nothing is lost, and a busy endpoint is left alone."""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest

from eval_tools import (
    Endpoint,
    Scripted,
    busy,
    case,
    jobs,
    perfect,
    serving,
    some,
    write_cases,
)
from evals import keys, runner, throttle
from evals.__main__ import main
from evals.records import RESULTS, appending, outcomes, read_rows
from evals.throttle import Throttle
from interviewer.errors import BadReply, ModelError, ModelRefused, ModelUnavailable, SetupError
from interviewer.files import source
from interviewer.files.settings import ROOT, Settings
from interviewer.judgement import policy
from interviewer.service.session import Service, connect


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let pauses pass at once, and note them."""
    pauses: list[float] = []
    really = asyncio.sleep
    clock = [0.0]

    async def sleep(seconds: float) -> None:
        pauses.append(round(seconds, 3))
        clock[0] += seconds
        await really(0)

    monkeypatch.setattr(throttle.asyncio, "sleep", sleep)
    monkeypatch.setattr(throttle, "monotonic", lambda: clock[0])
    return pauses


async def graded(
    grader: Scripted, folder: Path, *, count: int = 6, repeats: int = 1, **more: int
) -> str | None:
    settings = {"concurrency": 1, **more}
    return await runner.run(grader, jobs(some(count), repeats), "offline", folder, **settings)


async def test_a_second_run_grades_nothing_and_reads_the_same(tmp_path: Path) -> None:
    grader = Scripted(perfect)
    await graded(grader, tmp_path, repeats=2, concurrency=4)
    first = outcomes(tmp_path)
    await graded(grader, tmp_path, repeats=2, concurrency=4)
    assert outcomes(tmp_path) == first
    assert sorted(grader.asked) == sorted([f"c{i}" for i in range(6)] * 2)
    assert [(o.case.id, o.repeat) for o in first] == [
        (f"c{i}", r) for i in range(6) for r in (0, 1)
    ]


async def test_rows_have_the_keys_of_the_contract(tmp_path: Path) -> None:
    await graded(
        Scripted(lambda c: perfect(c) if c.id == "c0" else BadReply("gone")), tmp_path, count=2
    )
    rows = [json.loads(line) for line in (tmp_path / RESULTS).read_text().splitlines()]
    assert [list(row) for row in rows] == [
        ["case_id", "suite", "repeat", "grade", "error", "seconds", "key"]
    ] * 2
    assert [
        (r["case_id"], r["suite"], r["repeat"], r["error"], r["grade"] is None) for r in rows
    ] == [
        ("c0", "made", 0, None, False),
        ("c1", "made", 0, "gone", True),
    ]


async def test_errors_are_rows_and_are_tried_again_by_the_next_run(tmp_path: Path) -> None:
    grader = Scripted(lambda c: BadReply("It broke.") if c.id == "c3" else perfect(c))
    await graded(grader, tmp_path)
    assert {o.case.id: o.row.error for o in outcomes(tmp_path)}["c3"] == "It broke."
    again = Scripted(perfect)
    await graded(again, tmp_path)
    assert again.asked == ["c3"]
    assert [o.row.error for o in outcomes(tmp_path)] == [None] * 6


async def test_a_case_that_breaks_the_grader_is_an_error_and_no_end(tmp_path: Path) -> None:
    def rule(case):
        return {"c0": None}["no such key"] if case.id == "c0" else perfect(case)

    await graded(Scripted(rule), tmp_path)
    errors = {o.case.id: o.row.error for o in outcomes(tmp_path) if o.row.error}
    assert errors == {"c0": "The grader broke: KeyError: 'no such key'"}


async def test_what_a_kill_left_of_a_last_line_is_cut_off(tmp_path: Path) -> None:
    await graded(Scripted(perfect), tmp_path)
    whole = (tmp_path / RESULTS).read_bytes()
    (tmp_path / RESULTS).write_bytes(whole[:-40])
    again = Scripted(perfect)
    await graded(again, tmp_path)
    assert again.asked == ["c5"]
    assert len(read_rows(tmp_path)) == 6
    assert (tmp_path / RESULTS).read_bytes().count(b"\n") == 6


async def test_two_runs_cannot_write_to_one_folder(tmp_path: Path) -> None:
    with appending(tmp_path), pytest.raises(SetupError, match="Another run is writing"):
        await graded(Scripted(perfect), tmp_path)


async def test_a_run_of_less_covers_less_and_forgets_nothing(tmp_path: Path) -> None:
    grader = Scripted(perfect)
    await graded(grader, tmp_path)
    await graded(grader, tmp_path, count=2)
    assert [o.case.id for o in outcomes(tmp_path)] == ["c0", "c1"]
    await graded(grader, tmp_path)
    assert len(grader.asked) == 6


async def test_a_budget_lets_nothing_new_begin(tmp_path: Path) -> None:
    """A grade of the perfect grader uses 100 tokens."""
    grader = Scripted(perfect)
    stopped = await graded(grader, tmp_path, budget=250)
    assert stopped == "The budget of 250 tokens is spent."
    assert len(outcomes(tmp_path)) == len(grader.asked) == 3
    assert await graded(grader, tmp_path, budget=250) is not None
    assert len(grader.asked) == 6


async def test_a_run_gives_up_when_nothing_works(tmp_path: Path) -> None:
    grader = Scripted(lambda case: ModelRefused("The endpoint refused the key."))
    stopped = await graded(grader, tmp_path, count=30)
    assert stopped is not None
    assert "20 grades in a row failed, the last so: The endpoint refused the key." in stopped
    assert len(grader.asked) == 20


async def test_a_busy_endpoint_is_asked_again_after_the_time_it_named(
    tmp_path: Path, no_pauses: list[float]
) -> None:
    replies = iter([busy(7), busy(7)])
    grader = Scripted(lambda case: next(replies, None) or perfect(case))
    await graded(grader, tmp_path, count=3)
    assert no_pauses == [7.0, 7.0]
    assert grader.asked == ["c0", "c0", "c0", "c1", "c2"]
    assert [o.row.error for o in outcomes(tmp_path)] == [None] * 3


async def test_without_a_time_the_pauses_double_and_end_in_an_error_row(
    tmp_path: Path, no_pauses: list[float]
) -> None:
    grader = Scripted(lambda case: busy())
    await graded(grader, tmp_path, count=1)
    assert no_pauses == [1.0, 2.0, 4.0]
    assert [o.row.error for o in outcomes(tmp_path)] == ["The endpoint is busy."]


async def test_fewer_grades_are_under_way_after_a_refusal_and_more_after_successes(
    no_pauses: list[float],
) -> None:
    slots = Throttle(8)
    most = 0
    inside = 0

    async def one() -> None:
        nonlocal inside, most
        async with slots.slot():
            inside += 1
            most = max(most, inside)
            for _ in range(5):
                await asyncio.sleep(0)
            inside -= 1

    async def peak() -> int:
        nonlocal most
        most = 0
        await asyncio.gather(*(one() for _ in range(20)))
        return most

    assert await peak() == 8
    slots.was_away(None)
    slots.was_away(None)
    assert await peak() == 4
    for _ in range(5):
        slots.went_well()
    assert await peak() == 5
    for _ in range(100):
        slots.went_well()
    assert await peak() == 8


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
async def online(settings: Settings, endpoint: Endpoint):
    async with connect(
        replace(settings, openai_base_url=endpoint.url, openai_api_key="k", judge_mode="tells")
    ) as service:
        yield service


ONCE = {"x-should-retry": "false"}
"""Keeps `llm` from trying again by itself."""


@pytest.mark.parametrize(
    ("status", "headers", "away", "wait"),
    [
        pytest.param(429, {"retry-after": "7"}, True, 7.0, id="busy, with a time"),
        pytest.param(429, {"retry-after": "0.5"}, True, 0.5, id="busy, with part of a second"),
        pytest.param(429, {"retry-after": "soon"}, True, None, id="busy, with no number"),
        pytest.param(429, {}, True, None, id="busy"),
        pytest.param(503, {"retry-after": "3"}, True, 3.0, id="failing, with a time"),
        pytest.param(503, {}, True, None, id="failing"),
        pytest.param(401, {}, False, None, id="wrong key"),
        pytest.param(404, {}, False, None, id="unknown model"),
    ],
)
async def test_an_error_says_whether_and_how_long_to_wait(
    online: Service,
    endpoint: Endpoint,
    status: int,
    headers: dict[str, str],
    away: bool,
    wait: float | None,
) -> None:
    endpoint.refusals = [(status, {**headers, **ONCE})] * 3
    with pytest.raises(ModelError) as caught:
        await online.attempt(case("c"), "llm")
    assert isinstance(caught.value, ModelUnavailable) == away
    assert getattr(caught.value, "retry_after", None) == wait


async def test_an_endpoint_that_is_not_there_is_worth_waiting_for(settings: Settings) -> None:
    nowhere = replace(settings, openai_base_url="http://127.0.0.1:9/v1", openai_api_key="k")
    async with connect(nowhere) as service:
        with pytest.raises(ModelUnavailable):
            await service.attempt(case("c"), "llm")


async def test_refused_requests_end_as_grades(
    online: Service, endpoint: Endpoint, tmp_path: Path, no_pauses: list[float]
) -> None:
    endpoint.refusals = [(429, {"retry-after": "7", **ONCE})] * 2
    endpoint.allow(3)
    await runner.run(online, jobs(some(3)), "llm", tmp_path, concurrency=2)
    assert [(o.row.error, o.row.grade is not None) for o in outcomes(tmp_path)] == [
        (None, True)
    ] * 3
    assert endpoint.answered == 3
    assert no_pauses
    assert max(no_pauses) == 7.0


def test_a_grade_is_named_by_what_it_depends_on(service: Service, monkeypatch) -> None:
    plain = case("c")

    def name(case=plain, suite="s", repeat=0, **more) -> str:
        configuration = replace(keys.configuration(service, "offline"), **more)
        return keys.key(configuration, service.bank, suite, case, repeat)

    same = case("c", level="L4", why="another reason", split="test", style="plain")
    assert name(same) == name()
    weights = {**keys.configuration(service, "offline").weights, "five": 9.0}
    others = [
        name(case("d")),
        name(case("c", question="Design ML monitoring")),
        name(case("c", turns=[{"role": "candidate", "text": "Something else."}])),
        name(suite="t"),
        name(repeat=1),
        name(weights=weights),
        name(code="changed"),
        name(prompt_hash="changed"),
        name(model="changed"),
        name(engine="llm"),
    ]
    assert len({name(), *others}) == 11
    real = policy.weights
    monkeypatch.setattr(policy, "weights", lambda engine: replace(real(engine), five=9.0))
    assert keys.configuration(service, "offline").weights["five"] == 9.0


def test_remarks_do_not_make_new_grades_but_code_and_examples_do(
    tmp_path: Path, monkeypatch
) -> None:
    def hashed(**files: str) -> str:
        for name, text in files.items():
            path = tmp_path / "judgement" / f"{name.replace('__', '/', 1)}.py"
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(text)
        source.code_hash.cache_clear()
        return source.code_hash("judgement.grading", "judgement.judges")

    monkeypatch.setattr(source, "_PACKAGE", tmp_path / "interviewer")
    tmp_path = tmp_path / "interviewer"
    tmp_path.mkdir()
    first = hashed(
        grading="from interviewer.judgement.deep import x\ny = 1",
        judges="from interviewer.judgement import kit",
        deep="x = 1",
        ui="z = 1",
        kit____init__="from interviewer.judgement.kit.part import a",
        kit__part="a = 1",
    )
    assert (
        hashed(grading='"""Words."""\nfrom interviewer.judgement.deep import x\n\ny = 1  # why')
        == first
    )
    assert hashed(ui="z = 2") == first
    assert hashed(kit__part="a = 2") != first
    assert hashed(kit__part="a = 1") == first
    assert hashed(deep="x = 2") != first
    (tmp_path / "outside").mkdir()
    sayings = tmp_path / "outside" / "sayings.toml"
    sayings.write_text('asides = ["Pass."]')
    (tmp_path / "outside" / "speech_acts.py").write_text("x = 1")
    first = hashed(deep="from interviewer.outside.speech_acts import x")
    sayings.write_text('# declining\nasides = [\n    "Pass.",\n]')
    assert hashed() == first
    sayings.write_text('asides = ["Next."]')
    assert hashed() != first
    source.code_hash.cache_clear()


def test_a_malformed_case_is_named_the_rest_graded_and_the_exit_is_1(
    data_dir: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("INTERVIEWER_DATA_DIR", str(data_dir))
    file = write_cases(
        tmp_path / "made.jsonl", [case("good", "L4"), case("lost", question="What is love?")]
    )
    with file.open("a") as lines:
        lines.write('{"id": "bad", "question": "Why does dropout work?"}\n')
    out = tmp_path / "out"
    assert main(["run", "--cases", str(file), "--engine", "offline", "--out", str(out)]) == 1
    told = capsys.readouterr()
    assert f"{file} line 2: question: has no rubric" in told.err
    assert f"{file} line 3: turns: is missing" in told.err
    assert "| **all cases**" in told.out
    metrics = json.loads((out / "metrics.json").read_text())
    assert (metrics["overall"]["n"], metrics["run"]["ungraded"]) == (1, 0)
    assert len(metrics["run"]["problems"]) == 5
    assert list(metrics) == ["overall", "suites", "run"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(
            ["run", "--cases", "none.jsonl", "--engine", "offline", "--out", "o"], id="no file"
        ),
        pytest.param(["gate", "nowhere"], id="no run to gate"),
        pytest.param(["report", "nowhere"], id="no run to report"),
        pytest.param(["compare", "nowhere", "elsewhere"], id="no runs to compare"),
    ],
)
def test_bad_input_exits_2_with_a_sentence(arguments: list[str], capsys) -> None:
    assert main(arguments) == 2
    assert re.fullmatch(r"evals: [A-Zn].+\.\n", capsys.readouterr().err)


def test_a_run_that_reaches_nobody_says_so(
    data_dir: Path, tmp_path: Path, no_pauses: list[float], monkeypatch, capsys
) -> None:
    for name, value in {
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "INTERVIEWER_MODEL": "m",
        "INTERVIEWER_DATA_DIR": str(data_dir),
    }.items():
        monkeypatch.setenv(name, value)
    file = write_cases(tmp_path / "made.jsonl", [case("one")])
    assert main(arguments(file, tmp_path / "out")) == 1
    told = capsys.readouterr()
    assert "1 grade failed, 1 of them so: " in told.err
    assert "cannot be reached" in told.err
    [row] = [line for line in told.out.splitlines() if "all cases" in line]
    assert [cell.strip() for cell in row.split("|")[4:7]] == ["–"] * 3, "nothing was graded"


def test_a_question_that_is_not_there_is_named_with_its_neighbours(
    data_dir: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("INTERVIEWER_DATA_DIR", str(data_dir))
    file = write_cases(tmp_path / "made.jsonl", [case("one")])
    wanted = ["--engine", "offline", "--out", str(tmp_path / "out"), "--question", "Why droput"]
    assert main(["run", "--cases", str(file), *wanted]) == 2
    assert "Nearest: why-does-dropout-work" in capsys.readouterr().err


async def test_a_full_disk_names_the_folder_of_the_run_and_the_next_run_goes_on(
    tmp_path: Path,
) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
    try:
        with pytest.raises(SetupError, match=f"{tmp_path} cannot be written.*goes on"):
            await graded(Scripted(perfect), tmp_path, count=30)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await graded(Scripted(perfect), tmp_path, count=30)
    assert len(outcomes(tmp_path)) == 30


def test_a_folder_without_a_run_is_told_the_same_way_everywhere(tmp_path: Path, capsys) -> None:
    away = str(tmp_path / "away")
    for command in (["gate", away], ["compare", away, away], ["report", away]):
        assert main(command) == 2
        assert f"{away} holds no run. Make one with" in capsys.readouterr().err


async def test_a_full_disk_behind_stdout_is_said_and_a_closed_one_is_quiet(tmp_path: Path) -> None:
    await graded(Scripted(perfect), tmp_path)

    def compared(stdout: IO[str] | int, *shell: str) -> tuple[int, str]:
        command = [*shell, sys.executable, "-m", "evals", "compare", str(tmp_path), str(tmp_path)]
        done = subprocess.run(command, cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE, text=True)
        return done.returncode, done.stderr

    with Path("/dev/full").open("w") as full:
        told = "evals: The answer cannot be written or read: No space left on device.\n"
        assert compared(full) == (2, told)
    there, gone = os.pipe()
    os.close(there)
    assert compared(gone) == (0, "")
    os.close(gone)
    assert compared(subprocess.DEVNULL, "sh", "-c", 'exec "$@" >&-', "sh") == (0, "")


def arguments(cases: Path, out: Path) -> list[str]:
    return [
        "run",
        "--cases",
        str(cases),
        "--engine",
        "llm",
        "--out",
        str(out),
        "--concurrency",
        "2",
    ]


def wait_for_rows(out: Path, count: int, process: subprocess.Popen[str]) -> None:
    results = out / RESULTS
    while not results.exists() or results.read_bytes().count(b"\n") < count:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def timeless(out: Path, capsys) -> tuple[str, str, str]:
    """Return table, numbers and page of a run as they would be if time stood still."""
    results, metrics = out / RESULTS, out / "metrics.json"
    results.write_text(re.sub(r'"seconds":[\d.]+', '"seconds":0', results.read_text()))
    metrics.write_text(re.sub(r'"(p50|p95)": [\d.]+', r'"\1": 0', metrics.read_text()))
    capsys.readouterr()
    assert main(["report", str(out)]) == 0
    return capsys.readouterr().out, metrics.read_text(), (out / "report.html").read_text()


def test_killed_twice_and_resumed_equals_an_uninterrupted_run(
    endpoint: Endpoint, data_dir: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    settings = {
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": endpoint.url,
        "INTERVIEWER_JUDGE_MODE": "tells",
        "INTERVIEWER_DATA_DIR": str(data_dir),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    cases = write_cases(tmp_path / "made.jsonl", some(9))
    out, whole = tmp_path / "killed", tmp_path / "whole"
    for rows, sign, code in ((3, signal.SIGINT, 130), (6, signal.SIGKILL, -signal.SIGKILL)):
        endpoint.allow(3)
        process = subprocess.Popen(
            [sys.executable, "-m", "evals", *arguments(cases, out)], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], **settings},
        )  # fmt: skip
        wait_for_rows(out, rows, process)
        process.send_signal(sign)
        told = process.communicate(timeout=60)
        assert process.returncode == code, told
        assert not (out / "metrics.json").exists()
    endpoint.allow(3)
    assert main(arguments(cases, out)) == 0
    lines = (out / RESULTS).read_text().splitlines()
    assert len(lines) == len({json.loads(line)["key"] for line in lines}) == 9
    assert endpoint.answered == 9
    endpoint.allow(9)
    assert main(arguments(cases, whole)) == 0
    assert timeless(out, capsys) == timeless(whole, capsys)
