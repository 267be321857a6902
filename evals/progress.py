"""What a run shows on stderr while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from evals.records import Job, Row


@contextmanager
def grades_bar(total: int) -> Iterator[Callable[[Job, Row, bool], None]]:
    """Show grades done, accuracy and tokens so far, failures, and the time left.

    Grades that were there before count as done and for the accuracy, but not for tokens and time.
    """
    bar = Progress(
        TextColumn("Grading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    task = bar.add_task("grades", total=total, figures="")
    labelled = right = tokens = failed = there = 0

    def note(job: Job, row: Row, was_there: bool) -> None:
        nonlocal labelled, right, tokens, failed, there
        if row.grade is None:
            failed += 1
        elif row.grade.usage and not was_there:
            tokens += row.grade.usage.input_tokens + row.grade.usage.output_tokens
        if job.item.case.level is not None:
            labelled += 1
            right += row.grade is not None and row.grade.level == job.item.case.level
        figures = f"accuracy {right / labelled:.2f}" if labelled else ""
        figures += f"  {tokens:,} tokens" if tokens else ""
        figures += f"  [red]{failed} failed[/]" if failed else ""
        if was_there:
            there += 1
            bar.reset(task, completed=there, figures=figures)
        else:
            bar.update(task, advance=1, figures=figures)

    with bar:
        yield note
