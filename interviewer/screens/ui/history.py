"""Progress: levels over time, what is due, tells gained and missed, two attempts side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby

from interviewer.counting import many, times
from interviewer.judgement.drills import came_of, drilled_in
from interviewer.judgement.feedback import level_of, neighbours
from interviewer.judgement.progress import Changed, changes
from interviewer.judgement.selection import Standing
from interviewer.models import Question
from interviewer.outside.record import Attempt, Interview, Round, local_day
from interviewer.screens.ui import heatmap
from interviewer.screens.ui.address import address
from interviewer.screens.ui.markup import Html, badge, clock, el, fold, join, link

FEW, LAST = 3, 8
"""How much of a list is shown before one asks for the rest; interviews, the last ones."""


def progress(
    attempts: Sequence[Attempt],
    sealed: Sequence[Interview],
    standing: Sequence[Standing],
    questions: Mapping[str, Question],
    skipped: Sequence[Interview] = (),
    rounds: Mapping[str, Round] | None = None,
) -> Html:
    """Show the whole picture; of a round under way only that there is one."""
    rounds = rounds or {}
    head = el("h1", "Progress", tabindex="-1")
    waits = el("p", f"{many(len(sealed), 'answer')} in your round, shown when it ends.")
    if not attempts and sealed:
        return join(
            [el("section", head, waits, cls="lead small"), _all((), skipped, questions, rounds)]
        )
    if not attempts:
        hope = (
            "After your first graded interview you see here how your levels move, which tells you "
            "gained, and what is due again. Everything stays on this machine."
        )
        return join(
            [
                el("section", head, el("p", hope), cls="lead small"),
                _all((), skipped, questions, rounds),
            ]
        )
    return join(
        [
            el(
                "section",
                head,
                el("p", _summary(attempts)),
                waits if sealed else None,
                cls="lead small",
            ),
            _due(standing, questions),
            heatmap.section(attempts, questions),
            _moved(changes(attempts, questions), attempts, questions),
            _still(standing, questions),
            _all(attempts, skipped, questions, rounds),
        ]
    )  # fmt: skip


def held(attempts: Sequence[Attempt]) -> str:
    """Count what was graded: 15 interviews and 1 drill on 9 days."""
    drills, days = sum(a.drilled is not None for a in attempts), {a.day for a in attempts}
    counts = ((len(attempts) - drills, "interview"), (drills, "drill"))
    kinds = " and ".join(many(count, kind) for count, kind in counts if count)
    return f"{kinds} on {many(len(days), 'day')}"


def _summary(attempts: Sequence[Attempt]) -> str:
    whole = [a.grade for a in attempts if not a.drilled and a.grade.status == "provisional"]
    marks = sorted({(level_of(grade), neighbours(grade.level)) for grade in whole})
    unsure = "; ".join(f"“{mark}” may really be {others}" for mark, others in marks)
    return f"{held(attempts)}. {f'{unsure}.' if unsure else ''}".strip()


def _due(standing: Sequence[Standing], questions: Mapping[str, Question]) -> Html:
    now = datetime.now(UTC)
    due = [s for s in standing if s.is_due(now)]
    if not due:
        return el(
            "section",
            el("h2", "Due again"),
            el("p", f"Nothing today. The next is due {comes_back(standing[0])}.")
            if standing
            else None,
        )
    rows = [
        el(
            "li",
            link(questions[s.question_id].title, address(question=s.question_id), about="study it"),
            el("span", f" {comes_back(s)} · {_stands(s)}", cls="note"),
            el("span", f". Missed: {_missed(questions[s.question_id], *s.missed[0])}", cls="note")
            if s.missed
            else None,
        )
        for s in due
    ]
    return el("section", el("h2", "Due again"), _first(rows))


def comes_back(standing: Standing) -> str:
    """Say when a question is due again: since 24 November, today, on 3 December."""
    day, today = local_day(standing.due), local_day(datetime.now(UTC))
    if day == today:
        return "today"
    return f"{'since' if day < today else 'on'} {day:%-d\u00a0%B}"


def _stands(standing: Standing) -> str:
    """Say what was reached last and what that is measured by."""
    last = standing.last
    reached = level_of(last.grade) if last.grade.level else "no level"
    return f"{reached}, aimed at {last.interview.target}"


def _moved(
    every: Sequence[Changed], attempts: Sequence[Attempt], questions: Mapping[str, Question]
) -> Html | None:
    rows = [
        el(
            "li",
            el("b", c.question.title),
            f" {level_of(c.before.grade)} to {level_of(c.after.grade)}. ",
            link("Compare the two", address(compare=c.question.id), about=c.question.title),
            ". ",
            _came_and_went(c),
        )
        for c in every
    ]
    for drill in reversed([a for a in attempts if a.drilled]):
        question = questions[drill.grade.question_id]
        met = {v.tell_id for v in drill.grade.verdicts if v.verdict == "met"}
        if drill.drilled in met:
            gained = f" Shown in a drill: {question.tell(drill.drilled).text}."
            what = f"the drill of {when(drill)}"
            title = link(question.title, address(interview=drill.interview.id), about=what)
            rows.append(el("li", title, gained))
    return el("section", el("h2", "Tried again"), _first(rows)) if rows else None


def _came_and_went(changed: Changed) -> str:
    said = [
        f"{what}: {'; '.join(changed.question.tell(t).text for t in tells)}."
        for what, tells in (("Gained", changed.gained), ("Lost", changed.lost))
        if tells
    ]
    return " ".join(said) or "No new tell this time."


def _still(standing: Sequence[Standing], questions: Mapping[str, Question]) -> Html | None:
    weak = [s for s in standing if any(s.weakness)]
    weak.sort(key=lambda s: s.weakness, reverse=True)
    rows = [_open_tells(questions[s.question_id], s) for s in weak]
    if not rows:
        return None
    return el("section", el("h2", "Still to show"), _first(rows))


def _open_tells(question: Question, standing: Standing) -> Html:
    """Name the tells missed most often, and leave the others to be opened."""
    tells = [el("li", _missed(question, *pair)) for pair in standing.missed]
    more, unseen = tells[FEW:], len(standing.unseen)
    which = f"{unseen} {'more' if tells else 'of its tells'}"
    return el(
        "li",
        link(question.title, address(question=question.id), about="study what is missed"),
        el("span", f" {_stands(standing)}", cls="note"),
        el("ul", tells[:FEW]) if tells else None,
        el("details", el("summary", f"and {len(more)} more"), el("ul", more)) if more else None,
        el("p", f"{which} {'has' if unseen == 1 else 'have'} not come up yet.", cls="note")
        if unseen
        else None,
    )


def _first(rows: Sequence[Html], shown: int = FEW + 2) -> Html:
    """List the first rows; the others wait to be opened."""
    return join(
        [
            el("ul", rows[:shown], cls="plain"),
            fold(f"{len(rows) - shown} more", el("ul", rows[shown:], cls="plain"))
            if rows[shown:]
            else None,
        ]
    )  # fmt: skip


def _missed(question: Question, tell_id: str, count: int) -> str:
    return f"{question.tell(tell_id).text}{f' ({times(count)})' if count > 1 else ''}"


def _all(
    attempts: Sequence[Attempt],
    skipped: Sequence[Interview],
    questions: Mapping[str, Question],
    rounds: Mapping[str, Round],
) -> Html | None:
    """List what was graded, and what was skipped in the middle, the newest first."""
    held = [(a.graded, a.interview, _held(a, questions)) for a in attempts]
    held += [(i.started, i, _dropped(i, questions)) for i in skipped]
    held.sort(key=lambda one: one[0], reverse=True)
    rows = []
    for round_id, some in groupby(held, key=lambda one: one[1].round_id):
        inside = [row for _, _, row in some]
        if round_id:
            size = rounds[round_id].size if round_id in rounds else len(inside)
            title = link(f"Round of {many(size, 'question')}", address(round=round_id))
            inside = [el("li", title, el("ul", inside[::-1]))]
        rows += inside
    return el("section", el("h2", "Every interview"), _first(rows, LAST)) if rows else None


def _held(attempt: Attempt, questions: Mapping[str, Question]) -> Html:
    grade, question = attempt.grade, questions[attempt.grade.question_id]
    item = drilled_in(grade, question, attempt.drilled)
    how = f"drill, {came_of(item).lower()}" if item else "no level"
    return el(
        "li",
        link(
            question.title,
            address(interview=attempt.interview.id),
            about=f"feedback of {when(attempt)}",
        ),
        el("span", f" {how} ·", cls="note")
        if item or grade.level is None
        else badge(grade.level, level_of(grade)),
        el("span", f" {when(attempt)}", cls="note"),
    )


def _dropped(interview: Interview, questions: Mapping[str, Question]) -> Html:
    title = questions[interview.question_id or ""].title
    return el(
        "li",
        link(title, address(interview=interview.id), about=f"skipped {clock(interview.started)}"),
        el("span", f" skipped, no level · {clock(interview.started)}", cls="note"),
    )


def when(attempt: Attempt) -> str:
    """Say when something was graded, in the time of this machine."""
    return clock(attempt.graded)
