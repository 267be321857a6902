"""How far the candidate stands behind each sentence: what is reported, listed or taken back.

An answer can hold every good idea and claim none of it. Three things are read from the shape of
a sentence and its neighbours, never from its subject: somebody else said it, it only lists names,
or it was withdrawn later.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from interviewer.embedding import Encoded, Matrix
from interviewer.speech_acts import SpeechActs
from interviewer.transcript import Sentence, content_words

REPORTED = 0.35
"""What is left of a sentence that tells what others say. Of the sentences of good answers written
blind two in a hundred do, so that quoting somebody costs an answer next to nothing."""
LISTED = 0.3
"""What is left of words that stand in a list of names."""
WITHDRAWN = 0.0
WHOLE_AND_INSIDE, BRIEF = 0.98, 5
"""How like an example of withdrawing a sentence must be, whole and inside together, and the most
words with content that it may have besides."""
INSIDE, WHOLE = 0.7, 0.3
"""Or how like a longer sentence must be that withdraws in passing."""
REACH = 2
"""Sentences that "that" reaches back to."""
_ITEMS, _ITEM_WORDS = 5, 6
"""Neighbouring pieces without a verb that make a list, and the most words in each."""

_OTHERS = r"""(?:people|folks|they|everyone|everybody|someone|somebody|some|others|most|he|she
    |(?:an?|the|my|our|his|her|their|one\sof\s\w+|this|that|every|each)\s(?:[\w'’-]+\s){0,4}?[\w'’-]+)"""
_SAY = r"""(?:says?|said|saying|tells?|told|telling|claim(?:s|ed|ing)?|insist(?:s|ed)?|swears?
    |preach(?:es)?|recommend(?:s|ed)?|argue[sd]?|repeat(?:s|ed|ing)?|advise[sd]?|suggest(?:s|ed)?)"""
_REPORTS = re.compile(
    rf"""^(?:(?:and|but|so|well|okay|oh|um|uh|then|also|now|right|look|sure)[,\s]+)*
        (?:there(?:['’]s|\sis|\swas|\sare)\s(?:always\s)?)?{_OTHERS}\s?(?:who\s|that\s)?
        (?:(?:['’]ll|will|would|['’]d|always|often|usually|also|once|even|keeps?|kept|used\sto
        |likes?\sto|can|might|may|have|has|had)\s)*{_SAY}\b
    |\bi(?:['’]ve|\shave|['’]d|\shad)?\s(?:also\s|once\s|only\s|just\s)*
        (?:heard|read|seen\s(?:a|the)\s(?:talk|post|paper|video|slide)s?|(?:been|was|were)\stold)\b
    |\b(?:according\sto|apparently|supposedly|allegedly|reportedly|rumou?r\shas|word\sis
        |it['’]s\ssaid|(?:is|are)\ssaid\sto|there\swas\stalk)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_REPORTS_ON = re.compile(r"^(?:(?:and|or|but)\s(?:that|whether|how|why)|they|he|she)\b", re.I)
_EVERYTHING = re.compile(
    r"\b(?:all|everything|any of|none|whole|entire|answer|what i(?:['’]ve| have|['’]d)?"
    r" (?:just )?said|start (?:over|again|afresh))\b",
    re.IGNORECASE,
)
_BEGINNING = re.compile(r"\b(?:first|beginning|start|earlier)\b", re.IGNORECASE)
_PIECES = re.compile(r"[,;:•·/\n]|\b(?:and|or|plus|then)\b", re.IGNORECASE)
_CLAUSE_WORDS = """is are was were be am do does did has have had will would can could should may
    might must i we you they he she it that which who because since so if when while until not than
    isn't aren't wasn't don't doesn't didn't haven't won't wouldn't can't couldn't shouldn't i'm i'd
    i'll i've we'd we'll we've you'd you'll you've it's that's there's what's they're he's she's"""
_CLAUSAL = frozenset(_CLAUSE_WORDS.split())
"""Words that make a piece of speech a clause; a list of names has none."""


def standing(
    said: Sequence[Sentence], encoded: Sequence[Encoded], pooled: Matrix, acts: SpeechActs
) -> Matrix:
    """Return for each sentence how far it is the candidate's own claim, 0 to 1."""
    out = np.ones(len(said), dtype=np.float32)
    reported = False
    for i, sentence in enumerate(said):
        goes_on = reported and sentence.turn == said[i - 1].turn
        reported = bool(
            _REPORTS.search(sentence.text) or (goes_on and _REPORTS_ON.search(sentence.text))
        )
        out[i] = (REPORTED if reported else 1.0) * (1 - (1 - LISTED) * listed(sentence.text))
    for i in _withdrawals(said, encoded, pooled, acts):
        text = said[i].text
        if _EVERYTHING.search(text):
            reach = slice(0, i + 1)
        elif _BEGINNING.search(text):
            reach = slice(0, max(1, (i + 1) // 2))
        else:
            reach = slice(max(0, i - REACH), i + 1)
        out[reach] = out[i] = WITHDRAWN
    return out


def listed(text: str) -> float:
    """Return the share of a sentence's words that stand in a list of names."""
    inside = run = words = pieces = 0
    for piece in [*_PIECES.split(text), None]:
        found = re.findall(r"[a-z0-9]+(?:['-][a-z0-9]+)*", (piece or "").lower().replace("’", "'"))
        if piece is not None and not found:
            continue
        if piece is not None and len(found) <= _ITEM_WORDS and _CLAUSAL.isdisjoint(found):
            pieces, run = pieces + 1, run + len(found)
        else:
            inside += run if pieces >= _ITEMS else 0
            pieces = run = 0
        words += len(found)
    return inside / max(words, 1)


def _withdrawals(
    said: Sequence[Sentence], encoded: Sequence[Encoded], pooled: Matrix, acts: SpeechActs
) -> list[int]:
    usable = [i for i, e in enumerate(encoded) if len(e.tokens)]
    if not usable:
        return []
    wholes, insides = acts.withdraws(pooled[usable], [encoded[i].vectors for i in usable])
    return [
        i
        for i, whole, inside in zip(usable, wholes, insides, strict=True)
        if (whole + inside >= WHOLE_AND_INSIDE and len(content_words(said[i].text)) <= BRIEF)
        or (inside >= INSIDE and whole >= WHOLE)
    ]
