"""What a turn costs on top of the model: time to the first words, calls, tokens, the end.

A stub on this machine plays the endpoint: 300 ms to the first sentence, four seconds for
whatever is asked about an answer, which is a thousand tokens at a brisk pace. The bare openai client makes the same call in turn with the service, and
its time counts to the end of the first sentence too, which is what a person gets to see. The
service writes the answer to disk before anything else, as always.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from figures import p95, share_index, show
from openai import AsyncOpenAI

from interviewer.files.settings import ROOT, Settings
from interviewer.service.session import Service, connect

ROUNDS = 12
FIRST_S, GRADING_S, GAP_S = 0.3, 4.0, 0.005
SENTENCE = "You said that it depends on the case. "
REST = ["What", "would", "you", "look", "at", "first?"]
LONG = ["and"] * 300
QUESTION = "why-does-dropout-work"
STEP = 128
"""Tokens: endpoints cache prefixes in steps of this."""


# --- the stub, a process of its own ---------------------------------------------------------------


class Stub:
    """An endpoint that keeps what it was sent."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.prompts: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if scope["method"] == "GET":
            await self._json(send, self.calls)
            return
        started = time.time()
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        asked = json.loads(body)
        call = {"started": started, "stream": bool(asked.get("stream")), "sent": []}
        call |= self._count("\n".join(m["content"] for m in asked["messages"]))
        self.calls.append(call)
        if call["stream"]:
            words = LONG if "for ever" in asked["messages"][-1]["content"] else REST
            stream = asyncio.create_task(self._stream(send, call, words))
            # An answer to a closed connection is dropped without a word; only this tells.
            left = asyncio.create_task(receive())
            await asyncio.wait((stream, left), return_when=asyncio.FIRST_COMPLETED)
            stream.cancel()
            left.cancel()
        else:
            await asyncio.sleep(GRADING_S)
            await self._json(send, completion(asked))
        call["ended"] = time.time()

    def _count(self, prompt: str) -> dict[str, int]:
        """Count tokens of four characters, and those of the longest prefix sent before."""
        best = 0
        for other in self.prompts:
            low, high = 0, min(len(other), len(prompt))
            while low < high:
                middle = (low + high + 1) // 2
                low, high = (
                    (middle, high) if other[:middle] == prompt[:middle] else (low, middle - 1)
                )
            best = max(best, low)
        self.prompts.append(prompt)
        return {"tokens": len(prompt) // 4, "cached": best // 4 // STEP * STEP}

    async def _stream(self, send: Any, call: dict[str, Any], words: list[str]) -> None:
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await asyncio.sleep(FIRST_S)
        for text in (SENTENCE, *(f"{w} " for w in words)):
            call["sent"].append(time.time())
            await self._chunk(send, {"content": text}, None)
            await asyncio.sleep(GAP_S)
        await self._chunk(send, {}, "stop")
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})

    async def _chunk(self, send: Any, delta: dict[str, str], finish: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        body = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        data = b"data: " + json.dumps({**body, "choices": [choice]}).encode() + b"\n\n"
        await send({"type": "http.response.body", "body": data, "more_body": True})

    async def _json(self, send: Any, body: object) -> None:
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def completion(asked: dict[str, Any]) -> dict[str, Any]:
    """Return what a model that finds nothing would say to whatever a grader asks."""
    form = asked["response_format"]["json_schema"]["name"]
    task = asked["messages"][-1]["content"]
    if form == "Whole":
        said: object = {
            "evidence": [1], "for_above": "a", "for_below": "b", "reason": "r", "level": "L4",
        }  # fmt: skip
    elif form == "Edits":
        said = {"edits": [{"sentence": 1, "replaces": False, "text": "It costs bias."}]}
    else:
        ids = task.rsplit("in this order: ", 1)[1].split(".")[0].split(", ")
        verdict = {"evidence": [], "reason": "Nothing of it was said.", "verdict": "not_met"}
        said = {"verdicts": [{"tell_id": i, **verdict} for i in ids], "unlisted": []}
    message = {"role": "assistant", "content": json.dumps(said)}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


# --- measuring --------------------------------------------------------------------------------------


async def main() -> None:
    """Hold interviews with the stub and with it alone, in turn."""
    import uvicorn

    if sys.argv[1:2] == ["--serve"]:
        config = uvicorn.Config(Stub(), port=int(sys.argv[2]), log_level="error", access_log=False)
        await uvicorn.Server(config).serve()
        return
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stub = subprocess.Popen([sys.executable, __file__, "--serve", str(port)])
    try:
        with tempfile.TemporaryDirectory() as folder:
            share_index(Path(folder))
            url = f"http://127.0.0.1:{port}/v1"
            settings = Settings(
                data_dir=Path(folder), openai_base_url=url, openai_api_key="k",
                engine="llm", model="m",
            )  # fmt: skip
            async with connect(settings) as service:
                await service.ready()
                await _measure(service, url)
    finally:
        stub.kill()
        stub.wait()


async def _measure(service: Service, url: str) -> None:
    async with AsyncOpenAI(base_url=url, api_key="k") as client:
        await _up(client)
        await _tokens(service, client)
        raw, ours, whole, slowest, end, between = [], [], [], [], [], []
        for _ in range(ROUNDS):
            raw.append(await _raw(client))
            before = len(await _calls(client))
            interview = await _begin(service)
            started = time.time()
            first = await _first_words(service, interview)
            ours.append(first - started)
            await _assessed(service, interview)
            whole.append(time.time() - started)
            calls = (await _calls(client))[before:]
            slowest.append(max(c["ended"] - c["started"] for c in calls))
            between.append(1 + sum(not c["stream"] and c["ended"] < first for c in calls))
            started = time.time()
            before = len(await _calls(client))
            async for _event in service.act(interview, "finish", ANSWERS[1]):
                pass
            took = time.time() - started
            await service.debrief(interview)
            grading = [c for c in (await _calls(client))[before:] if not c["stream"]]
            end.append(took / max(c["ended"] - c["started"] for c in grading))
        after = await _close_early(service, client)
    show("ttft_p50", statistics.median(ours) / statistics.median(raw), at_most=1.05)
    show("ttft_p95", p95(ours) / p95(raw), at_most=1.15)
    turns = [w / s for w, s in zip(whole, slowest, strict=True)]
    show("turn_vs_slowest_call", statistics.median(turns), at_most=1.05)
    show("calls_before_first_token", max(between), at_most=1)
    show("tokens_vs_naive", TOKENS["paid"] / TOKENS["all"], at_most=0.35)
    show("finish_vs_one_call", statistics.median(end), at_most=1.05)
    show("chunks_after_close", after, at_most=2)


TOKENS: dict[str, float] = {}
ANSWERS = [
    case["turns"][0]["text"]
    for line in (ROOT / "evals/cases/first.jsonl").read_text(encoding="utf-8").splitlines()
    if (case := json.loads(line))["question"] == "Why does dropout work?"
]


async def _tokens(service: Service, client: AsyncOpenAI) -> None:
    """Count an interview of three follow-ups with all that comes after it; cached ones cost a tenth."""
    interview = await _begin(service)
    async for _event in service.act(interview, "clarify", "How much data is there?"):
        pass
    for text in (*ANSWERS[:2], "I would look at held-out loss.", "That is all."):
        async for _event in service.act(interview, "answer", text):
            pass
        await asyncio.sleep(GRADING_S + 1)
    grade = (await service.view(interview)).grade
    assert grade is not None
    assert grade.first_gap is not None
    await service.one_level_up(interview)
    await service.challenge(interview, grade.first_gap.tell_id)
    calls = await _calls(client)
    TOKENS["all"] = sum(c["tokens"] for c in calls)
    TOKENS["paid"] = sum(c["tokens"] - 0.9 * c["cached"] for c in calls)
    print(f"{len(calls)} calls, {TOKENS['all']:,.0f} tokens in", file=sys.stderr)


async def _begin(service: Service) -> str:
    interview = await service.start("me", question=QUESTION)
    async for _event in service.resume(interview):
        pass
    return interview


async def _first_words(service: Service, interview: str) -> float:
    """Answer, listen to the end, and return when the first words came."""
    first = 0.0
    async for event in service.act(interview, "answer", ANSWERS[0]):
        if event.kind == "token":
            first = first or time.time()
    return first


async def _raw(client: AsyncOpenAI) -> float:
    started = time.time()
    first, said = 0.0, ""
    stream = await client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": ANSWERS[0]}], stream=True
    )
    async for chunk in stream:
        said += chunk.choices[0].delta.content or ""
        if not first and SENTENCE in said:
            first = time.time()
    return first - started


async def _close_early(service: Service, client: AsyncOpenAI) -> int:
    """Leave after the first words of an endless reply, and count what the stub still sends."""
    interview = await _begin(service)
    events = service.act(interview, "answer", f"{ANSWERS[0]} I could go on for ever")
    async for event in events:
        if event.kind == "token":
            break
    await events.aclose()
    left = time.time()
    await asyncio.sleep(1)
    streamed = [c for c in await _calls(client) if c["stream"]]
    return sum(at > left for at in streamed[-1]["sent"])


async def _assessed(service: Service, interview: str) -> None:
    """Wait until the first answer is assessed."""
    while await service.store.grades.assessment(interview) is None:
        await asyncio.sleep(0.005)


async def _calls(client: AsyncOpenAI) -> list[dict[str, Any]]:
    return await client.get("/calls", cast_to=list[dict[str, Any]])


async def _up(client: AsyncOpenAI) -> None:
    for _ in range(100):
        try:
            await _calls(client)
        except Exception:
            await asyncio.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    asyncio.run(main())
