"""Jobs over HTTP, in both stores: made, followed, ended, and taken up again after a crash."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from archive_jobs import MINUTE, fill, job_over, kept, states
from archive_reader import READER, report_text
from fakes import CARD, FakePipeline, extraction_of
from fastapi.testclient import TestClient
from test_app import problem

from service import events, routes_jobs
from service.app import Service, create_app
from service.archive.jobs import Progress, Selection, cancel, claim, create_job, fail, finish, progress, settle
from service.archive.local import run_job
from service.archive.models import model_key
from service.archive.opening import Archive, open_archive
from service.errors import ArchiveUnavailable, WorkersLost
from service.response import to_json
from service.settings import Settings

TEXTS = [report_text(number) for number in range(6)]
# A busy machine may take long for what takes a moment.
PATIENCE = 60


class Engine:
    """In the place of the local engine: reads in the thread that it is called in, one report at a time.

    It reads as many as `may` lets it, and what says 坏 it fails; `raised` is raised before anything is read.
    """

    def __init__(self, may: int = 1_000_000) -> None:
        self.may = threading.Semaphore(may)
        self.raised: Exception | None = None
        self.ran: list[tuple[int, Path, int]] = []
        self.over = threading.Event()

    def __call__(
        self, archive_url: str, job: int, model: Path, *, workers: int, stop: threading.Event | None
    ) -> Progress:
        self.ran.append((job, model, workers))
        if self.raised is not None:
            raised, self.raised = self.raised, None
            raise raised
        archive = open_archive(archive_url)
        try:
            with archive.writing() as connection:
                key = model_key(connection, CARD)
            while not settle(archive, job) and not (stop and stop.is_set()):
                if not self.may.acquire(timeout=0.02):
                    continue
                for item in claim(archive, job, "here", many=1, lease=MINUTE):
                    if "坏" in item.text:
                        fail(archive, job, "here", item.report_key, "empty-text", "文本为空。")
                    else:
                        answer = to_json(extraction_of(item.text, item.hints))
                        finish(archive, job, "here", item.report_key, key, answer, 0.1)
            with archive.reading() as connection:
                return progress(connection, job)
        finally:
            archive.close()
            self.over.set()


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def app(archive: Archive, engine: Engine) -> Service:
    return create_app(Settings(archive=archive.url, workers=3), FakePipeline(), run=engine)


@pytest.fixture
def working(app: Service) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def await_that(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def over(client: TestClient, job: int) -> dict[str, Any]:
    """The job, when it is over."""
    await_that(lambda: client.get(f"/jobs/{job}").json()["state"] in ("done", "cancelled"))
    body: dict[str, Any] = client.get(f"/jobs/{job}").json()
    return body


def events_of(text: str) -> list[dict[str, str]]:
    """Server-sent events, each as its fields; comments and what only sets the delay are left out."""
    blocks = [
        dict(line.split(": ", 1) for line in block.splitlines() if line[:1] != ":") for block in text.split("\n\n")
    ]
    return [block for block in blocks if "data" in block]


def test_a_job_reads_everything(working: TestClient, archive: Archive, engine: Engine) -> None:
    fill(archive, [*TEXTS, report_text(7, "坏")])
    response = working.post("/jobs", json={})
    assert response.status_code == 201
    made = response.json()
    assert response.headers["location"] == f"/jobs/{made['id']}"
    assert (made["model"], made["engine"], made["select"]) == (CARD.id, "local", {})
    assert (made["total"], made["trouble"], made["events"]) == (7, None, f"/jobs/{made['id']}/events")
    job = over(working, made["id"])
    assert (job["state"], job["done"], job["failed"], job["waiting"], job["leased"]) == ("done", 6, 1, 0, 0)
    assert job["finished_at"].endswith("Z")
    (failure,) = job["failures"]["items"]
    assert (failure["code"], failure["attempts"]) == ("empty-text", 1)
    assert "坏" in working.get(f"/reports/{failure['report']}").json()["text"]
    assert engine.ran == [(made["id"], Settings().model, 3)]
    assert len(kept(archive)) == 6
    assert working.get("/observations").json()["observations"] != []


def test_a_body_is_not_needed(working: TestClient, archive: Archive) -> None:
    fill(archive, TEXTS[:1])
    assert over(working, working.post("/jobs").json()["id"])["done"] == 1


def test_a_selection(working: TestClient, archive: Archive) -> None:
    fill(archive, TEXTS)
    id_ = working.get("/reports").json()["reports"][0]["id"]
    select = {"reports": [id_], "missing_only": True, "added_since": "2020-01-01T00:00:00+08:00"}
    made = working.post("/jobs", json={"model": CARD.id, "select": select}).json()
    assert made["total"] == 1
    assert made["select"]["reports"] == [id_]
    assert over(working, made["id"])["done"] == 1
    assert working.post("/jobs", json={"select": {"missing_only": True}}).json()["total"] == len(TEXTS) - 1
    assert working.post("/jobs", json={"select": {"q": "没有这样的报告"}}).json()["total"] == 0


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"models": "x"}, "models"),
        ({"select": {"where": "x"}}, "select.where"),
        ({"select": {"reports": []}}, "select.reports"),
        ({"select": {"reports": "x"}}, "select.reports"),
        ({"select": {"added_since": "yesterday"}}, "select.added_since"),
        ({"select": {"added_since": "2024-01-01T00:00:00"}}, "select.added_since"),
        ({"select": {"missing_only": "yes"}}, "select.missing_only"),
        ([], "请求体"),
    ],
)
def test_wrong_jobs(client: TestClient, body: Any, word: str) -> None:
    assert word in problem(client.post("/jobs", json=body), 400, "invalid-request")["detail"]
    assert client.get("/jobs").json() == {"jobs": [], "next": None}


def test_what_is_not_there(working: TestClient) -> None:
    problem(working.post("/jobs", json={"model": "other-1"}), 404, "not-found")
    problem(working.post("/jobs", json={"select": {"reports": ["0" * 64]}}), 404, "not-found")
    for method, address in (("GET", "/jobs/1"), ("POST", "/jobs/1/cancel"), ("GET", "/jobs/1/events")):
        problem(working.request(method, address), 404, "not-found")
    problem(working.get("/jobs/one"), 400, "invalid-request")
    problem(working.get("/jobs/99999999999999999999"), 400, "invalid-request")
    problem(working.post("/jobs", content=b"x", headers={"content-type": "text/plain"}), 415, "unsupported-media")
    assert working.get("/jobs").json()["jobs"] == []


def test_jobs_are_listed_the_newest_first(working: TestClient, archive: Archive) -> None:
    fill(archive, TEXTS[:1])
    ids = [working.post("/jobs", json={}).json()["id"] for _ in range(3)]
    over(working, ids[-1])
    page = working.get("/jobs", params={"limit": 2}).json()
    assert [job["id"] for job in page["jobs"]] == ids[:0:-1]
    rest = working.get("/jobs", params={"limit": 2, "after": page["next"]}).json()
    assert ([job["id"] for job in rest["jobs"]], rest["next"]) == (ids[:1], None)
    assert len(working.get("/jobs?state=done").json()["jobs"]) == 3
    assert working.get("/jobs?state=running").json()["jobs"] == []


def test_failures_page_by_page(working: TestClient, archive: Archive) -> None:
    fill(archive, [report_text(number, "坏") for number in range(5)])
    job = over(working, working.post("/jobs", json={}).json()["id"])["id"]
    first = working.get(f"/jobs/{job}", params={"limit": 3}).json()["failures"]
    rest = working.get(f"/jobs/{job}", params={"limit": 3, "after": first["next"]}).json()["failures"]
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 2, None)
    assert len({failure["report"] for failure in first["items"] + rest["items"]}) == 5


def test_a_job_is_cancelled_in_the_middle(archive: Archive) -> None:
    engine = Engine(may=2)
    fill(archive, TEXTS)
    with TestClient(create_app(Settings(archive=archive.url), FakePipeline(), run=engine)) as client:
        job = client.post("/jobs", json={}).json()["id"]
        await_that(lambda: bool(client.get(f"/jobs/{job}").json()["done"] == 2))
        lines = client.get("/metrics").text.splitlines()
        assert 'baoshu_job_items{state="waiting"} 4.0' in lines
        assert 'baoshu_job_items{state="done"} 2.0' in lines
        body = client.post(f"/jobs/{job}/cancel").json()
        assert (body["state"], body["done"], body["cancelled"]) == ("cancelled", 2, 4)
        assert engine.over.wait(PATIENCE)
        again = client.post(f"/jobs/{job}/cancel").json()
        assert again == body
        assert len(kept(archive)) == 2
        # What was read stays, and a job for the rest takes it from there.
        engine.may.release(1000)
        rest = client.post("/jobs", json={"select": {"missing_only": True}}).json()
        assert rest["total"] == 4
        assert over(client, rest["id"])["done"] == 4


# Following


def test_a_job_that_is_over_tells_its_end_once(working: TestClient, archive: Archive) -> None:
    fill(archive, TEXTS)
    job = over(working, working.post("/jobs", json={}).json()["id"])
    response = working.get(f"/jobs/{job['id']}/events")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    (event,) = events_of(response.text)
    assert event["event"] == "end"
    assert json.loads(event["data"]) == {name: value for name, value in job.items() if name != "failures"}
    again = working.get(f"/jobs/{job['id']}/events", headers={"Last-Event-ID": event["id"]})
    assert (again.status_code, again.content) == (204, b"")
    other = working.get(f"/jobs/{job['id']}/events", headers={"Last-Event-ID": "running-1-0-0-1"})
    assert [event["event"] for event in events_of(other.text)] == ["end"]


class Follower:
    """A client of the application within its event loop, that hears events as they come and may hang up."""

    def __init__(self, app: Service, address: str, last: str | None = None) -> None:
        self._app, self._address, self._last = app, address, last
        self.status = 0
        self.text = ""
        self.hung_up = anyio.Event()
        self.ended = anyio.Event()

    async def run(self) -> None:
        headers = [(b"host", b"localhost")] + ([(b"last-event-id", self._last.encode())] if self._last else [])
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "method": "GET",
            "path": self._address,
            "query_string": b"",
            "headers": headers,
            "client": ("127.0.0.1", 5),
        }
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await self.hung_up.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            self.status = message.get("status", self.status)
            self.text += message.get("body", b"").decode()

        await self._app(scope, receive, send)
        self.ended.set()

    @property
    def events(self) -> list[dict[str, str]]:
        return events_of(self.text)


async def until(holds: Callable[[], bool]) -> None:
    with anyio.fail_after(PATIENCE):
        while not holds():
            await anyio.sleep(0.01)


def heard(follower: Follower) -> bool:
    return follower.events != []


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes_jobs, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.05)


@pytest.mark.usefixtures("quick")
def test_a_job_is_followed_to_its_end(archive: Archive) -> None:
    engine = Engine(may=0)
    app = create_app(Settings(archive=archive.url), FakePipeline(), run=engine)
    job = job_over(archive, TEXTS)

    async def follow() -> None:
        async with app.router.lifespan_context(app), anyio.create_task_group() as tasks:
            one = Follower(app, f"/jobs/{job}/events")
            tasks.start_soon(one.run)
            await until(lambda: len(one.events) == 1)
            assert one.text.startswith("retry: 2000\n\n")
            await until(lambda: one.text.count("\n: ") >= 2)
            assert len(one.events) == 1  # nothing has happened, and nothing is told twice
            engine.may.release(3)
            await until(lambda: json.loads(one.events[-1]["data"])["done"] == 3)
            seen = one.events[-1]["id"]

            two = Follower(app, f"/jobs/{job}/events", last=seen)
            tasks.start_soon(two.run)
            await until(lambda: two.text.count("\n: ") >= 1)
            assert two.events == []  # as he knows already
            engine.may.release(3)
            await until(lambda: one.ended.is_set() and two.ended.is_set())
            for follower in (one, two):
                assert follower.events[-1]["event"] == "end"
                last = json.loads(follower.events[-1]["data"])
                assert (last["state"], last["done"]) == ("done", 6)
                ids = [event["id"] for event in follower.events]
                assert len(set(ids)) == len(ids)
            done = [json.loads(event["data"])["done"] for event in one.events]
            assert done == sorted(done)

    anyio.run(follow)


@pytest.mark.usefixtures("quick")
def test_who_hangs_up_is_forgotten_and_who_stops_lets_go(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes_jobs, "MOST_FOLLOWERS", 2)
    app = create_app(Settings(archive=archive.url), FakePipeline(), run=Engine(may=0))
    job = job_over(archive, TEXTS)

    async def follow() -> None:
        async with app.router.lifespan_context(app), anyio.create_task_group() as tasks:
            one, two, three, four = (Follower(app, f"/jobs/{job}/events") for _ in range(4))
            for follower in (one, two):
                tasks.start_soon(follower.run)
                await until(partial(heard, follower))
            await three.run()
            assert three.status == 503
            one.hung_up.set()
            await until(one.ended.is_set)
            tasks.start_soon(four.run)
            await until(lambda: four.events != [])
            assert (four.status, two.ended.is_set()) == (200, False)
            app.tell_to_stop()
            await until(lambda: two.ended.is_set() and four.ended.is_set())
            assert "end" not in {event["event"] for event in two.events + four.events}

    anyio.run(follow)
    assert states(archive, job) == {"waiting": len(TEXTS)}


# Starting again


def test_what_is_unfinished_is_taken_up_at_the_start(archive: Archive, engine: Engine) -> None:
    key = fill(archive, TEXTS)
    with archive.writing() as connection:
        first, second, third, other = (
            create_job(connection, key, Selection(), engine=engine) for engine in ("local", "local", "local", "ray")
        )
        cancel(connection, second)
    # Its worker and its server were killed in the middle of a report.
    claim(archive, first, "a", many=1, lease=MINUTE * -1)
    with TestClient(create_app(Settings(archive=archive.url), FakePipeline(), run=engine)) as client:
        assert over(client, first)["done"] == len(TEXTS)
        assert over(client, third)["done"] == len(TEXTS)
        assert client.get(f"/jobs/{second}").json()["state"] == "cancelled"
        assert client.get(f"/jobs/{other}").json()["state"] == "queued"
    assert [job for job, _, _ in engine.ran] == [first, third]
    assert len(kept(archive)) == len(TEXTS)


def test_a_server_that_stops_leaves_the_job_to_the_next(archive: Archive) -> None:
    fill(archive, TEXTS)
    with TestClient(create_app(Settings(archive=archive.url), FakePipeline(), run=Engine(may=2))) as client:
        job = client.post("/jobs", json={}).json()["id"]
        await_that(lambda: bool(client.get(f"/jobs/{job}").json()["done"] == 2))
    assert states(archive, job) == {"done": 2, "waiting": 4}
    with TestClient(create_app(Settings(archive=archive.url), FakePipeline(), run=Engine())) as client:
        assert over(client, job)["done"] == len(TEXTS)


def test_trouble_is_told_and_the_next_job_runs(archive: Archive, engine: Engine) -> None:
    fill(archive, TEXTS)
    engine.raised = WorkersLost("内存不足")
    with TestClient(create_app(Settings(archive=archive.url), FakePipeline(), run=engine)) as client:
        first = client.post("/jobs", json={}).json()["id"]
        await_that(lambda: client.get(f"/jobs/{first}").json()["trouble"] is not None)
        assert "内存不足" in client.get(f"/jobs/{first}").json()["trouble"]
        (listed,) = client.get("/jobs").json()["jobs"]
        assert listed["trouble"] is not None
        second = client.post("/jobs", json={}).json()["id"]
        assert over(client, second)["done"] == len(TEXTS)
        ended = client.post(f"/jobs/{first}/cancel").json()
        assert (ended["state"], ended["trouble"]) == ("cancelled", None)


def test_a_job_waits_for_the_archive(archive: Archive, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.runner.RETRY_SECONDS", 0.02)
    fill(archive, TEXTS)
    engine.raised = ArchiveUnavailable("档案无法使用。")
    with TestClient(create_app(Settings(archive=archive.url), FakePipeline(), run=engine)) as client:
        job = over(client, client.post("/jobs", json={}).json()["id"])
    assert (job["done"], job["trouble"], len(engine.ran)) == (len(TEXTS), None, 2)


def test_an_archive_that_comes_later_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.app.TEND_SECONDS", 0.02)
    monkeypatch.setattr("service.shelf.PROBED_SECONDS", 0.0)
    folder = tmp_path / "folder"
    folder.write_text("in the way")
    settings = Settings(archive=f"sqlite:///{folder}/archive.db")
    with TestClient(create_app(settings, FakePipeline(), run=Engine())) as client:
        problem(client.post("/jobs", json={}), 503, "archive-unavailable")
        assert client.get("/health/ready").json()["archive"] == "unavailable"
        folder.unlink()
        await_that(lambda: bool(client.get("/health/ready").json()["archive"] == "ready"))
        client.post("/reports", json={"text": TEXTS[0]})
        assert over(client, client.post("/jobs", json={}).json()["id"])["done"] == 1


def test_worker_processes_read_the_job(archive: Archive) -> None:
    """The engine itself, with a reader without a model."""
    fill(archive, TEXTS)
    run = partial(run_job, reader=READER)
    with TestClient(create_app(Settings(archive=archive.url), FakePipeline(), run=run)) as client:
        job = over(client, client.post("/jobs", json={}).json()["id"])
        assert (job["done"], job["failed"]) == (len(TEXTS), 0)
    assert len(kept(archive)) == len(TEXTS)
