"""Controls of the offline grader: does the level come from what was said on this very question?

With the rubric of another question the same grader has to fall to chance. Inside one kind of
case, where all sound alike, it has to rank a level above the one below. And its confidence has to
be how often it is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from evals.agreement import cells, number, qwk
from evals.cases import Item
from evals.resampling import Estimate, estimate
from interviewer.errors import BadInput
from interviewer.judgement import grading, policy
from interviewer.judgement.judges import OfflineJudge
from interviewer.models import LEVELS, Grade, Level
from interviewer.service.session import Service

BINS = 10
"""Of equal size, over which confidence is held against the share of right levels."""


@dataclass(frozen=True)
class Control:
    """What was found on some labelled cases."""

    cases: int
    own: Estimate
    """QWK with the rubric of the question."""
    other: Estimate
    """QWK with another question's rubric."""
    other_unchecked: Estimate
    """The same, without asking whether the answer belongs to another question."""
    ranked: dict[str, tuple[float, int]]
    """For `L4/L5` and `L5/L6`: how often the higher of two answers of one kind has the higher
    probability, and the number of pairs."""
    calibration_error: float
    """Mean distance of confidence from the share that is right."""
    half_risk: float
    """Share of wrong levels in the more confident half."""


async def measure(service: Service, items: Sequence[Item]) -> Control:
    """Grade every labelled case with its own rubric and with that of another question.

    Raises:
        BadInput: they are all of one question.
    """
    items = [item for item in items if item.case.level is not None]
    ids = sorted({item.case.question_id for item in items})
    if len(ids) < 2:
        raise BadInput("A control takes labelled cases of at least two questions in every suite.")
    far = {one: ids[(at + len(ids) // 2) % len(ids)] for at, one in enumerate(ids)}
    weights = policy.weights("offline")
    own, other, unchecked, chances = [], [], [], []
    for item in items:
        reading, off = await service.read(item.case)
        own.append(await grading.grade(reading, OfflineJudge(), off_question=off))
        found = grading.matched_findings(reading)
        chances.append(policy.probabilities_of(found, (), weights, depth=reading.depth))
        moved = item.case.model_copy(update={"question": far[item.case.question_id]})
        reading, off = await service.read(moved)
        other.append(await grading.grade(reading, OfflineJudge(), off_question=off))
        unchecked.append(await grading.grade(reading, OfflineJudge()))
    right = np.array([g.level == i.case.level for g, i in zip(own, items, strict=True)])
    sure = np.array([g.confidence for g in own])
    return Control(
        len(items),
        _agreement(items, own),
        _agreement(items, other),
        _agreement(items, unchecked),
        {f"{a}/{b}": _ranked(items, chances, a) for a, b in zip(LEVELS, LEVELS[1:], strict=False)},
        _calibration_error(sure, right),
        float(1 - right[np.argsort(-sure, kind="stable")][: len(items) // 2].mean()),
    )


def _agreement(items: Sequence[Item], grades: Sequence[Grade]) -> Estimate:
    gold = np.array([number(item.case.level) for item in items])
    given = np.array([number(grade.level) for grade in grades])
    return estimate(cells(gold, given), [item.case.question_id for item in items], qwk)


def _ranked(
    items: Sequence[Item], chances: Sequence[tuple[float, float, float]], lower: Level
) -> tuple[float, int]:
    """Compare every two answers of one suite and kind that lie a level apart."""
    at = LEVELS.index(lower)
    # The odds of the upper level against the lower one, whatever the third is.
    odds = [c[at + 1] / max(c[at] + c[at + 1], 1e-12) for c in chances]
    wins: list[float] = []
    for kind in {(item.suite, item.case.kind) for item in items}:
        below, above = (
            [
                o
                for o, item in zip(odds, items, strict=True)
                if (item.suite, item.case.kind) == kind and item.case.level == level
            ]
            for level in LEVELS[at : at + 2]
        )
        wins += [(b > a) + 0.5 * (b == a) for a, b in product(below, above)]
    return float(np.mean(wins)) if wins else float("nan"), len(wins)


def _calibration_error(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    order = np.argsort(sure, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    gaps = [abs(sure[part].mean() - right[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(order))
