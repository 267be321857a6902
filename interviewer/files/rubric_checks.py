"""Find what is weak in a rubric that is valid: what a schema cannot see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from interviewer.files.rubrics import Bank, Problem
from interviewer.models import LEVELS, Question, Tell

SAMPLE_WORDS = (80, 250)
LONGEST_BY = 1.4
"""A sample may be this much longer than the shortest; more would give its level away."""
RUN = 8
"""Words in a row that no cue may share with a sample or a boundary passage."""
SAMPLES_RUN = 7
"""Words in a row that samples of two questions may not share."""
ANSWERS_RUN = 12
"""The same for samples of one question, which may have to say the same number: one of those shipped
takes nine words."""
CLARIFICATIONS = (3, 6)
LONGEST = {
    "ask": 80,
    "summary": 80,
    "clarifications": 60,
    "material": 1500,
    "solution": 3000,
    "variants": 60,
    "sources": 80,
}
"""Words of one text under a key, far above what those shipped need."""
LONGEST_BOUNDARY = {"lower": 100, "upper": 100, "why": 60}
TELL_LONGEST = {
    "text": 15,
    "why": 80,
    "cues": 100,
    "near_misses": 60,
    "key_terms": 8,
    "probe": 35,
    "advice": 60,
}
COUNTS = {"L4": (2, 3), "L5": (3, 5), "L6": (3, 5), "down": (4, 6)}
_SUPPOSES = re.compile(
    r"\byou(?: have|'ve)?(?: just)? (?:said|mentioned|named|listed|called|brought up|described)\b",
    re.I,
)
"""Offline a probe is asked as it stands, whatever was said."""
FILLER = (
    "leverage",
    "robust",
    "best practice",
    "holistic",
    "seamless",
    "cutting-edge",
    "state of the art",
    "utilize",
    "synergy",
    "deep dive",
    "at the end of the day",
)


def check(bank: Bank) -> list[Problem]:
    """Return everything wrong or weak in a bank, file by file, broken files first."""
    found = list(bank.problems)
    for question in bank.questions.values():
        path = bank.files[question.id]
        found.extend(Problem(path, key, remedy) for key, remedy in _weaknesses(question, path))
    return [*found, *_alike(bank)]


def _alike(bank: Bank) -> Iterator[Problem]:
    """Find samples that say the same words for different questions: a house style, or a copy."""
    first: dict[str, tuple[str, str]] = {}
    for question in bank.questions.values():
        for level in LEVELS:
            for run in sorted(_runs(getattr(question.sounds_like, level), SAMPLES_RUN)):
                other, where = first.setdefault(run, (question.id, level))
                if other != question.id:
                    yield Problem(
                        bank.files[question.id],
                        f"sounds_like.{level}",
                        f"“{run}” is in the {where} sample of {other} too; say it another way",
                    )


def _weaknesses(question: Question, path: Path) -> Iterator[tuple[str, str]]:
    if path.stem != question.id:
        yield "id", f"the file should be called {question.id}.yaml"
    yield from _counts(question)
    yield from _samples(question)
    yield from _too_long(question)
    passages = _passages(question)
    for tell in question.tells:
        yield from _tell(tell, passages)
    for place, text in passages.items():
        for word in FILLER:
            if word in text.lower():
                yield place, f"“{word}” says nothing; say what is meant"


def _counts(question: Question) -> Iterator[tuple[str, str]]:
    strong = [t for t in question.tells if t.polarity == "strong_hire"]
    counted: dict[str, int] = {n: sum(t.level == n for t in strong) for n in LEVELS}
    for name, have in {**counted, "down": len(question.tells) - len(strong)}.items():
        least, most = COUNTS[name]
        if not least <= have <= most:
            kind = "down_level" if name == "down" else name
            yield "tells", f"{have} {kind} tell{'s' * (have != 1)}; write {least} to {most}"
    least, most = CLARIFICATIONS
    if not least <= (have := len(question.clarifications)) <= most:
        yield "clarifications", f"there are {have}; write {least} to {most}"


def _samples(question: Question) -> Iterator[tuple[str, str]]:
    lengths = {level: len(_words(getattr(question.sounds_like, level))) for level in LEVELS}
    for level, words in lengths.items():
        if not SAMPLE_WORDS[0] <= words <= SAMPLE_WORDS[1]:
            least, most = SAMPLE_WORDS
            yield f"sounds_like.{level}", f"{words} words; write {least} to {most}"
    if max(lengths.values()) > LONGEST_BY * min(lengths.values()):
        told = ", ".join(f"{level} {words}" for level, words in lengths.items())
        yield "sounds_like", f"the lengths give the level away ({told} words); even them out"
    for lower, upper in combinations(LEVELS, 2):
        both = [
            _runs(getattr(question.sounds_like, level), ANSWERS_RUN) for level in (lower, upper)
        ]
        if shared := both[0] & both[1]:
            yield (
                f"sounds_like.{upper}",
                f"copied from {lower} (“{min(shared)}”); say it differently",
            )


def _too_long(question: Question) -> Iterator[tuple[str, str]]:
    """Find texts that nobody would read or say, of whatever key."""
    for owner, place, longest in (
        (question, "", LONGEST),
        (question.boundaries.L4_L5, "boundaries.L4_L5.", LONGEST_BOUNDARY),
        (question.boundaries.L5_L6, "boundaries.L5_L6.", LONGEST_BOUNDARY),
        *((tell, f"tells[{tell.id}].", TELL_LONGEST) for tell in question.tells),
    ):
        for key, most in longest.items():
            value = getattr(owner, key) or ()
            for text in (value,) if isinstance(value, str) else value:
                if (words := len(_words(text))) > most:
                    yield f"{place}{key}", f"{words} words; write {most} at most"


def _tell(tell: Tell, passages: dict[str, str]) -> Iterator[tuple[str, str]]:
    place = f"tells[{tell.id}]"
    for cue in tell.cues:
        if len(_words(cue)) < 6:
            yield f"{place}.cues", f"“{cue}” is a keyword; write what somebody would say"
        for where, text in passages.items():
            if shared := _runs(cue) & _runs(text):
                yield f"{place}.cues", f"copied from {where} (“{min(shared)}”); say it differently"
    if len({" ".join(_words(cue)) for cue in tell.cues}) < len(tell.cues):
        yield f"{place}.cues", "two cues are the same; replace one"
    if tell.probe:
        spoken = f" {' '.join(_words(tell.probe))} "
        for term in tell.key_terms:
            if f" {' '.join(_words(term))} " in spoken:
                yield f"{place}.probe", f"gives away “{term}”; ask without it"
        if found := _SUPPOSES.search(tell.probe):
            yield f"{place}.probe", f"“{found.group()}” supposes what may not be so; ask without"


def _passages(question: Question) -> dict[str, str]:
    found = {f"sounds_like.{level}": getattr(question.sounds_like, level) for level in LEVELS}
    for name in ("L4_L5", "L5_L6"):
        boundary = getattr(question.boundaries, name)
        found[f"boundaries.{name}.lower"] = boundary.lower
        found[f"boundaries.{name}.upper"] = boundary.upper
    return found


def _runs(text: str, length: int = RUN) -> set[str]:
    words = _words(text)
    return {" ".join(words[i : i + length]) for i in range(len(words) - length + 1)}


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())
