"""An interview as Markdown; what was said is quoted, line by line."""

from __future__ import annotations

from collections.abc import Sequence

from interviewer.judgement.drills import came_of, drilled_in, is_done
from interviewer.judgement.feedback import UNLISTED, Group, Judged, explain, summary
from interviewer.models import Evidence, Grade, Question
from interviewer.screens.ui.drill import NO_LEVEL
from interviewer.screens.ui.evidence import cut
from interviewer.screens.ui.report import held, made_by
from interviewer.screens.ui.talk import who
from interviewer.service.afterwards import Later
from interviewer.service.view import View


def markdown(view: View, question: Question, grade: Grade | None, later: Later) -> str:
    """Return feedback and transcript; without a grade, what was said before it was skipped."""
    lines = [f"# {question.title}", "", held(view), ""]
    if grade is None:
        lines += ["**Skipped: no level.**", "", *_said(view)]
    elif item := drilled_in(grade, question, later.drilled):
        lines += [f"**Drill: {came_of(item)}.**", "", *_tell(item, view, grade), ""]
        lines += [NO_LEVEL, "", *_objections(question, later), *_said(view), made_by(grade)]
    else:
        lines += [*_feedback(view, question, grade, later), made_by(grade)]
    return "\n".join(lines)


def _feedback(view: View, question: Question, grade: Grade, later: Later) -> list[str]:
    told = explain(grade, question)
    lines = [f"**{told.headline}.** {told.sureness}", ""]
    if grade.level:
        lines += [view.debrief or summary(grade, question), ""]
    lines += [line for group in told.shown for line in _group(group, view, grade)]
    if grade.unlisted:
        lines += [f"## {UNLISTED}", ""]
        for signal in grade.unlisted:
            lines += [f"- **{signal.level}** {signal.text}", *_quotes(signal.evidence, view)]
        lines.append("")
    lines += [line for group in told.wanting for line in _group(group, view, grade)]
    lines += [*_one_level_up(later), *_objections(question, later)]
    return [*lines, *_said(view), *told.notes, ""]


def _group(group: Group, view: View, grade: Grade) -> list[str]:
    tells = [line for item in group.judged for line in _tell(item, view, grade)]
    return [f"## {group.title}", "", *tells, ""]


def _tell(item: Judged, view: View, grade: Grade) -> list[str]:
    level = item.tell.level or f"at most {item.tell.caps}"
    more = [item.verdict.reason] if grade.engine == "llm" and item.verdict.reason else []
    more += [] if is_done(item.verdict) else [item.tell.advice]
    # An empty line ends a quote; without one what follows would go on with it.
    apart = [part for line in more for part in ("", f"  {' '.join(line.split())}")]
    return [f"- **{level}** {item.tell.text}", *_quotes(item.verdict.evidence, view), *apart]


def _quotes(evidence: Sequence[Evidence], view: View) -> list[str]:
    texts = [_with_dots(e, view.entries[e.turn].turn.text) for e in evidence]
    return [f"  {line}".rstrip() for text in texts for line in ("", *_quoted(text))]


def _with_dots(e: Evidence, text: str) -> str:
    before, after = cut(e, text)
    return f"{'… ' * before}{e.quote}{' …' * after}"


def _quoted(text: str) -> list[str]:
    return [f"> {line}".rstrip() for line in text.splitlines()]


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
        lines += [f"**{who(entry)}**", "", *_quoted(entry.turn.text), ""]
    return lines
