"""The same calls by inspect-ai, in an environment of its own: its pins and ours do not agree.

Takes the address of the endpoint and a file of calls; each line on standard input has them all
made and scored once, and is answered by a line.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import (
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    ResponseSchema,
    get_model,
)
from inspect_ai.scorer import Score, Target, accuracy, scorer
from inspect_ai.solver import TaskState, generate
from inspect_ai.util import JSONSchema


@scorer(metrics=[accuracy()])  # type: ignore[untyped-decorator]
def verdicts() -> Any:
    """Parse the verdicts, look up the evidence, and give a level: less work than ours does."""

    async def score(state: TaskState, target: Target) -> Score:
        found = json.loads(state.output.completion)["verdicts"]
        said = state.input_text
        met = [v for v in found if v["verdict"] == "met"]
        shown = [v for v in met if any(f"[{n}]" in said for n in v["evidence"])]
        level = "L6" if len(shown) > 8 else "L5" if len(shown) > 3 else "L4"
        return Score(value=level == target.text, answer=level, explanation=json.dumps(met))

    return score


def _plain(schema: Any, root: Any) -> Any:
    """Put definitions in the place of references, which inspect-ai does not know."""
    if isinstance(schema, list):
        return [_plain(part, root) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _plain(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    return {k: _plain(v, root) for k, v in schema.items() if k not in ("$defs", "title")}


def main(url: str, calls: Path, concurrency: int) -> None:
    """Serve rounds until standard input ends."""
    asked = json.loads(calls.read_text(encoding="utf-8"))
    form = asked[0]["response_format"]["json_schema"]
    roles = {"system": ChatMessageSystem, "user": ChatMessageUser}
    samples = [
        Sample(
            id=i,
            input=[roles[m["role"]](content=m["content"]) for m in call["messages"]],
            target="L5",
        )
        for i, call in enumerate(asked)
    ]
    model = get_model("openai/stub", base_url=url, api_key="none", responses_api=False)
    config = GenerateConfig(
        max_connections=concurrency,
        max_tokens=asked[0]["max_completion_tokens"],
        response_schema=ResponseSchema(
            name=form["name"],
            json_schema=JSONSchema.model_validate(_plain(form["schema"], form["schema"])),
            strict=True,
        ),
    )
    task = Task(dataset=MemoryDataset(samples), solver=generate(), scorer=verdicts(), config=config)
    for _ in sys.stdin:
        with TemporaryDirectory() as folder:
            [log] = eval(
                task,
                model=model,
                max_samples=concurrency,
                log_dir=folder,
                display="none",
                retry_on_error=0,
            )
        done = log.results.completed_samples if log.results else 0
        print(f"{log.status} {done}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
