"""Cut a transcript into numbered sentences.

Only what the candidate said is ever numbered, so an interviewer's hint can not become evidence. All
positions count code points of the text as it was submitted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from interviewer.judgement.hostile import Span, addressed_to_grader, overlap, said_by_interviewer
from interviewer.models import Turn

MAX_GRADED_CHARS = 40_000
"""About 7,000 words, three quarters of an hour of speech; what comes later is not graded."""
MAX_SENTENCES = 2000
"""Four times as many as such a speech has. Each is embedded, so 20,000 of one letter take 40 s."""
_LONGEST_WORDS, _LONGEST_CHARS = 45, 1000
"""Speech recognition may give no full stop at all, and what is pasted no space; longer runs are cut,
at a conjunction if there is one."""
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


# No quantifier here gives back what it took, and none begins within what another one has looked at
# in vain: else 40,000 dots or spaces would take minutes.
_END = re.compile(
    r"""(?<![.!?…])
        (?:[.!?…]{2,}+
          |(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\betc)(?<!\bcf)(?<!\bFig)(?<!\bEq)(?<!\bDr)
           (?<!\bwrt)(?<!\bapprox)(?<!\bincl)(?<!\bresp)(?<!\bal)(?<!\bMr)(?<!\bMs)(?<!\bProf)[.!?…])
        ["'”’)\]]*+(?=\s|</|$)
        |[。！？]++""",
    re.VERBOSE,
)
_TIGHT_END = re.compile(r"(?<=[\w%)][\w%)])[.!?](?=[A-Z])")
"""A full stop without a space behind it. `torch.Tensor` has one too, so it ends a sentence only in what
would be too long otherwise."""
_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n|$)")
_LIST_LINE = re.compile(r"\s*+(?:[-*•–—·‣▪◦●→]\s|\(?\d++[.)]\s|\(?[a-z]\)\s|\#|\|)")
_CODE_LINE = re.compile(
    r"""\s*+(?:(?:def|class|for|while|if|elif|else|return|import|from|with)\b.*[:=(]
        |[\w.\[\]]++\s*+[-+*/]?=[^=]|[\w.]++\(.*\)\s*$|[{}\[\]()]++\s*$)""",
    re.VERBOSE,
)
_CODE_LINES = 2
"""Lines that look like code, with which a turn holds some."""
_CONJUNCTION = re.compile(r"\b(?:and|but|so|because|then|which|or|also|okay|now)\b", re.IGNORECASE)
_WORD = re.compile(r"\S{1,200}+")
"""A word, or as much as is read as one of a run without a space."""


def sentences(turns: Sequence[Turn]) -> list[Sentence]:
    """Number the sentences of the candidate, in order, as far as they are graded."""
    out: list[Sentence] = []
    left = MAX_GRADED_CHARS
    for number, turn in enumerate(turns):
        if turn.role != "candidate" or left <= 0:
            continue
        text = turn.text[:left]
        left -= len(turn.text)
        by_lines = text.replace("\r", "\n")
        to_grader, quoted = addressed_to_grader(by_lines), said_by_interviewer(by_lines)
        spans = [s for line in _lines(text, to_grader, quoted) for s in _split(text, *line)]
        hostile = _filled([overlap(s, to_grader) for s in spans])
        out.extend(
            Sentence(number, a, b, text[a:b], speaks or overlap((a, b), quoted))
            for (a, b), speaks in zip(spans, hostile, strict=True)
        )
    return out[:MAX_SENTENCES]


def prose(numbered: Sequence[Sentence]) -> list[Sentence]:
    """Leave out what is written by other rules than speech: items of lists, turns with code."""
    code = Counter(s.turn for s in numbered if _CODE_LINE.match(s.text))
    return [s for s in numbered if code[s.turn] < _CODE_LINES and not _LIST_LINE.match(s.text)]


def is_truncated(turns: Sequence[Turn], numbered: Sequence[Sentence]) -> bool:
    """Tell whether some of the answer lies beyond what is graded."""
    said = sum(len(t.text) for t in turns if t.role == "candidate")
    return said > MAX_GRADED_CHARS or len(numbered) == MAX_SENTENCES


def _filled(hostile: list[bool]) -> list[bool]:
    """Close small gaps: what stands between two messages to the grader belongs to them."""
    found = [i for i, speaks in enumerate(hostile) if speaks]
    for first, second in zip(found, found[1:], strict=False):
        if second - first <= _GAP:
            hostile[first:second] = [True] * (second - first)
    return hostile


def _lines(text: str, *apart: Sequence[Span]) -> list[Span]:
    """Group prose that wraps over lines; keep lines of code, of lists and of `apart` for themselves."""
    out: list[Span] = []
    fenced = False
    open_prose = False
    for match in _LINE.finditer(text):
        line = match.group()
        if not line.strip():
            open_prose = False
            continue
        if line.lstrip().startswith("```"):
            fenced, open_prose = not fenced, False
            continue
        shaped = _CODE_LINE.match(line) or _LIST_LINE.match(line)
        single = fenced or bool(shaped) or any(overlap(match.span(), some) for some in apart)
        if open_prose and not single:
            out[-1] = (out[-1][0], match.end())
        else:
            out.append(match.span())
        open_prose = not single
    return out


def _split(text: str, start: int, end: int) -> list[Span]:
    cuts = [start, *(m.end() for m in _END.finditer(text, start, end)), end]
    out = []
    for a, b in zip(cuts, cuts[1:], strict=False):
        words = [m.span() for m in _WORD.finditer(text, a, b)]
        tight = _TIGHT_END.finditer(text, a, b) if len(words) > _LONGEST_WORDS else ()
        ends = [a, *(m.end() for m in tight), b]
        for first, last in zip(ends, ends[1:], strict=False):
            out.extend(_shorten(text, first, last))
    return [(a, b) for a, b in out if any(map(str.isalnum, text[a:b]))]


def _shorten(text: str, start: int, end: int) -> list[Span]:
    """Cut what is too long for one sentence; without the white space around each piece."""
    words = [m.span() for m in _WORD.finditer(text, start, end)]
    out, at = [], 0
    while at < len(words):
        cut = min(len(words), at + _LONGEST_WORDS)
        while cut > at + 1 and words[cut - 1][1] - words[at][0] > _LONGEST_CHARS:
            cut -= 1
        if cut < len(words):
            here = range(at + _LONGEST_WORDS // 2, cut)
            cut = max((i for i in here if _is_conjunction(text, *words[i])), default=cut)
        out.append((words[at][0], words[cut - 1][1]))
        at = cut
    return out


def _is_conjunction(text: str, start: int, end: int) -> bool:
    return _CONJUNCTION.fullmatch(text[start:end].strip(",;:")) is not None
