"""The page: start, interview, feedback. It draws what the service says and keeps nothing itself."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from interviewer.errors import BadInput, InterviewerError
from interviewer.models import CATEGORIES
from interviewer.session import Event, Service, View
from interviewer.state import ActionKind
from interviewer.ui import html

FRAME_S = 0.05
"""At most twenty updates a second reach the browser."""
ANY_CATEGORY, ANY_QUESTION = "Surprise me", "Any question"
_OPEN = ("open", "closed", "failed")


class Room:
    """Where the page finds the service, which is connected after the page was built."""

    service: Service


def build(room: Room) -> gr.Blocks:
    """Build the page.

    Components are named after what they show. Every handler that may change the phase returns
    a whole screen by `_screen`, so that the page always agrees with the record.
    """
    page: gr.Blocks
    with gr.Blocks(title="Interviewer", analytics_enabled=False) as page:
        owner = gr.BrowserState("", storage_key="interviewer-owner", secret="interviewer")  # noqa: S106 - obfuscates, guards nothing
        current = gr.BrowserState("", storage_key="interviewer-current", secret="interviewer")  # noqa: S106 - obfuscates, guards nothing
        seen = gr.State(0)

        masthead = _block()
        loading = _block("loading")
        tick = gr.Timer(0.7)

        with gr.Column(visible=False, elem_id="start") as start:
            _block(value=html.LEAD)
            with gr.Row():
                go_on = gr.Button(
                    "Continue", variant="primary", size="lg", visible=False, elem_id="continue"
                )
                begin = gr.Button("Interview me", variant="primary", size="lg", elem_id="begin")
            with gr.Row():
                category = gr.Dropdown(
                    [ANY_CATEGORY, *CATEGORIES], value=ANY_CATEGORY, label="Category"
                )
                question = gr.Dropdown(
                    [ANY_QUESTION], value=ANY_QUESTION, label="Question", filterable=True
                )

        with gr.Column(visible=False, elem_id="interview") as interview, gr.Row():
            with gr.Column(scale=2, min_width=300):
                card = _block()
            with gr.Column(scale=3, min_width=320):
                chat = gr.Chatbot(
                    elem_id="chat",
                    show_label=False,
                    height=420,
                    render_markdown=False,
                    sanitize_html=True,
                    allow_tags=False,
                    buttons=[],
                    placeholder="The interviewer is coming in…",
                )
                status = _block("status")
                with gr.Row(visible=False, elem_id="trouble") as trouble:
                    message = _block()
                    retry = gr.Button("Try again", variant="primary", elem_id="retry")
                answer = gr.Textbox(
                    label="Your answer",
                    info="Speak your mind. Ctrl or Cmd + Enter sends.",
                    lines=5,
                    max_lines=16,
                    elem_id="answer",
                )
                with gr.Row():
                    send = gr.Button("Send", variant="primary", elem_id="send")
                    finish = gr.Button("Finish and grade", elem_id="finish")
                with gr.Row():
                    repeat = gr.Button("Repeat", size="sm", min_width=80, elem_id="repeat")
                    clarify = gr.Button("Ask back", size="sm", min_width=80, elem_id="clarify")
                    hint = gr.Button("Hint", size="sm", min_width=80, elem_id="hint")
                    skip = gr.Button("Skip", size="sm", min_width=80, elem_id="skip")

        with gr.Column(visible=False, elem_id="feedback") as feedback:
            report = _block()
            with gr.Row():
                again = gr.Button("Practise this again", variant="primary", elem_id="again")
                another = gr.Button("Another question", elem_id="another")

        phases = [start, interview, feedback]
        screen = [
            *phases,
            go_on,
            begin,
            card,
            chat,
            status,
            trouble,
            message,
            hint,
            report,
            current,
            seen,
        ]

        async def screen_of(interview_id: str, owner_id: str) -> list[Any]:
            return _screen(
                room.service,
                await _view(room.service, interview_id, owner_id),
                await _unfinished(room.service, owner_id),
            )

        async def arrive(owner_id: str, interview_id: str) -> AsyncIterator[list[Any]]:
            owner_id = owner_id or secrets.token_hex(16)
            titles = [(q.title, q.id) for q in room.service.bank.questions.values()]
            first = [
                owner_id,
                html.masthead(room.service.settings),
                gr.update(choices=[ANY_QUESTION, *titles]),
            ]
            yield [*first, *await screen_of(interview_id, owner_id)]
            view = await _view(room.service, interview_id, owner_id)
            if view and view.pending and view.interview.status == "open":
                # The page was left in the middle of a reply: finish it now.
                async for shown in follow(
                    interview_id, owner_id, room.service.resume(interview_id)
                ):
                    yield [gr.skip(), gr.skip(), gr.skip(), *shown]

        async def loading_now() -> list[Any]:
            state = room.service.progress
            busy = not (state.ready or state.failed)
            return [html.loading(state), gr.Timer(active=busy)]

        def questions_in(name: str) -> Any:
            some = [
                (q.title, q.id)
                for q in room.service.bank.questions.values()
                if name in (ANY_CATEGORY, q.category)
            ]
            return gr.update(choices=[ANY_QUESTION, *some], value=ANY_QUESTION)

        async def begin_new(
            owner_id: str, category_name: str, question_id: str
        ) -> AsyncIterator[list[Any]]:
            chosen = None if question_id == ANY_QUESTION else question_id
            area = None if category_name == ANY_CATEGORY else category_name
            try:
                interview_id = await room.service.start(owner_id, question=chosen, category=area)
            except InterviewerError as error:
                raise gr.Error(str(error), title="That did not work") from error
            async for shown in follow(interview_id, owner_id, room.service.resume(interview_id)):
                yield shown

        async def continue_last(owner_id: str) -> AsyncIterator[list[Any]]:
            if last := await _unfinished(room.service, owner_id):
                async for shown in follow(
                    last.interview.id, owner_id, room.service.resume(last.interview.id)
                ):
                    yield shown

        async def practise_again(owner_id: str, interview_id: str) -> AsyncIterator[list[Any]]:
            view = await room.service.view(interview_id)
            async for shown in begin_new(
                owner_id, ANY_CATEGORY, view.interview.question_id or ANY_QUESTION
            ):
                yield shown

        async def follow(
            interview_id: str, owner_id: str, events: AsyncIterator[Event]
        ) -> AsyncIterator[list[Any]]:
            """Show a step of the interview while it happens, then the screen as recorded."""
            base = await screen_of(interview_id, owner_id)
            messages: list[Any] = list(base[_CHAT])
            said, shown_at = "", 0.0
            trouble_text = ""
            try:
                async for event in events:
                    if event.kind == "token":
                        said += event.text
                        base[_STATUS] = ""
                    else:
                        base[_STATUS] = html.status(event.text)
                        messages = list((await screen_of(interview_id, owner_id))[_CHAT])
                    if time.monotonic() - shown_at >= FRAME_S:
                        base[_CHAT] = (
                            [*messages, html.bubble("assistant", said)] if said else messages
                        )
                        yield base
                        shown_at = time.monotonic()
            except BadInput:
                raise
            except InterviewerError as error:
                trouble_text = str(error)
            final = await screen_of(interview_id, owner_id)
            if trouble_text:
                final[_TROUBLE], final[_MESSAGE] = (
                    gr.update(visible=True),
                    html.trouble(trouble_text),
                )
            yield final

        def act(kind: ActionKind, *, takes_words: bool) -> Any:
            async def handler(
                owner_id: str, interview_id: str, seen_turns: int, text: str
            ) -> AsyncIterator[list[Any]]:
                words = text if takes_words else ""
                # Only words can be lost or doubled by a second window; a bare press may come late.
                seen_at = seen_turns if words.strip() else None
                events = room.service.act(interview_id, kind, words, seen=seen_at)
                first = True
                try:
                    async for shown in follow(interview_id, owner_id, events):
                        yield (
                            ["" if takes_words else gr.skip(), *shown]
                            if first
                            else [gr.skip(), *shown]
                        )
                        first = False
                except BadInput as error:
                    gr.Warning(str(error), title="Not sent")
                    yield [text, *await screen_of(interview_id, owner_id)]

            return handler

        async def try_again(owner_id: str, interview_id: str) -> AsyncIterator[list[Any]]:
            async for shown in follow(interview_id, owner_id, room.service.resume(interview_id)):
                yield shown

        async def to_start(owner_id: str) -> list[Any]:
            return await screen_of("", owner_id)

        page.load(arrive, [owner, current], [owner, masthead, question, *screen])
        tick.tick(loading_now, None, [loading, tick], show_progress="hidden")
        category.change(questions_in, category, question, show_progress="hidden")
        quiet: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None}
        begin.click(begin_new, [owner, category, question], screen, **quiet)
        go_on.click(continue_last, [owner], screen, **quiet)
        again.click(practise_again, [owner, current], screen, **quiet)
        another.click(to_start, [owner], screen, **quiet)
        retry.click(try_again, [owner, current], screen, **quiet)
        words = [owner, current, seen, answer]
        for button, kind, takes_words in (
            (send, "answer", True),
            (finish, "finish", True),
            (clarify, "clarify", True),
            (repeat, "repeat", False),
            (hint, "hint", False),
            (skip, "skip", False),
        ):
            handler = act(kind, takes_words=takes_words)  # type: ignore[arg-type]
            button.click(handler, words, [answer, *screen], **quiet)

    page.queue(default_concurrency_limit=None, max_size=500)
    return page


def _block(elem_id: str | None = None, value: str = "") -> gr.Markdown:
    """Show HTML of ours.

    Through Markdown, because `gr.HTML` evaluates strings as scripts, which our content security
    policy forbids, and because Markdown is sanitised once more on its way.
    """
    return gr.Markdown(
        value, elem_id=elem_id, sanitize_html=True, latex_delimiters=[], container=False
    )


_CHAT, _STATUS, _TROUBLE, _MESSAGE = 6, 7, 8, 9
"""Places in the list that `_screen` returns."""


def _screen(service: Service, view: View | None, unfinished: View | None) -> list[Any]:
    """Return the value of every component that follows the record."""
    phase = 0
    if view is not None:
        phase = 2 if view.interview.status == "graded" else 1
    question = view.question if view else None
    stuck = view is not None and view.pending
    return [
        *(gr.update(visible=phase == number) for number in range(3)),
        gr.update(visible=unfinished is not None, value=html.continue_label(unfinished)),
        gr.update(variant="secondary" if unfinished else "primary"),
        html.question(view) if view and question else "",
        html.bubbles(view) if view else [],
        "",
        gr.update(visible=stuck and phase == 1),
        html.trouble("The interviewer has not answered yet. Nothing is lost.") if stuck else "",
        gr.update(visible=view is not None and view.interview.mode == "practice"),
        html.report(view) if phase == 2 and view else "",
        view.interview.id if view else "",
        len(view.entries) if view else 0,
    ]


async def _view(service: Service, interview_id: str, owner_id: str) -> View | None:
    if not interview_id:
        return None
    try:
        view = await service.view(interview_id)
    except BadInput:
        return None
    hidden = view.interview.owner != owner_id or view.question is None
    return None if hidden or view.interview.status == "skipped" else view


async def _unfinished(service: Service, owner_id: str) -> View | None:
    for interview in await service.store.interviews(owner_id):
        if interview.status in _OPEN and interview.question_id in service.bank.questions:
            return await service.view(interview.id)
    return None
