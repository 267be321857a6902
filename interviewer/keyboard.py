"""Lines typed in a terminal, read while everything else goes on."""

from __future__ import annotations

import asyncio
import select
import sys
import termios
import threading
from contextlib import suppress

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
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()

    def settle(line: str | None) -> None:
        if typed.done():
            return
        if line is None:
            typed.set_exception(EOFError())
        else:
            typed.set_result(line)

    def work() -> None:
        try:
            line = input(prompt)
        except EOFError:
            line = None
        with suppress(RuntimeError):  # the loop has ended, nobody waits any more
            loop.call_soon_threadsafe(settle, line)

    before = termios.tcgetattr(sys.stdin)
    threading.Thread(target=work, name="keyboard", daemon=True).start()
    try:
        return await typed
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def more_was_pasted() -> bool:
    """Tell whether more lines wait in a terminal already, so that an empty one ends nothing."""
    if sys.stdin is None or not sys.stdin.isatty():
        return False
    return bool(select.select([sys.stdin], [], [], PASTE_S)[0])
