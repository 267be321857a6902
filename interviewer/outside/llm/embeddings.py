"""Vectors from an endpoint's `/v1/embeddings`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import openai
from openai import OpenAI

from interviewer.outside.embedding import Encoded, Progress, unit
from interviewer.outside.llm.client import client
from interviewer.outside.llm.faults import mapped


class ApiEncoder:
    """Embeds with `/v1/embeddings`: one vector a text, so late interaction becomes a cosine."""

    def __init__(self, client: OpenAI, model: str) -> None:
        """Use a client and a model; `connect_encoder` makes both."""
        self._client, self._model = client, model
        self.name = model

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> list[Encoded]:
        """Encode texts, a hundred a request."""
        out: list[Encoded] = []
        try:
            for start in range(0, len(texts), 100):
                some = list(texts[start : start + 100])
                reply = self._client.embeddings.create(model=self._model, input=some)
                for text, row in zip(some, reply.data, strict=True):
                    vector = unit(np.array(row.embedding, dtype=np.float32))
                    out.append(Encoded((text[:40],), vector[None, :], vector))
                if progress:
                    progress(len(out), len(texts))
        except openai.OpenAIError as error:
            raise mapped(error, self._model) from error
        return out


def connect_encoder(api_key: str | None, base_url: str | None, model: str) -> ApiEncoder:
    """Make an encoder on the endpoint's embeddings; opens no connection yet."""
    return ApiEncoder(client(api_key, base_url), model)
