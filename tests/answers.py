"""Answers that several tests use, the first eval cases by question and level, and their grading."""

from __future__ import annotations

import json
from functools import cache

from interviewer.files.settings import ROOT
from interviewer.judgement import grading
from interviewer.judgement.judges import OfflineJudge
from interviewer.models import Grade, Turn, slug


@cache
def first() -> dict[str, dict[str, str]]:
    """Return {question id: {level: answer}} of evals/cases/first.jsonl."""
    out: dict[str, dict[str, str]] = {}
    for line in (ROOT / "evals/cases/first.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        out.setdefault(slug(case["question"]), {})[case["level"]] = case["turns"][0]["text"]
    return out


DROPOUT = "why-does-dropout-work"
EIGHT = tuple(first())


async def offline(read, question: str, *turns: Turn | str) -> Grade:
    return await grading.grade(await read(question, *turns), OfflineJudge())
