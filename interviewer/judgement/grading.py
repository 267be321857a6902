"""Grade a conversation: judge, verify, decide.

A judge only proposes. Here every citation is checked against what the candidate said and
against the tell it is cited for, and `policy.decide` computes the level from what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from interviewer.files.rubrics import digest
from interviewer.judgement import policy
from interviewer.judgement.judges import propose
from interviewer.judgement.reading import Judge, Judgement, Proposal, Reading
from interviewer.judgement.relevance import cites_at_random, raw_fit
from interviewer.judgement.sentences import is_truncated
from interviewer.judgement.verification import (
    TELLS_PER_SENTENCE,
    matched,
    verify,
    verify_signals,
    verify_whole,
)
from interviewer.models import (
    LEVELS,
    FirstGap,
    Grade,
    Level,
    Question,
    Tell,
    TellVerdict,
    Unlisted,
    Verdict,
)
from interviewer.outside.retrieval import RubricIndex

YES = 0.8
"""A judge that finds more than this share of all strong-hire tells is looked at twice. A good answer
shows a third to a half; follow-ups can bring out nearly all, and so does a judge that always says
yes."""
OFF_BY, OFF_BY_A_STORY = 0.03, 0.06
"""How much nearer another question must be before an answer counts as belonging to it. A story from
work is often nearest to the question on that kind of work."""
OFF_RANK = 6
"""Or how many other questions are nearer. Of 448 answers at L5 and L6, splits `train` and `dev`, eight
are wrongly taken for answers to another question by one or the other, six of them stories."""
OFF_SURE = 0.5
"""The most confidence in an L4 that rests on this alone: of 14 so lowered there, 7 are off the question.
And in an L5 that is held there, which neither judge found."""


def off_question(reading: Reading, index: RubricIndex) -> bool:
    """Tell whether the answer is clearly about another question of the bank."""
    if not len(reading.pooled):
        return False
    scores = index.belongs(reading.pooled)
    question = reading.record.question
    own = scores.pop(question.id, 0.0)
    off_by = OFF_BY_A_STORY if question.kind == "behavioral" else OFF_BY
    nearer = sum(score > own for score in scores.values())
    return nearer >= OFF_RANK or max(scores.values(), default=0.0) - own > off_by


async def grade(
    reading: Reading,
    judge: Judge,
    *,
    off_question: bool = False,
    finished: bool = True,
    judgement: Judgement | None = None,
) -> Grade:
    """Grade one conversation.

    Args:
        reading: the transcript, as `read` prepared it.
        judge: whoever proposes the verdicts.
        off_question: by its nearness the answer belongs to another question, so it is at most L4;
            a language model that is believed has read that for itself.
        finished: the interview ran to its end; a grade of one that did not is provisional.
        judgement: what the judge said already, when it was asked beside the reading.

    Raises:
        ModelError: the judge's model did not do its part; nothing is made up in its place.
    """
    question = reading.record.question
    flags = [
        *(["addresses_grader"] if any(s.hostile for s in reading.sentences) else []),
        *(["truncated"] if is_truncated(reading.turns, reading.sentences) else []),
    ]
    if not reading.is_answer:
        return without_level(question, judge, "insufficient", flags)
    judgement = judgement or await judge.judge(reading)
    found = _weigh(reading, judgement, judge.engine)
    if judgement.vote_again and (contested := _contested(found, judge.engine)):
        judgement = await judgement.vote_again(contested)
        found = _weigh(reading, judgement, judge.engine)
    decision, level = found.decision, found.decision.level
    flags += found.flags
    confidence = decision.confidence
    lowered = off_question and level != "L4" and not (judge.engine == "llm" and found.believed)
    if lowered:
        level, flags = "L4", [*flags, "off_question"]
        confidence = min(confidence, OFF_SURE)
    verdicts: Sequence[TellVerdict] = found.verdicts
    if judge.engine == "offline" or not found.believed:
        _, verdicts = embedded(reading, level)
    doubtful = (
        not decision.sure
        or lowered
        or decision.borderline_with is not None
        or not finished
        or not found.believed
        or "truncated" in flags
        or not (level == "L4" or found.unlisted or _rests_on_a_tell(verdicts, level))
    )
    return Grade(
        question_id=question.id,
        status="provisional" if doubtful else "graded",
        level=level,
        borderline_with=decision.borderline_with if level == decision.level else None,
        confidence=confidence,
        engine=judge.engine,
        model=judge.model,
        verdicts=tuple(verdicts),
        unlisted=found.unlisted,
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


@dataclass(frozen=True)
class _Found:
    """What is left of a judgement once it is verified, and what follows from it."""

    verdicts: tuple[TellVerdict, ...]
    findings: tuple[policy.Finding, ...]
    unlisted: tuple[Unlisted, ...]
    whole: Level | None
    decision: policy.Decision
    flags: tuple[str, ...] = ()
    believed: bool = True
    """False when the judge says yes to everything; then all of this is the embedded judge's."""
    held: bool = False
    """Whether the level is held to one above the embedded judge's."""


def _weigh(reading: Reading, judgement: Judgement, engine: policy.Engine) -> _Found:
    """Verify a judgement and decide."""
    if judgement.proposals is None:
        level = judgement.whole.level if judgement.whole else "L4"
        return _Found((), (), (), level, policy.unclipped(level), _kept(level))
    whole = verify_whole(reading, judgement.whole)
    embedded: _Found | None = None
    if engine == "llm" and _says_yes_to_nearly_all(reading, judgement.proposals):
        embedded = _weigh_offline(reading)
        addressed = any(s.hostile for s in reading.sentences)
        if addressed or cites_at_random(reading, judgement.proposals):
            flags = (*_kept(whole), "judge_says_yes_to_everything")
            return replace(embedded, flags=flags, believed=False)
    fit = raw_fit(reading) if engine == "llm" else matched(reading)
    verdicts, findings = verify(
        reading, judgement.proposals, fit, carries=TELLS_PER_SENTENCE[engine]
    )
    unlisted = verify_signals(reading, judgement.signals)
    levels = [u.level for u in unlisted]
    decision = policy.decide(findings, levels, policy.weights(engine), whole, reading.depth)
    found = _Found(tuple(verdicts), tuple(findings), tuple(unlisted), whole, decision, _kept(whole))
    if embedded and LEVELS.index(decision.level) - LEVELS.index(embedded.decision.level) > 1:
        decision = replace(
            decision,
            level="L5",
            confidence=min(decision.confidence, OFF_SURE),
            borderline_with="L6",
            sure=False,
        )
        flags = (*found.flags, "held_to_one_above_the_embedded_level")
        return replace(found, decision=decision, flags=flags, held=True)
    return found


def _weigh_offline(reading: Reading) -> _Found:
    return _weigh(reading, Judgement(propose(reading)), "offline")


def _kept(whole: Level | None) -> tuple[str, ...]:
    """Keep a reading of the whole as a flag, for a second look at the grade."""
    return (f"holistic_{whole}",) if whole else ()


def embedded(reading: Reading, level: Level | None = None) -> tuple[Level, list[TellVerdict]]:
    """Return the level and the verdicts of the embedded judge.

    The level comes first: by it the judge knows better which tells to expect.

    Args:
        reading: what was said.
        level: the level, where it has been settled already.
    """
    level = level or _weigh_offline(reading).decision.level
    proposals, carries = propose(reading, level), TELLS_PER_SENTENCE["offline"]
    return level, verify(reading, proposals, matched(reading), carries=carries)[0]


def matched_findings(reading: Reading) -> Sequence[policy.Finding]:
    """Return what the embedded judge finds, verified as for a grade; weights are fitted on this."""
    return _weigh_offline(reading).findings


def _contested(found: _Found, engine: policy.Engine) -> list[str]:
    """Name the tells that are worth another vote: those on which alone the level turns.

    When a reading of the whole came to the same level, two looks agree and no vote is needed. None
    would change a level that does not go by this judge, or is held to less than it found.
    """
    if found.whole == found.decision.level or found.held or not found.believed:
        return []
    unclear = {v.tell_id for v in found.verdicts if v.verdict == "unclear"}
    names = []
    for at, finding in enumerate(found.findings):
        if not finding.met and finding.tell.id not in unclear:
            continue
        flipped = list(found.findings)
        flipped[at] = replace(finding, strength=0.0 if finding.met else 1.0, met=not finding.met)
        unlisted = [u.level for u in found.unlisted]
        other = policy.decide(flipped, unlisted, policy.weights(engine), found.whole)
        if other.level != found.decision.level:
            names.append(finding.tell.id)
    return names


def _says_yes_to_nearly_all(reading: Reading, proposals: Sequence[Proposal]) -> bool:
    strong = [t for t in reading.record.question.tells if t.polarity == "strong_hire"]
    met = {p.tell_id for p in proposals if p.verdict == "met"}
    return sum(t.id in met for t in strong) > YES * len(strong)


def _rests_on_a_tell(verdicts: Sequence[TellVerdict], level: Level) -> bool:
    """Tell whether a tell of this level or above is met, and not only many of them perhaps."""
    reached = LEVELS[LEVELS.index(level) :]
    return any(v.verdict == "met" and v.level in reached for v in verdicts)


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
