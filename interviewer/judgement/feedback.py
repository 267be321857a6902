"""Put a grade into words and groups, the same for every screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from interviewer.models import LEVELS, Grade, Level, Question, Tell, TellVerdict

REHEARSAL = (
    "A rehearsal estimate: the offline engine compares phrases and does not understand them."
)
MAYBE = "Perhaps shown, not surely"
UNLISTED = "Strong points outside the rubric"
"""Title of what `Grade.unlisted` holds; it belongs between what was shown and what is wanting."""
NO_ANSWER = "Nothing that was said reads as an answer to the question."
QUOTED = 14
"""Words of a quote in a summary."""

GroupName = Literal["unprompted", "prompted", "against", "maybe", "missed", "not_asked"]


@dataclass(frozen=True)
class Judged:
    """A tell beside its verdict."""

    tell: Tell
    verdict: TellVerdict


@dataclass(frozen=True)
class Group:
    """Tells that came out the same, under one title wherever they are told."""

    name: GroupName
    title: str
    meaning: str | None
    """What the title means, where that is not plain."""
    judged: tuple[Judged, ...]


@dataclass(frozen=True)
class Feedback:
    """A grade as a person reads it: the level first, then what it rests on."""

    headline: str
    sureness: str
    gap: tuple[Tell, str] | None
    """The tell that cost the next level, and what to do about it."""
    carried: tuple[Judged, ...]
    """Those of the shown that the level comes from, the highest first: above L4 none of L4."""
    rests: str | None
    """What the level rests on where no tell of it is met for sure."""
    shown: tuple[Group, ...]
    """What was shown, the highest level first; no group is empty."""
    wanting: tuple[Group, ...]
    """What was not, or counts against the answer: all that advice goes with. The gap comes first,
    then the next level up, those above, what lies below."""
    notes: tuple[str, ...]

    def of(self, name: GroupName) -> tuple[Judged, ...]:
        """Return the tells of one group, none where there is no such group."""
        groups = (*self.shown, *self.wanting)
        return next((group.judged for group in groups if group.name == name), ())


_SHOWN: dict[GroupName, str] = {
    "unprompted": "Shown unprompted",
    "prompted": "Shown when asked",
}
_WANTING: dict[GroupName, str] = {
    "against": "Counted against you",
    "maybe": MAYBE,
    "missed": "Missed",
    "not_asked": "Not asked this time",
}
_MEANINGS: dict[GroupName, str] = {
    "unprompted": "Said before any follow-up or hint aimed at it: in your first answer, or by itself later.",
    "prompted": "Said only after a follow-up or a hint had aimed at it.",
}
_MAYBE = {
    "offline": "Something you said comes near each of these, not near enough to quote it as shown. They "
    "count a little towards the level, by how near it comes.",
    "llm": "Something you said comes near each of these; the grader was not sure enough to quote it as "
    "shown, so they do not count.",
}
_NOTES = {
    "addresses_grader": "Some sentences speak to whoever grades; they were not counted.",
    "truncated": "The answer is very long; only its first part was graded.",
    "off_question": "This reads like an answer to another question, so it is L4 at most.",
}


def explain(grade: Grade, question: Question) -> Feedback:
    """Sort the verdicts of a grade for reading."""
    judged = [Judged(question.tell(v.tell_id), v) for v in grade.verdicts]
    shown = _groups(_SHOWN, sorted(judged, key=lambda j: -_rank(j)), grade)
    wanting = _groups(_WANTING, sorted(judged, key=lambda j: _worth(j, grade)), grade)
    met = [j for group in shown for j in group.judged]
    carried = [j for j in met if grade.level in (None, "L4") or j.tell.level != "L4"]
    gap = grade.first_gap
    notes = [_NOTES.get(flag, flag) for flag in grade.flags if flag in _NOTES or " " in flag]
    if grade.engine == "offline" and grade.level is not None:
        notes.append(REHEARSAL)
    return Feedback(
        headline=_headline(grade),
        sureness=_sureness(grade),
        gap=(question.tell(gap.tell_id), gap.advice) if gap else None,
        carried=tuple(sorted(carried, key=lambda j: (-_rank(j), j.verdict.prompted))),
        rests=_rests(grade, met, [j for j in judged if _group_of(j) == "maybe"]),
        shown=shown,
        wanting=wanting,
        notes=tuple(notes),
    )


def _groups(
    titles: dict[GroupName, str], judged: Sequence[Judged], grade: Grade
) -> tuple[Group, ...]:
    meanings = {**_MEANINGS, "maybe": _MAYBE[grade.engine]}
    found = {name: tuple(j for j in judged if _group_of(j) == name) for name in titles}
    return tuple(
        Group(name, title, meanings.get(name), found[name])
        for name, title in titles.items()
        if found[name]
    )


def _group_of(item: Judged) -> GroupName | None:
    """Return the group of a tell; what would count against an answer and does not has none."""
    verdict = item.verdict
    if item.tell.caps:
        return "against" if verdict.verdict == "met" else None
    match verdict.verdict:
        case "met":
            return "prompted" if verdict.prompted else "unprompted"
        case "unclear":
            return "maybe"
        case "not_met":
            return "missed"
        case "not_asked":
            return "not_asked"


def _worth(item: Judged, grade: Grade) -> tuple[bool, int]:
    gap = grade.first_gap is not None and grade.first_gap.tell_id == item.tell.id
    above = _rank(item) - LEVELS.index(grade.level or "L4")
    return not gap, above if above > 0 else len(LEVELS) - above


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


def holding(grade: Grade, told: Feedback) -> list[Judged]:
    """Return what keeps the level from rising whatever else is shown, unless it is the gap itself."""
    return [
        s
        for s in told.of("against")
        if s.tell.caps == grade.level and not (told.gap and told.gap[0].id == s.tell.id)
    ]


def lacking(grade: Grade, gap: Tell) -> str:
    """Introduce the tell that cost the next level, so that nobody takes it for a fault to show it."""
    if gap.caps:
        return "What held it down"
    return f"Not shown yet, on the way to {_above(grade.level)}"


def level_of(grade: Grade) -> str:
    """Name the level of a grade where there is room for little; ? is for provisional, – for none."""
    return f"{grade.level}{'?' * (grade.status == 'provisional')}" if grade.level else "–"


def neighbours(level: Level | None) -> str:
    """Name what a provisional level may really be."""
    at = LEVELS.index(level or "L4")
    return " or ".join(LEVELS[max(at - 1, 0) : at] + LEVELS[at + 1 : at + 2])


def _above(level: Level | None) -> Level:
    return LEVELS[min(LEVELS.index(level or "L4") + 1, len(LEVELS) - 1)]


def _short(item: Judged) -> str:
    """Quote the beginning of the evidence."""
    words = item.verdict.evidence[0].quote.split()
    return " ".join(words[:QUOTED]).rstrip(".,;") + ("…" if len(words) > QUOTED else "")


def _rank(item: Judged) -> int:
    return LEVELS.index(item.tell.level or "L4")


def _rests(grade: Grade, met: Sequence[Judged], maybe: Sequence[Judged]) -> str | None:
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
