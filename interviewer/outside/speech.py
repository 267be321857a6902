"""Turn a recording into text, where a speech endpoint is set."""

from __future__ import annotations

from pathlib import Path

from interviewer.errors import SetupError
from interviewer.files.settings import Settings
from interviewer.models import Question
from interviewer.outside.llm import transcribe as ask_endpoint

_TERMS = 40
"""Words of the domain in the prompt; Whisper reads some two hundred tokens of it."""


async def transcribe(settings: Settings, path: str, question: Question) -> str:
    """Return what was said, the terms of the question's field given as a help to spelling.

    Only terms of the question as asked and shown: a rubric's key terms would put words into the
    candidate's mouth.

    Raises:
        SetupError: no speech model is set.
        ModelError: the endpoint did not do its part.
    """
    if not settings.speech_model:
        raise SetupError(
            "Set INTERVIEWER_SPEECH_MODEL, and INTERVIEWER_SPEECH_BASE_URL for a server."
        )
    words = f"{question.title} {question.ask}".split()[:_TERMS]
    return await ask_endpoint(
        settings.openai_api_key,
        settings.speech_base_url or settings.openai_base_url,
        settings.speech_model,
        Path(path),
        prompt=f"A machine-learning interview: NDCG, LoRA, AUC, embeddings. {' '.join(words)}",
    )
