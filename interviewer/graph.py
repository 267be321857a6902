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
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from interviewer import speaking
from interviewer.assessing import Assessor, spoken
from interviewer.embedding import Encoder
from interviewer.llm import ChatModel
from interviewer.models import Question, Tell, Turn
from interviewer.precedence import Precedence
from interviewer.probing import still_open, targets
from interviewer.prompts import render
from interviewer.reading import Reading, only_asides, read
from interviewer.retrieval import RubricIndex
from interviewer.selection import choose
from interviewer.speaking import Utterance
from interviewer.state import InterviewState
from interviewer.store import Entry, Kind, Store

CLOSING = "Thank you, that is all I wanted to ask. Give me a moment to go through my notes."
STAYS = "Take your time. The question stands."
NO_HINT = "I have no hint to give here. Carry on with what you think matters most."


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
    """Take in an answer: which tells are still open, and which of them are worth asking about.

    Offline the matcher says so; of words that hold no claim at all it says that the question
    stands, once and not twice in a row. A model that speaks reads the answer itself, so that nothing has
    to be embedded before its first word; it is told what was open before.
    """
    if state["action"]["kind"] != "answer":
        return {}
    services = runtime.context
    interview = await services.store.interview(state["interview_id"])
    missed = await services.store.redrill(interview.id)
    if services.speaker(interview.engine, interview.id) is None:
        _status("Listening…")
        if await _holds_nothing(state, runtime):
            return {"stays": True}
        found = targets(await _read(state, runtime), missed)
    else:
        entries = await services.store.entries(interview.id)
        aimed = {tell_id for e in entries for tell_id in e.turn.aims_at or ()}
        grade = await services.store.assessment(interview.id)
        found = still_open(_question(state, runtime), grade, aimed)
        found.sort(key=lambda t: t.id != missed)
    return {"stays": False, "targets": [t.id for t in found]}


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
        case "answer" if state.get("stays"):
            return "assist"
        case "answer":
            left = state["probes"] < interview.budget
            return "probe" if left and state["targets"] else "close"


async def probe(state: InterviewState, runtime: Runtime[Services]) -> Node:
    """Ask a follow-up, as authored or in a model's words, while the answer is assessed."""
    services, question = runtime.context, _question(state, runtime)
    interview = await services.store.interview(state["interview_id"])
    aims = [question.tell(t) for t in state["targets"]]
    at = state["action"]["reply_at"]
    speaker = services.speaker(interview.engine, interview.id)
    if speaker is None:
        await _say(state, runtime, at, "probe", aims[0].probe or "", aims_at=(aims[0].id,))
        services.assessor.assess(interview, await services.store.entries(interview.id))
        return {"probes": state["probes"] + 1}
    entries = await services.store.entries(interview.id)
    services.assessor.assess(interview, entries)
    authored = aims[0]

    async def instead() -> str:
        """Return the authored probe of the best tell that the answer left open."""
        nonlocal authored
        open_now = [t for t in targets(await _read(state, runtime)) if t in aims]
        authored = open_now[0] if open_now else authored
        return authored.probe or ""

    note = render("probe", targets=aims)
    text, said = await _speak(state, runtime, note, instead, speaker=speaker, entries=entries)
    record = (await services.index()).fetch(question.id)
    if said.replaced:
        aimed = authored
    elif services.precedence.crowded:  # embedding this reply would hold up those of others
        aimed = speaking.nearest_by_words(text, aims, record)
    else:
        aimed = await speaking.nearest(text, aims, record, await services.encoder())
    await _say(state, runtime, at, "probe", text, aims_at=(aimed.id,), shown=True)
    return {"probes": state["probes"] + 1, "leaks": state.get("leaks", 0) + said.leaked}


async def assist(state: InterviewState, runtime: Runtime[Services]) -> Node:
    """Stay with or repeat what was asked, answer a question back, or give a hint.

    None of it is a follow-up.
    """
    services, question = runtime.context, _question(state, runtime)
    interview = await services.store.interview(state["interview_id"])
    entries = await services.store.entries(interview.id)
    at, leaked = state["action"]["reply_at"], False
    speaker = services.speaker(interview.engine, interview.id)
    match state["action"]["kind"]:
        case "answer":
            await _say(state, runtime, at, "stay", STAYS)
        case "repeat":
            asked = next(e for e in reversed(entries[:at]) if e.kind in ("ask", "probe"))
            await _say(state, runtime, at, "repeat", asked.turn.text)
        case "clarify" if speaker:
            text, said = await _speak(
                state,
                runtime,
                render("clarify"),
                _assume,
                speaker=speaker,
                entries=entries,
                may_give=question.clarifications,
            )
            leaked = said.leaked
            await _say(state, runtime, at, "clarify", text, shown=True)
        case "clarify":
            record = (await services.index()).fetch(question.id)
            question_back = entries[at - 1].turn.text
            fact = await speaking.fact(question_back, record, await services.encoder())
            await _say(state, runtime, at, "clarify", fact)
        case _ if interview.mode == "practice" and (tell := await _stuck_at(state, runtime)):
            text = f"Here is a hint. {tell.advice}"
            if speaker:
                note = render("hint", target=tell)
                text, said = await _speak(
                    state, runtime, note, _just(text), speaker=speaker, entries=entries
                )
                leaked = said.leaked
            await _say(
                state, runtime, at, "hint", text, aims_at=(tell.id,), shown=speaker is not None
            )
        case _:
            await _say(state, runtime, at, "hint", NO_HINT)
    return {"leaks": state.get("leaks", 0) + leaked}


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
    result = await services.assessor.grade(interview)
    if leaks := state.get("leaks", 0):
        result = result.model_copy(update={"flags": (*result.flags, f"leaks_replaced_{leaks}")})
    await services.store.add_grade(interview.id, result)
    return {}


async def debrief(state: InterviewState, runtime: Runtime[Services]) -> Node:
    """Hand over; the words that go with the grade come after it."""
    await runtime.context.store.set_status(state["interview_id"], "graded")
    runtime.context.debrief(state["interview_id"])
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
    return await read(record, spoken(entries), await services.encoder())


async def _holds_nothing(state: InterviewState, runtime: Runtime[Services]) -> bool:
    """Tell whether an answer only gains time, unless the one before it did."""
    entries = await runtime.context.store.entries(state["interview_id"])
    before, said = entries[state["action"]["reply_at"] - 2 :][:2]
    if before.kind == "stay":
        return False
    record = (await runtime.context.index()).fetch(state["question_id"])
    return await only_asides(record, said.turn, await runtime.context.encoder())


async def _stuck_at(state: InterviewState, runtime: Runtime[Services]) -> Tell | None:
    """Return the tell that a hint is about: that of the open follow-up, then the best that is left."""
    entries = await runtime.context.store.entries(state["interview_id"])
    entries = entries[: state["action"]["reply_at"]]
    last = next(e for e in reversed(entries) if e.kind in ("ask", "probe"))
    given = {t for e in entries[last.position :] if e.kind == "hint" for t in e.turn.aims_at or ()}
    for tell_id in last.turn.aims_at or ():
        if tell_id not in given:
            return _question(state, runtime).tell(tell_id)
    return next(iter(targets(await _read(state, runtime))), None)


async def _speak(
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
    question = _question(state, runtime)
    utterance = Utterance(speaker, question, turns, note, authored, may_give)
    text = ""
    async with aclosing(utterance.sentences()) as sentences:
        async for sentence in sentences:
            get_stream_writer()({"token": sentence})
            text += sentence
    return text.strip(), utterance


async def _assume() -> str:
    return speaking.ASSUME


def _just(text: str) -> Callable[[], Awaitable[str]]:
    async def give() -> str:
        return text

    return give


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
