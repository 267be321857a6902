"""What is dear to compute, kept in a file of the data folder under the name of its ingredients.

A file can be deleted at any time and shared by any number of processes; one that cannot be read
or written costs only time. The oldest values make room for new ones.
"""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from interviewer.files.source import code_hash, sha
from interviewer.outside.embedding import Encoded, Encoder, Matrix, Progress


class Kept:
    """At most so many values, each some JSON and arrays."""

    def __init__(self, path: Path, most: int) -> None:
        """Open or create a file."""
        self._most = most
        # Ctrl-C leaves threads behind, and a connection that is closed while one reads crashes.
        self._lock = threading.Lock()
        try:
            self._db = _connect(path)
        except sqlite3.Error:
            self._db = _connect(":memory:")
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS kept (at INTEGER PRIMARY KEY, "
                "key TEXT UNIQUE NOT NULL, head TEXT NOT NULL, arrays BLOB NOT NULL)"
            )

    def get(self, key: str) -> tuple[Any, list[Matrix]] | None:
        """Return what was put under a key, if it is still there."""
        try:
            with self._lock:
                found = self._db.execute(
                    "SELECT head, arrays FROM kept WHERE key = ?", (key,)
                ).fetchone()
        except sqlite3.Error:
            return None
        if found is None:
            return None
        head, shapes = json.loads(found[0])
        ends = np.cumsum([math.prod(shape) for shape in shapes])
        parts = np.split(np.frombuffer(found[1], np.float32), ends[:-1])
        return head, [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]

    def put(self, key: str, head: object, *arrays: Matrix) -> None:
        """Keep a value, and drop the oldest beyond what fits."""
        text = json.dumps([head, [array.shape for array in arrays]])
        blob = b"".join(array.astype(np.float32).tobytes() for array in arrays)
        with suppress(sqlite3.Error), self._lock:
            self._db.execute(
                "INSERT OR IGNORE INTO kept (key, head, arrays) VALUES (?, ?, ?)", (key, text, blob)
            )
            self._db.execute(
                "DELETE FROM kept WHERE at <= (SELECT max(at) FROM kept) - ?", (self._most,)
            )

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()


def _connect(path: Path | str) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


class KeptEncoder:
    """An encoder that embeds the same list of texts once.

    Whole lists and not single texts, because the last bits of a vector (1e-7) depend on what it
    was embedded together with: evals are held against each other to the bit, so what is graded
    from a file must not depend on what was graded before. In interviews it may: `SharedEncoder`.
    """

    def __init__(self, encoder: Encoder, kept: Kept) -> None:
        """Keep what this encoder makes."""
        self._encoder, self._kept = encoder, kept
        self.name = encoder.name

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> list[Encoded]:
        """Return the vectors of texts, from the file if they are there."""
        key = sha([self.name, code_hash("outside.kept"), *texts])
        if found := self._kept.get(key):
            tokens, (vectors, pooled) = found
            parts = np.split(vectors, np.cumsum([len(t) for t in tokens])[:-1])
            return [Encoded(tuple(t), v, p) for t, v, p in zip(tokens, parts, pooled, strict=True)]
        encoded = self._encoder.encode(texts, progress)
        if encoded:
            vectors = np.concatenate([e.vectors for e in encoded])
            pooled = np.stack([e.pooled for e in encoded])
            self._kept.put(key, [e.tokens for e in encoded], vectors, pooled)
        return encoded
