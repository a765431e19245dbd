"""What is read in every form over HTTP: which form is wanted, what a file is called, what it holds."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from exported import file_of
from fakes import CARD, FakePipeline, extraction_of
from fastapi.testclient import TestClient
from pysdmx.io import get_datasets
from test_app import problem

from service.app import create_app
from service.archive.opening import Archive
from service.exports.figures import ReadReport
from service.exports.forms import MEDIA_TYPES, OF_FIGURES, OF_REPORT, Form
from service.exports.html_report import content_security_policy
from service.records import Hints
from service.response import to_json
from service.settings import Settings

TEXT = "营 收3.2 亿元，增长-8.5%，共12家。"
TITLE = "青岚区2023年总结"
FILES = [form for form in OF_REPORT if form is not Form.JSON]
TABLES = [form for form in OF_FIGURES if form is not Form.JSON]


@pytest.fixture
def kept(archive: Archive) -> Iterator[TestClient]:
    """The service over an empty archive."""
    with TestClient(create_app(Settings(archive=archive.url), FakePipeline()), raise_server_exceptions=False) as client:
        yield client


def keep(client: TestClient, text: str, **fields: Any) -> str:
    """Post a report and have it read; its id."""
    return str(client.post("/reports?extract=true", json={"text": text, **fields}).json()["id"])


def rows_of(form: Form, content: bytes) -> list[tuple[str, float]]:
    """Observation and number of each row of a table."""
    match form:
        case Form.XLSX:
            sheet = openpyxl.load_workbook(io.BytesIO(content))["观测"]
            head, *rows = sheet.iter_rows(values_only=True)
            found = [dict(zip(head, row, strict=True)) for row in rows]
            return [(str(row["编号"]), float(str(row["数值"]))) for row in found]
        case Form.PARQUET:
            kept = pq.read_table(io.BytesIO(content)).to_pylist()
            return [(row["observation"], row["low"]) for row in kept]
        case _:
            named = ("OBSERVATION", "OBS_VALUE") if form is Form.SDMX_CSV else ("observation", "low")
            read = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
            return [(row[named[0]], float(row[named[1]])) for row in read]


def same(form: Form, content: bytes, expected: bytes) -> bool:
    """Whether two files say the same; a workbook says when it was made."""
    if form is not Form.XLSX:
        return content == expected
    with zipfile.ZipFile(io.BytesIO(content)) as one, zipfile.ZipFile(io.BytesIO(expected)) as other:
        names = [name for name in one.namelist() if name != "docProps/core.xml"]
        return one.namelist() == other.namelist() and all(one.read(name) == other.read(name) for name in names)


@pytest.mark.parametrize("form", FILES)
def test_a_report_in_every_form(client: TestClient, form: Form) -> None:
    body = {"text": TEXT, "title": TITLE}
    answer = to_json(extraction_of(TEXT, Hints(title=TITLE)))
    expected = file_of(form, ReadReport(answer["report"]["id"], TEXT, answer))
    accepting = client.post("/extract", json=body, headers={"Accept": MEDIA_TYPES[form]})
    for response in (client.post("/extract", params={"format": form}, json=body), accepting):
        assert response.status_code == 200
        assert response.headers["content-type"].partition(";")[0] == MEDIA_TYPES[form].partition(";")[0]
        assert int(response.headers["content-length"]) == len(response.content)
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["vary"] == "Accept"
        assert "UTF-8''%E9%9D%92%E5%B2%9A%E5%8C%BA2023" in response.headers["content-disposition"]
        assert same(form, response.content, expected)


def test_json_as_ever(client: TestClient) -> None:
    response = client.post("/extract?format=json", json={"text": TEXT}, headers={"Accept": "text/csv"})
    assert response.headers["content-type"] == "application/json"
    assert "content-disposition" not in response.headers
    assert response.json() == to_json(extraction_of(TEXT))


def test_a_file_is_called_after_what_was_posted(client: TestClient) -> None:
    response = client.post("/extract?format=csv", files={"file": ("总结.txt", TEXT.encode())})
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert {(row["report"], row["source"]) for row in rows} == {("总结", "总结.txt")}
    assert "UTF-8''%E6%80%BB%E7%BB%93.csv" in response.headers["content-disposition"]


def test_a_page_is_shown_and_can_do_nothing(client: TestClient) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    response = client.post("/extract", json={"text": TEXT}, headers={"Accept": browser})
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-disposition"].startswith("inline; ")
    assert response.headers["content-security-policy"] == content_security_policy()


def test_csv_for_a_spreadsheet(client: TestClient) -> None:
    plain, marked = (client.post(f"/extract?format=csv&bom={bom}", json={"text": TEXT}) for bom in ("false", "true"))
    assert marked.content == b"\xef\xbb\xbf" + plain.content


@pytest.mark.parametrize("address", ["/extract", "/extract?model=fake-1.2.3"])
def test_forms_that_cannot_be_given(client: TestClient, address: str) -> None:
    detail = problem(client.post(address, params={"format": "pdf"}, json={"text": TEXT}), 400, "invalid-request")
    assert "json、csv、xlsx、parquet、sdmx-csv、html" in detail["detail"]
    refused = client.post(address, json={"text": TEXT}, headers={"Accept": "application/pdf, image/*"})
    assert "text/csv" in problem(refused, 406, "not-acceptable")["detail"]


def zipped(**files: bytes) -> dict[str, tuple[str, bytes]]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        for name, data in files.items():
            parts.writestr(name.replace("_", "."), data)
    return {"file": ("多份.zip", out.getvalue())}


def test_the_files_of_a_zip_are_one_table(client: TestClient) -> None:
    posted = zipped(甲_txt=TEXT.encode(), 乙_txt="营收5家。".encode())
    response = client.post("/extract?format=csv", files=posted)
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert [(row["report"], row["observation"]) for row in rows] == [
        ("甲", "o1"),
        ("甲", "o2"),
        ("甲", "o3"),
        ("乙", "o1"),
    ]
    posted = zipped(甲_txt=TEXT.encode(), 空_txt=b"")
    assert "空.txt" in problem(client.post("/extract?format=csv", files=posted), 400, "invalid-request")["detail"]


# The archive


@pytest.mark.parametrize("form", FILES)
def test_what_is_kept_in_every_form(kept: TestClient, form: Form) -> None:
    id_ = keep(kept, TEXT, title=TITLE, source="http://a.example/1")
    answer = kept.get(f"/reports/{id_}/extraction").json()
    expected = file_of(form, ReadReport(id_, TEXT, answer, "http://a.example/1"))
    address = f"/reports/{id_}/extraction"
    accepting = kept.get(address, headers={"Accept": MEDIA_TYPES[form]})
    for response in (kept.get(address, params={"format": form, "model": CARD.id}), accepting):
        assert response.status_code == 200
        assert "%E9%9D%92%E5%B2%9A" in response.headers["content-disposition"]
        assert same(form, response.content, expected)


def test_what_is_not_kept(kept: TestClient) -> None:
    id_ = kept.post("/reports", json={"text": TEXT}).json()["id"]
    problem(kept.get(f"/reports/{id_}/extraction?format=xlsx"), 404, "not-extracted")
    problem(kept.get(f"/reports/{'0' * 64}/extraction?format=html"), 404, "not-found")
    problem(kept.get(f"/reports/{id_}/extraction?format=jsonl"), 400, "invalid-request")
    problem(kept.get(f"/reports/{id_}/extraction", headers={"Accept": "image/png"}), 406, "not-acceptable")


@pytest.mark.parametrize("form", TABLES)
def test_figures_of_all_reports_as_a_table(kept: TestClient, monkeypatch: pytest.MonkeyPatch, form: Form) -> None:
    monkeypatch.setattr("service.routes_figures.MOST_ITEMS", 3)
    for number in range(1, 6):
        keep(kept, f"=营收{number}亿元，增长-{number}%。")
    response = kept.get("/observations", params={"format": form})
    assert response.status_code == 200
    assert f'filename="observations{form.suffix}"' in response.headers["content-disposition"]
    expected = [(f"o{at}", value) for n in range(1, 6) for at, value in ((1, n * 1e8), (2, -float(n)))]
    assert rows_of(form, response.content) == expected
    assert rows_of(form, kept.get("/observations", headers={"Accept": MEDIA_TYPES[form]}).content) == expected
    nothing = kept.get("/observations", params={"format": form, "area": "别处"})
    assert rows_of(form, nothing.content) == []
    problem(kept.get("/observations", params={"format": form, "limit": 5}), 400, "invalid-request")


def test_a_table_of_text_is_marked_on_request(kept: TestClient) -> None:
    keep(kept, TEXT)
    for form in ("csv", "sdmx-csv"):
        plain, marked = (kept.get(f"/observations?format={form}&bom={bom}").content for bom in (0, 1))
        assert marked == b"\xef\xbb\xbf" + plain


def test_more_figures_than_a_sheet_holds(kept: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.exports.workbook.MOST_ROWS", 3)
    keep(kept, TEXT)
    assert "2 行" in problem(kept.get("/observations?format=xlsx"), 400, "table-too-long")["detail"]
    assert len(rows_of(Form.PARQUET, kept.get("/observations?format=parquet").content)) == 3
    detail = problem(kept.post("/extract?format=xlsx", json={"text": TEXT}), 400, "table-too-long")["detail"]
    assert "csv" in detail


def test_the_structure_describes_the_figures(kept: TestClient) -> None:
    keep(kept, TEXT)
    response = kept.get("/sdmx/structure")
    assert response.headers["content-type"] == "application/vnd.sdmx.structure+xml; version=3.0.0"
    (dataset,) = get_datasets(kept.get("/observations?format=sdmx-csv").text, response.text)
    assert list(map(float, dataset.data["OBS_VALUE"])) == [320000000.0, -8.5, 12.0]


def test_the_forms_are_described(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path, method, forms in (
        ("/extract", "post", OF_REPORT),
        ("/reports/{id}/extraction", "get", OF_REPORT),
        ("/observations", "get", OF_FIGURES),
    ):
        content = paths[path][method]["responses"]["200"]["content"]
        assert set(content) == {MEDIA_TYPES[form] for form in forms}
        (parameter,) = [given for given in paths[path][method]["parameters"] if given["name"] == "format"]
        assert parameter["schema"]["anyOf"][0]["enum"] == list(forms)
