"""Name a grade by everything that it depends on, so that nothing is graded twice or kept too long."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property

from evals.cases import Case
from interviewer.files.rubrics import Bank, digest
from interviewer.files.settings import EngineName
from interviewer.files.source import code_hash, sha
from interviewer.judgement import policy
from interviewer.service.session import Service


@dataclass(frozen=True)
class Configuration:
    """Who grades: equal configurations give interchangeable grades."""

    engine: EngineName
    model: str | None
    prompt_hash: str | None
    mode: str | None
    """How a model is asked: the mode of the judge, and how many tells a call."""
    endpoint: str | None
    """Hashed, because an address may hold a key."""
    embedding: str | None
    weights: dict[str, float]
    code: str
    corpus: str | None
    """Hash of all rubrics. The offline matcher weighs words by how rare they are in all of them.
    None for a language model: one edited rubric must not cost a new grade of every case."""

    @cached_property
    def digest(self) -> str:
        """The hash of all of it."""
        return sha(asdict(self))


def configuration(service: Service, engine: EngineName) -> Configuration:
    """Read the configuration of an engine.

    Raises:
        SetupError: the engine is not set up.
    """
    judge = service.judge(engine)
    on_model = engine == "llm"
    settings = service.settings
    endpoint = settings.openai_base_url if on_model else None
    rubrics = sorted(digest(question) for question in service.bank.questions.values())
    return Configuration(
        engine=engine,
        model=judge.model,
        prompt_hash=judge.prompt_hash,
        mode=f"{settings.judge_mode}, {settings.tells_per_call or 'all'}" if on_model else None,
        endpoint=sha(endpoint) if endpoint else None,
        embedding=settings.embedding_model,
        weights=asdict(policy.weights(engine)),
        code=code_hash(
            "judgement.readings", "judgement.llm_judge" if on_model else "judgement.judges"
        ),
        corpus=sha(rubrics) if engine == "offline" else None,
    )


def key(configuration: Configuration, bank: Bank, suite: str, case: Case, repeat: int) -> str:
    """Name one grade. Labels are left out: a corrected label needs no new grade."""
    graded = {
        "suite": suite,
        "id": case.id,
        "turns": [turn.model_dump(mode="json") for turn in case.turns],
    }
    rubric = digest(bank.find(case.question))
    return sha([configuration.digest, rubric, graded, repeat])
