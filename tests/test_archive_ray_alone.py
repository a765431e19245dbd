"""The Ray engine without a cluster: a Ray of its own that is interrupted, a cluster or a Ray that is not there."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from archive_jobs import attempts, states
from archive_reader import READER
from ray_jobs import Driver, await_, held, in_a_file, job_of, on_linux, with_ray

from service.archive.cluster import check_one_machine
from service.archive.jobs import failures
from service.archive.local import run_job
from service.archive.opening import Archive
from service.archive.passes import run_job_on_ray
from service.errors import ArchiveNotShared, ClusterUnavailable

pytestmark = on_linux


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
