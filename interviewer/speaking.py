"""What the interviewer says when a model gives the words, and answers to clarifying questions."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from typing import Literal

from interviewer.embedding import Encoder
from interviewer.llm import ChatModel, Message, Meter
from interviewer.models import Question, Tell, Turn
from interviewer.probing import leaks
from interviewer.prompts import render
from interviewer.retrieval import RubricRecord

ASSUME = "Take whatever seems reasonable to you there, and tell me what you assumed."
FACT = 0.35
"""Cosine from which a fact of the rubric answers a candidate's own question."""


async def follow_up(
    speaker: ChatModel, question: Question, turns: Sequence[Turn], aims: Sequence[Tell]
) -> AsyncIterator[str]:
    """Yield a follow-up sentence by sentence.

    A sentence is held until it is known to hold no key term that the candidate has not said. One
    that leaks ends the follow-up; when it is the first, the authored probe takes its place.

    Raises:
        ModelError: the endpoint failed.
    """
    heard = [t.text for t in turns if t.role == "candidate"]
    said = False
    async for sentence in _sentences(speaker.stream(_prompt(question, turns, aims), Meter())):
        if leaks(sentence, question, heard):
            if not said:
                yield aims[0].probe or ""
            return
        said = True
        yield sentence


async def nearest(text: str, aims: Sequence[Tell], encoder: Encoder) -> Tell:
    """Return the tell whose authored probe a follow-up is closest to."""
    probes = [t.probe or t.text for t in aims]
    said, *authored = await asyncio.to_thread(encoder.encode, [text, *probes])
    likeness = [float(said.pooled @ p.pooled) for p in authored]
    return aims[likeness.index(max(likeness))]


async def fact(asked: str, record: RubricRecord, encoder: Encoder) -> str:
    """Return the fact that answers a clarifying question, or leave the choice to the candidate."""
    facts = record.where("clarification")
    if not facts or not asked.strip():
        return ASSUME
    [said] = await asyncio.to_thread(encoder.encode, [asked])
    likeness = record.pooled[facts] @ said.pooled
    best = int(likeness.argmax())
    return record.phrases[facts[best]].text if likeness[best] >= FACT else ASSUME


async def _sentences(pieces: AsyncIterator[str]) -> AsyncIterator[str]:
    held = ""
    async for piece in pieces:
        held += piece
        while end := re.search(r"[.!?…][\"'”’)]*\s", held):
            yield held[: end.end()]
            held = held[end.end() :]
    if held:
        yield held


def _prompt(question: Question, turns: Sequence[Turn], aims: Sequence[Tell]) -> list[Message]:
    """Put what never changes first; turns of one side are joined, since some endpoints insist."""
    messages: list[Message] = [{"role": "system", "content": render("probe", question=question)}]
    for turn in turns:
        role: Literal["user", "assistant"] = "user" if turn.role == "candidate" else "assistant"
        if messages[-1]["role"] == role:
            messages[-1]["content"] += "\n\n" + turn.text
        else:
            messages.append({"role": role, "content": turn.text})
    note = render("probe-now", targets=aims)
    messages[-1]["content"] += (
        f"\n\n---\n(A note to the interviewer, not from the candidate.)\n{note}"
    )
    return messages
