"""What the committed cases promise: counts, splits, independence of rubric and of style."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from evals import baselines, cases, marks
from interviewer.files import rubrics
from interviewer.files.settings import ROOT
from interviewer.models import slug

BLIND = ("gold", "crossed", "reversed", "dialogue", "unseen")
TWICE = {"gold", "crossed", "reversed", "unseen", "stance"}
"""Labelled a second time."""
SUITES = [p for p in (ROOT / "evals/cases").glob("*.jsonl") if p.stem != "paraphrases"]
RUN = 8
VISIBLE = {"title", "ask", "material", "solution"}
"""Keys of a rubric whose words a candidate was shown, or would write as code anyway."""


@pytest.fixture(scope="module")
def items() -> list[cases.Item]:
    found, problems = cases.load(SUITES)
    assert [str(p) for p in problems] == []
    return found


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)


def runs(text: str) -> set[str]:
    words = re.findall(r"[a-z0-9']+", text.lower())
    return {" ".join(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


def test_every_question_has_gold_of_every_level(items: list[cases.Item]) -> None:
    counts = Counter((i.case.question_id, i.case.level) for i in items if i.suite == "gold")
    assert set(counts.values()) == {2}
    assert len(counts) == 150


def test_style_and_level_are_crossed_in_full(items: list[cases.Item]) -> None:
    crossed = [i for i in items if i.suite == "crossed"]
    sounds = ("textbook", "war-story", "executive")
    cells = Counter((i.case.kind, i.case.level) for i in crossed if i.case.kind in sounds)
    assert len(crossed) >= 200
    assert len(cells) == 9
    assert max(cells.values()) - min(cells.values()) <= 1


def test_a_question_is_in_one_split_over_all_suites(items: list[cases.Item]) -> None:
    splits = defaultdict(set)
    for item in items:
        splits[item.case.question_id].add(item.case.split)
    assert {q: s for q, s in splits.items() if len(s) > 1} == {}
    assert set().union(*splits.values()) == {"train", "dev", "test"}


def test_every_case_that_is_said_to_be_labelled_twice_has_two_labels_that_agree(
    items: list[cases.Item],
) -> None:
    counts = Counter(i.suite for i in items)
    assert marks.second_labels(items) == {s: (counts[s], counts[s]) for s in TWICE}


def test_no_case_shares_a_run_of_words_with_its_rubric(items: list[cases.Item]) -> None:
    bank = rubrics.load(ROOT / "rubrics")
    written = {
        question_id: {r for t in texts(q.model_dump(exclude=VISIBLE)) for r in runs(t)}
        for question_id, q in bank.questions.items()
    }
    shared = {
        item.case.id: min(both)
        for item in items
        if item.suite in BLIND
        for turn in item.case.turns
        if turn.role == "candidate"
        if (both := runs(turn.text) & written[slug(item.case.question)])
    }
    assert shared == {}


@pytest.mark.parametrize("baseline", ["style", "length"])
def test_style_tells_nothing_about_the_level(items: list[cases.Item], baseline: str) -> None:
    both = [i for i in items if i.suite in ("gold", "crossed")]
    asked = [i for i in both if i.case.split == "test"]
    given = baselines.predict(both)[baseline]
    right = sum(given[i.suite, i.case.id] == i.case.level for i in asked)
    assert abs(right / len(asked) - 1 / 3) <= 0.08, f"{right} of {len(asked)}"
