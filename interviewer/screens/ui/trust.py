"""How far to trust the level: the README's own section, its table in a page's shape."""

from __future__ import annotations

import re

from interviewer.files.settings import ROOT
from interviewer.screens.ui.address import address
from interviewer.screens.ui.markup import Html, el, link

_TITLE = "## How far to trust the level"
_COLUMNS = {
    "suite": "a file of cases of one kind",
    "cases": "how many answers were graded",
    "exact": "the share that got the level of their label; in brackets where it lies with 95 % "
    "certainty, here and below",
    "within one": "the share at most one level off",
    "QWK": "quadratic weighted kappa: agreement beyond chance, far misses counted more; 1 is perfect, "
    "0 is guessing",
    "QWK of length / style alone": "the same for a grader that sees only how long an answer is, or "
    "only its manner; near 0 means that neither gives the level away",
    "recall L4 / L5 / L6": "of the answers written for a level, the share that got it",
}
UNMEASURED = (
    "A language model gave this level. How far its levels can be trusted was not measured here: the "
    "figures below are those of the offline engine. To measure yours, run"
)


def screen(came_from: str, *, by_model: bool) -> str:
    """Return the page as Markdown with HTML in it; the text is the README's.

    Args:
        came_from: the interview whose feedback led here; empty when none did.
        by_model: whether a language model gave that level.
    """
    back = link("Back to the feedback", address(interview=came_from)) if came_from else link(
        "Practice", "?"
    )  # fmt: skip
    parts: list[str] = [
        el("p", back, cls="crumb"),
        el("h1", _TITLE.removeprefix("## "), tabindex="-1"),
    ]
    if by_model:
        measure = el("code", "python -m evals run --engine llm")
        parts.append(el("p", UNMEASURED, " ", measure, ".", cls="notice"))
    section = _section()
    if not section:
        parts.append("The README of this program says how far a level can be trusted.")
        return "\n\n".join(parts)
    for block in section.split("\n\n"):
        # Here the section is the page, so its headings are a level higher.
        parts += [_table(block), _legend()] if block.startswith("|") else [block.removeprefix("#")]
    return "\n\n".join(parts)


def _section() -> str:
    try:
        text = (ROOT / "README.md").read_text(encoding="utf-8")
    except OSError:
        return ""
    return text.partition(f"{_TITLE}\n")[2].partition("\n## ")[0].strip()


def _table(text: str) -> Html:
    """Lay a Markdown table out so that it scrolls by itself and breaks no word."""
    head, _, *rows = ([c.strip() for c in row.strip("|").split("|")] for row in text.splitlines())
    titles = [el("th", cell, scope="col", title=_COLUMNS.get(cell)) for cell in head]
    body = [
        el(
            "tr",
            el("th", _inline(first), scope="row"),
            [el("td", _inline(c), data_of=name) for name, c in zip(head[1:], cells, strict=False)],
        )
        for first, *cells in rows
    ]
    table = el("table", el("thead", el("tr", titles)), el("tbody", body))
    return el("div", table, cls="scroll", tabindex="0", role="group", aria_label="The figures")


def _inline(text: str) -> list[Html | str]:
    return [
        el("code", part) if at % 2 else part for at, part in enumerate(re.split("`", text)) if part
    ]


def _legend() -> Html:
    rows = [el("div", el("dt", name), el("dd", means)) for name, means in _COLUMNS.items()]
    return el("dl", rows, cls="legend")
