"""Choose what to ask: weak and due questions first, new ones between them, the reason with it.

When a question is due again is FSRS's business: each graded attempt is one review of one card,
rated by the level shown against the level that this attempt aimed at.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fsrs import Card, Rating, Scheduler

from interviewer.counting import many, times
from interviewer.errors import BadInput
from interviewer.models import LEVELS, Level, Question, TellVerdict
from interviewer.outside.record import Attempt, local_day

_SCHEDULER = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
"""Days from the first review on: nobody repeats an interview after ten minutes."""


@dataclass(frozen=True)
class Choice:
    """A question and why it is the one."""

    question_id: str
    reason: str


@dataclass(frozen=True)
class Standing:
    """Where somebody stands with a question that was graded at least once."""

    question_id: str
    attempts: tuple[Attempt, ...]
    due: datetime
    missed: tuple[tuple[str, int], ...]
    """Tells up to the level aimed at last that were missed when they last came up, with how many
    attempts missed them, the most first."""
    unseen: tuple[str, ...]
    """Those that never came up."""

    @property
    def last(self) -> Attempt:
        """The newest attempt."""
        return self.attempts[-1]

    @property
    def weakness(self) -> tuple[int, int]:
        """How far the last attempt fell short of its aim, then how many misses are open."""
        return max(self.last.short, 0), sum(often for _, often in self.missed)

    def is_due(self, now: datetime) -> bool:
        """Whether it is to be asked again on this day, at whatever time of it."""
        return local_day(self.due) <= local_day(now)


def standings(questions: Sequence[Question], attempts: Sequence[Attempt]) -> list[Standing]:
    """Return where somebody stands with each question they were graded on.

    Every attempt is one at these questions, measured by what it aimed at itself. A re-drill is no
    review of its question; the tells that it showed are not missed any more.
    """
    known = {q.id: q for q in questions}
    by_question: defaultdict[str, list[Attempt]] = defaultdict(list)
    latest: defaultdict[str, dict[str, TellVerdict]] = defaultdict(dict)
    for attempt in attempts:
        question_id = attempt.grade.question_id
        for verdict in attempt.grade.verdicts:
            if verdict.verdict == "met" or not (attempt.drilled or verdict.verdict == "not_asked"):
                latest[question_id][verdict.tell_id] = verdict
        if not attempt.drilled:
            by_question[question_id].append(attempt)
    out = []
    for question_id, tries in by_question.items():
        card = Card()
        for attempt in tries:
            card, _ = _SCHEDULER.review_card(card, _rating(attempt), attempt.graded.astimezone(UTC))
        found = latest[question_id]
        wanted = wanted_for(known[question_id], tries[-1].interview.target)
        often = Counter(v.tell_id for a in tries for v in a.grade.verdicts if v.missed)
        open_now = [(t, often[t]) for t in wanted if t in found and found[t].missed]
        out.append(
            Standing(
                question_id,
                tuple(tries),
                card.due,
                tuple(sorted(open_now, key=lambda pair: -pair[1])),
                tuple(t for t in wanted if t not in found) if found else (),
            )
        )
    return out


def wanted_for(question: Question, target: Level) -> list[str]:
    """Return the strong-hire tells above L4 that a level aimed at takes."""
    return [t.id for t in question.tells if t.level in LEVELS[1 : LEVELS.index(target) + 1]]


def choose(
    questions: Sequence[Question],
    *,
    asked: Sequence[str],
    attempts: Sequence[Attempt],
    rng: random.Random,
    category: str | None = None,
    passed: Collection[str] = (),
    now: datetime | None = None,
) -> Choice:
    """Choose the next question.

    A due question comes when there is no new one, or when the last one asked was new: so weak
    spots return and still something new comes every other time.

    Args:
        questions: the bank.
        asked: ids asked before, newest first.
        attempts: what was graded.
        rng: the source of chance among equals.
        category: only from this one, when given.
        passed: ids not to choose, as long as others are left.
        now: the time; the clock's when not given.

    Raises:
        BadInput: the category has no question.
    """
    pool = [q for q in questions if category is None or q.category == category]
    if not pool:
        raise BadInput(f"There is no question in the category “{category}”.")
    pool = [q for q in pool if q.id not in passed] or pool
    ids = {q.id for q in pool}
    now = now or datetime.now(UTC)
    due = [s for s in standings(questions, attempts) if s.question_id in ids and s.is_due(now)]
    new = [q for q in pool if q.id not in asked]
    last_was_new = bool(asked) and asked[0] not in asked[1:]
    if due and (last_was_new or not new):
        weakest = max(due, key=lambda s: (s.weakness, now - s.due))
        return Choice(weakest.question_id, _why_again(weakest, questions, now))
    if new:
        category_of = {q.id: q.category for q in questions}
        seen = Counter(category_of[i] for i in asked if i in category_of)
        least = min(seen[q.category] for q in new)
        question = rng.choice([q for q in new if seen[q.category] == least])
        balance = ", from the part you practiced least" if asked else ""
        return Choice(question.id, f"New to you{balance if category is None else ''}.")
    return Choice(
        max(pool, key=lambda q: asked.index(q.id)).id,
        "Nothing else here is new or due; this one was longest ago.",
    )


def _why_again(standing: Standing, questions: Sequence[Question], now: datetime) -> str:
    question = next(q for q in questions if q.id == standing.question_id)
    level, aim = standing.last.grade.level, standing.last.interview.target
    if level is None:
        return "Due again: there was not enough to grade last time."
    if standing.missed:
        tell, count = standing.missed[0]
        often = times(count) if count > 1 else "when it came up"
        return f"Due again: you missed “{question.tell(tell).text}” {often}."
    days = (local_day(now) - standing.last.day).days
    then = f"You aimed at {aim}." if standing.last.short > 0 else "See whether it stayed."
    return f"Due again: you reached {level} here {many(days, 'day')} ago. {then}"


def _rating(attempt: Attempt) -> Rating:
    """Rate a review; a level short of its aim is a failure, since FSRS counts "hard" as a success."""
    if attempt.short > 0:
        return Rating.Again
    return Rating.Easy if attempt.short < 0 else Rating.Good
