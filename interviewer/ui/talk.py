"""The interview: the question, what was said so far, and the pace."""

from __future__ import annotations

from interviewer.practice import ONE_MINUTES, ROUND_MINUTES, RoundView, spent
from interviewer.session import View
from interviewer.store import Entry
from interviewer.ui.markup import Html, code, el, link


def card(view: View, at: RoundView | None) -> Html:
    """Pin the question with its material, the follow-ups and the time."""
    asked = view.question
    if asked is None:
        return Html("")
    interview = view.interview
    place = f"Question {len(at.views)} of {at.round.size} · " if at else ""
    minutes = round(ROUND_MINUTES / at.round.size) if at else ONE_MINUTES
    count = f"Follow-up {view.follow_ups} of at most {interview.budget}"
    return el(
        "section",
        el(
            "div",
            el("p", f"{place}{asked.category}", cls="crumb"),
            el("h1", asked.title, tabindex="-1"),
            cls="head",
        ),
        el(
            "details",
            el("summary", "The question"),
            el("p", asked.worded(interview.variant), cls="ask"),
            code(asked.material) if asked.material else None,
            open=True,
        ),
        el(
            "p",
            el("span", count if view.follow_ups else "No follow-up yet"),
            el(
                "span",
                el("span", "0:00", data_spent=spent(view), data_pace=minutes * 60, role="timer"),
                f" of about {minutes} minutes",
                cls="clock",
                title="A suggestion. Nothing happens when it is over.",
            ),
            cls="facts",
        ),
        cls="question",
        data_draft=f"{interview.id}:{len(view.entries)}",
        data_over=interview.status != "open",
        data_strict=interview.mode != "practice",
    )


def said(view: View) -> Html:
    """Show the conversation as recorded."""
    return el(
        "div",
        [bubble(e.turn.role, e.turn.text, who(e)) for e in view.entries],
        cls="said",
        role="log",
        aria_label="Conversation",
        tabindex="0",
    )


def bubble(role: str, text: str, name: str) -> Html:
    """Show one turn, exactly as it was typed."""
    return el(
        "div",
        el("span", name, cls="who"),
        el("p", text, dir="auto"),
        cls="turn me" if role == "candidate" else "turn",
    )


def who(entry: Entry) -> str:
    """Name the speaker of a turn, and what the turn was where that is not plain."""
    mine = entry.turn.role == "candidate"
    note = {"hint": ", a hint", "repeat": ", again", "clarify": ", a question back" if mine else ""}
    return ("You" if mine else "Interviewer") + note.get(entry.kind, "")


def live(text: str) -> Html:
    """Show a reply that is still coming."""
    return bubble("interviewer", text, "Interviewer") if text else Html("")


def status(text: str) -> Html:
    """Say what the interviewer is doing."""
    return el("p", text, role="status", cls="status") if text else Html("")


def left(place: str) -> Html:
    """Say that the talk is over, and where the page goes on by itself."""
    return el("p", link("Go on", place, data_next=place), role="status", cls="status")


def trouble(text: str) -> Html:
    """Say what went wrong and that nothing is lost."""
    return el("div", text, cls="notice bad", role="alert")


def has_said(view: View, draft: str) -> bool:
    """Whether there is anything of the candidate's that a grade could be about."""
    return bool(draft.split()) or any(entry.kind == "answer" for entry in view.entries)


def skipping() -> Html:
    """Ask whether to throw away what was said."""
    return el("p", el("b", "Skip this question? "), "What you said here would not be graded.")


def finishing(view: View, draft: str) -> Html:
    """Ask whether to end, and say what becomes of the draft."""
    words = len(draft.split())
    if words:
        what = f"Your unsent draft of {words} word{'s' * (words > 1)} is sent along and counts."
    elif view.follow_ups == 0 and len(view.entries) < 2:
        what = "You have not answered yet, so there would be no level."
    else:
        what = "Everything you sent counts."
    return el("p", el("b", "Finish and see your level? "), what)
