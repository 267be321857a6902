"""The interview as a LangGraph: pick, ask, wait, listen, probe or assist or close, grade, debrief.

Nodes read what was said from the store and write what the interviewer says there; the state
only steers. `wait` holds nothing but the interrupt, because an interrupted node runs again from
its first line. Every node can be run twice: what it writes to the store has a fixed position.
"""

from __future__ import annotations

import os

# Both are read when langgraph is imported: checkpoints may hold plain data only, and transcripts
# are sent to no tracing service unless somebody asked for it.
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
os.environ.setdefault("LANGSMITH_TRACING", "false")

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from interviewer import grading, speaking
from interviewer.embedding import Encoder
from interviewer.grading import Judge, Reading
from interviewer.llm import ChatModel
from interviewer.models import Question, Turn
from interviewer.probing import targets
from interviewer.retrieval import RubricIndex
from interviewer.selection import choose
from interviewer.state import InterviewState
from interviewer.store import Entry, Kind, Store

CLOSING = "Thank you, that is all I wanted to ask. Give me a moment to go through my notes."
NO_HINT = "I have no hint to give here. Carry on with what you think matters most."


@dataclass(frozen=True)
class Services:
    """What the nodes work with; handed over at each run and never stored."""

    store: Store
    index: Callable[[], Awaitable[RubricIndex]]
    encoder: Callable[[], Awaitable[Encoder]]
    questions: dict[str, Question]
    judge: Callable[[str], Judge]
    """The judge of an engine."""
    speaker: Callable[[str], ChatModel | None]
    """The model that speaks for an engine; None where questions are asked as authored."""
    rng: random.Random


Node = dict[str, Any]
Graph = CompiledStateGraph[InterviewState, Services, InterviewState, InterviewState]


async def pick(state: InterviewState, runtime: Runtime[Services]) -> Node:
    """Settle the question."""
    services = runtime.context
    interview = await services.store.interview(state["interview_id"])
    if interview.question_id is None:
        past = await services.store.interviews(interview.owner)
        choice = choose(
            list(services.questions.values()),
            asked=[i.question_id for i in past if i.question_id],
            attempts=await services.store.attempts(interview.owner),
            target=interview.target,
            rng=services.rng,
            category=interview.category,
        )
        await services.store.set_question(interview.id, choice.question_id)
        return {"question_id": choice.question_id, "probes": 0}
    return {"question_id": interview.question_id, "probes": 0}


async def ask(state: InterviewState, runtime: Runtime[Services]) -> Node:
    """Ask the question, or the variant of it that this interview uses, as authored."""
    await _say(state, runtime, 0, "ask", await _wording(state, runtime))
    return {}


async def wait(state: InterviewState) -> Node:
    """Wait for the candidate."""
    return {"action": interrupt({"expects": "action"})}


async def listen(state: InterviewState, runtime: Runtime[Services]) -> Node:
    """Take in an answer: which tells are still open, and which of them are worth asking about."""
    if state["action"]["kind"] != "answer":
        return {}
    _status("Listening…")
    reading = await _read(state, runtime)
    return {"targets": [t.id for t in targets(reading)]}


async def route(
    state: InterviewState, runtime: Runtime[Services]
) -> Literal["probe", "assist", "close"]:
    """Decide in code, from what the candidate pressed and what is still open."""
    interview = await runtime.context.store.interview(state["interview_id"])
    match state["action"]["kind"]:
        case "finish" | "skip":
            return "close"
        case "hint" | "repeat" | "clarify":
            return "assist"
        case "answer":
            left = state["probes"] < interview.budget
            return "probe" if left and state["targets"] else "close"


async def probe(state: InterviewState, runtime: Runtime[Services]) -> Node:
    """Ask a follow-up: as authored, or in a model's words that were checked for leaks."""
    services, question = runtime.context, _question(state, runtime)
    interview = await services.store.interview(state["interview_id"])
    aims = [question.tell(t) for t in state["targets"]]
    speaker = services.speaker(interview.engine)
    at = state["action"]["reply_at"]
    if speaker is None:
        text = aims[0].probe or ""
        await _say(state, runtime, at, "probe", text, aims_at=(aims[0].id,))
    else:
        turns = [e.turn for e in await services.store.entries(interview.id)][:at]
        text = ""
        async for piece in speaking.follow_up(speaker, question, turns, aims):
            get_stream_writer()({"token": piece})
            text += piece
        aimed = await speaking.nearest(text, aims, await services.encoder())
        await _say(state, runtime, at, "probe", text.strip(), aims_at=(aimed.id,), shown=True)
    return {"probes": state["probes"] + 1}


async def assist(state: InterviewState, runtime: Runtime[Services]) -> Node:
    """Repeat the question, answer a clarifying question, or give a hint; none is a follow-up."""
    services, question = runtime.context, _question(state, runtime)
    interview = await services.store.interview(state["interview_id"])
    at = state["action"]["reply_at"]
    match state["action"]["kind"]:
        case "repeat":
            await _say(state, runtime, at, "repeat", await _wording(state, runtime))
        case "clarify":
            asked = (await services.store.entries(interview.id))[at - 1].turn.text
            record = (await services.index()).fetch(question.id)
            fact = await speaking.fact(asked, record, await services.encoder())
            await _say(state, runtime, at, "clarify", fact)
        case _ if interview.mode == "practice" and (aims := targets(await _read(state, runtime))):
            text = f"Here is a hint. {aims[0].advice}"
            await _say(state, runtime, at, "hint", text, aims_at=(aims[0].id,))
        case _:
            await _say(state, runtime, at, "hint", NO_HINT)
    return {}


async def close(state: InterviewState, runtime: Runtime[Services]) -> Node:
    """End the conversation."""
    store = runtime.context.store
    if state["action"]["kind"] == "skip":
        await store.set_status(state["interview_id"], "skipped")
    else:
        await _say(state, runtime, state["action"]["reply_at"], "close", CLOSING)
        await store.set_status(state["interview_id"], "closed")
    return {}


def after_close(state: InterviewState) -> Literal["grade", "__end__"]:
    """Grade what was not skipped."""
    return "__end__" if state["action"]["kind"] == "skip" else "grade"


async def grade(state: InterviewState, runtime: Runtime[Services]) -> Node:
    """Grade the conversation with the rubric that the index holds for this question."""
    services = runtime.context
    interview = await services.store.interview(state["interview_id"])
    _status("Reading your answers against the rubric…")
    reading = await _read(state, runtime)
    off = grading.off_question(reading, await services.index())
    result = await grading.grade(reading, services.judge(interview.engine), off_question=off)
    await services.store.add_grade(interview.id, result)
    return {}


async def debrief(state: InterviewState, runtime: Runtime[Services]) -> Node:
    """Hand over."""
    await runtime.context.store.set_status(state["interview_id"], "graded")
    return {}


def build(checkpointer: BaseCheckpointSaver[Any]) -> Graph:
    """Wire the nodes."""
    graph = StateGraph(InterviewState, context_schema=Services)
    for node in (pick, ask, wait, listen, probe, assist, close, grade, debrief):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "pick")
    graph.add_edge("pick", "ask")
    graph.add_edge("ask", "wait")
    graph.add_edge("wait", "listen")
    graph.add_conditional_edges("listen", route)
    graph.add_edge("probe", "wait")
    graph.add_edge("assist", "wait")
    graph.add_conditional_edges("close", after_close)
    graph.add_edge("grade", "debrief")
    graph.add_edge("debrief", END)
    return graph.compile(checkpointer=checkpointer)


async def _read(state: InterviewState, runtime: Runtime[Services]) -> Reading:
    services = runtime.context
    record = (await services.index()).fetch(state["question_id"])
    entries = await services.store.entries(state["interview_id"])
    return await grading.read(record, _spoken(entries), await services.encoder())


def _spoken(entries: Sequence[Entry]) -> list[Turn]:
    """Return the turns; what a candidate only asked keeps its place and loses its words."""
    return [
        e.turn.model_copy(update={"text": ""})
        if e.turn.role == "candidate" and e.kind == "clarify"
        else e.turn
        for e in entries
    ]


async def _say(
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
        get_stream_writer()({"token": text})


def _question(state: InterviewState, runtime: Runtime[Services]) -> Question:
    return runtime.context.questions[state["question_id"]]


async def _wording(state: InterviewState, runtime: Runtime[Services]) -> str:
    interview = await runtime.context.store.interview(state["interview_id"])
    return _question(state, runtime).worded(interview.variant)


def _status(text: str) -> None:
    get_stream_writer()({"status": text})
