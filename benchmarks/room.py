"""Fifty people answer at once: the practice room against bare Starlette making the same model call.

Stub, room and Starlette each run in a process of their own; the people are in this one. Each
person's answer carries a word of their own, which the stub repeats; nobody may see another's.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from figures import show

from interviewer.session import connect
from interviewer.settings import ROOT, Settings

PEOPLE, TURNS = 50, 2
FIRST_TOKEN_S, TOKENS, GAP_S = 0.3, 20, 0.02
QUESTION = "why-does-dropout-work"
_CANARY = re.compile(r"canary\d+x")
_LOOSE = re.compile(rb"canary\d+x")


@dataclass
class Heard:
    """What one person got in one turn."""

    first_s: float
    canaries: set[str]


async def stub(scope: Any, receive: Any, send: Any) -> None:
    """Stream as many tokens as the others, the last canary of the conversation among them."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    canary = (_LOOSE.findall(body) or [b"nobody"])[-1].decode()
    words = [canary, *["well"] * (TOKENS - 3), "then?", " "]
    await asyncio.sleep(FIRST_TOKEN_S)
    head = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    for position, word in enumerate(words):
        delta = {"content": word + ("? " if position == 0 else " ")}
        end = "stop" if position == len(words) - 1 else None
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m",
                 "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}  # fmt: skip
        data = f"data: {json.dumps(chunk)}\n\n".encode()
        await send({"type": "http.response.body", "body": data, "more_body": True})
        await asyncio.sleep(GAP_S)
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n", "more_body": False})


def bare() -> Any:
    """Return Starlette with one route that passes a model's stream on."""
    from openai import AsyncOpenAI
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import StreamingResponse
    from starlette.routing import Route

    client = AsyncOpenAI(api_key="none", base_url=os.environ["OPENAI_BASE_URL"])

    async def turn(request: Request) -> StreamingResponse:
        text = (await request.body()).decode()

        async def pieces() -> AsyncIterator[str]:
            stream = await client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": text}], stream=True
            )
            async for chunk in stream:
                yield f"data: {chunk.choices[0].delta.content}\n\n"

        return StreamingResponse(pieces(), media_type="text/event-stream")

    return Starlette(routes=[Route("/turn", turn, methods=["POST"])])


async def lines(port: int, path: str, body: bytes | None = None) -> AsyncIterator[str]:
    """Make a request over a connection of its own and yield the lines of the reply as they come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    try:
        head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
        if body is not None:
            head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        writer.write(head.encode() + b"\r\n" + (body or b""))
        async for line in reader:
            yield line.decode().strip()
    finally:
        writer.close()


async def bare_turn(port: int, _: int, text: str) -> Heard:
    """Say something to Starlette."""
    started, first, seen = time.perf_counter(), 0.0, ""
    async for line in lines(port, "/turn", text.encode()):
        if line.startswith("data: "):
            first = first or time.perf_counter() - started
            seen += line
    return Heard(first, set(_CANARY.findall(seen)))


class Room:
    """The room's page as a browser talks to it."""

    def __init__(self, port: int, places: list[str]) -> None:
        """Know where each person sits."""
        self._port, self._places, self._seen = port, places, [1] * len(places)

    async def find_send(self) -> None:
        """Find out which event the Send button is."""
        text = [line async for line in lines(self._port, "/config") if line.startswith("{")][0]
        config = json.loads(text)
        ids = {c["props"].get("elem_id"): c["id"] for c in config["components"]}
        self._send = next(
            d["id"] for d in config["dependencies"] if [ids["send"], "click"] in d["targets"]
        )

    async def turn(self, port: int, person: int, text: str) -> Heard:
        """Press Send and read what the page is told until the event is over."""
        session = f"s{person}-{self._seen[person]}"
        data = [f"owner{person}", self._places[person], str(self._seen[person]), text]
        join = {"data": data, "fn_index": self._send, "session_hash": session}
        started, first, seen = time.perf_counter(), 0.0, ""
        async for _ in lines(port, "/gradio_api/queue/join", json.dumps(join).encode()):
            pass
        async for line in lines(port, f"/gradio_api/queue/data?session_hash={session}"):
            if '"canary' not in line and "canary" in line and "canary" in _reply(line):
                first = first or time.perf_counter() - started
            seen += line
            if '"process_completed"' in line:
                assert '"success":true' in line.replace(" ", ""), line[:500]
                break
        self._seen[person] += 2
        return Heard(first, set(_CANARY.findall(seen)))


def _reply(line: str) -> str:
    """Leave out what the person said themselves; the reply's canary is followed by a question mark."""
    return "canary" if re.search(r"canary\d+x\?", line) else ""


async def crowd(port: int, turn: Callable[[int, int, str], Any]) -> tuple[float, list[Heard]]:
    """Let everybody take their turns at once; return turns a second and what each heard."""

    async def person(number: int) -> list[Heard]:
        said = f"canary{number}x: masks are noise, and the full network is their average."
        return [await turn(port, number, f"{said} Point {n}.") for n in range(TURNS)]

    started = time.perf_counter()
    heard = await asyncio.gather(*(person(n) for n in range(PEOPLE)))
    taken = time.perf_counter() - started
    for number, turns in enumerate(heard):
        for each in turns:
            assert each.canaries == {f"canary{number}x"}, f"person {number} saw {each.canaries}"
    return PEOPLE * TURNS / taken, [each for turns in heard for each in turns]


@asynccontextmanager
async def process(*command: str, **environ: str) -> AsyncIterator[int]:
    """Run a server until the block ends; its port comes last in the command."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    env = {**os.environ, **environ, "INTERVIEWER_PORT": str(port)}
    running = subprocess.Popen([sys.executable, *command, str(port)], env=env, stderr=2)
    try:
        for _ in range(600):
            try:
                async for _line in lines(port, "/healthz"):
                    break
                break
            except OSError:
                assert running.poll() is None, command
                await asyncio.sleep(0.2)
        yield port
    finally:
        running.terminate()
        running.wait(20)


async def measure() -> None:
    """Measure both in turn on the same stub."""
    here = str(Path(__file__))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "index").symlink_to(ROOT / ".cache" / "index")
        async with process(here, "stub") as stub_port:
            url = f"http://127.0.0.1:{stub_port}/v1"
            environ = {
                "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none", "INTERVIEWER_ENGINE": "llm",
                "INTERVIEWER_MODEL": "m", "INTERVIEWER_DATA_DIR": folder,
            }  # fmt: skip
            settings = Settings("none", url, "llm", "m", data_dir=Path(folder))
            places = []
            async with connect(settings) as service:
                await service.ready()
                for number in range(PEOPLE):
                    interview = await service.start(f"owner{number}", question=QUESTION)
                    async for _ in service.resume(interview):
                        pass
                    places.append(f"?interview={interview}")
            async with process(here, "bare", **environ) as port:
                await crowd(port, bare_turn)
                bare_rate, bare_heard = await crowd(port, bare_turn)
            async with process(str(ROOT / "app.py"), **environ) as port:
                room = Room(port, places)
                await room.find_send()
                rate, heard = await crowd(port, room.turn)
    show("turns_vs_starlette", rate / bare_rate, at_least=0.6)
    show("ttft_p95_vs_starlette", _p95(heard) / _p95(bare_heard), at_most=1.5)


def _p95(heard: list[Heard]) -> float:
    return statistics.quantiles([each.first_s for each in heard], n=20)[-1]


if __name__ == "__main__":
    if len(sys.argv) > 2:
        app = stub if sys.argv[1] == "stub" else bare()
        uvicorn.run(app, port=int(sys.argv[2]), log_level="error", lifespan="off")
    else:
        asyncio.run(measure())
