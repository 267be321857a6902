"""Choose what to ask next, and keep the rubric's words out of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from interviewer.judgement import grading
from interviewer.judgement.reading import Reading
from interviewer.models import Grade, Question, Tell

TARGETS = 3
_SAME = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-"})


def targets(reading: Reading) -> list[Tell]:
    """Name the tells that are worth asking about, the best first; empty when nothing is left.

    Only tells that could move the level come in: those of the next level up, then those above.
    Among them come first the ones whose subject was touched without being shown, so that a
    follow-up picks up what was said; one that may have been shown already comes last. An answer
    that is L6 already is pressed once, since a first impression may not hold.
    """
    level, verdicts = grading.embedded(reading)
    if level == "L6" and reading.aimed:
        return []
    met = {v.tell_id for v in verdicts if v.verdict == "met"}
    maybe = {v.tell_id for v in verdicts if v.verdict == "unclear"}
    scores = {t: reading.match.best(t)[0] for t in reading.match.tell_ids}
    open_tells = [
        t
        for t in reading.record.question.tells
        if t.polarity == "strong_hire"
        and t.probe
        and t.level in (("L5", "L6") if level == "L4" else ("L6",))
        and t.id not in met
        and t.id not in reading.aimed
    ]
    return sorted(
        open_tells,
        key=lambda t: (t.id in maybe, t.level or "", -scores[t.id], t.id),
    )[:TARGETS]


def asked_for(question: Question, tell_id: str) -> Tell | None:
    """Return the tell whose probe gives room for one: its own, or of what never came up the pair's."""
    tell = question.tell(tell_id)
    tell = question.tell(tell.pair) if tell.pair else tell
    return tell if tell.probe else None


def still_open(question: Question, grade: Grade | None, aimed: Collection[str]) -> list[Tell]:
    """Name the tells that a grade so far leaves worth asking about, what it was unsure of first.

    As with `targets`, an answer that is L6 already is pressed once.

    Args:
        question: whose tells.
        grade: of what was said before the last answer; None when there is none yet.
        aimed: tells that were asked about.
    """
    if grade is not None and grade.level == "L6" and aimed:
        return []
    verdicts = {v.tell_id: v.verdict for v in grade.verdicts} if grade else {}
    levels = ("L5", "L6") if grade is None or grade.level in (None, "L4") else ("L6",)
    found = [
        t
        for t in question.tells
        if t.probe and t.level in levels and t.id not in aimed and verdicts.get(t.id) != "met"
    ]
    return sorted(found, key=lambda t: (t.level or "", verdicts.get(t.id) != "unclear"))


def leaks(text: str, question: Question, said: Iterable[str]) -> list[str]:
    """Return the key terms in a text that nobody has said and the question does not hold.

    Args:
        text: what the interviewer is about to say.
        question: whose key terms count.
        said: everything that was said, and what may be given away.
    """
    spoken = _words(text)
    terms: Sequence[str] = sorted({k for t in question.tells for k in t.key_terms})
    told = [k for k in terms if (term := _term(k)).strip() and term in spoken]
    if not told:  # as nearly always: then nobody has to look through all that was said
        return []
    known = _words(" ".join([question.ask, question.title, question.material or "", *said]))
    return [k for k in told if _term(k) not in known]


def folded(text: str) -> str:
    """Fold case, width, accents, quotes, dashes and white space; drop what is invisible."""
    plain = unicodedata.normalize("NFKD", text).translate(_SAME).casefold()
    unseen = (c for c in set(plain) if unicodedata.category(c) in ("Cf", "Cc", "Mn"))
    return " ".join(plain.translate({ord(c): None for c in unseen if not c.isspace()}).split())


def _words(text: str) -> str:
    """Reduce a text to its words between spaces, so that only whole words are found in it."""
    return f" {' '.join(re.findall(r'[a-z0-9]+', folded(text)))} "


@lru_cache(maxsize=4096)
def _term(key_term: str) -> str:
    return _words(key_term)
