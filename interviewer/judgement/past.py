"""What somebody did so far, read from the record at once, and what comes next for them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from interviewer.judgement.selection import Choice, Standing, choose, standings
from interviewer.models import Question
from interviewer.outside.record import Attempt, Interview
from interviewer.outside.store import Store


@dataclass(frozen=True)
class Past:
    """What one owner did. What was graded in a round under way is sealed, and no attempt yet."""

    questions: Mapping[str, Question]
    interviews: Sequence[Interview]
    """Everything that was begun, newest first."""
    attempts: Sequence[Attempt]
    """What was graded and the bank still has, oldest first."""
    sealed: Sequence[Interview]
    """What was graded in a round under way: nothing of it is shown until the round ends."""

    unanswered: Collection[str]
    """Ids of interviews that were skipped before anything was said: their questions are still new."""

    def standings(self) -> list[Standing]:
        """Return where they stand with each question, what is due first."""
        every = standings(list(self.questions.values()), self.attempts)
        return sorted(every, key=lambda s: s.due)

    def choose(
        self,
        rng: random.Random,
        *,
        category: str | None = None,
        passed: Collection[str] = (),
    ) -> Choice:
        """Choose what to ask next; `selection.choose` says how.

        Raises:
            BadInput: the category has no question.
        """
        just_now = [i.question_id or "" for i in self.interviews[:1] if i.id in self.unanswered]
        known = [i for i in self.interviews if i.id not in self.unanswered]
        return choose(
            list(self.questions.values()),
            asked=[i.question_id for i in known if i.question_id],
            attempts=self.attempts,
            rng=rng,
            category=category,
            passed=[*passed, *just_now],
        )


async def read_past(store: Store, questions: Mapping[str, Question], owner: str) -> Past:
    """Read what one owner did."""
    interviews = await store.interviews(owner)
    open_rounds = await under_way(store, owner, interviews)
    sealed = [i for i in interviews if i.round_id in open_rounds and i.status == "graded"]
    untold = {i.id for i in sealed}
    attempts = [
        a
        for a in await store.grades.attempts(owner)
        if a.grade.question_id in questions and a.interview.id not in untold
    ]
    skipped = [i for i in interviews if i.status == "skipped"]
    unanswered = {i.id for i in skipped if not await answered(store, i)}
    return Past(questions, interviews, attempts, sealed, unanswered)


async def answered(store: Store, interview: Interview) -> bool:
    """Tell whether anything was said to a question."""
    return any(entry.kind == "answer" for entry in await store.entries(interview.id))


async def under_way(store: Store, owner: str, interviews: Sequence[Interview]) -> set[str]:
    """Return the rounds of an owner in which something is to be answered or to be graded."""
    done = Counter(i.round_id for i in interviews if i.status not in ("open", "closed"))
    rounds = await store.rounds(owner)
    return {name for name, made in rounds.items() if done[name] < made.size}
