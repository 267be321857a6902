"""How far the rubric index is, on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def index_bar() -> Iterator[Callable[[int, int], None]]:
    """Show how far the index is, should it have to be built."""
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
