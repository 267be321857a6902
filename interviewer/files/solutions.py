"""Run the solutions of rubrics, as whoever checks them on their own machine asks for."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from interviewer.files.rubrics import Bank, Problem

SECONDS = 60
"""After which a solution is stopped; those shipped take one or two."""
_AT_HAND = sys.stdlib_module_names | {"numpy"}


def failing(bank: Bank) -> Iterator[Problem]:
    """Yield what is wrong with every solution that does not run and hold what it claims."""
    written = [q for q in bank.questions.values() if q.solution]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda q: trouble(q.solution or ""), written)
        for question, remedy in zip(written, found, strict=True):
            if remedy:
                yield Problem(bank.files[question.id], "solution", remedy)


def trouble(script: str, seconds: float = SECONDS) -> str | None:
    """Run a script in a process and a folder of its own; return what is wrong with it, if anything.

    A warning counts as an error. Lines are those of the script, counted from 1.
    """
    try:
        tree = ast.parse(script)
    except (SyntaxError, ValueError) as error:
        where = f"line {error.lineno}: " if isinstance(error, SyntaxError) else ""
        return f"is no Python ({where}{getattr(error, 'msg', error)})"
    if foreign := sorted(_imports(tree) - _AT_HAND):
        return f"imports {', '.join(foreign)}; write it with numpy and the standard library alone"
    if not any(isinstance(node, ast.Assert) for node in ast.walk(tree)):
        return "asserts nothing; let it `assert` what it claims"
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-W", "error", "-"],
                input=script.encode(),
                capture_output=True,
                cwd=folder,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            return f"still runs after {seconds:g} seconds; make it quicker"
    if done.returncode == 0:
        return None
    said = done.stderr.decode(errors="replace").strip()
    at = re.findall(r'File "<stdin>", line (\d+)', said)
    where = f" in line {at[-1]}" if at else ""
    last = said.splitlines()[-1] if said else f"exit code {done.returncode}"
    return f"fails{where} ({last}); mend it or what it asserts"


def _imports(tree: ast.AST) -> set[str]:
    """Name the packages that a script imports."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or ".").partition(".")[0])
    return found
