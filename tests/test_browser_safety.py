"""What anybody writes stays text: no script of theirs runs, and nothing leaves the room."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from answers import DROPOUT, first
from conftest import SHARED, watched
from hostile import PAYLOADS
from interviewer.settings import ROOT
from room import Server, begin, finish, free_port, send, turns

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


def plain(text: str) -> str:
    return " ".join(text.split())


def assert_shown(page: Page, where: str, payloads: list[str]) -> None:
    """Every payload stands there as text; the page fixture fails on dialogs and foreign requests."""
    page.wait_for_timeout(500)
    shown = plain(" ".join(page.locator(where).all_inner_texts()))
    assert [p for p in payloads if plain(p) not in shown] == []


def test_there_are_sixty() -> None:
    assert len(set(PAYLOADS)) == 60


def test_an_answer_stays_text(page: Page) -> None:
    begin(page, DROPOUT)
    text = "\n\n".join(f"{payload} and masks are noise on units." for payload in PAYLOADS)
    send(page, text + "\n\nIt averages thinned networks.", 2)
    assert_shown(page, "#conversation .turn.me p", PAYLOADS)
    turns(page, 3)
    finish(page)
    assert_shown(page, "#report .transcript", PAYLOADS)
    page.reload()
    page.wait_for_selector(".verdict h1")
    assert_shown(page, "#report .transcript", PAYLOADS)
    page.goto(page.url.split("?")[0] + "export/" + page.url.rpartition("=")[2] + ".html")
    assert_shown(page, ".transcript", PAYLOADS)


def test_a_question_of_ones_own_stays_text(page: Page) -> None:
    page.click("text=Questions")
    page.wait_for_selector("#found .shelf")
    for payload in PAYLOADS:
        page.fill("#search textarea, #search input", f"{payload} dropuot")
        page.wait_for_timeout(60)
    page.fill(
        "#search textarea, #search input", "<img src=x onerror=alert(1)> why does dropuot work"
    )
    page.get_by_text("Read as “<img").wait_for()
    page.wait_for_timeout(500)


def test_the_text_of_a_rubric_stays_text(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every string of a rubric that the page shows carries some of them."""
    folder = tmp_path_factory.mktemp("hostile")
    source = ROOT / "rubrics" / "ml-fundamentals" / f"{DROPOUT}.yaml"
    rubric: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    for key in ("summary", "ask"):
        rubric[key] = "\n\n".join([rubric[key], *PAYLOADS])
    rubric["material"] = "\n".join(PAYLOADS)
    for level in rubric["sounds_like"]:
        rubric["sounds_like"][level] += "\n".join(PAYLOADS)
    for tell, payload in zip(rubric["tells"], PAYLOADS, strict=False):
        for key in ("text", "why", "advice", "probe"):
            if tell.get(key):
                tell[key] += f" {payload}"
    (folder / source.name).write_text(yaml.safe_dump(rubric), encoding="utf-8")
    data_dir = tmp_path_factory.mktemp("hostile-data")
    server = Server(data_dir, INTERVIEWER_RUBRICS_DIR=str(folder))
    try:
        for page in watched(browser, server):
            begin(page, DROPOUT)
            assert_shown(page, "#card", PAYLOADS)
            assert_shown(page, "#conversation", PAYLOADS)
            send(page, first()[DROPOUT]["L5"], 3)
            finish(page)
            page.wait_for_timeout(500)
            page.goto(f"{server.url}?question={DROPOUT}")
            page.wait_for_selector("#practise", state="visible")
            for summary in page.locator("#secrets summary").all():
                summary.click()
            assert_shown(page, "#study", PAYLOADS)
    finally:
        server.kill()


class Endpoint(BaseHTTPRequestHandler):
    """Speaks hostile text, whatever it is asked, and hears the same in a recording."""

    says = ""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        stream = b'"stream":true' in body.replace(b" ", b"")
        if "transcriptions" in self.path:
            self._reply("application/json", json.dumps({"text": "heard <b>you</b>"}))
        elif stream:
            chunk = {"choices": [{"index": 0, "delta": {"content": self.says}}]}
            done = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
            lines = [json.dumps({"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", **c}) for c in (chunk, done)]  # fmt: skip
            self._reply("text/event-stream", "".join(f"data: {x}\n\n" for x in [*lines, "[DONE]"]))
        else:
            message = {"role": "assistant", "content": self.says}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            self._reply("application/json", json.dumps({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}))  # fmt: skip

    def _reply(self, kind: str, text: str) -> None:
        data = text.encode()
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def llm_server(
    index: object, endpoint: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    data_dir: Path = tmp_path_factory.mktemp("llm")
    (data_dir / "index").symlink_to(SHARED)
    server = Server(
        data_dir,
        OPENAI_API_KEY="none",
        OPENAI_BASE_URL=endpoint,
        INTERVIEWER_MODEL="<b>m</b>",
        INTERVIEWER_SPEECH_BASE_URL=endpoint,
        INTERVIEWER_SPEECH_MODEL="whisper",
    )
    yield server
    server.kill()


def test_what_a_model_says_stays_text(browser: Browser, llm_server: Server) -> None:
    for page in watched(browser, llm_server):
        for start in range(0, len(PAYLOADS), 20):
            some = PAYLOADS[start : start + 20]
            Endpoint.says = " ".join(f"{p} And what does that cost you?" for p in some)
            begin(page, DROPOUT)
            send(page, "Masks are noise on hidden units.", 3)
            reply = page.locator("#conversation .turn").nth(2).locator("p")
            assert reply.inner_text()
            page.wait_for_timeout(300)
            page.click("#finish")
            page.click("#finish-now")
            page.locator("#retry:visible, .verdict h1").first.wait_for()
            page.goto(llm_server.url)
            page.wait_for_selector("#begin", state="visible")
        assert "<b>m</b>" in page.inner_text("#masthead")


def test_a_recording_lands_in_the_box_to_be_edited(browser: Browser, llm_server: Server) -> None:
    for page in watched(browser, llm_server):
        page.context.grant_permissions(["microphone"])
        begin(page, DROPOUT)
        page.fill("#answer textarea", "I think")
        page.click("#speak button")
        page.locator("#microphone").get_by_role("button", name="Record").first.click()
        page.wait_for_timeout(1200)
        page.locator("#microphone").get_by_role("button", name="Stop").first.click()
        page.wait_for_timeout(3000)
        assert page.input_value("#answer textarea") == "I think heard <b>you</b>"
        assert page.locator("#conversation .turn").count() == 1


ODD = {
    "right to left": "הרשת לומדת רעש, ואז ממוצע. 42 מסכות.",
    "emoji": "Masks are noise 👩🏽‍🔬🧪 and 🏳️‍🌈 flags.",
    "combining": "Zalgo t̸̢͝e̴x̵t and e\u0301 is not é here.",
    "other lines": "one\r\ntwo\u2028three\u0085four",
}


def test_odd_text_survives_in_the_answer_and_in_the_search(page: Page, server: Server) -> None:
    begin(page, DROPOUT)
    text = "\n".join(ODD.values()) + "\nMasks are noise on hidden units."
    page.fill("#answer textarea", text)
    typed = page.input_value("#answer textarea")
    page.reload()
    page.wait_for_selector("#answer textarea", state="visible")
    page.wait_for_timeout(600)
    assert page.input_value("#answer textarea") == typed
    page.click("#send")
    turns(page, 3)
    finish(page)
    interview = page.url.rpartition("=")[2]
    kept = json.loads(page.request.get(f"{server.url}export/{interview}.json").text())
    assert kept["turns"][1]["text"] == typed
    for odd in ODD.values():
        assert plain(odd) in plain(page.inner_text("#report .transcript"))
    page.goto(f"{server.url}?see=questions")
    page.wait_for_selector("#found .shelf")
    page.fill("#search textarea, #search input", ODD["right to left"])
    page.get_by_text("No rubric for this").wait_for()


def test_a_hundred_kilobytes_can_be_pasted_and_sent(page: Page, server: Server) -> None:
    begin(page, DROPOUT)
    text = (first()[DROPOUT]["L5"] + "\n") * 105
    assert len(text) > 100_000
    page.evaluate(
        "text => { const box = document.querySelector('#answer textarea'); box.focus();"
        " document.execCommand('insertText', false, text) }",
        text,
    )
    page.wait_for_timeout(500)
    page.click("#send")
    turns(page, 3)
    interview = page.url.rpartition("=")[2]
    finish(page)
    kept = json.loads(page.request.get(f"{server.url}export/{interview}.json").text())
    assert kept["turns"][1]["text"].strip() == text.strip()
