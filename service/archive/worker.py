"""One worker: reads what is leased to it and stores what it read (`Reading`); as a process of its own (`work`), it
leases a report, and the next.

In: a `Task`, and for a process a pipe to the coordinator.  Out: what stands in the archive; over the pipe, `Told`.  A
worker keeps nothing that the archive does not have, so that it may die at any instant.

A second thread renews the lease of what is read.  It ends the process at once, without a word, where one report takes
longer than `Task.longest`: a reader that hangs would keep its lease for ever.  A third one listens to the pipe:
whatever comes over it, its end included (the coordinator is gone), means: finish what is in hand, lease no more, go.
So does SIGTERM.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

from sqlalchemy import select

from service.archive.leases import Claimed, claim, fail, finish, heartbeat
from service.archive.opening import Archive, open_archive
from service.archive.tables import jobs, models
from service.errors import ArchiveUnavailable, BaoshuError, ModelRefused
from service.extractor import Extractor
from service.records import ModelCard
from service.response import to_json

# How a reader is made: a function of the model's folder and the threads to use.
MakeReader = Callable[[Path, int], Extractor]
PIPELINE = "service.archive.worker:load_pipeline"

# Lost beats before the lease is: two, so that one moment of a busy store costs nothing.
BEATS = 3
# A worker without work looks again this often: for leases that end, and for the job's end.
IDLE_SECONDS = 0.25

OVERTIME = 70  # exit status

_log = logging.getLogger("baoshu")


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker needs to know.  `attempts`: after how many an item has failed; `reader`: `module:function`."""

    archive: str
    job: int
    model: Path
    threads: int
    lease: timedelta
    attempts: int
    longest: timedelta
    reader: str = PIPELINE


class Told(StrEnum):
    """What a worker tells, each with a text or an error: it leased its first report; it brought one to an end; it will
    never be able to work (the error says why); it could not go on."""

    BEGUN = "begun"
    ENDED = "ended"
    REFUSED = "refused"
    FAULT = "fault"


def load_pipeline(model: Path, threads: int) -> Extractor:
    """The reader that ships.  Raises ModelRefused."""
    from service.pipeline import Pipeline

    return Pipeline.load(model, threads=threads)


def reader_of(name: str) -> MakeReader:
    """The function that `module:function` names."""
    module, _, function = name.partition(":")
    make: MakeReader = getattr(import_module(module), function)
    return make


def check_model(archive: Archive, job: int, card: ModelCard) -> int:
    """The key of the job's model.  Raises ModelRefused where `card` is another."""
    with archive.reading() as connection:
        query = select(models).join_from(jobs, models).where(jobs.c.id == job)
        wanted = connection.execute(query).one()
    if (card.name, card.version, card.sha256) != (wanted.name, wanted.version, wanted.sha256):
        given = f"{card.name}-{card.version}（SHA-256 {card.sha256[:12]}）"
        wish = f"{wanted.id}（SHA-256 {wanted.sha256[:12]}）"
        raise ModelRefused(f"任务 {job} 用的模型是 {wish}，给出的文件夹里是 {given}；请给出任务所用的模型。")
    return int(wanted.key)


def work(name: str, task: Task, pipe: Connection) -> None:
    """Work on the job until told to stop.  `name` is used by no other, ever."""
    worker = Worker(name, task, pipe)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the coordinator as well, who tells.
    signal.signal(signal.SIGTERM, worker.stop)
    worker.attend()


class Reading:
    """One life of a reader of a job: the archive open, the model loaded, and the lease of what is in hand renewed.

    `name` is used by no other, ever.  Raises ModelRefused, ArchiveUnavailable, and whatever the reader raises.
    """

    def __init__(self, name: str, task: Task) -> None:
        self.name, self.task = name, task
        self.archive = open_archive(task.archive, migrate=False)
        self._reader = reader_of(task.reader)(task.model, task.threads)
        self._model_key = check_model(self.archive, task.job, self._reader.model)
        self._since: float | None = None  # when what is in hand was leased, by the monotonic clock
        threading.Thread(target=self._watch, daemon=True).start()

    def read(self, report: Claimed) -> None:
        """Bring a report that is leased to its end.  A fault of the report ends it, one of the store is raised."""
        self._since = time.monotonic()
        try:
            self._read(report)
        finally:
            self._since = None

    def _read(self, report: Claimed) -> None:
        job, key = self.task.job, report.report_key
        try:
            begun = time.perf_counter()
            answer = to_json(self._reader.extract(report.text, report.hints), document=report.document)
            finish(self.archive, job, self.name, key, self._model_key, answer, time.perf_counter() - begun)
        except ArchiveUnavailable:
            raise
        except BaoshuError as error:
            fail(self.archive, job, self.name, key, error.code, f"{error.title}：{error.detail}")
        except Exception:
            # A fault of ours on one report must not cost the others; the trace says where to look.
            _log.exception("report %s", report.report_id)
            fail(self.archive, job, self.name, key, BaoshuError.code, "内部错误，没有读完；详见日志。")

    def _watch(self) -> None:
        task = self.task
        beat = task.lease.total_seconds() / BEATS
        while True:
            time.sleep(beat)
            since = self._since
            if since is None:
                continue
            if time.monotonic() - since > task.longest.total_seconds():
                os._exit(OVERTIME)
            try:
                heartbeat(self.archive, task.job, self.name, lease=task.lease)
            except ArchiveUnavailable as error:
                _log.warning("worker %s: no heartbeat: %s", self.name, error.detail)


class Worker:
    """Reads until the pipe says otherwise.  `name` is used by no other, ever."""

    def __init__(self, name: str, task: Task, pipe: Connection) -> None:
        self._name, self._task, self._pipe = name, task, pipe
        self._stopped = threading.Event()
        self._told: set[Told] = set()

    def attend(self) -> None:
        """Work on the job until told to stop; what makes that impossible is told."""
        try:
            self._run()
        except ArchiveUnavailable as error:
            self.tell(Told.FAULT, error.detail)
        except BaoshuError as error:
            self.tell(Told.REFUSED, error)
        except Exception as error:
            _log.exception("worker %s", self._name)
            self.tell(Told.FAULT, repr(error))

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        self._stopped.set()

    def tell(self, what: Told, text: str | BaoshuError = "") -> None:
        """Each thing once; in vain where no one listens any more."""
        if what in self._told:
            return
        self._told.add(what)
        try:
            self._pipe.send((what, text))
        except OSError:
            self.stop()

    def _run(self) -> None:
        task = self._task
        reading = Reading(self._name, task)
        threading.Thread(target=self._listen, daemon=True).start()
        while not self._stopped.is_set():
            # One at a time: reading takes long beside leasing, and no one waits for what another has not begun.
            found = claim(reading.archive, task.job, self._name, many=1, lease=task.lease, attempts=task.attempts)
            if not found:
                self._stopped.wait(IDLE_SECONDS)
                continue
            self.tell(Told.BEGUN)
            for report in found:
                reading.read(report)
                self.tell(Told.ENDED)
        reading.archive.close()

    def _listen(self) -> None:
        self._pipe.poll(None)
        self.stop()
