"""Drives interviews: what a candidate does goes into the record, then the graph runs to its next rest.

An interview takes one step at a time, and goes on from wherever a crash, a fault or a closed tab
left it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Literal
from weakref import WeakValueDictionary

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from interviewer.agent import graph
from interviewer.agent.context import Services
from interviewer.agent.state import Action, ActionKind, InterviewState
from interviewer.errors import BadInput, ModelError
from interviewer.events import Event, detached
from interviewer.models import Turn
from interviewer.outside.checkpoints import Checkpoints

MAX_ANSWER_CHARS = 1_000_000


class Driver:
    """Runs the graph; the service hands these methods on as its own."""

    def __init__(self, checkpoints: Checkpoints, services: Services) -> None:
        """Keep in `checkpoints` where each interview is, and hand the services to every run."""
        self._graph, self._checkpoints = graph.build(checkpoints), checkpoints
        self._services, self._store = services, services.store
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def act(
        self, interview_id: str, kind: ActionKind, text: str = "", *, seen: int | None = None
    ) -> AsyncGenerator[Event]:
        """Do something in an interview and yield what the interviewer does in turn.

        The candidate's words are in the store before anything else happens. A caller that closes
        this leaves the step, and the interview is free for the next one.

        Args:
            interview_id: which one.
            kind: `answer` and `clarify` take the words in `text`; `finish` may (an unsent draft).
            text: what was said.
            seen: how many turns the caller had on its screen; refused when the candidate said
                something since, elsewhere.

        Raises:
            BadInput: over already, empty, too long, or the conversation went on elsewhere.
            ModelError: the model did not do its part; `resume` tries again.
        """
        text = text.encode("utf-8", "replace").decode("utf-8")
        if len(text) > MAX_ANSWER_CHARS:
            raise BadInput(
                f"That is {len(text):,} characters; an answer may have {MAX_ANSWER_CHARS:,}. "
                "Shorten it and send again; nothing was lost."
            )
        if kind in ("answer", "clarify") and not text.strip():
            what = "question" if kind == "clarify" else "answer"
            raise BadInput(f"There is nothing to send yet. Type your {what} first.")
        async with aclosing(detached(self._act(interview_id, kind, text, seen))) as events:
            async for event in events:
                yield event

    async def _act(
        self, interview_id: str, kind: ActionKind, text: str, seen: int | None
    ) -> AsyncIterator[Event]:
        async with self._locks.setdefault(interview_id, asyncio.Lock()):
            async for event in self._drive(interview_id):
                yield event
            interview = await self._store.interview(interview_id)
            if interview.status != "open":
                raise BadInput("This interview is over. Start a new one, or practice this again.")
            entries = await self._store.entries(interview_id)
            reply_at = len(entries)
            if seen is not None and any(e.turn.role == "candidate" for e in entries[seen:]):
                raise BadInput("This interview went on in another window.")
            if text.strip() and kind in ("answer", "clarify", "finish"):
                said = Turn(role="candidate", text=text)
                word: Literal["clarify", "answer"] = "clarify" if kind == "clarify" else "answer"
                await self._store.add_turn(interview_id, len(entries), word, said)
                reply_at += 1
            action = Action(kind=kind, reply_at=reply_at)
            async for event in self._run(interview_id, Command(resume=action)):
                yield event

    async def resume(self, interview_id: str) -> AsyncGenerator[Event]:
        """Go on where an interview was left: ask the question, reply to what was said, or grade.

        Does nothing when it waits for the candidate or is over.

        Raises:
            ModelError: the model did not do its part; call again to retry.
        """
        async with aclosing(detached(self._resume(interview_id))) as events:
            async for event in events:
                yield event

    async def _resume(self, interview_id: str) -> AsyncIterator[Event]:
        async with self._locks.setdefault(interview_id, asyncio.Lock()):
            async for event in self._drive(interview_id):
                yield event

    async def delete(self, interview_id: str) -> None:
        """Remove an interview for good: the record, what was said, grades and checkpoints."""
        async with self._locks.setdefault(interview_id, asyncio.Lock()):
            await self._store.delete(interview_id)
            await self._checkpoints.adelete_thread(interview_id)
            self._services.assessor.forget(interview_id)

    async def _drive(self, interview_id: str) -> AsyncIterator[Event]:
        """Finish whatever a crash, a fault or a closed tab left undone."""
        config = RunnableConfig(configurable={"thread_id": interview_id})
        snapshot = await self._graph.aget_state(config)
        if not snapshot.values:
            await self._store.interview(interview_id)
            start = InterviewState(interview_id=interview_id)
            async for event in self._run(interview_id, start):
                yield event
        elif snapshot.interrupts:
            entries = await self._store.entries(interview_id)
            last, action = entries[-1], None
            if last.turn.role == "candidate":
                kind: ActionKind = "clarify" if last.kind == "clarify" else "answer"
                action = Action(kind=kind, reply_at=len(entries))
            elif last.kind == "close":  # it was left before its checkpoint knew of the end
                action = Action(kind="finish", reply_at=len(entries) - 1)
            if action:
                async for event in self._run(interview_id, Command(resume=action)):
                    yield event
        elif snapshot.next:
            async for event in self._run(interview_id, None):
                yield event

    async def _run(
        self, interview_id: str, step: InterviewState | Command[None] | None
    ) -> AsyncIterator[Event]:
        """Run the graph to its next rest; the only call that hands it the services."""
        with self._services.precedence.reply():
            async for event in self._stream(interview_id, step):
                yield event

    async def _stream(
        self, interview_id: str, step: InterviewState | Command[None] | None
    ) -> AsyncIterator[Event]:
        stream: AsyncIterator[Any] = self._graph.astream(
            step,
            RunnableConfig(configurable={"thread_id": interview_id}),
            context=self._services,
            stream_mode="custom",
            durability="sync",
        )
        try:
            async for event in stream:
                yield event
        except ModelError:
            interview = await self._store.interview(interview_id)
            if interview.status in ("closed", "failed"):
                await self._store.set_status(interview_id, "failed")
            raise
