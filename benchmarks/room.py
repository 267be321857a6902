"""Fifty people answer at once: the practice room against bare Starlette making the same model call.

Stub, room and Starlette each run in a process of their own; the people are in this one. Each
person's answer carries a word of their own, which the stub repeats; nobody may see another's.

Both are warmed up by a crowd and then measured in turn, several times. A person has the page of
their interview open before they answer, as in a browser. The room does more than Starlette: it
keeps what was said, holds every sentence until it is known to leak nothing, and has each answer
graded by two calls more. When those are done is said on stderr, and the next crowd waits for it.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from figures import p95, share_index, show
from turn import completion

from interviewer.files.settings import ROOT, Settings
from interviewer.service.session import connect

PEOPLE, TURNS, ROUNDS = 50, 2, 3
FIRST_TOKEN_S, TOKENS, GAP_S, GRADING_S = 0.3, 20, 0.02, 2.0
QUESTION = "why-does-dropout-work"
_CANARY = re.compile(r"canary\d+x")
_LOOSE = re.compile(rb"canary\d+x")
_REPLY = re.compile(r"canary\d+x!")
"""The exclamation mark is the interviewer's."""
PAINTS = 9
_PAINTED = """() => new Promise(done => new PerformanceObserver(list => {
    const painted = list.getEntriesByName("first-contentful-paint")[0];
    if (painted) done(painted.startTime);
}).observe({type: "paint", buffered: true}))"""
_JSON = [(b"content-type", b"application/json")]
_EVENTS = [(b"content-type", b"text/event-stream")]


@dataclass
class Heard:
    """What one person got in one turn."""

    first_s: float
    canaries: set[str]


async def stub(scope: Any, receive: Any, send: Any) -> None:
    """Stream tokens, the last canary of the conversation first, or grade."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    asked = json.loads(body or b"{}")
    if not asked.get("stream"):
        await asyncio.sleep(GRADING_S)
        graded = json.dumps(completion(asked) if asked else {}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": _JSON})
        await send({"type": "http.response.body", "body": graded})
        return
    canary = (_LOOSE.findall(body) or [b"nobody"])[-1].decode()
    # Two sentences, because the room hands out whole ones and reads no further than two.
    words = [f"{canary}!", *["well"] * (TOKENS - 2), "then?"]
    await asyncio.sleep(FIRST_TOKEN_S)
    await send({"type": "http.response.start", "status": 200, "headers": _EVENTS})
    for position, word in enumerate(words):
        end = "stop" if position == len(words) - 1 else None
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m",
                 "choices": [{"index": 0, "delta": {"content": word + " "}, "finish_reason": end}]}  # fmt: skip
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


def empty() -> Any:
    """Return a Gradio page with one line on it."""
    import gradio as gr
    from fastapi import FastAPI

    with gr.Blocks(analytics_enabled=False) as page:
        gr.Markdown("An empty page")
    return gr.mount_gradio_app(FastAPI(), page, path="/", ssr_mode=False, footer_links=[])


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
    """The room's page as a browser talks to it: one session from the first paint on."""

    def __init__(self, port: int, places: list[str], number: int) -> None:
        """Know where each person sits."""
        self._port, self._places, self._number = port, places, number
        self._seen = [1] * len(places)

    async def arrive(self) -> None:
        """Open everybody's page."""
        text = [line async for line in lines(self._port, "/config") if line.startswith("{")][0]
        config = json.loads(text)
        ids = {c["props"].get("elem_id"): c["id"] for c in config["components"]}
        events = {tuple(target): d["id"] for d in config["dependencies"] for target in d["targets"]}
        self._send = events[ids["send"], "click"]
        load = next(event for (_, kind), event in events.items() if kind == "load")
        await asyncio.gather(
            *(self._event(n, load, [f"owner{n}"], self._places[n]) for n in range(PEOPLE))
        )

    async def turn(self, port: int, person: int, text: str) -> Heard:
        """Press Send and read what the page is told until the event is over."""
        data = [f"owner{person}", self._places[person], str(self._seen[person]), text]
        heard = await self._event(person, self._send, data)
        self._seen[person] += 2
        return heard

    async def _event(self, person: int, event: int, data: list[str], query: str = "") -> Heard:
        session = f"s{self._number}-{person}"
        join = {"data": data, "fn_index": event, "session_hash": session}
        path = f"/gradio_api/queue/join{query}"
        started, first, seen = time.perf_counter(), 0.0, ""
        async for _ in lines(self._port, path, json.dumps(join).encode()):
            pass
        async for line in lines(self._port, f"/gradio_api/queue/data?session_hash={session}"):
            if not first and _REPLY.search(line):
                first = time.perf_counter() - started
            seen += line
            if '"process_completed"' in line:
                assert '"success":true' in line.replace(" ", ""), line[:500]
                break
        return Heard(first, set(_CANARY.findall(seen)))


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
async def process(*command: str, **environ: str) -> AsyncIterator[tuple[int, int]]:
    """Run a server until the block ends and hand out its port, last in the command, and its id."""
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
        yield port, running.pid
    finally:
        running.terminate()
        running.wait(20)


async def measure() -> None:
    """Measure both in turn on the same stub."""
    here = str(Path(__file__))
    with tempfile.TemporaryDirectory() as folder:
        share_index(Path(folder))
        async with process(here, "stub") as (stub_port, _):
            url = f"http://127.0.0.1:{stub_port}/v1"
            environ = {
                "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none", "INTERVIEWER_ENGINE": "llm",
                "INTERVIEWER_MODEL": "m", "INTERVIEWER_DATA_DIR": folder,
            }  # fmt: skip
            settings = Settings("none", url, "llm", "m", data_dir=Path(folder))
            crowds = [await _begin(settings) for _ in range(ROUNDS + 1)]
            async with (
                process(here, "bare", **environ) as (bare_port, _),
                process(str(ROOT / "app.py"), "--port", **environ) as (port, server),
            ):
                ratios, firsts = [], []
                for number, interviews in enumerate(crowds):
                    room = Room(port, [f"?interview={i}" for i in interviews], number)
                    await room.arrive()
                    bare_rate, bare_heard = await crowd(bare_port, bare_turn)
                    before = _cpu_s(server)
                    rate, heard = await crowd(port, room.turn)
                    spent = 1000 * (_cpu_s(server) - before) / len(heard)
                    waited = await _assessed(Path(folder), interviews)
                    slow, bare_slow = (
                        p95([h.first_s for h in each]) for each in (heard, bare_heard)
                    )
                    sys.stderr.write(
                        f"{rate:.1f} turns/s at {spent:.0f} ms of CPU each, Starlette {bare_rate:.1f}; "
                        f"first words {slow:.2f} s, Starlette {bare_slow:.2f} s (p95); "
                        f"all assessed {waited:.1f} s later\n"
                    )
                    if number:  # the first crowd warms both up
                        ratios.append(rate / bare_rate)
                        firsts.append(slow / bare_slow)
    show("turns_vs_starlette", statistics.median(ratios), at_least=0.6)
    show("ttft_p95_vs_starlette", statistics.median(firsts), at_most=1.5)


async def measure_paint() -> None:
    """Open an empty page and the room in Chromium in turn, each time with nothing cached.

    What counts is the first paint with content, as Chromium reports it.
    """
    chromium = shutil.which("chromium")
    if chromium is None or importlib.util.find_spec("playwright") is None:
        sys.stderr.write("first_paint_vs_empty needs chromium and playwright: left out\n")
        return
    from playwright.async_api import async_playwright

    with tempfile.TemporaryDirectory() as folder:
        share_index(Path(folder))
        environ = {"INTERVIEWER_DATA_DIR": folder, "GRADIO_ANALYTICS_ENABLED": "False"}
        async with (
            process(str(Path(__file__)), "empty", **environ) as (empty_port, _),
            process(str(ROOT / "app.py"), "--port", **environ) as (port, _),
            async_playwright() as playwright,
        ):
            flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            browser = await playwright.chromium.launch(executable_path=chromium, args=flags)
            seconds: dict[int, list[float]] = {empty_port: [], port: []}
            for _ in range(1 + PAINTS):
                for at, taken in seconds.items():
                    page = await browser.new_page()
                    await page.goto(f"http://127.0.0.1:{at}/")
                    taken.append(await page.evaluate(_PAINTED))
                    await page.close()
            await browser.close()
    first, empty_first = (statistics.median(seconds[at][1:]) for at in (port, empty_port))
    sys.stderr.write(f"first paint after {first:.0f} ms, of an empty page {empty_first:.0f} ms\n")
    show("first_paint_vs_empty", first / empty_first, at_most=1.3)


async def _begin(settings: Settings) -> list[str]:
    """Begin an interview for everybody."""
    interviews = []
    async with connect(settings) as service:
        await service.ready()
        for number in range(PEOPLE):
            interview = await service.start(f"owner{number}", question=QUESTION)
            async for _ in service.resume(interview):
                pass
            interviews.append(interview)
    return interviews


async def _assessed(folder: Path, interviews: list[str]) -> float:
    """Wait until the last answer of everybody has its provisional grade; return for how long."""
    started = time.perf_counter()
    named = ", ".join("?" for _ in interviews)
    asked = (
        f"SELECT count(*) FROM assessments WHERE answers >= {TURNS} AND interview_id IN ({named})"
    )
    with closing(sqlite3.connect(folder / "interviews.sqlite")) as record:
        while record.execute(asked, interviews).fetchone()[0] < len(interviews):
            assert time.perf_counter() - started < 300, "an answer was never assessed"
            await asyncio.sleep(0.2)
    return time.perf_counter() - started


def _cpu_s(process_id: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        app = stub if sys.argv[1] == "stub" else {"bare": bare, "empty": empty}[sys.argv[1]]()
        uvicorn.run(app, port=int(sys.argv[2]), log_level="error", lifespan="off")
    else:
        asyncio.run(measure())
        asyncio.run(measure_paint())
