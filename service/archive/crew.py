"""The coordinator of a job, whoever its workers are: processes of this machine (`local`) or actors (`cluster`).

In: an engine, which starts workers and listens to them.  Out: the job's progress, at its end.  The coordinator reads
nothing itself; it starts workers (`worker`), starts others for those that die, gives back what the dead had leased, and
says when the job is done.  It too may die at any instant: its workers notice and go, and running the job again goes on
where it was.  Two coordinators of one job share the work, also those of unlike engines.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import Generic, TypeVar

from service.archive.jobs import Progress, progress, release, settle
from service.archive.opening import Archive
from service.archive.worker import Task, Told
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


class Hand(ABC):
    """A worker as the coordinator knows it.  `name` is used by no other, ever."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.begun = self.ended = False
        self.fault = ""
        self.refused: BaoshuError | None = None

    def hear(self, what: Told, text: str | BaoshuError) -> None:
        """Take in one thing that the worker has told."""
        match what, text:
            case Told.BEGUN, _:
                self.begun = True
            case Told.ENDED, _:
                self.ended = True
            case Told.REFUSED, BaoshuError():
                self.refused = text
            case _:
                self.fault = str(text)

    @property
    @abstractmethod
    def alive(self) -> bool: ...

    @property
    @abstractmethod
    def fate(self) -> str:
        """How it ended, in Chinese, as far as that can be seen from outside."""

    @abstractmethod
    def let_go(self) -> None:
        """Tell it to finish what is in hand, to lease no more, and to go.  Comes at once."""

    @abstractmethod
    def kill(self) -> None:
        """End it now."""

    @abstractmethod
    def bury(self) -> None:
        """Hear its last words, now that it is dead, and free what it used."""


H = TypeVar("H", bound=Hand)


class Engine(ABC, Generic[H]):
    """Where workers come from."""

    @abstractmethod
    def wanted(self) -> int:
        """How many there should be now.  Raises what forbids going on."""

    @abstractmethod
    def hire(self, task: Task) -> H:
        """Start one."""

    @abstractmethod
    def listen(self, hands: Sequence[H], seconds: float) -> None:
        """Take in what they tell, for that long at most; back at once where one dies."""


def run(
    archive: Archive,
    task: Task,
    engine: Engine[H],
    *,
    on_progress: Callable[[Progress], None] | None,
    stop: threading.Event | None,
    grace: timedelta,
) -> Progress:
    """Read what is left of the job; how it stands at the end.

    Ends when the job is over, when `stop` is set, or, in a main thread, at SIGINT or SIGTERM (at the second one without
    waiting for what is in hand); what was leased is then given back, and the state says that the job is not over.
    Raises NotFound for no such job, ModelRefused for a model that is none or not the job's, ArchiveUnavailable, and
    WorkersLost where no worker lives long enough to read anything.
    """
    stop = stop if stop is not None else threading.Event()
    hurry = threading.Event()
    teller = _Teller(archive, task.job, on_progress)
    crew = _Crew(archive, task, engine, teller.ask())
    with _interruptible(stop, hurry):
        try:
            _lead(archive, crew, teller, stop)
        finally:
            crew.dismiss(grace, hurry)
    return teller.tell()


def _lead(archive: Archive, crew: _Crew[H], teller: _Teller, stop: threading.Event) -> None:
    """Until the job is over or `stop` is set.  A store that is away for a while is waited for."""
    trouble = 0
    while not stop.is_set():
        try:
            if settle(archive, crew.task.job):
                return
            crew.tend()
            teller.tell_now_and_then()
            trouble = 0
        except ArchiveUnavailable as error:
            trouble += 1
            if trouble > MOST_FRUITLESS:
                raise
            _log.warning("the archive does not answer: %s", error.detail)
            stop.wait(2 ** (trouble - 1))
        crew.listen(POLL_SECONDS)


class _Crew(Generic[H]):
    """The workers of one coordinator."""

    def __init__(self, archive: Archive, task: Task, engine: Engine[H], begun: Progress) -> None:
        self.task = task
        self._most = begun.waiting + begun.leased  # who loads a model is to have something to read
        self._archive, self._engine = archive, engine
        self._hands: list[H] = []
        self._fruitless = 0
        self._not_before = 0.0

    def listen(self, seconds: float) -> None:
        """Take in what the workers tell, for that long at most."""
        if self._hands:
            self._engine.listen(self._hands, seconds)
        else:
            time.sleep(seconds)

    def tend(self) -> None:
        """Bury the dead, and start others where there are too few.  Raises what no restart can mend."""
        for hand in [hand for hand in self._hands if not hand.alive]:
            hand.bury()
            if hand.refused is not None:
                raise hand.refused
            release(self._archive, self.task.job, hand.name, blameless=bool(hand.fault))
            self._hands.remove(hand)
            self._count(hand)
        if time.monotonic() >= self._not_before:
            for _ in range(min(self._engine.wanted(), self._most) - len(self._hands)):
                self._hands.append(self._engine.hire(self.task))

    def dismiss(self, grace: timedelta, hurry: threading.Event) -> None:
        """Let all finish what they have in hand, for `grace` or until `hurry`; end the rest, give back its leases."""
        for hand in self._hands:
            hand.let_go()
        until = time.monotonic() + grace.total_seconds()
        while (alive := [h for h in self._hands if h.alive]) and time.monotonic() < until and not hurry.is_set():
            self._engine.listen(alive, POLL_SECONDS)
        for hand in self._hands:
            hand.kill()
            try:
                release(self._archive, self.task.job, hand.name, blameless=True)
            except ArchiveUnavailable as error:
                _log.warning("leases of %s are not given back, and end by themselves: %s", hand.name, error.detail)
        self._hands = []

    def _count(self, hand: H) -> None:
        """Whether that death brings the end nearer.  Who leased a report used up one of its attempts, or ended it."""
        last = hand.fault or hand.fate
        _log.warning("worker %s ended: %s", hand.name, last)
        if hand.ended:
            self._fruitless = 0
        if hand.begun and not hand.fault:
            return
        # Those that die together, as on a machine that is switched off, die of one thing.
        if time.monotonic() < self._not_before:
            return
        self._fruitless += 1
        if self._fruitless >= MOST_FRUITLESS and not any(other.ended for other in self._hands):
            raise WorkersLost(f"{MOST_FRUITLESS} 个进程接连在读完任何报告之前终止，最后一个：{last}。")
        self._not_before = time.monotonic() + 2 ** (min(self._fruitless, MOST_FRUITLESS) - 1)


class _Teller:
    """Tells progress now and then."""

    def __init__(self, archive: Archive, job: int, on_progress: Callable[[Progress], None] | None) -> None:
        self._archive, self._job, self._on_progress = archive, job, on_progress
        self._next = 0.0

    def tell_now_and_then(self) -> None:
        if self._on_progress is not None and time.monotonic() >= self._next:
            begun = time.monotonic()
            self.tell()
            ended = time.monotonic()
            self._next = ended + max(TELL_SECONDS, COUNTING_SHARE * (ended - begun))

    def ask(self) -> Progress:
        with self._archive.reading() as connection:
            return progress(connection, self._job)

    def tell(self) -> Progress:
        found = self.ask()
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
