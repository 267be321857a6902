"""Hold the numbers of a run against the committed floors."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from interviewer.errors import SetupError

FLOORS = Path(__file__).parent / "floors.toml"

Json = dict[str, Any]


def floors(path: Path = FLOORS) -> Json:
    """Read the floors: a table for each engine, laid out like metrics.json.

    Raises:
        SetupError: the file is missing or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SetupError(f"The floors in {path} cannot be read: {error}") from error


def check(metrics: Json, floors: Json) -> tuple[list[str], list[str]]:
    """Return what falls short of a floor, and what was not checked because it was not chosen.

    A run of chosen cases only (a sample, one suite) has to reach a floor with the upper end of
    its interval: a few cases say too little to fail on their mean. A floor of 1 is held by the
    value itself, since of what must never happen one case is enough.

    Raises:
        SetupError: there is no floor for the engine of this run.
    """
    run = metrics["run"]
    wanted = floors.get(run["engine"])
    if not wanted:
        raise SetupError(
            f"There is no floor for the {run['engine']} engine. "
            "Write some into evals/floors.toml; its head says how."
        )
    whole = not any(value is not None for value in run["choice"].values())
    short: list[str] = []
    skipped: list[str] = []
    named = wanted.get("suites", {})
    skipped += [f"suite {name}: has no floor" for name in metrics["suites"] if name not in named]
    if not whole:
        away = [name for name in named if name not in metrics["suites"]]
        skipped += [f"suite {name}: not in this run" for name in away]
        wanted = {**wanted, "suites": {n: named[n] for n in named if n not in away}}
    if run["ungraded"]:
        short.append(f"{run['ungraded']} of {run['grades']} grades are missing; finish the run")
    for path, floor in _leaves(wanted, ()):
        name = " ".join(path)
        found: Any = metrics
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        if found is None:
            (short if whole else skipped).append(f"{name}: not in this run")
            continue
        value = found["value"] if whole or floor == 1 else _upper_end(found)
        if value is None:
            (short if whole else skipped).append(f"{name}: too few cases to compute it from")
        elif value < floor:
            short.append(f"{name}: {value:.3f} is below {floor:.3f} by {floor - value:.3f}")
    return short, skipped


def _upper_end(found: Json) -> float | None:
    """Return the upper end of an interval.

    Where none of n cases went well, every draw of the bootstrap says 0; then it is that of the
    exact binomial interval (Clopper and Pearson), which is wide for a few cases.
    """
    if found["high"] == 0 and found.get("n"):
        return float(1 - 0.025 ** (1 / found["n"]))
    high: float | None = found["high"]
    return high


def _leaves(tree: Json, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), float(value)
