"""How far an answer reasons past the basics, and past the problem as asked, whatever its subject.

The rubrics hold thousands of phrases that show an L5 or an L6 tell, and as many that only name
things. What parts the two over all fifty questions is a direction in the space of sentence vectors
(`retrieval.directions`), and every sentence lies some way along it. It says nothing of whether a
sentence is right or to the point; that is what the tells are for. Added to their credit it makes
up for tells that were shown in words that no cue foresaw.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interviewer.judgement.policy import NO_DEPTH, Depth
from interviewer.judgement.sentences import Sentence
from interviewer.outside.embedding import Matrix
from interviewer.outside.retrieval import RubricRecord


def depth(
    record: RubricRecord, said: Sequence[Sentence], pooled: Matrix, standing: Matrix
) -> Depth:
    """Measure an answer.

    A sentence counts by its words and by how far it is the candidate's own claim, and for one at
    most: nothing is gained by going on about a thing.

    Args:
        record: the rubric.
        said: the sentences.
        pooled: (sentences, dimension)
        standing: (sentences,)
    """
    counts = standing * [0 if s.hostile else len(s.text.split()) for s in said]
    if not counts.any():
        return NO_DEPTH
    along = (pooled - record.centre) @ record.directions[:, :-1].T + record.directions[:, -1]
    return Depth(*map(float, np.average(np.tanh(along), axis=0, weights=counts)))
