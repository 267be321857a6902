"""What the screens say, without a browser."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from answers import DROPOUT, first
from endpoint import KEY, URL
from interviewer.feedback import explain
from interviewer.models import FirstGap, Level
from interviewer.practice import Practice
from interviewer.progress import changes
from interviewer.rubrics import Bank
from interviewer.search import Found, Hit
from interviewer.session import Service, connect
from interviewer.settings import Settings
from interviewer.ui import bank as bank_screen
from interviewer.ui import engine, history, report, tells, trust
from test_interview import all_of
from test_practice import attempt, fives


def words(shown: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown)).split())


async def graded(service: Service, text: str, **options) -> str:
    interview = await service.start("me", question=DROPOUT, **options)
    await all_of(service.resume(interview))
    await all_of(service.act(interview, "finish", text))
    return interview


async def test_the_gap_reads_as_missing_and_its_advice_stands_once(service: Service) -> None:
    interview = await graded(service, first()[DROPOUT]["L4"])
    view, later = await service.view(interview), await service.later(interview)
    assert view.grade is not None
    assert view.grade.first_gap is not None
    shown = report.head(view, later) + tells.body(view, later)
    assert f"Not shown yet, on the way to L5 {view.question.tell(view.grade.first_gap.tell_id).text}" in words(shown)  # fmt: skip
    assert words(shown).count(view.grade.first_gap.advice) == 1
    assert "needs a language model" in words(re.findall("<summary>(.*?)</summary>", shown)[-1])


@pytest.mark.parametrize(
    ("target", "said"),
    [("L5", "this answer went beyond it"), ("L6", "and this answer shows it")],
)
async def test_above_the_level_aimed_at_is_not_the_level_aimed_at(
    service: Service, target: Level, said: str
) -> None:
    interview = await graded(service, first()[DROPOUT]["L6"], target=target)
    view, later = await service.view(interview), await service.later(interview)
    assert view.grade is not None
    assert view.grade.level == "L6"
    head = words(report.head(view, later))
    assert said in head
    assert "After your first answer nothing was left to ask that could raise the level." in head
    assert "Enough for L6 Beyond it, these were not shown" in head
    assert explain(view.grade, view.question).missed[0].tell.text in head


def test_what_caps_a_level_below_is_no_step_towards_one(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    cap = next(t for t in dropout.tells if t.caps)
    grade = attempt(dropout, "L4", 1).grade
    gap = FirstGap(tell_id=cap.id, advice=cap.advice)
    held = report.lacking(grade.model_copy(update={"first_gap": gap}), cap)
    assert held == "What held it down"


def test_samples_flow_and_what_is_being_asked_is_shown_only_when_asked_for_twice(
    bank: Bank,
) -> None:
    broken = next(q for q in bank.questions.values() if "\n" in q.sounds_like.L5)
    shown = bank_screen.secrets(broken, asked_now=True)
    assert "&#10;" not in shown
    assert shown.index("You are being asked this right now") < shown.index("Show the answers")
    assert shown.index("Show the answers") < shown.index("What it sounds like")
    assert "right now" not in bank_screen.secrets(broken, asked_now=False)


def test_a_search_that_finds_nothing_speaks_to_candidates(bank: Bank) -> None:
    far = Found(hits=(Hit(DROPOUT, 0.1, 0.75),), read_as="bread")
    shown = words(bank_screen.results("bread", far, bank.questions, {}))
    assert "No question here is about this" in shown
    assert not re.search(r"distance|0\.\d|rubrics check", shown)


def test_progress_names_rounds_and_says_what_it_leaves_out(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    whole = attempt(dropout, "L5", 2)
    in_round = replace(whole, interview=replace(whole.interview, round_id="r"))
    drill = replace(attempt(dropout, "L4", 1), drilled=fives(dropout)[0])
    shown = history.progress([in_round, drill], [in_round.interview], [], bank.questions)
    assert '<a href="?round=r">Round of 1 question</a>' in shown
    assert "Drills are left out" in words(shown)
    assert "1 answer in your round, shown when it ends" in words(shown)
    alone = history.progress([whole], [], [], bank.questions)
    assert not re.search("Drills|round", words(alone))


def test_two_whole_attempts_can_be_compared_and_a_drill_is_none(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    whole, drill = attempt(dropout, "L5", 2), replace(attempt(dropout, "L4", 1), drilled="x")
    for tries, compares in (([whole, drill], False), ([whole, drill, whole], True)):
        compared = bool(changes(tries, bank.questions))
        shown = bank_screen.study(dropout, tries, compared=compared, sealed=False)
        assert ("?compare=" in shown) == compares
        assert "(a drill)" in words(shown)


def test_the_page_on_trust_begins_with_what_it_comes_to() -> None:
    shown = trust.screen("abc", by_model=False)
    plain = words(shown)
    at = [plain.index(part) for part in ("Back to the feedback", "L4 against the rest", "No human",
                                         "The figures", "quadratic weighted kappa")]  # fmt: skip
    assert at == sorted(at)
    assert set(re.findall('scope="col" title=', shown)), "every column says what it is"
    assert shown.count('scope="col"') == shown.count('scope="col" title=')
    by_model = words(trust.screen("abc", by_model=True))
    assert by_model.index("was not measured here") < by_model.index("L4 against the rest")


async def test_the_engine_says_where_answers_are_and_who_gets_them(
    service: Service, settings: Settings
) -> None:
    shown = words(engine.screen(service))
    assert f"kept on this machine, in {settings.data_dir}" in shown
    assert "Nobody receives them" in shown
    asks = {"openai_api_key": KEY, "openai_base_url": URL, "model": "gpt-6-luna"}
    async with connect(Settings(data_dir=settings.data_dir, **asks)) as elsewhere:
        shown = words(engine.screen(elsewhere))
    assert f"sent to {engine.host(elsewhere.settings)}" in shown
    assert "What it costs is not known here" in shown
    async with connect(Settings(data_dir=settings.data_dir, openai_api_key=KEY, model="gpt-6-luna")) as openai:  # fmt: skip
        assert "gpt-6-luna $0.10 for a million tokens in" in words(engine.screen(openai))


async def test_nothing_of_a_round_under_way_is_told_before_it_ends(service: Service) -> None:
    practice = Practice(service)
    round_id = await practice.start_round("me", size=3, category=None, mode="practice", target="L5")
    one = await practice.next_in_round("me", round_id, DROPOUT)
    await all_of(service.resume(one))
    with pytest.raises(Exception, match="Finish or skip"):
        await practice.end_round("me", round_id)
    await all_of(service.act(one, "finish", first()[DROPOUT]["L5"]))
    assert (await practice.attempts("me"), await practice.standings("me")) == ([], [])
    assert [i.id for i in await practice.sealed("me")] == [one]
    assert await practice.is_sealed((await service.view(one)).interview)
    choice = await practice.suggest("me", category="ML Fundamentals")
    assert choice.reason.startswith("New to you")
    alone = await service.start("me", question=DROPOUT)
    await all_of(service.resume(alone))
    newest, at = await practice.left("me")
    assert (newest.interview.id, at.round.id, at.number) == (alone, round_id, 2)
    await practice.end_round("me", round_id)
    assert [a.interview.id for a in await practice.attempts("me")] == [one]
    assert [left.interview.id for left in await practice.left("me")] == [alone]
    assert await practice.sealed("me") == []


async def test_what_was_said_to_a_skipped_question_can_be_read_and_has_no_level(
    service: Service,
) -> None:
    practice, questions = Practice(service), service.bank.questions
    for said in ("", "Masks are noise, <i>so</i> to speak."):
        interview = await service.start("me", question=DROPOUT)
        await all_of(service.resume(interview))
        if said:
            await all_of(service.act(interview, "answer", said))
        await all_of(service.act(interview, "skip"))
    view, later = await service.view(interview), await service.later(interview)
    shown = words(report.head(view, later) + tells.body(view, later) + report.exports(view))
    assert "Skipped: no level" in shown
    assert "You Masks are noise, <i>so</i> to speak." in shown
    skipped = await practice.skipped("me")
    assert [i.id for i in skipped] == [interview], "where nothing was said there is nothing to read"
    listed = history.progress([], [], [], questions, skipped)
    assert f'<a href="?interview={interview}">Why does dropout work?</a>' in listed
    assert "skipped, no level" in words(listed)


async def test_a_round_that_lost_an_interview_is_over_all_the_same(service: Service) -> None:
    practice = Practice(service)
    round_id = await practice.start_round("me", size=2, category=None, mode="practice", target="L5")
    for _ in range(2):
        interview = await practice.next_in_round("me", round_id)
        await all_of(service.resume(interview))
        await all_of(service.act(interview, "finish", first()[DROPOUT]["L5"]))
    await service.delete(interview)
    assert len(await practice.attempts("me")) == 1
    assert await practice.left("me") == []
