"""The practice room in a real Chromium, as candidates use it."""

from __future__ import annotations

import contextlib
import html
import json
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from answers import DROPOUT, first
from conftest import NARROW, WIDE
from room import Server, begin, finish, follow, holds, send, sent_to_nobody, shoot, study, turns

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Route

pytestmark = pytest.mark.browser
THREE = "45 minutes, 3 questions"
KEPT = ("start", "engine", "questions", "study", "interview", "feedback", "progress")
"""Screens of which pictures are kept when they are asked for."""


def same(text: str) -> str:
    return " ".join(text.split())


def test_somebody_new_gets_to_a_level_in_three_clicks(page: Page) -> None:
    """No key: Interview me, an answer, Finish, yes; then a level with their own words under it."""
    page.click("#begin")
    page.wait_for_selector("#answer textarea", state="visible")
    said = "It depends on what a miss costs. I would measure that first, on held-out traffic."
    send(page, said, 2)
    page.click("#finish")
    page.click("#finish-now")
    page.wait_for_selector(".verdict h1")
    assert re.match(r"L[456]|Not enough", page.inner_text(".verdict h1"))


def test_feedback_quotes_the_candidate_and_finds_the_sentence(page: Page) -> None:
    begin(page, DROPOUT)
    send(page, first()[DROPOUT]["L4"], 3)
    page.fill("#answer textarea", first()[DROPOUT]["L5"])
    page.click("#finish")
    assert "187 words is sent along" in page.inner_text("#confirm")
    page.click("#finish-now")
    page.wait_for_selector(".verdict h1")
    said = same(first()[DROPOUT]["L4"] + " " + first()[DROPOUT]["L5"])
    quotes = page.locator(".tell blockquote").all_inner_texts()
    assert quotes
    when = page.locator(".tell .when").all_inner_texts()
    quotes = [q.removesuffix(w).strip() for q, w in zip(quotes, when, strict=True)]
    assert [q for q in quotes if same(q) not in said] == []
    early = [same(q) in same(first()[DROPOUT]["L4"]) for q in quotes]
    assert [w == "in your first answer" for w in when] == early
    late = {"after follow-up 1", "came by itself, in the answer to follow-up 1"}
    assert {w for w, e in zip(when, early, strict=True) if not e} <= late
    page.locator(".tell blockquote a").first.click()
    lit = page.locator("mark.lit")
    assert same("".join(lit.all_inner_texts())) == same(quotes[0])
    assert lit.first.evaluate("m => m.getBoundingClientRect().top < innerHeight")
    page.locator(".tell blockquote a").last.scroll_into_view_if_needed()
    top = page.evaluate("scrollY")
    page.locator(".tell blockquote a").last.click()
    page.wait_for_function("top => scrollY > top", arg=top)
    page.go_back()
    page.wait_for_function("top => scrollY === top", arg=top)
    assert page.evaluate("document.activeElement.textContent") == quotes[-1]
    page.go_forward()
    page.wait_for_selector("mark.lit:focus")
    page.go_back()
    page.go_back()
    page.wait_for_selector("#practise", state="visible")
    page.go_forward()
    page.wait_for_selector(".verdict h1", state="visible")
    level = page.inner_text(".verdict h1")
    page.reload()
    page.wait_for_selector(".verdict h1")
    assert page.inner_text(".verdict h1") == level


def described(box: Locator) -> str:
    return str(box.evaluate("box => box.ariaDescribedByElements[0].textContent"))


def heard(page: Page, words: str) -> bool:
    """Wait until something is read out that is not shown beside the box."""
    aloud = "document.querySelector('#told .heard-only').textContent"
    page.wait_for_function(f"words => {aloud} === words", arg=words)
    return True


def test_the_keyboard_alone_does_the_whole_path(page: Page) -> None:
    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.innerText || ''").startswith(name):
                return
        raise AssertionError(f"Tab never reaches {name}")

    tab_to("Practice, with hints")  # what the choices are, folded
    page.keyboard.press("Enter")
    page.locator("#choices input[name=choice-1]:checked").wait_for()
    chosen = "document.activeElement.value"
    for group, moves_to in ((1, "ML Fundamentals"), (2, "Realistic, no hints")):
        page.keyboard.press("Tab")  # one stop a group
        page.keyboard.press("ArrowRight")
        assert page.evaluate(chosen) == moves_to, group
    page.get_by_text("Next · ML Fundamentals").wait_for()
    for _ in range(5):  # over two groups, what they are, and two buttons
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(chosen) == THREE, "how long stands above the button"
    page.get_by_role("button", name="Start the round").wait_for()
    page.get_by_text("The first of 3 questions, about 45 minutes in all").wait_for()
    page.keyboard.press("ArrowLeft")
    tab_to("Interview me")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answer textarea:focus")
    page.keyboard.type("Masks are noise, so I would look at the gap first.")
    page.keyboard.press("Control+Enter")
    turns(page, 3)
    assert heard(page, page.locator("#conversation .turn p").last.inner_text())
    assert not page.locator("#conversation [role=log], #conversation[aria-live]").count()
    tab_to("Finish")
    page.keyboard.down("Enter")
    page.wait_for_selector("#finish-now:focus")
    for _ in range(3):
        page.keyboard.down("Enter")  # still held: it has pressed once
    page.keyboard.up("Enter")
    page.wait_for_timeout(300)
    assert page.locator("#finish-now:focus[aria-disabled=false]").count()
    asks = page.get_by_role("group", name="Finish and see your level? Everything you sent counts.")
    assert asks.locator("#finish-now").count()
    page.keyboard.press("Enter")
    page.wait_for_selector(".verdict h1:focus")
    level = page.inner_text(".verdict h1")
    page.wait_for_function("level => document.title.startsWith(level + ': ')", arg=level)
    page.keyboard.press("/")
    page.wait_for_selector("#search textarea:focus, #search input:focus")
    box = page.get_by_role(
        "textbox", name="Find a question by a word, or paste one you were asked", exact=True
    )
    assert "Arrows and Enter" in described(box)
    held: list[Route] = []
    box.evaluate("""box => { meddled = 0;
        box.addEventListener("input", ({ isTrusted }) => { meddled += !isTrusted; }); }""")
    page.route("**/queue/join**", lambda route: held.append(route))  # a machine that takes its time
    page.keyboard.type("why does drop/out ")
    page.wait_for_timeout(1200)
    page.keyboard.type("work")
    assert page.evaluate("meddled") == 0, "nobody else writes into the box"
    for late in held:
        late.continue_()
    page.unroute_all()
    page.locator("#found .rows a").first.get_by_text("Why does dropout work?").wait_for()
    found = page.locator("#search-told [role=status]")
    found.get_by_text("12 questions").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector("#practise", state="visible")
    assert page.url.endswith(f"?question={DROPOUT}")
    page.go_back()  # the box kept its words, so the list is of them
    page.locator("#found:not(.stale) .rows a").first.get_by_text(
        "Why does dropout work?"
    ).wait_for()
    assert not page.locator("#found .shelf").count()


BROKEN = """() => [...document.querySelectorAll("th, td")].filter((cell) => cell.offsetParent).flatMap(
    (cell) => [...cell.childNodes].filter((node) => node.nodeType === 3).flatMap((node) =>
        [...node.data.matchAll(/[A-Za-z]+/g)].filter(({ 0: word, index }) => {
            const range = document.createRange();
            range.setStart(node, index);
            range.setEnd(node, index + word.length);
            return range.getClientRects().length > 1;
        }).map(({ 0: word }) => word)))"""
"""The words of tables that are broken in two."""
CUT_OFF = """() => [...document.querySelectorAll(".screen *")].filter((one) => one.checkVisibility()
    && !one.closest(".scroll, pre, .heard-only, thead") && one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => one.outerHTML.slice(0, 80))"""
"""What goes over the edge of the window, where nothing scrolls sideways."""
STILL = "*, *::before { transition: none !important; animation: none !important; }"


class Inspector:
    """Looks at a screen as axe-core, at both widths and in both themes, and keeps pictures."""

    def __init__(self, page: Page) -> None:
        import axe_core_python

        source = Path(axe_core_python.__file__).with_name("axe.min.js")
        page.evaluate(source.read_text(encoding="utf-8"))
        page.add_style_tag(content=STILL)
        self.page = page
        self.found: dict[str, list[str]] = {}

    def look(self, name: str) -> None:
        page = self.page
        for theme, rules in (("", None), ("-dark", ["color-contrast"])):
            page.evaluate("dark => document.body.classList.toggle('dark', dark)", bool(theme))
            page.set_viewport_size(WIDE)
            if name in KEPT:
                shoot(page, name + theme, whole=name != "interview")
            self._axe(name + theme, rules)
            page.set_viewport_size(NARROW)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
            assert page.evaluate(BROKEN) == [], name
            page.set_viewport_size({"width": 320, "height": 640})
            assert page.evaluate(CUT_OFF) == [], name
            page.set_viewport_size(NARROW)
            assert not page.locator("[data-testid=status-tracker].hide:visible").count()
            if name in KEPT:
                shoot(page, f"{name}-phone{theme}", whole=name != "interview")
        page.evaluate("document.body.classList.remove('dark')")
        page.set_viewport_size(WIDE)

    def _axe(self, name: str, rules: list[str] | None) -> None:
        for violation in self.page.evaluate(
            "rules => axe.run(document, { resultTypes: ['violations'],"
            " ...(rules && { runOnly: rules }) }).then((found) => found.violations)",
            rules,
        ):
            if violation["impact"] in ("serious", "critical"):
                where = [node["html"][:150] for node in violation["nodes"][:3]]
                self.found.setdefault(name, []).append(f"{violation['id']}: {where}")


def test_no_screen_has_a_serious_barrier(page: Page) -> None:
    """By axe-core, on every screen, light and dark; at phone width none scrolls sideways."""
    look = (inspector := Inspector(page)).look
    page.click("#choices button")
    look("start")
    page.click(".engine a")
    page.get_by_text("Who interviews you").wait_for()
    look("engine")
    page.click("text=Questions")
    page.wait_for_selector("#found .shelf")
    look("questions")
    page.fill("#search textarea, #search input", "How do I bake sourdough bread?")
    page.locator("#found").get_by_text("No question here is about this").wait_for()
    look("own-question")
    study(page, "debug-this-training-loop")
    for summary in page.locator("#secrets summary").all():
        summary.click()
    look("study")
    page.click("#practise")
    page.wait_for_selector("#answer textarea", state="visible")
    send(page, "I would overfit one batch first.", 3)
    page.fill("#answer textarea", first()["debug-this-training-loop"]["L5"])
    page.click("#speak button")
    page.click("#finish")
    page.wait_for_selector("#finish-now", state="visible")
    look("interview")
    page.click("#finish-now")
    page.wait_for_selector(".verdict h1")
    page.locator(".object summary").first.click()
    look("feedback")
    page.locator(".picks button").first.click()
    page.wait_for_selector(".became")
    for summary in page.locator("#details summary").all():
        summary.click()
    look("unfolded")
    page.click("#again")
    page.wait_for_selector("#answer textarea", state="visible")
    page.fill("#answer textarea", first()["debug-this-training-loop"]["L6"])
    finish(page)
    page.click("text=Progress")
    page.wait_for_selector(".heat")
    look("progress")
    study(page, "debug-this-training-loop")
    page.click("text=compare the last two")
    page.wait_for_selector("table.compare", state="visible")
    assert page.locator(".compare thead th").all_inner_texts()[1:] == sorted(
        page.locator(".compare thead th").all_inner_texts()[1:], key=lambda head: head[-5:]
    )
    look("compare")
    follow(page, "?see=trust")
    page.wait_for_selector("#prose", state="visible")
    look("trust")
    follow(page, "?")
    page.get_by_text("Ready for the next one?").wait_for()
    look("back")
    assert inspector.found == {}


def test_a_verdict_can_be_objected_to_and_its_gap_drilled(page: Page) -> None:
    begin(page, DROPOUT)
    send(page, first()[DROPOUT]["L4"], 3)
    finish(page)
    gap = page.inner_text(".cost b")
    samples = page.locator("#details details", has_text="What it sounds like").first
    samples.locator("> summary").click()
    objection = page.locator("article.tell", has_text=gap).locator(".object summary")
    assert same(objection.text_content() or "") == f"I did say that: {gap}"
    objection.press("Enter")
    pick = page.locator("article.tell", has_text=gap).locator(".picks button").nth(1)
    pointed = same(pick.inner_text())
    assert pointed in same(first()[DROPOUT]["L4"])
    became = page.locator("article.tell", has_text=gap).locator(".became")
    assert not became.count(), "it waits for the sentence"
    pick.press("Enter")
    became.wait_for()
    assert "You objected; noted" in became.inner_text()
    assert f"You pointed at “{' '.join(pointed.split()[:30])}" in same(became.inner_text())
    page.wait_for_function("document.activeElement.classList.contains('became')")
    assert samples.get_attribute("open") is not None, "what was opened stays open"
    page.get_by_text("Your answer, one level up (needs a language model)").wait_for()
    page.reload()
    became.wait_for()
    page.click("#redrill")
    page.wait_for_selector("#answer textarea", state="visible")
    assert f"You are back for one thing: {gap}" in same(page.inner_text("#card"))
    assert "of about 5 minutes" in page.inner_text("#facts")
    turns(page, 2)
    assert page.locator("#conversation .turn:visible").count() == 1, "its own follow-up"
    send(page, first()[DROPOUT]["L6"], 4)
    last = page.locator("#conversation").get_by_text("that is all I wanted to ask")
    last.wait_for()
    page.wait_for_selector("#status a:focus")
    assert not page.locator("#talk button:visible").count()
    page.wait_for_timeout(1000)
    assert last.is_visible(), "there is time to read it"
    page.keyboard.press("Enter")
    page.get_by_text(f"You came back for “{gap}”").wait_for()
    page.wait_for_selector(".verdict h1:focus")
    assert not re.search(r"L[456]", page.inner_text("#report"))
    study(page, DROPOUT)
    page.get_by_text("a drill, ").wait_for()
    assert not page.get_by_text("compare the last two").count()


PRESSED = """() => { const send = document.querySelector("#send"); send.click();
    return new Promise((seen) => setTimeout(() => seen(send.ariaDisabled))); }"""
"""Sends, and tells whether Send can be pressed again at once."""


def edges(page: Page, selector: str) -> tuple[float, float]:
    """Return where on the screen the last of some elements begins and ends, once it stays there."""
    while True:
        box = page.locator(selector).last.bounding_box()
        page.wait_for_timeout(200)
        if box and box == page.locator(selector).last.bounding_box():
            return box["y"], box["y"] + box["height"]


def test_a_press_with_nothing_to_do_is_no_alarm_and_moves_nothing(page: Page) -> None:
    begin(page, DROPOUT)
    label = page.locator("#answer [data-testid=block-info]")
    before = edges(page, "#send")
    page.click("#send")
    page.get_by_text("Type your answer here first.").wait_for()
    page.wait_for_selector("#answer textarea:focus")
    assert edges(page, "#send") == before
    draft = "Masks are noise, and"
    page.fill("#answer textarea", draft)
    page.click("#clarify")
    assert page.locator("#told p").first.inner_text() == "", "it was about the answer"
    assert label.inner_text() == "Your question"
    page.wait_for_selector("#answer textarea:focus")
    assert page.input_value("#answer textarea") == ""
    page.keyboard.type("How much")
    page.keyboard.press("Escape")
    assert (label.inner_text(), page.input_value("#answer textarea")) == ("Your answer", draft)
    page.click("#clarify")
    page.keyboard.type("How many GPUs are there?")
    page.click("#clarify")
    assert page.input_value("#answer textarea") == draft
    for turn, ask in ((3, "click"), (5, "Control+Enter")):
        page.wait_for_timeout(600)
        page.click("#clarify")
        page.keyboard.type("How much data is there?")
        assert page.inner_text("#send") == "Ask"
        page.dblclick("#send") if ask == "click" else page.keyboard.press(ask)
        turns(page, turn)
        holds(page, draft)
        assert page.get_by_text("You, a question back").count() == turn // 2
        assert label.inner_text() == "Your answer"
    page.reload()
    holds(page, draft)
    assert "No follow-up yet" in page.inner_text("#facts")
    page.fill("#answer textarea", "Masks are noise, and the full network is their average.")
    page.evaluate("() => { const now = Date.now(); window.real = Date.now; Date.now = () => now; }")
    assert page.evaluate(PRESSED) == "true"
    turns(page, 7)
    page.locator("#send[aria-disabled=false]").wait_for()
    page.click("#send")  # the second press of two, by a clock that stands still
    assert page.locator("#told p").first.inner_text() == ""
    page.evaluate("() => { Date.now = window.real; }")
    page.dblclick("#repeat")
    page.locator(".turn.flash").wait_for()
    page.locator("#send[aria-disabled=false]").wait_for()
    assert page.locator("#conversation .turn").count() == 7
    assert not page.locator("[role=alert]:visible").count()
    assert page.locator("#told p").first.inner_text() == ""
    page.evaluate("() => { coming = document.createElement('span'); coming.dataset.coming = '';"
                  " document.querySelector('#status').append(coming); }")  # fmt: skip
    page.locator("#talk.waiting").wait_for()
    page.fill("#answer textarea", "The gap between training and held-out loss.")
    page.keyboard.press("Control+Enter")
    page.evaluate("() => coming.remove()")  # what was sent too early goes out by itself
    turns(page, 9)
    page.click("#think")
    page.get_by_text("A quiet minute").wait_for()
    page.reload()
    page.get_by_text(re.compile("Thinking, [1-5]")).wait_for()
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 61000; }")
    page.get_by_text("The minute is over.").wait_for()
    page.wait_for_selector("#answer textarea:focus")


LATE_BOX = """addEventListener("DOMContentLoaded", () => {
    const late = document.createElement("style");
    late.textContent = "#reply { display: none !important }";
    document.head.append(late);
    const wait = setInterval(() => {
        if (!document.querySelector("#card h1")?.checkVisibility()) return;
        clearInterval(wait);
        setTimeout(() => late.remove(), 700); }, 20); })"""
"""Shows the box after the heading, as a busy machine does."""
NESTED = """() => [...document.querySelectorAll("#talk *")].filter(e => e.clientHeight
    && e.scrollHeight > e.clientHeight + 2 && /auto|scroll/.test(getComputedStyle(e).overflowY))
    .map(e => e.id || e.tagName)"""
"""What scrolls up and down in a page that does so as well."""


def test_a_long_question_the_clock_and_the_box_are_in_view_together(page: Page) -> None:
    begin(page, "debug-this-training-loop")
    code = "document.querySelector('#card pre')"
    assert page.evaluate(f"{code}.scrollWidth <= {code}.clientWidth"), "no line is cut off"
    assert page.evaluate(NESTED) == []
    for at in (0, 900, 9000):
        page.evaluate("y => scrollTo(0, y)", at)
        for what in (".clock", "#send", "#answer textarea"):
            top, bottom = edges(page, what)
            assert 0 <= top < bottom <= 900, f"{what} at {at}"
    page.fill("#answer textarea", "and then\n" * 80)
    assert edges(page, "#send")[1] <= 900, "a long draft scrolls in its box"
    page.set_viewport_size(NARROW)
    page.fill("#answer textarea", "")
    page.wait_for_timeout(200)
    small = edges(page, "#reply")
    assert small[1] - small[0] < NARROW["height"] / 3
    for press in page.locator("#reply .buttons button:visible").all():
        where = press.bounding_box()
        assert where, press
        assert where["x"] + where["width"] <= NARROW["width"], "no button is off the screen"
        assert where["height"] < 50, "no button breaks its words"
    page.fill("#answer textarea", "and then\n" * 4)
    assert edges(page, "#reply")[1] - edges(page, "#reply")[0] > small[1] - small[0] + 40
    page.fill("#answer textarea", "")
    page.set_viewport_size(WIDE)
    assert not page.locator(".clock .late").is_visible()
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 16 * 60000; }")
    page.get_by_text("more than the suggested 15 minutes").wait_for()
    aloud = page.locator("#told .heard-only")
    assert aloud.inner_text() == "The suggested time is over. Take the time you need."
    page.click("#send")
    page.get_by_text("Type your answer here first.").wait_for()
    page.wait_for_timeout(400)
    assert aloud.inner_text() == "", "said once"
    send(page, "I would overfit one batch first.", 3)
    assert 0 < edges(page, "#conversation .turn")[1] < edges(page, "#answer textarea")[0]
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)
        page.fill("#answer textarea", "")
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        page.fill("#answer textarea", "and then\n" * 20)
        page.wait_for_timeout(200)
        top, bottom = edges(page, "#conversation .turn")
        assert 40 < top < bottom < edges(page, "#reply")[0], "the question is above a long draft"
    page.fill("#answer textarea", "")
    for size in ({"width": 320, "height": 256}, {"width": 844, "height": 390}):
        page.set_viewport_size(size)  # a page at 400 %, a phone on its side
        fixed = "e => /sticky|fixed/.test(getComputedStyle(e).position)"
        assert not page.locator("#reply").evaluate(fixed)
        assert not page.locator("#facts").evaluate(fixed)
    page.set_viewport_size(WIDE)
    page.focus("#hint")
    page.keyboard.press("/")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    page.wait_for_timeout(300)
    assert page.locator("#told").evaluate("e => getComputedStyle(e).overflow") == "visible"
    assert "?interview=" in page.url, "no key leaves an interview by accident"
    assert page.locator("#send").get_attribute("aria-keyshortcuts") == "Control+Enter Meta+Enter"
    page.click("[data-fold]")
    assert edges(page, "#card h1")[0] > 0
    page.click("[data-fold]")
    assert not page.locator("#card pre").is_visible()
    page.add_init_script(LATE_BOX)
    page.reload()
    turns(page, 3)
    page.wait_for_selector("#answer textarea:focus")
    page.wait_for_timeout(300)
    assert 0 < edges(page, "#conversation .turn")[1] < edges(page, "#answer textarea")[0]


def test_choices_are_those_of_last_time(page: Page) -> None:
    page.click("#choices button")
    page.get_by_label("Realistic, no hints").click()
    page.get_by_label("L6").click()
    page.get_by_text("Realistic, no hints · aiming at L6").wait_for()
    page.reload()
    page.get_by_text("Realistic, no hints · aiming at L6").wait_for()
    page.click("#choices button")
    page.get_by_label("Behavioral").click()
    page.get_by_text("Next · Behavioral").wait_for()
    page.click("#begin")
    page.wait_for_selector("#answer textarea", state="visible")
    assert not page.locator("#hint:visible").count()
    page.click("#skip")
    page.get_by_text("You skipped").wait_for()
    assert "Next · Behavioral" in page.inner_text("#offer")


def test_what_was_said_is_not_skipped_without_being_asked(page: Page) -> None:
    page.click("#choices button")
    page.get_by_label("L6").click()
    page.get_by_text("aiming at L6").wait_for()
    begin(page, DROPOUT)
    send(page, first()[DROPOUT]["L4"], 3)
    page.click("#skip")
    page.wait_for_selector("#keep-going:focus")
    page.keyboard.press("Escape")
    page.wait_for_selector("#answer textarea:focus")
    page.wait_for_selector("#confirm", state="hidden")
    page.click("#skip")
    page.get_by_role("button", name="Grade what I said").click()
    page.wait_for_selector(".verdict h1")
    assert "You aimed at L6" in page.inner_text(".aim")


def test_an_answer_and_a_draft_outlive_a_killed_server(page: Page, server: Server) -> None:
    begin(page, DROPOUT)
    send(page, "Masks are noise, and the full network is their average.", 3)
    page.fill("#answer textarea", "It helps when data are few")
    with sent_to_nobody(page, server):
        assert not page.locator(".turn.sending").count()
        assert not page.locator(".toast-item:visible").count()
        page.focus("#answer textarea")
        page.keyboard.press("End")
        page.keyboard.type(" and seen often.")
    page.wait_for_selector("#offline", state="detached")
    page.get_by_text("Masks are noise, and the full network").wait_for()
    holds(page, "It helps when data are few and seen often.")
    page.get_by_text("This was not sent").wait_for()
    page.focus("#answer textarea")
    page.keyboard.press("Control+Enter")
    turns(page, 5)
    assert not page.get_by_text("This was not sent").count()
    page.reload()
    turns(page, 5)
    holds(page, "")


def test_a_question_back_and_the_draft_beside_it_outlive_a_killed_server_and_a_refusal(
    page: Page, server: Server
) -> None:
    draft, question = "It helps when data are few", "How much data is there?"
    label = page.locator("#answer [data-testid=block-info]")
    begin(page, DROPOUT)
    page.fill("#answer textarea", draft)
    page.click("#clarify")
    page.keyboard.type(question)
    with sent_to_nobody(page, server):
        pass
    page.wait_for_selector("#offline", state="detached")
    holds(page, question)
    page.get_by_text("This was not sent").wait_for()
    assert label.inner_text() == "Your question"
    other = page.context.new_page()
    other.goto(page.url)
    holds(other, question)
    other.click("#clarify")
    holds(other, draft)
    send(other, "Masks are noise, and the full network is their average.", 3)
    other.close()
    page.click("#send")
    page.get_by_text("went on in another window").first.wait_for()
    turns(page, 3)
    holds(page, question)
    assert label.inner_text() == "Your question"
    page.wait_for_timeout(600)  # sooner, it would be the second press of two
    page.click("#send")
    turns(page, 5)
    page.get_by_text("You, a question back").wait_for()
    assert label.inner_text() == "Your answer"
    holds(page, draft)
    page.reload()
    turns(page, 5)
    holds(page, draft)


AS_LEFT = """said => { document.querySelector("#answer textarea").value = said;
    document.querySelector("#facts [data-draft]").dataset.draft += "0"; }"""
"""Makes the box what it is when somebody left before the room had emptied it, and came back."""


STILL_SPEAKS = "document.querySelector('#status .prose').innerHTML = '<p data-coming hidden></p>'"
"""Makes the page wait for a reply."""
AT_ONCE = """words => {
    const box = document.querySelector("#answer textarea");
    if (!box?.getClientRects().length) return false;
    box.focus();
    return document.execCommand("insertText", false, words);
}"""
"""Types into the box in the first frame that shows it."""


def test_what_was_to_be_sent_when_the_interviewer_ends_is_kept_for_who_leaves_before(
    page: Page,
) -> None:
    begin(page, DROPOUT)
    send(page, "Masks are noise, and the full network is their average.", 3)
    page.evaluate(STILL_SPEAKS)
    page.locator("#talk.waiting").wait_for()
    said = "It helps when data are few and seen often."
    page.fill("#answer textarea", said)
    page.focus("#answer textarea")
    page.keyboard.press("Control+Enter")
    follow(page, "?see=progress")
    page.wait_for_selector("#history h1", state="visible")
    page.click("#notice >> text=Go on")
    holds(page, said)
    page.get_by_text("This was not sent").wait_for()


def test_what_is_typed_as_soon_as_a_question_is_there_stays(page: Page) -> None:
    begin(page, DROPOUT)
    page.fill("#answer textarea", "This is for later.")
    study(page, "implement-attention-from-scratch")
    page.click("#practise")
    page.wait_for_function(AT_ONCE, arg="A query asks, a key answers.")
    holds(page, "A query asks, a key answers.")


def test_a_reply_that_was_cut_off_by_a_reload_comes_after_it(page: Page) -> None:
    begin(page, DROPOUT)
    page.fill("#answer textarea", "Masks are noise, and the full network is their average.")
    page.click("#send")
    turns(page, 2)
    page.reload()
    turns(page, 3)
    send(page, "It helps when data are few and seen often.", 5)
    said = "More of it when the gap between the losses is wide."
    page.fill("#answer textarea", said)
    page.click("#send")
    follow(page, "?see=progress")
    page.wait_for_selector("#history h1", state="visible")
    page.click("#notice >> text=Go on")
    turns(page, 7)
    holds(page, "")
    page.evaluate(AS_LEFT, said)
    holds(page, "")
    page.route("**/queue/join**", lambda _: None)
    page.reload()
    page.get_by_text("Opening your interview…").wait_for()
    page.unroute_all()
    page.reload()
    turns(page, 7)
    page.get_by_text("Opening your interview…").wait_for(state="detached")


def test_the_second_of_two_tabs_is_told_and_keeps_its_words(page: Page) -> None:
    begin(page, DROPOUT)
    other = page.context.new_page()
    other.goto(page.url)
    turns(other, 1)
    send(page, "Masks are noise, and the full network is their average.", 3)
    other.fill("#answer textarea", "Something else that I typed.")
    other.click("#send")
    other.get_by_text("went on in another window").first.wait_for()
    turns(other, 3)
    assert other.input_value("#answer textarea") == "Something else that I typed."
    assert other.locator("#conversation .turn.me").count() == 1
    finish(page)
    other.click("#send")
    other.get_by_text("went on in another window and is over").wait_for()
    assert other.input_value("#answer textarea") == "Something else that I typed."
    assert other.locator("#answer textarea, #conversation .turn.me").all_inner_texts()
    assert not other.locator("#talk button:visible").count()
    other.click("text=See your level")
    other.wait_for_selector(".verdict h1")
    other.close()


def test_pressing_finish_twice_gives_one_grade(page: Page, server: Server) -> None:
    begin(page, DROPOUT)
    send(page, first()[DROPOUT]["L5"], 3)
    page.click("#finish")
    page.dblclick("#finish-now")
    page.wait_for_selector(".verdict h1")
    interview = page.url.rpartition("=")[2]
    with contextlib.closing(sqlite3.connect(server.data_dir / "interviews.sqlite")) as db:
        count = "SELECT count(*) FROM grades WHERE interview_id = ?"
        assert db.execute(count, (interview,)).fetchone() == (1,)


def test_the_back_button_leaves_an_interview_that_is_then_offered_again(page: Page) -> None:
    begin(page, DROPOUT)
    send(page, "Masks are noise, and the full network is their average.", 3)
    page.go_back()
    page.wait_for_selector("#practise", state="visible")
    page.get_by_text("You are being asked this right now").wait_for()
    assert not page.get_by_text("What it sounds like").is_visible()
    page.go_forward()
    page.get_by_text("Masks are noise").wait_for()
    page.click("text=Practice >> nth=0")
    page.wait_for_selector("#continue", state="visible")
    assert "Why does dropout work?" in page.inner_text("#continue")
    page.click("#continue")
    page.get_by_text("Masks are noise").wait_for()


def test_nobody_else_sees_an_interview(page: Page, browser: Browser) -> None:
    begin(page, DROPOUT)
    stranger = browser.new_page()
    stranger.goto(page.url)
    stranger.get_by_text("belongs to another browser").wait_for()
    assert "damage the network" not in stranger.content()
    stranger.close()


FORGETFUL = """Object.defineProperty(window, "localStorage", { configurable: true,
    get() { throw new DOMException("not allowed", "SecurityError"); } })"""


def test_where_the_browser_keeps_nothing_an_interview_is_held_all_the_same(
    page: Page, browser: Browser
) -> None:
    private = browser.new_page()
    private.add_init_script(FORGETFUL)
    private.goto(page.url)
    private.wait_for_selector("#begin", state="visible")
    begin(private, DROPOUT)
    private.wait_for_url("**/?interview=*")
    send(private, "Masks are noise on hidden units.", 3)
    private.close()


def assert_sealed(page: Page, server: Server, said: list[str], interview: str) -> None:
    """See that no level of a round under way is anywhere; ends on the start."""
    for place, ready in (("?see=progress", "#history h1"), ("?see=questions", "#found .shelf")):
        follow(page, place)
        page.wait_for_selector(ready)
        page.wait_for_selector("#notice .waits >> text=Your round is under way")
        assert not page.locator(f"{ready.split()[0]} .badge").count()
    assert page.request.get(f"{server.url}export/{interview}.md").status == 404
    follow(page, f"?interview={interview}")
    page.get_by_text("Take a breath").wait_for()
    follow(page, "?")
    for part in said:
        page.get_by_text(part).first.wait_for()
    assert not re.search(r"\bL[456]\b", page.inner_text("#lead"))


def test_a_round_has_three_levels_side_by_side_and_no_total(page: Page, server: Server) -> None:
    page.get_by_label("45 minutes, 3 questions").click()
    page.click("#choices button")
    page.get_by_label("L6").click()
    page.click("#begin >> text=Start the round")
    titles, interview = [], ""
    for number in range(1, 4):
        page.get_by_text(f"Question {number} of 3").first.wait_for()
        page.wait_for_selector("#answer textarea", state="visible")
        titles.append(page.inner_text("#card h1"))
        page.wait_for_url("**/?interview=*")
        interview = interview or page.url.rpartition("=")[2]
        if number == 2:
            page.fill("#answer textarea", "It depends on what a miss costs, so I would ask that.")
            page.click("#send")
            turns(page, 3)
            page.locator("#skip[aria-disabled=false]").click()
            page.click("#skip-now")
        else:
            page.fill("#answer textarea", first()[DROPOUT]["L5"])
            page.click(f"#finish >> text=Finish question {number}")
            page.get_by_text("Its level is shown when the round ends").wait_for()
            page.click(f"#finish-now >> text=Finish question {number}")
        page.locator("#summary .part").nth(number - 1).wait_for()
        if number < 3:
            page.wait_for_selector("#summary h1:focus")
            assert_sealed(page, server, [f"question {number + 1} of 3, {number} of 45"], interview)
            page.click(f"#continue >> text=Go on with question {number + 1} of 3")
    assert len(set(titles)) == 3
    page.get_by_text("Each question has its own level").wait_for()
    parts = page.locator("#summary .part").all_inner_texts()
    assert [bool(re.search(r"L[456]", part)) for part in parts] == [True, False, True]
    shoot(page, "round")
    for kind in ("md", "html"):
        whole = page.request.get(
            f"{server.url}{page.get_attribute(f'#summary a[href$={kind}]', 'href')}"
        )
        text = html.unescape(whole.text())
        marks = [f"{mark}{title}" for title in titles for mark in ("# ", "<h1>")]
        assert [text.count(mark) for mark in marks].count(1) == 3
        assert "Skipped: no level" in text
        assert "It depends on what a miss costs" in text
        assert "Choose a quote" not in text
    page.click("text=What was said")
    page.get_by_text("Skipped: no level").wait_for()
    page.get_by_text("It depends on what a miss costs").wait_for()
    page.click("text=Your round")
    page.click("text=Read the feedback on the weakest")
    page.get_by_text("You aimed at L6").wait_for()
    page.click("text=How far to trust this")
    page.wait_for_selector("#prose h1:focus")
    page.click("text=Back to the feedback")
    page.get_by_text("You aimed at L6").wait_for()


def test_a_round_that_is_ended_early_begins_at_its_heading(page: Page) -> None:
    page.get_by_label("45 minutes, 3 questions").click()
    page.click("#begin >> text=Start the round")
    page.wait_for_selector("#answer textarea", state="visible")
    page.fill("#answer textarea", "It depends on what a miss costs, so I would ask that.")
    page.click("#finish")
    page.click("#finish-now")
    page.locator("#end-round").press("Enter")
    page.wait_for_selector("#end-round", state="hidden")
    page.wait_for_selector("#summary h1:focus")


def test_an_interview_can_be_taken_along_and_deleted_for_good(page: Page, server: Server) -> None:
    begin(page, DROPOUT)
    send(page, "A zebrafish of a word. " + first()[DROPOUT]["L5"], 3)
    finish(page)
    interview = page.url.rpartition("=")[2]
    files = {
        kind: page.request.get(f"{server.url}export/{interview}.{kind}").text()
        for kind in ("md", "json", "html")
    }
    exported = json.loads(files["json"])
    assert exported["question"] == DROPOUT
    assert "zebrafish" in exported["turns"][1]["text"]
    assert all("zebrafish" in text for text in files.values())
    assert "This answer reads as " + page.inner_text(".verdict h1") in files["md"]
    assert re.search(r"\d{1,2}\s\w+\s\d{4}, \d\d:\d\d · aiming at L5", files["md"])
    assert "<h1>Why does dropout work?</h1>" in files["html"]
    page.click("#delete")
    page.wait_for_selector("#keep:focus")
    page.keyboard.press("Enter")
    page.wait_for_selector("#delete:focus")
    page.click("#delete")
    page.hover("#delete-now")
    dark = "getComputedStyle(document.querySelector('#delete-now')).backgroundColor"
    page.wait_for_function(f"() => {dark} === 'rgb(143, 26, 17)'")
    page.click("#delete-now")
    page.wait_for_selector("#history h1")
    assert "zebrafish" not in page.evaluate("JSON.stringify(localStorage)")
    assert page.request.get(f"{server.url}export/{interview}.json").status == 404
    follow(page, f"?interview={interview}")
    page.get_by_text("nothing at that address").wait_for()
    with contextlib.closing(sqlite3.connect(server.data_dir / "interviews.sqlite")) as db:
        text = "SELECT count(*) FROM turns WHERE text LIKE '%zebrafish%'"
        assert db.execute(text).fetchone() == (0,)


def test_a_variant_asks_for_the_same_in_other_words(page: Page, server: Server) -> None:
    study(page, DROPOUT)
    page.click("#practise-variant")
    page.get_by_text("missing from many today").first.wait_for()


def test_what_the_browser_hears_lands_in_the_box_to_be_edited(page: Page) -> None:
    page.evaluate("""() => { window.SpeechRecognition = class {
        start() { setTimeout(() => this.onresult({resultIndex: 0, results: [
            Object.assign([{transcript: "masks are noise"}], {isFinal: true})]}), 50); }
        stop() { this.onend(); } abort() { this.onend(); } } }""")
    begin(page, DROPOUT)
    page.fill("#answer textarea", "I think")
    page.click("#speak button")
    page.click("#dictate")
    holds(page, "I think masks are noise")
    page.evaluate("""() => { window.SpeechRecognition.prototype.start = function () {
        setTimeout(() => { this.onerror({error: "not-allowed"}); this.onend(); }, 50); } }""")
    page.click("#dictate")
    page.click("#dictate")
    page.get_by_text("does not allow the microphone here").wait_for()
    assert page.inner_text("#dictate") == "Dictate"
