"""How far the candidate stands behind each sentence: what is reported, listed, repeated or taken back.

An answer can hold every good idea and claim none of it. Four things are read from the shape of
a sentence and its neighbours, never from its subject: somebody else said it, it only lists names,
it was withdrawn later, or it was said before, word for word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from interviewer.judgement.reports import reported
from interviewer.judgement.sentences import Sentence
from interviewer.judgement.substance import content_words
from interviewer.outside.embedding import Encoded, Matrix
from interviewer.outside.speech_acts import SpeechActs

REPORTED, IN_PASSING = 0.35, 0.15
"""What is left of a sentence that tells what others say, and the share of all sentences below which
such sentences are asides of an answer that is the candidate's own and cost nothing."""
LISTED = 0.3
"""What is left of words that stand in a list of names."""
WITHDRAWN = REPEATED = 0.0
SURE, BRIEF = 1.0, 9
"""How like an example of withdrawing a sentence must be, whole and inside together, and the most
words with content that it may have; of 8,867 sentences of answers with a level, splits `train` and
`dev`, eleven come so near."""
SURE_OF_ALL, BACKED, PAIR = 0.95, 0.8, 1.7
"""How like one that takes everything back must be, by its own words or its neighbour's; or each of
the two, and both in sum. None of the same sentences comes so near."""
INSIDE, WHOLE = 0.7, 0.3
"""Or how like a longer sentence must be that withdraws in passing."""
REACH = 2
"""Sentences that "that" reaches back to."""
_ITEMS, _ITEM_WORDS = 7, 6
"""Neighbouring pieces without a verb that make a list, and the most words in each."""
_LOOSE = 12
"""Words for each article or preposition; speech that is tied together has one in three or four."""

_EVERYTHING = re.compile(
    r"\b(?:all|everything|any of|none|nothing|whole|entire|every word|answer|the lot|not (?:one|a single)"
    r"|from (?:start|beginning)|up to (?:now|this point)|so far|zero|start (?:over|again|afresh)"
    r"|what i(?:['’]ve| have|['’]d)? (?:just )?(?:said|told|claimed))\b",
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
    reports = reported(said, pooled, acts)
    in_passing = sum(reports) < IN_PASSING * len(said)
    for i, others in enumerate(reports):
        own = in_passing or not others
        out[i] = (1.0 if own else REPORTED) * (1 - (1 - LISTED) * listed(said[i].text))
    for i, text in _withdrawals(said, encoded, pooled, acts):
        if _EVERYTHING.search(text):
            reach = slice(0, i + 1)
        elif _BEGINNING.search(text):
            reach = slice(0, max(1, (i + 1) // 2))
        else:
            reach = slice(max(0, i - REACH), i + 1)
        out[reach] = out[i] = WITHDRAWN
    before: set[tuple[str, ...]] = set()
    for i, sentence in enumerate(said):
        again = tuple(sentence.text.lower().split())
        out[i] = REPEATED if again in before else out[i]
        before.add(again)
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
) -> list[tuple[int, str]]:
    """Return the sentences that withdraw something, each with all words of the withdrawal."""
    if not said:
        return []
    # The dear comparison is made for the few sentences only that the cheap one leaves.
    likely = acts.withdrawing.likely(pooled, WHOLE)
    usable = [i for i, e in enumerate(encoded) if likely[i] and len(e.tokens)]
    if not usable:
        return []
    near = acts.withdrawing.near(pooled[usable], [encoded[i].vectors for i in usable])
    together = dict(zip(usable, np.add(*near), strict=True))

    out = []
    for i, inside in zip(usable, near.inside, strict=True):
        like = together[i]
        beside = [n for n in (i - 1, i + 1) if together.get(n, 0.0) >= BACKED]
        text = " ".join(said[n].text for n in sorted((i, *beside)))
        backed = like >= BACKED and any(like + together[n] >= PAIR for n in beside)
        of_all = _EVERYTHING.search(text) and (like >= SURE_OF_ALL or backed)
        brief = len(content_words(said[i].text)) <= BRIEF
        if (like >= SURE and brief) or of_all or inside >= INSIDE:
            out.append((i, text))
    return out
