"""The language models of the endpoint that is set, and who judges with them."""

from __future__ import annotations

from interviewer import llm
from interviewer.errors import ModelError, NoModelList, SetupError
from interviewer.judges import OfflineJudge
from interviewer.llm import ChatModel, Tried
from interviewer.llm_judge import LlmJudge
from interviewer.reading import Judge
from interviewer.settings import Settings


class Endpoint:
    """One client for each model; the service hands these methods on as its own."""

    def __init__(self, settings: Settings) -> None:
        """Use what is set; nothing is connected yet."""
        self._settings = settings
        self.interviewing = settings.model
        self.grading = settings.grader_model or settings.model
        self.offered: list[str] = []
        """The models that the endpoint offers, as far as is known."""
        self.fault: str | None = None
        """Why it did not answer when last asked; empty when it did, None when it was not asked."""
        self._models: dict[str, ChatModel] = {}

    def model(self, name: str) -> ChatModel:
        """Return the client of a model.

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
        return self._models[name]

    def use(self, interviewing: str, grading: str) -> None:
        """Have other models interview and grade from now on; an empty name changes nothing."""
        self.interviewing = interviewing or self.interviewing
        self.grading = grading or self.grading

    def speaker(self) -> ChatModel:
        """Return the model that interviews.

        Raises:
            SetupError: no endpoint is set up.
        """
        return self.model(self.interviewing)

    def judge(self, engine: str) -> Judge:
        """Return the judge of an engine.

        Raises:
            SetupError: the engine is not set up.
        """
        if engine == "offline":
            return OfflineJudge()
        return LlmJudge(
            self.model(self.grading),
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

    async def close(self) -> None:
        """Release the connections."""
        for model in self._models.values():
            await model.close()
