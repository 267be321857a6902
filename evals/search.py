"""How well a search finds its question: titles, paraphrases, whole answers, and strangers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from interviewer.errors import BadInput
from interviewer.search import Found
from interviewer.session import Service

PARAPHRASES = Path(__file__).parent / "cases" / "paraphrases.jsonl"
SUITES = ("gold", "crossed")
"""Answers that were written blind to the rubrics; a rubric is found by what it did not see."""


async def measure(service: Service) -> Iterator[tuple[str, int, int, str]]:
    """Return what was searched for, how often it went well, how often at all, and what "well" is.

    Raises:
        BadInput: a case file is missing or no JSON.
    """
    rows = list(_read(PARAPHRASES))
    answers = [
        (row["question"], _said(row))
        for suite in SUITES
        for row in _read(PARAPHRASES.with_name(f"{suite}.jsonl"))
    ]
    titles = [(q.title, q.title) for q in service.bank.questions.values()]
    known = [(row["question"], row["text"]) for row in rows if row["question"]]
    strangers = [await service.search(row["text"]) for row in rows if not row["question"]]
    out = []
    for name, texts in (("titles", titles), ("paraphrases", known), ("whole answers", answers)):
        found = [(service.bank.find(q).id, await service.search(text)) for q, text in texts]
        out.append((name, sum(_rank(q, f) == 0 for q, f in found), len(found), "found first"))
        out.append((name, sum(_rank(q, f) < 3 for q, f in found), len(found), "among three"))
        if name == "paraphrases":
            out.append((name, sum(f.near for _, f in found), len(found), "said to have a rubric"))
    out.append(
        ("strangers", sum(not f.near for f in strangers), len(strangers), "said to have none")
    )
    return iter(out)


def _rank(question_id: str, found: Found) -> int:
    return [hit.question_id for hit in found.hits].index(question_id)


def _said(row: dict[str, list[dict[str, str]]]) -> str:
    return "\n".join(t["text"] for t in row["turns"] if t["role"] == "candidate")


def _read(path: Path) -> Iterable[dict[str, str]]:
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
