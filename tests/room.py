"""A practice room in a process of its own, and what tests do in its page."""

from __future__ import annotations

import html
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

from interviewer.files.settings import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

SCREENS = ROOT / "docs" / "screens"
TALLEST = 2400
"""Pixels of a picture that are kept."""
_NO_FOLDER = r"""() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace(/\/tmp\/[^\s.,]+/g, "~/interviews");
}"""
"""A picture names no folder of the machine that took it."""
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
]  # fmt: skip


def words(shown: str) -> str:
    """Return what HTML says."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown)).split())


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Server:
    """A practice room that can be killed and started again."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self._env = {
            **os.environ,
            **settings,
            "INTERVIEWER_DATA_DIR": str(data_dir),
            "INTERVIEWER_PORT": str(self.port),
        }
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py")], env=self._env, stderr=subprocess.DEVNULL
        )
        for _ in range(900):
            try:
                with urlopen(f"{self.url}healthz", timeout=2) as reply:
                    if b"true" in reply.read():
                        return
            except OSError:
                assert self._process.poll() is None, "the server stopped"
            time.sleep(0.2)
        raise AssertionError("the server did not become ready")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(timeout=20)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Be away for a while, and back whatever happens: others come after."""
        self.kill()
        try:
            yield
        finally:
            self.start()


def follow(page: Page, query: str) -> None:
    """Go to another place of the room as a link does, without loading the page anew."""
    page.evaluate(
        "href => { const link = document.body.appendChild(document.createElement('a'));"
        " link.setAttribute('href', href); link.click(); link.remove(); }",
        query,
    )


def study(page: Page, question_id: str) -> None:
    query = f"?question={question_id}"
    if not page.url.endswith(query):
        follow(page, query)
    there = "query => document.querySelector('#place textarea, #place input').value === query"
    page.wait_for_function(there, arg=query)
    page.wait_for_selector("#practise", state="visible")


def begin(page: Page, question_id: str) -> None:
    """Begin an interview on one question."""
    study(page, question_id)
    page.click("#practise")
    page.wait_for_selector("#answer textarea", state="visible")
    turns(page, 1)


def turns(page: Page, count: int) -> None:
    """Wait until the conversation has this many turns."""
    page.locator("#conversation .turn:not(.sending)").nth(count - 1).wait_for(state="attached")


def holds(page: Page, text: str) -> None:
    """Wait until the box for the answer holds a text, and see that it stays."""
    box = "document.querySelector('#answer textarea')"
    page.wait_for_function(f"text => {box}?.value === text && {box}.offsetParent", arg=text)
    page.wait_for_timeout(400)  # drafts are put back within 150 ms
    assert page.input_value("#answer textarea") == text


def send(page: Page, text: str, then: int) -> None:
    """Send an answer with the keyboard and wait until the conversation has this many turns."""
    turns(page, 1)
    page.fill("#answer textarea", text)
    page.focus("#answer textarea")
    page.keyboard.press("Control+Enter")
    turns(page, then)
    page.locator("#talk:not(.waiting)").wait_for(state="attached")


@contextmanager
def sent_to_nobody(page: Page, server: Server) -> Iterator[None]:
    """Press Send when the server has just gone, stay alone with the page, then be served again."""
    looks: list[Route] = []
    # The page looks every 5 s, and might see it before the press.
    page.route("**/healthz", lambda look: looks.append(look))
    with server.down():
        page.click("#send")
        page.locator(".turn.sending").wait_for()
        for look in looks:
            look.continue_()
        page.unroute("**/healthz")
        page.get_by_text("What you just sent is back in the box").wait_for()
        yield


def finish(page: Page) -> None:
    turns(page, 1)
    page.click("#finish")
    page.click("#finish-now")
    page.wait_for_selector(".verdict h1")


def shoot(page: Page, name: str, *, whole: bool = True) -> None:
    """Keep a small picture of the whole page or of what is seen, where somebody asked for new ones."""
    if os.environ.get("INTERVIEWER_SCREENS"):
        from PIL import Image

        page.wait_for_timeout(700)
        page.evaluate(_NO_FOLDER)
        SCREENS.mkdir(parents=True, exist_ok=True)
        path = SCREENS / f"{name}.png"
        page.screenshot(path=path, full_page=whole)
        with Image.open(path) as shot:
            top = shot.convert("RGB").crop((0, 0, shot.width, min(shot.height, TALLEST)))
        top.quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
