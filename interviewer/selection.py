"""Pick a question for somebody who did not choose one."""

from __future__ import annotations

import random
from collections.abc import Sequence

from interviewer.errors import BadInput
from interviewer.models import Question


def pick(
    questions: Sequence[Question], asked: Sequence[str], category: str | None, rng: random.Random
) -> Question:
    """Pick at random among the questions that were asked longest ago or never.

    Args:
        questions: the bank.
        asked: ids asked before, newest first.
        category: only from this one, when given.
        rng: the source of chance.

    Raises:
        BadInput: the category has no question.
    """
    pool = [q for q in questions if category is None or q.category == category]
    if not pool:
        raise BadInput(f"There is no question in the category “{category}”.")
    recency = {question_id: at for at, question_id in reversed(list(enumerate(asked)))}
    oldest = max(recency.get(q.id, len(asked)) for q in pool)
    return rng.choice([q for q in pool if recency.get(q.id, len(asked)) == oldest])
