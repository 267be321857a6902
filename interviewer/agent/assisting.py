"""What is said beside follow-ups: that the question stands, the question again, a fact, a hint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from langgraph.runtime import Runtime

from interviewer.agent.context import Services, question_of, read_so_far, say, speak
from interviewer.agent.state import InterviewState
from interviewer.files.prompts import render
from interviewer.judgement import speaking
from interviewer.judgement.probing import targets
from interviewer.models import Tell

STAYS = "Take your time. The question stands."
NO_HINT = "I have no hint to give here. Carry on with what you think matters most."


async def assist(state: InterviewState, runtime: Runtime[Services]) -> dict[str, Any]:
    """Stay with or repeat what was asked, answer a question back, or give a hint."""
    services, question = runtime.context, question_of(state, runtime)
    interview = await services.store.interview(state["interview_id"])
    entries = await services.store.entries(interview.id)
    at, leaked = state["action"]["reply_at"], False
    speaker = services.speaker(interview.engine, interview.id)
    match state["action"]["kind"]:
        case "answer":
            await say(state, runtime, at, "stay", STAYS)
        case "repeat":
            asked = next(e for e in reversed(entries[:at]) if e.kind in ("ask", "probe"))
            await say(state, runtime, at, "repeat", asked.turn.text)
        case "clarify" if speaker:
            text, said = await speak(
                state,
                runtime,
                render("clarify"),
                _assume,
                speaker=speaker,
                entries=entries,
                may_give=question.clarifications,
            )
            leaked = said.leaked
            await say(state, runtime, at, "clarify", text, shown=True)
        case "clarify":
            record = (await services.index()).fetch(question.id)
            question_back = entries[at - 1].turn.text
            fact = await speaking.fact(question_back, record, await services.encoder())
            await say(state, runtime, at, "clarify", fact)
        case "hint" if interview.mode == "practice" and (tell := await _stuck_at(state, runtime)):
            text = tell.advice
            if speaker:
                note = render("hint", target=tell)
                text, said = await speak(
                    state, runtime, note, _just(text), speaker=speaker, entries=entries
                )
                leaked = said.leaked
            await say(
                state, runtime, at, "hint", text, aims_at=(tell.id,), shown=speaker is not None
            )
        case "hint":
            await say(state, runtime, at, "hint", NO_HINT)
    return {"leaks": state.get("leaks", 0) + leaked}


async def _stuck_at(state: InterviewState, runtime: Runtime[Services]) -> Tell | None:
    """Return the tell that a hint is about: that of the open follow-up, then the best that is left."""
    entries = await runtime.context.store.entries(state["interview_id"])
    entries = entries[: state["action"]["reply_at"]]
    last = next(e for e in reversed(entries) if e.kind in ("ask", "probe"))
    given = {t for e in entries[last.position :] if e.kind == "hint" for t in e.turn.aims_at or ()}
    for tell_id in last.turn.aims_at or ():
        if tell_id not in given:
            return question_of(state, runtime).tell(tell_id)
    return next(iter(targets(await read_so_far(state, runtime))), None)


async def _assume() -> str:
    return speaking.ASSUME


def _just(text: str) -> Callable[[], Awaitable[str]]:
    async def give() -> str:
        return text

    return give
