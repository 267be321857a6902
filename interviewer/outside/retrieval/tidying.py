"""Remove the indexes that edits of a rubric leave behind; each takes some 200 MB."""

from __future__ import annotations

import json
import os
import shutil
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # on Windows no folder can be opened as below, so none is removed
    fcntl = None  # type: ignore[assignment]

_KEPT = 3
"""Finished indexes of an encoder that stay, the last opened."""
_REPLACED = 0.5
"""Share of an index's phrases that a newer one has when it stands in its place."""
_FORGOTTEN = 24 * 3600
"""Seconds after which nobody will come back to one that is about something else."""


def hold(index: object, folder: Path) -> None:
    """Keep a folder from being removed for as long as an object lives, in any process."""
    with suppress(OSError):  # some file systems know no locks
        handle = os.open(folder, os.O_RDONLY)
        weakref.finalize(index, os.close, handle)
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)


def tidy(newest: Path, others: Sequence[Path]) -> None:
    """Remove what nobody has open and a newer one replaces, or nobody opened for a day.

    Args:
        newest: the index that was just built.
        others: all of the same encoder, the last opened first.
    """
    phrases = _phrases(newest)
    for old in [other for other in others if other != newest][_KEPT - 1 :]:
        with suppress(OSError, ValueError), _alone(old):
            theirs = _phrases(old)
            replaced = len(theirs & phrases) >= _REPLACED * len(theirs)
            if replaced or time.time() - old.stat().st_mtime > _FORGOTTEN:
                shutil.rmtree(old, ignore_errors=True)


def _phrases(folder: Path) -> set[tuple[str, ...]]:
    return {tuple(tokens) for tokens in json.loads((folder / "tokens.json").read_text())}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder for oneself; OSError while anybody has it open."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
