"""Readings in the archive: one for each report and model, whole and as rows."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from fakes import extraction_of
from sqlalchemy import Connection, func, insert, select

from service.archive.extractions import get_extraction, store_extraction
from service.archive.opening import Archive
from service.archive.reports import StoredReport, add_report, delete_report, list_reports
from service.archive.tables import extractions, models, observations
from service.errors import NotExtracted, NotFound
from service.response import to_json
from service.schema import ExtractionJson

TEXT = "全区 企业 44家，投资 5.6亿元，增长 -8.5%，其中 12 人。"


def add_model(connection: Connection, version: str = "1") -> int:
    row = {
        "id": f"fake-{version}",
        "name": "fake",
        "version": version,
        "sha256": "0" * 64,
        "seen_at": datetime.now(UTC),
    }
    key: int = connection.execute(insert(models).values(row).returning(models.c.key)).scalar_one()
    return key


def read(text: str) -> ExtractionJson:
    return to_json(extraction_of(text), with_text=True)


def store(archive: Archive, text: str, *versions: str) -> StoredReport:
    with archive.writing() as connection:
        report, _ = add_report(connection, text)
        for version in versions:
            assert store_extraction(connection, report.key, add_model(connection, version), read(text), seconds=0.5)
    return report


def test_a_reading_comes_back_whole_but_for_the_text(archive: Archive) -> None:
    report = store(archive, TEXT, "1")
    with archive.reading() as connection:
        answer = get_extraction(connection, report.id, "fake-1")
    expected = read(TEXT)
    assert expected["report"].pop("text") == TEXT
    assert answer == expected


def test_observations_are_rows(archive: Archive) -> None:
    store(archive, TEXT, "1")
    with archive.reading() as connection:
        rows = connection.execute(select(observations).order_by(observations.c.number)).all()
        reading = connection.execute(select(extractions)).one()
    assert [(r.number, r.value_text, r.low, r.unit) for r in rows] == [
        (1, "44家", 44, "家"),
        (2, "5.6亿元", 5.6e8, "元"),
        (3, "-8.5%", -8.5, "%"),
    ]
    first = rows[0]
    assert TEXT[first.start : first.end] == "44家"
    assert (first.evidence_start, first.evidence_end) == (0, len(TEXT))
    assert (first.period, first.period_start, first.period_end) == ("2023", date(2023, 1, 1), date(2023, 12, 31))
    assert (first.area, first.area_code, first.masked, first.section) == ("青岚区", None, False, "一、概况")
    assert (reading.area, reading.area_code, reading.period) == ("青岚区", "330499", "2023")
    assert (reading.numbers, reading.observed, reading.unexplained, reading.seconds) == (5, 3, 1, 0.5)
    assert reading.program.count(".") == 2


def test_the_first_reading_stands(archive: Archive) -> None:
    report = store(archive, TEXT, "1")
    with archive.writing() as connection:
        model = connection.scalars(select(models.c.key)).one()
        assert not store_extraction(connection, report.key, model, read("别的 7家"), seconds=9)
        assert connection.scalar(select(func.count()).select_from(observations)) == 3
        assert get_extraction(connection, report.id, "fake-1")["report"]["id"] == report.id


def test_each_model_has_its_own_reading(archive: Archive) -> None:
    report = store(archive, TEXT, "1", "2")
    with archive.reading() as connection:
        one, two = (get_extraction(connection, report.id, f"fake-{version}") for version in "12")
        assert one == two
        assert connection.scalar(select(func.count()).select_from(observations)) == 6


def test_a_reading_without_figures_is_a_reading(archive: Archive) -> None:
    report = store(archive, "没有数字。", "1")
    with archive.reading() as connection:
        assert get_extraction(connection, report.id, "fake-1")["observations"] == []


def test_what_is_not_there_is_said(archive: Archive) -> None:
    report = store(archive, TEXT, "1")
    with archive.reading() as connection:
        with pytest.raises(NotFound, match="没有报告"):
            get_extraction(connection, "0" * 64, "fake-1")
        with pytest.raises(NotExtracted, match="fake-2"):
            get_extraction(connection, report.id, "fake-2")


def test_a_report_takes_its_readings_with_it(archive: Archive) -> None:
    report = store(archive, TEXT, "1")
    other = store(archive, "另有 3家。")
    with archive.writing() as connection:
        delete_report(connection, report.id)
        for table in (extractions, observations):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
        assert [r.id for r in list_reports(connection).items] == [other.id]


def test_a_masked_value_has_no_number(archive: Archive) -> None:
    answer = read("投资 5亿元。")
    value = answer["observations"][0]["value"]
    value["low"], value["high"], value["masked"] = None, None, True
    answer["observations"][0]["period"] = None
    answer["observations"][0]["area"] = None
    with archive.writing() as connection:
        report, _ = add_report(connection, "投资 5亿元。")
        store_extraction(connection, report.key, add_model(connection), answer, seconds=0)
        row = connection.execute(select(observations)).one()
    assert (row.low, row.masked, row.period, row.period_end, row.area) == (None, True, None, None, None)
