"""The rubric index: everything a grade needs, fetched from Chroma by question id.

An index is a folder named by the hash of its rubrics and the name of its encoder. It is built
once, under a lock, beside the place where it will stand, and never written afterwards, so that
the app, the shell and the evals can read it side by side. Chroma keeps the texts and one vector
each; the vectors of their single tokens stand in a memory-mapped array beside it, because one
question has about two thousand of them and Chroma holds one vector a record. A second array holds
the vectors of all phrases once more, for the one comparison that has to be exact: which question
an answer belongs to. Word counts for BM25 stand there too.
"""

from interviewer.outside.retrieval.index import Hit, RubricIndex, RubricRecord
from interviewer.outside.retrieval.opening import open_or_build

__all__ = ["Hit", "RubricIndex", "RubricRecord", "open_or_build"]
