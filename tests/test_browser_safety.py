"""What anybody writes stays text: no script of theirs runs, and nothing leaves the room."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import yaml

from answers import DROPOUT, first
from conftest import watched
from endpoint import KEY
from hostile import PAYLOADS
from interviewer.files.settings import ROOT
from room import Server, begin, finish, follow, free_port, holds, send, study, turns

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser


def plain(text: str) -> str:
    return " ".join(text.split())


def assert_shown(page: Page, where: str, payloads: list[str]) -> None:
    """Every payload stands there as text; the page fixture fails on dialogs and foreign requests."""
    page.locator(where).first.wait_for()
    shown = plain(" ".join(page.locator(where).all_inner_texts()))
    assert [p for p in payloads if plain(p) not in shown] == []
    page.wait_for_timeout(100)  # what a script or a request of theirs would take to be seen


def test_there_are_sixty_hostile_texts() -> None:
    assert len(set(PAYLOADS)) == 60


def test_an_answer_stays_text(page: Page) -> None:
    begin(page, DROPOUT)
    text = "\n\n".join(f"{payload} and masks are noise on units." for payload in PAYLOADS)
    send(page, text + "\n\nIt averages thinned networks.", 2)
    assert_shown(page, "#conversation .turn.me p", PAYLOADS)
    turns(page, 3)
    finish(page)
    assert_shown(page, "#details .transcript", PAYLOADS)
    page.reload()
    page.wait_for_selector(".verdict h1")
    assert_shown(page, "#details .transcript", PAYLOADS)
    page.goto(page.url.split("?")[0] + "export/" + page.url.rpartition("=")[2] + ".html")
    assert_shown(page, ".transcript", PAYLOADS)


def test_a_question_of_ones_own_stays_text(page: Page) -> None:
    page.click("text=Questions")
    page.wait_for_selector("#found .shelf")
    for payload in PAYLOADS:
        page.fill("#search textarea, #search input", f"{payload} dropuot")
        page.wait_for_timeout(20)
    page.fill(
        "#search textarea, #search input", "<img src=x onerror=alert(1)> why does dropuot work"
    )
    page.get_by_text("Read as “<img").wait_for()


class Endpoint(BaseHTTPRequestHandler):
    """Speaks hostile text, judges in hostile words, and hears the same in a recording."""

    says = "Go on."
    down = False
    keys: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        data = [
            {"id": n, "object": "model", "created": 0, "owned_by": "x"}
            for n in ("<b>m</b>", PAYLOADS[0])
        ]
        self._reply("application/json", json.dumps({"object": "list", "data": data}))

    def do_POST(self) -> None:
        self.keys.append(self.headers["authorization"])
        if self.down:
            self.send_error(401)
            return
        raw = self.rfile.read(int(self.headers["content-length"]))
        if "transcriptions" in self.path:
            self._reply("application/json", json.dumps({"text": "heard <b>you</b>"}))
            return
        body = json.loads(raw)
        common = {"id": "1", "created": 1, "model": "m"}
        if body.get("stream"):
            chunk = {"choices": [{"index": 0, "delta": {"content": self.says}}]}
            done = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
            lines = [
                json.dumps({"object": "chat.completion.chunk", **common, **c})
                for c in (chunk, done)
            ]
            self._reply("text/event-stream", "".join(f"data: {x}\n\n" for x in [*lines, "[DONE]"]))
            return
        message = {"role": "assistant", "content": json.dumps(self._judgement(body))}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        self._reply(
            "application/json",
            json.dumps({"object": "chat.completion", "choices": [choice], **common}),
        )

    def _judgement(self, body: dict[str, Any]) -> object:
        form = body["response_format"]["json_schema"]["name"]
        if form == "Whole":
            return {
                "evidence": [1],
                "for_above": "a",
                "for_below": "b",
                "reason": "r",
                "level": "L5",
            }
        if form == "Edits":
            return {"edits": [{"sentence": 1, "replaces": False, "text": PAYLOADS[0]}]}
        if form != "Verdicts":
            return {"word": "ready"}
        ids = re.search(r"in this order: ([a-z0-9, -]+)", body["messages"][-1]["content"])
        said = [
            {"tell_id": tell, "evidence": [], "reason": payload, "verdict": "not_met"}
            for tell, payload in zip(ids[1].split(", ") if ids else [], PAYLOADS, strict=False)
        ]
        beyond = {"evidence": [1], "text": PAYLOADS[0], "level": "L6"}
        return {"verdicts": said, "unlisted": [beyond]}

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
def hostile(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A room whose one rubric carries payloads in every string shown, on a model that does too."""
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
    server = Server(
        tmp_path_factory.mktemp("hostile-data"),
        INTERVIEWER_RUBRICS_DIR=str(folder),
        OPENAI_API_KEY=KEY,
        OPENAI_BASE_URL=endpoint,
        INTERVIEWER_MODEL="<b>m</b>",
        INTERVIEWER_SPEECH_BASE_URL=endpoint,
        INTERVIEWER_SPEECH_MODEL="whisper",
    )
    yield server
    server.kill()


@pytest.fixture
def hostile_page(context: BrowserContext, hostile: Server) -> Iterator[Page]:
    yield from watched(context, hostile)


def test_rubrics_and_models_stay_text_and_no_screen_shows_the_key(
    hostile_page: Page, hostile: Server
) -> None:
    page = hostile_page
    seen = [
        page.request.get(hostile.url + path).text() for path in ("", "config", "gradio_api/info")
    ]
    page.locator(".engine", has_text="<b>m</b>").wait_for()
    page.click(".engine a")
    page.click("#try-models")
    page.get_by_text("good to go").wait_for()
    page.click("#use-models")
    page.get_by_text("Used from now on").wait_for()
    seen.append(page.content())
    study(page, DROPOUT)
    for summary in page.locator("#secrets summary").all():
        summary.click()
    assert_shown(page, "#study", PAYLOADS)
    begin(page, DROPOUT)
    assert_shown(page, "#card", PAYLOADS)
    replies = []
    for some in (PAYLOADS[:20], PAYLOADS[20:40], PAYLOADS[40:]):
        Endpoint.says = " ".join(f"{p} And what does that cost you?" for p in some)
        send(page, "Masks are noise on hidden units.", 3 + 2 * len(replies))
        replies.append(page.locator("#conversation .turn p").last.inner_text())
    assert all(replies)
    Endpoint.down = True
    page.click("#repeat")
    page.locator(".turn.flash").wait_for()
    page.click("#clarify")
    page.fill("#answer textarea", "Which networks are averaged?")
    page.click("#send")
    page.get_by_text("Check OPENAI_API_KEY and OPENAI_BASE_URL. What you said is kept.").wait_for()
    seen.append(page.content())
    Endpoint.down = False
    page.click("#retry")
    turns(page, 9)
    seen.append(page.content())
    finish(page)
    page.locator(".object summary").first.click()
    page.locator(".picks button").first.click()
    page.locator(".became").wait_for()
    page.click("#one-level-up summary")
    page.click("#one-level-up button")
    page.locator("#rewritten ins").wait_for()
    for summary in page.locator("#details summary").all():
        summary.click()
    tells = len(
        yaml.safe_load((ROOT / f"rubrics/ml-fundamentals/{DROPOUT}.yaml").read_text())["tells"]
    )
    missed = page.locator("article.tell .reason").count()
    assert missed
    assert_shown(page, "#details", PAYLOADS[: min(tells, missed)])
    seen.append(page.content())
    export = f"{hostile.url}export/{page.url.rpartition('=')[2]}"
    seen += [page.request.get(f"{export}.{kind}").text() for kind in ("md", "json", "html")]
    assert re.search(r"outside the rubric\n\n- .*\n\n  > .*[Mm]asks", seen[-3])
    assert f"\n  {plain(PAYLOADS[0])}\n" in seen[-3], "the reason of a verdict"
    follow(page, "?see=progress")
    page.wait_for_selector(".heat")
    seen.append(page.content())
    assert Endpoint.keys[0] == f"Bearer {KEY}", "the key that is looked for is the one in use"
    assert [text[:80] for text in seen if KEY in text] == []


def test_a_recording_lands_in_the_box_to_be_edited(hostile_page: Page) -> None:
    page = hostile_page
    page.context.grant_permissions(["microphone"])
    begin(page, DROPOUT)
    page.fill("#answer textarea", "I think")
    page.click("#speak button")
    page.locator("#microphone").get_by_role("button", name="Record").first.click()
    page.wait_for_timeout(500)
    page.locator("#microphone").get_by_role("button", name="Stop").first.click()
    holds(page, "I think heard <b>you</b>")
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
    holds(page, typed)
    page.click("#send")
    turns(page, 3)
    finish(page)
    interview = page.url.rpartition("=")[2]
    kept = json.loads(page.request.get(f"{server.url}export/{interview}.json").text())
    assert kept["turns"][1]["text"] == typed
    for odd in ODD.values():
        assert plain(odd) in plain(page.inner_text("#details .transcript"))
    follow(page, "?see=questions")
    page.wait_for_selector("#found .shelf")
    page.fill("#search textarea, #search input", ODD["right to left"])
    page.locator("#found").get_by_text("No question here is about this").wait_for()


def test_a_hundred_kilobytes_can_be_pasted_and_sent(page: Page, server: Server) -> None:
    begin(page, DROPOUT)
    text = (first()[DROPOUT]["L5"] + "\n") * 105
    assert len(text) > 100_000
    page.evaluate(
        "text => { const box = document.querySelector('#answer textarea'); box.focus();"
        " document.execCommand('insertText', false, text) }",
        text,
    )
    page.click("#send")
    turns(page, 3)
    interview = page.url.rpartition("=")[2]
    finish(page)
    kept = json.loads(page.request.get(f"{server.url}export/{interview}.json").text())
    assert kept["turns"][1]["text"].strip() == text.strip()
