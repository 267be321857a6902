"""A chat endpoint that takes half a second for any reply and next to no processor for many.

It prints its address, and serves until
its standard input is closed. The reply gives a verdict with evidence and a reason for every tell
that the prompt lists, as a language model would.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from functools import cache

LATENCY_S = 0.5
_TELL = re.compile(rb"\\n## ([a-z0-9-]+)\\n")
_REASON = (
    "The candidate says what was measured, which way it went, and what was changed because of it."
)


@cache
def reply(tells: tuple[bytes, ...]) -> bytes:
    """Return the HTTP response for a prompt with these tells: every third is met."""
    verdicts = [
        {
            "tell_id": tell.decode(),
            "evidence": [1 + i % 4, 2 + i % 4] if i % 3 == 0 else [],
            "reason": _REASON,
            "verdict": "met" if i % 3 == 0 else "not_met",
        }
        for i, tell in enumerate(tells)
    ]
    content = json.dumps({"verdicts": verdicts, "unlisted": []})
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": content},
    }
    usage = {"prompt_tokens": 4000, "completion_tokens": 900, "total_tokens": 4900}
    base = {"id": "x", "object": "chat.completion", "created": 0, "model": "stub"}
    body = json.dumps({**base, "choices": [choice], "usage": usage}).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


class Connection(asyncio.Protocol):
    """One kept-alive connection, one request at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with nothing read."""
        self._transport, self._got, self._length = transport, b"", -1

    def data_received(self, data: bytes) -> None:
        """Answer once the whole request is there."""
        self._got += data
        if self._length < 0 and (end := self._got.find(b"\r\n\r\n")) >= 0:
            head = self._got[:end].lower()
            length = re.search(rb"content-length: (\d+)", head)
            self._length = end + 4 + int(length[1] if length else 0)
        if 0 <= self._length <= len(self._got):
            found = reply(tuple(_TELL.findall(self._got)))
            self._got, self._length = b"", -1
            asyncio.get_running_loop().call_later(LATENCY_S, self._send, found)

    def _send(self, found: bytes) -> None:
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.write(found)


async def main() -> None:
    """Serve until standard input ends."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
