"""Annotations over HTTP, in both stores, with a pipeline without a model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from annotated import GROWTH, MONEY, TEXT, sample
from fakes import CARD, FakePipeline
from fastapi.testclient import TestClient
from test_app import problem

from service.annotations.form import document_json
from service.app import create_app
from service.archive.keys import Scope, add_key
from service.archive.opening import Archive
from service.settings import Settings

ID = hashlib.sha256(TEXT.encode()).hexdigest()
AT = f"/annotations/{ID}"


@pytest.fixture
def reader() -> FakePipeline:
    return FakePipeline()


@pytest.fixture
def kept(archive: Archive, reader: FakePipeline) -> Iterator[TestClient]:
    """The service over an archive with one report."""
    settings = Settings(archive=archive.url, max_characters=100)
    with TestClient(create_app(settings, reader), raise_server_exceptions=False) as client:
        assert client.post("/reports", json={"text": TEXT, "title": "通报"}).status_code == 201
        yield client


def said(**changes: Any) -> dict[str, Any]:
    """The sample as a client sends it: `changes` by the words of a number."""
    document: dict[str, Any] = json.loads(json.dumps(document_json(sample(area="吉水县"))))
    for observation in document["observations"]:
        observation |= changes.get(observation["text"], {})
    return document


def body(**fields: Any) -> dict[str, Any]:
    return {"annotator": "甲", "document": said(), **fields}


def codes(answer: dict[str, Any]) -> list[str]:
    return [fault["code"] for fault in answer["faults"]]


def test_a_report_without_annotation_is_proposed_by_the_current_model(kept: TestClient, reader: FakePipeline) -> None:
    (before,) = kept.get("/annotations").json()["tasks"]
    assert (before["state"], before["revision"], before["href"]) == ("new", 0, AT)
    shown = kept.get(AT).json()
    assert (shown["revision"], shown["model"], shown["text"]) == (None, CARD.id, TEXT)
    entities = shown["document"]["entities"]
    assert [TEXT[e["start"] : e["end"]] for e in entities] == [e["text"] for e in entities] == ["5.6亿元", "8.5%"]
    assert {e["score"] for e in entities} == {0.9}
    assert shown["document"]["observations"][0]["value"] == entities[0]["id"]
    assert shown["document"]["meta"]["title"] == "通报"
    assert kept.get(AT).json() == shown
    assert len(reader.posted) == 1  # it is kept
    assert kept.get(AT, params={"model": CARD.id}).json() == shown
    assert kept.get("/annotations").json()["counts"]["pre_annotated"] == 1


def test_what_is_saved_is_shown_as_it_was_said(kept: TestClient) -> None:
    kept.get(AT)
    saved = kept.put(AT, json=body(model=CARD.id, note="先看数")).json()
    assert saved["faults"] == []
    revision = saved["revision"]
    assert (revision["revision"], revision["annotator"], revision["line"], revision["base"]) == (1, "甲", None, None)
    assert (revision["model"], revision["note"], revision["state"]) == (CARD.id, "先看数", "in_work")
    assert saved["task"]["state"] == "in_work"
    shown = kept.get(AT).json()
    assert (shown["document"], shown["revision"], shown["model"]) == (said(), revision, None)
    assert kept.get(revision["href"]).json() == shown
    assert kept.get(AT, params={"annotator": "甲"}).json() == shown
    problem(kept.get(AT, params={"annotator": "乙"}), 404, "not-found")
    problem(kept.get(AT, params={"revision": 2}), 404, "not-found")


def test_two_people_at_once_lose_nothing(kept: TestClient) -> None:
    kept.put(AT, json=body())
    kept.put(AT, json=body(base=1, state="done", annotator="乙"))
    mine = said(**{"8.5%": {"low": 8.4, "high": 8.4}})
    answer = kept.put(AT, json=body(base=1, annotator="丙", document=mine))
    told = problem(answer, 409, "annotation-conflict")
    assert told["theirs"] == f"{AT}?revision=2"
    assert told["base"] == f"{AT}?revision=1"
    assert kept.get(told["yours"]).json()["document"] == mine
    assert kept.get(told["theirs"]).json()["revision"]["annotator"] == "乙"
    assert kept.get(AT).json()["revision"]["revision"] == 2
    differs = kept.get(f"{AT}/diff", params={"left": 2, "right": 3}).json()
    (change,) = differs["observations"]
    assert (change["kind"], change["fields"], change["left"]["low"], change["right"]["low"]) == (
        "changed",
        ["low", "high"],
        8.5,
        8.4,
    )
    assert kept.put(AT, json=body(base=2, annotator="丙", document=mine)).json()["revision"]["revision"] == 4
    history = kept.get(f"{AT}/history").json()["revisions"]
    assert [(r["revision"], r["line"], r["base"]) for r in history] == [
        (4, None, 2),
        (3, "丙", 1),
        (2, None, 1),
        (1, None, None),
    ]


def test_work_with_errors_is_kept_but_not_finished(kept: TestClient) -> None:
    wrong = said(**{"5.6亿元": {"period": "去年"}, "8.5%": {"measure": "rank"}})
    answer = kept.put(AT, json=body(document=wrong, state="done"))
    told = problem(answer, 422, "annotation-faulty")
    assert codes(told) == ["period-form", "measure-label", "rank-unit"]
    assert [fault["text"] for fault in told["faults"]] == ["5.6亿元", "8.5%", "8.5%"]
    assert kept.get(f"{AT}/history").json()["revisions"] == []
    saved = kept.put(AT, json=body(document=wrong)).json()
    assert {"period-form", "measure-label", "rank-unit", "base"} <= set(codes(saved))


def entity(**changes: Any) -> dict[str, Any]:
    return {
        "document": {"entities": [{"id": "e1", "label": "ORG", "start": 0, "end": 1, **changes}], "observations": []}
    }


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"document": {"entities": []}}, "observations"),
        ({"document": {"entities": [], "observations": [], "relations": []}}, "relations"),
        (entity(label="PLACE"), "label"),
        (entity(end=999), "999"),
        (entity(start="0"), "start"),
        ({"base": 0}, "base"),
        ({"state": "reviewed"}, "state"),
        ({"annotator": "  "}, "annotator"),
        ({"anotator": "甲"}, "anotator"),
    ],
)
def test_what_is_no_annotation_is_named(kept: TestClient, change: dict[str, Any], word: str) -> None:
    assert word in problem(kept.put(AT, json=body(**change)), 400, "invalid-request")["detail"]
    assert kept.get(f"{AT}/history").json()["revisions"] == []


def test_an_annotator_is_named_where_no_key_does(kept: TestClient) -> None:
    assert "annotator" in problem(kept.put(AT, json={"document": said()}), 400, "invalid-request")["detail"]


def test_what_is_right_is_told_as_it_would_be_taken(kept: TestClient) -> None:
    kept.put(AT, json=body())
    told = problem(kept.post(f"{AT}/review", json={"revision": 1}), 400, "invalid-request")["detail"]
    example = json.loads(told[told.index("{") : told.index("}") + 1])
    assert kept.post(f"{AT}/review", json={**example, "revision": 1}).status_code == 200


def test_what_is_not_there_is_not_found(kept: TestClient) -> None:
    other = f"/annotations/{'0' * 64}"
    for answer in (
        kept.get(other),
        kept.put(other, json=body()),
        kept.get(f"{other}/history"),
        kept.post(f"{other}/check", json={"document": said()}),
        kept.post(f"{other}/assign", json={"assignee": "甲"}),
        kept.get(f"{other}/diff"),
        kept.get(f"{AT}/diff"),
        kept.put(AT, json=body(base=7)),
        kept.put(AT, json=body(model="none-1")),
    ):
        problem(answer, 404, "not-found")
    problem(kept.get(f"{AT}/diff", params={"left": CARD.id, "right": CARD.id}), 404, "not-extracted")


def test_a_check_saves_nothing(kept: TestClient) -> None:
    wrong = said(**{"5.6亿元": {"low": 56, "high": 56}})
    answer = kept.post(f"{AT}/check", json={"document": wrong}).json()
    (fault,) = answer["faults"]
    assert (fault["code"], fault["severity"], fault["field"], fault["text"]) == (
        "value-differs",
        "warning",
        "low",
        "5.6亿元",
    )
    assert (fault["start"], fault["end"]) == MONEY
    readings = {reading["entity"]: reading for reading in answer["readings"]}
    assert readings["e4"] == {
        "entity": "e4",
        "low": 560_000_000,
        "high": 560_000_000,
        "unit": "元",
        "bound": "exact",
        "masked": False,
        "scope": None,
        "base": None,
    }
    assert (readings["e5"]["low"], readings["e5"]["base"]) == (8.5, "yoy")
    assert readings["e6"]["scope"] == "全省"
    assert (readings["e8"]["low"], readings["e8"]["masked"]) == (None, True)
    assert kept.get(f"{AT}/history").json()["revisions"] == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"text": "3.2亿元", "label": "MONEY"}, (320_000_000, 320_000_000, "元", "exact")),
        ({"text": "下降4.2%", "label": "PERCENT", "measure": "growth"}, (-4.2, -4.2, "%", "exact")),
        ({"text": "约3.2亿元以上", "label": "MONEY"}, (320_000_000, 320_000_000, "元", "at_least")),
        ({"text": "5-10名", "label": "PEOPLE"}, (5, 10, "人", "range")),
        ({"text": "34.2", "label": "MONEY", "unit": "亿元"}, (3_420_000_000, 3_420_000_000, "元", "exact")),
        ({"start": GROWTH.start, "end": GROWTH.end, "label": "PERCENT"}, (8.5, 8.5, "%", "exact")),
    ],
)
def test_the_value_of_words_is_told(kept: TestClient, value: dict[str, Any], expected: tuple[Any, ...]) -> None:
    read = kept.post(f"{AT}/check", json={"value": value}).json()["value"]
    assert (read["low"], read["high"], read["unit"], read["bound"]) == expected


def test_words_without_a_number_have_no_value(kept: TestClient) -> None:
    asked = {"value": {"text": "若干", "label": "COUNT"}}
    assert kept.post(f"{AT}/check", json=asked).json() == {
        "faults": [],
        "readings": [],
        "value": None,
        "period": None,
    }
    for wrong in ({}, {"value": {"label": "COUNT"}}, {"value": {"label": "COUNT", "start": 3, "end": 3}}):
        problem(kept.post(f"{AT}/check", json=wrong), 400, "invalid-request")


@pytest.mark.parametrize(
    ("period", "edtf"),
    [
        ({"text": "2023年1-9月"}, "2023-01/2023-09"),
        ({"text": "上半年", "year": "2024"}, "2024-01/2024-06"),
        ({"text": "目前", "published": "2024-03-05", "year": "2023"}, "../2024-03"),
        ({"text": "去年", "year": "不是时间"}, None),
        ({"text": "同期"}, None),
    ],
)
def test_the_time_of_words_is_told(kept: TestClient, period: dict[str, str], edtf: str | None) -> None:
    assert kept.post(f"{AT}/check", json={"period": period}).json()["period"] == edtf


def test_an_annotation_says_how_its_text_is_laid_out(client: TestClient) -> None:
    text = "𠮷水县通报\n一、成效\n企业12家。其中5家。\n地区 | 家\n甲 | 3\n乙 | 4\n"
    id_ = client.post("/reports", json={"text": text}).json()["id"]
    layout = client.get(f"/annotations/{id_}").json()["layout"]
    assert [text[s["start"] : s["end"]] for s in layout["sentences"]][-2:] == ["企业12家。", "其中5家。"]
    assert [(text[t["start"] : t["end"]], t["columns"]) for t in layout["tables"]] == [("地区 | 家\n甲 | 3\n乙 | 4", 2)]
    assert [s["heading"] for s in layout["sections"]] == ["一、成效"]


def test_tasks_are_given_and_put_in_order(kept: TestClient) -> None:
    other = kept.post("/reports", json={"text": "共12家。"}).json()["id"]
    given = kept.post(f"{AT}/assign", json={"assignee": "甲", "priority": 2.5, "reason": "链接不确定"}).json()
    assert (given["assignee"], given["priority"], given["reason"]) == ("甲", 2.5, "链接不确定")
    queue = kept.get("/annotations").json()
    assert [task["report"]["id"] for task in queue["tasks"]] == [ID, other]
    first = kept.get("/annotations", params={"limit": 1}).json()
    rest = kept.get("/annotations", params={"limit": 1, "after": first["next"]}).json()
    assert [rest["tasks"][0]["report"]["id"], rest["next"]] == [other, None]
    assert [t["report"]["id"] for t in kept.get("/annotations", params={"assignee": "甲"}).json()["tasks"]] == [ID]
    assert kept.get("/annotations", params={"state": "done"}).json()["tasks"] == []
    assert kept.post(f"{AT}/assign", json={"assignee": None}).json()["assignee"] is None
    problem(kept.post(f"{AT}/assign", json={}), 400, "invalid-request")
    problem(kept.get("/annotations?state=finished"), 400, "invalid-request")


def test_a_reviewer_settles_two_readings(kept: TestClient) -> None:
    kept.put(AT, json=body(state="done"))
    second = said(**{"5.6亿元": {"measure": "increment"}})
    assert kept.put(AT, json=body(annotator="乙", own=True, document=second)).json()["revision"]["line"] == "乙"
    differs = kept.get(f"{AT}/diff", params={"left": 1, "right": 2}).json()
    agreed = differs["agreement"]
    assert (agreed["entities"]["ALL"]["f1"], agreed["observation"]["f1"], agreed["value"]["f1"]) == (1.0, 0.75, 1.0)
    assert agreed["fields"]["measure"] == {"accuracy": 0.75, "asked": 4}
    assert (differs["corrections"], differs["entities"]) == (1, [])
    adopted = kept.post(f"{AT}/review", json={"annotator": "丙", "revision": 2}).json()
    assert (adopted["revision"]["revision"], adopted["revision"]["line"]) == (3, None)
    assert (adopted["task"]["state"], adopted["revision"]["state"]) == ("reviewed", "reviewed")
    assert kept.get(AT).json()["document"] == second
    stale = kept.post(f"{AT}/review", json={"annotator": "丁", "document": said(), "base": 1})
    problem(stale, 409, "annotation-conflict")
    for wrong in ({}, {"revision": 1, "document": said()}):
        problem(kept.post(f"{AT}/review", json={"annotator": "丙", **wrong}), 400, "invalid-request")


def test_corrections_are_told_against_the_proposal(kept: TestClient) -> None:
    kept.get(AT)
    kept.put(AT, json=body(model=CARD.id))
    differs = kept.get(f"{AT}/diff").json()
    assert (differs["left"], differs["right"]) == (CARD.id, "1")
    assert differs["corrections"] == kept.get(AT).json()["revision"]["corrections"]
    kinds = {change["right"]["text"]: change["kind"] for change in differs["entities"]}
    assert kinds == dict.fromkeys(("𠮷水县", "2023年", "技术合同成交额", "全省第三位", "2024年", "XX亿元"), "added")
    changed = {change["right"]["value"]["text"]: change["kind"] for change in differs["observations"]}
    assert changed == {"5.6亿元": "changed", "8.5%": "changed", "全省第三位": "added", "XX亿元": "added"}


def test_names_and_rights_come_from_keys(archive: Archive, reader: FakePipeline) -> None:
    with archive.writing() as connection:
        keys = {scope: add_key(connection, f"{scope}者", [scope]) for scope in Scope}
    settings = Settings(archive=archive.url, max_characters=100)
    with TestClient(create_app(settings, reader), raise_server_exceptions=False) as client:
        as_ = {scope: {"X-API-Key": key} for scope, key in keys.items()}
        assert client.post("/reports", json={"text": TEXT}, headers=as_[Scope.WRITE]).status_code == 201
        problem(client.get("/annotations"), 401, "unauthorized")
        assert client.get(AT, headers=as_[Scope.READ]).status_code == 200
        problem(client.put(AT, json=body(), headers=as_[Scope.READ]), 403, "forbidden")
        saved = client.put(AT, json=body(annotator="别人"), headers=as_[Scope.WRITE]).json()
        assert saved["revision"]["annotator"] == "write者"
        problem(client.post(f"{AT}/review", json={"revision": 1}, headers=as_[Scope.WRITE]), 403, "forbidden")
        assert client.post(f"{AT}/review", json={"revision": 1}, headers=as_[Scope.ADMIN]).status_code == 200
        problem(client.post("/annotations/import", content=b"", headers=as_[Scope.READ]), 403, "forbidden")
        assert client.get("/annotations/export", headers=as_[Scope.READ]).status_code == 200
