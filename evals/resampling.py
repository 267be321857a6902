"""Estimates with 95 % intervals: a bootstrap that draws whole questions, and McNemar's test.

Every statistic here is a function of sums over observations (hits and trials, the cells of a
table), so one matrix product gives it for all resamples at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Statistic = Callable[[Array], Array]
"""From sums (..., columns) to values (...); undefined is nan."""

ROUNDS, SEED = 2000, 20_260


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval; None where there is nothing to compute it from."""

    value: float | None
    low: float | None
    high: float | None

    def __str__(self) -> str:
        return self.text(".2f")

    def text(self, form: str) -> str:
        """Write the value with its interval, if there is one; a dash where there is no value."""
        if self.value is None:
            return "–"
        if self.low is None or self.high is None:
            return f"{self.value:{form}}"
        return f"{self.value:{form}} [{self.low:{form}}, {self.high:{form}}]"

    def json(self) -> dict[str, float | None]:
        """Return it as metrics.json holds it."""
        return asdict(self)


NOTHING = Estimate(None, None, None)


def estimate(columns: Array, clusters: Sequence[Hashable], statistic: Statistic) -> Estimate:
    """Estimate a statistic of sums, with an interval from resampling clusters.

    Args:
        columns: (observations, k), what is summed.
        clusters: what each observation belongs to; cases of one question err together, so
            drawing single cases would make the interval too narrow.
        statistic: from the k sums to the value.

    Returns:
        The estimate; without an interval when there are fewer than two clusters.
    """
    if len(columns) == 0:
        return NOTHING
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(statistic(columns.sum(axis=0)))
        if math.isnan(value):
            return NOTHING
        totals = _sums(columns, clusters)
        if len(totals) < 2:
            return Estimate(_rounded(value), None, None)
        values = statistic(draws(len(totals)) @ totals)
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return Estimate(_rounded(value), _rounded(low), _rounded(high))


@cache
def draws(count: int) -> Array:
    """Return (rounds, count): how often each cluster is drawn in each resample; always the same."""
    rng = np.random.default_rng(SEED)
    return rng.multinomial(count, np.full(count, 1 / count), size=ROUNDS).astype(np.float64)


def ratio(sums: Array) -> Array:
    """Divide the first sum by the second: a share or a mean."""
    out: Array = sums[..., 0] / sums[..., 1]
    return out


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p that two graders are equally often right.

    Args:
        only_first: cases that only the first got right.
        only_second: cases that only the second got right.
    """
    n, few = only_first + only_second, min(only_first, only_second)
    tail = sum(math.comb(n, k) for k in range(few + 1))
    return min(1.0, 2 * tail / int(2**n))


def _sums(columns: Array, clusters: Sequence[Hashable]) -> Array:
    names = list(dict.fromkeys(clusters))
    at = {name: i for i, name in enumerate(names)}
    totals = np.zeros((len(names), columns.shape[1]))
    np.add.at(totals, [at[cluster] for cluster in clusters], columns)
    return totals


def _rounded(value: float) -> float:
    """Keep four digits: sums may differ in the last bits from one machine to another."""
    return round(float(value), 4) + 0.0
