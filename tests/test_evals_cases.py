"""A bad line is named and the rest is read."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from eval_tools import case, some, write_cases
from evals.__main__ import main
from evals.cases import Case, Choice, Item, check, choose, load
from evals.marks import wording
from interviewer.errors import BadInput
from interviewer.files import rubrics
from interviewer.models import LEVELS

GOOD = {
    "id": "good", "question": "Why does dropout work?", "kind": "gold", "level": "L5", "why": "w",
    "turns": [{"role": "candidate", "text": "It is noise."}],
}  # fmt: skip


def without(key: str) -> dict[str, Any]:
    return {k: v for k, v in GOOD.items() if k != key}


@pytest.mark.parametrize(
    ("line", "key", "remedy"),
    [
        pytest.param("{not json", "line", "is not JSON", id="no JSON"),
        pytest.param("[1]", "line", "is not a JSON object", id="no object"),
        pytest.param(b"\xff\xfe", "line", "is not UTF-8", id="no UTF-8"),
        pytest.param("[" * 100_000, "line", "is not JSON", id="nested too deep"),
        pytest.param('{"n": ' + "9" * 5000 + "}", "line", "is not JSON", id="endless number"),
        pytest.param('{"style": "\\ud800"}', "line", "is not JSON", id="half a character"),
        pytest.param(without("level"), "level", "is missing", id="no level"),
        pytest.param(without("turns"), "turns", "is missing", id="no turns"),
        pytest.param({**GOOD, "level": "L7"}, "level", "'L4', 'L5' or 'L6'", id="unknown level"),
        pytest.param({**GOOD, "expect": "L9"}, "expect", "at_most_L4", id="unknown promise"),
        pytest.param({**GOOD, "split": "trian"}, "split", "'train', 'dev' or 'test'", id="unknown split"),
        pytest.param({**GOOD, "turns": []}, "turns", "at least 1", id="nothing said"),
        pytest.param({**GOOD, "turns": [{"role": "me", "text": ""}]}, "turns.0.role", "candidate", id="unknown role"),
        pytest.param({**GOOD, "id": "first"}, "id", "is taken by", id="id used twice"),
        pytest.param(json.dumps(GOOD)[:-1] + ', "level": "L6"}', "level", "twice", id="two levels"),
        pytest.param(json.dumps(GOOD).replace('"role"', '"role": "candidate", "role"'), "role", "twice", id="two roles"),
    ],
)  # fmt: skip
def test_a_malformed_line_names_file_line_and_key_and_the_rest_is_read(
    tmp_path: Path, line: object, key: str, remedy: str
) -> None:
    bad = (
        line
        if isinstance(line, bytes)
        else (line if isinstance(line, str) else json.dumps(line)).encode()
    )
    file = tmp_path / "suite.jsonl"
    first, last = ({**GOOD, "id": name} for name in ("first", "last"))
    file.write_bytes(b"\n".join([json.dumps(first).encode(), b"", bad, json.dumps(last).encode()]))
    items, problems = load([file])
    assert [(i.suite, i.case.id) for i in items] == [("suite", "first"), ("suite", "last")]
    assert [(p.where, p.key) for p in problems] == [(f"{file} line 3", key)]
    assert remedy in problems[0].remedy


def test_unknown_keys_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "suite.jsonl"
    file.write_text(json.dumps({**GOOD, "style": {"voice": "plain"}}))
    assert load([file])[0][0].case.model_dump()["style"] == {"voice": "plain"}


def test_a_file_that_cannot_be_opened_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="none.jsonl"):
        load([tmp_path / "none.jsonl"])


def test_a_case_without_a_rubric_is_named_and_left_out(bank: rubrics.Bank) -> None:
    items = [
        Item("s", case("known", question="why-does-dropout-work"), "f line 1"),
        Item("s", case("unknown", question="Why does dropuot work?"), "f line 2"),
    ]
    kept, problems = check(items, bank)
    assert [i.case.id for i in kept] == ["known"]
    assert "f line 2: question: has no rubric" in str(problems[0])
    assert "why-does-dropout-work" in str(problems[0])


def test_a_gold_tell_that_no_rubric_has_is_named_and_the_case_kept(bank: rubrics.Bank) -> None:
    real = bank.questions["why-does-dropout-work"].tells[0].id
    items = [Item("s", case("c", tells=(real, "no-such-tell")), "f line 1")]
    kept, problems = check(items, bank)
    assert kept == items
    assert [(p.where, p.key) for p in problems] == [("f line 1", "tells")]
    assert "no-such-tell" in problems[0].remedy
    assert real not in problems[0].remedy


def test_a_turn_that_aims_at_no_tell_is_named_and_the_case_kept(bank: rubrics.Bank) -> None:
    turns = [{"role": "interviewer", "text": "Why?", "aims_at": ["nope"]}, *GOOD["turns"]]
    items = [Item("s", Case.model_validate({**GOOD, "turns": turns}), "f line 1")]
    kept, problems = check(items, bank)
    assert kept == items
    assert [(p.key, p.remedy.split()[-1]) for p in problems] == [("turns.0.aims_at", "nope")]


def test_a_twin_is_looked_for_in_the_files_beside_too(tmp_path: Path) -> None:
    here = write_cases(tmp_path / "here.jsonl", [case("a", twin="clean"), case("b", twin="nope")])
    write_cases(tmp_path / "beside.jsonl", [case("clean", twin="gone")])
    items, problems = load([here])
    assert len(items) == 2
    assert [(p.where, p.key) for p in problems] == [(f"{here} line 2", "twin")]
    assert "`nope`" in problems[0].remedy


@pytest.mark.parametrize(
    ("choice", "ids"),
    [
        pytest.param(Choice(), ["c0", "c1", "c2", "c3", "c4", "c5"], id="all"),
        pytest.param(Choice(suite="a"), ["c0", "c1", "c2", "c3", "c4", "c5"], id="suite"),
        pytest.param(Choice(question="Design ML monitoring"), ["c3", "c4", "c5"], id="title"),
        pytest.param(
            Choice(question="why-does-dropout-work"), ["c0", "c1", "c2"], id="question id"
        ),
        pytest.param(Choice(split="test"), ["c1", "c3", "c5"], id="split"),
        pytest.param(
            Choice(split="test", question="design-ml-monitoring"), ["c3", "c5"], id="both"
        ),
    ],
)
def test_cases_can_be_chosen(choice: Choice, ids: list[str]) -> None:
    splits = [None, "test"] * 3
    items = [
        Item("a", c.model_copy(update={"split": s})) for c, s in zip(some(6), splits, strict=True)
    ]
    assert [i.case.id for i in choose(items, choice)] == ids


def test_a_sample_is_always_the_same_and_grows_by_adding() -> None:
    items = [Item("a", c) for c in some(30)]
    ten, twenty = (choose(items, Choice(sample=n)) for n in (10, 20))
    assert (len(ten), len(twenty)) == (10, 20)
    assert choose(list(reversed(items)), Choice(sample=10)) == list(reversed(ten))
    assert all(item in twenty for item in ten)
    assert choose(items, Choice(sample=99)) == items


def test_a_sample_takes_from_every_suite_and_level_in_turn() -> None:
    items = [Item("big", c) for c in some(60)] + [Item("small", c) for c in some(6)]
    drawn = choose(items, Choice(sample=12))
    assert Counter((i.suite, i.case.level) for i in drawn) == {
        (suite, level): 2 for suite in ("big", "small") for level in LEVELS
    }


def test_choosing_nothing_says_what_there_is() -> None:
    with pytest.raises(BadInput, match="Suites with readable cases: a"):
        choose([Item("a", case("c"))], Choice(suite="b"))


def test_the_suite_is_the_stem_of_the_file(tmp_path: Path) -> None:
    files = [write_cases(tmp_path / f"{name}.jsonl", [case("same-id")]) for name in ("one", "two")]
    items, problems = load(files)
    assert ([i.suite for i in items], problems) == (["one", "two"], [])


def test_a_rubric_edit_lists_the_marked_cases_that_need_a_new_look(
    bank: rubrics.Bank, tmp_path: Path, capsys
) -> None:
    question = next(iter(bank.questions.values()))
    now = wording(question)
    path = write_cases(
        tmp_path / "made.jsonl",
        [
            case("fresh", question=question.id, tells=[], marked_with=now),
            case("stale", question=question.id, tells=[], marked_with="other"),
            case("unmarked", question=question.id),
        ],
    )
    assert main(["marks", "--cases", str(path)]) == 1
    told = capsys.readouterr()
    assert told.out == f"{question.id}, now {now}: stale\n"
    assert "1 of 2 marked cases need a new look" in told.err

    first, *others = question.tells
    cues = question.model_copy(update={"tells": (first.model_copy(update={"cues": ()}), *others)})
    text = first.model_copy(update={"text": "Something else."})
    assert wording(cues) == now
    assert wording(question.model_copy(update={"tells": (text, *others)})) != now
