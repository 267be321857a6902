"""Grade a conversation: judge, verify, decide.

A judge only proposes. Here every citation is checked against what the candidate said and
against the tell it is cited for, and `policy.decide` computes the level from what is left.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from interviewer import policy
from interviewer.embedding import Encoded, Encoder, Matrix
from interviewer.matching import Match, match
from interviewer.models import (
    LEVELS,
    Evidence,
    FirstGap,
    Grade,
    Level,
    Question,
    Tell,
    TellVerdict,
    Turn,
    Unlisted,
    Usage,
    Verdict,
)
from interviewer.retrieval import RubricIndex, RubricRecord
from interviewer.rubrics import digest
from interviewer.transcript import Sentence, is_truncated, sentences, substance

MIN_SUBSTANCE = 5
"""Words with content; below that there is nothing to grade."""
GIBBERISH = 0.5
"""Share of word pieces that continue a word; 0.05 to 0.25 in English, more when keys are mashed."""
TELLS_PER_SENTENCE = 2
"""How many tells one sentence may carry. Honest speech packs two into one; a judge that says yes
to everything cites the same sentence for all."""
YES, SURELY_RELEVANT = 0.8, 0.65
"""A judge that finds more than this share of all strong-hire tells in one answer is believed only
where the match score is at least so high. Good answers written blind show a third to a half."""
OFF_BY = 0.04
"""How much nearer another question must be before an answer counts as belonging to it."""
OFF_RANK = 6
"""Or how many other questions are nearer."""
AIMED = 0.72
"""Cosine from which an interviewer's turn without `aims_at` counts as an authored probe."""


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
    aimed: dict[str, int] = field(default_factory=dict)
    """For each tell that an interviewer's turn aimed at, the first such turn."""


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
class Judgement:
    """Everything a judge proposes about one reading."""

    proposals: tuple[Proposal, ...]
    signals: tuple[Signal, ...] = ()
    flags: tuple[str, ...] = ()
    usage: Usage | None = None


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

    @property
    def relevant(self) -> float:
        """Match score below which a cited sentence is not about its tell."""
        ...

    async def judge(self, reading: Reading) -> Judgement:
        """Propose verdicts; raise ModelError when that cannot be done."""
        ...


async def read(record: RubricRecord, turns: Sequence[Turn], encoder: Encoder) -> Reading:
    """Number, embed and match a transcript; embedding runs in a thread."""
    return await asyncio.to_thread(_read, record, tuple(turns), encoder)


def _read(record: RubricRecord, turns: tuple[Turn, ...], encoder: Encoder) -> Reading:
    numbered = sentences(turns)
    encoded = encoder.encode([s.text for s in numbered]) if numbered else []
    return Reading(
        record,
        turns,
        numbered,
        _is_answer(numbered, encoded),
        np.array([e.pooled for e in encoded], dtype=np.float32),
        match(record, numbered, encoded),
        _aims(record, turns, encoder),
    )


def _aims(record: RubricRecord, turns: Sequence[Turn], encoder: Encoder) -> dict[str, int]:
    aimed: dict[str, int] = {}
    unnamed = []
    for number, turn in enumerate(turns):
        if turn.role != "interviewer" or not turn.text.strip():
            continue
        if turn.aims_at is None:
            unnamed.append(number)
        for tell_id in turn.aims_at or ():
            aimed.setdefault(tell_id, number)
    probes = record.where("probe")
    if unnamed and probes:
        for number, said in zip(
            unnamed, encoder.encode([turns[n].text for n in unnamed]), strict=True
        ):
            likeness = record.pooled[probes] @ said.pooled
            if likeness.max() >= AIMED:
                aimed.setdefault(record.phrases[probes[int(likeness.argmax())]].tell_id, number)
    return aimed


def _is_answer(said: Sequence[Sentence], encoded: Sequence[Encoded]) -> bool:
    pieces = [t for e in encoded for t in e.tokens]
    broken = sum(t.startswith("##") for t in pieces) / max(len(pieces), 1)
    return broken < GIBBERISH and substance(said) >= MIN_SUBSTANCE


def off_question(reading: Reading, index: RubricIndex) -> bool:
    """Tell whether the answer is clearly about another question of the bank."""
    if not len(reading.pooled):
        return False
    hits = index.nearest(reading.pooled)
    scores = {h.question_id: h.score for h in hits}
    own = scores.pop(reading.record.question.id, 0.0)
    nearer = sum(score > own for score in scores.values())
    return nearer >= OFF_RANK or max(scores.values(), default=0.0) - own > OFF_BY


async def grade(
    reading: Reading,
    judge: Judge,
    *,
    off_question: bool = False,
    finished: bool = True,
) -> Grade:
    """Grade one conversation.

    Args:
        reading: the transcript, as `read` prepared it.
        judge: whoever proposes the verdicts.
        off_question: the answer belongs to another question; it is at most L4.
        finished: the interview ran to its end; a grade of one that did not is provisional.

    Raises:
        ModelError: the judge's model did not do its part; nothing is made up in its place.
    """
    question = reading.record.question
    flags = [
        *(["addresses_grader"] if any(s.hostile for s in reading.sentences) else []),
        *(["truncated"] if is_truncated(reading.turns) else []),
    ]
    if not reading.is_answer:
        return without_level(question, judge, "insufficient", flags)
    judgement = await judge.judge(reading)
    relevant, signals = judge.relevant, judgement.signals
    if _says_yes_to_everything(reading, judgement):
        relevant, signals = SURELY_RELEVANT, ()
        flags.append("judge_says_yes_to_everything")
    verdicts, findings = verify(reading, judgement.proposals, relevant)
    unlisted = _verify_signals(reading, signals)
    w = policy.weights(judge.engine)
    decision = policy.decide(findings, [u.level for u in unlisted], w)
    level = decision.level
    if off_question and level != "L4":
        level, flags = "L4", [*flags, "off_question"]
    doubtful = (
        not decision.sure
        or decision.borderline_with is not None
        or not finished
        or "truncated" in flags
    )
    return Grade(
        question_id=question.id,
        status="provisional" if doubtful else "graded",
        level=level,
        borderline_with=decision.borderline_with if level == decision.level else None,
        confidence=decision.confidence,
        engine=judge.engine,
        model=judge.model,
        verdicts=tuple(verdicts),
        unlisted=tuple(unlisted),
        first_gap=_first_gap(question.tells, verdicts, level, decision.capped_by),
        flags=(*flags, *judgement.flags),
        rubric_hash=digest(question),
        prompt_hash=judge.prompt_hash,
        usage=judgement.usage,
    )


def without_level(
    question: Question,
    judge: Judge,
    status: Literal["insufficient", "failed"],
    flags: Iterable[str],
) -> Grade:
    """Return the grade of what cannot be graded; nothing is made up."""
    return Grade(
        question_id=question.id,
        status=status,
        level=None,
        confidence=0.0,
        engine=judge.engine,
        model=judge.model,
        flags=tuple(flags),
        rubric_hash=digest(question),
        prompt_hash=judge.prompt_hash,
    )


def _says_yes_to_everything(reading: Reading, judgement: Judgement) -> bool:
    strong = [t for t in reading.record.question.tells if t.polarity == "strong_hire"]
    met = {p.tell_id for p in judgement.proposals if p.verdict == "met"}
    return sum(t.id in met for t in strong) > YES * len(strong)


def verify(
    reading: Reading, proposals: Sequence[Proposal], relevant: float
) -> tuple[list[TellVerdict], list[policy.Finding]]:
    """Keep of the proposals what the transcript bears out, one verdict for every tell.

    A citation survives when its sentence exists, does not speak to the grader, is close enough
    to the tell, and is not among those that already carry `TELLS_PER_SENTENCE` better fitting
    tells. A met tell without a surviving citation is unclear.
    """
    by_id = {p.tell_id: p for p in proposals}
    count = len(reading.sentences)
    cited = _share_out(reading, proposals, relevant)
    verdicts: list[TellVerdict] = []
    findings: list[policy.Finding] = []
    for tell in reading.record.question.tells:
        if tell.kind == "absent":
            continue
        proposal = by_id.get(tell.id, Proposal(tell.id, "not_met"))
        evidence = _cite(reading, cited.get(tell.id, ()))
        places = [i for i in cited.get(tell.id, proposal.sentences) if 0 <= i < count]
        shown_in = {reading.sentences[i].turn for i in places}
        verdict, reason = proposal.verdict, proposal.reason
        if verdict == "met" and not evidence:
            verdict, reason = "unclear", "No sentence that was cited bears it out."
        if verdict in ("not_met", "not_asked"):
            verdict = _not_shown(tell, reading.aimed)
        aimed_at = reading.aimed.get(tell.id)
        prompted = aimed_at is not None and bool(shown_in) and min(shown_in) > aimed_at
        verdicts.append(
            _verdict(tell, verdict, evidence if verdict == "met" else (), prompted, reason)
        )
        strength = proposal.strength
        if strength is None or (proposal.verdict == "met" and verdict != "met"):
            strength = 1.0 if verdict == "met" else 0.0
        findings.append(policy.Finding(tell, strength, prompted, verdict == "met"))
    met = {f.tell.id for f in findings if f.met}
    for tell in reading.record.question.tells:
        if tell.kind != "absent":
            continue
        shown = next(v for v in verdicts if v.tell_id == tell.pair)
        fires = tell.pair in reading.aimed and shown.verdict == "not_met"
        verdict = "met" if fires else "not_met" if tell.pair in met else "not_asked"
        verdicts.append(
            _verdict(tell, verdict, (), False, "Asked for and never shown." if fires else "")
        )
        if fires:
            findings.append(policy.Finding(tell))
    order = [t.id for t in reading.record.question.tells]
    return sorted(verdicts, key=lambda v: order.index(v.tell_id)), findings


def _share_out(
    reading: Reading, proposals: Sequence[Proposal], relevant: float
) -> dict[str, list[int]]:
    """Give each cited sentence to the tells that it fits best."""
    claims = []
    said = set(reading.match.tell_ids)
    for proposal in proposals:
        if proposal.verdict != "met" or proposal.tell_id not in said:
            continue
        for number in proposal.sentences:
            if 0 <= number < len(reading.sentences) and not reading.sentences[number].hostile:
                fit = reading.match.support(proposal.tell_id, number)
                if fit >= relevant:
                    claims.append((-fit, proposal.tell_id, number))
    carried: Counter[int] = Counter()
    out: dict[str, list[int]] = {}
    for _, tell_id, number in sorted(claims):
        if carried[number] < TELLS_PER_SENTENCE:
            carried[number] += 1
            out.setdefault(tell_id, []).append(number)
    return {tell_id: sorted(set(numbers)) for tell_id, numbers in out.items()}


def _cite(reading: Reading, numbers: Sequence[int]) -> tuple[Evidence, ...]:
    """Quote sentences; neighbours in one turn become one quote."""
    spans: list[tuple[int, int, int]] = []
    for at, number in enumerate(numbers):
        sentence = reading.sentences[number]
        follows = at > 0 and numbers[at - 1] == number - 1 and spans[-1][0] == sentence.turn
        if follows:
            spans[-1] = (sentence.turn, spans[-1][1], sentence.end)
        else:
            spans.append((sentence.turn, sentence.start, sentence.end))
    return tuple(
        Evidence(turn=turn, start=start, end=end, quote=reading.turns[turn].text[start:end])
        for turn, start, end in spans
    )


def _verify_signals(reading: Reading, signals: Sequence[Signal]) -> list[Unlisted]:
    out = []
    for signal in signals:
        real = range(len(reading.sentences))
        sound = [i for i in signal.sentences if i in real and not reading.sentences[i].hostile]
        evidence = _cite(reading, sorted(set(sound)))
        if evidence and signal.level != "L4":
            out.append(Unlisted(text=signal.text, level=signal.level, evidence=evidence))
    return out


def _not_shown(tell: Tell, aimed: dict[str, int]) -> Verdict:
    """The question itself asks for the basics; what goes beyond was asked for when probed."""
    if tell.polarity == "down_level" or tell.level == "L4" or tell.id in aimed:
        return "not_met"
    return "not_asked"


def _verdict(
    tell: Tell, verdict: Verdict, evidence: tuple[Evidence, ...], prompted: bool, reason: str
) -> TellVerdict:
    return TellVerdict(
        tell_id=tell.id,
        polarity=tell.polarity,
        level=tell.level,
        caps=tell.caps,
        verdict=verdict,
        prompted=prompted and verdict == "met",
        evidence=evidence,
        reason=reason,
    )


def _first_gap(
    tells: Sequence[Tell], verdicts: Sequence[TellVerdict], level: Level, capped_by: str | None
) -> FirstGap | None:
    """Name the one thing that cost the next level: the cap, else a tell asked for and missed,
    else one that never came up.
    """
    by_id = {t.id: t for t in tells}
    if capped_by is not None:
        return FirstGap(tell_id=capped_by, advice=by_id[capped_by].advice)
    if level == "L6":
        return None
    above = LEVELS[LEVELS.index(level) + 1]
    open_ones = [v for v in verdicts if v.level == above and v.verdict != "met"]
    rank: dict[Verdict, int] = {"not_met": 0, "unclear": 1, "not_asked": 2, "met": 3}
    for verdict in sorted(open_ones, key=lambda v: rank[v.verdict]):
        return FirstGap(tell_id=verdict.tell_id, advice=by_id[verdict.tell_id].advice)
    return None
