"""What happens on the page. Every handler asks the service and draws what it says; none keeps anything."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import gradio as gr

from interviewer.errors import InterviewerError
from interviewer.models import Level
from interviewer.screens.ui import engine, rounds, start
from interviewer.screens.ui.address import address, interview_in, query_of
from interviewer.screens.ui.choices import still_offered, wished
from interviewer.screens.ui.conversation import Conversation
from interviewer.screens.ui.draw import Draw
from interviewer.screens.ui.layout import MODES, SIZES, Layout, Updates
from interviewer.service.practice import Practice, RoundView

_FAILED = "That did not work"


class Page:
    """The handlers of places, beginnings and what comes after a grade."""

    def __init__(
        self, layout: Layout, practice: Practice, draw: Draw, conversation: Conversation
    ) -> None:
        """Know the components, where the service will be, and who shows what is begun."""
        self._ui, self._practice, self._draw, self._talk = layout, practice, draw, conversation

    # --- moving about ---------------------------------------------------------------------------

    async def arrive(self, owner: str, request: gr.Request) -> AsyncIterator[Updates]:
        """Show what the address in the browser names."""
        owner = owner or secrets.token_hex(16)
        query = str(request.query_params)
        async for shown in self._at(owner, f"?{query}" if query else ""):
            yield {self._ui.owner: owner, **shown}

    async def go(self, owner: str, route: str, category: str) -> AsyncIterator[Updates]:
        """Show what a link names; what follows # only makes the same address a new event."""
        async for shown in self._at(owner, route.partition("#")[0], wished(category)):
            yield shown

    async def _at(
        self, owner: str, place: str, category: str | None = None
    ) -> AsyncIterator[Updates]:
        view = await self._practice.view(owner, interview_in(place))
        if view and view.pending and view.interview.status in ("open", "closed"):
            # The page was left in the middle of a reply or of the grading: finish it now.
            async for shown in self._talk.follow(owner, view.interview.id):
                yield shown
            return
        drawn = await self._draw.place(owner, place, category)
        yield drawn
        if round_id := query_of(drawn[self._ui.place]).get("round"):
            async for shown in self._graded(owner, round_id, drawn):
                yield shown

    async def _graded(self, owner: str, round_id: str, drawn: Updates) -> AsyncIterator[Updates]:
        """Have graded what was answered in a round, and say so where it is told, on no other screen.

        It may take a minute, in which the candidate is at the next question.
        """
        at = await self._practice.round(owner, round_id)
        if at and (now := rounds.summary(at)) != drawn[self._ui.summary]:
            yield {self._ui.summary: now}  # the step that was left for this page has graded it
        for view in at.unread if at else ():
            with suppress(InterviewerError):  # the round shows that it failed
                async for _ in self._practice.service.resume(view.interview.id):
                    pass
            if at := await self._practice.round(owner, round_id):
                yield {self._ui.summary: rounds.summary(at)}

    async def reach(self) -> Updates:
        """See whether the model answers, and which others there are."""
        endpoint = self._practice.service.endpoint
        if self._practice.service.settings.engine_name == "llm":
            await endpoint.reach()
        return {self._ui.engine: engine.line(self._practice.service)}

    async def try_models(self, interviewing: str, grading: str) -> AsyncIterator[Updates]:
        """Try out the models that were chosen."""
        names = [*dict.fromkeys((interviewing.strip(), grading.strip()))]
        yield {self._ui.outcome: engine.trying(" and ".join(names))}
        results = {n: await self._practice.service.endpoint.test_model(n) for n in names if n}
        yield {self._ui.outcome: engine.tried(results)}

    async def use_models(self, interviewing: str, grading: str) -> Updates:
        """Have these models interview and grade from now on."""
        service = self._practice.service
        service.endpoint.use(interviewing.strip(), grading.strip())
        return {
            self._ui.engine_head: engine.screen(service),
            self._ui.engine: engine.line(service),
            self._ui.outcome: engine.used(interviewing.strip(), grading.strip()),
        }

    async def debriefed(self, owner: str, place: str) -> Updates:
        """Show a debrief in a model's words when it comes; the grade did not wait for it."""
        view = await self._practice.view(owner, interview_in(place))
        if view is None or view.grade is None or view.grade.engine == "offline":
            return {self._ui.report: gr.skip()}
        worded = await self._practice.service.debrief(view.interview.id)
        return await self._draw.debriefed(replace(view, debrief=worded, wording=False))

    async def loading(self) -> Updates:
        """Show how far the index is."""
        state = self._practice.service.progress
        busy = not (state.ready or state.failed)
        return {self._ui.loading: start.loading(state), self._ui.tick: gr.Timer(active=busy)}

    async def search(self, owner: str, text: str) -> str:
        """Search the bank."""
        return await self._draw.found(owner, text)

    async def search_again(self, owner: str, sought: str) -> str:
        """Search for what stands before the last #, which only makes the same words a new event."""
        return await self._draw.found(owner, sought.rpartition("#")[0])

    # --- beginning ------------------------------------------------------------------------------

    async def begin(
        self, owner: str, offered: str, category: str, size: str, mode: str, target: Level
    ) -> AsyncIterator[Updates]:
        """Begin an interview or a round."""
        kind = MODES[mode]
        with _faults_told():
            if SIZES[size] == 1:
                interview_id = await self._practice.service.start(
                    owner, question=offered, mode=kind, target=target
                )
            else:
                area = wished(category)
                round_id = await self._practice.start_round(
                    owner, size=SIZES[size], category=area, mode=kind, target=target
                )
                interview_id = await self._practice.next_in_round(owner, round_id, offered)
        async for shown in self._talk.follow(owner, interview_id):
            yield shown

    def practise(self, variant: bool) -> Callable[..., AsyncIterator[Updates]]:
        """Return a handler that begins the question on the screen, or a variant of it."""

        async def handler(owner: str, place: str, chosen: list[str]) -> AsyncIterator[Updates]:
            _, how, target = still_offered(chosen)
            question, mode, which = query_of(place).get("question"), MODES[how], 1
            if view := await self._practice.view(owner, interview_in(place)):
                past = view.interview
                question, mode, which = past.question_id, past.mode, past.variant % 2 + 1
            if not question:  # deleted in another window
                async for shown in self._at(owner, place):
                    yield shown
                return
            with _faults_told():
                interview_id = await self._practice.service.start(
                    owner,
                    question=question,
                    mode=mode,
                    target=target,
                    variant=which if variant else 0,
                )
            async for shown in self._talk.follow(owner, interview_id):
                yield shown

        return handler

    async def continue_last(self, owner: str) -> AsyncIterator[Updates]:
        """Go on with what was left last."""
        for left in (await self._practice.left(owner))[:1]:
            if isinstance(left, RoundView) and left.answered:
                going_on = self._at(owner, address(round=left.round.id))
            elif isinstance(left, RoundView):
                going_on = self.next_in_round(owner, address(round=left.round.id))
            else:
                going_on = self._talk.follow(owner, left.interview.id)
            async for shown in going_on:
                yield shown

    async def end_round(self, owner: str, place: str) -> AsyncIterator[Updates]:
        """End a round before all its questions were asked."""
        with _faults_told():
            await self._practice.end_round(owner, query_of(place).get("round", ""))
        async for shown in self._at(owner, place):
            yield shown

    async def next_in_round(self, owner: str, place: str) -> AsyncIterator[Updates]:
        """Go on with a round."""
        with _faults_told():
            round_id = query_of(place).get("round", "")
            interview_id = await self._practice.next_in_round(owner, round_id)
        async for shown in self._talk.follow(owner, interview_id):
            yield shown

    # --- afterwards -----------------------------------------------------------------------------

    async def redrill(self, owner: str, place: str, target: Level) -> AsyncIterator[Updates]:
        """Begin another try at the gap of the interview on the screen."""
        if await self._practice.view(owner, interview_in(place)):
            with _faults_told():
                again = await self._practice.service.redrill(interview_in(place), target)
            async for shown in self._talk.follow(owner, again):
                yield shown

    async def ask(self, owner: str, place: str, asked: str) -> Updates:
        """Do what a button within the feedback asks for: `one-level-up` or `challenge TELL [TURN:START]`."""
        interview_id = interview_in(place)
        if await self._practice.view(owner, interview_id) is not None:
            try:
                await self._look_again(interview_id, *asked.partition("#")[0].split())
            except InterviewerError as error:
                gr.Warning(str(error), title=_FAILED)
        return {**await self._draw.looked_again(owner, interview_id), self._ui.replied: asked}

    async def _look_again(
        self, interview_id: str, what: str, tell_id: str = "", at: str = ""
    ) -> None:
        if what == "challenge":
            turn, _, start = at.partition(":")
            where = (int(turn), int(start)) if at else None
            await self._practice.service.challenge(interview_id, tell_id, where)
        else:
            await self._practice.service.one_level_up(interview_id)

    async def delete(self, owner: str, place: str) -> Updates:
        """Delete the interview on the screen."""
        if view := await self._practice.view(owner, interview_in(place)):
            await self._practice.service.delete(view.interview.id)
        return await self._draw.place(owner, address(see="progress"))

    async def to_start(self, owner: str, category: str) -> Updates:
        """Show the start."""
        return await self._draw.place(owner, "", wished(category))


@contextmanager
def _faults_told() -> Iterator[None]:
    """Tell on the page what did not work, and why."""
    try:
        yield
    except InterviewerError as error:
        raise gr.Error(str(error), title=_FAILED) from error
