"""What a judge is given, and what it may say: values between reading, judging and grading."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from interviewer.judgement import answering, policy
from interviewer.judgement.answering import is_answer
from interviewer.judgement.depth import depth
from interviewer.judgement.fluency import fluent
from interviewer.judgement.matching import Match, match
from interviewer.judgement.sentences import Sentence, sentences
from interviewer.judgement.standing import standing
from interviewer.judgement.substance import content_words, substance
from interviewer.models import Level, Turn, Usage, Verdict
from interviewer.outside.embedding import Encoder, Matrix
from interviewer.outside.retrieval import RubricRecord
from interviewer.outside.speech_acts import speech_acts

MIN_SUBSTANCE = 5
"""Words with content; below that there is nothing to ask a language model about."""
AIMED = 0.72
"""Cosine from which an interviewer's turn without `aims_at` counts as an authored probe."""
PRESSES, PRESSING_WORDS = 0.2, 2
"""Cosine with something said before from which such a turn comes back to it, and the words with
content that it takes: `Go on.` has none."""


@dataclass(frozen=True)
class Reading:
    """A transcript made ready for judging: numbered, embedded, compared with the rubric."""

    record: RubricRecord
    turns: tuple[Turn, ...]
    sentences: list[Sentence]
    is_answer: bool
    """Whether there is anything to grade at all."""
    pooled: Matrix
    """(sentences, dimension)"""
    match: Match
    standing: Matrix
    """(sentences,): how far each is the candidate's own claim, 0 to 1."""
    aimed: dict[str, int] = field(default_factory=dict)
    """For each tell that an interviewer's turn aimed at, the first such turn."""
    pressed: int | None = None
    """The first interviewer's turn that aims at no tell and comes back to what was said."""
    depth: policy.Depth = policy.NO_DEPTH
    """How far it reasons past the basics, and past the problem as asked."""


@dataclass(frozen=True)
class Proposal:
    """What a judge says of one tell. `sentences` are positions in the reading's list."""

    tell_id: str
    verdict: Verdict
    sentences: tuple[int, ...] = ()
    reason: str = ""
    strength: float | None = None
    """0 to 1, for a judge that is never certain; None: 1 when met, else 0."""


@dataclass(frozen=True)
class Signal:
    """A strong point outside the rubric, as a judge proposes it."""

    text: str
    level: Level
    sentences: tuple[int, ...]


@dataclass(frozen=True)
class Impression:
    """A reading of the answer as a whole, blind to the verdicts."""

    level: Level
    sentences: tuple[int, ...]
    """What it rests on."""


@dataclass(frozen=True)
class Judgement:
    """Everything a judge proposes about one reading."""

    proposals: tuple[Proposal, ...] | None
    """None when the judge looked at no tell and has an impression only: the evals' baseline."""
    signals: tuple[Signal, ...] = ()
    flags: tuple[str, ...] = ()
    usage: Usage | None = None
    whole: Impression | None = None
    vote_again: Callable[[Sequence[str]], Awaitable[Judgement]] | None = None
    """Asks about some tells once more and returns what was said there by majority; None for a
    judge that always says the same."""


class Judge(Protocol):
    """Whoever proposes verdicts."""

    @property
    def engine(self) -> policy.Engine:
        """Whose weights decide."""
        ...

    @property
    def model(self) -> str | None:
        """The model's name; None offline."""
        ...

    @property
    def prompt_hash(self) -> str | None:
        """The hash of the prompts; None offline."""
        ...

    async def judge(self, reading: Reading) -> Judgement:
        """Propose verdicts; raise ModelError when that cannot be done."""
        ...


def sketch(record: RubricRecord, turns: Sequence[Turn]) -> Reading:
    """Number a transcript without embedding it: all that a language model needs to be asked."""
    none = np.zeros((0, 0), dtype=np.float32)
    numbered = sentences(turns)
    return Reading(
        record,
        tuple(turns),
        numbered,
        substance(numbered) >= MIN_SUBSTANCE,
        none,
        Match((), (), none, none),
        np.ones(len(numbered), dtype=np.float32),
    )


async def read(record: RubricRecord, turns: Sequence[Turn], encoder: Encoder) -> Reading:
    """Number, embed and match a transcript; embedding runs in a thread."""
    return await asyncio.to_thread(_read, record, tuple(turns), encoder)


async def only_asides(record: RubricRecord, turn: Turn, encoder: Encoder) -> bool:
    """Tell whether a turn holds no claim at all; embedding runs in a thread."""

    def look() -> bool:
        encoded = encoder.encode([fluent(s.text) for s in sentences([turn])])
        pooled = np.array([e.pooled for e in encoded], dtype=np.float32)
        return answering.only_asides(record, pooled, speech_acts(encoder))

    return await asyncio.to_thread(look)


def _read(record: RubricRecord, turns: tuple[Turn, ...], encoder: Encoder) -> Reading:
    numbered = sentences(turns)
    encoded = encoder.encode([fluent(s.text) for s in numbered]) if numbered else []
    pooled = np.array([e.pooled for e in encoded], dtype=np.float32)
    acts = speech_acts(encoder)
    claimed = standing(numbered, encoded, pooled, acts)
    aimed, pressed = _aims(record, turns, numbered, pooled, encoder)
    return Reading(
        record,
        turns,
        numbered,
        is_answer(record, numbered, encoded, acts),
        pooled,
        match(record, numbered, encoded, claimed),
        claimed,
        aimed,
        pressed,
        depth(record, numbered, pooled, claimed),
    )


def _aims(
    record: RubricRecord,
    turns: Sequence[Turn],
    said: Sequence[Sentence],
    pooled: Matrix,
    encoder: Encoder,
) -> tuple[dict[str, int], int | None]:
    """Return what the interviewer's turns aimed at, and the first that pressed on the answer."""
    aimed: dict[str, int] = {}
    pressed: int | None = None
    unnamed = []
    for number, turn in enumerate(turns):
        if turn.role != "interviewer" or not turn.text.strip():
            continue
        if turn.aims_at is None:
            unnamed.append(number)
        for tell_id in turn.aims_at or ():
            aimed.setdefault(tell_id, number)
    if not unnamed:
        return aimed, None
    probes = record.where("probe")
    for number, asked in zip(
        unnamed, encoder.encode([turns[n].text for n in unnamed]), strict=True
    ):
        likeness = record.pooled[probes] @ asked.pooled
        before = [i for i, s in enumerate(said) if s.turn < number]
        says_something = len(content_words(turns[number].text)) >= PRESSING_WORDS
        if probes and likeness.max() >= AIMED:
            aimed.setdefault(record.phrases[probes[int(likeness.argmax())]].tell_id, number)
        elif pressed is None and before and says_something:
            pressed = number if (pooled[before] @ asked.pooled).max() >= PRESSES else None
    return aimed, pressed
