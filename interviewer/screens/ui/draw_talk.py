"""The talk as it is drawn: a step of it changes a few texts, its screen has everything else."""

from __future__ import annotations

import gradio as gr

from interviewer.screens.ui import talk
from interviewer.screens.ui.address import address
from interviewer.screens.ui.layout import Layout, Updates
from interviewer.service.practice import Practice, RoundView
from interviewer.service.view import View


class DrawTalk:
    """Draws an interview under way, for an owner."""

    def __init__(self, layout: Layout, practice: Practice) -> None:
        """Know the components, and where the record will be."""
        self._ui, self._practice = layout, practice

    async def screen(self, owner: str, view: View) -> Updates:
        """Return everything on the screen of a talk."""
        at, drilled = await self.around(owner, view)
        return {
            self._ui.card: talk.card(view, at, drilled),
            self._ui.finish: talk.finish(at),
            **await self._said(owner, view),
            self._ui.confirm: gr.update(visible=False),
        }

    async def step(self, owner: str, interview_id: str) -> Updates:
        """Return what a step changes on the screen of the talk, or the way on when it is over."""
        view = await self._practice.view(owner, interview_id)
        if view is None:
            return self.left(address(interview=interview_id))
        round_id = view.interview.round_id
        if view.interview.status == "skipped":
            return self.left(address(round=round_id) if round_id else address(skipped=interview_id))
        said = await self._said(owner, view)
        # A round goes on at once: what was answered in it is graded meanwhile.
        if view.interview.status not in (("graded", "closed") if round_id else ("graded",)):
            return said
        where = address(round=round_id) if round_id else address(interview=interview_id)
        on = talk.left(where, "Go on to your round" if round_id else "See your level")
        return {**said, self._ui.status: on}

    async def elsewhere(self, owner: str, view: View) -> Updates:
        """Return the talk of a window whose interview was ended in another one."""
        where, label = address(interview=view.interview.id), "See your level"
        if view.interview.status == "skipped":
            where, label = "", "Go to the start"
        round_id = view.interview.round_id
        if round_id and (at := await self._practice.round(owner, round_id)):
            where, label = address(round=round_id), "Go on to your round"
            if at.current:
                where = address(interview=at.current.interview.id)
                label = f"Go on to question {at.number} of {at.round.size}"
        return {
            **await self._said(owner, view),
            self._ui.message: "",
            self._ui.status: talk.elsewhere(where, label),
        }

    async def _said(self, owner: str, view: View) -> Updates:
        ui = self._ui
        at, drilled = await self.around(owner, view)
        waits = talk.trouble("The interviewer has not answered yet. Nothing is lost.")
        return {
            ui.facts: talk.facts(view, at, drilled),
            ui.said: talk.said(view),
            ui.live: "",
            ui.status: "",
            ui.seen: str(len(view.entries)),
            ui.message: waits if view.pending else "",
        }

    async def around(self, owner: str, view: View) -> tuple[RoundView | None, str | None]:
        """Return the round that an interview belongs to and the tell that it is a drill of."""
        if round_id := view.interview.round_id:
            return await self._practice.round(owner, round_id), None
        return None, await self._practice.service.store.grades.redrill(view.interview.id)

    def left(self, place: str) -> Updates:
        """Return the talk as it is when the page goes on to another place."""
        return {**dict.fromkeys(self._ui.step(), ""), self._ui.status: talk.left(place, "Go on")}
