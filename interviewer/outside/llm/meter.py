"""What calls used, as far as their endpoint counted it."""

from __future__ import annotations

from collections.abc import Sequence

from openai.types import CompletionUsage

from interviewer.models import Spent, Usage


def spent_on(model: str, usage: CompletionUsage | None) -> Spent:
    """Return what one call used; without a report that is not known."""
    details = usage.prompt_tokens_details if usage else None
    return Spent(
        model=model,
        calls=1,
        uncounted=int(usage is None),
        input_tokens=(usage.prompt_tokens or 0) if usage else 0,
        cached_tokens=(details.cached_tokens or 0) if details else 0,
        output_tokens=(usage.completion_tokens or 0) if usage else 0,
    )


def usage_of(spent: Sequence[Spent]) -> Usage | None:
    """Add calls up; None when some call was not reported, for then the sums are unknown."""
    if any(one.uncounted for one in spent):
        return None
    return Usage(
        calls=sum(one.calls for one in spent),
        input_tokens=sum(one.input_tokens for one in spent),
        cached_tokens=sum(one.cached_tokens for one in spent),
        output_tokens=sum(one.output_tokens for one in spent),
    )
