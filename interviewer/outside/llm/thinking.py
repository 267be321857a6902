"""What a model thinks aloud before its reply, between <think> and </think>: nobody hears it."""

from __future__ import annotations

import re

_THOUGHT = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL)


def without_thought(text: str) -> str:
    """Return a whole reply without it."""
    return _THOUGHT.sub("", text, count=1)


class Thinking:
    """Holds back what stands in <think> at the start of a reply."""

    def __init__(self) -> None:
        self._held: str | None = ""

    def without(self, piece: str) -> str:
        """Return what of the reply so far can be passed on."""
        if self._held is None:
            return piece
        self._held += piece
        start = self._held.lstrip()
        if _THOUGHT.match(start):
            said = without_thought(start)
        elif start.startswith("<think>") or "<think>".startswith(start):
            return ""
        else:
            said = self._held
        self._held = None
        return said
