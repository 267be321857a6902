"""Tell an answer from talk that answers nothing, whatever it is about.

A sentence bears on the question when it comes nearer to what the rubric says in its tells, cues,
near-misses and clarifications than to the question itself, which anybody can repeat, and to what
people say of no question at all. What declines, promises, chats or only asks does neither.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from interviewer.judgement.fluency import fluent, legible
from interviewer.judgement.sentences import Sentence, prose
from interviewer.judgement.substance import content_words
from interviewer.judgement.word_order import in_order
from interviewer.outside.embedding import Encoded, Matrix
from interviewer.outside.likeness import stem, words
from interviewer.outside.retrieval import RubricRecord
from interviewer.outside.speech_acts import SpeechActs

GIBBERISH = 0.5
"""Share of word pieces that continue a word; 0.05 to 0.25 in English, more when keys are mashed."""
NEAREST, NEAREST_ASIDES = 3, 2
"""Phrases whose likeness is averaged."""
LESS = 0.7
"""How much of a sentence's likeness to the question or to an aside is held against it."""
BEARS = 0.12
"""What has to be left for a sentence to bear on the question, and"""
ENOUGH = 0.025
"""how much beyond that all sentences have together. Of 102 short, hesitant or ill-heard answers two
have less; of 808 pairs of a question and talk that answers nothing 22 have more."""
RARE, RARE_WORDS, ON_SUBJECT = 3.6, 3, 0.5
"""Or a sentence bears on the question that is this like what the rubric says and has so many of its
words that the question does not hold, each rarer than one in forty phrases: to name the subject,
as short answers do, is to be like the question too."""
NEARER = 0.02
"""How much nearer to an aside than to the rubric every sentence of a turn is that holds nothing but
asides. Of 412 first and 93 later turns of cases, splits `train` and `dev`, none is, of 34 answers of
two to ten words one; of thirty ways to gain time, each held against fifty questions, all but 17 of
1,500 pairs are."""
NEW = 2
"""Words with content that the question does not hold, without which a sentence only repeats it."""

_OPENERS = r"(?:(?:and|but|so|also|or|well|okay|hm+|um+|sorry|please)[,\s]+)*"
_SUBJECT = r"(?:there|we|you|i|it|they|he|she|the|this|that|these|any|your|my|our)"
_AUXILIARY = (
    r"(?:is|are|am|was|were|do|does|did|can|could|should|would|will|shall|may|have|has|had)"
)
_QUESTION = re.compile(
    rf"^{_OPENERS}(?:{_AUXILIARY}\s{_SUBJECT}\b"
    rf"|(?:what|which|who|whose|where|when|why|how)(?:['’]s\s{_SUBJECT}|(?:\s\w+)?\s{_AUXILIARY}\s{_SUBJECT})\b)",
    re.IGNORECASE,
)


def is_answer(
    record: RubricRecord, said: Sequence[Sentence], encoded: Sequence[Encoded], acts: SpeechActs
) -> bool:
    """Tell whether anything in a transcript bears on the question, so that it can be graded."""
    pieces = [t for e in encoded for t in e.tokens]
    if sum(t.startswith("##") for t in pieces) >= GIBBERISH * max(len(pieces), 1):
        return False
    if not in_order(fluent(s.text) for s in prose(said)):
        return False
    return float(np.maximum(bearing(record, said, encoded, acts), 0.0).sum()) >= ENOUGH


def only_asides(record: RubricRecord, pooled: Matrix, acts: SpeechActs) -> bool:
    """Tell whether a turn holds no claim at all: it only gains time, chats or declines.

    This asks for more than that nothing bears on the question, which is true of some real answers
    of a few words as well.
    """
    if not len(pooled):
        return True
    return bool((_like_asides(pooled, acts) - _like_rubric(pooled, record) >= NEARER).all())


def bearing(
    record: RubricRecord, said: Sequence[Sentence], encoded: Sequence[Encoded], acts: SpeechActs
) -> Matrix:
    """Return how far each sentence that says something new bears on the question; below 0: not."""
    asked = _stems(f"{record.question.title} {record.question.ask}")
    heard: set[str] = set()
    rows = []
    for i, sentence in enumerate(said):
        text = " ".join(words(legible(sentence.text)))
        new = len(_stems(legible(sentence.text)) - asked) >= NEW
        if new and not sentence.hostile and not is_question(sentence.text) and text not in heard:
            rows.append(i)
        heard.add(text)
    if not rows:
        return np.zeros(0, dtype=np.float32)
    pooled = np.stack([encoded[i].pooled for i in rows])
    question = (pooled @ record.pooled[record.where("ask", "title")].T).max(axis=1)
    like, aside = _like_rubric(pooled, record), _like_asides(pooled, acts)
    out: Matrix = like - LESS * np.maximum(question, aside) - BEARS
    rare = {s for s in record.stems if record.stem_weights.get(s, 0.0) >= RARE}
    told = np.array([len(_stems(said[i].text) & rare - asked) >= RARE_WORDS for i in rows])
    sure = told & (like >= ON_SUBJECT)
    out[sure] = np.maximum(out[sure], 2 * ENOUGH)
    return out


def is_question(text: str) -> bool:
    """Tell whether a sentence asks: by its mark, or by verb before subject when speech has none."""
    return text.rstrip("\"'”’) ").endswith("?") or _QUESTION.match(text) is not None


def _stems(text: str) -> set[str]:
    return {stem(w) for w in content_words(text)}


def _like_rubric(pooled: Matrix, record: RubricRecord) -> Matrix:
    parts = record.where("cue", "near_miss", "tell", "clarification")
    return _mean_of_best(pooled @ record.pooled[parts].T, NEAREST)


def _like_asides(pooled: Matrix, acts: SpeechActs) -> Matrix:
    return _mean_of_best(pooled @ acts.asides.T, NEAREST_ASIDES)


def _mean_of_best(likeness: Matrix, count: int) -> Matrix:
    out: Matrix = np.sort(likeness, axis=1)[:, -count:].mean(axis=1)
    return out
