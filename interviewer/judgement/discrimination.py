"""How well the cues of a rubric tell its tells apart: what only the matcher can see.

Every cue is held against all other cues of its rubric, as if a candidate had said it. A tell
whose cues come closest to one another can be told from its neighbours; one whose cues come closer
to another tell's will be confused with it in an answer too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interviewer.judgement.matching import phrase_likeness
from interviewer.models import Tell
from interviewer.outside.embedding import Matrix
from interviewer.outside.retrieval import RubricRecord

SAME = 0.1
"""Two tells whose cues fit the other by this much better than their own are one tell: in the
fifty shipped rubrics no pair reaches it."""
CONTRADICTS = 0.25
"""A near-miss that fits another tell, no lower than its own, by this much better."""


@dataclass(frozen=True)
class Sharpness:
    """How one tell stands out in its rubric."""

    question_id: str
    tell: Tell
    beats: float
    """Share of the other tells that its cues fit worse than their own tell; 0.5 is chance."""
    taken_for: str
    """The other tell that its cues fit best."""


@dataclass(frozen=True)
class Comparison:
    """Every phrase of a rubric, held against every tell."""

    record: RubricRecord
    tells: tuple[Tell, ...]
    """Those that can be said."""
    texts: tuple[str, ...]
    owners: NDArray[np.intp]
    """Of each phrase the position of its tell."""
    is_cue: NDArray[np.bool_]
    """Of each phrase whether it is a cue, and not a near-miss."""
    likeness: Matrix
    """(phrases, tells): how well a phrase fits the best cue of a tell, itself left out."""


def compare(record: RubricRecord) -> Comparison:
    """Hold every cue and near-miss of a rubric against all others."""
    tells = tuple(t for t in record.question.tells if t.kind == "said")
    at = {tell.id: i for i, tell in enumerate(tells)}
    phrases = record.where("cue", "near_miss")
    owners = np.array([at[record.phrases[i].tell_id] for i in phrases])
    is_cue = np.array([record.phrases[i].part == "cue" for i in phrases])
    pairs = phrase_likeness(record, phrases)
    np.fill_diagonal(pairs, -1.0)
    best = [pairs[:, (owners == i) & is_cue].max(axis=1) for i in range(len(tells))]
    texts = tuple(record.phrases[i].text for i in phrases)
    return Comparison(record, tells, texts, owners, is_cue, np.stack(best, axis=1))


def sharpness(compared: Comparison) -> list[Sharpness]:
    """Measure every tell that can be said, in the order of the file."""
    out = []
    tells = compared.tells
    for at, tell in enumerate(tells if len(tells) > 1 else ()):
        said = compared.likeness[(compared.owners == at) & compared.is_cue]
        others = np.delete(said, at, axis=1)
        beats = float((others < said[:, [at]]).mean())
        nearest = int(others.mean(axis=0).argmax())
        taken_for = tells[nearest + (nearest >= at)].id
        out.append(Sharpness(compared.record.question.id, tell, beats, taken_for))
    return out


def confusions(compared: Comparison) -> Iterator[tuple[str, str]]:
    """Yield key and remedy of everything that no answer could tell apart."""
    tells, likeness = compared.tells, compared.likeness
    for a, tell in enumerate(tells):
        for b, other in enumerate(tells[:a]):
            if min(_lead(compared, a, b), _lead(compared, b, a)) > SAME:
                yield (
                    f"tells[{tell.id}].cues",
                    f"one sentence always meets `{other.id}` too; merge the two or part their cues",
                )
        for row in np.flatnonzero((compared.owners == a) & ~compared.is_cue):
            for b, other in enumerate(tells):
                if _not_lower(other, tell) and likeness[row, b] - likeness[row, a] > CONTRADICTS:
                    yield (
                        f"tells[{tell.id}].near_misses",
                        f"“{compared.texts[row]}” would show `{other.id}`; write one that shows "
                        "nothing",
                    )


def _lead(compared: Comparison, a: int, b: int) -> float:
    """Return by how much the cues of one tell fit another better than their own."""
    said = compared.likeness[(compared.owners == a) & compared.is_cue]
    return float((said[:, b] - said[:, a]).mean())


def _not_lower(other: Tell, tell: Tell) -> bool:
    return (
        other is not tell
        and other.level is not None
        and tell.level is not None
        and other.level >= tell.level
    )
