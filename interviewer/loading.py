"""Load the weights and open the rubric index, in a thread, with progress."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from threadpoolctl import threadpool_limits

from interviewer.embedding import Encoder, MiniLM, find_minilm
from interviewer.errors import InterviewerError
from interviewer.llm import connect_encoder
from interviewer.models import Question
from interviewer.retrieval import RubricIndex, open_or_build
from interviewer.settings import Settings


@dataclass
class Progress:
    """How far loading is; `failed` says why it will not end well."""

    done: int = 0
    total: int = 0
    ready: bool = False
    failed: str = ""


async def load(
    settings: Settings,
    questions: Sequence[Question],
    progress: Progress,
    note: Callable[[int, int], None],
) -> tuple[Encoder, RubricIndex]:
    """Return encoder and index; `note(done, all)` is called while the index is built.

    Raises:
        SetupError: they cannot be had; `progress.failed` says why as well.
    """

    def open_both() -> tuple[Encoder, RubricIndex]:
        encoder: Encoder = (
            connect_encoder(
                settings.openai_api_key, settings.openai_base_url, settings.embedding_model
            )
            if settings.embedding_model
            else MiniLM(find_minilm())
        )
        index = open_or_build(settings.data_dir / "index", questions, encoder, note)
        # Building wants every core; afterwards threads of the linear algebra only get in each
        # other's way: 48 answers at once on two busy cores took 20 s with them, 6 s without.
        threadpool_limits(1)
        return encoder, index

    loop = asyncio.get_running_loop()
    loaded: asyncio.Future[tuple[Encoder, RubricIndex]] = loop.create_future()

    def settle(result: tuple[Encoder, RubricIndex] | None, error: BaseException | None) -> None:
        if loaded.done():  # whoever asked has gone
            if result is not None:
                result[1].close()
        elif result is None:
            loaded.set_exception(error or RuntimeError("nothing was loaded"))
        else:
            loaded.set_result(result)

    def work() -> None:
        try:
            outcome: tuple[Any, BaseException | None] = open_both(), None
        except BaseException as error:
            outcome = None, error
        with suppress(RuntimeError):  # the loop has ended, nobody waits any more
            loop.call_soon_threadsafe(settle, *outcome)

    # A daemon, and not `to_thread`, so that a typo in a command's argument or Ctrl-C does not have
    # to wait until an index is built.
    threading.Thread(target=work, name="load-index", daemon=True).start()
    try:
        result = await loaded
    except InterviewerError as error:
        progress.failed = str(error)
        raise
    progress.ready = True
    return result
