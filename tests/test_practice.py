"""Choosing, rounds and looking back, over weeks of attempts."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from answers import DROPOUT, first
from interviewer.errors import BadInput
from interviewer.files.rubrics import Bank
from interviewer.judgement.past import Past, read_past
from interviewer.judgement.progress import by_day, changes
from interviewer.judgement.selection import Choice, choose, standings
from interviewer.models import Grade, Level, Question, TellVerdict
from interviewer.outside.record import Attempt, Interview
from interviewer.screens.ui import history
from interviewer.service.practice import Practice, minutes, spent
from interviewer.service.session import Service
from room import words
from test_interview import all_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BIAS, KNN = "walk-me-through-the-bias-variance-tradeoff", "implement-knn-efficiently"


def attempt(
    question: Question, level: Level | None, days_ago: float, met: tuple[str, ...] = (), status: str = "graded",
    aim: Level = "L5",
) -> Attempt:  # fmt: skip
    verdicts = tuple(
        TellVerdict(tell_id=t.id, polarity=t.polarity, level=t.level, caps=t.caps,
                    verdict="met" if t.id in met else "not_met")
        for t in question.tells
    )  # fmt: skip
    grade = Grade(question_id=question.id, status=status if level else "insufficient", level=level,
                  confidence=0.8, engine="offline", verdicts=verdicts, rubric_hash="x")  # fmt: skip
    interview = Interview(f"{question.id}-{days_ago}", "me", question.id, "offline",
                          "practice", 3, "graded", NOW, target=aim)  # fmt: skip
    return Attempt(interview, grade, NOW - timedelta(days=days_ago))


def pick(bank: Bank, asked: list[str], attempts: list[Attempt], **options) -> Choice:
    return choose(
        list(bank.questions.values()), asked=asked, attempts=attempts, rng=random.Random(1),
        now=NOW, **options,
    )  # fmt: skip


def fives(question: Question) -> list[str]:
    return [t.id for t in question.tells if t.level == "L5"]


def test_a_missed_tell_comes_back_with_its_reason(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    missed, *shown = fives(dropout)
    tries = [attempt(dropout, "L4", 40, tuple(shown)), attempt(dropout, "L4", 30, tuple(shown))]
    choice = pick(bank, ["something-new", DROPOUT], tries)
    assert choice == Choice(DROPOUT, f"Due again: you missed “{dropout.tell(missed).text}” twice.")


def test_what_comes_back_says_how_long_ago_it_was_reached(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    before = attempt(dropout, "L4", 50)
    for level, days, then in (
        ("L5", 40, "40 days ago. See whether it stayed."),
        ("L4", 1.2, "1 day ago. You aimed at L5."),
    ):
        tried = attempt(dropout, level, days, tuple(fives(dropout)))
        choice = pick(bank, ["something-new", DROPOUT], [before, tried])
        assert choice.reason == f"Due again: you reached {level} here {then}"


def test_the_tell_missed_most_is_the_reason(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    once, twice, *shown = fives(dropout)
    tries = [attempt(dropout, "L4", 40, (once, *shown)), attempt(dropout, "L4", 30, tuple(shown))]
    reason = pick(bank, ["something-new", DROPOUT], tries).reason
    assert reason == f"Due again: you missed “{dropout.tell(twice).text}” twice."
    reason = pick(
        bank, ["something-new", DROPOUT], [attempt(dropout, "L4", 30, (once, *shown))]
    ).reason
    assert reason == f"Due again: you missed “{dropout.tell(twice).text}” when it came up."


def test_what_is_missed_is_measured_by_the_last_aim(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    met = tuple(fives(dropout))
    tries = [attempt(dropout, "L5", 9, met), attempt(dropout, "L5", 5, met, aim="L6")]
    [standing] = standings([dropout], tries)
    assert {dropout.tell(tell).level for tell, _ in standing.missed} == {"L6"}


@pytest.mark.parametrize("first_id", [DROPOUT, BIAS])
@pytest.mark.parametrize(
    ("weaker", "other"),
    [
        pytest.param(("L4", 30, 0), ("L5", 60, 3), id="short of its aim, whatever was missed"),
        pytest.param(("L5", 30, 2), ("L5", 60, 1), id="more misses, however long overdue"),
        pytest.param(("L6", 30, 2), ("L5", 60, 1), id="beyond an aim is no strength of its own"),
        pytest.param(("L4", 60, 1), ("L4", 30, 1), id="as weak, and longer overdue"),
    ],
)  # fmt: skip
def test_the_weakest_due_question_comes_first(bank: Bank, first_id, weaker, other) -> None:
    tries = []
    for question_id, (level, days, missed) in zip(
        (first_id, BIAS if first_id == DROPOUT else DROPOUT), (weaker, other), strict=True
    ):
        question = bank.questions[question_id]
        tries.append(attempt(question, level, days, tuple(fives(question)[missed:])))
    for order in (tries, tries[::-1]):
        assert pick(bank, ["new", BIAS, DROPOUT], order).question_id == first_id


def test_what_is_due_comes_as_well_when_nothing_is_new(bank: Bank) -> None:
    tried = attempt(bank.questions[DROPOUT], "L4", 30)
    asked = [KNN, *bank.questions]
    assert pick(bank, asked, [tried]).question_id == DROPOUT
    days = datetime.now(UTC) - timedelta(days=3)
    choice = choose(list(bank.questions.values()), asked=asked, rng=random.Random(1),
                    attempts=[replace(tried, graded=days)])  # fmt: skip
    assert choice.question_id == DROPOUT, "by the clock, when no time is given"


def test_what_is_due_is_passed_and_kept_to_a_category_too(bank: Bank) -> None:
    tried = attempt(bank.questions[DROPOUT], "L4", 30)
    asked = ["something-new", DROPOUT]
    assert pick(bank, asked, [tried]).question_id == DROPOUT
    assert pick(bank, asked, [tried], passed=[DROPOUT]).question_id != DROPOUT
    assert pick(bank, asked, [tried], passed=list(bank.questions)).question_id == DROPOUT
    coding = pick(bank, asked, [tried], category="Coding")
    assert bank.questions[coding.question_id].category == "Coding"
    assert coding.reason == "New to you."


def test_the_first_question_is_left_to_chance(bank: Bank) -> None:
    questions = list(bank.questions.values())
    chosen = [
        choose(questions, asked=[], attempts=[], rng=random.Random(seed)) for seed in range(9)
    ]
    assert len({choice.question_id for choice in chosen}) > 3
    assert {choice.reason for choice in chosen} == {"New to you."}


def test_what_was_answered_last_comes_at_once_when_it_is_due(bank: Bank) -> None:
    tries = [attempt(bank.questions[i], "L4", days) for i, days in ((BIAS, 29), (DROPOUT, 30))]
    seen = [replace(tries[0].interview, id=i, question_id=i) for i in (DROPOUT, *bank.questions)]
    past = Past(bank.questions, seen, tries, [], ())
    assert [s.question_id for s in past.standings()] == [DROPOUT, BIAS], "what is due first"
    tried = replace(
        past, attempts=[replace(tries[1], graded=datetime.now(UTC) - timedelta(days=3))]
    )
    assert tried.choose(random.Random(1)).question_id == DROPOUT
    assert tried.choose(random.Random(1), passed=[DROPOUT]).question_id != DROPOUT


def test_after_a_repetition_comes_something_new(bank: Bank) -> None:
    tries = [attempt(bank.questions[DROPOUT], "L4", 60), attempt(bank.questions[DROPOUT], "L4", 30)]
    choice = pick(bank, [DROPOUT, DROPOUT], tries)
    assert choice.question_id != DROPOUT
    assert choice.reason.startswith("New to you, from the part you practiced least")


def test_what_went_well_yesterday_is_not_due_today(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    tries = [attempt(dropout, "L6", 1, tuple(t.id for t in dropout.tells))]
    assert pick(bank, ["new", DROPOUT], tries).question_id != DROPOUT


def test_the_better_the_answer_the_longer_the_pause(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    due = [
        standings([dropout], [attempt(dropout, level, 0)])[0].due for level in ("L4", "L5", "L6")
    ]
    assert NOW < due[0] < due[1] < due[2]


def test_what_fell_short_of_its_own_aim_is_asked_again_at_once(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    lost = [
        attempt(dropout, level, ago)
        for level, ago in (("L4", 15), ("L5", 10), ("L5", 5), ("L4", 0))
    ]
    never = [attempt(dropout, "L4", ago) for ago in range(24, -1, -2)]
    higher = [attempt(dropout, "L5", ago, aim="L6") for ago in (10, 5, 0)]
    for tries in (lost, never, higher):
        [standing] = standings([dropout], tries)
        assert standing.due - NOW == timedelta(days=1)
    [kept] = standings([dropout], [attempt(dropout, "L5", ago) for ago in (10, 5, 0)])
    assert kept.due - NOW > timedelta(days=7)
    again = [standings([dropout], kept.attempts)[0].due for _ in range(9)]
    assert set(again) == {kept.due}, "a date that was shown stays"


def test_below_its_aim_comes_before_many_misses_of_what_reached_it(bank: Bank) -> None:
    dropout, bias = bank.questions[DROPOUT], bank.questions[BIAS]
    tries = [attempt(bias, "L4", 30, tuple(fives(bias))), attempt(dropout, "L5", 60)]
    choice = pick(bank, ["new", BIAS, DROPOUT], tries)
    assert choice.question_id == BIAS
    assert choice.reason == "Due again: you reached L4 here 30 days ago. You aimed at L5."


def test_what_was_perhaps_shown_was_not_missed(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    perhaps, missed, *shown = fives(dropout)
    tried = attempt(dropout, "L5", 30, tuple(shown))
    verdicts = tuple(
        v.model_copy(update={"verdict": "unclear"}) if v.tell_id == perhaps else v
        for v in tried.grade.verdicts
    )
    tried = replace(tried, grade=tried.grade.model_copy(update={"verdicts": verdicts}))
    [standing] = standings([dropout], [tried])
    assert standing.missed == ((missed, 1),)
    assert standing.unseen == ()


def test_a_question_is_due_at_any_time_of_its_day(bank: Bank, clock_of) -> None:
    clock_of("EAST-9")
    dropout = bank.questions[DROPOUT]
    [standing] = standings([dropout], [attempt(dropout, "L4", 0)])
    assert standing.due == NOW + timedelta(days=1), "12:00 UTC is 21:00 there"
    midnight = datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert standing.is_due(midnight)
    assert not standing.is_due(midnight - timedelta(minutes=1))


def test_a_day_is_one_of_the_calendar_here(bank: Bank, clock_of) -> None:
    dropout = bank.questions[DROPOUT]
    evening = attempt(dropout, "L5", -0.3)  # 19:12 UTC
    for zone, day in (("EAST-9", 24), ("UTC0", 23), ("WEST20", 22)):
        clock_of(zone)
        days, best = by_day([evening], bank.questions, 10)
        assert days == [date(2026, 11, day)]
        assert days[0] in best[dropout.category]
        assert evening.day == days[0]


def test_new_questions_come_from_the_category_practised_least(bank: Bank) -> None:
    one_each = {q.category: q.id for q in bank.questions.values() if q.category != "Math"}
    choice = pick(bank, list(one_each.values()), [])
    assert bank.questions[choice.question_id].category == "Math"


def test_a_choice_can_be_passed_and_an_empty_category_says_so(bank: Bank) -> None:
    coding = [q.id for q in bank.questions.values() if q.category == "Coding"]
    choice = pick(bank, [], [], category="Coding", passed=coding[:-1])
    assert choice.question_id == coding[-1]
    with pytest.raises(BadInput, match="Cooking"):
        pick(bank, [], [], category="Cooking")


def test_with_everything_seen_and_nothing_due_the_oldest_comes(bank: Bank) -> None:
    asked = list(bank.questions)
    assert pick(bank, asked, []).question_id == asked[-1]


def test_a_re_drill_wins_its_tell_and_moves_no_level(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    gap = fives(dropout)[0]
    whole, drill = (
        attempt(dropout, "L5", 9),
        replace(attempt(dropout, "L4", 1, (gap,)), drilled=gap),
    )
    [before], [after] = (standings([dropout], tries) for tries in ([whole], [whole, drill]))
    assert after.due == before.due
    assert dict(before.missed).keys() - dict(after.missed).keys() == {gap}
    _, best = by_day([whole, drill], bank.questions, 9)
    assert [a.grade.level for a in best[dropout.category].values()] == ["L5"]
    assert changes([whole, drill], bank.questions) == []
    [again] = standings([dropout], [whole, drill, attempt(dropout, "L4", 0)])
    assert gap in dict(again.missed), "a whole attempt without it opens it again"


def test_a_drill_hides_no_question_that_is_below_its_aim(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    gap, *others = fives(dropout)
    whole = attempt(dropout, "L4", 30)
    unasked = tuple(
        v.model_copy(update={"verdict": "not_asked"}) if v.tell_id in others else v
        for v in whole.grade.verdicts
    )
    whole = replace(whole, grade=whole.grade.model_copy(update={"verdicts": unasked}))
    drill = replace(attempt(dropout, "L4", 29, (gap,)), drilled=gap)
    [standing] = standings([dropout], [whole, drill])
    assert (standing.missed, standing.unseen) == ((), tuple(others))
    assert standing.weakness == (1, 0)
    assert "You aimed at L5." in pick(bank, ["new", DROPOUT], [whole, drill]).reason
    shown = words(history.progress([whole, drill], [], [standing], bank.questions))
    still = shown.partition("Still to show")[2].partition("Every interview")[0]
    assert f"L4, aimed at L5 {len(others)} of its tells have not come up yet." in still


def test_two_attempts_show_what_was_gained(bank: Bank) -> None:
    dropout, knn = bank.questions[DROPOUT], bank.questions[KNN]
    before, after = fives(dropout)[:1], fives(dropout)[:3]
    tries = [
        attempt(dropout, "L4", 9, tuple(before)),
        attempt(knn, "L4", 8),
        attempt(dropout, "L5", 1, tuple(after)),
    ]
    (changed,) = changes(tries, bank.questions)
    assert changed.gained == after[1:]
    assert (changed.before, changed.after) == (tries[0], tries[2])
    assert changed.lost == []
    worse = changes([tries[2], attempt(dropout, "L4", 0, tuple(after[1:]))], bank.questions)
    assert (worse[0].gained, worse[0].lost) == ([], after[:1])


def test_the_best_of_a_day_stands_for_its_category(bank: Bank) -> None:
    dropout, bias = bank.questions[DROPOUT], bank.questions[BIAS]
    tries = [attempt(dropout, "L5", 2), attempt(bias, "L4", 2), attempt(bias, None, 1)]
    days, best = by_day(tries, bank.questions, 10)
    assert days == [(NOW - timedelta(days=n)).date() for n in (2, 1)]
    row = best["ML Fundamentals"]
    assert [row[day].grade.level for day in days] == ["L5", None]


def test_a_tell_that_never_came_up_was_not_missed(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    asked, unasked, *shown = fives(dropout)

    def left(days: float, *verdicts: str) -> Attempt:
        made = attempt(dropout, "L4", days, tuple(shown))
        said = dict(zip((asked, unasked), verdicts, strict=True))
        kept = tuple(
            v.model_copy(update={"verdict": said.get(v.tell_id, v.verdict)})
            for v in made.grade.verdicts
        )
        return replace(made, grade=made.grade.model_copy(update={"verdicts": kept}))

    first_try = left(40, "not_met", "not_asked")
    [standing] = standings([dropout], [first_try])
    assert (standing.missed, standing.unseen) == (((asked, 1),), (unasked,))
    again = left(30, "not_asked", "not_asked")
    [standing] = standings([dropout], [first_try, again])
    assert standing.missed == ((asked, 1),), "it is open until it is shown"
    assert changes([first_try, again], bank.questions)[0].gained == []
    won = left(20, "met", "not_asked")
    [standing] = standings([dropout], [first_try, again, won])
    assert (standing.missed, standing.unseen) == ((), (unasked,))
    assert changes([again, won], bank.questions)[0].gained == [asked]


def test_where_nothing_was_said_is_the_weakest_spot(bank: Bank) -> None:
    dropout, bias = bank.questions[DROPOUT], bank.questions[BIAS]
    nothing = attempt(dropout, None, 30)
    nothing = replace(nothing, grade=nothing.grade.model_copy(update={"verdicts": ()}))
    assert standings([dropout], [nothing])[0].unseen == (), "it is no list of what is to come"
    tries = [attempt(bias, "L4", 60), nothing]
    choice = pick(bank, ["new", BIAS, DROPOUT], tries)
    assert choice == Choice(DROPOUT, "Due again: there was not enough to grade last time.")


async def test_a_round_asks_different_questions_and_ends(service: Service) -> None:
    practice = Practice(service, random.Random(2))
    round_id = await practice.start_round(
        "me", size=3, category="ML Fundamentals", mode="realistic", target="L6"
    )
    asked = set()
    for _ in range(3):
        interview = await practice.next_in_round("me", round_id)
        assert await practice.next_in_round("me", round_id) == interview
        await all_of(service.resume(interview))
        await all_of(service.act(interview, "finish", first()[DROPOUT]["L5"]))
        view = await service.view(interview)
        assert (view.interview.mode, view.interview.target) == ("realistic", "L6")
        assert view.question is not None
        asked.add(view.question.id)
    at = await practice.round("me", round_id)
    assert at is not None
    assert at.over
    assert len(asked) == 3
    assert await practice.round("you", round_id) is None
    with pytest.raises(BadInput, match="over"):
        await practice.next_in_round("me", round_id)


async def test_a_round_in_a_small_category_goes_on_with_others(service: Service) -> None:
    practice, questions = Practice(service), service.bank.questions
    coding = {q.id for q in questions.values() if q.category == "Coding"}
    size = len(coding) + 2
    round_id = await practice.start_round(
        "me", size=size, category="Coding", mode="practice", target="L5"
    )
    asked = []
    for _ in range(size):
        interview = await practice.next_in_round("me", round_id)
        await all_of(service.resume(interview))
        await all_of(service.act(interview, "skip"))
        asked.append((await service.view(interview)).interview.question_id)
    assert set(asked[: len(coding)]) == coding
    assert len(set(asked)) == size


async def test_what_was_skipped_without_an_answer_stays_new(service: Service) -> None:
    practice, questions = Practice(service), service.bank.questions
    coding = [q.id for q in questions.values() if q.category == "Coding"]

    async def skip(question: str, said: str = "") -> None:
        interview = await service.start("me", question=question)
        await all_of(service.resume(interview))
        if said:
            await all_of(service.act(interview, "answer", said))
        await all_of(service.act(interview, "skip"))

    for question in coding:
        await skip(question)
    for _ in range(5):
        choice = practice.suggest(await practice.past("me"), category="Coding")
        assert choice.reason == "New to you."
        assert choice.question_id != coding[-1], "but not at once"
    for question in coding:
        await skip(question, "I would measure it first.")
    choice = practice.suggest(await practice.past("me"), category="Coding")
    assert choice.reason == "Nothing else here is new or due; this one was longest ago."


async def test_a_variant_is_asked_and_repeated(service: Service) -> None:
    interview = await service.start("me", question=DROPOUT, variant=2)
    variant = service.bank.questions[DROPOUT].variants[1]
    assert await all_of(service.resume(interview)) == variant
    assert await all_of(service.act(interview, "repeat")) == variant


async def test_a_deleted_interview_leaves_nothing_behind(service: Service) -> None:
    interview = await service.start("me", question=DROPOUT)
    await all_of(service.resume(interview))
    await all_of(service.act(interview, "finish", "A zebrafish of a word, and masks are noise."))
    await service.delete(interview)
    with pytest.raises(BadInput):
        await service.view(interview)
    assert await service.store.grades.attempts("me") == []
    for name, tables in (
        ("interviews", ("turns", "grades", "outcomes")),
        ("checkpoints", ("checkpoints", "writes")),
    ):
        path = service.settings.data_dir / f"{name}.sqlite"
        with contextlib.closing(sqlite3.connect(path)) as db:
            for table in tables:
                assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


async def test_a_long_absence_is_not_time_spent(service: Service) -> None:
    interview = await service.start("me", question=DROPOUT)
    await all_of(service.resume(interview))
    view = await service.view(interview)
    asked = view.entries[0].said
    assert spent(view, asked + timedelta(seconds=90)) == 90
    assert spent(view, asked + timedelta(minutes=30)) == 30 * 60, "one may well think that long"
    assert spent(view, asked + timedelta(minutes=30, seconds=1)) == 0
    await all_of(service.act(interview, "finish", "Masks are noise."))
    view = await service.view(interview)
    last = view.entries[-1].said
    assert spent(view, last + timedelta(minutes=20)) == spent(view), "its clock stands still"
    assert minutes(view) == 1
    slow = replace(view.entries[-1], said=last + timedelta(minutes=20))
    assert minutes(replace(view, entries=(*view.entries[:-1], slow))) == 20
    assert await Practice(service).left("me") == []


@pytest.mark.parametrize("status", ["open", "closed"])
async def test_a_round_is_under_way_until_its_last_answer_is_graded(
    service: Service, status
) -> None:
    practice = Practice(service)
    round_id = await practice.start_round("me", size=2, category=None, mode="practice", target="L5")
    one = await practice.next_in_round("me", round_id, DROPOUT)
    await all_of(service.resume(one))
    await all_of(service.act(one, "finish", "Masks are noise."))
    two = await practice.next_in_round("me", round_id, KNN)
    await service.store.set_status(two, status)
    past = await practice.past("me")
    assert ([i.id for i in past.sealed], past.attempts) == ([one], [])
    await service.store.set_status(two, "skipped")
    assert [a.interview.id for a in (await practice.past("me")).attempts] == [one]
    lost = await read_past(service.store, {KNN: service.bank.questions[KNN]}, "me")
    assert lost.attempts == [], "the bank has its question no more"


async def test_a_question_that_waits_for_its_answer_is_not_new(service: Service) -> None:
    practice, questions = Practice(service), service.bank.questions
    coding = [q.id for q in questions.values() if q.category == "Coding"]
    for question in coding:
        await service.start("me", question=question)
    choice = practice.suggest(await practice.past("me"), category="Coding")
    longest_ago = "Nothing else here is new or due; this one was longest ago."
    assert choice == Choice(coding[0], longest_ago)
