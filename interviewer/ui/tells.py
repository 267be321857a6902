"""The tells of a grade as cards, what can be done about each, and the words behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from interviewer.afterwards import Later
from interviewer.feedback import MAYBE, Shown, drilled_in, explain, is_done
from interviewer.models import LEVELS, Evidence, Grade
from interviewer.record import Entry
from interviewer.ui.bank import samples
from interviewer.ui.markup import Child, Html, ask, badge, el, escape, join
from interviewer.ui.objections import objection, sentences_of, withdrawn
from interviewer.ui.talk import who
from interviewer.view import View

_STOPS = '.!?…:;"”’)]'
FIRST = 4
"""Missed tells that are shown before one asks for the rest."""
_UNPROMPTED = (
    "Said before any follow-up or hint aimed at it: in your first answer, or by itself later."
)
_PROMPTED = "Said only after a follow-up or a hint had aimed at it."
_MAYBE = {
    "offline": "Something you said comes near each of these, not near enough to quote it as shown. They "
    "count a little towards the level, by how near it comes.",
    "llm": "Something you said comes near each of these; the grader was not sure enough to quote it as "
    "shown, so they do not count.",
}


def body(view: View, later: Later, *, on_paper: bool = False) -> Html:
    """Show every tell with the words behind it, the samples, and what was said.

    Args:
        view: the interview.
        later: what became of its grade.
        on_paper: whether nothing can be opened or chosen there.
    """
    if view.grade is None:
        return _what_was_said(view)
    if view.question is None:
        return Html("")
    grade, question = view.grade, view.question
    if item := drilled_in(grade, question, later.drilled):
        found = el("section", el("h2", "What you said to it"), _cards([item], view, later))
        only = grade.model_copy(update={"verdicts": (item.verdict,), "unlisted": ()})
        alone = replace(view, grade=only)
        return join(
            [
                found if item.verdict.evidence or not is_done(item.verdict) else None,
                _fold(
                    "What it sounds like at each level",
                    samples(question, asked_otherwise=view.interview.variant > 0),
                ),
                _what_was_said(alone, quoted=bool(item.verdict.evidence), on_paper=on_paper),
                None if on_paper else sentences_of(view),
            ]
        )
    # As first graded: what an objection changes, it changes where the candidate is looking.
    first = later.first if later.first and later.first.level else grade
    now = {v.tell_id: v for v in grade.verdicts}
    told = explain(
        first.model_copy(update={"verdicts": tuple(v for v in first.verdicts if v.tell_id in now)}),
        question,
    )
    missed = sorted(told.missed, key=lambda s: _worth(s, first))
    maybe = sorted(told.maybe, key=lambda s: _worth(s, first))
    quoted = bool(told.unprompted or told.prompted or told.against)
    return join(
        [
            _group("Shown unprompted", told.unprompted, view, later, _UNPROMPTED),
            _group("Shown when asked", told.prompted, view, later, _PROMPTED),
            _group("Counted against you", told.against, view, later),
            _unlisted(view),
            _group(MAYBE, maybe, view, later, _MAYBE[grade.engine]),
            _group("Missed", missed[:FIRST], view, later),
            _fold(
                f"{len(missed) - FIRST} more that were missed",
                _cards(missed[FIRST:], view, later),
                folded=not on_paper,
            )
            if missed[FIRST:]
            else None,
            _fold(
                f"Not asked this time ({len(told.not_asked)})",
                _cards(sorted(told.not_asked, key=lambda s: _worth(s, first)), view, later),
                folded=not on_paper,
            )
            if told.not_asked
            else None,
            _fold(
                "What it sounds like at each level",
                samples(question, asked_otherwise=view.interview.variant > 0),
            ),
            _one_level_up(grade, later, folded=not (on_paper and later.rewrite)),
            _what_was_said(view, quoted=quoted, on_paper=on_paper),
            None if on_paper else sentences_of(view),
        ]
    )


def _what_was_said(view: View, *, quoted: bool = False, on_paper: bool = False) -> Html:
    finds = "" if on_paper else " Choose a quote above to find it here."
    return el(
        "section",
        el("h2", "What was said"),
        el("p", f"Marked sentences are the evidence.{finds}") if quoted else None,
        el("div", transcript(view), cls="said whole"),
        cls="transcript",
    )


def _worth(item: Shown, grade: Grade) -> tuple[bool, int]:
    """Order what was missed: the gap, the next level up, those above, then what lies below."""
    gap = grade.first_gap is not None and grade.first_gap.tell_id == item.tell.id
    above = LEVELS.index(item.tell.level or "L4") - LEVELS.index(grade.level or "L4")
    return not gap, above if above > 0 else len(LEVELS) - above


def _group(
    title: str, shown: Sequence[Shown], view: View, later: Later, note: str | None = None
) -> Html | None:
    if not shown:
        return None
    meaning = el("p", note, cls="note") if note else None
    return el("section", el("h2", title), meaning, _cards(shown, view, later))


def _cards(shown: Sequence[Shown], view: View, later: Later) -> Html:
    now = {v.tell_id: v for v in view.grade.verdicts} if view.grade else {}
    cards = [_card(Shown(s.tell, now[s.tell.id]), view, later) for s in shown if s.tell.id in now]
    return el("div", cards, cls="tells")


def _card(item: Shown, view: View, later: Later) -> Html:
    tell, verdict, grade = item.tell, item.verdict, view.grade
    good = tell.polarity == "strong_hire" and verdict.verdict == "met"
    mark = badge(tell.level) if tell.level else badge(tell.caps or "", f"at most {tell.caps}")
    gap = grade and grade.first_gap and grade.first_gap.tell_id == tell.id
    objected = tell.id in later.challenges
    reason = verdict.reason if grade and grade.engine == "llm" and not objected else ""
    return el(
        "article",
        el("h3", mark, tell.text),
        [quote(e, view.entries, tell.id) for e in verdict.evidence],
        el("p", reason, cls="reason") if reason else None,
        None if good or gap or later.drilled or withdrawn(item) else el("p", tell.advice),
        objection(item, later),
        cls="tell" if good or tell.caps else "tell dim",
    )


def quote(e: Evidence, entries: Sequence[Entry], tell_id: str | None = None) -> Html:
    """Quote the candidate and say when it was said; choosing it finds it in the transcript.

    The dots of a quote that begins or ends within a sentence are the style sheet's, so that the
    words stay theirs.
    """
    before, after = cut(e, entries[e.turn].turn.text)
    cuts = f"{'cut-before ' * before}{'cut-after' * after}".strip()
    return el(
        "blockquote",
        el("a", e.quote, href=f"#t{e.turn}-{e.start}", data_turn=e.turn, data_start=e.start, data_end=e.end,
           cls=cuts or None),
        el("span", when(e.turn, entries, tell_id), cls="when"),
        dir="auto",
    )  # fmt: skip


def cut(e: Evidence, text: str) -> tuple[bool, bool]:
    """Tell whether a quote begins and whether it ends within a sentence of what was said."""
    before, after = text[: e.start], text[e.end :]
    begins = (
        not before.strip()
        or before.rstrip()[-1] in _STOPS
        or "\n" in before[len(before.rstrip()) :]
    )
    ends = (
        not after.strip() or e.quote.rstrip()[-1:] in _STOPS or after.lstrip(" ").startswith("\n")
    )
    return not begins, not ends


def when(turn: int, entries: Sequence[Entry], tell_id: str | None = None) -> str:
    """Say what the candidate's turn followed, and whether a tell came before anybody aimed at it."""
    before = entries[:turn]
    kinds = [entry.kind for entry in before]
    asked = next((k for k in reversed(kinds) if k in ("ask", "probe", "hint")), "ask")
    if asked == "ask":
        return "in your first answer"
    number = kinds.count("probe")
    if tell_id and not any(tell_id in (e.turn.aims_at or ()) for e in before):
        to = f"to follow-up {number}" if number else "after a hint"
        return f"came by itself, in the answer {to}"
    return f"after follow-up {number}" if asked == "probe" else "after a hint"


def _unlisted(view: View) -> Html | None:
    if view.grade is None or not view.grade.unlisted:
        return None
    cards = [
        el("article", el("h3", badge(s.level), s.text), [quote(e, view.entries) for e in s.evidence],
           cls="tell")
        for s in view.grade.unlisted
    ]  # fmt: skip
    return el(
        "section", el("h2", "Strong points outside the rubric"), el("div", cards, cls="tells")
    )


def _fold(title: str, *inside: Child, folded: bool = True, name: str | None = None) -> Html:
    return el("details", el("summary", title), *inside, cls="fold", id=name, open=not folded)


def _one_level_up(grade: Grade, later: Later, *, folded: bool) -> Html | None:
    """Offer the answer one level up where there is such a level, and say what it takes."""
    if grade.level in (None, LEVELS[-1]):
        return None
    needs = " (needs a language model)" if grade.engine == "offline" else ""
    title = f"Your answer, one level up{needs}"
    return _fold(title, _rewritten(grade, later), folded=folded, name="one-level-up")


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


def transcript(view: View) -> list[Html]:
    """Show what was said, every sentence that is evidence marked."""
    every = [e for v in view.grade.verdicts for e in v.evidence] if view.grade else []
    every += [e for s in view.grade.unlisted for e in s.evidence] if view.grade else []
    out = []
    for position, entry in enumerate(view.entries):
        mine = entry.turn.role == "candidate"
        spans = [e for e in every if e.turn == position]
        out.append(
            el(
                "div",
                el("span", who(entry), cls="who"),
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
