"""Try a model out, for whoever has to choose one."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from pydantic import BaseModel, ConfigDict

from interviewer.errors import ModelError
from interviewer.outside.abilities import Form
from interviewer.outside.llm.chat import ChatModel
from interviewer.outside.llm.forms import Message


@dataclass(frozen=True)
class Tried:
    """What a model turned out to do when it was tried."""

    streams: bool
    """Whether a reply came in pieces."""
    form: Form | None
    """How it gives structured replies; None when it does not."""
    first_piece_s: float | None
    reply_s: float | None
    """Seconds for a short structured reply."""
    fault: str = ""
    """The first thing that went wrong, in words."""


class _Ready(BaseModel):
    model_config = ConfigDict(extra="forbid")
    word: str


async def try_out(chat: ChatModel) -> Tried:
    """Ask for one sentence and for one small object, and say what came of it."""
    wish: list[Message] = [{"role": "user", "content": "Say in one sentence that you are ready."}]
    first = None
    pieces = 0
    started = perf_counter()
    try:
        async for _ in chat.stream(wish):
            first = first or perf_counter() - started
            pieces += 1
    except ModelError as error:
        return Tried(False, None, None, None, str(error))
    wish = [{"role": "user", "content": 'Reply with the JSON object {"word": "ready"}.'}]
    started = perf_counter()
    try:
        await chat.parse(wish, _Ready)
    except ModelError as error:
        return Tried(pieces > 1, None, first, None, str(error))
    return Tried(pieces > 1, chat.form, first, perf_counter() - started)
