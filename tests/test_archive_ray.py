"""The Ray engine on a cluster of several nodes on this machine.

A node is killed while an actor on it has a report in hand, and another joins: every report must be there once.  Ray
runs in other processes than the tests'; afterwards none of them may be left, and nothing of Ray's outside of the test's
own folder.  `ARCHIVE_ITEMS=20000 pytest -s tests/test_archive_ray.py` does it with more, and tells the counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from archive_jobs import attempts, kept, states
from archive_reader import BROKEN, OTHER_MODEL, Reader, report_text
from ray_jobs import (
    PATIENCE,
    TESTS,
    Driver,
    end_leases,
    held,
    in_a_file,
    job_of,
    on_a_server,
    on_linux,
    with_ray,
    workers_of,
)

from service.archive.opening import Archive
from service.archive.passes import BLOCK
from service.response import to_json

ITEMS = int(os.environ.get("ARCHIVE_ITEMS", "400"))

pytestmark = on_linux


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
