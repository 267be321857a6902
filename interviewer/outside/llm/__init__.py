"""Talk to an OpenAI-compatible endpoint; the only package that imports `openai`."""

from interviewer.outside.llm.chat import ChatModel, connect
from interviewer.outside.llm.client import list_models
from interviewer.outside.llm.embeddings import ApiEncoder, connect_encoder
from interviewer.outside.llm.forms import Message
from interviewer.outside.llm.meter import usage_of
from interviewer.outside.llm.speech import transcribe
from interviewer.outside.llm.trial import Tried, try_out

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
