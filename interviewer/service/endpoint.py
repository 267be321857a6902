"""The language models of the endpoint that is set, and who judges with them."""

from __future__ import annotations

import asyncio
from functools import partial

from interviewer.errors import ModelError, NoModelList, SetupError
from interviewer.files.settings import Settings
from interviewer.judgement.judges import OfflineJudge
from interviewer.judgement.llm_judge import LlmJudge
from interviewer.judgement.reading import Judge
from interviewer.models import Spent
from interviewer.outside import llm
from interviewer.outside.llm import ChatModel, Tried
from interviewer.outside.store import Store


class Endpoint:
    """One client for each model; the service hands these methods on as its own."""

    def __init__(self, settings: Settings, store: Store) -> None:
        """Use what is set, and book in a record what is used; nothing is connected yet."""
        self._settings, self._store = settings, store
        self.interviewing = settings.model
        self.grading = settings.grader_model or settings.model
        self.offered: list[str] = []
        """The models that the endpoint offers, as far as is known."""
        self.fault: str | None = None
        """Why it did not answer when last asked; empty when it did, None when it was not asked."""
        self._models: dict[str, ChatModel] = {}
        self._booking: set[asyncio.Task[None]] = set()

    def speaker(self, engine: str, interview_id: str | None = None) -> ChatModel | None:
        """Return the model that speaks for an engine; None where questions are asked as authored.

        Raises:
            SetupError: the engine is not set up.
        """
        return self.model(self.interviewing, interview_id) if engine == "llm" else None

    def model(self, name: str, interview_id: str | None = None) -> ChatModel:
        """Return the client of a model, booked on an interview when there is one.

        Raises:
            SetupError: no endpoint is set up.
        """
        if name not in self._models:
            self._models[name] = llm.connect(
                self._settings.openai_api_key,
                self._settings.openai_base_url,
                name,
                memory=self._settings.data_dir / "endpoints.json",
                timeout_s=self._settings.timeout_s,
            )
        model = self._models[name]
        return model.booked(partial(self._book, interview_id)) if interview_id else model

    def use(self, interviewing: str, grading: str) -> None:
        """Have other models interview and grade from now on; an empty name changes nothing."""
        self.interviewing = interviewing or self.interviewing
        self.grading = grading or self.grading

    def judge(self, engine: str, interview_id: str | None = None) -> Judge:
        """Return the judge of an engine, booked on an interview when there is one.

        Raises:
            SetupError: the engine is not set up.
        """
        if engine == "offline":
            return OfflineJudge()
        return LlmJudge(
            self.model(self.grading, interview_id),
            self._settings.judge_mode,
            self._settings.tells_per_call,
        )

    async def reach(self) -> None:
        """Ask the endpoint for its models, and note whether it answered."""
        try:
            self.offered, self.fault = await self.models(), ""
        except NoModelList:
            self.fault = ""
        except (ModelError, SetupError) as error:
            self.fault = str(error)

    async def models(self) -> list[str]:
        """Return the names of the models that the endpoint offers; none when it keeps no list.

        Raises:
            ModelError: the endpoint failed.
            SetupError: no endpoint is set up.
        """
        return await llm.list_models(self._settings.openai_api_key, self._settings.openai_base_url)

    async def test_model(self, name: str) -> Tried:
        """Try a model and say what works; nothing is kept but what its endpoint is able to do.

        Raises:
            SetupError: no endpoint is set up.
        """
        return await llm.try_out(self.model(name))

    async def booked(self) -> None:
        """Wait until what was used so far is written down."""
        await asyncio.gather(*self._booking, return_exceptions=True)

    async def close(self) -> None:
        """Release the connections, and write down what was used."""
        await self.booked()
        for model in self._models.values():
            await model.close()

    def _book(self, interview_id: str, spent: Spent) -> None:
        """Book a call beside whatever goes on; nobody waits for a figure."""
        task = asyncio.create_task(self._store.add_spent(interview_id, spent))
        self._booking.add(task)
        task.add_done_callback(self._booking.discard)
