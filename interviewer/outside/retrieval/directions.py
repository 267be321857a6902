"""Learn from the rubrics in which direction phrases point that show more, whatever their subject."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from interviewer.outside.embedding import Matrix

_RIDGE = 1.0
"""Of the mean variance, added to each dimension: 384 of them are learned from some 7,600 phrases. Of
0.1 to 10 the best on splits `train` and `dev`, tried before lengths were weighed."""


def directions(
    pooled: Matrix,
    levels: Sequence[str | None],
    owners: NDArray[np.intp],
    lengths: NDArray[np.intp],
) -> NDArray[np.float32]:
    """Return two linear discriminants, (2, dimension + 1), the last column their offsets.

    The first parts cues of L5 and L6 tells from all other phrases: cues of L4 tells and of mistakes,
    and near-misses, which name a thing and show nothing. The second parts cues of L6 tells from
    those of L5 tells. Each phrase counts by what parts it from the mean of its question, so that no
    subject is learned, and both sides are weighed to be equally long. (The cues of L6 tells are three
    times as long as near-misses. Without that the first score goes with the length of an answer's
    sentences, r = 0.46; with it 0.05.) The unit is the spread of either side; all zero where one side
    is empty.

    Args:
        pooled: (phrases, dimension), cues and near-misses.
        levels: of each phrase the level that it shows, L5 or L6; None for all others.
        owners: (phrases,), numbers of their questions.
        lengths: (phrases,), in tokens.
    """
    pooled = pooled - _centres(pooled, owners)[owners]
    shows = np.array([level or "" for level in levels])
    high = shows != ""
    return np.stack(
        [
            _discriminant(pooled, high, lengths),
            _discriminant(pooled[high], shows[high] == "L6", lengths[high]),
        ]
    ).astype(np.float32)


def _centres(pooled: Matrix, owners: NDArray[np.intp]) -> Matrix:
    """(questions, dimension): the mean of the phrases of each question."""
    sums = np.zeros((owners.max(initial=-1) + 1, pooled.shape[1]), dtype=np.float32)
    np.add.at(sums, owners, pooled)
    counts = np.bincount(owners, minlength=len(sums))[:, None]
    out: Matrix = (sums / np.maximum(counts, 1)).astype(np.float32)
    return out


def _discriminant(
    points: Matrix, above: NDArray[np.bool_], lengths: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return Fisher's linear discriminant, its offset last, halfway between the two means."""
    weights = _equally_long(above, lengths) if above.any() else np.zeros(0)
    if not weights.any():
        return np.zeros(points.shape[1] + 1)
    high = np.average(points[above], axis=0, weights=weights[above])
    low = np.average(points[~above], axis=0, weights=weights[~above])
    centred = points - np.where(above[:, None], high, low)
    spread = (centred * weights[:, None]).T @ centred / weights.sum()
    if not spread.any():
        return np.zeros(points.shape[1] + 1)
    ridge = _RIDGE * np.trace(spread) / len(spread) * np.eye(len(spread))
    direction = np.linalg.solve(spread + ridge, high - low)
    direction /= np.sqrt(direction @ spread @ direction)
    return np.append(direction, -direction @ (high + low) / 2)


def _equally_long(above: NDArray[np.bool_], lengths: NDArray[np.intp]) -> NDArray[np.float64]:
    """Weigh points so that among those of about one length both sides weigh the same."""
    weights = np.zeros(len(above))
    tenths = np.digitize(lengths, np.quantile(lengths, np.linspace(0.1, 0.9, 9)))
    for tenth in range(10):
        sides = [(tenths == tenth) & side for side in (above, ~above)]
        counts = [int(side.sum()) for side in sides]
        if all(counts):
            for side, count in zip(sides, counts, strict=True):
                weights[side] = min(counts) / count
    return weights
