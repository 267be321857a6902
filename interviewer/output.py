"""Stdout, when whoever reads it has left or the disk behind it is full."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def let_go() -> None:
    """Keep Python from writing what is left to stdout, and failing once more, when it ends."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
