"""What every test gets: no network but loopback, no settings of this machine, a data folder of its own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from interviewer.files import rubrics
from interviewer.files.settings import ROOT, Settings
from interviewer.judgement.reading import Reading
from interviewer.judgement.reading import read as read_transcript
from interviewer.models import Turn
from interviewer.outside.embedding import MiniLM, find_minilm
from interviewer.outside.retrieval import RubricIndex, open_or_build
from interviewer.service.session import Service, connect
from room import FLAGS, Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

KEPT = ("INTERVIEWER_TEST_ALL", "INTERVIEWER_SCREENS")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
FORGET = "sessionStorage.known || localStorage.clear(); sessionStorage.known = 1"
"""Makes the first load of a tab that of somebody new."""
SHARED = ROOT / ".cache" / "index"
"""Built once for all workers and all runs: the index of the shipped rubrics."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for name in ("browser", "peer"):
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.xdist_group(name))


def need(available: bool, what: str) -> None:
    """Skip a test whose tool is missing, or fail it where nothing may be skipped."""
    if not available:
        (pytest.fail if os.environ.get("INTERVIEWER_TEST_ALL") else pytest.skip)(f"needs {what}")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect_really = socket.socket.connect

    def connect_here(self: socket.socket, address: object) -> object:
        if self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
            host = str(address[0])
            if not (host.startswith("127.") or host in ("::1", "localhost", "0.0.0.0")):
                raise AssertionError(f"a test tried to reach {address}")
        return connect_really(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Forget the settings of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith(("INTERVIEWER_", "OPENAI_")) and name not in KEPT:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def clock_of() -> Iterator[Callable[[str], None]]:
    """How the clock of this machine is set to a time zone, named as POSIX does."""
    with pytest.MonkeyPatch.context() as patch:

        def set_to(zone: str) -> None:
            patch.setenv("TZ", zone)
            time.tzset()

        yield set_to
    time.tzset()


@pytest.fixture(scope="session")
def bank() -> rubrics.Bank:
    return rubrics.load(ROOT / "rubrics")


@pytest.fixture(scope="session")
def encoder() -> MiniLM:
    return MiniLM(find_minilm())


@pytest.fixture(scope="session")
def index(bank: rubrics.Bank, encoder: MiniLM) -> RubricIndex:
    return open_or_build(SHARED, list(bank.questions.values()), encoder)


@pytest.fixture(scope="session")
def read(index: RubricIndex, encoder: MiniLM):
    """How a transcript of plain texts is read with the shipped rubrics."""

    async def read(question: str, *turns: Turn | str) -> Reading:
        said = [t if isinstance(t, Turn) else Turn(role="candidate", text=t) for t in turns]
        return await read_transcript(index.fetch(question), said, encoder)

    return read


@pytest.fixture
def data_dir(tmp_path: Path, index: RubricIndex) -> Path:
    """A data folder whose index stands already."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "index").symlink_to(SHARED)
    return folder


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir)


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[Service]:
    async with connect(settings) as service:
        yield service


@pytest.fixture(scope="module")  # while it is open, no test in this process can run a loop
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


@pytest.fixture(scope="session")
def server(index: RubricIndex, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data_dir = tmp_path_factory.mktemp("served")
    (data_dir / "index").symlink_to(SHARED)
    server = Server(data_dir)
    yield server
    server.kill()


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """What the pages of a file share, so that scripts and fonts are loaded once."""
    context = browser.new_context(viewport=WIDE)
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, server: Server) -> Iterator[Page]:
    """A page of somebody new, on the room's first screen."""
    yield from watched(context, server)


def watched(context: BrowserContext, server: Server) -> Iterator[Page]:
    """Open a page that fails the test when it asks for anything from elsewhere or throws."""
    page = context.new_page()
    page.add_init_script(FORGET)
    elsewhere: list[str] = []
    trouble: list[str] = []
    page.on(
        "request",
        lambda r: (
            None if r.url.startswith((server.url, "data:", "blob:")) else elsewhere.append(r.url)
        ),
    )
    page.on("pageerror", lambda e: trouble.append(str(e)))
    page.on("dialog", lambda d: (trouble.append(d.message), d.dismiss()))
    page.goto(server.url)
    page.wait_for_selector("#begin", state="visible")
    yield page
    for other in context.pages:
        other.close()
    assert elsewhere == []
    assert trouble == []
