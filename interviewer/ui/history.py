"""Progress: levels over time, what is due, tells gained and missed, two attempts side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import groupby

from interviewer.counting import many, times
from interviewer.models import CATEGORIES, Category, Grade, Question
from interviewer.progress import Changed, by_day, changes
from interviewer.record import Attempt, Interview
from interviewer.selection import Standing
from interviewer.ui.address import address
from interviewer.ui.markup import Html, badge, el, fold, join, link

DAYS = 14
FEW, LAST = 3, 8
"""How much of a list is shown before one asks for the rest; interviews, the last ones."""
_LEFT, _TOP, _W, _H = 190, 30, 58, 34
"""Of the heatmap, in its own units: room for labels, and the size of a cell."""


def progress(
    attempts: Sequence[Attempt],
    sealed: Sequence[Interview],
    standing: Sequence[Standing],
    questions: Mapping[str, Question],
    skipped: Sequence[Interview] = (),
) -> Html:
    """Show the whole picture; of a round under way only that there is one."""
    head = el("h1", "Progress", tabindex="-1")
    waits = el("p", f"{many(len(sealed), 'answer')} in your round, shown when it ends.")
    if not attempts and sealed:
        return join([el("section", head, waits, cls="lead small"), _all((), skipped, questions)])
    if not attempts:
        hope = (
            "After your first graded interview you see here how your levels move, which tells you "
            "gained, and what is due again. Everything stays on this machine."
        )
        return join(
            [
                el("section", head, el("p", hope), cls="lead small"),
                _all((), skipped, questions),
            ]
        )
    days, best = by_day(attempts, questions, DAYS)
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
            el(
                "section",
                el("h2", "Best level by category and day"),
                el("div", heatmap(days, best), cls="scroll", tabindex="0", role="group",
                   aria_label="Heatmap, scrolls sideways"),
                el("p", "Drills are left out: each is about one tell.", cls="note")
                if any(a.drilled for a in attempts)
                else None,
                fold("As a table", _table(days, best)),
            ),
            _moved(changes(attempts, questions), attempts, questions),
            _still(standing, questions),
            _all(attempts, skipped, questions),
        ]
    )  # fmt: skip


def _summary(attempts: Sequence[Attempt]) -> str:
    count, days = len(attempts), len({a.graded.date() for a in attempts})
    return (
        f"{many(count, 'graded interview')} on {many(days, 'day')}. "
        "A question mark means provisional: the level beside it may be the right one."
    )


def level_of(grade: Grade) -> str:
    """Name a level in a cell."""
    return f"{grade.level}{'?' * (grade.status == 'provisional')}" if grade.level else "–"


def heatmap(days: Sequence[date], best: Mapping[Category, Mapping[date, Attempt]]) -> Html:
    """Draw the levels; each cell says its level in words, so that colour is not needed."""
    cells: list[Html] = []
    for x, day in enumerate(days):
        middle = _LEFT + x * _W + _W // 2
        cells.append(el("text", f"{day:%-d %b}", x=middle, y=18, text_anchor="middle"))
    for y, category in enumerate(CATEGORIES):
        top = _TOP + y * _H
        cells.append(el("text", category, x=0, y=top + 21))
        for x, day in enumerate(days):
            attempt = best.get(category, {}).get(day)
            level = f"lv-{attempt.grade.level or 'none'}" if attempt else "off"
            provisional = " maybe" if attempt and attempt.grade.status == "provisional" else ""
            left = _LEFT + x * _W
            cells.append(
                el("rect", x=left + 2, y=top + 2, width=_W - 4, height=_H - 4, rx=5,
                   cls=f"cell {level}{provisional}")
            )  # fmt: skip
            if attempt:
                cells.append(
                    el("text", level_of(attempt.grade), x=left + _W // 2, y=top + 21,
                       text_anchor="middle", cls="in")
                )  # fmt: skip
    width, height = _LEFT + len(days) * _W, _TOP + len(CATEGORIES) * _H
    label = "Best level by category and day; the table below has the same content"
    return el(
        "svg", cells, viewBox=f"0 0 {width} {height}", width=width, height=height, role="img",
        aria_label=label, cls="heat",
    )  # fmt: skip


def _table(days: Sequence[date], best: Mapping[Category, Mapping[date, Attempt]]) -> Html:
    head = [el("th", "Category", scope="col")]
    head += [el("th", f"{day:%-d %b}", scope="col") for day in days]
    rows = [
        el(
            "tr",
            el("th", category, scope="row"),
            [
                el("td", level_of(best[category][d].grade) if d in best[category] else "")
                for d in days
            ],
        )
        for category in CATEGORIES
        if category in best
    ]
    return el("div", el("table", el("thead", el("tr", head)), el("tbody", rows)), cls="scroll")


def _due(standing: Sequence[Standing], questions: Mapping[str, Question]) -> Html:
    now = datetime.now(UTC)
    due = [s for s in standing if s.due <= now]
    if not due:
        return el(
            "section",
            el("h2", "Due again"),
            el("p", f"Nothing today. The next is due on {standing[0].due:%-d %B}.")
            if standing
            else None,
        )
    rows = [
        el(
            "li",
            link(questions[s.question_id].title, address(question=s.question_id), about="study it"),
            el("span", f" Missed: {_missed(questions[s.question_id], *s.missed[0])}", cls="note")
            if s.missed
            else None,
        )
        for s in due
    ]
    return el("section", el("h2", "Due again"), _first(rows))


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
            f"Gained: {'; '.join(c.question.tell(t).text for t in c.gained)}."
            if c.gained
            else "No new tell this time.",
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


def _still(standing: Sequence[Standing], questions: Mapping[str, Question]) -> Html | None:
    weakest = sorted((s for s in standing if s.missed), key=lambda s: -sum(n for _, n in s.missed))
    rows = [_open_tells(questions[s.question_id], s) for s in weakest]
    if not rows:
        return None
    return el("section", el("h2", "Still missed"), _first(rows))


def _open_tells(question: Question, standing: Standing) -> Html:
    """Name the tells missed most often, and leave the others to be opened."""
    tells = [el("li", _missed(question, *pair)) for pair in standing.missed]
    more, unseen = tells[FEW:], len(standing.unseen)
    return el(
        "li",
        link(question.title, address(question=question.id), about="study what is missed"),
        el("ul", tells[:FEW]),
        el("details", el("summary", f"and {len(more)} more"), el("ul", more)) if more else None,
        el("p", f"{unseen} more {'has' if unseen == 1 else 'have'} not come up yet.", cls="note")
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
    attempts: Sequence[Attempt], skipped: Sequence[Interview], questions: Mapping[str, Question]
) -> Html | None:
    """List what was graded, and what was skipped in the middle, the newest first."""
    held = [(a.graded, a.interview, _held(a, questions)) for a in attempts]
    held += [(i.started, i, _dropped(i, questions)) for i in skipped]
    held.sort(key=lambda one: one[0], reverse=True)
    rows = []
    for round_id, some in groupby(held, key=lambda one: one[1].round_id):
        inside = [row for _, _, row in some]
        if round_id:
            title = link(f"Round of {many(len(inside), 'question')}", address(round=round_id))
            inside = [el("li", title, el("ul", inside[::-1]))]
        rows += inside
    return el("section", el("h2", "Every interview"), _first(rows, LAST)) if rows else None


def _held(attempt: Attempt, questions: Mapping[str, Question]) -> Html:
    grade = attempt.grade
    return el(
        "li",
        link(
            questions[grade.question_id].title,
            address(interview=attempt.interview.id),
            about=f"feedback of {when(attempt)}",
        ),
        badge(grade.level, level_of(grade)) if grade.level and not attempt.drilled else None,
        el("span", " drill ·", cls="note") if attempt.drilled else None,
        el("span", f" {when(attempt)}", cls="note"),
    )


def _dropped(interview: Interview, questions: Mapping[str, Question]) -> Html:
    title = questions[interview.question_id or ""].title
    return el(
        "li",
        link(title, address(interview=interview.id), about=f"skipped {_clock(interview.started)}"),
        el("span", f" skipped, no level · {_clock(interview.started)}", cls="note"),
    )


def when(attempt: Attempt) -> str:
    """Say when something was graded, in the time of this machine."""
    return _clock(attempt.graded)


def _clock(at: datetime) -> str:
    return f"{at.astimezone():%-d\u00a0%B\u00a0%Y, %H:%M}"
