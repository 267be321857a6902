"""Addresses of places in the room."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode


def address(**query: str) -> str:
    """Return the address of a place in the room."""
    return f"?{urlencode(query)}"


def interview_in(place: str) -> str:
    """Return the interview that an address is about."""
    return query_of(place).get("interview", "")


def query_of(place: str) -> dict[str, str]:
    """Return what an address names."""
    return {key: values[-1] for key, values in parse_qs(place.lstrip("?")).items()}
