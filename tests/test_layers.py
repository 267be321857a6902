"""A module imports from its own folder and those below, never in a circle; each SDK has a home."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from interviewer.files.settings import ROOT

PACKAGE = ROOT / "interviewer"
LAYERS = ["", "files", "outside", "judgement", "agent", "service", "screens"]
"""Folders from the lowest up; the values lie in the package itself."""
HOMES = {
    "openai": {"outside.llm"},
    "chromadb": {"outside.retrieval"},
    "bm25s": {"outside.retrieval"},
    "gradio": {"screens.ui"},
    "langgraph": {
        "outside.checkpoints", "agent.context", "agent.assisting", "agent.graph", "service.driver",
    },
    "safetensors": {"outside.embedding"},
    "sqlite3": {"outside.database", "outside.store", "outside.kept"},
    "yaml": {"files.rubrics", "files.yaml_remedies"},
    "jinja2": {"files.prompts"},
    "rich": {"service.index_bar", "screens.terminal", "screens.printing"},
    "fsrs": {"judgement.selection"},
}  # fmt: skip
MODULES = [p for p in sorted(PACKAGE.rglob("*.py")) if p.name != "__init__.py"]
EVALS = sorted((ROOT / "evals").glob("*.py"))


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def layer(module: str) -> str:
    return module.partition(".")[0] if module.partition(".")[0] in LAYERS else ""


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def ours(path: Path) -> set[str]:
    known = {dotted(p) for p in MODULES}
    return {name.removeprefix("interviewer.") for name in imports(path)} & known


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_imports_from_its_own_folder_and_below_only(path: Path) -> None:
    own = LAYERS.index(layer(dotted(path)))
    above = {name for name in ours(path) if LAYERS.index(layer(name)) > own}
    assert not above


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_each_sdk_is_imported_in_its_home_only(path: Path) -> None:
    sdks = {name.partition(".")[0] for name in imports(path)} & set(HOMES)
    own = dotted(path)
    strangers = {s for s in sdks if not any(f"{own}.".startswith(f"{h}.") for h in HOMES[s])}
    assert not strangers


@pytest.mark.parametrize("path", EVALS, ids=lambda p: p.stem)
def test_evals_use_no_screen(path: Path) -> None:
    assert not {name for name in ours(path) if layer(name) == "screens"}


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {dotted(path): ours(path) - {dotted(path)} for path in MODULES}
    assert list(TopologicalSorter(graph).static_order())


def test_every_folder_is_a_layer() -> None:
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders == set(LAYERS[1:])


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 320
