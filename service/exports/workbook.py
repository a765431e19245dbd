"""The workbook (XLSX): figures, entities, findings and reports, each on a sheet, for a person who filters and sorts.

In: read reports, or figures from anywhere.  Out: the bytes of a workbook.  Written with XlsxWriter: it holds one row at
a time and puts finished ones into a file of its own, has no dependencies, and writes text as text (`write_string`)
without looking for formulas in it.  A text that begins like a formula gets the mark `quotePrefix` besides, so that it
stays text when somebody edits the cell.

Numbers are numbers with as many decimals as they have; a sheet keeps 16 digits of them.  A time that is one day is a
date.  Words of the answer's form (level, actual) are given in Chinese.  A cell holds 32,767 UTF-16 units: what is
longer is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from service.edtf import days
from service.errors import TableTooLong
from service.exports.cells import Value, is_formula
from service.exports.figures import COLUMNS, NAMES, Figure, Kind, ReadReport, figures_of
from service.exports.files import FigureTable
from service.exports.labels import BOUNDS, LABELS, MEASURES, SEVERITIES, STATUSES, base_label, label
from service.schema import DerivedJson, EntityJson, FindingJson

if TYPE_CHECKING:
    from xlsxwriter import Workbook as Book
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

# Limits of a sheet: rows with the header, the first year of its calendar (ECMA-376; Excel specifications and limits).
MOST_ROWS = 1_048_576
FIRST_YEAR = 1900
# Beyond these a number is shown as the sheet sees fit.
MOST_DECIMALS = 6
MOST_SHOWN = 1e15

# Columns of figures from left to right: what it says, how it reads, what proves it; then what one looks up.
FIGURE_ORDER = (
    *("report", "observation", "indicator", "area", "period", "low", "high", "unit", "value", "evidence"),
    *("measure", "status", "bound", "masked", "scope", "base", "section", "page", "paragraph", "score"),
    *("indicator_code", "area_code", "period_text", "period_start", "period_end", "start", "end", "title", "source"),
)
# In characters of the sheet's font, of which a Chinese one takes two.
WIDTHS = {"report": 24, "indicator": 32, "area": 14, "evidence": 64, "section": 32, "title": 36, "value": 14, "low": 18}
WIDTH = {Kind.TEXT: 12, Kind.NUMBER: 18, Kind.WHOLE: 8, Kind.SHARE: 8, Kind.FLAG: 8, Kind.DAY: 12}

_AT = [NAMES.index(name) for name in FIGURE_ORDER]
_FIGURE_COLUMNS = [COLUMNS[at] for at in _AT]
_WORDS: dict[int, Callable[[str], str | None]] = {
    NAMES.index("measure"): lambda word: label(MEASURES, word),
    NAMES.index("status"): lambda word: label(STATUSES, word),
    NAMES.index("bound"): lambda word: label(BOUNDS, word),
    NAMES.index("base"): base_label,
}
_PERIOD = NAMES.index("period")


@dataclass(frozen=True, slots=True)
class _Head:
    """A sheet's name, and its columns from left to right, each with its width."""

    name: str
    columns: Mapping[str, int]


FIGURES = _Head("观测", {column.title: WIDTHS.get(column.name, WIDTH[column.kind]) for column in _FIGURE_COLUMNS})
ENTITIES = _Head("实体", {"报告": 24, "编号": 8, "类别": 12, "原文": 40, "可信度": 8, "起": 8, "止": 8})
FINDINGS = _Head(
    "发现",
    {
        "报告": 24,
        "类别": 8,
        "编号": 24,
        "程度": 8,
        "说明": 64,
        "算式": 48,
        "有关观测": 16,
        "原文": 48,
        "指标": 32,
        "地区": 14,
        "时期": 12,
        "数值": 18,
        "上限": 18,
        "单位": 12,
        "口径": 12,
        "状态": 12,
    },
)
REPORTS = _Head(
    "报告",
    {
        "报告": 24,
        "标题": 48,
        "来源": 32,
        "发布机构": 24,
        "发布日期": 12,
        "时期": 12,
        "地区": 14,
        "地区代码": 12,
        "字符数": 10,
        "观测数": 10,
        "实体数": 10,
        "数字总数": 10,
        "成为观测": 10,
        "注明不计": 10,
        "未能解释": 10,
        "模型": 20,
        "SHA-256": 66,
    },
)
FOUND, DERIVED = "发现", "推算"


class Workbook(FigureTable):
    """`of_reports` gives it the sheets that need whole reports.

    Nothing is written to `out` before it is closed.  Raises `TableTooLong` where a sheet cannot take a row more.
    """

    def __init__(self, out: BinaryIO, *, of_reports: bool = True) -> None:
        from xlsxwriter import Workbook as Book

        self._folder = TemporaryDirectory(prefix="baoshu-")
        self._book: Book | None = Book(out, {"constant_memory": True, "tmpdir": self._folder.name})
        formats = _Formats(self._book)
        self._figures = _Sheet(self._book, FIGURES, formats)
        self._entities = _Sheet(self._book, ENTITIES, formats) if of_reports else None
        self._findings = _Sheet(self._book, FINDINGS, formats) if of_reports else None
        self._reports = _Sheet(self._book, REPORTS, formats) if of_reports else None

    def report(self, report: ReadReport) -> None:
        """A row for each of its figures, entities, findings and derived figures, and one for itself."""
        self.figures(figures_of(report))
        if self._entities is None or self._findings is None or self._reports is None:
            return
        for entity in report.answer["entities"]:
            self._entities.row(_entity(report, entity))
        for finding in report.answer["findings"]:
            self._findings.row(_finding(report, finding))
        # Answers of the archive may be older than these.
        for derived in report.answer.get("derived", ()):
            self._findings.row(_derived(report, derived))
        self._reports.row(_report(report))

    def figures(self, figures: Iterable[Figure]) -> None:
        for figure in figures:
            self._figures.row([_shown(at, figure[at]) for at in _AT])

    def close(self) -> None:
        if self._book is None:
            return
        book, self._book = self._book, None
        try:
            for sheet in (self._figures, self._entities, self._findings, self._reports):
                if sheet is not None:
                    sheet.end()
            book.use_zip64()
            book.close()
        finally:
            self._folder.cleanup()

    def abandon(self) -> None:
        if self._book is None:
            return
        for sheet in self._book.worksheets():
            sheet.row_data_fh.close()
        self._book = None
        self._folder.cleanup()


class _Formats:
    """The formats of cells, each made once."""

    def __init__(self, book: Book) -> None:
        self.head: Format = book.add_format(
            {"bold": True, "bg_color": "#E8EEF5", "bottom": 1, "valign": "vcenter", "quote_prefix": False}
        )
        self.text: Format = book.add_format({"valign": "top"})
        self.quoted: Format = book.add_format({"valign": "top", "quote_prefix": True})
        self.day: Format = book.add_format({"valign": "top", "num_format": "yyyy-mm-dd", "align": "left"})
        self.general: Format = book.add_format({"valign": "top"})
        self.numbers: list[Format] = [
            book.add_format({"valign": "top", "num_format": "#,##0" + ("." + "0" * decimals if decimals else "")})
            for decimals in range(MOST_DECIMALS + 1)
        ]

    def number(self, value: float) -> Format:
        """With as many decimals as it has."""
        decimals = _decimals(value) if abs(value) < MOST_SHOWN else None
        return self.general if decimals is None else self.numbers[decimals]


@lru_cache(maxsize=1 << 12)
def _decimals(value: float) -> int | None:
    """How many decimals show `value` whole; None where that would be more than `MOST_DECIMALS`."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else None
    return decimals if decimals is not None and decimals <= MOST_DECIMALS else None


class _Sheet:
    """Rows below a header that stays in sight and filters them."""

    def __init__(self, book: Book, head: _Head, formats: _Formats) -> None:
        self._name, self._formats = head.name, formats
        self._sheet: Worksheet = book.add_worksheet(head.name)
        self._columns, self._rows = len(head.columns), 0
        self._sheet.freeze_panes(1, 0)
        for at, (title, width) in enumerate(head.columns.items()):
            self._sheet.set_column(at, at, width)
            self._sheet.write_string(0, at, title, formats.head)

    def row(self, values: Sequence[Value]) -> None:
        if self._rows + 1 >= MOST_ROWS:
            raise TableTooLong(self._name, MOST_ROWS - 1)
        self._rows += 1
        for at, value in enumerate(values):
            self._write(at, value)

    def end(self) -> None:
        """Nothing comes after this."""
        self._sheet.autofilter(0, 0, self._rows, self._columns - 1)

    def _write(self, at: int, value: Value) -> None:
        sheet, row, formats = self._sheet, self._rows, self._formats
        match value:
            case None | "":
                pass
            case bool():
                sheet.write_boolean(row, at, value, formats.text)
            case int() | float():
                sheet.write_number(row, at, value, formats.number(value))
            case date() if value.year >= FIRST_YEAR:
                sheet.write_datetime(row, at, value, formats.day)
            case date():
                sheet.write_string(row, at, value.isoformat(), formats.text)
            case str():
                sheet.write_string(row, at, value, formats.quoted if is_formula(value) else formats.text)


def _shown(at: int, value: Value) -> Value:
    """A field of a figure as a person reads it."""
    if value is None:
        return None
    if at == _PERIOD:
        return _day_or_text(str(value))
    words = _WORDS.get(at)
    return words(str(value)) if words is not None else value


def _day_or_text(edtf: str | None) -> Value:
    """A date where the time is one day, else the time as EDTF."""
    if edtf is None:
        return None
    first, last = days(edtf)
    return first if first is not None and first == last else edtf


def _entity(report: ReadReport, entity: EntityJson) -> Sequence[Value]:
    kind = label(LABELS, entity["label"])
    return report.name, entity["id"], kind, entity["text"], entity["score"], entity["start"], entity["end"]


def _finding(report: ReadReport, finding: FindingJson) -> Sequence[Value]:
    # Readings of the archive may be older than severity, rule and observations.
    severity = label(SEVERITIES, finding.get("severity", "note"))
    named = " ".join(finding.get("observations", ()))
    quoted = "；".join(span["text"] for span in finding["spans"])
    return report.name, FOUND, finding["code"], severity, finding["message"], finding.get("rule", ""), named, quoted


def _derived(report: ReadReport, derived: DerivedJson) -> Sequence[Value]:
    area = derived["area"]
    return (
        *(report.name, DERIVED, derived["id"], None, None, derived["rule"], " ".join(derived["observations"]), None),
        *(derived["indicator"]["name"], area["name"] if area else None, _day_or_text(derived["period"] or None)),
        *(derived["low"], derived["high"], derived["unit"]),
        *(label(MEASURES, derived["measure"]), label(STATUSES, derived["status"])),
    )


def _report(report: ReadReport) -> Sequence[Value]:
    said, ledger, model = report.answer["report"], report.answer["ledger"], report.answer["model"]
    issuer, area = said["issuer"], said["area"]
    return (
        *(report.name, said["title"], report.source, issuer["text"] if issuer else None),
        *(_day_or_text(said["published"]), _day_or_text(said["period"])),
        *(area["name"] if area else None, area["code"] if area else None),
        *(len(report.text), len(report.answer["observations"]), len(report.answer["entities"])),
        *(ledger["numbers"], ledger["observed"], len(ledger["set_aside"]), len(ledger["unexplained"])),
        *(f"{model['name']}-{model['version']}", said["id"]),
    )
