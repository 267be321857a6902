"""Ask for a reply that fits a schema in the form that an endpoint takes, and find it in the text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from interviewer.outside.abilities import Form

Message = dict[Literal["role", "content"], str]


def ask_for(
    form: Form, messages: Sequence[Message], schema: type[BaseModel]
) -> tuple[list[Message], dict[str, Any]]:
    """Return messages and options that ask for the schema in one form."""
    if form == "json_schema":
        named = {"name": schema.__name__, "strict": True, "schema": _shape(schema)}
        asked_for = {"type": "json_schema", "json_schema": named}
        return list(messages), {"response_format": asked_for}
    wanted = {"response_format": {"type": "json_object"}} if form == "json_object" else {}
    *before, last = messages
    asked: Message = {"role": last["role"], "content": f"{last['content']}\n\n{_wish(schema)}"}
    return [*before, asked], wanted


def json_in(text: str) -> str:
    """Return the outermost JSON object of a text, or the text when it holds none."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text


def repair(text: str, error: ValidationError, schema: type[BaseModel]) -> list[Message]:
    """Show a reply that does not fit back, with what is wrong with it."""
    complaint = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
    again = (
        f"That does not fit the schema ({complaint}). Reply with the corrected JSON alone. "
        f"{_wish(schema)}"
    )
    return [{"role": "assistant", "content": text}, {"role": "user", "content": again}]


def _wish(schema: type[BaseModel]) -> str:
    shape = json.dumps(_shape(schema))
    return f"Reply with one JSON object that fits this schema, and nothing else:\n{shape}"


@cache
def _shape(schema: type[BaseModel]) -> dict[str, Any]:
    return schema.model_json_schema()
