from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Literal

import pytest

import handmade
from interviewer.judgement import policy
from interviewer.judgement.policy import Depth, Finding, Weights, decide, probabilities_of
from interviewer.models import LEVELS, Level

W = policy.weights("llm")
_ids = itertools.count()


def strong(level: Level, *, prompted: bool = False, strength: float = 1.0) -> Finding:
    return Finding(handmade.strong(f"t{next(_ids)}", level), strength, prompted)


def down(caps: Literal["L4", "L5"], *, met: bool = True) -> Finding:
    return Finding(handmade.down(f"d{next(_ids)}", caps), 1.0 if met else 0.3, met=met)


@pytest.mark.parametrize(
    ("findings", "level"),
    [
        pytest.param([], "L4", id="nothing shown"),
        pytest.param([strong("L4")] * 3, "L4", id="definitions alone"),
        pytest.param([strong("L5")] * 3, "L5", id="three unprompted L5 tells"),
        pytest.param([strong("L5")] * 2 + [strong("L6")] * 2, "L6", id="two L5 and two L6"),
        pytest.param([strong("L6")] * 3, "L6", id="L6 tells need no list of L5 tells"),
        pytest.param([strong("L6")], "L4", id="one flash is not a level"),
        pytest.param([strong("L6")] * 4 + [down("L4")], "L4", id="a wrong core claim caps at L4"),
        pytest.param([strong("L6")] * 4 + [down("L5")], "L5", id="a habit caps at L5"),
        pytest.param([strong("L6")] * 4 + [down("L4", met=False)], "L6", id="a faint one does not"),
    ],
)
def test_the_level_follows_from_what_is_shown(findings: list[Finding], level: Level) -> None:
    assert decide(findings, (), W).level == level


def test_what_came_only_after_a_prompt_is_worth_less() -> None:
    same = [("L5", 2), ("L6", 2)]
    unprompted = [strong(level, prompted=False) for level, n in same for _ in range(n)]  # type: ignore[arg-type]
    prompted = [strong(level, prompted=True) for level, n in same for _ in range(n)]  # type: ignore[arg-type]
    assert decide(unprompted, (), W).level == "L6"
    assert decide(prompted, (), W).level == "L5"


@pytest.mark.parametrize("start", [[], [strong("L5")] * 3])
def test_signals_outside_the_rubric_lift_by_one_level_at_most(start: list[Finding]) -> None:
    before = decide(start, (), W).level
    after = decide(start, ["L6"] * 10, W).level
    assert LEVELS.index(after) == LEVELS.index(before) + 1
    no_higher = "L4" if before == "L4" else "L5"
    assert decide(start, [no_higher] * 10, W).level == before  # type: ignore[list-item]


def test_more_evidence_never_lowers_the_level() -> None:
    for engine in ("offline", "llm"):
        w = policy.weights(engine)  # type: ignore[arg-type]
        findings: list[Finding] = []
        last = 0
        for level in ("L5", "L5", "L6", "L5", "L6", "L6"):
            findings.append(strong(level))  # type: ignore[arg-type]
            now = LEVELS.index(decide(findings, (), w).level)
            assert now >= last
            last = now
        assert last == 2


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ("", "L4 L4 L4"),
        ("5", "L4 L5 L5"),
        ("55", "L4 L5 L5"),
        ("555", "L5 L5 L5"),
        ("556", "L5 L5 L6"),
        ("5566", "L5 L5 L6"),
        ("55666", "L6 L6 L6"),
    ],
)
def test_a_reading_of_the_whole_is_clipped_to_what_is_verified(levels: str, expected: str) -> None:
    """The table in the module's documentation."""
    findings = [strong(f"L{digit}") for digit in levels]  # type: ignore[arg-type]
    got = [decide(findings, (), W, whole) for whole in LEVELS]
    assert " ".join(d.level for d in got) == expected
    for whole, decision in zip(LEVELS, got, strict=True):
        if whole != decision.level:
            assert (decision.sure, decision.borderline_with is None) == (False, False)


def test_a_cap_is_not_lifted_by_a_reading_of_the_whole() -> None:
    decision = decide([strong("L6")] * 4 + [down("L4")], (), W, "L6")
    assert (decision.level, decision.borderline_with, decision.sure) == ("L4", "L5", False)


def test_a_cap_names_the_tell_that_cost_the_level() -> None:
    capping = down("L4")
    decision = decide([strong("L6")] * 4 + [capping], (), W)
    assert decision.capped_by == capping.tell.id
    assert 0.8 < decision.confidence < 0.95


def test_the_middle_of_a_boundary_is_called_borderline() -> None:
    decision = decide([strong("L5", strength=W.five)], (), W)
    assert decision.borderline_with in ("L4", "L5")
    assert not decision.sure


def test_offline_many_faint_likenesses_do_not_add_up() -> None:
    offline = policy.weights("offline")
    faint = [strong("L6", strength=0.1), strong("L5", strength=0.1)]
    assert decide(faint * 3, (), offline).level == decide(faint * 30, (), offline).level


def test_offline_confidence_is_how_often_such_grades_were_right() -> None:
    w = policy.weights("offline")
    assert policy.trusted(0.5, W) == pytest.approx(0.5)
    rising = [policy.trusted(p / 10, w) for p in range(1, 10)]
    assert rising == sorted(rising)
    expected = 1 / (1 + math.exp(-w.trust))
    assert policy.trusted(0.5, w) == pytest.approx(expected)
    assert policy.trusted(0.8, replace(w, trust=0.0, trust_slope=2.0)) == pytest.approx(16 / 17)


BY_HAND = Weights(
    prompted=0.5, against=2, five=1, five_slope=2, six=1, six_slope=3, cap=1, borderline=1, sure=0,
    holistic=0.25, most_five=3, most_six=2, depth_five=4, depth_six=8,
)  # fmt: skip
"""Numbers that are easily told apart in a sum."""
DOWN, FIVE, SIX = down("L4"), strong("L5"), strong("L6")


@pytest.mark.parametrize(
    ("findings", "more", "five", "six"),
    [
        pytest.param([FIVE] * 2 + [SIX], {}, 3, 1, id="an L6 tell counts for both"),
        pytest.param([FIVE] * 4, {}, 3, 0, id="no more for L5 than the best three"),
        pytest.param([SIX] * 4, {}, 3, 2, id="no more for L6 than the best two"),
        pytest.param([strong("L6", prompted=True)], {}, 0.5, 0.5, id="prompted"),
        pytest.param([FIVE] * 3 + [DOWN], {}, 1, 0, id="mistakes count against L5"),
        pytest.param([], {"depth": Depth(0.5, 0)}, 2, 0, id="depth past the basics"),
        pytest.param([], {"depth": Depth(0, 0.5)}, 0, 4, id="depth past the problem"),
        pytest.param([], {"unlisted": ["L4", "L5", "L6"]}, 2, 1, id="signals above L4"),
        pytest.param([FIVE], {"whole": "L4"}, 0.75, -0.25, id="read as L4"),
        pytest.param([FIVE], {"whole": "L5"}, 1.25, -0.25, id="read as L5"),
        pytest.param([FIVE], {"whole": "L6"}, 1.25, 0.25, id="read as L6"),
    ],
)
def test_the_probabilities_are_two_logistics_of_what_counts_for_each_decision(
    findings: list[Finding], more: dict, five: float, six: float
) -> None:
    p5, p6 = 1 / (1 + math.exp(-2 * (five - 1))), 1 / (1 + math.exp(-3 * (six - 1)))
    found = probabilities_of(findings, w=BY_HAND, **{"unlisted": (), **more})
    assert found == pytest.approx((1 - p5, p5 * (1 - p6), p5 * p6))
