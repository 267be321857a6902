"""A round: where it is between its questions, and its levels side by side after them."""

from __future__ import annotations

from collections.abc import Sequence

from interviewer.counting import many
from interviewer.judgement.feedback import lacking
from interviewer.models import LEVELS, Grade
from interviewer.outside.record import Status
from interviewer.screens.ui.address import address
from interviewer.screens.ui.markup import Html, el, join, link
from interviewer.screens.ui.talk import has_said
from interviewer.service.practice import ROUND_MINUTES, RoundView, minutes
from interviewer.service.view import View

_DONE: dict[Status, str] = {
    "open": "Under way.",
    "closed": "Being read…",
    "graded": "Done.",
    "skipped": "Skipped: no level.",
    "failed": "Not graded yet.",
}


def summary(at: RoundView) -> Html:
    """Show where a round is; once it is over, its grades side by side and no total."""
    over = at.over
    graded = [v for v in at.views if v.grade and v.grade.level]
    weakest = min(graded, key=lambda v: LEVELS.index(v.grade.level)) if graded else None  # type: ignore[union-attr]
    return join(
        [
            el(
                "section",
                el("h1", "Your round" if at.answered else "Take a breath", tabindex="-1"),
                el("p", _standing(at), role="status"),
                cls="lead small",
            ),
            el(
                "div",
                "An answer has no grade yet: its grader failed. Nothing is lost.",
                cls="notice bad",
            )
            if any(v.interview.status == "failed" for v in at.views)
            else None,
            el("p", "A provisional level may really be the one above or below.", cls="note")
            if over and any(v.grade and v.grade.status == "provisional" for v in at.views)
            else None,
            el(
                "div",
                [_part(n, view, over=over) for n, view in enumerate(at.views, 1)],
                cls="parts",
            ),
            el(
                "p",
                link(_first(graded), address(interview=weakest.interview.id), cls="go")
                if weakest
                else None,
                link("Practice something else", "?"),
                cls="next",
            )
            if over
            else None,
            _taken_along(at) if over and graded else None,
        ]
    )


def _standing(at: RoundView) -> str:
    if at.over:
        return (
            "Each question has its own level. There is no total: a committee would weigh them, "
            "and so should you."
        )
    if at.answered:
        return "That was the last question. The levels are shown when all answers are read."
    return (
        f"{at.behind} of {at.round.size} behind you, {at.minutes} of {ROUND_MINUTES} minutes used. "
        "Feedback waits until the end, as it would."
    )


def _taken_along(at: RoundView) -> Html:
    base = f"export/round/{at.round.id}"
    return el(
        "p",
        "Take the whole round with you: ",
        el("a", "Markdown", href=f"{base}.md", download=True),
        " · ",
        el("a", "page to print", href=f"{base}.html", target="_blank", rel="noopener"),
        cls="note",
    )


def _first(graded: Sequence[View]) -> str:
    return "Read the feedback on the weakest" if len(graded) > 1 else "Read the feedback"


def _part(number: int, view: View, *, over: bool) -> Html:
    grade = view.grade if over else None
    gap = (
        grade and grade.first_gap and view.question and view.question.tell(grade.first_gap.tell_id)
    )
    title = view.question.title if view.question else ""
    return el(
        "article",
        el(
            "p",
            f"Question {number} · {many(minutes(view), 'minute')}",
            cls="crumb",
        ),
        el("h2", title),
        _outcome(grade) if grade else el("p", _DONE[view.interview.status]),
        link("Try again", address(interview=view.interview.id), about=title)
        if view.interview.status == "failed"
        else None,
        link("What was said", address(interview=view.interview.id), about=title)
        if over and view.interview.status == "skipped" and has_said(view)
        else None,
        el("p", f"{lacking(grade, gap)}: {gap.text}", cls="note") if grade and gap else None,
        link("Feedback", address(interview=view.interview.id), about=title) if grade else None,
        cls=f"part lv-{grade.level if grade and grade.level else 'none'}",
    )


def _outcome(grade: Grade) -> Html:
    if grade.level is None:
        return el("p", "No level: there was not enough to grade.")
    near = f", close to {grade.borderline_with}" if grade.borderline_with else ""
    doubt = ", provisional" if grade.status == "provisional" else ""
    return el("p", el("span", grade.level, cls="level"), f"{near}{doubt}")
