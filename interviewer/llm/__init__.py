"""Talk to an OpenAI-compatible endpoint; the only package that imports `openai`."""

from interviewer.llm.chat import ChatModel, connect
from interviewer.llm.client import list_models
from interviewer.llm.embeddings import ApiEncoder, connect_encoder
from interviewer.llm.forms import Message
from interviewer.llm.meter import usage_of
from interviewer.llm.speech import transcribe
from interviewer.llm.trial import Tried, try_out

__all__ = [
    "ApiEncoder",
    "ChatModel",
    "Message",
    "Tried",
    "connect",
    "connect_encoder",
    "list_models",
    "transcribe",
    "try_out",
    "usage_of",
]
