"""Everything that is known to go wrong at an endpoint: what it is called, what it costs, what a
person reads, what is kept, and that no grade is made up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpcore2
import httpx
import pytest

from answers import DROPOUT, first
from endpoint import CHAT, KEY, URL, all_of, chunk, failure, reply, stream
from interviewer.errors import (
    BadReply,
    ModelError,
    ModelRefused,
    ModelUnavailable,
    ModelUnreachable,
    OutOfRoom,
    SetupError,
)
from interviewer.files.settings import Settings
from interviewer.models import Spent, Transcript, Turn, Value
from interviewer.outside.llm import ChatModel, usage_of
from interviewer.outside.llm import connect as connect_model
from interviewer.service.session import Service, connect

Answer = Callable[[httpx.Request], httpx.Response]
MESSAGES = [{"role": "user", "content": "hello"}]


class Colour(Value):
    name: str


class Breaking(httpx.AsyncByteStream):
    """A body that sends some pieces and then fails."""

    def __init__(self, error: Exception, *pieces: bytes) -> None:
        self.error, self.pieces = error, pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece
        raise self.error


def always(response: httpx.Response) -> Answer:
    return lambda request: response


def breaking(error: Exception) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        body = Breaking(error, chunk("You said "), chunk("noise."))
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body)

    return answer


def raising(error: Exception) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return answer


EMPTY = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": []}
IN_STREAM = httpx.Response(
    200,
    headers={"content-type": "text/event-stream"},
    content=chunk("You said ") + b'data: {"error": {"message": "overloaded"}}\n\n',
)
HALF_A_LINE = httpx.Response(
    200,
    headers={"content-type": "text/event-stream"},
    content=chunk("You said ") + b'data: {"id": "x", "choi\n\n',
)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Tries again come at once; what would have been waited is kept."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("interviewer.outside.llm.sending.asyncio.sleep", sleep)
    return waited


@pytest.fixture
async def chat() -> AsyncIterator[ChatModel]:
    model = connect_model(KEY, URL, "m")
    yield model
    await model.close()


async def listen(chat: ChatModel, said: list[str]) -> None:
    async for piece in chat.stream(MESSAGES):
        said.append(piece)


SPEAKING = [
    pytest.param(breaking(httpcore2.ReadError("cut")), BadReply, 1, "cut in the middle of the reply. Send again", "You said noise.", id="cut in mid-stream"),
    pytest.param(always(stream("You said ", finish=None)), BadReply, 1, "broke off. Send again", "You said ", id="ends without a reason"),
    pytest.param(always(IN_STREAM), BadReply, 1, "cannot be read. Try again", "You said ", id="error in a stream of status 200"),
    pytest.param(always(HALF_A_LINE), BadReply, 1, "cannot be read. Try again", "You said ", id="half a line"),
    pytest.param(breaking(httpcore2.ReadTimeout("still")), ModelUnavailable, 1, "took too long to reply. Try again", "You said noise.", id="stalls in mid-stream"),
    pytest.param(always(stream("You said", finish="length")), OutOfRoom, 1, "ran out of room. Send again", "You said", id="stream runs out of room"),
    pytest.param(always(stream(finish="length")), OutOfRoom, 2, "ran out of room. Send again", "", id="thinks until there is no room"),
    pytest.param(always(failure(400, "context_length_exceeded")), ModelRefused, 1, "context of m is too small", "", id="context too small"),
    pytest.param(always(stream("x", finish="content_filter")), BadReply, 1, "no usable reply. Send again", "x", id="stream is filtered"),
    pytest.param(always(stream()), BadReply, 1, "no usable reply. Send again", "", id="stream says nothing"),
    pytest.param(always(failure(429, **{"retry-after": "1"})), ModelUnavailable, 3, "Try again in 1 second.", "", id="busy for a second"),
    pytest.param(always(failure(429, **{"retry-after": "300"})), ModelUnavailable, 1, "Try again in 300 seconds", "", id="busy for five minutes"),
    pytest.param(always(failure(429, "insufficient_quota")), ModelRefused, 1, "no quota left", "", id="no quota"),
    pytest.param(always(failure(503)), ModelUnavailable, 3, "HTTP 503", "", id="away"),
    pytest.param(always(failure(401)), ModelRefused, 1, "Check OPENAI_API_KEY", "", id="wrong key"),
    pytest.param(always(failure(404)), ModelRefused, 1, "Check INTERVIEWER_MODEL", "", id="unknown model"),
    pytest.param(always(failure(400)), ModelRefused, 1, "HTTP 400", "", id="bad request"),
    pytest.param(raising(httpx.ConnectError("refused")), ModelUnreachable, 3, "Check OPENAI_BASE_URL", "", id="nobody there"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "error", "requests", "words", "heard"), SPEAKING)
async def test_a_fault_while_speaking_is_named_and_keeps_what_was_said(
    chat: ChatModel,
    httpx2_mock,
    answer: Answer,
    error: type[ModelError],
    requests: int,
    words: str,
    heard: str,
) -> None:
    route = httpx2_mock.post(CHAT).mock(side_effect=answer)
    said: list[str] = []
    with pytest.raises(error, match=words) as caught:
        await listen(chat, said)
    assert type(caught.value) is error
    assert (route.call_count, "".join(said)) == (requests, heard)
    assert KEY not in str(caught.value)


GRADING = [
    pytest.param(always(reply("{", finish="length")), OutOfRoom, 2, "ran out of room", id="runs out of room twice"),
    pytest.param(always(reply(None, finish="length")), OutOfRoom, 2, "ran out of room", id="thinks until there is no room"),
    pytest.param(always(reply(None, finish="content_filter")), BadReply, 1, "declined", id="filtered"),
    pytest.param(always(reply(None, refusal="I cannot")), BadReply, 1, "declined", id="refusal"),
    pytest.param(always(reply(None)), BadReply, 1, "replied with nothing", id="empty content"),
    pytest.param(always(httpx.Response(200, json=EMPTY)), BadReply, 1, "declined", id="no choices"),
    pytest.param(always(reply("no json at all")), BadReply, 2, "did not reply in the form", id="prose, after one repair"),
    pytest.param(always(httpx.Response(200, content=b"{", headers={"content-type": "application/json"})), BadReply, 1, "cannot be read", id="half a body"),
    pytest.param(always(failure(429, **{"retry-after": "60"})), ModelUnavailable, 1, "Try again in 60 seconds", id="busy for a minute"),
    pytest.param(always(failure(503)), ModelUnavailable, 3, "HTTP 503", id="away"),
    pytest.param(always(failure(401)), ModelRefused, 1, "Check OPENAI_API_KEY", id="wrong key"),
    pytest.param(always(failure(400)), ModelRefused, 3, "HTTP 400", id="refuses every form"),
    pytest.param(always(failure(400, "context_length_exceeded")), ModelRefused, 1, "context of m is too small", id="context too small"),
    pytest.param(always(failure(429, "insufficient_quota")), ModelRefused, 1, "no quota left", id="no quota"),
    pytest.param(raising(httpx.ConnectError("refused")), ModelUnreachable, 3, "Check OPENAI_BASE_URL", id="nobody there"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "error", "requests", "words"), GRADING)
async def test_a_fault_while_grading_is_named_and_tried_again_only_where_that_helps(
    chat: ChatModel,
    httpx2_mock,
    answer: Answer,
    error: type[ModelError],
    requests: int,
    words: str,
) -> None:
    route = httpx2_mock.post(CHAT).mock(side_effect=answer)
    with pytest.raises(error, match=words) as caught:
        await chat.parse(MESSAGES, Colour)
    assert type(caught.value) is error
    assert route.call_count == requests
    assert KEY not in str(caught.value)


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[Service]:
    on_model = {"openai_api_key": KEY, "openai_base_url": URL, "model": "m"}
    async with connect(Settings(data_dir=settings.data_dir, **on_model)) as service:
        yield service


async def test_a_fault_while_grading_makes_up_no_grade(service: Service, httpx2_mock) -> None:
    route = httpx2_mock.post(CHAT)
    said = Turn(role="candidate", text=first()[DROPOUT]["L6"])
    for answer, _, _, words in (row.values for row in GRADING):
        route.mock(side_effect=answer)
        grade = await service.grade(Transcript(question=DROPOUT, turns=(said,)))
        assert (grade.status, grade.level, grade.verdicts) == ("failed", None, ())
        assert words in grade.flags[-1]


async def test_a_fault_while_speaking_costs_no_answer(service: Service, httpx2_mock) -> None:
    """Whatever goes wrong: the message is shown, the answer is kept, and a retry goes on from it."""
    route = httpx2_mock.post(CHAT)
    for answer, error, _, words, _ in (row.values for row in SPEAKING):

        def down(request: httpx.Request, answer: Answer = answer) -> httpx.Response:
            return answer(request) if json.loads(request.content).get("stream") else failure(401)

        route.mock(side_effect=down)
        interview = await service.start("me", question=DROPOUT)
        await all_of(service.resume(interview))
        said = "It adds noise to random hidden units, so none can rely on fixed partners."
        reply = service.act(interview, "answer", said)
        if error is OutOfRoom:
            assert await all_of(reply), "the authored probe is asked"
            continue
        with pytest.raises(error, match=words):
            await all_of(reply)
        view = await service.view(interview)
        assert [e.turn.text for e in view.entries[1:]] == [said]
        assert (view.pending, view.grade) == (True, None)
        route.mock(side_effect=always(stream("What next?")))
        assert await all_of(service.resume(interview)) == "What next?"


async def test_waits_are_as_told_or_grow(chat: ChatModel, httpx2_mock, waits: list[float]) -> None:
    told = failure(429, **{"retry-after": "1"})
    httpx2_mock.post(CHAT).mock(side_effect=[told, failure(503), stream("Yes.")])
    assert [p async for p in chat.stream(MESSAGES)] == ["Yes."]
    assert waits[0] == 1.0
    assert 0.7 <= waits[1] <= 1.0


@pytest.mark.parametrize(
    ("timeout_s", "stall_s"), [(0.2, 30.0), (120.0, 0.2)], ids=["deadline", "silence"]
)
async def test_a_reply_that_never_ends_is_left(
    httpx2_mock, monkeypatch, timeout_s: float, stall_s: float
) -> None:
    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield chunk("and ")
            yield chunk("and ")
            await asyncio.Event().wait()

    monkeypatch.setattr("interviewer.outside.llm.chat.STALL_S", stall_s)
    body = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Endless())
    httpx2_mock.post(CHAT).mock(return_value=body)
    chat = connect_model(KEY, URL, "m", timeout_s=timeout_s)
    said: list[str] = []
    with pytest.raises(ModelUnavailable, match="took too long"):
        await listen(chat, said)
    assert said == ["and ", "and "]
    await chat.close()


async def test_more_room_is_given_once(chat: ChatModel, httpx2_mock) -> None:
    route = httpx2_mock.post(CHAT).mock(
        side_effect=[reply(None, finish="length"), reply('{"name": "teal"}')]
    )
    assert await chat.parse(MESSAGES, Colour) == Colour(name="teal")
    rooms = [json.loads(c.request.content)["max_completion_tokens"] for c in route.calls]
    assert rooms == [8000, 32000]


async def test_a_spoken_reply_that_was_all_thought_is_given_more_room_once(
    chat: ChatModel, httpx2_mock
) -> None:
    route = httpx2_mock.post(CHAT).mock(side_effect=[stream(finish="length"), stream("Why?")])
    assert [p async for p in chat.stream(MESSAGES)] == ["Why?"]
    rooms = [json.loads(c.request.content)["max_completion_tokens"] for c in route.calls]
    assert rooms == [2000, 8000]


LIMITS = {"max_completion_tokens", "max_tokens"}


@pytest.mark.parametrize(
    ("refused", "left"),
    [
        pytest.param({"max_completion_tokens"}, {"max_tokens", "stream_options"}, id="old name"),
        pytest.param({"stream_options"}, {"max_completion_tokens"}, id="no usage in a stream"),
        pytest.param(LIMITS, {"stream_options"}, id="too small a context for the limit"),
        pytest.param(LIMITS | {"stream_options"}, set(), id="knows nothing"),
    ],
)
async def test_what_an_endpoint_does_not_take_is_left_out_and_remembered(
    tmp_path, httpx2_mock, refused: set[str], left: set[str]
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        if wrong := sorted(refused & body.keys()):
            error = {"message": f"{wrong[0]} cannot be taken", "code": None}
            return httpx.Response(400, json={"error": error})
        assert body.keys() - {"model", "messages", "stream"} == left
        return stream("fine")

    route = httpx2_mock.post(CHAT).mock(side_effect=answer)
    first = len(refused) + 1
    for requests in (first, first + 1):
        chat = connect_model(KEY, URL, "m", memory=tmp_path / "endpoints.json")
        assert [p async for p in chat.stream(MESSAGES)] == ["fine"]
        assert route.call_count == requests
        await chat.close()
    assert KEY not in (tmp_path / "endpoints.json").read_text()
    assert URL not in (tmp_path / "endpoints.json").read_text()


async def test_openais_models_are_asked_to_think_briefly_before_they_speak(
    tmp_path, httpx2_mock
) -> None:
    """gpt-4o and its like know no effort, say so, and are not asked again."""
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        asked.append(body.get("reasoning_effort"))
        if asked[-1] and body["model"] == "gpt-4o":
            message = "Unrecognized request argument supplied: reasoning_effort"
            return httpx.Response(400, json={"error": {"message": message, "code": None}})
        return stream("fine") if body.get("stream") else reply('{"name": "teal"}')

    httpx2_mock.post("https://api.openai.com/v1/chat/completions").mock(side_effect=answer)
    for model, efforts in (
        ("gpt-6.1-terra", ["low"]),
        ("gpt-4o", ["low", None]),
        ("gpt-4o", [None]),
    ):
        chat = connect_model(KEY, None, model, memory=tmp_path / "endpoints.json")
        assert [p async for p in chat.stream(MESSAGES)] == ["fine"]
        assert asked == efforts
        await chat.parse(MESSAGES, Colour)
        assert asked.pop() is None, "a grade takes the time it takes"
        asked.clear()
        await chat.close()


async def test_the_form_of_structured_replies_is_learnt_once_for_each_model(
    tmp_path, httpx2_mock
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return (
            failure(400)
            if "response_format" in json.loads(request.content)
            else reply('<think>{"name": "red"}?</think>Sure: {"name": "teal"} there.')
        )

    route = httpx2_mock.post(CHAT).mock(side_effect=answer)
    for model, requests in (("a", 3), ("a", 4), ("b", 7)):
        chat = connect_model(KEY, URL, model, memory=tmp_path / "endpoints.json")
        assert await chat.parse(MESSAGES, Colour) == Colour(name="teal")
        assert route.call_count == requests
        await chat.close()


async def test_a_form_that_has_worked_is_not_given_up_for_a_bad_day(
    chat: ChatModel, httpx2_mock
) -> None:
    fine, bad = reply('{"name": "teal"}'), failure(500)
    route = httpx2_mock.post(CHAT).mock(side_effect=[fine, bad, bad, bad, fine])
    await chat.parse(MESSAGES, Colour)
    with pytest.raises(ModelUnavailable):
        await chat.parse(MESSAGES, Colour)
    await chat.parse(MESSAGES, Colour)
    assert "json_schema" in json.loads(route.calls[-1].request.content)["response_format"]["type"]


async def test_thinking_aloud_is_not_passed_on(chat: ChatModel, httpx2_mock) -> None:
    pieces = ("<th", "ink>what ", "now</thi", "nk>\n", "What ", "then?")
    httpx2_mock.post(CHAT).mock(return_value=stream(*pieces))
    assert "".join([p async for p in chat.stream(MESSAGES)]) == "What then?"


async def test_usage_that_is_not_reported_is_unknown_and_not_zero(
    chat: ChatModel, httpx2_mock
) -> None:
    body: dict[str, Any] = json.loads(reply('{"name": "teal"}').content)
    del body["usage"]
    httpx2_mock.post(CHAT).mock(
        side_effect=[reply('{"name": "teal"}'), httpx.Response(200, json=body)]
    )
    spent: list[Spent] = []
    await chat.parse(MESSAGES, Colour, spent)
    assert usage_of(spent) is not None
    await chat.parse(MESSAGES, Colour, spent)
    assert usage_of(spent) is None


def test_without_key_and_address_the_set_up_is_wrong() -> None:
    with pytest.raises(SetupError, match="OPENAI_API_KEY, or OPENAI_BASE_URL"):
        connect_model(None, None, "m")
