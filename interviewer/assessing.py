"""Grade while the interview goes on, so that little is left to do when it ends.

After each answer a language model is asked for its judgement beside the interviewer's reply. What
it said is kept until the next answer: when the interview ends there, nothing is asked again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from interviewer import grading
from interviewer.embedding import Encoder
from interviewer.errors import InterviewerError
from interviewer.models import Grade, Turn
from interviewer.reading import Judge, Judgement, Reading, read, sketch
from interviewer.retrieval import RubricIndex
from interviewer.store import Entry, Interview, Store

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
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, interview: Interview) -> None:
        """Grade what was said so far, beside whatever goes on; a fault costs nothing but that."""
        task = asyncio.create_task(self._provisional(interview))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def grade(self, interview: Interview, *, finished: bool) -> Grade:
        """Grade an interview as far as it went.

        Raises:
            ModelError: the model did not do its part; the next call asks again.
        """
        entries = await self._store.entries(interview.id)
        index, judge = await self._index(), self._judge(interview.engine)
        record = index.fetch(interview.question_id or "")
        turns = spoken(entries)
        asked = None
        if judge.engine == "llm" and grading.has_substance(sketch(record, turns)):
            asked = self._ask(
                interview.id, answers(entries), lambda: judge.judge(sketch(record, turns))
            )
        reading = await read(record, turns, await self._encoder())
        off = await asyncio.to_thread(grading.off_question, reading, index)
        try:
            judgement = await asyncio.shield(asked) if asked else None
            result = await grading.grade(
                reading, judge, off_question=off, finished=finished, judgement=judgement
            )
        except InterviewerError:
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

    def _ask(
        self, interview_id: str, said: int, judging: Callable[[], Awaitable[Judgement]]
    ) -> asyncio.Task[Judgement]:
        """Return what was asked about these answers already, else ask."""
        known = self._asked.get(interview_id)
        if known is None or known[0] != said:
            task = asyncio.ensure_future(judging())
            task.add_done_callback(lambda t: t.cancelled() or t.exception())
            known = self._asked[interview_id] = (said, task)
        return known[1]

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
