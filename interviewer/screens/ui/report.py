"""Feedback on a first look: the level, what carried it and what cost the next one."""

from __future__ import annotations

from interviewer.counting import many
from interviewer.judgement.drills import drilled_in
from interviewer.judgement.feedback import Feedback, explain, holding, lacking, means, summary
from interviewer.models import LEVELS, Grade, Level, Question, short_of
from interviewer.outside.record import Attempt
from interviewer.screens.ui import drill
from interviewer.screens.ui.address import address
from interviewer.screens.ui.markup import Child, Html, badge, clock, el, join, link, moment
from interviewer.service.afterwards import Later
from interviewer.service.practice import minutes
from interviewer.service.view import View

CARRIED = 3
"""Tells named at the top."""
_NOTHING = {
    False: "No tell was found in your words this time.",
    True: "No single tell of this level, as said above.",
}


def head(
    view: View,
    later: Later,
    before: Attempt | None = None,
    newest: Attempt | None = None,
    *,
    heading: str = "h1",
) -> Html:
    """Show the level, what it rests on and the one gap: all that fits on a first look.

    Args:
        view: the interview.
        later: what became of its grade.
        before: the attempt at the same question that it can be compared with.
        newest: the last attempt at the same question, where this one is older.
        heading: the element of the level; on paper the title stands above it.
    """
    if view.question is None:
        return Html("")
    if view.grade is None:
        return _skipped(view, view.question, heading)
    if item := drilled_in(view.grade, view.question, later.drilled):
        crumb, course = _crumb(view, view.question), [_course(view), _since(newest)]
        return drill.head(item, view.grade, view.question, crumb, course, heading)
    told = explain(view.grade, view.question)
    return join(
        [
            _verdict(view, view.grade, view.question, told, before, newest, heading),
            el("div", _carried(view.grade, told), _cost(view.grade, told), cls="two")
            if view.grade.level
            else None,
        ]
    )


def _verdict(
    view: View,
    grade: Grade,
    question: Question,
    told: Feedback,
    before: Attempt | None,
    newest: Attempt | None,
    heading: str,
) -> Html:
    return el(
        "section",
        _crumb(view, question),
        el(
            heading,
            told.headline,
            tabindex="-1",
            cls="level",
            data_title=f"{told.headline}: {question.title}",
        ),
        el("p", means(grade.level), cls="means") if grade.level else None,
        el("p", told.rests, cls="rests") if told.rests else None,
        _debrief(view, grade, question),
        el("p", _aim(grade, view.interview.target), cls="aim") if grade.level else None,
        el(
            "p",
            f"Your attempt before this one, {moment(before.graded)}, was {before.grade.level}. ",
            link("Compare the two, tell by tell", address(compare=question.id)),
        )
        if before
        else None,
        _ended(view),
        el("p", _course(view), _since(newest), cls="note course"),
        el(
            "p",
            [[note, " "] for note in (told.sureness, *told.notes)],
            link("How far to trust this", address(see="trust", of=view.interview.id)),
            cls="note",
        ),
        cls=f"verdict lv-{grade.level or 'none'}",
    )


def _crumb(view: View, question: Question) -> Html:
    round_id = view.interview.round_id
    return el(
        "p",
        [link("Your round", address(round=round_id)), " / "] if round_id else None,
        link(question.title, address(question=question.id)),
        cls="crumb",
    )


def _skipped(view: View, question: Question, heading: str) -> Html:
    """Say that there is no level, and why."""
    return el(
        "section",
        _crumb(view, question),
        el(heading, "Skipped: no level", tabindex="-1", data_title=f"Skipped: {question.title}"),
        el("p", "You skipped this question, so what was said was not graded.", cls="means"),
        el("p", _course(view), cls="note course"),
        cls="verdict lv-none",
    )


def _debrief(view: View, grade: Grade, question: Question) -> Html | None:
    """Show a model's words on this very grade, or say that they are still to come."""
    if view.wording:
        coming = "The interviewer is putting this into words…"
        return el("p", coming, cls="debrief coming", role="status")
    if view.debrief and view.debrief != summary(grade, question):
        return el("p", view.debrief, cls="debrief", dir="auto")
    return None


def _aim(grade: Grade, target: Level) -> str:
    short = short_of(target, grade.level)
    if short > 0:
        return f"You aimed at {target}: {'one level' if short == 1 else 'two levels'} to go."
    if short < 0:
        return f"You aimed at {target}; this answer went beyond it."
    return f"You aimed at {target}, and this answer shows it."


def _ended(view: View) -> Html | None:
    """Say why no more was asked, where more might have been."""
    used, most = view.follow_ups, view.interview.budget
    if view.grade is None or view.grade.level != LEVELS[-1] or used >= most:
        return None
    asked = f"{many(used, 'follow-up')} of at most {most}" if used else "No follow-up"
    return el("p", f"{asked} asked: nothing could raise an {LEVELS[-1]}.")


def _course(view: View) -> str:
    """Say in a line when the interview was held and how it went."""
    hints = sum(e.kind == "hint" for e in view.entries)
    used = view.follow_ups
    parts = [
        clock(view.interview.started),
        many(used, "follow-up"),
        many(hints, "hint") if hints else "",
        many(minutes(view), "minute"),
    ]
    return " · ".join(part for part in parts if part)


def _since(newest: Attempt | None) -> Child:
    """Lead to what came after an old attempt."""
    if newest is None:
        return None
    what = "drill" if newest.drilled else "attempt"
    there = link(clock(newest.graded), f"?interview={newest.interview.id}")
    return [f". Your newest {what} at this question: ", there, "."]


def _carried(grade: Grade, told: Feedback) -> Html:
    best = told.carried[:CARRIED]
    items = [el("li", badge(s.tell.level or ""), s.tell.text) for s in best]
    items += [el("li", badge(s.level), s.text) for s in grade.unlisted[: CARRIED - len(best)]]
    return el(
        "section",
        el("h2", "What carried it"),
        el("ul", items) if items else el("p", _NOTHING[told.rests is not None]),
        cls="carried",
    )


def _cost(grade: Grade, told: Feedback) -> Html:
    """Show the one gap with its advice, or what lies beyond the highest level."""
    held = [
        [el("p", f"Held at {grade.level} by: ", el("b", s.tell.text)), el("p", s.tell.advice)]
        for s in holding(grade, told)
    ]
    if told.gap:
        tell, advice = told.gap
        parts = [el("p", el("b", tell.text)), el("p", advice)]
        return el("section", el("h2", lacking(grade, tell)), held, parts, cls="cost")
    if held:
        return el("section", el("h2", "What held it down"), held, cls="cost")
    if grade.level != LEVELS[-1]:
        rest = "Nothing above this level was asked about and missed."
        return el("section", el("h2", "What comes next"), el("p", rest), cls="cost")
    beyond = (*told.of("against"), *told.of("missed"), *told.of("maybe"))
    missed = [el("li", j.tell.text) for j in beyond[:CARRIED]]
    return el(
        "section",
        el("h2", f"Enough for {grade.level}"),
        el("p", "Beyond it, these were not surely shown or not right:" if missed else
           "Nothing that was asked about is missing."),
        el("ul", missed) if missed else None,
        cls="cost",
    )  # fmt: skip


def exports(view: View) -> Html:
    """Say who graded and what that took, and offer the interview as files."""
    if view.grade is None:
        return Html("")
    base = f"export/{view.interview.id}"
    taken = el(
        "p",
        _graded_by(view),
        "Take it with you: ",
        el("a", "Markdown", href=f"{base}.md", download=True),
        " · ",
        el("a", "JSON", href=f"{base}.json", download=True),
        " · ",
        el("a", "page to print", href=f"{base}.html", target="_blank", rel="noopener"),
        cls="note",
    )
    if view.spending is None:
        return taken
    used = el("details", el("summary", "What it used"), el("p", view.spending), cls="note used")
    return join([taken, used])


def _graded_by(view: View) -> str:
    grade = view.grade
    if grade is None or grade.engine == "offline":
        return "Graded on this machine. "
    return f"Graded by {grade.model}. "


def held(view: View) -> str:
    """Say when an interview was held, and how."""
    how = "with hints" if view.interview.mode == "practice" else "no hints"
    return f"{clock(view.interview.started)} · aiming at {view.interview.target} · {how}"


def made_by(grade: Grade) -> str:
    """Name what a grade can be reproduced with."""
    model = f", {grade.model}" if grade.model else ""
    return f"Engine {grade.engine}{model}; rubric {grade.rubric_hash}."
