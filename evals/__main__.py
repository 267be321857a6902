"""`python -m evals`. Answers go to stdout, everything else to stderr."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from interviewer import output
from interviewer.counting import positive
from interviewer.errors import InterviewerError, ModelError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed or short of a floor, 2 bad input."""
    args = _parser().parse_args(argv)
    from evals import commands

    code = 0
    actions = {
        "run": commands.run,
        "compare": commands.compare,
        "gate": commands.check,
        "report": commands.page,
        "search": commands.find,
        "fit": commands.weigh,
        "control": commands.control,
        "marks": commands.look_again,
        "order": commands.order_words,
    }
    try:
        code = actions[args.command](args)
        if sys.stdout is not None:
            sys.stdout.flush()
    except InterviewerError as error:
        sys.stderr.write(f"evals: {error}\n")
        return 1 if isinstance(error, ModelError) else 2
    except KeyboardInterrupt:
        sys.stderr.write("\nevals: Stopped. Every grade is kept; the same command goes on.\n")
        return 130
    except BrokenPipeError:
        output.let_go()
    except OSError as error:
        output.let_go()
        what = error.filename or "The answer"
        sys.stderr.write(f"evals: {what} cannot be written or read: {error.strerror}.\n")
        return 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m evals", description="How far can the level be trusted?"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="grade labelled cases; goes on where it was stopped")
    run.add_argument("--cases", nargs="+", required=True, type=Path, metavar="FILE")
    run.add_argument("--engine", choices=("offline", "llm"), required=True)
    run.add_argument(
        "--mode", choices=("tells", "combined", "holistic"),
        help="how a model grades (INTERVIEWER_JUDGE_MODE); holistic is a baseline",
    )  # fmt: skip
    run.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder of the run")
    run.add_argument("--concurrency", type=positive, metavar="N", help="grades at once")
    run.add_argument("--repeats", type=positive, default=1, metavar="N", help="grades of each case")
    run.add_argument("--suite", metavar="NAME", help="only this suite, the stem of its file")
    run.add_argument("--question", metavar="ID", help="only this question, an id or a title")
    run.add_argument("--split", metavar="S", help="only cases of this split")
    run.add_argument("--sample", type=positive, metavar="N", help="only N cases, always the same")
    run.add_argument("--budget", type=positive, metavar="TOKENS", help="begin nothing new after")

    compare = commands.add_parser("compare", help="tell whether the second run is better")
    compare.add_argument("first", type=Path, metavar="A")
    compare.add_argument("second", type=Path, metavar="B")

    gate = commands.add_parser("gate", help="exit 1 when a run is below evals/floors.toml")
    gate.add_argument("folder", type=Path, metavar="DIR")

    report = commands.add_parser("report", help="write DIR/report.html")
    report.add_argument("folder", type=Path, metavar="DIR")
    report.add_argument("--baseline", type=Path, metavar="DIR", help="a run to compare with")

    fit = commands.add_parser("fit", help="fit the weights of the offline policy")
    fit.add_argument("--cases", nargs="+", required=True, type=Path, metavar="FILE")

    control = commands.add_parser("control", help="grade with another question's rubric too")
    control.add_argument("--cases", nargs="+", required=True, type=Path, metavar="FILE")
    control.add_argument("--split", metavar="S", help="only cases of this split")

    marks = commands.add_parser(
        "marks", help="list the cases whose gold tells need a new look; count second labels"
    )
    marks.add_argument("--cases", nargs="+", required=True, type=Path, metavar="FILE")

    commands.add_parser("order", help="print the table of interviewer/judgement/word_order.py")

    commands.add_parser("search", help="tell how well a search finds its question")
    return parser


if __name__ == "__main__":
    sys.exit(main())
