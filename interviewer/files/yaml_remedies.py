"""Say of what YAML could not read where it is and what to write instead."""

from __future__ import annotations

import re

import yaml

_MARKS = "@`%&*!|>"
"""What text cannot begin with unless it is in quotes."""


def told(error: yaml.YAMLError, text: str) -> tuple[str, str]:
    """Return the place, a line where it is known, and the remedy of an error in a text."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return "file", str(error).partition("\n")[0] or "is no YAML"
    at, begun = error.problem_mark, error.context_mark or error.problem_mark
    lines = text.split("\n")
    line = lines[at.line] if at.line < len(lines) else ""
    here, problem = f"line {at.line + 1}", error.problem or "is no YAML"
    before, mark = line[: at.column], line[at.column : at.column + 1]
    if re.match(r" *\t", line):
        return here, "is indented with a tab; use spaces"
    if "end of stream" in problem and "quoted" in (error.context or ""):
        return f"line {begun.line + 1}", "a quote opened here is not closed"
    if "expected ','" in problem:
        return (
            f"line {begun.line + 1}",
            "a bracket opened here is not closed; quote text that begins so",
        )
    if "mapping values" in problem and ": " in before:
        return here, "holds a second `: `; put its text in quotes"
    if "mapping values" in problem or ("did not find expected" in problem and not before.strip()):
        return here, "does not line up with the lines above; indent it as its neighbours are"
    if "did not find expected key" in problem and before.rstrip().endswith(("'", '"')):
        return (
            here,
            "goes on after a closing quote; write quotes inside the text twice, or use others",
        )
    if "expected ':'" in problem:
        return f"line {begun.line + 1}", "is no `key: value`; indent text that goes on from above"
    if mark and mark in _MARKS:
        return here, f"put text that begins with `{mark}` in quotes"
    return here, problem
