"""Every table reads back to what was written: CSV, XLSX, Parquet."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from exported import figure_of, file_of, read_report, table_of
from fakes import extraction_of
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from service.edtf import days
from service.errors import TableTooLong
from service.exports import workbook
from service.exports.cells import restored_cell
from service.exports.figures import COLUMNS, NAMES, Figure, Kind, ReadReport, figures_of
from service.exports.forms import Form
from service.exports.labels import BOUNDS, MEASURES, STATUSES, label
from service.records import Bound, Measure, Quantity, Status
from service.response import to_json
from service.schema import DerivedJson, ExtractionJson

FORMULAS = ("=1+1", "+1-1", "-1+2", "@A1", "\t=1", "\r=1", "＝1", "'=1", "=HYPERLINK(0)", " =1")
TITLES = [column.title for column in (COLUMNS[NAMES.index(name)] for name in workbook.FIGURE_ORDER)]
FREE_TEXTS = [
    column.name
    for column in COLUMNS
    if column.kind is Kind.TEXT and column.name not in ("measure", "status", "bound", "period")
]

# Any character that a text may hold, those of CSV and of sheets more often.
CHARACTERS = st.one_of(
    st.sampled_from("=+-@'\"\t\r\n,;_x00A4_ 亿元𠮷\x00\x0b"), st.characters(exclude_categories=["Cs"])
)
TEXT = st.text(CHARACTERS, max_size=20)
WORDS = st.one_of(TEXT, st.sampled_from(FORMULAS))
PERIODS = st.sampled_from(["2023", "2023-06-30", "../2022-12", "2021/2025", "20XX", "2023-01/2023-09", "2024/.."])
# A sheet holds 16 digits.
NUMBERS = st.one_of(st.integers(-(2**53), 2**53), st.decimals(-(10**9), 10**9, places=4).map(float))


@st.composite
def figures(draw: st.DrawFn) -> Figure:
    """Any figure: exact, a range, masked, or beyond all numbers."""
    low = draw(st.none() | NUMBERS)
    period = draw(st.none() | PERIODS)
    first, last = days(period) if period else (None, None)
    optional = st.none() | WORDS
    return Figure(
        report=draw(WORDS.filter(bool)),
        title=draw(optional),
        source=draw(optional),
        observation=f"o{draw(st.integers(1, 9999))}",
        indicator=draw(WORDS),
        indicator_code=draw(st.none() | st.sampled_from(["gdp", "rd_intensity"])),
        value=draw(WORDS),
        low=low,
        high=draw(st.sampled_from([low, 10**10])) if low is not None else None,
        unit=draw(WORDS),
        bound=draw(st.sampled_from(Bound)).value,
        masked=low is None and draw(st.booleans()),
        measure=draw(st.sampled_from(Measure)).value,
        period=period,
        period_text=draw(optional),
        period_start=first,
        period_end=last,
        area=draw(optional),
        area_code=draw(st.none() | st.just("330106")),
        scope=draw(optional),
        base=draw(optional),
        status=draw(st.sampled_from(Status)).value,
        score=draw(st.floats(0, 1).map(lambda score: round(score, 4))),
        start=draw(st.integers(0, 2_000_000)),
        end=draw(st.integers(0, 2_000_000)),
        evidence=draw(WORDS),
        section=draw(WORDS),
        page=draw(st.none() | st.integers(1, 999)),
        paragraph=draw(st.none() | st.integers(1, 9999)),
    )


MANY = st.lists(figures(), max_size=6)


def csv_rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def sheet_rows(data: bytes, name: str = "观测") -> list[dict[str, Any]]:
    """The rows of a sheet, its cells as values; openpyxl leaves `_x000D_` as it is."""
    (heads, *rows) = openpyxl.load_workbook(io.BytesIO(data))[name].iter_rows(values_only=True)
    return [{head: unescape(v) if isinstance(v, str) else v for head, v in zip(heads, r, strict=True)} for r in rows]


def as_text(value: object) -> str:
    """A value as CSV has it."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case date():
            return value.isoformat()
        case _:
            return str(value)


def in_sheet(name: str, value: object) -> object:
    """A value as a sheet has it."""
    if value is None or value == "":
        return None
    if name == "period":
        first, last = days(str(value))
        return datetime(first.year, first.month, first.day) if first and first == last else value  # noqa: DTZ001
    words = {"measure": MEASURES, "status": STATUSES, "bound": BOUNDS, "base": {"yoy": "同比"}}
    if name in words:
        return label(words[name], str(value))
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else value  # noqa: DTZ001


def test_columns_and_fields_are_the_same() -> None:
    assert Figure._fields == NAMES
    assert sorted(workbook.FIGURE_ORDER) == sorted(NAMES)
    assert len(set(TITLES)) == len(TITLES)


@given(MANY)
def test_csv_reads_back(written: list[Figure]) -> None:
    rows = csv_rows(table_of(Form.CSV, written))
    assert [{name: restored_cell(cell) for name, cell in row.items()} for row in rows] == [
        {name: as_text(value) for name, value in figure._asdict().items()} for figure in written
    ]


@settings(max_examples=40)
@given(MANY)
def test_a_workbook_reads_back(written: list[Figure]) -> None:
    rows = sheet_rows(table_of(Form.XLSX, written))
    assert rows == [
        {TITLES[at]: in_sheet(name, getattr(figure, name)) for at, name in enumerate(workbook.FIGURE_ORDER)}
        for figure in written
    ]


@settings(max_examples=60)
@given(MANY)
def test_parquet_reads_back(written: list[Figure]) -> None:
    table = pq.read_table(io.BytesIO(table_of(Form.PARQUET, written)))
    assert table.to_pylist() == [figure._asdict() for figure in written]


def test_a_table_of_an_extraction() -> None:
    report = read_report("规 上企业 研发费用3.2 亿元，增长8.5%，共12家，第7。", "甲", "甲.txt")
    rows = csv_rows(file_of(Form.CSV, report, replace(report, name="乙")))
    assert tuple(rows[0]) == NAMES
    assert [(row["report"], row["observation"], row["value"], row["low"], row["unit"]) for row in rows] == [
        (name, f"o{number}", value, low, unit)
        for name in ("甲", "乙")
        for number, (value, low, unit) in enumerate(
            [("3.2 亿元", "320000000", "元"), ("8.5%", "8.5", "%"), ("12家", "12", "家")], 1
        )
    ]
    first = rows[0]
    assert first["evidence"] == report.text
    assert (first["source"], first["area"], first["area_code"]) == ("甲.txt", "青岚区", "")
    assert (first["period"], first["period_start"], first["period_end"]) == ("2023", "2023-01-01", "2023-12-31")
    assert (first["page"], first["paragraph"], first["masked"], first["score"]) == ("", "", "false", "0.8765")


def test_csv_marked_for_a_spreadsheet() -> None:
    report = read_report("营收5家")
    plain = file_of(Form.CSV, report)
    assert file_of(Form.CSV, report, bom=True) == b"\xef\xbb\xbf" + plain
    assert plain.startswith(b"report,title,source,")
    assert plain.count(b"\r\n") == plain.count(b"\n") == 2


def test_a_place_in_the_file() -> None:
    report = read_report("营收5家，共6家")
    first, second = report.answer["observations"]
    first["evidence"]["place"] = {"page": 3, "box": [1.0, 2.0, 3.0, 4.0]}
    second["evidence"]["place"] = {"paragraph": 12}
    assert [(row["page"], row["paragraph"]) for row in csv_rows(file_of(Form.CSV, report))] == [("3", ""), ("", "12")]
    assert [(row["页"], row["段"]) for row in sheet_rows(file_of(Form.XLSX, report))] == [(3, None), (None, 12)]


@pytest.mark.parametrize(
    ("quantity", "low", "high"),
    [
        (Quantity(None, None, "家", Bound.EXACT, masked=True), None, None),
        (Quantity(5.0, 10.0, "家", Bound.RANGE), 5, 10),
        (Quantity(float("inf"), float("inf"), "家", Bound.OVER), None, None),
        (Quantity(-3.5, -3.5, "%", Bound.EXACT), -3.5, -3.5),
        (Quantity(2.0**60, 2.0**60, "元", Bound.ABOUT), 2.0**60, 2.0**60),
    ],
)
def test_numbers_of_every_kind(quantity: Quantity, low: float | None, high: float | None) -> None:
    extraction = extraction_of("营收5家")
    changed = replace(extraction, observations=(replace(extraction.observations[0], quantity=quantity),))
    report = ReadReport("甲", "营收5家", to_json(changed))
    (row,) = csv_rows(file_of(Form.CSV, report))
    assert (row["low"], row["high"]) == (as_text(low), as_text(high))
    assert row["masked"] == str(quantity.masked).lower()
    (cells,) = sheet_rows(file_of(Form.XLSX, report))
    assert (cells["数值"], cells["上限"]) == (low, high)
    (kept,) = pq.read_table(io.BytesIO(file_of(Form.PARQUET, report))).to_pylist()
    assert (kept["low"], kept["high"]) == (low, high)


def test_nothing_was_read() -> None:
    report = read_report("没有数字")
    assert csv_rows(file_of(Form.CSV, report)) == []
    assert sheet_rows(file_of(Form.XLSX, report)) == []
    assert sheet_rows(file_of(Form.XLSX, report), "报告")[0]["观测数"] == 0
    assert pq.read_table(io.BytesIO(file_of(Form.PARQUET, report))).num_rows == 0
    assert [len(csv_rows(file_of(form))) for form in (Form.CSV, Form.SDMX_CSV)] == [0, 0]
    assert openpyxl.load_workbook(io.BytesIO(file_of(Form.XLSX))).sheetnames == ["观测", "实体", "发现", "报告"]


@pytest.mark.parametrize("column", FREE_TEXTS)
@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_run_and_none_is_changed(column: str, text: str) -> None:
    figure = figure_of(**{column: text})
    (row,) = csv_rows(table_of(Form.CSV, [figure]))
    assert row[column][:1] not in "=+-@＝＋－＠\t\r\n "
    assert restored_cell(row[column]) == text
    sheet = openpyxl.load_workbook(io.BytesIO(table_of(Form.XLSX, [figure])))["观测"]
    cell = sheet.cell(2, workbook.FIGURE_ORDER.index(column) + 1)
    assert (cell.data_type, unescape(cell.value), cell.quotePrefix) == ("s", text, True)
    (kept,) = pq.read_table(io.BytesIO(table_of(Form.PARQUET, [figure]))).to_pylist()
    assert kept[column] == text


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_any_sheet_is_a_formula(text: str) -> None:
    report = read_report("营收5家", text, text)
    answer = report.answer
    answer["report"] |= {"title": text, "published": text, "issuer": {"start": 0, "end": 1, "text": text}}
    answer["entities"][0]["text"] = text
    answer["findings"] = [
        {"code": text, "message": text, "severity": "error", "rule": text, "observations": [text], "spans": []}
    ]
    answer["derived"] = [derived(rule=text, unit=text, period=text)]
    with zipfile.ZipFile(io.BytesIO(file_of(Form.XLSX, report))) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        assert "xl/sharedStrings.xml" not in parts.namelist()
    assert len(sheets) == 4
    for sheet in sheets:
        assert b"<f>" not in sheet
        assert b"hyperlink" not in sheet


def derived(**changes: Any) -> DerivedJson:
    made: DerivedJson = {
        "id": "d1",
        "rule": "3.2亿元÷(1+8.5%)",
        "observations": ["o1", "o2"],
        "indicator": {"name": "营收", "code": None, "spans": []},
        "measure": "level",
        "low": 294000000,
        "high": 296000000,
        "unit": "元",
        "period": "2022",
        "area": {"name": "青岚区", "code": None},
        "status": "actual",
    }
    return {**made, **changes}  # type: ignore[typeddict-item]


def test_the_other_sheets() -> None:
    report = read_report("营 收3.2 亿元和5。", "甲", "甲.txt")
    report.answer["report"] |= {"title": "青岚区总结", "published": "2024-03-05"}
    report.answer["findings"] = [
        {
            "code": "growth",
            "message": "与增速不符",
            "severity": "warning",
            "rule": "1+1=3",
            "observations": ["o1"],
            "spans": [{"start": 0, "end": 1, "text": "营"}, {"start": 10, "end": 11, "text": "5"}],
        }
    ]
    report.answer["derived"] = [derived()]
    data = file_of(Form.XLSX, report)
    (entity,) = sheet_rows(data, "实体")
    assert list(entity.values()) == ["甲", "e1", "金额", "3.2 亿元", 0.9, 3, 9]
    finding, implied = sheet_rows(data, "发现")
    assert [v for v in finding.values() if v is not None] == [
        *("甲", "发现", "growth", "存疑", "与增速不符", "1+1=3", "o1", "营；5")
    ]
    assert [v for v in implied.values() if v is not None] == [
        *("甲", "推算", "d1", "3.2亿元÷(1+8.5%)", "o1 o2", "营收", "青岚区", "2022", 294000000, 296000000),
        *("元", "水平", "实际"),
    ]
    (said,) = sheet_rows(data, "报告")
    assert list(said.values()) == [
        *("甲", "青岚区总结", "甲.txt", "营", datetime(2024, 3, 5), "2023", "青岚区", "330499"),  # noqa: DTZ001
        *(12, 1, 1, 3, 1, 1, 1, "fake-1.2.3", report.answer["report"]["id"]),
    ]


def test_a_sheet_is_made_for_looking_through() -> None:
    book = openpyxl.load_workbook(io.BytesIO(file_of(Form.XLSX, read_report("营收5.25亿元，共6家，占2.5%"))))
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert sheet["A1"].font.b
        widths = [sheet.column_dimensions[cell.column_letter].width for cell in sheet[1]]
        assert all(width > len(str(cell.value)) for width, cell in zip(widths, sheet[1], strict=True))
    numbers = [row[TITLES.index("数值")] for row in book["观测"].iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type, cell.number_format) for cell in numbers] == [
        (525000000, "n", "#,##0"),
        (6, "n", "#,##0"),
        (2.5, "n", "#,##0.0"),
    ]


@pytest.mark.parametrize(
    ("period", "cell"),
    [
        ("2023-06-30", datetime(2023, 6, 30)),  # noqa: DTZ001
        ("2023-06", "2023-06"),
        ("../2023-06-30", "../2023-06-30"),
        ("1899-12-31", "1899-12-31"),
    ],
)
def test_a_day_is_a_date(period: str, cell: object) -> None:
    (row,) = sheet_rows(table_of(Form.XLSX, [figure_of(period=period)]))
    assert row["时期"] == cell


def test_a_long_text_is_cut_where_a_cell_ends() -> None:
    (row,) = sheet_rows(table_of(Form.XLSX, [figure_of(evidence="𠮷" * 20_000)]))
    assert row["依据"] == "𠮷" * (32_767 // 2)


def test_more_rows_than_a_sheet_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 4)
    figure = figure_of()
    assert len(sheet_rows(table_of(Form.XLSX, [figure] * 3))) == 3
    with pytest.raises(TableTooLong, match="超过 3 行"):
        table_of(Form.XLSX, [figure] * 4)


def test_an_older_answer() -> None:
    report = read_report("营收5家。")
    older: dict[str, Any] = dict(report.answer)
    del older["derived"]
    older["findings"] = [{"code": "old", "message": "旧", "spans": []}]
    answer: ExtractionJson = older  # type: ignore[assignment]
    rows = sheet_rows(file_of(Form.XLSX, replace(report, answer=answer)), "发现")
    assert [(row["编号"], row["程度"], row["说明"]) for row in rows] == [("old", "提示", "旧")]
    for form in (Form.CSV, Form.PARQUET, Form.SDMX_CSV):
        assert file_of(form, replace(report, answer=answer)) == file_of(form, report)
    assert "旧" in file_of(Form.HTML, replace(report, answer=answer)).decode()


def test_parquet_says_what_its_columns_hold() -> None:
    schema = pq.read_schema(io.BytesIO(table_of(Form.PARQUET, [])))
    assert tuple(schema.names) == NAMES
    types = {field.name: field.type for field in schema}
    assert (types["low"], types["start"], types["masked"]) == (pa.float64(), pa.int64(), pa.bool_())
    assert (types["period_end"], types["indicator"]) == (pa.date32(), pa.string())
    for field, column in zip(schema, COLUMNS, strict=True):
        assert field.nullable is column.optional
        assert field.metadata[b"description"].decode() == column.about
        assert field.metadata.get(b"unit", b"").decode() == (column.unit or "")
    assert schema.field("low").metadata[b"unit"].startswith(b"as in the column `unit`")
    assert schema.metadata[b"generator"].startswith(b"baoshu ")


def test_parquet_is_written_by_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.exports.parquet_table.GROUP", 2)
    written = [*figures_of(read_report("共1家，2家，3家，4家，5家"))]
    file = pq.ParquetFile(io.BytesIO(table_of(Form.PARQUET, written)))
    assert [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)] == [2, 2, 1]
    assert file.read().to_pylist() == [figure._asdict() for figure in written]
