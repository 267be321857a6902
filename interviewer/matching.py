"""Compare what was said with the cues of every tell, without a language model.

Each cue is compared with every window of one to four sentences in two ways: late interaction
(for each token of the cue the best token of the window, rare tokens counting more) and the
overlap of rare word stems. Two rules keep topic from passing for substance: a window speaks
most for the tell it fits best, and a window that is closer to a near-miss than to any cue
speaks for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from interviewer.embedding import Encoded, Matrix
from interviewer.retrieval import RubricRecord, stem, words
from interviewer.transcript import Sentence

LONGEST_WINDOW = 4
LEXICAL = 0.6
"""Weight of shared words beside shared meaning."""
EXCLUSIVE = 1.0
"""How much of the lead of another tell in the same window is taken off."""
TIGHT = 0.08
"""How much of its score a quote may give up to be shorter."""
VETO = 0.2
"""A near-miss must be this much closer than the best cue."""


@dataclass(frozen=True)
class Match:
    """How well each window of sentences fits each tell that can be said."""

    tell_ids: tuple[str, ...]
    windows: tuple[tuple[int, int], ...]
    """First and last sentence, both included, as positions in the list that was matched."""
    scores: Matrix
    """(tells, windows), about 0 for unrelated talk and 1 for a cue itself; -1 where vetoed."""

    def best(self, tell_id: str) -> tuple[float, tuple[int, int]]:
        """Return the best score of a tell, and the shortest window that comes close to it.

        (-1, (0, 0)) when nothing was said.
        """
        if not self.windows or tell_id not in self.tell_ids:
            return -1.0, (0, 0)
        row = self.scores[self.tell_ids.index(tell_id)]
        top = float(row.max())
        close = [i for i in range(len(row)) if row[i] >= top - TIGHT]
        at = min(close, key=lambda i: (self.windows[i][1] - self.windows[i][0], -row[i]))
        return top, self.windows[at]

    def support(self, tell_id: str, sentence: int) -> float:
        """Return the best score of a tell over the windows that hold a sentence."""
        row = self.scores[self.tell_ids.index(tell_id)]
        return max((float(row[i]) for i in self._holding.get(sentence, ())), default=-1.0)

    @cached_property
    def _holding(self) -> dict[int, list[int]]:
        """For each sentence the positions of the windows that hold it."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for i, (first, last) in enumerate(self.windows):
            for sentence in range(first, last + 1):
                found[sentence].append(i)
        return found


def match(record: RubricRecord, sentences: Sequence[Sentence], encoded: Sequence[Encoded]) -> Match:
    """Score every tell against every window of neighbouring sentences of one turn."""
    tell_ids = tuple(t.id for t in record.question.tells if t.kind == "said")
    usable = [i for i, e in enumerate(encoded) if len(e.tokens) and not sentences[i].hostile]
    windows = [
        (usable[at], usable[at + size - 1])
        for size in range(1, LONGEST_WINDOW + 1)
        for at in range(len(usable) - size + 1)
    ]
    same_turn = np.array([sentences[a].turn == sentences[b].turn for a, b in windows], dtype=bool)
    phrases = record.where("cue", "near_miss")
    if not usable or not phrases:
        return Match(tell_ids, (), np.zeros((len(tell_ids), 0), dtype=np.float32))

    late = _late_interaction(record, phrases, [encoded[i].vectors for i in usable])
    lexical = _lexical_overlap(record, phrases, [sentences[i].text for i in usable])
    scores = late + LEXICAL * lexical
    scores[:, ~same_turn] = -1.0

    owners = np.array([tell_ids.index(record.phrases[i].tell_id) for i in phrases])
    is_cue = np.array([record.phrases[i].part == "cue" for i in phrases])
    shown = np.stack([scores[(owners == t) & is_cue].max(axis=0) for t in range(len(tell_ids))])
    missed = np.stack(
        [scores[(owners == t) & ~is_cue].max(axis=0, initial=-1.0) for t in range(len(tell_ids))]
    )
    if len(tell_ids) > 1:
        ranked = np.sort(shown, axis=0)
        others = np.where(shown == ranked[-1], ranked[-2], ranked[-1])
        exclusive = shown + EXCLUSIVE * np.minimum(0.0, shown - others)
    else:
        exclusive = shown
    final = np.where((missed > shown + VETO) | ~same_turn, -1.0, exclusive)
    return Match(tell_ids, tuple(windows), final.astype(np.float32))


def phrase_likeness(record: RubricRecord, phrases: Sequence[int]) -> Matrix:
    """(said, phrases): how well each phrase of a rubric, had it been said, fits each other one."""
    rows = [record.phrases[i].rows for i in phrases]
    vectors = [record.tokens[r].astype(np.float32) for r in rows]
    late = _late_interaction(record, phrases, vectors, longest=1)
    texts = [record.phrases[i].text for i in phrases]
    out: Matrix = (late + LEXICAL * _lexical_overlap(record, phrases, texts, longest=1)).T
    return out


def _late_interaction(
    record: RubricRecord,
    phrases: Sequence[int],
    said: Sequence[Matrix],
    longest: int = LONGEST_WINDOW,
) -> Matrix:
    """(phrases, windows): idf-weighted mean, over a phrase's tokens, of their best cosine."""
    spans = [record.phrases[i].rows for i in phrases]
    rows = np.concatenate([np.arange(s.start, s.stop) for s in spans])
    starts = np.cumsum([0, *(s.stop - s.start for s in spans)])[:-1]
    edges = np.cumsum([0, *map(len, said)])[:-1]
    cues = record.tokens[rows].astype(np.float32)
    best = np.maximum.reduceat(cues @ np.concatenate(said).T, edges, axis=1)
    weights = record.weights[rows][:, None]
    totals = np.add.reduceat(weights, starts, axis=0)
    sums = np.add.reduceat(_windows(best, longest) * weights, starts, axis=0)
    out: Matrix = (sums / totals).astype(np.float32)
    return out


def _lexical_overlap(
    record: RubricRecord,
    phrases: Sequence[int],
    texts: Sequence[str],
    longest: int = LONGEST_WINDOW,
) -> Matrix:
    """(phrases, windows): the share of a phrase's rare stems that a window holds."""
    stems = [frozenset(record.phrases[i].stems) for i in phrases]
    column = {s: i for i, s in enumerate(sorted(frozenset().union(*stems)))}
    here = np.zeros((len(phrases), len(column)), dtype=np.float32)
    for row, phrase in enumerate(stems):
        for s in phrase:
            here[row, column[s]] = 1.0
    local = np.log((1 + len(phrases)) / (1 + here.sum(axis=0)))
    corpus = np.array([record.stem_weights.get(s, 0.0) for s in column], dtype=np.float32)
    here *= local * corpus
    here /= np.maximum(here.sum(axis=1, keepdims=True), 1e-6)
    present = np.zeros((len(column), len(texts)), dtype=np.float32)
    for i, text in enumerate(texts):
        for word in set(words(text)):
            if (at := column.get(stem(word))) is not None:
                present[at, i] = 1.0
    out: Matrix = here @ _windows(present, longest)
    return out


def _windows(columns: Matrix, longest: int) -> Matrix:
    """Take the maximum over each run of 1, 2, … neighbouring columns, shortest runs first."""
    n = columns.shape[1]
    out = [columns]
    for size in range(2, min(longest, n) + 1):
        out.append(np.maximum(out[-1][:, : n - size + 1], columns[:, size - 1 :]))
    return np.concatenate(out, axis=1)
