"""Check what a judge proposes against what the candidate said and the tell it is said of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from interviewer.judgement import policy
from interviewer.judgement.reading import Impression, Proposal, Reading, Signal
from interviewer.models import Evidence, Level, Tell, TellVerdict, Unlisted, Verdict

TELLS_PER_SENTENCE: dict[policy.Engine, int] = {"offline": 2, "llm": 3}
"""How many tells one sentence may carry. Honest speech packs two or three into one; a judge that
says yes to everything cites the same sentence for all."""


NOT_BORNE_OUT = "Something you said comes near it, but no single sentence shows it by itself."
"""Why a tell is unclear whose citations did not survive; candidates read it."""

Fit = Callable[[str, int], float]
"""How well a sentence fits a tell; negative when it is not about it."""


def matched(reading: Reading) -> Fit:
    """Return the fit by the match, in which a sentence counts most for the tell it fits best."""

    def fit(tell_id: str, number: int) -> float:
        return reading.match.support(tell_id, number)

    return fit


def verify(
    reading: Reading, proposals: Sequence[Proposal], fit: Fit, *, carries: int
) -> tuple[list[TellVerdict], list[policy.Finding]]:
    """Keep of the proposals what the transcript bears out, one verdict for every tell.

    A citation survives when its sentence exists, does not speak to the grader, was not taken
    back, is about the tell, and does not already carry as many better fitting tells as a sentence may. A met tell
    without a surviving citation is unclear.

    Args:
        reading: what was said.
        proposals: what the judge says of it.
        fit: how well a sentence fits a tell.
        carries: how many tells a sentence may carry.
    """
    by_id = {p.tell_id: p for p in proposals}
    cited = _share_out(reading, proposals, fit, carries)
    verdicts: list[TellVerdict] = []
    findings: list[policy.Finding] = []
    for tell in reading.record.question.tells:
        if tell.kind == "absent":
            continue
        proposal = by_id.get(tell.id, Proposal(tell.id, "not_met"))
        evidence = _cite(reading, cited.get(tell.id, ()))
        places = cited.get(tell.id, proposal.sentences)
        shown_in = {s.turn for i, s in enumerate(reading.sentences) if i in places}
        verdict, reason = proposal.verdict, proposal.reason
        if verdict == "met" and not evidence:
            verdict, reason = "unclear", NOT_BORNE_OUT
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
    reading: Reading, proposals: Sequence[Proposal], fit: Fit, carries: int
) -> dict[str, list[int]]:
    """Give each cited sentence to the tells that it fits best."""
    claims = []
    said = {t.id for t in reading.record.question.tells if t.kind == "said"}
    for proposal in proposals:
        if proposal.verdict != "met" or proposal.tell_id not in said:
            continue
        for number in set(proposal.sentences):
            there = 0 <= number < len(reading.sentences)
            if not there or reading.sentences[number].hostile or not reading.standing[number]:
                continue
            if (how_well := fit(proposal.tell_id, number)) >= 0:
                claims.append((-how_well, proposal.tell_id, number))
    carried: Counter[int] = Counter()
    out: dict[str, list[int]] = {}
    for _, tell_id, number in sorted(claims):
        if carried[number] < carries:
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


def verify_signals(reading: Reading, signals: Sequence[Signal]) -> list[Unlisted]:
    """Keep the signals that rest on something that the candidate said."""
    out = []
    for signal in signals:
        real = range(len(reading.sentences))
        sound = [i for i in signal.sentences if i in real and not reading.sentences[i].hostile]
        evidence = _cite(reading, sorted(set(sound)))
        if evidence and signal.level != "L4":
            out.append(Unlisted(text=signal.text, level=signal.level, evidence=evidence))
    return out


def verify_whole(reading: Reading, whole: Impression | None) -> Level | None:
    """Keep an impression above L4 only if it rests on something that the candidate said."""
    if whole is None:
        return None
    if whole.level == "L4":
        return "L4"
    real = range(len(reading.sentences))
    sound = [i for i in whole.sentences if i in real and not reading.sentences[i].hostile]
    return whole.level if sound else None


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
