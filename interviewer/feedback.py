"""Put a grade into words and groups, the same for every screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interviewer.models import LEVELS, Grade, Level, Question, Spent, Tell, TellVerdict

REHEARSAL = (
    "A rehearsal estimate: the offline engine compares phrases and does not understand them."
)
QUOTED = 14
"""Words of a quote in a summary."""


@dataclass(frozen=True)
class Shown:
    """A tell beside its verdict."""

    tell: Tell
    verdict: TellVerdict


@dataclass(frozen=True)
class Feedback:
    """A grade as a person reads it: the level first, then what it rests on."""

    headline: str
    sureness: str
    gap: tuple[Tell, str] | None
    """The tell that cost the next level, and what to do about it."""
    unprompted: tuple[Shown, ...]
    prompted: tuple[Shown, ...]
    missed: tuple[Shown, ...]
    """Asked for and not shown, or too unclear to count."""
    not_asked: tuple[Shown, ...]
    against: tuple[Shown, ...]
    notes: tuple[str, ...]


_NOTES = {
    "addresses_grader": "Some sentences speak to whoever grades; they were not counted.",
    "truncated": "The answer is very long; only its first part was graded.",
    "off_question": "This reads like an answer to another question, so it is L4 at most.",
}


def explain(grade: Grade, question: Question) -> Feedback:
    """Sort the verdicts of a grade for reading."""
    shown = [Shown(question.tell(v.tell_id), v) for v in grade.verdicts]
    strong = [s for s in shown if s.tell.polarity == "strong_hire"]
    strong.sort(key=lambda s: -LEVELS.index(s.tell.level or "L4"))
    gap = grade.first_gap
    notes = [_NOTES.get(flag, flag) for flag in grade.flags if flag in _NOTES or " " in flag]
    if grade.engine == "offline" and grade.level is not None:
        notes.append(REHEARSAL)
    return Feedback(
        headline=_headline(grade),
        sureness=_sureness(grade),
        gap=(question.tell(gap.tell_id), gap.advice) if gap else None,
        unprompted=_only(strong, "met", prompted=False),
        prompted=_only(strong, "met", prompted=True),
        missed=(*_only(strong, "not_met"), *_only(strong, "unclear")),
        not_asked=_only(strong, "not_asked"),
        against=tuple(s for s in shown if s.tell.caps and s.verdict.verdict == "met"),
        notes=tuple(notes),
    )


def summary(grade: Grade, question: Question) -> str:
    """Say in a few sentences what a grade rests on and what cost the next level."""
    told = explain(grade, question)
    said = [f"This answer reads as {told.headline}."]
    carried = [*told.unprompted, *told.prompted][:2]
    for word, shown in zip(("What carried it", "Beside that"), carried, strict=False):
        said.append(f"{word}: {shown.tell.text.rstrip('.')} (“{_short(shown)}”).")
    if not carried:
        said.append("No tell of the rubric was found in your words.")
    if told.gap:
        tell, advice = told.gap
        said += [f"{lacking(grade, tell)}: {tell.text.rstrip('.')}.", advice]
    return " ".join(said)


def lacking(grade: Grade, gap: Tell) -> str:
    """Introduce the tell that cost the next level, so that nobody takes it for a fault to show it."""
    if gap.caps:
        return "What held it down"
    return f"Not shown yet, on the way to {_above(grade.level)}"


def drilled_in(grade: Grade, question: Question, drilled: str | None) -> Shown | None:
    """Return the tell that a drill was for beside its verdict; None where it was no drill."""
    found = (v for v in grade.verdicts if v.tell_id == drilled)
    return next((Shown(question.tell(v.tell_id), v) for v in found), None)


def came_of(item: Shown) -> str:
    """Say of the tell that a drill was for whether it was shown this time."""
    if item.tell.caps:
        return "Still there" if item.verdict.verdict == "met" else "Not there this time"
    return {"met": "Shown this time", "unclear": "Perhaps shown, not surely"}.get(
        item.verdict.verdict, "Not shown yet"
    )


def is_done(verdict: TellVerdict) -> bool:
    """Whether nothing is left to drill about a tell."""
    return (verdict.verdict == "met") == (verdict.polarity == "strong_hire")


def _above(level: Level | None) -> Level:
    return LEVELS[min(LEVELS.index(level or "L4") + 1, len(LEVELS) - 1)]


def spending(spent: Sequence[Spent], dollars: float | None) -> str:
    """Say what an interview used of its models, and what that cost by the list of prices."""
    calls = sum(s.calls for s in spent)
    models = " and ".join(dict.fromkeys(s.model for s in spent))
    text = (
        f"{calls} calls to {models}: {sum(s.input_tokens for s in spent):,} tokens in "
        f"({sum(s.cached_tokens for s in spent):,} from a cache), "
        f"{sum(s.output_tokens for s in spent):,} out"
    )
    if uncounted := sum(s.uncounted for s in spent):
        text += f"; {uncounted} of the calls were not counted by the endpoint"
    cost = "unknown" if dollars is None else f"about ${dollars:.3f} by the list of prices"
    return f"{text}. Cost: {cost}."


def _short(shown: Shown) -> str:
    """Quote the beginning of the evidence."""
    words = shown.verdict.evidence[0].quote.split()
    return " ".join(words[:QUOTED]).rstrip(".,;") + ("…" if len(words) > QUOTED else "")


def _only(
    shown: Sequence[Shown], verdict: str, *, prompted: bool | None = None
) -> tuple[Shown, ...]:
    return tuple(
        s for s in shown if s.verdict.verdict == verdict and prompted in (None, s.verdict.prompted)
    )


def _headline(grade: Grade) -> str:
    match grade.status:
        case "insufficient":
            return "Not enough to grade"
        case "failed":
            return "Could not be graded"
        case _ if grade.borderline_with:
            return f"{grade.level}, close to {grade.borderline_with}"
        case _:
            return str(grade.level)


def _sureness(grade: Grade) -> str:
    match grade.status:
        case "insufficient":
            return "There was no answer to grade, so there is no level."
        case "failed":
            return "The grader did not finish. Nothing is lost; try again."
        case "provisional":
            return f"Provisional: {_odds(grade.confidence)} that another look gives the same level."
        case "graded":
            return f"Confidence: {_odds(grade.confidence)} that another look gives the same level."


def _odds(confidence: float) -> str:
    for least, words in ((0.85, "very likely"), (0.7, "likely"), (0.55, "more likely than not")):
        if confidence >= least:
            return words
    return "about even odds"


def means(level: Level) -> str:
    """Say in a sentence what a level is."""
    return {
        "L4": "Knows what it is; little on when, why or at what price.",
        "L5": "Solves the problem as asked: choices that follow from its facts, with their price.",
        "L6": "Moves the problem: changes what should be built, measured or asked, and defends it.",
    }[level]
