"""What happens on the page. Every handler asks the service and draws what it says; none keeps anything."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import gradio as gr

from interviewer.errors import BadInput, InterviewerError
from interviewer.events import Event
from interviewer.models import LEVELS, Level
from interviewer.practice import Practice, RoundView
from interviewer.session import View
from interviewer.speech import transcribe
from interviewer.state import ActionKind
from interviewer.ui import engine, start, talk
from interviewer.ui.draw import Draw, Shown, Wish, address, interview_in
from interviewer.ui.layout import ANY_CATEGORY, DEFAULT, FINISH, GRADE_THIS, MODES, SIZES, Layout

FRAME_S = 0.05
"""At most twenty updates a second reach the browser."""


class Room:
    """Where the page finds the service, which is connected after the page was built."""

    practice: Practice


class Page:
    """The handlers."""

    def __init__(self, layout: Layout, room: Room) -> None:
        """Know the components, and where the service will be."""
        self._ui, self._room = layout, room

    @property
    def _practice(self) -> Practice:
        return self._room.practice

    @property
    def _draw(self) -> Draw:
        return Draw(self._ui, self._practice)

    # --- moving about ---------------------------------------------------------------------------

    async def arrive(
        self, owner: str, chosen: list[str], request: gr.Request
    ) -> AsyncIterator[Shown]:
        """Show what the address in the browser names."""
        owner = owner or secrets.token_hex(16)
        query = str(request.query_params)
        wish = Wish(target=_still_offered(chosen)[2])
        async for shown in self._at(owner, f"?{query}" if query else "", wish):
            yield {self._ui.owner: owner, **shown}

    async def go(
        self, owner: str, route: str, category: str, target: Level
    ) -> AsyncIterator[Shown]:
        """Show what a link names; what follows # only makes the same address a new event."""
        async for shown in self._at(owner, route.partition("#")[0], _wish(category, target)):
            yield shown

    async def _at(self, owner: str, place: str, wish: Wish) -> AsyncIterator[Shown]:
        view = await self._practice.view(owner, interview_in(place))
        if view and view.pending and view.interview.status in ("open", "closed"):
            # The page was left in the middle of a reply or of the grading: finish it now.
            async for shown in self._follow(owner, view.interview.id):
                yield shown
        else:
            yield await self._draw.place(owner, place, wish)

    async def reach(self) -> Shown:
        """See whether the model answers, and which others there are."""
        endpoint = self._practice.service.endpoint
        if self._practice.service.settings.engine_name == "llm":
            await endpoint.reach()
        return {self._ui.engine: engine.line(self._practice.service)}

    async def try_models(self, interviewing: str, grading: str) -> AsyncIterator[Shown]:
        """Try out the models that were chosen."""
        names = [*dict.fromkeys((interviewing.strip(), grading.strip()))]
        yield {self._ui.outcome: engine.trying(" and ".join(names))}
        results = {n: await self._practice.service.endpoint.test_model(n) for n in names if n}
        yield {self._ui.outcome: engine.tried(results)}

    async def use_models(self, interviewing: str, grading: str) -> Shown:
        """Have these models interview and grade from now on."""
        service = self._practice.service
        service.endpoint.use(interviewing.strip(), grading.strip())
        return {
            self._ui.engine_head: engine.screen(service),
            self._ui.engine: engine.line(service),
            self._ui.outcome: engine.used(interviewing.strip(), grading.strip()),
        }

    async def debriefed(self, owner: str, place: str) -> Shown:
        """Show a debrief in a model's words when it comes; the grade did not wait for it."""
        view = await self._practice.view(owner, interview_in(place))
        if view is None or view.grade is None or view.grade.engine == "offline":
            return {self._ui.report: gr.skip()}
        worded = await self._practice.service.debrief(view.interview.id)
        return await self._draw.debriefed(replace(view, debrief=worded, wording=False))

    async def loading(self) -> Shown:
        """Show how far the index is."""
        state = self._practice.service.progress
        busy = not (state.ready or state.failed)
        return {self._ui.loading: start.loading(state), self._ui.tick: gr.Timer(active=busy)}

    def recall(self, chosen: list[str]) -> list[Any]:
        """Return the choices of last time, as long as there still are such, and what they mean."""
        size, mode, target = _still_offered(chosen)
        return [size, mode, target, *self._meant(size, mode, target)]

    def choose(self, size: str, mode: str, target: str) -> list[Any]:
        """Keep the choices for next time, and say what the button will do now."""
        return [[size, mode, target], *self._meant(size, mode, target)]

    def _meant(self, size: str, mode: str, target: str) -> list[Any]:
        label = gr.update(label=start.chosen(size, mode, target))
        return [label, gr.update(value=start.begin(SIZES[size])), start.plan(SIZES[size])]

    async def offer(self, owner: str, category: str, target: Level) -> Shown:
        """Offer a question that fits the choices."""
        return {self._ui.passed: "", **await self._draw.offer(owner, _wish(category, target))}

    async def other(
        self, owner: str, category: str, target: Level, passed: str, offered: str
    ) -> Shown:
        """Offer another question."""
        passed = f"{passed} {offered}"
        shown = await self._draw.offer(owner, _wish(category, target), passed)
        return {self._ui.passed: passed, **shown}

    async def search(self, owner: str, text: str) -> str:
        """Search the bank."""
        return await self._draw.found(owner, text)

    # --- beginning ------------------------------------------------------------------------------

    async def begin(
        self, owner: str, offered: str, category: str, size: str, mode: str, target: Level
    ) -> AsyncIterator[Shown]:
        """Begin an interview or a round."""
        kind = MODES[mode]
        try:
            if SIZES[size] == 1:
                interview_id = await self._practice.service.start(
                    owner, question=offered, mode=kind, target=target
                )
            else:
                area = _wish(category, target).category
                round_id = await self._practice.start_round(
                    owner, size=SIZES[size], category=area, mode=kind, target=target
                )
                interview_id = await self._practice.next_in_round(owner, round_id, offered)
        except InterviewerError as error:
            raise gr.Error(str(error), title="That did not work") from error
        async for shown in self._follow(owner, interview_id):
            yield shown

    def practise(self, variant: bool) -> Callable[..., AsyncIterator[Shown]]:
        """Return a handler that begins the question on the screen, or a variant of it."""

        async def handler(owner: str, place: str, chosen: list[str]) -> AsyncIterator[Shown]:
            question, which = place.rpartition("=")[2], 1
            _, how, target = _still_offered(chosen)
            mode = MODES[how]
            if view := await self._practice.view(owner, interview_in(place)):
                past = view.interview
                question, which = past.question_id or "", past.variant % 2 + 1
                mode = past.mode
            try:
                interview_id = await self._practice.service.start(
                    owner,
                    question=question,
                    mode=mode,
                    target=target,
                    variant=which if variant else 0,
                )
            except InterviewerError as error:
                raise gr.Error(str(error), title="That did not work") from error
            async for shown in self._follow(owner, interview_id):
                yield shown

        return handler

    async def continue_last(self, owner: str) -> AsyncIterator[Shown]:
        """Go on with what was left last."""
        for left in (await self._practice.left(owner))[:1]:
            if isinstance(left, RoundView):
                going_on = self.next_in_round(owner, address(round=left.round.id))
            else:
                going_on = self._follow(owner, left.interview.id)
            async for shown in going_on:
                yield shown

    async def end_round(self, owner: str, place: str) -> Shown:
        """End a round before all its questions were asked."""
        round_id = place.rpartition("=")[2]
        try:
            await self._practice.end_round(owner, round_id)
        except InterviewerError as error:
            raise gr.Error(str(error), title="That did not work") from error
        return await self._draw.round(owner, round_id)

    async def next_in_round(self, owner: str, place: str) -> AsyncIterator[Shown]:
        """Go on with a round."""
        try:
            interview_id = await self._practice.next_in_round(owner, place.rpartition("=")[2])
        except InterviewerError as error:
            raise gr.Error(str(error), title="That did not work") from error
        async for shown in self._follow(owner, interview_id):
            yield shown

    # --- the interview --------------------------------------------------------------------------

    async def try_again(self, owner: str, place: str) -> AsyncIterator[Shown]:
        """Ask once more for what a fault kept from happening."""
        async for shown in self._follow(owner, interview_in(place)):
            yield shown

    def act(self, kind: ActionKind, *, takes_words: bool) -> Callable[..., AsyncIterator[Shown]]:
        """Return the handler of a button."""

        async def handler(owner: str, place: str, seen: str, text: str) -> AsyncIterator[Shown]:
            interview_id, words = interview_in(place), text if takes_words else ""
            # Only words can be lost or doubled by a second window; a bare press may come late.
            seen_at = int(seen or 0) if words.strip() else None
            view = await self._practice.view(owner, interview_id)
            if view is None:
                yield self._draw.left(place)
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
                    yield await self._draw.elsewhere(owner, now)
                    return
                shown = await self._draw.step(owner, interview_id)
                if words.strip() or kind not in ("finish", "skip"):
                    shown[self._ui.status] = talk.trouble(f"Not sent. {error}")
                yield shown

        return handler

    async def _follow(self, owner: str, interview_id: str) -> AsyncIterator[Shown]:
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

    async def _steps(
        self, owner: str, view: View, events: AsyncIterator[Event], *, quiet: bool = False
    ) -> AsyncIterator[Shown]:
        """Show a step of the interview while it happens, then what was recorded.

        Nothing is yielded before the first event: by then the candidate's words are on disk.
        When it is quiet, what is said stands on the screen already.
        """
        ui, interview_id, seen = self._ui, view.interview.id, str(len(view.entries))
        said, shown_at, problem = "", 0.0, ""
        frame: Shown = {}
        try:
            async for event in events:
                status = event.text if event.kind == "status" else ""
                if fresh := not frame or bool(status and said):  # what was said is on record now
                    frame = {**await self._draw.step(owner, interview_id), ui.message: ""}
                    # Until the reply is there, what is sent once more is refused, not doubled.
                    frame[ui.seen] = seen
                said = "" if status else said + event.text
                frame |= {ui.live: talk.live("" if quiet else said), ui.status: talk.coming(status)}
                if fresh or status or time.monotonic() - shown_at >= FRAME_S:
                    yield dict(frame)
                    shown_at = time.monotonic()
        except BadInput:
            raise
        except InterviewerError as error:
            problem = str(error)
        final = await self._draw.step(owner, interview_id)
        if problem:
            final[ui.message] = talk.trouble(f"{problem} What you said is kept.")
        yield final

    async def ask_to_finish(self, owner: str, place: str, text: str) -> Shown:
        """Ask before ending."""
        view = await self._practice.view(owner, interview_in(place))
        if view is None:
            return self._draw.left(place)
        return {
            self._ui.confirm: gr.update(visible=True),
            self._ui.confirm_text: talk.finishing(view, text),
            self._ui.finish_now: gr.update(value=FINISH),
            self._ui.skip_now: gr.update(visible=False),
        }

    async def ask_to_skip(
        self, owner: str, place: str, seen: str, text: str
    ) -> AsyncIterator[Shown]:
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

    async def spoken(self, owner: str, place: str, path: str | None, text: str) -> Shown:
        """Put what was recorded into the box, behind what stands there."""
        view = await self._practice.view(owner, interview_in(place))
        if path is None or view is None or view.question is None:
            return {self._ui.microphone: None}
        try:
            heard = await transcribe(self._practice.service.settings, path, view.question)
        except InterviewerError as error:
            return {self._ui.microphone: None, self._ui.status: talk.trouble(str(error))}
        return {self._ui.microphone: None, self._ui.answer: f"{text} {heard}".strip()}

    # --- afterwards -----------------------------------------------------------------------------

    async def redrill(self, owner: str, place: str, target: Level) -> AsyncIterator[Shown]:
        """Begin another try at the gap of the interview on the screen."""
        if await self._practice.view(owner, interview_in(place)):
            try:
                again = await self._practice.service.redrill(interview_in(place), target)
            except InterviewerError as error:
                raise gr.Error(str(error), title="That did not work") from error
            async for shown in self._follow(owner, again):
                yield shown

    async def ask(self, owner: str, place: str, asked: str) -> AsyncIterator[Shown]:
        """Do what a button within the feedback asks for: `challenge TELL` or `one-level-up`."""
        what, _, tell_id = asked.partition("#")[0].partition(" ")
        service, interview_id = self._practice.service, interview_in(place)
        if not what or await self._practice.view(owner, interview_id) is None:
            yield {self._ui.asked: ""}
            return
        try:
            if what == "challenge":
                await service.challenge(interview_id, tell_id)
            else:
                await service.one_level_up(interview_id)
        except InterviewerError as error:
            gr.Warning(str(error), title="That did not work")
        yield await self._draw.looked_again(owner, interview_id)

    async def delete(self, owner: str, place: str) -> Shown:
        """Delete the interview on the screen."""
        if view := await self._practice.view(owner, interview_in(place)):
            await self._practice.service.delete(view.interview.id)
        return await self._draw.place(owner, "?see=progress")

    async def to_start(self, owner: str, category: str, target: Level) -> Shown:
        """Show the start."""
        return await self._draw.place(owner, "", _wish(category, target))


def _still_offered(chosen: list[str]) -> tuple[str, str, Level]:
    """Return the choices that a browser kept, or the usual ones when there are no such any more."""
    size, mode, target = chosen if len(chosen) == len(DEFAULT) else DEFAULT
    aim = next((level for level in LEVELS if level == target), None)
    return (size, mode, aim) if aim and size in SIZES and mode in MODES else DEFAULT


def _wish(category: str, target: Level) -> Wish:
    return Wish(None if category == ANY_CATEGORY else category, target)
