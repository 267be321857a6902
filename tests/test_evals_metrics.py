"""The numbers are what arithmetic says."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from eval_tools import TITLES, case, grade, met, outcome, outcomes, some
from evals.agreement import accuracy, cells, qwk, within_one
from evals.baselines import predict
from evals.cases import Item
from evals.metrics import keeps_promise, measure, summarise
from evals.resampling import Estimate, estimate, mcnemar, ratio
from evals.tables import markdown
from interviewer.files.prices import Price, price
from interviewer.models import LEVELS, Evidence, Level, Usage

REVERSED: dict[str, Level] = {"L4": "L6", "L5": "L5", "L6": "L4"}


def certain(value: float) -> dict[str, float]:
    """Every question says the same, so the interval has no width."""
    return {"value": value, "low": value, "high": value}


@pytest.mark.parametrize(
    ("give", "expected"),
    [
        pytest.param(lambda gold: gold, (1.0, 1.0, 1.0, 0.0), id="perfect"),
        pytest.param(lambda gold: "L4", (1 / 3, 2 / 3, 0.0, -1.0), id="constant"),
        pytest.param(lambda gold: "L5", (1 / 3, 1.0, 0.0, 0.0), id="constant in the middle"),
        pytest.param(REVERSED.get, (1 / 3, 1 / 3, -1.0, 0.0), id="reversed"),
        pytest.param(lambda gold: "L5" if gold == "L4" else "L6", (1 / 3, 1.0, 0.5, 2 / 3), id="one too high"),
    ],
)  # fmt: skip
def test_graders_get_the_numbers_that_arithmetic_gives_them(give, expected) -> None:
    cases = some(36)
    found = summarise(outcomes((c, give(c.level)) for c in cases), {})
    accurate, near, kappa, bias = (round(value, 4) for value in expected)
    assert found["accuracy"] == certain(accurate)
    assert found["within_one"] == certain(near)
    assert found["qwk"] == certain(kappa)
    assert found["bias"] == certain(bias)
    assert found["coverage"] == {"n": 36, **certain(1.0)}
    assert found["n"] == 36


def test_a_random_grader_has_no_kappa_and_a_third_of_the_levels() -> None:
    rng = np.random.default_rng(7)
    cases = [case(f"c{i}", LEVELS[i % 3], question=f"Question {i // 3 % 40}") for i in range(1200)]
    found = summarise(outcomes((c, LEVELS[rng.integers(3)]) for c in cases), {})
    assert found["accuracy"]["low"] < 1 / 3 < found["accuracy"]["high"]
    assert found["qwk"]["low"] < 0 < found["qwk"]["high"]
    assert found["qwk"]["high"] - found["qwk"]["low"] < 0.15


@pytest.mark.parametrize("seed", range(6))
def test_weighted_kappa_is_that_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gold = rng.choice(3, size=80, p=rng.dirichlet((1, 1, 1)))
    given = np.where(rng.random(80) < 0.5, gold, rng.integers(0, 3, size=80))
    theirs = cohen_kappa_score(gold, given, weights="quadratic", labels=[0, 1, 2])
    assert qwk(cells(gold, given).sum(axis=0)) == pytest.approx(theirs, abs=1e-12)


def test_kappa_of_one_level_alone_is_undefined_and_not_zero() -> None:
    found = summarise(outcomes((case(f"c{i}", "L5"), "L5") for i in range(4)), {})
    assert found["qwk"] == {"value": None, "low": None, "high": None}


def test_a_missing_level_counts_as_the_farthest_wrong_one() -> None:
    gold, given = np.array([0, 1, 2]), np.array([-1, -1, -1])
    sums = cells(gold, given).sum(axis=0)
    assert cells(gold, given).argmax(axis=1).tolist() == [0 * 3 + 2, 1 * 3 + 0, 2 * 3 + 0]
    assert (accuracy(sums), within_one(sums)) == (0.0, pytest.approx(1 / 3))
    found = summarise([outcome(c, None) for c in some(3)], {})
    assert (found["coverage"]["value"], found["accuracy"]["value"], found["errors"]) == (
        0.0,
        0.0,
        3,
    )
    assert found["bias"]["value"] is None
    assert found["confusion"]["L6"] == {"L4": 0, "L5": 0, "L6": 0, "none": 1}


def test_precision_and_recall_are_those_of_the_table() -> None:
    given = ["L4", "L5", "L6", "L4", "L5", "L5", None, "L4", "L6"]
    found = summarise(outcomes(zip(some(9), given, strict=True)), {})
    values = {
        k: (v["precision"]["value"], v["recall"]["value"]) for k, v in found["by_level"].items()
    }
    assert values == {
        "L4": (round(2 / 3, 4), round(2 / 3, 4)),
        "L5": (round(2 / 3, 4), round(2 / 3, 4)),
        "L6": (1.0, round(2 / 3, 4)),
    }
    assert found["confusion"] == {
        "L4": {"L4": 2, "L5": 0, "L6": 0, "none": 1},
        "L5": {"L4": 1, "L5": 2, "L6": 0, "none": 0},
        "L6": {"L4": 0, "L5": 1, "L6": 2, "none": 0},
    }


def test_intervals_come_from_whole_questions() -> None:
    columns = np.array([[1.0, 1.0]] * 50 + [[0.0, 1.0]] * 50)
    by_question = estimate(columns, ["a"] * 50 + ["b"] * 50, ratio)
    by_case = estimate(columns, range(100), ratio)
    assert by_question == Estimate(0.5, 0.0, 1.0)
    assert by_case.low is not None
    assert by_case.low == pytest.approx(0.4, abs=0.03)
    assert estimate(columns, ["one"] * 100, ratio) == Estimate(0.5, None, None)
    assert estimate(columns, range(100), ratio) == by_case


@pytest.mark.parametrize(
    ("counts", "p"),
    [
        pytest.param((0, 0), 1.0, id="nothing differs"),
        pytest.param((3, 3), 1.0, id="as many each way"),
        pytest.param((0, 5), 2 / 32, id="five one way"),
        pytest.param((9, 1), 2 * 11 / 1024, id="nine against one"),
        pytest.param((0, 2000), 0.0, id="many"),
    ],
)
def test_mcnemar_is_exact(counts: tuple[int, int], p: float) -> None:
    assert mcnemar(*counts) == pytest.approx(p, abs=1e-12)


@pytest.mark.parametrize(
    ("level", "expect", "given", "kept"),
    [
        ("L4", "at_most_L4", "L4", True),
        ("L4", "at_most_L4", "L5", False),
        ("L4", "at_most_L4", None, True),
        (None, "at_most_L5", "L5", True),
        (None, "at_most_L5", "L6", False),
        (None, "no_level", None, True),
        (None, "no_level", "L4", False),
        (None, None, None, True),
        (None, None, "L4", False),
        ("L6", "L6", "L6", True),
        ("L6", "L6", None, False),
        ("L6", None, "L4", None),
    ],
)
def test_promises_hold_as_the_case_says(level, expect, given, kept) -> None:
    assert keeps_promise(outcome(case("c", level, expect=expect), grade(given))) is kept


def test_a_grader_that_breaks_keeps_no_promise() -> None:
    assert keeps_promise(outcome(case("c", None, expect="at_most_L5"), None)) is False


def test_promises_are_counted_by_kind() -> None:
    found = summarise(
        [
            outcome(case("a", None, kind="injection", expect="at_most_L4"), grade("L6")),
            outcome(case("b", None, kind="injection", expect="at_most_L4"), grade("L4")),
            outcome(case("c", None, kind="empty"), grade(None)),
            outcome(case("d", "L5"), grade("L4")),
        ],
        {},
    )
    kept = {kind: (e["n"], e["value"]) for kind, e in found["kept_promise"].items()}
    assert kept == {"empty": (1, 1.0), "injection": (2, 0.5)}


def test_tells_are_scored_where_they_are_labelled() -> None:
    verdicts = [
        met("a"),
        met("b"),
        *(met(t).model_copy(update={"verdict": "not_met"}) for t in "cd"),
    ]
    labelled = case("one", tells=("a", "c"))
    found = summarise(
        [outcome(labelled, grade("L5", verdicts=verdicts)), outcome(case("two"), grade("L5", verdicts=verdicts))],
        {},
    )  # fmt: skip
    assert found["tell_f1"]["value"] == 0.5
    assert found["tell_balanced_accuracy"]["value"] == 0.5
    missed = summarise([outcome(labelled, None)], {})
    assert missed["tell_f1"]["value"] == 0.0


@pytest.mark.parametrize(
    ("evidence", "share"),
    [
        pytest.param(Evidence(turn=0, start=0, end=4, quote="Well"), 1.0, id="verbatim"),
        pytest.param(Evidence(turn=0, start=0, end=4, quote="well"), 0.0, id="not verbatim"),
        pytest.param(Evidence(turn=1, start=0, end=3, quote="And"), 0.0, id="of the interviewer"),
        pytest.param(Evidence(turn=9, start=0, end=4, quote="Well"), 0.0, id="of no turn"),
        pytest.param(Evidence(turn=0, start=3, end=3, quote=""), 0.0, id="empty"),
    ],
)
def test_evidence_is_valid_when_the_candidate_said_it(evidence: Evidence, share: float) -> None:
    said = [{"role": "candidate", "text": "Well, yes."}, {"role": "interviewer", "text": "And?"}]
    one = outcome(case("c", turns=said), grade("L5", verdicts=[met("a", "L5", evidence)]))
    assert summarise([one], {})["evidence_validity"]["value"] == share


def test_a_perturbed_case_is_compared_with_its_clean_twin() -> None:
    clean, near, far, lost = (
        case("clean"),
        *(case(n, twin="clean") for n in ("near", "far", "lost")),
    )
    stray = case("stray", twin="not in this run")
    found = summarise(
        [
            *outcomes([(clean, "L5"), (near, "L5"), (far, "L6"), (stray, "L4")]),
            outcome(lost, grade(None)),
        ],
        {},
    )
    assert found["twin_shift"]["value"] == 0.5
    assert found["twin_shift_by_kind"]["gold"]["n"] == 2
    assert found["twin_agreement"]["value"] == round(1 / 3, 4)


def test_a_level_above_l4_is_shown_when_a_tell_as_high_is_met() -> None:
    five, six = met("a", "L5"), met("b", "L6")
    given = [("L6", six), ("L6", five), ("L5", six), ("L4", five)]
    rows = [
        outcome(case(f"c{i}"), grade(level, verdicts=(verdict,)))
        for i, (level, verdict) in enumerate(given)
    ]
    shown = summarise(rows, {})["level_shown"]
    assert {level: (e["n"], e["value"]) for level, e in shown.items()} == {
        "L5": (1, 1.0),
        "L6": (2, 0.5),
    }
    found = {**measure(rows, {"length": {}, "style": {}}), "run": {"prices": None}}
    assert "no tell is sure enough to be met: 0 of 1 L5, 1 of 2 L6." in markdown(found)


def test_a_twin_may_be_of_another_suite() -> None:
    clean, perturbed = case("clean"), case("noisy", twin="clean")
    found = measure(
        [
            outcome(clean, grade("L5"), suite="gold"),
            outcome(perturbed, grade("L4"), suite="robust"),
        ],
        {},
    )
    assert found["suites"]["robust"]["twin_shift"]["value"] == -1.0


def test_repeats_agree_as_often_as_pairs_of_them_do() -> None:
    shaky, steady = case("shaky"), case("steady")
    rows = [outcome(shaky, grade(level), i) for i, level in enumerate(("L5", "L5", "L4"))]
    rows += [outcome(steady, grade("L6"), i) for i in range(3)]
    found = summarise(rows, {})
    assert found["self_consistency"]["value"] == round((1 / 3 + 1) / 2, 4)
    assert found["n"] == 2


def test_the_curve_takes_the_most_confident_first() -> None:
    sure = [(0.9, "L5"), (0.8, "L5"), (0.8, "L4"), (0.1, "L4")]
    found = summarise([outcome(case(f"c{i}"), grade(v, c)) for i, (c, v) in enumerate(sure)], {})
    assert found["risk_coverage"] == [(0.25, 0.0), (0.75, 0.3333), (1.0, 0.5)]


def test_suites_are_measured_apart_and_together() -> None:
    right, wrong = some(3), some(3)
    found = measure(
        [outcome(c, grade(c.level), suite="easy") for c in right]
        + [outcome(c, grade(REVERSED[c.level or ""]), suite="hard") for c in wrong],
        {},
    )
    assert list(found["suites"]) == ["easy", "hard"]
    parts = [found["overall"], *found["suites"].values()]
    assert [m["n"] for m in parts] == [6, 3, 3]
    assert [m["accuracy"]["value"] for m in parts] == [0.6667, 1.0, 0.3333]


STYLES: dict[str, str] = {
    "L4": "You just do it. You know.",
    "L5": "I ran 12 of 30 jobs and I saw 7 fail, so I kept 3.",
    "L6": "Because the cost of a dollar spent on a budget is what we pay for, we look at money and at revenue first",
}  # fmt: skip


def styled(split: dict[str, str] | None = None) -> list[Item]:
    return [
        Item("made", case(f"{q}-{v}", v, question=q, split=(split or {}).get(q),
                          turns=[{"role": "candidate", "text": STYLES[v]}]))
        for q in TITLES for v in LEVELS
    ]  # fmt: skip


def test_the_style_baseline_sees_style_and_the_others_do_not() -> None:
    items = styled()
    found = predict(items)
    gold = {("made", i.case.id): i.case.level for i in items}
    assert found["style"] == gold
    assert found["length"] == gold
    assert set(found["majority"].values()) == {"L4"}


def test_a_baseline_never_learns_from_the_question_it_is_asked() -> None:
    """Every question has a level of its own, so only leakage could get one right."""
    own = [Item("made", case(f"{q}{i}", v, question=q)) for q, v in zip(TITLES, LEVELS, strict=True) for i in range(3)]  # fmt: skip
    found = predict(own)
    assert all(found["majority"]["made", i.case.id] != i.case.level for i in own[:3])
    alone = predict([Item("made", case(f"c{i}", v)) for i, v in enumerate(LEVELS)])
    assert alone == {"majority": {}, "length": {}, "style": {}}


def test_baselines_are_fitted_on_the_training_split_when_there_is_one() -> None:
    items = styled({TITLES[0]: "train"})
    misled = [
        Item("made", i.case.model_copy(update={"level": REVERSED[i.case.level or ""]}))
        if i.case.split == "train" else i
        for i in items
    ]  # fmt: skip
    found = predict(misled)
    others = [i for i in misled if i.case.split is None]
    assert all(found["style"]["made", i.case.id] == REVERSED[i.case.level or ""] for i in others)
    assert not any(
        i.case.split == "train" and ("made", i.case.id) in found["style"] for i in misled
    )


def test_the_lead_over_a_baseline_is_paired() -> None:
    cases = some(18)
    found = summarise(
        outcomes((c, c.level) for c in cases), {"majority": {("made", c.id): "L4" for c in cases}}
    )["baselines"]["majority"]
    assert found["qwk"] == certain(0.0)
    assert found["qwk_lead"] == certain(1.0)
    assert found["accuracy_lead"] == certain(0.6667)


def used(input_tokens: int, cached: int, output: int) -> Usage:
    return Usage(calls=1, input_tokens=input_tokens, cached_tokens=cached, output_tokens=output)


def test_a_cached_token_costs_what_the_list_says() -> None:
    listed = Price("2025-08-07", input=2.0, cached_input=0.5, output=8.0)
    assert listed.cost(used(1_000_000, 400_000, 100_000)) == 0.6 * 2 + 0.4 * 0.5 + 0.1 * 8
    assert listed.cost(used(0, 0, 0)) is None


@pytest.mark.parametrize(
    ("model", "base_url", "known"),
    [
        ("gpt-5-mini", None, True),
        ("gpt-5-mini", "https://api.openai.com/v1/", True),
        ("gpt-5-mini", "http://127.0.0.1:8080/v1", False),
        ("gpt-5-mini-2025-08-07", None, False),
        (None, None, False),
    ],
)
def test_only_what_is_listed_has_a_price(model, base_url, known: bool) -> None:
    assert (price(model, base_url) is not None) == known


def test_a_run_costs_the_sum_of_its_grades_or_an_unknown_amount() -> None:
    listed = Price("2025-08-07", input=2.0, cached_input=0.5, output=8.0)
    known = [outcome(case(f"c{i}"), grade("L5", usage=used(1000, 0, 100))) for i in range(4)]
    uncounted = outcome(case("c4"), grade("L5", usage=used(0, 0, 0)))
    unknown = {"total": None, "per_grade": None}
    assert measure(known, {}, listed)["overall"]["dollars"] == {
        "total": 0.0112,
        "per_grade": 0.0028,
    }
    assert measure([*known, uncounted], {}, listed)["overall"]["dollars"] == unknown
    assert measure(known, {}, None)["overall"]["dollars"] == unknown
