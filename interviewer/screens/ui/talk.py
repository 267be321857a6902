"""The interview: the question, what was said so far, and the pace."""

from __future__ import annotations

from interviewer.counting import many
from interviewer.judgement.sentences import MAX_GRADED_CHARS
from interviewer.outside.record import Entry
from interviewer.screens.ui.markup import Child, Html, code, el, link
from interviewer.service.practice import DRILL_MINUTES, ONE_MINUTES, ROUND_MINUTES, RoundView, spent
from interviewer.service.view import View


def card(view: View, at: RoundView | None, drilled: str | None) -> Html:
    """Show the question with its material.

    It is the same from the first word to the last, so that a step never draws it anew: what is
    folded, scrolled or marked in it stays so.
    """
    asked = view.question
    if asked is None:
        return Html("")
    place = f"Question {len(at.views)} of {at.round.size} · " if at else ""
    return el(
        "section",
        el("p", f"{'Drill · ' if drilled else place}{asked.category}", cls="crumb"),
        el("h1", asked.title, tabindex="-1"),
        _drill(asked.tell(drilled).text) if drilled else None,
        el(
            "details",
            el("summary", "The question"),
            el("p", asked.worded(view.interview.variant), cls="ask"),
            _material(asked.material) if asked.material else None,
            open=True,
        ),
        cls="question long" if asked.material else "question",
    )


def _drill(gap: str) -> Html:
    return el(
        "p",
        "You are back for one thing: ",
        el("b", gap),
        f". Give one answer in which it shows; about {DRILL_MINUTES} minutes.",
        cls="why",
    )


def _material(text: str) -> Child:
    copy = el("button", "Copy", type="button", cls="asks", data_copy="#card code")
    return [code(text), copy]


def facts(view: View, at: RoundView | None, drilled: str | None) -> Html:
    """Show how far the interview is: follow-ups, time, and the way to a long question and back."""
    interview, asked = view.interview, view.question
    minutes = round(ROUND_MINUTES / at.round.size) if at else ONE_MINUTES
    minutes = DRILL_MINUTES if drilled else minutes
    count = f"Follow-up {view.follow_ups} of at most {interview.budget}"
    code = el("button", "Code", type="button", cls="asks", data_fold=True)
    return el(
        "p",
        el("span", count if view.follow_ups else "No follow-up yet"),
        code if asked and asked.material else None,
        el(
            "span",
            el(
                "span",
                _clock(spent(view)),
                data_spent=spent(view),
                data_pace=minutes * 60,
                role="timer",
            ),
            el("span", f" of about {minutes} minutes", cls="pace"),
            el("span", f", more than the suggested {minutes} minutes", cls="late"),
            cls="clock",
            title="A suggestion. Nothing happens when it is over.",
        ),
        cls="facts",
        data_draft=f"{interview.id}:{sum(e.turn.role == 'candidate' for e in view.entries)}",
        data_over=interview.status != "open",
        data_most=MAX_GRADED_CHARS,
        data_strict=interview.mode != "practice",
    )


def _clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"


def said(view: View) -> Html:
    """Show the conversation as recorded; what was repeated stands there once."""
    return el(
        "div",
        [
            bubble(e.turn.role, e.turn.text, who(e), asked=e.kind in ("ask", "probe"))
            for e in view.entries
            if e.kind != "repeat"
        ],
        cls="said",
        role="group",
        aria_label="Conversation",
    )


def bubble(role: str, text: str, name: str, *, asked: bool = False) -> Html:
    """Show one turn, exactly as it was typed, and mark what waits for an answer."""
    side = "turn me" if role == "candidate" else "turn"
    return el(
        "div",
        el("span", name, cls="who"),
        el("p", text, dir="auto"),
        cls=f"{side} asked" if asked else side,
    )


def who(entry: Entry) -> str:
    """Name the speaker of a turn, and what the turn was where that is not plain."""
    mine = entry.turn.role == "candidate"
    note = {"hint": ", a hint", "repeat": ", again", "clarify": ", a question back" if mine else ""}
    return ("You" if mine else "Interviewer") + note.get(entry.kind, "")


def live(text: str) -> Html:
    """Show a reply that is still coming."""
    return bubble("interviewer", text, "Interviewer") if text else Html("")


def coming(text: str) -> Html:
    """Tell the page that a reply is under way and what is being done for it; it says so itself."""
    return el("p", text, data_coming=True, hidden=True)


def pending() -> Html:
    """Make room for what the interviewer is doing and for how long: told once, counted silently."""
    return el("p", el("span", role="status"), " ", el("span", aria_hidden="true"), cls="status")


def told() -> Html:
    """Make room for a word beside the box, and for one that is only heard."""
    return el("div", el("p", role="status"), el("p", role="status", cls="heard-only"))


def heard() -> Html:
    """Make room for what became of a dictation."""
    return el("p", role="status", cls="note")


def left(place: str, label: str) -> Html:
    """Say that the talk is over, and where the page goes on by itself."""
    on = link(label, place, data_next=place)
    return el("p", on, " or wait a moment.", role="status", cls="status")


def elsewhere(place: str, label: str) -> Html:
    """Say that the interview was ended in another window, and what becomes of the words here."""
    return el(
        "div",
        "This interview went on in another window and is over. Your words were not sent; they "
        "stay in the box below, to be copied. ",
        link(label, place),
        cls="notice",
        role="status",
    )


def trouble(text: str) -> Html:
    """Say what went wrong and that nothing is lost."""
    return el("div", text, cls="notice bad", role="alert")


def has_said(view: View, draft: str = "") -> bool:
    """Whether there is anything of the candidate's that a grade could be about."""
    return bool(draft.split()) or any(entry.kind == "answer" for entry in view.entries)


def skipping() -> Html:
    """Ask whether to throw away what was said."""
    return el("p", el("b", "Skip this question? "), "What you said here would not be graded.")


def finish(at: RoundView | None) -> str:
    """Name what ends the talk; in a round it is one question that ends, and no level is shown."""
    return f"Finish question {len(at.views)}" if at else "Finish"


def finishing(view: View, at: RoundView | None, draft: str) -> Html:
    """Ask whether to end, say what becomes of the draft, and when the level is shown."""
    words = len(draft.split())
    if words:
        what = f"Your unsent draft of {many(words, 'word')} is sent along and counts."
    elif view.follow_ups == 0 and len(view.entries) < 2:
        what = "You have not answered yet, so there would be no level."
    else:
        what = "Everything you sent counts."
    if at is None:
        return el("p", el("b", "Finish and see your level? "), what)
    return el("p", el("b", f"{finish(at)}? "), f"{what} Its level is shown when the round ends.")
