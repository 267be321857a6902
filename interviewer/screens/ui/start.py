"""What stands around every screen, and the first one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from interviewer.counting import many
from interviewer.judgement.feedback import level_of, means
from interviewer.judgement.selection import Choice
from interviewer.models import LEVELS, Question
from interviewer.outside.record import Attempt
from interviewer.screens.ui.address import address
from interviewer.screens.ui.history import held
from interviewer.screens.ui.markup import Html, el, join, link
from interviewer.screens.ui.talk import has_said
from interviewer.service.loading import Progress
from interviewer.service.practice import ROUND_MINUTES, RoundView, minutes
from interviewer.service.view import View

SEALED = "Levels are shown when the round ends"
PLACES = (
    ("?", "Practice"),
    (address(see="questions"), "Questions"),
    (address(see="progress"), "Progress"),
)


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


def lead(
    attempts: Sequence[Attempt],
    due: int,
    left: View | RoundView | None,
    drills: Collection[str] = (),
) -> Html:
    """Say in one sentence what one gets, or where somebody who comes back stands."""
    if left:
        return el(
            "section",
            el("h1", "Go on where you left off", tabindex="-1"),
            el(
                "div",
                el("p", f"{_kind(left, drills)} · {_at(left)}", cls="crumb"),
                el("p", _title(left), cls="title") if _title(left) else None,
                el("p", f"{SEALED}.", cls="why") if isinstance(left, RoundView) else None,
                cls="offer",
            ),
            cls="lead back left",
        )
    if not attempts:
        return el(
            "section",
            el("h1", "Practice a senior machine-learning interview.", tabindex="-1"),
            el(
                "p",
                "Answer as you would speak, take the follow-ups, and see your level with your own "
                "words as the evidence.",
            ),
            cls="lead",
        )
    whole = [a for a in attempts if not a.drilled]
    level = level_of(whole[-1].grade) if whole and whole[-1].grade.level else None
    return el(
        "section",
        el("h1", "Ready for the next one?", tabindex="-1"),
        el(
            "p",
            held(attempts),
            f", the last level {level}. " if level else ". ",
            link(f"{many(due, 'question')} due again", address(see="progress"))
            if due
            else "Nothing due.",
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
        el("p", link(question.title, address(question=question.id)), cls="title"),
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


def go_on(left: View | RoundView | None) -> str:
    """Say what going on leads to."""
    if isinstance(left, RoundView):
        on = f"Go on with question {left.number} of {left.round.size}"
        return "See your round" if left.answered else on
    return f"Continue: {_title(left)}" if left else "Continue"


def also(left: Sequence[View | RoundView], drills: Collection[str] = ()) -> Html:
    """Name what else was left, and that one may begin something new all the same.

    Args:
        left: what was left, the newest first.
        drills: the ids of those interviews that are drills.
    """
    if not left:
        return Html("")
    rows = [
        el("li", link(_title(x) or _kind(x), _place(x)), f" · {_kind(x, drills)}, {_at(x)}")
        for x in left[1:]
    ]
    return join(
        [
            el("p", "Also unfinished:", cls="note") if rows else None,
            el("ul", rows, cls="note") if rows else None,
            el("h2", "Or something else"),
        ]
    )


def way_back(left: Sequence[View | RoundView]) -> Html:
    """Lead back to what is under way from a screen on which one only looks something up."""
    if not left:
        return Html("")
    title = _title(left[0])
    return el(
        "p",
        f"{_kind(left[0])} is under way: {f'“{title}”, ' if title else ''}{_at(left[0])}. ",
        link("Go on", _place(left[0])),
        cls="note waits",
    )


def _kind(left: View | RoundView, drills: Collection[str] = ()) -> str:
    if isinstance(left, RoundView):
        return "Your round"
    return "Your drill" if left.interview.id in drills else "Your interview"


def _at(left: View | RoundView) -> str:
    if isinstance(left, RoundView):
        where = f"question {left.number} of {left.round.size}"
        where = "all answered" if left.answered else where
        return f"{where}, {left.minutes} of {ROUND_MINUTES} minutes"
    asked = "asked differently, " if left.interview.variant else ""
    return f"{asked}{many(left.follow_ups, 'follow-up')}, {many(minutes(left), 'minute')}"


def _title(left: View | RoundView) -> str:
    view = left.current if isinstance(left, RoundView) else left
    return view.question.title if view and view.question else ""


def _place(left: View | RoundView) -> str:
    view = left.current if isinstance(left, RoundView) else left
    if view is None and isinstance(left, RoundView):
        return address(round=left.round.id)
    return address(interview=view.interview.id) if view else "?"


def begin(size: int) -> str:
    """Name the button that begins."""
    return "Interview me" if size == 1 else "Start the round"


def plan(size: int) -> Html:
    """Say what a round will be."""
    if size == 1:
        return Html("")
    others = {3: "two", 4: "three"}[size]
    return el(
        "p",
        f"The first of {size} questions, about {ROUND_MINUTES} minutes in all. The other {others} "
        "are picked as you go, within your choices below: what is due again, or new to you; once a "
        "category has no more, from the others. "
        "Feedback on all of them comes at the end.",
        cls="why",
    )


def chosen(mode: str, target: str) -> str:
    """Say how the interview will be held."""
    return f"{mode} · aiming at {target} · change"


def skipped(view: View) -> Html:
    """Say what became of a question that was skipped."""
    title = view.question.title if view.question else "The question"
    return el(
        "div",
        f"You skipped “{title}”. It was not graded, and it may come again. ",
        link("What was said", address(interview=view.interview.id)) if has_said(view) else None,
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
