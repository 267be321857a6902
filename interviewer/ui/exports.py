"""An interview as a file to take away: Markdown, JSON, a page to print.

Whoever has the address has the interview; its id has 128 random bits and is shown to its owner
only.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from fastapi import FastAPI, HTTPException, Response

from interviewer.afterwards import Later
from interviewer.errors import BadInput
from interviewer.feedback import Shown, explain, lacking
from interviewer.models import Grade, Question
from interviewer.session import View
from interviewer.ui import report, talk, tells
from interviewer.ui.handlers import Room
from interviewer.ui.markup import el, join

_PRINT = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_TYPES = {"md": "text/markdown", "json": "application/json", "html": "text/html"}


def route(app: FastAPI, room: Room) -> None:
    """Serve the files."""

    @app.get("/export/{interview_id}.{kind}")
    async def export(interview_id: str, kind: Literal["md", "json", "html"]) -> Response:
        try:
            view = await room.practice.service.view(interview_id)
        except BadInput as error:
            raise HTTPException(404, str(error)) from error
        if view.question is None or view.grade is None:
            raise HTTPException(404, "This interview has no grade yet.")
        if await room.practice.is_sealed(view.interview):
            raise HTTPException(404, "It is in your round under way, and shown when that ends.")
        later = await room.practice.service.later(interview_id)
        write = {"md": markdown, "json": as_json, "html": page}[kind]
        name = f"{view.question.id}-{view.interview.started[:10]}.{kind}"
        how = "inline" if kind == "html" else "attachment"
        return Response(
            write(view, view.question, view.grade, later),
            media_type=f"{_TYPES[kind]}; charset=utf-8",
            headers={"content-disposition": f'{how}; filename="{name}"'},
        )


def as_json(view: View, question: Question, grade: Grade, later: Later) -> str:
    """Return the transcript as `grade --transcript` reads it, with the grade beside it."""
    turns = [e.turn.model_dump(mode="json", exclude_none=True) for e in view.entries]
    challenges = {
        tell: {"outcome": outcome, "reason": reason}
        for tell, (outcome, reason) in later.challenges.items()
    }
    value = {
        "question": question.id,
        "turns": turns,
        "grade": grade.model_dump(mode="json"),
        "challenges": challenges,
    }
    return json.dumps(value, ensure_ascii=False, indent=2)


def markdown(view: View, question: Question, grade: Grade, later: Later) -> str:
    """Return feedback and transcript; what was said is quoted, line by line."""
    told = explain(grade, question)
    when, aim = view.interview.started[:10], view.interview.target
    lines = [f"# {question.title}", "", f"{when}, aiming at {aim}.", ""]
    lines += [f"**{told.headline}.** {told.sureness}", ""]
    if told.gap:
        gap, how = told.gap
        lines += [f"{lacking(grade, gap)}: **{gap.text.rstrip('.')}.** {how}", ""]
    for title, some, advice in (
        ("Shown unprompted", told.unprompted, False),
        ("Shown when asked", told.prompted, False),
        ("Counted against you", told.against, True),
        ("Missed, or too unclear to count", told.missed, True),
        ("Not asked this time", told.not_asked, True),
    ):
        if some:
            lines += [f"## {title}", "", *(_tell(s, advice=advice) for s in some), ""]
    if grade.unlisted:
        lines += ["## Strong points outside the rubric", ""]
        lines += [f"- **{s.level}** {s.text}" for s in grade.unlisted] + [""]
    if later.challenges:
        lines += ["## What you objected to", ""]
        lines += [
            f"- {question.tell(tell).text}: {outcome}. {reason}"
            for tell, (outcome, reason) in later.challenges.items()
        ] + [""]
    lines += ["## What was said", ""]
    for entry in view.entries:
        lines += [f"**{talk.who(entry)}**", "", *_quoted(entry.turn.text), ""]
    lines += [*told.notes, ""]
    model = f", {grade.model}" if grade.model else ""
    lines.append(f"Engine {grade.engine}{model}; rubric {grade.rubric_hash}.")
    return "\n".join(lines)


def _tell(shown: Shown, *, advice: bool) -> str:
    level = shown.tell.level or f"at most {shown.tell.caps}"
    quotes = [f"  {line}" for e in shown.verdict.evidence for line in _quoted(e.quote)]
    more = [f"  {shown.tell.advice}"] if advice else []
    return "\n".join([f"- **{level}** {shown.tell.text}", *quotes, *more])


def _quoted(text: str) -> list[str]:
    return [f"> {line}".rstrip() for line in text.splitlines()]


def page(view: View, question: Question, grade: Grade, later: Later) -> str:
    """Return a page without scripts that prints well."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width"),
        el("title", question.title),
    )
    body = el(
        "main",
        report.head(view, later),
        tells.body(view, later, folded=False),
        el("p", f"Engine {grade.engine}. {view.interview.started[:10]}"),
    )
    return f'<!doctype html><html lang="en">{join([head])}<style>{_PRINT}</style><body class="paper">{body}</body></html>'
