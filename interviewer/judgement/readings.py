"""Readings of answers that were read before: the same cases, graded again after a change."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from interviewer.files.source import code_hash, sha
from interviewer.judgement import grading
from interviewer.judgement.matching import Match
from interviewer.judgement.policy import Depth
from interviewer.judgement.reading import Reading, read
from interviewer.judgement.sentences import Sentence
from interviewer.models import Turn
from interviewer.outside.embedding import Encoder
from interviewer.outside.kept import Kept, KeptEncoder
from interviewer.outside.retrieval import RubricIndex, RubricRecord

MOST_VECTORS, MOST_READINGS = 2000, 20_000
"""Answers. One has about 0.3 MB of vectors, and 20 kB of everything else."""


class Readings:
    """Reads answers, and keeps what it cost: half a second of embedding, 80 ms of comparing.

    Vectors outlive a change of the code that compares them with the rubric; the comparison
    is kept under the hash of that code and of all rubrics.
    """

    def __init__(self, folder: Path) -> None:
        """Keep them in this folder."""
        self._vectors = Kept(folder / "vectors.sqlite", MOST_VECTORS)
        self._readings = Kept(folder / "readings.sqlite", MOST_READINGS)

    async def read(
        self, record: RubricRecord, turns: Sequence[Turn], index: RubricIndex, encoder: Encoder
    ) -> tuple[Reading, bool]:
        """Return a reading, and whether the answer belongs to another question."""
        said = [(turn.role, turn.text, turn.aims_at) for turn in turns]
        key = sha([index.name, code_hash("judgement.readings"), record.question.id, said])
        if found := self._readings.get(key):
            head, (scores, alone, pooled, standing) = found
            sentences = [
                Sentence(turn, start, end, turns[turn].text[start:end], hostile)
                for turn, start, end, hostile in head["sentences"]
            ]
            windows = tuple((first, last) for first, last in head["windows"])
            return Reading(
                record,
                tuple(turns),
                sentences,
                head["is_answer"],
                pooled,
                Match(tuple(head["tell_ids"]), windows, scores, alone),
                standing,
                head["aimed"],
                head["pressed"],
                Depth(*head["depth"]),
            ), head["off_question"]
        reading = await read(record, turns, KeptEncoder(encoder, self._vectors))
        off_question = await asyncio.to_thread(grading.off_question, reading, index)
        head = {
            "sentences": [(s.turn, s.start, s.end, s.hostile) for s in reading.sentences],
            "is_answer": reading.is_answer,
            "tell_ids": reading.match.tell_ids,
            "windows": reading.match.windows,
            "aimed": reading.aimed,
            "pressed": reading.pressed,
            "depth": reading.depth,
            "off_question": off_question,
        }
        match = reading.match
        self._readings.put(key, head, match.scores, match.alone, reading.pooled, reading.standing)
        return reading, off_question

    def close(self) -> None:
        """Let go of the files."""
        self._vectors.close()
        self._readings.close()
