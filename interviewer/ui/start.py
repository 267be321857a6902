"""What stands around every screen, and the first one."""

from __future__ import annotations

from collections.abc import Sequence

from interviewer.feedback import means
from interviewer.loading import Progress
from interviewer.models import LEVELS, Question
from interviewer.practice import RoundView
from interviewer.selection import Choice
from interviewer.session import View
from interviewer.store import Attempt
from interviewer.ui.markup import Html, el, link, many

PLACES = (("?", "Practise"), ("?see=questions", "Questions"), ("?see=progress", "Progress"))


def masthead(here: str) -> Html:
    """Say what this is and where else to go."""
    links = [
        link(name, query, aria_current="page" if query == here else None) for query, name in PLACES
    ]
    return el(
        "header",
        link("Interviewer", "?", cls="name"),
        el("nav", links, aria_label="Main"),
        cls="masthead",
    )


def lead(attempts: Sequence[Attempt], due: int) -> Html:
    """Say in one sentence what one gets, or where somebody who comes back stands."""
    if not attempts:
        return el(
            "section",
            el("h1", "Practise a senior machine-learning interview.", tabindex="-1"),
            el(
                "p",
                "Answer as you would speak, take the follow-ups, and see your level with your own "
                "words as the evidence.",
            ),
            cls="lead",
        )
    days = len({a.graded.date() for a in attempts})
    level = attempts[-1].grade.level
    return el(
        "section",
        el("h1", "Ready for the next one?", tabindex="-1"),
        el(
            "p",
            f"{many(len(attempts), 'interview')} on {many(days, 'day')}",
            f", the last one {level}. " if level else ". ",
            link(f"{many(due, 'question')} due again", "?see=progress") if due else "Nothing due.",
        ),
        cls="lead back",
    )


def levels() -> Html:
    """Say what the levels are."""
    return el(
        "dl",
        [el("div", el("dt", name), el("dd", means(name)), cls=f"lv-{name}") for name in LEVELS],
        cls="levels",
    )


def offer(choice: Choice, question: Question) -> Html:
    """Show what comes next and why."""
    return el(
        "section",
        el("p", f"Next · {question.category}", cls="crumb"),
        el("p", link(question.title, f"?question={question.id}"), cls="title"),
        el("p", choice.reason, cls="why"),
        cls="offer",
    )


def loading(state: Progress) -> Html:
    """Show how far the index is, or why it will not come."""
    if state.failed:
        return el("div", state.failed, cls="notice bad", role="alert")
    if state.ready:
        return Html("")
    known = {"value": state.done, "max": state.total} if state.total else {}
    return el(
        "div",
        "Preparing the rubrics, once, two minutes or so. You can begin meanwhile.",
        el("progress", aria_label="Preparing the rubrics", **known),
        cls="notice",
        role="status",
    )


def continue_label(view: View | None) -> str:
    """Name the interview that was left."""
    return f"Continue: {view.question.title}" if view and view.question else "Continue"


def chosen(size: str, mode: str, target: str) -> str:
    """Say what the button will do."""
    return f"{size} · {mode[0].lower()}{mode[1:]} · aiming at {target} · change"


def round_left(at: RoundView) -> Html:
    """Offer the round that was left."""
    return el(
        "div",
        f"Your round waits: {at.done} of {at.round.size} done. ",
        link("Go on with it", f"?round={at.round.id}"),
        cls="notice",
    )


def skipped(view: View) -> Html:
    """Say what became of a question that was skipped."""
    title = view.question.title if view.question else "The question"
    return el(
        "div",
        f"You skipped “{title}”. It was not graded, and it may come again.",
        cls="notice",
        role="status",
    )


def gone() -> Html:
    """Say that an address leads nowhere."""
    return el(
        "div",
        "There is nothing at that address, or it belongs to another browser. Here is the start.",
        cls="notice",
        role="status",
    )
