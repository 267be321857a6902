"""One HTML file about a run: charts, filters, and every case with its evidence in place.

It holds all it needs, loads nothing and says so in its security policy; what candidates said is
escaped like any hostile text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from evals import tables
from evals.agreement import level_of, number
from evals.compare import ALL, Flip, compare
from evals.metrics import keeps_promise
from evals.records import Outcome
from interviewer.files.rubrics import Bank, digest
from interviewer.models import LEVELS, Evidence, Grade, Question, TellVerdict

Json = dict[str, Any]

_VERDICTS = ("met", "unclear", "not_met", "not_asked")


@dataclass(frozen=True)
class Piece:
    """A stretch of what was said that is evidence for the same tells throughout, or for none."""

    text: str
    marks: tuple[int, ...] = ()
    """Numbers of the verdicts that quote it."""
    ends: tuple[int, ...] = ()
    """Those whose quote ends here."""
    colour: str = ""


@dataclass(frozen=True)
class Finding:
    """A verdict as a line beside the transcript."""

    mark: int | None
    text: str
    colour: str
    label: str
    verdict: str
    prompted: bool
    reason: str
    gold: bool | None
    """Whether the label lists this tell; None when tells were not labelled."""


def render(
    metrics: Json, outcomes: Sequence[Outcome], bank: Bank, before: Sequence[Outcome] | None
) -> str:
    """Return the page.

    Args:
        metrics: what metrics.json holds.
        outcomes: every case with its grade.
        bank: the rubrics, for the wording of tells; where a rubric has changed since, ids remain.
        before: the outcomes of another run to compare with.
    """
    comparison = compare(before, outcomes) if before is not None else None
    flips = {(f.pair.suite, f.pair.case.id): f for f in comparison.flips} if comparison else {}
    cases = [_case(o, bank, flips) for o in outcomes]
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = tables.shown
    html = environment.get_template("report.html").render(
        run=metrics["run"],
        scopes=[("all", "All cases", metrics["overall"])]
        + [(f"suite-{i}", name, m) for i, (name, m) in enumerate(metrics["suites"].items())],
        suites=list(metrics["suites"]),
        kinds=sorted({o.case.kind for o in outcomes}),
        levels=LEVELS,
        cases=cases,
        comparison=comparison,
        changes=[d for d in comparison.differences if d.scope == ALL] if comparison else [],
        kept=tables.kept,
        cost=tables.cost(metrics),
    )
    return html.lstrip()


def _case(outcome: Outcome, bank: Bank, flips: Mapping[tuple[str, str], Flip]) -> Json:
    case, grade = outcome.case, outcome.row.grade
    question = bank.questions.get(case.question_id)
    quoted = _quoted(grade) if grade else []
    flip = flips.get((outcome.suite, case.id))
    return {
        "suite": outcome.suite,
        "case": case,
        "repeat": outcome.repeat,
        "title": question.title if question else case.question,
        "row": outcome.row,
        "given": level_of(outcome) or ("none" if grade else "failed"),
        "outcome": _outcome(outcome),
        "promise": keeps_promise(outcome),
        "turns": [(turn.role, _pieces(turn.text, i, quoted)) for i, turn in enumerate(case.turns)],
        "findings": _findings(outcome, grade, question) if grade else [],
        "change": flip.change if flip else "",
        "before": (flip.before or "none") if flip else "",
    }


def _outcome(outcome: Outcome) -> str:
    """Sort a case into right, near (one level off), far, or failed; without label, by promise."""
    if outcome.row.grade is None:
        return "failed"
    if outcome.case.level is None:
        return "right" if keeps_promise(outcome) else "far"
    level = level_of(outcome)
    if level is None:
        return "far"
    return ("right", "near", "far")[abs(number(level) - number(outcome.case.level))]


def _quoted(grade: Grade) -> list[tuple[str, tuple[Evidence, ...]]]:
    """Return colour and evidence of what is quoted: verdicts first, then signals not listed."""
    verdicts = [(_colour(v), v.evidence) for v in grade.verdicts if v.evidence]
    return verdicts + [(u.level, u.evidence) for u in grade.unlisted]


def _pieces(
    text: str, turn: int, quoted: Sequence[tuple[str, tuple[Evidence, ...]]]
) -> list[Piece]:
    """Cut a turn wherever a quote starts or ends, so that quotes may overlap."""
    spans = [
        (e.start, e.end, mark, colour)
        for mark, (colour, evidence) in enumerate(quoted, 1)
        for e in evidence
        if e.turn == turn
    ]
    cuts = sorted({0, len(text), *(s[0] for s in spans), *(s[1] for s in spans)})
    pieces = []
    for start, end in pairwise(cuts):
        over = [s for s in spans if s[0] <= start and end <= s[1]]
        pieces.append(
            Piece(
                text[start:end],
                tuple(mark for _, _, mark, _ in over),
                tuple(mark for _, stop, mark, _ in over if stop == end),
                max((colour for *_, colour in over), default=""),
            )
        )
    return pieces


def _findings(outcome: Outcome, grade: Grade, question: Question | None) -> list[Finding]:
    """Return what was found for every tell: the met ones first, the highest level first."""
    same = question is not None and digest(question) == grade.rubric_hash
    texts = {t.id: t.text for t in question.tells} if question and same else {}
    marks = {v.tell_id: n for n, v in enumerate((v for v in grade.verdicts if v.evidence), 1)}
    gold = outcome.case.tells
    found = [
        Finding(
            mark=marks.get(v.tell_id),
            text=texts.get(v.tell_id, v.tell_id),
            colour=_colour(v),
            label=v.level or f"caps {v.caps}",
            verdict=v.verdict.replace("_", " "),
            prompted=v.prompted,
            reason=v.reason,
            gold=None if gold is None else v.tell_id in gold,
        )
        for v in sorted(grade.verdicts, key=lambda v: (_VERDICTS.index(v.verdict), _rank(v)))
    ]
    found += [
        Finding(n, u.text, u.level, u.level, "not in the rubric", False, "", None)
        for n, u in enumerate(grade.unlisted, len(marks) + 1)
    ]
    return found


def _rank(verdict: TellVerdict) -> int:
    return -LEVELS.index(verdict.level) if verdict.level else 1


def _colour(verdict: TellVerdict) -> str:
    return verdict.level or "against"
