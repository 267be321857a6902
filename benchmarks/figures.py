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


def show(name: str, value: float, *, at_most: float) -> None:
    """Print one figure that should be at most its target."""
    line = {"name": name, "value": round(value, 3), "target": at_most, "ok": value <= at_most}
    print(json.dumps(line), flush=True)
