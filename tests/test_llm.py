"""The language-model engine against mocked routes: what depends on the words of a model."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import BaseModel, ConfigDict

from answers import DROPOUT, first
from endpoint import CHAT, KEY, URL, all_of, failure, graded, reply, stream
from interviewer.errors import BadReply, ModelRefused
from interviewer.files.settings import Settings
from interviewer.models import Spent, Transcript, Turn
from interviewer.outside.llm import ChatModel, connect_encoder
from interviewer.outside.llm import connect as connect_model
from interviewer.service.session import Service, connect


class Colour(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again come at once."""
    monkeypatch.setattr("interviewer.outside.llm.faults.FIRST_PAUSE_S", 0.0)


@pytest.fixture
async def chat() -> AsyncIterator[ChatModel]:
    model = connect_model(KEY, URL, "m")
    yield model
    await model.close()


MESSAGES = [{"role": "user", "content": "hello"}]


async def read(model: ChatModel) -> str:
    return "".join([piece async for piece in model.stream(MESSAGES)])


async def test_a_stream_comes_piece_by_piece(chat: ChatModel, httpx2_mock) -> None:
    httpx2_mock.post(CHAT).mock(return_value=stream("How ", "so?"))
    assert [p async for p in chat.stream(MESSAGES)] == ["How ", "so?"]


async def test_a_structured_reply_is_validated_and_counted(chat: ChatModel, httpx2_mock) -> None:
    route = httpx2_mock.post(CHAT).mock(return_value=reply('{"name": "teal"}'))
    booked: list[Spent] = []
    assert await chat.booked(booked.append).parse(MESSAGES, Colour) == Colour(name="teal")
    assert [spent.model_dump() for spent in booked] == [{
        "model": "m", "calls": 1, "uncounted": 0, "input_tokens": 100, "cached_tokens": 64,
        "output_tokens": 7,
    }]  # fmt: skip
    sent = json.loads(route.calls[0].request.content)
    assert sent["response_format"]["json_schema"]["strict"] is True


async def test_a_reply_that_does_not_fit_is_repaired_once(chat: ChatModel, httpx2_mock) -> None:
    route = httpx2_mock.post(CHAT).mock(
        side_effect=[reply('{"colour": 1}'), reply('{"name": "teal"}')]
    )
    assert await chat.parse(MESSAGES, Colour) == Colour(name="teal")
    assert "does not fit" in json.loads(route.calls[1].request.content)["messages"][-1]["content"]


def test_embeddings_of_an_endpoint_are_unit_vectors(httpx2_mock) -> None:
    data = [{"object": "embedding", "index": i, "embedding": [3.0, 4.0]} for i in range(2)]
    httpx2_mock.post(f"{URL}/embeddings").mock(
        return_value=httpx.Response(200, json={"object": "list", "data": data, "model": "e",
                                               "usage": {"prompt_tokens": 1, "total_tokens": 1}})
    )  # fmt: skip
    encoded = connect_encoder(KEY, URL, "e").encode(["a", "b"])
    assert [e.pooled.tolist() for e in encoded] == [pytest.approx([0.6, 0.8])] * 2
    assert encoded[0].vectors.shape == (1, 2)


# --- the interview on a model ----------------------------------------------------------------


@pytest.fixture
def on_model(settings: Settings) -> Settings:
    return Settings(data_dir=settings.data_dir, openai_api_key=KEY, openai_base_url=URL, model="m")


@pytest.fixture
async def service(on_model: Settings) -> AsyncIterator[Service]:
    async with connect(on_model) as service:
        yield service


async def begin(service: Service) -> str:
    interview = await service.start("me", question=DROPOUT)
    await all_of(service.resume(interview))
    return interview


async def test_a_whole_interview_on_a_model(service: Service, httpx2_mock) -> None:
    question = service.bank.questions[DROPOUT]
    asked: list[dict] = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        asked.append(body)
        if body.get("stream"):
            return stream("You said masks. ", "What would you ", "check first?")
        return graded(request, {"off-when-seen-once": [2]}, question)

    httpx2_mock.post(CHAT).mock(side_effect=answer)
    interview = await begin(service)
    said = "It adds noise to the units. We leave it off when every token is seen once, since there is no gap to close."
    assert (
        await all_of(service.act(interview, "answer", said))
        == "You said masks. What would you check first?"
    )
    await all_of(service.act(interview, "finish"))
    view = await service.view(interview)
    assert view.grade is not None
    assert (view.grade.engine, view.grade.model) == ("llm", "m")
    assert view.grade.usage is not None
    assert view.grade.prompt_hash
    [met] = [v for v in view.grade.verdicts if v.verdict == "met"]
    assert met.tell_id == "off-when-seen-once"
    assert met.evidence[0].quote.startswith("We leave it off")
    spoken, *after = asked
    grading = [body for body in after if not body.get("stream")]
    assert spoken["stream"]
    names = [b["response_format"]["json_schema"]["name"] for b in grading]
    assert sorted(names) == ["Verdicts", "Whole"], "the answer is not judged again on finish"
    rubric, transcript = (m["content"] for m in grading[names.index("Verdicts")]["messages"])
    assert "[2] We leave it off" in transcript
    assert "off-when-seen-once" in rubric
    assert said.split(".")[0] not in rubric


async def test_a_follow_up_that_leaks_is_replaced_by_the_authored_one(
    service: Service, httpx2_mock
) -> None:
    question = service.bank.questions[DROPOUT]
    term = next(k for t in question.tells if t.level == "L6" for k in t.key_terms)
    httpx2_mock.post(CHAT).mock(return_value=stream(f"Have you thought about {term}? ", "Go on."))
    said = await all_of(
        service.act(await begin(service), "answer", "It adds noise to random units.")
    )
    assert term not in said
    assert said in {t.probe for t in question.tells}


async def test_a_leak_after_the_first_sentence_only_cuts_the_reply(
    service: Service, httpx2_mock
) -> None:
    term = next(
        k for t in service.bank.questions[DROPOUT].tells if t.level == "L6" for k in t.key_terms
    )
    httpx2_mock.post(CHAT).mock(return_value=stream("What then? ", f"Perhaps {term}?"))
    said = await all_of(
        service.act(await begin(service), "answer", "It adds noise to random units.")
    )
    assert said.strip() == "What then?"


async def test_a_cut_stream_loses_nothing_and_can_be_retried(service: Service, httpx2_mock) -> None:
    httpx2_mock.post(CHAT).mock(side_effect=[stream("You said", finish=None), stream("What next?")])
    interview = await begin(service)
    with pytest.raises(BadReply, match="broke off"):
        await all_of(service.act(interview, "answer", "It adds noise to random units."))
    view = await service.view(interview)
    assert view.pending
    assert view.entries[-1].turn.text == "It adds noise to random units."
    assert await all_of(service.resume(interview)) == "What next?"
    assert not (await service.view(interview)).pending


async def test_a_failed_grade_is_no_grade_and_can_be_retried(service: Service, httpx2_mock) -> None:
    question = service.bank.questions[DROPOUT]
    broken = True

    def answer(request: httpx.Request) -> httpx.Response:
        return failure(401) if broken else graded(request, {}, question)

    httpx2_mock.post(CHAT).mock(side_effect=answer)
    interview = await begin(service)
    with pytest.raises(ModelRefused):
        await all_of(service.act(interview, "finish", first()[DROPOUT]["L4"]))
    view = await service.view(interview)
    assert (view.grade, view.interview.status, view.pending) == (None, "failed", True)
    broken = False
    await all_of(service.resume(interview))
    view = await service.view(interview)
    assert view.interview.status == "graded"
    assert view.grade is not None
    assert view.grade.level == "L4"


async def test_a_transcript_whose_grading_fails_is_failed_and_has_no_level(
    service: Service, httpx2_mock
) -> None:
    httpx2_mock.post(CHAT).mock(return_value=failure(401))
    answer = Turn(role="candidate", text=first()[DROPOUT]["L6"])
    grade = await service.grade(Transcript(question=DROPOUT, turns=(answer,)))
    assert (grade.status, grade.level) == ("failed", None)
    assert "Check OPENAI_API_KEY" in grade.flags[1]


async def test_a_non_answer_costs_no_call(service: Service, httpx2_mock) -> None:
    answer = Turn(role="candidate", text="No idea.")  # a call would match no route and fail
    grade = await service.grade(Transcript(question=DROPOUT, turns=(answer,)))
    assert grade.status == "insufficient"


WORD = "Das ist gut begründet."


@pytest.mark.parametrize(
    ("said", "calls"),
    [
        pytest.param("Die Antwort zeigt fast alles, also L6.", 2, id="prose"),
        pytest.param('{"urteile": [{"merkmal": "a", "urteil": "erfüllt"}]}', 2, id="other keys"),
        pytest.param(
            json.dumps({"verdicts": [{"tell_id": "off-when-seen-once", "evidence": [1], "reason": WORD,
                                      "verdict": "erfüllt"}], "unlisted": []}), 2, id="other verdicts",
        ),
    ],
)  # fmt: skip
async def test_a_judge_that_answers_in_another_language_gives_no_grade(
    service: Service, httpx2_mock, said: str, calls: int
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        schema = json.loads(request.content)["response_format"]["json_schema"]["name"]
        return (
            reply(said)
            if schema == "Verdicts"
            else graded(request, {}, service.bank.questions[DROPOUT])
        )

    route = httpx2_mock.post(CHAT).mock(side_effect=answer)
    turn = Turn(role="candidate", text=first()[DROPOUT]["L4"])
    grade = await service.grade(Transcript(question=DROPOUT, turns=(turn,)))
    assert (grade.status, grade.level, grade.verdicts) == ("failed", None, ())
    assert grade.flags == ("bad_reply", "m did not reply in the form that was asked for.")
    asked = [json.loads(c.request.content) for c in route.calls]
    about = [b["response_format"]["json_schema"]["name"] for b in asked]
    assert about.count("Verdicts") == calls


@pytest.mark.parametrize("translated", [False, True], ids=["reasons", "ids too"])
async def test_reasons_in_another_language_raise_no_l4_answer(
    service: Service, httpx2_mock, translated: bool
) -> None:
    """Met in a foreign tongue is met no more than the sentences bear out."""
    question = service.bank.questions[DROPOUT]
    strong = [t.id for t in question.tells if t.polarity == "strong_hire"]
    named = [f"merkmal-{n}" for n, _ in enumerate(strong)] if translated else strong

    def answer(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["response_format"]["json_schema"]["name"] == "Whole":
            return graded(request, {}, question, "L6")
        said = [{"tell_id": i, "evidence": [1], "reason": WORD, "verdict": "met"} for i in named]
        return reply(json.dumps({"verdicts": said, "unlisted": []}))

    httpx2_mock.post(CHAT).mock(side_effect=answer)
    turn = Turn(role="candidate", text=first()[DROPOUT]["L4"])
    grade = await service.grade(Transcript(question=DROPOUT, turns=(turn,)))
    assert grade.level == "L4"
    flag = "judge_named_unknown_tells" if translated else "judge_says_yes_to_everything"
    assert flag in grade.flags
