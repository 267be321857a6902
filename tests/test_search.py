from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from interviewer.discrimination import compare, confusions, sharpness
from interviewer.embedding import Encoded, MiniLM, Progress
from interviewer.models import Question
from interviewer.retrieval import open_or_build
from interviewer.session import Service
from interviewer.settings import ROOT

DROPOUT = ROOT / "rubrics/ml-fundamentals/why-does-dropout-work.yaml"


class Counting:
    """An encoder that counts what it is asked for."""

    name = MiniLM.name

    def __init__(self, inner: MiniLM) -> None:
        self.inner, self.asked = inner, 0

    def encode(self, texts: list[str], progress: Progress | None = None) -> list[Encoded]:
        self.asked += len(texts)
        return self.inner.encode(texts, progress)


@pytest.fixture
def dropout() -> dict[str, object]:
    loaded: dict[str, object] = yaml.safe_load(DROPOUT.read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize(
    ("typed", "read_as", "question_id"),
    [
        ("spekulative decodng", "speculative decoding", "walk-me-through-speculative-decoding"),
        ("why does dropuot work", "why does dropout work", "why-does-dropout-work"),
        ("halucinations in prodction", "hallucinations in production",
         "how-do-you-handle-hallucinations-in-production"),
    ],
)  # fmt: skip
async def test_typos_are_mended(
    service: Service, typed: str, read_as: str, question_id: str
) -> None:
    found = await service.search(typed)
    assert found.read_as == read_as
    assert found.hits[0].question_id == question_id


async def test_a_name_that_no_rubric_has_is_left_as_it_is(service: Service) -> None:
    assert (await service.search("stripe payments")).read_as == "stripe payments"


async def test_exact_words_count_beside_meaning(service: Service) -> None:
    found = await service.search("gumbel softmax trick")
    assert found.hits[0].question_id == "explain-the-reparameterization-trick"


@pytest.mark.parametrize(
    "asked", ["What is your favourite pasta recipe?", "design a parking garage"]
)
async def test_a_question_of_ones_own_has_no_rubric(service: Service, asked: str) -> None:
    found = await service.search(asked)
    assert not found.near
    assert len(found.hits) == len(service.bank.questions)


async def test_a_question_in_other_words_has_one(service: Service) -> None:
    found = await service.search("randomly switching off units while training, why would it help?")
    assert found.near
    assert found.hits[0].question_id == "why-does-dropout-work"


@pytest.mark.parametrize(
    ("asked", "question_id"),
    [
        ("have you ever pushed back on your manager",
         "tell-me-about-a-time-you-disagreed-with-someone-senior"),
        ("build a platform that serves ML features to many teams",
         "design-a-feature-store-from-scratch"),
    ],
)  # fmt: skip
async def test_each_word_of_what_is_asked_counts(
    service: Service, asked: str, question_id: str
) -> None:
    assert (await service.search(asked)).hits[0].question_id == question_id


def test_an_edited_rubric_is_indexed_by_encoding_what_changed(
    tmp_path: Path, encoder: MiniLM, dropout: dict[str, object]
) -> None:
    before = Question.model_validate(dropout)
    after = before.model_copy(update={"summary": "Random silence as a teacher."})
    counting = Counting(encoder)
    open_or_build(tmp_path, [before], counting)
    first, counting.asked = counting.asked, 0
    fresh = open_or_build(tmp_path, [after], counting).fetch(after.id)
    assert (first > 100, counting.asked) == (True, 1)

    anew = open_or_build(tmp_path / "elsewhere", [after], encoder).fetch(after.id)
    assert [p.text for p in fresh.phrases] == [p.text for p in anew.phrases]
    assert fresh.pooled == pytest.approx(anew.pooled, abs=1e-5)
    assert fresh.tokens == pytest.approx(anew.tokens, abs=2e-3)
    assert fresh.weights == pytest.approx(anew.weights)


def test_two_tells_that_one_sentence_always_meets_are_named(
    tmp_path: Path, encoder: MiniLM, dropout: dict[str, object]
) -> None:
    question = Question.model_validate(dropout)
    tell = question.tells[3]
    cues = tuple(cue.replace(".", ", really.") for cue in tell.cues)
    twin = tell.model_copy(update={"id": "the-same-again", "cues": cues})
    doubled = question.model_copy(update={"tells": (*question.tells, twin)})
    record = open_or_build(tmp_path, [doubled], encoder).fetch(question.id)
    assert [key for key, remedy in confusions(compare(record)) if "merge" in remedy] == [
        "tells[the-same-again].cues"
    ]


def test_a_near_miss_that_says_another_tell_is_named(
    tmp_path: Path, encoder: MiniLM, dropout: dict[str, object]
) -> None:
    question = Question.model_validate(dropout)
    five = [t for t in question.tells if t.level == "L5"]
    wrong = five[0].model_copy(update={"near_misses": (five[1].cues[0],)})
    tells = tuple(wrong if t.id == wrong.id else t for t in question.tells)
    record = open_or_build(tmp_path, [question.model_copy(update={"tells": tells})], encoder).fetch(
        question.id
    )
    found = [remedy for key, remedy in confusions(compare(record)) if wrong.id in key]
    assert len(found) == 1
    assert f"`{five[1].id}`" in found[0]


def test_the_sharpness_of_a_tell_is_a_share(
    tmp_path: Path, encoder: MiniLM, dropout: dict[str, object]
) -> None:
    record = open_or_build(tmp_path, [Question.model_validate(dropout)], encoder).fetch(
        "why-does-dropout-work"
    )
    found = sharpness(compare(record))
    said = [t.id for t in record.question.tells if t.kind == "said"]
    assert [s.tell.id for s in found] == said
    assert all(0 <= s.beats <= 1 and s.taken_for != s.tell.id for s in found)
