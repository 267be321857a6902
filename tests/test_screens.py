"""What the screens say, without a browser."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from answers import DROPOUT, first
from endpoint import KEY, URL
from interviewer.files.rubrics import Bank
from interviewer.files.settings import Settings
from interviewer.judgement.feedback import MAYBE, UNLISTED, explain, summary
from interviewer.judgement.progress import changes
from interviewer.judgement.search import Found, Hit
from interviewer.judgement.selection import standings
from interviewer.judgement.verification import NOT_BORNE_OUT
from interviewer.models import (
    LEVELS,
    Evidence,
    FirstGap,
    Grade,
    Level,
    Question,
    Transcript,
    Turn,
    Unlisted,
)
from interviewer.outside.record import Entry, Kind, Round, local_day
from interviewer.screens.printing import show_grade
from interviewer.screens.ui import bank as bank_screen
from interviewer.screens.ui import (
    comparison,
    engine,
    evidence,
    history,
    report,
    start,
    tells,
    trust,
)
from interviewer.screens.ui.exports import as_json
from interviewer.screens.ui.markdown import markdown
from interviewer.screens.ui.paper import sheet
from interviewer.service.afterwards import Later
from interviewer.service.practice import Practice
from interviewer.service.session import Service, connect
from interviewer.service.view import View
from room import words
from test_interview import all_of
from test_practice import BIAS, NOW, attempt, fives


def verdicts(grade: Grade, **said: str) -> Grade:
    """Return a grade with other verdicts; a tell's id is written with _ for -."""
    said = {name.replace("_", "-"): verdict for name, verdict in said.items()}
    quoted = {"met": (Evidence(turn=1, start=0, end=1, quote="M"),)}
    changed = tuple(
        v.model_copy(
            update={"verdict": said[v.tell_id], "evidence": quoted.get(said[v.tell_id], ())}
        )
        if v.tell_id in said
        else v
        for v in grade.verdicts
    )
    return grade.model_copy(update={"verdicts": changed})


def feedback_on(question: Question, grade: Grade, *entries: Entry, **later) -> str:
    """Return what the screen of a feedback shows, as words."""
    interview = attempt(question, grade.level, 1).interview
    view = View(interview, question, entries or (ASKED, SAID), grade, pending=False)
    became = Later(**{"challenges": {}, "drilled": None, "rewrite": (), "first": grade, **later})
    return words(report.head(view, became) + tells.body(view, became))


def entry(position: int, kind: Kind, text: str, *aims: str) -> Entry:
    role = "candidate" if kind == "answer" else "interviewer"
    return Entry(position, kind, Turn(role=role, text=text, aims_at=aims or None), NOW)


ASKED, SAID = entry(0, "ask", "Why?"), entry(1, "answer", "Masks are noise.")


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
    assert "No follow-up asked: nothing could raise an L6." in head
    assert "Enough for L6 Beyond it, these were not surely shown" in head
    told = explain(view.grade, view.question)
    assert (*told.of("missed"), *told.of("maybe"))[0].tell.text in head


def test_what_caps_a_level_below_is_no_step_towards_one(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    cap = next(t for t in dropout.tells if t.caps)
    grade = attempt(dropout, "L4", 1).grade
    gap = FirstGap(tell_id=cap.id, advice=cap.advice)
    held = report.lacking(grade.model_copy(update={"first_gap": gap}), cap)
    assert held == "What held it down"


def test_what_is_unsure_is_no_miss_and_a_level_says_when_no_tell_of_it_is_sure(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    six, other = [t for t in dropout.tells if t.level == "L6"][:2]
    [five, *_] = fives(dropout)
    grade = attempt(dropout, "L6", 1, (five,)).grade
    unsure = verdicts(grade, **{six.id: "unclear", five: "met"})
    shown = feedback_on(dropout, unsure)
    rests = (
        f"No single L6 tell is sure; these were partly there: {six.text}. So the level is less sure"
    )
    assert rests in shown
    assert shown.index("Perhaps shown, not surely") < shown.rindex(six.text)
    missed = shown[shown.index(" Missed ") :]
    assert other.text in missed
    assert six.text not in missed.split("What it sounds like")[0]
    assert NOT_BORNE_OUT not in shown
    assert "No single L6 tell is sure" not in feedback_on(
        dropout, verdicts(unsure, **{six.id: "met"})
    )
    nothing = feedback_on(dropout, verdicts(grade, **{five: "not_met"}))
    assert "it rests on how far the answer reasons as a whole" in nothing


def test_tells_stand_under_the_same_titles_on_screen_on_paper_and_in_a_terminal(bank: Bank) -> None:
    dropout, said = bank.questions[DROPOUT], Evidence(turn=1, start=0, end=5, quote="Masks")
    four, five, six = (next(t.id for t in dropout.tells if t.level == x) for x in LEVELS)
    cap, other = next(t.id for t in dropout.tells if t.caps), fives(dropout)[1]
    found = {four: "met", five: "met", six: "unclear", cap: "met", other: "not_asked"}
    grade = verdicts(attempt(dropout, "L5", 1).grade, **found)
    grade = grade.model_copy(
        update={
            "verdicts": tuple(
                v.model_copy(update={"prompted": v.tell_id == five}) for v in grade.verdicts
            ),
            "unlisted": (Unlisted(text="Prices it.", level="L6", evidence=(said,)),),
        }
    )
    interview = attempt(dropout, "L5", 1).interview
    view = View(interview, dropout, (ASKED, SAID), grade, pending=False)
    later, terminal = Later({}, None, (), None), io.StringIO()
    show_grade(grade, dropout, Console(file=terminal, width=100))
    titles = ["Shown unprompted", "Shown when asked", UNLISTED, "Counted against you", MAYBE,
              "Missed", "Not asked this time"]  # fmt: skip
    for text in (
        words(tells.body(view, later)),
        words(sheet(view, dropout, grade, later)),
        markdown(view, dropout, grade, later),
        terminal.getvalue(),
    ):
        assert sorted(titles, key=text.index) == titles
        assert text.index(dropout.tell(cap).text[:20]) > text.index("Counted against you")


def test_what_carried_a_level_names_no_tell_below_it_before_those_of_it(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    four = next(t for t in dropout.tells if t.level == "L4")
    five = dropout.tell(fives(dropout)[0])
    grade = verdicts(attempt(dropout, "L5", 1).grade, **{four.id: "met", five.id: "met"})
    prompted = tuple(
        v.model_copy(update={"prompted": v.tell_id == five.id}) for v in grade.verdicts
    )
    told = summary(grade.model_copy(update={"verdicts": prompted}), dropout)
    assert f"What carried it: {five.text.rstrip('.')}" in told
    assert four.text.rstrip(".") not in told


def test_what_holds_a_level_down_comes_first_in_what_is_missing(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    cap = next(t for t in dropout.tells if t.caps == "L5")
    six = next(t for t in dropout.tells if t.level == "L6")
    gap = FirstGap(tell_id=six.id, advice=six.advice)
    grade = attempt(dropout, "L5", 1, tuple(fives(dropout))).grade
    grade = grade.model_copy(update={"first_gap": gap})
    capped = verdicts(grade, **{fives(dropout)[0]: "met", cap.id: "met"})
    shown = feedback_on(dropout, capped)
    at = [shown.index(part) for part in ("Not shown yet, on the way to L6", f"Held at L5 by: {cap.text}",
                                         six.text)]  # fmt: skip
    assert at == sorted(at)
    assert "Held at" not in feedback_on(dropout, verdicts(grade, **{fives(dropout)[0]: "met"}))


def test_a_drill_marks_only_what_shows_its_tell(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    drilled, other = fives(dropout)[:2]
    grade = attempt(dropout, "L5", 1).grade
    for met, marks in ((drilled, 1), (other, 0)):
        view = View(attempt(dropout, "L5", 1).interview, dropout, (ASKED, SAID),
                    verdicts(grade, **{met: "met"}), pending=False)  # fmt: skip
        assert tells.body(view, Later({}, drilled, (), grade)).count("<mark") == marks


def test_confidence_says_what_it_is_about_and_whether_that_was_measured(bank: Bank) -> None:
    grade = attempt(bank.questions[DROPOUT], "L5", 1).grade
    offline = explain(grade, bank.questions[DROPOUT]).sureness
    model = grade.model_copy(update={"engine": "llm", "model": "m", "status": "provisional"})
    by_model = explain(model, bank.questions[DROPOUT]).sureness
    assert "how often grades like it were right in tests" in offline
    assert "not measured for this model" in by_model
    assert "tests" not in by_model
    assert by_model.startswith("Provisional: it may really be L4 or L6.")


def test_what_came_before_anybody_aimed_at_it_came_by_itself() -> None:
    said = [ASKED, SAID, entry(2, "probe", "And?", "x"), entry(3, "answer", "Gap first.")]
    assert evidence.when(1, said, "x") == "in your first answer"
    assert evidence.when(3, said, "x") == "after follow-up 1"
    assert evidence.when(3, said, "y") == "came by itself, in the answer to follow-up 1"


def test_a_quote_cut_within_a_sentence_shows_that_it_goes_on() -> None:
    text = "So we mask, and the gap closes. Then stop.\nOr not"
    for quote, cuts in (("So we mask, and the gap closes.", (False, False)), ("Then stop.", (False, False)),
                        ("we mask", (True, True)), ("Or not", (False, False)),
                        ("So we mask", (False, True)), ("the gap closes.", (True, False))):  # fmt: skip
        at = text.index(quote)
        e = Evidence(turn=1, start=at, end=at + len(quote), quote=quote)
        assert evidence.cut(e, text) == cuts, quote
        shown = evidence.quote(e, (ASKED, entry(1, "answer", text)))
        assert ("cut-before" in shown, "cut-after" in shown) == cuts
        assert f">{quote}</a>" in shown, "the words stay theirs"


def test_samples_say_once_which_case_they_answer_where_another_was_asked(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    asked = f"These answer: “{' '.join(dropout.ask.split())}”"
    grade = attempt(dropout, "L5", 1).grade
    interview = attempt(dropout, "L5", 1).interview
    for variant in (0, 1):
        view = View(replace(interview, variant=variant), dropout, (ASKED, SAID), grade, False)
        shown = words(tells.body(view, Later({}, None, (), grade)))
        assert shown.count(asked) == variant


def test_samples_flow_and_what_is_being_asked_is_shown_only_when_asked_for_twice(
    bank: Bank,
) -> None:
    broken = next(q for q in bank.questions.values() if "\n" in q.sounds_like.L5)
    shown = bank_screen.secrets(broken, asked_now=True)
    assert "&#10;" not in shown
    assert shown.index("You are being asked this right now") < shown.index("Show the answers")
    assert shown.index("Show the answers") < shown.index("What it sounds like")
    fresh = bank_screen.secrets(broken, asked_now=False)
    assert "right now" not in fresh
    assert "Better after a first attempt" in fresh
    [standing] = standings([broken], [attempt(broken, "L4", 9)])
    tried = bank_screen.secrets(broken, standing, asked_now=False)
    assert "first attempt" not in tried
    assert "You missed this" not in fresh
    assert tried.count("You missed this") == len(standing.missed) == len(fives(broken))


def test_a_search_that_finds_nothing_speaks_to_candidates(bank: Bank) -> None:
    far = Found(hits=(Hit(DROPOUT, 0.1, 0.75),), read_as="bread")
    shown = words(bank_screen.results("bread", far, bank.questions, {}))
    assert "No question here is about this" in shown
    assert not re.search(r"distance|0\.\d|rubrics", shown)
    assert "The nearest" not in shown, "nothing is near"
    near = Found(hits=(Hit(DROPOUT, 0.1, 0.55),), read_as="bread")
    shown = words(bank_screen.results("bread", near, bank.questions, {}))
    assert "Why does dropout work?" in shown.partition("The nearest there are")[2]


def test_progress_names_rounds_and_says_what_it_leaves_out(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    whole = attempt(dropout, "L5", 2)
    in_round = replace(whole, interview=replace(whole.interview, round_id="r"))
    drill = replace(attempt(dropout, "L4", 1), drilled=fives(dropout)[0])
    shown = history.progress([in_round, drill], [in_round.interview], [], bank.questions)
    assert '<a href="?round=r">Round of 1 question</a>' in shown
    of_two = {"r": Round("r", "me", 2, None, "practice", "L5", NOW.isoformat())}
    shown = history.progress(
        [in_round, drill], [in_round.interview], [], bank.questions, (), of_two
    )
    assert "Round of 2 questions" in shown, "one of them was skipped without a word"
    assert "Drills are left out" in words(shown)
    assert "1 answer in your round, shown when it ends" in words(shown)
    alone = history.progress([whole], [], [], bank.questions)
    assert not re.search("Drills|round", words(alone))


def test_two_whole_attempts_can_be_compared_and_a_drill_is_none(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    whole, drill = attempt(dropout, "L5", 2), replace(attempt(dropout, "L4", 1), drilled="x")
    ungraded = attempt(dropout, None, 1)
    for tries, compares in (([whole, drill], False), ([whole, ungraded], False),
                            ([whole, drill, whole, ungraded], True)):  # fmt: skip
        compared = bool(changes(tries, bank.questions))
        shown = bank_screen.study(dropout, tries, None, compared=compared, sealed=False)
        assert ("?compare=" in shown) == compares
        assert ("a drill, " in words(shown)) == (drill in tries)


def test_a_second_attempt_names_the_first_and_links_say_apart_where_they_lead(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    tries = [attempt(dropout, "L4", 3), attempt(dropout, "L5", 1)]
    view = View(tries[1].interview, dropout, (ASKED, SAID), tries[1].grade, pending=False)
    later = Later({}, None, (), None)
    shown = report.head(view, later, tries[0])
    assert re.search(r"Your attempt before this one, \d+\s\w+,\s\d\d:\d\d, was L4\.", words(shown))
    assert f'href="?compare={DROPOUT}"' in shown
    listed = history.progress(tries, [], standings([dropout], tries), bank.questions)
    names = [words(name) for name in re.findall("<a [^>]*>(.*?)</a>", listed)]
    assert len(names) >= 4
    assert len(set(names)) == len(names)


def test_what_was_lost_is_named_in_progress_and_in_the_comparison(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    kept, asked, unasked, *_ = fives(dropout)
    before = attempt(dropout, "L5", 3, (kept, asked, unasked))
    after = attempt(dropout, "L4", 1, (kept,))
    after = replace(after, grade=verdicts(after.grade, **{unasked: "not_asked"}))
    [changed] = changes([before, after], bank.questions)
    lost = "; ".join(dropout.tell(tell).text for tell in (asked, unasked))
    listed = words(history.progress([before, after], [], [], bank.questions))
    assert f"Lost: {lost}." in listed
    assert "No new tell" not in listed
    compared = words(comparison.compare(changed))
    for tell, became in ((asked, "missed this time"), (unasked, "not said this time")):
        assert f"{dropout.tell(tell).text} shown {became}" in compared
    assert compared.count("this time") == 2


def test_the_picture_says_what_it_shows_and_begins_with_the_newest_day(bank: Bank) -> None:
    dropout, bias = bank.questions[DROPOUT], bank.questions[BIAS]
    tries = [attempt(dropout, "L4", 9), attempt(bias, None, 2), attempt(dropout, "L5", 1)]
    shown = history.progress(tries, [], [], bank.questions)
    assert "Your last 3 days with practice, the newest first. A dotted line" in words(shown)
    assert "“–”: not enough to grade." in words(shown)
    days = re.findall(r"<th [^>]*>(\d+ Nov)</th>", shown)
    assert days == ["22 Nov", "21 Nov", "14 Nov"]
    assert shown.count('class="gap"') == 1
    daily = history.progress(tries[1:], [], [], bank.questions)
    assert 'class="gap"' not in daily
    assert "dotted" not in daily
    assert "not enough to grade" not in history.progress(tries[2:], [], [], bank.questions)


def test_the_numbers_and_levels_of_all_screens_agree(bank: Bank) -> None:
    dropout, bias = bank.questions[DROPOUT], bank.questions[BIAS]
    unsure = attempt(dropout, "L5", 2, status="provisional")
    gap = fives(dropout)[0]
    drill = replace(attempt(dropout, "L4", 1, (gap,)), drilled=gap)
    tries = [attempt(bias, None, 3), unsure, drill]
    progress, first_screen = (
        words(shown)
        for shown in (history.progress(tries, [], [], bank.questions), start.lead(tries, 0, None))
    )
    for shown in (progress, first_screen):
        assert "2 interviews and 1 drill on 3 days" in shown
    assert "“L5?” may really be L4 or L6." in progress
    assert "the last level L5?." in first_screen
    newest = {DROPOUT: unsure}
    assert "last L5?" in words(bank_screen.listing(bank.questions, newest))
    every = progress.partition("Every interview")[2]
    assert re.search(r"drill, shown this time · 22.*L5\? 21.*no level · 20", every)
    sure = history.progress([attempt(dropout, "L5", 2)], [], [], bank.questions)
    assert "may really be" not in sure
    assert "1 interview on 1 day." in words(sure)


def test_progress_says_by_what_it_measures_and_since_when_something_is_due(bank: Bank) -> None:
    dropout, bias = bank.questions[DROPOUT], bank.questions[BIAS]
    tries = [
        attempt(dropout, "L5", 4009, tuple(fives(dropout))),
        attempt(bias, "L5", 4002, aim="L6"),
    ]
    standing = standings([dropout, bias], tries)
    since = f"since {local_day(standing[1].due):%-d %B}"
    assert standing[0].missed == (), "an aim at L6 elsewhere changes nothing here"
    shown = words(history.progress(tries, [], standing, bank.questions))
    due = shown.partition("Due again")[2].partition("Best level")[0]
    assert f"{bias.title} : study it {since} · L5, aimed at L6 . Missed:" in due
    still = shown.partition("Still to show")[2].partition("Every interview")[0]
    assert f"{bias.title} : study what is missed L5, aimed at L6" in still
    assert dropout.title not in still
    studied = words(bank_screen.study(bias, tries[1:], standing[1], compared=False, sealed=False))
    assert f"Due again {since}." in studied


def test_an_old_feedback_has_its_date_and_leads_to_the_newest(bank: Bank) -> None:
    dropout = bank.questions[DROPOUT]
    old, drill = attempt(dropout, "L4", 3), replace(attempt(dropout, "L4", 1), drilled="x")
    view = View(old.interview, dropout, (ASKED, SAID), old.grade, pending=False)
    later = Later({}, None, (), None)
    shown = report.head(view, later, None, drill)
    assert re.search(r"23\s?November\s?2026, \d\d:\d\d · no follow-ups", words(shown))
    assert re.search(r"Your newest drill at this question: 22\s?November", words(shown))
    assert f'href="?interview={drill.interview.id}"' in shown
    assert "Your newest" not in report.head(view, later)


async def test_a_drill_says_of_its_tell_what_came_of_it_even_of_what_is_no_answer(
    service: Service,
) -> None:
    whole = await graded(service, first()[DROPOUT]["L4"])
    gap = (await service.view(whole)).grade.first_gap.tell_id
    tell = service.bank.questions[DROPOUT].tell(gap)
    drill = await service.redrill(whole)
    await all_of(service.resume(drill))
    said = (
        "To be frank this was always done by a colleague of mine. If I began now you'd hear a "
        "lot of guesses, and neither of us would gain anything. I'd much prefer another topic."
    )
    await all_of(service.act(drill, "finish", said))
    view, later = await service.view(drill), await service.later(drill)
    assert view.grade.status == "insufficient"
    shown = words(report.head(view, later) + tells.body(view, later))
    assert shown.index("Not shown yet") < shown.index(f"You came back for “{tell.text}”")
    assert "Nothing that was said reads as an answer" in shown
    assert tell.advice in shown
    assert "I did say that" not in shown, "there is no verdict to object to"
    assert "Not enough to grade" not in shown
    again = await service.redrill(drill)
    assert (await service.later(again)).drilled == gap


def test_the_page_on_trust_begins_with_what_it_comes_to() -> None:
    shown = trust.screen("abc", by_model=False)
    plain = words(shown)
    at = [plain.index(part) for part in ("Back to the feedback", "L4 against the rest", "No human",
                                         "## The figures", "quadratic weighted kappa",
                                         "## What else was measured", "promises")]  # fmt: skip
    assert "###" not in plain
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
    past = await practice.past("me")
    assert (past.attempts, past.standings()) == ([], [])
    assert [i.id for i in past.sealed] == [one]
    assert await practice.is_sealed((await service.view(one)).interview)
    choice = practice.suggest(past, category="ML Fundamentals")
    assert choice.reason.startswith("New to you")
    alone = await service.start("me", question=DROPOUT)
    await all_of(service.resume(alone))
    newest, at = await practice.left("me")
    assert (newest.interview.id, at.round.id, at.number) == (alone, round_id, 2)
    await practice.end_round("me", round_id)
    past = await practice.past("me")
    assert ([a.interview.id for a in past.attempts], past.sealed) == ([one], [])
    assert [left.interview.id for left in await practice.left("me")] == [alone]


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
    assert f'<a href="?interview={interview}">Why does dropout work?<' in listed
    assert "skipped, no level" in words(listed)


async def test_what_is_taken_along_is_graded_as_the_interview_was(service: Service) -> None:
    said = first()[DROPOUT]
    interview = await service.start("me", question=DROPOUT)
    await all_of(service.resume(interview))
    await all_of(service.act(interview, "clarify", said["L6"]))
    await all_of(service.act(interview, "finish", said["L4"]))
    view, later = await service.view(interview), await service.later(interview)
    assert view.grade is not None
    file = as_json(view, service.bank.questions[DROPOUT], view.grade, later)
    taken = Transcript.model_validate_json(file)
    again = await service.grade(taken)
    assert (again.level, again.verdicts) == (view.grade.level, view.grade.verdicts)
    quoted = [e for v in again.verdicts for e in v.evidence]
    assert quoted
    assert all(taken.turns[e.turn].text[e.start : e.end] == e.quote for e in quoted)
    assert "Asked back" in taken.turns[2].text


async def test_a_round_that_lost_an_interview_is_over_all_the_same(service: Service) -> None:
    practice = Practice(service)
    round_id = await practice.start_round("me", size=2, category=None, mode="practice", target="L5")
    for _ in range(2):
        interview = await practice.next_in_round("me", round_id)
        await all_of(service.resume(interview))
        await all_of(service.act(interview, "finish", first()[DROPOUT]["L5"]))
    await service.delete(interview)
    assert len((await practice.past("me")).attempts) == 1
    assert await practice.left("me") == []
