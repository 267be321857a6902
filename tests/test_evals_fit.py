"""Weights that are fitted, and controls that say what a level rests on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval_tools import TITLES, case, write_cases
from evals import cases, control, fit, tables
from evals.__main__ import main
from handmade import down, question, reading, strong
from interviewer.files.settings import ROOT, load_settings
from interviewer.judgement import grading, policy
from interviewer.judgement.judges import OfflineJudge
from interviewer.judgement.reading import Reading
from interviewer.models import LEVELS, Level
from interviewer.service.session import connect


@pytest.fixture(scope="module")
def items() -> list[cases.Item]:
    found, _ = cases.load([ROOT / "evals/cases/first.jsonl"])
    return found


@pytest.fixture
async def service(tmp_path: Path, index):
    settings = replace(load_settings(), data_dir=tmp_path)
    (tmp_path / "index").symlink_to(ROOT / ".cache" / "index")
    async with connect(settings) as service:
        yield service


async def test_what_is_fitted_are_weights_of_the_policy_read_from_training_cases(
    service, items
) -> None:
    some = [
        replace(i, case=i.case.model_copy(update={"split": "train" if n % 2 else "test"}))
        for n, i in enumerate(items)
    ]
    weights = await fit.fit(service, some)
    assert replace(policy.weights("offline"), **weights)
    assert weights["five_slope"] > 0 < weights["six_slope"]
    relabelled = [
        i if i.case.split == "train"
        else replace(i, case=i.case.model_copy(update={"level": "L6"}))
        for i in some
    ]  # fmt: skip
    assert await fit.fit(service, relabelled) == weights


async def test_with_another_rubric_levels_fall_to_chance(service, items) -> None:
    found = await control.measure(service, items)
    assert (found.own.value or 0.0) > 0.5
    assert found.other.value is None or abs(found.other.value) < 0.2
    assert found.cases == len(items)
    assert all(auc > 0.5 for auc, pairs in found.ranked.values() if pairs)
    assert 0 <= found.calibration_error <= 1
    row = tables.control({"first": found}).splitlines()[-1]
    assert row.startswith("| first")
    assert f"{found.half_risk:.2f}" in row


@pytest.mark.parametrize("command", ["fit", "control"])
def test_too_few_cases_are_said_to_be_too_few_and_bad_lines_are_named(
    command: str, data_dir: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("INTERVIEWER_DATA_DIR", str(data_dir))
    made = [case("one", split="train"), case("lost", question="What is love?")]
    file = write_cases(tmp_path / "made.jsonl", made)
    assert main([command, "--cases", str(file)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    bad, few = told.err.splitlines()
    assert "made.jsonl line 2: question: has no rubric" in bad
    assert "too few" in few or "at least two questions" in few


# --- answers made up by number --------------------------------------------------------------------

TELLS = [strong(f"{level.lower()}-{n}", level) for level in LEVELS for n in range(3)] + [down("d")]
SENTENCES = " ".join(f"Point number {n} explains masks." for n in range(len(TELLS)))


class Simulated:
    """A service whose readings are made up, each sentence matching a tell of its own."""

    def __init__(self) -> None:
        self.readings: dict[str, Reading] = {}
        self.items: list[cases.Item] = []
        self._plain = reading(question(*TELLS), SENTENCES)

    def read_as(self, scores, depth: policy.Depth = policy.NO_DEPTH) -> Reading:
        own = np.where(np.eye(len(TELLS)) > 0, scores, -1.0).astype(np.float32)
        return replace(self._plain, match=replace(self._plain.match, scores=own), depth=depth)

    def add(self, read: Reading, level: Level, about: str = TITLES[0], **more) -> None:
        name = f"c{len(self.items)}"
        self.readings[name] = read
        made = case(name, level, split="train", question=about, **more)
        self.items.append(cases.Item("made", made))

    async def read(self, case: cases.Case) -> tuple[Reading, bool]:
        return self.readings[case.id], False


async def test_the_weights_that_made_the_labels_are_found_again() -> None:
    rng, made, true = np.random.default_rng(5), Simulated(), policy.weights("offline")
    for at in range(800):
        scores = rng.uniform(0, rng.uniform(0.2, 0.8), len(TELLS))
        read = made.read_as(scores, policy.Depth(*rng.uniform(-0.8, 0.8, 2)))
        found = grading.matched_findings(read)
        chances = policy.probabilities_of(found, (), true, depth=read.depth)
        decided = policy.decide(found, (), true, depth=read.depth).level
        marked = [
            tell.id
            for tell, score in zip(TELLS, scores, strict=True)
            if rng.random() < policy.shown(score, tell, decided, true)
        ]
        made.add(read, rng.choice(LEVELS, p=chances), TITLES[at % 3], tells=marked)
    fitted = await fit.fit(made, made.items)  # type: ignore[arg-type]
    for name in ("five", "six", "depth_five", "depth_six"):
        assert fitted[name] == pytest.approx(getattr(true, name), abs=0.15), name
    for name in ("five_slope", "six_slope", "shown_slope"):
        assert fitted[name] == pytest.approx(getattr(true, name), rel=0.25), name
    own = replace(true, trust=fitted["trust"], trust_slope=fitted["trust_slope"])
    assert policy.trusted(0.8, own) == pytest.approx(0.8, abs=0.08), "right as often as drawn"
    cells = [(a, b) for a in LEVELS for b in LEVELS]
    off = [abs(fitted["shown"][a][b] - true.shown[a][b]) for a, b in cells]
    assert max(off) < 0.15


async def test_trust_is_measured_on_questions_that_the_weights_have_not_seen() -> None:
    """Two questions whose labels contradict each other: what one teaches is wrong for the other."""
    rng, made = np.random.default_rng(5), Simulated()
    for at in range(120):
        good = at % 2 == 0
        read = made.read_as(rng.uniform(0.5, 0.7, len(TELLS)) if good else rng.uniform(0, 0.2, len(TELLS)),
                            policy.Depth(*rng.uniform(-0.8, 0.8, 2)))  # fmt: skip
        about, high = (TITLES[0], good) if at % 4 < 2 else (TITLES[1], not good)
        made.add(read, rng.choice(["L5", "L6"]) if high else "L4", about)
    fitted = await fit.fit(made, made.items)  # type: ignore[arg-type]
    w = replace(policy.weights("offline"), **fitted)
    assert policy.trusted(0.9, w) < 0.2


async def test_calibration_and_risk_are_those_that_one_reckons_by_hand() -> None:
    made = Simulated()
    good, poor = (np.array([by[t.level] for t in TELLS]) for by in (
        {"L4": 0, "L5": 0.9, "L6": 0.9, None: 0}, {"L4": 0, "L5": 0.25, "L6": 0, None: 0}
    ))  # fmt: skip
    sure, less = made.read_as(good), made.read_as(poor)
    high, low = [await grading.grade(r, OfflineJudge()) for r in (sure, less)]
    assert (high.level, low.level) == ("L6", "L4")
    assert high.confidence > low.confidence
    for at in range(10):  # of the surer half every other one is right, of the others all
        made.add(sure, "L6" if at % 2 else "L5", TITLES[at % 2])
        made.add(less, "L4", TITLES[at % 2])
    found = await control.measure(made, made.items)  # type: ignore[arg-type]
    expected = (abs(high.confidence - 0.5) + abs(low.confidence - 1)) / 2
    assert found.calibration_error == pytest.approx(expected)
    assert found.half_risk == 0.5
