"""Cut a transcript into numbered sentences, and tell what in it is no answer.

Only what the candidate said is ever numbered, so an interviewer's hint can not become evidence. All
positions count code points of the text as it was submitted.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from interviewer.models import Turn

MAX_GRADED_CHARS = 40_000
"""About 7,000 words, three quarters of an hour of speech; what comes later is not graded."""
_LONGEST_SENTENCE = 45
"""Words. Speech recognition may give no full stop at all; longer runs are cut at a conjunction."""
_GAP = 3
"""Sentences from one message to the grader to the next that are one message."""


@dataclass(frozen=True)
class Sentence:
    """One numbered piece of a candidate's turn."""

    turn: int
    start: int
    end: int
    text: str
    hostile: bool = False
    """Whether it speaks to the grader, or quotes the interviewer; it is never evidence."""


_END = re.compile(
    r"""(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\betc)(?<!\bcf)(?<!\bFig)(?<!\bEq)(?<!\bDr)
        (?<!\bwrt)(?<!\bapprox)(?<!\bincl)(?<!\bresp)(?<!\bal)(?<!\bMr)(?<!\bMs)(?<!\bProf)
        (?:[.!?…]+["'”’)\]]*(?=\s|</|$)|[。！？]+)""",
    re.VERBOSE,
)
_TIGHT_END = re.compile(r"(?<=[\w%)][\w%)])[.!?](?=[A-Z])")
"""A full stop without a space behind it. `torch.Tensor` has one too, so it ends a sentence only in what
would be too long otherwise."""
_LIST_LINE = re.compile(r"\s*(?:[-*•–—·‣▪◦●→]\s|\(?\d+[.)]\s|\(?[a-z]\)\s|\#|\|)")
_CODE_LINE = re.compile(
    r"""\s*(?:(?:def|class|for|while|if|elif|else|return|import|from|with)\b.*[:=(]
        |[\w.\[\]]+\s*[-+*/]?=[^=]|[\w.]+\(.*\)\s*$|[{}\[\]()]+\s*$)""",
    re.VERBOSE,
)
_CODE_LINES = 2
"""Lines that look like code, with which a turn holds some."""
_CONJUNCTION = re.compile(r"\b(?:and|but|so|because|then|which|or|also|okay|now)\b", re.IGNORECASE)
_WORD = re.compile(r"\S+")


def sentences(turns: Sequence[Turn]) -> list[Sentence]:
    """Number the sentences of the candidate, in order, up to `MAX_GRADED_CHARS` characters."""
    out: list[Sentence] = []
    left = MAX_GRADED_CHARS
    for number, turn in enumerate(turns):
        if turn.role != "candidate" or left <= 0:
            continue
        text = turn.text[:left]
        left -= len(turn.text)
        spans = [s for line in _lines(text) for s in _split(text, *line)]
        hostile = _filled(_within(spans, addressed_to_grader(text)))
        quoted = _within(spans, said_by_interviewer(text))
        out.extend(
            Sentence(number, a, b, text[a:b], speaks or quotes)
            for (a, b), speaks, quotes in zip(spans, hostile, quoted, strict=True)
        )
    return out


def _within(spans: list[tuple[int, int]], passages: list[tuple[int, int]]) -> list[bool]:
    return [any(a < y and x < b for x, y in passages) for a, b in spans]


def _filled(hostile: list[bool]) -> list[bool]:
    """Close small gaps: what stands between two messages to the grader belongs to them."""
    found = [i for i, speaks in enumerate(hostile) if speaks]
    for first, second in zip(found, found[1:], strict=False):
        if second - first <= _GAP:
            hostile[first:second] = [True] * (second - first)
    return hostile


def prose(numbered: Sequence[Sentence]) -> list[Sentence]:
    """Leave out what is written by other rules than speech: items of lists, turns with code."""
    code = Counter(s.turn for s in numbered if _CODE_LINE.match(s.text))
    return [s for s in numbered if code[s.turn] < _CODE_LINES and not _LIST_LINE.match(s.text)]


def is_truncated(turns: Sequence[Turn]) -> bool:
    """Tell whether some of the answer lies beyond what is graded."""
    return sum(len(t.text) for t in turns if t.role == "candidate") > MAX_GRADED_CHARS


def _lines(text: str) -> list[tuple[int, int]]:
    """Group prose that wraps over lines; keep lines of code and of lists apart."""
    out: list[tuple[int, int]] = []
    fenced = False
    open_prose = False
    for match in re.finditer(r"[^\r\n]*(?:\r\n|\r|\n|$)", text):
        line = match.group()
        if not line.strip():
            open_prose = False
            continue
        if line.lstrip().startswith("```"):
            fenced, open_prose = not fenced, False
            continue
        apart = _CODE_LINE.match(line) or _LIST_LINE.match(line)
        quoted = addressed_to_grader(line) or said_by_interviewer(line)
        single = fenced or bool(apart or quoted)
        if open_prose and not single:
            out[-1] = (out[-1][0], match.end())
        else:
            out.append((match.start(), match.end()))
        open_prose = not single
    return out


def _split(text: str, start: int, end: int) -> list[tuple[int, int]]:
    cuts = [start, *(m.end() for m in _END.finditer(text, start, end)), end]
    out = []
    for a, b in zip(cuts, cuts[1:], strict=False):
        tight = _TIGHT_END.finditer(text, a, b) if _is_long(text, a, b) else ()
        ends = [a, *(m.end() for m in tight), b]
        for first, last in zip(ends, ends[1:], strict=False):
            out.extend(_shorten(text, *_trim(text, first, last)))
    return [(a, b) for a, b in out if any(c.isalnum() for c in text[a:b])]


def _is_long(text: str, start: int, end: int) -> bool:
    return len(_WORD.findall(text, start, end)) > _LONGEST_SENTENCE


def _shorten(text: str, start: int, end: int) -> list[tuple[int, int]]:
    out = []
    while len(words := list(_WORD.finditer(text, start, end))) > _LONGEST_SENTENCE:
        soft = [
            w.start()
            for w in words[_LONGEST_SENTENCE // 2 : _LONGEST_SENTENCE]
            if _CONJUNCTION.fullmatch(w.group().strip(",;:"))
        ]
        cut = soft[-1] if soft else words[_LONGEST_SENTENCE].start()
        out.append(_trim(text, start, cut))
        start = cut
    return [*out, (start, end)]


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


# --- comparing texts ------------------------------------------------------------------------------

_SAME = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-"})


def folded(text: str) -> str:
    """Fold case, width, accents, quotes, dashes and white space; drop what is invisible."""
    plain = unicodedata.normalize("NFKD", text).translate(_SAME).casefold()
    seen = (c for c in plain if c.isspace() or unicodedata.category(c) not in ("Cf", "Cc", "Mn"))
    return " ".join("".join(seen).split())


# --- text that is no answer -----------------------------------------------------------------

_WHOEVER = (
    r"(?:the|any|whatever|whoever) (?:\w+ )?"
    r"(?:evaluators?|graders?|scorers?|reviewers?|judges?|assessors?|(?:evaluat|grad|scor)\w+ (?:model|system)|(?:is |will be )?(?:evaluating|grading|scoring|judging|reading)(?: this)?"
    r"|(?:evaluates|grades|scores|judges|reads|reviews|assesses)(?: this| me)?)"
)
_TO_GRADER = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:^|\n)\s*[\[<(#*]*\s*(?:system|assistant|developer|grader)\b[^a-z\n]{0,3}:",
        r"\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:instruction|rubric|prompt|rule|above|previous|criteria)",
        rf"(?:^|(?<=[.!?\n])\s*)(?:to {_WHOEVER}\s*[:,]|for {_WHOEVER}\s*:)",
        r"\b(?:give|award|assign|mark|grade|rate|score|set|return|output|classify|record|enter|register|treat|count)\b[^.\n]{0,50}\b(?:L[456]|full marks|top (?:level|score|marks)|highest (?:level|score|mark)|strong[ -]hire|verdict|as met\b|all tells)",
        r"\b(?:this|my|the) (?:answer|response|candidate|transcript)\b[^.\n]{0,60}\b(?:meets|satisfies|deserves|qualifies|is (?:clearly |definitely )?(?:an? )?(?:L[456]|staff|strong hire))",
        r"\b(?:dear|attention|note to|message (?:to|for)|hey|hello)\b[^.\n]{0,15}\b(?:grader|judge|evaluator|language model|LLM|AI model|reviewer)\b",
        r"\b(?:you are (?:an? |the )?|as (?:an? |the )?(?=[\w ]{1,30},? you\b))(?:AI|grader|evaluator|language model|judge)\b[^.\n]{0,40}\b(?:must|should|will|now)\b",
        r"\"?(?:verdict|tell_id|borderline_with|strong_hire|first_gap)\"?\s*[:=]",
        r"[\"'](?:level|grade|score|rating|decision|hire|evidence)[\"']\s*:",
        r"\b(?:level|grade|rating|verdict)\b\W{1,4}L[456]\b",
        r"</?(?:answer|transcript|candidate|system|instructions?|data)[^>\n]{0,40}>",
        r"\b(?:L[456]|level [456])\b[^.\n]{0,20}\b(?:please|confirmed|granted|verified|approved)\b",
    )
]
_BOUNDARY = re.compile(r"(?:[.!?]\s|\n)")
_INTERVIEWER_SAYS = re.compile(
    r"^[^a-z\n]{0,20}interviewer\b[^a-z\n]{0,15}:(?:(?!\b(?:candidate|interviewee|me)\b[^a-z\n]{0,15}:).)*",
    re.IGNORECASE | re.MULTILINE,
)


def addressed_to_grader(text: str) -> list[tuple[int, int]]:
    """Find the sentences that speak to whoever grades, as (start, end) spans.

    A pattern list is no wall: it only keeps such text from being quoted. What stops an injected
    instruction from moving a level is that levels are computed from verified evidence.
    """
    spans = []
    for pattern in _TO_GRADER:
        for match in pattern.finditer(text):
            before = [m.end() for m in _BOUNDARY.finditer(text, 0, match.start() + 1)]
            after = _BOUNDARY.search(text, match.end())
            spans.append((before[-1] if before else 0, after.start() + 1 if after else len(text)))
    return sorted(set(spans))


def said_by_interviewer(text: str) -> list[tuple[int, int]]:
    """Find what a transcript pasted into a turn gives to the interviewer, as (start, end) spans."""
    return [m.span() for m in _INTERVIEWER_SAYS.finditer(text)]


_DISCLAIMER = re.compile(
    r"""\b(?:i\s+(?:really\s+|honestly\s+|actually\s+)?(?:do\s*n[o']?t|don’t|have\s+no|haven'?t)\s+
        (?:really\s+|even\s+)?(?:know|remember|idea|recall|sure|a\s+clue|clue|the\s+faintest)
        |no\s+(?:idea|clue)|not\s+(?:really\s+)?sure|can(?:'|’)?t\s+(?:answer|say|remember|think)
        |never\s+(?:heard|learned|learnt|used|worked|done|studied|come\s+across)|i(?:'|’)?d\s+have\s+to\s+look
        |(?:let(?:'|’)?s|can\s+we)\s+(?:skip|move|pass)|i\s+pass\b|next\s+question|haven'?t\s+(?:seen|used|done|studied)
        |sorry\b|i\s+give\s+up)""",
    re.IGNORECASE | re.VERBOSE,
)
_HOLLOW_WORDS = """a about actually ah also am an and answer are as ask asked at be been begin but can
    could day did do does dunno er ever for from get give go good got great had has have he
    hello hey hi hmm hold honestly how i i'd i'll i'm idea if in interview interviewer is it
    it's its just kind know let's like look maybe me mean mind mm moment my never next nice
    no not now of oh ok okay on one or perhaps please pretty probably question ready really
    right say sec second so some something sorry sort start stuff sure thank thanks that
    that's the then there they thing things think this time to today topic uh uhm um up us
    used very wait was we well were what when which who why will with would yeah yes you
    your"""
_HOLLOW = frozenset(_HOLLOW_WORDS.split())
"""Words that say nothing about any subject."""


def content_words(text: str) -> set[str]:
    """Return the words with content, in lower case."""
    words = re.findall(r"[^\W\d_][\w'’-]+", text.lower())
    return {w for w in words if len(w) > 2 and w not in _HOLLOW}


def substance(numbered: Sequence[Sentence]) -> int:
    """Count the words with content, none in a question, a disclaimer or a message to the grader."""
    count = 0
    for sentence in numbered:
        if sentence.hostile or sentence.text.rstrip("\"'”’) ").endswith("?"):
            continue
        if _DISCLAIMER.search(sentence.text) and len(sentence.text.split()) < 25:
            continue
        count += len(content_words(sentence.text))
    return count
