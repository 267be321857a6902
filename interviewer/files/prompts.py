"""Render `prompts/*.md`: strict templates, hashed, with untrusted text kept between random marks."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, meta

from interviewer.errors import SetupError
from interviewer.files.settings import ROOT

FOLDER = ROOT / "prompts"


_ENVIRONMENT = Environment(  # noqa: S701 - prompts are text, not HTML
    undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def render(name: str, **values: Any) -> str:
    """Fill in one prompt.

    Raises:
        SetupError: the prompt is missing, or its variables are not exactly those given.
    """
    template, wanted = _compiled(name)
    if wanted != values.keys():
        raise SetupError(
            f"prompts/{name}.md uses {sorted(wanted)}, but is given {sorted(values)}. "
            "Use the variables that its first line lists."
        )
    return template.render(values).strip()


@cache
def prompt_hash(*names: str) -> str:
    """Hash the text of prompts, so that a grade can name what it was made with."""
    seen = hashlib.sha256()
    for name in names:
        seen.update(_source(name).encode())
    return seen.hexdigest()[:16]


@cache
def _compiled(name: str) -> tuple[Template, set[str]]:
    """Return a template and the variables that it uses; much slower than rendering it."""
    wanted = meta.find_undeclared_variables(_ENVIRONMENT.parse(_source(name)))
    return _ENVIRONMENT.from_string(_source(name)), wanted


@cache
def _source(name: str) -> str:
    """Read a prompt, once: what is hashed is what is sent, also when the file changes meanwhile."""
    try:
        return (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    except OSError as error:
        raise SetupError(f"prompts/{name}.md cannot be read: {error}") from error


_SECRET = secrets.token_bytes(16)


def fence(about: str) -> str:
    """Return a mark to put around untrusted text: nobody can guess it.

    The same text gets the same mark while the program runs, so that prompts about one interview
    begin alike and endpoints can cache what they have read.
    """
    return f"~~~{hmac.new(_SECRET, about.encode(), 'sha256').hexdigest()[:12]}~~~"
