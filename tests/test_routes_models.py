"""Models over HTTP, in both stores: listed, compared, promoted, rolled back, and swapped under load."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from archive_models import NEW, OLD, PLAIN, store
from fastapi.testclient import TestClient
from model_folders import load_toy, make_model
from test_app import problem

from service import app as app_module
from service.app import create_app
from service.archive.keys import Scope, add_key
from service.archive.models import model_key
from service.archive.opening import Archive
from service.manifest import NAME, verify
from service.records import ModelCard
from service.registry import Registry
from service.settings import Settings

TEXT = "2023年营收3.2亿元，共12家。"
VERSIONS = ("1", "2", "3")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for version in VERSIONS:
        make_model(tmp_path / "models" / f"toy{version}", version)
    return tmp_path / "models"


def start(archive: Archive, folder: Path, **given: Any) -> TestClient:
    """A server of its own over the archive, reading with toy1 unless told otherwise."""
    settings = Settings(archive=archive.url, rate=0, queue=200, **given)
    registry = Registry(folder, 1, default=folder / "toy1", load=load_toy)
    registry.swap("toy-1")
    return TestClient(create_app(settings, registry.current, registry), base_url="http://127.0.0.1")


@pytest.fixture
def client(archive: Archive, folder: Path) -> Iterator[TestClient]:
    with start(archive, folder) as running:
        yield running


def reads_with(client: TestClient, **params: str) -> str:
    answer = client.post("/extract", json={"text": TEXT}, params=params)
    assert answer.status_code == 200
    said = {observation["scope"] for observation in answer.json()["observations"]}
    version = answer.json()["model"]["version"]
    assert said == {f"toy-{version}"}
    return f"toy-{version}"


def test_the_list(client: TestClient, archive: Archive, folder: Path) -> None:
    store(archive, {"甲": {OLD: {0: PLAIN}}, "乙": {OLD: {0: PLAIN}, NEW: {0: PLAIN}}})
    (folder / "toy3" / NAME).write_text("{")
    body = client.get("/models").json()
    assert (body["current"], body["promoted"]) == ("toy-1", None)
    listed = {model["id"]: model for model in body["models"]}
    assert list(listed) == ["read-1", "read-2", "toy-1", "toy-2"]
    card = verify(folder / "toy1").card
    assert listed["toy-1"] == {
        "id": "toy-1",
        "name": "toy",
        "version": "1",
        "sha256": card.sha256,
        "current": True,
        "available": True,
        "trouble": None,
        "extractions": 0,
    }
    assert not listed["toy-2"]["current"]
    assert (listed["read-1"]["available"], listed["read-1"]["extractions"]) == (False, 2)
    assert listed["read-2"]["extractions"] == 1
    assert "不在此处" in listed["read-1"]["trouble"]
    assert [(found["folder"], "JSON" in found["detail"]) for found in body["refused"]] == [("toy3", True)]


def test_the_list_says_what_stands_against_a_model(client: TestClient, archive: Archive, folder: Path) -> None:
    with archive.writing() as connection:
        model_key(connection, ModelCard("toy", "2", "f" * 64))
    make_model(folder / "other", "3", weights="others")
    listed = {model["id"]: model for model in client.get("/models").json()["models"]}
    assert "另一份权重" in listed["toy-2"]["trouble"]
    assert "other、toy3" in listed["toy-3"]["trouble"]
    assert not listed["toy-3"]["available"]
    for id_, code in (("toy-2", "model-changed"), ("toy-3", "model-refused")):
        problem(client.post(f"/models/{id_}/promote"), 409, code)


def test_the_card(client: TestClient, folder: Path) -> None:
    assert "toy-1 的目录中没有模型卡" in problem(client.get("/models/toy-1/card"), 404, "not-found")["detail"]
    (folder / "toy1" / "README.md").write_text("# 模型卡 <b>", encoding="utf-8")
    answer = client.get("/models/toy-1/card")
    assert (answer.status_code, answer.text) == (200, "# 模型卡 <b>")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert "没有模型 toy-7" in problem(client.get("/models/toy-7/card"), 404, "not-found")["detail"]


def test_promote_and_roll_back(client: TestClient) -> None:
    assert reads_with(client) == "toy-1"
    made = client.post("/models/toy-2/promote")
    assert made.status_code == 200
    assert {**made.json(), "at": None} == {"model": "toy-2", "at": None, "by": None, "rolled_back": False}
    assert reads_with(client) == "toy-2"
    assert client.get("/version").json()["model"]["version"] == "2"
    client.post("/models/toy-3/promote")
    assert reads_with(client) == "toy-3"
    for expected in ("toy-2", "toy-1"):
        body = client.post("/models/rollback").json()
        assert (body["model"], body["rolled_back"]) == (expected, True)
        assert reads_with(client) == expected
    problem(client.post("/models/rollback"), 409, "no-earlier-model")
    history = client.get("/models/history").json()["promotions"]
    assert [(p["model"], p["rolled_back"]) for p in history] == [
        ("toy-1", True),
        ("toy-2", True),
        ("toy-3", False),
        ("toy-2", False),
        ("toy-1", False),
    ]
    body = client.get("/models").json()
    assert (body["current"], body["promoted"]) == ("toy-1", "toy-1")


def test_nothing_to_roll_back_to(client: TestClient) -> None:
    assert "无从退回" in problem(client.post("/models/rollback"), 409, "no-earlier-model")["detail"]
    assert client.get("/models/history").json() == {"promotions": []}


def test_what_is_refused(client: TestClient, folder: Path) -> None:
    (folder / "toy2" / "pairs.onnx").write_bytes(b"5")
    assert "toy2/pairs.onnx" in problem(client.post("/models/toy-2/promote"), 409, "model-refused")["detail"]
    assert (
        "toy2/pairs.onnx"
        in problem(client.post("/extract", json={"text": TEXT}, params={"model": "toy-2"}), 409, "model-refused")[
            "detail"
        ]
    )
    assert "toy-1" in problem(client.post("/models/toy-9/promote"), 404, "not-found")["detail"]
    problem(client.post("/models/%2e%2e%2ftoy/promote"), 404, "not-found")
    assert client.get("/models/history").json() == {"promotions": []}
    assert reads_with(client) == "toy-1"


def test_another_model_for_one_request(client: TestClient) -> None:
    assert reads_with(client, model="toy-3") == "toy-3"
    assert reads_with(client) == "toy-1"
    assert reads_with(client, model="toy-1") == "toy-1"
    answer = client.post("/extract", json={"text": TEXT}, params={"model": "toy-9"})
    assert "toy-1、toy-2、toy-3" in problem(answer, 404, "not-found")["detail"]


def test_a_promotion_elsewhere_is_noticed(archive: Archive, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "TEND_SECONDS", 0.05)
    with start(archive, folder) as one, start(archive, folder) as other:
        one.post("/models/toy-2/promote")
        seen = Counter[str]()
        while seen["toy-2"] < 3:
            seen[reads_with(other)] += 1
        assert set(seen) <= {"toy-1", "toy-2"}
        assert other.post("/models/rollback").json()["model"] == "toy-1"
    with start(archive, folder) as late:
        late.post("/models/toy-3/promote")
    with start(archive, folder) as later:
        for _ in range(1000):
            if reads_with(later) == "toy-3":
                break
        assert reads_with(later) == "toy-3"


def test_scopes(archive: Archive, folder: Path) -> None:
    with archive.writing() as connection:
        keys = {scope: add_key(connection, f"{scope} 甲", [scope]) for scope in Scope}
    with start(archive, folder) as client:
        for scope, key in keys.items():
            headers = {"X-API-Key": key}
            for path in ("/models", "/models/history"):
                assert client.get(path, headers=headers).status_code == 200
            for path in ("/models/toy-2/promote", "/models/rollback"):
                answer = client.post(path, headers=headers)
                if scope is Scope.ADMIN:
                    assert answer.json()["by"] == "admin 甲"
                else:
                    problem(answer, 403, "forbidden")
        problem(client.post("/models/toy-2/promote"), 401, "unauthorized")


def test_the_diff(client: TestClient, archive: Archive) -> None:
    moved = PLAIN | {"period": "2022"}
    store(archive, {"甲": {OLD: {0: PLAIN, 1: PLAIN, 2: PLAIN}, NEW: {0: PLAIN, 1: moved, 3: PLAIN}}, "乙": {OLD: {}}})
    body = client.get("/models/diff", params={"from": "read-1", "to": "read-2"}).json()
    assert (body["from"], body["to"], body["indicator"], body["area"]) == ("read-1", "read-2", None, None)
    assert body["reports"] == {"both": 1, "from_only": 1, "to_only": 0, "differing": 1}
    assert body["observations"] == {"from": 3, "to": 3, "same": 1, "added": 1, "gone": 1, "changed": 1}
    assert {name for name, count in body["fields"].items() if count} == {"period"}
    assert body["indicators"] == {
        "most": [{"name": "企业数", "code": "enterprises", "added": 1, "gone": 1, "changed": 1}],
        "others": {"added": 0, "gone": 0, "changed": 0},
    }
    assert body["areas"]["most"][0]["name"] == "青岚区"
    samples = {sample["kind"]: sample for sample in body["samples"]}
    changed = samples["changed"]
    assert changed["fields"] == ["period"]
    assert (changed["from"]["period"], changed["to"]["period"]) == ("2023", "2022")
    assert (samples["added"]["from"], samples["gone"]["to"]) == (None, None)
    place, quotation = changed["value"], changed["quotation"]
    at = place["start"] - quotation["start"]
    assert quotation["text"][at : at + place["end"] - place["start"]] == "12家" == changed["from"]["value"]
    report = client.get(changed["report"]["href"]).json()
    assert report["text"][place["start"] : place["end"]] == "12家"
    assert changed["to"]["href"] == f"{changed['report']['href']}/observations/o2?model=read-2"


def test_a_diff_of_some(client: TestClient, archive: Archive) -> None:
    there = PLAIN | {"area": "小河县", "area_code": None}
    store(archive, {"甲": {OLD: {0: PLAIN, 1: there}, NEW: {}}})
    asked: dict[str, str | int] = {"from": "read-1", "to": "read-2", "area": "小河县", "samples": 0, "groups": 0}
    body = client.get("/models/diff", params=asked).json()
    assert body["observations"]["gone"] == 1
    assert (body["area"], body["samples"], body["areas"]["most"]) == ("小河县", [], [])
    assert body["areas"]["others"]["gone"] == 1


def test_a_diff_from_the_current_model(client: TestClient, archive: Archive, folder: Path) -> None:
    store(archive, {"甲": {verify(folder / "toy1").card: {0: PLAIN}, NEW: {}}})
    body = client.get("/models/diff", params={"to": "read-2"}).json()
    assert (body["from"], body["observations"]["gone"]) == ("toy-1", 1)


@pytest.mark.parametrize(
    ("asked", "status", "code", "word"),
    [
        ({}, 400, "invalid-request", "to"),
        ({"from": "read-1"}, 400, "invalid-request", "to"),
        ({"from": "read-1", "to": "read-1"}, 400, "invalid-request", "两个不同的模型"),
        ({"from": "read-1", "to": "read-9"}, 404, "not-found", "read-9"),
        ({"from": "read-9", "to": "read-1"}, 404, "not-found", "read-9"),
        ({"from": "read-1", "to": "read-2", "indicators": "甲"}, 400, "invalid-request", "indicators"),
        ({"from": "read-1", "to": "read-2", "samples": "many"}, 400, "invalid-request", "samples"),
        ({"from": "read-1", "to": "read-2", "groups": "-1"}, 400, "invalid-request", "groups"),
    ],
)
def test_diffs_that_cannot_be(
    client: TestClient, archive: Archive, asked: dict[str, str], status: int, code: str, word: str
) -> None:
    store(archive, {"甲": {OLD: {0: PLAIN}, NEW: {}}})
    assert word in problem(client.get("/models/diff", params=asked), status, code)["detail"]


def test_no_request_is_dropped_while_models_are_swapped(client: TestClient) -> None:
    """Every answer whole and of one model, through promotions, roll-backs and requests for others."""
    over = threading.Event()
    seen = Counter[str]()
    lock = threading.Lock()

    def hammer(number: int) -> None:
        while not over.is_set():
            # `reads_with` holds that the card and every single observation are of one model.
            id_ = reads_with(client, **({"model": "toy-3"} if number == 0 else {}))
            assert id_ == "toy-3" or number
            with lock:
                seen[id_] += 1

    with ThreadPoolExecutor(5) as pool:
        hammering = [pool.submit(hammer, number) for number in range(4)]
        try:
            for turn in range(12):
                id_ = f"toy-{1 + (turn + 1) % 2}"
                assert client.post(f"/models/{id_}/promote").json()["model"] == id_
                if turn % 4 == 3:
                    assert client.post("/models/rollback").status_code == 200
        finally:
            over.set()
        for future in hammering:
            future.result(60)
    assert set(seen) == {"toy-1", "toy-2", "toy-3"}
    metrics = client.get("/metrics").text.splitlines()
    answered = [line for line in metrics if line.startswith("baoshu_requests_total") and 'route="/extract"' in line]
    assert answered == [f'baoshu_requests_total{{code="200",method="POST",route="/extract"}} {float(seen.total())}']
