"""Speech as it was meant: what is compared with a rubric, never what is quoted from it.

Filled pauses, words said twice and words broken off are how people talk, and no reason for a
worse match. A recogniser that spells `x g boost` is helped too, and so is what was pasted: full-width
or invisible characters, words hyphenated at the end of a line, tags of HTML.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

# As in `sentences`, no quantifier gives back what it took, and each run of spaces, dots or letters is
# gone through once. Forty dots that a full stop might end would take minutes otherwise.
_PAUSE = re.compile(
    r"(?:,\s*+|(?<!\s)\s++|)\b(?:u+h+m*|u+m+|e+r+m*|h+m+|m{2,}|e+h+|a+h+)\b[,.…]*+(?:\s++|$)",
    re.IGNORECASE,
)
_BROKEN_OFF = re.compile(
    r"\b([a-z]{2,30}+)(?:-++|—|–|\.{2,}+|…|,)\s++(?=(?:[a-z'’]{1,30}+\s++){0,2}\1[a-z])",
    re.IGNORECASE,
)
_TWICE = re.compile(
    r"""\b((?:[a-z'’]{2,30}+|[ai])(?:\s++[a-z'’]{1,30}+){0,3}?)
        (?:[,…–—-]|\.{2,}+)*+\s++(?:\1(?:[,…–—-]|\.{2,}+)*+\s++)*(?=\1\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_SPELLED = re.compile(r"(?<![\w'’])(?:[a-z] )+[a-z](?:['’]s)?(?![\w'’])")
_HYPHENATED = re.compile(r"(?<=[a-z])[-‐][ \t]*\r?\n[ \t]*(?=[a-z])")
_TAG = re.compile(
    r"""</?(?:a|b|blockquote|br|code|div|em|h[1-6]|i|li|ol|p|pre|span|strong|sub|sup|t[dhr]|table|u|ul)
        (?:\s++[a-z-]++=(?:"[^"<>]*+"|'[^'<>]*+'))*+\s*+/?>""",
    re.IGNORECASE | re.VERBOSE,
)
_REFERENCE = re.compile(r"&(?:#\w{1,9}|\w{1,31});")
"""A character by its name or number in HTML."""
_WORDS = ("a", "i")
"""Single letters that are words of their own."""


@lru_cache(maxsize=10_000)
def fluent(text: str) -> str:
    """Return a sentence without filled pauses, repetitions and broken words, letters joined."""
    said = _PAUSE.sub(" ", legible(text))
    said = _SPELLED.sub(_joined, said)
    said = _BROKEN_OFF.sub("", said)
    said = _TWICE.sub("", said)
    return said.strip() or text


def legible(text: str) -> str:
    """Return a text in plain characters, without tags, and with no word broken at a line's end."""
    shown = _REFERENCE.sub(lambda m: html.unescape(m.group()), _TAG.sub(" ", text))
    plain = {ord(c): _plain(c) for c in set(shown) if not c.isascii()}
    return _HYPHENATED.sub("", shown.translate(plain))


def _plain(character: str) -> str:
    """Return a character in its usual form; `Xᵀ` is no `XT`, so raised and lowered ones stay."""
    if unicodedata.category(character) == "Cf":
        return ""
    raised = unicodedata.decomposition(character).startswith(("<super>", "<sub>"))
    return character if raised else unicodedata.normalize("NFKC", character)


def _joined(match: re.Match[str]) -> str:
    first, *others = match.group().split(" ")
    doubled = others == [first]
    lone = first in _WORDS and len(others) == 1 and others != ["b"]
    return match.group() if doubled or lone else first + "".join(others)
