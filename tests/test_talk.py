"""What the screen of an interview shows, frame by frame, without a browser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import gradio as gr
import pytest

from answers import DROPOUT, first
from interviewer.graph import CLOSING
from interviewer.models import Turn
from interviewer.practice import Practice
from interviewer.session import Service
from interviewer.ui.conversation import Conversation
from interviewer.ui.handlers import Page
from interviewer.ui.layout import ANY_CATEGORY, Layout
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

    async def load(self, interview_id: str) -> Frames:
        return await self._frames(
            self._page.go(ME, f"?interview={interview_id}", ANY_CATEGORY, "L5")
        )

    async def _frames(self, shown: AsyncIterator[dict[gr.Textbox, str]]) -> Frames:
        names = {part: getattr(part, "elem_id", None) or "message" for part in self._ui.step()}
        return [{names[k]: v for k, v in frame.items() if k in names} async for frame in shown]


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
