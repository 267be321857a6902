"""The service that screens talk to: interviews by id, grades, search.

`connect` is the only place that wires the parts together. It returns at once; weights and index
load beside it, and whoever needs them waits for them there.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command

from interviewer import grading, graph, rubrics, search
from interviewer.afterwards import Afterwards
from interviewer.assessing import Assessor
from interviewer.checkpoints import Checkpoints
from interviewer.debrief import Debriefer
from interviewer.embedding import Encoder, MiniLM
from interviewer.endpoint import Endpoint
from interviewer.errors import BadInput, ModelError, SetupError
from interviewer.events import Event, detached
from interviewer.feedback import spending
from interviewer.loading import Progress, load
from interviewer.models import Grade, Level, Transcript, Turn
from interviewer.precedence import Precedence
from interviewer.prices import total
from interviewer.reading import Reading
from interviewer.readings import Readings
from interviewer.retrieval import RubricIndex, RubricRecord
from interviewer.search import Found
from interviewer.settings import EngineName, Settings
from interviewer.sharing import SharedEncoder
from interviewer.state import SCHEMA_VERSION, Action, ActionKind, InterviewState
from interviewer.store import Store
from interviewer.view import View as View

Mode = Literal["practice", "realistic"]
BUDGET = 3
"""Follow-ups in an interview, unless said otherwise."""
MAX_ANSWER_CHARS = 1_000_000


class Service:
    """Interviews, grades and search on one set of rubrics; made by `connect`."""

    def __init__(
        self,
        settings: Settings,
        bank: rubrics.Bank,
        store: Store,
        compiled: graph.Graph,
        loading: asyncio.Task[tuple[Encoder, RubricIndex]],
        progress: Progress,
        endpoint: Endpoint,
        readings: Readings,
        rng: random.Random,
    ) -> None:
        """Hold what `connect` made."""
        self.settings, self.bank, self.store, self.progress = settings, bank, store, progress
        self._graph, self._loading, self._readings = compiled, loading, readings
        self.endpoint, self.judge = endpoint, endpoint.judge
        self._shared: Encoder | None = None
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._precedence = Precedence()
        self._assessor = Assessor(store, self._index, self._encoder, self.judge, self._precedence)
        after = Afterwards(store, bank.questions, self._assessor, self.judge, self.start)
        self.one_level_up, self.challenge = after.one_level_up, after.challenge
        self.redrill, self.later = after.redrill, after.later
        self._debriefer = Debriefer(store, self._index, bank.questions, self.judge)
        self.debrief = self._debriefer.debrief
        self._services = graph.Services(
            store=store,
            index=self._index,
            encoder=self._encoder,
            questions=bank.questions,
            assessor=self._assessor,
            precedence=self._precedence,
            debrief=self._debriefer.begin,
            speaker=endpoint.speaker,
            rng=rng,
        )

    # --- interviews -----------------------------------------------------------------------

    async def start(
        self,
        owner: str,
        *,
        question: str | None = None,
        category: str | None = None,
        engine: EngineName | None = None,
        mode: Mode = "practice",
        budget: int = BUDGET,
        target: Level = "L5",
        variant: int = 0,
        round_id: str | None = None,
    ) -> str:
        """Begin an interview and return its id; the question is asked by `resume`.

        Args:
            owner: whose it is; only that name finds it again in `interviews`.
            question: id or title; picked when not given.
            category: where to pick from.
            engine: who judges and speaks; the configured one when not given.
            mode: hints are given in `practice` only.
            budget: how many follow-ups at most.
            target: the level aimed at.
            variant: which wording of the question, 0 to 2.
            round_id: the round it belongs to.

        Raises:
            BadInput: no such question.
            SetupError: the engine is not set up.
        """
        engine = engine or self.settings.engine_name
        if engine == "llm":
            self.endpoint.speaker(engine)
            if self.settings.judge_mode == "holistic":
                raise SetupError("The holistic mode is a baseline of the evals. Take another.")
        question_id = self.bank.find(question).id if question else None
        interview = await self.store.create(
            owner=owner,
            question_id=question_id,
            category=category,
            engine=engine,
            mode=mode,
            budget=budget,
            target=target,
            variant=variant,
            round_id=round_id,
        )
        return interview.id

    async def act(
        self, interview_id: str, kind: ActionKind, text: str = "", *, seen: int | None = None
    ) -> AsyncIterator[Event]:
        """Do something in an interview and yield what the interviewer does in turn.

        The candidate's words are in the store before anything else happens.

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
        async for event in detached(self._act(interview_id, kind, text, seen)):
            yield event

    async def _act(
        self, interview_id: str, kind: ActionKind, text: str, seen: int | None
    ) -> AsyncIterator[Event]:
        async with self._locks[interview_id]:
            async for event in self._drive(interview_id):
                yield event
            interview = await self.store.interview(interview_id)
            if interview.status != "open":
                raise BadInput("This interview is over. Start a new one, or practise this again.")
            entries = await self.store.entries(interview_id)
            reply_at = len(entries)
            if seen is not None and any(e.turn.role == "candidate" for e in entries[seen:]):
                raise BadInput(
                    "This interview went on in another window. Reload the page to see it there."
                )
            if text.strip() and kind in ("answer", "clarify", "finish"):
                said = Turn(role="candidate", text=text)
                word: Literal["clarify", "answer"] = "clarify" if kind == "clarify" else "answer"
                await self.store.add_turn(interview_id, len(entries), word, said)
                reply_at += 1
            action = Action(kind=kind, reply_at=reply_at)
            async for event in self._run(interview_id, Command(resume=action)):
                yield event

    async def resume(self, interview_id: str) -> AsyncIterator[Event]:
        """Go on where an interview was left: ask the question, reply to what was said, or grade.

        Does nothing when it waits for the candidate or is over.

        Raises:
            ModelError: the model did not do its part; call again to retry.
        """
        async for event in detached(self._resume(interview_id)):
            yield event

    async def _resume(self, interview_id: str) -> AsyncIterator[Event]:
        async with self._locks[interview_id]:
            async for event in self._drive(interview_id):
                yield event

    async def view(self, interview_id: str) -> View:
        """Return everything about one interview.

        Raises:
            BadInput: there is none with this id.
        """
        interview = await self.store.interview(interview_id)
        entries = tuple(await self.store.entries(interview_id))
        question = self.bank.questions.get(interview.question_id or "")
        waiting = (
            interview.status == "open" and bool(entries) and entries[-1].turn.role == "interviewer"
        )
        over = interview.status in ("graded", "skipped")
        grade = await self.store.grade(interview_id)
        if over:
            await self.endpoint.booked()
        spent = await self.store.spent(interview_id)
        return View(
            interview,
            question,
            entries,
            grade,
            None if grade else await self.store.assessment(interview_id),
            not (waiting or over),
            await self._debriefer.shown(interview_id),
            spending(spent, total(spent, self.settings.openai_base_url)) if spent else None,
            await self._debriefer.due(interview_id),
        )

    async def _drive(self, interview_id: str) -> AsyncIterator[Event]:
        """Finish whatever a crash, a fault or a closed tab left undone."""
        config = RunnableConfig(configurable={"thread_id": interview_id})
        snapshot = await self._graph.aget_state(config)
        if not snapshot.values:
            await self.store.interview(interview_id)
            start = InterviewState(schema_version=SCHEMA_VERSION, interview_id=interview_id)
            async for event in self._run(interview_id, start):
                yield event
        elif snapshot.interrupts:
            entries = await self.store.entries(interview_id)
            if entries[-1].turn.role == "candidate":
                kind: ActionKind = "clarify" if entries[-1].kind == "clarify" else "answer"
                action = Action(kind=kind, reply_at=len(entries))
                async for event in self._run(interview_id, Command(resume=action)):
                    yield event
        elif snapshot.next:
            async for event in self._run(interview_id, None):
                yield event

    async def _run(
        self, interview_id: str, step: InterviewState | Command[None] | None
    ) -> AsyncIterator[Event]:
        """Run the graph to its next rest; the only call that hands it the services."""
        with self._precedence.reply():
            async for event in self._stream(interview_id, step):
                yield event

    async def _stream(
        self, interview_id: str, step: InterviewState | Command[None] | None
    ) -> AsyncIterator[Event]:
        stream = self._graph.astream(
            step,
            RunnableConfig(configurable={"thread_id": interview_id}),
            context=self._services,
            stream_mode="custom",
            durability="sync",
        )
        try:
            async for update in stream:
                for kind, text in update.items():
                    yield Event("token" if kind == "token" else "status", text)
        except ModelError:
            interview = await self.store.interview(interview_id)
            if interview.status in ("closed", "failed"):
                await self.store.set_status(interview_id, "failed")
            raise

    async def delete(self, interview_id: str) -> None:
        """Remove an interview for good: the record, what was said, grades and checkpoints."""
        async with self._locks[interview_id]:
            await self.store.delete(interview_id)
            if isinstance(self._graph.checkpointer, BaseCheckpointSaver):
                await self._graph.checkpointer.adelete_thread(interview_id)

    # --- grades and search ------------------------------------------------------------------

    async def grade(self, transcript: Transcript, engine: EngineName | None = None) -> Grade:
        """Grade a transcript as `attempt` does, but give a failed model a grade too.

        Its status is `failed`, its flags are the kind of fault and what to do about it. No level
        is made up.
        """
        try:
            return await self.attempt(transcript, engine)
        except ModelError as error:
            question = self.bank.find(transcript.question)
            judge = self.judge(engine or self.settings.engine_name)
            flags = (error.kind, str(error))
            return grading.without_level(question, judge, "failed", flags)

    async def attempt(self, transcript: Transcript, engine: EngineName | None = None) -> Grade:
        """Grade a transcript that was not held here; nothing is stored.

        Raises:
            BadInput: no such question.
            SetupError: the engine is not set up.
            ModelError: the model did not do its part.
        """
        judge = self.judge(engine or self.settings.engine_name)
        reading, off_question = await self.read(transcript)
        return await grading.grade(reading, judge, off_question=off_question)

    async def read(self, transcript: Transcript) -> tuple[Reading, bool]:
        """Return a transcript made ready for judging, and whether it answers another question."""
        question = self.bank.find(transcript.question)
        index, encoder = await self._loaded()
        return await self._readings.read(index.fetch(question.id), transcript.turns, index, encoder)

    async def search(self, text: str) -> Found:
        """Rank all questions for a phrase, a question of one's own or a whole answer."""
        index, encoder = await self._loaded()
        return await asyncio.to_thread(search.search, text, index, encoder)

    async def records(self) -> AsyncIterator[RubricRecord]:
        """Yield every rubric as the index holds it, in canon order."""
        index, _ = await self._loaded()
        for question_id in self.bank.questions:
            yield index.fetch(question_id)

    async def ready(self) -> None:
        """Wait until weights and index are there.

        Raises:
            SetupError: they cannot be had.
        """
        await self._loaded()

    async def _loaded(self) -> tuple[RubricIndex, Encoder]:
        encoder, index = await asyncio.shield(self._loading)
        return index, encoder

    async def close(self) -> None:
        """Leave what is under way; what was said and graded is kept."""
        await self._assessor.close()
        await self._debriefer.close()

    async def _index(self) -> RubricIndex:
        return (await self._loaded())[0]

    async def _encoder(self) -> Encoder:
        """Return the encoder for interviews, in which every answer is read several times."""
        if self._shared is None:
            _, encoder = await self._loaded()
            self._shared = SharedEncoder(encoder) if isinstance(encoder, MiniLM) else encoder
        return self._shared


@asynccontextmanager
async def connect(
    settings: Settings,
    *,
    rng: random.Random | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> AsyncIterator[Service]:
    """Open the record, begin to load weights and index, and hand out the service.

    Raises:
        BadInput: no usable rubric.
        SetupError: the data folder cannot be used.
    """
    bank = rubrics.load(settings.rubrics_dir)
    progress = Progress()

    def note(done: int, total: int) -> None:
        progress.done, progress.total = done, total
        if on_progress:
            on_progress(done, total)

    async with AsyncExitStack() as stack:
        store = await Store.open(settings.data_dir / "interviews.sqlite", bank.questions)
        stack.push_async_callback(store.close)
        checkpoints = Checkpoints(settings.data_dir / "checkpoints.sqlite")
        stack.push_async_callback(checkpoints.close)
        loading = asyncio.create_task(load(settings, list(bank.questions.values()), progress, note))
        loading.add_done_callback(lambda task: task.cancelled() or task.exception())
        endpoint = Endpoint(settings, store)
        stack.push_async_callback(endpoint.close)
        readings = Readings(settings.data_dir)
        stack.callback(readings.close)
        service = Service(
            settings,
            bank,
            store,
            graph.build(checkpoints),
            loading,
            progress,
            endpoint,
            readings,
            rng or random.Random(),  # noqa: S311 - which question comes next is no secret
        )
        try:
            yield service
        finally:
            await service.close()
            if loading.done() and not loading.cancelled() and loading.exception() is None:
                loading.result()[1].close()
            loading.cancel()
