"""A service for a command, and how far the rubric index is, on stderr."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from interviewer.files.settings import Settings
from interviewer.service.session import Service, connect


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Service]:
    """Hand out a service, and show how far the index is, should it have to be built.

    Raises:
        BadInput, SetupError: as `connect` does.
    """
    with _bar() as note:
        async with connect(settings, on_progress=note) as service:
            yield service


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    bar = Progress(
        TextColumn("Building the rubric index, once"),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("index")

    def note(done: int, total: int) -> None:
        if not bar.live.is_started and not bar.console.is_terminal:
            bar.console.print("Building the rubric index, once; this may take some minutes.")
        bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield note
    finally:
        if bar.live.is_started:
            bar.stop()
