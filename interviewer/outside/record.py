"""What the record holds, as values: interviews, rounds, what was said, what was graded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Literal, TypeVar

from interviewer.files.settings import EngineName
from interviewer.models import Grade, Level, Turn, short_of

Mode = Literal["practice", "realistic"]
Status = Literal["open", "closed", "graded", "failed", "skipped"]
Outcome = Literal["granted", "upheld", "open"]
Kind = Literal["ask", "answer", "probe", "stay", "clarify", "hint", "repeat", "close"]


def local_day(at: datetime) -> date:
    """Return the day of a moment by the calendar of this machine, as its clock is shown everywhere."""
    return at.astimezone().date()


@dataclass(frozen=True)
class Interview:
    """One row of the record, without what was said."""

    id: str
    owner: str
    question_id: str | None
    engine: EngineName
    mode: Mode
    budget: int
    status: Status
    started: datetime
    target: Level = "L5"
    """What the candidate aims at; feedback measures the gap to it."""
    variant: int = 0
    """Which wording of the question is used."""
    round_id: str | None = None


@dataclass(frozen=True)
class Round:
    """Several interviews in a row."""

    id: str
    owner: str
    size: int
    category: str | None
    mode: Mode
    target: Level
    started: datetime


Begun = TypeVar("Begun", Interview, Round)


def from_row(kind: type[Begun], row: Mapping[str, Any]) -> Begun:
    """Make an interview or a round of its columns; a row may have others beside them."""
    values = {field.name: row[field.name] for field in fields(kind)}
    values["started"] = datetime.fromisoformat(values["started"])
    return kind(**values)


@dataclass(frozen=True)
class Attempt:
    """An interview that was graded, with its newest grade."""

    interview: Interview
    grade: Grade
    graded: datetime
    """When it was graded first: an objection makes a new grade, and no new attempt."""
    drilled: str | None = None
    """The tell that a re-drill was held for. Its level says little: one gap was all it was about."""

    @property
    def short(self) -> int:
        """By how many levels it fell short of what it aimed at itself; below 0 beyond that."""
        return short_of(self.interview.target, self.grade.level)

    @property
    def day(self) -> date:
        """The day on which it was graded."""
        return local_day(self.graded)


@dataclass(frozen=True)
class Entry:
    """One turn as it is kept: `kind` says why the interviewer spoke."""

    position: int
    kind: Kind
    turn: Turn
    said: datetime
