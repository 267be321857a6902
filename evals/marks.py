"""Gold tells hold for the wording they were marked with: find the cases that need a new look."""

from __future__ import annotations

from collections.abc import Sequence

from evals.cases import Item
from interviewer.models import Question
from interviewer.rubrics import Bank
from interviewer.source import sha


def wording(question: Question) -> str:
    """Return the hash of what a reader marks tells by: what each requires, and why.

    Cues, probes and samples are no part of it: they may be sharpened without a new look.
    """
    tells = [(t.id, t.polarity, t.level, t.caps, t.kind, t.text, t.why) for t in question.tells]
    return sha(tells)[:12]


def outdated(items: Sequence[Item], bank: Bank) -> list[Item]:
    """Return the cases whose tells were marked with another wording of their rubric."""
    return [
        item
        for item in items
        if item.case.tells is not None
        and item.case.marked_with != wording(bank.find(item.case.question))
    ]
