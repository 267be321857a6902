"""The list of questions, without the cost of reading them.

Parsing and validating fifty rubrics, and importing what does it, takes thirty times as long as
starting Python. So the list of a bank without problems is kept in a file named by the hash of
all its rubrics; this module imports nothing that takes long unless that file is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path


def rows(folder: Path, kept_in: Path) -> tuple[list[dict[str, str]], list[str]]:
    """Return id, title and category of every valid question, and what was left out.

    Args:
        folder: the rubrics.
        kept_in: where lists are kept; one that cannot be written costs only time.

    Raises:
        BadInput: the folder is missing, or holds no usable rubric.
    """
    kept = kept_in / f"{_digest(folder)}.json"
    with suppress(OSError, ValueError):
        found: list[dict[str, str]] = json.loads(kept.read_text(encoding="utf-8"))
        return found, []

    from interviewer.files.rubrics import load

    bank = load(folder)
    listed = [
        {"id": q.id, "title": q.title, "category": q.category} for q in bank.questions.values()
    ]
    if not bank.problems:
        with suppress(OSError):
            kept_in.mkdir(parents=True, exist_ok=True)
            part = kept.with_suffix(f".{os.getpid()}.part")
            part.write_text(json.dumps(listed, ensure_ascii=False), encoding="utf-8")
            part.replace(kept)
    return listed, bank.left_out


def _digest(folder: Path) -> str:
    """Hash the rubrics, and the schema that they were found valid by."""
    here = Path(__file__).parent
    seen = hashlib.sha256()
    with suppress(OSError):
        for path in (
            here.parent / "models.py",
            here / "rubrics.py",
            *sorted(folder.rglob("*.[yY]*")),
        ):
            seen.update(str(path).encode())
            seen.update(path.read_bytes())
    return seen.hexdigest()[:16]
