"""What happens in an interview: each step is shown while it is done, and then as it was recorded."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path

import gradio as gr

from interviewer.agent.state import ActionKind
from interviewer.errors import BadInput, InterviewerError
from interviewer.events import Event
from interviewer.outside.speech import transcribe
from interviewer.screens.ui import talk
from interviewer.screens.ui.address import address, interview_in
from interviewer.screens.ui.draw import Draw
from interviewer.screens.ui.layout import FINISH, GRADE_THIS, Layout, Updates
from interviewer.service.practice import Practice
from interviewer.service.view import View

FRAME_S = 0.05
"""At most twenty updates a second reach the browser."""


class Conversation:
    """The handlers of the talk."""

    def __init__(self, layout: Layout, practice: Practice, draw: Draw) -> None:
        """Know the components, where the service will be, and who draws."""
        self._ui, self._practice, self._draw = layout, practice, draw
        self._talk = draw.talk

    async def follow(self, owner: str, interview_id: str) -> AsyncIterator[Updates]:
        """Show an interview, and go on with what waits there."""
        shown = await self._draw.place(owner, address(interview=interview_id))
        view = await self._practice.view(owner, interview_id)
        if view is None or not view.pending:
            yield shown
            return
        coming = talk.coming(
            "Your words are kept, the reply is on its way…" if view.entries else ""
        )
        yield {**shown, self._ui.message: "", self._ui.status: coming}
        async for shown in self._steps(owner, view, self._practice.service.resume(interview_id)):
            yield shown

    async def try_again(self, owner: str, place: str) -> AsyncIterator[Updates]:
        """Ask once more for what a fault kept from happening."""
        async for shown in self.follow(owner, interview_in(place)):
            yield shown

    def act(self, kind: ActionKind, *, takes_words: bool) -> Callable[..., AsyncIterator[Updates]]:
        """Return the handler of a button."""

        async def handler(owner: str, place: str, seen: str, text: str) -> AsyncIterator[Updates]:
            interview_id, words = interview_in(place), text if takes_words else ""
            # Only words can be lost or doubled by a second window; a bare press may come late.
            seen_at = int(seen or 0) if words.strip() else None
            view = await self._practice.view(owner, interview_id)
            if view is None:
                yield self._talk.left(place)
                return
            events = self._practice.service.act(interview_id, kind, words, seen=seen_at)
            taken = False
            try:
                async for shown in self._steps(owner, view, events, quiet=kind == "repeat"):
                    if takes_words and not taken:  # it is in the record by now
                        shown[self._ui.answer], taken = "", True
                    yield shown
            except BadInput as error:
                now = await self._practice.view(owner, interview_id)
                if words.strip() and now and now.interview.status != "open":
                    yield await self._talk.elsewhere(owner, now)
                    return
                shown = await self._talk.step(owner, interview_id)
                if words.strip() or kind not in ("finish", "skip"):
                    kept = (
                        " It is shown above; your words are still in the box."
                        if words.strip()
                        else ""
                    )
                    shown[self._ui.status] = talk.trouble(f"Not sent. {error}{kept}")
                yield shown

        return handler

    async def _steps(
        self, owner: str, view: View, events: AsyncGenerator[Event], *, quiet: bool = False
    ) -> AsyncIterator[Updates]:
        """Show a step of the interview while it happens, then what was recorded.

        Nothing is yielded before the first event: by then the candidate's words are on disk.
        When it is quiet, what is said stands on the screen already.
        """
        ui, interview_id, seen = self._ui, view.interview.id, str(len(view.entries))
        said, shown_at, problem, left = "", 0.0, "", False
        frame: Updates = {}
        try:
            async for event in events:
                status = event.text if event.kind == "status" else ""
                if fresh := not frame or bool(status and said):  # what was said is on record now
                    frame = {**await self._talk.step(owner, interview_id), ui.message: ""}
                    # Until the reply is there, what is sent once more is refused, not doubled.
                    frame[ui.seen] = seen
                    left = bool(frame[ui.status])
                said = "" if status else said + event.text
                frame[ui.live] = talk.live("" if quiet else said)
                if not left:
                    frame[ui.status] = talk.coming(status)
                if fresh or status or time.monotonic() - shown_at >= FRAME_S:
                    yield dict(frame)
                    shown_at = time.monotonic()
                if left and status:
                    return  # the page goes on to the round, which has it graded; not on this screen
        except BadInput:
            raise
        except InterviewerError as error:
            problem = str(error)
        finally:
            await events.aclose()  # at once: who grades it next waits for the interview
        final = await self._talk.step(owner, interview_id)
        if problem:
            final[ui.message] = talk.trouble(f"{problem} What you said is kept.")
        yield final

    async def ask_to_finish(self, owner: str, place: str, text: str) -> Updates:
        """Ask before ending."""
        view = await self._practice.view(owner, interview_in(place))
        if view is None:
            return self._talk.left(place)
        at, _ = await self._talk.around(owner, view)
        return {
            self._ui.confirm: gr.update(visible=True),
            self._ui.confirm_text: talk.finishing(view, at, text),
            self._ui.finish_now: gr.update(value=talk.finish(at) if at else FINISH),
            self._ui.skip_now: gr.update(visible=False),
        }

    async def ask_to_skip(
        self, owner: str, place: str, seen: str, text: str
    ) -> AsyncIterator[Updates]:
        """Skip a question that nothing was said to; ask before what was said is thrown away."""
        view = await self._practice.view(owner, interview_in(place))
        if view and talk.has_said(view, text):
            yield {
                self._ui.confirm: gr.update(visible=True),
                self._ui.confirm_text: talk.skipping(),
                self._ui.finish_now: gr.update(value=GRADE_THIS),
                self._ui.skip_now: gr.update(visible=True),
            }
            return
        async for shown in self.act("skip", takes_words=False)(owner, place, seen, text):
            yield shown

    async def spoken(self, owner: str, place: str, path: str | None, text: str) -> Updates:
        """Put what was recorded into the box, behind what stands there, and delete the recording."""
        try:
            view = await self._practice.view(owner, interview_in(place))
            if path is None or view is None or view.question is None:
                return {self._ui.microphone: None}
            heard = await transcribe(self._practice.service.settings, path, view.question)
        except InterviewerError as error:
            return {self._ui.microphone: None, self._ui.status: talk.trouble(str(error))}
        finally:
            if path is not None:
                Path(path).unlink(missing_ok=True)
        return {self._ui.microphone: None, self._ui.answer: f"{text} {heard}".strip()}
