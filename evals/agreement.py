"""How levels agree with labels.

Levels are 0, 1, 2 for L4, L5, L6 and -1 for none. A missing level counts as the farthest wrong
one: an L4 that got none as L6, an L5 or an L6 that got none as L4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from evals.records import Outcome
from evals.resampling import Array, Estimate, Statistic, estimate
from interviewer.models import LEVELS, Level

Levels = NDArray[np.int64]

_FARTHEST = np.array([2, 0, 0])
_WEIGHTS = np.array([[(i - j) ** 2 for j in range(3)] for i in range(3)], dtype=np.float64)


def gold_levels(outcomes: Sequence[Outcome]) -> Levels:
    """Return the labels; all outcomes have one."""
    return np.array([number(o.case.level) for o in outcomes], dtype=np.int64)


def given_levels(outcomes: Sequence[Outcome]) -> Levels:
    """Return the levels that were given, -1 for none."""
    return np.array([number(level_of(o)) for o in outcomes], dtype=np.int64)


def level_of(outcome: Outcome) -> Level | None:
    """Return the level that was given."""
    return outcome.row.grade.level if outcome.row.grade else None


def cells(gold: Levels, given: Levels) -> Array:
    """Put each observation in its cell of the 3 by 3 table, a missing level farthest off."""
    counted = np.where(given < 0, _FARTHEST[gold], given)
    return np.eye(9)[gold * 3 + counted]


def accuracy(sums: Array) -> Array:
    """Share of the table on its diagonal."""
    table = sums.reshape(*sums.shape[:-1], 3, 3)
    out: Array = np.trace(table, axis1=-2, axis2=-1) / table.sum(axis=(-2, -1))
    return out


def within_one(sums: Array) -> Array:
    """Share of the table not two levels off."""
    out: Array = 1 - (sums[..., 2] + sums[..., 6]) / sums.sum(axis=-1)
    return out


def qwk(sums: Array) -> Array:
    """Cohen's kappa with quadratic weights; nan when both sides are constant and agree."""
    table = sums.reshape(*sums.shape[:-1], 3, 3)
    by_chance = table.sum(axis=-1)[..., :, None] * table.sum(axis=-2)[..., None, :]
    observed = (_WEIGHTS * table).sum(axis=(-2, -1)) * table.sum(axis=(-2, -1))
    out: Array = 1 - observed / (_WEIGHTS * by_chance).sum(axis=(-2, -1))
    return out


AGREEMENT: dict[str, Statistic] = {"accuracy": accuracy, "within_one": within_one, "qwk": qwk}


def agreement(gold: Levels, given: Levels, clusters: Sequence[Hashable]) -> dict[str, Estimate]:
    """Estimate how far levels agree with the labels."""
    table = cells(gold, given)
    return {name: estimate(table, clusters, f) for name, f in AGREEMENT.items()}


def lead(
    gold: Levels, ours: Levels, theirs: Levels, clusters: Sequence[Hashable], statistic: Statistic
) -> Estimate:
    """Estimate by how much one set of levels agrees better than another on the same cases."""
    both = np.hstack([cells(gold, ours), cells(gold, theirs)])
    return estimate(both, clusters, lambda s: statistic(s[..., :9]) - statistic(s[..., 9:]))


def confusion(gold: Levels, given: Levels) -> dict[str, dict[str, int]]:
    """Count what each label got, missing levels as `none`."""
    counts = Counter(zip(gold.tolist(), given.tolist(), strict=True))
    return {
        label: {got: counts[i, j] for j, got in ((0, "L4"), (1, "L5"), (2, "L6"), (-1, "none"))}
        for i, label in enumerate(LEVELS)
    }


def risk_coverage(outcomes: Sequence[Outcome]) -> list[tuple[float, float]]:
    """Return (share of cases, share wrong among them), the most confident grades first.

    Equal confidences are one point; a case without a level comes last and is wrong.
    """
    sure = np.array(
        [o.row.grade.confidence if level_of(o) and o.row.grade else -1.0 for o in outcomes]
    )
    wrong = (given_levels(outcomes) != gold_levels(outcomes)).astype(np.float64)
    points = []
    for at in sorted(set(sure.tolist()), reverse=True):
        taken = sure >= at
        points.append((round(float(taken.mean()), 4), round(float(wrong[taken].mean()), 4)))
    return points


def number(level: Level | None) -> int:
    """Return a level as a number."""
    return -1 if level is None else LEVELS.index(level)
