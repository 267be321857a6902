"""What a candidate can do with a grade; the service hands these on as its own methods."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass

from interviewer import second_look
from interviewer.assessing import Assessor
from interviewer.errors import BadInput
from interviewer.llm_judge import LlmJudge
from interviewer.models import Grade, Level, Question
from interviewer.reading import Judge, Reading
from interviewer.record import Interview, Outcome
from interviewer.second_look import Challenge, Piece
from interviewer.store import Store

QUOTED = 30
"""Words of what the embedded matcher shows for itself."""
REDRILL_BUDGET = 1
"""Follow-ups in a re-drill, which is about one tell."""


@dataclass(frozen=True)
class Later:
    """What became of a grade after it was given."""

    challenges: Mapping[str, tuple[Outcome, str]]
    """Outcome and reason of every challenge, by tell."""
    drilled: str | None
    """The tell that the interview was held for, if it was a re-drill."""
    rewrite: tuple[Piece, ...]
    """The candidate's answers one level up, where they were asked for."""
    first: Grade | None
    """The grade as it was before anything was objected to."""


class Afterwards:
    """Goes on from a grade."""

    def __init__(
        self,
        store: Store,
        questions: dict[str, Question],
        assessor: Assessor,
        judge: Callable[[str, str], Judge],
        start: Callable[..., Awaitable[str]],
    ) -> None:
        """Work on a record; `start` begins an interview as the service does."""
        self._store, self._grades = store, store.grades
        self._questions, self._assessor = questions, assessor
        self._judge, self._start = judge, start
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def later(self, interview_id: str) -> Later:
        """Return what became of the grade of an interview."""
        grade = await self._grades.newest(interview_id)
        return Later(
            await self._grades.challenges(interview_id),
            await self._grades.redrill(interview_id),
            await self._rewritten(interview_id, grade) if grade else (),
            await self._grades.first(interview_id),
        )

    async def one_level_up(self, interview_id: str) -> tuple[Piece, ...]:
        """Return the candidate's own answers, changed as little as the next level would take.

        They are written once for a level and kept.

        Raises:
            BadInput: not graded, L6 already, or graded by the embedded engine.
            ModelError: the model did not do its part.
        """
        interview, grade = await self._graded(interview_id)
        judge = self._judge(interview.engine, interview.id)
        if not isinstance(judge, LlmJudge):
            raise BadInput(
                "Writing it one level up takes a language model. The samples of this question "
                "show what each level sounds like."
            )
        if grade.level in (None, "L6"):
            raise BadInput("There is no level above this answer to show.")
        async with self._locks[interview_id]:
            if known := await self._rewritten(interview_id, grade):
                return known
            reading = await self._assessor.read(interview)
            pieces = await second_look.one_level_up(judge.chat, reading, grade)
            kept = json.dumps([asdict(piece) for piece in pieces])
            await self._grades.set_rewrite(interview_id, grade.level, kept)
            return pieces

    async def _rewritten(self, interview_id: str, grade: Grade) -> tuple[Piece, ...]:
        kept = await self._grades.rewrite(interview_id, grade.level)
        return tuple(Piece(**piece) for piece in json.loads(kept or "[]"))

    async def challenge(self, interview_id: str, tell_id: str) -> Challenge:
        """Look at one tell again for a candidate who says that the verdict on it is wrong.

        Each tell can be challenged once; asking again returns what became of it. The embedded
        matcher would say the same again, so it says what came closest and changes nothing.

        Raises:
            BadInput: not graded, or no verdict on such a tell.
            ModelError: the model did not do its part; nothing was recorded.
        """
        async with self._locks[interview_id]:
            interview, grade = await self._graded(interview_id)
            if tell_id not in {v.tell_id for v in grade.verdicts}:
                raise BadInput("There is no verdict on that to challenge.")
            known = (await self._grades.challenges(interview_id)).get(tell_id)
            if known:
                return Challenge(known[0], known[1], grade)
            judge = self._judge(interview.engine, interview.id)
            reading = await self._assessor.read(interview)
            found = Challenge("open", _closest(reading, tell_id), grade)
            if isinstance(judge, LlmJudge):
                off_question = "off_question" in grade.flags
                found = await second_look.look_again(
                    judge, reading, grade, tell_id, off_question=off_question
                )
            if found.grade != grade:
                await self._grades.add(interview_id, found.grade)
            await self._grades.add_challenge(interview_id, tell_id, found.outcome, found.reason)
            return found

    async def redrill(self, interview_id: str, target: Level | None = None) -> str:
        """Begin another interview on the question in other words, for the tell that was missed.

        Args:
            interview_id: the one that missed it.
            target: the level aimed at now; that of then when not given.

        Raises:
            BadInput: not graded, or nothing was missed.
        """
        interview, grade = await self._graded(interview_id)
        if grade.first_gap is None:
            raise BadInput("Nothing was missed here that another try could show.")
        question = self._questions[grade.question_id]
        earlier = [
            i.id
            for i in await self._store.interviews(interview.owner)
            if i.question_id == question.id and await self._grades.redrill(i.id)
        ]
        again = await self._start(
            interview.owner,
            question=question.id,
            engine=interview.engine,
            mode=interview.mode,
            budget=REDRILL_BUDGET,
            target=target or interview.target,
            variant=len(earlier) % len(question.variants) + 1,
        )
        await self._grades.set_redrill(again, grade.first_gap.tell_id)
        return again

    async def _graded(self, interview_id: str) -> tuple[Interview, Grade]:
        interview = await self._store.interview(interview_id)
        grade = await self._grades.newest(interview_id)
        if grade is None or grade.level is None or interview.question_id not in self._questions:
            raise BadInput("There is no grade to go on from here. Finish an interview first.")
        return interview, grade


def _closest(reading: Reading, tell_id: str) -> str:
    """Say what the embedded matcher has to show for a tell."""
    score, (first, last) = reading.match.best(tell_id)
    if score < 0:
        return "The offline matcher found nothing in your words that comes near it."
    said = reading.sentences[first], reading.sentences[last]
    words = reading.turns[said[0].turn].text[said[0].start : said[1].end].split()
    quote = " ".join(words[:QUOTED]) + ("…" if len(words) > QUOTED else "")
    return (
        f"Closest to it came: “{quote}” The offline matcher compares phrases and would say the same "
        "again; a language model could read it anew."
    )
