"""The lasting record in one SQLite file: interviews, rounds, what was said; grades in `gradebook`.

Every write is on disk before the call returns. A turn's position is its key, so that two windows
answering the same question cannot overwrite each other: the second is refused.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from interviewer.errors import BadInput
from interviewer.files.settings import EngineName
from interviewer.models import Level, Question, Spent, Turn
from interviewer.outside.database import Database, now
from interviewer.outside.gradebook import Gradebook
from interviewer.outside.record import Entry, Interview, Kind, Mode, Round, Status, from_row

_SCHEMA = Path(__file__).with_suffix(".sql")


class Store:
    """An open record; make one with `Store.open`."""

    def __init__(self, db: Database, questions: Mapping[str, Question]) -> None:
        """Wrap a file whose tables are as they should be."""
        self._db = db
        self.grades = Gradebook(db, questions)
        """What was graded, and all that names tells."""

    @classmethod
    async def open(cls, path: Path, questions: Mapping[str, Question] | None = None) -> Store:
        """Open or create the record.

        Args:
            path: the file.
            questions: by id. What is kept of a tell that its question has lost is not returned.

        Raises:
            SetupError: the file cannot be written, or is no record.
        """
        db = Database(path, _SCHEMA.read_text(encoding="utf-8"))
        return cls(db, questions or {})

    async def close(self) -> None:
        """Close the file."""
        await self._db.close()

    async def create(
        self,
        *,
        owner: str,
        question_id: str | None,
        engine: EngineName,
        mode: Mode,
        budget: int,
        target: Level = "L5",
        variant: int = 0,
        round_id: str | None = None,
    ) -> Interview:
        """Begin an interview under an id that cannot be guessed."""
        started = now()
        interview = Interview(
            secrets.token_hex(16), owner, question_id, engine, mode, budget, "open",
            datetime.fromisoformat(started), target, variant, round_id,
        )  # fmt: skip
        await self._db.write(
            (
                "INSERT INTO interviews (id, owner, question_id, engine, mode, budget, status,"
                " started, target, variant, round_id) VALUES (:id, :owner, :question_id, :engine,"
                " :mode, :budget, :status, :started, :target, :variant, :round_id)",
                {**interview.__dict__, "started": started},
            )
        )
        return interview

    async def interview(self, interview_id: str) -> Interview:
        """Return one interview.

        Raises:
            BadInput: there is none with this id.
        """
        rows = self._db.read("SELECT * FROM interviews WHERE id = ?", (interview_id,))
        if not rows:
            raise BadInput("That interview is not in the record. Start a new one.")
        return from_row(Interview, dict(rows[0]))

    async def interviews(self, owner: str) -> list[Interview]:
        """Return everything that one owner began, newest first."""
        rows = self._db.read(
            "SELECT * FROM interviews WHERE owner = ? ORDER BY started DESC, rowid DESC", (owner,)
        )
        return [from_row(Interview, dict(row)) for row in rows]

    async def delete(self, interview_id: str) -> None:
        """Remove an interview with all that was said in it and its grades; its round gets shorter."""
        round_of = "(SELECT round_id FROM interviews WHERE id = ?)"
        await self._db.write(
            (f"UPDATE rounds SET size = size - 1 WHERE id = {round_of}", (interview_id,)),  # noqa: S608
            ("DELETE FROM interviews WHERE id = ?", (interview_id,)),
        )

    async def create_round(
        self,
        *,
        owner: str,
        size: int,
        category: str | None,
        mode: Mode,
        target: Level,
    ) -> Round:
        """Begin a round; its interviews name it."""
        started = now()
        began = datetime.fromisoformat(started)
        made = Round(secrets.token_hex(16), owner, size, category, mode, target, began)
        await self._db.write(
            (
                "INSERT INTO rounds (id, owner, size, category, mode, target, started)"
                " VALUES (:id, :owner, :size, :category, :mode, :target, :started)",
                {**made.__dict__, "started": started},
            )
        )
        return made

    async def round(self, round_id: str) -> Round:
        """Return one round.

        Raises:
            BadInput: there is none with this id.
        """
        rows = self._db.read("SELECT * FROM rounds WHERE id = ?", (round_id,))
        if not rows:
            raise BadInput("That round is not in the record. Start a new one.")
        return from_row(Round, dict(rows[0]))

    async def rounds(self, owner: str) -> dict[str, Round]:
        """Return every round of one owner by its id."""
        rows = self._db.read("SELECT * FROM rounds WHERE owner = ?", (owner,))
        return {row["id"]: from_row(Round, dict(row)) for row in rows}

    async def set_round_size(self, round_id: str, size: int) -> None:
        """Note how many questions a round has."""
        await self._db.write(("UPDATE rounds SET size = ? WHERE id = ?", (size, round_id)))

    async def set_question(self, interview_id: str, question_id: str) -> None:
        """Note which question was picked."""
        await self._db.write(
            ("UPDATE interviews SET question_id = ? WHERE id = ?", (question_id, interview_id))
        )

    async def set_status(self, interview_id: str, status: Status) -> None:
        """Note how far the interview is."""
        await self._db.write(
            ("UPDATE interviews SET status = ? WHERE id = ?", (status, interview_id))
        )

    async def add_turn(self, interview_id: str, position: int, kind: Kind, turn: Turn) -> None:
        """Keep what was said.

        Raises:
            BadInput: something else was said at this position already.
        """
        aims = None if turn.aims_at is None else json.dumps(turn.aims_at)
        try:
            await self._db.write(
                (
                    "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (interview_id, position, turn.role, kind, turn.text, aims, now()),
                )
            )
        except sqlite3.IntegrityError as error:
            raise BadInput("This interview went on in another window.") from error

    async def entries(self, interview_id: str) -> list[Entry]:
        """Return everything said, in order."""
        rows = self._db.read(
            "SELECT * FROM turns WHERE interview_id = ? ORDER BY position", (interview_id,)
        )
        return [
            Entry(
                row["position"],
                row["kind"],
                Turn(
                    role=row["role"],
                    text=row["text"],
                    aims_at=None if row["aims_at"] is None else tuple(json.loads(row["aims_at"])),
                ),
                datetime.fromisoformat(row["said"]),
            )
            for row in rows
        ]

    async def add_spent(self, interview_id: str, spent: Spent) -> None:
        """Add to what an interview has used of a model."""
        await self._db.write(
            (
                "INSERT INTO spent SELECT id, :model, :calls, :uncounted, :input_tokens, :cached_tokens,"
                " :output_tokens FROM interviews WHERE id = :interview ON CONFLICT DO UPDATE SET"
                " calls = calls + excluded.calls, uncounted = uncounted + excluded.uncounted,"
                " input_tokens = input_tokens + excluded.input_tokens,"
                " cached_tokens = cached_tokens + excluded.cached_tokens,"
                " output_tokens = output_tokens + excluded.output_tokens",
                {**spent.model_dump(), "interview": interview_id},
            )
        )

    async def spent(self, interview_id: str) -> tuple[Spent, ...]:
        """Return what an interview has used, by model."""
        rows = self._db.read(
            "SELECT model, calls, uncounted, input_tokens, cached_tokens, output_tokens FROM spent"
            " WHERE interview_id = ?",
            (interview_id,),
        )
        return tuple(Spent(**dict(row)) for row in rows)
