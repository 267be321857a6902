"""Talk to an OpenAI-compatible endpoint; the only module that imports `openai`.

Everything goes through `chat.completions`, which all such endpoints have. Structured replies
come by a ladder (a strict JSON schema, any JSON object, plain text) that is climbed down once
per endpoint and model. All errors leave as ours.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import openai
from openai import AsyncOpenAI, OpenAI
from openai.types import CompletionUsage
from pydantic import BaseModel, ValidationError

from interviewer.embedding import Encoded, Progress, unit
from interviewer.errors import (
    BadReply,
    InterviewerError,
    ModelRefused,
    ModelUnavailable,
    ModelUnreachable,
    SetupError,
)
from interviewer.models import Usage

Message = dict[Literal["role", "content"], str]
T = TypeVar("T", bound=BaseModel)

_LADDER: tuple[Literal["json_schema", "json_object", "text"], ...] = (
    "json_schema",
    "json_object",
    "text",
)
READ_TIMEOUT_S, CONNECT_TIMEOUT_S = 60.0, 5.0
MAX_REPLY_TOKENS = 8000
_log = logging.getLogger(__name__)


@dataclass
class Meter:
    """Adds up what calls used; endpoints that report nothing leave the tokens at zero."""

    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0

    def add(self, usage: CompletionUsage | None) -> None:
        """Count one call."""
        self.calls += 1
        if usage:
            self.input_tokens += usage.prompt_tokens or 0
            self.output_tokens += usage.completion_tokens or 0
            details = usage.prompt_tokens_details
            self.cached_tokens += (details.cached_tokens or 0) if details else 0

    def usage(self) -> Usage:
        """Return the sums as a value."""
        return Usage(**self.__dict__)


class ChatModel:
    """One model at one endpoint."""

    def __init__(self, client: AsyncOpenAI, model: str) -> None:
        """Use a client; `connect` makes one with our time-outs."""
        self._client = client
        self.model = model
        self._rung = 0
        self._limit_name = "max_completion_tokens"

    async def stream(self, messages: Sequence[Message], meter: Meter) -> AsyncIterator[str]:
        """Yield the reply piece by piece.

        The upstream request is closed when the caller stops reading.

        Raises:
            ModelError: the endpoint failed; a reply cut short is a BadReply with `partial`.
        """
        got: list[str] = []
        finish: str | None = None
        usage: CompletionUsage | None = None
        try:
            stream = await self._create(
                messages, stream=True, stream_options={"include_usage": True}
            )
            try:
                async for chunk in stream:
                    usage = chunk.usage or usage
                    if not chunk.choices:
                        continue
                    finish = chunk.choices[0].finish_reason or finish
                    if piece := chunk.choices[0].delta.content:
                        got.append(piece)
                        yield piece
            finally:
                await stream.close()
                meter.add(usage)
        except openai.OpenAIError as error:
            raise _mapped(error, self.model, "".join(got)) from error
        if finish is None:
            raise BadReply("The model's reply broke off. Send again to retry.", "".join(got))
        if finish == "content_filter" or not "".join(got).strip():
            raise BadReply("The model gave no usable reply. Send again to retry.", "".join(got))

    async def parse(self, messages: Sequence[Message], schema: type[T], meter: Meter) -> T:
        """Return a reply that fits a schema, after one repair at most.

        Raises:
            ModelError: the endpoint failed, or twice gave something that does not fit.
        """
        talk = list(messages)
        for attempt in (1, 2):
            text = await self._structured(talk, schema, meter)
            try:
                return schema.model_validate_json(_json_in(text))
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
                        "content": f"That does not fit the schema ({complaint}). "
                        "Reply with the corrected JSON alone.",
                    },
                ]
        raise BadReply(f"{self.model} did not reply in the form that was asked for.", text)

    async def close(self) -> None:
        """Release the connections."""
        await self._client.close()

    async def _structured(self, messages: Sequence[Message], schema: type[T], meter: Meter) -> str:
        while True:
            rung = _LADDER[self._rung]
            try:
                talk, form = _ask_for(rung, messages, schema)
                completion = await self._create(talk, **form)
            except (
                openai.BadRequestError,
                openai.UnprocessableEntityError,
                openai.InternalServerError,
            ) as e:
                if self._rung + 1 == len(_LADDER):
                    raise _mapped(e, self.model) from e
                _log.info("%s does not take %s; trying the next form", self.model, rung)
                self._rung += 1
                continue
            except openai.OpenAIError as error:
                raise _mapped(error, self.model) from error
            meter.add(completion.usage)
            choice = completion.choices[0] if completion.choices else None
            if choice is None or choice.finish_reason == "content_filter" or choice.message.refusal:
                raise BadReply(f"{self.model} declined to reply.")
            text = choice.message.content or ""
            if choice.finish_reason == "length":
                raise BadReply(f"{self.model} ran out of room before it had finished.", text)
            if not text.strip():
                raise BadReply(f"{self.model} replied with nothing.")
            return text

    async def _create(self, messages: Sequence[Message], **options: Any) -> Any:
        for _ in range(2):
            try:
                # Overloads by keyword cannot be told apart through `options`.
                create: Any = self._client.chat.completions.create
                options[self._limit_name] = MAX_REPLY_TOKENS
                return await create(model=self.model, messages=list(messages), **options)
            except openai.BadRequestError as error:
                if self._limit_name == "max_tokens" or self._limit_name not in str(error):
                    raise
                del options[self._limit_name]
                self._limit_name = "max_tokens"
        raise AssertionError("unreachable")


class ApiEncoder:
    """Embeds with `/v1/embeddings`: one vector a text, so late interaction becomes a cosine."""

    def __init__(self, client: OpenAI, model: str) -> None:
        """Use a client and a model; `connect_encoder` makes both."""
        self._client, self._model = client, model
        self.name = model

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> list[Encoded]:
        """Encode texts, a hundred a request."""
        out: list[Encoded] = []
        try:
            for start in range(0, len(texts), 100):
                some = list(texts[start : start + 100])
                reply = self._client.embeddings.create(model=self._model, input=some)
                for text, row in zip(some, reply.data, strict=True):
                    vector = unit(np.array(row.embedding, dtype=np.float32))
                    out.append(Encoded((text[:40],), vector[None, :], vector))
                if progress:
                    progress(len(out), len(texts))
        except openai.OpenAIError as error:
            raise _mapped(error, self._model) from error
        return out


def connect(api_key: str | None, base_url: str | None, model: str) -> ChatModel:
    """Make a client; opens no connection yet."""
    return ChatModel(AsyncOpenAI(**_client_options(api_key, base_url)), model)


def connect_encoder(api_key: str | None, base_url: str | None, model: str) -> ApiEncoder:
    """Make an encoder on the endpoint's embeddings; opens no connection yet."""
    return ApiEncoder(OpenAI(**_client_options(api_key, base_url)), model)


async def transcribe(
    api_key: str | None, base_url: str | None, model: str, recording: Path, prompt: str
) -> str:
    """Return what a recording says, by the endpoint's `/audio/transcriptions`.

    Raises:
        ModelError: the endpoint did not do its part.
    """
    async with AsyncOpenAI(**_client_options(api_key, base_url)) as client:
        try:
            heard = await client.audio.transcriptions.create(
                model=model, file=recording, language="en", prompt=prompt
            )
        except openai.OpenAIError as error:
            raise _mapped(error, model) from error
    return heard.text.strip()


def _client_options(api_key: str | None, base_url: str | None) -> dict[str, Any]:
    if not api_key and not base_url:
        raise SetupError(
            "The llm engine needs OPENAI_API_KEY, or OPENAI_BASE_URL for a local server. "
            "Set one of them, or INTERVIEWER_ENGINE=offline."
        )
    timeout = openai.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    return {
        "api_key": api_key or "none",
        "base_url": base_url,
        "timeout": timeout,
        "max_retries": 2,
    }


def _ask_for(
    rung: str, messages: Sequence[Message], schema: type[BaseModel]
) -> tuple[list[Message], dict[str, Any]]:
    shape = schema.model_json_schema()
    if rung == "json_schema":
        named = {"name": schema.__name__, "strict": True, "schema": shape}
        return list(messages), {"response_format": {"type": "json_schema", "json_schema": named}}
    wish: Message = {
        "role": "user",
        "content": f"Reply with one JSON object that fits this schema, and nothing else:\n{json.dumps(shape)}",
    }
    form = {"response_format": {"type": "json_object"}} if rung == "json_object" else {}
    return [*messages, wish], form


def _json_in(text: str) -> str:
    """Return the outermost JSON object of a text, or the text when it holds none."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text


def _mapped(error: openai.OpenAIError, model: str, partial: str = "") -> InterviewerError:
    """Turn an error of the SDK into ours; its own text may hold a key and is not repeated."""
    match error:
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return ModelRefused(
                "The endpoint refused the key. Check OPENAI_API_KEY and OPENAI_BASE_URL."
            )
        case openai.NotFoundError():
            return ModelRefused(
                f"The endpoint does not know {model}. Check INTERVIEWER_MODEL and OPENAI_BASE_URL."
            )
        case openai.RateLimitError() if error.code == "insufficient_quota":
            return ModelRefused("The account behind the key has no quota left.")
        case openai.RateLimitError():
            wait = error.response.headers.get("retry-after", "")
            when = f"in {wait} seconds" if wait.isdigit() else "in a moment"
            return ModelUnavailable(f"The endpoint is busy. Try again {when}.")
        case openai.APITimeoutError():
            return ModelUnavailable(f"{model} took too long to reply. Try again.")
        case openai.APIConnectionError() if partial:
            return BadReply(
                "The connection was cut in the middle of the reply. Send again to retry.", partial
            )
        case openai.APIConnectionError():
            return ModelUnreachable(
                "The endpoint cannot be reached. Check OPENAI_BASE_URL and the network."
            )
        case openai.APIStatusError() if error.status_code >= 500:
            return ModelUnavailable(f"The endpoint failed (HTTP {error.status_code}). Try again.")
        case openai.APIStatusError():
            return ModelRefused(f"The endpoint refused the request (HTTP {error.status_code}).")
        case _:
            return BadReply("The endpoint sent something that cannot be read. Try again.", partial)
