"""Weights that are fitted, and controls that say what a level rests on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from eval_tools import case, write_cases
from evals import cases, control, fit, tables
from evals.__main__ import main
from interviewer import policy
from interviewer.session import connect
from interviewer.settings import ROOT, load_settings


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
