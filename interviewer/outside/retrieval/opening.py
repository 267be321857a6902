"""Open the index, which is built once, under a lock, by whoever needs it first."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from chromadb.api.shared_system_client import SharedSystemClient
from filelock import FileLock, Timeout

from interviewer.errors import SetupError
from interviewer.files.rubrics import digest
from interviewer.models import Question
from interviewer.outside.embedding import Encoder, Progress
from interviewer.outside.retrieval.build import DAMAGED, LAYOUT, build
from interviewer.outside.retrieval.index import RubricIndex
from interviewer.outside.retrieval.tidying import hold

_log = logging.getLogger(__name__)
_SILENT_S, _PATIENCE_S = 2, 600
"""How long to wait for another process without a word, and then at most."""


def index_folder(root: Path, questions: Iterable[Question], encoder: Encoder) -> Path:
    """Name the folder in which the index of these questions and this encoder stands."""
    corpus = hashlib.sha256(LAYOUT.encode())
    for question in sorted(questions, key=lambda q: q.id):
        corpus.update(digest(question).encode())
    return root / f"{corpus.hexdigest()[:16]}-{re.sub(r'[^A-Za-z0-9.]+', '-', encoder.name)}"


def open_or_build(
    root: Path, questions: Sequence[Question], encoder: Encoder, progress: Progress | None = None
) -> RubricIndex:
    """Open the index of these questions; build it first when it is not there.

    Raises:
        SetupError: the folder cannot be written, or another process holds the lock too long.
    """
    folder = index_folder(root, questions, encoder)
    try:
        if index := _opened(folder):
            return index
        root.mkdir(parents=True, exist_ok=True)
        with _lock(folder):  # opened under it too: Chroma's clients do not stand two threads
            if not (index := _opened(folder)):
                shutil.rmtree(folder, ignore_errors=True)
                build(folder, questions, encoder, progress)
                index = RubricIndex(folder)
                hold(index, folder)
        return index
    except Timeout as error:
        raise SetupError(
            f"Another process has been building {folder} for ten minutes. "
            f"Stop it, or delete {folder}.lock and try again."
        ) from error
    except OSError as error:
        raise SetupError(
            f"The index folder {root} cannot be written ({error.strerror}). "
            "Free some space, or set INTERVIEWER_DATA_DIR to a folder you can write."
        ) from error


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold the right to build an index; whoever has to wait for it is told at once for what."""
    lock = FileLock(f"{folder}.lock")
    try:
        lock.acquire(timeout=_SILENT_S)
    except Timeout:
        _log.warning(
            "Waiting, up to ten minutes, for another process that is building the index %s.", folder
        )
        lock.acquire(timeout=_PATIENCE_S)
    try:
        yield
    finally:
        lock.release()


def _opened(folder: Path) -> RubricIndex | None:
    """Open an index; None when there is none, or it is damaged: it can be built anew."""
    if not folder.exists():
        return None
    with suppress(OSError):  # a folder that may only be read
        os.utime(folder)
    try:
        index = RubricIndex(folder)
        hold(index, folder)
        return index
    except DAMAGED:
        SharedSystemClient.clear_system_cache()  # it would hand out the broken one again
        return None
