"""The local engine: a job read by processes of this machine.

In: where the archive is, a job, a model's folder, how many workers.  Out: the job's progress, at its end.  Each worker
is told to go by its pipe, whose end it notices also where the coordinator is killed.  Others are started for those that
die, and what the dead had leased is given back.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from service.archive import crew
from service.archive.crew import GRACE, LEASE, LONGEST, POLL_SECONDS, Crew, pause_after
from service.archive.jobs import MAX_ATTEMPTS, Progress, progress, release
from service.archive.opening import Archive, open_archive
from service.archive.worker import PIPELINE, Task, Told, work
from service.errors import ArchiveUnavailable, BaoshuError, WorkersLost

_log = logging.getLogger("baoshu")


def run_job(
    archive_url: str,
    job: int,
    model: Path,
    *,
    workers: int,
    threads: int = 1,
    lease: timedelta = LEASE,
    on_progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    reader: str = PIPELINE,
    attempts: int = MAX_ATTEMPTS,
    longest: timedelta = LONGEST,
    grace: timedelta = GRACE,
) -> Progress:
    """Read what is left of the job with `workers` processes; how it stands at the end.

    Ends when the job is over, when `stop` is set, or, in a main thread, at SIGINT or SIGTERM (at the second one without
    waiting for what is in hand); what was leased is then given back, and the state says that the job is not over.
    Raises NotFound for no such job, ModelRefused for a model that is none or not the job's, ArchiveUnavailable, and
    WorkersLost where no worker lives long enough to read anything.
    """
    archive = open_archive(archive_url)
    task = Task(archive.url, job, model, threads, lease, attempts, longest, reader)
    try:
        with archive.reading() as connection:
            begun = progress(connection, job)
        # Who loads a model is to have something to read.
        processes = _Processes(archive, task, min(workers, begun.waiting + begun.leased))
        return crew.run(archive, job, processes, on_progress=on_progress, stop=stop, grace=grace)
    finally:
        archive.close()


class _Process:
    """A worker as the coordinator knows it.  `name` is used by no other, ever."""

    def __init__(self, name: str, process: SpawnProcess, pipe: Connection) -> None:
        self.name, self.process, self.pipe = name, process, pipe
        self.begun = self.ended = False
        self.fault = ""
        self.refused: BaoshuError | None = None

    def listen(self) -> bool:
        """Take in one thing that the worker has told; whether there was one."""
        try:
            if not self.pipe.poll():
                return False
            told: tuple[Told, str | BaoshuError] = self.pipe.recv()
        except (EOFError, OSError):
            return False
        match told:
            case Told.BEGUN, _:
                self.begun = True
            case Told.ENDED, _:
                self.ended = True
            case Told.REFUSED, BaoshuError() as error:
                self.refused = error
            case _, fault:
                self.fault = str(fault)
        return True

    def bury(self) -> None:
        """Hear its last words, now that it is dead."""
        while self.listen():
            pass
        self.pipe.close()


class _Processes(Crew):
    def __init__(self, archive: Archive, task: Task, wanted: int) -> None:
        self._archive, self._task, self._wanted = archive, task, wanted
        self._spawn = multiprocessing.get_context("spawn")
        self._hands: list[_Process] = []
        self._fruitless = 0
        self._not_before = 0.0

    def tend(self) -> None:
        for hand in [hand for hand in self._hands if not hand.process.is_alive()]:
            hand.bury()
            if hand.refused is not None:
                raise hand.refused
            release(self._archive, self._task.job, hand.name, blameless=bool(hand.fault))
            self._hands.remove(hand)
            self._count(hand)
        if time.monotonic() >= self._not_before:
            for _ in range(self._wanted - len(self._hands)):
                self._hands.append(self._hire())

    def listen(self, seconds: float) -> None:
        if not self._hands:
            time.sleep(seconds)
        self._listen(self._hands, seconds)

    def dismiss(self, grace: timedelta, hurry: threading.Event) -> None:
        for hand in self._hands:
            hand.pipe.close()
        until = time.monotonic() + grace.total_seconds()
        while time.monotonic() < until and not hurry.is_set():
            if not (alive := [hand for hand in self._hands if hand.process.is_alive()]):
                break
            self._listen(alive, POLL_SECONDS)
        for hand in self._hands:
            hand.process.kill()
            hand.process.join()
            try:
                release(self._archive, self._task.job, hand.name, blameless=True)
            except ArchiveUnavailable as error:
                _log.warning("leases of %s are not given back, and end by themselves: %s", hand.name, error.detail)
        self._hands = []

    def _hire(self) -> _Process:
        name = f"{socket.gethostname()}-{uuid.uuid4().hex[:16]}"
        ours, theirs = self._spawn.Pipe()
        process = self._spawn.Process(target=work, args=(name, self._task, theirs), name=name, daemon=True)
        resource_tracker.ensure_running()  # here, since it unblocks what is blocked below
        # Ctrl-C goes to all processes of a terminal; a worker is not to hear it, not even before it can say so itself.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            theirs.close()
        return _Process(name, process, ours)

    def _listen(self, hands: Sequence[_Process], seconds: float) -> None:
        """Take in what they tell, for that long at most; back at once where one dies."""
        pipes = {hand.pipe: hand for hand in hands if not hand.pipe.closed}
        for ready in wait([*pipes, *(hand.process.sentinel for hand in hands)], seconds):
            if isinstance(ready, Connection):
                pipes[ready].listen()

    def _count(self, hand: _Process) -> None:
        """Whether that death brings the end nearer.  Who leased a report used up one of its attempts, or ended it."""
        last = hand.fault or f"退出状态 {hand.process.exitcode}"
        _log.warning("worker %s ended: %s", hand.name, last)
        if hand.ended:
            self._fruitless = 0
        if hand.begun and not hand.fault:
            return
        # Those that die together, as of a lack of memory, die of one thing.
        if time.monotonic() < self._not_before:
            return
        self._fruitless += 1
        if self._fruitless >= crew.MOST_FRUITLESS and not any(other.ended for other in self._hands):
            raise WorkersLost(f"{crew.MOST_FRUITLESS} 个进程接连在读完任何报告之前终止，最后一个：{last}。")
        self._not_before = time.monotonic() + pause_after(self._fruitless)
