"""Practice as somebody at a terminal sees it."""

from __future__ import annotations

import os
import pty
import re
import select
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest

from answers import DROPOUT


class Terminal:
    """A command in a terminal of 80 columns."""

    def __init__(self, *args: str, data_dir: Path) -> None:
        self._fd, inner = pty.openpty()
        env = {
            **os.environ,
            "INTERVIEWER_DATA_DIR": str(data_dir),
            "TERM": "xterm",
            "COLUMNS": "80",
        }
        command = [sys.executable, "-m", "interviewer.screens.cli", *args]
        self.process = subprocess.Popen(
            command, stdin=inner, stdout=inner, stderr=inner, env=env, start_new_session=True,
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # it gets the Ctrl-C
        )  # fmt: skip
        os.close(inner)
        self.seen = ""
        self._there = select.poll()  # `select.select` knows no file beyond the thousandth
        self._there.register(self._fd, select.POLLIN)

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def wait_for(self, pattern: str, seconds: float = 120) -> None:
        """Read until something shows that was not there before."""
        start, end = len(self.seen), monotonic() + seconds
        while not re.search(pattern, self.seen[start:]):
            assert monotonic() < end, self.seen
            self._read(1000)

    def settle(self) -> None:
        """Read until nothing comes for two seconds: how a paste is echoed is the system's affair."""
        while self._read(2000):
            pass

    def _read(self, patience_ms: int) -> bool:
        if not self._there.poll(patience_ms):
            return False
        try:
            read = os.read(self._fd, 65536).decode(errors="replace")
        except OSError:
            pytest.fail(f"it ended: {self.seen}")
        self.seen += re.sub(r"\x1b\[[\d;?]*\w", "", read)
        return True

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._fd)


@pytest.fixture
def terminal(data_dir: Path) -> Iterator[Terminal]:
    terminal = Terminal("practice", DROPOUT, data_dir=data_dir)
    yield terminal
    terminal.close()


def test_a_paste_is_one_answer_and_ctrl_c_leaves_at_once(
    terminal: Terminal, data_dir: Path
) -> None:
    terminal.wait_for(r"\n> $")
    said = (
        "def mask(x):\n\treturn x * keep\n\n\n# noise that units cannot fit around " + "é🙂 " * 700
    )
    terminal.type(said + "\n")
    terminal.settle()
    terminal.type("\n")
    terminal.wait_for(r"Listening…(?s:.)*Interviewer  (?s:.)*\n> $")
    terminal.type("This is not sent.\n")
    terminal.wait_for(r"\n  $")
    terminal.type("\x03")
    assert terminal.process.wait(timeout=30) == 130
    with closing(sqlite3.connect(data_dir / "interviews.sqlite")) as db:
        query = "SELECT text FROM turns WHERE role = 'candidate'"
        assert [text for (text,) in db.execute(query)] == [said]
    assert all(len(line) <= 80 for line in terminal.seen.splitlines() if "é" not in line)
