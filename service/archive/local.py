"""The local engine: a job read by processes of this machine.

In: where the archive is, a job, a model's folder, how many workers.  Out: the job's progress, at its end.  The
coordinator reads nothing itself; it starts workers (`worker`), starts others for those that die, gives back what the
dead had leased, and says when the job is done.  It too may die at any instant: its workers notice and go, and running
the job again goes on where it was.  Two coordinators of one job share the work.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType

from service.archive.jobs import MAX_ATTEMPTS, Progress, progress, release, settle
from service.archive.opening import Archive, open_archive
from service.archive.worker import PIPELINE, Task, Told, work
from service.errors import ArchiveUnavailable, BaoshuError, WorkersLost

# How long a report stays with a worker that died along with its coordinator.
LEASE = timedelta(seconds=60)
# A report of two million characters takes some minutes on a slow machine; beyond this its reader hangs.
LONGEST = timedelta(hours=1)
# What is in hand when a job is stopped may be finished within this time.
GRACE = timedelta(seconds=10)

# Workers that die before they do anything, one after another: then something is wrong with all of them.  Between them
# is a pause of one second, two, four ...: half a minute together, in which a store that is started anew comes back.
MOST_FRUITLESS = 6
# So often does the coordinator look.
POLL_SECONDS = 0.2
# Progress is told this often, or less where counting takes long: it takes a fiftieth of the time at most.
TELL_SECONDS = 1.0
COUNTING_SHARE = 50

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
    stop = stop if stop is not None else threading.Event()
    hurry = threading.Event()
    task = Task(archive_url, job, model, threads, lease, attempts, longest, reader)
    tell = _Teller(archive, job, on_progress)
    crew = _Crew(archive, task)
    try:
        with _interruptible(stop, hurry):
            try:
                _lead(archive, crew, tell, workers, stop)
            finally:
                crew.dismiss(grace, hurry)
        return tell.last()
    finally:
        archive.close()


def _lead(archive: Archive, crew: _Crew, tell: _Teller, workers: int, stop: threading.Event) -> None:
    """Until the job is over or `stop` is set.  A store that is away for a while is waited for."""
    with archive.reading() as connection:
        begun = progress(connection, crew.task.job)
    workers = min(workers, begun.waiting + begun.leased)
    trouble = 0
    while not stop.is_set():
        try:
            if settle(archive, crew.task.job):
                return
            crew.tend(workers)
            tell.now_and_then()
            trouble = 0
        except ArchiveUnavailable as error:
            trouble += 1
            if trouble > MOST_FRUITLESS:
                raise
            _log.warning("the archive does not answer: %s", error.detail)
            stop.wait(2 ** (trouble - 1))
        crew.listen(POLL_SECONDS)


@dataclass(slots=True)
class _Hand:
    """A worker as the coordinator knows it."""

    name: str
    process: SpawnProcess
    pipe: Connection
    begun: bool = False
    ended: bool = False
    fault: str = ""
    refused: BaoshuError | None = None


class _Crew:
    """The workers of one coordinator."""

    def __init__(self, archive: Archive, task: Task) -> None:
        self.task = task
        self._archive = archive
        self._spawn = multiprocessing.get_context("spawn")
        self._hands: list[_Hand] = []
        self._fruitless = 0
        self._not_before = 0.0

    def listen(self, seconds: float) -> None:
        """Take in what the workers tell, for that long at most; back at once where one dies."""
        pipes = {hand.pipe: hand for hand in self._hands}
        sentinels = [hand.process.sentinel for hand in self._hands]
        if not pipes:
            time.sleep(seconds)
        for ready in wait([*pipes, *sentinels], seconds) if pipes else ():
            if isinstance(ready, Connection):
                _hear(pipes[ready])

    def tend(self, workers: int) -> None:
        """Bury the dead, and start others where there are fewer than `workers`.  Raises what no restart can mend."""
        for hand in [hand for hand in self._hands if not hand.process.is_alive()]:
            while _hear(hand):
                pass
            if hand.refused is not None:
                raise hand.refused
            release(self._archive, self.task.job, hand.name, blameless=bool(hand.fault))
            self._hands.remove(hand)
            hand.pipe.close()
            self._count(hand)
        if time.monotonic() >= self._not_before:
            for _ in range(workers - len(self._hands)):
                self._hands.append(_start(self._spawn, self.task))

    def dismiss(self, grace: timedelta, hurry: threading.Event) -> None:
        """Let all finish what is in hand, for `grace` or until `hurry`; end the rest and give back its leases."""
        for hand in self._hands:
            hand.pipe.close()
        until = time.monotonic() + grace.total_seconds()
        while (alive := [h for h in self._hands if h.process.is_alive()]) and time.monotonic() < until:
            if hurry.is_set():
                break
            wait([hand.process.sentinel for hand in alive], POLL_SECONDS)
        for hand in self._hands:
            hand.process.kill()
            hand.process.join()
            try:
                release(self._archive, self.task.job, hand.name, blameless=True)
            except ArchiveUnavailable as error:
                _log.warning("leases of %s are not given back, and end by themselves: %s", hand.name, error.detail)
        self._hands = []

    def _count(self, hand: _Hand) -> None:
        """Whether that death brings the end nearer.  Who leased a report used up one of its attempts, or ended it."""
        _log.warning("worker %s ended with %s %s", hand.name, hand.process.exitcode, hand.fault)
        if hand.ended:
            self._fruitless = 0
        if hand.begun and not hand.fault:
            return
        self._fruitless += 1
        if self._fruitless >= MOST_FRUITLESS:
            last = hand.fault or f"退出状态 {hand.process.exitcode}"
            raise WorkersLost(f"{MOST_FRUITLESS} 个进程接连在读完任何报告之前终止，最后一个：{last}。")
        self._not_before = time.monotonic() + 2 ** (self._fruitless - 1)


def _start(spawn: multiprocessing.context.SpawnContext, task: Task) -> _Hand:
    name = f"{socket.gethostname()}-{uuid.uuid4().hex[:16]}"
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=work, args=(name, task, theirs), name=name, daemon=True)
    resource_tracker.ensure_running()  # here, since it unblocks what is blocked below
    # Ctrl-C goes to all processes of a terminal; a worker is not to hear it, not even before it can say so itself.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        theirs.close()
    return _Hand(name, process, ours)


def _hear(hand: _Hand) -> bool:
    """Take in one thing that the worker has told; whether there was one."""
    try:
        if not hand.pipe.poll():
            return False
        what, text = hand.pipe.recv()
    except (EOFError, OSError):
        return False
    match what:
        case Told.BEGUN:
            hand.begun = True
        case Told.ENDED:
            hand.ended = True
        case Told.REFUSED:
            hand.refused = text
        case Told.FAULT:
            hand.fault = text
    return True


class _Teller:
    """Tells progress now and then."""

    def __init__(self, archive: Archive, job: int, on_progress: Callable[[Progress], None] | None) -> None:
        self._archive, self._job, self._on_progress = archive, job, on_progress
        self._next = 0.0

    def now_and_then(self) -> None:
        if self._on_progress is not None and time.monotonic() >= self._next:
            begun = time.monotonic()
            self.last()
            ended = time.monotonic()
            self._next = ended + max(TELL_SECONDS, COUNTING_SHARE * (ended - begun))

    def last(self) -> Progress:
        with self._archive.reading() as connection:
            found = progress(connection, self._job)
        if self._on_progress is not None:
            self._on_progress(found)
        return found


@contextmanager
def _interruptible(stop: threading.Event, hurry: threading.Event) -> Iterator[None]:
    """SIGINT and SIGTERM set `stop`, and at the second time `hurry`; only in a main thread, which alone can."""

    def heard(_signal: int, _frame: FrameType | None) -> None:
        (hurry if stop.is_set() else stop).set()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
