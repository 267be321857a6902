"""A tell as a card: what was found for it, the words behind it, and what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence

from interviewer.judgement.feedback import Judged
from interviewer.screens.ui.evidence import quote
from interviewer.screens.ui.markup import Html, badge, el
from interviewer.screens.ui.objections import objection, withdrawn
from interviewer.service.afterwards import Later
from interviewer.service.view import View


def cards(judged: Sequence[Judged], view: View, later: Later) -> Html:
    """Show tells in the order given, each with what the newest grade says of it."""
    now = {v.tell_id: v for v in view.grade.verdicts} if view.grade else {}
    newest = [Judged(j.tell, now[j.tell.id]) for j in judged if j.tell.id in now]
    return el("div", [_card(item, view, later) for item in newest], cls="tells")


def _card(item: Judged, view: View, later: Later) -> Html:
    tell, verdict, grade = item.tell, item.verdict, view.grade
    good = tell.polarity == "strong_hire" and verdict.verdict == "met"
    mark = badge(tell.level) if tell.level else badge(tell.caps or "", f"at most {tell.caps}")
    gap = grade and grade.first_gap and grade.first_gap.tell_id == tell.id
    objected = tell.id in later.challenges
    reason = verdict.reason if grade and grade.engine == "llm" and not objected else ""
    return el(
        "article",
        el("h3", mark, tell.text),
        [quote(e, view.entries, tell.id) for e in verdict.evidence],
        el("p", reason, cls="reason") if reason else None,
        None if good or gap or later.drilled or withdrawn(item) else el("p", tell.advice),
        objection(item, later),
        cls="tell" if good or tell.caps else "tell dim",
    )
