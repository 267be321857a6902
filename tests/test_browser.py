"""The interview in a real Chromium, as somebody new to it would do it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from answers import DROPOUT, first
from conftest import SHARED, need
from interviewer.retrieval import RubricIndex
from interviewer.settings import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
SCREENS = ROOT / "docs" / "screens"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


class Server:
    """A practice room in its own process, which can be killed and started again."""

    def __init__(self, data_dir: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self._env = {
            **os.environ,
            "INTERVIEWER_DATA_DIR": str(data_dir),
            "INTERVIEWER_PORT": str(self.port),
        }
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py")], env=self._env, stderr=subprocess.DEVNULL
        )
        for _ in range(600):
            try:
                with urlopen(f"{self.url}healthz", timeout=2) as reply:
                    if b"true" in reply.read():
                        return
            except OSError:
                assert self._process.poll() is None, "the server stopped"
            time.sleep(0.2)
        raise AssertionError("the server did not become ready")

    def kill(self, how: int = signal.SIGKILL) -> None:
        self._process.send_signal(how)
        self._process.wait(timeout=20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    need(
        chromium is not None and importlib.util.find_spec("playwright") is not None,
        "chromium and playwright",
    )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(index: RubricIndex, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data_dir = tmp_path_factory.mktemp("served")
    (data_dir / "index").symlink_to(SHARED)
    server = Server(data_dir)
    yield server
    server.kill()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page that fails the test when it asks for anything from elsewhere or logs an error."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})  # with storage of its own
    elsewhere: list[str] = []
    trouble: list[str] = []
    page.on(
        "request",
        lambda r: (
            None if r.url.startswith((server.url, "data:", "blob:")) else elsewhere.append(r.url)
        ),
    )
    page.on("pageerror", lambda e: trouble.append(str(e)))
    page.set_default_timeout(30_000)
    page.goto(server.url)
    yield page
    page.close()
    assert elsewhere == []
    assert trouble == []


def choose(page: Page, title: str) -> None:
    page.get_by_label("Question").click()
    page.get_by_role("option", name=title).click()
    page.click("#begin")
    page.wait_for_selector("#answer textarea", state="visible")


def send(page: Page, text: str, turns: int) -> None:
    """Send an answer with the keyboard and wait until the conversation has this many turns."""
    page.fill("#answer textarea", text)
    page.focus("#answer textarea")
    page.keyboard.press("Control+Enter")
    said = page.locator("#chat [data-testid=bot], #chat [data-testid=user]")
    said.nth(turns - 1).wait_for()


def test_somebody_new_does_a_whole_interview(page: Page) -> None:
    """No key: a question, answers, follow-ups, Finish, and a level with their own words under it."""
    page.wait_for_selector("#begin")
    shoot(page, "start")
    choose(page, "Why does dropout work?")
    page.get_by_text("damage the network").first.wait_for()
    send(page, first()[DROPOUT]["L4"], 3)
    shoot(page, "interview")
    page.reload()
    page.get_by_text("we randomly switch off a fraction").wait_for()
    send(page, first()[DROPOUT]["L5"], 5)
    page.click("#finish")
    page.wait_for_selector(".verdict .level")
    assert re.match(r"L[456]", page.inner_text(".verdict .level"))
    quotes = page.locator(".tell blockquote").all_inner_texts()
    said = " ".join((first()[DROPOUT]["L4"] + " " + first()[DROPOUT]["L5"]).split())
    assert quotes
    assert all(" ".join(q.split()) in said for q in quotes)
    shoot(page, "feedback")
    page.reload()
    page.wait_for_selector(".verdict .level")
    page.click("#another")
    page.wait_for_selector("#begin", state="visible")


def test_the_same_interview_on_a_phone_in_the_dark(browser: Browser, server: Server) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.goto(f"{server.url}?__theme=dark")
    page.wait_for_selector("#begin")
    shoot(page, "start-phone-dark")
    choose(page, "Debug this training loop")
    shoot(page, "interview-phone-dark")
    page.fill("#answer textarea", first()["debug-this-training-loop"]["L5"])
    page.click("#finish")
    page.wait_for_selector(".verdict .level")
    shoot(page, "feedback-phone-dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_an_answer_outlives_a_killed_server(page: Page, server: Server) -> None:
    choose(page, "Why does dropout work?")
    page.get_by_text("damage the network").first.wait_for()
    send(page, "Masks are noise, and the full network is their average.", 3)
    server.kill()
    server.start()
    page.goto(server.url)
    page.get_by_text("Masks are noise, and the full network").wait_for()
    send(page, "It helps when data are few and seen often.", 5)


def test_a_reply_that_was_cut_off_by_a_reload_comes_after_it(page: Page) -> None:
    choose(page, "Why does dropout work?")
    page.fill("#answer textarea", "Masks are noise, and the full network is their average.")
    page.click("#send")
    page.get_by_text("Masks are noise").last.wait_for()
    page.reload()
    page.locator("#chat [data-testid=bot]").nth(1).wait_for()
    send(page, "It helps when data are few and seen often.", 5)


def test_an_unfinished_interview_is_offered_again(page: Page) -> None:
    choose(page, "Why does dropout work?")
    send(page, "Masks are noise, and the full network is their average.", 3)
    page.evaluate("localStorage.removeItem('interviewer-current')")
    page.reload()
    page.wait_for_selector("#continue", state="visible")
    assert "Why does dropout work?" in page.inner_text("#continue")
    page.click("#continue")
    page.get_by_text("Masks are noise").wait_for()


HOSTILE = [
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "![x](http://127.0.0.1:9/pixel.png)",
    "[click](javascript:document.title='owned')",
    "<style>body{background:url(http://127.0.0.1:9/x)}</style>",
    "<svg onload=\"document.title='owned'\"></svg>",
    "<form action=http://127.0.0.1:9/><input name=x></form>",
    "[ref]: http://127.0.0.1:9/x\n![a][ref]",
]


def test_what_a_candidate_types_stays_text(page: Page) -> None:
    choose(page, "Why does dropout work?")
    lines = [f"{payload} and masks are noise on units." for payload in HOSTILE]
    send(page, "\n\n".join(lines) + "\n\nIt averages thinned networks.", 3)
    shown = page.locator("#chat [data-testid=user]").first.inner_text()
    assert [p for p in HOSTILE if " ".join(p.split()) not in " ".join(shown.split())] == []
    page.click("#finish")
    page.wait_for_selector(".verdict .level")
    page.wait_for_timeout(300)
    assert page.title() != "owned"


def shoot(page: Page, name: str) -> None:
    """Keep a picture, where somebody asked for new ones."""
    page.wait_for_timeout(600)
    if os.environ.get("INTERVIEWER_SCREENS"):
        SCREENS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENS / f"{name}.png", full_page=True)
