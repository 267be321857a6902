"""What readers marked: tells, which hold for the wording of their rubric, and second labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from evals.cases import Item
from interviewer.files.rubrics import Bank
from interviewer.files.source import sha
from interviewer.models import Question


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


def second_labels(items: Sequence[Item]) -> dict[str, tuple[int, int]]:
    """Return for each suite how many cases were labelled twice, and how many of them alike."""
    twice, alike = Counter[str](), Counter[str]()
    for item in items:
        extra = item.case.model_extra or {}
        if "second_label" in extra:
            twice[item.suite] += 1
            alike[item.suite] += extra["second_label"] == item.case.level
    return {suite: (count, alike[suite]) for suite, count in twice.items()}
