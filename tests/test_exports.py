"""Interviews as files to take away."""

from __future__ import annotations

import json

import httpx
from fastapi import FastAPI

from answers import DROPOUT, first
from endpoint import all_of
from handmade import down, question, strong
from interviewer.models import Evidence, FirstGap, Grade, TellVerdict, Turn
from interviewer.outside.record import Entry, Interview
from interviewer.screens.ui import exports
from interviewer.service.afterwards import Later
from interviewer.service.practice import Practice
from interviewer.service.session import Service
from interviewer.service.view import View
from test_practice import NOW

SHOWN, MISSED, NEVER, WRONG = strong("shown"), strong("missed"), strong("never"), down("wrong")
ABOUT = question(SHOWN, MISSED, NEVER, WRONG)


def view(grade: Grade) -> View:
    held = Interview(id="i", owner="me", question_id=ABOUT.id, engine="llm", mode="practice", budget=3,
                     status="graded", started=NOW)  # fmt: skip
    said = (Turn(role="interviewer", text="Why?"), Turn(role="candidate", text="Masks.\nNoise."))
    entries = [Entry(at, "ask", turn, NOW) for at, turn in enumerate(said)]
    return View(held, ABOUT, tuple(entries), grade=grade, pending=False)


def test_a_file_holds_every_verdict_what_was_missed_and_what_was_objected_to() -> None:
    evidence = (Evidence(turn=1, start=0, end=6, quote="Masks."),)
    verdicts = [
        TellVerdict(tell_id=t.id, polarity=t.polarity, level=t.level, caps=t.caps, verdict=verdict,
                    evidence=evidence if verdict == "met" else ())
        for t, verdict in ((SHOWN, "met"), (MISSED, "not_met"), (NEVER, "not_asked"), (WRONG, "met"))
    ]  # fmt: skip
    grade = Grade(question_id=ABOUT.id, status="graded", level="L4", confidence=0.8, engine="llm", model="m",
                  verdicts=tuple(verdicts), first_gap=FirstGap(tell_id="wrong", advice="x"), rubric_hash="r")  # fmt: skip
    objections = {"missed": ("upheld", "Not in your words."), "wrong": ("open", "Noted.")}
    later = Later(objections, None, (), grade)  # type: ignore[arg-type]
    kept = json.loads(exports.as_json(view(grade), ABOUT, grade, later))
    assert kept["challenges"] == {
        "missed": {"outcome": "upheld", "reason": "Not in your words."},
        "wrong": {"outcome": "open", "reason": "Noted."},
    }
    assert Grade.model_validate(kept["grade"]) == grade
    text = exports.markdown(view(grade), ABOUT, grade, later)
    parts = {head: body for head, _, body in (p.partition("\n") for p in text.split("\n## ")[1:])}
    assert list(parts) == [
        "Shown unprompted", "Counted against you", "Missed", "Not asked this time",
        "What you objected to", "What was said",
    ]  # fmt: skip
    assert parts["Missed"].strip() == "- **L5** missed text\n\n  missed advice"
    assert parts["Shown unprompted"].strip() == "- **L5** shown text\n\n  > Masks."
    assert "- missed text: upheld. Not in your words.\n- wrong text: open. Noted." in text
    assert "> Masks.\n> Noise." in parts["What was said"]


async def test_nothing_of_a_round_can_be_taken_along_before_it_ends(service: Service) -> None:
    app, practice = FastAPI(), Practice(service)
    exports.route(app, practice)
    round_id = await practice.start_round("me", size=2, category=None, mode="practice", target="L5")
    one = await practice.next_in_round("me", round_id, DROPOUT)
    await all_of(service.resume(one))
    await all_of(service.act(one, "finish", first()[DROPOUT]["L4"]))
    files = [f"/export/{one}.{kind}" for kind in ("md", "json", "html")]
    files += [f"/export/round/{round_id}.{kind}" for kind in ("md", "html")]
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://room") as http:
        assert [(await http.get(file)).status_code for file in files] == [404] * 5
        await practice.end_round("me", round_id)
        found = [await http.get(file) for file in files]
        assert [f.status_code for f in found] == [200] * 5
        assert all("Why does dropout work?" in f.text for f in found if "json" not in f.url.path)
        assert (await http.get("/export/round/none.md")).status_code == 404
