"""Files of every form through the whole product: routes, the archive and its jobs, the command line."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from archive_commands import Run
from archive_jobs import MINUTE
from archive_reader import READER
from fakes import CARD, FakePipeline, extraction_of
from fastapi.testclient import TestClient
from test_app import problem
from word_files import paragraph, row, table, word_file

from service.app import create_app
from service.archive.extractions import get_extraction
from service.archive.jobs import Selection, create_job
from service.archive.local import run_job
from service.archive.models import model_key
from service.archive.opening import Archive
from service.archive.reports import add_report, get_report
from service.errors import DamagedFile
from service.problems import TYPE_PREFIX
from service.records import Document, Finding, Hints, Place, Span
from service.response import to_json
from service.settings import Settings

BODY = paragraph("营收3.2亿元") + table(row("指标", "数值"), row("企业", "12家"))
PICTURE = paragraph("", inner="<w:r><w:drawing><pic:pic/></w:drawing></w:r>")
WORD = word_file(BODY + PICTURE)
TEXT = "营收3.2亿元\n| 指标 | 数值 |\n| 企业 | 12家 |\n"
PLACES = [
    {"start": 0, "end": 7, "paragraph": 1},
    {"start": 8, "end": 19, "paragraph": 2},
    {"start": 20, "end": 32, "paragraph": 2},
]
PAGE = "<html><head><meta charset=utf-8></head><body><p>共5家</p></body></html>".encode("gbk")


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in files.items():
            file.writestr(name.replace("__", "/").replace("_", "."), data)
    return out.getvalue()


SEVERAL = packed(一季度__甲_docx=WORD, 乙_html=PAGE, 丙_docx=WORD[:300], 图_png=b"x")


def post(client: TestClient, data: bytes, name: str = "a.docx", address: str = "/extract", **fields: Any) -> Any:
    return client.post(address, files={"file": (name, data)}, data=fields)


def place_of(answer: Any) -> list[Any]:
    return [observation["evidence"].get("place") for observation in answer["observations"]]


def test_a_word_file_is_read_with_its_places_and_notes(client: TestClient, pipeline: FakePipeline) -> None:
    answer = post(client, WORD, published="2024-03-05").json()
    assert pipeline.posted == [(TEXT, Hints(published=pipeline.posted[0][1].published))]
    assert answer["report"]["text"] == TEXT
    assert answer["report"]["places"] == PLACES
    assert place_of(answer) == [{"paragraph": 1}, {"paragraph": 2}]
    first = answer["findings"][0]
    assert (first["code"], first["severity"], first["spans"]) == ("pictures-not-read", "note", [])
    assert {**answer, "report": 0, "findings": 0, "observations": 0} == {
        **to_json(extraction_of(TEXT, pipeline.posted[0][1])),
        "report": 0,
        "findings": 0,
        "observations": 0,
    }


def test_a_plain_text_has_no_places(client: TestClient) -> None:
    answer = post(client, "共5家".encode(), "a.txt").json()
    assert "places" not in answer["report"]
    assert place_of(answer) == [None]


def test_the_content_type_names_the_encoding_of_a_page(client: TestClient) -> None:
    file = ("a.html", PAGE, "text/html; charset=gbk")
    assert client.post("/extract", files={"file": file}).json()["report"]["text"] == "共5家\n"


@pytest.mark.parametrize(
    ("data", "name", "status", "code"),
    [
        (WORD[:300], "a.docx", 422, "damaged-file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "a.docx", 422, "encrypted-file"),
        (word_file(PICTURE), "a.docx", 422, "no-text-in-file"),
        (word_file(paragraph("甲" * 101)), "a.docx", 413, "text-too-long"),
        (b"x", "a.xlsx", 415, "unsupported-file"),
        (packed(a_png=b"x"), "a.zip", 422, "nothing-in-zip"),
        (packed(a_docx=WORD[:300]), "a.zip", 422, "damaged-file"),
    ],
)
def test_what_cannot_be_read_is_a_problem(client: TestClient, data: bytes, name: str, status: int, code: str) -> None:
    problem(post(client, data, name), status, code)


def test_a_zip_of_one_report_is_answered_as_that_file(client: TestClient) -> None:
    alone = post(client, WORD).json()
    assert post(client, packed(报告_docx=WORD), "报告.zip").json() == alone


def test_a_zip_of_several_gives_one_answer_each(client: TestClient) -> None:
    first, second, third = post(client, SEVERAL, "a.zip").json()["files"]
    assert first["name"] == "一季度/甲.docx"
    assert first["response"]["report"]["places"] == PLACES
    assert [finding["code"] for finding in first["response"]["findings"][:2]] == [
        "pictures-not-read",
        "files-passed-over",
    ]
    assert (second["name"], second["response"]["report"]["text"]) == ("乙.html", "共5家\n")
    assert (third["name"], third["problem"]["type"]) == ("丙.docx", TYPE_PREFIX + "damaged-file")
    assert "response" not in third
    told = problem(post(client, SEVERAL, "a.zip", "/extract?format=csv"), 400, "invalid-request")
    assert "丙.docx" in told["detail"]  # a table has no place for a problem


def test_what_the_model_cannot_read_in_a_zip_is_a_problem_of_that_file(settings: Settings) -> None:
    pipeline = FakePipeline(fault=DamagedFile("坏"))
    with TestClient(create_app(settings, pipeline)) as client:
        files = post(client, packed(a_txt=b"5", b_txt=b"6"), "a.zip").json()["files"]
    assert [file["problem"]["detail"] for file in files] == ["坏", "坏"]


@pytest.fixture
def keeping(archive: Archive) -> Iterator[TestClient]:
    """The service over an empty archive, in both stores."""
    with TestClient(create_app(Settings(archive=archive.url, max_characters=100), FakePipeline())) as client:
        yield client


def test_each_report_of_a_zip_is_kept(keeping: TestClient) -> None:
    answer = post(keeping, SEVERAL, "季报.zip", "/reports?extract=true", area="小河县", title="不知是谁的")
    assert answer.status_code == 201
    first, second, third = answer.json()["files"]
    assert (first["report"]["source"], first["report"]["observations"]) == ("季报.zip/一季度/甲.docx", 2)
    assert first["report"]["hints"] == {"title": None, "published": None, "area": "小河县"}
    assert second["report"]["added"]
    assert third["problem"]["status"] == 422
    again = post(keeping, SEVERAL, "季报.zip", "/reports")
    assert again.status_code == 200
    assert [file.get("report", {}).get("added") for file in again.json()["files"]] == [False, False, None]
    kept = keeping.get(first["report"]["extraction"]).json()
    assert kept["report"]["places"] == PLACES
    assert "text" not in kept["report"]
    assert place_of(kept) == [{"paragraph": 1}, {"paragraph": 2}]
    assert kept["findings"][0]["code"] == "pictures-not-read"
    assert keeping.get(first["report"]["href"]).json()["text"] == TEXT


def test_a_job_that_reads_again_has_the_places_too(archive: Archive) -> None:
    box = (1.0, 2.5, 300.25, 14.0)
    places = (Place(Span(0, 7), page=2, box=box), Place(Span(8, 19), paragraph=4))
    document = Document(TEXT, ".pdf", places, (Finding("page-without-text", "第 3 页没有文字"),))
    with archive.writing() as connection:
        report, _ = add_report(connection, TEXT, document=document)
        again, added = add_report(connection, TEXT)
        assert (report.document, again.document, added) == (document, document, False)
        plain, _ = add_report(connection, "共5家。")
        job = create_job(connection, model_key(connection, CARD), Selection(), engine="local")
    done = run_job(archive.url, job, Path(), workers=1, lease=MINUTE, reader=READER)
    assert (done.done, done.failed) == (2, 0)
    with archive.reading() as connection:
        answer = get_extraction(connection, report.id, CARD.id)
        assert answer == to_json(extraction_of(TEXT), document=document)
        assert "places" not in get_extraction(connection, plain.id, CARD.id)["report"]
        assert get_report(connection, plain.id).document is None
    assert answer["report"]["places"][0] == {"start": 0, "end": 7, "page": 2, "box": list(box)}
    assert place_of(answer)[0] == {"page": 2, "box": list(box)}
    assert answer["findings"][0]["message"] == "第 3 页没有文字"


def test_files_and_zips_at_the_command_line(store: Archive, run: Run) -> None:
    folder = Path("docs")
    folder.mkdir()
    (folder / "甲.docx").write_bytes(WORD)
    (folder / "乙.htm").write_bytes("<html><body><p>共7家</p></body></html>".encode("gbk"))
    (folder / "季报.zip").write_bytes(SEVERAL)
    code, out, err = run("archive", "add", "docs")
    assert (code, out) == (1, "存入 3 份，已有 1 份，未能存入 1 份。\n")
    assert "docs/季报.zip/丙.docx：文件已损坏" in err
    with store.reading() as connection:
        sources = [row.source for row in connection.exec_driver_sql("SELECT source FROM reports ORDER BY key")]
    assert sources == ["docs/乙.htm", "docs/季报.zip/一季度/甲.docx", "docs/季报.zip/乙.html"]


def test_extracting_a_zip_at_the_command_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from service.batch import extract_files
    from service.exports.forms import Form
    from service.files import Limits

    monkeypatch.chdir(tmp_path)
    Path("一.zip").write_bytes(packed(甲_docx=WORD))
    Path("多.zip").write_bytes(SEVERAL)

    def extract(name: str) -> tuple[int, Any, str]:
        failed = extract_files(FakePipeline(), [name], form=Form.JSON, output=None, hints=Hints(), limits=Limits())
        told = capsys.readouterr()
        return failed, json.loads(told.out), told.err

    failed, answer, _ = extract("一.zip")
    assert (failed, answer["report"]["places"]) == (0, PLACES)
    failed, answers, told = extract("多.zip")
    assert failed == 1
    assert [(one["file"], one["id"]) for one in answers] == [("多.zip/一季度/甲.docx", "甲"), ("多.zip/乙.html", "乙")]
    assert "多.zip/丙.docx：文件已损坏" in told
