"""Grade cases, many at a time, and keep every grade at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Protocol

from evals.cases import Item
from evals.keys import Configuration, key
from evals.records import Job, Results, Row, appending, read_rows, write_plan
from evals.throttle import Throttle
from interviewer.errors import InterviewerError, ModelError, ModelUnavailable
from interviewer.files.rubrics import Bank
from interviewer.files.settings import EngineName
from interviewer.models import Grade, Transcript

TRIES = 4
"""How often one grade is asked for in one run when the model is away."""
GIVE_UP = 20
"""Failures in a row after which a run stops: nobody is there, or the key is wrong."""


class Grader(Protocol):
    """Whoever grades; `interviewer.service.session.Service` does."""

    async def attempt(self, transcript: Transcript, engine: EngineName | None = None) -> Grade:
        """Grade a transcript; raise ModelError when the model does not do its part."""
        ...


def plan(
    items: Sequence[Item], configuration: Configuration, bank: Bank, repeats: int
) -> list[Job]:
    """Name every grade that a run needs."""
    return [
        Job(item, repeat, key(configuration, bank, item.suite, item.case, repeat))
        for item in items
        for repeat in range(repeats)
    ]


async def run(
    grader: Grader,
    jobs: Sequence[Job],
    engine: EngineName,
    folder: Path,
    *,
    concurrency: int,
    budget: int | None = None,
    on_row: Callable[[Job, Row, bool], None] = lambda job, row, kept: None,
) -> str | None:
    """Have every job graded that has no grade yet; return why it stopped early, if it did.

    Args:
        grader: whoever grades.
        jobs: what is wanted; they are done in the order of their keys, which is as good as
            shuffled, so that the first hundred tell something about all.
        engine: which engine of the grader.
        folder: where results.jsonl is.
        concurrency: how many at once at most.
        budget: tokens after which nothing new is begun; what is under way is finished.
        on_row: called with each job, its row, and whether that was there before.

    Raises:
        SetupError: the engine or the folder cannot be used.
    """
    work = _Work(grader, engine, budget, Throttle(concurrency), on_row)
    with appending(folder) as results:
        write_plan(folder, jobs)
        rows = read_rows(folder)
        todo = []
        for job in sorted(jobs, key=lambda job: job.key):
            row = rows.get(job.key)
            if row is not None and row.error is None:
                on_row(job, row, True)
            else:
                todo.append(job)
        queue = iter(todo)
        workers = [
            asyncio.create_task(work.through(queue, results))
            for _ in range(min(concurrency, len(todo)))
        ]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
    return work.stopped


@dataclass
class _Work:
    """What the workers of one run share."""

    grader: Grader
    engine: EngineName
    budget: int | None
    throttle: Throttle
    on_row: Callable[[Job, Row, bool], None]
    tokens: int = 0
    failures: int = 0
    stopped: str | None = None

    async def through(self, queue: Iterator[Job], results: Results) -> None:
        """Take jobs until there are none left or the run has to stop."""
        while self.stopped is None and (job := next(queue, None)) is not None:
            row = await self._one(job)
            if row is None:
                return
            results.add(row)
            self.on_row(job, row, False)

    async def _one(self, job: Job) -> Row | None:
        for attempt in range(1, TRIES + 1):
            async with self.throttle.slot():
                if self.stopped is not None:
                    return None
                start = perf_counter()
                grade, error = await self._ask(job)
                seconds = round(perf_counter() - start, 3)
                away = isinstance(error, ModelUnavailable)
                if isinstance(error, ModelUnavailable):
                    self.throttle.was_away(error.retry_after)
                elif error is None:
                    self.throttle.went_well()
            self._count(grade, error)
            if not away or attempt == TRIES or self.stopped is not None:
                break
        return Row(
            case_id=job.item.case.id,
            suite=job.item.suite,
            repeat=job.repeat,
            grade=grade,
            error=None if error is None else str(error),
            seconds=seconds,
            key=job.key,
        )

    async def _ask(self, job: Job) -> tuple[Grade | None, ModelError | None]:
        """Return a grade or what went wrong; one case that breaks the grader is no end of a run."""
        try:
            return await self.grader.attempt(job.item.case, self.engine), None
        except ModelError as error:
            return None, error
        except InterviewerError:
            raise
        except Exception as error:
            return None, ModelError(f"The grader broke: {type(error).__name__}: {error}")

    def _count(self, grade: Grade | None, error: ModelError | None) -> None:
        if grade and grade.usage:
            self.tokens += grade.usage.input_tokens + grade.usage.output_tokens
        self.failures = self.failures + 1 if error else 0
        if self.failures >= GIVE_UP:
            self.stopped = f"{GIVE_UP} grades in a row failed, the last so: {error}"
        elif self.budget is not None and self.tokens >= self.budget:
            self.stopped = f"The budget of {self.budget:,} tokens is spent."
