"""What somebody did so far, read from the record at once, and what comes next for them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from interviewer.models import Level, Question
from interviewer.record import Attempt, Interview
from interviewer.selection import Choice, Standing, choose, standings
from interviewer.store import Store


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

    def standings(self) -> list[Standing]:
        """Return where they stand with each question, aiming as last time, what is due first."""
        target = self.attempts[-1].interview.target if self.attempts else "L5"
        every = standings(list(self.questions.values()), self.attempts, target)
        return sorted(every, key=lambda s: s.due)

    def choose(
        self,
        rng: random.Random,
        *,
        target: Level,
        category: str | None = None,
        passed: Collection[str] = (),
    ) -> Choice:
        """Choose what to ask next; `selection.choose` says how.

        Raises:
            BadInput: the category has no question.
        """
        return choose(
            list(self.questions.values()),
            asked=[i.question_id for i in self.interviews if i.question_id],
            attempts=self.attempts,
            target=target,
            rng=rng,
            category=category,
            passed=passed,
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
    return Past(questions, interviews, attempts, sealed)


async def under_way(store: Store, owner: str, interviews: Sequence[Interview]) -> set[str]:
    """Return the rounds of an owner in which something is to be answered or to be graded."""
    done = Counter(i.round_id for i in interviews if i.status not in ("open", "closed"))
    rounds = await store.rounds(owner)
    return {name for name, made in rounds.items() if done[name] < made.size}
