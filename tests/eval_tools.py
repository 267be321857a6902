"""What several eval tests use: cases and grades made up on the spot, graders by rule, an endpoint."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from evals.cases import Case, Item
from evals.records import Job, Outcome, Row
from interviewer.errors import ModelError, ModelUnavailable
from interviewer.models import LEVELS, Evidence, Grade, Level, TellVerdict, Transcript, Usage

TITLES = ("Why does dropout work?", "Design ML monitoring", "Debug this training loop")
SAID = {
    TITLES[0]: "it stops hidden units from relying on one another.",
    TITLES[1]: "I'd alert on drift of the inputs and of the predictions.",
    TITLES[2]: "the gradients are never zeroed between the steps.",
}
"""Enough of an answer to be graded."""


def case(name: str, level: Level | None = "L5", **more: Any) -> Case:
    """Make a case; its only turn says its name, so that no two have the same text."""
    question = more.get("question", TITLES[0])
    said = {"role": "candidate", "text": f"Well, {name}: {SAID.get(question, SAID[TITLES[0]])}"}
    values = {"question": question, "turns": [said], "kind": "gold", "why": "made up", **more}
    return Case.model_validate({"id": name, "level": level, **values})


def some(count: int = 6) -> list[Case]:
    """Make cases of all levels over several questions, the levels of each question balanced."""
    return [
        case(f"c{i}", LEVELS[i % 3], question=TITLES[i // 3 % len(TITLES)]) for i in range(count)
    ]


def grade(level: Level | None, confidence: float = 0.8, **more: Any) -> Grade:
    """Make a grade; without a level it is insufficient."""
    values = {
        "question_id": "why-does-dropout-work",
        "status": "graded" if level else "insufficient",
        "confidence": confidence if level else 0.0,
        "engine": "offline",
        "rubric_hash": "r",
    }
    return Grade.model_validate({**values, "level": level, **more})


def busy(retry_after: float | None = None) -> ModelUnavailable:
    """Make what is raised when an endpoint may answer later."""
    return ModelUnavailable("The endpoint is busy.", retry_after=retry_after)


def met(tell_id: str, level: Level = "L5", *spans: Evidence) -> TellVerdict:
    """Make a verdict of a tell that is shown."""
    values = {"tell_id": tell_id, "polarity": "strong_hire", "level": level, "verdict": "met"}
    return TellVerdict.model_validate({**values, "evidence": spans})


def row(case: Case, grade: Grade | None, repeat: int = 0, suite: str = "made") -> Row:
    """Make the row of a case; without a grade it is an error."""
    error = None if grade else "The endpoint failed."
    return Row(
        case_id=case.id, suite=suite, repeat=repeat, grade=grade, error=error, seconds=1.0, key="k"
    )


def outcome(case: Case, grade: Grade | None, repeat: int = 0, suite: str = "made") -> Outcome:
    """Make an outcome."""
    return Outcome(suite, case, repeat, row(case, grade, repeat, suite))


def outcomes(pairs: Iterable[tuple[Case, Level | None]]) -> list[Outcome]:
    """Make outcomes of cases and the levels they were given."""
    return [outcome(c, grade(level)) for c, level in pairs]


def jobs(cases: Iterable[Case], repeats: int = 1) -> list[Job]:
    """Make jobs whose keys are the names of the cases."""
    return [
        Job(Item("made", c), repeat, f"{c.id}/{repeat}") for c in cases for repeat in range(repeats)
    ]


class Scripted:
    """Grades or fails by a rule, and notes what it was asked."""

    def __init__(self, rule: Callable[[Case], Grade | ModelError]) -> None:
        self.rule, self.asked = rule, list[str]()

    async def attempt(self, transcript: Transcript, engine: str | None = None) -> Grade:
        assert isinstance(transcript, Case)
        self.asked.append(transcript.id)
        result = self.rule(transcript)
        if isinstance(result, ModelError):
            raise result
        return result


def perfect(case: Case) -> Grade:
    return grade(
        case.level, usage=Usage(calls=1, input_tokens=90, cached_tokens=0, output_tokens=10)
    )


def write_cases(path: Path, cases: Iterable[Case]) -> Path:
    """Write a case file."""
    path.write_text("".join(c.model_dump_json(exclude_none=False) + "\n" for c in cases), "utf-8")
    return path


class Endpoint:
    """A chat endpoint on this machine that finds nothing in any answer, or refuses as told."""

    def __init__(self) -> None:
        self.url = ""
        self.answered = 0
        self.refusals: list[tuple[int, dict[str, str]]] = []
        """Statuses and headers of the next replies; after them it answers."""
        self._room = threading.Semaphore(0)

    def allow(self, count: int) -> None:
        """Answer this many more; whoever comes after them waits."""
        for _ in range(count):
            self._room.release()

    def reply(self, handler: BaseHTTPRequestHandler) -> None:
        handler.rfile.read(int(handler.headers["content-length"]))
        if self.refusals:
            status, headers = self.refusals.pop(0)
            _send(handler, status, {"error": {"message": "no"}}, headers)
            return
        while not self._room.acquire(timeout=0.05):
            if _has_left(handler):
                return
        if _has_left(handler):
            self._room.release()
            return
        self.answered += 1
        content = json.dumps({"verdicts": [], "unlisted": []})
        choice = {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": content},
        }
        usage = {"prompt_tokens": 70, "completion_tokens": 30, "total_tokens": 100}
        base = {"id": "x", "object": "chat.completion", "created": 0, "model": "stub"}
        _send(handler, 200, {**base, "choices": [choice], "usage": usage}, {})


def _has_left(handler: BaseHTTPRequestHandler) -> bool:
    try:
        return handler.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def _send(
    handler: BaseHTTPRequestHandler, status: int, body: object, headers: dict[str, str]
) -> None:
    data = json.dumps(body).encode()
    handler.send_response(status)
    for name, value in {**headers, "content-length": str(len(data))}.items():
        handler.send_header(name, value)
    handler.send_header("content-type", "application/json")
    handler.end_headers()
    handler.wfile.write(data)


@contextmanager
def serving() -> Iterator[Endpoint]:
    """Serve an endpoint until the end."""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):
                endpoint.reply(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    endpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield endpoint
    finally:
        endpoint.allow(1000)
        server.shutdown()
        server.server_close()
