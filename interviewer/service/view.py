"""What a screen is handed of an interview."""

from __future__ import annotations

from dataclasses import dataclass

from interviewer.models import Grade, Question
from interviewer.outside.record import Entry, Interview


@dataclass(frozen=True)
class View:
    """Everything that a screen shows of one interview."""

    interview: Interview
    question: Question | None
    entries: tuple[Entry, ...]
    grade: Grade | None
    pending: bool
    """Whether something that the candidate did still waits for its effect."""
    debrief: str | None = None
    """What the grade rests on, in a few sentences; None without a level."""
    spending: str | None = None
    """What the interview used of its models and what that cost; None without a model."""
    wording: bool = False
    """Whether a model is still to put the grade into words of its own."""

    @property
    def follow_ups(self) -> int:
        """How many follow-ups were asked."""
        return sum(e.kind == "probe" for e in self.entries)
