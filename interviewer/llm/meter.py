"""Add up what calls used."""

from __future__ import annotations

from dataclasses import dataclass

from openai.types import CompletionUsage

from interviewer.models import Spent, Usage


@dataclass
class Meter:
    """Adds up what calls used."""

    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    uncounted: int = 0
    """Calls whose tokens the endpoint did not report."""

    def add(self, usage: CompletionUsage | None) -> None:
        """Count one call."""
        self.calls += 1
        if usage is None:
            self.uncounted += 1
            return
        self.input_tokens += usage.prompt_tokens or 0
        self.output_tokens += usage.completion_tokens or 0
        details = usage.prompt_tokens_details
        self.cached_tokens += (details.cached_tokens or 0) if details else 0

    def usage(self) -> Usage | None:
        """Return the sums; None when some call was not reported, for then they are unknown."""
        if self.uncounted:
            return None
        return Usage(
            calls=self.calls,
            input_tokens=self.input_tokens,
            cached_tokens=self.cached_tokens,
            output_tokens=self.output_tokens,
        )

    def spent(self, model: str) -> Spent:
        """Return what is known of the calls."""
        return Spent(
            model=model,
            calls=self.calls,
            uncounted=self.uncounted,
            input_tokens=self.input_tokens,
            cached_tokens=self.cached_tokens,
            output_tokens=self.output_tokens,
        )
