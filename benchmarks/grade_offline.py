"""What an offline grade and a search cost on top of embedding the text, which both have to do."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from typing import Any

import numpy as np
from figures import interleaved, show
from threadpoolctl import threadpool_limits

from interviewer.files.rubrics import load
from interviewer.files.settings import ROOT, load_settings
from interviewer.judgement import grading
from interviewer.judgement.judges import OfflineJudge
from interviewer.judgement.reading import read
from interviewer.judgement.sentences import sentences
from interviewer.models import Turn, slug
from interviewer.outside.embedding import MiniLM, find_minilm
from interviewer.outside.retrieval import open_or_build

ANSWERS, ROUNDS = 12, 5


def main() -> None:
    """Grade and search with whole answers to different questions, the index built beforehand."""
    settings = replace(load_settings(), data_dir=ROOT / ".cache")
    questions = list(load(settings.rubrics_dir).questions.values())
    encoder = MiniLM(find_minilm())
    index = open_or_build(
        settings.data_dir / "index",
        questions,
        encoder,
        lambda done, total: print(f"index {done}/{total}", end="\r", file=sys.stderr),
    )
    lines = (ROOT / "evals/cases/fresh.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines[:: len(lines) // ANSWERS]][:ANSWERS]
    turns = [[Turn(role="candidate", text=c["turns"][0]["text"])] for c in cases]
    texts = [[s.text for s in sentences(t)] for t in turns]

    def embed() -> None:
        for text in texts:
            encoder.encode(text)

    def grade() -> None:
        async def all_of_them() -> Any:
            for case, said in zip(cases, turns, strict=True):
                record = index.fetch(slug(case["question"]))
                reading = await read(record, said, encoder)
                await grading.grade(
                    reading, OfflineJudge(), off_question=grading.off_question(reading, index)
                )

        asyncio.run(all_of_them())

    def search() -> None:
        for text in texts:
            index.nearest(np.stack([e.pooled for e in encoder.encode(text)]))

    threadpool_limits(1)  # as `loading` does for the app, the shell and the evals
    grade()
    bare, graded, searched = interleaved(ROUNDS, embed, grade, search)
    show("grade_vs_embedding", graded / bare, at_most=1.25)
    show("search_vs_embedding", searched / bare, at_most=2)


if __name__ == "__main__":
    main()
