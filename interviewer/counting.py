"""Counts in words, the same wherever something is counted."""

from __future__ import annotations


def many(count: int, noun: str) -> str:
    """Count something: 1 hint, 2 hints, no hints."""
    return f"{count or 'no'} {noun}{'s' * (count != 1)}"


def times(count: int) -> str:
    """Say how often something was done: once, twice, 3 times."""
    return {1: "once", 2: "twice"}.get(count) or many(count, "time")
