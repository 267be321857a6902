"""What an endpoint turned out to be able to do, remembered by endpoint and model.

Learnt from its refusals, kept in one small file that can be deleted at any time, so that a
program that runs for one grade need not learn it again.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

Form = Literal["json_schema", "json_object", "text"]
FORMS: tuple[Form, ...] = ("json_schema", "json_object", "text")
"""Ways to ask for a structured reply, the strictest first."""
Limit = Literal["max_completion_tokens", "max_tokens"]
LIMITS: tuple[Limit | None, ...] = ("max_completion_tokens", "max_tokens", None)
"""Names of the most tokens of a reply, the one of OpenAI first; None: the endpoint decides. A server
with a small context refuses a limit that does not fit beside the prompt, whatever its name."""


@dataclass(frozen=True)
class Abilities:
    """What to send; the defaults are what OpenAI takes."""

    form: Form = "json_schema"
    proven: bool = False
    """Whether a structured reply has come in this form; then it is not doubted any more."""
    limit: Limit | None = "max_completion_tokens"
    stream_options: bool = True
    effort: bool = True
    """Whether it may be told how long to think; only OpenAI's own models are."""


class Memory:
    """The abilities of one model at one endpoint."""

    def __init__(self, path: Path | None, endpoint: str, model: str) -> None:
        """Recall what is known; without a path nothing outlives this object."""
        self._path = path
        # Hashed, because an address may hold a key.
        self._key = hashlib.sha256(f"{endpoint} {model}".encode()).hexdigest()[:16]
        self.now = Abilities()
        known = self._read().get(self._key)
        if isinstance(known, dict) and known.keys() == {f.name for f in fields(Abilities)}:
            self.now = Abilities(**known)

    def learn(self, **changes: Any) -> None:
        """Note what was found out."""
        changed = replace(self.now, **changes)
        if changed == self.now:
            return
        self.now = changed
        if self._path is not None:
            with suppress(OSError):
                fresh = self._path.with_suffix(".new")
                fresh.write_text(json.dumps({**self._read(), self._key: asdict(changed)}))
                fresh.replace(self._path)

    def _read(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            if self._path is not None:
                found = json.loads(self._path.read_text())
                return found if isinstance(found, dict) else {}
        return {}
