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
_ITEMS, _ITEM_WORDS = 7, 6
"""Neighbouring pieces without a verb that make a list, and the most words in each."""
_LOOSE = 12
"""Words for each article or preposition; speech that is tied together has one in three or four."""

_ANYBODY = r"""(?:(?:some\s|most\s|other\s|many\s)?people|folks|they|everyone|everybody|someone|somebody|others|experts)
    (?:\s(?:at|from|in|of)(?:\s[\w'’-]+){1,3}?)?"""
_SOMEBODY = r"""(?:he|she|(?:an?|the|my|our|his|her|their|one\sof\s\w+|every|each)(?:\s[\w'’-]+){1,3}?
    (?:\s(?:at|from|in|of)(?:\s[\w'’-]+){1,3}?)?)"""
_OFTEN = r"""(?:\s?['’](?:ll|d)|\s(?:will|would|always|often|usually|keeps?|kept|used\sto|likes?\sto
    |once|even|also))"""
_SAYS = r"""(?:say|says|saying|tell|tells|telling|claim|claims|claimed|insists?|swears?|preach(?:es)?
    |recommends?|repeat|repeats|repeating)"""
_REPORTS = re.compile(
    rf"""^(?:(?:and|but|so|well|okay|oh|um|uh|then|also|now|right|look|sure)[,\s]+)*
        (?:there(?:['’]s|\sis|\swas|\sare)\s(?:always\s)?)?
        (?:{_ANYBODY}(?:\swho|\sthat)?{_OFTEN}*\s(?:{_SAYS}|said|told)\b
        |{_SOMEBODY}(?:\swho|\sthat)?{_OFTEN}+\s{_SAYS}\b
        |{_SOMEBODY}\s(?:claims|claimed|insists|swears|preaches|says|recommends)\s(?:that|you|one|we)\b)
    |^(?:[^,]{{2,40}},\s)?(?:and\s|so\s|that['’]s\swhat\s)?(?:an?|any|the)\s(?:really\s|very\s|truly\s)?
        (?:(?:strong|good|great|top|ideal|senior|staff)\s(?:candidate|interviewee|applicant)s?
        |(?:strong|excellent|perfect|ideal|senior|staff)\sanswers?)\b
    |\bi(?:['’]ve|\shave|['’]d|\shad)?\s(?:also\s|once\s|only\s|just\s)*
        (?:heard|read\s(?:that|about|somewhere|once|in|an?\s(?:post|paper|blog|book|article))|seen\s(?:a|the)\s(?:talk|post|paper|video|slide)s?
        |(?:been|was|were)\stold)\b
    |\b(?:according\sto|apparently|supposedly|allegedly|reportedly|rumou?r\shas|word\sis
        |it['’]s\ssaid|(?:is|are)\ssaid\sto|there\swas\stalk)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_REPORTS_ON = re.compile(
    r"^(?:(?:and|or|but)\s(?:that|whether|how|why)|(?:and\s)?(?:they|he|she|the\s(?:best|good|strong|great)\sones))\b",
    re.I,
)
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
_TIE_WORDS = "a an the of in on at by for from to with without as into over per via"
_TIES = frozenset(_TIE_WORDS.split())
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
    """Return the share of a sentence's words that stand in a list of names.

    A list is a run of short pieces without a verb between commas, or of words alone with nothing
    that ties them together.
    """
    words = inside = 0
    run: list[int] = []
    for piece in (*_PIECES.split(text), "that is it"):
        found = re.findall(r"[a-z0-9]+(?:['-][a-z0-9]+)*", piece.lower().replace("’", "'"))
        if not found:
            continue
        words += len(found)
        names = _CLAUSAL.isdisjoint(found) and any(len(w) > 1 for w in found)
        loose = sum(w in _TIES for w in found) * _LOOSE <= len(found)
        if names and not any(w.isdigit() for w in found) and (len(found) <= _ITEM_WORDS or loose):
            run.append(len(found))
            continue
        if len(run) >= _ITEMS or sum(run) >= _ITEMS * _ITEM_WORDS // 2:
            inside += sum(run)
        run = []
    return inside / max(words - 3, 1)


def _withdrawals(
    said: Sequence[Sentence], encoded: Sequence[Encoded], pooled: Matrix, acts: SpeechActs
) -> list[int]:
    if not said:
        return []
    # The dear comparison is made for the few sentences only that the cheap one leaves.
    likely = (pooled @ acts.withdrawals[0].T).max(axis=1) >= WHOLE
    usable = [i for i, e in enumerate(encoded) if likely[i] and len(e.tokens)]
    if not usable:
        return []
    wholes, insides = acts.withdraws(pooled[usable], [encoded[i].vectors for i in usable])
    return [
        i
        for i, whole, inside in zip(usable, wholes, insides, strict=True)
        if (whole + inside >= WHOLE_AND_INSIDE and len(content_words(said[i].text)) <= BRIEF)
        or (inside >= INSIDE and whole >= WHOLE)
    ]
