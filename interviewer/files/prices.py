"""What a model costs, by the list in `prices.toml`; what is not known is None and never 0."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from interviewer.counting import times
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


def spending(spent: Sequence[Spent], dollars: float | None) -> str:
    """Say what an interview used of its models, and what that cost by the list of prices."""
    calls = sum(s.calls for s in spent)
    names = dict.fromkeys(s.model for s in spent)
    was, it = ("were", "they") if len(names) > 1 else ("was", "it")
    read, cached = sum(s.input_tokens for s in spent), sum(s.cached_tokens for s in spent)
    again = (
        f", {cached:,} of them at the lower price of what {it} had read before" if cached else ""
    )
    text = (
        f"{' and '.join(names)} {was} asked {times(calls)}, read {read:,} tokens (a token is about three quarters of a "
        f"word){again}, and wrote {sum(s.output_tokens for s in spent):,}"
    )
    if uncounted := sum(s.uncounted for s in spent):
        text += f"; {times(uncounted)} {it} did not say how many"
    if dollars is None:
        return f"{text}. What that costs is not known here."
    return f"{text}. That is about ${dollars:.3f} by the list of prices."
