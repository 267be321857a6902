"""What came of a drill: whether its one tell was shown, in which words, and what to do next.

A drill names its tell before it begins and asks for it, so it is no measure of a level and none
is shown. The grade that is kept says more; nothing here reads it but for the one tell.
"""

from __future__ import annotations

from interviewer.feedback import Shown, came_of, is_done
from interviewer.models import Question
from interviewer.ui.markup import Child, Html, el, join

NO_LEVEL = "A drill is about one tell that you were told beforehand, so it has no level."
_NEXT = "Answer the whole question again: there nobody names it beforehand, and it counts for your level."


def head(item: Shown, question: Question, crumb: Child, course: str, heading: str) -> Html:
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
