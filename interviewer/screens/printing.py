"""What an interview and a grade look like in a terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table

from interviewer.events import Event
from interviewer.judgement.discrimination import Sharpness
from interviewer.judgement.drills import came_of, is_done
from interviewer.judgement.feedback import UNLISTED, Group, Judged, explain, means
from interviewer.models import Evidence, Grade, Question, Tell
from interviewer.service.view import View

_COLOURS = {"L4": "yellow", "L5": "cyan", "L6": "green"}
_INTERVIEWER = "Interviewer  "


class _Speech:
    """Prints text that comes in pieces, and breaks it between words."""

    def __init__(self, console: Console) -> None:
        self._console, self._at = console, len(_INTERVIEWER)
        self._gap = self._word = ""
        console.print(f"\n[bold cyan]{_INTERVIEWER}[/]", end="")

    def add(self, text: str) -> None:
        *whole, self._word = re.split(r"(\s+)", self._word + text)
        for piece in whole:
            self._put(piece)

    def end(self) -> None:
        self._put(self._word)
        self._console.print("\n")

    def _put(self, piece: str) -> None:
        if not piece or piece.isspace():
            self._gap = piece or self._gap
            return
        wide = cell_len(piece)
        if lines := self._gap.count("\n"):
            before, self._at = "\n" * lines, 0
        elif self._gap and self._at + 1 + wide > self._console.width:
            before, self._at = "\n", 0
        else:
            before = " " * bool(self._gap)
        self._console.print(escape(before + piece), end="", soft_wrap=True, highlight=False)
        self._at, self._gap = self._at + len(before.strip("\n")) + wide, ""


async def show_events(console: Console, events: AsyncIterator[Event]) -> None:
    """Print what the interviewer says as it comes, and what goes on beside it."""
    speech: _Speech | None = None
    async for event in events:
        if event.kind == "token":
            speech = speech or _Speech(console)
            speech.add(event.text)
            continue
        if speech:
            speech.end()
            speech = None
        console.print(f"[dim]{escape(event.text)}[/]")
    if speech:
        speech.end()


def show_interview(console: Console, view: View, question: Question) -> None:
    """Print the question and everything that was said so far."""
    console.rule(escape(question.title))
    for entry in view.entries:
        own = entry.turn.role == "candidate"
        who = "[bold]You[/]" if own else f"[bold cyan]{_INTERVIEWER.strip()}[/]"
        console.print(f"{who}  {escape(entry.turn.text)}\n", highlight=False)
    if question.material:
        console.print(Syntax(question.material, "python", line_numbers=True, word_wrap=True))


def show_grade(grade: Grade, question: Question, console: Console | None = None) -> None:
    """Print a grade: the level first, then the gap, then the tells with their quotes."""
    console = console or Console(file=sys.stdout, highlight=False)
    told = explain(grade, question)
    colour = _COLOURS.get(grade.level or "", "white")
    body = f"[bold {colour}]{told.headline}[/]"
    if grade.level:
        body += f"  {means(grade.level)}"
    if told.rests:
        body += f"\n{escape(told.rests)}"
    body += f"\n[dim]{told.sureness}[/]"
    if told.gap:
        tell, advice = told.gap
        body += f"\n\n[bold]The one gap:[/] {escape(tell.text)}\n{escape(advice)}"
    console.print(Panel(body, title=escape(question.title), title_align="left"))
    _show_groups(console, told.shown)
    if grade.unlisted:
        console.print(f"\n[bold]{UNLISTED}[/]")
        console.print(_quoted([(s.level, s.text, s.evidence) for s in grade.unlisted]))
    _show_groups(console, told.wanting)
    for note in told.notes:
        console.print(f"\n[dim]{escape(note)}[/]")


def _show_groups(console: Console, groups: Sequence[Group]) -> None:
    for group in groups:
        console.print(f"\n[bold]{group.title}[/]")
        console.print(_tells(group.judged))


def show_drill(item: Judged, question: Question, console: Console) -> None:
    """Print what came of a drill, which is about one tell and has no level."""
    body = f"[bold]{came_of(item)}[/]  {escape(item.tell.text)}"
    if not is_done(item.verdict):
        body += f"\n\n{escape(item.tell.advice)}"
    console.print(Panel(body, title=escape(question.title), title_align="left"))
    console.print(_tells((item,)))


def _tells(judged: Sequence[Judged]) -> Table:
    return _quoted([(_level(j.tell), j.tell.text, j.verdict.evidence) for j in judged])


def _level(tell: Tell) -> str:
    return tell.level or f"caps {tell.caps}"


def _quoted(rows: Sequence[tuple[str, str, Sequence[Evidence]]]) -> Table:
    """Lay out levels, texts and the words behind them."""
    grid = Table.grid(padding=(0, 0, 0, 2), pad_edge=True)
    for level, text, quoted in rows:
        grid.add_row(f"[dim]{level}[/]", escape(text))
        for evidence in quoted:
            quote = escape(" ".join(evidence.quote.split()))
            grid.add_row("", f"[italic]“{quote}”[/]")
    return grid


def show_verdicts(console: Console, grade: Grade, question: Question) -> None:
    """Print the verdicts of a grade, numbered from 1."""
    grid = Table.grid(padding=(0, 0, 0, 2), pad_edge=True)
    grid.add_column(justify="right")
    for number, verdict in enumerate(grade.verdicts, start=1):
        text = escape(question.tell(verdict.tell_id).text)
        grid.add_row(str(number), verdict.verdict, text)
    console.print(grid)


def show_weakest(sharp: Sequence[Sharpness], count: int) -> None:
    """Print the tells whose cues are hardest to tell from those of their neighbours."""
    table = Table("fits", "level", "tell", "taken for", "question", box=None)
    for item in sorted(sharp, key=lambda s: (s.beats, s.question_id, s.tell.id))[:count]:
        table.add_row(
            f"{item.beats:.2f}", _level(item.tell), item.tell.id, item.taken_for, item.question_id
        )
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 200)
    console.print(table)
    console.print(
        f"[dim]fits: share of the other tells that a cue fits worse than its own, 0.5 is chance; "
        f"the mean of all {len(sharp)} tells is {sum(s.beats for s in sharp) / len(sharp):.2f}[/]"
    )
