"""The interview as a LangGraph: pick, ask, wait, listen, probe or assist or close, grade, debrief.

Nodes read what was said from the store and write what the interviewer says there; the state
only steers. `wait` holds nothing but the interrupt, because an interrupted node runs again from
its first line. Every node can be run twice: what it writes to the store has a fixed position.
"""

from __future__ import annotations

import os
from typing import Any, Literal

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from interviewer.agent.assisting import assist
from interviewer.agent.context import Services, emit, question_of, read_so_far, say, speak
from interviewer.agent.state import InterviewState
from interviewer.files.prompts import render
from interviewer.judgement import speaking
from interviewer.judgement.past import read_past
from interviewer.judgement.probing import asked_for, still_open, targets
from interviewer.judgement.reading import only_asides

# Read at each run: transcripts are sent to no tracing service unless somebody asked for it.
os.environ.setdefault("LANGSMITH_TRACING", "false")

CLOSING = "Thank you, that is all I wanted to ask. Give me a moment to go through my notes."

Node = dict[str, Any]
Graph = CompiledStateGraph[InterviewState, Services, InterviewState, InterviewState]


async def pick(state: InterviewState, runtime: Runtime[Services]) -> Node:
    """Settle the question."""
    services = runtime.context
    interview = await services.store.interview(state["interview_id"])
    if interview.question_id is None:
        past = await read_past(services.store, services.questions, interview.owner)
        choice = past.choose(services.rng)
        await services.store.set_question(interview.id, choice.question_id)
        return {"question_id": choice.question_id, "probes": 0}
    return {"question_id": interview.question_id, "probes": 0}


async def ask(state: InterviewState, runtime: Runtime[Services]) -> Node:
    """Ask the question as authored, and in a re-drill go straight on to what it is for."""
    store, question = runtime.context.store, question_of(state, runtime)
    interview = await store.interview(state["interview_id"])
    await say(state, runtime, 0, "ask", question.worded(interview.variant))
    missed = await store.grades.redrill(interview.id)
    if missed and (tell := asked_for(question, missed)):
        probe = tell.probe or ""
        emit("token", f"\n\n{probe}")
        await say(state, runtime, 1, "probe", probe, aims_at=(tell.id,), shown=True)
        return {"probes": 1}
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
    if services.speaker(interview.engine, interview.id) is None:
        emit("status", "Listening…")
        if await _holds_nothing(state, runtime):
            return {"stays": True}
        found = targets(await read_so_far(state, runtime))
    else:
        entries = await services.store.entries(interview.id)
        aimed = {tell_id for e in entries for tell_id in e.turn.aims_at or ()}
        grade = await services.store.grades.assessment(interview.id)
        found = still_open(question_of(state, runtime), grade, aimed)
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
    services, question = runtime.context, question_of(state, runtime)
    interview = await services.store.interview(state["interview_id"])
    aims = [question.tell(t) for t in state["targets"]]
    at = state["action"]["reply_at"]
    speaker = services.speaker(interview.engine, interview.id)
    if speaker is None:
        await say(state, runtime, at, "probe", aims[0].probe or "", aims_at=(aims[0].id,))
        services.assessor.assess(interview, await services.store.entries(interview.id))
        return {"probes": state["probes"] + 1}
    entries = await services.store.entries(interview.id)
    services.assessor.assess(interview, entries)
    authored = aims[0]

    async def instead() -> str:
        """Return the authored probe of the best tell that the answer left open."""
        nonlocal authored
        open_now = [t for t in targets(await read_so_far(state, runtime)) if t in aims]
        authored = open_now[0] if open_now else authored
        return authored.probe or ""

    note = render("probe", targets=aims)
    text, said = await speak(state, runtime, note, instead, speaker=speaker, entries=entries)
    record = (await services.index()).fetch(question.id)
    if said.replaced:
        aimed = authored
    elif services.precedence.crowded:  # embedding this reply would hold up those of others
        aimed = speaking.nearest_by_words(text, aims, record)
    else:
        aimed = await speaking.nearest(text, aims, record, await services.encoder())
    await say(state, runtime, at, "probe", text, aims_at=(aimed.id,), shown=True)
    return {"probes": state["probes"] + 1, "leaks": state.get("leaks", 0) + said.leaked}


async def close(state: InterviewState, runtime: Runtime[Services]) -> Node:
    """End the conversation."""
    store = runtime.context.store
    if state["action"]["kind"] == "skip":
        await store.set_status(state["interview_id"], "skipped")
        runtime.context.assessor.forget(state["interview_id"])
    else:
        await say(state, runtime, state["action"]["reply_at"], "close", CLOSING)
        await store.set_status(state["interview_id"], "closed")
    return {}


def after_close(state: InterviewState) -> Literal["grade", "__end__"]:
    """Grade what was not skipped."""
    return "__end__" if state["action"]["kind"] == "skip" else "grade"


async def grade(state: InterviewState, runtime: Runtime[Services]) -> Node:
    """Grade the conversation with the rubric that the index holds for this question."""
    services = runtime.context
    interview = await services.store.interview(state["interview_id"])
    emit("status", "Reading your answers against the rubric…")
    result = await services.assessor.grade(interview)
    if leaks := state.get("leaks", 0):
        result = result.model_copy(update={"flags": (*result.flags, f"leaks_replaced_{leaks}")})
    await services.store.grades.add(interview.id, result)
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


async def _holds_nothing(state: InterviewState, runtime: Runtime[Services]) -> bool:
    """Tell whether an answer only gains time, unless the one before it did."""
    entries = await runtime.context.store.entries(state["interview_id"])
    before, said = entries[state["action"]["reply_at"] - 2 :][:2]
    if before.kind == "stay":
        return False
    record = (await runtime.context.index()).fetch(state["question_id"])
    return await only_asides(record, said.turn, await runtime.context.encoder())
