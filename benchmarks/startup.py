"""How long `--help` and the list of questions take, in units of starting Python."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from figures import interleaved, show


def run(*arguments: str) -> None:
    """Run Python and wait for it."""
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Measure with a warm disk and a kept list, as on every start but the first."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["INTERVIEWER_DATA_DIR"] = folder
        run("-m", "interviewer.screens.cli", "questions")
        bare, usage, listing = interleaved(
            15,
            lambda: run("-c", "pass"),
            lambda: run("-m", "interviewer.screens.cli", "--help"),
            lambda: run("-m", "interviewer.screens.cli", "questions"),
        )
    show("help_vs_python", usage / bare, at_most=8)
    show("questions_vs_python", listing / bare, at_most=25)


if __name__ == "__main__":
    main()
