"""Reports in the archive: once each, listed, found, deleted with all that hangs on them."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select, text

from service.archive.opening import Archive
from service.archive.reports import StoredReport, add_report, delete_report, get_report, list_reports
from service.archive.tables import passages
from service.errors import EmptyText, InvalidRequest, NotFound
from service.records import Hints

TEXT = "2023年，青岚区共有高新技术企业44家。\n技术合同成交额达5.6亿元。"


def add(archive: Archive, given: str, source: str | None = None, hints: Hints = Hints()) -> StoredReport:
    with archive.writing() as connection:
        return add_report(connection, given, source=source, hints=hints)[0]


def test_a_report_is_kept_as_it_came(archive: Archive) -> None:
    before = datetime.now(UTC)
    hints = Hints(date(2024, 3, 5), "青岚区", "科技工作总结")
    added = add(archive, TEXT, "a.txt", hints)
    with archive.reading() as connection:
        assert get_report(connection, added.id) == added
    assert added.id == hashlib.sha256(TEXT.encode()).hexdigest()
    assert (added.text, added.characters, added.source, added.hints) == (TEXT, len(TEXT), "a.txt", hints)
    assert added.title == "科技工作总结"
    assert before <= added.added_at <= datetime.now(UTC)


def test_the_same_report_twice_is_one(archive: Archive) -> None:
    with archive.writing() as connection:
        first, new = add_report(connection, TEXT, source="a.txt", hints=Hints(area="青岚区"))
        assert new
    with archive.writing() as connection:
        again, new = add_report(connection, TEXT, source="b.txt", hints=Hints(area="云溪区"))
        assert not new
        assert again == first
        assert connection.scalar(select(func.count()).select_from(passages)) == 1
        assert len(list_reports(connection).items) == 1


def test_every_text_comes_back_letter_for_letter(archive: Archive) -> None:
    for given in (" x\r\n\ty\u3000", "𠮷野家開店３家﻿", "%_\\'\"; --", "é e\u0301 ё", "\x01\x1f 44家"):
        assert add(archive, given).text == given


@pytest.mark.parametrize(
    ("given", "error"),
    [("", EmptyText), (" \n\u3000", EmptyText), ("44\0家", InvalidRequest), ("\ud800", InvalidRequest)],
)
def test_what_is_no_text_is_refused(archive: Archive, given: str, error: type[Exception]) -> None:
    with pytest.raises(error), archive.writing() as connection:
        add_report(connection, given)


def test_what_the_store_cannot_keep_goes_from_what_is_said_of_a_report(archive: Archive) -> None:
    added = add(archive, TEXT, "a\0\udcff.txt", Hints(None, "青\0岚区", "\0"))
    assert (added.source, added.hints) == ("a?.txt", Hints(None, "青岚区", ""))


def test_pages_go_through_all_reports_newest_first(archive: Archive) -> None:
    added = [add(archive, f"全区共有企业{number}家。") for number in range(7)]
    found: list[StoredReport] = []
    cursor, sizes = None, []
    with archive.reading() as connection:
        while True:
            page = list_reports(connection, after=cursor, limit=3)
            found += page.items
            sizes.append(len(page.items))
            if (cursor := page.next) is None:
                break
    assert sizes == [3, 3, 1]
    assert [report.id for report in found] == [report.id for report in reversed(added)]
    assert {report.text for report in found} == {None}


def test_a_list_can_ask_for_words(archive: Archive) -> None:
    one = add(archive, "全区共有高新技术企业44家。")
    two = add(archive, "全区粮食产量3万吨。")
    with archive.reading() as connection:
        assert [r.id for r in list_reports(connection, q="粮食").items] == [two.id]
        assert [r.id for r in list_reports(connection, q="企业 全区").items] == [one.id]
        assert list_reports(connection, q="！？").items == ()
        assert len(list_reports(connection, q="  ").items) == 2


def test_a_deleted_report_is_gone_with_its_words(archive: Archive) -> None:
    added = add(archive, TEXT)
    with archive.writing() as connection:
        delete_report(connection, added.id)
    with archive.reading() as connection:
        with pytest.raises(NotFound, match=added.id):
            get_report(connection, added.id)
        assert connection.scalar(select(func.count()).select_from(passages)) == 0
        if archive.dialect == "sqlite":
            assert connection.scalar(text("SELECT count(*) FROM passage_words")) == 0
        assert list_reports(connection, q="企业").items == ()
    with pytest.raises(NotFound), archive.writing() as connection:
        delete_report(connection, added.id)


@pytest.mark.parametrize("limit", [0, 1001])
def test_a_page_has_a_size(archive: Archive, limit: int) -> None:
    with pytest.raises(InvalidRequest), archive.reading() as connection:
        list_reports(connection, limit=limit)
