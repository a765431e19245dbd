"""Nothing is lost and nothing doubled, whoever is killed whenever.

A coordinator with two workers reads thousands of reports, and again and again one of these is done to it, at an instant
that chance chooses: a worker is killed (SIGKILL); the coordinator is; all of them are at once, as when the machine goes
off; a worker is stopped until its lease is over, and goes on.  Where no coordinator is left, another is started.  At
the end everything must be as in a run that nothing disturbed.

`ARCHIVE_KILLS=300 ARCHIVE_ITEMS=20000 pytest -s tests/test_archive_kill.py` does it for long and tells the counts; so
does `ARCHIVE_SEED`, which gives other instants.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from archive_jobs import MINUTE, Kept, attempts, job_of, kept, states
from archive_reader import READER
from sqlalchemy import func, select

from service.archive.jobs import progress
from service.archive.local import run_job
from service.archive.opening import Archive, open_archive
from service.archive.tables import extractions, items

COORDINATOR = Path(__file__).resolve().parent / "archive_coordinator.py"
KILLS = int(os.environ.get("ARCHIVE_KILLS", "8"))
ITEMS = int(os.environ.get("ARCHIVE_ITEMS", "800"))
SEED = int(os.environ.get("ARCHIVE_SEED", "1"))

MANY = 100

LEASE_SECONDS = 1.0
KINDS = ("worker", "coordinator", "everything", "pause")
# From the moment that something was finished after the last blow: some blows fall while processes start, most while
# they read.
MOST_SECONDS_BETWEEN = 0.8
PATIENCE = 1800.0

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes through /proc")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """What a run keeps that nothing disturbs."""
    archive = open_archive(f"sqlite:///{tmp_path_factory.mktemp('undisturbed') / 'archive.db'}")
    end = run_job(archive.url, job_of(archive, ITEMS), Path(), workers=2, lease=MINUTE, reader=READER)
    assert (end.state, end.done) == ("done", ITEMS)
    found = kept(archive)
    archive.close()
    return found


def test_killed_at_random(archive: Archive, undisturbed: Kept) -> None:
    job = job_of(archive, ITEMS)
    blows = Blows(archive, job, Random(SEED))
    try:
        blows.deal(KILLS)
        blows.let_end()
    finally:
        blows.kill_all()
    leased = attempts(archive, job)
    print(  # noqa: T201
        f"\n{archive.dialect}: {ITEMS} items; {dict(blows.dealt)}, of these {blows.early} while processes started; "
        f"coordinators {blows.started}; items leased more than once {sum(leased.values()) - leased[1]}, "
        f"most {max(leased)} times; left over {blows.left()}"
    )
    assert set(blows.dealt) == set(KINDS)
    assert blows.early < KILLS
    if KILLS >= MANY:  # some hit a report that was being read, and it was taken up again
        assert sum(leased.values()) > leased[1]

    assert states(archive, job) == {"done": ITEMS}
    with archive.reading() as connection:
        end = progress(connection, job)
        assert connection.execute(select(func.count()).select_from(items)).scalar_one() == ITEMS
        assert connection.execute(select(func.count()).select_from(extractions)).scalar_one() == ITEMS
    assert (end.state, end.done, end.total) == ("done", ITEMS, ITEMS)
    assert kept(archive) == undisturbed
    assert blows.left() == 0


class Blows:
    """What is done to the processes that work on a job."""

    def __init__(self, archive: Archive, job: int, random: Random) -> None:
        self._archive, self._job, self._random = archive, job, random
        self._coordinator: subprocess.Popen[bytes] | None = None
        self._sessions: list[int] = []
        self.dealt: Counter[str] = Counter()
        self.early = 0
        self.started = 0

    def deal(self, number: int) -> None:
        """So many blows, or as many as it takes until the job is over."""
        before = self._done()
        kinds = [kind for _ in range(number) for kind in self._random.sample(KINDS, len(KINDS))]
        for kind in kinds[:number]:
            self._start()
            if self._random.random() < 0.8:
                self._await_more_than(before)
            time.sleep(self._random.uniform(0, MOST_SECONDS_BETWEEN))
            now = self._done()
            if now == ITEMS:
                return
            self._blow(kind)
            self.early += now == before
            before = self._done()

    def let_end(self) -> None:
        """Run the job until it is over."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self._start()
            assert self._coordinator is not None
            if self._coordinator.wait(PATIENCE) == 0:
                break
        # Workers whose coordinator is gone go too.
        while self.left() and time.monotonic() < until:
            time.sleep(0.1)

    def left(self) -> int:
        """How many processes of all coordinators there are."""
        return sum(len(processes(session)) for session in self._sessions)

    def kill_all(self) -> None:
        for session in self._sessions:
            if processes(session):
                os.killpg(session, signal.SIGKILL)
        if self._coordinator is not None:
            self._coordinator.wait()

    def _start(self) -> None:
        if self._coordinator is not None and self._coordinator.poll() is None:
            return
        self.started += 1
        command = [sys.executable, str(COORDINATOR), self._archive.url, str(self._job), str(LEASE_SECONDS)]
        self._coordinator = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
        self._sessions.append(self._coordinator.pid)

    def _blow(self, kind: str) -> None:
        self.dealt[kind] += 1
        while True:
            self._start()
            assert self._coordinator is not None
            pid = self._coordinator.pid
            if kind == "coordinator":
                return os.kill(pid, signal.SIGKILL)
            if kind == "everything":
                return self.kill_all()
            workers = [other for other in processes(pid) if other != pid and b"spawn_main" in command_of(other)]
            if workers:
                break
            time.sleep(0.01)
        victim = self._random.choice(workers)
        os.kill(victim, signal.SIGKILL if kind == "worker" else signal.SIGSTOP)
        if kind == "pause":
            time.sleep(LEASE_SECONDS * 1.5)
            os.kill(victim, signal.SIGCONT)
        return None

    def _done(self) -> int:
        return states(self._archive, self._job).get("done", 0)

    def _await_more_than(self, before: int) -> None:
        until = time.monotonic() + PATIENCE
        while self._done() <= before:
            assert time.monotonic() < until
            self._start()
            time.sleep(0.02)


def processes(session: int) -> list[int]:
    """The processes of a session that are alive; a coordinator begins one."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        state, _parent, _group, of = rest.split()[:4]
        if int(of) == session and state != "Z":
            found.append(int(stat.parent.name))
    return found


def command_of(pid: int) -> bytes:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""
