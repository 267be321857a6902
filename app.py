"""Serve the practice room: `python app.py`."""

from interviewer.settings import load_settings
from interviewer.ui.server import run

if __name__ == "__main__":
    raise SystemExit(run(load_settings()))
