"""Recognise what people do with words in an interview apart from answering.

An example of `sayings.toml` stands for everything that means the same: sentences are compared with
it by their vectors and not by their words, and with examples of what only sounds like it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from interviewer.outside.embedding import Encoded, Encoder, Matrix
from interviewer.outside.likeness import Texts, late_interaction


class Likeness(NamedTuple):
    """How like sentences are to the nearest example of an act; -1 where the contrast is nearer."""

    whole: Matrix
    """(sentences,): compares all of the sentence."""
    inside: Matrix
    """(sentences,): looks for the words of an example anywhere in it."""


@dataclass(frozen=True)
class Examples:
    """The vectors of some examples."""

    pooled: Matrix
    texts: Texts

    def near(self, pooled: Matrix, tokens: Sequence[Matrix]) -> Likeness:
        """Hold sentences against them."""
        whole: Matrix = (pooled @ self.pooled.T).max(axis=1)
        return Likeness(whole, late_interaction(self.texts, tokens).max(axis=0))


@dataclass(frozen=True)
class Act:
    """Something that is done by saying it."""

    examples: Examples
    contrast: Examples
    """What sounds like it and is not."""

    def likely(self, pooled: Matrix, least: float) -> Matrix:
        """(sentences,): whether the cheap half of the comparison alone reaches so far."""
        out: Matrix = (pooled @ self.examples.pooled.T).max(axis=1) >= least
        return out

    def near(self, pooled: Matrix, tokens: Sequence[Matrix]) -> Likeness:
        """Tell how like sentences are to doing it."""
        done = self.examples.near(pooled, tokens)
        told = np.add(*self.contrast.near(pooled, tokens)) > np.add(*done)
        return Likeness(*(np.where(told, -1.0, part) for part in done))


@dataclass(frozen=True)
class Leaning:
    """A direction in which examples of an act lie and its contrasts do not."""

    weights: Matrix
    intercept: float

    def of(self, pooled: Matrix) -> Matrix:
        """(sentences,): 1 for the examples on average, -1 for the contrasts."""
        out: Matrix = pooled @ self.weights + self.intercept
        return out


@dataclass(frozen=True)
class SpeechActs:
    """The examples with their vectors."""

    asides: Matrix
    """(examples, dimension)"""
    withdrawing: Act
    sourcing: Leaning
    disavowing: Leaning


_known: dict[str, SpeechActs] = {}


def speech_acts(encoder: Encoder) -> SpeechActs:
    """Return the examples as an encoder sees them; encoded once in the life of the process."""
    if encoder.name not in _known:
        sayings = _sayings()
        encoded = iter(encoder.encode([text for group in sayings.values() for text in group]))
        of = {name: _examples([next(encoded) for _ in group]) for name, group in sayings.items()}
        asides, stands, owns = of["asides"], of["stands"], of["owns"]
        _known[encoder.name] = SpeechActs(
            asides.pooled,
            Act(of["withdrawals"], stands),
            _leaning(of["sources"], asides, of["withdrawals"], stands, owns),
            _leaning(of["disavowals"], asides, stands, owns),
        )
    return _known[encoder.name]


def _sayings() -> dict[str, list[str]]:
    """Read the examples, group by group."""
    text = Path(__file__).with_name("sayings.toml").read_text(encoding="utf-8")
    groups: dict[str, list[str]] = tomllib.loads(text)
    return groups


def _examples(encoded: Sequence[Encoded]) -> Examples:
    weights = [np.ones(len(e.tokens), dtype=np.float32) for e in encoded]
    return Examples(
        np.stack([e.pooled for e in encoded]), Texts([e.vectors for e in encoded], weights, [])
    )


def _leaning(examples: Examples, *contrasts: Examples) -> Leaning:
    """Fit the direction by least squares; both sides weigh the same, with a ridge on its length."""
    sides = examples.pooled, np.concatenate([c.pooled for c in contrasts])
    x = np.concatenate(sides).astype(np.float64)
    x = np.hstack([x, np.ones((len(x), 1))])
    wanted = np.concatenate([np.ones(len(sides[0])), -np.ones(len(sides[1]))])
    weight = np.concatenate([np.full(len(side), len(x) / 2 / len(side)) for side in sides])
    ridge = np.diag([*[1.0] * (x.shape[1] - 1), 0.0])
    found = np.linalg.solve(x.T @ (x * weight[:, None]) + ridge, x.T @ (weight * wanted))
    return Leaning(found[:-1].astype(np.float32), float(found[-1]))
