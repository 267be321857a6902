"""The interview on a real llama.cpp server: protocol and schemas are real, the words are noise."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from answers import DROPOUT, first
from conftest import need
from interviewer.errors import ModelError
from interviewer.session import connect
from interviewer.settings import ROOT, Settings

pytestmark = pytest.mark.peer

SERVE = """
import sys, time, xllamacpp as x
p = x.CommonParams()
p.model.path, p.port, p.n_ctx, p.n_parallel = sys.argv[1], int(sys.argv[2]), 32768, 1
p.model_alias, p.warmup, p.cpuparams.n_threads = {"tiny"}, False, 2
server = x.Server(p)
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def endpoint(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    need(importlib.util.find_spec("xllamacpp") is not None, "xllamacpp")
    import tiny_gguf

    model = tmp_path_factory.mktemp("model") / "tiny.gguf"
    rubric = (ROOT / f"rubrics/ml-fundamentals/{DROPOUT}.yaml").read_text(encoding="utf-8")
    tiny_gguf.write(model, rubric)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(model), str(port)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        assert server.stdout.readline().strip() == "ready"
        yield f"http://127.0.0.1:{port}/v1", server
    finally:
        server.kill()
        server.communicate()


async def test_a_whole_interview_on_a_real_server(endpoint, data_dir: Path) -> None:
    url, _ = endpoint
    settings = Settings(
        data_dir=data_dir, openai_base_url=url, engine="llm", model="tiny", timeout_s=600
    )
    async with connect(settings) as service:
        interview = await service.start("me", question=DROPOUT, budget=2)
        assert [e.text async for e in service.resume(interview)]
        for level in ("L4", "L5"):
            if (await service.view(interview)).interview.status == "open":
                spoken = [
                    e async for e in service.act(interview, "answer", first()[DROPOUT][level])
                ]
                assert any(e.kind == "token" for e in spoken)
        if (await service.view(interview)).interview.status == "open":
            async for _ in service.act(interview, "finish"):
                pass
        view = await service.view(interview)
        assert view.interview.status == "graded"
        assert view.follow_ups >= 1
        grade = view.grade
        assert grade is not None
        assert (grade.engine, grade.model) == ("llm", "tiny")
        assert grade.usage is not None
        assert grade.usage.input_tokens > 1000
        turns = [e.turn for e in view.entries]
        for verdict in grade.verdicts:
            for e in verdict.evidence:
                assert turns[e.turn].text[e.start : e.end] == e.quote


async def test_a_server_that_dies_costs_patience_and_no_words(endpoint, data_dir: Path) -> None:
    url, server = endpoint
    settings = Settings(
        data_dir=data_dir, openai_base_url=url, engine="llm", model="tiny", timeout_s=600
    )
    async with connect(settings) as service:
        interview = await service.start("me", question=DROPOUT)
        async for _ in service.resume(interview):
            pass
        server.kill()
        server.wait()
        started = time.monotonic()
        with pytest.raises(ModelError):
            async for _ in service.act(interview, "answer", first()[DROPOUT]["L4"]):
                pass
        assert time.monotonic() - started < 60
        view = await service.view(interview)
        assert view.pending
        assert view.entries[-1].turn.text == first()[DROPOUT]["L4"]
