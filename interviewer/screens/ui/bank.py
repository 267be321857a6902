"""The question bank: finding a question, and studying one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from interviewer.judgement.feedback import level_of, means
from interviewer.judgement.search import Found
from interviewer.judgement.selection import Standing
from interviewer.models import LEVELS, Question
from interviewer.outside.record import Attempt
from interviewer.screens.ui.address import address
from interviewer.screens.ui.history import comes_back
from interviewer.screens.ui.markup import Child, Html, badge, code, el, fold, join, link, moment

SHOWN = 12
"""Search results."""
UNRELATED = 0.6
"""Cosine distance from which a rubric is not even near. Of eight texts of nonsense seven have none that
is nearer, of eight machine-learning questions outside the canon six have one."""
NEAREST = 5
"""Those shown when nothing is about what was typed."""


def heading(count: int) -> Html:
    """Head the bank."""
    return el(
        "section",
        el("h1", "Questions", tabindex="-1"),
        el("p", f"{count} questions, each with its tells and a sample answer at each level."),
        cls="lead small",
    )


def beside() -> Html:
    """Name the keys of the search, and make room for what it came to, which is only heard."""
    keys = "Arrows and Enter open what is found. Press / to come here from another page."
    return el(
        "div",
        el("p", keys, id="search-keys", cls="note keys"),
        el("p", role="status", cls="heard-only"),
    )


def listing(questions: Mapping[str, Question], best: Mapping[str, Attempt]) -> Html:
    """List every question by category."""
    groups = groupby(questions.values(), key=lambda q: q.category)
    return el(
        "div",
        [
            el("section", el("h2", category), _rows(list(some), best), cls="shelf")
            for category, some in groups
        ],
        cls="shelves",
        data_for="",
    )


def results(
    text: str,
    found: Found | None,
    questions: Mapping[str, Question],
    best: Mapping[str, Attempt],
) -> Html:
    """Show what a search found, and what it was for: the page knows by it what is out of date."""
    return el("div", _results(text, found, questions, best), data_for=text)


def _results(
    text: str,
    found: Found | None,
    questions: Mapping[str, Question],
    best: Mapping[str, Attempt],
) -> Html:
    """Show what a search found: exact words first, then what is near in meaning.

    Args:
        text: what was typed.
        found: the ranking by meaning; None while the index is not ready.
        questions: the bank.
        best: the newest attempt at each question.
    """
    exact = [q for q in questions.values() if _says(q, text)]
    by_title = [q for q in exact if text.lower() in q.title.lower()]
    ranked = [questions[h.question_id] for h in found.hits] if found and found.near else []
    order = list({q.id: q for q in [*by_title, *ranked, *exact]}.values())[:SHOWN]
    if order:
        read = found.read_as if found and found.read_as.lower() != text.lower() else ""
        return join(
            [
                el("p", f"Read as “{read}”.", cls="note") if read and found and found.near else "",
                _rows(order, best),
            ]
        )
    if found is None:
        return el(
            "p", "No title or tell has these words. Search by meaning comes with the rubrics."
        )
    nearest = [questions[h.question_id] for h in found.hits[:NEAREST] if h.distance < UNRELATED]
    return join(
        [
            el(
                "div",
                el("h2", "No question here is about this"),
                el(
                    "p",
                    "Try other words, or fewer. A question of your own cannot be graded here: a "
                    "level that no rubric stands behind would be made up.",
                ),
                cls="empty",
            ),
            el("p", "The nearest there are, for practice in between:", cls="note")
            if nearest
            else None,
            _rows(nearest, best) if nearest else None,
        ]
    )


def _says(question: Question, text: str) -> bool:
    text = text.lower()
    tells = (tell.text.lower() for tell in question.tells)
    return text in question.title.lower() or (len(text) > 2 and any(text in t for t in tells))


def _rows(questions: Sequence[Question], best: Mapping[str, Attempt]) -> Html:
    return el("ul", [_row(q, best.get(q.id)) for q in questions], cls="rows")


def _row(question: Question, attempt: Attempt | None) -> Html:
    return el(
        "li",
        link(
            [
                el("span", question.title, cls="title"),
                el("span", f"{question.category}. {question.summary}", cls="summary"),
            ],
            address(question=question.id),
        ),
        badge(attempt.grade.level, f"last {level_of(attempt.grade)}")
        if attempt and attempt.grade.level
        else None,
    )


def study(
    question: Question,
    tries: Sequence[Attempt],
    standing: Standing | None,
    *,
    compared: bool,
    sealed: bool,
) -> Html:
    """Show a question as it is asked.

    Args:
        question: which one.
        tries: what was graded, oldest first.
        standing: what came of that; None when there was only a drill, or nothing.
        compared: whether two of them can be compared.
        sealed: whether it was answered in a round under way as well.
    """
    return el(
        "section",
        el(
            "p",
            link("All questions", address(see="questions")),
            f" / {question.category}",
            cls="crumb",
        ),
        el("h1", question.title, tabindex="-1"),
        el("p", question.ask, cls="ask"),
        code(question.material) if question.material else None,
        _tries(tries, compared=compared, sealed=sealed),
        el("p", f"Due again {comes_back(standing)}.", cls="note") if standing else None,
        cls="lead small",
    )


def _flowing(text: str) -> str:
    """Take out the line breaks of the rubric file, where they only keep its lines short."""
    return " ".join(text.split())


def samples(question: Question, *, asked_otherwise: bool = False) -> Html:
    """Offer what an answer at each level sounds like, side by side.

    Args:
        question: whose samples.
        asked_otherwise: whether it was asked in another wording, which may have another case.
    """
    cards = [
        el(
            "article",
            el("h3", badge(level), el("span", means(level))),
            el("p", _flowing(getattr(question.sounds_like, level))),
            cls=f"sample lv-{level}",
        )
        for level in LEVELS
    ]
    return fold(
        "What it sounds like at each level",
        el("div", cards, cls="samples"),
        el(
            "p",
            "One sample answer at each level, written for this rubric by a machine.",
            cls="note",
        ),
        el("p", f"You were asked in other words. These answer: “{question.ask}”", cls="note")
        if asked_otherwise
        else None,
    )


def secrets(question: Question, standing: Standing | None = None, *, asked_now: bool) -> Html:
    """Show what one had better look at after an attempt, folded; twice while it is being asked."""
    missed = dict(standing.missed) if standing else {}
    if not asked_now:
        better = "" if standing else " Better after a first attempt of your own."
        note = el("p", f"To study.{better}", cls="note")
        return el("div", note, _folds(question, missed))
    return el(
        "div",
        el("p", "You are being asked this right now; this would give it away.", cls="note"),
        fold("Show the answers and tells all the same", _folds(question, missed)),
    )


def _folds(question: Question, missed: Mapping[str, int]) -> Html:
    return el(
        "div",
        samples(question),
        fold("The tells", tells(question, missed)),
        fold("What separates the levels", _edges(question)),
        fold("A solution", code(question.solution)) if question.solution else None,
    )


def _named(attempt: Attempt) -> str:
    whole = level_of(attempt.grade) if attempt.grade.level else "no level"
    return "a drill" if attempt.drilled else whole


def _tries(tries: Sequence[Attempt], *, compared: bool, sealed: bool) -> Html | None:
    """Name the last attempts; two whole ones can be compared."""
    parts: list[Child] = [
        link(
            f"{_named(a)}, {moment(a.graded)}",
            address(interview=a.interview.id),
        )
        for a in tries[-4:]
    ]
    if sealed:
        parts.append("one in your round, shown when it ends")
    if compared:
        compare = address(compare=tries[-1].grade.question_id)
        parts.append(link("compare the last two in full", compare))
    if not parts:
        return None
    listed = [part for item in parts for part in (item, " · ")]
    return el("p", "Your attempts: ", listed[:-1], cls="note")


def tells(question: Question, missed: Mapping[str, int]) -> Html:
    """List the tells by level with why they matter, and mark those that were missed so often."""
    groups = []
    for level in reversed(LEVELS):
        some = [t for t in question.tells if t.level == level]
        items = [
            el(
                "li",
                el("b", t.text),
                el("span", _often(missed[t.id]), cls="missed") if t.id in missed else None,
                el("span", t.why),
            )
            for t in some
        ]
        groups.append(el("section", el("h3", badge(level)), el("ul", items)))
    against = [
        el("li", el("b", t.text), el("span", f"Caps the level at {t.caps}. {t.why}"))
        for t in question.tells
        if t.caps
    ]
    groups.append(el("section", el("h3", "What counts against you"), el("ul", against)))
    return el("div", groups, cls="telllist")


def _often(count: int) -> str:
    return f"You missed this {f'{count} times' if count > 1 else 'when it came up'}."


def _edges(question: Question) -> Html:
    pairs = (("L4", "L5", question.boundaries.L4_L5), ("L5", "L6", question.boundaries.L5_L6))
    return el(
        "div",
        [
            el(
                "section",
                el("blockquote", badge(low), el("p", _flowing(edge.lower)), cls=f"lv-{low}"),
                el("blockquote", badge(high), el("p", _flowing(edge.upper)), cls=f"lv-{high}"),
                el("p", _flowing(edge.why)),
                cls="edge",
            )
            for low, high, edge in pairs
        ],
    )
