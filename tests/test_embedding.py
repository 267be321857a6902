from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from interviewer.errors import SetupError
from interviewer.files.rubrics import Bank
from interviewer.outside import embedding, sharing
from interviewer.outside.embedding import Encoded, MiniLM, find_minilm
from interviewer.outside.likeness import stem, words


def test_pooled_vectors_are_those_of_the_published_model(encoder: MiniLM) -> None:
    # The numbers that the model's card on its hub prints for these two sentences.
    first, second = encoder.encode(["This is an example sentence", "Each sentence is converted"])
    assert first.pooled[:5] == pytest.approx(
        [0.067657, 0.063496, 0.048713, 0.079305, 0.037448], abs=1e-5
    )
    assert second.pooled[:3] == pytest.approx([0.086439, 0.102763, 0.005394], abs=1e-5)


def test_a_text_has_the_same_vectors_alone_and_in_a_batch(encoder: MiniLM) -> None:
    texts = [
        "Short.",
        "A rather longer sentence about learning rates and their schedules.",
        "a b c " * 80,
    ]
    together = encoder.encode(texts)
    for text, batched in zip(texts, together, strict=True):
        [alone] = encoder.encode([text])
        np.testing.assert_allclose(alone.vectors, batched.vectors, atol=1e-5)
        np.testing.assert_allclose(alone.pooled, batched.pooled, atol=1e-5)


def test_tokens_come_without_markers_and_punctuation(encoder: MiniLM) -> None:
    [encoded] = encoder.encode(["Dropout, really?"])
    assert encoded.tokens == ("drop", "##out", "really")
    assert encoded.vectors.shape == (3, 384)


def test_nothing_but_punctuation_has_no_tokens(encoder: MiniLM) -> None:
    [encoded] = encoder.encode(["… !!"])
    assert encoded.tokens == ()
    assert encoded.vectors.shape == (0, 384)


def test_missing_weights_say_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "PACKAGE", "no_such_package_here")
    with pytest.raises(SetupError, match="make install"):
        find_minilm()


def test_weights_that_are_not_the_official_ones_are_refused(tmp_path: Path) -> None:
    for file in embedding.SHA256:
        (tmp_path / file).write_bytes(b"something else")
    with pytest.raises(SetupError, match="not the official file"):
        MiniLM(tmp_path)


def test_words_are_stemmed_alike_in_many_threads(bank: Bank) -> None:
    every = sorted({word for q in bank.questions.values() for word in words(q.model_dump_json())})
    stem.cache_clear()
    alone = [stem(word) for word in every]
    stem.cache_clear()
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(stem, every)) == alone
    finally:
        sys.setswitchinterval(before)
        stem.cache_clear()


def test_a_shared_encoder_gives_the_same_and_encodes_nothing_twice(
    encoder: MiniLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "KEPT", 3)
    asked: list[str] = []

    class Watched:
        name = encoder.name

        def encode(self, texts: list[str], progress: object = None) -> list[Encoded]:
            asked.extend(texts)
            return encoder.encode(texts)

    shared = sharing.SharedEncoder(Watched())
    for texts in (["one", "two", "one"], ["two", "three", "four"], ["one"]):
        got = shared.encode(texts)
        for a, b in zip(got, encoder.encode(texts), strict=True):
            assert a.tokens == b.tokens
            assert a.pooled == pytest.approx(b.pooled, abs=1e-5)
    assert asked == ["one", "two", "three", "four", "one"]
