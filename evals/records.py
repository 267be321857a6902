"""The folder of a run: what was to be graded, every grade, and the numbers.

cases.jsonl     what the run covers: suite, case as it was, and the key of each repeat
results.jsonl   one row a grade, only ever appended to; cache and resume
metrics.json    written last; a run that was killed has none
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from errno import ENOSPC
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout
from pydantic import ValidationError

from evals.cases import Case, Item
from interviewer.errors import BadInput, SetupError
from interviewer.models import Grade, Value

CASES, RESULTS, METRICS = "cases.jsonl", "results.jsonl", "metrics.json"


class Row(Value):
    """One line of results.jsonl; either a grade or the reason why there is none."""

    case_id: str
    suite: str
    repeat: int
    grade: Grade | None
    error: str | None
    seconds: float
    key: str


@dataclass(frozen=True)
class Job:
    """One grade to be had."""

    item: Item
    repeat: int
    key: str


@dataclass(frozen=True)
class Outcome:
    """A case and what became of it once."""

    suite: str
    case: Case
    repeat: int
    row: Row


class Results:
    """results.jsonl, open for appending; only one process can hold it."""

    def __init__(self, folder: Path, file: IO[bytes]) -> None:
        """Append to an unbuffered file of a folder; its last line is whole."""
        self._folder, self._file = folder, file

    def add(self, row: Row) -> None:
        """Append a row and hand it to the system, so that a kill loses nothing.

        Raises:
            SetupError: it cannot be written.
        """
        line = row.model_dump_json().encode() + b"\n"
        with _writing(self._folder):
            if self._file.write(line) < len(line):
                raise OSError(ENOSPC, os.strerror(ENOSPC))


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say of a disk that is full which folder was written to, and that nothing is lost."""
    try:
        yield
    except OSError as error:
        raise SetupError(
            f"{folder} cannot be written: {error.strerror}. Free some space; every grade so far is "
            "kept, and the same command goes on where it was stopped."
        ) from error


@contextmanager
def appending(folder: Path) -> Iterator[Results]:
    """Open results.jsonl; what a kill left of a last line is cut off.

    Raises:
        SetupError: another run writes to this folder, or it cannot be written.
    """
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(folder / "results.lock", timeout=0))
            file = stack.enter_context((folder / RESULTS).open("a+b", buffering=0))
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
        except Timeout:
            raise SetupError(
                f"Another run is writing to {folder}. Wait for it, or give another --out."
            ) from None
        except OSError as error:
            raise SetupError(f"{folder} cannot be written: {error.strerror}.") from error
        yield Results(folder, file)


def read_rows(folder: Path) -> dict[str, Row]:
    """Return the latest row of every key; lines that are no rows of ours are passed over."""
    rows: dict[str, Row] = {}
    path = folder / RESULTS
    for line in path.read_bytes().split(b"\n") if path.exists() else ():
        try:
            row = Row.model_validate_json(line)
        except ValidationError:
            continue
        rows[row.key] = row
    return rows


def write_plan(folder: Path, jobs: Sequence[Job]) -> None:
    """Note what the run covers, and drop the numbers of an earlier run."""
    (folder / METRICS).unlink(missing_ok=True)
    keys: dict[tuple[str, str], tuple[Item, list[str]]] = {}
    for job in jobs:
        item = job.item
        keys.setdefault((item.suite, item.case.id), (item, []))[1].append(job.key)
    lines = [
        _json({"suite": item.suite, "keys": found, "case": item.case.model_dump(mode="json")})
        for item, found in keys.values()
    ]
    _replace(folder / CASES, "\n".join(lines) + "\n")


def outcomes(folder: Path) -> list[Outcome]:
    """Return what the last run in a folder covers and has rows for, in the order of its cases.

    Raises:
        BadInput: no run was ever started there.
    """
    try:
        lines = (folder / CASES).read_text(encoding="utf-8").split("\n")
    except OSError:
        raise BadInput(_no_run(folder)) from None
    rows = read_rows(folder)
    found = []
    for line in lines[:-1]:
        plan = json.loads(line)
        case = Case.model_validate(plan["case"])
        for repeat, key in enumerate(plan["keys"]):
            if row := rows.get(key):
                found.append(Outcome(plan["suite"], case, repeat, row))
    return found


def write_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """Write metrics.json at once or not at all."""
    _replace(folder / METRICS, json.dumps(metrics, ensure_ascii=False, indent=1) + "\n")


def read_metrics(folder: Path) -> dict[str, Any]:
    """Return the numbers of a run.

    Raises:
        BadInput: there are none.
    """
    try:
        metrics: dict[str, Any] = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        if not (folder / CASES).exists():
            raise BadInput(_no_run(folder)) from None
        raise BadInput(
            f"{folder} has no {METRICS}: no run has ended there. "
            "Give the command of the run again; it goes on where it was stopped."
        ) from None
    return metrics


def _no_run(folder: Path) -> str:
    return f"{folder} holds no run. Make one with `python -m evals run --out {folder}`."


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(path.name + ".part")
    with _writing(path.parent):
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
