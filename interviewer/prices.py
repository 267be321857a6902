"""What a model costs, by the list in `prices.toml`; what is not known is None and never 0."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from interviewer.models import Spent, Usage

_OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens, as listed on a day."""

    as_of: str
    input: float
    cached_input: float
    output: float

    def cost(self, usage: Usage | Spent) -> float | None:
        """Return what was used in US dollars; None when the endpoint did not count its tokens."""
        if not (usage.input_tokens and usage.output_tokens):
            return None
        fresh = usage.input_tokens - usage.cached_tokens
        dollars = (
            fresh * self.input
            + usage.cached_tokens * self.cached_input
            + usage.output_tokens * self.output
        )
        return dollars / 1e6


def price(model: str | None, base_url: str | None) -> Price | None:
    """Look up a model; None when it is not listed, or served by somebody else than OpenAI."""
    if (base_url or _OPENAI).rstrip("/") != _OPENAI:
        return None
    table = _table()
    listed = table["models"].get(model)
    return Price(as_of=str(table["as_of"]), **listed) if listed else None


@cache
def _table() -> dict[str, Any]:
    text = (Path(__file__).parent / "prices.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def total(spent: Sequence[Spent], base_url: str | None) -> float | None:
    """Return what an interview cost in US dollars; None when any part of it is not known."""
    dollars = 0.0
    for part in spent:
        listed = price(part.model, base_url)
        cost = None if listed is None or part.uncounted else listed.cost(part)
        if cost is None:
            return None
        dollars += cost
    return dollars
