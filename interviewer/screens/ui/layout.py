"""The components of every screen, named after what they show; what they do is in `page.py`."""

from __future__ import annotations

from typing import Any

import gradio as gr

from interviewer.files.settings import Settings
from interviewer.models import CATEGORIES, LEVELS, Level
from interviewer.outside.record import Mode
from interviewer.screens.ui import bank, start, talk
from interviewer.screens.ui.markup import Html

ANY_CATEGORY = "Surprise me"
PRACTICE, REALISTIC = "Practice, with hints", "Realistic, no hints"
ONE, THREE, FOUR = "One question", "45 minutes, 3 questions", "45 minutes, 4 questions"
DEFAULT: tuple[str, str, Level] = (ONE, PRACTICE, "L5")
MODES: dict[str, Mode] = {PRACTICE: "practice", REALISTIC: "realistic"}
SIZES = {ONE: 1, THREE: 3, FOUR: 4}
FINISH, GRADE_THIS = "Finish and grade", "Grade what I said"
Updates = dict[Any, Any]
"""New values of components."""
SCREENS = ("start", "questions", "study", "talk", "feedback", "round", "progress", "engine", "text")


class Layout:
    """Builds the components inside an open `gr.Blocks`."""

    def __init__(self, settings: Settings) -> None:
        """Lay everything out; one screen is shown at a time."""
        # Kept by the browser: they survive a reload or a restart of the server.
        self.owner = gr.BrowserState(
            "", storage_key="interviewer-owner", secret="interviewer"  # noqa: S106 - obfuscates, guards nothing
        )  # fmt: skip
        self.chosen = gr.BrowserState(
            list(DEFAULT), storage_key="interviewer-choices", secret="interviewer"  # noqa: S106
        )  # fmt: skip
        self.route = _hidden("route")
        self.place = _hidden("place")
        self.seen = _hidden("seen")
        self.offered = _hidden("offered")
        self.passed = _hidden("passed")
        self.asked = _hidden("asked")
        self.replied = _hidden("replied")
        self.sought = _hidden("sought")
        with gr.Row(elem_id="top"):
            self.masthead = block("masthead", start.masthead("nowhere yet"))  # painted at once
            self.engine = block("engine-line")
        self.loading = block("loading")
        self.tick = gr.Timer(0.7)
        self.notice = block("notice")
        self.columns: dict[str, gr.Column] = {}
        for name in SCREENS:
            with gr.Column(visible=False, elem_id=name, elem_classes="screen") as column:
                getattr(self, f"_{name}")(settings)
            self.columns[name] = column

    def _start(self, _: Settings) -> None:
        self.lead = block("lead")
        self.go_on = gr.Button("Continue", variant="primary", visible=False, elem_id="continue")
        self.also = block("also")
        self.offer = block("offer")
        self.size = gr.Radio([ONE, THREE, FOUR], value=ONE, label="How long", elem_id="size")
        self.plan = block("plan")
        with gr.Row(elem_classes="buttons"):
            self.begin = gr.Button("Interview me", variant="primary", elem_id="begin")
            self.other = gr.Button("Something else", elem_id="other")
        with gr.Accordion(
            start.chosen(*DEFAULT[1:]), open=False, elem_id="choices"
        ) as self.choices:
            self.category = gr.Radio(
                [ANY_CATEGORY, *CATEGORIES], value=ANY_CATEGORY, label="Category"
            )
            self.mode = gr.Radio([PRACTICE, REALISTIC], value=DEFAULT[1], label="How strict")
            self.target = gr.Radio(list(LEVELS), value=DEFAULT[2], label="The level you aim at")
        block(value=start.levels())

    def _questions(self, _: Settings) -> None:
        self.bank_head = block()
        self.search = gr.Textbox(
            label="Find a question by a word, or paste one you were asked",
            elem_id="search",
            max_lines=4,
        )
        block("search-told", bank.beside())
        self.found = block("found")

    def _study(self, _: Settings) -> None:
        self.studied = block()
        with gr.Row(elem_classes="buttons"):
            self.practise = gr.Button("Practice this", variant="primary", elem_id="practise")
            self.practise_variant = gr.Button("Practice a variant", elem_id="practise-variant")
        self.secrets = block("secrets")

    def _talk(self, settings: Settings) -> None:
        self.facts = block("facts")
        with gr.Row(elem_classes="sides"):
            with gr.Column(scale=2, min_width=300):
                self.card = block("card")
            with gr.Column(scale=3, min_width=320):
                self.said = block("conversation")
                self.live = block("live")
                self.status = block("status")
                block("pending", talk.pending())
                with gr.Row(elem_id="trouble"):
                    self.message = block()
                    self.retry = gr.Button("Try again", variant="primary", elem_id="retry")
                with gr.Column(elem_id="reply"):
                    self._answering()
                self._speaking(settings)

    def _answering(self) -> None:
        block("told", talk.told())
        self.answer = gr.Textbox(
            label="Your answer",
            placeholder="Say it as you would aloud.",
            lines=2,  # on a phone; with one, Enter would send
            max_lines=18,
            elem_id="answer",
        )
        with gr.Row(elem_classes="buttons"):
            self.send = gr.Button("Send", variant="primary", elem_id="send")
            self.finish = gr.Button("Finish", elem_id="finish")
        with gr.Column(visible=False, elem_id="confirm") as self.confirm:
            self.confirm_text = block("confirm-asks")
            with gr.Row(elem_classes="buttons"):
                self.finish_now = gr.Button(FINISH, variant="primary", elem_id="finish-now")
                self.skip_now = gr.Button("Skip it", visible=False, elem_id="skip-now")
                self.keep_going = gr.Button("Keep going", elem_id="keep-going")
        with gr.Row(elem_classes="buttons small"):
            self.clarify = gr.Button("Ask back", size="sm", elem_id="clarify")
            self.hint = gr.Button("Hint", size="sm", elem_id="hint")
            self.think = gr.Button("Think for a minute", size="sm", elem_id="think")
            self.repeat = gr.Button("Repeat", size="sm", elem_id="repeat")
            self.skip = gr.Button("Skip question", size="sm", elem_id="skip")

    def _speaking(self, settings: Settings) -> None:
        with gr.Accordion("Speak instead", open=False, elem_id="speak"):
            self.microphone = gr.Audio(
                sources=["microphone"],
                type="filepath",
                format="wav",
                label="Record; the text lands in the box, to be edited before you send it",
                visible=bool(settings.speech_model),
                elem_id="microphone",
            )
            block(
                value=Html(
                    "<p>Dictation is done by your browser. Some browsers, Chrome among them, send "
                    "the sound to their maker for that. What was heard lands in the box, to be "
                    "edited before you send it.</p>"
                )
            )
            gr.Button("Dictate", size="sm", elem_id="dictate")
            block("heard", talk.heard())

    def _feedback(self, _: Settings) -> None:
        self.report = block("report")
        with gr.Row(elem_classes="buttons"):
            self.redrill = gr.Button("Drill this gap", variant="primary", elem_id="redrill")
            self.another = gr.Button("Another question", elem_id="another")
            self.again = gr.Button("Same question again", elem_id="again")
            self.variant = gr.Button("Same question, asked differently", elem_id="variant")
        self.details = block("details")
        self.exports = block("exports")
        self.delete = gr.Button("Delete this interview", size="sm", elem_id="delete")
        with gr.Column(visible=False, elem_id="deleting") as self.deleting:
            block(
                "deleting-asks",
                Html("<p><b>Delete it for good?</b> What was said and its grade are gone.</p>"),
            )
            with gr.Row(elem_classes="buttons"):
                self.keep = gr.Button("Keep it", elem_id="keep")
                self.delete_now = gr.Button("Delete for good", variant="stop", elem_id="delete-now")

    def _round(self, _: Settings) -> None:
        self.summary = block("summary")
        with gr.Row(elem_classes="buttons"):
            self.next = gr.Button("Next question", variant="primary", elem_id="next")
            self.end_round = gr.Button("End it here and see the feedback", elem_id="end-round")

    def _progress(self, _: Settings) -> None:
        self.history = block("history")

    def _engine(self, _: Settings) -> None:
        self.engine_head = block("engine-head")
        with gr.Column(visible=False, elem_id="models") as self.models:
            with gr.Row():
                self.interviewing = gr.Dropdown(
                    [], label="Interviews", allow_custom_value=True, elem_id="interviewing"
                )
                self.grading = gr.Dropdown(
                    [], label="Grades", allow_custom_value=True, elem_id="grading"
                )
            with gr.Row(elem_classes="buttons"):
                self.try_models = gr.Button("Test", variant="primary", elem_id="try-models")
                self.use_models = gr.Button("Use from now on", elem_id="use-models")
            self.outcome = block("outcome")

    def _text(self, _: Settings) -> None:
        self.text = block("prose")

    def screen(self) -> list[Any]:
        """Every component that follows the record, for handlers that may change the screen."""
        return [
            *self.columns.values(),
            *(self.place, self.offered, self.passed, self.replied, self.masthead, self.notice),
            *(self.lead, self.go_on, self.also, self.begin, self.offer),
            *(self.bank_head, self.found, self.studied, self.secrets, self.card),
            *(
                *self.step(),
                self.finish,
                self.confirm,
                self.report,
                self.redrill,
                self.another,
                self.again,
                self.details,
            ),
            *(
                self.exports,
                self.deleting,
                self.summary,
                self.next,
                self.end_round,
                self.history,
                self.text,
            ),
            *(self.engine_head, self.models, self.interviewing, self.grading, self.outcome),
        ]

    def asking(self) -> list[Any]:
        """What asks before an interview is ended."""
        return [self.confirm, self.confirm_text, self.finish_now, self.skip_now]

    def step(self) -> list[Any]:
        """What a step of the interview changes while the talk is on the screen.

        All of it is text, and few: whatever is shown, hidden or left out in a frame is built
        anew by Gradio, which takes 0.4 ms a component.
        """
        return [self.facts, self.said, self.live, self.status, self.seen, self.message]


def block(elem_id: str | None = None, value: str = "") -> gr.Markdown:
    """Show HTML of ours, escaped by construction in `markup`.

    Through Markdown, because `gr.HTML` evaluates strings as scripts, which our content security
    policy forbids. Its sanitiser is off: it takes away every role and label.
    """
    return gr.Markdown(
        value, elem_id=elem_id, sanitize_html=False, latex_delimiters=[], container=False
    )


def _hidden(elem_id: str) -> gr.Textbox:
    """Hold a value in the page itself, so that it is this tab's own and outlives the server."""
    return gr.Textbox(visible="hidden", elem_id=elem_id, show_label=False)
