"""The local engine with real worker processes; they read with a fake, at the end a few reports with the real model."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from archive_coordinator import NOT_OVER
from archive_jobs import MINUTE, attempts, job_of, kept, states
from archive_reader import BROKEN, OTHER_MODEL, READER, report_text
from sqlalchemy import func, select, text

from service.archive import crew, local
from service.archive.extractions import pack
from service.archive.jobs import WORKER_LOST, Progress, Selection, cancel, create_job, failures, list_jobs
from service.archive.local import run_job
from service.archive.models import model_key
from service.archive.opening import Archive
from service.archive.reports import add_report
from service.archive.tables import items, reports
from service.archive.worker import PIPELINE
from service.errors import BaoshuError, ModelRefused, NotFound, WorkersLost
from service.pipeline import Pipeline
from service.response import to_json
from service.settings import DEFAULT_MODEL

ROOT = Path(__file__).resolve().parent.parent
COORDINATOR = ROOT / "tests" / "archive_coordinator.py"
SECOND = timedelta(seconds=1)
PATIENCE = 120.0  # seconds for what takes one or two on an idle machine


# What has to do with processes alone is tried in one store, and what only a server can do, there; what tells the stores
# apart, leases that several want at once and work cut off amid a statement, stands in tests/test_archive_jobs.py for
# both, and here in the jobs that two coordinators or the next worker take over.
in_a_file = pytest.mark.parametrize("archive_url", ["sqlite"], indirect=True)
on_a_server = pytest.mark.parametrize("archive_url", ["postgresql"], indirect=True)


def run(archive: Archive, job: int, *, workers: int = 2, lease: timedelta = MINUTE, reader: str = READER) -> Progress:
    return run_job(archive.url, job, Path(), workers=workers, lease=lease, reader=reader)


def await_(what: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


def workers_of(archive: Archive, job: int) -> Counter[str]:
    """Who finished how many."""
    with archive.reading() as connection:
        query = select(items.c.worker).where(items.c.job == job, items.c.state == "done")
        return Counter(connection.execute(query).scalars())


class Running:
    """A job that runs in a thread of this process."""

    def __init__(self, archive: Archive, job: int, *, workers: int = 2, lease: timedelta = MINUTE) -> None:
        self.stop = threading.Event()
        self.end: Progress | None = None

        def work() -> None:
            self.end = run_job(archive.url, job, Path(), workers=workers, lease=lease, reader=READER, stop=self.stop)

        self.thread = threading.Thread(target=work)
        self.thread.start()

    def join(self) -> Progress:
        self.thread.join(PATIENCE)
        assert self.end is not None
        return self.end


def test_a_job(archive: Archive) -> None:
    marks = {7: "坏", 8: "崩"}
    job = job_of(archive, 60, marks)
    told: list[Progress] = []
    end = run_job(archive.url, job, Path(), workers=2, lease=MINUTE, reader=READER, on_progress=told.append)
    assert (end.state, end.total, end.done, end.failed, end.waiting, end.leased) == ("done", 60, 58, 2, 0, 0)
    assert told[0].over is False
    assert told[-1] == end
    assert len(kept(archive)) == 58
    assert attempts(archive, job) == Counter({1: 60})
    with archive.reading() as connection:
        reasons = {failure.code: failure.detail for failure in failures(connection, job).items}
    assert set(reasons) == {"empty-text", "internal-error"}
    assert reasons["empty-text"].startswith("文本为空：")
    # A job that is over needs no worker, nor any reader.
    assert run(archive, job, reader="nowhere:nothing") == end


@on_a_server
def test_an_answer_that_cannot_be_kept_fails_alone(archive: Archive) -> None:
    job = job_of(archive, 3, {1: "零"})
    end = run(archive, job, workers=1)
    assert (end.state, end.done, end.failed) == ("done", 2, 1)
    with archive.reading() as connection:
        (failure,) = failures(connection, job).items
    assert (failure.code, failure.attempts) == ("internal-error", 1)


def test_two_coordinators_share_a_job(archive: Archive) -> None:
    job = job_of(archive, 200)
    both = [Running(archive, job, workers=1) for _ in range(2)]
    assert [one.join().state for one in both] == ["done", "done"]
    assert attempts(archive, job) == Counter({1: 200})
    assert len(kept(archive)) == 200
    assert len(workers_of(archive, job)) == 2


def test_a_report_that_kills_its_workers_fails_and_the_rest_goes_on(archive: Archive) -> None:
    job = job_of(archive, 30, {11: "毒"})
    end = run(archive, job)
    assert (end.state, end.done, end.failed) == ("done", 29, 1)
    with archive.reading() as connection:
        (failure,) = failures(connection, job).items
        poison = connection.execute(select(reports.c.id).where(reports.c.text == report_text(11, "毒"))).scalar_one()
    assert (failure.report_id, failure.code, failure.attempts) == (poison, WORKER_LOST, 3)
    assert attempts(archive, job) == Counter({1: 29, 3: 1})


@in_a_file
def test_heartbeats_keep_a_long_report_leased(archive: Archive) -> None:
    job = job_of(archive, 6, {2: "慢25"})
    end = run(archive, job, lease=SECOND)
    assert (end.done, end.state) == (6, "done")
    assert attempts(archive, job) == Counter({1: 6})


@on_a_server
def test_a_worker_that_stood_still_comes_too_late(archive: Archive) -> None:
    job = job_of(archive, 1, {0: "慢20"})
    late = subprocess.Popen([sys.executable, str(COORDINATOR), archive.url, str(job), "1"], start_new_session=True)
    try:
        await_(lambda: states(archive, job) == {"leased": 1})
        os.killpg(late.pid, signal.SIGSTOP)
        end = run(archive, job, workers=1, lease=SECOND)
        assert (end.done, attempts(archive, job)) == (1, Counter({2: 1}))
        (other,) = workers_of(archive, job)
        os.killpg(late.pid, signal.SIGCONT)
        assert late.wait(PATIENCE) == 0
    finally:
        late.kill()
        late.wait()
    assert workers_of(archive, job) == Counter({other: 1})
    assert len(kept(archive)) == 1


@in_a_file
def test_a_reader_that_hangs_is_ended(archive: Archive) -> None:
    job = job_of(archive, 4, {1: "慢600"})
    end = run_job(archive.url, job, Path(), workers=1, lease=SECOND, reader=READER, attempts=1, longest=4 * SECOND)
    assert (end.done, end.failed) == (3, 1)


@in_a_file
def test_cancelled_while_running(archive: Archive) -> None:
    job = job_of(archive, 500, dict.fromkeys(range(20, 500), "慢1"))
    running = Running(archive, job)
    await_(lambda: states(archive, job).get("done", 0) >= 20)
    with archive.writing() as connection:
        assert cancel(connection, job)
    end = running.join()
    assert (end.state, end.waiting, end.leased, end.failed) == ("cancelled", 0, 0, 0)
    assert end.cancelled > 0
    assert end.done == len(kept(archive)) >= 20


@in_a_file
def test_stopped_and_run_again(archive: Archive) -> None:
    job = job_of(archive, 300)
    running = Running(archive, job)
    await_(lambda: states(archive, job).get("done", 0) > 0)
    running.stop.set()
    end = running.join()
    assert end.state == "running"
    assert end.leased == 0
    assert 0 < end.done < 300
    assert run(archive, job).done == 300
    assert attempts(archive, job) == Counter({1: 300})


@in_a_file
def test_what_does_not_end_in_time_is_given_back(archive: Archive) -> None:
    job = job_of(archive, 1, {0: "慢600"})
    stop = threading.Event()

    def stop_it() -> None:
        await_(lambda: states(archive, job) == {"leased": 1})
        stop.set()

    waiting = threading.Thread(target=stop_it)
    waiting.start()
    end = run_job(
        archive.url, job, Path(), workers=1, lease=MINUTE, reader=READER, stop=stop, grace=timedelta(seconds=0.1)
    )
    waiting.join()
    assert (end.state, end.waiting) == ("running", 1)
    assert attempts(archive, job) == Counter({0: 1})


@in_a_file
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_gives_the_leases_back(archive: Archive, number: signal.Signals) -> None:
    job = job_of(archive, 1000, dict.fromkeys(range(50, 1000), "慢1"))
    command = [sys.executable, str(COORDINATOR), archive.url, str(job), "60"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    try:
        await_(lambda: states(archive, job).get("done", 0) >= 50)
        os.killpg(process.pid, number)
        _, told = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == NOT_OVER
    assert b"Traceback" not in told
    assert set(states(archive, job)) == {"done", "waiting"}
    with archive.reading() as connection:
        begun = select(func.count()).where(items.c.state == "waiting", items.c.attempts > 0)
        assert connection.execute(begun).scalar_one() == 0
        assert [open_job.id for open_job in list_jobs(connection, states=("running",)).items] == [job]


@on_a_server
def test_a_store_that_drops_its_connections(archive: Archive) -> None:
    job = job_of(archive, 300)
    running = Running(archive, job, lease=SECOND)
    others = "pid <> pg_backend_pid() AND datname = current_database()"
    drop = text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    for least in (50, 150):
        await_(lambda least=least: states(archive, job).get("done", 0) >= least)  # type: ignore[misc]
        with archive.reading() as connection:
            connection.execute(drop)
    assert running.join().state == "done"
    assert states(archive, job) == {"done": 300}
    assert len(kept(archive)) == 300


@in_a_file
@pytest.mark.parametrize(
    ("reader", "model", "error"),
    [
        (OTHER_MODEL, Path(), ModelRefused),
        (PIPELINE, Path("nowhere"), ModelRefused),
        (BROKEN, Path(), WorkersLost),
        ("nowhere:nothing", Path(), WorkersLost),
    ],
)
def test_what_no_other_worker_can_mend(
    archive: Archive, reader: str, model: Path, error: type[BaoshuError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "MOST_FRUITLESS", 2)
    job = job_of(archive, 3)
    with pytest.raises(error):
        run_job(archive.url, job, model, workers=1, reader=reader)
    assert states(archive, job) == {"waiting": 3}


@in_a_file
def test_no_more_workers_than_reports(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    hired: list[str] = []
    hire = local._Processes._hire

    def count(self: local._Processes) -> local._Process:
        hand = hire(self)
        hired.append(hand.name)
        return hand

    monkeypatch.setattr(local._Processes, "_hire", count)
    assert run(archive, job_of(archive, 1), workers=8).done == 1
    assert len(hired) == 1


def test_a_job_that_is_none(archive: Archive) -> None:
    with pytest.raises(NotFound):
        run(archive, 7)


@in_a_file
@pytest.mark.skipif(not (DEFAULT_MODEL / "manifest.json").exists(), reason="no model in this checkout")
def test_the_real_model_killed_and_run_again(archive: Archive) -> None:
    seeds = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds").glob("*.txt"))]
    pipeline = Pipeline.load(DEFAULT_MODEL, threads=1)
    with archive.writing() as connection:
        ids = [add_report(connection, seed)[0].id for seed in seeds]
        job = create_job(connection, model_key(connection, pipeline.model), Selection(), engine="local")
    command = [sys.executable, str(COORDINATOR), archive.url, str(job), "1", str(DEFAULT_MODEL)]
    process = subprocess.Popen(command, start_new_session=True)
    try:
        await_(lambda: states(archive, job).get("done", 0) > 0)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    end = run_job(archive.url, job, DEFAULT_MODEL, workers=1, lease=SECOND)
    assert (end.state, end.done) == ("done", len(seeds))
    found = kept(archive)
    for id_, seed in zip(ids, seeds, strict=True):
        answer = to_json(pipeline.extract(seed))
        assert found[id_][0] == zlib.decompress(pack(answer))
        assert [row["value_text"] for row in found[id_][1]] == [o["value"]["text"] for o in answer["observations"]]
