"""Requests for a reply: sent again where that may help, without what the endpoint does not know."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import openai
from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletion

from interviewer.outside.abilities import LIMITS, Memory
from interviewer.outside.llm.client import CONNECT_TIMEOUT_S
from interviewer.outside.llm.faults import pause_before
from interviewer.outside.llm.forms import Message

TRIES = 3
SPOKEN_EFFORT = "low"
"""How long a model thinks before two spoken sentences. What OpenAI's models do when nothing is said
is meant for harder work, and a candidate waits for it in silence."""
_OPENAI = ("api.openai.com", ".openai.azure.com")


class Sender:
    """Sends what is asked of one model; the only place that tries again."""

    def __init__(self, client: AsyncOpenAI, model: str, memory: Memory, timeout_s: float) -> None:
        """Use a client, and remember what its endpoint refuses."""
        self._client, self._model, self._memory = client, model, memory
        self._timeout_s = timeout_s
        self._at_openai = client.base_url.host.endswith(_OPENAI)

    async def send(
        self, messages: Sequence[Message], deadline: float, room: int, **options: Any
    ) -> Any:
        """Send a request, again where that may help; what an endpoint does not know is left out."""
        now = asyncio.get_running_loop().time
        timeout = openai.Timeout(self._timeout_s, connect=CONNECT_TIMEOUT_S)
        replies: dict[str, Any] = {"cast_to": ChatCompletion}
        if "stream" in options:
            replies = {"cast_to": object, "stream": True, "stream_cls": AsyncStream[object]}
        failures = 0
        while True:
            able = self._memory.now
            extra: dict[str, Any] = {} if able.limit is None else {able.limit: room}
            if "stream" in options and able.stream_options:
                extra["stream_options"] = {"include_usage": True}
            if "stream" in options and able.effort and self._at_openai:
                extra["reasoning_effort"] = SPOKEN_EFFORT
            try:
                async with asyncio.timeout_at(deadline):
                    # Below `chat.completions`: that checks a request by walking through it, and
                    # makes four objects of every token. Errors and tries are the same.
                    return await self._client.post(
                        "/chat/completions",
                        body={
                            "model": self._model,
                            "messages": list(messages),
                            **options,
                            **extra,
                        },
                        options={"timeout": timeout, "security": {"bearer_auth": True}},
                        **replies,
                    )
            except openai.OpenAIError as error:
                if isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError):
                    if able.limit is not None and able.limit in str(error):
                        self._memory.learn(limit=LIMITS[LIMITS.index(able.limit) + 1])
                        continue
                    if "stream_options" in extra and "stream_options" in str(error):
                        self._memory.learn(stream_options=False)
                        continue
                    if "reasoning_effort" in extra and "reasoning" in str(error):
                        self._memory.learn(effort=False)
                        continue
                failures += 1
                pause = pause_before(error, failures)
                if pause is None or failures == TRIES or now() + pause >= deadline:
                    raise
                await asyncio.sleep(pause)
