"""Serve the practice room: `python app.py`, which is `interviewer serve`."""

import sys

from interviewer.screens.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["serve", *sys.argv[1:]]))
