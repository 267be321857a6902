"""What an endpoint's faults mean: whether to try again, and what to tell a person."""

from __future__ import annotations

import random
import re

import openai

from interviewer.errors import (
    BadReply,
    InterviewerError,
    ModelRefused,
    ModelUnavailable,
    ModelUnreachable,
)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0
LONGEST_TOLD_S = 20.0
"""A wait that an endpoint asks for is kept up to this; a longer one is for the caller to decide."""


def pause_before(error: openai.OpenAIError, failures: int) -> float | None:
    """Return the seconds after which another try may help; None when it will not."""
    if isinstance(error, openai.APIStatusError):
        headers = error.response.headers
        again = error.status_code in (408, 409, 429) or error.status_code >= 500
        again = {"true": True, "false": False}.get(headers.get("x-should-retry", ""), again)
        if not again or error.code == "insufficient_quota":
            return None
        told = _retry_after(error)
        if told is not None:
            return told if told <= LONGEST_TOLD_S else None
    elif not isinstance(error, openai.APIConnectionError):
        return None
    grown = min(FIRST_PAUSE_S * 2.0 ** (failures - 1), LONGEST_PAUSE_S)
    return grown * random.uniform(0.75, 1.0)  # noqa: S311 - spreads tries, no secret


def is_about_form(error: Exception) -> bool:
    """Tell whether an endpoint may have stumbled over the form; llama.cpp answers 500 to some."""
    if isinstance(error, openai.APIStatusError) and _is_too_long(error):
        return False
    return isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError) or (
        isinstance(error, openai.InternalServerError) and error.status_code in (500, 501)
    )


def mapped(error: Exception, model: str, *, begun: bool = False) -> InterviewerError:
    """Turn an error of the SDK into ours; its own text may hold a key and is not repeated.

    Args:
        error: what went wrong.
        model: who was asked.
        begun: whether part of the reply had come in.
    """
    match error:
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return ModelRefused(
                "The endpoint refused the key. Check OPENAI_API_KEY and OPENAI_BASE_URL."
            )
        case openai.NotFoundError():
            return ModelRefused(
                f"The endpoint does not know {model}. Check INTERVIEWER_MODEL and OPENAI_BASE_URL."
            )
        case openai.RateLimitError() if error.code == "insufficient_quota":
            return ModelRefused("The account behind the key has no quota left.")
        case openai.RateLimitError():
            wait = _retry_after(error)
            when = (
                "in a moment" if wait is None else f"in {wait:g} second{'' if wait == 1 else 's'}"
            )
            return ModelUnavailable(f"The endpoint is busy. Try again {when}.", retry_after=wait)
        case openai.APITimeoutError() | TimeoutError():
            return ModelUnavailable(f"{model} took too long to reply. Try again.")
        case openai.APIConnectionError() if begun:
            return BadReply(
                "The connection was cut in the middle of the reply. Send again to retry."
            )
        case openai.APIConnectionError():
            return ModelUnreachable(
                "The endpoint cannot be reached. Check OPENAI_BASE_URL and the network."
            )
        case openai.APIStatusError() if error.status_code >= 500:
            return ModelUnavailable(
                f"The endpoint failed (HTTP {error.status_code}). Try again.",
                retry_after=_retry_after(error),
            )
        case openai.APIStatusError() if _is_too_long(error):
            return ModelRefused(
                f"The context of {model} is too small for the rubric and what was said. Give the "
                "server a larger one, or set INTERVIEWER_MODEL to another model."
            )
        case openai.APIStatusError():
            return ModelRefused(f"The endpoint refused the request (HTTP {error.status_code}).")
        case _:
            return BadReply("The endpoint sent something that cannot be read. Try again.")


def _is_too_long(error: openai.APIStatusError) -> bool:
    """Tell whether the prompt does not fit; OpenAI, vLLM and llama.cpp say it in their own ways."""
    return error.status_code in (400, 413) and (
        error.code == "context_length_exceeded"
        or "context length" in str(error)
        or "context size" in str(error)
    )


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Return the seconds that an endpoint asks to wait; None for a date or nothing."""
    told = error.response.headers.get("retry-after", "")
    return float(told) if re.fullmatch(r"\d+(\.\d+)?", told) else None
