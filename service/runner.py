"""The jobs that this server runs: one after another, in the background, with the local engine.

In: numbers of jobs.  Out: what stands in the archive; and, for a job that it cannot go on with, why (`trouble`).  When
it starts it takes up whatever an earlier server left unfinished.  It may be killed at any instant: a job's state is in
the archive alone.  Jobs made for another engine are left to whoever runs that.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from service.archive.jobs import Progress, list_jobs
from service.archive.leases import OPEN_JOBS
from service.archive.local import run_job
from service.archive.opening import Archive
from service.errors import ArchiveUnavailable, BaoshuError

ENGINE = "local"

# The archive was away for longer than the engine waits by itself.
RETRY_SECONDS = 10.0

_log = logging.getLogger("baoshu")


class RunJob(Protocol):
    """`archive.local.run_job`, as far as it is used here."""

    def __call__(
        self, archive_url: str, job: int, model: Path, *, workers: int, stop: threading.Event | None
    ) -> Progress: ...


class Runner:
    """`folder_of` finds a model's folder by its id, and raises `BaoshuError` where there is none."""

    def __init__(self, folder_of: Callable[[str], Path], *, workers: int, run: RunJob = run_job) -> None:
        self._folder_of, self._workers, self._run = folder_of, workers, run
        self._jobs: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._models: dict[int, str] = {}
        self._trouble: dict[int, str] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, archive: Archive) -> None:
        """Take up what is unfinished, the oldest first, and from then on what is submitted."""
        with archive.reading() as connection:
            unfinished = _unfinished(connection)
        for job in reversed(unfinished):
            _log.info("job %s goes on", job.id)
            self.submit(job.id, job.model)
        self._thread = threading.Thread(target=self._work, args=(archive,), name="runner")
        self._thread.start()

    def submit(self, job: int, model: str) -> None:
        """Run this job when those before it are over."""
        self._models[job] = model
        self._jobs.put(job)

    def trouble(self, job: int) -> str | None:
        """Why this server does not go on with the job, in Chinese."""
        return self._trouble.get(job)

    def tell_to_stop(self) -> None:
        """What is being read now is given back; at once, and from any thread."""
        self._stop.set()
        self._jobs.put(None)

    def stop(self) -> None:
        """The same, and wait for it."""
        self.tell_to_stop()
        if self._thread is not None:
            self._thread.join()

    def _work(self, archive: Archive) -> None:
        while (job := self._jobs.get()) is not None and not self._stop.is_set():
            try:
                model = self._folder_of(self._models[job])
                self._run(archive.url, job, model, workers=self._workers, stop=self._stop)
                self._trouble.pop(job, None)
            except ArchiveUnavailable as error:
                _log.warning("job %s waits: %s", job, error.detail)
                self._trouble[job] = f"{error.title}；稍后继续。"
                self._jobs.put(job)
                self._stop.wait(RETRY_SECONDS)
            except BaoshuError as error:
                _log.error("job %s: %s", job, error.detail)
                self._trouble[job] = f"{error.title}：{error.detail}"
            except Exception:
                _log.exception("job %s", job)
                self._trouble[job] = "内部错误，任务没有完成；详见日志，重启服务后继续。"


def _unfinished(connection: Connection) -> list[Progress]:
    """Jobs for this engine that are not over, the newest first."""
    found: list[Progress] = []
    after: str | None = None
    while True:
        page = list_jobs(connection, states=OPEN_JOBS, after=after)
        found += [job for job in page.items if job.engine == ENGINE]
        if page.next is None:
            return found
        after = page.next
