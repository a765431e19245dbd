"""Label Studio's protocol, as Label Studio speaks it, in both stores, with a pipeline without a model."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from fakes import CARD, FakePipeline
from fastapi.testclient import TestClient
from studio_calls import AT, LATER, SHORT, TEXT, annotation, by_page, predict, setup, task, webhook
from test_app import problem

from service.annotations.document import text_id
from service.annotations.labelling import labelling_config
from service.app import create_app
from service.archive.keys import Scope, add_key
from service.archive.opening import Archive
from service.settings import Settings

AT_TEXT = f"/annotations/{text_id(TEXT)}"
FEW = """<View><Labels name="label" toName="text"><Label value="MONEY"/><Label value="PLACE"/></Labels>
<Text name="text" value="$report_text"/><TextArea name="remarks" toName="text"/></View>"""


@pytest.fixture
def reader() -> FakePipeline:
    return FakePipeline()


@pytest.fixture
def studio(archive: Archive, reader: FakePipeline) -> Iterator[TestClient]:
    """The service over an empty archive."""
    settings = Settings(archive=archive.url, max_characters=100)
    with TestClient(create_app(settings, reader), raise_server_exceptions=False) as client:
        yield client


def predicted(client: TestClient, text: str = TEXT) -> list[dict[str, Any]]:
    """The result of a prediction for a text."""
    ((found,),) = client.post("/label-studio/predict", json=predict(task(5, text))).json()["results"]
    result: list[dict[str, Any]] = found["result"]
    return result


def told(client: TestClient, event: dict[str, Any]) -> dict[str, Any]:
    """What becomes of an event."""
    answer = client.post("/label-studio/webhook", json=event)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def created(result: list[dict[str, Any]], text: str = TEXT, **changes: Any) -> dict[str, Any]:
    return webhook("ANNOTATION_CREATED", annotation(7, by_page(result), **changes), task(5, text))


def updated(result: list[dict[str, Any]], at: str = LATER, **changes: Any) -> dict[str, Any]:
    return webhook("ANNOTATION_UPDATED", annotation(7, by_page(result), at, **changes), task(5, TEXT))


def without(result: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """The result when someone has deleted the region of `text`."""
    gone = {r["id"] for r in result if r.get("value", {}).get("text") == text}
    return [r for r in result if not gone.intersection((r.get("id"), r.get("from_id"), r.get("to_id")))]


def history(client: TestClient) -> list[dict[str, Any]]:
    revisions: list[dict[str, Any]] = client.get(f"{AT_TEXT}/history").json()["revisions"]
    return revisions


# Being added


def test_a_backend_says_that_it_is_up_and_by_which_model(studio: TestClient) -> None:
    assert studio.get("/label-studio/health").json() == {"status": "UP", "model_class": "Baoshu"}
    assert studio.post("/label-studio/setup", json=setup()).json() == {"model_version": CARD.id}
    assert studio.post("/label-studio/setup", json=setup(FEW)).json() == {"model_version": CARD.id}
    assert studio.get("/label-studio/versions").json() == {"versions": [CARD.id]}


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ("<View>", "XML"),
        ("", "XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><View>&b;</View>', "XML"),
        ('<View><Image name="image" value="$image"/></View>', "Text"),
        ('<View><Text name="text" value="report"/></View>', "Text"),
        ('<View><Text name="text" value="$text"/></View>', "Labels"),
        (FEW.replace("MONEY", "THING"), "标签"),
    ],
)
def test_a_configuration_that_can_show_nothing_of_ours_is_refused(studio: TestClient, config: str, word: str) -> None:
    answer = studio.post("/label-studio/setup", json=setup(config))
    assert word in problem(answer, 400, "invalid-request")["detail"]
    problem(studio.post("/label-studio/predict", json=predict(config=config)), 400, "invalid-request")


def test_what_is_no_call_of_label_studio_is_told_what_is(studio: TestClient) -> None:
    for address in ("setup", "predict", "webhook"):
        detail = problem(studio.post(f"/label-studio/{address}", json={}), 400, "invalid-request")["detail"]
        assert f"Label Studio 的 {'Webhook' if address == 'webhook' else '/' + address}" in detail


# Predictions


def test_tasks_are_pre_annotated_in_their_order_and_not_kept(studio: TestClient) -> None:
    answer = studio.post("/label-studio/predict", json=predict(task(5, TEXT), task(6, SHORT))).json()
    (first,), (second,) = answer["results"]
    assert (first["model_version"], first["score"], answer["problems"]) == (CARD.id, 0.8765, [])
    regions = [r["value"] for r in first["result"] if r["from_name"] == "label"]
    assert [(r["labels"], r["text"], TEXT[r["start"] : r["end"]]) for r in regions] == [
        (["MONEY"], "5.6亿元", "5.6亿元"),
        (["PERCENT"], "8.5%", "8.5%"),
    ]
    assert {r["id"] for r in first["result"]} == {f"{CARD.id}.e1", f"{CARD.id}.e2"}
    assert [r["value"]["text"] for r in second["result"] if r["from_name"] == "label"] == ["44家"]
    assert studio.get("/reports").json()["reports"] == []


def test_a_report_of_the_archive_is_read_once(studio: TestClient, reader: FakePipeline) -> None:
    studio.post("/reports", json={"text": TEXT, "area": "吉水县"})
    assert predicted(studio) == predicted(studio)
    ((text, hints),) = reader.posted
    assert (text, hints.area) == (TEXT, "吉水县")


def test_a_task_may_say_what_is_known_of_its_report(studio: TestClient, reader: FakePipeline) -> None:
    meta = {"title": "通报", "area": "吉水县", "published": "2024-01-08", "pages": 3}
    studio.post("/label-studio/predict", json=predict(task(5, TEXT, meta=meta)))
    ((_, hints),) = reader.posted
    assert (hints.title, hints.area, str(hints.published)) == ("通报", "吉水县", "2024-01-08")


def test_a_project_is_sent_what_it_can_show(studio: TestClient) -> None:
    body = predict(task(5, TEXT, "report_text"), config=FEW)
    ((found,),) = studio.post("/label-studio/predict", json=body).json()["results"]
    assert [(r["from_name"], r["value"]["text"]) for r in found["result"]] == [("label", "5.6亿元")]


def test_a_task_that_cannot_be_read_stands_in_nobodys_way(studio: TestClient) -> None:
    tasks = (task(1, " "), task(2, "字" * 101), task(3, None), task(4, SHORT))
    answer = studio.post("/label-studio/predict", json=predict(*tasks)).json()
    assert [len(found) for found in answer["results"]] == [0, 0, 0, 1]
    assert [(p["task"], p["problem"]["type"].rpartition(":")[2]) for p in answer["problems"]] == [
        ("1", "empty-text"),
        ("2", "text-too-long"),
        ("3", "invalid-request"),
    ]


# Annotations


def test_what_is_submitted_stands_in_the_archive(studio: TestClient) -> None:
    body = told(studio, created(predicted(studio)))
    (done,) = body["taken"]
    assert (done["report"], done["added"], done["conflict"], done["errors"]) == (text_id(TEXT), True, None, 0)
    (revision,) = history(studio)
    assert revision == done["revision"]
    assert (revision["annotator"], revision["state"], revision["base"]) == ("label-studio:1", "done", None)
    assert (revision["model"], revision["corrections"]) == (CARD.id, 0)
    document = studio.get(AT_TEXT).json()["document"]
    assert [(o["text"], o["low"], o["unit"], o["score"]) for o in document["observations"]] == [
        ("5.6亿元", 560000000, "元", 1),
        ("8.5%", 8.5, "%", 1),
    ]


def test_the_same_told_twice_or_late_adds_nothing(studio: TestClient) -> None:
    result = predicted(studio)
    first, fewer = created(result), updated(without(result, "8.5%"))
    assert told(studio, first)["taken"][0]["revision"]["revision"] == 1
    assert told(studio, first)["taken"][0]["revision"]["revision"] == 1
    assert told(studio, fewer)["taken"][0]["revision"]["revision"] == 2
    assert told(studio, fewer)["taken"][0]["revision"]["revision"] == 2
    assert told(studio, first)["taken"][0]["revision"]["revision"] == 2
    later, earlier = history(studio)
    assert (later["base"], later["line"], later["corrections"]) == (earlier["revision"], None, 2)


def test_what_stands_in_the_archive_is_not_written_over(studio: TestClient) -> None:
    result = predicted(studio)
    document = {"entities": [{"id": "e1", "label": "AREA", "start": 0, "end": 3}], "observations": []}
    told(studio, created(result))
    studio.put(AT_TEXT, json={"annotator": "甲", "document": document, "base": 1})
    (done,) = told(studio, updated(without(result, "8.5%")))["taken"]
    assert done["conflict"] is not None
    assert done["revision"]["line"] == "label-studio:1"
    (again,) = told(studio, updated(without(result, "5.6亿元"), "2026-03-05T09:00:00Z"))["taken"]
    assert again["revision"]["line"] == "label-studio:1"
    assert studio.get(AT_TEXT).json()["document"]["entities"][0]["text"] == "𠮷水县"


def test_what_has_errors_is_in_work(studio: TestClient) -> None:
    place = {"start": 0, "end": 3, "text": "𠮷水县", "labels": ["AREA"]}
    region = {"id": "Np1", "from_name": "label", "to_name": "text", "type": "labels", "value": place}
    overlap = {**region, "id": "Np2", "value": {**place, "end": 2, "text": "𠮷水"}}
    (done,) = told(studio, created([*predicted(studio), region, overlap]))["taken"]
    assert (done["errors"], done["revision"]["state"]) == (1, "in_work")


def test_what_is_none_of_ours_is_told(studio: TestClient) -> None:
    place = {"start": 0, "end": 3, "text": "𠮷水县", "labels": ["PLACE"]}
    region = {"id": "Np1", "from_name": "label", "to_name": "text", "type": "labels", "value": place}
    body = told(studio, created([*predicted(studio), region]))
    assert ["PLACE" in loss["message"] for loss in body["losses"]] == [True]


@pytest.mark.parametrize(
    "event",
    [
        webhook("ANNOTATION_CREATED", annotation(7, [], was_cancelled=True), task(5, TEXT)),
        {"action": "ANNOTATIONS_DELETED", "annotations": [{"id": 7}]},
        {"action": "TASKS_CREATED", "tasks": [task(5, TEXT)]},
        {"action": "PROJECT_DELETED", "project": {"id": 2}},
    ],
)
def test_other_events_change_nothing(studio: TestClient, event: dict[str, Any]) -> None:
    assert told(studio, event) == {"action": event["action"], "taken": [], "losses": [], "problems": []}
    assert studio.get("/reports").json()["reports"] == []


def test_training_is_not_started_from_there(studio: TestClient) -> None:
    event = {"action": "START_TRAINING", "project": {"id": 2}}
    assert "训练" in problem(studio.post("/label-studio/webhook", json=event), 400, "invalid-request")["detail"]


def test_an_event_without_its_payload_is_refused(studio: TestClient) -> None:
    answer = studio.post("/label-studio/webhook", json={"action": "ANNOTATION_CREATED"})
    assert "Send payload" in problem(answer, 400, "invalid-request")["detail"]


def test_of_a_batch_what_can_be_taken_is(studio: TestClient) -> None:
    said = [annotation(7, []), annotation(8, by_page(predicted(studio, SHORT)))]
    body = told(studio, webhook("ANNOTATIONS_CREATED", said, [task(5, "字" * 101), task(6, SHORT)]))
    assert [done["report"] for done in body["taken"]] == [text_id(SHORT)]
    assert [p["task"] for p in body["problems"]] == ["5"]
    alone = webhook("ANNOTATION_CREATED", annotation(9, []), task(5, "字" * 101))
    problem(studio.post("/label-studio/webhook", json=alone), 413, "text-too-long")


def test_a_field_of_another_name_holds_the_text(studio: TestClient) -> None:
    said = annotation(7, by_page(predicted(studio)))
    body = told(studio, webhook("ANNOTATION_CREATED", said, task(5, TEXT, "report_text"), FEW))
    assert [done["report"] for done in body["taken"]] == [text_id(TEXT)]


# Keys


def password(key: str, **headers: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"baoshu:{key}".encode()).decode(), **headers}


def test_a_key_is_the_password(studio: TestClient, archive: Archive) -> None:
    event = created(predicted(studio))
    with archive.writing() as connection:
        write, read = (
            add_key(connection, name, [scope]) for name, scope in (("标注室", Scope.WRITE), ("看", Scope.READ))
        )
    settings = Settings(archive=archive.url, max_characters=100)
    with TestClient(create_app(settings, FakePipeline())) as client:
        problem(client.get("/label-studio/health"), 401, "unauthorized")
        problem(client.get("/label-studio/health", headers=password("baoshu_wrong")), 401, "unauthorized")
        assert client.get("/label-studio/health", headers=password(read)).status_code == 200
        assert client.get("/label-studio/health", headers={"X-API-Key": read}).status_code == 200
        problem(client.post("/label-studio/webhook", json=event, headers=password(read)), 403, "forbidden")
        origin = password(write, Origin="http://testserver")
        problem(client.post("/label-studio/webhook", json=event, headers=origin), 401, "unauthorized")
        problem(client.get("/reports", headers=password(write)), 401, "unauthorized")
        (done,) = client.post("/label-studio/webhook", json=event, headers=password(write)).json()["taken"]
    assert done["revision"]["annotator"] == "标注室:1"


def test_the_instant_of_a_save_is_kept(studio: TestClient) -> None:
    told(studio, created(predicted(studio)))
    (revision,) = history(studio)
    assert revision["note"] == f"Label Studio 项目 2，任务 5，标注 7，{AT.replace('Z', '+00:00')}"


def test_the_configuration_of_ours_shows_all(studio: TestClient) -> None:
    names = {r["from_name"] for r in predicted(studio)}
    assert names == {"label", "measure", "status", "bound", "low", "high", "unit", "period", "area"}
    assert "white-space: pre-wrap" in labelling_config()
