"""A module imports only from layers below its own, and each SDK has one home."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from interviewer.settings import ROOT

LAYERS = [
    {"errors", "counting", "models", "remedies", "output", "daemon", "events", "precedence"},
    {"settings", "yaml_remedies", "rubrics", "rubric_checks", "solutions", "prompts", "catalog", "source", "prices"},
    {"llm", "abilities", "embedding", "sharing", "database", "checkpoints", "likeness", "speech_acts", "retrieval", "record", "store", "gradebook", "speech", "kept"},
    {"hostile", "sentences", "substance", "fluency", "standing", "reports", "word_order", "answering", "matching", "relevance", "reading", "verification", "discrimination", "search", "policy", "grading", "readings", "judges", "llm_judge", "probing", "speaking", "selection", "past", "progress", "feedback", "drills", "depth"},
    {"state", "assessing", "second_look"},
    {"context"},
    {"assisting"},
    {"graph"},
    {"driver", "loading", "view", "endpoint", "afterwards", "debrief"},
    {"session"},
    {"practice"},
    {"ui", "index_bar", "keyboard", "printing", "terminal", "commands", "cli"},
]  # fmt: skip
LAYER = {module: number for number, modules in enumerate(LAYERS) for module in modules}
SIBLINGS_ALLOWED = {1, 2, 3, len(LAYERS) - 1}
"""Layers whose modules build on each other; the rest import from below only."""
HOMES = {
    "openai": {"llm"},
    "chromadb": {"retrieval"},
    "bm25s": {"retrieval"},
    "gradio": {"ui"},
    "langgraph": {"checkpoints", "context", "assisting", "graph", "driver"},
    "safetensors": {"embedding"},
    "sqlite3": {"database", "store", "kept"},
    "yaml": {"rubrics", "yaml_remedies"},
    "jinja2": {"prompts"},
    "rich": {"terminal", "printing", "index_bar"},
    "fsrs": {"selection"},
}
MODULES = sorted((ROOT / "interviewer").rglob("*.py"))


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "interviewer").with_suffix("").parts[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_a_module_imports_from_below_only(path: Path) -> None:
    own = name_of(path)
    if own == "__init__":
        return
    for name in imports(path):
        root, _, rest = name.partition(".")
        other = rest.split(".")[0]
        if root != "interviewer" or other not in LAYER or other == own:
            continue
        below = LAYER[other] < LAYER[own]
        beside = LAYER[other] == LAYER[own] and LAYER[own] in SIBLINGS_ALLOWED
        assert below or beside, f"{own} imports {other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_each_sdk_is_imported_in_its_home_only(path: Path) -> None:
    for name in imports(path):
        sdk = name.split(".")[0]
        assert sdk not in HOMES or name_of(path) in HOMES[sdk], f"{path.name} imports {sdk}"


def test_no_two_modules_import_each_other() -> None:
    graph = {
        name_of(p): {n.split(".")[1] for n in imports(p) if n.startswith("interviewer.")}
        for p in MODULES
    }
    for module, others in graph.items():
        for other in others - {module}:
            assert module not in graph.get(other, set()), f"{module} and {other} import each other"


def test_every_module_has_a_layer() -> None:
    assert {name_of(p) for p in MODULES} - {"__init__"} == set(LAYER)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 320
