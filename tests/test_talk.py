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
from interviewer.graph import CLOSING
from interviewer.models import Turn
from interviewer.practice import Practice
from interviewer.session import Service, connect
from interviewer.settings import Settings
from interviewer.ui.conversation import Conversation
from interviewer.ui.handlers import Page
from interviewer.ui.layout import ANY_CATEGORY, Layout, Shown
from interviewer.ui.room import Room

ME = "somebody"
Frames = list[dict[str, str]]


class Screen:
    """The handlers of a page, and what they show by the id of the component."""

    def __init__(self, service: Service) -> None:
        self._service = service
        with gr.Blocks():
            self._ui = Layout(service.settings)
        room = Room()
        room.practice = Practice(service)
        self._talk = Conversation(self._ui, room)
        self._page = Page(self._ui, room, self._talk)

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

    async def load(self, interview_id: str) -> Frames:
        return await self.go(f"?interview={interview_id}")

    async def go(self, place: str) -> Frames:
        return await self._frames(self._page.go(ME, place, ANY_CATEGORY, "L5"))

    async def _frames(self, shown: AsyncIterator[Shown]) -> Frames:
        return [self._named(frame) async for frame in shown]

    def _named(self, frame: Shown) -> dict[str, str]:
        names = {part: getattr(part, "elem_id", None) or "message" for part in self._ui.step()}
        names[self._ui.summary] = "summary"
        return {names[k]: v for k, v in frame.items() if k in names}


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


async def test_a_round_goes_on_before_an_answer_is_graded_and_shows_its_levels_when_all_are(
    service: Service,
) -> None:
    screen, practice = Screen(service), Practice(service)
    round_id = await practice.start_round(ME, size=2, category=None, mode="practice", target="L5")
    for number in (1, 2):
        interview_id = await practice.next_in_round(ME, round_id)
        async for _ in service.resume(interview_id):
            pass
        async with aclosing(screen.finish(interview_id, first()[DROPOUT]["L5"])) as frames:
            async for frame in frames:
                if "data-next" in frame["status"]:
                    break
        assert f"?round={round_id}" in frame["status"]
        assert (await service.view(interview_id)).interview.status == "closed"
        at = await practice.round(ME, round_id)
        assert at is not None
        assert (at.behind, at.answered, at.over) == (number, number == 2, False)
    frames = await screen.go(f"?round={round_id}")
    being_read = [frame["summary"].count("Being read…") for frame in frames]
    assert being_read == [2, 1, 0]
    levels = [frame["summary"].count('class="level"') for frame in frames]
    assert levels == [0, 0, 2]


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
        (frame,) = await screen.go(f"?round={round_id}")
        assert "its grader failed" in frame["summary"]
        assert "Each question has its own level" in frame["summary"], "it seals nothing"
        assert f'href="?interview={interview_id}"' in frame["summary"]
        broken = False
        async for _ in service.resume(interview_id):
            pass
        (frame,) = await screen.go(f"?round={round_id}")
        assert 'class="level">L4<' in frame["summary"]
