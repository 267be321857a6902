"""Say of what a schema found wrong in a file what to write instead."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails


def places(error: ValidationError) -> list[ErrorDetails]:
    """Return what is wrong, each once: a list with a bad item is told a second time as too short."""
    found = error.errors(include_url=False, include_input=False)
    locs = [e["loc"] for e in found]
    return [
        e
        for e in found
        if not any(loc != e["loc"] and loc[: len(e["loc"])] == e["loc"] for loc in locs)
    ]


def remedy(error: ErrorDetails) -> str:
    """Return what is wrong with the value at `error["loc"]`, or what it has to be."""
    told = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is not a key that belongs here; check its spelling and its indentation"
        case "invalid_key":
            return "is a key and must be text; put it in quotes"
        case "string_type":
            return "must be text, in quotes"
        case "string_too_short":
            return "must not be empty"
        case "string_too_long":
            return f"must have at most {told['max_length']} characters"
        case "string_pattern_mismatch":
            return "must be small letters and digits with single hyphens between them"
        case "tuple_type" | "list_type":
            return "must be a list"
        case "too_short":
            return f"must have at least {told['min_length']}, there are {told['actual_length']}"
        case "too_long":
            return f"must have at most {told['max_length']}, there are {told['actual_length']}"
        case "literal_error":
            return f"must be {told['expected']}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "must be `key: value` pairs"
        case "json_invalid":
            return f"is not JSON ({told['error']})"
        case _:
            return error["msg"].removeprefix("Value error, ")
