"""What the screen of an interview shows, frame by frame, without a browser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

import gradio as gr
import httpx
import pytest
import respx

from answers import DROPOUT, first
from endpoint import CHAT, KEY, URL, failure, graded
from interviewer.agent.graph import CLOSING
from interviewer.files.settings import Settings
from interviewer.models import Turn
from interviewer.screens.ui.conversation import Conversation
from interviewer.screens.ui.draw import Draw
from interviewer.screens.ui.handlers import Page
from interviewer.screens.ui.layout import ANY_CATEGORY, Layout, Updates
from interviewer.screens.ui.server import application
from interviewer.service.practice import Practice
from interviewer.service.session import Service, connect

ME = "somebody"
Frames = list[dict[str, str]]


class Screen:
    """The handlers of a page, and what they show by the id of the component."""

    def __init__(self, service: Service) -> None:
        self._service = service
        with gr.Blocks():
            self._ui = Layout(service.settings)
        practice = Practice(service)
        draw = Draw(self._ui, practice)
        self._talk = Conversation(self._ui, practice, draw)
        self._page = Page(self._ui, practice, draw, self._talk)

    async def act(self, interview_id: str, text: str) -> Frames:
        seen = str(len((await self._service.view(interview_id)).entries))
        handler = self._talk.act("answer", takes_words=True)
        return await self._frames(handler(ME, f"?interview={interview_id}", seen, text))

    async def finish(self, interview_id: str, text: str) -> AsyncGenerator[dict[str, str]]:
        """Press Finish, and go away from the screen when the caller does."""
        seen = str(len((await self._service.view(interview_id)).entries))
        pressed = self._talk.act("finish", takes_words=True)
        async with aclosing(pressed(ME, f"?interview={interview_id}", seen, text)) as shown:
            async for frame in shown:
                yield self._named(frame)

    async def speak(self, interview_id: str, recording: Path) -> dict[str, str]:
        place = f"?interview={interview_id}"
        shown = await self._talk.spoken(ME, place, str(recording), "")
        return {"answer": shown[self._ui.answer]} if self._ui.answer in shown else {}

    async def load(self, interview_id: str) -> Frames:
        return await self.go(f"?interview={interview_id}")

    async def again(self, interview_id: str) -> Frames:
        handler = self._page.practise(variant=False)
        return await self._frames(handler(ME, f"?interview={interview_id}", []))

    async def go(self, place: str) -> Frames:
        return [frame async for frame in self.going(place)]

    async def going(self, place: str) -> AsyncGenerator[dict[str, str]]:
        async for frame in self._page.go(ME, place, ANY_CATEGORY):
            yield self._named(frame)

    async def _frames(self, shown: AsyncIterator[Updates]) -> Frames:
        return [self._named(frame) async for frame in shown]

    def _named(self, frame: Updates) -> dict[str, str]:
        names = {part: getattr(part, "elem_id", None) or "message" for part in self._ui.step()}
        names |= {self._ui.summary: "summary", self._ui.notice: "notice"}
        return {names[k]: v for k, v in frame.items() if k in names}

    async def filled(self, interview_id: str) -> set[str]:
        """Return the buttons of a feedback that stand out and can be pressed."""
        *_, frame = [f async for f in self._page.go(ME, f"?interview={interview_id}", ANY_CATEGORY)]
        buttons = ("redrill", "another", "again")
        told = {name: {"variant": "primary", **frame[getattr(self._ui, name)]} for name in buttons}
        return {
            name
            for name, button in told.items()
            if button["variant"] == "primary" and button.get("visible", True)
        }


async def begun(service: Service, **choices: str) -> str:
    interview_id = await service.start(ME, question=DROPOUT, **choices)  # type: ignore[arg-type]
    async for _ in service.resume(interview_id):
        pass
    return interview_id


async def test_a_reply_that_is_still_due_when_the_page_is_loaded_is_told_and_no_alarm(
    service: Service,
) -> None:
    interview_id = await begun(service)
    said = Turn(role="candidate", text="Masks are noise on hidden units.")
    await service.store.add_turn(interview_id, 1, "answer", said)
    await asyncio.sleep(1.1)
    frames = await Screen(service).load(interview_id)
    assert "the reply is on its way" in frames[0]["status"]
    spent = re.search(r'data-spent="(\d+)"[^>]*>0:(\d\d)<', frames[0]["facts"])
    assert spent, "the time is right before the page counts"
    assert int(spent[1]) == int(spent[2]) > 0
    assert [f["message"] for f in frames if f["message"]] == []
    assert frames[-1]["status"] == ""
    assert frames[-1]["conversation"].count("turn asked") == 2


async def test_the_last_words_stand_there_from_when_they_are_said_to_the_way_on(
    service: Service,
) -> None:
    screen, interview_id = Screen(service), await begun(service)
    frames: Frames = []
    for answer in ("Masks are noise.", *first()[DROPOUT].values()):
        if (await service.view(interview_id)).interview.status == "open":
            frames = await screen.act(interview_id, answer)
    spoken = [CLOSING in f["live"] + f["conversation"] for f in frames]
    assert spoken[spoken.index(True) :] == [True] * (len(frames) - spoken.index(True))
    grading = [f for f in frames if "against the rubric" in f["status"]]
    assert grading
    assert all("data-over" in f["facts"] and f["message"] == "" for f in grading)
    assert "data-next" in frames[-1]["status"]


async def test_what_is_typed_while_the_interviewer_speaks_belongs_to_the_same_draft_as_afterwards(
    service: Service,
) -> None:
    screen, interview_id = Screen(service), await begun(service)
    drafts = []
    for answer in ("Masks are noise.", "It helps when data are few and seen often."):
        frames = await screen.act(interview_id, answer)
        drafts.append({re.findall(r'data-draft="([^"]*)"', frame["facts"])[0] for frame in frames})
        assert len(frames) > 1, "it was shown while the interviewer spoke"
    assert [len(keys) for keys in drafts] == [1, 1]
    assert drafts[0] != drafts[1], "what was sent comes back with no draft"


@pytest.mark.parametrize("skipped", [False, True])
async def test_words_for_an_interview_that_is_over_are_shown_the_way_its_round_went_on(
    service: Service, skipped: bool
) -> None:
    practice = Practice(service)
    round_id = await practice.start_round(ME, size=3, category=None, mode="practice", target="L5")
    interview_id = await begun(service, round_id=round_id)
    async for _ in service.act(interview_id, "skip" if skipped else "finish"):
        pass
    (frame,) = await Screen(service).act(interview_id, "Words of mine.")
    assert f"?round={round_id}" in frame["status"]
    there = await practice.next_in_round(ME, round_id)
    (frame,) = await Screen(service).act(interview_id, "Words of mine.")
    assert f"?interview={there}" in frame["status"]
    assert "question 2 of 3" in frame["status"]
    assert "data-next" not in frame["status"], "the page does not go by itself"


async def test_a_recording_is_deleted_when_it_was_heard_and_when_it_could_not_be(
    data_dir: Path, httpx2_mock: respx.Router, tmp_path: Path
) -> None:
    heard = httpx2_mock.post(f"{URL}/audio/transcriptions")
    heard.side_effect = [httpx.Response(200, json={"text": "Masks are noise."}), failure(401)]
    spoken = {"openai_api_key": KEY, "openai_base_url": URL, "speech_model": "s"}
    async with connect(Settings(data_dir=data_dir, engine="offline", **spoken)) as service:
        screen, interview_id = Screen(service), await begun(service)
        recording = tmp_path / "audio.wav"
        for box in ("Masks are noise.", ""):
            recording.write_bytes(b"RIFF")
            assert (await screen.speak(interview_id, recording)).get("answer", "") == box
            assert not recording.exists()


async def test_what_is_uploaded_and_never_used_is_gone_when_the_server_has_stopped(
    service: Service,
) -> None:
    room = application(service)
    here = httpx.AsyncClient(transport=httpx.ASGITransport(room), base_url="http://127.0.0.1")
    async with room.router.lifespan_context(room), here as page:
        sent = {"files": ("audio.wav", b"RIFF", "audio/wav")}
        (path,) = (await page.post("/gradio_api/upload", files=sent)).json()
        assert Path(path).exists()
    assert not Path(path).exists()


async def test_a_round_goes_on_before_an_answer_is_graded_and_shows_its_levels_when_all_are(
    service: Service,
) -> None:
    screen, practice = Screen(service), Practice(service)
    round_id = await practice.start_round(ME, size=2, category=None, mode="practice", target="L5")
    for number in (1, 2):
        interview_id = await practice.next_in_round(ME, round_id)
        async for _ in service.resume(interview_id):
            pass
        # To its end: what came after the way on would be drawn over the next question.
        *_, frame = [f async for f in screen.finish(interview_id, first()[DROPOUT]["L5"])]
        assert f"?round={round_id}" in frame["status"]
        assert (await service.view(interview_id)).interview.status == "closed"
        at = await practice.round(ME, round_id)
        assert at is not None
        assert (at.behind, at.answered, at.over) == (number, number == 2, False)
    frames = await screen.go(f"?round={round_id}")
    assert [set(frame) for frame in frames[1:]] == [{"summary"}] * 2, "they are elsewhere by then"
    being_read = [frame["summary"].count("Being read…") for frame in frames]
    assert being_read == [2, 1, 0]
    levels = [frame["summary"].count('class="level"') for frame in frames]
    assert levels == [0, 0, 2]


async def test_an_answer_of_a_round_that_is_graded_while_the_round_is_drawn_gets_its_level_shown(
    service: Service,
) -> None:
    screen, practice = Screen(service), Practice(service)
    round_id = await practice.start_round(ME, size=1, category=None, mode="practice", target="L5")
    interview_id = await practice.next_in_round(ME, round_id)
    async for _ in service.resume(interview_id):
        pass
    async with aclosing(screen.finish(interview_id, first()[DROPOUT]["L5"])) as frames:
        async for frame in frames:
            if "data-next" in frame["status"]:
                break
    async with aclosing(screen.going(f"?round={round_id}")) as frames:
        assert "Being read…" in (await anext(frames))["summary"]
        async for _ in service.resume(interview_id):  # by the step that the page has left
            pass
        shown = [frame["summary"] async for frame in frames]
    assert [summary.count('class="level"') for summary in shown] == [1]


async def test_the_button_that_stands_out_after_a_drill_is_what_the_page_advises(
    service: Service,
) -> None:
    screen = Screen(service)
    whole = await begun(service)
    async for _ in service.act(whole, "finish", first()[DROPOUT]["L4"]):
        pass
    assert await screen.filled(whole) == {"redrill"}
    for said, button in ((first()[DROPOUT]["L4"], "redrill"), (first()[DROPOUT]["L6"], "again")):
        drill = await service.redrill(whole)
        async for _ in service.resume(drill):
            pass
        async for _ in service.act(drill, "finish", said):
            pass
        assert await screen.filled(drill) == {button}


async def test_a_round_whose_grader_failed_says_so_and_ends_when_that_is_mended(
    data_dir: Path, httpx2_mock: respx.Router
) -> None:
    broken = True

    def answer(request: httpx.Request) -> httpx.Response:
        return failure(401) if broken else graded(request, {}, question)

    httpx2_mock.post(CHAT).mock(side_effect=answer)
    model = {"openai_api_key": KEY, "openai_base_url": URL, "model": "m"}
    async with connect(Settings(data_dir=data_dir, **model)) as service:
        question = service.bank.questions[DROPOUT]
        screen, practice = Screen(service), Practice(service)
        round_id = await practice.start_round(
            ME, size=1, category=None, mode="practice", target="L5"
        )
        interview_id = await practice.next_in_round(ME, round_id, DROPOUT)
        async for _ in service.resume(interview_id):
            pass
        async for _ in screen.finish(interview_id, first()[DROPOUT]["L4"]):
            pass
        before, frame = await screen.go(f"?round={round_id}")
        assert "Being read…" in before["summary"]
        assert "its grader failed" in frame["summary"]
        assert "Each question has its own level" in frame["summary"], "it seals nothing"
        assert f'href="?interview={interview_id}"' in frame["summary"]
        broken = False
        async for _ in service.resume(interview_id):
            pass
        (frame,) = await screen.go(f"?round={round_id}")
        assert 'class="level">L4<' in frame["summary"]


async def test_once_more_what_was_deleted_in_another_window_begins_nothing(
    service: Service,
) -> None:
    interview_id = await begun(service)
    await service.delete(interview_id)
    (frame,) = await Screen(service).again(interview_id)
    assert "There is nothing at that address" in frame["notice"]
    assert await service.store.interviews(ME) == []
