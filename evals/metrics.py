"""What the grades of labelled cases amount to; pure functions of cases and rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from evals.agreement import (
    AGREEMENT,
    Levels,
    agreement,
    confusion,
    given_levels,
    gold_levels,
    lead,
    level_of,
    number,
    risk_coverage,
)
from evals.records import Outcome
from evals.resampling import NOTHING, Array, Statistic, estimate, ratio
from interviewer.files.prices import Price
from interviewer.models import LEVELS, Level

Baselines = Mapping[str, Mapping[tuple[str, str], Level]]
"""For each baseline the level that it gives to (suite, case id)."""
Json = dict[str, Any]


def measure(outcomes: Sequence[Outcome], baselines: Baselines, price: Price | None = None) -> Json:
    """Return the metrics of a run: of all cases, and of every suite."""
    suites = dict.fromkeys(o.suite for o in outcomes)
    return {
        "overall": summarise(outcomes, baselines, price=price),
        "suites": {
            suite: summarise([o for o in outcomes if o.suite == suite], baselines, outcomes, price)
            for suite in suites
        },
    }


def summarise(
    outcomes: Sequence[Outcome],
    baselines: Baselines,
    run: Sequence[Outcome] | None = None,
    price: Price | None = None,
) -> Json:
    """Return the metrics of some outcomes, as metrics.json holds them.

    Args:
        outcomes: what to measure.
        baselines: what other graders give.
        run: where clean twins are looked for; the outcomes themselves when not given.
        price: of the model, when it is known.
    """
    labelled = [o for o in outcomes if o.case.level is not None]
    clusters = [o.case.question_id for o in labelled]
    gold, given = gold_levels(labelled), given_levels(labelled)
    return {
        "n": len({(o.suite, o.case.id) for o in outcomes}),
        "errors": sum(o.row.error is not None for o in outcomes),
        "coverage": _mean([(c, g >= 0) for c, g in zip(clusters, given, strict=True)]),
        **{name: e.json() for name, e in agreement(gold, given, clusters).items()},
        "bias": _over(labelled, _bias),
        "by_level": _by_level(gold, given, clusters),
        "level_shown": _level_shown(outcomes),
        "confusion": confusion(gold, given),
        "kept_promise": _kept(outcomes),
        "evidence_validity": _over(outcomes, _evidence),
        "tell_f1": _over(outcomes, _tells, _f1),
        "tell_balanced_accuracy": _over(outcomes, _tells, _balanced),
        **_twins(outcomes, outcomes if run is None else run),
        "self_consistency": _consistency(outcomes),
        "risk_coverage": risk_coverage(labelled),
        "tokens": tokens(outcomes),
        "dollars": dollars(outcomes, price),
        "seconds": seconds(outcomes),
        "baselines": {name: _baseline(labelled, levels) for name, levels in baselines.items()},
    }


def keeps_promise(outcome: Outcome) -> bool | None:
    """Tell whether what has to hold of a case holds; None when nothing was promised.

    A case with neither level nor `expect` must get no level. A grader that broke keeps nothing.
    """
    case, row = outcome.case, outcome.row
    expected = case.expect or ("no_level" if case.level is None else None)
    if expected is None:
        return None
    if row.grade is None:
        return False
    level = row.grade.level
    if expected == "no_level" or level is None:
        return level is None and expected not in LEVELS
    if expected.startswith("at_most_"):
        return level <= expected.removeprefix("at_most_")
    return level == expected


def _mean(values: Sequence[tuple[Hashable, float]]) -> Json:
    """Estimate a mean, or a share of trues, of (cluster, value) pairs, and say how many they are."""
    columns = np.array([(value, 1) for _, value in values], dtype=np.float64).reshape(-1, 2)
    return {"n": len(values), **estimate(columns, [c for c, _ in values], ratio).json()}


def _over(
    outcomes: Sequence[Outcome],
    columns: Callable[[Outcome], Sequence[float] | None],
    statistic: Statistic = ratio,
) -> Json:
    """Estimate from one row of columns an outcome; None leaves an outcome out."""
    found = [(o.case.question_id, row) for o in outcomes if (row := columns(o)) is not None]
    table = np.array([row for _, row in found], dtype=np.float64)
    return (estimate(table, [c for c, _ in found], statistic) if found else NOTHING).json()


def _bias(outcome: Outcome) -> tuple[float, float] | None:
    """Levels too high, over the cases that got one."""
    given = number(level_of(outcome))
    return None if given < 0 else (given - number(outcome.case.level), 1)


def _by_level(gold: Levels, given: Levels, clusters: Sequence[str]) -> Json:
    found: Json = {}
    for at, level in enumerate(LEVELS):
        hits = [(c, a == b == at, a, b) for c, a, b in zip(clusters, gold, given, strict=True)]
        found[level] = {
            "precision": _mean([(c, hit) for c, hit, _, b in hits if b == at]),
            "recall": _mean([(c, hit) for c, hit, a, _ in hits if a == at]),
        }
    return found


def _level_shown(outcomes: Sequence[Outcome]) -> Json:
    """For L5 and L6: share of the answers that came out so of which a tell as high is met."""
    found: Json = {}
    for level in LEVELS[1:]:
        shown = []
        for o in outcomes:
            if (grade := o.row.grade) and grade.level == level:
                met = [v.level for v in grade.verdicts if v.verdict == "met" and v.level]
                met += [u.level for u in grade.unlisted]
                shown.append((o.case.question_id, any(each >= level for each in met)))
        found[level] = _mean(shown)
    return found


def _kept(outcomes: Sequence[Outcome]) -> Json:
    kinds: defaultdict[str, list[tuple[str, bool]]] = defaultdict(list)
    for o in outcomes:
        if (kept := keeps_promise(o)) is not None:
            kinds[o.case.kind].append((o.case.question_id, kept))
    return {kind: _mean(kinds[kind]) for kind in sorted(kinds)}


def _evidence(outcome: Outcome) -> tuple[float, float] | None:
    grade, turns = outcome.row.grade, outcome.case.turns
    if grade is None:
        return None
    spans = [e for v in grade.verdicts for e in v.evidence]
    spans += [e for u in grade.unlisted for e in u.evidence]
    sound = sum(
        0 <= e.turn < len(turns)
        and turns[e.turn].role == "candidate"
        and turns[e.turn].text[e.start : e.end] == e.quote != ""
        for e in spans
    )
    return (sound, len(spans)) if spans else None


def _tells(outcome: Outcome) -> tuple[float, float, float, float] | None:
    """Count tells found, found wrongly, missed, and rightly not found."""
    if outcome.case.tells is None:
        return None
    gold, grade = set(outcome.case.tells), outcome.row.grade
    verdicts = grade.verdicts if grade else ()
    met = {v.tell_id for v in verdicts if v.verdict == "met"}
    known = {v.tell_id for v in verdicts}
    return len(met & gold), len(met - gold), len(gold - met), len(known - met - gold)


def _f1(sums: Array) -> Array:
    hit, false, missed = sums[..., 0], sums[..., 1], sums[..., 2]
    out: Array = 2 * hit / (2 * hit + false + missed)
    return out


def _balanced(sums: Array) -> Array:
    hit, false, missed, clear = (sums[..., i] for i in range(4))
    out: Array = (hit / (hit + missed) + clear / (clear + false)) / 2
    return out


def _twins(outcomes: Sequence[Outcome], run: Sequence[Outcome]) -> Json:
    """Compare perturbed cases with their clean twins, of the same suite if it has one."""
    anywhere = {(o.case.id, o.repeat): o for o in run}
    nearer = {(o.suite, o.case.id, o.repeat): o for o in run}
    shift: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    same = []
    for o in outcomes:
        name = o.case.twin or ""
        twin = nearer.get((o.suite, name, o.repeat)) or anywhere.get((name, o.repeat))
        if twin is None or twin.row.grade is None:
            continue
        level, before = level_of(o), level_of(twin)
        same.append((o.case.question_id, o.row.grade is not None and level == before))
        if level is not None and before is not None:
            moved = number(level) - number(before)
            shift[o.case.kind].append((o.case.question_id, moved))
    return {
        "twin_shift": _mean([each for kind in shift.values() for each in kind]),
        "twin_shift_by_kind": {kind: _mean(shift[kind]) for kind in sorted(shift)},
        "twin_agreement": _mean(same),
    }


def _consistency(outcomes: Sequence[Outcome]) -> Json:
    """Share of pairs of repeats that agree, averaged over cases; engine failures left out."""
    groups: defaultdict[tuple[str, str, str], list[Level | None]] = defaultdict(list)
    for o in outcomes:
        if o.row.grade:
            groups[o.suite, o.case.id, o.case.question_id].append(o.row.grade.level)
    agree = []
    for (_, _, question), levels in groups.items():
        if pairs := [a == b for a, b in combinations(levels, 2)]:
            agree.append((question, sum(pairs) / len(pairs)))
    return _mean(agree)


def tokens(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Add up what the model's endpoint counted."""
    used = [o.row.grade.usage for o in outcomes if o.row.grade and o.row.grade.usage]
    total = sum(u.input_tokens + u.output_tokens for u in used)
    return {
        "calls": sum(u.calls for u in used),
        "input": sum(u.input_tokens for u in used),
        "cached": sum(u.cached_tokens for u in used),
        "output": sum(u.output_tokens for u in used),
        "per_grade": round(total / max(len(used), 1), 1),
    }


def dollars(outcomes: Sequence[Outcome], price: Price | None) -> dict[str, float | None]:
    """Add up what grades cost by the list; None when one of them cost an unknown amount."""
    used = [o.row.grade.usage for o in outcomes if o.row.grade and o.row.grade.usage]
    costs = [price.cost(usage) if price else None for usage in used]
    known = [cost for cost in costs if cost is not None]
    if not known or len(known) < len(costs):
        return {"total": None, "per_grade": None}
    return {"total": round(sum(known), 6), "per_grade": round(sum(known) / len(known), 6)}


def seconds(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    """Return how long a grade took, waiting for a slot not counted: median and 95th percentile."""
    taken = [o.row.seconds for o in outcomes if o.row.grade]
    return {f"p{p}": round(float(np.percentile(taken, p)), 3) if taken else None for p in (50, 95)}


def _baseline(labelled: Sequence[Outcome], levels: Mapping[tuple[str, str], Level]) -> Json:
    """Measure a baseline on the cases that it has a level for, and the grader's lead over it."""
    both = [o for o in labelled if (o.suite, o.case.id) in levels]
    clusters = [o.case.question_id for o in both]
    gold, ours = gold_levels(both), given_levels(both)
    theirs = np.array([number(levels[o.suite, o.case.id]) for o in both], dtype=np.int64)
    found = {name: e.json() for name, e in agreement(gold, theirs, clusters).items()}
    for name, statistic in AGREEMENT.items():
        found[f"{name}_lead"] = lead(gold, ours, theirs, clusters, statistic).json()
    return found
