"""The values that cross module borders: questions, transcripts, verdicts and grades.

Everything here is immutable, knows nothing of files, models or screens, and serialises to the
JSON that the command line, the store and the evals share.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Level = Literal["L4", "L5", "L6"]
LEVELS: tuple[Level, ...] = get_args(Level)

Category = Literal[
    "ML Fundamentals",
    "Deep Learning Production",
    "LLM Systems",
    "Recsys & Search",
    "ML System Design",
    "Behavioral",
    "Math",
    "Coding",
]
CATEGORIES: tuple[Category, ...] = get_args(Category)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
TellId = Annotated[str, StringConstraints(pattern=_SLUG, max_length=60)]


def short_of(aim: Level, level: Level | None) -> int:
    """Return by how many levels an answer fell short of an aim: below 0 beyond it, most without a level."""
    return LEVELS.index(aim) - (LEVELS.index(level) if level else -1)


def slug(title: str) -> str:
    """Turn a title or a category into its id: "Why's X?" becomes `whys-x`."""
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"['’]", "", title.lower())).strip("-")


class Misplaced(ValueError):
    """What a check of a whole rubric found wrong under one of its keys."""

    def __init__(self, key: str, remedy: str) -> None:
        super().__init__(remedy)
        self.key = key


class Value(BaseModel):
    """An immutable value that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Tell(Value):
    """One observable thing in an answer that is evidence for or against a level."""

    id: TellId
    polarity: Literal["strong_hire", "down_level"]
    level: Level | None = None
    """What a strong-hire tell is evidence of."""
    caps: Literal["L4", "L5"] | None = None
    """The highest level that is left when a down-level tell is met."""
    kind: Literal["said", "absent"] = "said"
    """`absent` tells are about what never came up; they have a `pair` and no quote."""
    pair: TellId | None = None
    """The strong-hire tell whose absence an `absent` tell notes."""
    text: Text
    """What it is, short enough for a list."""
    why: Text
    """Why an interviewer cares."""
    cues: tuple[Text, ...] = ()
    """Ways in which candidates say it, in mixed registers."""
    near_misses: tuple[Text, ...] = ()
    """What only sounds like it: the term dropped, negated, or wrong."""
    key_terms: tuple[Text, ...] = ()
    """Words that would give the tell away if the interviewer said them first."""
    probe: Text | None = None
    """The follow-up that gives room to show it, as spoken."""
    advice: Text
    """What to do next time to show it, or to avoid it."""

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        strong = self.polarity == "strong_hire"
        if strong and (self.level is None or self.caps is not None):
            raise ValueError("a strong_hire tell takes `level: L4|L5|L6` and no `caps`")
        if not strong and (self.caps is None or self.level is not None):
            raise ValueError("a down_level tell takes `caps: L4|L5` and no `level`")
        if self.kind == "absent":
            if strong:
                raise ValueError("only a down_level tell can be `kind: absent`")
            if self.pair is None:
                raise ValueError("an absent tell names its `pair`, the tell that never came up")
            if self.cues or self.near_misses:
                raise ValueError("an absent tell has no cues and no near_misses")
            return self
        if self.pair is not None:
            raise ValueError("only an absent tell has a `pair`")
        if not 4 <= len(self.cues) <= 8:
            raise ValueError(f"write 4 to 8 cues, there are {len(self.cues)}")
        if not 1 <= len(self.near_misses) <= 3:
            raise ValueError(f"write 1 to 3 near_misses, there are {len(self.near_misses)}")
        if strong and self.level != "L4" and self.probe is None:
            raise ValueError(f"an {self.level} tell needs a `probe`")
        if self.probe is not None and not self.key_terms:
            raise ValueError("a tell with a probe needs `key_terms`, so that leaks can be seen")
        return self


class Samples(Value):
    """One spoken answer a level, to show what it sounds like."""

    L4: Text
    L5: Text
    L6: Text


class Boundary(Value):
    """Two short passages that differ in what separates two levels, and in little else."""

    lower: Text
    upper: Text
    why: Text


class Boundaries(Value):
    """The two decisions a grader takes."""

    L4_L5: Boundary
    L5_L6: Boundary


class Question(Value):
    """One entry of the canon with its rubric; one file in `rubrics/`."""

    id: Annotated[str, StringConstraints(pattern=_SLUG, max_length=120)]
    title: Text
    category: Category
    kind: Literal["concept", "design", "math", "coding", "behavioral"]
    summary: Text
    """One or two sentences on what the question is really about."""
    ask: Text
    """The question as an interviewer says it."""
    clarifications: tuple[Text, ...]
    """Facts that the interviewer gives when asked."""
    material: str | None = None
    """Text or code that is shown with the question."""
    solution: str | None = None
    """A runnable solution, for coding and math."""
    sounds_like: Samples
    boundaries: Boundaries
    variants: Annotated[tuple[Text, ...], Field(min_length=2, max_length=2)]
    """Two other ways to ask that reach the same tells."""
    tells: Annotated[tuple[Tell, ...], Field(min_length=1)]
    sources: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if not (due := slug(self.title)):
            raise Misplaced("title", "has no Latin letter and no digit to make an id of; add some")
        if self.id != due:
            raise Misplaced("id", f"write `{due}`, which is made from the title")
        ids = [tell.id for tell in self.tells]
        if twice := sorted({i for i in ids if ids.count(i) > 1}):
            raise Misplaced("tells", f"ids used more than once: {', '.join(twice)}; rename one")
        strong = {tell.id for tell in self.tells if tell.polarity == "strong_hire"}
        for tell in self.tells:
            if tell.pair is not None and tell.pair not in strong:
                remedy = f"`{tell.pair}` is the id of no strong_hire tell; write one that is"
                raise Misplaced(f"tells[{tell.id}].pair", remedy)
        if (self.solution is None) == (self.kind in ("coding", "math")):
            remedy = "coding and math questions have a script here, the others null"
            raise Misplaced("solution", remedy)
        return self

    def worded(self, variant: int) -> str:
        """Return the question as spoken: 0 is `ask`, 1 and 2 are its variants."""
        return self.variants[variant - 1] if variant else self.ask

    def tell(self, tell_id: str) -> Tell:
        """Return one tell; KeyError when the rubric has none of that id."""
        for tell in self.tells:
            if tell.id == tell_id:
                return tell
        raise KeyError(tell_id)


class Turn(BaseModel):
    """One thing said."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    role: Literal["candidate", "interviewer"]
    text: str
    aims_at: tuple[str, ...] | None = None
    """The tells that an interviewer's turn gave room for; None when nobody noted it."""


class Transcript(BaseModel):
    """A conversation about one question, the question itself not included."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    question: Text
    """Id or title."""
    turns: Annotated[tuple[Turn, ...], Field(min_length=1)]

    def astray(self, question: Question) -> dict[int, list[str]]:
        """Return, by turn, what is aimed at and is no tell of a question."""
        known = {tell.id for tell in question.tells}
        found = {at: sorted({*(t.aims_at or ())} - known) for at, t in enumerate(self.turns)}
        return {at: unknown for at, unknown in found.items() if unknown}


class Evidence(Value):
    """A verbatim span: `turns[turn].text[start:end] == quote`, counted in code points."""

    turn: int
    start: int
    end: int
    quote: str


Verdict = Literal["met", "not_met", "unclear", "not_asked"]


class TellVerdict(Value):
    """What was found for one tell."""

    tell_id: str
    polarity: Literal["strong_hire", "down_level"]
    level: Level | None = None
    caps: Literal["L4", "L5"] | None = None
    verdict: Verdict
    prompted: bool = False
    """Whether every piece of evidence came after a turn that aimed at this tell."""
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""

    @property
    def missed(self) -> bool:
        """Whether it was asked for and not shown; what was perhaps shown is no miss."""
        return self.polarity == "strong_hire" and self.verdict == "not_met"


class Unlisted(Value):
    """A strong signal that the rubric does not list."""

    text: str
    level: Level
    evidence: tuple[Evidence, ...]


class FirstGap(Value):
    """The one thing that cost the next level."""

    tell_id: str
    advice: str


class Usage(Value):
    """What the model's endpoint counted for one grade."""

    calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int


class Spent(Value):
    """What one model was asked for one interview, as far as its endpoint counted it."""

    model: str
    calls: int
    uncounted: int
    """Calls whose tokens are not known: not reported, or cut off before they were."""
    input_tokens: int
    cached_tokens: int
    output_tokens: int


class Grade(Value):
    """A level with the evidence that it was computed from."""

    question_id: str
    status: Literal["graded", "provisional", "insufficient", "failed"]
    level: Level | None
    borderline_with: Level | None = None
    confidence: Annotated[float, Field(ge=0, le=1)]
    engine: Literal["offline", "llm"]
    model: str | None = None
    verdicts: tuple[TellVerdict, ...] = ()
    unlisted: tuple[Unlisted, ...] = ()
    first_gap: FirstGap | None = None
    flags: tuple[str, ...] = ()
    rubric_hash: str
    prompt_hash: str | None = None
    usage: Usage | None = None

    def on(self, question: Question | None) -> Grade:
        """Return the grade without what is said of tells that the question no longer has."""
        if question is None:
            return self
        known = {tell.id for tell in question.tells}
        kept = tuple(v for v in self.verdicts if v.tell_id in known)
        gap = self.first_gap if self.first_gap and self.first_gap.tell_id in known else None
        if kept == self.verdicts and gap == self.first_gap:
            return self
        return self.model_copy(update={"verdicts": kept, "first_gap": gap})

    @model_validator(mode="after")
    def _level_matches_status(self) -> Self:
        if (self.level is None) != (self.status in ("insufficient", "failed")):
            raise ValueError("a grade has no level if and only if it is insufficient or failed")
        return self
