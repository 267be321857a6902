"""How well a search finds its question: titles, paraphrases, whole answers, and strangers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.cases import load
from interviewer.errors import BadInput
from interviewer.judgement.search import Found
from interviewer.service.session import Service

CASES = Path(__file__).parent / "cases"
FLOORS = Path(__file__).parent / "search.toml"
ANSWERS = ("gold.jsonl", "crossed.jsonl")
"""Suites of whole answers, written blind to the rubrics that a search goes through; of them the
cases of split `test` are taken, 200 answers."""


@dataclass(frozen=True)
class Score:
    """How often something went well."""

    name: str
    """As in search.toml, where its floor stands."""
    good: int
    of: int

    @property
    def share(self) -> float:
        """Share of the texts that went well."""
        return self.good / self.of


async def measure(service: Service) -> list[Score]:
    """Search for every title, paraphrase, whole answer, and question outside the canon.

    Raises:
        BadInput: a file of cases cannot be read.
    """
    rows = _paraphrases(CASES / "paraphrases.jsonl")
    items, _ = load([CASES / name for name in ANSWERS])
    titles = [(q.title, q.title) for q in service.bank.questions.values()]
    reworded = [(row["question"], row["text"]) for row in rows if row["question"]]
    answers = [
        (i.case.question, "\n".join(t.text for t in i.case.turns if t.role == "candidate"))
        for i in items
        if i.case.split == "test"
    ]
    strangers = [await service.search(row["text"]) for row in rows if not row["question"]]
    by_title = await _ranked(service, titles)
    by_paraphrase = await _ranked(service, reworded)
    by_answer = await _ranked(service, answers)
    return [
        _score("titles_first", [rank == 0 for rank, _ in by_title]),
        _score("paraphrases_first", [rank == 0 for rank, _ in by_paraphrase]),
        _score("paraphrases_among_three", [rank < 3 for rank, _ in by_paraphrase]),
        _score("answers_first", [rank == 0 for rank, _ in by_answer]),
        _score("paraphrases_said_to_have_a_rubric", [found.near for _, found in by_paraphrase]),
        _score("strangers_said_to_have_none", [not found.near for found in strangers]),
    ]


async def _ranked(service: Service, texts: Sequence[tuple[str, str]]) -> list[tuple[int, Found]]:
    out = []
    for question, text in texts:
        found = await service.search(text)
        wanted = service.bank.find(question).id
        out.append(([hit.question_id for hit in found.hits].index(wanted), found))
    return out


def _score(name: str, went_well: Sequence[bool]) -> Score:
    return Score(name, sum(went_well), len(went_well))


def _paraphrases(path: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
