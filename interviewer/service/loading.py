"""Load the weights and open the rubric index, in a thread, with progress."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from threadpoolctl import threadpool_limits

from interviewer.daemon import in_daemon
from interviewer.errors import InterviewerError
from interviewer.files.settings import Settings
from interviewer.models import Question
from interviewer.outside.embedding import Encoder, MiniLM, find_minilm
from interviewer.outside.llm import connect_encoder
from interviewer.outside.retrieval import RubricIndex, open_or_build
from interviewer.outside.sharing import SharedEncoder


@dataclass
class Progress:
    """How far loading is; `failed` says why it will not end well."""

    done: int = 0
    total: int = 0
    ready: bool = False
    failed: str = ""


class Loading:
    """Begins to load at once; whoever needs weights or index waits for them here."""

    def __init__(
        self,
        settings: Settings,
        questions: Sequence[Question],
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Begin; `on_progress(done, all)` is called while the index is built."""
        self.progress = Progress()
        self._shared: Encoder | None = None

        def note(done: int, total: int) -> None:
            self.progress.done, self.progress.total = done, total
            if on_progress:
                on_progress(done, total)

        self._task = asyncio.create_task(_load(settings, questions, self.progress, note))
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def both(self) -> tuple[RubricIndex, Encoder]:
        """Return index and encoder.

        Raises:
            SetupError: they cannot be had.
        """
        encoder, index = await asyncio.shield(self._task)
        return index, encoder

    async def index(self) -> RubricIndex:
        """Return the index; raises as `both` does."""
        return (await self.both())[0]

    async def shared_encoder(self) -> Encoder:
        """Return the encoder for interviews, in which every answer is read several times."""
        if self._shared is None:
            _, encoder = await self.both()
            self._shared = SharedEncoder(encoder) if isinstance(encoder, MiniLM) else encoder
        return self._shared

    def close(self) -> None:
        """Release the index, also one that is still being loaded."""
        task = self._task
        if task.done() and not task.cancelled() and task.exception() is None:
            task.result()[1].close()
        task.cancel()


async def _load(
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

    try:
        result = await in_daemon("load-index", open_both, lambda both: both[1].close())
    except InterviewerError as error:
        progress.failed = str(error)
        raise
    progress.ready = True
    return result
