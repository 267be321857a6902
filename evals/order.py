"""Learn which classes of words follow each other in English, and print the table for `word_order`."""

from __future__ import annotations

import math
from collections import Counter

from interviewer.files.rubrics import Bank
from interviewer.judgement.fluency import fluent
from interviewer.judgement.word_order import CLASSES, Pair, pairs

_PRIOR = 5.0
"""Pairs of each class that are taken to have been seen as chance would have them."""


def table(bank: Bank) -> str:
    """Return the table, learned from what candidates say in the rubrics."""
    questions = bank.questions.values()
    texts = [t for q in questions for tell in q.tells for t in (*tell.cues, *tell.near_misses)]
    texts += [t for q in questions for t in (q.sounds_like.L4, q.sounds_like.L5, q.sounds_like.L6)]
    seen: Counter[Pair] = Counter(pair for text in texts for pair in pairs(fluent(text)))
    first: Counter[str] = Counter()
    second: Counter[str] = Counter()
    for (a, b), count in seen.items():
        first[a] += count
        second[b] += count
    total = sum(first.values())

    def follows(a: str, b: str) -> float:
        chance = second[b] / total
        return math.log((seen[a, b] + _PRIOR * chance) / (first[a] + _PRIOR) / chance)

    return "\n".join(
        f"{a:4} " + " ".join(f"{follows(a, b):4.1f}" for b in CLASSES) for a in CLASSES
    )
