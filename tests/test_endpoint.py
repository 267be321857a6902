"""Endpoints of every kind: addresses, keys, models apart, and what an interview costs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx
import pytest

from answers import DROPOUT, first
from endpoint import KEY, URL, all_of, chunk, graded, reply
from interviewer.errors import ModelRefused
from interviewer.files.prices import spending
from interviewer.files.settings import Settings
from interviewer.models import Spent, Transcript, Turn
from interviewer.screens.ui.report import exports
from interviewer.service.session import Service, connect

SAID = "It adds noise to the hidden units. We leave it off when every token is seen once."
Counts = Literal["all", "no streams", "nothing"]
"""What an endpoint reports the tokens of."""


@pytest.fixture
def on(settings: Settings, httpx2_mock) -> Callable[..., Any]:
    """Connects to an endpoint that speaks and grades, and keeps what it is sent."""

    @asynccontextmanager
    async def on(
        url: str, *, counts: Counts = "all", **options: Any
    ) -> AsyncIterator[tuple[Service, list[httpx.Request]]]:
        sent: list[httpx.Request] = []
        async with connect(
            Settings(data_dir=settings.data_dir, engine="llm", **options)
        ) as service:

            def answer(request: httpx.Request) -> httpx.Response:
                sent.append(request)
                if not json.loads(request.content).get("stream"):
                    said = graded(request, {}, service.bank.questions[DROPOUT])
                    return without_usage(said) if counts == "nothing" else said
                return spoken("You said noise. ", "What would you check?", counts=counts == "all")

            httpx2_mock.post(url__startswith=url).mock(side_effect=answer)
            yield service, sent

    return on


def without_usage(response: httpx.Response) -> httpx.Response:
    return httpx.Response(200, json={**json.loads(response.content), "usage": None})


def spoken(*pieces: str, counts: bool) -> httpx.Response:
    """A streamed reply that ends, as OpenAI's does, in what it used."""
    usage = {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050}
    last = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [],
            "usage": usage}  # fmt: skip
    body = b"".join(map(chunk, pieces)) + chunk(finish="stop")
    body += b"data: " + json.dumps(last).encode() + b"\n\n" if counts else b""
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body)


async def held(service: Service) -> str:
    interview = await service.start("me", question=DROPOUT)
    await all_of(service.resume(interview))
    await all_of(service.act(interview, "answer", SAID))
    await all_of(service.act(interview, "finish"))
    await service.debrief(interview)
    return interview


async def test_one_model_speaks_and_another_grades(on) -> None:
    async with on(URL, openai_api_key=KEY, openai_base_url=URL, model="talker", grader_model="reader") as (
        service,
        sent,
    ):  # fmt: skip
        view = await service.view(await held(service))
    asked = [json.loads(request.content) for request in sent]
    assert [b["model"] for b in asked if b.get("stream")] == ["talker", "reader"], "the debrief too"
    assert {b["model"] for b in asked if not b.get("stream")} == {"reader"}
    assert view.grade.model == "reader"


async def test_a_local_server_needs_no_key(on) -> None:
    async with on(URL, openai_base_url=URL, model="local") as (service, sent):
        assert (await service.view(await held(service))).grade.level == "L4"
    assert {request.headers["authorization"] for request in sent} == {"Bearer none"}


async def test_an_address_of_azure_keeps_its_version_and_gets_the_key_its_way(on) -> None:
    place = "https://name.openai.azure.com/openai/deployments/gpt"
    address = f"{place}?api-version=2024-10-21"
    async with on(place, openai_api_key=KEY, openai_base_url=address, model="gpt") as (
        service,
        sent,
    ):
        await held(service)
    urls = {str(request.url) for request in sent}
    assert urls == {f"{place}/chat/completions?api-version=2024-10-21"}
    assert {request.headers["api-key"] for request in sent} == {KEY}
    assert not any("authorization" in request.headers for request in sent)


async def test_an_interview_on_openai_says_what_it_cost(on) -> None:
    """Prices of gpt-5-mini per million tokens: 0.25 in, 0.025 from a cache, 2.00 out."""
    async with on("https://api.openai.com/v1", openai_api_key=KEY, model="gpt-5-mini") as (
        service,
        sent,
    ):
        interview = await held(service)
    async with connect(service.settings) as later:
        view = await later.view(interview)
    asked = [json.loads(request.content) for request in sent]
    streams = sum(bool(b.get("stream")) for b in asked)
    others = len(asked) - streams
    assert (streams, others) == (2, 2)
    dollars = (streams * (1000 * 0.25 + 50 * 2) + others * (36 * 0.25 + 64 * 0.025 + 7 * 2)) / 1e6
    assert "gpt-5-mini was asked 4 times, read 2,200 tokens" in view.spending
    assert "128 of them at the lower price" in view.spending
    assert f"wrote 114. That is about ${dollars:.3f}" in view.spending
    assert view.spending in exports(view)


@pytest.mark.parametrize(
    ("model", "counts", "why"),
    [
        ("some-model", "all", "wrote 114. What that costs"),
        ("gpt-5-mini", "no streams", "twice it did not say how many"),
        ("gpt-5-mini", "nothing", "4 times it did not say how many"),
    ],
)
async def test_what_is_not_known_to_cost_is_unknown_and_not_zero(
    on, model: str, counts: Counts, why: str
) -> None:
    url = "https://api.openai.com/v1"
    async with on(url, counts=counts, openai_api_key=KEY, model=model) as (service, _):
        view = await service.view(await held(service))
    assert why in view.spending
    assert "What that costs is not known here." in view.spending
    assert (view.grade.usage is None) == (counts == "nothing")


def test_what_models_were_asked_is_said_in_good_words() -> None:
    once = Spent(model="a", calls=1, uncounted=1, input_tokens=9, cached_tokens=0, output_tokens=3)
    assert spending([once], None).startswith("a was asked once, read 9 tokens")
    assert "; once it did not say how many." in spending([once], None)
    both = spending([once, once.model_copy(update={"model": "b"})], None)
    assert both.startswith("a and b were asked twice, read 18 tokens")
    assert "; twice they did not say how many." in both


async def test_offline_nothing_is_spent(service: Service) -> None:
    assert (await service.view(await held(service))).spending is None


async def test_a_grader_that_thinks_until_there_is_no_room_is_given_more(on, httpx2_mock) -> None:
    async with on(URL, openai_api_key=KEY, openai_base_url=URL, model="thinker") as (service, _):

        def answer(request: httpx.Request) -> httpx.Response:
            if json.loads(request.content)["max_completion_tokens"] < 10_000:
                return reply(None, finish="length")
            return graded(request, {}, service.bank.questions[DROPOUT])

        httpx2_mock.post(url__startswith=URL).mock(side_effect=answer)
        said = Turn(role="candidate", text=first()[DROPOUT]["L4"])
        grade = await service.grade(Transcript(question=DROPOUT, turns=(said,)))
    assert (grade.level, grade.usage.calls) == ("L4", 4)


async def test_an_endpoint_without_a_list_of_models_says_so(
    settings: Settings, httpx2_mock
) -> None:
    httpx2_mock.get(f"{URL}/models").mock(return_value=httpx.Response(404, json={}))
    async with connect(Settings(data_dir=settings.data_dir, openai_base_url=URL)) as service:
        with pytest.raises(ModelRefused, match="Type the name"):
            await service.endpoint.models()
        await service.endpoint.reach()
        assert service.endpoint.fault == "", "it answers all the same"
