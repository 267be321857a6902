"""Work that blocks, in a thread that neither an argument with a typo nor Ctrl-C has to wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


async def in_daemon(
    name: str, work: Callable[[], T], unwanted: Callable[[T], None] = lambda result: None
) -> T:
    """Return what some work comes to, and raise what it raises.

    `to_thread` would do, but a process that ends waits for its threads.

    Args:
        name: of the thread.
        work: what is done there.
        unwanted: is handed what came when whoever asked has gone.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if error is not None:
            if not done.done():
                done.set_exception(error)
        elif done.done():
            unwanted(result)
        else:
            done.set_result(result)

    def run() -> None:
        try:
            outcome: tuple[Any, BaseException | None] = work(), None
        except BaseException as error:
            outcome = None, error
        with suppress(RuntimeError):  # the loop has ended, nobody waits any more
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await done
