"""From an address and the record to everything that is on the screen."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import gradio as gr

from interviewer.judgement.past import Past
from interviewer.judgement.progress import changes
from interviewer.judgement.selection import standings
from interviewer.outside.record import Attempt
from interviewer.screens.ui import (
    bank,
    comparison,
    engine,
    history,
    report,
    rounds,
    start,
    tells,
    trust,
)
from interviewer.screens.ui.address import address, query_of
from interviewer.screens.ui.draw_talk import DrawTalk
from interviewer.screens.ui.layout import Layout, Updates
from interviewer.screens.ui.markup import Html
from interviewer.service.afterwards import Later, to_drill
from interviewer.service.practice import Practice, RoundView
from interviewer.service.view import View


class Draw:
    """Draws screens for an owner."""

    def __init__(self, layout: Layout, practice: Practice) -> None:
        """Know the components, and where the record will be."""
        self._ui, self._practice = layout, practice
        self.talk = DrawTalk(layout, practice)

    async def place(self, owner: str, place: str, category: str | None = None) -> Updates:
        """Return the value of every component for an address; one that leads nowhere is the start."""
        query = query_of(place)
        questions = self._practice.service.bank.questions
        if "skipped" in query and (view := await self._practice.view(owner, query["skipped"])):
            return {**await self._start(owner, category), self._ui.notice: start.skipped(view)}
        if "interview" in query:
            view = await self._practice.view(owner, query["interview"])
            return await (
                self.interview(owner, view, category)
                if view
                else self._start(owner, category, lost=True)
            )
        if "round" in query:
            return await self.round(owner, query["round"], category)
        if query.get("question") in questions:
            return await self._study(owner, query["question"])
        if query.get("compare") in questions:
            return await self._compare(owner, query["compare"])
        match query.get("see", ""):
            case "questions":
                return await self._bank(owner)
            case "progress":
                return await self._progress(owner)
            case "engine":
                return self._engine(place)
            case "trust":
                return await self._trust(owner, place, query.get("of", ""))
            case _:
                named = {"interview", "skipped", "round", "question", "compare", "see"} & set(query)
                return await self._start(owner, category, lost=bool(named))

    def _engine(self, place: str) -> Updates:
        ui, service = self._ui, self._practice.service
        endpoint, shown = service.endpoint, service.settings.engine_name == "llm"
        known = sorted({*endpoint.offered, endpoint.interviewing, endpoint.grading})
        return self._show(
            "engine",
            place,
            {
                ui.engine_head: engine.screen(service),
                ui.models: gr.update(visible=shown),
                ui.interviewing: gr.update(choices=known, value=endpoint.interviewing),
                ui.grading: gr.update(choices=known, value=endpoint.grading),
                ui.outcome: "",
            },
        )

    async def _trust(self, owner: str, place: str, came_from: str) -> Updates:
        view = await self._practice.view(owner, came_from)
        by_model = view is not None and view.interview.engine == "llm"
        shown = trust.screen(came_from if view else "", by_model=by_model)
        return self._show("text", place, {self._ui.text: shown})

    async def interview(self, owner: str, view: View, category: str | None) -> Updates:
        """Return the screen of an interview: the talk, or what came of it."""
        interview = view.interview
        if interview.status not in ("graded", "skipped"):
            shown = await self.talk.screen(owner, view)
            return self._show("talk", address(interview=interview.id), shown)
        if interview.round_id:
            at = await self._practice.round(owner, interview.round_id)
            if at and not at.over:
                return await self.round(owner, interview.round_id, category)
        return await self._feedback(view)

    async def _feedback(self, view: View) -> Updates:
        return self._show(
            "feedback",
            address(interview=view.interview.id),
            {**await self._report(view), self._ui.deleting: gr.update(visible=False)},
        )

    async def _report(self, view: View) -> Updates:
        ui, later = self._ui, await self._practice.service.later(view.interview.id)
        gap = view.grade is not None and to_drill(view.grade, later.drilled) is not None
        return {
            ui.report: await self._head(view, later),
            ui.redrill: gr.update(
                visible=gap, value="Drill it again" if later.drilled else "Drill this gap"
            ),
            ui.again: gr.update(variant="primary" if later.drilled and not gap else "secondary"),
            ui.another: gr.update(variant="secondary" if gap or later.drilled else "primary"),
            ui.details: await asyncio.to_thread(tells.body, view, later),
            ui.exports: report.exports(view),
        }

    async def looked_again(self, owner: str, interview_id: str) -> Updates:
        """Return what an objection or a rewriting may have changed in a feedback."""
        view = await self._practice.view(owner, interview_id)
        if view is None:
            return await self._start(owner, lost=True)
        return await self._report(view)

    async def debriefed(self, view: View) -> Updates:
        """Return the head of a feedback whose debrief has come."""
        later = await self._practice.service.later(view.interview.id)
        return {self._ui.report: await self._head(view, later)}

    async def _head(self, view: View, later: Later) -> Html:
        """Draw the head of a feedback beside the attempts before and after at its question."""
        past = await self._practice.past(view.interview.owner)
        every = changes(past.attempts, past.questions)
        before = next((c.before for c in every if c.after.interview.id == view.interview.id), None)
        tries = [a for a in past.attempts if a.grade.question_id == view.interview.question_id]
        newest = tries[-1] if tries and tries[-1].interview.id != view.interview.id else None
        return report.head(view, later, before, newest)

    async def round(self, owner: str, round_id: str, category: str | None = None) -> Updates:
        """Return the screen between the questions of a round, and after them."""
        at = await self._practice.round(owner, round_id)
        if at is None:
            return await self._start(owner, category, lost=True)
        label = f"Go on to question {at.number} of {at.round.size}"
        return self._show(
            "round",
            address(round=round_id),
            {
                self._ui.summary: rounds.summary(at),
                self._ui.next: gr.update(visible=not at.answered, value=label),
                self._ui.end_round: gr.update(visible=not (at.answered or at.current)),
            },
        )

    async def _start(
        self, owner: str, category: str | None = None, *, lost: bool = False
    ) -> Updates:
        ui, left = self._ui, await self._practice.left(owner)
        past, now = await self._practice.past(owner), datetime.now(UTC)
        due = sum(s.is_due(now) for s in past.standings())
        redrill = self._practice.service.store.grades.redrill
        talks = [x.interview.id for x in left if isinstance(x, View)]
        drills = [talk for talk in talks if await redrill(talk)]
        return self._show(
            "start",
            "",
            {
                ui.notice: start.gone() if lost else "",
                ui.lead: start.lead(past.attempts, due, left[0] if left else None, drills),
                ui.go_on: gr.update(
                    visible=bool(left), value=start.go_on(left[0] if left else None)
                ),
                ui.also: start.also(left, drills),
                ui.begin: gr.update(variant="secondary" if left else "primary"),
                ui.passed: "",
                **self._offer(past, category),
            },
        )

    async def offer(self, owner: str, category: str | None, passed: str = "") -> Updates:
        """Return what the start screen says comes next."""
        return self._offer(await self._practice.past(owner), category, passed)

    def _offer(self, past: Past, category: str | None, passed: str = "") -> Updates:
        choice = self._practice.suggest(past, category=category, passed=passed.split())
        question = past.questions[choice.question_id]
        return {self._ui.offer: start.offer(choice, question), self._ui.offered: question.id}

    async def _newest(self, owner: str) -> dict[str, Attempt]:
        """Return the newest attempt at each question; a drill is none."""
        attempts = (await self._practice.past(owner)).attempts
        return {a.grade.question_id: a for a in attempts if not a.drilled}

    async def _bank(self, owner: str) -> Updates:
        questions = self._practice.service.bank.questions
        return self._show(
            "questions",
            address(see="questions"),
            {
                self._ui.notice: start.way_back(await self._practice.left(owner)),
                self._ui.bank_head: bank.heading(len(questions)),
                self._ui.found: bank.listing(questions, await self._newest(owner)),
            },
        )

    async def found(self, owner: str, text: str) -> str:
        """Return what a search found, or the whole list."""
        service, newest = self._practice.service, await self._newest(owner)
        if not text.strip():
            return bank.listing(service.bank.questions, newest)
        found = await service.search(text) if service.progress.ready else None
        return bank.results(text.strip(), found, service.bank.questions, newest)

    async def _study(self, owner: str, question_id: str) -> Updates:
        past = await self._practice.past(owner)
        tries = [a for a in past.attempts if a.grade.question_id == question_id]
        sealed = [i for i in past.sealed if i.question_id == question_id]
        left = await self._practice.left(owner)
        asked_now = question_id in (_asked(x) for x in left)
        question = past.questions[question_id]
        compared = bool(changes(tries, past.questions))
        standing = next(iter(standings([question], tries)), None)
        return self._show(
            "study",
            address(question=question_id),
            {
                self._ui.notice: start.way_back(left),
                self._ui.studied: bank.study(
                    question, tries, standing, compared=compared, sealed=bool(sealed)
                ),
                self._ui.secrets: bank.secrets(question, standing, asked_now=asked_now),
            },
        )

    async def _progress(self, owner: str) -> Updates:
        past = await self._practice.past(owner)
        shown = history.progress(
            past.attempts,
            past.sealed,
            past.standings(),
            past.questions,
            await self._practice.skipped(owner),
            await self._practice.service.store.rounds(owner),
        )
        back = start.way_back(await self._practice.left(owner))
        return self._show(
            "progress", address(see="progress"), {self._ui.notice: back, self._ui.history: shown}
        )

    async def _compare(self, owner: str, question_id: str) -> Updates:
        past = await self._practice.past(owner)
        for changed in changes(past.attempts, past.questions):
            if changed.question.id == question_id:
                shown = {self._ui.history: comparison.compare(changed)}
                return self._show("progress", address(compare=question_id), shown)
        return await self._study(owner, question_id)

    def _show(self, name: str, place: str, values: Updates) -> Updates:
        ui = self._ui
        here = {"study": address(see="questions"), "start": "?"}.get(name, address(see=name))
        return {
            **{column: gr.update(visible=key == name) for key, column in ui.columns.items()},
            ui.place: place,
            ui.masthead: start.masthead(here),
            ui.notice: "",
            **values,
        }


def _asked(left: View | RoundView) -> str | None:
    """Return the question that is being asked in what was left."""
    view = left.current if isinstance(left, RoundView) else left
    return view.interview.question_id if view else None
