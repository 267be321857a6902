"""The room: where the page finds the service."""

from __future__ import annotations

from interviewer.practice import Practice


class Room:
    """Where the page finds the service, which is connected after the page was built."""

    practice: Practice
