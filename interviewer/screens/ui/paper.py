"""Interviews as a page to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from interviewer.models import Grade, Question
from interviewer.screens.ui.markup import Html, el
from interviewer.screens.ui.report import head, held, made_by
from interviewer.screens.ui.tells import body
from interviewer.service.afterwards import Later
from interviewer.service.view import View

_PRINT = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


def sheet(view: View, question: Question, grade: Grade | None, later: Later) -> Html:
    """Return an interview as it stands on paper; without a grade it was skipped."""
    return el(
        "section",
        el("h1", question.title),
        el("p", held(view), cls="note"),
        head(replace(view, wording=False), later, heading="h2"),
        body(view, later, on_paper=True),
        el("p", made_by(grade), cls="note") if grade else None,
        cls="sheet",
    )


def page(title: str, sheets: Sequence[Html]) -> str:
    """Return a page without scripts that prints well, a sheet after the other."""
    top = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width"),
        el("title", title),
    )
    main = el("main", sheets, cls="prose")
    return f'<!doctype html><html lang="en">{top}<style>{_PRINT}</style><body class="paper">{main}</body></html>'
