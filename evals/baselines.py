"""Graders that read nothing: what a real one has to beat, above all where style and content part.

`majority` gives the commonest level, `length` looks at the number of words, `style` at how an
answer is put. The last two are multinomial logistic regressions. All are fitted on cases of other
questions: on split `train` where there is one, else on everything.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from evals.cases import Case, Item
from interviewer.models import LEVELS, Level

Array = NDArray[np.float64]
Predictor = Callable[[Sequence[Case]], list[Level]]

_STEPS, _PENALTY = 400, 0.01
"""Of the descent; on standardised features it has settled long before."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d[\d.,]*")
_RATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:i|me|my|mine)\b",
        r"\b(?:we|us|our|ours)\b",
        r"\b(?:you|your|yours)\b",
        r"\d[\d.,]*",
        r"[$€£]|\b(?:money|cost(?:s|ly)?|cheap(?:er)?|expensive|price[sd]?|pa(?:y|ys|id)|spen[dt]|"
        r"budget|dollars?|euros?|bills?|revenue|profit|margin|[mb]illions?)\b",
    )
)
"""Counted per word: first person, first person plural, second person, digits, money."""


def predict(items: Sequence[Item]) -> dict[str, dict[tuple[str, str], Level]]:
    """Return, for each baseline, the level of every labelled case by (suite, id).

    A case whose question is the only one there is to learn from gets none.
    """
    labelled = [item for item in items if item.case.level is not None]
    pool = [i for i in labelled if i.case.split == "train"] or labelled
    found: dict[str, dict[tuple[str, str], Level]] = {name: {} for name in FITS}
    for question in sorted({item.case.question_id for item in labelled}):
        seen = [item.case for item in pool if item.case.question_id != question]
        asked = [item for item in labelled if item.case.question_id == question]
        for name, fit in FITS.items() if seen else ():
            levels = fit(seen)([item.case for item in asked])
            found[name] |= {
                (item.suite, item.case.id): level for item, level in zip(asked, levels, strict=True)
            }
    return found


def _majority(seen: Sequence[Case]) -> Predictor:
    """Always give the commonest level, the lowest of equally common ones."""
    counts = Counter(case.level for case in seen)
    level = max(LEVELS, key=lambda level: counts[level])
    return lambda cases: [level] * len(cases)


def _logistic(features: Callable[[str], list[float]]) -> Callable[[Sequence[Case]], Predictor]:
    """Return a fit of multinomial logistic regression on these features of what was said."""

    def table(cases: Sequence[Case]) -> Array:
        return np.array([features(_said(case)) for case in cases], dtype=np.float64)

    def fit(seen: Sequence[Case]) -> Predictor:
        x = table(seen)
        mean, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)

        def prepared(x: Array) -> Array:
            return np.hstack([(x - mean) / spread, np.ones((len(x), 1))])

        gold = np.array([LEVELS.index(case.level or "L4") for case in seen])
        weights = _descend(prepared(x), np.eye(len(LEVELS))[gold])
        return lambda cases: [LEVELS[i] for i in (prepared(table(cases)) @ weights).argmax(axis=1)]

    return fit


def _descend(x: Array, targets: Array) -> Array:
    weights = np.zeros((x.shape[1], targets.shape[1]))
    rate = 2 / x.shape[1]  # the curvature is at most half the number of standardised columns
    for _ in range(_STEPS):
        scores = x @ weights
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        error = odds / odds.sum(axis=1, keepdims=True) - targets
        weights -= rate * (x.T @ error / len(x) + _PENALTY * weights)
    return weights


def _said(case: Case) -> str:
    return "\n".join(turn.text for turn in case.turns if turn.role == "candidate")


def _length(text: str) -> list[float]:
    return [float(np.log1p(len(_WORD.findall(text))))]


def _style(text: str) -> list[float]:
    words = max(len(_WORD.findall(text)), 1)
    sentences = sum(1 for part in re.split(r"[.!?]+(?:\s|$)", text) if part.strip())
    return [words / max(sentences, 1), *(len(p.findall(text)) / words for p in _RATES)]


FITS: dict[str, Callable[[Sequence[Case]], Predictor]] = {
    "majority": _majority,
    "length": _logistic(_length),
    "style": _logistic(_style),
}
