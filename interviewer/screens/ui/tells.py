"""The tells of a grade by how they came out, samples to hold it against, and the words behind it."""

from __future__ import annotations

from interviewer.judgement.drills import drilled_in
from interviewer.judgement.feedback import UNLISTED, Group, GroupName, explain
from interviewer.models import LEVELS, Grade
from interviewer.screens.ui import drill
from interviewer.screens.ui.bank import samples
from interviewer.screens.ui.cards import cards
from interviewer.screens.ui.evidence import quote, what_was_said
from interviewer.screens.ui.markup import Html, ask, badge, el, fold, join
from interviewer.screens.ui.objections import sentences_of
from interviewer.service.afterwards import Later
from interviewer.service.view import View

_AT_ONCE: dict[GroupName, int] = {"missed": 4, "not_asked": 0}
"""Tells of a group that are shown before one asks for the rest; all where none is given."""


def body(view: View, later: Later, *, on_paper: bool = False) -> Html:
    """Show every tell with the words behind it, the samples, and what was said.

    Args:
        view: the interview.
        later: what became of its grade.
        on_paper: whether nothing can be opened or chosen there.
    """
    grade, question = view.grade, view.question
    if grade is None:
        return what_was_said(view)
    if question is None:
        return Html("")
    if item := drilled_in(grade, question, later.drilled):
        return drill.body(item, question, view, later, on_paper=on_paper)
    told = explain(_as_first_graded(grade, later), question)
    return join(
        [
            [_group(group, view, later, on_paper=on_paper) for group in told.shown],
            _unlisted(view),
            [_group(group, view, later, on_paper=on_paper) for group in told.wanting],
            samples(question, asked_otherwise=view.interview.variant > 0),
            _one_level_up(grade, later, unfolded=on_paper and bool(later.rewrite)),
            what_was_said(view, on_paper=on_paper),
            None if on_paper else sentences_of(view),
        ]
    )


def _as_first_graded(grade: Grade, later: Later) -> Grade:
    """Return the grade that orders the cards: what an objection changes, it changes in its place."""
    first = later.first if later.first and later.first.level else grade
    known = {v.tell_id for v in grade.verdicts}
    return first.model_copy(
        update={"verdicts": tuple(v for v in first.verdicts if v.tell_id in known)}
    )


def _group(group: Group, view: View, later: Later, *, on_paper: bool) -> Html:
    at_once = _AT_ONCE.get(group.name, len(group.judged))
    first, rest = group.judged[:at_once], group.judged[at_once:]
    more = f"{group.title}: {len(rest)} more" if first else f"{group.title} ({len(rest)})"
    meaning = el("p", group.meaning, cls="note") if group.meaning else None
    return join(
        [
            el("section", el("h2", group.title), meaning, cards(first, view, later))
            if first
            else None,
            fold(more, cards(rest, view, later), unfolded=on_paper) if rest else None,
        ]
    )


def _unlisted(view: View) -> Html | None:
    if view.grade is None or not view.grade.unlisted:
        return None
    cards = [
        el("article", el("h3", badge(s.level), s.text), [quote(e, view.entries) for e in s.evidence],
           cls="tell")
        for s in view.grade.unlisted
    ]  # fmt: skip
    return el("section", el("h2", UNLISTED), el("div", cards, cls="tells"))


def _one_level_up(grade: Grade, later: Later, *, unfolded: bool) -> Html | None:
    """Offer the answer one level up where there is such a level, and say what it takes."""
    if grade.level in (None, LEVELS[-1]):
        return None
    needs = " (needs a language model)" if grade.engine == "offline" else ""
    title = f"Your answer, one level up{needs}"
    return fold(title, _rewritten(grade, later), unfolded=unfolded, name="one-level-up")


def _rewritten(grade: Grade, later: Later) -> Html:
    if later.rewrite:
        tags = {"added": "ins", "dropped": "del", "kept": "span"}
        text = [el(tags[piece.kind], piece.text) for piece in later.rewrite]
        return el(
            "div",
            el("p", text, cls="rewrite", id="rewritten", tabindex="-1", dir="auto"),
            el("p", "Your words; only what is marked is new. Practice it, do not learn it by heart.",
               cls="note"),
        )  # fmt: skip
    if grade.engine == "offline":
        return el(
            "p",
            "This needs a language model, which would change your answer as little as the next "
            "level takes. Until one is set, the samples above show what a level sounds like.",
            cls="note",
        )
    return el(
        "div",
        el(
            "p",
            "Your own answer, changed as little as the next level takes. It takes the model a while.",
            cls="note",
        ),
        ask("Write it", "one-level-up", busy="Writing…", then="rewritten"),
    )
