"""Reports kept and figures asked for over HTTP, in both stores, with a pipeline without a model."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fakes import CARD, FakePipeline, extraction_of
from fastapi.testclient import TestClient
from test_app import problem

from service.app import create_app
from service.archive.opening import Archive
from service.problems import MEDIA_TYPE, TYPE_PREFIX
from service.response import to_json
from service.settings import Settings

TEXT = "营 收3.2 亿元，共12家。"
ID = hashlib.sha256(TEXT.encode()).hexdigest()
MODEL = CARD.id


@pytest.fixture
def reader() -> FakePipeline:
    return FakePipeline()


@pytest.fixture
def kept(archive: Archive, reader: FakePipeline) -> Iterator[TestClient]:
    """The service over an empty archive, with a limit of 100 characters."""
    settings = Settings(archive=archive.url, max_characters=100)
    with TestClient(create_app(settings, reader), raise_server_exceptions=False) as client:
        yield client


def keep(client: TestClient, text: str, **fields: Any) -> str:
    """Post a report and have it read; its id."""
    response = client.post("/reports?extract=true", json={"text": text, **fields})
    assert response.status_code == 201
    return str(response.json()["id"])


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


# Reports


def test_a_report_is_kept_once(kept: TestClient, reader: FakePipeline) -> None:
    fields = {"published": "2024-03-05", "area": "小河县", "title": "通报", "source": "http://a.example/1"}
    first = kept.post("/reports", json={"text": TEXT, **fields})
    assert first.status_code == 201
    assert first.headers["location"] == f"/reports/{ID}"
    body = first.json()
    assert body["added_at"].endswith("Z")
    assert body == {
        "id": ID,
        "title": "通报",
        "source": "http://a.example/1",
        "added_at": body["added_at"],
        "href": f"/reports/{ID}",
        "extraction": f"/reports/{ID}/extraction",
        "characters": len(TEXT),
        "hints": {"title": "通报", "published": "2024-03-05", "area": "小河县"},
        "added": True,
    }
    again = kept.post("/reports", json={"text": TEXT, "title": "另一个"})
    assert again.status_code == 200
    assert again.json() == {**body, "added": False}
    assert [report["id"] for report in kept.get("/reports").json()["reports"]] == [ID]
    assert reader.posted == []
    assert kept.get(f"/reports/{ID}").json() == {
        **{name: value for name, value in body.items() if name != "added"},
        "text": TEXT,
    }


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_file_is_known_by_its_name(kept: TestClient, encoding: str) -> None:
    file = {"file": ("通报.txt", TEXT.encode(encoding), "text/plain")}
    body = kept.post("/reports", files=file, data={"area": "小河县"}).json()
    assert (body["id"], body["source"], body["hints"]["area"]) == (ID, "通报.txt", "小河县")
    assert body["added"] is True
    other = {"file": ("b.txt", (TEXT + "5家").encode(encoding))}
    assert kept.post("/reports", files=other, data={"source": "档案室"}).json()["source"] == "档案室"


def test_a_report_is_read_at_once_where_that_is_asked(kept: TestClient, reader: FakePipeline) -> None:
    body = kept.post("/reports?extract=true", json={"text": TEXT, "area": "小河县"}).json()
    assert (body["added"], body["observations"]) == (True, 2)
    again = kept.post("/reports", params={"extract": "true"}, json={"text": TEXT, "area": "大河县"}).json()
    assert (again["added"], again["observations"]) == (False, 2)
    assert [hints.area for _, hints in reader.posted] == ["小河县"]
    expected = to_json(extraction_of(*reader.posted[0]))
    assert kept.get(f"/reports/{ID}/extraction").json() == expected
    assert kept.get(f"/reports/{ID}/extraction", params={"model": MODEL}).json() == expected
    assert kept.post("/extract", json={"text": TEXT, "area": "小河县"}).json() == expected


def test_a_report_kept_first_is_read_later_with_its_own_hints(kept: TestClient, reader: FakePipeline) -> None:
    kept.post("/reports", json={"text": TEXT, "area": "小河县"})
    body = problem(kept.get(f"/reports/{ID}/extraction"), 404, "not-extracted")
    assert MODEL in body["detail"]
    assert kept.post("/reports?extract=true", json={"text": TEXT}).status_code == 200
    assert [hints.area for _, hints in reader.posted] == ["小河县"]
    assert kept.get(f"/reports/{ID}/extraction").status_code == 200


@pytest.mark.parametrize(
    ("request_of", "status", "code"),
    [
        ({"json": {"text": " "}}, 422, "empty-text"),
        ({"json": {"text": "营" * 101}}, 413, "text-too-long"),
        ({"json": {"texts": "5"}}, 400, "invalid-request"),
        ({"json": {"text": "5", "source": 5}}, 400, "invalid-request"),
        ({"json": {"text": "5\u0000"}}, 400, "invalid-request"),
        ({"content": b"5", "headers": {"content-type": "text/plain"}}, 415, "unsupported-media"),
        ({"files": {"file": ("a.txt", bytes(range(256)) * 8)}}, 422, "undecodable-input"),
        ({"json": {"text": "5"}, "params": {"extrct": "true"}}, 400, "invalid-request"),
        ({"json": {"text": "5"}, "params": {"extract": "perhaps"}}, 400, "invalid-request"),
    ],
)
def test_what_is_not_kept(client: TestClient, request_of: dict[str, Any], status: int, code: str) -> None:
    problem(client.post("/reports", **request_of), status, code)
    assert client.get("/reports").json() == {"reports": [], "next": None}


def test_the_source_is_no_field_of_a_text_to_extract(client: TestClient) -> None:
    problem(client.post("/extract", json={"text": TEXT, "source": "a"}), 400, "invalid-request")


def test_reports_page_by_page_and_by_their_words(kept: TestClient) -> None:
    texts = [f"青岚区第{number}号通报，共{number}家企业。" for number in range(1, 6)] + ["白石县简报，营收3亿元。"]
    ids = [kept.post("/reports", json={"text": text}).json()["id"] for text in texts]
    found: list[str] = []
    after = ""
    while True:
        page = kept.get("/reports", params={"limit": 4, "after": after}).json()
        found += [report["id"] for report in page["reports"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert found == ids[::-1]

    page = kept.get("/reports", params={"q": "通报", "limit": 3}).json()
    assert [report["id"] for report in page["reports"]] == ids[4:1:-1]
    rest = kept.get("/reports", params={"q": "通报", "limit": 3, "after": page["next"]}).json()
    assert [report["id"] for report in rest["reports"]] == ids[1::-1]
    (only,) = kept.get("/reports", params={"q": "白石县"}).json()["reports"]
    assert only["id"] == ids[5]
    snippet = only["snippet"]
    assert snippet["text"] == texts[5][snippet["start"] : snippet["end"]]
    assert [texts[5][match["start"] : match["end"]] for match in snippet["matches"]] == ["白石县"]
    assert kept.get("/reports", params={"q": '没有" OR *'}).json() == {"reports": [], "next": None}


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("/reports?limit=0", "limit"),
        ("/reports?limit=many", "limit"),
        ("/reports?limit=1001", "limit"),
        ("/reports?query=x", "query"),
        ("/reports?after=%21%21", "翻页"),
        ("/reports/xyz", "id"),
        ("/observations?measure=size", "measure"),
        ("/observations?status=done", "status"),
        ("/observations?period=last-year", "last-year"),
        ("/observations?after=abc", "翻页"),
        ("/observations?format=xml", "xlsx、parquet"),
        ("/observations?format=csv&limit=5", "limit"),
        ("/observations?year=2023", "year"),
        ("/observations/panel", "indicator"),
        ("/observations/panel?measure=level", "indicator"),
        ("/observations/panel?area=x&after=abc", "after"),
        (f"/reports/{ID}/observations/7", "observation"),
    ],
)
def test_wrong_questions_are_named(client: TestClient, address: str, word: str) -> None:
    assert word in problem(client.get(address), 400, "invalid-request")["detail"]


def test_a_blank_parameter_is_not_there(client: TestClient) -> None:
    assert client.get("/reports?q=&after=").status_code == 200
    assert client.get("/observations?indicator=&area=&period=&status=&measure=&q=&model=&report=").status_code == 200


def test_a_report_deleted_takes_all_with_it(kept: TestClient) -> None:
    keep(kept, TEXT)
    assert kept.get("/observations").json()["observations"] != []
    response = kept.delete(f"/reports/{ID}")
    assert (response.status_code, response.content) == (204, b"")
    for address in (f"/reports/{ID}", f"/reports/{ID}/extraction", f"/reports/{ID}/observations/o1"):
        problem(kept.get(address), 404, "not-found")
    problem(kept.delete(f"/reports/{ID}"), 404, "not-found")
    assert kept.get("/observations").json()["observations"] == []
    assert kept.get("/reports", params={"q": "营收"}).json()["reports"] == []
    assert kept.post("/reports", json={"text": TEXT}).status_code == 201


# Figures


def test_a_figure_with_the_address_of_its_evidence(kept: TestClient) -> None:
    keep(kept, TEXT, title="通报", source="a.txt")
    body = kept.get("/observations").json()
    assert (body["model"], body["next"]) == (MODEL, None)
    first = body["observations"][0]
    wanted = to_json(extraction_of(TEXT))["observations"][0]
    assert first["report"] == {"id": ID, "title": "通报", "source": "a.txt", "href": f"/reports/{ID}"}
    assert (first["observation"], first["value"], first["low"]) == ("o1", "3.2 亿元", 320000000)
    assert isinstance(first["low"], int)
    assert TEXT[first["start"] : first["end"]] == first["value"]
    assert first["evidence"]["text"] == TEXT
    in_full = kept.get(first["evidence"]["href"]).json()
    assert in_full["observation"] == wanted
    assert in_full["model"] == MODEL
    evidence = in_full["evidence"]
    assert TEXT[evidence["start"] : evidence["end"]] == evidence["text"]
    assert evidence["before"] + evidence["text"] + evidence["after"] in TEXT
    problem(kept.get(f"/reports/{ID}/observations/o3"), 404, "not-found")
    problem(kept.get(f"/reports/{ID}/observations/o1?model=other-1"), 404, "not-extracted")


def test_figures_are_narrowed(kept: TestClient) -> None:
    first, second = keep(kept, "营收3亿元，增长5%。"), keep(kept, "税收2亿元，共7家。")

    def values(**asked: str) -> list[str]:
        return [item["value"] for item in kept.get("/observations", params=asked).json()["observations"]]

    assert sorted(values()) == ["2亿元", "3亿元", "5%", "7家"]
    assert values(report=first) == ["3亿元", "5%"]
    assert sorted(values(indicator="税")) == ["2亿元", "7家"]
    assert values(q="税收", report=second) == ["2亿元", "7家"]
    assert values(area="青岚区") == values() == values(status="actual", measure="level", period="2023")
    for nothing in ({"area": "别处"}, {"status": "plan"}, {"period": "2019"}, {"model": "other-1"}, {"report": ID}):
        assert values(**nothing) == []


def test_figures_page_by_page(kept: TestClient) -> None:
    for number in range(1, 8):
        keep(kept, f"营收{number}亿元，共{number}家。")
    whole = kept.get("/observations", params={"limit": 1000}).json()["observations"]
    assert len(whole) == 14
    found: list[Any] = []
    after = ""
    while True:
        page = kept.get("/observations", params={"limit": 4, "after": after}).json()
        found += page["observations"]
        assert len(page["observations"]) <= 4
        if page["next"] is None:
            break
        after = page["next"]
    assert found == whole


@pytest.mark.parametrize("headers", [{"Accept": "text/csv"}, {"Accept": "text/csv;q=0.9, */*;q=0.1"}])
def test_all_figures_as_csv(kept: TestClient, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]) -> None:
    monkeypatch.setattr("service.routes_figures.MOST_ITEMS", 3)
    for number in range(1, 6):
        keep(kept, f"=营收{number}亿元，增长-{number}%。")
    for response in (kept.get("/observations", headers=headers), kept.get("/observations?format=csv")):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/csv")
        assert "observations.csv" in response.headers["content-disposition"]
        rows = table(response.text)
        assert len(rows) == 10
        assert {row["value"] for row in rows if row["unit"] == "%"} == {f"-{number}%" for number in range(1, 6)}
        # What a spreadsheet would run gets an apostrophe; numbers stay plain.
        assert {row["indicator"] for row in rows} == {"'="}
        assert all(row["evidence"].startswith("'=营收") for row in rows)
    response = kept.get("/observations?format=json", headers=headers)
    assert response.headers["content-type"] == "application/json"


def test_no_figures_as_csv(kept: TestClient) -> None:
    response = kept.get("/observations?format=csv")
    assert table(response.text) == []
    assert response.text.count("\r\n") == 1


# The panel


def test_a_panel(kept: TestClient) -> None:
    first, second, third = (keep(kept, text) for text in ("营收3亿元。", "营收3 亿元，另见附表。", "营收4亿元。"))
    body = kept.get("/observations/panel", params={"indicator": "营"}).json()
    assert (body["model"], body["measure"], body["status"]) == (MODEL, "level", "actual")
    assert body["periods"] == ["2023"]
    (row,) = body["rows"]
    assert (row["indicator"], row["area"], row["unit"]) == ("营", "青岚区", "元")
    ((three, four),) = row["cells"]
    assert (three["low"], four["low"]) == (300000000, 400000000)
    assert {address.split("/")[2] for address in three["evidence"]} == {first, second}
    (address,) = four["evidence"]
    proof = kept.get(address).json()
    assert proof["report"]["id"] == third
    assert proof["observation"]["value"]["low"] == 400000000


def test_a_panel_as_csv(kept: TestClient) -> None:
    keep(kept, "营收3亿元，共7家。")
    response = kept.get("/observations/panel", params={"area": "青岚区"}, headers={"Accept": "text/csv"})
    rows = table(response.text)
    assert {(row["unit"], row["2023"]) for row in rows} == {("元", "300000000"), ("家", "7")}
    for row in rows:
        address = row["2023 evidence"]
        assert address.startswith("http://testserver/reports/")
        assert kept.get(address).json()["observation"]["value"]["unit"] == row["unit"]


def test_a_panel_has_its_limits(kept: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.panel_table.MOST_FIGURES", 1)
    keep(kept, "营收3亿元，共7家。")
    detail = problem(kept.get("/observations/panel?area=青岚区"), 400, "invalid-request")["detail"]
    assert "1 条" in detail


# Around it


def test_without_an_archive_texts_are_read_all_the_same() -> None:
    settings = Settings(archive="sqlite:////dev/null/none.db")
    with TestClient(create_app(settings, FakePipeline())) as client:
        assert client.post("/extract", json={"text": TEXT}).json() == to_json(extraction_of(TEXT))
        assert client.get("/health/ready").json() == {"status": "ready", "archive": "unavailable"}
        assert "baoshu_archive_up 0.0" in client.get("/metrics").text.splitlines()
        for method, address in (
            ("POST", "/reports"),
            ("GET", "/reports"),
            ("GET", f"/reports/{ID}"),
            ("DELETE", f"/reports/{ID}"),
            ("GET", f"/reports/{ID}/extraction"),
            ("GET", f"/reports/{ID}/observations/o1"),
            ("GET", "/observations"),
            ("GET", "/observations?format=csv"),
            ("GET", "/observations/panel?area=x"),
            ("POST", "/jobs"),
            ("GET", "/jobs"),
            ("GET", "/jobs/1"),
            ("POST", "/jobs/1/cancel"),
            ("GET", "/jobs/1/events"),
        ):
            response = client.request(method, address)
            body = problem(response, 503, "archive-unavailable")
            assert int(response.headers["retry-after"]) > 0
            assert "null" not in body["detail"]


def test_metrics_of_the_archive(kept: TestClient) -> None:
    keep(kept, TEXT)
    kept.post("/reports", json={"text": TEXT})
    kept.get("/observations")
    kept.delete(f"/reports/{ID}")
    lines = kept.get("/metrics").text.splitlines()
    for line in (
        'baoshu_reports_total{known="no"} 1.0',
        'baoshu_reports_total{known="yes"} 1.0',
        "baoshu_reports_deleted_total 1.0",
        "baoshu_figures_sent_total 2.0",
        "baoshu_archive_up 1.0",
        "baoshu_observations_total 2.0",
        'baoshu_job_items{state="waiting"} 0.0',
        'baoshu_requests_total{code="204",method="DELETE",route="/reports/{id}"} 1.0',
    ):
        assert line in lines


def test_every_answer_is_described(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert "HTTPValidationError" not in json.dumps(described)
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"]
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    examples = answer["content"][MEDIA_TYPE]["examples"].values()
                    assert {example["value"]["status"] for example in examples} == {int(status)}
                    assert all(example["value"]["type"].startswith(TYPE_PREFIX) for example in examples)
            if path in ("/reports", "/observations", "/observations/panel") and method == "get":
                assert "q" in {parameter["name"] for parameter in operation["parameters"]}
    body = described["paths"]["/reports"]["post"]["requestBody"]["content"]
    for kind in ("application/json", "multipart/form-data"):
        assert "source" in body[kind]["schema"]["properties"]
