"""What came of a drill: whether its one tell was shown, in which words, and what to do next.

A drill names its tell before it begins and asks for it, so it is no measure of a level and none
is shown. The grade that is kept says more; nothing here reads it but for the one tell.
"""

from __future__ import annotations

from dataclasses import replace

from interviewer.judgement.drills import came_of, is_done
from interviewer.judgement.feedback import NO_ANSWER, Judged
from interviewer.models import Grade, Question
from interviewer.screens.ui.bank import samples
from interviewer.screens.ui.cards import cards
from interviewer.screens.ui.evidence import what_was_said
from interviewer.screens.ui.markup import Child, Html, el, join
from interviewer.screens.ui.objections import sentences_of
from interviewer.service.afterwards import Later
from interviewer.service.view import View

NO_LEVEL = "A drill is about one tell that you were told beforehand, so it has no level."
_NEXT = "Answer the whole question again: there nobody names it beforehand, and it counts for your level."


def head(
    item: Judged, grade: Grade, question: Question, crumb: Child, course: Child, heading: str
) -> Html:
    """Say whether the tell was shown, and what to do next."""
    tell, done = item.tell, is_done(item.verdict)
    became = came_of(item)
    return join(
        [
            el(
                "section",
                crumb,
                el(
                    heading,
                    became,
                    tabindex="-1",
                    cls="level",
                    data_title=f"{became}: {question.title}",
                ),
                el("p", "You came back for “", tell.text, "”.", cls="means"),
                el("p", NO_ANSWER) if grade.level is None else None,
                el("p", course, cls="note course"),
                el("p", NO_LEVEL, cls="note"),
                cls="verdict lv-none",
            ),
            el(
                "div",
                el(
                    "section",
                    el("h2", "What to do next"),
                    el("p", _NEXT if done else tell.advice),
                    cls="cost",
                ),
                cls="two",
            ),
        ]
    )


def body(
    item: Judged, question: Question, view: View, later: Later, *, on_paper: bool = False
) -> Html:
    """Show what was said to the tell, the samples, and what was said in all."""
    only = {"verdicts": (item.verdict,), "unlisted": ()}
    answered = view.grade is not None and view.grade.level is not None
    alone = replace(view, grade=view.grade and view.grade.model_copy(update=only))
    return join(
        [
            el("section", el("h2", "What you said to it"), cards([item], view, later))
            if item.verdict.evidence or (answered and not is_done(item.verdict))
            else None,
            samples(question, asked_otherwise=view.interview.variant > 0),
            what_was_said(alone, on_paper=on_paper),
            None if on_paper else sentences_of(view),
        ]
    )
