"""One SQLite file: reads where they are asked for, writes one after the other in a thread.

A read of a few rows takes some 20 µs, less than handing it to a thread and back. A write waits
for the disk, so whoever writes waits beside others: what has queued up meanwhile is written in
one transaction, with one wait for the disk. No cursor is ever shared between threads. (With one
connection for all, one write in two thousand of 48 people at once failed: a cursor that the loop
dropped reset the statement that the thread was running.)
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Literal

from interviewer.errors import SetupError

Values = Sequence[object] | Mapping[str, object]
Statement = tuple[str, Values]
_Job = tuple[Sequence[Statement], asyncio.Future[None]]

_PRAGMAS = (
    "journal_mode = WAL",
    "foreign_keys = ON",
    "busy_timeout = 5000",
    "secure_delete = ON",
)
_TOGETHER = 100
"""Writes in one transaction."""


def now() -> str:
    """Return this moment as it is kept: text that sorts."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say what to do about a file of SQLite that cannot be used; broken constraints pass through.

    Raises:
        SetupError: it is damaged, or cannot be read or written.
    """
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except (OSError, sqlite3.Error) as error:
        if getattr(error, "sqlite_errorcode", None) in (
            sqlite3.SQLITE_CORRUPT,
            sqlite3.SQLITE_NOTADB,
        ):
            raise SetupError(
                f"{path} is damaged ({error}). Move it out of the way and a new one is begun."
            ) from error
        raise SetupError(
            f"{path} cannot be read or written ({error}). Free some disk space, or set "
            "INTERVIEWER_DATA_DIR to a folder that you can write; then try again."
        ) from error


class Database:
    """An open file. It is read in the thread that opened it."""

    def __init__(
        self, path: Path, schema: str, synchronous: Literal["FULL", "NORMAL"] = "FULL"
    ) -> None:
        """Open or create a file.

        Args:
            path: the file.
            schema: what creates its tables where they are missing.
            synchronous: what outlives a power cut: all that was written, or all up to some moment
                before it. A process that is killed loses nothing either way.

        Raises:
            SetupError: it cannot be opened, or is no database.
        """
        self._path = path
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._reader = _connect(path, synchronous)
            self._reader.executescript(schema)
            db = _connect(path, synchronous)
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._closed = False
        self._writer = threading.Thread(
            target=self._write_on, args=(db,), name=f"write-{path.stem}", daemon=True
        )
        self._writer.start()

    def read(self, sql: str, values: Values = ()) -> list[sqlite3.Row]:
        """Return the rows that a query finds.

        Raises:
            SetupError: the file cannot be read.
        """
        with explained(self._path):
            return self._reader.execute(sql, values).fetchall()

    async def write(self, *statements: Statement) -> None:
        """Execute statements, all or none; they outlive this process when this returns.

        Whoever is cancelled meanwhile ends when it is written, not before: what goes on from there
        must find it.

        Raises:
            sqlite3.IntegrityError: they break a constraint.
            SetupError: they cannot be written, or the file is closed.
        """
        if self._closed:
            raise SetupError(
                f"{self._path} is closed already, so nothing more is kept. Start again."
            )
        done = asyncio.get_running_loop().create_future()
        self._queue.put((statements, done))
        with explained(self._path):
            try:
                await asyncio.shield(done)
            except asyncio.CancelledError:
                await asyncio.wait([done])
                done.exception()
                raise

    async def close(self) -> None:
        """Write what is queued and close the file."""
        self._closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._writer.join)
        self._reader.close()

    def _write_on(self, db: sqlite3.Connection) -> None:
        closing = False
        while not closing:
            jobs: list[_Job] = []
            for job in self._queued():
                if job is None:
                    closing = True
                else:
                    jobs.append(job)
            outcomes = _commit(db, jobs)
            for loop in {done.get_loop() for _, done in jobs}:
                with suppress(RuntimeError):  # the loop has ended, nobody waits any more
                    loop.call_soon_threadsafe(_tell, jobs, outcomes)
        db.close()

    def _queued(self) -> list[_Job | None]:
        """Wait for a job, and take what came in behind it."""
        jobs = [self._queue.get()]
        with suppress(Empty):
            while len(jobs) < _TOGETHER:
                jobs.append(self._queue.get_nowait())
        return jobs


def _commit(db: sqlite3.Connection, jobs: Sequence[_Job]) -> list[Exception | None]:
    """Write jobs together, or each on its own when one of them fails; return what went wrong."""
    try:
        with db:
            for statements, _ in jobs:
                for sql, values in statements:
                    db.execute(sql, values)
    except Exception as error:
        if len(jobs) == 1:
            return [error]
        return [outcome for job in jobs for outcome in _commit(db, [job])]
    return [None] * len(jobs)


def _tell(jobs: Sequence[_Job], outcomes: Sequence[Exception | None]) -> None:
    for (_, done), error in zip(jobs, outcomes, strict=True):
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


def _connect(path: Path, synchronous: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, check_same_thread=False)
    db.row_factory = sqlite3.Row
    for pragma in (*_PRAGMAS, f"synchronous = {synchronous}"):
        db.execute(f"PRAGMA {pragma}")
    return db
