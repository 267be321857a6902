"""The service that screens talk to: interviews by id, grades, search.

`connect` is the only place that wires the parts together. It returns at once; weights and index
load beside it, and whoever needs them waits for them there.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from interviewer.agent.assessing import Assessor
from interviewer.agent.context import Services
from interviewer.errors import ModelError, SetupError
from interviewer.files import rubrics
from interviewer.files.prices import spending, total
from interviewer.files.settings import EngineName, Settings
from interviewer.judgement import grading, search
from interviewer.judgement.reading import Reading
from interviewer.judgement.readings import Readings
from interviewer.judgement.search import Found
from interviewer.models import Grade, Level, Transcript
from interviewer.outside.checkpoints import Checkpoints
from interviewer.outside.record import Mode
from interviewer.outside.retrieval import RubricRecord
from interviewer.outside.store import Store
from interviewer.precedence import Precedence
from interviewer.service.afterwards import Afterwards
from interviewer.service.debrief import Debriefer
from interviewer.service.driver import Driver
from interviewer.service.endpoint import Endpoint
from interviewer.service.loading import Loading
from interviewer.service.view import View

BUDGET = 3
"""Follow-ups in an interview, unless said otherwise."""


class Service:
    """Interviews, grades and search on one set of rubrics; made by `connect`."""

    def __init__(
        self,
        settings: Settings,
        bank: rubrics.Bank,
        store: Store,
        checkpoints: Checkpoints,
        loading: Loading,
        endpoint: Endpoint,
        readings: Readings,
        rng: random.Random,
    ) -> None:
        """Hold what `connect` made."""
        self.settings, self.bank, self.store = settings, bank, store
        self._loading, self._readings, self.progress = loading, readings, loading.progress
        self.endpoint, self.judge = endpoint, endpoint.judge
        self._precedence = Precedence()
        self._assessor = Assessor(
            store, loading.index, loading.shared_encoder, self.judge, self._precedence
        )
        after = Afterwards(store, bank.questions, self._assessor, self.judge, self.start)
        self.one_level_up, self.challenge = after.one_level_up, after.challenge
        self.redrill, self.later = after.redrill, after.later
        self._debriefer = Debriefer(store, loading.index, bank.questions, self.judge)
        self.debrief = self._debriefer.debrief
        services = Services(
            store=store,
            index=loading.index,
            encoder=loading.shared_encoder,
            questions=bank.questions,
            assessor=self._assessor,
            precedence=self._precedence,
            debrief=self._debriefer.begin,
            speaker=endpoint.speaker,
            rng=rng,
        )
        driver = Driver(checkpoints, services)
        self.act, self.resume, self.delete = driver.act, driver.resume, driver.delete

    # --- interviews -----------------------------------------------------------------------

    async def start(
        self,
        owner: str,
        *,
        question: str | None = None,
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
            engine=engine,
            mode=mode,
            budget=budget,
            target=target,
            variant=variant,
            round_id=round_id,
        )
        return interview.id

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
        grade = await self.store.grades.newest(interview_id)
        if over:
            await self.endpoint.booked()
        spent = await self.store.spent(interview_id)
        return View(
            interview,
            question,
            entries,
            grade,
            not (waiting or over),
            await self._debriefer.shown(interview_id, grade),
            spending(spent, total(spent, self.settings.openai_base_url)) if spent else None,
            await self._debriefer.due(interview_id, grade),
        )

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
        index, encoder = await self._loading.both()
        return await self._readings.read(index.fetch(question.id), transcript.turns, index, encoder)

    async def search(self, text: str) -> Found:
        """Rank all questions for a phrase, a question of one's own or a whole answer."""
        index, encoder = await self._loading.both()
        return await asyncio.to_thread(search.search, text, index, encoder)

    async def records(self) -> AsyncIterator[RubricRecord]:
        """Yield every rubric as the index holds it, in canon order."""
        index, _ = await self._loading.both()
        for question_id in self.bank.questions:
            yield index.fetch(question_id)

    async def ready(self) -> None:
        """Wait until weights and index are there.

        Raises:
            SetupError: they cannot be had.
        """
        await self._loading.both()

    async def close(self) -> None:
        """Leave what is under way; what was said and graded is kept."""
        await self._assessor.close()
        await self._debriefer.close()


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
    async with AsyncExitStack() as stack:
        store = await Store.open(settings.data_dir / "interviews.sqlite", bank.questions)
        stack.push_async_callback(store.close)
        checkpoints = Checkpoints(settings.data_dir / "checkpoints.sqlite")
        stack.push_async_callback(checkpoints.close)
        loading = Loading(settings, list(bank.questions.values()), on_progress)
        endpoint = Endpoint(settings, store)
        stack.push_async_callback(endpoint.close)
        readings = Readings(settings.data_dir)
        stack.callback(readings.close)
        service = Service(
            settings,
            bank,
            store,
            checkpoints,
            loading,
            endpoint,
            readings,
            rng or random.Random(),  # noqa: S311 - which question comes next is no secret
        )
        try:
            yield service
        finally:
            await service.close()
            loading.close()
