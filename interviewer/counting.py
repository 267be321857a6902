"""Counts in words, the same wherever something is counted, and counts as they are typed."""

from __future__ import annotations

from argparse import ArgumentTypeError


def many(count: int, noun: str) -> str:
    """Count something: 1 hint, 2 hints, no hints."""
    return f"{count or 'no'} {noun}{'s' * (count != 1)}"


def times(count: int) -> str:
    """Say how often something was done: once, twice, 3 times."""
    return {1: "once", 2: "twice"}.get(count) or many(count, "time")


def positive(text: str) -> int:
    """Read a count from a command line.

    Raises:
        ArgumentTypeError: it is no positive whole number.
    """
    if not (text.isdecimal() and int(text) > 0):
        raise ArgumentTypeError(f"{text} is no positive whole number")
    return int(text)
