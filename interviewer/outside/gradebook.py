"""Grades as they are kept, and what came of them: objections, a model's words, drills of a gap.

All of it names tells. One that its question has lost since stays in the file and is not returned,
because nobody could say any more what it was. What comes of an interview that was deleted meanwhile
is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from interviewer.models import Grade, Level, Question
from interviewer.outside.database import Database, now
from interviewer.outside.record import Attempt, Interview, Outcome, from_row


class Gradebook:
    """The grades of a record; `Store.grades`."""

    def __init__(self, db: Database, questions: Mapping[str, Question]) -> None:
        """Read and write a file whose tables are as they should be."""
        self._db, self._questions = db, questions

    async def add(self, interview_id: str, grade: Grade) -> None:
        """Keep a grade and its outcome per tell; earlier grades of the interview stay."""
        await self._db.write(
            (
                "INSERT INTO grades SELECT id, ?, ? FROM interviews WHERE id = ?",
                (grade.model_dump_json(), now(), interview_id),
            ),
            *(
                (
                    "INSERT OR REPLACE INTO outcomes SELECT id, ?, ?, ? FROM interviews WHERE id = ?",
                    (v.tell_id, v.verdict, int(v.prompted), interview_id),
                )
                for v in grade.verdicts
            ),
        )

    async def newest(self, interview_id: str) -> Grade | None:
        """Return the newest grade of an interview."""
        rows = self._db.read(
            "SELECT grade FROM grades WHERE interview_id = ? ORDER BY rowid DESC LIMIT 1",
            (interview_id,),
        )
        return self._grade(rows[0]["grade"]) if rows else None

    async def first(self, interview_id: str) -> Grade | None:
        """Return the grade that an interview had before anybody objected to it."""
        rows = self._db.read(
            "SELECT grade FROM grades WHERE interview_id = ? ORDER BY rowid LIMIT 1",
            (interview_id,),
        )
        return self._grade(rows[0]["grade"]) if rows else None

    async def attempts(self, owner: str) -> list[Attempt]:
        """Return what one owner was graded for, oldest first, each with its newest grade."""
        rows = self._db.read(
            "SELECT interviews.*, grade, graded, tell_id FROM interviews"
            " JOIN grades ON grades.interview_id = id LEFT JOIN redrills ON redrills.interview_id = id"
            " WHERE owner = ? AND status = 'graded' ORDER BY graded, grades.rowid",
            (owner,),
        )
        first: dict[str, datetime] = {}
        newest: dict[str, Attempt] = {}
        for row in rows:
            interview, grade = from_row(Interview, dict(row)), self._grade(row["grade"])
            graded = first.setdefault(interview.id, datetime.fromisoformat(row["graded"]))
            drilled = self._still(interview.question_id, row["tell_id"])
            newest[interview.id] = Attempt(interview, grade, graded, drilled)
        return list(newest.values())

    async def set_assessment(self, interview_id: str, answers: int, grade: Grade) -> None:
        """Keep what an unfinished interview would be graded; one of fewer answers is not kept."""
        await self._db.write(
            (
                "INSERT INTO assessments SELECT id, ?, ? FROM interviews WHERE id = ?"
                " ON CONFLICT (interview_id) DO UPDATE SET answers = excluded.answers,"
                " grade = excluded.grade WHERE excluded.answers >= answers",
                (answers, grade.model_dump_json(), interview_id),
            )
        )

    async def assessment(self, interview_id: str) -> Grade | None:
        """Return what an unfinished interview would be graded."""
        rows = self._db.read(
            "SELECT grade FROM assessments WHERE interview_id = ?", (interview_id,)
        )
        return self._grade(rows[0]["grade"]) if rows else None

    async def set_debrief(self, interview_id: str, grade: Grade, text: str) -> None:
        """Keep a model's words on a grade; empty when they could not be used."""
        await self._db.write(
            (
                "INSERT OR REPLACE INTO debriefs SELECT id, ?, ? FROM interviews WHERE id = ?",
                (grade.model_dump_json(), text, interview_id),
            )
        )

    async def debrief(self, interview_id: str, grade: Grade) -> str | None:
        """Return a model's words on this very grade, if there are any."""
        rows = self._db.read(
            "SELECT text FROM debriefs WHERE interview_id = ? AND grade = ?",
            (interview_id, grade.model_dump_json()),
        )
        return rows[0]["text"] if rows else None

    async def set_redrill(self, interview_id: str, tell_id: str) -> None:
        """Note that an interview is held for the sake of one tell."""
        await self._db.write(
            (
                "INSERT INTO redrills SELECT id, ? FROM interviews WHERE id = ?",
                (tell_id, interview_id),
            )
        )

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
        await self._db.write(
            (
                "INSERT OR IGNORE INTO challenges SELECT id, ?, ?, ?, ? FROM interviews WHERE id = ?",
                (tell_id, outcome, reason, now(), interview_id),
            )
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
        await self._db.write(
            (
                "INSERT OR REPLACE INTO rewrites SELECT id, ?, ? FROM interviews WHERE id = ?",
                (level, pieces, interview_id),
            )
        )

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
