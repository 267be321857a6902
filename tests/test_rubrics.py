from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from interviewer.errors import BadInput
from interviewer.files import catalog, rubrics, solutions
from interviewer.files.rubric_checks import check
from interviewer.files.settings import ROOT

CANON = "1a69ecc65bdc06f471d639c5dbdaf43cf72579235b5bc4602e33b2891470b8d2"
"""SHA-256 of the fifty titles, sorted, a line each."""
DROPOUT = ROOT / "rubrics/ml-fundamentals/why-does-dropout-work.yaml"


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., Path]:
    """Write a copy of a shipped rubric with something changed."""

    def write(change: Callable[[dict[str, Any]], object]) -> Path:
        data = yaml.safe_load(DROPOUT.read_text(encoding="utf-8"))
        change(data)
        path = tmp_path / DROPOUT.name
        path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        return path

    return write


def test_the_shipped_rubrics_have_no_problem() -> None:
    assert [str(p) for p in check(rubrics.load(ROOT / "rubrics"))] == []


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param("x = 1\ndef f(:", "no Python (line 2", id="no Python"),
        pytest.param("import chromadb\nassert True", "imports chromadb", id="more than numpy"),
        pytest.param("print('fine')", "asserts nothing", id="nothing claimed"),
        pytest.param("x = 1\nassert x == 2", "fails in line 2 (AssertionError)", id="false claim"),
        pytest.param("assert True\nwhile True: pass", "still runs after 1 seconds", id="no end"),
        pytest.param("import numpy as np\nassert np.ones(1).all()", None, id="fine"),
    ],
)
def test_a_solution_has_to_run_and_to_hold_what_it_asserts(script: str, told: str | None) -> None:
    found = solutions.trouble(script, 1 if "while" in script else 60)
    assert (told in found) if told and found else (found == told)


def test_the_mended_training_loop_ships_better_weights_than_the_buggy_one() -> None:
    question = rubrics.load(ROOT / "rubrics").find("Debug this training loop")
    assert question.material
    assert question.solution

    def honest(script: str) -> float:
        return float(run(script).strip().splitlines()[-1].rpartition(" ")[2])

    assert honest(question.solution) >= honest(question.material) + 0.15


def run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("change", "key", "remedy"),
    [
        pytest.param(lambda d: d.pop("ask"), "ask", "is missing", id="a key is missing"),
        pytest.param(lambda d: d.update(mood="?"), "mood", "not a key", id="a key too many"),
        pytest.param(lambda d: d.update(id="dropout"), "id", "write `why-does-dropout-work`", id="wrong id"),
        pytest.param(
            lambda d: d["tells"][0].update(cues=["one"]),
            "tells[rescale-so-eval-is-untouched]", "write 4 to 8 cues", id="thin tell",
        ),
        pytest.param(
            lambda d: d["tells"].append(d["tells"][0]), "tells", "more than once", id="duplicate id"
        ),
        pytest.param(
            lambda d: d["tells"][0].update(level="L7"),
            "tells[rescale-so-eval-is-untouched].level", "'L4', 'L5' or 'L6'", id="no such level",
        ),
        pytest.param(lambda d: d.update(category="Maths"), "category", "ML Fundamentals", id="category"),
        pytest.param(lambda d: d.update(id=5), "id", "must be text", id="id is a number"),
        pytest.param(lambda d: d.update(summary=""), "summary", "must not be empty", id="nothing said"),
        pytest.param(lambda d: d.update(variants=["one", 2]), "variants item 2", "must be text", id="item"),
        pytest.param(
            lambda d: d.update(clarification=d.pop("clarifications")),
            "clarification", "did you mean `clarifications`?", id="one key in the place of another",
        ),
        pytest.param(
            lambda d: d["tells"][0].update(near_miss=d["tells"][0].pop("near_misses")),
            "tells[rescale-so-eval-is-untouched].near_miss", "did you mean `near_misses`?",
            id="a key of a tell misspelt",
        ),
        pytest.param(
            lambda d: d.update(title="Почему?"), "title", "no Latin letter", id="no id in the title"
        ),
        pytest.param(
            lambda d: d["tells"][-1].update(kind="absent", pair="nope", cues=[], near_misses=[]),
            "tells[spread-taken-as-calibrated].pair", "`nope` is the id of no strong_hire tell", id="no such pair",
        ),
        pytest.param(lambda d: d.update(tells=[]), "tells", "must have at least 1", id="no tells"),
        pytest.param(lambda d: d.update(tells="none"), "tells", "must be a list", id="no list"),
        pytest.param(
            lambda d: d.update(boundaries=["x"]), "boundaries", "`key: value`", id="a list, not keys"
        ),
        pytest.param(
            lambda d: d["tells"][0].update(id="Not So"), "tells[Not So].id", "small letters", id="tell id"
        ),
        pytest.param(lambda d: d.update({5: "x"}), "[5]", "put it in quotes", id="a key is no text"),
    ],
)  # fmt: skip
def test_a_broken_rubric_names_file_key_and_remedy(
    edited: Callable[..., Path], change: Callable[[dict[str, Any]], object], key: str, remedy: str
) -> None:
    path = edited(change)
    problems = rubrics.read(path)
    assert isinstance(problems, list)
    assert [(p.file, p.key) for p in problems] == [(path, key)]
    assert remedy in problems[0].remedy


@pytest.mark.parametrize(
    ("text", "key", "remedy"),
    [
        pytest.param("ask: One?\ntitle: T\nask: Two?", "ask", "in line 1 and again in line 3", id="twice"),
        pytest.param("tells:\n- why: a\n  why: b", "why", "in line 2 and again in line 3", id="deeper"),
        pytest.param("a: " + "[" * 50_000, "file", "nested more than", id="lists in lists"),
        pytest.param("- " * 50_000 + "x", "file", "nested more than", id="items in items"),
        pytest.param('{"a": ' * 50_000, "file", "nested more than", id="keys in keys"),
    ],
)  # fmt: skip
def test_what_yaml_would_swallow_or_crash_on_is_named(
    tmp_path: Path, text: str, key: str, remedy: str
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    problems = rubrics.read(path)
    assert isinstance(problems, list)
    assert [(p.file, p.key) for p in problems] == [(path, key)]
    assert remedy in problems[0].remedy


@pytest.mark.parametrize(
    ("change", "key", "remedy"),
    [
        pytest.param(
            lambda d: d["tells"][3].update(probe=f"What about {d['tells'][3]['key_terms'][0]}?"),
            "probe", "gives away", id="probe holds a key term",
        ),
        pytest.param(
            lambda d: d["tells"][3].update(probe="You mentioned a cost. Which one?"),
            "probe", "supposes", id="probe supposes that something was said",
        ),
        pytest.param(
            lambda d: d["tells"][0]["cues"].__setitem__(0, d["sounds_like"]["L4"]),
            "cues", "copied from sounds_like.L4", id="cue copied from a sample",
        ),
        pytest.param(
            lambda d: d["sounds_like"].update(L6=d["sounds_like"]["L6"][:560]),
            "sounds_like", "give the level away", id="lengths give the level away",
        ),
        pytest.param(lambda d: d.update(tells=d["tells"][:9]), "tells", "write", id="too few tells"),
        pytest.param(
            lambda d: d["sounds_like"].update(L5=d["sounds_like"]["L4"]),
            "sounds_like.L5", "copied from L4", id="two samples are one",
        ),
        pytest.param(
            lambda d: d.update(clarifications=d["clarifications"][:2]),
            "clarifications", "there are 2; write 3 to 6", id="too few clarifications",
        ),
        pytest.param(
            lambda d: d.update(summary="word " * 200_000), "summary", "200000 words", id="a novel",
        ),
        pytest.param(
            lambda d: d["tells"][0]["cues"].__setitem__(0, "word " * 101),
            "cues", "101 words; write 100 at most", id="a cue too long to say",
        ),
        pytest.param(
            lambda d: d["boundaries"]["L5_L6"].update(why="word " * 101),
            "boundaries.L5_L6.why", "101 words", id="a boundary too long to read",
        ),
        pytest.param(
            lambda d: d["tells"][0]["cues"].__setitem__(0, "inverted dropout"),
            "cues", "is a keyword", id="cue is a keyword",
        ),
    ],
)  # fmt: skip
def test_a_weak_rubric_is_told_what_is_weak(
    edited: Callable[..., Path], change: Callable[[dict[str, Any]], object], key: str, remedy: str
) -> None:
    path = edited(change)
    problems = check(rubrics.load(path.parent))
    assert any(key in p.key and remedy in p.remedy for p in problems), [str(p) for p in problems]


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        pytest.param(b"id: [unclosed", "line 1: a bracket opened here is not closed", id="no YAML"),
        pytest.param(b"- a\n- b\n", "key: value", id="a list"),
        pytest.param(b"\xff\xfe\x00", "UTF-8", id="not UTF-8"),
        pytest.param(b"", "key: value", id="empty"),
        pytest.param(b"title: 2020-99-99", "in quotes", id="no such date"),
        pytest.param(b"a: 1\n\tb: 2", "line 2: is indented with a tab; use spaces", id="tab"),
        pytest.param(b"a:\n    b: 1\n  c: 2", "line 3: does not line up", id="indentation"),
        pytest.param(b"a: 1\n  b: 2", "line 2: does not line up", id="indented too far"),
        pytest.param(b"a: 1\nb: 'abc\nc: 2", "line 2: a quote opened here", id="open quote"),
        pytest.param(b"a: 'it's fine'", "after a closing quote", id="quote in quotes"),
        pytest.param(b"a: one: two", "line 1: holds a second `: `", id="colon in text"),
        pytest.param(b"a: 1\nb: @two", "begins with `@` in quotes", id="text that begins oddly"),
        pytest.param(b"a: 1\nno key\nb: 2", "line 2: is no `key: value`", id="no key"),
    ],
)
def test_a_file_that_is_no_rubric_says_so(tmp_path: Path, text: bytes, remedy: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(text)
    problems = rubrics.read(path)
    assert isinstance(problems, list)
    assert remedy in str(problems[0])


def test_one_broken_file_does_not_take_the_others_down(edited: Callable[..., Path]) -> None:
    path = edited(lambda d: None)
    (path.parent / "broken.yaml").write_text("nothing: here")
    bank = rubrics.load(path.parent)
    assert list(bank.questions) == ["why-does-dropout-work"]
    assert {p.file.name for p in bank.problems} == {"broken.yaml"}


def test_a_file_of_another_ending_is_named_and_not_passed_over(
    edited: Callable[..., Path], tmp_path: Path
) -> None:
    folder = edited(lambda d: None).parent
    kept = tmp_path / "kept"
    assert catalog.rows(folder, kept)[1] == []
    (folder / "rollback.yml").write_text("title: Rollback")
    assert [p.remedy for p in rubrics.load(folder).problems] == [
        "is not read; call it rollback.yaml"
    ]
    assert "call it rollback.yaml" in catalog.rows(folder, kept)[1][0]


def test_an_unknown_question_suggests_the_nearest_ids(bank: rubrics.Bank) -> None:
    with pytest.raises(BadInput, match="why-does-dropout-work"):
        bank.find("why does dropuot works")


def test_the_kept_list_follows_the_files(edited: Callable[..., Path], tmp_path: Path) -> None:
    path = edited(lambda d: None)
    kept = tmp_path / "kept"
    first, _ = catalog.rows(path.parent, kept)
    assert catalog.rows(path.parent, kept) == (first, [])
    assert len(list(kept.iterdir())) == 1
    path.write_text(
        path.read_text(encoding="utf-8").replace("Why does dropout work?", "Why does it work?")
    )
    with pytest.raises(BadInput):
        catalog.rows(path.parent, kept)


def test_the_canon_is_whole() -> None:
    questions = rubrics.load(ROOT / "rubrics").questions.values()
    assert Counter(q.category for q in questions) == {
        "ML Fundamentals": 8,
        "Deep Learning Production": 6,
        "LLM Systems": 13,
        "Recsys & Search": 8,
        "ML System Design": 5,
        "Behavioral": 5,
        "Math": 3,
        "Coding": 2,
    }
    titles = "\n".join(sorted(q.title for q in questions))
    assert hashlib.sha256(titles.encode()).hexdigest() == CANON, "a title of the canon was changed"


def test_a_sample_that_repeats_another_questions_words_is_named(
    edited: Callable[..., Path], tmp_path: Path
) -> None:
    shipped = yaml.safe_load(DROPOUT.read_text(encoding="utf-8"))
    edited(lambda data: data.update(title="Why, again?", id="why-again"))
    (tmp_path / "original.yaml").write_text(yaml.safe_dump(shipped), encoding="utf-8")
    found = [p for p in check(rubrics.load(tmp_path)) if "sample of" in p.remedy]
    assert found
    assert all(p.key.startswith("sounds_like.") for p in found)
