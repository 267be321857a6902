"""What came of a drill: the one tell that it was held for, and whether it was shown."""

from __future__ import annotations

from interviewer.judgement.feedback import MAYBE, Judged
from interviewer.models import Grade, Question, TellVerdict


def drilled_in(grade: Grade, question: Question, drilled: str | None) -> Judged | None:
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
    return Judged(tell, found or nothing)


def came_of(item: Judged) -> str:
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
