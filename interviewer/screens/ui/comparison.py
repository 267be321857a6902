"""Two attempts at one question side by side, tell by tell."""

from __future__ import annotations

from interviewer.judgement.feedback import explain
from interviewer.judgement.progress import Changed
from interviewer.models import TellVerdict
from interviewer.screens.ui.address import address
from interviewer.screens.ui.markup import Html, badge, el, join, link, moment

_SAYS = {"met": "shown", "not_met": "missed", "unclear": "perhaps shown", "not_asked": "not asked"}
_LOST = {"not asked": "not said this time", "missed": "missed this time"}
"""Of a tell that was shown before."""


def compare(changed: Changed) -> Html:
    """Show two attempts at one question side by side."""
    question = changed.question
    rows: list[Html] = []
    against: list[Html] = []
    for tell_id, *both in changed.rows:
        tell, (then, now) = question.tell(tell_id), [_verdict(verdict) for verdict in both]
        if tell_id in changed.lost:
            now = _LOST[now]
        row = el(
            "tr",
            el("th", badge(tell.level) if tell.level else None, tell.text, scope="row"),
            [el("td", then), el("td", now)],
            cls="moved" if then != now else None,
        )
        (against if tell.caps else rows).append(row)
    if against:
        title = el("th", "What counts against you", colspan=3, scope="rowgroup")
        rows += [el("tr", title, cls="part-of"), *against]
    columns = [
        el(
            "th",
            el("span", explain(a.grade, question).headline, cls="of"),
            link(moment(a.graded), address(interview=a.interview.id)),
            scope="col",
        )
        for a in (changed.before, changed.after)
    ]
    head = el("thead", el("tr", el("th", "Tell", scope="col"), columns))
    return join(
        [
            el(
                "section",
                el("p", link("Progress", address(see="progress")), " / two attempts", cls="crumb"),
                el("h1", question.title, tabindex="-1"),
                cls="lead small",
            ),
            el("div", el("table", head, el("tbody", rows), cls="compare"), cls="scroll"),
        ]
    )


def _verdict(verdict: TellVerdict | None) -> str:
    if verdict is None:
        return "–"
    if verdict.polarity == "down_level":
        return "counted against you" if verdict.verdict == "met" else "no"
    asked = " when asked" if verdict.verdict == "met" and verdict.prompted else ""
    return _SAYS[verdict.verdict] + asked
