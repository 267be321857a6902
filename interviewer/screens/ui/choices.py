"""What is chosen on the start screen: how the next interview is held, and the question on offer."""

from __future__ import annotations

from typing import Any

import gradio as gr

from interviewer.models import LEVELS, Level
from interviewer.screens.ui import start
from interviewer.screens.ui.draw import Draw
from interviewer.screens.ui.layout import ANY_CATEGORY, DEFAULT, MODES, SIZES, Layout, Updates


class Choices:
    """The handlers of the choices."""

    def __init__(self, layout: Layout, draw: Draw) -> None:
        """Know the components, and who draws what is offered."""
        self._ui, self._draw = layout, draw

    def recall(self, chosen: list[str]) -> list[Any]:
        """Return the choices of last time, as long as there still are such, and what they mean."""
        size, mode, target = still_offered(chosen)
        return [size, mode, target, *self._meant(size, mode, target)]

    def choose(self, size: str, mode: str, target: str) -> list[Any]:
        """Keep the choices for next time, and say what the button will do now."""
        return [[size, mode, target], *self._meant(size, mode, target)]

    def _meant(self, size: str, mode: str, target: str) -> list[Any]:
        label = gr.update(label=start.chosen(mode, target))
        return [label, gr.update(value=start.begin(SIZES[size])), start.plan(SIZES[size])]

    async def offer(self, owner: str, category: str) -> Updates:
        """Offer a question of the category."""
        return {self._ui.passed: "", **await self._draw.offer(owner, wished(category))}

    async def other(self, owner: str, category: str, passed: str, offered: str) -> Updates:
        """Offer another question."""
        passed = f"{passed} {offered}"
        shown = await self._draw.offer(owner, wished(category), passed)
        return {self._ui.passed: passed, **shown}


def still_offered(chosen: list[str]) -> tuple[str, str, Level]:
    """Return the choices that a browser kept, or the usual ones when there are no such any more."""
    size, mode, target = chosen if len(chosen) == len(DEFAULT) else DEFAULT
    aim = next((level for level in LEVELS if level == target), None)
    return (size, mode, aim) if aim and size in SIZES and mode in MODES else DEFAULT


def wished(category: str) -> str | None:
    """Return the category that was chosen, or None for any."""
    return None if category == ANY_CATEGORY else category
