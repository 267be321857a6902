"""Text in an answer that is no evidence: it speaks to whoever grades, or quotes the interviewer."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

Span = tuple[int, int]
"""Where something begins in a text and where it ends."""

# None of these looks at the same stretch again and again, however a text is made up: what repeats
# is bounded, or takes white space within a line and gives none back.
_WHOEVER = (
    r"(?:the|any|whatever|whoever) (?:\w++ )?"
    r"(?:evaluators?|graders?|scorers?|reviewers?|judges?|assessors?|(?:evaluat|grad|scor)\w+ (?:model|system)|(?:is |will be )?(?:evaluating|grading|scoring|judging|reading)(?: this)?"
    r"|(?:evaluates|grades|scores|judges|reads|reviews|assesses)(?: this| me)?)"
)
_TO_GRADER = [
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        r"^[^\S\n]*+(?:[\[<(#*]++[^\S\n]*+)?(?:system|assistant|developer|grader)\b[^a-z\n]{0,3}:",
        r"\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:instruction|rubric|prompt|rule|above|previous|criteria)",
        rf"(?:^|(?<=[.!?]))[^\S\n]*+(?:to {_WHOEVER}\s*+[:,]|for {_WHOEVER}\s*+:)",
        r"\b(?:give|award|assign|mark|grade|rate|score|set|return|output|classify|record|enter|register|treat|count)\b[^.\n]{0,50}\b(?:L[456]|full marks|top (?:level|score|marks)|highest (?:level|score|mark)|strong[ -]hire|verdict|as met\b|all tells)",
        r"\b(?:this|my|the) (?:answer|response|candidate|transcript)\b[^.\n]{0,60}\b(?:meets|satisfies|deserves|qualifies|is (?:clearly |definitely )?(?:an? )?(?:L[456]|staff|strong hire))",
        r"\b(?:dear|attention|note to|message (?:to|for)|hey|hello)\b[^.\n]{0,15}\b(?:grader|judge|evaluator|language model|LLM|AI model|reviewer)\b",
        r"\b(?:you are (?:an? |the )?|as (?:an? |the )?(?=[\w ]{1,30},? you\b))(?:AI|grader|evaluator|language model|judge)\b[^.\n]{0,40}\b(?:must|should|will|now)\b",
        r"\"?(?:verdict|tell_id|borderline_with|strong_hire|first_gap)\"?\s*+[:=]",
        r"[\"'](?:level|grade|score|rating|decision|hire|evidence)[\"']\s*+:",
        r"\b(?:level|grade|rating|verdict)\b\W{1,4}L[456]\b",
        r"</?(?:answer|transcript|candidate|system|instructions?|data)[^>\n]{0,40}>",
        r"\b(?:L[456]|level [456])\b[^.\n]{0,20}\b(?:please|confirmed|granted|verified|approved)\b",
    )
]
_BOUNDARY = re.compile(r"[.!?](?=\s)|\n")
_INTERVIEWER_SAYS = re.compile(
    r"^[^a-z\n]{0,20}interviewer\b[^a-z\n]{0,15}:(?:(?!\b(?:candidate|interviewee|me)\b[^a-z\n]{0,15}:).)*+",
    re.IGNORECASE | re.MULTILINE,
)


def addressed_to_grader(text: str) -> list[Span]:
    """Find the sentences that speak to whoever grades, in order and none within another.

    A pattern list is no wall: it only keeps such text from being quoted. What stops an injected
    instruction from moving a level is that levels are computed from verified evidence.
    """
    found = [m.span() for pattern in _TO_GRADER for m in pattern.finditer(text)]
    if not found:
        return []
    stops = [m.end() for m in _BOUNDARY.finditer(text)]
    begins = [0, *(stop + (text[stop - 1] != "\n") for stop in stops)]
    stops.append(len(text))
    return _joined(
        (
            begins[bisect_right(begins, start + 1) - 1],
            stops[min(bisect_right(stops, end), len(stops) - 1)],
        )
        for start, end in found
    )


def said_by_interviewer(text: str) -> list[Span]:
    """Find what a transcript pasted into a turn gives to the interviewer, in order."""
    return [m.span() for m in _INTERVIEWER_SAYS.finditer(text)]


def overlap(span: Span, passages: Sequence[Span]) -> bool:
    """Tell whether a span has a character in common with passages that are in order and apart."""
    last = bisect_left(passages, (span[1],)) - 1
    return last >= 0 and passages[last][1] > span[0]


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Put spans in order, and those together that overlap."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out
