"""Server-sent events (HTML standard, section 9.2): their form, and how long a stream may be silent.

Knows nothing of what is told.
"""

from __future__ import annotations

import json
from typing import Any

EVENT_STREAM = "text/event-stream"
# Proxies are not to hold events back.
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
# Proxies cut off what is silent for a minute, some for half of one.
HEARTBEAT_SECONDS = 15.0
HEARTBEAT = ": still there\n\n"
# A browser that was cut off comes back after this.
RETRY = "retry: 2000\n\n"


def event(name: str, mark: str, body: Any) -> str:
    """One event with its id; `body` is what JSON can hold."""
    data = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"id: {mark}\nevent: {name}\ndata: {data}\n\n"
