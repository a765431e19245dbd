"""Jobs that run on Ray, for tests: in a process of its own each, with all that Ray writes in one folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import pytest
from archive_jobs import MINUTE
from archive_reader import report_text
from fakes import CARD
from sqlalchemy import func, insert, select, update

from service.archive.jobs import Selection, create_job
from service.archive.models import model_key
from service.archive.opening import Archive
from service.archive.reports import report_id
from service.archive.tables import items, now, reports

TESTS = Path(__file__).resolve().parent
PATIENCE = 600.0  # seconds for what takes a few on an idle machine

with_ray = pytest.mark.skipif(find_spec("ray") is None, reason="no Ray (pip install 'baoshu[ray]')")
on_linux = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="finds processes through /proc")
# Starting Ray takes long, so each test is made in one store: the loss of a node in the one that nodes on other machines
# can share, what has to do with Ray alone in a file.  How each store leases stands in tests/test_archive_jobs.py.
in_a_file = pytest.mark.parametrize("archive_url", ["sqlite"], indirect=True)
on_a_server = pytest.mark.parametrize("archive_url", ["postgresql"], indirect=True)


def await_(what: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until
        time.sleep(0.2)


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    """A folder for all that Ray writes; at the end nothing may run that has a file there open."""
    # The paths of sockets may have a hundred characters, so not in pytest's folder.
    folder = Path(tempfile.mkdtemp(prefix="baoshu-", dir="/tmp"))
    yield folder
    try:
        await_(lambda: not processes(folder))
    finally:
        for pid in processes(folder):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def environment(scratch: Path) -> dict[str, str]:
    """For processes that have Ray in them: its files and its word are ours, and it reports nothing to anyone."""
    ours = {"RAY_TMPDIR": str(scratch), "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_TOKEN": "0" * 64}
    ours["RAY_worker_niceness"] = "0"  # the tests wait for these processes, and may not be alone on the machine
    paths = os.pathsep.join((str(TESTS), str(TESTS.parent)))
    return {**os.environ, **ours, "HOME": str(scratch), "PYTHONPATH": paths, "RAY_AUTH_MODE": "token"}


class Driver:
    """A job that runs on Ray in a process of its own, with a session of its own."""

    def __init__(self, archive: Archive, job: int, environment: dict[str, str], **options: Any) -> None:
        scratch = environment["RAY_TMPDIR"]
        command = [sys.executable, str(TESTS / "archive_driver.py"), archive.url, str(job), scratch]
        # Not a pipe, which Ray's own words could fill.
        self._told = Path(scratch) / f"driver-{time.monotonic_ns()}.log"
        with self._told.open("wb") as told:
            self.process = subprocess.Popen(
                [*command, json.dumps(options)],
                env=environment,
                stdout=told,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def until(self, what: Callable[[], bool]) -> None:
        """Wait for what comes while the job runs."""
        await_(lambda: what() or self.process.poll() is not None)
        assert what(), self._told.read_text(encoding="utf-8")

    def end(self) -> dict[str, Any]:
        self.process.wait(PATIENCE)
        told = self._told.read_text(encoding="utf-8")
        assert "Traceback" not in told
        found: dict[str, Any] = json.loads(next(line for line in told.splitlines() if line.startswith('{"')))
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._told.unlink()


def job_of(archive: Archive, count: int, marks: dict[int, str] | None = None) -> int:
    """A job of so many reports, some of which are marked.  They are not indexed, which would take longest of all."""
    texts = [report_text(number, (marks or {}).get(number, "")) for number in range(count)]
    rows = [{"id": report_id(t), "text": t, "characters": len(t), "added_at": now()} for t in texts]
    with archive.writing() as connection:
        connection.execute(insert(reports), rows)
        return create_job(connection, model_key(connection, CARD), Selection(), engine="ray")


def held(archive: Archive, job: int) -> set[int]:
    """Which reports are leased, by their number in the order they were added."""
    with archive.reading() as connection:
        of_job = items.c.job == job
        first = connection.execute(select(func.min(items.c.report)).where(of_job)).scalar_one()
        leased = connection.execute(select(items.c.report).where(of_job, items.c.state == "leased"))
        return {key - first for key in leased.scalars()}


def end_leases(archive: Archive, job: int) -> None:
    """As if the time of all leases were over; who lives still keeps his by his next heartbeat."""
    with archive.writing() as connection:
        leased = (items.c.job == job) & (items.c.state == "leased")
        connection.execute(update(items).where(leased).values(lease_until=now() - MINUTE))


def workers_of(archive: Archive, job: int) -> Counter[str]:
    """Who finished, or holds, how many."""
    with archive.reading() as connection:
        named = select(items.c.worker).where(items.c.job == job, items.c.worker.is_not(None))
        return Counter(connection.execute(named).scalars())


def processes(folder: Path) -> set[int]:
    """The processes that have a file of this folder open."""
    found = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(link).startswith(f"{folder}/"):
                found.add(int(link.parts[2]))
        except OSError:
            continue
    return found
