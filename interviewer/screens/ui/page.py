"""The page: every component with the handler of what one does to it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from interviewer.agent.state import ActionKind
from interviewer.files.settings import Settings
from interviewer.screens.ui.choices import Choices
from interviewer.screens.ui.conversation import Conversation
from interviewer.screens.ui.draw import Draw
from interviewer.screens.ui.handlers import Page
from interviewer.screens.ui.layout import Layout
from interviewer.service.practice import Practice

AT_ONCE = 500
"""Events, so people who are replied to."""
UPLOADS_S = 600, 3600
"""How often what was uploaded and never used is looked for, and how old it then is; what is left
when the server stops goes as well."""


def build(practice: Practice, settings: Settings) -> gr.Blocks:
    """Build the page."""
    page: gr.Blocks
    with gr.Blocks(title="Interviewer", analytics_enabled=False, delete_cache=UPLOADS_S) as page:
        _wire(page, Layout(settings), practice)
    page.max_threads = AT_ONCE  # as many events as are waited for; 40 unless told
    # Told only now and then how long the queue is: it would otherwise tell everybody each time.
    page.queue(default_concurrency_limit=None, max_size=AT_ONCE, status_update_rate=10)
    return page


def _wire(page: gr.Blocks, ui: Layout, practice: Practice) -> None:
    draw, screen = Draw(ui, practice), ui.screen()
    talk, choices = Conversation(ui, practice, draw), Choices(ui, draw)
    do = Page(ui, practice, draw, talk)
    quiet: dict[str, Any] = {
        "show_progress": "hidden", "concurrency_limit": None, "api_visibility": "undocumented",
    }  # fmt: skip
    here = [ui.owner, ui.place]
    arrived = page.load(do.arrive, ui.owner, [ui.owner, *screen], **quiet)
    arrived.then(do.debriefed, here, ui.report, **quiet)
    page.load(do.reach, None, ui.engine, **quiet)
    models = [ui.interviewing, ui.grading]
    ui.try_models.click(do.try_models, models, ui.outcome, **quiet)
    ui.use_models.click(do.use_models, models, [ui.engine_head, ui.engine, ui.outcome], **quiet)
    ui.tick.tick(do.loading, None, [ui.loading, ui.tick], **quiet)
    offer = [ui.offer, ui.offered, ui.passed]
    how = [ui.size, ui.mode, ui.target]
    meant = [ui.choices, ui.begin, ui.plan]
    page.load(choices.recall, ui.chosen, [*how, *meant], **quiet)
    gr.on(
        [choice.input for choice in how], choices.choose, how, [ui.chosen, *meant],
        trigger_mode="always_last", **quiet,
    )  # fmt: skip
    ui.category.input(choices.offer, [ui.owner, ui.category], offer, **quiet)
    ui.other.click(choices.other, [ui.owner, ui.category, ui.passed, ui.offered], offer, **quiet)
    ui.search.change(
        do.search, [ui.owner, ui.search], ui.found, trigger_mode="always_last", **quiet
    )
    # Once more, from the script, when what is found is not of what stands in the box.
    ui.sought.change(
        do.search_again, [ui.owner, ui.sought], ui.found, trigger_mode="always_last", **quiet
    )
    wanted = [ui.owner, ui.offered, ui.category, ui.size, ui.mode, ui.target]
    under_way: list[Any] = [
        ui.begin.click(do.begin, wanted, screen, **quiet),
        ui.go_on.click(do.continue_last, [ui.owner], screen, **quiet),
        ui.next.click(do.next_in_round, here, screen, **quiet),
        ui.end_round.click(do.end_round, here, screen, **quiet),
        ui.retry.click(talk.try_again, here, screen, **quiet),
        ui.redrill.click(do.redrill, [*here, ui.target], screen, **quiet),
        asking := ui.asked.change(
            do.ask, [*here, ui.asked], screen, trigger_mode="multiple", **quiet
        ),
        asking.then(do.debriefed, here, ui.report, **quiet),
    ]

    for button, variant in (
        (ui.practise, False), (ui.practise_variant, True), (ui.again, False), (ui.variant, True),
    ):  # fmt: skip
        under_way.append(button.click(do.practise(variant), [*here, ui.chosen], screen, **quiet))
    actions: tuple[tuple[gr.Button, ActionKind, bool], ...] = (
        (ui.send, "answer", True), (ui.finish_now, "finish", True), (ui.clarify, "clarify", True),
        (ui.repeat, "repeat", False), (ui.hint, "hint", False), (ui.skip_now, "skip", False),
    )  # fmt: skip
    for button, kind, takes_words in actions:
        handler = talk.act(kind, takes_words=takes_words)
        # Plain text both ways: what Gradio would do to it costs a thread for each component.
        step = button.click(
            handler, [*here, ui.seen, ui.answer], [ui.answer, *ui.step()],
            preprocess=False, postprocess=False, **quiet,
        )  # fmt: skip
        under_way.append(step)
    asked = [*ui.asking(), *ui.step()]
    skip = [*here, ui.seen, ui.answer]
    under_way.append(ui.skip.click(talk.ask_to_skip, skip, asked, **quiet))
    ui.finish.click(talk.ask_to_finish, [*here, ui.answer], asked, **quiet)
    for button in (ui.keep_going, ui.finish_now, ui.skip_now):
        button.click(lambda: gr.update(visible=False), None, ui.confirm, **quiet)
    ui.microphone.stop_recording(
        talk.spoken, [*here, ui.microphone, ui.answer], [ui.microphone, ui.answer, ui.status],
        **quiet,
    )  # fmt: skip
    ui.delete.click(lambda: gr.update(visible=True), None, ui.deleting, **quiet)
    ui.keep.click(lambda: gr.update(visible=False), None, ui.deleting, **quiet)
    ui.delete_now.click(do.delete, here, screen, **quiet)
    ui.another.click(do.to_start, [ui.owner, ui.category], screen, **quiet)
    went = ui.route.change(
        do.go, [ui.owner, ui.route, ui.category], screen, trigger_mode="multiple", **quiet
    )
    under_way.append(went.then(do.debriefed, here, ui.report, **quiet))
    # Who goes elsewhere stays there: what is still under way is picked up on return.
    ui.route.change(None, cancels=under_way)
