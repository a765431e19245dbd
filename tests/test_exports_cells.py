"""Cells, forms and names: what no spreadsheet runs, what a caller accepts, what a file is called."""

from __future__ import annotations

import unicodedata
from datetime import date
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.exports import labels
from service.exports.cells import FORMULA_STARTS, restored_cell, safe_cell
from service.exports.forms import MEDIA_TYPES, OF_FIGURES, OF_REPORT, Form, accepted, disposition, file_name
from service.records import Bound, Label, Measure, Severity, Status

TEXTS = st.text(st.one_of(st.sampled_from("=+-@＝＋－＠\t\r\n' 0.5%𠮷"), st.characters(exclude_categories=["Cs"])))
CELLS = [
    ("=1+1", "'=1+1"),
    ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
    ("-2+3", "'-2+3"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("＝1+1", "'＝1+1"),
    ("\t=1+1", "'\t=1+1"),
    ("\r=1+1", "'\r=1+1"),
    (" =1+1", "' =1+1"),
    ("\u3000@A1", "'\u3000@A1"),
    ("'=1+1", "''=1+1"),
    ("-2.5", "-2.5"),
    ("+7", "+7"),
    ("-2.5%", "-2.5%"),
    ("-", "'-"),
    ("'甲'", "'甲'"),
    ("全市=1", "全市=1"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "cell"), CELLS)
def test_no_cell_is_a_formula(text: str, cell: str) -> None:
    assert safe_cell(text) == cell
    assert restored_cell(cell) == text


@given(TEXTS)
def test_every_text_is_found_again(text: str) -> None:
    cell = str(safe_cell(text))
    assert restored_cell(cell) == text
    bare = cell.lstrip()
    assert cell[:1] not in FORMULA_STARTS - set("+-")
    if bare[:1] in FORMULA_STARTS:
        float(bare.removesuffix("%"))


def test_what_is_no_text() -> None:
    cells = [safe_cell(value) for value in (None, True, False, date(2023, 6, 30), -3.5, -4)]
    assert cells == ["", "true", "false", "2023-06-30", -3.5, -4]


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("", Form.JSON),
        ("*/*", Form.JSON),
        ("text/csv", Form.CSV),
        ("text/csv;q=0.9, */*;q=0.1", Form.CSV),
        ("text/csv, application/json", Form.JSON),
        ("text/csv, application/json;q=0.5", Form.CSV),
        ("TEXT/CSV ; header=present", Form.CSV),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Form.HTML),
        ("text/*", Form.CSV),
        ("application/*;q=0.2, application/json;q=0", Form.XLSX),
        ("application/vnd.apache.parquet", Form.PARQUET),
        ("application/vnd.sdmx.data+csv; version=2.0.0", Form.SDMX_CSV),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Form.XLSX),
        ("image/png", None),
        ("application/json;q=0", None),
        ("application/json;q=x", None),
    ],
)
def test_what_a_caller_accepts(header: str, form: Form | None) -> None:
    assert accepted(header, OF_REPORT) is form


def test_a_page_is_of_a_report() -> None:
    assert accepted("text/html, */*;q=0.5", OF_FIGURES) is Form.JSON


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("青岚区2023年科技工作总结", "青岚区2023年科技工作总结.xlsx"),
        ("../../etc/passwd", "etc passwd.xlsx"),
        ('a"b\r\nc\x00\u202etxt.exe', "a b c txt.exe.xlsx"),
        ("", "baoshu.xlsx"),
        ("...", "baoshu.xlsx"),
        ("长" * 100, "长" * 60 + ".xlsx"),
        ("𠮷县", "𠮷县.xlsx"),
    ],
)
def test_a_name_that_any_file_system_takes(title: str, name: str) -> None:
    assert file_name(title, Form.XLSX) == name


def test_a_name_in_chinese() -> None:
    header = disposition("青岚区 2023", Form.XLSX)
    expected = "%E9%9D%92%E5%B2%9A%E5%8C%BA%202023.xlsx"
    assert header == f"attachment; filename=\"2023.xlsx\"; filename*=UTF-8''{expected}"
    assert disposition("青岚区", Form.HTML).startswith('inline; filename="baoshu.html"; ')


@given(TEXTS, st.sampled_from(Form))
def test_a_name_breaks_no_header(title: str, form: Form) -> None:
    header = disposition(title, form)
    assert header.isascii()
    assert header.isprintable()
    kind, plain, extended = header.split("; ")
    assert kind in ("attachment", "inline")
    assert plain.count('"') == 2
    name = unquote(extended.removeprefix("filename*=UTF-8''"))
    assert name == file_name(title, form)
    assert not any(unicodedata.category(c) == "Cc" or c in '/\\:*?"<>|' for c in name)


def test_every_form_has_its_media_type() -> None:
    assert set(MEDIA_TYPES) == set(Form)
    assert Form.SDMX_CSV.suffix == ".csv"


def test_every_word_has_its_name() -> None:
    known = (labels.MEASURES, labels.STATUSES, labels.BOUNDS, labels.LABELS, labels.SEVERITIES)
    for names, words in zip(known, (Measure, Status, Bound, Label, Severity), strict=True):
        assert list(names) == list(words)
    assert labels.label(labels.MEASURES, "unheard-of") == "unheard-of"
