"""Clients of an endpoint: what they are told about it before the first request."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import openai
from openai import AsyncOpenAI, Omit

from interviewer.errors import ModelRefused, SetupError
from interviewer.llm.faults import mapped

CONNECT_TIMEOUT_S = 5.0
TIMEOUT_S = 120.0
"""For one whole reply, tries included, unless set otherwise."""


def client_options(api_key: str | None, base_url: str | None) -> dict[str, Any]:
    """Return the arguments of a client.

    An address may carry a query, as Azure's older ones do
    (`https://NAME.openai.azure.com/openai/deployments/MODEL?api-version=…`): it is sent with every
    request, and where it names an API version the key goes into the header that Azure wants.

    Raises:
        SetupError: neither key nor base URL.
    """
    if not api_key and not base_url:
        raise SetupError(
            "The llm engine needs OPENAI_API_KEY, or OPENAI_BASE_URL for a local server. "
            "Set one of them, or INTERVIEWER_ENGINE=offline."
        )
    timeout = openai.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    options: dict[str, Any] = {"api_key": api_key or "none", "timeout": timeout}
    parts = urlsplit(base_url or "")
    if query := dict(parse_qsl(parts.query)):
        base_url = urlunsplit(parts._replace(query=""))
        options["default_query"] = query
    if "api-version" in query:
        options["default_headers"] = {"api-key": options["api_key"], "Authorization": Omit()}
    return {**options, "base_url": base_url or None}


async def list_models(api_key: str | None, base_url: str | None) -> list[str]:
    """Return the names of the models that an endpoint offers, in order.

    Raises:
        ModelError: the endpoint failed.
        SetupError: neither key nor base URL.
    """
    async with AsyncOpenAI(**client_options(api_key, base_url)) as client:
        try:
            return sorted({model.id async for model in client.models.list()})
        except openai.NotFoundError as error:
            raise ModelRefused("The endpoint does not list its models. Type the name.") from error
        except openai.OpenAIError as error:
            raise mapped(error, "The list of models") from error
