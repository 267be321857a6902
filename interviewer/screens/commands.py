"""What each subcommand does; `cli` parses and reports errors."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from interviewer.errors import BadInput
from interviewer.files.settings import load_settings, number

if TYPE_CHECKING:
    from interviewer.files.rubrics import Problem
    from interviewer.files.settings import EngineName, Settings
    from interviewer.judgement.discrimination import Sharpness
    from interviewer.judgement.search import Found
    from interviewer.models import Grade, Question, Transcript


NEAREST = 5
"""Questions that a search shows; as JSON it ranks all."""
_LOOKS = 'It should look like {"question": "…", "turns": [{"role": "candidate", "text": "…"}]}.'


def questions(args: argparse.Namespace) -> int:
    """List all questions in canon order, or rank them all for a text."""
    from interviewer.files import catalog

    settings = load_settings()
    listed, left_out = catalog.rows(settings.rubrics_dir, settings.data_dir / "catalog")
    _warn(left_out)
    rows: list[dict[str, object]] = [{**row} for row in listed]
    if args.search:
        text = " ".join(args.search)
        if not text.strip():
            raise BadInput("There is nothing to search for. Give a phrase or a whole answer.")
        found = asyncio.run(_search(text))
        scores = {h.question_id: h.score for h in found.hits}
        _explain(found, text)
        rows = [{**row, "score": scores.get(str(row["id"]), 0.0)} for row in rows]
        rows.sort(key=lambda row: (-float(str(row["score"])), str(row["id"])))
        if not args.json:
            rows = rows[:NEAREST]
    if args.json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            print(f"{row['category']:<25} {row['title']}  [{row['id']}]")
    return 0


def grade(args: argparse.Namespace) -> int:
    """Grade one answer or transcript."""
    from interviewer.models import Transcript, Turn

    if args.transcript:
        if args.file is not None:
            raise BadInput("Give an answer or a --transcript, not both.")
        transcript = _transcript(_text(args.transcript), args.transcript, args.question)
    elif args.question:
        answer = Turn(role="candidate", text=_text(args.file or "-"))
        transcript = Transcript(question=args.question, turns=(answer,))
    else:
        raise BadInput("Say which question: `interviewer grade QUESTION FILE`.")
    result, question = asyncio.run(_grade(transcript, args.engine))
    if args.json:
        print(result.model_dump_json(indent=2))
    else:
        from interviewer.screens.printing import show_grade

        show_grade(result, question)
    if result.status != "failed":
        return 0
    fault, message = result.flags
    sys.stderr.write(f"interviewer: {message}\n")
    return 2 if fault in ("model_refused", "model_unreachable") else 1


def rubrics(args: argparse.Namespace) -> int:
    """Print one line for everything wrong or weak in a folder of rubrics."""
    from interviewer.files import rubrics as files
    from interviewer.files.rubric_checks import check
    from interviewer.files.solutions import failing

    settings = load_settings()
    folder = Path(args.folder) if args.folder else settings.rubrics_dir
    bank = files.load(folder, allow_empty=True)
    found = [*check(bank), *failing(bank)]
    sharp: list[Sharpness] = []
    if bank.questions:
        confused, sharp = asyncio.run(_tell_apart(replace(settings, rubrics_dir=folder)))
        found += confused
    for problem in found:
        print(problem)
    if args.weakest:
        from interviewer.screens.printing import show_weakest

        show_weakest(sharp, args.weakest)
    total = len(bank.questions)
    sys.stderr.write(f"{_count(total, 'question')}, {_count(len(found), 'problem')}\n")
    if bank.problems:
        sys.stderr.write(
            "A file that is left out is checked no further: more may show once it is mended.\n"
        )
    return 1 if found else 0


def practice(args: argparse.Namespace) -> int:
    """Hold an interview in the terminal."""
    sys.stderr.write("The interviewer is on the way, some seconds…\n")
    sys.stderr.flush()
    from interviewer.screens.terminal import practise

    return asyncio.run(practise(load_settings(), args.question, new=args.new))


def serve(args: argparse.Namespace) -> int:
    """Serve the practice room."""
    settings = load_settings()
    if args.host is not None:
        settings = replace(settings, host=args.host)
    if args.port is not None:
        settings = replace(settings, port=number("port", args.port, given="--port"))
    from interviewer.files import catalog

    catalog.rows(settings.rubrics_dir, settings.data_dir / "catalog")  # fails at once, if it does

    from interviewer.screens.ui.server import run  # seconds of imports

    return run(settings)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _explain(found: Found, text: str) -> None:
    from interviewer.judgement.search import FAR

    if found.read_as != text:
        sys.stderr.write(f"interviewer: read as “{found.read_as}”\n")
    if not found.near:
        sys.stderr.write(
            f"interviewer: there is no rubric for this; the nearest is at distance "
            f"{found.hits[0].distance:.2f}, and what belongs to a rubric lies within {FAR}.\n"
            "To write one, copy a file of rubrics/ and see CONTRIBUTING.md; "
            "INTERVIEWER_RUBRICS_DIR can name a folder of your own.\n"
        )


async def _search(text: str) -> Found:
    from interviewer.service.index_bar import connected

    async with connected(load_settings()) as service:
        return await service.search(text)


async def _tell_apart(settings: Settings) -> tuple[list[Problem], list[Sharpness]]:
    from interviewer.files.rubrics import Problem
    from interviewer.judgement.discrimination import compare, confusions, sharpness
    from interviewer.service.index_bar import connected

    async with connected(settings) as service:
        found, sharp = [], []
        async for record in service.records():
            path = service.bank.files[record.question.id]
            compared = compare(record)
            found += [Problem(path, key, remedy) for key, remedy in confusions(compared)]
            sharp += sharpness(compared)
        return found, sharp


async def _grade(transcript: Transcript, engine: EngineName | None) -> tuple[Grade, Question]:
    from interviewer.service.index_bar import connected

    async with connected(load_settings()) as service:
        _warn(service.bank.left_out)
        question = service.bank.find(transcript.question)
        _check_aims(transcript, question)
        return await service.grade(transcript, engine), question


def _transcript(text: str, name: str, question: str | None) -> Transcript:
    """Read a conversation, which may be its turns alone when the question is given beside it."""
    from pydantic import ValidationError
    from pydantic_core import from_json

    from interviewer.models import Transcript, slug
    from interviewer.remedies import places, remedy

    try:
        data = from_json(text)
    except ValueError as error:
        raise BadInput(f"{name} is no transcript: it is not JSON ({error}). {_LOOKS}") from None
    if isinstance(data, list):
        data = {"turns": data}
    if question and isinstance(data, dict):
        named = data.setdefault("question", question)
        if isinstance(named, str) and slug(named) != slug(question):
            raise BadInput(
                f"{name} is about “{named[:120]}” and not about “{question[:120]}”. "
                "Leave QUESTION out, or name the same."
            )
    try:
        return Transcript.model_validate(data)
    except ValidationError as error:
        first = places(error)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        what = remedy(first).replace("text, in quotes", "text")
        if first["loc"] == ("question",) and first["type"] == "missing":
            what += "; write it there, or name it: `interviewer grade QUESTION --transcript FILE`"
        raise BadInput(f"{name} is no transcript: {where}: {what}. {_LOOKS}") from None


def _check_aims(transcript: Transcript, question: Question) -> None:
    """Refuse turns that aim at tells the rubric does not have."""
    for at, unknown in transcript.astray(question).items():
        tells = ", ".join(tell.id for tell in question.tells)
        raise BadInput(
            f"turns.{at}.aims_at: the rubric of {question.id} has no {', '.join(unknown)}. "
            f"Its tells: {tells}."
        )


def _text(name: str) -> str:
    """Read an answer from a file or stdin, its line ends kept."""
    try:
        data = _stdin() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror}.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = "The input" if name == "-" else name
        raise BadInput(
            f"{what} is not UTF-8 text (byte {error.start}). Save it as UTF-8."
        ) from error


def _stdin() -> bytes:
    if sys.stdin is None:
        return b""
    if sys.stdin.isatty():
        sys.stderr.write("Type or paste the answer; Ctrl-D on a line of its own ends it.\n")
    return sys.stdin.buffer.read()


def _warn(left_out: Sequence[str]) -> None:
    for problem in left_out:
        sys.stderr.write(f"interviewer: left out {problem}\n")
