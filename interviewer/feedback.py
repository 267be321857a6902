"""Put a grade into words and groups, the same for every screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interviewer.models import LEVELS, Grade, Level, Question, Spent, Tell, TellVerdict

REHEARSAL = (
    "A rehearsal estimate: the offline engine compares phrases and does not understand them."
)
MAYBE = "Perhaps shown, not surely"
NO_ANSWER = "Nothing that was said reads as an answer to the question."
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
    carried: tuple[Shown, ...]
    """Those of the shown that the level comes from, the highest first: above L4 none of L4."""
    rests: str | None
    """What the level rests on where no tell of it is met for sure."""
    maybe: tuple[Shown, ...]
    """Too unsure to be cited, and so not counted as shown."""
    missed: tuple[Shown, ...]
    """Asked for and not shown."""
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
    strong.sort(key=lambda s: -_rank(s))
    gap = grade.first_gap
    notes = [_NOTES.get(flag, flag) for flag in grade.flags if flag in _NOTES or " " in flag]
    if grade.engine == "offline" and grade.level is not None:
        notes.append(REHEARSAL)
    met, maybe = _only(strong, "met"), _only(strong, "unclear")
    carried = [s for s in met if grade.level in (None, "L4") or s.tell.level != "L4"]
    return Feedback(
        headline=_headline(grade),
        sureness=_sureness(grade),
        gap=(question.tell(gap.tell_id), gap.advice) if gap else None,
        unprompted=_only(strong, "met", prompted=False),
        prompted=_only(strong, "met", prompted=True),
        carried=tuple(sorted(carried, key=lambda s: (-_rank(s), s.verdict.prompted))),
        rests=_rests(grade, met, maybe),
        maybe=maybe,
        missed=tuple(s for s in strong if s.verdict.missed),
        not_asked=_only(strong, "not_asked"),
        against=tuple(s for s in shown if s.tell.caps and s.verdict.verdict == "met"),
        notes=tuple(notes),
    )


def summary(grade: Grade, question: Question) -> str:
    """Say in a few sentences what a grade rests on and what cost the next level."""
    told = explain(grade, question)
    said = [f"This answer reads as {told.headline}."]
    said += [told.rests] if told.rests else []
    carried = told.carried[:2]
    for word, shown in zip(("What carried it", "Beside that"), carried, strict=False):
        said.append(f"{word}: {shown.tell.text.rstrip('.')} (“{_short(shown)}”).")
    if not carried and not told.rests:
        said.append("No tell of the rubric was found in your words.")
    said += [f"Held at {grade.level} by: {s.tell.text.rstrip('.')}." for s in holding(grade, told)]
    if told.gap:
        tell, advice = told.gap
        said += [f"{lacking(grade, tell)}: {tell.text.rstrip('.')}.", advice]
    return " ".join(said)


def holding(grade: Grade, told: Feedback) -> list[Shown]:
    """Return what keeps the level from rising whatever else is shown, unless it is the gap itself."""
    return [
        s
        for s in told.against
        if s.tell.caps == grade.level and not (told.gap and told.gap[0].id == s.tell.id)
    ]


def lacking(grade: Grade, gap: Tell) -> str:
    """Introduce the tell that cost the next level, so that nobody takes it for a fault to show it."""
    if gap.caps:
        return "What held it down"
    return f"Not shown yet, on the way to {_above(grade.level)}"


def drilled_in(grade: Grade, question: Question, drilled: str | None) -> Shown | None:
    """Return the tell that a drill was for beside its verdict; None where it was no drill.

    What does not read as an answer has no verdicts: it shows nothing, and puts nothing right.
    """
    if drilled is None:
        return None
    tell = question.tell(drilled)
    found = next((v for v in grade.verdicts if v.tell_id == drilled), None)
    nothing = TellVerdict(
        tell_id=tell.id,
        polarity=tell.polarity,
        level=tell.level,
        caps=tell.caps,
        verdict="unclear" if tell.caps else "not_met",
    )
    return Shown(tell, found or nothing)


def came_of(item: Shown) -> str:
    """Say of the tell that a drill was for whether it was shown this time."""
    if item.tell.caps:
        there = {"met": "Still there", "unclear": "Perhaps still there"}
        return there.get(item.verdict.verdict, "Not there this time")
    return {"met": "Shown this time", "unclear": MAYBE}.get(item.verdict.verdict, "Not shown yet")


def is_done(verdict: TellVerdict) -> bool:
    """Whether nothing is left to drill about a tell."""
    if verdict.polarity == "strong_hire":
        return verdict.verdict == "met"
    return verdict.verdict not in ("met", "unclear")


def level_of(grade: Grade) -> str:
    """Name the level of a grade where there is room for little; ? is for provisional, – for none."""
    return f"{grade.level}{'?' * (grade.status == 'provisional')}" if grade.level else "–"


def neighbours(level: Level | None) -> str:
    """Name what a provisional level may really be."""
    at = LEVELS.index(level or "L4")
    return " or ".join(LEVELS[max(at - 1, 0) : at] + LEVELS[at + 1 : at + 2])


def _above(level: Level | None) -> Level:
    return LEVELS[min(LEVELS.index(level or "L4") + 1, len(LEVELS) - 1)]


def spending(spent: Sequence[Spent], dollars: float | None) -> str:
    """Say what an interview used of its models, and what that cost by the list of prices."""
    calls = sum(s.calls for s in spent)
    models = " and ".join(dict.fromkeys(s.model for s in spent))
    read, cached = sum(s.input_tokens for s in spent), sum(s.cached_tokens for s in spent)
    again = f", {cached:,} of them at the lower price of what it had read before" if cached else ""
    text = (
        f"{models} was asked {calls} times, read {read:,} tokens (a token is about three quarters of a "
        f"word){again}, and wrote {sum(s.output_tokens for s in spent):,}"
    )
    if uncounted := sum(s.uncounted for s in spent):
        text += f"; {uncounted} times it did not say how many"
    if dollars is None:
        return f"{text}. What that costs is not known here."
    return f"{text}. That is about ${dollars:.3f} by the list of prices."


def _short(shown: Shown) -> str:
    """Quote the beginning of the evidence."""
    words = shown.verdict.evidence[0].quote.split()
    return " ".join(words[:QUOTED]).rstrip(".,;") + ("…" if len(words) > QUOTED else "")


def _rank(shown: Shown) -> int:
    return LEVELS.index(shown.tell.level or "L4")


def _rests(grade: Grade, met: Sequence[Shown], maybe: Sequence[Shown]) -> str | None:
    """Say what a level above L4 rests on where no tell of it, or of a higher one, is met."""
    level = grade.level
    if level in (None, "L4") or any(_rank(s) >= LEVELS.index(level) for s in met):
        return None
    if any(LEVELS.index(u.level) >= LEVELS.index(level) for u in grade.unlisted):
        return None
    partly = "; ".join(s.tell.text.rstrip(".") for s in maybe if s.tell.level == level)
    there = (
        f"these were partly there: {partly}"
        if partly
        else "it rests on how far the answer reasons as a whole"
    )
    return f"No single {level} tell is sure; {there}. So the level is less sure than its quotes."


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
            return f"{NO_ANSWER} So there is no level."
        case "failed":
            return "The grader did not finish. Nothing is lost; try again."
        case "provisional":
            return f"Provisional: it may really be {neighbours(grade.level)}. {_confidence(grade)}"
        case "graded":
            return _confidence(grade)


def _confidence(grade: Grade) -> str:
    """Say what the confidence of an engine is about: of the offline one it was measured."""
    odds = _odds(grade.confidence)
    if grade.engine == "offline":
        return (
            f"Confidence: {odds} the right level, by how often grades like it were right in tests."
        )
    return f"Confidence: {odds}, by how clearly the tells point to this level; not measured for this model."


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
