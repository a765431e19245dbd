"""Server-sent events (HTML standard, section 9.2) of something that goes on.

In: how it stands, asked again and again.  Out: `progress` whenever that has changed, `end` at last, a comment while
nothing happens.  Knows nothing of what is told.
"""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic
from typing import Any, NamedTuple

import anyio

EVENT_STREAM = "text/event-stream"
# Proxies are not to hold events back.
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
# Proxies cut off what is silent for a minute, some for half of one.
HEARTBEAT_SECONDS = 15.0
HEARTBEAT = ": still there\n\n"
# A browser that was cut off comes back after this.
RETRY = "retry: 2000\n\n"


class Standing(NamedTuple):
    """`mark` tells it from how it stood before; `over`: it will not change any more; `body`: what is told of it."""

    mark: str
    over: bool
    body: Any


async def stream(
    look: Callable[[], Awaitable[Standing]], seen: str | None, stopping: threading.Event, *, seconds: float
) -> AsyncIterator[str]:
    """The events of something until it is over or the server stops; `look` is asked every so many `seconds`.

    `seen`: the mark of the last event that the listener has, who is not told the same again.
    """
    told_at = monotonic()
    yield RETRY
    while not stopping.is_set():
        now = await look()
        if now.over:
            yield event("end", now.mark, now.body)
            return
        if now.mark != seen:
            yield event("progress", now.mark, now.body)
            seen, told_at = now.mark, monotonic()
        elif monotonic() - told_at >= HEARTBEAT_SECONDS:
            yield HEARTBEAT
            told_at = monotonic()
        await anyio.sleep(seconds)


def event(name: str, mark: str, body: Any) -> str:
    """One event with its id; `body` is what JSON can hold."""
    data = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"id: {mark}\nevent: {name}\ndata: {data}\n\n"
