"""Clients of an endpoint: what they are told about it before the first request."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import openai
from openai import AsyncAzureOpenAI, AsyncOpenAI, AzureOpenAI, OpenAI

from interviewer.errors import NoModelList, SetupError
from interviewer.outside.llm.faults import mapped

CONNECT_TIMEOUT_S = 5.0
TIMEOUT_S = 120.0
"""For one whole reply, tries included, unless set otherwise."""


def async_client(api_key: str | None, base_url: str | None, **more: Any) -> AsyncOpenAI:
    """Make a client; opens no connection yet.

    An address may carry a query, which is sent with every request; one that names an `api-version`
    is Azure's (`https://NAME.openai.azure.com/openai/deployments/MODEL?api-version=…`).

    Raises:
        SetupError: neither key nor base URL.
    """
    options = _options(api_key, base_url)
    make = AsyncAzureOpenAI if "api_version" in options else AsyncOpenAI
    return make(**options, **more)


def client(api_key: str | None, base_url: str | None) -> OpenAI:
    """Make a client that blocks.

    Raises:
        SetupError: neither key nor base URL.
    """
    options = _options(api_key, base_url)
    return (AzureOpenAI if "api_version" in options else OpenAI)(**options)


def _options(api_key: str | None, base_url: str | None) -> dict[str, Any]:
    if not api_key and not base_url:
        raise SetupError(
            "The llm engine needs OPENAI_API_KEY, or OPENAI_BASE_URL for a local server. "
            "Set one of them, or INTERVIEWER_ENGINE=offline."
        )
    timeout = openai.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    parts = urlsplit(base_url or "")
    query = dict(parse_qsl(parts.query))
    options: dict[str, Any] = {"api_key": api_key or "none", "timeout": timeout}
    options["base_url"] = urlunsplit(parts._replace(query="")) or None
    if "api-version" in query:
        options["api_version"] = query.pop("api-version")
    if query:
        options["default_query"] = query
    return options


async def list_models(api_key: str | None, base_url: str | None) -> list[str]:
    """Return the names of the models that an endpoint offers, in order.

    Raises:
        ModelError: the endpoint failed.
        SetupError: neither key nor base URL.
    """
    async with async_client(api_key, base_url) as endpoint:
        try:
            return sorted({model.id async for model in endpoint.models.list()})
        except openai.NotFoundError as error:
            raise NoModelList("The endpoint does not list its models. Type the name.") from error
        except openai.OpenAIError as error:
            raise mapped(error, "The list of models") from error
