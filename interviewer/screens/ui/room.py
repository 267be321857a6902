"""The room: where the page finds the service."""

from __future__ import annotations

from dataclasses import dataclass

from interviewer.service.practice import Practice


@dataclass(frozen=True)
class Room:
    """Where the page finds the service."""

    practice: Practice
