"""The interview on a real llama.cpp server: protocol and schemas are real, the words are noise.

The rubric is cut to a tell of each level and one against it, so that there is little to read.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from answers import DROPOUT
from conftest import need
from endpoint import all_of
from evals.__main__ import main as evals
from interviewer.errors import ModelError
from interviewer.files.settings import ROOT, Settings
from interviewer.judgement.llm_judge import Mode
from interviewer.judgement.speaking import LONGEST, MOST_SENTENCES
from interviewer.models import Transcript, Turn
from interviewer.outside.llm import ChatModel
from interviewer.service.session import Service, connect
from room import free_port

pytestmark = pytest.mark.peer

SERVE = """
import sys, time, xllamacpp as x
p = x.CommonParams()
p.model.path, p.port, p.n_ctx, p.n_parallel = sys.argv[1], int(sys.argv[2]), 32768, 1
p.model_alias, p.warmup = {"tiny"}, False
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 1
p.sampling.seed, p.sampling.ignore_eos = 1, sys.argv[3] == "endless"
server = x.Server(p)
print("ready", flush=True)
time.sleep(600)
"""
SAID = "It adds noise to the hidden units. We leave it off when every token is seen once."


class Peer:
    """A llama.cpp server that can be killed and started again at the same address."""

    def __init__(self, model: Path) -> None:
        self._model, self._port = model, free_port()
        self.url = f"http://127.0.0.1:{self._port}/v1"
        self.start()

    def start(self, how: Literal["well", "endless"] = "well") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(self._model), str(self._port), how],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready"

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder beside its rubrics."""
    folder = tmp_path_factory.mktemp("peer")
    path = ROOT / f"rubrics/ml-fundamentals/{DROPOUT}.yaml"
    rubric = yaml.safe_load(path.read_text(encoding="utf-8"))
    kinds = {tell.get("level"): tell for tell in rubric["tells"] if "pair" not in tell}
    rubric["tells"] = list(kinds.values())
    (folder / "rubrics").mkdir()
    text = yaml.safe_dump(rubric, allow_unicode=True)
    (folder / "rubrics" / path.name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Peer]:
    need(importlib.util.find_spec("xllamacpp") is not None, "xllamacpp")
    import tiny_gguf

    model = tmp_path_factory.mktemp("model") / "tiny.gguf"
    read = [*(folder / "rubrics").iterdir(), *(ROOT / "prompts").iterdir()]
    tiny_gguf.write(model, "\n".join(path.read_text(encoding="utf-8") for path in read))
    peer = Peer(model)
    yield peer
    peer.kill()


@pytest.fixture
def settings(peer: Peer, folder: Path) -> Settings:
    return Settings(
        data_dir=folder, rubrics_dir=folder / "rubrics", openai_base_url=peer.url, engine="llm",
        model="tiny", timeout_s=300,
    )  # fmt: skip


async def begin(service: Service) -> str:
    interview = await service.start("me", question=DROPOUT, budget=2)
    assert await all_of(service.resume(interview))
    return interview


async def test_a_whole_interview_on_a_real_server(service: Service) -> None:
    interview = await begin(service)
    events = [e async for e in service.act(interview, "answer", SAID)]
    assert any(e.kind == "token" for e in events)
    await all_of(service.act(interview, "finish", "And it costs some bias."))
    view = await service.view(interview)
    assert (view.interview.status, view.follow_ups) == ("graded", 1)
    grade = view.grade
    assert grade is not None
    assert (grade.engine, grade.model) == ("llm", "tiny")
    assert grade.usage is not None
    assert grade.usage.input_tokens > 1000
    assert {v.tell_id for v in grade.verdicts} == {t.id for t in view.question.tells}
    turns = [e.turn for e in view.entries]
    for verdict in grade.verdicts:
        for e in verdict.evidence:
            assert turns[e.turn].text[e.start : e.end] == e.quote


@pytest.mark.parametrize(
    ("mode", "per_call", "least"),
    [("tells", 0, 1), ("tells", 1, 4), ("combined", 0, 2)],
)
async def test_every_way_to_judge_gives_a_grade(
    settings: Settings, mode: Mode, per_call: int, least: int
) -> None:
    async with connect(replace(settings, judge_mode=mode, tells_per_call=per_call)) as service:
        said = Turn(role="candidate", text=SAID)
        grade = await service.attempt(Transcript(question=DROPOUT, turns=(said,)))
        question = service.bank.questions[DROPOUT]
    assert grade.level is not None
    assert any(flag.startswith("judge_") for flag in grade.flags), "noise was taken for verdicts"
    assert {v.tell_id for v in grade.verdicts} == {t.id for t in question.tells}
    read = any(flag.startswith("holistic_") for flag in grade.flags)
    assert mode == "combined" or not read, "kept where its citations are real"
    assert grade.usage is not None
    assert grade.usage.calls >= least, "more where a tell was voted on"
    if per_call:
        assert grade.usage.cached_tokens > 0.5 * grade.usage.input_tokens


async def test_the_evals_can_ask_for_the_reading_of_the_whole_alone(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = {
        "id": "one", "question": DROPOUT, "kind": "peer", "level": "L4", "why": "Little is said.",
        "turns": [{"role": "candidate", "text": SAID}],
    }  # fmt: skip
    (tmp_path / "peer.jsonl").write_text(json.dumps(case))
    monkeypatch.setenv("OPENAI_BASE_URL", settings.openai_base_url or "")
    monkeypatch.setenv("INTERVIEWER_MODEL", "tiny")
    monkeypatch.setenv("INTERVIEWER_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("INTERVIEWER_RUBRICS_DIR", str(settings.rubrics_dir))
    out = tmp_path / "out"
    options = ["--engine", "llm", "--mode", "holistic", "--out", str(out)]
    command = ["run", "--cases", str(tmp_path / "peer.jsonl"), *options]
    assert await asyncio.to_thread(evals, command) == 0
    grade = json.loads((out / "results.jsonl").read_text())["grade"]
    assert grade["level"] in ("L4", "L5", "L6")
    assert (grade["verdicts"], grade["usage"]["calls"]) == ([], 1)


async def test_a_model_that_never_ends_is_left(peer: Peer, service: Service) -> None:
    peer.kill()
    peer.start("endless")
    try:
        interview = await begin(service)
        said = await all_of(service.act(interview, "answer", SAID))
    finally:
        peer.kill()
        peer.start()
    view = await service.view(interview)
    assert (view.follow_ups, view.pending) == (1, False)
    assert 0 < len(said) < MOST_SENTENCES * (LONGEST + 100)


async def test_a_server_that_dies_costs_patience_and_no_words(
    peer: Peer, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in mid-stream, then while grading, each time started again at the same address."""
    stream = ChatModel.stream

    async def cut(self: ChatModel, *args: Any) -> AsyncIterator[str]:
        async with aclosing(stream(self, *args)) as pieces:
            async for piece in pieces:
                peer.kill()
                yield piece

    interview = await begin(service)
    peer.kill()
    peer.start("endless")
    with monkeypatch.context() as patched:
        patched.setattr(ChatModel, "stream", cut)
        with pytest.raises(ModelError):
            await all_of(service.act(interview, "answer", SAID))
    view = await service.view(interview)
    assert (view.pending, view.entries[-1].turn.text) == (True, SAID)

    peer.start()
    assert await all_of(service.resume(interview))
    last = "And it costs some bias, which I would look for on held-out rows."
    peer.kill()
    with pytest.raises(ModelError):
        await all_of(service.act(interview, "finish", last))
    view = await service.view(interview)
    assert (view.interview.status, view.grade, view.pending) == ("failed", None, True)

    peer.start()
    await all_of(service.resume(interview))
    view = await service.view(interview)
    assert view.interview.status == "graded"
    assert view.grade is not None
    answers = [e.turn.text for e in view.entries if e.turn.role == "candidate"]
    assert answers == [SAID, last]
