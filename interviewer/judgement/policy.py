"""From verified evidence to a level: one pure function, its weights in `policy.toml`.

Two decisions, not one scale, because they rest on different things:

    at least L5?  credits of L5 and L6 tells, less `against` times those of down-level tells
    L6?           credits of L6 tells alone

A credit is the strength of the evidence, times `prompted` when it only came after a question
that aimed at the tell. A language model's verified verdict has strength 1. The offline matcher
is too unsure of single tells for that: each tell counts with its match probability, so that the
sum is the expected number of tells shown; only those shown best count there, or a long answer
would reach any level by many faint likenesses. L4 tells earn nothing: knowing the definition is where
everybody starts. Each decision has a logistic around its threshold, and the levels get

    P(L4) = 1 - p5        P(L5) = p5 * (1 - p6)        P(L6) = p5 * p6

Offline each decision has one thing more to go by, how far the answer reasons whatever its subject
(`depth`), each half at its own weight. A language model sees that for itself.

Then a down-level tell that is met caps the level, and signals outside the rubric lift it by one
at most.

A reading of the whole answer by a language model, blind to the verdicts, has a say where the
evidence leaves room: it moves the credit of each decision by `holistic` towards its own side,

    at least L5?  + holistic if the reading says L5 or L6, - holistic if it says L4
    L6?           + holistic if the reading says L6,       - holistic otherwise

which is the same as clipping its level to what the evidence supports with each threshold moved
down and up by `holistic`. With `five` = 1.8, `six` = 1.4 and `holistic` = 1, unprompted tells:

    verified tells     evidence alone   supports    reading L4   L5   L6
    none               L4               L4          L4           L4   L4
    one L5             L4               L4 to L5    L4           L5   L5
    two L5             L5               L4 to L5    L4           L5   L5
    three L5           L5               L5          L5           L5   L5
    two L5, one L6     L5               L5 to L6    L5           L5   L6
    two L5, two L6     L6               L5 to L6    L5           L5   L6
    two L5, three L6   L6               L6          L6           L6   L6

Where the two differ the other level is named as the border.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from interviewer.models import LEVELS, Level, Tell

Engine = Literal["offline", "llm"]


@dataclass(frozen=True)
class Weights:
    """The numbers of one engine's table in `policy.toml`; see there for what each is."""

    prompted: float
    against: float
    five: float
    five_slope: float
    six: float
    six_slope: float
    cap: float
    borderline: float
    sure: float
    holistic: float = 0.0
    trust: float = 0.0
    trust_slope: float = 1.0
    most_five: int | None = None
    most_six: int | None = None
    depth_five: float = 0.0
    depth_six: float = 0.0
    shown_slope: float = 0.0
    shown: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """How far a tell is shown."""

    tell: Tell
    strength: float = 1.0
    """0 to 1."""
    prompted: bool = False
    met: bool = True
    """Whether it is shown well enough to be cited; only then does a down-level tell cap."""


class Depth(NamedTuple):
    """How far an answer reasons, whatever its subject: means over what was said, each -1 to 1."""

    five: float
    """How like what shows L5 and L6 tells."""
    six: float
    """How much more like what shows L6 tells than L5 tells."""


NO_DEPTH = Depth(0.0, 0.0)


@dataclass(frozen=True)
class Decision:
    """What the findings amount to."""

    level: Level
    confidence: float
    """How likely the level is the labelled one: the probability under the two logistics, offline
    put on the scale of how often such grades were right."""
    borderline_with: Level | None
    capped_by: str | None
    """The down-level tell that lowered the level, when one did."""
    sure: bool
    """Whether the confidence is high enough to call the grade more than provisional."""


@cache
def weights(engine: Engine) -> Weights:
    """Read an engine's weights."""
    table: dict[str, Any] = tomllib.loads(
        (Path(__file__).parent / "policy.toml").read_text(encoding="utf-8")
    )
    return Weights(**table[engine])


def decide(
    findings: Sequence[Finding],
    unlisted: Sequence[Level],
    w: Weights,
    whole: Level | None = None,
    depth: Depth = NO_DEPTH,
) -> Decision:
    """Compute the level that these findings support.

    Args:
        findings: every tell with some strength, strong-hire and down-level.
        unlisted: levels of verified signals that the rubric does not list.
        w: the weights of the engine that found them.
        whole: the level that a reading of the whole answer came to, if there was one.
        depth: how far the answer reasons, whatever its subject.

    Three unprompted L5 tells are L5; two of them with two L6 tells are L6; the same four, all
    of them prompted, are not.
    """
    listed = probabilities_of(findings, (), w, whole, depth)
    lifted = probabilities_of(findings, unlisted, w, whole, depth)
    level = LEVELS[min(_argmax(lifted), _argmax(listed) + 1)]
    probabilities = dict(zip(LEVELS, lifted, strict=True))
    capped_by = None
    for finding in findings:
        cap = finding.tell.caps
        if finding.met and cap is not None and LEVELS.index(level) > LEVELS.index(cap):
            level, capped_by = cap, finding.tell.id
    if capped_by is not None:
        above = [other for other in LEVELS if LEVELS.index(other) > LEVELS.index(level)]
        probabilities[level] += w.cap * sum(probabilities[other] for other in above)
        probabilities.update({other: (1 - w.cap) * probabilities[other] for other in above})
    confidence = trusted(probabilities.pop(level), w)
    at = LEVELS.index(level)
    neighbours = {o: p for o, p in probabilities.items() if abs(LEVELS.index(o) - at) == 1}
    near = max(neighbours, key=lambda o: neighbours[o], default=None)
    borderline = near if near is not None and neighbours[near] >= w.borderline else None
    differs = whole is not None and whole != level
    if whole is not None and differs:
        borderline = LEVELS[at + 1] if LEVELS.index(whole) > at else LEVELS[at - 1]
    return Decision(
        level=level,
        confidence=round(confidence, 3),
        borderline_with=borderline,
        capped_by=capped_by,
        sure=confidence >= w.sure and not differs,
    )


def trusted(probability: float, w: Weights) -> float:
    """Turn the probability of a level into how often a level of that probability was right."""
    p = min(max(probability, 1e-6), 1 - 1e-6)
    return _logistic(w.trust + w.trust_slope * math.log(p / (1 - p)))


def shown(score: float, tell: Tell, level: Level, w: Weights) -> float:
    """Return how likely a tell is shown that fits so well, in an answer of this level."""
    even = w.shown[level][tell.level or "down"]
    return _logistic((score - even) * w.shown_slope)


def unclipped(whole: Level) -> Decision:
    """Take a reading at its word: the baseline that the evals compare with, never a candidate's."""
    return Decision(whole, 0.5, None, None, sure=True)


class Credits(NamedTuple):
    """What speaks for and against each of the two decisions."""

    five: float
    six: float
    against: float


def credits_of(findings: Sequence[Finding], w: Weights) -> Credits:
    """Add up the credit of the tells shown best, at most so many as count for a decision."""
    of: dict[Level | None, list[float]] = {level: [] for level in (None, *LEVELS)}
    for finding in findings:
        of[finding.tell.level].append(finding.strength * (w.prompted if finding.prompted else 1))
    best = sorted((*of["L5"], *of["L6"]), reverse=True)
    return Credits(
        five=sum(best[: w.most_five]),
        six=sum(sorted(of["L6"], reverse=True)[: w.most_six]),
        against=sum(of[None]),
    )


def probabilities_of(
    findings: Sequence[Finding],
    unlisted: Sequence[Level],
    w: Weights,
    whole: Level | None = None,
    depth: Depth = NO_DEPTH,
) -> tuple[float, float, float]:
    """Return the probabilities of the levels under the two logistics, before any cap."""
    credit = credits_of(findings, w)
    five = credit.five - w.against * credit.against + sum(u != "L4" for u in unlisted)
    six = credit.six + sum(u == "L6" for u in unlisted)
    five, six = five + w.depth_five * depth.five, six + w.depth_six * depth.six
    if whole is not None:
        five += -w.holistic if whole == "L4" else w.holistic
        six += w.holistic if whole == "L6" else -w.holistic
    p5 = _logistic((five - w.five) * w.five_slope)
    p6 = _logistic((six - w.six) * w.six_slope)
    return 1 - p5, p5 * (1 - p6), p5 * p6


def _argmax(values: Sequence[float]) -> int:
    return max(range(len(values)), key=lambda i: values[i])


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, x))))
