"""What becomes of a judgement, on readings made by hand."""

from __future__ import annotations

import pytest

from handmade import Scripted, interviewer, question, reading, strong
from interviewer.judgement import grading, policy
from interviewer.judgement.reading import Impression, Judgement, Proposal, Signal
from interviewer.models import Level, Usage

TELLS = (*(strong(f"five-{n}") for n in range(4)), strong("six-0", "L6"), strong("six-1", "L6"))
POINTS = " ".join(f"Point number {n} explains hidden masks." for n in range(6))
LONG = "A word and then more about hidden masks. " * 700


def shows(*tell_ids: str, **strengths: float) -> tuple[Proposal, ...]:
    """Propose that tells are met, each in a sentence of its own."""
    return tuple(
        Proposal(tell_id, "met", (at,), "", strengths.get(tell_id[:3]))
        for at, tell_id in enumerate(tell_ids)
    )


THREE, ALL = (tuple(t.id for t in TELLS[:3]), tuple(t.id for t in TELLS))


@pytest.mark.parametrize(
    ("met", "turns", "whole", "finished", "level", "status"),
    [
        pytest.param(THREE, [POINTS], None, True, "L5", "graded", id="clear"),
        pytest.param(THREE, [POINTS], None, False, "L5", "provisional", id="not finished"),
        pytest.param(THREE[:2], [POINTS], None, True, "L5", "provisional", id="borderline"),
        pytest.param(THREE, [POINTS], "L6", True, "L5", "provisional", id="read otherwise"),
        pytest.param(THREE, [LONG], None, True, "L5", "graded", id="long"),
        pytest.param(THREE, [LONG, interviewer(LONG)], None, True, "L5", "graded", id="heard long"),
        pytest.param(THREE, [LONG, LONG], None, True, "L5", "provisional", id="truncated"),
        pytest.param(ALL, [POINTS], None, True, "L4", "provisional", id="a judge not believed"),
        pytest.param((), [POINTS], None, True, "L4", "graded", id="nothing shown"),
        pytest.param((), ["No idea."], None, True, None, "insufficient", id="no answer"),
    ],
)
async def test_a_grade_is_provisional_where_anything_is_in_doubt(
    met: tuple[str, ...],
    turns: list,
    whole: Level | None,
    finished: bool,
    level: Level | None,
    status: str,
) -> None:
    usage = Usage(calls=2, input_tokens=30, cached_tokens=4, output_tokens=5)
    read = Impression(whole, (0,)) if whole else None
    script = Judgement(shows(*met), flags=("odd",), usage=usage, whole=read)
    grade = await grading.grade(
        reading(question(*TELLS), *turns), Scripted(lambda _: script), finished=finished
    )
    assert (grade.level, grade.status) == (level, status)
    assert ("truncated" in grade.flags) == (turns == [LONG, LONG])
    assert ("odd" in grade.flags) == (level is not None)
    assert grade.usage == (usage if level else None)
    if met == THREE[:2]:
        assert (grade.borderline_with, grade.confidence >= policy.weights("llm").sure) == (
            "L4",
            True,
        )


@pytest.mark.parametrize(
    ("met", "level", "gap"),
    [
        pytest.param((), "L4", "five-0", id="the first of the next level"),
        pytest.param(THREE, "L5", "six-0", id="of the next level only"),
        pytest.param((*THREE, "six-0"), "L5", "six-1", id="not what was shown"),
        pytest.param(ALL[1:], "L6", None, id="nothing above L6"),
    ],
)
async def test_the_gap_is_what_the_next_level_takes(met, level: Level, gap: str | None) -> None:
    tells = (*TELLS, strong("six-2", "L6"))  # so that not nearly all are met
    read = reading(question(*tells), POINTS)
    found = Judgement(shows(*met), whole=Impression(level, (0,)))
    grade = await grading.grade(read, Scripted(lambda _: found))
    assert grade.level == level
    assert (grade.first_gap and (grade.first_gap.tell_id, grade.first_gap.advice)) == (
        gap and (gap, f"{gap} advice")
    )


async def test_an_l4_for_its_subject_has_not_the_border_of_the_level_it_would_have_had() -> None:
    judge = Scripted(lambda _: Judgement(shows(*THREE, "six-0", six=0.45)))
    judge.engine = "offline"
    read = reading(question(*TELLS), POINTS)
    own = await grading.grade(read, judge)
    assert (own.level, own.borderline_with) == ("L5", "L6")
    off = await grading.grade(read, judge, off_question=True)
    assert (off.level, off.borderline_with, off.flags) == ("L4", None, ("off_question",))


@pytest.mark.parametrize(
    ("signals", "asked"),
    [
        pytest.param((), ["five-0", "five-1"], id="on each of two the level turns"),
        pytest.param((Signal("bold", "L5", (3,)),), [], id="with a signal it does on neither"),
    ],
)
async def test_signals_outside_the_rubric_count_in_what_a_vote_could_change(
    signals: tuple[Signal, ...], asked: list[str]
) -> None:
    voted: list[str] = []

    async def again(tell_ids) -> Judgement:
        voted.extend(tell_ids)
        return Judgement(shows(*THREE[:2]), signals)

    script = Judgement(shows(*THREE[:2]), signals, vote_again=again)
    await grading.grade(reading(question(*TELLS), POINTS), Scripted(lambda _: script))
    assert voted == asked


class Nearness:
    """An index in which an answer is so near to its own question and to others."""

    def __init__(self, own: float, *others: float) -> None:
        self.scores = {"why": own, **{f"other-{n}": o for n, o in enumerate(others)}}

    def belongs(self, pooled) -> dict[str, float]:
        return dict(self.scores)


@pytest.mark.parametrize(
    ("others", "concept", "story"),
    [
        pytest.param((0.51,), False, False, id="a little nearer to another"),
        pytest.param((0.55,), True, False, id="clearly nearer, which a story may be"),
        pytest.param((0.57,), True, True, id="far nearer"),
        pytest.param((0.51,) * 5, False, False, id="a little nearer to some"),
        pytest.param((0.51,) * 6, True, True, id="a little nearer to many"),
        pytest.param((), False, False, id="near to none"),
    ],
)
def test_a_story_from_work_may_be_nearer_to_another_question(
    others: tuple[float, ...], concept: bool, story: bool
) -> None:
    index = Nearness(0.5, *others)
    for kind, off in (("concept", concept), ("behavioral", story)):
        read = reading(question(*TELLS, kind=kind), POINTS)  # type: ignore[arg-type]
        assert grading.off_question(read, index) is off  # type: ignore[arg-type]
    assert not grading.off_question(reading(question(*TELLS), ""), index)  # type: ignore[arg-type]
