"""Serve the practice room."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

# Read when gradio is imported: it would otherwise ask its version server and report usage.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
# It would keep every event with what was said in the browser, past deleting, until nothing fits.
os.environ.setdefault("GRADIO_RUN_HISTORY", "False")
# Read when the queue is made: it would otherwise sum up all events with pandas after each of them.
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000000")

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.loops.auto import auto_loop_factory

from interviewer.errors import InterviewerError, SetupError
from interviewer.files.settings import Settings
from interviewer.screens.ui import exports, style
from interviewer.screens.ui.page import build
from interviewer.service.practice import Practice
from interviewer.service.session import Service, connect

CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob: data:; font-src 'self' data:; "
    "connect-src 'self' blob:; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'self'; "
    "form-action 'none'; object-src 'none'"
)
"""Gradio needs inline scripts and styles; nothing may be fetched from, or sent to, elsewhere."""


class SecurityHeaders:
    """Adds the headers that Gradio does not send."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"content-security-policy", CSP.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"no-referrer"),
                ]
            await send(message)

        await self._app(scope, receive, with_headers)


def application(service: Service) -> FastAPI:
    """Build the server before a service, which whoever connected it closes."""
    practice = Practice(service)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if importlib.util.find_spec("matplotlib") is None:
            # Gradio tries to import it before and after every frame; each search takes 0.3 ms.
            sys.modules["matplotlib"] = None  # type: ignore[assignment]
        tidying = asyncio.create_task(_spare_the_collector(service))
        yield
        tidying.cancel()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(SecurityHeaders)

    @app.get("/healthz")
    async def health() -> dict[str, bool]:
        return {"ready": service.progress.ready}

    exports.route(app, practice)
    gr.mount_gradio_app(
        app,
        build(practice, service.settings),
        path="/",
        theme=style.theme(),
        css=style.CSS,
        head=style.HEAD,
        ssr_mode=False,
        footer_links=[],
        max_file_size="5mb",
        show_error=True,
    )
    return app


def run(settings: Settings) -> int:
    """Serve until interrupted.

    Raises:
        BadInput: no usable rubric.
        SetupError: the address cannot be listened on, or the data folder not be used.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with (
        _bind(settings.host, settings.port) as sock,
        asyncio.Runner(loop_factory=auto_loop_factory()) as runner,  # uvloop, where it is installed
    ):
        return 0 if runner.run(_serve(settings, sock)) else 2


async def _serve(settings: Settings, sock: socket.socket) -> bool:
    """Serve until interrupted; return whether that began at all."""
    # Connected first: what is wrong with rubrics or folders would reach uvicorn as a crash.
    async with connect(settings) as service:
        for problem in service.bank.left_out:
            sys.stderr.write(f"interviewer: left out {problem}\n")
        config = uvicorn.Config(
            application(service), log_level="warning", timeout_graceful_shutdown=3
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[sock]))
        while not server.started and not task.done():
            await asyncio.sleep(0.02)
        if server.started:
            host, port = sock.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            sys.stderr.write(
                f"The practice room is open at http://{shown}:{port} "
                f"(engine: {settings.engine_name}). Ctrl-C closes it.\n"
            )
        await task
    return server.started


async def _spare_the_collector(service: Service) -> None:
    """Leave what is loaded for good out of garbage collections, which stop every reply."""
    with suppress(InterviewerError):
        await service.ready()
    gc.collect()
    gc.freeze()


def _bind(host: str, port: int) -> socket.socket:
    sock = None
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except OSError as error:
        raise SetupError(
            f"{host} is no address to listen on ({error.strerror}). "
            "Set INTERVIEWER_HOST or --host to one of this machine; 127.0.0.1 is for you alone."
        ) from error
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError as error:
        if sock:
            sock.close()
        raise SetupError(
            f"Port {port} on {host} cannot be used ({error.strerror}). "
            "Stop what uses it, or choose another with INTERVIEWER_PORT or --port."
        ) from error
    return sock
