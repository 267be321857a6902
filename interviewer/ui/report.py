"""Feedback: the level, what carried it and what cost the next one, tells with quotes, transcript."""

from __future__ import annotations

from collections.abc import Sequence

from interviewer.afterwards import Later
from interviewer.feedback import Feedback, Shown, explain, means, summary
from interviewer.models import LEVELS, Evidence, Grade, Level, Question
from interviewer.practice import spent
from interviewer.prices import price
from interviewer.session import View
from interviewer.settings import Settings
from interviewer.store import Entry, Outcome
from interviewer.ui.bank import samples
from interviewer.ui.markup import Child, Html, ask, badge, el, escape, join, link, many

CARRIED = 3
"""Tells named at the top."""
FIRST = 4
"""Missed tells that are shown before one asks for the rest."""
_BECAME: dict[Outcome, str] = {
    "granted": "You objected, and it was looked at again. Changed:",
    "upheld": "You objected, and it was looked at again. It stands:",
    "open": "You objected; noted, and the verdict stands for now.",
}


def head(view: View, later: Later) -> Html:
    """Show the level, what it rests on and the one gap: all that fits on a first look."""
    if view.grade is None or view.question is None:
        return Html("")
    told = explain(view.grade, view.question)
    return join(
        [
            _verdict(view, view.grade, view.question, told, later),
            el("div", _carried(view.grade, told), _cost(view.grade, told), cls="two")
            if view.grade.level
            else None,
        ]
    )


def body(view: View, later: Later, *, folded: bool = True) -> Html:
    """Show every tell with the words behind it, the samples, and what was said.

    Args:
        view: the interview.
        later: what became of its grade.
        folded: whether the longer parts wait to be opened; on paper they cannot.
    """
    if view.grade is None or view.question is None:
        return Html("")
    grade, question = view.grade, view.question
    told = explain(grade, question)
    missed = sorted(told.missed, key=lambda s: _worth(s, grade))
    quoted = bool(told.unprompted or told.prompted or told.against)
    return join(
        [
            _group("Shown unprompted", told.unprompted, grade, later),
            _group("Shown when asked", told.prompted, grade, later),
            _group("Counted against you", told.against, grade, later),
            _unlisted(grade),
            _group("Missed, or too unclear to count", missed[:FIRST], grade, later),
            _fold(
                f"{len(missed) - FIRST} more that were missed",
                _cards(missed[FIRST:], grade, later),
                folded=folded,
            )
            if missed[FIRST:]
            else None,
            _fold(
                f"Not asked this time ({len(told.not_asked)})",
                _cards(sorted(told.not_asked, key=lambda s: _worth(s, grade)), grade, later),
                folded=folded,
            )
            if told.not_asked
            else None,
            _fold("What it sounds like at each level", samples(question)),
            _fold("Your answer, one level up", _one_level_up(grade, later), name="one-level-up"),
            el(
                "section",
                el("h2", "What was said"),
                el("p", "Marked sentences are the evidence. Choose a quote above to find it here.")
                if quoted
                else None,
                el("div", transcript(view, grade), cls="said whole"),
                cls="transcript",
            ),
        ]
    )


def _verdict(view: View, grade: Grade, question: Question, told: Feedback, later: Later) -> Html:
    return el(
        "section",
        el(
            "p",
            [link("Your round", f"?round={view.interview.round_id}"), " / "]
            if view.interview.round_id
            else None,
            link(question.title, f"?question={question.id}"),
            cls="crumb",
        ),
        el("h1", told.headline, tabindex="-1", cls="level"),
        el("p", means(grade.level), cls="means") if grade.level else None,
        el("p", view.debrief, cls="debrief", dir="auto")
        if view.debrief and view.debrief != summary(grade, question)
        else None,
        el("p", _aim(grade, view.interview.target), cls="aim") if grade.level else None,
        _came_back(grade, question, later),
        el("p", _course(view), cls="note course"),
        el(
            "p",
            [[note, " "] for note in (told.sureness, *told.notes)],
            link("How far to trust this", "?see=trust"),
            cls="note",
        ),
        cls=f"verdict lv-{grade.level or 'none'}",
    )


def _aim(grade: Grade, target: Level) -> str:
    short = LEVELS.index(target) - LEVELS.index(grade.level or "L4")
    if short > 0:
        return f"You aimed at {target}: {'one level' if short == 1 else 'two levels'} to go."
    return f"You aimed at {target}, and this answer shows it."


def _came_back(grade: Grade, question: Question, later: Later) -> Html | None:
    """Say what became of the tell that a re-drill was for."""
    verdict = next((v for v in grade.verdicts if v.tell_id == later.drilled), None)
    if verdict is None:
        return None
    how = "when asked" if verdict.prompted else "unprompted"
    became = f"shown this time, {how}" if verdict.verdict == "met" else "not there yet"
    return el("p", "You came back for “", question.tell(verdict.tell_id).text, f"”: {became}.")


def _course(view: View) -> str:
    """Say in a line how the interview went."""
    hints = sum(e.kind == "hint" for e in view.entries)
    used = view.follow_ups
    parts = [
        many(used, "follow-up"),
        many(hints, "hint") if hints else "",
        many(max(1, round(spent(view) / 60)), "minute"),
        "nothing left to ask that could raise it"
        if view.grade and view.grade.level == LEVELS[-1] and used < view.interview.budget
        else "",
    ]
    return " · ".join(part for part in parts if part)


def _carried(grade: Grade, told: Feedback) -> Html:
    best = [*told.unprompted, *told.prompted][:CARRIED]
    items = [el("li", badge(s.tell.level or ""), s.tell.text) for s in best]
    items += [el("li", badge(s.level), s.text) for s in grade.unlisted[: CARRIED - len(best)]]
    return el(
        "section",
        el("h2", "What carried it"),
        el("ul", items) if items else el("p", "No tell was found in your words this time."),
        cls="carried",
    )


def _cost(grade: Grade, told: Feedback) -> Html:
    parts: list[Html] = []
    if told.gap:
        tell, advice = told.gap
        parts.append(el("p", el("b", tell.text)))
        parts.append(el("p", advice))
    for shown in told.against[:2]:
        if not told.gap or shown.tell.id != told.gap[0].id:
            parts.append(el("p", el("b", shown.tell.text), f" {shown.tell.advice}"))
    if not parts:
        parts.append(el("p", "Nothing: no tell above this level was asked about and missed."))
    title = "What to keep an eye on" if grade.level == LEVELS[-1] else "What cost the next level"
    return el("section", el("h2", title), parts, cls="cost")


def _worth(item: Shown, grade: Grade) -> tuple[bool, int]:
    """Order what was missed: the gap, the next level up, those above, then what lies below."""
    gap = grade.first_gap is not None and grade.first_gap.tell_id == item.tell.id
    above = LEVELS.index(item.tell.level or "L4") - LEVELS.index(grade.level or "L4")
    return not gap, above if above > 0 else len(LEVELS) - above


def _group(title: str, shown: Sequence[Shown], grade: Grade, later: Later) -> Html | None:
    if not shown:
        return None
    return el("section", el("h2", title), _cards(shown, grade, later))


def _cards(shown: Sequence[Shown], grade: Grade, later: Later) -> Html:
    return el("div", [_card(item, grade, later) for item in shown], cls="tells")


def _card(item: Shown, grade: Grade, later: Later) -> Html:
    tell, verdict = item.tell, item.verdict
    good = tell.polarity == "strong_hire" and verdict.verdict == "met"
    mark = badge(tell.level) if tell.level else badge(tell.caps or "", f"caps {tell.caps}")
    return el(
        "article",
        el("h3", mark, tell.text),
        [quote(e) for e in verdict.evidence],
        el("p", verdict.reason, cls="reason") if verdict.reason and grade.engine == "llm" else None,
        None if good else el("p", tell.advice),
        _objection(item, later),
        cls="tell" if good or tell.caps else "tell dim",
    )


def _objection(item: Shown, later: Later) -> Html | None:
    """Offer a second look at what was judged against the candidate, or say what became of one."""
    tell = item.tell
    if tell.id in later.challenges:
        outcome, reason = later.challenges[tell.id]
        return el(
            "p", el("b", _BECAME[outcome]), f" {reason}", cls="became", id=f"became-{tell.id}",
            tabindex="-1",
        )  # fmt: skip
    met = item.verdict.verdict == "met"
    if met if tell.polarity == "strong_hire" else not met:
        return None
    label = "I did say that" if tell.polarity == "strong_hire" else "That is not what I said"
    return ask(label, f"challenge {tell.id}", busy="Looking again…", then=f"became-{tell.id}",
               about=tell.text)  # fmt: skip


def quote(e: Evidence) -> Html:
    """Quote the candidate; choosing it finds the sentence in the transcript."""
    return el(
        "blockquote",
        el("a", e.quote, href=f"#t{e.turn}-{e.start}", data_turn=e.turn, data_start=e.start, data_end=e.end),
        dir="auto",
    )  # fmt: skip


def _unlisted(grade: Grade) -> Html | None:
    if not grade.unlisted:
        return None
    cards = [
        el("article", el("h3", badge(s.level), s.text), [quote(e) for e in s.evidence], cls="tell")
        for s in grade.unlisted
    ]
    return el(
        "section", el("h2", "Strong points outside the rubric"), el("div", cards, cls="tells")
    )


def _fold(title: str, *inside: Child, folded: bool = True, name: str | None = None) -> Html:
    return el("details", el("summary", title), *inside, cls="fold", id=name, open=not folded)


def _one_level_up(grade: Grade, later: Later) -> Html:
    if later.rewrite:
        tags = {"added": "ins", "dropped": "del", "kept": "span"}
        text = [el(tags[piece.kind], piece.text) for piece in later.rewrite]
        return el(
            "div",
            el("p", text, cls="rewrite", id="rewritten", tabindex="-1", dir="auto"),
            el("p", "Your words; only what is marked is new. Practise it, do not learn it by heart.",
               cls="note"),
        )  # fmt: skip
    if grade.level in (None, LEVELS[-1]):
        return el("p", "There is no level above this answer to show.", cls="note")
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
            "p", "Your own answer, changed as little as the next level takes. One call.", cls="note"
        ),
        ask("Write it", "one-level-up", busy="Writing…", then="rewritten"),
    )


def transcript(view: View, grade: Grade) -> list[Html]:
    """Show what was said, every sentence that is evidence marked."""
    every = [e for v in grade.verdicts for e in v.evidence]
    every += [e for s in grade.unlisted for e in s.evidence]
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


def who(entry: Entry) -> str:
    """Name the speaker of a turn, and what the turn was where that is not plain."""
    mine = entry.turn.role == "candidate"
    note = {"hint": ", a hint", "repeat": ", again", "clarify": ", a question back" if mine else ""}
    return ("You" if mine else "Interviewer") + note.get(entry.kind, "")


def exports(view: View, settings: Settings) -> Html:
    """Say who graded and what that took, and offer the interview as files."""
    base = f"export/{view.interview.id}"
    return el(
        "p",
        _graded_by(view, settings),
        "Take it with you: ",
        el("a", "Markdown", href=f"{base}.md", download=True),
        " · ",
        el("a", "JSON", href=f"{base}.json", download=True),
        " · ",
        el("a", "page to print", href=f"{base}.html", target="_blank", rel="noopener"),
        cls="note",
    )


def _graded_by(view: View, settings: Settings) -> str:
    grade = view.grade
    if grade is None or grade.engine == "offline":
        return "Graded on this machine. "
    took, used = "", grade.usage
    if used:
        took = f": {many(used.calls, 'call')}"
        if used.input_tokens:
            took += f", {used.input_tokens:,} tokens in, {used.output_tokens:,} out"
        listed = price(grade.model, settings.openai_base_url)
        cost = listed.cost(used) if listed else None
        took += f", about ${cost:.3f}" if cost is not None else ", price unknown"
    return f"Graded by {grade.model}{took}. "
