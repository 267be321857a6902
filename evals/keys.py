"""Name a grade by everything that it depends on, so that nothing is graded twice or kept too long."""

from __future__ import annotations

import ast
import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import interviewer
from evals.cases import Case
from interviewer import policy
from interviewer.rubrics import Bank, digest
from interviewer.session import Service
from interviewer.settings import EngineName

_PACKAGE = Path(interviewer.__file__).parent
_ENTRANCES = ("grading", "judges", "llm_judge")
"""The modules that grade; what they import counts as well."""


@dataclass(frozen=True)
class Configuration:
    """Who grades: equal configurations give interchangeable grades."""

    engine: EngineName
    model: str | None
    prompt_hash: str | None
    mode: str | None
    """How a model is asked: the mode of the judge, and how many tells a call."""
    endpoint: str | None
    """Hashed, because an address may hold a key."""
    embedding: str | None
    weights: dict[str, float]
    code: str
    corpus: str | None
    """Hash of all rubrics. The offline matcher weighs words by how rare they are in all of them.
    None for a language model: one edited rubric must not cost a new grade of every case."""

    @property
    def digest(self) -> str:
        """The hash of all of it."""
        return _sha(asdict(self))


def configuration(service: Service, engine: EngineName) -> Configuration:
    """Read the configuration of an engine.

    Raises:
        SetupError: the engine is not set up.
    """
    judge = service.judge(engine)
    on_model = engine == "llm"
    settings = service.settings
    endpoint = settings.openai_base_url if on_model else None
    rubrics = sorted(digest(question) for question in service.bank.questions.values())
    return Configuration(
        engine=engine,
        model=judge.model,
        prompt_hash=judge.prompt_hash,
        mode=f"{settings.judge_mode}, {settings.tells_per_call or 'all'}" if on_model else None,
        endpoint=_sha(endpoint) if endpoint else None,
        embedding=service.settings.embedding_model,
        weights=asdict(policy.weights(engine)),
        code=code_hash(),
        corpus=_sha(rubrics) if engine == "offline" else None,
    )


def key(configuration: Configuration, bank: Bank, suite: str, case: Case, repeat: int) -> str:
    """Name one grade. Labels are left out: a corrected label needs no new grade."""
    graded = {
        "suite": suite,
        "id": case.id,
        "turns": [turn.model_dump(mode="json") for turn in case.turns],
    }
    rubric = digest(bank.find(case.question))
    return _sha([configuration.digest, rubric, graded, repeat])


@cache
def code_hash() -> str:
    """Hash the code that grades; layout, comments and docstrings do not count."""
    todo, trees = list(_ENTRANCES), dict[str, str]()
    while todo:
        name = todo.pop()
        path = _PACKAGE / f"{name}.py"
        if name in trees or not path.exists():
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                top, _, inner = node.module.partition(".")
                if top == _PACKAGE.name:
                    todo.extend([inner] if inner else [alias.name for alias in node.names])
            body = getattr(node, "body", None)
            if isinstance(body, list):
                body[:] = [part for part in body if not _is_remark(part)]
        trees[name] = ast.dump(tree)
    return _sha(trees)


def _is_remark(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _sha(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
