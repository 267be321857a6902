"""An interview as a file to take away: Markdown, JSON, a page to print.

Whoever has the address has the interview; its id has 128 random bits and is shown to its owner
only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Literal, NamedTuple

from fastapi import FastAPI, HTTPException, Response

from interviewer.agent.assessing import spoken
from interviewer.errors import BadInput
from interviewer.models import Grade, Question
from interviewer.outside.record import local_day
from interviewer.screens.ui import paper
from interviewer.screens.ui.markdown import markdown
from interviewer.screens.ui.talk import has_said
from interviewer.service.afterwards import Later
from interviewer.service.practice import Practice
from interviewer.service.view import View

_TYPES = {"md": "text/markdown", "json": "application/json", "html": "text/html"}


def route(app: FastAPI, practice: Practice) -> None:
    """Serve the files."""

    @app.get("/export/{interview_id}.{kind}")
    async def export(interview_id: str, kind: Literal["md", "json", "html"]) -> Response:
        try:
            view = await practice.service.view(interview_id)
        except BadInput as error:
            raise HTTPException(404, str(error)) from error
        if view.question is None or view.grade is None:
            raise HTTPException(404, "This interview has no grade yet.")
        if await practice.is_sealed(view.interview):
            raise HTTPException(404, "It is in your round under way, and shown when that ends.")
        later = await practice.service.later(interview_id)
        whole = Part(view, view.question, view.grade, later)
        name = f"{view.question.id}-{local_day(view.interview.started)}"
        if kind == "json":
            return _file(as_json(view, view.question, view.grade, later), name, kind)
        return _file(_write(view.question.title, [whole], kind), name, kind)

    @app.get("/export/round/{round_id}.{kind}")
    async def export_round(round_id: str, kind: Literal["md", "html"]) -> Response:
        service = practice.service
        try:
            held = await service.store.round(round_id)
        except BadInput as error:
            raise HTTPException(404, str(error)) from error
        at = await practice.round(held.owner, round_id)
        if at is None or not at.over:
            raise HTTPException(404, "Your round is under way; it is shown when it ends.")
        parts = [
            Part(view, view.question, view.grade, await service.later(view.interview.id))
            for view in at.views
            if view.question and (view.grade or has_said(view))
        ]
        if not parts:
            raise HTTPException(404, "Nothing was said in this round.")
        text = _write("A round of interviews", parts, kind)
        return _file(text, f"round-{local_day(held.started)}", kind)


class Part(NamedTuple):
    """An interview as it is taken along; without a grade it was skipped."""

    view: View
    question: Question
    grade: Grade | None
    later: Later


def _write(title: str, parts: Sequence[Part], kind: Literal["md", "html"]) -> str:
    """Put interviews one after the other, each as it is on its own."""
    if kind == "md":
        return "\n\n---\n\n".join(markdown(*part) for part in parts)
    return paper.page(title, [paper.sheet(*part) for part in parts])


def _file(text: str, name: str, kind: str) -> Response:
    how = "inline" if kind == "html" else "attachment"
    return Response(
        text,
        media_type=f"{_TYPES[kind]}; charset=utf-8",
        headers={"content-disposition": f'{how}; filename="{name}.{kind}"'},
    )


def as_json(view: View, question: Question, grade: Grade, later: Later) -> str:
    """Return the transcript as it was graded, for `grade --transcript`, with the grade beside it.

    A question back is no answer, so its words stand with the interviewer's reply to it.
    """
    turns = [t.model_dump(mode="json", exclude_none=True) for t in spoken(view.entries)]
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
