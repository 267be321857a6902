"""What became of somebody over weeks: levels by category and day, tells gained and still missed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from interviewer.judgement.selection import wanted_for
from interviewer.models import LEVELS, Category, Question, TellVerdict
from interviewer.outside.record import Attempt


@dataclass(frozen=True)
class Changed:
    """Two attempts at one question, tell by tell."""

    question: Question
    before: Attempt
    after: Attempt

    @property
    def rows(self) -> list[tuple[str, TellVerdict | None, TellVerdict | None]]:
        """Every tell id with its verdict then and now."""
        then, now = ({v.tell_id: v for v in a.grade.verdicts} for a in (self.before, self.after))
        return [(t.id, then.get(t.id), now.get(t.id)) for t in self.question.tells]

    @property
    def gained(self) -> list[str]:
        """Strong-hire tells that were shown now and not before."""
        return [tell for tell, then, now in self._wanted if _met(now) and not _met(then)]

    @property
    def lost(self) -> list[str]:
        """Strong-hire tells that were shown before and now were not said, asked for or not."""
        gone = ("not_met", "not_asked")
        return [t for t, then, now in self._wanted if _met(then) and now and now.verdict in gone]

    @property
    def _wanted(self) -> list[tuple[str, TellVerdict | None, TellVerdict | None]]:
        wanted = wanted_for(self.question, LEVELS[-1])
        return [row for row in self.rows if row[0] in wanted]


def by_day(
    attempts: Sequence[Attempt], questions: Mapping[str, Question], days: int
) -> tuple[list[date], dict[Category, dict[date, Attempt]]]:
    """Return the last days with practice and the best attempt in each category on each of them."""
    best: defaultdict[Category, dict[date, Attempt]] = defaultdict(dict)
    for attempt in attempts:
        if attempt.drilled:
            continue
        row, day = best[questions[attempt.grade.question_id].category], attempt.day
        if day not in row or _height(attempt) >= _height(row[day]):
            row[day] = attempt
    last = sorted({day for row in best.values() for day in row})[-days:]
    return last, dict(best)


def changes(attempts: Sequence[Attempt], questions: Mapping[str, Question]) -> list[Changed]:
    """Return the last two whole attempts with a level at every question, newest first."""
    tries: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        if attempt.grade.level is not None and not attempt.drilled:
            tries[attempt.grade.question_id].append(attempt)
    out = [Changed(questions[i], t[-2], t[-1]) for i, t in tries.items() if len(t) > 1]
    return sorted(out, key=lambda c: c.after.graded, reverse=True)


def _met(verdict: TellVerdict | None) -> bool:
    return verdict is not None and verdict.verdict == "met"


def _height(attempt: Attempt) -> int:
    return LEVELS.index(attempt.grade.level) if attempt.grade.level else -1
