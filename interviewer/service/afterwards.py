"""What a candidate can do with a grade; the service hands these on as its own methods."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from weakref import WeakValueDictionary

from interviewer.agent import second_look
from interviewer.agent.assessing import Assessor
from interviewer.agent.second_look import Challenge, Piece
from interviewer.errors import BadInput
from interviewer.judgement.drills import is_done
from interviewer.judgement.llm_judge import LlmJudge
from interviewer.judgement.probing import asked_for
from interviewer.judgement.reading import Judge, Reading
from interviewer.models import Grade, Level, Question
from interviewer.outside.record import Interview, Outcome
from interviewer.outside.store import Store

QUOTED = 30
"""Words of what an objection is answered with."""
_NO_SECOND_LOOK = (
    "It compares phrases and would say the same again; a language model could read it anew."
)


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
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

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
        async with self._locks.setdefault(interview_id, asyncio.Lock()):
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

    async def challenge(
        self, interview_id: str, tell_id: str, at: tuple[int, int] | None = None
    ) -> Challenge:
        """Look at one tell again for a candidate who says that the verdict on it is wrong.

        Each tell can be challenged once; asking again returns what became of it. The embedded
        matcher would say the same again, so it says how near it came and changes nothing. Where
        the candidate points is for the answer to them: who judges is not told.

        Args:
            interview_id: the one that was graded.
            tell_id: the tell.
            at: turn and start of the sentence that the candidate points at, if they do.

        Raises:
            BadInput: not graded, or no verdict on such a tell.
            ModelError: the model did not do its part; nothing was recorded.
        """
        async with self._locks.setdefault(interview_id, asyncio.Lock()):
            interview, grade = await self._graded(interview_id)
            if tell_id not in {v.tell_id for v in grade.verdicts}:
                raise BadInput("There is no verdict on that to challenge.")
            known = (await self._grades.challenges(interview_id)).get(tell_id)
            if known:
                return Challenge(known[0], known[1], grade)
            judge = self._judge(interview.engine, interview.id)
            reading = await self._assessor.read(interview)
            number = _sentence(reading, at)
            found = Challenge("open", _matched(reading, tell_id, number), grade)
            if isinstance(judge, LlmJudge):
                off_question = "off_question" in grade.flags
                found = await second_look.look_again(
                    judge, reading, grade, tell_id, off_question=off_question
                )
                reason = found.reason or second_look.NOTHING_NEW
                if number is not None and found.outcome == "upheld":
                    reason = f"You pointed at “{_quoted(reading, number, number)}” {reason}"
                found = replace(found, reason=reason)
            if found.grade != grade:
                await self._grades.add(interview_id, found.grade)
            await self._grades.add_challenge(interview_id, tell_id, found.outcome, found.reason)
            return found

    async def redrill(self, interview_id: str, target: Level | None = None) -> str:
        """Begin another interview on the question, for the tell that was missed.

        That tell's own follow-up comes straight after the question, in the wording whose case it
        was written for. For a tell that has none the question is asked in other words.

        Args:
            interview_id: the one that missed it.
            target: the level aimed at now; that of then when not given.

        Raises:
            BadInput: not graded, or nothing was missed.
        """
        interview, grade = await self._graded(interview_id)
        missed = to_drill(grade, await self._grades.redrill(interview_id))
        if missed is None:
            raise BadInput("Nothing was missed here that another try could show.")
        question = self._questions[grade.question_id]
        variant, budget = 0, 1
        if asked_for(question, missed) is None:
            variant, budget = await self._in_other_words(interview.owner, question), 0
        again = await self._start(
            interview.owner,
            question=question.id,
            engine=interview.engine,
            mode=interview.mode,
            budget=budget,
            target=target or interview.target,
            variant=variant,
        )
        await self._grades.set_redrill(again, missed)
        return again

    async def _in_other_words(self, owner: str, question: Question) -> int:
        """Return the next of the other wordings, by the drills that there were."""
        earlier = [
            i.id
            for i in await self._store.interviews(owner)
            if i.question_id == question.id and await self._grades.redrill(i.id)
        ]
        return len(earlier) % len(question.variants) + 1

    async def _graded(self, interview_id: str) -> tuple[Interview, Grade]:
        interview = await self._store.interview(interview_id)
        grade = await self._grades.newest(interview_id)
        if grade is None or interview.question_id not in self._questions:
            raise BadInput("There is no grade to go on from here. Finish an interview first.")
        return interview, grade


def to_drill(grade: Grade, drilled: str | None) -> str | None:
    """Return the tell that a drill would be for: the gap, or what a drill did not show yet."""
    if drilled is None:
        return grade.first_gap.tell_id if grade.first_gap else None
    done = any(v.tell_id == drilled and is_done(v) for v in grade.verdicts)
    return None if done else drilled


def _sentence(reading: Reading, at: tuple[int, int] | None) -> int | None:
    """Return the number of the sentence that somebody points at."""
    places = ((s.turn, s.start) for s in reading.sentences)
    return next((i for i, place in enumerate(places) if place == at), None)


def _matched(reading: Reading, tell_id: str, number: int | None) -> str:
    """Say what the embedded matcher has to show for a tell, in the sentence pointed at if one is."""
    if number is None:
        score, (first, last) = reading.match.best(tell_id)
        if score < 0:
            return "The offline matcher found nothing in your words that comes near it."
        found = f"Closest to it came: “{_quoted(reading, first, last)}”"
    else:
        found = f"You pointed at “{_quoted(reading, number, number)}” {_why_not(reading, tell_id, number)}"
    return f"{found} {_NO_SECOND_LOOK}"


def _why_not(reading: Reading, tell_id: str, number: int) -> str:
    """Say why a sentence did not show a tell to the embedded matcher."""
    if reading.sentences[number].hostile:
        return "It speaks to whoever grades, so it is no evidence."
    if not reading.standing[number]:
        return "It was read as taken back, or as what somebody else says, so it is no evidence."
    if tell_id not in reading.match.tell_ids or reading.match.support(tell_id, number) < 0:
        return "The offline matcher sees in it none of the ways in which candidates put this."
    return "It comes near the ways in which candidates put this, not near enough for the offline matcher."


def _quoted(reading: Reading, first: int, last: int) -> str:
    said = reading.sentences[first], reading.sentences[last]
    words = reading.turns[said[0].turn].text[said[0].start : said[1].end].split()
    return " ".join(words[:QUOTED]) + ("…" if len(words) > QUOTED else "")
