"""Everything that the page shows as HTML; whatever anybody wrote is escaped here.

The HTML travels through a Markdown renderer, which leaves a block of it alone up to the first
empty line. So line breaks inside are written as entities.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from interviewer.feedback import Shown, explain, means
from interviewer.loading import Progress
from interviewer.models import LEVELS
from interviewer.session import View
from interviewer.settings import Settings


def escape(text: str) -> str:
    """Make text harmless in HTML, its line breaks included."""
    return html.escape(text).replace("\r\n", "\n").replace("\n", "&#10;").replace("\r", "&#10;")


LEAD = (
    '<div class="lead"><h1>Practise a senior machine-learning interview.</h1>'
    "<p>You get a question, answer as you would speak, and are asked follow-ups. Then you see "
    "a level, built from named tells, each with your own words behind it.</p>"
    '<div class="levels">'
    + "".join(
        f'<div class="{level}"><b>{level}</b>{escape(means(level))}</div>' for level in LEVELS
    )
    + "</div></div>"
)


def masthead(settings: Settings) -> str:
    """Say what this is and which engine answers."""
    engine = (
        "<b>offline</b>, no key needed"
        if settings.engine_name == "offline"
        else f"<b>{escape(settings.model)}</b>"
    )
    return (
        f'<div id="masthead"><span class="name">Interviewer</span>'
        f'<span class="engine">Engine: {engine}</span></div>'
    )


def loading(state: Progress) -> str:
    """Show how far the index is, or why it will not come."""
    if state.failed:
        return f'<div class="note" role="alert">{escape(state.failed)}</div>'
    if state.ready:
        return ""
    value = f'value="{state.done}" max="{state.total}"' if state.total else ""
    return (
        f'<div class="note">Preparing the rubrics, once; you can begin meanwhile.'
        f"<progress {value}></progress></div>"
    )


def status(text: str) -> str:
    """Say what the interviewer is doing."""
    return f'<span role="status">{escape(text)}</span>'


def trouble(text: str) -> str:
    """Say what went wrong and that nothing is lost."""
    return f'<div class="box" role="alert">{escape(text)}</div>'


def continue_label(view: View | None) -> str:
    """Name the interview that was left."""
    title = view.question.title if view and view.question else ""
    return f"Continue: {title}"


def question(view: View) -> str:
    """Show the question with its material and how many follow-ups were asked."""
    asked = view.question
    if asked is None:
        return ""
    material = f"<pre><code>{escape(asked.material)}</code></pre>" if asked.material else ""
    count = (
        f"Follow-up {view.follow_ups} of at most {view.interview.budget}" if view.follow_ups else ""
    )
    return (
        f'<div class="question"><div class="category">{escape(asked.category)}</div>'
        f"<h2>{escape(asked.title)}</h2><div>{escape(asked.ask)}</div>{material}"
        f'<p class="count">{count}</p></div>'
    )


def bubble(role: str, text: str) -> dict[str, Any]:
    """One message of the chat, to be shown as it was typed: tags become text, not nothing."""
    return {"role": role, "content": html.escape(text, quote=False)}


def bubbles(view: View) -> list[dict[str, Any]]:
    """The conversation as recorded."""
    return [
        bubble("user" if e.turn.role == "candidate" else "assistant", e.turn.text)
        for e in view.entries
    ]


def report(view: View) -> str:
    """Show a grade: the level first, then the gap, then the tells with their quotes."""
    if view.grade is None or view.question is None:
        return ""
    grade, told = view.grade, explain(view.grade, view.question)
    parts = [f'<section class="verdict lv-{grade.level or "none"}">']
    parts.append(f'<div class="note">{escape(view.question.title)}</div>')
    parts.append(f'<div class="level">{escape(told.headline)}</div>')
    if grade.level:
        parts.append(f'<div class="means">{escape(means(grade.level))}</div>')
    parts.append(f'<div class="sure">{escape(told.sureness)}</div>')
    if told.gap:
        tell, advice = told.gap
        parts.append(
            f'<div class="gap"><b>The one gap: {escape(tell.text)}</b>{escape(advice)}</div>'
        )
    parts.append("</section>")
    parts.append(_group("What you showed unprompted", told.unprompted))
    parts.append(_group("What you showed when asked", told.prompted))
    parts.append(_group("What counted against you", told.against))
    if grade.unlisted:
        signals = "".join(
            f'<div class="tell {s.level}"><span class="badge">{s.level}</span>{escape(s.text)}'
            + "".join(f"<blockquote>{escape(e.quote)}</blockquote>" for e in s.evidence)
            + "</div>"
            for s in grade.unlisted
        )
        parts.append(
            f'<h3 class="group">Strong points outside the rubric</h3><div class="tells">{signals}</div>'
        )
    parts.append(_group("Missed, or too unclear to count", told.missed, advice=True))
    parts.append(_group("Not asked this time", told.not_asked, advice=True))
    parts.extend(f'<p class="note">{escape(note)}</p>' for note in told.notes)
    return "".join(parts)


def _group(title: str, shown: Sequence[Shown], *, advice: bool = False) -> str:
    if not shown:
        return ""
    cards = "".join(_card(item, advice=advice) for item in shown)
    return f'<h3 class="group">{escape(title)}</h3><div class="tells">{cards}</div>'


def _card(item: Shown, *, advice: bool) -> str:
    tell = item.tell
    level = tell.level or tell.caps or ""
    badge = tell.level or f"caps {tell.caps}"
    quotes = "".join(f"<blockquote>{escape(e.quote)}</blockquote>" for e in item.verdict.evidence)
    more = f"<p>{escape(tell.advice)}</p>" if advice or tell.caps else ""
    dim = " dim" if advice else ""
    return f'<div class="tell {level}{dim}"><span class="badge">{badge}</span>{escape(tell.text)}{quotes}{more}</div>'
