"""The HTTP service, within the process and with a pipeline without a model."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Event
from typing import Any

import anyio
import httpx2
import pytest
from fakes import FakePipeline, extraction_of
from fastapi.testclient import TestClient

from service.app import create_app, example
from service.errors import EmptyText
from service.problems import MEDIA_TYPE, TYPE_PREFIX, kinds
from service.records import Hints
from service.registry import Registry
from service.response import to_json
from service.settings import Settings

TEXT = "营 收3.2 亿元，共12家。"


def problem(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of `response`, checked."""
    assert response.status_code == status
    assert response.headers["content-type"] == MEDIA_TYPE
    body: dict[str, Any] = response.json()
    assert body["type"] == TYPE_PREFIX + code
    assert body["status"] == status
    for field in ("title", "detail"):
        assert any("一" <= character <= "鿿" for character in body[field])
    return body


def test_a_text(client: TestClient, pipeline: FakePipeline) -> None:
    response = client.post(
        "/extract", json={"text": TEXT, "published": "2024-03-05", "area": "小河县", "title": "通报"}
    )
    hints = Hints(date(2024, 3, 5), "小河县", "通报")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == to_json(extraction_of(TEXT, hints))
    assert pipeline.posted == [(TEXT, hints)]
    assert "text" not in response.json()["report"]


def test_only_the_text_is_needed(client: TestClient, pipeline: FakePipeline) -> None:
    assert client.post("/extract", json={"text": TEXT, "area": None, "title": " "}).status_code == 200
    assert pipeline.posted == [(TEXT, Hints())]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/x-www-form-urlencoded", None])
def test_json_as_curl_sends_it(client: TestClient, kind: str | None) -> None:
    body = b"\xef\xbb\xbf" + json.dumps({"text": TEXT}).encode()
    headers = {"content-type": kind} if kind else {}
    assert client.post("/extract", content=body, headers=headers).json() == to_json(extraction_of(TEXT))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_file(client: TestClient, encoding: str) -> None:
    response = client.post("/extract", files={"file": ("report.txt", TEXT.encode(encoding), "text/plain")})
    assert response.json() == to_json(extraction_of(TEXT), with_text=True)
    assert response.json()["report"]["text"] == TEXT


def test_a_file_with_hints(client: TestClient, pipeline: FakePipeline) -> None:
    response = client.post(
        "/extract",
        files={"file": ("report.txt", TEXT.encode())},
        data={"published": "2024-03-05", "area": "小河县", "title": ""},
    )
    assert response.status_code == 200
    assert pipeline.posted == [(TEXT, Hints(date(2024, 3, 5), "小河县"))]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[" * 100_0, "JSON"),
        ('{"text": "营收"}'.encode("gb18030"), "JSON"),
        (b'{"text": "\\ud800"}', "JSON"),
        (b"[]", "对象"),
        (b"{}", "text"),
        (b'{"text": 5}', "text"),
        (b'{"text": null}', "text"),
        (b'{"text": "5", "texts": "6"}', "texts"),
        (b'{"text": "5", "published": "March"}', "published"),
        (b'{"text": "5", "published": 1700000000}', "published"),
        (b'{"text": "5", "published": "2024-02-30"}', "published"),
        (b'{"text": "5", "area": ["x"]}', "area"),
        (json.dumps({"text": "5", "area": "县" * 101}).encode(), "area"),
    ],
)
def test_wrong_json(client: TestClient, pipeline: FakePipeline, body: bytes, word: str) -> None:
    response = client.post("/extract", content=body, headers={"content-type": "application/json"})
    assert word in problem(response, 400, "invalid-request")["detail"]
    assert pipeline.posted == []


@pytest.mark.parametrize("text", ["", " \n\t\u3000", "\u200b\ufeff"])
def test_an_empty_text(client: TestClient, text: str) -> None:
    problem(client.post("/extract", json={"text": text}), 422, "empty-text")


def test_an_empty_file(client: TestClient) -> None:
    problem(client.post("/extract", files={"file": ("report.txt", b"")}), 422, "empty-text")


def test_a_text_at_the_limit_and_one_beyond(client: TestClient) -> None:
    assert client.post("/extract", json={"text": "𠮷" * 100}).status_code == 200
    body = problem(client.post("/extract", json={"text": "营" * 101}), 413, "text-too-long")
    assert "101" in body["detail"]
    assert "100" in body["detail"]
    problem(client.post("/extract", files={"file": ("a.txt", b"5" * 101)}), 413, "text-too-long")


def test_a_body_beyond_the_limit_is_not_kept(client: TestClient, pipeline: FakePipeline) -> None:
    limit = Settings(max_characters=100).max_body_bytes
    padded = json.dumps({"text": "5家"}).encode().ljust(limit)
    json_type = {"content-type": "application/json"}
    assert client.post("/extract", content=padded, headers=json_type).status_code == 200
    body = problem(client.post("/extract", content=padded + b" ", headers=json_type), 413, "body-too-large")
    assert str(limit) in body["detail"]
    # Without a declared length, the count of what came in decides.
    chunks = (b" " * 10_000 for _ in range(limit // 10_000 + 1))
    problem(client.post("/extract", content=chunks, headers=json_type), 413, "body-too-large")
    assert len(pipeline.posted) == 1


def test_a_file_beyond_the_limit_is_not_kept(settings: Settings, pipeline: FakePipeline) -> None:
    settings = replace(settings, file_bytes=100_000)
    with TestClient(create_app(settings, pipeline), raise_server_exceptions=False) as client:
        limit = settings.max_upload_bytes
        body = problem(client.post("/extract", files={"file": ("a.docx", b"5" * limit)}), 413, "body-too-large")
        assert str(limit) in body["detail"]
    assert pipeline.posted == []


def test_a_flood_is_cut_off(settings: Settings) -> None:
    """A client that never ends is heard no longer than twice the limit."""
    sent = 0

    async def flood() -> dict[str, Any]:
        nonlocal sent
        sent += 10_000
        return {"type": "http.request", "body": b" " * 10_000, "more_body": True}

    answers: list[Any] = []

    async def keep(message: Any) -> None:
        answers.append(message)

    async def post() -> None:
        app = create_app(settings, FakePipeline())
        async with app.router.lifespan_context(app):
            scope = {
                "type": "http",
                "method": "POST",
                "path": "/extract",
                "query_string": b"",
                "headers": [(b"content-type", b"application/json")],
            }
            await app(scope, flood, keep)

    anyio.run(post)
    assert answers[0]["status"] == 413
    assert sent <= 2 * settings.max_body_bytes + 10_000


@pytest.mark.parametrize(
    ("name", "data", "status", "code"),
    [
        ("a.txt", bytes(range(256)) * 8, 422, "undecodable-input"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(50), 415, "unsupported-file"),
    ],
)
def test_a_file_that_is_no_text(client: TestClient, name: str, data: bytes, status: int, code: str) -> None:
    problem(client.post("/extract", files={"file": (name, data)}), status, code)


def test_wrong_forms(client: TestClient) -> None:
    text = {"file": ("a.txt", TEXT.encode())}
    for response, word in (
        (client.post("/extract", files={"report": ("a.txt", b"5")}), "file"),
        (client.post("/extract", files=[("file", ("a.txt", b"5")), ("file", ("b.txt", b"6"))]), "file"),
        (client.post("/extract", files=text, data={"published": "yesterday"}), "published"),
        (client.post("/extract", files=text, data={"region": "小河县"}), "region"),
        (client.post("/extract", content=b"x", headers={"content-type": "multipart/form-data"}), "表单"),
        (
            client.post("/extract", content=b"x", headers={"content-type": "multipart/form-data; boundary=a"}),
            "file",
        ),
    ):
        assert word in problem(response, 400, "invalid-request")["detail"]


def test_a_form_field_in_place_of_a_file(client: TestClient) -> None:
    frame = b'--a\r\nContent-Disposition: form-data; name="file"\r\n\r\n5\r\n--a--\r\n'
    response = client.post("/extract", content=frame, headers={"content-type": "multipart/form-data; boundary=a"})
    assert "file" in problem(response, 400, "invalid-request")["detail"]


def test_another_media_type(client: TestClient) -> None:
    response = client.post("/extract", content=b"5", headers={"content-type": "text/plain"})
    assert "text/plain" in problem(response, 415, "unsupported-media")["detail"]


def test_unknown_addresses_and_methods(client: TestClient) -> None:
    assert "/nowhere" in problem(client.get("/nowhere"), 404, "not-found")["detail"]
    response = client.get("/extract")
    assert "POST" in problem(response, 405, "method-not-allowed")["detail"]
    assert response.headers["allow"] == "POST"


def test_a_fault_tells_nothing_but_its_number(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    secret = "secret words of the report"
    app = create_app(settings, FakePipeline(fault=RuntimeError(secret)))
    with TestClient(app, raise_server_exceptions=False) as client:
        response = client.post("/extract", json={"text": TEXT})
        body = problem(response, 500, "internal-error")
        assert secret not in response.text
        assert body["instance"].startswith("urn:uuid:")
        assert body["instance"] in caplog.text
        assert 'baoshu_requests_total{code="500",method="POST",route="/extract"} 1.0' in client.get("/metrics").text


def test_a_refusal_by_the_pipeline(settings: Settings) -> None:
    with TestClient(create_app(settings, FakePipeline(fault=EmptyText()))) as client:
        problem(client.post("/extract", json={"text": TEXT}), 422, "empty-text")


def test_health_and_version(client: TestClient) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {"status": "ready", "archive": "ready"}
    body = client.get("/version").json()
    assert (body["name"], body["model"]) == ("baoshu", {"name": "fake", "version": "1.2.3", "sha256": "0" * 64})
    assert body["version"] == client.get("/openapi.json").json()["info"]["version"]


def test_before_the_model_is_loaded() -> None:
    client = TestClient(create_app(Settings(), FakePipeline()))  # not entered: the application has not started
    assert client.get("/health/live").status_code == 200
    for response in (
        client.get("/health/ready"),
        client.get("/version"),
        client.post("/extract", json={"text": TEXT}),
    ):
        problem(response, 503, "not-ready")
        assert int(response.headers["retry-after"]) > 0


def test_the_desk_is_bounded_and_the_loop_stays_live(settings: Settings) -> None:
    stall = Event()
    reader = FakePipeline(stall=stall)
    settings = replace(settings, concurrency=1, queue=1)
    with TestClient(create_app(settings, reader)) as client, ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(client.post, "/extract", json={"text": TEXT}) for _ in range(2)]
        try:
            for _ in range(10_000):
                if client.get("/health/ready").status_code != 200:
                    break
            assert reader.entered.wait(timeout=30)
            assert len(reader.posted) == 1
            assert client.get("/health/live").status_code == 200
            problem(client.get("/health/ready"), 503, "busy")
            response = client.post("/extract", json={"text": TEXT})
            problem(response, 503, "busy")
            assert int(response.headers["retry-after"]) > 0
        finally:
            stall.set()
        assert [future.result().status_code for future in waiting] == [200, 200]
        assert client.get("/health/ready").status_code == 200


def test_metrics(client: TestClient) -> None:
    client.post("/extract", json={"text": TEXT + "第7。"})
    client.post("/extract", json={"text": ""})
    client.get("/nowhere")
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    lines = response.text.splitlines()
    for line in (
        'baoshu_requests_total{code="200",method="POST",route="/extract"} 1.0',
        'baoshu_requests_total{code="422",method="POST",route="/extract"} 1.0',
        'baoshu_requests_total{code="404",method="GET",route="unmatched"} 1.0',
        'baoshu_request_seconds_count{route="/extract"} 2.0',
        'baoshu_stage_seconds_sum{stage="tag"} 0.25',
        f"baoshu_characters_total {float(len(TEXT) + 3)}",
        "baoshu_numbers_total 4.0",
        "baoshu_observations_total 2.0",
        "baoshu_unexplained_numbers_total 1.0",
    ):
        assert line in lines


def test_two_apps_count_apart(client: TestClient, settings: Settings) -> None:
    with TestClient(create_app(settings, FakePipeline())) as other:
        client.post("/extract", json={"text": TEXT})
        assert "baoshu_observations_total 0.0" in other.get("/metrics").text.splitlines()


def test_openapi(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert {"/extract", "/health/live", "/health/ready", "/version", "/metrics"} <= set(described["paths"])
    extract = described["paths"]["/extract"]["post"]
    schemas = described["components"]["schemas"]

    body = extract["requestBody"]["content"]
    assert set(body["application/json"]["schema"]["properties"]) == {"text", "published", "area", "title"}
    assert set(body["multipart/form-data"]["schema"]["properties"]) == {"file", "published", "area", "title"}

    answer = extract["responses"]["200"]["content"]["application/json"]
    of_one, of_several = answer["schema"]["anyOf"]
    assert of_one["$ref"] == "#/components/schemas/ExtractionJson"
    assert of_several["$ref"] == "#/components/schemas/FileAnswersJson"
    assert answer["example"] == to_json(extraction_of(example().text, Hints(example().published)))
    assert set(answer["example"]) == set(schemas["ExtractionJson"]["required"])
    assert answer["example"]["observations"]

    told = {
        example["value"]["type"].removeprefix(TYPE_PREFIX): example["value"]["status"]
        for status, response in extract["responses"].items()
        if status != "200"
        for example in response["content"][MEDIA_TYPE]["examples"].values()
    }
    of_others = {
        *("method-not-allowed", "not-extracted", "archive-unavailable"),
        *("model-changed", "no-earlier-model", "workers-lost"),
        *("archive-not-shared", "cluster-unavailable", "annotation-conflict", "annotation-faulty"),
        *("refinement-refused", "training-missing"),
    }
    assert told == {kind.code: kind.status for kind in kinds() if kind.code not in of_others}
    named = json.dumps(described).count("#/components/schemas/ProblemJson")
    assert named > 0
    assert "ProblemJson" in schemas


def test_every_reference_of_the_description_leads_somewhere(settings: Settings) -> None:
    described = create_app(settings, FakePipeline(), Registry(settings.models, 1)).openapi()
    references = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(described)))
    assert "components/schemas/ExtractionJson" in references
    for reference in references:
        found: Any = described
        for step in reference.split("/"):
            found = found[step]


def test_a_body_is_described_with_all_that_stands_in_it(settings: Settings) -> None:
    paths = create_app(settings, FakePipeline()).openapi()["paths"]
    save, job = paths["/annotations/{report}"]["put"]["requestBody"], paths["/jobs"]["post"]["requestBody"]
    assert (save["required"], job["required"]) == (True, False)
    document = save["content"]["application/json"]["schema"]["properties"]["document"]
    entity = document["properties"]["entities"]["items"]
    assert set(entity["properties"]) == {"id", "label", "start", "end", "text", "score"}
    selection = job["content"]["application/json"]["schema"]["properties"]["select"]
    assert set(selection["properties"]) == {"reports", "q", "area", "added_since", "missing_only"}
