"""Feedback: the level, what carried it and what cost the next one, tells with quotes, transcript."""

from __future__ import annotations

from collections.abc import Sequence

from interviewer.feedback import Feedback, Shown, explain, means
from interviewer.models import LEVELS, Evidence, Grade, Level, Question
from interviewer.session import View
from interviewer.ui.markup import Html, badge, el, escape, join, link

CARRIED = 3
"""Tells named at the top."""


def report(view: View) -> Html:
    """Show a grade."""
    if view.grade is None or view.question is None:
        return Html("")
    grade, question = view.grade, view.question
    told = explain(grade, question)
    return join(
        [
            _verdict(view, grade, question, told),
            el("div", _carried(grade, told), _cost(grade, told), cls="two")
            if grade.level
            else None,
            _group("Shown unprompted", told.unprompted),
            _group("Shown when asked", told.prompted),
            _group("Counted against you", told.against),
            _unlisted(grade),
            _group("Missed, or too unclear to count", told.missed, advice=True),
            _group("Not asked this time", told.not_asked, advice=True),
            _next_level(grade, question),
            el(
                "section",
                el("h2", "What was said"),
                el("p", "Marked sentences are the evidence. Choose a quote above to find it here.")
                if told.unprompted or told.prompted or told.against
                else None,
                el("div", transcript(view, grade), cls="said whole"),
                cls="transcript",
            ),
            el("p", [[note, " "] for note in told.notes], cls="note") if told.notes else None,
            el("p", view.spending, cls="note") if view.spending else None,
        ]
    )


def _verdict(view: View, grade: Grade, question: Question, told: Feedback) -> Html:
    return el(
        "section",
        el(
            "p",
            [link("Your round", f"?round={view.interview.round_id}"), " / "]
            if view.interview.round_id
            else None,
            link(question.title, f"?question={question.id}"),
            cls="crumb",
        ),
        el("h1", told.headline, tabindex="-1", cls="level"),
        el("p", means(grade.level), cls="means") if grade.level else None,
        el("p", view.debrief, cls="debrief", dir="auto") if view.debrief else None,
        el("p", told.sureness, " ", link("How far to trust this", "?see=trust"), cls="note"),
        el("p", _aim(grade, view.interview.target), cls="aim") if grade.level else None,
        cls=f"verdict lv-{grade.level or 'none'}",
    )


def _aim(grade: Grade, target: Level) -> str:
    short = LEVELS.index(target) - LEVELS.index(grade.level or "L4")
    if short > 0:
        return f"You aimed at {target}: {'one level' if short == 1 else 'two levels'} to go."
    return f"You aimed at {target}, and this answer shows it."


def _carried(grade: Grade, told: Feedback) -> Html:
    best = [*told.unprompted, *told.prompted][:CARRIED]
    items = [el("li", badge(s.tell.level or ""), s.tell.text) for s in best]
    items += [el("li", badge(s.level), s.text) for s in grade.unlisted[: CARRIED - len(best)]]
    return el(
        "section",
        el("h2", "What carried it"),
        el("ul", items) if items else el("p", "No tell was found in your words this time."),
        cls="carried",
    )


def _cost(grade: Grade, told: Feedback) -> Html:
    parts: list[Html] = []
    if told.gap:
        tell, advice = told.gap
        parts.append(el("p", el("b", tell.text)))
        parts.append(el("p", advice))
    for shown in told.against[:2]:
        if not told.gap or shown.tell.id != told.gap[0].id:
            parts.append(el("p", el("b", shown.tell.text), f" {shown.tell.advice}"))
    if not parts:
        parts.append(el("p", "Nothing stands out: nothing above this level was left open."))
    title = "What to keep an eye on" if grade.level == LEVELS[-1] else "What cost the next level"
    return el("section", el("h2", title), parts, cls="cost")


def _group(title: str, shown: Sequence[Shown], *, advice: bool = False) -> Html | None:
    if not shown:
        return None
    cards = [_card(item, advice=advice) for item in shown]
    return el("section", el("h2", title), el("div", cards, cls="tells"))


def _card(item: Shown, *, advice: bool) -> Html:
    tell = item.tell
    mark = badge(tell.level) if tell.level else badge(tell.caps or "", f"caps {tell.caps}")
    return el(
        "article",
        el("h3", mark, tell.text),
        [quote(e) for e in item.verdict.evidence],
        el("p", tell.advice) if advice or tell.caps else None,
        cls="tell dim" if advice else "tell",
    )


def quote(e: Evidence) -> Html:
    """Quote the candidate; choosing it finds the sentence in the transcript."""
    return el(
        "blockquote",
        el("a", e.quote, href=f"#t{e.turn}-{e.start}", data_turn=e.turn, data_start=e.start, data_end=e.end),
        dir="auto",
    )  # fmt: skip


def _unlisted(grade: Grade) -> Html | None:
    if not grade.unlisted:
        return None
    cards = [
        el("article", el("h3", badge(s.level), s.text), [quote(e) for e in s.evidence], cls="tell")
        for s in grade.unlisted
    ]
    return el(
        "section", el("h2", "Strong points outside the rubric"), el("div", cards, cls="tells")
    )


def _next_level(grade: Grade, question: Question) -> Html:
    up = LEVELS[min(LEVELS.index(grade.level) + 1, 2)] if grade.level else "L5"
    return el(
        "details",
        el("summary", f"What {up} sounds like on this question"),
        el("div", el("p", getattr(question.sounds_like, up)), cls=f"sample lv-{up}"),
        el("p", link("All three samples and every tell", f"?question={question.id}"), cls="note"),
        cls="fold",
    )


def transcript(view: View, grade: Grade) -> list[Html]:
    """Show what was said, every sentence that is evidence marked."""
    every = [e for v in grade.verdicts for e in v.evidence]
    every += [e for s in grade.unlisted for e in s.evidence]
    out = []
    for position, entry in enumerate(view.entries):
        mine = entry.turn.role == "candidate"
        spans = [e for e in every if e.turn == position]
        out.append(
            el(
                "div",
                el("span", "You" if mine else "Interviewer", cls="who"),
                el("p", marked(entry.turn.text, position, spans), dir="auto"),
                cls="turn me" if mine else "turn",
            )
        )
    return out


def marked(text: str, turn: int, spans: Sequence[Evidence]) -> Html:
    """Mark the pieces of a turn that evidence covers, cut wherever a span begins or ends."""
    cuts = sorted({0, len(text), *(e.start for e in spans), *(e.end for e in spans)})
    pieces = []
    for start, end in zip(cuts, cuts[1:], strict=False):
        piece = text[start:end]
        cited = any(e.start <= start and end <= e.end for e in spans)
        pieces.append(
            el("mark", piece, id=f"t{turn}-{start}", data_turn=turn, data_at=start)
            if cited
            else Html(escape(piece))
        )
    return join(pieces)


def exports(view: View) -> Html:
    """Offer the interview as files."""
    base = f"export/{view.interview.id}"
    return el(
        "p",
        "Take it with you: ",
        el("a", "Markdown", href=f"{base}.md", download=True),
        " · ",
        el("a", "JSON", href=f"{base}.json", download=True),
        " · ",
        el("a", "page to print", href=f"{base}.html", target="_blank", rel="noopener"),
        cls="note",
    )
