"""Refinements over HTTP, with a fake trainer: begun, followed, cancelled, refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from annotated import TEXT, sample
from fastapi.testclient import TestClient
from model_folders import load_toy, make_model
from test_app import problem
from test_refinements import FAKE, settle

from service import app as app_module
from service import refinements as module
from service import routes_refinements
from service.annotation_files import take_in
from service.app import create_app
from service.archive.keys import Scope, add_key
from service.archive.opening import Archive
from service.refinements import Refinements
from service.registry import Registry
from service.settings import Settings


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def client(archive: Archive, tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A server whose trainer is the fake one."""

    def faked(folder: Path, models: Path, *, threads: int) -> Refinements:
        return Refinements(folder, models, threads=threads, program=(sys.executable, str(FAKE)))

    monkeypatch.setattr(app_module, "Refinements", faked)
    monkeypatch.setattr(routes_refinements, "POLL_SECONDS", 0.02)
    folder = tmp_path / "models"
    make_model(folder / "toy1", "1")
    settings = Settings(archive=archive.url, rate=0, models=folder, refinements=runs)
    registry = Registry(folder, 1, default=folder / "toy1", load=load_toy)
    registry.swap("toy-1")
    with TestClient(create_app(settings, registry.current, registry), base_url="http://127.0.0.1") as running:
        yield running
        for run in runs.glob("[0-9]*"):
            (run / "go").write_text("over")
        settle(lambda: faked(runs, folder, threads=1)._running() is None)


def correct(archive: Archive, state: str = "done") -> None:
    with archive.writing() as connection:
        kept = take_in(
            connection,
            sample(area="吉水县", year="2023"),
            annotator="张三",
            state="done" if state == "done" else "in_work",
            max_characters=1000,
        )
    assert kept.added


def test_from_the_corrections_to_the_preview(client: TestClient, archive: Archive, runs: Path) -> None:
    correct(archive)
    made = client.post("/refinements", json={"version": "9"})
    assert made.status_code == 201
    assert made.headers["Location"] == "/refinements/1"
    body = made.json()
    assert (body["state"], body["parent"], body["documents"], body["next"]) == ("running", "toy-1", 1, None)
    given = [json.loads(line) for line in (runs / "1" / "corrected.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [record["text"] for record in given] == [TEXT]
    problem(client.post("/refinements", json={}), 409, "refinement-refused")
    (runs / "1" / "go").write_text("candidate")
    settle(lambda: client.get("/refinements/1").json()["state"] == "candidate")
    body = client.get("/refinements/1").json()
    assert body["candidate"] == "toy-9"
    assert body["next"] == {
        "read": "/jobs",
        "body": {"model": "toy-9"},
        "preview": "/models/diff?to=toy-9",
        "promote": "/models/toy-9/promote",
        "commands": ["baoshu reextract --model toy-9", "baoshu diff --to toy-9", "baoshu promote toy-9"],
    }
    assert client.get("/models").json()["current"] == "toy-1"
    assert client.get("/refinements").json() == {"refinements": [body]}


def test_events_tell_how_far_it_is_and_end(client: TestClient, archive: Archive, runs: Path) -> None:
    correct(archive)
    client.post("/refinements", json={})
    (runs / "1" / "go").write_text("refused")
    with client.stream("GET", "/refinements/1/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        text = "".join(stream.iter_text())
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.split("\n\n") if block]
    assert "retry" in blocks[0]
    assert {block["event"] for block in blocks[1:-1]} <= {"progress"}
    last = json.loads(blocks[-1]["data"])
    assert blocks[-1]["event"] == "end"
    assert (last["state"], last["reasons"]) == ("refused", ["指标链接变差"])
    assert last["measured"][0]["figures"][0]["verdict"] == "worse"
    seen = {"Last-Event-ID": blocks[-1]["id"]}
    assert client.get("/refinements/1/events", headers=seen).status_code == 204
    problem(client.get("/refinements/8/events"), 404, "not-found")


def test_it_is_ended_and_gone_on_with(client: TestClient, archive: Archive, runs: Path) -> None:
    correct(archive)
    client.post("/refinements", json={})
    (runs / "1" / "go").write_text("break")
    settle(lambda: client.get("/refinements/1").json()["state"] == "interrupted")
    (runs / "1" / "go").unlink()
    assert client.post("/refinements/1/resume").json()["state"] == "running"
    assert client.post("/refinements/1/cancel").json()["state"] == "cancelled"
    problem(client.post("/refinements/1/resume"), 409, "refinement-refused")


def test_what_is_refused(client: TestClient, archive: Archive) -> None:
    assert "还没有完成" in problem(client.post("/refinements", json={}), 409, "refinement-refused")["detail"]
    correct(archive, "in_work")
    problem(client.post("/refinements", json={}), 409, "refinement-refused")
    problem(client.post("/refinements", json={"model": "toy-7", "states": ["in_work"]}), 404, "not-found")
    problem(client.post("/refinements", json={"states": ["new"]}), 400, "invalid-request")
    problem(client.post("/refinements", json={"version": "../9"}), 400, "invalid-request")


def test_only_who_may_choose_the_model_may_make_one(client: TestClient, archive: Archive) -> None:
    with archive.writing() as connection:
        key = add_key(connection, "writer", [Scope.WRITE])
    headers = {"X-API-Key": key}
    settle(lambda: client.get("/refinements").status_code == 401)
    assert client.get("/refinements", headers=headers).status_code == 200
    for path in ("/refinements", "/refinements/1/cancel", "/refinements/1/resume"):
        problem(client.post(path, json={}, headers=headers), 403, "forbidden")


def test_where_training_is_not_installed(
    archive: Archive, tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "NEEDED", ("no_such_package",))
    folder = tmp_path / "models"
    make_model(folder / "toy1", "1")
    registry = Registry(folder, 1, default=folder / "toy1", load=load_toy)
    registry.swap("toy-1")
    settings = Settings(archive=archive.url, rate=0, models=folder, refinements=runs)
    with TestClient(create_app(settings, registry.current, registry), base_url="http://127.0.0.1") as client:
        told = problem(client.post("/refinements", json={}), 501, "training-missing")
        assert "baoshu[training]" in told["detail"]
        assert client.get("/refinements").json() == {"refinements": []}
