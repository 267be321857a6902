"""An interview as a file to take away: Markdown, JSON, a page to print.

Whoever has the address has the interview; its id has 128 random bits and is shown to its owner
only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from fastapi import FastAPI, HTTPException, Response

from interviewer.afterwards import Later
from interviewer.errors import BadInput
from interviewer.feedback import Shown, explain, summary
from interviewer.models import Evidence, Grade, Question
from interviewer.ui import report, talk, tells
from interviewer.ui.markup import el, join
from interviewer.ui.room import Room
from interviewer.view import View

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
    lines = [f"# {question.title}", "", _held(view), ""]
    lines += [f"**{told.headline}.** {told.sureness}", ""]
    if grade.level:
        lines += [view.debrief or summary(grade, question), ""]
    for title, some, advice in (
        ("Shown unprompted", told.unprompted, False),
        ("Shown when asked", told.prompted, False),
        ("Counted against you", told.against, True),
        ("Missed, or too unclear to count", told.missed, True),
        ("Not asked this time", told.not_asked, True),
    ):
        if some:
            reasons = grade.engine == "llm"
            lines += [f"## {title}", ""]
            lines += [_tell(s, advice=advice, reason=reasons) for s in some] + [""]
    if grade.unlisted:
        lines += ["## Strong points outside the rubric", ""]
        lines += [
            "\n".join([f"- **{s.level}** {s.text}", *_quotes(s.evidence)]) for s in grade.unlisted
        ] + [""]
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


def _held(view: View) -> str:
    """Say when an interview was held, and how."""
    began = datetime.fromisoformat(view.interview.started).astimezone()
    how = "with hints" if view.interview.mode == "practice" else "no hints"
    return f"{began:%-d %B %Y, %H:%M} · aiming at {view.interview.target} · {how}"


def _tell(shown: Shown, *, advice: bool, reason: bool) -> str:
    level = shown.tell.level or f"at most {shown.tell.caps}"
    more = [shown.verdict.reason] if reason and shown.verdict.reason else []
    more += [shown.tell.advice] if advice else []
    # An empty line ends a quote; without one what follows would go on with it.
    apart = [part for line in more for part in ("", f"  {' '.join(line.split())}")]
    return "\n".join([f"- **{level}** {shown.tell.text}", *_quotes(shown.verdict.evidence), *apart])


def _quotes(evidence: Sequence[Evidence]) -> list[str]:
    return [f"  {line}".rstrip() for e in evidence for line in ("", *_quoted(e.quote))]


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
        el("h1", question.title),
        el("p", _held(view), cls="note"),
        report.head(replace(view, wording=False), later),
        tells.body(view, later, folded=False),
        el("p", f"Engine {grade.engine}; rubric {grade.rubric_hash}.", cls="note"),
        cls="prose",
    )
    return f'<!doctype html><html lang="en">{join([head])}<style>{_PRINT}</style><body class="paper">{body}</body></html>'
