"""One embedded encoder for many people at once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from interviewer.outside.embedding import Encoded, Encoder, Progress

KEPT = 1000
"""Sentences; some 30 kB each."""


class SharedEncoder:
    """Encodes one batch at a time and no sentence twice.

    Each answer is read again with the next one and for the grade, and of the answers of many
    people none is read sooner when all are read at once. A sentence keeps the vector of the answer
    that it came in, whose last bits (1e-7) another company would change. That moves no level, and
    nobody holds an interview twice, while evals have to come out the same to the bit: `KeptEncoder`.
    """

    def __init__(self, encoder: Encoder) -> None:
        """Stand before an encoder."""
        self.name = encoder.name
        self._encoder = encoder
        self._turn = threading.Lock()
        self._kept: OrderedDict[str, Encoded] = OrderedDict()

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> list[Encoded]:
        """Encode texts, in their order."""
        with self._turn:
            new = [text for text in dict.fromkeys(texts) if text not in self._kept]
            if new:
                self._kept.update(zip(new, self._encoder.encode(new, progress), strict=True))
            out = []
            for text in texts:
                self._kept.move_to_end(text)
                out.append(self._kept[text])
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return out
