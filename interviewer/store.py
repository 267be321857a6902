"""The lasting record in one SQLite file: interviews, what was said, grades, outcomes per tell.

Every write is on disk before the call returns. A turn's position is its key, so that two windows
answering the same question cannot overwrite each other: the second is refused.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from interviewer.database import Database, Values
from interviewer.errors import BadInput
from interviewer.models import Grade, Level, Question, Spent, Turn

Status = Literal["open", "closed", "graded", "failed", "skipped"]
Outcome = Literal["granted", "upheld", "open"]
Kind = Literal["ask", "answer", "probe", "stay", "clarify", "hint", "repeat", "close"]

_SCHEMA = Path(__file__).with_suffix(".sql")

_LATER_COLUMNS = {
    "target": "TEXT NOT NULL DEFAULT 'L5'",
    "variant": "INTEGER NOT NULL DEFAULT 0",
    "round_id": "TEXT",
}
"""What `interviews` got after its first version; added to a record that lacks it."""


@dataclass(frozen=True)
class Interview:
    """One row of the record, without what was said."""

    id: str
    owner: str
    question_id: str | None
    category: str | None
    engine: Literal["offline", "llm"]
    mode: Literal["practice", "realistic"]
    budget: int
    status: Status
    started: str
    target: Level = "L5"
    """What the candidate aims at; feedback measures the gap to it."""
    variant: int = 0
    """Which wording of the question is used."""
    round_id: str | None = None


@dataclass(frozen=True)
class Round:
    """Several interviews in a row."""

    id: str
    owner: str
    size: int
    category: str | None
    mode: Literal["practice", "realistic"]
    target: Level
    started: str


@dataclass(frozen=True)
class Attempt:
    """An interview that was graded, with its newest grade and when that was."""

    interview: Interview
    grade: Grade
    graded: datetime
    drilled: str | None = None
    """The tell that a re-drill was held for. Its level says little: one gap was all it was about."""


@dataclass(frozen=True)
class Entry:
    """One turn as it is kept: `kind` says why the interviewer spoke."""

    position: int
    kind: Kind
    turn: Turn
    said: datetime


class Store:
    """An open record; make one with `Store.open`."""

    def __init__(self, db: Database, questions: Mapping[str, Question]) -> None:
        """Wrap a file whose tables are as they should be."""
        self._db, self._questions = db, questions

    @classmethod
    async def open(cls, path: Path, questions: Mapping[str, Question] | None = None) -> Store:
        """Open or create the record.

        Args:
            path: the file.
            questions: by id. A tell that its question has lost since stays in the file and is
                not returned, because nobody could say any more what it was.

        Raises:
            SetupError: the file cannot be written, or is no record.
        """
        db = Database(path, _SCHEMA.read_text(encoding="utf-8"))
        present = {row["name"] for row in db.read("PRAGMA table_info(interviews)")}
        await db.write(
            *(
                (f"ALTER TABLE interviews ADD COLUMN {name} {kind}", ())
                for name, kind in _LATER_COLUMNS.items()
                if name not in present
            )
        )
        return cls(db, questions or {})

    async def close(self) -> None:
        """Close the file."""
        await self._db.close()

    async def create(
        self,
        *,
        owner: str,
        question_id: str | None,
        category: str | None,
        engine: Literal["offline", "llm"],
        mode: Literal["practice", "realistic"],
        budget: int,
        target: Level = "L5",
        variant: int = 0,
        round_id: str | None = None,
    ) -> Interview:
        """Begin an interview under an id that cannot be guessed."""
        interview = Interview(
            secrets.token_hex(16), owner, question_id, category, engine, mode, budget, "open",
            _now(), target, variant, round_id,
        )  # fmt: skip
        await self._execute(
            "INSERT INTO interviews (id, owner, question_id, category, engine, mode, budget, status,"
            " started, target, variant, round_id) VALUES (:id, :owner, :question_id, :category,"
            " :engine, :mode, :budget, :status, :started, :target, :variant, :round_id)",
            interview.__dict__,
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
        return Interview(**dict(rows[0]))

    async def interviews(self, owner: str) -> list[Interview]:
        """Return everything that one owner began, newest first."""
        rows = self._db.read(
            "SELECT * FROM interviews WHERE owner = ? ORDER BY started DESC, rowid DESC", (owner,)
        )
        return [Interview(**dict(row)) for row in rows]

    async def attempts(self, owner: str) -> list[Attempt]:
        """Return what one owner was graded for, oldest first."""
        rows = self._db.read(
            "SELECT interviews.*, grade, graded, tell_id FROM interviews"
            " JOIN grades ON grades.interview_id = id LEFT JOIN redrills ON redrills.interview_id = id"
            " WHERE owner = ? AND status = 'graded' ORDER BY graded, grades.rowid",
            (owner,),
        )
        newest: dict[str, Attempt] = {}
        for row in rows:
            values = dict(row)
            grade = self._grade(values.pop("grade"))
            graded = datetime.fromisoformat(values.pop("graded"))
            drilled = self._still(values["question_id"], values.pop("tell_id"))
            newest[values["id"]] = Attempt(Interview(**values), grade, graded, drilled)
        return list(newest.values())

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
        mode: Literal["practice", "realistic"],
        target: Level,
    ) -> Round:
        """Begin a round; its interviews name it."""
        made = Round(secrets.token_hex(16), owner, size, category, mode, target, _now())
        await self._execute(
            "INSERT INTO rounds (id, owner, size, category, mode, target, started)"
            " VALUES (:id, :owner, :size, :category, :mode, :target, :started)",
            made.__dict__,
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
        return Round(**dict(rows[0]))

    async def rounds(self, owner: str) -> dict[str, Round]:
        """Return every round of one owner by its id."""
        rows = self._db.read("SELECT * FROM rounds WHERE owner = ?", (owner,))
        return {row["id"]: Round(**dict(row)) for row in rows}

    async def set_round_size(self, round_id: str, size: int) -> None:
        """Note how many questions a round has."""
        await self._execute("UPDATE rounds SET size = ? WHERE id = ?", (size, round_id))

    async def set_question(self, interview_id: str, question_id: str) -> None:
        """Note which question was picked."""
        await self._execute(
            "UPDATE interviews SET question_id = ? WHERE id = ?", (question_id, interview_id)
        )

    async def set_status(self, interview_id: str, status: Status) -> None:
        """Note how far the interview is."""
        await self._execute("UPDATE interviews SET status = ? WHERE id = ?", (status, interview_id))

    async def add_turn(self, interview_id: str, position: int, kind: Kind, turn: Turn) -> None:
        """Keep what was said.

        Raises:
            BadInput: something else was said at this position already.
        """
        aims = None if turn.aims_at is None else json.dumps(turn.aims_at)
        try:
            await self._execute(
                "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?)",
                (interview_id, position, turn.role, kind, turn.text, aims, _now()),
            )
        except sqlite3.IntegrityError as error:
            raise BadInput(
                "This interview went on in another window. Reload the page to see it there."
            ) from error

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

    async def add_grade(self, interview_id: str, grade: Grade) -> None:
        """Keep a grade and its outcome per tell; earlier grades of the interview stay."""
        kept = interview_id, grade.model_dump_json(), _now()
        await self._db.write(
            ("INSERT INTO grades VALUES (?, ?, ?)", kept),
            *(
                (
                    "INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?)",
                    (interview_id, v.tell_id, v.verdict, int(v.prompted)),
                )
                for v in grade.verdicts
            ),
        )

    async def grade(self, interview_id: str) -> Grade | None:
        """Return the newest grade of an interview."""
        rows = self._db.read(
            "SELECT grade FROM grades WHERE interview_id = ? ORDER BY rowid DESC LIMIT 1",
            (interview_id,),
        )
        return self._grade(rows[0]["grade"]) if rows else None

    async def first_grade(self, interview_id: str) -> Grade | None:
        """Return the grade that an interview had before anybody objected to it."""
        rows = self._db.read(
            "SELECT grade FROM grades WHERE interview_id = ? ORDER BY rowid LIMIT 1",
            (interview_id,),
        )
        return self._grade(rows[0]["grade"]) if rows else None

    async def set_assessment(self, interview_id: str, answers: int, grade: Grade) -> None:
        """Keep what an unfinished interview would be graded; one of fewer answers is not kept."""
        await self._execute(
            "INSERT INTO assessments VALUES (?, ?, ?) ON CONFLICT (interview_id) DO UPDATE SET"
            " answers = excluded.answers, grade = excluded.grade"
            " WHERE excluded.answers >= answers",
            (interview_id, answers, grade.model_dump_json()),
        )

    async def assessment(self, interview_id: str) -> Grade | None:
        """Return what an unfinished interview would be graded."""
        rows = self._db.read(
            "SELECT grade FROM assessments WHERE interview_id = ?", (interview_id,)
        )
        return self._grade(rows[0]["grade"]) if rows else None

    async def set_debrief(self, interview_id: str, grade: Grade, text: str) -> None:
        """Keep a model's words on a grade; empty when they could not be used."""
        await self._execute(
            "INSERT OR REPLACE INTO debriefs SELECT id, ?, ? FROM interviews WHERE id = ?",
            (grade.model_dump_json(), text, interview_id),
        )

    async def debrief(self, interview_id: str, grade: Grade) -> str | None:
        """Return a model's words on this very grade, if there are any."""
        rows = self._db.read(
            "SELECT text FROM debriefs WHERE interview_id = ? AND grade = ?",
            (interview_id, grade.model_dump_json()),
        )
        return rows[0]["text"] if rows else None

    async def add_spent(self, interview_id: str, spent: Spent) -> None:
        """Add to what an interview has used of a model."""
        await self._execute(
            "INSERT INTO spent SELECT id, :model, :calls, :uncounted, :input_tokens, :cached_tokens,"
            " :output_tokens FROM interviews WHERE id = :interview ON CONFLICT DO UPDATE SET"
            " calls = calls + excluded.calls, uncounted = uncounted + excluded.uncounted,"
            " input_tokens = input_tokens + excluded.input_tokens,"
            " cached_tokens = cached_tokens + excluded.cached_tokens,"
            " output_tokens = output_tokens + excluded.output_tokens",
            {**spent.model_dump(), "interview": interview_id},
        )

    async def spent(self, interview_id: str) -> tuple[Spent, ...]:
        """Return what an interview has used, by model."""
        rows = self._db.read(
            "SELECT model, calls, uncounted, input_tokens, cached_tokens, output_tokens FROM spent"
            " WHERE interview_id = ?",
            (interview_id,),
        )
        return tuple(Spent(**dict(row)) for row in rows)

    async def set_redrill(self, interview_id: str, tell_id: str) -> None:
        """Note that an interview is held for the sake of one tell."""
        await self._execute("INSERT INTO redrills VALUES (?, ?)", (interview_id, tell_id))

    async def redrill(self, interview_id: str) -> str | None:
        """Return the tell that an interview is held for, if it is a re-drill."""
        rows = self._db.read(
            "SELECT question_id, tell_id FROM redrills JOIN interviews ON id = interview_id"
            " WHERE interview_id = ?",
            (interview_id,),
        )
        return self._still(rows[0]["question_id"], rows[0]["tell_id"]) if rows else None

    async def add_challenge(
        self, interview_id: str, tell_id: str, outcome: Outcome, reason: str
    ) -> None:
        """Keep the outcome of a challenge; there is one for each tell."""
        await self._execute(
            "INSERT OR IGNORE INTO challenges VALUES (?, ?, ?, ?, ?)",
            (interview_id, tell_id, outcome, reason, _now()),
        )

    async def challenges(self, interview_id: str) -> dict[str, tuple[Outcome, str]]:
        """Return outcome and reason of every challenge, by tell."""
        rows = self._db.read(
            "SELECT question_id, tell_id, outcome, reason FROM challenges"
            " JOIN interviews ON id = interview_id WHERE interview_id = ? ORDER BY challenged",
            (interview_id,),
        )
        return {
            row["tell_id"]: (row["outcome"], row["reason"])
            for row in rows
            if self._still(row["question_id"], row["tell_id"])
        }

    async def set_rewrite(self, interview_id: str, level: Level, pieces: str) -> None:
        """Keep the answers of an interview one level up from a level, as JSON."""
        values = (interview_id, level, pieces)
        await self._execute("INSERT OR REPLACE INTO rewrites VALUES (?, ?, ?)", values)

    async def rewrite(self, interview_id: str, level: Level | None) -> str | None:
        """Return what was kept for a level."""
        sql = "SELECT pieces FROM rewrites WHERE interview_id = ? AND level = ?"
        rows = self._db.read(sql, (interview_id, level))
        return rows[0]["pieces"] if rows else None

    def _grade(self, text: str) -> Grade:
        grade = Grade.model_validate_json(text)
        return grade.on(self._questions.get(grade.question_id))

    def _still(self, question_id: str | None, tell_id: str | None) -> str | None:
        """Return a tell unless its question has lost it."""
        question = self._questions.get(question_id or "")
        lost = question and tell_id not in {tell.id for tell in question.tells}
        return None if lost else tell_id

    async def _execute(self, sql: str, values: Values) -> None:
        await self._db.write((sql, values))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
