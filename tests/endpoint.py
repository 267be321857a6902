"""Replies of an endpoint, for mocked routes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx

from interviewer.events import Event

URL = "http://llm.test/v1"
CHAT = f"{URL}/chat/completions"
KEY = "sk-canary-4242"


def chunk(text: str | None = None, finish: str | None = None) -> bytes:
    delta = {"content": text} if text is not None else {}
    body = {
        "id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }  # fmt: skip
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def stream(*pieces: str, finish: str | None = "stop") -> httpx.Response:
    body = b"".join(map(chunk, pieces)) + (
        chunk(finish=finish) + b"data: [DONE]\n\n" if finish else b""
    )
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body)


def reply(text: str | None, finish: str = "stop", **message: object) -> httpx.Response:
    said = {"role": "assistant", "content": text, "refusal": None, **message}
    usage = {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107,
             "prompt_tokens_details": {"cached_tokens": 64}}  # fmt: skip
    return httpx.Response(200, json={
        "id": "x", "object": "chat.completion", "created": 1, "model": "m", "usage": usage,
        "choices": [{"index": 0, "message": said, "finish_reason": finish}],
    })  # fmt: skip


def failure(status: int, code: str | None = None, **headers: str) -> httpx.Response:
    body = {"error": {"message": f"no {KEY}", "type": "x", "code": code, "param": None}}
    return httpx.Response(status, json=body, headers=headers)


async def all_of(events: AsyncIterator[Event]) -> str:
    return "".join([e.text async for e in events if e.kind == "token"])


def graded(
    request: httpx.Request, met: dict[str, list[int]], question, level: str = "L4"
) -> httpx.Response:
    """Reply to whatever the grader asks: these tells are met, the whole has this level."""
    form = json.loads(request.content)["response_format"]["json_schema"]["name"]
    if form == "Whole":
        return reply(
            json.dumps(
                {"evidence": [1], "for_above": "a", "for_below": "b", "reason": "r", "level": level}
            )
        )
    said = [
        {"tell_id": t.id, "evidence": met.get(t.id, []), "reason": "r", "verdict": "met" if t.id in met else "not_met"}
        for t in question.tells
    ]  # fmt: skip
    return reply(json.dumps({"verdicts": said, "unlisted": []}))
