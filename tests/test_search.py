from __future__ import annotations

import gc
import logging
import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import yaml

from interviewer.files.rubrics import Bank
from interviewer.files.settings import ROOT
from interviewer.judgement.discrimination import compare, confusions, sharpness
from interviewer.models import Question
from interviewer.outside.embedding import Encoded, MiniLM, Progress
from interviewer.outside.retrieval import RubricIndex, RubricRecord, open_or_build
from interviewer.outside.retrieval.directions import directions
from interviewer.service.session import Service

DROPOUT = ROOT / "rubrics/ml-fundamentals/why-does-dropout-work.yaml"


class Counting:
    """An encoder that counts what it is asked for."""

    name = MiniLM.name

    def __init__(self, inner: MiniLM) -> None:
        self.inner, self.asked = inner, 0

    def encode(self, texts: list[str], progress: Progress | None = None) -> list[Encoded]:
        self.asked += len(texts)
        return self.inner.encode(texts, progress)


class Plain:
    """An encoder that takes no time and tells nothing apart."""

    name = MiniLM.name

    def encode(self, texts: list[str], progress: Progress | None = None) -> list[Encoded]:
        half = np.full((2, 4), 0.5, dtype=np.float32)
        return [Encoded((text[:9], text[-9:]), half, half[0]) for text in texts]


@pytest.fixture(scope="module")
def dropout() -> Question:
    return Question.model_validate(yaml.safe_load(DROPOUT.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def first(
    tmp_path_factory: pytest.TempPathFactory, encoder: MiniLM, dropout: Question
) -> tuple[Path, Counting, RubricIndex]:
    """An index of one rubric; those of its edits are built beside it from what it has encoded."""
    folder, counting = tmp_path_factory.mktemp("one"), Counting(encoder)
    return folder, counting, open_or_build(folder, [dropout], counting)


Edited = Callable[[Question], RubricRecord]


@pytest.fixture
def edited(first: tuple[Path, Counting, RubricIndex]) -> Edited:
    """Index an edited rubric."""
    folder, counting, _ = first
    return lambda question: open_or_build(folder, [question], counting).fetch(question.id)


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
    first: tuple[Path, Counting, RubricIndex], edited: Edited, dropout: Question, encoder: MiniLM
) -> None:
    _, counting, before = first
    old, asked = before.fetch(dropout.id), counting.asked
    fresh = edited(dropout.model_copy(update={"summary": "Random silence as a teacher."}))
    assert (asked > 100, counting.asked - asked) == (True, 1)

    at = fresh.where("summary")[0]
    assert fresh.phrases[at].text == "Random silence as a teacher."
    [encoded] = encoder.encode([fresh.phrases[at].text])
    assert fresh.pooled[at] == pytest.approx(encoded.pooled, abs=1e-5)
    assert fresh.tokens[fresh.phrases[at].rows] == pytest.approx(encoded.vectors, abs=2e-3)
    for was, now in zip(old.phrases, fresh.phrases, strict=True):
        if now.part != "summary":
            assert now.text == was.text
            assert fresh.tokens[now.rows] == pytest.approx(old.tokens[was.rows])
    others = [i for i in range(len(old.phrases)) if i != at]
    assert fresh.pooled[others] == pytest.approx(old.pooled[others], abs=1e-5)


def test_what_edits_leave_behind_goes_unless_somebody_has_it_open(
    tmp_path: Path, bank: Bank
) -> None:
    dropout, another, *_ = bank.questions.values()

    def built(question: Question, summary: str) -> RubricIndex:
        edit = question.model_copy(update={"summary": summary})
        return open_or_build(tmp_path, [edit], Plain())

    def standing() -> set[str]:
        return {p.name for p in tmp_path.iterdir() if p.is_dir()}

    in_use, unlike = built(dropout, "In use."), built(another, "About something else.").name
    names = []
    for number in range(6):
        edit = built(dropout, f"Wording {number}.")
        names.append(edit.name)
        edit.close()
        del edit
        gc.collect()
    assert standing() == {in_use.name, unlike, *names[-3:]}


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no Chroma": lambda folder: shutil.rmtree(folder / "chroma"),
    "half of Chroma": lambda folder: os.truncate(folder / "chroma/chroma.sqlite3", 1000),
    "half an array": lambda folder: os.truncate(folder / "tokens.npy", 1000),
    "half a list": lambda folder: os.truncate(folder / "words.json", 10),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_index_is_built_anew(
    damage: Callable[[Path], object],
    first: tuple[Path, Counting, RubricIndex],
    dropout: Question,
    tmp_path: Path,
) -> None:
    folder, _, whole = first
    shutil.copytree(folder / whole.name, tmp_path / whole.name)
    damage(tmp_path / whole.name)
    mended = open_or_build(tmp_path, [dropout], Plain())
    assert mended.fetch(dropout.id).question == dropout
    assert [hit.question_id for hit in mended.nearest(np.eye(1, 4, dtype=np.float32))] == [
        dropout.id
    ]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are read off /proc")
def test_an_index_that_was_built_and_closed_holds_no_file_of_chroma_open(
    dropout: Question, tmp_path: Path
) -> None:
    def held() -> list[Path]:
        files = (f.resolve() for f in Path("/proc/self/fd").iterdir())
        return [f for f in files if f.is_relative_to(tmp_path) and f.parent.name == "chroma"]

    indexes = [open_or_build(tmp_path, [dropout], Plain())]
    edited = dropout.model_copy(update={"summary": "Random silence as a teacher."})
    indexes.append(open_or_build(tmp_path, [edited], Plain()))
    assert held()
    for index in indexes:
        index.close()
    assert held() == []


def test_whoever_waits_for_an_index_is_told_for_what(
    dropout: Question, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch
) -> None:
    monkeypatch.setattr("interviewer.outside.retrieval.opening._SILENT_S", 0)
    building, finish = threading.Event(), threading.Event()

    class Slow(Plain):
        def encode(self, texts: list[str], progress: Progress | None = None) -> list[Encoded]:
            building.set()
            assert finish.wait(30)
            return super().encode(texts, progress)

    class Told(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            finish.set()

    monkeypatch.setattr(
        logging.getLogger("interviewer.outside.retrieval.opening"), "handlers", [Told()]
    )
    with ThreadPoolExecutor() as pool:
        first = pool.submit(open_or_build, tmp_path, [dropout], Slow())
        assert building.wait(30)
        assert open_or_build(tmp_path, [dropout], Plain()).name == first.result(30).name
    assert f"another process that is building the index {tmp_path}" in caplog.text


def test_two_tells_that_one_sentence_always_meets_are_named(
    edited: Edited, dropout: Question
) -> None:
    tell = dropout.tells[3]
    cues = tuple(cue.replace(".", ", really.") for cue in tell.cues)
    twin = tell.model_copy(update={"id": "the-same-again", "cues": cues})
    record = edited(dropout.model_copy(update={"tells": (*dropout.tells, twin)}))
    assert [key for key, remedy in confusions(compare(record)) if "merge" in remedy] == [
        "tells[the-same-again].cues"
    ]


def test_a_near_miss_that_says_another_tell_is_named(edited: Edited, dropout: Question) -> None:
    five = [t for t in dropout.tells if t.level == "L5"]
    wrong = five[0].model_copy(update={"near_misses": (five[1].cues[0],)})
    tells = tuple(wrong if t.id == wrong.id else t for t in dropout.tells)
    record = edited(dropout.model_copy(update={"tells": tells}))
    found = [remedy for key, remedy in confusions(compare(record)) if wrong.id in key]
    assert len(found) == 1
    assert f"`{five[1].id}`" in found[0]


def test_the_sharpness_of_a_tell_is_a_share(
    first: tuple[Path, Counting, RubricIndex], dropout: Question
) -> None:
    record = first[2].fetch(dropout.id)
    found = sharpness(compare(record))
    said = [t.id for t in record.question.tells if t.kind == "said"]
    assert [s.tell.id for s in found] == said
    assert all(0 <= s.beats <= 1 and s.taken_for != s.tell.id for s in found)


def test_what_parts_the_levels_is_not_how_long_their_phrases_are() -> None:
    random = np.random.default_rng(0)
    count = 2000
    high = np.arange(count) % 2 == 0
    lengths = np.where(high, random.integers(10, 40, count), random.integers(5, 30, count))
    points = np.stack([lengths / 10, random.normal(size=count) + high, random.normal(size=count)])
    pooled = points.T.astype(np.float32)
    levels = [("L6" if i % 4 else "L5") if above else None for i, above in enumerate(high)]
    found = directions(pooled, levels, np.zeros(count, dtype=np.intp), lengths)[0]
    by_length, by_what_is_said, by_nothing = np.abs(found[:3])
    assert by_length < 0.2 * by_what_is_said
    assert by_nothing < 0.2 * by_what_is_said
