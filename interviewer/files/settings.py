"""Every setting, read in one place from the environment and `.env`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values

from interviewer.errors import SetupError

ROOT = Path(__file__).resolve().parents[2]
EngineName = Literal["offline", "llm"]


def _default_data_dir() -> Path:
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "interviewer"


@dataclass(frozen=True)
class Settings:
    """What can be set; the variable of a field is its name in capitals after `INTERVIEWER_`.

    A dataclass and no pydantic model, because importing pydantic takes thirty times as long as
    starting Python, and `interviewer questions` has no other use for it.
    """

    openai_api_key: str | None = field(default=None, repr=False)
    """`OPENAI_API_KEY`: key of the endpoint; a local server takes any word."""
    openai_base_url: str | None = None
    """`OPENAI_BASE_URL`: an OpenAI-compatible endpoint; OpenAI itself when unset."""
    engine: EngineName | None = None
    """Who judges and speaks; unset: `llm` when there is a key, else `offline`."""
    model: str = "gpt-6.1-terra"
    """The model that speaks."""
    grader_model: str | None = None
    """The model that grades; unset: the one that speaks."""
    judge_mode: Literal["tells", "combined", "holistic"] = "combined"
    """How a model grades: tell by tell, or beside a reading of the whole answer as well. `holistic`
    is a baseline that only the evals can choose."""
    tells_per_call: int = 0
    """How many verdicts a model is asked for at once; 0: all of them."""
    timeout_s: int = 120
    """Seconds that a model may take for one reply, tries included."""
    embedding_model: str | None = None
    """A model for `/v1/embeddings`; unset: the embedded all-MiniLM-L6-v2."""
    speech_base_url: str | None = None
    """An OpenAI-compatible endpoint for recordings; unset: the one that speaks."""
    speech_model: str | None = None
    """A model for `/v1/audio/transcriptions`; unset: no microphone is offered."""
    data_dir: Path = field(default_factory=_default_data_dir)
    """Where interviews and the index are kept."""
    rubrics_dir: Path = ROOT / "rubrics"
    """The folder of rubric files."""
    host: str = "127.0.0.1"
    port: int = 7860
    """0: any that is free."""

    @property
    def engine_name(self) -> EngineName:
        """The engine that answers unless one is asked for."""
        return self.engine or ("llm" if self.openai_api_key else "offline")


def load_settings() -> Settings:
    """Read the settings; the environment wins over `.env`, and an empty value counts as unset.

    Raises:
        SetupError: one of them is not valid; the message names its variable.
    """
    found = {**dotenv_values(".env"), **os.environ}
    values: dict[str, Any] = {
        f.name: value.strip() for f in fields(Settings) if (value := found.get(_variable(f.name)))
    }
    for name in ("data_dir", "rubrics_dir"):
        if name in values:
            values[name] = Path(values[name]).expanduser()
    if values.get("engine", "offline") not in ("offline", "llm"):
        raise SetupError(f"INTERVIEWER_ENGINE is “{values['engine']}”; set it to offline or llm.")
    if values.get("judge_mode", "tells") not in ("tells", "combined"):
        raise SetupError(
            f"INTERVIEWER_JUDGE_MODE is “{values['judge_mode']}”; set it to tells or combined."
        )
    for name in _BOUNDS:
        if name in values:
            values[name] = number(name, values[name], given=_variable(name))
    return Settings(**values)


_BOUNDS = {"port": (0, 65535), "tells_per_call": (0, 100), "timeout_s": (1, 86400)}
"""Settings that are whole numbers, and their bounds."""


def number(name: str, text: str, *, given: str) -> int:
    """Read a setting that is a whole number.

    Args:
        name: the field.
        text: what it was set to.
        given: the variable or option by which it was.

    Raises:
        SetupError: it is none, or out of bounds.
    """
    low, high = _BOUNDS[name]
    if not (text.isdecimal() and low <= int(text) <= high):
        raise SetupError(f"{given} is “{text}”; set it to {low} to {high}.")
    return int(text)


def _variable(name: str) -> str:
    return name.upper() if name.startswith("openai_") else f"INTERVIEWER_{name.upper()}"
