"""Labelled cases: read them from JSONL, choose some, and say what is wrong with a line."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ConfigDict, ValidationError
from pydantic_core import from_json

from interviewer.errors import BadInput
from interviewer.files.rubrics import Bank
from interviewer.models import Level, Text, Transcript, slug
from interviewer.remedies import places, remedy

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Expectation = Literal["at_most_L4", "at_most_L5", "no_level", "L4", "L5", "L6"]


class Case(Transcript):
    """A transcript and what a good grader makes of it; keys not named here are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: Text
    """Unique in its suite."""
    kind: Text
    """What sort of case it is, for example the sort of attack."""
    level: Level | None
    """The level that its author gave it; null when there is none to give."""
    expect: Expectation | None = None
    """A promise that has to hold whatever the exact level."""
    why: str
    """Why it has that level."""
    split: Literal["train", "dev", "test"] | None = None
    """`train` fits weights and baselines, `dev` is for choices, `test` only to report."""
    tells: tuple[str, ...] | None = None
    """The tells that the answer shows, all of them; None when nobody labelled them."""
    marked_with: str | None = None
    """The wording of the rubric that they were marked with; `marks.wording`."""
    twin: str | None = None
    """Id of the clean case that this one perturbs."""

    @property
    def question_id(self) -> str:
        """The id, whether the case gives it or the title."""
        return slug(self.question)


@dataclass(frozen=True)
class Item:
    """A case and the suite that it belongs to, which is the stem of its file."""

    suite: str
    case: Case
    where: str = ""
    """File and line, for messages."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a line of a case file."""

    where: str
    key: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.key}: {self.remedy}"


@dataclass(frozen=True)
class Choice:
    """Which cases to run; None takes all."""

    suite: str | None = None
    question: str | None = None
    split: str | None = None
    sample: int | None = None


def load(files: Sequence[Path]) -> tuple[list[Item], list[Problem]]:
    """Read case files: what could be read, and what is wrong with the rest.

    Raises:
        BadInput: a file cannot be opened.
    """
    items, problems = _load(files)
    return items, [*problems, *_without_twin(items, files)]


def _load(files: Sequence[Path]) -> tuple[list[Item], list[Problem]]:
    items: dict[tuple[str, str], Item] = {}
    problems: list[Problem] = []
    for file in files:
        try:
            lines = file.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
        except OSError as error:
            raise BadInput(f"The cases in {file} cannot be read: {error.strerror}.") from error
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            where = f"{file} line {number}"
            outcome = _read(line, where)
            if isinstance(outcome, Case):
                item = Item(file.stem, outcome, where)
                first = items.setdefault((file.stem, outcome.id), item)
                if first is not item:
                    remedy = f"`{outcome.id}` is taken by {first.where}; give it another"
                    problems.append(Problem(where, "id", remedy))
            else:
                problems.extend(outcome)
    return list(items.values()), problems


def _without_twin(items: Sequence[Item], files: Sequence[Path]) -> Iterator[Problem]:
    """Name the cases whose clean twin is neither among them nor in a file beside theirs."""
    ids = {item.case.id for item in items}
    alone = [item for item in items if item.case.twin and item.case.twin not in ids]
    if alone:
        beside = {path for file in files for path in file.parent.glob("*.jsonl")} - {*files}
        others, _ = _load(sorted(beside))
        ids |= {item.case.id for item in others}
    for item in alone:
        if item.case.twin not in ids:
            remedy = f"there is no case `{item.case.twin}`, here or in the files beside"
            yield Problem(item.where, "twin", remedy)


def check(items: Sequence[Item], bank: Bank) -> tuple[list[Item], list[Problem]]:
    """Keep the cases whose question has a rubric; name the others, and tells that nobody knows.

    A case with an unknown tell is kept: its level is still good.
    """
    kept: list[Item] = []
    problems: list[Problem] = []
    for item in items:
        try:
            question = bank.find(item.case.question)
        except BadInput as error:
            problems.append(Problem(item.where, "question", f"has no rubric. {error}"))
            continue
        kept.append(item)
        for at, aims in item.case.astray(question).items():
            remedy = f"the rubric of {question.id} has no {', '.join(aims)}"
            problems.append(Problem(item.where, f"turns.{at}.aims_at", remedy))
        unknown = set(item.case.tells or ()) - {tell.id for tell in question.tells}
        if unknown:
            remedy = f"the rubric of {question.id} has no {', '.join(sorted(unknown))}"
            problems.append(Problem(item.where, "tells", remedy))
    return kept, problems


def choose(items: Sequence[Item], choice: Choice) -> list[Item]:
    """Keep what was asked for, in file order.

    A sample takes from every suite and level in turn, within each the cases whose hashed ids come
    first: the same in every run, and adding cases changes little of it.

    Raises:
        BadInput: nothing is left.
    """
    wanted = slug(choice.question) if choice.question else None
    chosen = [
        item
        for item in items
        if choice.suite in (None, item.suite)
        and wanted in (None, item.case.question_id)
        and choice.split in (None, item.case.split)
    ]
    if choice.sample is not None and choice.sample < len(chosen):
        turn: Counter[tuple[str, Level | None]] = Counter()
        drawn = []
        for item in sorted(chosen, key=_lot):
            group = (item.suite, item.case.level)
            drawn.append((turn[group], _lot(item)))
            turn[group] += 1
        lots = {lot for _, lot in sorted(drawn)[: choice.sample]}
        chosen = [item for item in chosen if _lot(item) in lots]
    if not chosen:
        suites = ", ".join(sorted({item.suite for item in items})) or "none"
        raise BadInput(
            f"No case is left to grade. Suites with readable cases: {suites}. "
            "Check --suite, --question, --split and --sample."
        )
    return chosen


def _lot(item: Item) -> str:
    return hashlib.sha256(f"{item.suite}/{item.case.id}".encode()).hexdigest()


def _read(line: bytes, where: str) -> Case | list[Problem]:
    try:
        data: Any = from_json(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return [Problem(where, "line", f"is not UTF-8 text (byte {error.start}); save it as UTF-8")]
    except ValueError as error:
        what = str(error).replace(" at line 1 column", " at column")
        return [Problem(where, "line", f"is not JSON ({what}); write one object a line")]
    if not isinstance(data, dict):
        return [Problem(where, "line", "is not a JSON object; write one object a line")]
    if twice := _keys_given_twice(line):
        return [Problem(where, key, "stands there twice; keep one of them") for key in twice]
    try:
        return Case.model_validate(data)
    except ValidationError as error:
        return [Problem(where, ".".join(map(str, e["loc"])), _remedy(e)) for e in places(error)]


def _keys_given_twice(line: bytes) -> list[str]:
    """Name the keys that an object of this line holds more than once; the last would count."""
    twice: list[str] = []

    def note(pairs: list[tuple[str, object]]) -> None:
        seen = Counter(key for key, _ in pairs)
        twice.extend(key for key, count in seen.items() if count > 1)

    json.loads(line, object_pairs_hook=note)
    return twice


def _remedy(error: ErrorDetails) -> str:
    told = remedy(error)
    return f"{told}; evals/README.md says what a case holds" if error["type"] == "missing" else told
