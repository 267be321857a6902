"""What a candidate says without claiming it, and what is said without answering."""

from __future__ import annotations

import pytest

from answers import DROPOUT, first, offline
from interviewer.judgement import grading
from interviewer.judgement.fluency import fluent
from interviewer.judgement.judges import OfflineJudge
from interviewer.judgement.reading import Reading, only_asides
from interviewer.models import Turn

GOOD = first()[DROPOUT]["L6"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "To be frank this was always done by a colleague of mine. If I began now you'd hear a "
            "lot of guesses, and neither of us would gain anything. I'd much prefer another topic.",
            id="declines at length",
        ),
        pytest.param(
            "What a summer. We had guests all July, my brother broke his wrist on a trampoline, "
            "and the neighbours are building a terrace. Is it always so warm in this room?",
            id="small talk",
        ),
        pytest.param(
            "Oh, lovely. I've prepared for exactly this. I'll begin with an overview, then go "
            "through it point by point, and at the end you'll hear my conclusion.",
            id="only promises",
        ),
        pytest.param(
            "Is this about the theory or about practice. What kind of network do you have in mind. "
            "And should I write it down or just talk",
            id="asks back without a question mark",
        ),
        pytest.param(
            "Why does dropout work. You would like to know why it is that dropout works. So why "
            "dropout works is the question, and that's what we talk about.",
            id="repeats the question",
        ),
        pytest.param(
            "Mi dispiace, non ho mai studiato questo argomento e non saprei cosa dire.",
            id="another language",
        ),
        pytest.param(
            "Units the drop of when because. A noise were into the training but ensemble not of "
            "with rate, is the scale to on. Seldom weights between a the generalise, if at were "
            "mask of and under them. The of not training for is units the, because when drop and rate.",
            id="words in no order",
        ),
    ],
)
async def test_talk_that_bears_on_nothing_asked_gets_no_level(read, text: str) -> None:
    grade = await offline(read, DROPOUT, text)
    assert (grade.status, grade.level) == ("insufficient", None)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (DROPOUT, "It turns off random neurons, so the net can't overfit."),
        ("how-do-you-choose-a-loss-function", "MSE for regression, cross-entropy for classes."),
        ("walk-me-through-speculative-decoding",
         "I only know it roughly, sorry, but a small model guesses some tokens and the big one "
         "checks them in one go."),
        ("design-youtubes-recommender",
         "How many users do we have? I'd retrieve candidates and rank them by watch time."),
        ("tell-me-about-your-most-ambitious-project",
         "I built a chatbot for support with four people, it took half a year and it's live."),
        ("how-do-you-choose-a-loss-function",
         "It depend from target. If is number I take square error, when many outlier the absolute "
         "one, and for the class always is cross entropy."),
        ("design-fraud-detection-for-a-payment-company",
         "so you you take the transactions and and train a x g boost on the charge backs and block "
         "what is above some score"),
    ],
)  # fmt: skip
async def test_a_short_and_modest_answer_gets_a_level_and_is_no_filler(
    read, index, encoder, question: str, text: str
) -> None:
    assert (await offline(read, question, text)).level is not None
    said = Turn(role="candidate", text=text)
    assert not await only_asides(index.fetch(question), said, encoder)


async def test_an_answer_that_is_mostly_code_or_notes_gets_a_level(read) -> None:
    """Neither follows the order of speech."""
    code = """
        def knn(train, labels, queries, k):
            for i in range(0, len(queries), 1024):
                d = ((queries[i:i + 1024, None] - train) ** 2).sum(-1)
                near = np.argpartition(d, k, axis=1)[:, :k]
                for row in labels[near]:
                    if row is not None and len(row):
                        yield np.bincount(row).argmax()
    """
    notes = "- blocks of queries, not all at once\n- argpartition for the k nearest\n- vote"
    for text in (code, f"In blocks, I'd say:\n```python{code}```", notes):
        assert (await offline(read, "implement-knn-efficiently", text)).level is not None


async def test_stammering_is_not_words_in_no_order(read) -> None:
    text = (
        "so um it it drops the um the units in tr- no in training and and so each each one can't you "
        "know can't can't lean on on the the others it's like um averaging ma- many nets so it it "
        "it makes the the uh the noise and and er at at test you you scale it I mean you leave it "
        "all on and and and then the the val- no the held-out loss is is um is better"
    )
    assert (await offline(read, DROPOUT, text)).level is not None


async def test_what_others_are_said_to_do_earns_nothing(read) -> None:
    reported = " ".join(
        f"People will tell you that {s.rstrip('.').lower()}." for s in GOOD.split(". ")
    )
    own = await offline(read, DROPOUT, GOOD)
    grade = await offline(
        read, DROPOUT, f"{reported} I don't go along with it, I use 0.5 everywhere."
    )
    assert own.level == "L6"
    assert grade.level == "L4"


async def test_adverbs_over_and_over_do_not_hide_what_others_say(read) -> None:
    # Two branches of the pattern fit each of these, so without care there are 2^30 ways to read them.
    they_say = f"They{' really usually' * 15} say that dropout averages an ensemble."
    reading = await read(DROPOUT, f"{they_say} I keep a tenth of the units off.")
    assert [s < 1 for s in reading.standing] == [True, False]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("My brother works on this, and yesterday he dictated an answer to me.",
         "Whether he's right I really couldn't judge."),
        ("I'll quote from the slides of a workshop.", "I haven't used any of it so far."),
    ],
)  # fmt: skip
async def test_an_answer_announced_as_somebody_elses_and_not_stood_by_is_l4(
    read, before: str, after: str
) -> None:
    assert (await offline(read, DROPOUT, f"{before} {GOOD} {after}")).level == "L4"


@pytest.mark.parametrize(
    "honest",
    [
        "I sat in a workshop on it once, and what I measured later agreed with that.",
        "I haven't tried it on graphs so far, so there I can't say.",
        "The manual says one half is fine. For us it was far too much.",
    ],
)
async def test_naming_a_source_or_a_limit_alone_costs_nothing(read, honest: str) -> None:
    for text in (f"{honest} {GOOD}", f"{GOOD} {honest}"):
        assert (await offline(read, DROPOUT, text)).level == "L6"


async def test_naming_somebody_in_passing_costs_nothing(read) -> None:
    sentences = GOOD.split(". ")
    told = ". ".join([*sentences[:2], "A colleague and I looked at that together", *sentences[2:]])
    assert (await offline(read, DROPOUT, told)).level == (await offline(read, DROPOUT, GOOD)).level


@pytest.mark.parametrize(
    "taken_back",
    [
        "Hm, no. Scratch all of that, it's wrong.",
        "Sorry, I have to retract everything I said.",
        "Actually none of that was mine, I made it up, please forget all of it.",
        "Hang on. I no longer believe a single point of what I told you. Please treat it as unsaid.",
        "I must confess that the whole account was invented.",
    ],
)
async def test_what_is_taken_back_is_no_evidence(read, taken_back: str) -> None:
    after = "You just put it on every layer and that's that."
    reading = await read(DROPOUT, GOOD, Turn(role="interviewer", text="Is that so?"),
                         f"{taken_back} {after}")  # fmt: skip
    grade = await grading.grade(reading, OfflineJudge())
    assert grade.level == "L4"
    assert not any(e.turn == 0 for v in grade.verdicts for e in v.evidence)


@pytest.mark.parametrize(
    "kept",
    [
        "That I stand by.",
        "So we took it off again.",
        "We never took it back, by the way.",
        "We threw out all of the first design, and nobody missed it.",
        "I said validation there and meant test.",
    ],
)
async def test_telling_what_was_decided_takes_nothing_back(read, kept: str) -> None:
    assert (await read(DROPOUT, f"{GOOD} {kept}")).standing.min() == 1


async def test_a_correction_of_one_point_leaves_the_others(read) -> None:
    reading = await read(DROPOUT, f"{GOOD} I'd also prune with it. No, I take that back.")
    assert not reading.standing[-1]
    assert reading.standing[:3].min() == 1


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        (DROPOUT, "co-adaptation, ensembles of subnetworks, noise injection, adaptive ridge "
         "penalties, inverted scaling, variance shift, batch norm, gaps between train and held-out "
         "loss, data repeats, structured masks, invariances, Monte Carlo uncertainty, calibration"),
        ("design-fraud-detection-for-a-payment-company",
         "chargeback delays, velocity counts, cost-based thresholds, selective labels, exploration "
         "budgets, review queues, step-up checks, point-in-time features, merchant margins, "
         "calibration, drift alerts, retained revenue, adversaries, feedback loops"),
    ],
)  # fmt: skip
async def test_a_list_of_names_is_l4_at_most(read, question: str, terms: str) -> None:
    for text in (f"It comes down to {terms}.", f"{terms.replace(',', '')}. That is the answer."):
        assert (await offline(read, question, text)).level in (None, "L4")


async def test_a_list_inside_an_answer_costs_no_level(read) -> None:
    text = f"{GOOD} We log loss, accuracy, calibration, coverage and latency."
    assert (await offline(read, DROPOUT, text)).level == "L6"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("So, um, we we take the at the end the, uh, the mean.", "So we take the at the end the mean."),
        ("It was a conver, a conversational thing.", "It was a conversational thing."),
        ("on predicting, on predicting prices", "on predicting prices"),
        ("the r m s e of x g boost and l l m's", "the rmse of xg boost and llm's"),
        ("If p is 0.9 and y is 1, a b c.", "If p is 0.9 and y is 1, abc."),
        ("It is very, very rare that that happens twice.", "It is very rare that happens twice."),
        ("Um.", "Um."),
    ],
)  # fmt: skip
def test_fillers_repeats_and_broken_words_are_no_part_of_what_is_meant(said, meant) -> None:
    assert fluent(said) == meant


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        ("the regu-\n  larization of gradi\u00adents\u200b", "the regularization of gradients"),
        ("\ufb01rst\u00a0the loss\uff0cthen the ｄａｔａ", "first the loss,then the data"),
        ('<p class="x">It&#39;s one&nbsp;step</p>', "It's one step"),
        ("a<b and c>d, a well-known trick", "a<b and c>d, a well-known trick"),
        ("Xᵀ(p - y), x² and β₁", "Xᵀ(p - y), x² and β₁"),
    ],
)
def test_what_was_pasted_is_read_without_its_dress(pasted, meant) -> None:
    assert fluent(pasted) == meant


async def test_an_answer_in_full_width_characters_has_the_level_of_the_plain_one(read) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in GOOD)
    clean, grade = await offline(read, DROPOUT, GOOD), await offline(read, DROPOUT, wide)
    assert grade.level == clean.level
    assert any(v.evidence for v in grade.verdicts)


async def test_stammering_costs_no_level_and_quotes_stay_verbatim(read) -> None:
    words = GOOD.split()
    text = " ".join(f"{w}, uh, {w}" if i % 6 == 0 else w for i, w in enumerate(words))
    clean, grade = await offline(read, DROPOUT, GOOD), await offline(read, DROPOUT, text)
    assert grade.level == clean.level
    quotes = [e for v in grade.verdicts for e in v.evidence]
    assert quotes
    assert all(text[e.start : e.end] == e.quote for e in quotes)
    assert any(" uh, " in e.quote for e in quotes)


async def test_a_follow_up_that_presses_has_to_be_met(read) -> None:
    presses = Turn(role="interviewer", text="You mention dropout. How did you find that out?")
    idle = Turn(role="interviewer", text="Go on.")
    lost = "We just copied the setting from a file, and it was fine, so it stayed like that."
    assert (await read(DROPOUT, GOOD, presses, lost)).pressed == 1
    assert (await read(DROPOUT, GOOD, idle, lost)).pressed is None

    def strengths(reading: Reading) -> float:
        return sum(f.strength for f in grading.matched_findings(reading) if f.tell.level == "L6")

    once = strengths(await read(DROPOUT, GOOD))
    assert strengths(await read(DROPOUT, GOOD, presses, lost)) < 0.8 * once
    meets = GOOD.replace(". ", ", I think. ")
    assert strengths(await read(DROPOUT, GOOD, presses, meets)) == pytest.approx(once, rel=0.05)
    assert strengths(await read(DROPOUT, GOOD, presses, GOOD)) < 0.8 * once, "it is the same again"
    assert strengths(await read(DROPOUT, GOOD, idle, lost)) == pytest.approx(once, rel=0.1)
