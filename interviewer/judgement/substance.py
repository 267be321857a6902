"""How much an answer says at all: its words with content, whatever it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from interviewer.judgement.sentences import Sentence

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
