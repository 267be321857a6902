"""Grade while the interview goes on, so that little is left to do when it ends.

After each answer a language model is asked for its judgement beside the interviewer's reply. What
it said is kept until the next answer: when the interview ends there, nothing is asked again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from interviewer import grading
from interviewer.embedding import Encoder
from interviewer.errors import InterviewerError
from interviewer.models import Grade, Turn
from interviewer.reading import Judge, Judgement, Reading, read, sketch
from interviewer.retrieval import RubricIndex
from interviewer.store import Entry, Interview, Store

HEAD_START_S = 0.02
"""The request for the reply goes out first; writing those of the grader takes 12 ms."""
_log = logging.getLogger(__name__)


class Assessor:
    """Grades interviews, under way or over."""

    def __init__(
        self,
        store: Store,
        index: Callable[[], Awaitable[RubricIndex]],
        encoder: Callable[[], Awaitable[Encoder]],
        judge: Callable[[str], Judge],
    ) -> None:
        """Grade what a store holds."""
        self._store, self._index, self._encoder, self._judge = store, index, encoder, judge
        self._asked: dict[str, tuple[int, asyncio.Task[Judgement]]] = {}
        self._running: set[asyncio.Task[object]] = set()

    def ask(self, interview: Interview, entries: Sequence[Entry]) -> None:
        """Ask the model about the answers so far, and do not wait for what it says."""
        judge = self._judge(interview.engine)

        async def ask() -> None:
            await asyncio.sleep(HEAD_START_S)
            await self._asking(interview, entries, judge)

        if judge.engine == "llm":
            self._later(ask())

    def settle(self, interview: Interview) -> None:
        """Grade what was said so far, beside whatever goes on; a fault costs nothing but that."""
        self._later(self._provisional(interview))

    async def grade(self, interview: Interview, *, finished: bool) -> Grade:
        """Grade an interview as far as it went.

        Raises:
            ModelError: the model did not do its part; the next call asks again.
        """
        entries = await self._store.entries(interview.id)
        index, judge = await self._index(), self._judge(interview.engine)
        record = index.fetch(interview.question_id or "")
        asked = None
        if judge.engine == "llm":
            asked = await self._asking(interview, entries, judge)
        reading = await read(record, spoken(entries), await self._encoder())
        off = await asyncio.to_thread(grading.off_question, reading, index)
        try:
            judgement = await asyncio.shield(asked) if asked else None
            result = await grading.grade(
                reading, judge, off_question=off, finished=finished, judgement=judgement
            )
        except InterviewerError:
            if asked is self._asked.get(interview.id, (0, None))[1]:
                self._asked.pop(interview.id, None)
            raise
        if finished:
            self._asked.pop(interview.id, None)
        return result

    async def read(self, interview: Interview) -> Reading:
        """Read an interview as it stands."""
        record = (await self._index()).fetch(interview.question_id or "")
        entries = await self._store.entries(interview.id)
        return await read(record, spoken(entries), await self._encoder())

    async def close(self) -> None:
        """Leave what is under way."""
        tasks = [*self._running, *(task for _, task in self._asked.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _asking(
        self, interview: Interview, entries: Sequence[Entry], judge: Judge
    ) -> asyncio.Task[Judgement] | None:
        """Return what is asked about these answers already, else ask, if there is anything to."""
        record = (await self._index()).fetch(interview.question_id or "")
        said = answers(entries)
        known = self._asked.get(interview.id)
        if known is None or known[0] != said:
            numbered = sketch(record, spoken(entries))
            if not numbered.is_answer:
                return None
            if known is not None:
                known[1].cancel()  # what is asked now covers it
            task = asyncio.ensure_future(judge.judge(numbered))
            task.add_done_callback(lambda t: t.cancelled() or t.exception())
            known = self._asked[interview.id] = (said, task)
        return known[1]

    def _later(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _provisional(self, interview: Interview) -> None:
        try:
            said = answers(await self._store.entries(interview.id))
            result = await self.grade(interview, finished=False)
            await self._store.set_assessment(interview.id, said, result)
        except InterviewerError as error:
            _log.info("an answer was not assessed yet: %s", error)


def answers(entries: Sequence[Entry]) -> int:
    """Count the answers."""
    return sum(e.turn.role == "candidate" and e.kind == "answer" for e in entries)


def spoken(entries: Sequence[Entry]) -> list[Turn]:
    """Return the turns; what a candidate only asked keeps its place and loses its words."""
    return [
        e.turn.model_copy(update={"text": ""})
        if e.turn.role == "candidate" and e.kind == "clarify"
        else e.turn
        for e in entries
    ]
