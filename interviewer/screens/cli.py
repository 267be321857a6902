"""The `interviewer` command. Answers go to stdout, everything else to stderr.

Nothing heavy is imported until a command needs it, so that `--help` stays quick.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from interviewer.counting import positive


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 bad input or set-up."""
    args = _parser().parse_args(argv)
    from interviewer import output
    from interviewer.errors import InterviewerError, ModelError, ModelRefused, ModelUnreachable
    from interviewer.screens import commands

    try:
        code: int = getattr(commands, args.command)(args)
        if sys.stdout is not None:
            sys.stdout.flush()
    except InterviewerError as error:
        sys.stderr.write(f"interviewer: {error}\n")
        set_up = isinstance(error, ModelRefused | ModelUnreachable)
        return 1 if isinstance(error, ModelError) and not set_up else 2
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 130
    except BrokenPipeError:
        output.let_go()
        return 0
    except OSError as error:
        output.let_go()
        what = error.filename or "The answer"
        sys.stderr.write(f"interviewer: {what} cannot be written or read: {error.strerror}.\n")
        return 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="interviewer",
        description="Practice senior machine-learning interviews and see the level, with the evidence.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="open the practice room in a browser")
    serve.add_argument("--host", help="address to listen on (INTERVIEWER_HOST, 127.0.0.1)")
    serve.add_argument(
        "--port", help="port to listen on, 0 for any that is free (INTERVIEWER_PORT, 7860)"
    )

    practice = commands.add_parser("practice", help="do an interview in the terminal")
    practice.add_argument(
        "question", nargs="?", metavar="QUESTION", help="id or title; picked for you"
    )
    practice.add_argument("--new", action="store_true", help="do not go on with an unfinished one")

    questions = commands.add_parser("questions", help="list the questions, or search them")
    questions.add_argument(
        "search", nargs="*", metavar="SEARCH", help="a phrase, or a whole answer"
    )
    questions.add_argument("--json", action="store_true", help="print JSON")

    grade = commands.add_parser("grade", help="grade an answer or a transcript")
    grade.add_argument("question", nargs="?", metavar="QUESTION", help="id or title")
    grade.add_argument("file", nargs="?", metavar="FILE", help="the answer; - or none is stdin")
    grade.add_argument("--transcript", metavar="FILE", help="a conversation as JSON")
    grade.add_argument(
        "--engine", choices=("offline", "llm"), help="who judges (INTERVIEWER_ENGINE)"
    )
    grade.add_argument("--json", action="store_true", help="print the whole grade as JSON")

    rubrics = commands.add_parser("rubrics", help="work on rubrics")
    actions = rubrics.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser(
        "check", help="find what is wrong or weak in a folder of rubrics",
        description="Find what is wrong or weak in a folder of rubrics. This runs the scripts under "
        "`solution`, a minute each at most: check only rubrics that you trust.",
    )  # fmt: skip
    check.add_argument(
        "folder", nargs="?", metavar="DIR", help="the folder (INTERVIEWER_RUBRICS_DIR)"
    )
    check.add_argument(
        "--weakest", type=positive, metavar="N", default=0,
        help="also print the N tells that are hardest to tell from their neighbours",
    )  # fmt: skip
    return parser


if __name__ == "__main__":
    sys.exit(main())
