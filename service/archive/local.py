"""The local engine: a job read by processes of this machine.

In: where the archive is, a job, a model's folder, how many workers.  Out: the job's progress, at its end.  Each worker
is told to go by its pipe, whose end it notices also where the coordinator is killed.
"""

from __future__ import annotations

import multiprocessing
import signal
import socket
import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from service.archive import crew
from service.archive.crew import GRACE, LEASE, LONGEST, Engine, Hand
from service.archive.jobs import MAX_ATTEMPTS, Progress
from service.archive.opening import open_archive
from service.archive.worker import PIPELINE, Task, work


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
        return crew.run(archive, task, _Processes(workers), on_progress=on_progress, stop=stop, grace=grace)
    finally:
        archive.close()


class _Process(Hand):
    def __init__(self, name: str, process: SpawnProcess, pipe: Connection) -> None:
        super().__init__(name)
        self.process, self.pipe = process, pipe

    @property
    def alive(self) -> bool:
        return self.process.is_alive()

    @property
    def fate(self) -> str:
        return f"退出状态 {self.process.exitcode}"

    def listen(self) -> bool:
        """Take in one thing that the worker has told; whether there was one."""
        try:
            if not self.pipe.poll():
                return False
            self.hear(*self.pipe.recv())
        except (EOFError, OSError):
            return False
        return True

    def let_go(self) -> None:
        self.pipe.close()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def bury(self) -> None:
        while self.listen():
            pass
        self.pipe.close()


class _Processes(Engine[_Process]):
    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._spawn = multiprocessing.get_context("spawn")

    def wanted(self) -> int:
        return self._workers

    def hire(self, task: Task) -> _Process:
        name = f"{socket.gethostname()}-{uuid.uuid4().hex[:16]}"
        ours, theirs = self._spawn.Pipe()
        process = self._spawn.Process(target=work, args=(name, task, theirs), name=name, daemon=True)
        resource_tracker.ensure_running()  # here, since it unblocks what is blocked below
        # Ctrl-C goes to all processes of a terminal; a worker is not to hear it, not even before it can say so itself.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            theirs.close()
        return _Process(name, process, ours)

    def listen(self, hands: Sequence[_Process], seconds: float) -> None:
        pipes = {hand.pipe: hand for hand in hands if not hand.pipe.closed}
        for ready in wait([*pipes, *(hand.process.sentinel for hand in hands)], seconds):
            if isinstance(ready, Connection):
                pipes[ready].listen()
