"""Find what somebody else is said to say: sentence by sentence, or announced for a whole turn.

`The vendor claims that …` shows itself by its grammar, whatever it is about. `This is what my
flatmate told me` before many plain sentences, or `no idea whether that's right` behind them, is
recognised by its meaning; both together make the turn a report.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from interviewer.judgement.sentences import Sentence
from interviewer.outside.embedding import Matrix
from interviewer.outside.speech_acts import SpeechActs

OPENING, CLOSING = 2, 3
"""Sentences of a turn that can announce what the others are."""
SOURCE, DISAVOWED = -0.15, -0.1
"""How far the sentence must lean that names a source, and the one that does not stand behind it. Of
504 turns of good answers, splits `train` and `dev`, none has both."""

_OPENERS = r"^(?:(?:and|but|so|well|okay|oh|um|uh|then|also|now|right|look|sure|plus|or)[,\s]+)*"
_NO_SUBJECT = r"(?!(?:i|we|you|it|is|was|are|were|and|but|or|if|when|because|so|as|not)\b)"
_PEOPLE = r"""(?:they|he|she|(?:some|most|other|many|all|the|a\slot\sof|plenty\sof)?\s?(?:people|folks|experts|others)
    |everyone|everybody|someone|somebody)"""
_SOMEBODY = rf"""(?:{_PEOPLE}(?:\s(?:at|from|in|of)(?:\s[\w'’-]+){{1,3}}?)?
    |(?:an?|the|my|our|his|her|their|another|every|each|one|some|one\sof\s\w+)(?:\s{_NO_SUBJECT}[\w'’-]+){{1,6}}?)"""
_AUXILIARY = r"(?:['’](?:ll|d)|\s(?:will|would|may|might|could|used\sto|likes?\sto|keeps?|kept|goes\son\sto|went\son\sto))"
# A word that two branches fit is taken once: with two ways each, thirty adverbs had 2^30 ways.
_ADVERB = r"(?>\s(?:(?:also|always|often|even|still|once|just|all|then|is|are|was|were|seem(?:s|ed)?\sto)\b|\w+ly\b))"
_SAYS = r"""(?:says?|said|saying|claim(?:s|ed|ing)?|thinks?|thought|believe[sd]?|argu(?:e|es|ed|ing)|insist(?:s|ed)?
    |swears?|swore|preach(?:es)?|recommend(?:s|ed)?|suggest(?:s|ed)?|reckon(?:s|ed)?|maintain(?:s|ed)?
    |mention(?:s|ed)?|wr(?:i|o)tes?|warn(?:s|ed)?|advis(?:e|es|ed)|repeat(?:s|ed|ing)?|convinced|adamant|teach(?:es)?)"""
_THAT = r"(?=,|:|\s(?:that|how|why|to|the|an?|you|it|we|there|they|i|one|your|this|these|if|when|in|on|for|as|no|any|every|all|most|more|hmm|um|so)\b)"
_OPINION = r"(?:claim|theory|argument|story|view|rumou?r|saying|wisdom|school|opinion|belief|conclusion|doctrine|camp)"
_REPORTS = re.compile(
    rf"""{_OPENERS}(?:there(?:['’]s|\sis|\swas|\sare)\s(?:always\s)?)?
        (?:{_PEOPLE}(?:\swho|\sthat)?(?:{_AUXILIARY}|{_ADVERB})*\s(?:says?|said|tells?|told)\b
        |{_SOMEBODY}(?:\swho|\sthat)?(?:{_AUXILIARY}|{_ADVERB})*\s{_SAYS}{_THAT}
        |{_SOMEBODY}(?:\swho|\sthat)?{_AUXILIARY}{_ADVERB}*\s(?:say|tell)\b)
    |{_OPENERS}(?:there(?:['’]s|\sis|\swas)\s)?(?:an?|the|this|that|another|one)\s(?:[\w'’-]+\s){{0,2}}?{_OPINION}
        (?:\s(?:there|here|of\s\w+))?(?:,[^,]{{1,30}},)?\s(?:(?:is|was)\s)?(?:that|goes|has\sit)\b
    |^(?:[^,]{{2,40}},\s)?(?:and\s|so\s|that['’]s\swhat\s)?(?:an?|any|the)\s(?:really\s|very\s|truly\s)?
        (?:(?:strong|good|great|top|ideal|senior|staff)\s(?:candidate|interviewee|applicant)s?
        |(?:strong|excellent|perfect|ideal|senior|staff)\sanswers?)\b
    |\bi(?:['’]ve|\shave|['’]d|\shad)?\s(?:also\s|once\s|only\s|just\s)*
        (?:heard|read\s(?:that|about|somewhere|once|in|an?\s(?:post|paper|blog|book|article))|seen\s(?:a|the)\s(?:talk|post|paper|video|slide)s?
        |(?:been|was|were)\stold)\b
    |\b(?:according\sto|apparently|supposedly|allegedly|reportedly|rumou?r\shas|word\sis|there\swas\stalk
        |(?:it['’]s|it\sis|it\swas|is|are)\s(?:often\s|sometimes\s|always\s|generally\s|widely\s)?(?:said|claimed|rumou?red|believed|argued)
        |in\s(?:his|her|their)\s(?:view|opinion|eyes|words))\b""",
    re.IGNORECASE | re.VERBOSE,
)
_GOES_ON = re.compile(
    r"^(?:(?:and|or|but)\s(?:that|whether|how|why)|(?:and\s)?(?:they|he|she|the\s(?:best|good|strong|great)\sones))\b",
    re.I,
)


def reported(said: Sequence[Sentence], pooled: Matrix, acts: SpeechActs) -> list[bool]:
    """Tell of each sentence whether it is, by its own words or by an announcement, a report."""
    out = [False] * len(said)
    for i, sentence in enumerate(said):
        goes_on = i > 0 and out[i - 1] and sentence.turn == said[i - 1].turn
        out[i] = bool(
            _REPORTS.search(sentence.text) or (goes_on and _GOES_ON.search(sentence.text))
        )
    for _, numbers in groupby(range(len(said)), key=lambda i: said[i].turn):
        turn = list(numbers)
        edges = sorted({*turn[:OPENING], *turn[-CLOSING:]})
        edges = [i for i in edges if not said[i].text.endswith("?")]
        if not edges:
            continue
        named = any(out[i] for i in turn[:OPENING])
        named = named or acts.sourcing.of(pooled[edges]).max() >= SOURCE
        if named and acts.disavowing.of(pooled[edges]).max() >= DISAVOWED:
            for i in turn:
                out[i] = True
    return out
