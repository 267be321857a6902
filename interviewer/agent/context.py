"""What the nodes of the graph work with, and what all of them do: read what was said, say something.

A turn of the interviewer has a fixed position in the record, so that it is said once however often
its node runs.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

from langgraph.config import get_stream_writer
from langgraph.runtime import Runtime

from interviewer.agent.assessing import Assessor, spoken
from interviewer.agent.state import InterviewState
from interviewer.events import Event
from interviewer.judgement.reading import Reading, read
from interviewer.judgement.speaking import Utterance
from interviewer.models import Question, Turn
from interviewer.outside.embedding import Encoder
from interviewer.outside.llm import ChatModel
from interviewer.outside.record import Entry, Kind
from interviewer.outside.retrieval import RubricIndex
from interviewer.outside.store import Store
from interviewer.precedence import Precedence


@dataclass(frozen=True)
class Services:
    """What the nodes work with; handed over at each run and never stored."""

    store: Store
    index: Callable[[], Awaitable[RubricIndex]]
    encoder: Callable[[], Awaitable[Encoder]]
    questions: dict[str, Question]
    assessor: Assessor
    precedence: Precedence
    debrief: Callable[[str], None]
    """Begins to put the grade of an interview into words."""
    speaker: Callable[[str, str], ChatModel | None]
    """The model that speaks for an engine in an interview; None where questions are authored."""
    rng: random.Random


def question_of(state: InterviewState, runtime: Runtime[Services]) -> Question:
    """Return what the interview is about."""
    return runtime.context.questions[state["question_id"]]


async def read_so_far(state: InterviewState, runtime: Runtime[Services]) -> Reading:
    """Read what was said so far against the rubric."""
    services = runtime.context
    record = (await services.index()).fetch(state["question_id"])
    entries = await services.store.entries(state["interview_id"])
    return await read(record, spoken(entries), await services.encoder())


async def say(
    state: InterviewState,
    runtime: Runtime[Services],
    at: int,
    kind: Kind,
    text: str,
    *,
    aims_at: tuple[str, ...] = (),
    shown: bool = False,
) -> None:
    """Record a turn of the interviewer, once, and show it unless it was streamed before."""
    store = runtime.context.store
    if len(await store.entries(state["interview_id"])) <= at:
        turn = Turn(role="interviewer", text=text, aims_at=aims_at)
        await store.add_turn(state["interview_id"], at, kind, turn)
    if not shown:
        emit("token", text)


async def speak(
    state: InterviewState,
    runtime: Runtime[Services],
    note: str,
    authored: Callable[[], Awaitable[str]],
    *,
    speaker: ChatModel,
    entries: Sequence[Entry],
    may_give: Sequence[str] = (),
) -> tuple[str, Utterance]:
    """Stream something in a model's words; return it, and what is known of it."""
    turns = [e.turn for e in entries][: state["action"]["reply_at"]]
    question = question_of(state, runtime)
    utterance = Utterance(speaker, question, turns, note, authored, may_give)
    text = ""
    async with aclosing(utterance.sentences()) as sentences:
        async for sentence in sentences:
            emit("token", sentence)
            text += sentence
    return text.strip(), utterance


def emit(kind: Literal["token", "status"], text: str) -> None:
    """Show something that is said, or what is being done; none of it is kept."""
    get_stream_writer()(Event(kind, text))
