"""The coordinator of a job, whoever reads: processes of this machine (`local`) or a Ray cluster (`cluster`).

In: a crew, which is an engine's readers.  Out: the job's progress, at its end.  The coordinator reads nothing itself;
it has its crew tended, tells progress, and says when the job is done or given up.  It too may die at any instant: its
readers notice and go, and running the job again goes on where it was.  Two coordinators of one job share the work, also
those of unlike engines.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType

from service.archive.jobs import Progress, progress, settle
from service.archive.opening import Archive
from service.errors import ArchiveUnavailable

# How long a report stays with a worker that died along with its coordinator.
LEASE = timedelta(seconds=60)
# A report of two million characters takes some minutes on a slow machine; beyond this its reader hangs.
LONGEST = timedelta(hours=1)
# What is in hand when a job is stopped may be finished within this time.
GRACE = timedelta(seconds=10)

# Readers that die before they do anything, one after another: then something is wrong with all of them.  Between them
# is a pause of one second, two, four ...: half a minute together, in which a store that is started anew comes back.
MOST_FRUITLESS = 6
# So often does the coordinator look.
POLL_SECONDS = 0.2
# Progress is told this often, or less where counting takes long: it takes a fiftieth of the time at most.
TELL_SECONDS = 1.0
COUNTING_SHARE = 50

_log = logging.getLogger("baoshu")


class Crew(ABC):
    """The readers of one coordinator."""

    @abstractmethod
    def tend(self) -> None:
        """Start readers where there are too few, and give back what the dead held.  Raises what no restart can mend."""

    @abstractmethod
    def listen(self, seconds: float) -> None:
        """Take in what the readers tell, for that long at most."""

    @abstractmethod
    def dismiss(self, grace: timedelta, hurry: threading.Event) -> None:
        """Let all finish what they have in hand, for `grace` or until `hurry`; end the rest, give back its leases."""


def run(
    archive: Archive,
    job: int,
    crew: Crew,
    *,
    on_progress: Callable[[Progress], None] | None,
    stop: threading.Event | None,
    grace: timedelta,
) -> Progress:
    """Read what is left of the job; how it stands at the end.

    Ends when the job is over, when `stop` is set, or, in a main thread, at SIGINT or SIGTERM (at the second one without
    waiting for what is in hand); what was leased is then given back, and the state says that the job is not over.
    Raises NotFound for no such job, ArchiveUnavailable, and what the crew raises.
    """
    stop = stop if stop is not None else threading.Event()
    hurry = threading.Event()
    teller = _Teller(archive, job, on_progress)
    with _interruptible(stop, hurry):
        try:
            _lead(archive, job, crew, teller, stop)
        finally:
            crew.dismiss(grace, hurry)
    return teller.tell()


def _lead(archive: Archive, job: int, crew: Crew, teller: _Teller, stop: threading.Event) -> None:
    """Until the job is over or `stop` is set.  A store that is away for a while is waited for."""
    trouble = 0
    while not stop.is_set():
        try:
            if settle(archive, job):
                return
            crew.tend()
            teller.tell_now_and_then()
            trouble = 0
        except ArchiveUnavailable as error:
            trouble += 1
            if trouble > MOST_FRUITLESS:
                raise
            _log.warning("the archive does not answer: %s", error.detail)
            stop.wait(pause_after(trouble))
        crew.listen(POLL_SECONDS)


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures on end, of which there is at least one."""
    return float(2 ** (min(failures, MOST_FRUITLESS) - 1))


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
