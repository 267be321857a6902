"""Compare, gate and report say what happened."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import need
from eval_tools import Scripted, case, grade, jobs, met, outcome, outcomes, perfect, some
from evals import gate, records, report, runner
from evals.__main__ import main
from evals.cases import Case, load
from evals.compare import compare
from evals.metrics import measure
from evals.resampling import Estimate
from interviewer.errors import SetupError
from interviewer.files.rubrics import Bank, digest
from interviewer.files.settings import ROOT
from interviewer.judgement import policy
from interviewer.models import Evidence, FirstGap, Grade, Unlisted
from interviewer.outside.retrieval import RubricIndex

RUN = {
    "engine": "offline", "model": None, "prompt_hash": None, "code": "c" * 64, "repeats": 1,
    "choice": {"suite": None, "question": None, "split": None, "sample": None},
    "grades": 6, "ungraded": 0, "problems": [], "prices": None,
}  # fmt: skip


# --- compare ----------------------------------------------------------------------------------


def test_a_better_run_is_called_better_and_its_flips_are_listed() -> None:
    cases = some(18)
    before = outcomes((c, "L4") for c in cases)
    after = outcomes((c, c.level) for c in cases)
    found = compare(before, after)
    assert found.verdict("after") == (
        "after is better: weighted kappa +1.000 [+1.000, +1.000], accuracy +0.667 [+0.667, +0.667], "
        "on 18 labelled cases."
    )
    assert found.p == 2 / 2**12
    assert [(f.pair.case.id, f.before, f.after, f.change) for f in found.flips] == [
        (c.id, "L4", c.level, "fixed") for c in cases if c.level != "L4"
    ]
    back = compare(after, before)
    assert back.verdict("B").startswith("B is worse: weighted kappa -1.000")
    assert {f.change for f in back.flips} == {"broken"}


def test_on_one_question_the_exact_test_decides() -> None:
    cases = [case(f"c{i}", "L6") for i in range(6)]
    before = outcomes((c, "L5") for c in cases)
    assert compare(before, outcomes((c, "L6") for c in cases)).verdict("after") == (
        "after is better: accuracy +1.000, McNemar p = 0.031, on 6 labelled cases."
    )
    few = [(c, "L6" if i < 5 else "L5") for i, c in enumerate(cases)]
    assert "cannot tell the runs apart" in compare(before, outcomes(few)).verdict("after")


def test_a_difference_that_chance_explains_is_called_that() -> None:
    cases = some(18)
    before = outcomes((c, c.level) for c in cases)
    after = [*before[:4], outcome(cases[4], grade("L4")), *before[5:]]
    found = compare(before, after)
    assert found.verdict("B").startswith("These cases cannot tell the runs apart")
    assert found.p == 1.0
    assert compare(before, before).verdict("B") == (
        "Both runs give every case the same level (18 labelled cases)."
    )


def test_cases_are_paired_by_suite_id_and_text() -> None:
    cases = some(6)
    other = cases[0].model_copy(update={"turns": case("different").turns})
    before = outcomes((c, "L4") for c in cases)
    after = outcomes((c, "L5") for c in [other, *cases[1:4], case("new", "L5")])
    found = compare(before, after)
    assert [p.case.id for p in found.pairs] == ["c1", "c2", "c3"]
    assert found.left_out == 4


def test_relabelled_cases_are_compared_by_the_new_label() -> None:
    old, new = case("c", "L4"), case("c", "L6")
    found = compare([outcome(old, grade("L4"))], [outcome(new, grade("L6"))])
    assert [(f.change, f.pair.case.level) for f in found.flips] == [("fixed", "L6")]


def test_recall_is_compared_level_by_level() -> None:
    cases = some(18)
    found = compare(outcomes((c, "L5") for c in cases), outcomes((c, "L6") for c in cases))
    recalls = {d.scope: d.change.value for d in found.differences if d.metric == "recall"}
    assert recalls == {"labelled L4": 0.0, "labelled L5": -1.0, "labelled L6": 1.0}
    assert {f.change for f in found.flips if f.pair.case.level == "L4"} == {"moved"}


def test_repeats_of_a_case_share_its_weight() -> None:
    cases = some(6)
    before = outcomes((c, c.level) for c in cases)
    shaky = [outcome(c, grade(c.level if i else "L4"), i) for c in cases for i in range(4)]
    found = compare(before, shaky)
    accuracy = next(
        d for d in found.differences if (d.scope, d.metric) == ("all cases", "accuracy")
    )
    assert (accuracy.n, accuracy.change.value) == (6, round(-4 * 0.25 / 6, 4))
    assert found.flips == ()
    assert found.verdict("B").startswith("B is worse: weighted kappa -")


def test_kept_promises_are_compared_too() -> None:
    attacks = [case(f"a{i}", None, expect="at_most_L4") for i in range(4)]
    found = compare(outcomes((c, "L6") for c in attacks), outcomes((c, None) for c in attacks))
    assert [(d.scope, d.metric, d.change) for d in found.differences] == [
        (scope, "promises kept", Estimate(1.0, None, None)) for scope in ("all cases", "suite made")
    ]
    assert {f.change for f in found.flips} == {"fixed"}


async def test_compare_prints_verdict_table_and_flips(tmp_path: Path, capsys) -> None:
    for name, rule in (("a", lambda c: grade("L4")), ("b", perfect)):
        await runner.run(Scripted(rule), jobs(some(6)), "offline", tmp_path / name, concurrency=2)
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{tmp_path / 'b'} is better: ")
    assert re.search(r"\| all cases +\| 6 +\| accuracy +\| 0.33 \[0.33, 0.33\] +\| 1.00", told)
    assert re.search(r"\| fixed +\| made +\| c1 +\| L5 +\| L4 +\| L5", told)
    assert re.search(r"tokens a grade +\| 0.0 +\| 100.0", told)


# --- gate -------------------------------------------------------------------------------------


def numbers(level: str | None = None, **run: Any) -> dict[str, Any]:
    """Return the metrics of a perfect grader, or of one that always gives the same level."""
    found = measure(outcomes((c, level or c.level) for c in some(18)), {})  # type: ignore[misc]
    return {**found, "run": {**RUN, **run}}


SUITES = [p for p in (ROOT / "evals/cases").glob("*.jsonl") if p.stem != "paraphrases"]
FLOORS = {"offline": {"suites": {"made": {"qwk": 0.6, "by_level": {"L5": {"recall": 0.5}}}}}}


def test_the_gate_is_silent_when_every_floor_holds() -> None:
    assert gate.check(numbers(), FLOORS) == ([], [])


def test_the_gate_names_each_floor_and_by_how_much_it_was_missed() -> None:
    assert gate.check(numbers("L4"), FLOORS)[0] == [
        "suites made qwk: 0.000 is below 0.600 by 0.600",
        "suites made by_level L5 recall: 0.000 is below 0.500 by 0.500",
    ]


def test_a_suite_that_was_not_run_fails_a_whole_run_and_not_a_chosen_one() -> None:
    floors = {"offline": {"suites": {"made": {}, "other": {"qwk": 0.1}}}}
    assert gate.check(numbers(), floors) == (["suites other qwk: not in this run"], [])
    chosen = numbers(choice={**RUN["choice"], "suite": "made"})  # type: ignore[dict-item]
    assert gate.check(chosen, floors) == ([], ["suite other: not in this run"])


def test_a_sample_has_to_reach_a_floor_with_the_upper_end_of_its_interval() -> None:
    found = numbers(choice={**RUN["choice"], "sample": 9})  # type: ignore[dict-item]
    made = found["suites"]["made"]
    made["qwk"] = {"value": 0.5, "low": 0.2, "high": 0.7}
    made["by_level"]["L5"]["recall"] = {"value": 0.2, "low": 0.1, "high": 0.4}
    assert gate.check(found, FLOORS)[0] == [
        "suites made by_level L5 recall: 0.400 is below 0.500 by 0.100"
    ]


MADE_UP = met("any", "L5", Evidence(turn=0, start=0, end=4, quote="Nope"))


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        pytest.param(lambda c: grade(None), "coverage: 0.000 is below 1.000", id="no level"),
        pytest.param(lambda c: grade("L6"), "by_level L4 recall: 0.459 is below 0.930", id="L6"),
        pytest.param(
            lambda c: grade(c.level, verdicts=(MADE_UP,)),
            "evidence_validity: 0.000 is below 1.000",
            id="made-up quotes",
        ),
    ],
)
def test_a_sample_is_enough_to_see_a_grader_that_fails_every_time(
    rule: Callable[[Case], Grade], told: str
) -> None:
    found = measure([outcome(c, rule(c)) for c in some(18)], {})
    run = {**RUN, "choice": {**RUN["choice"], "sample": 18}}  # type: ignore[dict-item]
    floors = {"offline": {"suites": {"made": gate.floors()["offline"]["suites"]["gold"]}}}
    short, _ = gate.check({**found, "run": run}, floors)
    assert [line for line in short if told in line] != []


def test_none_of_a_few_cases_is_no_proof_in_a_sample() -> None:
    found = numbers(choice={**RUN["choice"], "sample": 9})  # type: ignore[dict-item]
    recall = found["suites"]["made"]["by_level"]["L5"]["recall"]
    recall |= {"n": 2, "value": 0.0, "low": 0.0, "high": 0.0}
    assert gate.check(found, FLOORS)[0] == []
    recall["n"] = 6
    assert gate.check(found, FLOORS)[0] == [
        "suites made by_level L5 recall: 0.459 is below 0.500 by 0.041"
    ]


def test_a_suite_without_a_floor_is_named() -> None:
    floors = {"offline": {"overall": {"qwk": 0.1}}}
    assert gate.check(numbers(), floors) == ([], ["suite made: has no floor"])


def test_an_unfinished_run_does_not_pass() -> None:
    short, _ = gate.check(numbers(ungraded=2), FLOORS)
    assert short == ["2 of 6 grades are missing; finish the run"]


def test_a_gate_with_nothing_to_check_is_no_gate() -> None:
    with pytest.raises(SetupError, match="no floor for the llm engine"):
        gate.check(numbers(engine="llm"), FLOORS)


def test_the_committed_floors_name_suites_and_metrics_that_exist() -> None:
    made = numbers()["suites"]["made"]
    suites = {}
    for item in load(SUITES)[0]:
        found = suites.setdefault(item.suite, {**made, "kept_promise": {}})
        found["kept_promise"][item.case.kind] = made["qwk"]
    for engine in gate.floors():
        run = {**RUN, "engine": engine}
        short, _ = gate.check({"overall": made, "suites": suites, "run": run}, gate.floors())
        assert [line for line in short if "not in this run" in line] == []


@pytest.mark.parametrize(("five", "code"), [(None, 0), (99.0, 1)], ids=["as it is", "broken"])
def test_the_gate_passes_the_grader_as_it_is_and_fails_a_broken_one(
    five: float | None, code: int, index: RubricIndex, tmp_path: Path, monkeypatch, capsys
) -> None:
    """A sample of every suite and level, with what reading it cost kept from one run to the next."""
    monkeypatch.setenv("INTERVIEWER_DATA_DIR", str(ROOT / ".cache"))
    if five is not None:
        real = policy.weights
        monkeypatch.setattr(policy, "weights", lambda engine: replace(real(engine), five=five))
    cases = ["--cases", *map(str, sorted(SUITES)), "--sample", "104"]
    assert main(["run", *cases, "--engine", "offline", "--out", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(["gate", str(tmp_path)]) == code
    told = capsys.readouterr().out
    assert bool(told) == bool(code)
    assert ("accuracy: " in told) == bool(code)


# --- report -----------------------------------------------------------------------------------

HOSTILE = '<img src="https://evil.test/x.png"><script>alert(1)</script> and ![x](https://evil.test)'


def everything(bank: Bank) -> list[records.Outcome]:
    question = bank.questions["why-does-dropout-work"]
    first, second, *_ = (t.id for t in question.tells if t.level == "L5")
    said = f"I measured it, and then I turned it off. {HOSTILE}"
    turns = [
        {"role": "candidate", "text": said},
        {"role": "interviewer", "text": "What did that cost?", "aims_at": [first]},
        {"role": "candidate", "text": "Two points."},
    ]
    rich = case(
        "rich",
        "L6",
        turns=turns,
        tells=(first,),
        kind="gold",
        expect="L6",
        why="It <b>measures</b>.",
    )
    spans = [Evidence(turn=0, start=a, end=b, quote=said[a:b]) for a, b in ((0, 25), (15, 40))]
    full = Grade(
        question_id=question.id, status="provisional", level="L5", borderline_with="L6",
        confidence=0.61, engine="offline", rubric_hash=digest(question), flags=("addresses_grader",),
        verdicts=(met(first, "L5", spans[0]), met(second, "L5", spans[1])),
        unlisted=(Unlisted(text="A good idea", level="L6", evidence=(
            Evidence(turn=2, start=0, end=11, quote="Two points."),)),),
        first_gap=FirstGap(tell_id=first, advice="Say what it costs."),
    )  # fmt: skip
    attack = case("attack", None, kind="injection", expect="at_most_L4", twin="rich")
    return [
        outcome(rich, full),
        outcome(rich, full.model_copy(update={"level": "L6", "borderline_with": None}), 1),
        outcome(attack, grade("L6"), suite="attacks"),
        outcome(case("lost", "L4"), None),
        *outcomes((c, c.level) for c in some(6)),
    ]


def rendered(bank: Bank, *, compared: bool = False, now: Bank | None = None) -> str:
    found = everything(bank)
    before = [outcome(o.case, grade("L4"), o.repeat, o.suite) for o in found] if compared else None
    numbers = {**measure(found, {n: {} for n in ("majority", "length", "style")}), "run": RUN}
    return report.render(numbers, found, now or bank, before)


def test_the_report_is_one_file_that_loads_nothing(bank: Bank) -> None:
    html = rendered(bank, compared=True)
    assert not re.findall(
        r"(?:src|href|action|srcset)\s*=|url\(|@import|<link|<iframe", outside_text(html)
    )
    assert "https://" not in outside_text(html)
    assert "default-src 'none'" in html


def outside_text(html: str) -> str:
    """Return the markup alone, without what it shows."""
    return "".join(re.findall(r"<[^>]*>|<style>.*?</style>|<script>.*?</script>", html, re.DOTALL))


def test_what_candidates_said_is_text_and_nothing_else(bank: Bank) -> None:
    html = rendered(bank)
    assert "&lt;img src=" in html
    assert "<img" not in html
    assert html.count("<script>") == 1
    assert "It &lt;b&gt;measures&lt;/b&gt;." in html


def test_evidence_is_marked_in_place_also_where_it_overlaps(bank: Bank) -> None:
    marks = re.findall(r'<mark class="t-(\w+)" data-marks="([\d ]+)">(.*?)</mark>', rendered(bank))
    assert marks[:4] == [
        ("L5", "1", "I measured it, "),
        ("L5", "1 2", "and then I<sup>1</sup>"),
        ("L5", "2", " turned it off.<sup>2</sup>"),
        ("L6", "3", "Two points.<sup>3</sup>"),
    ]


def test_a_tell_is_worded_as_its_rubric_words_it_while_that_has_not_changed(bank: Bank) -> None:
    question = bank.questions["why-does-dropout-work"]
    text = next(t.text for t in question.tells if t.level == "L5")
    escaped = text.replace("'", "&#39;")
    assert escaped in rendered(bank)
    changed = Bank({question.id: question.model_copy(update={"summary": "Another."})})
    assert escaped not in rendered(bank, now=changed)


@pytest.mark.browser
def test_the_report_opens_from_disk_and_filters(bank: Bank, tmp_path: Path) -> None:
    need(shutil.which("chromium") is not None, "chromium")
    from playwright.sync_api import sync_playwright

    path = tmp_path / "report.html"
    path.write_text(rendered(bank, compared=True))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        tab = browser.new_page()
        asked: list[str] = []
        wrong: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: wrong.append(message.text))
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.goto(path.as_uri())
        count = tab.locator("#count")
        shown = [count.inner_text()]
        assert tab.locator("mark").count() == 8
        for name, value in (("outcome", "near far failed"), ("gold", "L4"), ("suite", "attacks")):
            tab.select_option(f"#{name}", value)
            shown.append(count.inner_text())
        tab.click("#reset")
        tab.select_option("#kind", "injection")
        shown.append(count.inner_text())
        tab.click("#reset")
        tab.fill("#search", "two points")
        shown.append(count.inner_text())
        browser.close()
    assert shown == [f"{n} of 10 cases" for n in (10, 3, 1, 0, 1, 2)]
    assert (asked, wrong) == ([path.as_uri()], [])
