"""A real Label Studio for tests: a server of its own over SQLite in a scratch folder, driven by its API.

Label Studio is too large for `make test` to install; `make labelstudio` puts it into `.label-studio/` and runs the
tests that need it.  Elsewhere they are skipped and say so.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).resolve().parent.parent
ABSENT = "no Label Studio on this machine (make labelstudio installs it and runs these tests)"
# It makes its database first, by some hundred migrations.
START_SECONDS = 300.0
USER, PASSWORD, TOKEN = "zhangsan@example.org", "only-for-tests", "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class LabelStudio:
    """A server at `address`."""

    address: str
    _client: httpx2.Client

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer to a call of its API, which has to succeed."""
        answer = self.ask(method, path, body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        return answer.json() if answer.content else None

    def ask(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        return self._client.request(method, path, json=body)

    def project(self, title: str, config: str, tasks: list[dict[str, Any]]) -> tuple[int, list[int]]:
        """A new project with these tasks: its id and theirs."""
        made = self.call("POST", "/api/projects", {"title": title, "label_config": config})
        there = self.call("POST", f"/api/projects/{made['id']}/import?return_task_ids=true", tasks)
        return made["id"], there["task_ids"]

    def predictions(self, task: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", f"/api/predictions?task={task}")
        return found

    def annotate(self, task: int, result: list[dict[str, Any]], **more: Any) -> int:
        """What someone submits for a task: the id of the annotation."""
        made = self.call("POST", f"/api/tasks/{task}/annotations/", {"result": result, **more})
        return int(made["id"])


def installed() -> str | None:
    """The program, where it is: that of `make labelstudio`, else what is on PATH."""
    ours = ROOT / ".label-studio" / "bin" / "label-studio"
    return str(ours) if ours.exists() else shutil.which("label-studio")


@contextmanager
def running(program: str, folder: Path) -> Iterator[LabelStudio]:
    """A server over an empty database in `folder`, on loopback, which tells nobody of itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder),
        "LABEL_STUDIO_USERNAME": USER,
        "LABEL_STUDIO_PASSWORD": PASSWORD,
        "LABEL_STUDIO_USER_TOKEN": TOKEN,
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "DJANGO_DB": "sqlite",
        "SECRET_KEY": TOKEN,
        # It sends nothing to addresses of one's own network unless it is told to.
        "ML_BLOCK_LOCAL_IP": "false",
        "SSRF_PROTECTION_ENABLED": "false",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
    }
    command = [program, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, **given}, stdout=log, stderr=log, cwd=folder)
    try:
        with httpx2.Client(
            base_url=address, headers={"Authorization": f"Token {TOKEN}"}, timeout=120, trust_env=False
        ) as client:
            _wait(process, client, folder / "log.txt")
            yield LabelStudio(address, client)
    finally:
        process.terminate()
        process.wait(60)


def _wait(process: subprocess.Popen[bytes], client: httpx2.Client, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            if client.get("/health").is_success:
                return
        except httpx2.TransportError:
            time.sleep(0.5)
    raise AssertionError("Label Studio did not start:\n" + log.read_text(encoding="utf-8", errors="replace")[-4000:])
