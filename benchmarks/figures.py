"""Print figures the way every benchmark does: one JSON line each, last on stdout."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable


def interleaved(rounds: int, *jobs: Callable[[], object]) -> list[float]:
    """Return the median seconds of each job, run in turn so that a slow moment hits all alike."""
    taken: list[list[float]] = [[] for _ in jobs]
    for _ in range(rounds):
        for seconds, job in zip(taken, jobs, strict=True):
            started = time.perf_counter()
            job()
            seconds.append(time.perf_counter() - started)
    return [statistics.median(seconds) for seconds in taken]


def show(
    name: str, value: float, *, at_most: float | None = None, at_least: float | None = None
) -> None:
    """Print one figure beside its target, the most or the least that it should be."""
    target = at_least if at_most is None else at_most
    ok = (at_most is None or value <= at_most) and (at_least is None or value >= at_least)
    print(
        json.dumps({"name": name, "value": round(value, 3), "target": target, "ok": ok}), flush=True
    )
