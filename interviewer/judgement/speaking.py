"""What the interviewer says when a model gives the words, and answers to clarifying questions."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from typing import Literal

import numpy as np

from interviewer.errors import ModelError, OutOfRoom
from interviewer.files.prompts import render
from interviewer.judgement.probing import leaks
from interviewer.models import Question, Tell, Turn
from interviewer.outside.embedding import Encoder
from interviewer.outside.likeness import Texts, lexical_overlap
from interviewer.outside.llm import ChatModel, Message
from interviewer.outside.retrieval import RubricRecord

ASSUME = "Take whatever seems reasonable to you there, and tell me what you assumed."
BEGINS = "(The candidate has sat down. The interview begins.)"
REST = "As to the rest, take what seems reasonable to you, and tell me what you assumed."
FACT = 0.4
"""Cosine from which a fact of the rubric answers a candidate's own question. Of forty questions back
to twenty rubrics, written before any was tried, it gives 10 of the 20 that have an answer and 2 facts
where there is none; 0.35 gives 13 and 5, 0.55 gives 6 and none."""
MOST_SENTENCES = 2
LONGEST = 500
"""Characters in which a spoken sentence ends, half a minute aloud; a model that goes on rambles."""
LONGEST_QUESTION = 1000
"""Characters of a question back that are read; what has more is an answer that took the wrong door."""
LINGER_S = 0.25
"""For what a model adds to a reply that has enough; then it is cut off."""
_END = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\betc)[.!?…][\"'”’)]*\s")
_ASKS = (
    r"(?:how|what|which|who|whose|where|when|why|is|are|was|were|do|does|did|can|may|should|will)\b"
)
_NEXT_QUESTION = re.compile(rf"(?<=[.?!])\s+|[,;]?\s+and\s+(?={_ASKS})|[,;]\s+(?={_ASKS})", re.I)
_LABEL = re.compile(r"^\W*(?:interviewer|assistant)\W*:\W*", re.IGNORECASE)
"""What small models put before their words, as in a script."""


class Utterance:
    """One thing said in a model's words, handed out sentence by sentence.

    A sentence is held until it is known to hold no key term that nobody has said yet. One
    that leaks is replaced by what was authored, and ends it; so does a question, or the second
    sentence. Then reading stops, however much more the model would say. When it ends in the middle
    of a sentence, what was whole before is enough; without that what was authored is said.
    """

    def __init__(
        self,
        speaker: ChatModel,
        question: Question,
        turns: Sequence[Turn],
        note: str,
        authored: Callable[[], Awaitable[str]],
        may_give: Sequence[str] = (),
    ) -> None:
        """Say something.

        Args:
            speaker: the model.
            question: what the interview is about.
            turns: what was said so far.
            note: what to say now.
            authored: gives the words that take the place of a leak.
            may_give: facts whose words are no leak.
        """
        self._speaker, self._question, self._turns = speaker, question, turns
        self._note, self._authored, self._may_give = note, authored, may_give
        self.leaked = self.replaced = False

    async def sentences(self) -> AsyncGenerator[str, None]:
        """Yield what is said.

        Raises:
            ModelError: the endpoint failed.
        """
        known = [*(t.text for t in self._turns), *self._may_give]
        messages = _conversation(self._question, self._turns, self._note)
        said = 0
        async with (
            aclosing(self._speaker.stream(messages)) as pieces,
            aclosing(whole_sentences(pieces)) as sentences,
        ):
            try:
                async for sentence in sentences:
                    if not said:
                        sentence = _LABEL.sub("", sentence)
                    if leaks(sentence, self._question, known):
                        self.leaked = self.replaced = True
                        yield await self._authored()
                        return
                    yield sentence
                    said += 1
                    if said == MOST_SENTENCES or sentence.rstrip(" \n\"'”’)").endswith("?"):
                        await _let_end(sentences)
                        return
            except OutOfRoom:
                if not said:
                    self.replaced = True
                    yield await self._authored()


async def nearest(text: str, aims: Sequence[Tell], record: RubricRecord, encoder: Encoder) -> Tell:
    """Return the tell whose authored probe a follow-up is closest to."""
    if len(aims) == 1:
        return aims[0]
    [said] = await asyncio.to_thread(encoder.encode, [text])
    probes = {record.phrases[i].tell_id: record.pooled[i] for i in record.where("probe")}
    return max(aims, key=lambda t: float(said.pooled @ probes[t.id]))


def nearest_by_words(text: str, aims: Sequence[Tell], record: RubricRecord) -> Tell:
    """Return the tell whose authored probe shares most words with a follow-up, rare ones first.

    A hundred times cheaper, and worse: of 126 tells, each told from the others of its rubric by
    how its own text fits their probes, it names 23, the vectors 31, and chance 13.
    """
    probes = {record.phrases[i].tell_id: record.phrases[i].stems for i in record.where("probe")}
    stems = [probes[tell.id] for tell in aims]
    shared = lexical_overlap(Texts((), (), stems), record.stem_weights, [text], 1)
    return aims[int(shared[:, 0].argmax())]


async def fact(asked: str, record: RubricRecord, encoder: Encoder) -> str:
    """Return the facts that answer what a candidate asks back, and leave the rest to them."""
    facts = record.where("clarification")
    asked = asked[:LONGEST_QUESTION]
    parts = [part for part in _NEXT_QUESTION.split(asked) if part.strip()]
    if not facts or not parts:
        return ASSUME
    said = await asyncio.to_thread(encoder.encode, [asked, *parts] if len(parts) > 1 else parts)
    likeness = np.stack([s.pooled for s in said]) @ record.pooled[facts].T
    found = [int(row.argmax()) if row.max() >= FACT else None for row in likeness]
    given = [record.phrases[facts[i]].text for i in dict.fromkeys(found) if i is not None]
    if not given:
        return ASSUME
    return " ".join([*given, REST] if None in found[-len(parts) :] else given)


async def _let_end(sentences: AsyncIterator[str]) -> None:
    """Give a reply a moment to end by itself, so that its connection can be used again."""
    with suppress(TimeoutError, ModelError):
        async with asyncio.timeout(LINGER_S):
            async for _ in sentences:
                pass


async def whole_sentences(pieces: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    """Yield what comes in sentence by sentence, the spaces behind each with it.

    Raises:
        OutOfRoom: one of them does not end.
    """
    held = ""
    async for piece in pieces:
        held += piece
        while end := _END.search(held):
            yield held[: end.end()]
            held = held[end.end() :]
        if len(held) > LONGEST:
            raise OutOfRoom("The model does not come to an end.")
    if held:
        yield held


def _conversation(question: Question, turns: Sequence[Turn], note: str) -> list[Message]:
    """Put what never changes first; sides alternate from the user on, since some models insist."""
    messages: list[Message] = [
        {"role": "system", "content": render("ask", question=question)},
        {"role": "user", "content": BEGINS},
    ]
    for turn in turns:
        role: Literal["user", "assistant"] = "user" if turn.role == "candidate" else "assistant"
        if messages[-1]["role"] == role:
            messages[-1]["content"] += "\n\n" + turn.text
        else:
            messages.append({"role": role, "content": turn.text})
    note = f"---\n(A note from the interview desk, not from the candidate.)\n{note}"
    if messages[-1]["role"] == "user":
        messages[-1]["content"] += f"\n\n{note}"
    else:
        messages.append({"role": "user", "content": note})
    return messages
