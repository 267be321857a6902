"""Objecting to a verdict: where the candidate points first, and what became of it."""

from __future__ import annotations

from interviewer.agent.assessing import spoken
from interviewer.judgement.feedback import Judged
from interviewer.judgement.sentences import sentences
from interviewer.outside.record import Outcome
from interviewer.screens.ui.markup import Html, ask, el
from interviewer.service.afterwards import Later
from interviewer.service.view import View

_AGAIN = "Looking again…"
_BECAME: dict[Outcome, str] = {
    "granted": "You objected, and it was looked at again.",
    "upheld": "You objected, and it was looked at again. It stands:",
    "open": "You objected; noted. The verdict stands.",
}


_NOW = {False: "It counts as shown now.", True: "It does not count against you any more."}


def withdrawn(item: Judged) -> bool:
    """Whether something that counted against the candidate does not any more."""
    return item.tell.caps is not None and item.verdict.verdict != "met"


def objection(item: Judged, later: Later) -> Html | None:
    """Offer a second look at what was judged against the candidate, or say what became of one."""
    tell = item.tell
    if tell.id in later.challenges:
        outcome, reason = later.challenges[tell.id]
        became = _BECAME[outcome]
        if outcome == "granted":
            became = f"{became} {_NOW[withdrawn(item)]}"
        return el(
            "p", el("b", became), f" {reason}", cls="became", id=f"became-{tell.id}", tabindex="-1",
        )  # fmt: skip
    met = item.verdict.verdict == "met"
    if met if tell.polarity == "strong_hire" else not met:
        return None
    what, then = f"challenge {tell.id}", f"became-{tell.id}"
    if tell.caps:
        return ask("That is not what I said", what, busy=_AGAIN, then=then, about=tell.text)
    anywhere = ask("I cannot point at one: read all of it again", what, busy=_AGAIN, then=then)
    return el(
        "details",
        el("summary", "I did say that", el("span", f": {tell.text}", cls="heard-only")),
        el("p", "Where? Choose the sentence that shows it; this can be asked once."),
        el("div", cls="picks", data_ask_at=what, data_then=then),
        anywhere,
        cls="object",
    )


def sentences_of(view: View) -> Html:
    """Hold the candidate's sentences, for an objection to point at one."""
    said = sentences(spoken(view.entries))
    return el(
        "div",
        [
            el("button", s.text, type="button", cls="asks pick", data_at=f"{s.turn}:{s.start}",
               data_busy=_AGAIN, dir="auto")
            for s in said
        ],
        id="sentences",
        hidden=True,
    )  # fmt: skip
