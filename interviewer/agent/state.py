"""What the graph remembers between two steps: plain JSON, small, no words of anybody.

What was said lives in the store; the state only says where in the conversation the graph is.
So a checkpoint stays a few hundred bytes however long the answers are, and nothing has to be
kept equal in two places.
"""

from __future__ import annotations

from typing import Literal, TypedDict

ActionKind = Literal["answer", "finish", "skip", "hint", "repeat", "clarify"]


class Action(TypedDict):
    """What the candidate did, and where in the record the reply to it goes.

    Words that belong to it are the turn before `reply_at`. The fixed place makes every node safe
    to run twice.
    """

    kind: ActionKind
    reply_at: int


class InterviewState(TypedDict, total=False):
    """The state of one interview; the comments name the node that sets a key."""

    interview_id: str  # start
    question_id: str  # pick
    action: Action  # wait
    stays: bool  # listen: whether the answer held no claim, so that the question stands
    targets: list[str]  # listen: tells worth asking about, best first
    probes: int  # pick, probe: how many follow-ups were asked
    leaks: int  # probe, assist: how many sentences of a model were replaced
