"""Who interviews and grades: what is set, whether it answers, and trying out others."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from interviewer.files.prices import price
from interviewer.files.settings import Settings
from interviewer.outside.llm import Tried
from interviewer.screens.ui.address import address
from interviewer.screens.ui.markup import Child, Html, el, join, link
from interviewer.service.session import Service

SET = """\
OPENAI_API_KEY=…                          # your key; for a server that asks for none write: none
OPENAI_BASE_URL=http://127.0.0.1:8080/v1  # where your server is; leave this line out for OpenAI
INTERVIEWER_MODEL=…                       # the name of the model there"""
_FORMS = {
    "json_schema": "yes, in exactly the form asked for",
    "json_object": "yes, in nearly the form asked for",
    "text": "yes, as text that is checked here",
}


def line(service: Service) -> Html:
    """Say in the corner of every screen who answers, and whether it does."""
    if service.settings.engine_name == "offline":
        return el("p", link("Offline engine", address(see="engine")), cls="engine")
    endpoint, state = service.endpoint, ""
    if endpoint.fault is not None:
        state = "does not answer" if endpoint.fault else "answers"
    return el(
        "p",
        link(f"Model: {endpoint.interviewing}", address(see="engine")),
        el("span", f", {state}", cls="down" if endpoint.fault else "up") if state else None,
        cls="engine",
    )


def screen(service: Service) -> Html:
    """Show who interviews and grades."""
    settings, endpoint = service.settings, service.endpoint
    if settings.engine_name == "offline":
        return _screen(
            "The offline engine, on this machine. It asks what was written for each question, "
            "follows up on what you left open, and grades by comparing phrases. No key, no network.",
            el("p", _kept(settings)),
            el(
                "p",
                "A language model listens, asks in its own words and reads what you meant. Then "
                "your answers are sent to whoever runs it. Put one into .env and start again:",
            ),
            el("pre", el("code", SET), tabindex="0"),
        )
    named = endpoint.interviewing
    if endpoint.grading != named:
        named = f"{named} interviews and {endpoint.grading} grades"
    else:
        named = f"{named} interviews and grades"
    return _screen(
        f"{named}, at {host(settings)}.",
        el("p", _kept(settings)),
        el("p", _costs(service)),
        el("div", endpoint.fault, cls="notice bad", role="alert") if endpoint.fault else None,
    )


def _kept(settings: Settings) -> str:
    """Say where the answers are, and who else gets them."""
    address = host(settings)
    receives = {
        "To be answered and graded they are sent to": settings.engine_name == "llm" and address,
        "To be compared they are sent to": settings.embedding_model and address,
        "What you record is sent to": settings.speech_model
        and host(settings, settings.speech_base_url),
    }
    sent = [f"{what} {who}." for what, who in receives.items() if who]
    kept = f"Your answers are kept on this machine, in {settings.data_dir}, until you delete them."
    return " ".join([kept, *(sent or ["Nobody receives them, and it costs nothing."])])


def _costs(service: Service) -> str:
    """Say what the models cost, as far as the list of prices knows."""
    settings, endpoint = service.settings, service.endpoint
    names = dict.fromkeys((endpoint.interviewing, endpoint.grading))
    known = [(name, p) for name in names if (p := price(name, settings.openai_base_url))]
    listed = "; ".join(
        f"{name} ${p.input:.2f} for a million tokens in, ${p.output:.2f} out (list of {p.as_of})"
        for name, p in known
    )
    used = "Every feedback says how much its interview used."
    if not listed:
        return f"What it costs is not known here: no list of prices has it. {used}"
    return f"What it costs: {listed}. {used}"


def _screen(text: str, *more: Child) -> Html:
    head = el("section", el("h1", "Who interviews you", tabindex="-1"), el("p", text),
              cls="lead small")  # fmt: skip
    return join([head, *more])


def host(settings: Settings, address: str | None = None) -> str:
    """Name the endpoint, or another address, without what it may hold of a login."""
    parts = urlsplit(address or settings.openai_base_url or "https://api.openai.com")
    return f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"


def trying(names: str) -> Html:
    """Say that a model is being tried."""
    return el("p", f"Trying {names}…", role="status", cls="status")


def tried(results: Mapping[str, Tried]) -> Html:
    """Say what every model tried is able to do."""
    return el("div", [_tried(name, result) for name, result in results.items()], role="status")


def _tried(name: str, result: Tried) -> Html:
    if result.first_piece_s is None:
        streams = "no reply"
    else:
        how = "in pieces" if result.streams else "in one piece"
        streams = f"{how}, after {result.first_piece_s:.1f} s"
    grades = "no"
    if result.form and result.reply_s is not None:
        grades = f"{_FORMS[result.form]}, {result.reply_s:.1f} s for a small one"
    rows = (("Speaks", streams), ("Gives replies that can be graded with", grades))
    return el(
        "section",
        el("h2", name, ": ", "good to go" if result.form else "cannot be used"),
        el("dl", [el("div", el("dt", what), el("dd", found)) for what, found in rows]),
        el("p", result.fault) if result.fault else None,
        cls="tried",
    )


def used(interviewing: str, grading: str) -> Html:
    """Say from when a choice holds and how to keep it."""
    keep = f"INTERVIEWER_MODEL={interviewing}"
    if grading != interviewing:
        keep += f" and INTERVIEWER_GRADER_MODEL={grading}"
    return el(
        "p", f"Used from now on, until the room is started again. To keep it, put {keep} into .env.",
        role="status",
    )  # fmt: skip
