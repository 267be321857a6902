"""The interview in a terminal."""

from __future__ import annotations

import asyncio
import re

from rich.console import Console
from rich.markup import escape

from interviewer.agent.state import ActionKind
from interviewer.errors import BadInput, ModelError, SetupError
from interviewer.files.settings import Settings
from interviewer.judgement.drills import drilled_in
from interviewer.screens.keyboard import more_was_pasted, read_line
from interviewer.screens.printing import (
    show_drill,
    show_events,
    show_grade,
    show_interview,
    show_verdicts,
)
from interviewer.service.index_bar import connected
from interviewer.service.session import Service

OWNER = "terminal"
HELP = (
    "Type or paste your answer; an empty line sends it. /finish or Ctrl-D ends and grades, "
    "/repeat asks again, /clarify TEXT asks the interviewer something, /hint gives a hint, "
    "/skip drops the question. Ctrl-C leaves; `interviewer practice` goes on from what was sent."
)
AFTERWARDS = (
    "/up shows your answer one level up, /challenge lists the verdicts and /challenge NUMBER has one "
    "looked at again, /redrill asks once more for what was missed. An empty line leaves."
)
_ALONE: dict[str, ActionKind] = {"/skip": "skip", "/hint": "hint", "/repeat": "repeat"}
_MARKS = {"kept": "", "added": "bold green", "dropped": "strike dim"}
_OUTCOMES = {
    "granted": "Granted.",
    "upheld": "Looked at again; the verdict stays.",
    "open": "Noted.",
}


async def practise(settings: Settings, name: str | None, *, new: bool) -> int:
    """Hold one interview; an unfinished one goes on unless a question or a new one is asked for."""
    console = Console(highlight=False)
    async with connected(settings) as service:
        for problem in service.bank.left_out:
            console.print(f"[yellow]left out[/] {escape(problem)}")
        interview_id = None if new else await _unfinished(service, name)
        if interview_id is None:
            interview_id = await service.start(OWNER, question=name)
        else:
            console.print("[dim]Going on with the unfinished interview.[/]")
        going_on: str | None = interview_id
        while going_on is not None:
            await _hold(console, service, going_on)
            going_on = await _go_on(console, service, going_on)
    return 0


async def _hold(console: Console, service: Service, interview_id: str) -> None:
    """Hold one interview to its end, and show its grade."""
    async for event in service.resume(interview_id):
        if event.kind == "status":
            console.print(f"[dim]{escape(event.text)}[/]")
    view = await service.view(interview_id)
    if view.question is None:
        raise BadInput("The question of that interview is no longer there. Add --new.")
    show_interview(console, view, view.question)
    if view.interview.status == "open":
        console.print(f"[dim]{HELP}[/]\n")
    try:
        while view.interview.status == "open":
            try:
                kind, text = await _ask(console)
            except EOFError:
                if not any(entry.kind == "answer" for entry in view.entries):
                    console.print(
                        "[dim]Nothing was said. The question waits: "
                        "`interviewer practice` goes on from here.[/]"
                    )
                    return
                kind, text = "finish", ""
            await _act(console, service, interview_id, kind, text)
            view = await service.view(interview_id)
        if view.pending:
            await _finish(console, service, interview_id)
            view = await service.view(interview_id)
    except asyncio.CancelledError:
        console.print("\n[dim]`interviewer practice` goes on from what was sent.[/]")
        raise
    if view.grade and view.question:
        drilled = (await service.later(interview_id)).drilled
        if item := drilled_in(view.grade, view.question, drilled):
            show_drill(item, view.question, console)
            return
        show_grade(view.grade, view.question, console)
        if view.interview.engine == "llm" and view.grade.level:
            await _sum_up(console, service, interview_id)


async def _sum_up(console: Console, service: Service, interview_id: str) -> None:
    """Print a model's words on the grade, and what the interview cost."""
    console.print("\n[dim]The interviewer sums up…[/]")
    debrief = await service.debrief(interview_id)
    console.print(f"\n[bold cyan]Interviewer[/]  {escape(debrief or '')}")
    spending = (await service.view(interview_id)).spending
    console.print(f"\n[dim]{escape(spending or '')}[/]")


async def _act(
    console: Console, service: Service, interview_id: str, kind: ActionKind, text: str
) -> None:
    """Do something in an interview; what fails can be tried again, and no word is typed twice."""
    seen = len((await service.view(interview_id)).entries)
    try:
        await show_events(console, service.act(interview_id, kind, text))
    except BadInput as error:
        console.print(f"[yellow]{escape(str(error))}[/]")
    except (ModelError, SetupError) as error:
        await _wait_to_try_again(console, error)
        kept = len((await service.view(interview_id)).entries) > seen
        if isinstance(error, SetupError) and not kept:
            await _act(console, service, interview_id, kind, text)
        else:
            await _finish(console, service, interview_id)


async def _finish(console: Console, service: Service, interview_id: str) -> None:
    """Finish what is under way, with as many tries as are asked for."""
    while True:
        try:
            await show_events(console, service.resume(interview_id))
        except (ModelError, SetupError) as error:
            await _wait_to_try_again(console, error)
        else:
            return


async def _wait_to_try_again(console: Console, error: ModelError | SetupError) -> None:
    console.print(f"\n[red]{escape(str(error))}[/]")
    try:
        await read_line("Press Enter to try again, Ctrl-C to leave. ")
    except EOFError:
        raise error from None


async def _go_on(console: Console, service: Service, interview_id: str) -> str | None:
    """Take commands about a grade; return the interview to hold next, if there is one."""
    view, later = await service.view(interview_id), await service.later(interview_id)
    grade, question = view.grade, view.question
    if grade is None or question is None or not (grade.level or later.drilled):
        return None
    console.print(f"\n[dim]{AFTERWARDS}[/]")
    while True:
        try:
            command, _, rest = (await read_line("> ")).strip().partition(" ")
        except EOFError:
            return None
        try:
            match command:
                case "":
                    return None
                case "/up":
                    for piece in await service.one_level_up(interview_id):
                        console.print(escape(piece.text), style=_MARKS[piece.kind], end="")
                    console.print()
                case "/redrill":
                    return await service.redrill(interview_id)
                case "/challenge" if rest.isdecimal() and 0 < int(rest) <= len(grade.verdicts):
                    tell_id = grade.verdicts[int(rest) - 1].tell_id
                    found = await service.challenge(interview_id, tell_id)
                    grade = found.grade
                    console.print(f"{_OUTCOMES[found.outcome]} {escape(found.reason)}")
                    if found.outcome == "granted":
                        show_grade(grade, question, console)
                case "/challenge":
                    show_verdicts(console, grade, question)
                case _:
                    console.print(f"[dim]{AFTERWARDS}[/]")
        except (BadInput, ModelError) as error:
            console.print(f"[yellow]{escape(str(error))}[/]")


async def _unfinished(service: Service, name: str | None) -> str | None:
    wanted = service.bank.find(name).id if name else None
    for interview in await service.store.interviews(OWNER):
        if interview.status in ("open", "closed", "failed") and wanted in (
            None,
            interview.question_id,
        ):
            return interview.id
    return None


async def _ask(console: Console) -> tuple[ActionKind, str]:
    """Read lines up to an empty one; a line that is exactly a command is one.

    Raises:
        EOFError: the input ended, and no line of an answer stands before its end.
    """
    lines: list[str] = []
    while True:
        try:
            line = await read_line("  " if lines else "> ")
        except EOFError:
            console.print()
            if not lines:
                raise
            return "finish", "\n".join(lines)
        command, _, rest = line.strip().partition(" ")
        known = command in (*_ALONE, "/clarify") and (command == "/clarify" or not rest)
        if command == "/finish" and not rest:
            return "finish", "\n".join(lines)
        if known and lines:
            console.print("[yellow]Your answer is not sent yet; an empty line sends it.[/]")
        elif command == "/clarify":
            return "clarify", rest
        elif known:
            return _ALONE[command], ""
        elif not lines and re.fullmatch(r"/[a-z]*", line.strip()):
            if command != "/help":
                console.print(f"[yellow]There is no command {escape(command)}.[/]")
            console.print(f"[dim]{HELP}[/]")
        elif line.strip() or (lines and more_was_pasted()):
            lines.append(line)
        elif lines:
            return "answer", "\n".join(lines)
