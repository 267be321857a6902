"""What every benchmark does: measure in turn, share the index, print one JSON line a figure."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from interviewer.files.settings import ROOT


def interleaved(rounds: int, *jobs: Callable[[], object]) -> list[float]:
    """Return the median seconds of each job, run in turn so that a slow moment hits all alike."""
    taken: list[list[float]] = [[] for _ in jobs]
    for _ in range(rounds):
        for seconds, job in zip(taken, jobs, strict=True):
            started = time.perf_counter()
            job()
            seconds.append(time.perf_counter() - started)
    return [statistics.median(seconds) for seconds in taken]


def share_index(data_dir: Path) -> None:
    """Give a data folder the index of this checkout; whoever needs it first builds it there."""
    index = ROOT / ".cache/index"
    index.mkdir(parents=True, exist_ok=True)
    (data_dir / "index").symlink_to(index)


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile of what was measured, which is never above the largest."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def show(
    name: str, value: float, *, at_most: float | None = None, at_least: float | None = None
) -> None:
    """Print one figure beside its target, the most or the least that it should be."""
    target = at_least if at_most is None else at_most
    ok = (at_most is None or value <= at_most) and (at_least is None or value >= at_least)
    print(
        json.dumps({"name": name, "value": round(value, 3), "target": target, "ok": ok}), flush=True
    )
