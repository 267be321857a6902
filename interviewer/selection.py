"""Choose what to ask: weak and due questions first, new ones between them, the reason with it.

When a question is due again is FSRS's business: each graded attempt is one review of one card,
rated by the level shown against the level aimed at.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fsrs import Card, Rating, Scheduler

from interviewer.errors import BadInput
from interviewer.models import LEVELS, Grade, Level, Question
from interviewer.store import Attempt

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
    """Tells up to the target level that the last attempt, and drills after it, left open, with how
    many attempts did."""


def standings(
    questions: Sequence[Question], attempts: Sequence[Attempt], target: Level
) -> list[Standing]:
    """Return where somebody stands with each question they were graded on.

    A re-drill is no review of the question; the tells that it showed are not missed any more.
    """
    known = {q.id: q for q in questions}
    by_question: defaultdict[str, list[Attempt]] = defaultdict(list)
    won: defaultdict[str, set[str]] = defaultdict(set)
    for attempt in attempts:
        question_id = attempt.grade.question_id
        if attempt.grade.status == "failed" or question_id not in known:
            continue
        if attempt.drilled:
            won[question_id] |= {v.tell_id for v in attempt.grade.verdicts if v.verdict == "met"}
        else:
            by_question[question_id].append(attempt)
            won[question_id].clear()
    out = []
    for question_id, tries in by_question.items():
        card = Card()
        for attempt in tries:
            rating = _rating(attempt.grade, target)
            card, _ = _SCHEDULER.review_card(card, rating, attempt.graded.astimezone(UTC))
        last = missed(known[question_id], tries[-1].grade, target)
        open_now = [tell for tell in last if tell not in won[question_id]]
        often = Counter(
            tell for attempt in tries for tell in missed(known[question_id], attempt.grade, target)
        )
        out.append(
            Standing(
                question_id,
                tuple(tries),
                card.due,
                tuple(sorted(((t, often[t]) for t in open_now), key=lambda pair: -pair[1])),
            )
        )
    return out


def missed(question: Question, grade: Grade, target: Level) -> list[str]:
    """Return the strong-hire tells up to a level that a grade does not find shown."""
    shown = {v.tell_id for v in grade.verdicts if v.verdict == "met"}
    return [
        t.id
        for t in question.tells
        if t.level in LEVELS[1 : LEVELS.index(target) + 1] and t.id not in shown
    ]


def choose(
    questions: Sequence[Question],
    *,
    asked: Sequence[str],
    attempts: Sequence[Attempt],
    target: Level,
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
        target: the level aimed at.
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
    due = [
        s for s in standings(questions, attempts, target) if s.question_id in ids and s.due <= now
    ]
    new = [q for q in pool if q.id not in asked]
    last_was_new = bool(asked) and asked[0] not in asked[1:]
    if due and (last_was_new or not new):
        weakest = max(due, key=lambda s: (sum(n for _, n in s.missed), now - s.due))
        return Choice(weakest.question_id, _why_again(weakest, questions, now))
    if new:
        category_of = {q.id: q.category for q in questions}
        seen = Counter(category_of[i] for i in asked if i in category_of)
        least = min(seen[q.category] for q in new)
        question = rng.choice([q for q in new if seen[q.category] == least])
        balance = ", from the part you practised least" if asked else ""
        return Choice(question.id, f"New to you{balance if category is None else ''}.")
    return Choice(
        max(pool, key=lambda q: asked.index(q.id)).id,
        "You have seen every question here, and none is due; this one was longest ago.",
    )


def _why_again(standing: Standing, questions: Sequence[Question], now: datetime) -> str:
    question = next(q for q in questions if q.id == standing.question_id)
    if standing.missed:
        tell, count = standing.missed[0]
        times = {1: "last time", 2: "twice"}.get(count, f"{count} times")
        return f"Due again: you missed “{question.tell(tell).text}” {times}."
    days = (now - standing.attempts[-1].graded).days
    level = standing.attempts[-1].grade.level
    return f"Due again: you reached {level} here {days} days ago. See whether it stayed."


def _rating(grade: Grade, target: Level) -> Rating:
    if grade.level is None:
        return Rating.Again
    lead = LEVELS.index(grade.level) - LEVELS.index(target)
    return {0: Rating.Good, -1: Rating.Hard, -2: Rating.Again}.get(lead, Rating.Easy)
