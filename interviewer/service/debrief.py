"""The debrief: what a grade rests on and what cost the next level, in a model's words.

The grade stands before a word of this is written. A model words it from the verdicts and quotes
that were verified, and code holds what it says against them; where it says anything else, or
fails, the words are those of `feedback.summary`, and nothing is lost.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing

from interviewer.agent.assessing import spoken
from interviewer.agent.second_look import numbers
from interviewer.errors import InterviewerError
from interviewer.files.prompts import render
from interviewer.judgement.feedback import summary
from interviewer.judgement.llm_judge import LlmJudge, about_tells
from interviewer.judgement.probing import folded, leaks
from interviewer.judgement.reading import Judge, Reading, sketch
from interviewer.judgement.speaking import whole_sentences
from interviewer.models import Evidence, Grade, Question
from interviewer.outside.llm import ChatModel
from interviewer.outside.retrieval import RubricIndex
from interviewer.outside.store import Store

FEWEST, MOST = 2, 5
"""Sentences; the prompt asks for three to five."""
_LEVEL = re.compile(
    r"\bL[\s-]?([3-8])\b|\blevel[\s-]+(\d|three|four|five|six|seven)\b", re.IGNORECASE
)
_DIGITS = {"three": "3", "four": "4", "five": "5", "six": "6", "seven": "7"}
_QUOTED = re.compile(r"“([^”]+)”|\"([^\"]+)\"")
_log = logging.getLogger(__name__)


class Debriefer:
    """Has debriefs worded, beside whatever goes on, once for a grade."""

    def __init__(
        self,
        store: Store,
        index: Callable[[], Awaitable[RubricIndex]],
        questions: dict[str, Question],
        judge: Callable[[str, str], Judge],
    ) -> None:
        """Work on a record."""
        self._store, self._grades = store, store.grades
        self._index, self._questions, self._judge = index, questions, judge
        self._running: dict[str, asyncio.Task[None]] = {}

    def begin(self, interview_id: str) -> None:
        """Begin to have the newest grade of an interview put into words, and do not wait."""
        if interview_id not in self._running:
            task = asyncio.create_task(self._word(interview_id))
            self._running[interview_id] = task
            task.add_done_callback(lambda _: self._running.pop(interview_id, None))

    async def debrief(self, interview_id: str) -> str | None:
        """Return the debrief of an interview, waiting for a model's words; None without a level."""
        self.begin(interview_id)
        await asyncio.shield(self._running[interview_id])
        return await self.shown(interview_id, await self._grades.newest(interview_id))

    async def shown(self, interview_id: str, grade: Grade | None) -> str | None:
        """Return what is said of a grade by now: a model's words, else the authored ones."""
        question = self._questions.get(grade.question_id) if grade else None
        if grade is None or grade.level is None or question is None:
            return None
        return await self._grades.debrief(interview_id, grade) or summary(grade, question)

    async def due(self, interview_id: str, grade: Grade | None) -> bool:
        """Whether a model is still to put a grade into words; of a drill it does not."""
        if grade is None or grade.level is None or grade.engine == "offline":
            return False
        if await self._grades.redrill(interview_id):
            return False
        return await self._grades.debrief(interview_id, grade) is None

    async def close(self) -> None:
        """Leave what is under way."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _word(self, interview_id: str) -> None:
        try:
            interview = await self._store.interview(interview_id)
            judge = self._judge(interview.engine, interview.id)
            grade = await self._grades.newest(interview_id)
            if grade is None or not isinstance(judge, LlmJudge):
                return
            if not await self.due(interview_id, grade):
                return
            record = (await self._index()).fetch(grade.question_id)
            said = spoken(await self._store.entries(interview_id))
            reading = await asyncio.to_thread(sketch, record, said)
            text = await in_words(judge.chat, reading, grade)
            if wrong := fault(text, reading, grade):
                _log.info("the debrief is the authored one: the model's %s", wrong)
            await self._grades.set_debrief(interview_id, grade, "" if wrong else text)
        except InterviewerError as error:
            _log.info("the debrief is the authored one: %s", error)


async def in_words(chat: ChatModel, reading: Reading, grade: Grade) -> str:
    """Ask a model to say what a grade rests on; what it says is not checked yet.

    Raises:
        ModelError: the model did not do its part.
    """
    question = reading.record.question
    met = [v for v in grade.verdicts if v.verdict == "met"]
    gap = grade.first_gap
    task = render(
        "debrief",
        level=grade.level,
        shown=[
            {"text": question.tell(v.tell_id).text, "sentences": _cited(reading, v.evidence)}
            for v in met
            if v.level
        ]
        + [
            {"text": u.text.rstrip(" ."), "sentences": _cited(reading, u.evidence)}
            for u in grade.unlisted
        ],
        against=[question.tell(v.tell_id).text for v in met if v.caps],
        gap=question.tell(gap.tell_id).text if gap else None,
        advice=gap.advice if gap else None,
    )
    said: list[str] = []
    async with (
        aclosing(chat.stream(about_tells(reading, task))) as pieces,
        aclosing(whole_sentences(pieces)) as sentences,
    ):
        async for sentence in sentences:
            said.append(sentence)
            if len(said) == MOST:
                break
    return " ".join("".join(said).split())


def fault(text: str, reading: Reading, grade: Grade) -> str:
    """Say what in a model's debrief the grade does not bear out; nothing when all is well.

    It may name no other level, quote nothing but verified evidence, give no number that was not
    said, use no key term of a tell that is neither shown nor the gap, and not leave out the gap.
    """
    question = reading.record.question
    levels = {(a or _DIGITS.get(b.lower(), b)) for a, b in _LEVEL.findall(text)}
    if levels - {str(grade.level)[1:]}:
        return "words name another level"
    evidence = [e.quote for v in grade.verdicts for e in v.evidence]
    evidence += [e.quote for u in grade.unlisted for e in u.evidence]
    verified = _bare(" ".join(evidence))
    for quoted in (a or b for a, b in _QUOTED.findall(text)):
        if any(_bare(part) not in verified for part in re.split(r"…|\.{3}", quoted)):
            return "quote is not the candidate's evidence"
    gap = grade.first_gap
    named = {v.tell_id for v in grade.verdicts if v.verdict == "met"}
    tells = [t for t in question.tells if t.id in named or (gap and t.id == gap.tell_id)]
    told = [*evidence, *(u.text for u in grade.unlisted)]
    told += [" ".join((t.text, t.advice, *t.key_terms)) for t in tells]
    known = set(re.findall(r"\d+", " ".join(told)))
    if set(re.findall(r"\d+", _LEVEL.sub("", text))) - known:
        return "number was not said"
    if leaks(text, question, told):
        return "words go beyond the grade"
    if gap:
        tell = question.tell(gap.tell_id)
        if not _content(text) & _content(" ".join((tell.text, gap.advice, *tell.key_terms))):
            return "words leave out the gap"
    count = len(re.findall(r"[.!?…][\"'”’)]*(?=\s|$)", text))
    return "" if count >= FEWEST else "words are too few"


def _cited(reading: Reading, evidence: Sequence[Evidence]) -> list[str]:
    return [f"[{n + 1}]" for n in numbers(reading, evidence)]


def _bare(text: str) -> str:
    return folded(text).strip(" ,.;:!?'\"")


def _content(text: str) -> set[str]:
    """Return the longer words of a text, without their endings."""
    return {word[:6] for word in re.findall(r"[a-z]{5,}", text.lower())}
