"""Grade while the interview goes on, so that little is left to do when it ends.

After each answer a language model is asked for its judgement beside the interviewer's reply. What
it said is kept until the next answer: when the interview ends there, nothing is asked again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from interviewer.errors import InterviewerError
from interviewer.judgement import grading
from interviewer.judgement.hostile import addressed_to_grader
from interviewer.judgement.reading import Judge, Judgement, Reading, read, sketch
from interviewer.judgement.speaking import LONGEST_QUESTION
from interviewer.models import Grade, Turn
from interviewer.outside.embedding import Encoder
from interviewer.outside.record import Entry, Interview
from interviewer.outside.retrieval import RubricIndex, RubricRecord
from interviewer.outside.store import Store
from interviewer.precedence import Precedence

_log = logging.getLogger(__name__)


class Assessor:
    """Grades interviews, under way or over."""

    def __init__(
        self,
        store: Store,
        index: Callable[[], Awaitable[RubricIndex]],
        encoder: Callable[[], Awaitable[Encoder]],
        judge: Callable[[str, str], Judge],
        precedence: Precedence,
    ) -> None:
        """Grade what a store holds."""
        self._store, self._index, self._encoder, self._judge = store, index, encoder, judge
        self._precedence = precedence
        self._asked: dict[str, tuple[int, asyncio.Task[Judgement | None]]] = {}
        self._newest: dict[str, int] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._reading = asyncio.Lock()

    def assess(self, interview: Interview, entries: Sequence[Entry]) -> None:
        """Grade what was said so far, beside whatever goes on; a fault costs nothing but that.

        It is put off while many people are replied to, and dropped for a later answer.
        """
        self._newest[interview.id] = answers(entries)
        task = asyncio.create_task(self._provisional(interview, entries))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def grade(self, interview: Interview) -> Grade:
        """Grade an interview that is over.

        Raises:
            ModelError: the model did not do its part; the next call asks again.
        """
        entries = await self._store.entries(interview.id)
        record = (await self._index()).fetch(interview.question_id or "")
        self._newest.pop(interview.id, None)  # what is assessed still is not waited for
        asked = self._ask(interview, entries, record)
        read_well = await self._read(interview, entries)
        result = await self._judged(interview, asked, *read_well, finished=True)
        self._asked.pop(interview.id, None)
        return result

    def forget(self, interview_id: str) -> None:
        """Leave what is asked about an interview that nobody will have graded."""
        self._newest.pop(interview_id, None)
        if interview_id in self._asked:
            self._asked.pop(interview_id)[1].cancel()

    async def read(self, interview: Interview) -> Reading:
        """Read an interview as it stands."""
        return (await self._read(interview, await self._store.entries(interview.id)))[0]

    async def close(self) -> None:
        """Leave what is under way."""
        tasks = [*self._running, *(task for _, task in self._asked.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ask(
        self, interview: Interview, entries: Sequence[Entry], record: RubricRecord
    ) -> asyncio.Task[Judgement | None] | None:
        """Return what a model is asked about these answers already, else ask it.

        For the newest answers only: what is asked about earlier ones is dropped. None when there
        is no model; the task returns None when there was nothing to ask.
        """
        judge = self._judge(interview.engine, interview.id)
        if judge.engine == "offline":
            return None
        said = answers(entries)
        known = self._asked.get(interview.id)
        if known is None or known[0] != said:
            if known is not None:
                known[1].cancel()  # what is asked now covers it
            task = asyncio.ensure_future(_judgement(judge, record, spoken(entries)))
            task.add_done_callback(lambda t: t.cancelled() or t.exception())
            known = self._asked[interview.id] = (said, task)
        return known[1]

    async def _read(self, interview: Interview, entries: Sequence[Entry]) -> tuple[Reading, bool]:
        """Read what was said, and tell whether it answers another question."""
        index = await self._index()
        record = index.fetch(interview.question_id or "")
        reading = await read(record, spoken(entries), await self._encoder())
        return reading, await asyncio.to_thread(grading.off_question, reading, index)

    async def _judged(
        self,
        interview: Interview,
        asked: asyncio.Task[Judgement | None] | None,
        reading: Reading,
        off_question: bool,
        *,
        finished: bool,
    ) -> Grade:
        try:
            return await grading.grade(
                reading,
                self._judge(interview.engine, interview.id),
                off_question=off_question,
                finished=finished,
                judgement=await asyncio.shield(asked) if asked else None,
            )
        except InterviewerError:
            if asked is self._asked.get(interview.id, (0, None))[1]:
                self._asked.pop(interview.id, None)
            raise

    async def _provisional(self, interview: Interview, entries: Sequence[Entry]) -> None:
        said = answers(entries)
        try:
            record = (await self._index()).fetch(interview.question_id or "")
            await self._precedence.spare()
            if self._newest.get(interview.id) != said:
                return
            asked = self._ask(interview, entries, record)
            async with self._reading:
                await self._precedence.spare()
                if self._newest.get(interview.id) != said:
                    return
                read_well = await self._read(interview, entries)
            result = await self._judged(interview, asked, *read_well, finished=False)
            await self._store.grades.set_assessment(interview.id, said, result)
        except InterviewerError as error:
            _log.info("an answer was not assessed yet: %s", error)
        finally:
            if self._newest.get(interview.id) == said:
                del self._newest[interview.id]


async def _judgement(judge: Judge, record: RubricRecord, turns: Sequence[Turn]) -> Judgement | None:
    """Ask about an answer, numbered in a thread; None when it says too little to be asked about."""
    numbered = await asyncio.to_thread(sketch, record, turns)
    return await judge.judge(numbered) if numbered.is_answer else None


def answers(entries: Sequence[Entry]) -> int:
    """Count the answers."""
    return sum(e.turn.role == "candidate" and e.kind == "answer" for e in entries)


def spoken(entries: Sequence[Entry]) -> list[Turn]:
    """Return the turns as they are judged.

    What a candidate only asked is no part of the answer: it keeps its place, loses its words, and
    stands as context with the interviewer's reply.
    """
    turns = [e.turn for e in entries]
    for at, entry in enumerate(entries):
        if entry.kind != "clarify" or entry.turn.role != "candidate":
            continue
        turns[at] = entry.turn.model_copy(update={"text": ""})
        asked = " ".join(entry.turn.text[:LONGEST_QUESTION].split())
        if at + 1 < len(turns) and not addressed_to_grader(asked):
            reply = f"(Asked back: “{asked}”) {turns[at + 1].text}"
            turns[at + 1] = turns[at + 1].model_copy(update={"text": reply})
    return turns
