"""The candidate's words as evidence: quoted, with when they were said, and marked where they stand."""

from __future__ import annotations

from collections.abc import Sequence

from interviewer.models import Evidence
from interviewer.outside.record import Entry
from interviewer.screens.ui.markup import Html, el, escape, join
from interviewer.screens.ui.talk import who
from interviewer.service.view import View

_STOPS = '.!?…:;"”’)]'


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


def what_was_said(view: View, *, on_paper: bool = False) -> Html:
    """Show the whole conversation, every sentence that is evidence marked.

    Args:
        view: the interview.
        on_paper: whether nothing can be chosen there.
    """
    every = [e for v in view.grade.verdicts for e in v.evidence] if view.grade else []
    every += [e for s in view.grade.unlisted for e in s.evidence] if view.grade else []
    finds = "" if on_paper else " Choose a quote above to find it here."
    return el(
        "section",
        el("h2", "What was said"),
        el("p", f"Marked sentences are the evidence.{finds}") if every else None,
        el(
            "div",
            [_turn(n, entry, every) for n, entry in enumerate(view.entries)],
            cls="said whole",
        ),
        cls="transcript",
    )


def _turn(position: int, entry: Entry, every: Sequence[Evidence]) -> Html:
    spans = [e for e in every if e.turn == position]
    return el(
        "div",
        el("span", who(entry), cls="who"),
        el("p", marked(entry.turn.text, position, spans), dir="auto"),
        cls="turn me" if entry.turn.role == "candidate" else "turn",
    )


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
