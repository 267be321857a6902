"""Chat with a model at an OpenAI-compatible endpoint.

Everything goes through `chat.completions`, which all such endpoints have. Structured replies
come by a ladder (a strict JSON schema, any JSON object, plain text) that is climbed down once
per endpoint and model. Tries again are made here and nowhere else. All errors leave as ours.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import openai
from openai import AsyncOpenAI
from openai.types import CompletionUsage
from pydantic import BaseModel, ValidationError

from interviewer.abilities import FORMS, Form, Memory
from interviewer.errors import (
    BadReply,
    SetupError,
)
from interviewer.llm.faults import is_about_form, mapped, pause_before
from interviewer.models import Usage

Message = dict[Literal["role", "content"], str]
T = TypeVar("T", bound=BaseModel)

CONNECT_TIMEOUT_S, STALL_S = 5.0, 30.0
"""Until a connection stands; between two pieces of a stream."""
TIMEOUT_S = 120.0
"""For one whole reply, tries included, unless set otherwise."""
TRIES = 3
MAX_REPLY_TOKENS, MORE_ROOM = 8000, 4
"""Thinking counts as well; a reply that runs out of room gets this many times more, once."""
_THOUGHT = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL)
_log = logging.getLogger(__name__)


@dataclass
class Meter:
    """Adds up what calls used."""

    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    complete: bool = True
    """Whether the endpoint reported every call."""

    def add(self, usage: CompletionUsage | None) -> None:
        """Count one call."""
        self.calls += 1
        if usage is None:
            self.complete = False
            return
        self.input_tokens += usage.prompt_tokens or 0
        self.output_tokens += usage.completion_tokens or 0
        details = usage.prompt_tokens_details
        self.cached_tokens += (details.cached_tokens or 0) if details else 0

    def usage(self) -> Usage | None:
        """Return the sums; None when some call was not reported, for then they are unknown."""
        if not self.complete:
            return None
        return Usage(
            calls=self.calls,
            input_tokens=self.input_tokens,
            cached_tokens=self.cached_tokens,
            output_tokens=self.output_tokens,
        )


class ChatModel:
    """One model at one endpoint."""

    def __init__(
        self, client: AsyncOpenAI, model: str, memory: Memory, timeout_s: float = TIMEOUT_S
    ) -> None:
        """Use a client; `connect` makes one."""
        self._client, self._memory, self._timeout_s = client, memory, timeout_s
        self.model = model

    @property
    def form(self) -> Form:
        """How structured replies are asked for."""
        return self._memory.now.form

    async def stream(self, messages: Sequence[Message], meter: Meter) -> AsyncGenerator[str, None]:
        """Yield the reply piece by piece, without what a model thinks aloud before it.

        The upstream request is closed when the caller stops reading.

        Raises:
            ModelError: the endpoint failed; `partial` keeps what had come in.
        """
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        got: list[str] = []
        finish: str | None = None
        usage: CompletionUsage | None = None
        thinking = _Thinking()
        try:
            stream = await self._create(messages, deadline, stream=True)
            try:
                # The first piece may wait for a busy server; after it silence means a fault.
                patience = deadline
                while True:
                    async with asyncio.timeout_at(patience):
                        chunk = await anext(stream, None)
                    if chunk is None:
                        break
                    patience = min(deadline, asyncio.get_running_loop().time() + STALL_S)
                    usage = chunk.usage or usage
                    if not chunk.choices:
                        continue
                    finish = chunk.choices[0].finish_reason or finish
                    if piece := thinking.without(chunk.choices[0].delta.content or ""):
                        got.append(piece)
                        yield piece
            finally:
                await stream.close()
                meter.add(usage)
        except (openai.OpenAIError, TimeoutError, json.JSONDecodeError) as error:
            raise mapped(error, self.model, "".join(got)) from error
        said = "".join(got)
        if finish is None or finish == "length":
            raise BadReply("The model's reply broke off. Send again to retry.", said)
        if finish == "content_filter" or not said.strip():
            raise BadReply("The model gave no usable reply. Send again to retry.", said)

    async def parse(self, messages: Sequence[Message], schema: type[T], meter: Meter) -> T:
        """Return a reply that fits a schema, after one repair at most.

        Raises:
            ModelError: the endpoint failed, or twice gave something that does not fit.
        """
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        talk = list(messages)
        for attempt in (1, 2):
            text = await self._structured(talk, schema, meter, deadline)
            try:
                parsed = schema.model_validate_json(_json_in(text))
            except ValidationError as error:
                if attempt == 2:
                    break
                complaint = "; ".join(
                    f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5]
                )
                talk += [
                    {"role": "assistant", "content": text},
                    {
                        "role": "user",
                        "content": f"That does not fit the schema ({complaint}). Reply with the "
                        f"corrected JSON alone. {_wish(schema)}",
                    },
                ]
            else:
                self._memory.learn(proven=True)
                return parsed
        raise BadReply(f"{self.model} did not reply in the form that was asked for.", text)

    async def close(self) -> None:
        """Release the connections."""
        await self._client.close()

    async def _structured(
        self, messages: Sequence[Message], schema: type[T], meter: Meter, deadline: float
    ) -> str:
        room = MAX_REPLY_TOKENS
        while True:
            form = self._memory.now.form
            try:
                talk, wanted = _ask_for(form, messages, schema)
                completion = await self._create(talk, deadline, room, **wanted)
            except (openai.OpenAIError, TimeoutError, json.JSONDecodeError) as error:
                if self._memory.now.proven or form == FORMS[-1] or not is_about_form(error):
                    raise mapped(error, self.model) from error
                _log.info("%s does not take %s; trying the next form", self.model, form)
                self._memory.learn(form=FORMS[FORMS.index(form) + 1])
                continue
            meter.add(completion.usage)
            choice = completion.choices[0] if completion.choices else None
            if choice is None or choice.finish_reason == "content_filter" or choice.message.refusal:
                raise BadReply(f"{self.model} declined to reply.")
            text = _THOUGHT.sub("", choice.message.content or "", count=1)
            if choice.finish_reason == "length":
                if room > MAX_REPLY_TOKENS:
                    raise BadReply(f"{self.model} ran out of room before it had finished.", text)
                room *= MORE_ROOM
            elif text.strip():
                return text
            else:
                raise BadReply(f"{self.model} replied with nothing.")

    async def _create(
        self,
        messages: Sequence[Message],
        deadline: float,
        room: int = MAX_REPLY_TOKENS,
        **options: Any,
    ) -> Any:
        """Send a request, again where that may help; what an endpoint does not know is left out."""
        now = asyncio.get_running_loop().time
        # Overloads by keyword cannot be told apart through `options`.
        create: Any = self._client.chat.completions.create
        timeout = openai.Timeout(self._timeout_s, connect=CONNECT_TIMEOUT_S)
        failures = 0
        while True:
            able = self._memory.now
            extra: dict[str, Any] = {able.limit: room}
            if "stream" in options and able.stream_options:
                extra["stream_options"] = {"include_usage": True}
            try:
                async with asyncio.timeout_at(deadline):
                    return await create(
                        model=self.model,
                        messages=list(messages),
                        timeout=timeout,
                        **options,
                        **extra,
                    )
            except openai.OpenAIError as error:
                if isinstance(error, openai.BadRequestError):
                    if "max_completion_tokens" in extra and "max_completion_tokens" in str(error):
                        self._memory.learn(limit="max_tokens")
                        continue
                    if "stream_options" in extra and "stream_options" in str(error):
                        self._memory.learn(stream_options=False)
                        continue
                failures += 1
                pause = pause_before(error, failures)
                if pause is None or failures == TRIES or now() + pause >= deadline:
                    raise
                await asyncio.sleep(pause)


class _Thinking:
    """Holds back what stands in <think> at the start of a reply."""

    def __init__(self) -> None:
        self._held: str | None = ""

    def without(self, piece: str) -> str:
        """Return what of the reply so far can be passed on."""
        if self._held is None:
            return piece
        self._held += piece
        start = self._held.lstrip()
        if _THOUGHT.match(start):
            said = _THOUGHT.sub("", start, count=1)
        elif start.startswith("<think>") or "<think>".startswith(start):
            return ""
        else:
            said = self._held
        self._held = None
        return said


def connect(
    api_key: str | None,
    base_url: str | None,
    model: str,
    *,
    memory: Path | None = None,
    timeout_s: float = TIMEOUT_S,
) -> ChatModel:
    """Make a client; opens no connection yet.

    Args:
        api_key: may be missing where a base URL is given.
        base_url: OpenAI itself when None.
        model: its name at the endpoint.
        memory: the file that keeps what the endpoint is able to do.
        timeout_s: for one whole reply.

    Raises:
        SetupError: neither key nor base URL.
    """
    client = AsyncOpenAI(**client_options(api_key, base_url), max_retries=0)
    return ChatModel(client, model, Memory(memory, str(client.base_url), model), timeout_s)


async def list_models(api_key: str | None, base_url: str | None) -> list[str]:
    """Return the names of the models that an endpoint offers, in order; none when it keeps no list.

    Raises:
        ModelError: the endpoint failed.
        SetupError: neither key nor base URL.
    """
    async with AsyncOpenAI(**client_options(api_key, base_url)) as client:
        try:
            return sorted({model.id async for model in client.models.list()})
        except openai.NotFoundError:
            return []
        except openai.OpenAIError as error:
            raise mapped(error, "The list of models") from error


def client_options(api_key: str | None, base_url: str | None) -> dict[str, Any]:
    """Return the arguments of a client.

    Raises:
        SetupError: neither key nor base URL.
    """
    if not api_key and not base_url:
        raise SetupError(
            "The llm engine needs OPENAI_API_KEY, or OPENAI_BASE_URL for a local server. "
            "Set one of them, or INTERVIEWER_ENGINE=offline."
        )
    timeout = openai.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    return {"api_key": api_key or "none", "base_url": base_url, "timeout": timeout}


def _ask_for(
    form: Form, messages: Sequence[Message], schema: type[BaseModel]
) -> tuple[list[Message], dict[str, Any]]:
    if form == "json_schema":
        named = {"name": schema.__name__, "strict": True, "schema": _shape(schema)}
        # In `extra_body`, because the SDK walks through a `response_format` for a millisecond.
        asked_for = {"response_format": {"type": "json_schema", "json_schema": named}}
        return list(messages), {"extra_body": asked_for}
    wanted = {"response_format": {"type": "json_object"}} if form == "json_object" else {}
    *before, last = messages
    asked: Message = {"role": last["role"], "content": f"{last['content']}\n\n{_wish(schema)}"}
    return [*before, asked], wanted


def _wish(schema: type[BaseModel]) -> str:
    shape = json.dumps(_shape(schema))
    return f"Reply with one JSON object that fits this schema, and nothing else:\n{shape}"


@cache
def _shape(schema: type[BaseModel]) -> dict[str, Any]:
    return schema.model_json_schema()


def _json_in(text: str) -> str:
    """Return the outermost JSON object of a text, or the text when it holds none."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text
