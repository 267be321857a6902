"""The picture of progress: the best level in each category on each day, and the same as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise

from interviewer.judgement.feedback import level_of
from interviewer.judgement.progress import by_day
from interviewer.models import CATEGORIES, Category, Question
from interviewer.outside.record import Attempt
from interviewer.screens.ui.markup import Html, el, fold

DAYS = 14
_LEFT, _TOP, _W, _H = 190, 30, 58, 34
"""In its own units: room for labels, and the size of a cell."""


def section(attempts: Sequence[Attempt], questions: Mapping[str, Question]) -> Html:
    """Show the last days, the newest first: on a phone the beginning is what one sees."""
    days, best = by_day(attempts, questions, DAYS)
    days = days[::-1]
    return el(
        "section",
        el("h2", "Best level by category and day"),
        el("p", _legend(days, best, attempts), cls="note"),
        el("div", _picture(days, best), cls="scroll", tabindex="0", role="group",
           aria_label="Heatmap, scrolls sideways"),
        fold("As a table", _table(days, best)),
    )  # fmt: skip


def _legend(
    days: Sequence[date],
    best: Mapping[Category, Mapping[date, Attempt]],
    attempts: Sequence[Attempt],
) -> str:
    """Say what the picture shows and what it leaves out."""
    shown = [row[day] for row in best.values() for day in days if day in row]
    say = [f"Your last {len(days)} days with practice, the newest first."] if days[1:] else []
    say += ["A dotted line stands for days without any."] if any(_gaps(days)) else []
    say += ["“–”: not enough to grade."] if any(a.grade.level is None for a in shown) else []
    say += (
        ["Drills are left out: each is about one tell."] if any(a.drilled for a in attempts) else []
    )
    return " ".join(say)


def _gaps(days: Sequence[date]) -> list[bool]:
    """Tell of every two neighbours whether days were left out between them."""
    return [(a - b).days > 1 for a, b in pairwise(days)]


def _picture(days: Sequence[date], best: Mapping[Category, Mapping[date, Attempt]]) -> Html:
    """Draw the levels; each cell says its level in words, so that colour is not needed."""
    cells: list[Html] = []
    for x, day in enumerate(days):
        middle = _LEFT + x * _W + _W // 2
        cells.append(el("text", f"{day:%-d %b}", x=middle, y=18, text_anchor="middle"))
    height = _TOP + len(CATEGORIES) * _H
    for x, left_out in enumerate(_gaps(days), 1):
        if left_out:
            edge = _LEFT + x * _W
            cells.append(el("line", x1=edge, x2=edge, y1=4, y2=height, cls="gap"))
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
    width = _LEFT + len(days) * _W
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
    caption = el("caption", "Best level by category and day", cls="heard-only")
    return el(
        "div", el("table", caption, el("thead", el("tr", head)), el("tbody", rows)), cls="scroll"
    )
