"""How fast cases are graded by a model, beside the bare client and beside inspect-ai.

All three make the same calls, as many at once, to the same endpoint on this machine, which
replies after half a second. `vs_openai_client` is the cases a second of a real run (reading, prompt,
parsing, verifying, policy, results.jsonl) over the calls a second of a bare AsyncOpenAI;
`vs_inspect` is the same over the samples a second of inspect-ai with a scorer that does less.

What is measured is grading cases again, which is what the harness is for: a prompt or a model
has changed and the answers have not, so their vectors and their comparison with the rubric are
in the data folder. The first time costs about half a second of processor a case; that figure goes to
stderr.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from unittest.mock import patch

from figures import interleaved, share_index, show
from openai import AsyncOpenAI

from evals import cases, keys, runner
from evals.progress import grades_bar
from evals.records import Job, Row
from interviewer.files.settings import ROOT, Settings
from interviewer.service.session import Service, connect

CASES, REPEATS, IN_FLIGHT, ROUNDS = 96, 8, 100, 3
PEERS = Path(__file__).parent / "peers"
INSPECT = ROOT / ".venv/bench/bin/python"


class Ours:
    """The real runner, with an index that stands and a data folder of its own."""

    def __init__(self, service: Service, folder: Path) -> None:
        """Grade with this service; every round gets a new folder, so that nothing is skipped."""
        self._service, self._folder, self._number = service, folder, count()

    async def grade(self, items: list[cases.Item], repeats: int = 1) -> list[Job]:
        """Grade all of them; return the jobs that took a call."""
        out = self._folder / f"run-{next(self._number)}"
        configuration = keys.configuration(self._service, "llm")
        jobs = runner.plan(items, configuration, self._service.bank, repeats)
        called: list[Job] = []
        with grades_bar(len(jobs)) as show_row:

            def on_row(job: Job, row: Row, kept: bool) -> None:
                assert row.grade, row.error
                if row.grade.usage:
                    called.append(job)
                show_row(job, row, kept)

            await runner.run(self._service, jobs, "llm", out, concurrency=IN_FLIGHT, on_row=on_row)
        return called


async def bare(client: AsyncOpenAI, calls: list[dict[str, Any]]) -> None:
    """Make the calls and do nothing with the replies."""
    todo = iter(calls)

    async def worker() -> None:
        for call in todo:
            await client.chat.completions.create(**call)

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))


def main() -> None:
    """Grade once with nothing kept, then in turn with the peers."""
    if not INSPECT.exists():
        sys.exit("inspect-ai is not installed. Run `make bench`.")
    with ExitStack() as stack, asyncio.Runner() as loop:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        stub = stack.enter_context(peer(sys.executable, PEERS / "stub.py"))
        url = said(stub)
        share_index(folder)
        settings = Settings(
            data_dir=folder,
            openai_base_url=url,
            openai_api_key="none",
            model="stub",
            judge_mode="tells",
        )
        running = connect(settings)
        service = loop.run(running.__aenter__())
        loop.run(service.ready())
        ours = Ours(service, folder)
        found, _ = cases.load(sorted((ROOT / "evals/cases").glob("*.jsonl")))
        known, _ = cases.check(found, service.bank)
        some = cases.choose(known, cases.Choice(sample=CASES))

        calls: list[dict[str, Any]] = []
        started = perf_counter()
        with noted(calls):
            called = [job.item for job in loop.run(ours.grade(some))]
        print(f"cold: {len(some) / (perf_counter() - started):.1f} cases/s", file=sys.stderr)
        calls *= REPEATS

        client = AsyncOpenAI(base_url=url, api_key="none")
        (folder / "calls.json").write_text(json.dumps(calls), encoding="utf-8")
        inspect = stack.enter_context(
            peer(INSPECT, PEERS / "inspect_eval.py", url, folder / "calls.json", IN_FLIGHT)
        )
        names = ("bare client", "this runner", "inspect-ai")
        taken = interleaved(
            ROUNDS,
            lambda: loop.run(bare(client, calls)),
            lambda: loop.run(ours.grade(called, REPEATS)),
            lambda: again(inspect, len(calls)),
        )
        loop.run(client.close())
        loop.run(running.__aexit__(None, None, None))
    for name, seconds in zip(names, taken, strict=True):
        print(f"{name}: {len(calls) / seconds:.0f} cases/s", file=sys.stderr)
    show("vs_openai_client", taken[0] / taken[1], at_least=0.85)
    show("vs_inspect", taken[2] / taken[1], at_least=2)


@contextmanager
def noted(calls: list[dict[str, Any]]) -> Iterator[None]:
    """Note what the client is asked for, as somebody who uses it by hand would ask."""
    really = AsyncOpenAI.post

    async def post(self: AsyncOpenAI, path: str, **options: Any) -> Any:
        calls.append(dict(options["body"]))
        return await really(self, path, **options)

    with patch.object(AsyncOpenAI, "post", post):
        yield


@contextmanager
def peer(*command: object) -> Iterator[subprocess.Popen[str]]:
    """Run a process that answers lines, until the end."""
    with subprocess.Popen(
        list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.communicate()


def said(process: subprocess.Popen[str]) -> str:
    """Wait for a line."""
    assert process.stdout
    return process.stdout.readline().strip()


def again(inspect: subprocess.Popen[str], expected: int) -> None:
    """Have inspect-ai make its round."""
    assert inspect.stdin
    inspect.stdin.write("\n")
    inspect.stdin.flush()
    assert said(inspect) == f"success {expected}"


if __name__ == "__main__":
    main()
