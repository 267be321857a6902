"""Two runs on the same cases: what changed, and whether that is more than chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np

from evals.agreement import AGREEMENT, accuracy, cells, given_levels, level_of, number
from evals.cases import Case
from evals.metrics import keeps_promise
from evals.records import Outcome
from evals.resampling import Array, Estimate, Statistic, estimate, mcnemar, ratio
from interviewer.models import LEVELS, Level

ALL = "all cases"


@dataclass(frozen=True)
class Pair:
    """One case in both runs, each with its repeats. The label is that of the second run."""

    suite: str
    case: Case
    first: tuple[Outcome, ...]
    second: tuple[Outcome, ...]


@dataclass(frozen=True)
class Flip:
    """A case whose level, or whose promise, is not what it was."""

    pair: Pair
    before: Level | None
    after: Level | None
    change: Literal["fixed", "broken", "moved"]


@dataclass(frozen=True)
class Difference:
    """One metric of some cases in both runs."""

    scope: str
    metric: str
    n: int
    first: Estimate
    second: Estimate
    change: Estimate


@dataclass(frozen=True)
class Comparison:
    """Everything about two runs."""

    pairs: tuple[Pair, ...]
    left_out: int
    """Cases in one run only, or with another text in each."""
    differences: tuple[Difference, ...]
    flips: tuple[Flip, ...]
    p: float
    """McNemar's exact test on which cases got the right level. It takes cases to err one by one,
    which those of one question do not, so it tends to be too small."""

    def verdict(self, second: str) -> str:
        """Say in a sentence what came of it, the second run under this name."""
        overall = {d.metric: d for d in self.differences if d.scope == ALL}
        accuracy = overall.get("accuracy")
        if accuracy is None or accuracy.change.value is None:
            return "The runs have no labelled case in common."
        if all(_shares(pair.first) == _shares(pair.second) for pair in self.pairs):
            return f"Both runs give every case the same level ({accuracy.n} labelled cases)."
        told, change = f"accuracy {accuracy.change.text('+.3f')}", accuracy.change
        if qwk := overall.get("qwk"):
            told, change = f"weighted kappa {qwk.change.text('+.3f')}, {told}", qwk.change
        # One question alone has no interval by question; then the exact test has to do.
        none = change.low is None or change.high is None
        told += f", McNemar p = {self.p:.3f}" if none else ""
        clear = self.p < 0.05 if none else (change.low or 0) > 0 or (change.high or 0) < 0
        way = "better" if (change.value or 0) > 0 else "worse"
        verdict = f"{second} is {way}" if clear else "These cases cannot tell the runs apart"
        return f"{verdict}: {told}, on {accuracy.n} labelled cases."


def compare(first: Sequence[Outcome], second: Sequence[Outcome]) -> Comparison:
    """Compare two runs case by case."""
    before, after = _by_case(first), _by_case(second)
    pairs = tuple(
        Pair(suite, outcomes[0].case, before[suite, name], outcomes)
        for (suite, name), outcomes in after.items()
        if (suite, name) in before and _same(before[suite, name][0].case, outcomes[0].case)
    )
    scopes = {ALL: pairs}
    scopes |= {f"suite {s}": tuple(p for p in pairs if p.suite == s) for s in _suites(pairs)}
    differences = [d for name, some in scopes.items() for d in _differences(name, some)]
    for level in LEVELS:
        some = [p for p in pairs if p.case.level == level]
        differences += [_levels(f"labelled {level}", "recall", some, accuracy)]
    right = [(_consensus(p.first) == p.case.level, _consensus(p.second) == p.case.level)
             for p in pairs if p.case.level]  # fmt: skip
    return Comparison(
        pairs=pairs,
        left_out=len(before.keys() | after.keys()) - len(pairs),
        differences=tuple(d for d in differences if d.change.value is not None),
        flips=tuple(flip for pair in pairs if (flip := _flip(pair))),
        p=mcnemar(right.count((True, False)), right.count((False, True))),
    )


def _differences(scope: str, pairs: Sequence[Pair]) -> list[Difference]:
    labelled = [p for p in pairs if p.case.level]
    promised = [p for p in pairs if keeps_promise(p.second[0]) is not None]
    first = _rows([_promise(p.case, p.first) for p in promised], 2)
    second = _rows([_promise(p.case, p.second) for p in promised], 2)
    return [
        *(_levels(scope, metric, labelled, statistic) for metric, statistic in AGREEMENT.items()),
        _difference(scope, "promises kept", promised, first, second, ratio),
    ]


def _levels(scope: str, metric: str, pairs: Sequence[Pair], of: Statistic) -> Difference:
    first = _rows([_cells(p.case, p.first) for p in pairs], 9)
    second = _rows([_cells(p.case, p.second) for p in pairs], 9)
    return _difference(scope, metric, pairs, first, second, of)


def _difference(
    scope: str, metric: str, pairs: Sequence[Pair], first: Array, second: Array, of: Statistic
) -> Difference:
    clusters = [p.case.question_id for p in pairs]
    width = first.shape[1]
    return Difference(
        scope,
        metric,
        len(pairs),
        estimate(first, clusters, of),
        estimate(second, clusters, of),
        estimate(
            np.hstack([first, second]), clusters, lambda s: of(s[..., width:]) - of(s[..., :width])
        ),
    )


def _rows(rows: Sequence[Array], width: int) -> Array:
    return np.array(rows, dtype=np.float64).reshape(-1, width)


def _cells(case: Case, outcomes: Sequence[Outcome]) -> Array:
    """Spread one case over the table; its repeats share its weight."""
    gold = np.full(len(outcomes), number(case.level), dtype=np.int64)
    out: Array = cells(gold, given_levels(outcomes)).mean(axis=0)
    return out


def _promise(case: Case, outcomes: Sequence[Outcome]) -> Array:
    held = [bool(_held(case, o)) for o in outcomes]
    return np.array([np.mean(held), 1.0])


def _held(case: Case, outcome: Outcome) -> bool | None:
    """Judge an outcome of either run by the labels of the second."""
    return keeps_promise(Outcome(outcome.suite, case, outcome.repeat, outcome.row))


def _flip(pair: Pair) -> Flip | None:
    before, after = _consensus(pair.first), _consensus(pair.second)
    if before == after:
        return None
    good = [_good(pair, outcomes, level) for outcomes, level in ((pair.first, before), (pair.second, after))]  # fmt: skip
    if good[0] == good[1]:
        return Flip(pair, before, after, "moved")
    return Flip(pair, before, after, "fixed" if good[1] else "broken")


def _good(pair: Pair, outcomes: Sequence[Outcome], level: Level | None) -> bool:
    if pair.case.level:
        return level == pair.case.level
    return all(_held(pair.case, o) for o in outcomes)


def _shares(outcomes: Sequence[Outcome]) -> dict[Level | None, float]:
    """Return how often each level was given among the repeats of a case."""
    counts = Counter(map(level_of, outcomes))
    return {level: count / len(outcomes) for level, count in counts.items()}


def _consensus(outcomes: Sequence[Outcome]) -> Level | None:
    """Return the commonest level of the repeats, the earliest of equally common ones."""
    return Counter(map(level_of, outcomes)).most_common(1)[0][0]


def _by_case(outcomes: Sequence[Outcome]) -> dict[tuple[str, str], tuple[Outcome, ...]]:
    groups = groupby(outcomes, key=lambda o: (o.suite, o.case.id))
    return {name: tuple(group) for name, group in groups}


def _suites(pairs: Sequence[Pair]) -> list[str]:
    return list(dict.fromkeys(p.suite for p in pairs))


def _same(one: Case, other: Case) -> bool:
    return (one.question_id, one.turns) == (other.question_id, other.turns)
