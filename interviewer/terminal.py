"""The interview, and a grade, in a terminal."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table

from interviewer.discrimination import Sharpness
from interviewer.errors import BadInput, ModelError
from interviewer.events import Event
from interviewer.feedback import Shown, explain, means
from interviewer.index_bar import index_bar
from interviewer.models import Grade, Question
from interviewer.session import Service, connect
from interviewer.settings import Settings
from interviewer.state import ActionKind

OWNER = "terminal"
HELP = (
    "Type your answer; an empty line sends it. /finish ends and grades, /repeat asks again, "
    "/clarify TEXT asks the interviewer something, /hint gives a hint, /skip drops the question. "
    "Ctrl-C leaves; `interviewer practice` goes on from there."
)
AFTERWARDS = (
    "/up shows your answer one level up, /challenge lists the verdicts and /challenge NUMBER has one "
    "looked at again, /redrill asks in other words for what was missed. An empty line leaves."
)
_MARKS = {"kept": "", "added": "bold green", "dropped": "strike dim"}
_OUTCOMES = {
    "granted": "Granted.",
    "upheld": "Looked at again; the verdict stays.",
    "open": "Noted.",
}
_COLOURS = {"L4": "yellow", "L5": "cyan", "L6": "green"}


async def practise(settings: Settings, name: str | None, *, new: bool) -> int:
    """Hold one interview; an unfinished one goes on unless a question or a new one is asked for."""
    console = Console()
    with index_bar() as note:
        async with connect(settings, on_progress=note) as service:
            for problem in service.bank.problems:
                console.print(f"[yellow]left out[/] {escape(str(problem))}")
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
    await _show(console, service.resume(interview_id))
    view = await service.view(interview_id)
    if view.question is None:
        raise BadInput("The question of that interview is no longer there. Add --new.")
    console.rule(escape(view.question.title))
    for entry in view.entries:
        who = "[bold cyan]Interviewer[/]" if entry.turn.role == "interviewer" else "[bold]You[/]"
        console.print(f"{who}  {escape(entry.turn.text)}\n")
    if view.question.material:
        console.print(Syntax(view.question.material, "python", line_numbers=True))
    console.print(f"[dim]{HELP}[/]\n")
    while (await service.view(interview_id)).interview.status == "open":
        kind, text = _ask(console)
        try:
            await _show(console, service.act(interview_id, kind, text))
        except BadInput as error:
            console.print(f"[yellow]{escape(str(error))}[/]")
        except ModelError as error:
            console.print(f"[red]{escape(str(error))}[/]\n[dim]Press Enter to try again.[/]")
            input()
            await _show(console, service.resume(interview_id))
    view = await service.view(interview_id)
    if view.pending:
        await _show(console, service.resume(interview_id))
        view = await service.view(interview_id)
    if view.grade and view.question:
        show_grade(view.grade, view.question, console)
        if debrief := await service.debrief(interview_id):
            console.print(f"\n[bold cyan]Interviewer[/]  {escape(debrief)}")


async def _go_on(console: Console, service: Service, interview_id: str) -> str | None:
    """Take commands about a grade; return the interview to hold next, if there is one."""
    view = await service.view(interview_id)
    if view.grade is None or view.grade.level is None or view.question is None:
        return None
    console.print(f"\n[dim]{AFTERWARDS}[/]")
    tells = [v.tell_id for v in view.grade.verdicts]
    while True:
        try:
            command, _, rest = console.input("[bold]> [/]").strip().partition(" ")
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
                case "/challenge" if rest.isdecimal() and 0 < int(rest) <= len(tells):
                    found = await service.challenge(interview_id, tells[int(rest) - 1])
                    console.print(f"{_OUTCOMES[found.outcome]} {escape(found.reason)}")
                    if found.outcome == "granted":
                        show_grade(found.grade, view.question, console)
                case "/challenge":
                    for number, verdict in enumerate(view.grade.verdicts, start=1):
                        text = escape(view.question.tell(verdict.tell_id).text)
                        console.print(f"  {number:>2}  {verdict.verdict:<9} {text}")
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


async def _show(console: Console, events: AsyncIterator[Event]) -> None:
    speaking = False
    async for event in events:
        if event.kind == "status":
            console.print(f"[dim]{escape(event.text)}[/]")
            continue
        if not speaking:
            console.print("\n[bold cyan]Interviewer[/]  ", end="")
            speaking = True
        console.print(escape(event.text), end="", soft_wrap=True)
    if speaking:
        console.print("\n")


def _ask(console: Console) -> tuple[ActionKind, str]:
    """Read lines up to an empty one; a line that is exactly a command is one."""
    lines: list[str] = []
    while True:
        try:
            line = console.input("[bold]> [/]" if not lines else "  ")
        except EOFError:
            return "finish", "\n".join(lines)
        command, _, rest = line.strip().partition(" ")
        match command:
            case "/finish":
                return "finish", "\n".join(lines)
            case "/skip" | "/hint" | "/repeat" if not lines:
                kinds: dict[str, ActionKind] = {
                    "/skip": "skip",
                    "/hint": "hint",
                    "/repeat": "repeat",
                }
                return kinds[command], ""
            case "/clarify" if not lines:
                return "clarify", rest
            case "/help":
                console.print(f"[dim]{HELP}[/]")
            case "" if lines:
                return "answer", "\n".join(lines)
            case "":
                pass
            case _:
                lines.append(line)


def show_grade(grade: Grade, question: Question, console: Console | None = None) -> None:
    """Print a grade: the level first, then the gap, then the tells with their quotes."""
    console = console or Console(file=sys.stdout)
    told = explain(grade, question)
    colour = _COLOURS.get(grade.level or "", "white")
    body = f"[bold {colour}]{told.headline}[/]"
    if grade.level:
        body += f"  {means(grade.level)}"
    body += f"\n[dim]{told.sureness}[/]"
    if told.gap:
        tell, advice = told.gap
        body += f"\n\n[bold]The one gap:[/] {escape(tell.text)}\n{escape(advice)}"
    console.print(Panel(body, title=escape(question.title), title_align="left"))
    for title, shown in (
        ("Shown unprompted", told.unprompted),
        ("Shown when asked", told.prompted),
        ("Against you", told.against),
        ("Asked for, not shown", told.missed),
        ("Not asked", told.not_asked),
    ):
        if shown:
            console.print(f"\n[bold]{title}[/]")
            for item in shown:
                _show_tell(console, item)
    for signal in grade.unlisted:
        console.print(f"\n[bold]Outside the rubric[/]  {signal.level}  {escape(signal.text)}")
        for evidence in signal.evidence:
            console.print(f"      [italic]“{escape(evidence.quote)}”[/]")
    for note in told.notes:
        console.print(f"\n[dim]{escape(note)}[/]")


def _show_tell(console: Console, item: Shown) -> None:
    level = item.tell.level or f"caps {item.tell.caps}"
    console.print(f"  [dim]{level:<7}[/] {escape(item.tell.text)}")
    for evidence in item.verdict.evidence:
        console.print(f"          [italic]“{escape(' '.join(evidence.quote.split()))}”[/]")


def show_weakest(sharp: Sequence[Sharpness], count: int) -> None:
    """Print the tells whose cues are hardest to tell from those of their neighbours."""
    table = Table("fits", "level", "tell", "taken for", "question", box=None)
    for item in sorted(sharp, key=lambda s: (s.beats, s.question_id, s.tell.id))[:count]:
        level = item.tell.level or f"caps {item.tell.caps}"
        table.add_row(f"{item.beats:.2f}", level, item.tell.id, item.taken_for, item.question_id)
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 200)
    console.print(table)
    console.print(
        f"[dim]fits: share of the other tells that a cue fits worse than its own, 0.5 is chance; "
        f"the mean of all {len(sharp)} tells is {sum(s.beats for s in sharp) / len(sharp):.2f}[/]"
    )
