"""Chat with a model at an OpenAI-compatible endpoint.

Everything goes through `chat.completions`, which all such endpoints have. Structured replies
come by a ladder (a strict JSON schema, any JSON object, plain text) that is climbed down once
per endpoint and model. Tries again are made in `sending`, and nowhere else. All errors
leave as ours.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import openai
from openai import AsyncOpenAI
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion
from pydantic import BaseModel, ValidationError

from interviewer.errors import BadReply, OutOfRoom
from interviewer.models import Spent
from interviewer.outside.abilities import FORMS, Form, Memory
from interviewer.outside.llm.client import TIMEOUT_S, async_client
from interviewer.outside.llm.faults import is_about_form, mapped
from interviewer.outside.llm.forms import Message, ask_for, json_in, repair
from interviewer.outside.llm.meter import spent_on
from interviewer.outside.llm.sending import Sender
from interviewer.outside.llm.thinking import Thinking, without_thought

T = TypeVar("T", bound=BaseModel)

STALL_S = 30.0
"""Between two pieces of a stream."""
SPOKEN_TOKENS, MAX_REPLY_TOKENS = 2000, 8000
"""Most tokens of a spoken and of a structured reply. Two sentences take fifty and a grade some
hundreds; the rest is for models that think unseen, whose thinking counts."""
MORE_ROOM = 4
"""A reply that runs out of room before it says anything gets this many times more, once."""
_log = logging.getLogger(__name__)


class ChatModel:
    """One model at one endpoint."""

    def __init__(
        self,
        client: AsyncOpenAI,
        model: str,
        memory: Memory,
        timeout_s: float = TIMEOUT_S,
        book: Callable[[Spent], None] = lambda spent: None,
    ) -> None:
        """Use a client; `connect` makes one."""
        self._client, self._memory, self._timeout_s = client, memory, timeout_s
        self.model, self._book = model, book
        self._sender = Sender(client, model, memory, timeout_s)

    def booked(self, book: Callable[[Spent], None]) -> ChatModel:
        """Return the same model with somebody who is told of every call."""
        return ChatModel(self._client, self.model, self._memory, self._timeout_s, book)

    @property
    def form(self) -> Form:
        """How structured replies are asked for."""
        return self._memory.now.form

    async def stream(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """Yield the reply piece by piece, without what a model thinks aloud before it.

        The upstream request is closed when the caller stops reading.

        Raises:
            ModelError: the endpoint failed.
        """
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        for room in (SPOKEN_TOKENS, SPOKEN_TOKENS * MORE_ROOM):
            heard = _Heard()
            async with aclosing(self._listen(messages, room, deadline, heard)) as pieces:
                try:
                    async for piece in pieces:
                        yield piece
                finally:
                    if heard.began:
                        self._book(spent_on(self.model, heard.usage))
            if heard.finish != "length" or heard.said.strip():
                break
        if heard.finish == "length":
            raise OutOfRoom(f"{self.model} ran out of room. Send again to retry.")
        if heard.finish is None:
            raise BadReply("The model's reply broke off. Send again to retry.")
        if heard.finish == "content_filter" or not heard.said.strip():
            raise BadReply("The model gave no usable reply. Send again to retry.")

    async def _listen(
        self, messages: Sequence[Message], room: int, deadline: float, heard: _Heard
    ) -> AsyncGenerator[str, None]:
        """Yield the pieces of one reply and note in `heard` what came."""
        thinking = Thinking()
        now = asyncio.get_running_loop().time
        try:
            stream = await self._sender.send(messages, deadline, room, stream=True)
            heard.began = True
            try:
                # The first piece may wait for a busy server; after it silence means a fault.
                patience = deadline
                while True:
                    async with asyncio.timeout_at(patience):
                        chunk = await anext(stream, None)
                    if chunk is None:
                        break
                    patience = min(deadline, now() + STALL_S)
                    if usage := chunk.get("usage"):
                        heard.usage = CompletionUsage.construct(**usage)
                    if not chunk.get("choices"):
                        continue
                    [choice, *_] = chunk["choices"]
                    heard.finish = choice.get("finish_reason") or heard.finish
                    if piece := thinking.without((choice.get("delta") or {}).get("content") or ""):
                        heard.said += piece
                        yield piece
            finally:
                await stream.close()
        except (openai.OpenAIError, TimeoutError, json.JSONDecodeError) as error:
            raise mapped(error, self.model, begun=bool(heard.said)) from error

    async def parse(
        self, messages: Sequence[Message], schema: type[T], spent: list[Spent] | None = None
    ) -> T:
        """Return a reply that fits a schema, after one repair at most.

        What each call used is added to `spent`, for whoever wants it of this reply alone.

        Raises:
            ModelError: the endpoint failed, or twice gave something that does not fit.
        """
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        talk = list(messages)
        for attempt in (1, 2):
            text = await self._structured(talk, schema, deadline, spent)
            try:
                parsed = schema.model_validate_json(json_in(text))
            except ValidationError as error:
                if attempt == 2:
                    break
                talk += repair(text, error, schema)
            else:
                self._memory.learn(proven=True)
                return parsed
        raise BadReply(f"{self.model} did not reply in the form that was asked for.")

    async def close(self) -> None:
        """Release the connections."""
        await self._client.close()

    async def _structured(
        self,
        messages: Sequence[Message],
        schema: type[T],
        deadline: float,
        spent: list[Spent] | None,
    ) -> str:
        room = MAX_REPLY_TOKENS
        while True:
            form = self._memory.now.form
            try:
                talk, wanted = ask_for(form, messages, schema)
                completion = await self._sender.send(talk, deadline, room, **wanted)
            except (openai.OpenAIError, TimeoutError, json.JSONDecodeError) as error:
                if self._memory.now.proven or form == FORMS[-1] or not is_about_form(error):
                    raise mapped(error, self.model) from error
                _log.info("%s does not take %s; trying the next form", self.model, form)
                self._memory.learn(form=FORMS[FORMS.index(form) + 1])
                continue
            if not isinstance(completion, ChatCompletion):  # a page, where the address is wrong
                raise BadReply("The endpoint sent something that cannot be read. Try again.")
            used = spent_on(self.model, completion.usage)
            self._book(used)
            if spent is not None:
                spent.append(used)
            choice = completion.choices[0] if completion.choices else None
            if choice is None or choice.finish_reason == "content_filter" or choice.message.refusal:
                raise BadReply(f"{self.model} declined to reply.")
            text = without_thought(choice.message.content or "")
            if choice.finish_reason == "length":
                if room > MAX_REPLY_TOKENS:
                    raise OutOfRoom(f"{self.model} ran out of room before it had finished.")
                room *= MORE_ROOM
            elif text.strip():
                return text
            else:
                raise BadReply(f"{self.model} replied with nothing.")


@dataclass
class _Heard:
    """What came of a reply so far."""

    began: bool = False
    said: str = ""
    finish: str | None = None
    usage: CompletionUsage | None = None


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
    client = async_client(api_key, base_url, max_retries=0)
    return ChatModel(client, model, Memory(memory, str(client.base_url), model), timeout_s)
