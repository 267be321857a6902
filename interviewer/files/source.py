"""Hash the code that grades, so that what was kept of an older version is not taken for new."""

from __future__ import annotations

import ast
import hashlib
import json
import tomllib
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_DATA = {"outside.speech_acts": "outside/sayings.toml"}
"""What a module reads that is hashed with it. The weights of `policy` are not: whom they concern has
them in its own key, and a new fit leaves what was read of an answer as it was."""


def sha(value: object) -> str:
    """Hash a value of plain JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def code_hash(*modules: str) -> str:
    """Hash modules, all of ours they import, and the examples that these read.

    Layout, comments and docstrings do not count.
    """
    todo, trees = list(modules), dict[str, object]()
    while todo:
        name = todo.pop()
        path = _PACKAGE.joinpath(*name.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if name in trees or not path.exists():
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                top, _, inner = node.module.partition(".")
                if top == _PACKAGE.name:
                    todo.extend([inner] if inner else [])
                    todo.extend(f"{inner}.{a.name}".lstrip(".") for a in node.names)
            body = getattr(node, "body", None)
            if isinstance(body, list):
                body[:] = [part for part in body if not _is_remark(part)]
        trees[name] = ast.dump(tree)
        if data := _DATA.get(name):
            trees[data] = tomllib.loads((_PACKAGE / data).read_text(encoding="utf-8"))
    return sha(trees)


def _is_remark(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
