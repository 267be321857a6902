"""A second look after the grade: the same answer one level up, and one tell judged anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from interviewer.errors import BadReply
from interviewer.files.prompts import render
from interviewer.judgement import grading
from interviewer.judgement.llm_judge import LlmJudge, about_tells
from interviewer.judgement.reading import Impression, Judgement, Proposal, Reading, Signal
from interviewer.models import LEVELS, Evidence, Grade, Level, TellVerdict, Value
from interviewer.outside.llm import ChatModel
from interviewer.outside.record import Outcome

MOST_EDITS = 4
NOTHING_NEW = "Your words were read again for this alone, and it was not found in them."
"""Said where the second look gives no reason of its own."""


class Edit(Value):
    """One change to an answer."""

    sentence: int
    replaces: bool
    text: str


class Edits(Value):
    """The reply to one-level-up."""

    edits: list[Edit]


@dataclass(frozen=True)
class Piece:
    """A stretch of an answer: the candidate's own words, or what a level more would take."""

    text: str
    kind: Literal["kept", "added", "dropped"]


@dataclass(frozen=True)
class Challenge:
    """What became of "I did say that"."""

    outcome: Outcome
    """The verdict was changed, it was not, or nobody could look again."""
    reason: str
    grade: Grade
    """The grade that holds now."""


async def one_level_up(chat: ChatModel, reading: Reading, grade: Grade) -> tuple[Piece, ...]:
    """Return the candidate's answers with the changes that the next level would take.

    The model names changes and code puts them in, so that every other word stays the candidate's.

    Raises:
        ModelError: the model did not do its part.
    """
    level: Level = LEVELS[min(LEVELS.index(grade.level or "L4") + 1, len(LEVELS) - 1)]
    gap = grade.first_gap.tell_id if grade.first_gap else ""
    missing = [v.tell_id for v in grade.verdicts if v.level == level and v.verdict != "met"]
    missing.sort(key=lambda tell_id: tell_id != gap)
    task = render("one-level-up", level=level, tells=missing, edits=MOST_EDITS)
    reply = await chat.parse(about_tells(reading, task), Edits)
    there = range(1, len(reading.sentences) + 1)
    edits = [e for e in reply.edits if e.sentence in there and e.text.strip()][:MOST_EDITS]
    if not edits:
        raise BadReply(f"{chat.model} found nothing to change. Try again.")
    return _edited(reading, edits)


def _edited(reading: Reading, edits: Sequence[Edit]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for number, turn in enumerate(reading.turns):
        if turn.role != "candidate" or not turn.text.strip():
            continue
        if pieces:
            pieces.append(Piece("\n\n", "kept"))
        at = 0
        for place, sentence in enumerate(reading.sentences, start=1):
            here = [e for e in edits if e.sentence == place] if sentence.turn == number else []
            hostile = sentence.hostile and sentence.turn == number
            if not here and not hostile:
                continue
            gone = hostile or any(e.replaces for e in here)
            cut = sentence.start if gone else sentence.end
            pieces.append(Piece(turn.text[at:cut], "kept"))
            if cut < sentence.end:
                pieces.append(Piece(turn.text[cut : sentence.end], "dropped"))
            pieces.extend(Piece(f" {e.text.strip()}", "added") for e in here)
            at = sentence.end
        pieces.append(Piece(turn.text[at:], "kept"))
    return tuple(p for p in pieces if p.text)


async def look_again(
    judge: LlmJudge, reading: Reading, grade: Grade, tell_id: str, *, off_question: bool
) -> Challenge:
    """Have one tell judged anew, in the words of every other look at it, and grade with that.

    The judge is not told what the candidate claims: who asks must not decide what is found.

    Raises:
        ModelError: the model did not do its part.
    """
    before = next(v for v in grade.verdicts if v.tell_id == tell_id)
    again = await judge.look_again(reading, tell_id)
    proposals = [_proposal(reading, v) for v in grade.verdicts]
    judgement = Judgement(
        tuple(p for p in proposals if p.tell_id != tell_id) + (again.proposals or ()),
        tuple(Signal(u.text, u.level, numbers(reading, u.evidence)) for u in grade.unlisted),
        usage=again.usage,
        whole=_whole(reading, grade),
    )
    new = await grading.grade(reading, judge, off_question=off_question, judgement=judgement)
    after = next(v for v in new.verdicts if v.tell_id == tell_id)
    if (after.verdict == "met") == (before.verdict == "met"):
        return Challenge("upheld", after.reason, grade)
    kept = tuple(flag for flag in grade.flags if flag not in new.flags)
    new = new.model_copy(update={"flags": (*new.flags, *kept, f"challenged_{tell_id}")})
    return Challenge("granted", after.reason, new)


def _proposal(reading: Reading, found: TellVerdict) -> Proposal:
    cited = numbers(reading, found.evidence)
    return Proposal(found.tell_id, found.verdict, cited, found.reason)


def numbers(reading: Reading, evidence: Sequence[Evidence]) -> tuple[int, ...]:
    """Return the sentences that quotes were made of."""
    spans = {(e.turn, e.start, e.end) for e in evidence}
    return tuple(
        i
        for i, s in enumerate(reading.sentences)
        if any(s.turn == turn and start <= s.start and s.end <= end for turn, start, end in spans)
    )


def _whole(reading: Reading, grade: Grade) -> Impression | None:
    """Recall the reading of the whole answer, which a grade keeps as a flag."""
    for level in LEVELS:
        if f"holistic_{level}" in grade.flags:
            return Impression(level, tuple(range(len(reading.sentences))))
    return None
