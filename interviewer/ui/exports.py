"""An interview as a file to take away: Markdown, JSON, a page to print.

Whoever has the address has the interview; its id has 128 random bits and is shown to its owner
only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from fastapi import FastAPI, HTTPException, Response

from interviewer.afterwards import Later
from interviewer.errors import BadInput
from interviewer.feedback import MAYBE, Shown, came_of, drilled_in, explain, is_done, summary
from interviewer.models import Evidence, Grade, Question
from interviewer.ui import drill, report, talk, tells
from interviewer.ui.markup import Html, el, join
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
        name = f"{view.question.id}-{view.interview.started[:10]}"
        return _file(write(view, view.question, view.grade, later), name, kind)

    @app.get("/export/round/{round_id}.{kind}")
    async def export_round(round_id: str, kind: Literal["md", "html"]) -> Response:
        service = room.practice.service
        try:
            held = await service.store.round(round_id)
        except BadInput as error:
            raise HTTPException(404, str(error)) from error
        at = await room.practice.round(held.owner, round_id)
        if at is None or not at.over:
            raise HTTPException(404, "Your round is under way; it is shown when it ends.")
        parts = [
            Part(view, view.question, view.grade, await service.later(view.interview.id))
            for view in at.views
            if view.question and (view.grade or talk.has_said(view))
        ]
        if not parts:
            raise HTTPException(404, "Nothing was said in this round.")
        write = {"md": round_markdown, "html": round_page}[kind]
        return _file(write(parts), f"round-{held.started[:10]}", kind)


class Part(NamedTuple):
    """A question of a round; without a grade it was skipped."""

    view: View
    question: Question
    grade: Grade | None
    later: Later


def _file(text: str, name: str, kind: str) -> Response:
    how = "inline" if kind == "html" else "attachment"
    return Response(
        text,
        media_type=f"{_TYPES[kind]}; charset=utf-8",
        headers={"content-disposition": f'{how}; filename="{name}.{kind}"'},
    )


def round_markdown(parts: Sequence[Part]) -> str:
    """Return the questions of a round one after the other, each as it is on its own."""
    return "\n\n---\n\n".join(markdown(*part) for part in parts)


def round_page(parts: Sequence[Part]) -> str:
    """Return a round as one page that prints well, a question after the other."""
    return _paper("A round of interviews", [_on_paper(*part) for part in parts])


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
        "one_level_up": [asdict(piece) for piece in later.rewrite],
    }
    return json.dumps(value, ensure_ascii=False, indent=2)


def markdown(view: View, question: Question, grade: Grade | None, later: Later) -> str:
    """Return feedback and transcript; what was said is quoted, line by line."""
    if grade is None:
        lines = [f"# {question.title}", "", _held(view), "", "**Skipped: no level.**", ""]
        return "\n".join([*lines, *_said(view)])
    if item := drilled_in(grade, question, later.drilled):
        return "\n".join(_drilled(view, question, grade, item, later))
    told = explain(grade, question)
    lines = [f"# {question.title}", "", _held(view), ""]
    lines += [f"**{told.headline}.** {told.sureness}", ""]
    if grade.level:
        lines += [view.debrief or summary(grade, question), ""]
    for title, some, advice in (
        ("Shown unprompted", told.unprompted, False),
        ("Shown when asked", told.prompted, False),
        ("Counted against you", told.against, True),
        (MAYBE, told.maybe, True),
        ("Missed", told.missed, True),
        ("Not asked this time", told.not_asked, True),
    ):
        if some:
            reasons = grade.engine == "llm"
            lines += [f"## {title}", ""]
            lines += [_tell(s, view, advice=advice, reason=reasons) for s in some] + [""]
    if grade.unlisted:
        lines += ["## Strong points outside the rubric", ""]
        lines += [
            "\n".join([f"- **{s.level}** {s.text}", *_quotes(s.evidence, view)])
            for s in grade.unlisted
        ] + [""]
    lines += _one_level_up(later)
    lines += [*_objections(question, later), *_said(view), *told.notes, ""]
    lines.append(_by(grade))
    return "\n".join(lines)


def _drilled(view: View, question: Question, grade: Grade, item: Shown, later: Later) -> list[str]:
    """Say what came of a drill, which has no level."""
    lines = [f"# {question.title}", "", _held(view), "", f"**Drill: {came_of(item)}.**", ""]
    lines += [_tell(item, view, advice=not is_done(item.verdict), reason=grade.engine == "llm"), ""]
    lines += [drill.NO_LEVEL, ""]
    return [*lines, *_objections(question, later), *_said(view), _by(grade)]


def _one_level_up(later: Later) -> list[str]:
    """Return the answer one level up, what is new in bold and what it replaces struck through."""
    if not later.rewrite:
        return []
    marks = {"added": "**", "dropped": "~~", "kept": ""}
    text = "".join(_marked(piece.text, marks[piece.kind]) for piece in later.rewrite)
    return ["## Your answer, one level up", "", *_quoted(text), ""]


def _marked(text: str, mark: str) -> str:
    """Mark a piece of a text, the space around it left outside, without which Markdown sees no mark."""
    inner = text.strip()
    return text.replace(inner, f"{mark}{inner}{mark}") if inner else text


def _objections(question: Question, later: Later) -> list[str]:
    if not later.challenges:
        return []
    lines = [
        f"- {question.tell(tell).text}: {outcome}. {reason}"
        for tell, (outcome, reason) in later.challenges.items()
    ]
    return ["## What you objected to", "", *lines, ""]


def _said(view: View) -> list[str]:
    lines = ["## What was said", ""]
    for entry in view.entries:
        lines += [f"**{talk.who(entry)}**", "", *_quoted(entry.turn.text), ""]
    return lines


def _by(grade: Grade) -> str:
    model = f", {grade.model}" if grade.model else ""
    return f"Engine {grade.engine}{model}; rubric {grade.rubric_hash}."


def _held(view: View) -> str:
    """Say when an interview was held, and how."""
    began = datetime.fromisoformat(view.interview.started).astimezone()
    how = "with hints" if view.interview.mode == "practice" else "no hints"
    return f"{began:%-d %B %Y, %H:%M} · aiming at {view.interview.target} · {how}"


def _tell(shown: Shown, view: View, *, advice: bool, reason: bool) -> str:
    level = shown.tell.level or f"at most {shown.tell.caps}"
    more = [shown.verdict.reason] if reason and shown.verdict.reason else []
    more += [shown.tell.advice] if advice else []
    # An empty line ends a quote; without one what follows would go on with it.
    apart = [part for line in more for part in ("", f"  {' '.join(line.split())}")]
    return "\n".join(
        [f"- **{level}** {shown.tell.text}", *_quotes(shown.verdict.evidence, view), *apart]
    )


def _quotes(evidence: Sequence[Evidence], view: View) -> list[str]:
    texts = [_with_dots(e, view.entries[e.turn].turn.text) for e in evidence]
    return [f"  {line}".rstrip() for text in texts for line in ("", *_quoted(text))]


def _with_dots(e: Evidence, text: str) -> str:
    before, after = tells.cut(e, text)
    return f"{'… ' * before}{e.quote}{' …' * after}"


def _quoted(text: str) -> list[str]:
    return [f"> {line}".rstrip() for line in text.splitlines()]


def page(view: View, question: Question, grade: Grade, later: Later) -> str:
    """Return a page without scripts that prints well."""
    return _paper(question.title, [_on_paper(view, question, grade, later)])


def _on_paper(view: View, question: Question, grade: Grade | None, later: Later) -> Html:
    return el(
        "section",
        el("h1", question.title),
        el("p", _held(view), cls="note"),
        report.head(replace(view, wording=False), later, heading="h2"),
        tells.body(view, later, on_paper=True),
        el("p", _by(grade), cls="note") if grade else None,
        cls="sheet",
    )


def _paper(title: str, sheets: Sequence[Html]) -> str:
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width"),
        el("title", title),
    )
    body = el("main", sheets, cls="prose")
    return f'<!doctype html><html lang="en">{join([head])}<style>{_PRINT}</style><body class="paper">{body}</body></html>'
