"""Render `prompts/*.md`: strict templates, hashed, with untrusted text kept between random marks."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateNotFound, meta

from interviewer.errors import SetupError
from interviewer.settings import ROOT

FOLDER = ROOT / "prompts"


@cache
def _environment() -> Environment:
    return Environment(  # noqa: S701 - prompts are text, not HTML
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )


def render(name: str, **values: Any) -> str:
    """Fill in one prompt.

    Raises:
        SetupError: the prompt is missing, or its variables are not exactly those given.
    """
    try:
        template, wanted = _load(name)
    except (TemplateNotFound, OSError) as error:
        raise SetupError(f"prompts/{name}.md cannot be read: {error}") from error
    if wanted != values.keys():
        raise SetupError(
            f"prompts/{name}.md uses {sorted(wanted)}, but is given {sorted(values)}. "
            "Use the variables that its first line lists."
        )
    return template.render(values).strip()


@cache
def _load(name: str) -> tuple[Template, frozenset[str]]:
    """Return a template and its variables."""
    environment = _environment()
    source = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    wanted = meta.find_undeclared_variables(environment.parse(source))
    return environment.from_string(source), frozenset(wanted)


def prompt_hash(*names: str) -> str:
    """Hash the text of prompts, so that a grade can name what it was made with."""
    seen = hashlib.sha256()
    for name in names:
        seen.update((FOLDER / f"{name}.md").read_bytes())
    return seen.hexdigest()[:16]


_SECRET = secrets.token_bytes(16)


def fence(about: str) -> str:
    """Return a mark to put around untrusted text: nobody can guess it.

    The same text gets the same mark while the program runs, so that prompts about one interview
    begin alike and endpoints can cache what they have read.
    """
    return f"~~~{hmac.new(_SECRET, about.encode(), 'sha256').hexdigest()[:12]}~~~"
