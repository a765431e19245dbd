"""The Ray engine, on a cluster of several nodes on this machine and on a Ray of its own.

A node is killed while an actor on it has a report in hand, and another joins: every report must be there once.  Ray
runs in other processes than the tests'; afterwards none of them may be left, and nothing of Ray's outside of the test's
own folder.  `ARCHIVE_ITEMS=20000 pytest -s tests/test_archive_ray.py` does it with more, and tells the counts.
"""

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
from archive_jobs import MINUTE, attempts, kept, states
from archive_reader import BROKEN, OTHER_MODEL, READER, Reader, report_text
from fakes import CARD
from sqlalchemy import func, insert, select, update

from service.archive.cluster import check_one_machine
from service.archive.jobs import Selection, create_job, failures
from service.archive.local import run_job
from service.archive.models import model_key
from service.archive.opening import Archive
from service.archive.passes import BLOCK, run_job_on_ray
from service.archive.reports import report_id
from service.archive.tables import items, now, reports
from service.errors import ArchiveNotShared, ClusterUnavailable
from service.response import to_json

TESTS = Path(__file__).resolve().parent
ITEMS = int(os.environ.get("ARCHIVE_ITEMS", "400"))
PATIENCE = 600.0  # seconds for what takes a few on an idle machine

with_ray = pytest.mark.skipif(find_spec("ray") is None, reason="no Ray (pip install 'baoshu[ray]')")
pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="finds processes through /proc")
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


class Nodes:
    """A cluster with two nodes of one processor each, besides its head, which has none."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        command = [sys.executable, str(TESTS / "archive_nodes.py")]
        pipe = subprocess.PIPE
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                command, env=environment, text=True, stdin=pipe, stdout=pipe, stderr=errors
            )
        self.address = self._answer()
        self.order("add")
        self.order("add")

    def order(self, what: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        assert self._answer() == "done"

    def stop(self) -> None:
        self._process.communicate(timeout=PATIENCE)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture(scope="module")
def nodes(environment: dict[str, str], scratch: Path) -> Iterator[Nodes]:
    running = Nodes(environment, scratch / "nodes.log")
    yield running
    running.stop()


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


@with_ray
@on_a_server
def test_a_node_is_lost_and_another_comes(
    archive: Archive, nodes: Nodes, environment: dict[str, str], scratch: Path
) -> None:
    gate = scratch / f"gate-{archive.dialect}"
    gated = range(ITEMS // 3, ITEMS // 3 + 4 * BLOCK)
    job = job_of(archive, ITEMS, dict.fromkeys(gated, f"〔{gate}〕"))
    with Driver(archive, job, environment, address=nodes.address) as driver:
        # Both actors stand before the gate.
        driver.until(lambda: len(held(archive, job) & set(gated)) == 2)
        nodes.order("kill")
        nodes.order("add")
        # A third one stands there: with what the dead had in hand, or that comes back when there is room.
        driver.until(lambda: len(workers_of(archive, job)) == 3)
        gate.touch()
        end = driver.end()
    assert (end["state"], end["told"] > 1) == ("done", True)
    assert states(archive, job) == {"done": ITEMS}
    assert attempts(archive, job) == Counter({1: ITEMS - 1, 2: 1})
    found = kept(archive)
    assert len(found) == ITEMS
    for number in range(0, ITEMS, max(1, ITEMS // 100)):
        text = report_text(number, f"〔{gate}〕" if number in gated else "")
        answer = to_json(Reader().extract(text))
        body, rows = found[answer["report"]["id"]]
        assert json.loads(body) == answer
        assert len(rows) == len(answer["observations"])
    by = workers_of(archive, job)
    print(f"\n{archive.dialect}: {ITEMS} items, one leased twice; by actors {sorted(by.values())}")  # noqa: T201
    assert len(by) >= 3


@with_ray
@in_a_file
def test_a_node_is_lost_and_none_comes(archive: Archive, nodes: Nodes, environment: dict[str, str]) -> None:
    job = job_of(archive, 40, dict.fromkeys(range(40), "慢1"))
    with Driver(archive, job, environment, address=nodes.address, actors=2) as driver:
        driver.until(lambda: len(workers_of(archive, job)) == 2)
        nodes.order("kill")
        end = driver.end()
    nodes.order("add")
    assert end["state"] == "done"
    assert len(kept(archive)) == 40
    assert attempts(archive, job)[1] >= 39


@with_ray
@in_a_file
def test_a_coordinator_is_killed(archive: Archive, nodes: Nodes, environment: dict[str, str], scratch: Path) -> None:
    gate = scratch / "gate-killed"
    job = job_of(archive, 40, {20: f"〔{gate}〕"})
    with Driver(archive, job, environment, address=nodes.address, actors=1) as driver:
        driver.until(lambda: held(archive, job) == {20})
        driver.process.kill()
    gate.touch()
    end_leases(archive, job)
    with Driver(archive, job, environment, address=nodes.address, actors=1) as driver:
        assert driver.end()["state"] == "done"
    # It was read by one whom nobody stopped in time, or by another.
    assert attempts(archive, job) in (Counter({1: 40}), Counter({1: 39, 2: 1}))
    assert len(kept(archive)) == 40


@with_ray
@in_a_file
@pytest.mark.parametrize(("reader", "error"), [(OTHER_MODEL, "model-refused"), (BROKEN, "workers-lost")])
def test_what_no_other_reader_can_mend(
    archive: Archive, nodes: Nodes, environment: dict[str, str], reader: str, error: str
) -> None:
    job = job_of(archive, 3)
    with Driver(archive, job, environment, address=nodes.address, actors=1, reader=reader, fruitless=1) as driver:
        assert driver.end()["error"] == error
    assert states(archive, job) == {"waiting": 3}


@with_ray
@in_a_file
def test_a_file_is_refused_where_nodes_are_on_other_machines(
    archive: Archive, nodes: Nodes, environment: dict[str, str]
) -> None:
    # The last test with these nodes: this one stays.
    nodes.order("add 127.0.0.2")
    job = job_of(archive, 3)
    with Driver(archive, job, environment, address=nodes.address) as driver:
        end = driver.end()
    assert end["error"] == "archive-not-shared"
    assert "127.0.0.2" in end["detail"]
    assert states(archive, job) == {"waiting": 3}


@with_ray
@in_a_file
def test_a_ray_of_its_own_interrupted_and_the_job_ended_by_processes(
    archive: Archive, environment: dict[str, str], scratch: Path
) -> None:
    gate, next_gate = scratch / "gate-1", scratch / "gate-2"
    job = job_of(archive, 40, {5: "毒", 6: "坏", 20: f"〔{gate}〕", 21: f"〔{next_gate}〕"})
    before = set(scratch.iterdir())
    with Driver(archive, job, environment, actors=1, attempts=2) as driver:
        driver.until(lambda: held(archive, job) == {20})
        # Ctrl-C goes to all processes of a terminal.
        os.killpg(driver.process.pid, signal.SIGINT)
        time.sleep(2)  # for speed alone: who has not heard of it yet stands before the next gate, until he is ended
        gate.touch()
        assert driver.end()["state"] == "running"
    assert states(archive, job) == {"done": 19, "failed": 2, "waiting": 19}
    assert attempts(archive, job) == Counter({0: 19, 1: 20, 2: 1})
    await_(lambda: set(scratch.iterdir()) - before == {gate})

    assert run_job(archive.url, job, Path(), workers=1, reader=READER).state == "done"
    assert states(archive, job) == {"done": 38, "failed": 2}
    with archive.reading() as connection:
        assert {failure.code for failure in failures(connection, job).items} == {"worker-lost", "empty-text"}
    assert attempts(archive, job) == Counter({1: 39, 2: 1})


@with_ray
@in_a_file
def test_a_cluster_that_is_not_there(archive: Archive, environment: dict[str, str]) -> None:
    job = job_of(archive, 1)
    with Driver(archive, job, environment, address="127.0.0.1:1") as driver:
        end = driver.end()
    assert end["error"] == "cluster-unavailable"
    assert "127.0.0.1:1" in end["detail"]


@in_a_file
def test_without_ray(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterUnavailable, match="baoshu\\[ray\\]"):
        run_job_on_ray(archive.url, job_of(archive, 1), Path())


@pytest.mark.parametrize(
    ("others", "refused"),
    [
        ([], False),
        ([("here", "10.0.0.1")], False),
        ([("there", "10.0.0.2")], True),
        ([("here", "10.0.0.2")], True),
    ],
)
def test_which_nodes_are_on_one_machine(
    others: list[tuple[str, str]], refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "here")
    nodes = [
        {"NodeManagerHostname": name, "NodeManagerAddress": address}
        for name, address in [("here", "10.0.0.1"), *others]
    ]
    if not refused:
        check_one_machine(nodes)
        return
    with pytest.raises(ArchiveNotShared, match=others[0][1]):
        check_one_machine(nodes)


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
