"""What can go wrong, sorted by who can mend it.

    InterviewerError
    ├── BadInput            the caller: a file, an id or an argument
    ├── SetupError          whoever installed it: a key, weights, a port, a folder
    └── ModelError          the model's endpoint
        ├── ModelRefused        it will not answer (wrong key, no quota, unknown model)
        ├── ModelUnavailable    it may answer later (busy, timed out)
        │   └── ModelUnreachable    nothing answers at that address
        └── BadReply            it answered something unusable (cut off, empty, not the schema)
            └── OutOfRoom           its tokens were used up before it had finished

Every message is one or two plain sentences that say what happened and what to do; screens show
it as it is. No message ever holds a key.
"""

from __future__ import annotations

import re


class InterviewerError(Exception):
    """Base of every error that is meant to be read by a person."""


class BadInput(InterviewerError):
    """What was asked for cannot be done with what was given."""


class SetupError(InterviewerError):
    """Something that the program needs is missing, wrong or in use."""


class ModelError(InterviewerError):
    """The language model's endpoint did not do its part."""

    @property
    def kind(self) -> str:
        """The name of the class as a flag: ModelRefused is `model_refused`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


class ModelRefused(ModelError):
    """Trying again as it stands will not help."""


class NoModelList(ModelRefused):
    """It answers, but does not say which models it has."""


class ModelUnavailable(ModelError):
    """Trying again later may help; `retry_after` is in how many seconds, when the endpoint said."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ModelUnreachable(ModelUnavailable):
    """No connection could be made."""


class BadReply(ModelError):
    """The reply cannot be used."""


class OutOfRoom(BadReply):
    """The reply stopped at the most tokens that it may have."""
