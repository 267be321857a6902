"""What each subcommand does; `__main__` parses and reports errors."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from evals import cases, fit, gate, keys, marks, order, records, report, runner, search, tables
from evals import control as controls
from evals.baselines import predict
from evals.compare import compare as compare_runs
from evals.metrics import measure
from evals.progress import grades_bar
from interviewer.counting import many
from interviewer.errors import BadInput
from interviewer.files import rubrics
from interviewer.files.prices import price
from interviewer.files.settings import EngineName, load_settings
from interviewer.service.index_bar import connected
from interviewer.service.session import Service

LLM_CONCURRENCY = 16


def run(args: argparse.Namespace) -> int:
    """Grade the chosen cases, write metrics.json and print the table."""
    items, problems = cases.load(args.cases)
    _say_all(problems)
    clean = asyncio.run(_run(args, items, problems))
    print(tables.markdown(records.read_metrics(args.out)))
    _say(f"Written to {args.out}; `python -m evals report {args.out}` makes a page of it.")
    return 0 if clean else 1


def weigh(args: argparse.Namespace) -> int:
    """Print the weights of the offline policy, fitted on the training cases of some suites."""
    items, problems = cases.load(args.cases)
    _say_all(problems)

    async def weights() -> dict[str, Any]:
        async with connected(load_settings()) as service:
            return await fit.fit(service, _known(items, service, problems))

    fitted = asyncio.run(weights())
    shown = fitted.pop("shown")
    print("\n".join(f"{name} = {value}" for name, value in fitted.items()))
    print("\n[offline.shown]")
    for level, evens in shown.items():
        print(f"{level} = {{ {', '.join(f'{kind} = {even}' for kind, even in evens.items())} }}")
    return 1 if problems else 0


def control(args: argparse.Namespace) -> int:
    """Print how far levels hang on the rubric, suite by suite."""
    items, problems = cases.load(args.cases)
    _say_all(problems)

    async def measure() -> dict[str, controls.Control]:
        async with connected(load_settings()) as service:
            known = _known(items, service, problems)
            chosen = cases.choose(known, cases.Choice(split=args.split))
            suites = dict.fromkeys(item.suite for item in chosen)
            return {
                suite: await controls.measure(service, [i for i in chosen if i.suite == suite])
                for suite in suites
            }

    print(tables.control(asyncio.run(measure())))
    return 1 if problems else 0


def look_again(args: argparse.Namespace) -> int:
    """List the cases whose gold tells were marked with another wording; count second labels."""
    items, problems = cases.load(args.cases)
    bank = rubrics.load(load_settings().rubrics_dir)
    known, unknown = cases.check(items, bank)
    _say_all([*problems, *unknown])
    old = marks.outdated(known, bank)
    for question_id, some in groupby(old, key=lambda item: item.case.question_id):
        now = marks.wording(bank.find(question_id))
        print(f"{question_id}, now {now}: {' '.join(item.case.id for item in some)}")
    marked = sum(item.case.tells is not None for item in known)
    for suite, (twice, alike) in marks.second_labels(known).items():
        _say(f"{suite}: {twice} cases were labelled twice, {alike} of them alike.")
    _say(f"{len(old)} of {marked} marked cases need a new look.")
    return 1 if old or problems or unknown else 0


def order_words(_: argparse.Namespace) -> int:
    """Print which classes of words follow each other in what the rubrics say."""
    print(order.table(rubrics.load(load_settings().rubrics_dir)))
    return 0


def find(_: argparse.Namespace) -> int:
    """Measure how well a search finds its question, and hold it against the floors."""

    async def measure() -> list[search.Score]:
        async with connected(load_settings()) as service:
            return await search.measure(service)

    floors = gate.floors(search.FLOORS)
    scores = asyncio.run(measure())
    rows = [[s.name.replace("_", " "), f"{s.good} of {s.of}", f"{s.share:.2f}"] for s in scores]
    print(tables.table(("search", "went well", "share"), rows))
    short = [s for s in scores if s.share < floors.get(s.name, 0.0)]
    for score in short:
        _say(f"{score.name}: {score.share:.3f} is below {floors[score.name]:.3f}")
    return 1 if short else 0


def _known(
    items: Sequence[cases.Item], service: Service, problems: list[cases.Problem]
) -> list[cases.Item]:
    """Return the cases whose question has a rubric; name the others, and add them to `problems`."""
    known, unknown = cases.check(items, service.bank)
    _say_all(unknown)
    problems += unknown
    return known


async def _run(
    args: argparse.Namespace, items: Sequence[cases.Item], problems: list[cases.Problem]
) -> bool:
    choice = cases.Choice(args.suite, args.question, args.split, args.sample)
    settings = load_settings()
    if args.mode:
        settings = replace(settings, judge_mode=args.mode)
    async with connected(settings) as service:
        _say_all(service.bank.problems)
        known = _known(items, service, problems)
        if choice.question:
            service.bank.find(choice.question)
        configuration = keys.configuration(service, args.engine)
        chosen = cases.choose(known, choice)
        jobs = runner.plan(chosen, configuration, service.bank, args.repeats)
        await service.ready()
        with grades_bar(len(jobs)) as on_row:
            stopped = await runner.run(
                service,
                jobs,
                args.engine,
                args.out,
                concurrency=args.concurrency or _concurrency(args.engine),
                budget=args.budget,
                on_row=on_row,
            )
    outcomes = records.outcomes(args.out)
    errors = Counter(o.row.error for o in outcomes if o.row.error)
    ungraded = len(jobs) - len(outcomes)
    listed = price(configuration.model, service.settings.openai_base_url)
    numbers = measure(outcomes, predict(known), listed)
    numbers["run"] = {
        **asdict(configuration),
        "choice": asdict(choice),
        "repeats": args.repeats,
        "prices": listed.as_of if listed else None,
        "grades": len(jobs),
        "ungraded": ungraded,
        "problems": [str(problem) for problem in problems],
    }
    records.write_metrics(args.out, numbers)
    if stopped:
        _say(f"{stopped} {ungraded} grades are left; the same command goes on from here.")
    if errors:
        told, of = errors.most_common(1)[0]
        _say(f"{many(errors.total(), 'grade')} failed, {of} of them so: {told}")
        _say("The same command tries them again.")
    return not (problems or errors or ungraded)


def _concurrency(engine: EngineName) -> int:
    """Offline grading is bound by the processor, a model's by waiting."""
    return LLM_CONCURRENCY if engine == "llm" else os.cpu_count() or 1


def compare(args: argparse.Namespace) -> int:
    """Print what changed between two runs, and list the cases that flipped."""
    found = compare_runs(records.outcomes(args.first), records.outcomes(args.second))
    if not found.pairs:
        raise BadInput(f"{args.first} and {args.second} have no case in common to compare.")
    print(f"{found.verdict(str(args.second))}\n\n{tables.differences(found)}")
    if found.flips:
        print(f"\n{tables.flips(found)}")
    if found.left_out:
        _say(f"{found.left_out} cases are in one run only, or differ in text; they are left out.")
    return 0


def check(args: argparse.Namespace) -> int:
    """Hold a run against the floors."""
    short, skipped = gate.check(records.read_metrics(args.folder), gate.floors())
    for line in skipped:
        _say(f"not checked: {line}")
    for line in short:
        print(line)
    if not short:
        _say(f"Every floor {'that was checked ' if skipped else ''}holds.")
    return 1 if short else 0


def page(args: argparse.Namespace) -> int:
    """Write report.html and print the table."""
    numbers = records.read_metrics(args.folder)
    outcomes = records.outcomes(args.folder)
    before = records.outcomes(args.baseline) if args.baseline else None
    bank = rubrics.load(load_settings().rubrics_dir)
    path: Path = args.folder / "report.html"
    path.write_text(report.render(numbers, outcomes, bank, before), encoding="utf-8")
    print(tables.markdown(numbers))
    _say(f"Open {path} in a browser.")
    return 0


def _say_all(problems: Sequence[object]) -> None:
    for problem in problems:
        _say(str(problem))


def _say(message: str) -> None:
    sys.stderr.write(f"evals: {message}\n")
