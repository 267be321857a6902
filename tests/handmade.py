"""Tells, questions and readings made by hand, for what can be told without an encoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np

from interviewer.judgement.matching import Match
from interviewer.judgement.reading import Judgement, Reading, sketch
from interviewer.models import Boundaries, Boundary, Level, Question, Samples, Tell, Turn
from interviewer.outside.retrieval import RubricRecord

_BOTH = Boundary(lower="x", upper="x", why="x")
CUES, NONE = ("a", "b", "c", "d"), np.zeros((0, 0), dtype=np.float32)


def strong(tell_id: str, level: Level = "L5") -> Tell:
    return Tell(
        id=tell_id, polarity="strong_hire", level=level, text=f"{tell_id} text", why="x",
        advice=f"{tell_id} advice", cues=CUES, near_misses=("n",), key_terms=("k",), probe="p",
    )  # fmt: skip


def down(tell_id: str, caps: Literal["L4", "L5"] = "L4") -> Tell:
    return Tell(
        id=tell_id, polarity="down_level", caps=caps, text=f"{tell_id} text", why="x",
        advice=f"{tell_id} advice", cues=CUES, near_misses=("n",),
    )  # fmt: skip


def absent(tell_id: str, pair: str, caps: Literal["L4", "L5"] = "L4") -> Tell:
    return Tell(id=tell_id, polarity="down_level", caps=caps, kind="absent", pair=pair,
                text="x", why="x", advice="x")  # fmt: skip


def question(
    *tells: Tell, kind: Literal["concept", "behavioral"] = "concept", title: str = "Why?"
) -> Question:
    return Question(
        id=title.strip("?").lower(), title=title, category="ML Fundamentals", kind=kind,
        summary="x", ask="x", clarifications=(), sounds_like=Samples(L4="x", L5="x", L6="x"),
        boundaries=Boundaries(L4_L5=_BOTH, L5_L6=_BOTH), variants=("x", "x"), tells=tells,
    )  # fmt: skip


def reading(
    about: Question,
    *turns: str | Turn,
    aimed: dict[str, int] | None = None,
    scores: dict[str, float] | None = None,
) -> Reading:
    """Read turns without an encoder: each sentence fits each tell as well as `scores` says, or 0."""
    said = [t if isinstance(t, Turn) else Turn(role="candidate", text=t) for t in turns]
    record = RubricRecord(about, (), NONE, NONE.astype(np.float16), NONE, {}, NONE)
    plain = sketch(record, said)
    ids = tuple(t.id for t in about.tells if t.kind == "said")
    everywhere = np.ones((1, len(plain.sentences)), dtype=np.float32)
    fits = np.array([[(scores or {}).get(i, 0.0)] for i in ids], dtype=np.float32) * everywhere
    windows = tuple((i, i) for i in range(len(plain.sentences)))
    match = Match(ids, windows, fits, np.ones_like(fits))
    return replace(plain, match=match, aimed=aimed or {}, pooled=everywhere.T)


def interviewer(text: str = "Go on.", *aims: str) -> Turn:
    return Turn(role="interviewer", text=text, aims_at=aims)


class Scripted:
    """Proposes what a function of the reading says."""

    engine = "llm"
    model = "scripted"
    prompt_hash = "none"

    def __init__(self, script: Callable[[Reading], Judgement]) -> None:
        self.script = script

    async def judge(self, reading: Reading) -> Judgement:
        return self.script(reading)
