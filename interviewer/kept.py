"""What is dear to compute, kept in a file of the data folder under the name of its ingredients.

A file can be deleted at any time and shared by any number of processes; one that cannot be read
or written costs only time. The oldest values make room for new ones.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from interviewer.embedding import Encoded, Encoder, Matrix, Progress
from interviewer.source import code_hash, sha


class Kept:
    """At most so many values, each some JSON and a matrix."""

    def __init__(self, path: Path, most: int) -> None:
        """Open or create a file."""
        self._most = most
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS kept (at INTEGER PRIMARY KEY, "
                "key TEXT UNIQUE NOT NULL, head TEXT NOT NULL, width INTEGER NOT NULL, "
                "matrix BLOB NOT NULL)"
            )

    def get(self, key: str) -> tuple[Any, Matrix] | None:
        """Return what was put under a key, if it is still there."""
        with suppress(sqlite3.Error):
            found = self._db.execute(
                "SELECT head, width, matrix FROM kept WHERE key = ?", (key,)
            ).fetchone()
            if found:
                head, width, matrix = found
                return json.loads(head), np.frombuffer(matrix, np.float32).reshape(-1, width)
        return None

    def put(self, key: str, head: object, matrix: Matrix) -> None:
        """Keep a value, and drop the oldest beyond what fits."""
        row = (key, json.dumps(head), matrix.shape[1], matrix.astype(np.float32).tobytes())
        with suppress(sqlite3.Error):
            self._db.execute(
                "INSERT OR IGNORE INTO kept (key, head, width, matrix) VALUES (?, ?, ?, ?)", row
            )
            self._db.execute(
                "DELETE FROM kept WHERE at <= (SELECT max(at) FROM kept) - ?", (self._most,)
            )

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


class KeptEncoder:
    """An encoder that embeds the same list of texts once.

    Whole lists and not single texts, because the last bits of a vector depend on what it was
    embedded together with, and a grade must not depend on what was graded before.
    """

    def __init__(self, encoder: Encoder, kept: Kept) -> None:
        """Keep what this encoder makes."""
        self._encoder, self._kept = encoder, kept
        self.name = encoder.name

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> list[Encoded]:
        """Return the vectors of texts, from the file if they are there."""
        key = sha([self.name, code_hash("kept"), *texts])
        if found := self._kept.get(key):
            tokens, rows = found
            ends = np.cumsum([len(t) for t in tokens]).tolist()
            return [
                Encoded(tuple(t), rows[end - len(t) : end], rows[ends[-1] + i])
                for i, (t, end) in enumerate(zip(tokens, ends, strict=True))
            ]
        encoded = self._encoder.encode(texts, progress)
        if encoded:
            rows = np.concatenate([*(e.vectors for e in encoded), [e.pooled for e in encoded]])
            self._kept.put(key, [e.tokens for e in encoded], rows)
        return encoded
