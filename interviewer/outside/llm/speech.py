"""Text from an endpoint's `/v1/audio/transcriptions`."""

from __future__ import annotations

from pathlib import Path

import openai

from interviewer.outside.llm.client import async_client
from interviewer.outside.llm.faults import mapped


async def transcribe(
    api_key: str | None, base_url: str | None, model: str, recording: Path, prompt: str
) -> str:
    """Return what a recording says.

    Raises:
        ModelError: the endpoint did not do its part.
        SetupError: neither key nor base URL.
    """
    async with async_client(api_key, base_url) as client:
        try:
            heard = await client.audio.transcriptions.create(
                model=model, file=recording, language="en", prompt=prompt
            )
        except openai.OpenAIError as error:
            raise mapped(error, model) from error
    return heard.text.strip()
