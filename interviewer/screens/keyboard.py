"""Lines typed in a terminal, read while everything else goes on."""

from __future__ import annotations

import select
import sys
import termios
from contextlib import suppress
from functools import partial

from interviewer.daemon import in_daemon

with suppress(ImportError):  # without it a terminal cuts a line off after 4,095 bytes
    import readline as readline

PASTE_S = 0.05
"""Lines that follow an empty one this soon were pasted with it; nobody types so fast."""


async def read_line(prompt: str) -> str:
    """Read one line from the terminal, or from whatever stdin is.

    A terminal is read in a thread, so that an assessment goes on while the candidate types and
    Ctrl-C is heard at once, not after the next Enter.

    Raises:
        EOFError: there is none.
    """
    if sys.stdin is None:
        raise EOFError
    if not sys.stdin.isatty():
        return input(prompt)
    before = termios.tcgetattr(sys.stdin)
    try:
        return await in_daemon("keyboard", partial(input, prompt))
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def more_was_pasted() -> bool:
    """Tell whether more lines wait in a terminal already, so that an empty one ends nothing."""
    if sys.stdin is None or not sys.stdin.isatty():
        return False
    return bool(select.select([sys.stdin], [], [], PASTE_S)[0])
