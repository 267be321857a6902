"""The commands as a shell sees them."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from answers import DROPOUT, first
from interviewer.files.settings import ROOT, Settings
from interviewer.screens.cli import main
from interviewer.service.index_bar import connected

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again come at once."""
    monkeypatch.setattr("interviewer.outside.llm.faults.FIRST_PAUSE_S", 0.0)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> Run:
    monkeypatch.setenv("INTERVIEWER_DATA_DIR", str(data_dir))

    def run(*args: str, stdin: bytes = b"", **env: str) -> tuple[int, str, str]:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main(args)
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


def test_questions_are_listed_in_canon_order(run: Run) -> None:
    code, out, _ = run("questions", "--json")
    rows = json.loads(out)
    assert code == 0
    assert {"id": DROPOUT, "title": "Why does dropout work?", "category": "ML Fundamentals"} in rows
    assert rows == json.loads(run("questions", "--json")[1])


@pytest.mark.parametrize(
    "text",
    ["random unit masking as a regulariser", first()[DROPOUT]["L6"]],
    ids=["a phrase", "an answer"],
)
def test_a_search_ranks_every_question(run: Run, text: str) -> None:
    code, out, _ = run("questions", text, "--json")
    rows = json.loads(out)
    assert code == 0
    assert rows[0]["id"] == DROPOUT
    assert [r["score"] for r in rows] == sorted((r["score"] for r in rows), reverse=True)
    assert {r["id"] for r in rows} == {r["id"] for r in json.loads(run("questions", "--json")[1])}


def test_a_grade_is_json_alone_on_stdout(run: Run, tmp_path: Path) -> None:
    answer = tmp_path / "answer.txt"
    answer.write_bytes(first()[DROPOUT]["L6"].replace(". ", ".\r\n").encode())
    code, out, _ = run("grade", "Why does dropout work?", str(answer), "--json")
    grade = json.loads(out)
    assert code == 0
    assert grade["question_id"] == DROPOUT
    text = answer.read_bytes().decode()
    evidence = [e for v in grade["verdicts"] for e in v["evidence"]]
    assert evidence
    assert all(text[e["start"] : e["end"]] == e["quote"] for e in evidence)
    assert set(grade) == {
        "question_id", "status", "level", "borderline_with", "confidence", "engine", "model", "verdicts",
        "unlisted", "first_gap", "flags", "rubric_hash", "prompt_hash", "usage",
    }  # fmt: skip
    assert set(grade["verdicts"][0]) == {
        "tell_id", "polarity", "level", "caps", "verdict", "prompted", "evidence", "reason",
    }  # fmt: skip


def test_an_answer_can_come_from_stdin_and_be_read_by_people(run: Run) -> None:
    code, out, _ = run("grade", DROPOUT, stdin=first()[DROPOUT]["L5"].encode())
    assert code == 0
    assert "Why does dropout work?" in out
    assert "rehearsal" in out


def test_a_transcript_is_graded_with_its_turns(run: Run, tmp_path: Path) -> None:
    turns = [
        {"role": "interviewer", "text": "Why does it work?", "aims_at": []},
        {"role": "candidate", "text": first()[DROPOUT]["L5"]},
    ]
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"question": "Why does dropout work?", "turns": turns, "extra": 1}))
    code, out, _ = run("grade", "--transcript", str(path), "--json")
    assert code == 0
    assert {e["turn"] for v in json.loads(out)["verdicts"] for e in v["evidence"]} == {1}


def test_turns_alone_are_a_transcript_when_the_question_is_given(run: Run, tmp_path: Path) -> None:
    turns = [{"role": "candidate", "text": first()[DROPOUT]["L5"]}]
    path, grades = tmp_path / "t.json", []
    for written in (
        turns,
        {"turns": turns},
        {"question": "Why does dropout work?", "turns": turns},
    ):
        path.write_text(json.dumps(written))
        code, out, _ = run("grade", DROPOUT, "--transcript", str(path), "--json")
        assert code == 0
        grades.append(json.loads(out))
    assert grades[0] == grades[1] == grades[2]
    other = "how-do-you-choose-a-learning-rate"
    code, out, err = run("grade", other, "--transcript", str(path))
    assert (code, out) == (2, "")
    assert f"is about “Why does dropout work?” and not about “{other}”" in err


def test_a_turn_that_aims_at_no_tell_is_refused(run: Run, tmp_path: Path) -> None:
    turns = [
        {"role": "interviewer", "text": "Why?", "aims_at": ["nope"]},
        {"role": "candidate", "text": "Noise."},
    ]
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"question": DROPOUT, "turns": turns}))
    code, out, err = run("grade", "--transcript", str(path))
    assert (code, out) == (2, "")
    assert f"turns.0.aims_at: the rubric of {DROPOUT} has no nope" in err


def test_a_search_read_by_people_shows_the_nearest(run: Run) -> None:
    code, out, _ = run("questions", "random unit masking as a regulariser")
    assert code == 0
    assert len(out.splitlines()) == 5
    assert DROPOUT in out.splitlines()[0]


async def test_without_a_terminal_one_line_says_that_the_index_is_built(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def building(_: Settings, on_progress: Callable[[int, int], None]) -> AsyncIterator[None]:
        for done in range(3):
            on_progress(done, 3)
        yield

    monkeypatch.setattr("interviewer.service.index_bar.connect", building)
    async with connected(Settings()):
        assert capsys.readouterr().err.count("Building the rubric index, once; this") == 1


def test_nothing_said_is_insufficient_and_no_failure(run: Run) -> None:
    code, out, _ = run("grade", DROPOUT, "--json", stdin=b"")
    assert (code, json.loads(out)["status"], json.loads(out)["level"]) == (0, "insufficient", None)


def test_a_wrong_key_and_a_dead_endpoint_are_matters_of_set_up(run: Run, httpx2_mock) -> None:
    answer = first()[DROPOUT]["L4"].encode()
    route = httpx2_mock.post("http://llm.test/v1/chat/completions")
    for fault, status, message in (
        (httpx.Response(401, json={"error": {"message": "no"}}), 2, "Check OPENAI_API_KEY"),
        (httpx.ConnectError("refused"), 2, "cannot be reached"),
        (httpx.Response(200, json={"choices": []}), 1, "declined to reply"),
    ):
        route.mock(side_effect=[fault] * 6)  # two calls, three tries each
        code, out, err = run(
            "grade", DROPOUT, "--json", "--engine", "llm", stdin=answer,
            OPENAI_BASE_URL="http://llm.test/v1", OPENAI_API_KEY="x",
        )  # fmt: skip
        grade = json.loads(out)
        assert (code, grade["status"], grade["level"]) == (status, "failed", None)
        assert message in err
        assert err.count("\n") == 1


def test_rubrics_check_is_silent_when_all_is_well_and_opens_no_socket(data_dir: Path) -> None:
    done = guarded(["rubrics", "check"], data_dir)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "0 problems" in done.stderr


def test_rubrics_check_names_what_is_wrong(run: Run, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "bad.yaml").write_text("title: Only a title")
    code, out, _ = run("rubrics", "check", str(tmp_path / "r"))
    assert code == 1
    assert "bad.yaml: ask: is missing" in out
    code, out, err = run("rubrics", "check", str(tmp_path / "r"))
    assert "0 questions, " in err
    assert "more may show" in err


def test_rubrics_check_runs_the_solutions(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def apart(settings: object) -> tuple[list[object], list[object]]:
        return [], []

    monkeypatch.setattr("interviewer.screens.commands._tell_apart", apart)
    shipped = ROOT / "rubrics/math/derive-logistic-regression-from-mle.yaml"
    folder = tmp_path / "r"
    folder.mkdir()
    text = shipped.read_text(encoding="utf-8")
    (folder / shipped.name).write_text(
        text.replace("\nsolution: |\n", "\nsolution: |\n  assert 1 == 2\n")
    )
    code, out, err = run("rubrics", "check", str(folder))
    assert code == 1
    assert "solution: fails in line 1 (AssertionError)" in out
    assert "1 question, 1 problem\n" in err


def test_a_broken_rubric_is_left_out_with_a_word(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    good = ROOT / "rubrics/ml-fundamentals/why-does-dropout-work.yaml"
    (folder / good.name).write_bytes(good.read_bytes())
    (folder / "broken.yaml").write_text("title: Only a title")
    code, out, err = run("questions", "--json", INTERVIEWER_RUBRICS_DIR=str(folder))
    assert code == 0
    assert [r["id"] for r in json.loads(out)] == [DROPOUT]
    assert "left out" in err
    assert err.count("broken.yaml") == 1


def test_bad_input_gets_one_line_and_exit_code_two(run: Run, tmp_path: Path) -> None:
    binary, bad = tmp_path / "x.bin", tmp_path / "bad.json"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    bad.write_text('{"question": "x", "turns": [{"role": "judge", "text": "hm"}]}')
    occupied = socket.socket()
    occupied.bind(("127.0.0.1", 0))
    occupied.listen()
    busy = str(occupied.getsockname()[1])
    cases = [
        (("grade", "Why does droput work", "-"), {}, "why-does-dropout-work"),
        (("grade", DROPOUT, str(tmp_path / "none.txt")), {}, "cannot be read"),
        (("grade", DROPOUT, str(binary)), {}, "not UTF-8"),
        (("grade", "--transcript", str(bad)), {}, "is no transcript: turns.0.role"),
        (("grade",), {}, "Say which question"),
        (("grade", DROPOUT, "-", "--transcript", str(bad)), {}, "not both"),
        (("questions", " "), {}, "nothing to search for"),
        (("serve", "--port", busy), {}, f"Port {busy}"),
        (
            ("questions",),
            {"INTERVIEWER_RUBRICS_DIR": str(tmp_path / "nowhere")},
            "no rubric folder",
        ),
        (("grade", DROPOUT, "--engine", "llm"), {}, "OPENAI_API_KEY"),
        (("serve",), {"INTERVIEWER_RUBRICS_DIR": str(tmp_path / "nowhere")}, "no rubric folder"),
        (
            ("serve", "--port", "0"),
            {"INTERVIEWER_DATA_DIR": str(binary / "data")},
            "INTERVIEWER_DATA_DIR",
        ),
        (("serve",), {"INTERVIEWER_PORT": "many"}, "INTERVIEWER_PORT"),
        (("serve",), {"INTERVIEWER_HOST": "300.1.1.1"}, "300.1.1.1 is no address to listen on"),
        (("serve",), {"INTERVIEWER_PORT": "65536"}, "INTERVIEWER_PORT is “65536”; set it to 0 to"),
        (("serve", "--port", "65536"), {}, "--port is “65536”; set it to 0 to 65535"),
        (("grade", DROPOUT), {"INTERVIEWER_ENGINE": "magic"}, "INTERVIEWER_ENGINE"),
    ]
    with occupied:
        for args, env, message in cases:
            with pytest.MonkeyPatch.context() as patch:
                for name, value in env.items():
                    patch.setenv(name, value)
                code, out, err = run(*args)
            assert (code, out) == (2, ""), (args, err)
            assert message in err, (args, err)
            assert err.count("\n") == 1, err
            assert "Traceback" not in err


@pytest.mark.parametrize(
    ("transcript", "told"),
    [
        pytest.param('"hm"', "the file: must be `key: value` pairs", id="text"),
        pytest.param("{", "it is not JSON", id="no JSON"),
        pytest.param('[{"role": "candidate", "text": "hm"}]', "question: is missing", id="turns"),
        pytest.param('{"question": "x"}', "turns: is missing", id="no turns"),
        pytest.param('{"question": "x", "turns": "hm"}', "turns: must be a list", id="turns are text"),
        pytest.param('{"question": "x", "turns": []}', "turns: must have at least 1", id="no turn"),
        pytest.param('{"question": "x", "turns": ["hm"]}', "turns.0: must be `key", id="turn is text"),
        pytest.param(
            '{"question": "x", "turns": [{"role": "candidate", "text": 3}]}',
            "turns.0.text: must be text.", id="number",
        ),
    ],
)  # fmt: skip
def test_a_bad_transcript_is_told_what_to_write(
    run: Run, tmp_path: Path, transcript: str, told: str
) -> None:
    path = tmp_path / "t.json"
    path.write_text(transcript)
    code, _, err = run("grade", "--transcript", str(path))
    assert code == 2
    assert f"is no transcript: {told}" in err
    assert not any(word in err for word in ("Tuple", "Field required", "Input should"))


def test_damaged_checkpoints_say_what_to_do_and_grades_do_without(run: Run, data_dir: Path) -> None:
    (data_dir / "checkpoints.sqlite").write_bytes(b"no database " * 1000)
    code, _, err = run("practice", DROPOUT, stdin=b"/skip\n")
    assert code == 2
    assert "checkpoints.sqlite is damaged" in err
    assert run("grade", DROPOUT, stdin=b"")[0] == 0


def test_a_full_disk_behind_stdout_is_said(data_dir: Path) -> None:
    env = {**os.environ, "INTERVIEWER_DATA_DIR": str(data_dir)}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "interviewer.screens.cli", "questions", "--json"],
            stdout=full, stderr=subprocess.PIPE, text=True, env=env,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "interviewer: The answer cannot be written or read: No space left on device.\n"
    )


def test_a_data_folder_that_cannot_be_written_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, _, err = run("grade", DROPOUT, INTERVIEWER_DATA_DIR=str(tmp_path / "file" / "data"))
    assert code == 2
    assert "INTERVIEWER_DATA_DIR" in err


GUARDED = """
import socket, sys
real = socket.socket.connect
def connect(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6):
        raise SystemExit(f"opened a socket to {address}")
    return real(self, address)
socket.socket.connect = connect
from interviewer.screens.cli import main
from interviewer.service.index_bar import connected
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["--help"], id="help"),
        pytest.param(["questions"], id="questions"),
        pytest.param(["questions", "dropout"], id="search"),
        pytest.param(["grade", DROPOUT], id="grade"),
        pytest.param(["practice", DROPOUT], id="practice"),
    ],
)
def test_without_a_key_no_command_opens_a_socket(args: list[str], data_dir: Path) -> None:
    done = guarded(args, data_dir)
    assert done.returncode == 0, done.stderr


def guarded(args: list[str], data_dir: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that ends when it opens a socket."""
    return subprocess.run(
        [sys.executable, "-c", GUARDED, *args],
        input=first()[DROPOUT]["L4"] + "\n\n/finish\n",
        capture_output=True, text=True, timeout=300,
        env={**os.environ, "INTERVIEWER_DATA_DIR": str(data_dir)},
    )  # fmt: skip


def test_help_and_the_list_import_nothing_heavy(data_dir: Path) -> None:
    script = (
        "import sys; from interviewer.screens.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "heavy = {'pydantic', 'openai', 'chromadb', 'gradio', 'langgraph', 'numpy', 'yaml'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    env = {**os.environ, "INTERVIEWER_DATA_DIR": str(data_dir)}
    subprocess.run(
        [sys.executable, "-m", "interviewer.screens.cli", "questions"],
        env=env,
        check=True,
        capture_output=True,
    )
    for args in (["--help"], ["questions"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *args], env=env, capture_output=True, text=True
        )
        assert done.stderr == ""


def test_an_input_that_ends_before_a_word_leaves_the_question_waiting(run: Run) -> None:
    code, out, _ = run("practice", DROPOUT, stdin=b"")
    assert code == 0
    assert "The question waits" in " ".join(out.split())
    assert "Not enough to grade" not in out
    code, out, _ = run("practice", stdin=b"/skip\n")
    assert "Going on with the unfinished interview" in out


def test_practice_goes_on_where_it_was_left(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(prompt: str = "") -> str:
        if line := sys.stdin.readline():
            return line.rstrip("\n")
        raise KeyboardInterrupt

    with monkeypatch.context() as leaving:
        leaving.setattr("builtins.input", leave)
        code, _, _ = run("practice", DROPOUT, stdin=b"Masks are zebrafish noise.\n\n")
    assert code == 130
    code, out, _ = run("practice", DROPOUT, stdin=b"/finish\n")
    assert code == 0
    assert "Going on with the unfinished interview" in out
    assert "zebrafish" in out
    code, out, err = run("practice", DROPOUT, stdin=b"/help\n/foo\n/skip\n")
    assert code == 0
    assert "unfinished" not in out, "it is graded"
    assert out.count("There is no command") == 1
    assert "There is no command /foo." in out
    assert err.startswith("The interviewer is on the way")


def test_after_the_grade_commands_go_on_from_it(run: Run) -> None:
    said = first()[DROPOUT]["L4"]
    keys = f"{said}\n/finish\n/up\n/challenge\n/challenge 1\n/nonsense\n/redrill\n/skip\n"
    code, out, _ = run("practice", DROPOUT, "--new", stdin=keys.encode())
    assert code == 0
    assert "takes a language model" in " ".join(out.split())
    assert "   1  " in out
    assert "Noted." in out
    assert out.count("/up shows your answer") == 2
    from interviewer.files.rubrics import load

    question = load(ROOT / "rubrics").questions[DROPOUT]
    again = " ".join(out.split()).rpartition(question.ask.split(".")[0])[2]
    assert sum(bool(t.probe) and t.probe in again for t in question.tells) == 1, "its own follow-up"
