"""Read `rubrics/**/*.yaml` into validated questions; a broken file never hides the others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from interviewer.errors import BadInput
from interviewer.files import yaml_remedies
from interviewer.models import (
    CATEGORIES,
    Boundaries,
    Boundary,
    Misplaced,
    Question,
    Samples,
    Tell,
    Value,
    slug,
)
from interviewer.remedies import places, remedy

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ENDINGS = (".yaml", ".yml")
_README = "rubrics/README.md"
_DEEPEST = 1000
"""Lists and keys inside each other; the C loader crashes the process at some ten thousand."""


class _Loader(_Safe):  # type: ignore[misc]
    """Refuses a key that is there twice, of which YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        first: dict[str, yaml.Mark] = {}
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            other = first.setdefault(key.value, key.start_mark)
            if other is not key.start_mark:
                raise _Twice(key.value, other.line + 1, key.start_mark.line + 1)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


class _Twice(ValueError):
    """A key is there twice."""

    def __init__(self, key: str, first: int, second: int) -> None:
        super().__init__(f"is in line {first} and again in line {second}; delete or rename one")
        self.key = key


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a rubric file: where it is and what to write instead."""

    file: Path
    key: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.remedy}"


@dataclass(frozen=True)
class Bank:
    """The questions that could be read, in canon order, and the problems of those that could not."""

    questions: dict[str, Question]
    problems: tuple[Problem, ...] = ()
    files: dict[str, Path] = field(default_factory=dict)

    @property
    def left_out(self) -> list[str]:
        """A line for each file that was left out: its first problem, and how many more it has."""
        lines = []
        for _, group in groupby(self.problems, key=lambda problem: problem.file):
            first, *others = group
            more = f" ({len(others)} more: `interviewer rubrics check`)" if others else ""
            lines.append(f"{first}{more}")
        return lines

    def find(self, name: str) -> Question:
        """Return the question with this id or title.

        Raises:
            BadInput: no such question; the message suggests the nearest ids.
        """
        wanted = slug(name)
        if question := self.questions.get(wanted):
            return question
        near = get_close_matches(wanted, self.questions, n=3, cutoff=0.4)
        hint = f" Nearest: {', '.join(near)}." if near else ""
        raise BadInput(
            f"There is no question “{name[:120]}”.{hint} `interviewer questions` lists them all."
        )


def load(folder: Path, *, allow_empty: bool = False) -> Bank:
    """Read every rubric file below a folder.

    Args:
        folder: where to look, at any depth.
        allow_empty: return a bank of problems alone instead of raising.

    Raises:
        BadInput: the folder is missing, or no file in it holds a usable question.
    """
    if not folder.is_dir():
        raise BadInput(
            f"There is no rubric folder {folder}. Set INTERVIEWER_RUBRICS_DIR to one, or unset it."
        )
    questions: dict[str, Question] = {}
    files: dict[str, Path] = {}
    problems: list[Problem] = []
    for path in sorted(p for p in folder.rglob("*.[yY]*") if p.suffix.lower() in _ENDINGS):
        if path.suffix != ".yaml":
            problems.append(Problem(path, "file", f"is not read; call it {path.stem}.yaml"))
            continue
        outcome = read(path)
        if isinstance(outcome, Question):
            if other := files.get(outcome.id):
                problems.append(
                    Problem(path, "id", f"`{outcome.id}` is also in {other}; rename one")
                )
                continue
            questions[outcome.id], files[outcome.id] = outcome, path
        else:
            problems.extend(outcome)
    if not questions and not (allow_empty and problems):
        detail = f"The first problem: {problems[0]}" if problems else "Rubrics are called *.yaml."
        raise BadInput(f"No usable rubric in {folder}. {detail}")
    order = sorted(questions, key=lambda i: (CATEGORIES.index(questions[i].category), i))
    return Bank({i: questions[i] for i in order}, tuple(problems), files)


def read(path: Path) -> Question | list[Problem]:
    """Read one rubric file: the question, or everything that is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        if _is_too_deep(text):
            return [Problem(path, "file", f"is nested more than {_DEEPEST} deep; see {_README}")]
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe one
    except (OSError, UnicodeDecodeError) as error:
        return [Problem(path, "file", f"cannot be read as UTF-8 text ({error})")]
    except yaml.YAMLError as error:
        return [Problem(path, *yaml_remedies.told(error, text))]
    except _Twice as error:
        return [Problem(path, error.key, str(error))]
    except (ValueError, RecursionError) as error:
        what = "nested too deep" if isinstance(error, RecursionError) else str(error)
        return [Problem(path, "file", f"{what}; put values that are text in quotes")]
    if not isinstance(data, dict):
        return [Problem(path, "file", f"the top level must be `key: value` pairs; see {_README}")]
    try:
        return Question.model_validate(data)
    except ValidationError as error:
        return [Problem(path, *told) for told in _told(data, places(error))]


def _is_too_deep(text: str) -> bool:
    """Tell whether loading would nest too deep; only counts when there is enough to nest."""
    if sum(map(text.count, "[{-?")) <= _DEEPEST:
        return False
    depth = 0
    for event in yaml.parse(text, Loader=_Safe):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            return True
    return False


@lru_cache(maxsize=200)
def digest(question: Question) -> str:
    """Hash everything a grade can depend on; the same text always gives the same hash."""
    return hashlib.sha256(question.model_dump_json().encode()).hexdigest()[:16]


def _key(data: dict[str, Any], loc: tuple[int | str, ...]) -> str:
    """Name a place in the file, with a tell's id in the place of its number."""
    parts: list[str] = []
    here: Any = data
    for step in loc:
        listed = isinstance(here, list)
        try:
            here = here[step]
        except (LookupError, TypeError):
            here = None
        if isinstance(step, int):
            name = here.get("id") if isinstance(here, dict) else None
            named = f" item {step + 1}" if listed else f"[{step}]"
            if isinstance(name, str) and name:
                named = f"[{name}]"
            parts[-1:] = [f"{parts[-1] if parts else ''}{named}"]
        else:
            parts.append(step)
    return ".".join(parts) or "file"


def _told(data: dict[str, Any], errors: Sequence[ErrorDetails]) -> Iterator[tuple[str, str]]:
    """Yield key and remedy of each; a key that is misspelt is no second one that is missing."""
    meant = {e["loc"]: near for e in errors if (near := _meant(data, e))}
    for error in errors:
        loc, cause = error["loc"], error.get("ctx", {}).get("error")
        if near := meant.get(loc):
            yield _key(data, loc), f"is not a key that belongs here; did you mean `{near}`?"
        elif isinstance(cause, Misplaced):
            yield cause.key, str(cause)
        elif error["type"] != "missing":
            yield _key(data, loc), remedy(error)
        elif not any((*other[:-1], near) == loc for other, near in meant.items()):
            yield _key(data, loc), f"{remedy(error)}; {_README} says what it holds"


def _meant(data: dict[str, Any], error: ErrorDetails) -> str | None:
    """Return the key that an unknown one is spelt most like, of those not there yet."""
    if error["type"] != "extra_forbidden":
        return None
    *above, key = error["loc"]
    here: Any = data
    for step in above:
        here = here[step]
    known = set(_schema(above).model_fields) - set(here)
    return next(iter(get_close_matches(str(key), known, n=1)), None)


def _schema(place: Sequence[int | str]) -> type[Value]:
    match place:
        case ["tells", _]:
            return Tell
        case ["sounds_like"]:
            return Samples
        case ["boundaries"]:
            return Boundaries
        case ["boundaries", _]:
            return Boundary
    return Question
