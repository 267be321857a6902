"""Read `rubrics/**/*.yaml` into validated questions; a broken file never hides the others."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from interviewer.errors import BadInput
from interviewer.models import CATEGORIES, Question, slug
from interviewer.remedies import places, remedy

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
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
    for path in sorted(folder.rglob("*.yaml")):
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
        detail = f" The first problem: {problems[0]}" if problems else ""
        raise BadInput(f"No usable rubric in {folder}.{detail}")
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
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "file"
        what = getattr(error, "problem", None) or "is no YAML"
        return [Problem(path, where, f"{what}; quote text that holds `: ` or ` #`")]
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
        return [Problem(path, _key(data, e["loc"]), _remedy(e)) for e in places(error)]


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
        try:
            here = here[step]
        except (LookupError, TypeError):
            here = None
        if isinstance(step, int):
            name = here.get("id") if isinstance(here, dict) else None
            parts[-1:] = [
                f"{parts[-1] if parts else ''}[{name if isinstance(name, str) and name else step}]"
            ]
        else:
            parts.append(step)
    return ".".join(parts) or "file"


def _remedy(error: ErrorDetails) -> str:
    told = remedy(error)
    return f"{told}; {_README} says what it holds" if error["type"] == "missing" else told
