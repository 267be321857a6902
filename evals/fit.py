"""Fit the weights of the offline policy, and print them as they stand in `policy.toml`.

Two logistic regressions, one a decision: is it at least L5, over what speaks for and against it,
and if so, is it L6, over the credit of L6 tells; each over the depth of the answer too. A third
puts the probability of a level on the scale of how often it is right, measured on questions that
the first two had not seen. A fourth says from which match score a tell is likelier shown than not,
given the level, over the cases whose tells were marked. Only cases of split `train` are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.cases import Item
from interviewer.errors import BadInput
from interviewer.judgement import grading, policy
from interviewer.models import LEVELS
from interviewer.service.session import Service


@dataclass(frozen=True)
class _Answer:
    """A labelled answer and what the embedded judge finds in it."""

    question: str
    findings: Sequence[policy.Finding]
    scores: Mapping[str, float]
    """Of each tell, how well it was matched."""
    shown: frozenset[str] | None
    """The tells that were marked."""
    depth: policy.Depth
    level: int


Array = NDArray[np.float64]
_STEPS, _PENALTY = 50, 0.3
"""Newton steps, and the ridge on all but the intercept."""


async def fit(service: Service, items: Sequence[Item]) -> dict[str, Any]:
    """Return the fitted weights by their names in `policy.toml`.

    Args:
        service: where answers are read.
        items: labelled cases; those of other splits are left out.

    Raises:
        BadInput: they are too few to fit anything to.
    """
    weights = policy.weights("offline")
    answers = []
    for item in items:
        if item.case.split != "train" or item.case.level is None:
            continue
        reading, _ = await service.read(item.case)
        if reading.is_answer:
            answers.append(
                _Answer(
                    item.case.question_id,
                    grading.matched_findings(reading),
                    {t: reading.match.best(t)[0] for t in reading.match.tell_ids},
                    None if item.case.tells is None else frozenset(item.case.tells),
                    reading.depth,
                    LEVELS.index(item.case.level),
                )
            )
    try:
        fitted = _decisions(answers, weights)
        slope, level_trust = _trust(answers, weights)
        shown_slope, shown = _shown(answers, replace(weights, **fitted))  # type: ignore[arg-type]
    except np.linalg.LinAlgError:
        raise BadInput(
            f"{len(answers)} labelled answers of split `train` are too few to fit weights to. "
            "Give more --cases, of all levels and several questions."
        ) from None
    return {
        **fitted,
        "trust": round(level_trust, 2),
        "trust_slope": round(slope, 2),
        "shown_slope": shown_slope,
        "shown": shown,
    }


def _decisions(answers: Sequence[_Answer], weights: policy.Weights) -> dict[str, float]:
    credits = [policy.credits_of(a.findings, weights) for a in answers]
    level = np.array([a.level for a in answers])
    depth = [a.depth for a in answers]
    shown = [[c.five, c.against, d.five] for c, d in zip(credits, depth, strict=True)]
    five = _logistic(np.array(shown), level >= 1)
    senior = level >= 1
    shown = [[c.six, d.six] for c, d in zip(credits, depth, strict=True)]
    six = _logistic(np.array(shown)[senior], level[senior] >= 2)
    return {
        "against": round(-five[1] / five[0], 2),
        "five": round(-five[3] / five[0], 2),
        "five_slope": round(five[0], 2),
        "six": round(-six[2] / six[0], 2),
        "six_slope": round(six[0], 2),
        "depth_five": round(five[2] / five[0], 2),
        "depth_six": round(six[1] / six[0], 2),
    }


def _trust(answers: Sequence[_Answer], weights: policy.Weights) -> list[float]:
    """Fit right or wrong to the probability of the level, each question decided by the others."""
    plain = replace(weights, trust=0.0, trust_slope=1.0)
    sure, right = [], []
    for question in {a.question for a in answers}:
        others = [a for a in answers if a.question != question]
        w = replace(plain, **_decisions(others, plain))  # type: ignore[arg-type]
        for answer in answers:
            if answer.question == question:
                decision = policy.decide(answer.findings, (), w, depth=answer.depth)
                p = min(max(decision.confidence, 0.001), 0.999)
                sure.append([np.log(p / (1 - p))])
                right.append(LEVELS.index(decision.level) == answer.level)
    return _logistic(np.array(sure), np.array(right))


def _shown(
    answers: Sequence[_Answer], weights: policy.Weights
) -> tuple[float, dict[str, dict[str, float]]]:
    """Fit marked or not to the match score, for each level of an answer and of a tell apart.

    What stands in the weights stays when no case is marked.
    """
    kinds = [*LEVELS, "down"]
    cells = [(level, kind) for level in LEVELS for kind in kinds]
    rows, marked = [], []
    for answer in answers:
        if answer.shown is None:
            continue
        level = policy.decide(answer.findings, (), weights, depth=answer.depth).level
        for finding in answer.findings:
            cell = (level, finding.tell.level or "down")
            rows.append([answer.scores[finding.tell.id], *(float(c == cell) for c in cells)])
            marked.append(finding.tell.id in answer.shown)
    if not rows:
        return weights.shown_slope, {a: dict(weights.shown[a]) for a in LEVELS}
    slope, *offsets, common = _logistic(np.array(rows), np.array(marked))
    even = {cell: round(-(o + common) / slope, 2) for cell, o in zip(cells, offsets, strict=True)}
    return round(slope, 2), {a: {b: even[a, b] for b in kinds} for a in LEVELS}


def _logistic(x: Array, y: NDArray[np.bool_]) -> list[float]:
    """Return the coefficients of a logistic regression, the intercept last."""
    x = np.hstack([x, np.ones((len(x), 1))])
    ridge = _PENALTY * np.diag([*[1.0] * (x.shape[1] - 1), 0.0])
    beta = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        odds = 1 / (1 + np.exp(-(x @ beta)))
        slope = x.T @ (y - odds) - ridge @ beta
        beta += np.linalg.solve(x.T @ (x * (odds * (1 - odds))[:, None]) + ridge, slope)
    return [float(b) for b in beta]
