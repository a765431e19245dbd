"""Files of any form, begun.

In: a form, and somewhere to write.  Out: a file that takes whole reports (`begin`), or a table that takes figures
(`begin_table`).  What is written goes to `out` as it comes where the form allows that (`Form.streams`), else when the
file is ended.  The libraries of a form are loaded when its first file is begun.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from service.exports.csv_table import CsvTable
from service.exports.figures import ReadReport
from service.exports.files import FigureTable, ReportFile
from service.exports.forms import Form
from service.exports.html_report import HtmlReport
from service.exports.parquet_table import ParquetTable
from service.exports.sdmx_csv import SdmxCsvTable
from service.exports.workbook import Workbook


def begin(form: Form, out: BinaryIO, *, bom: bool = False) -> ReportFile:
    """A file for whole reports, in any form but JSON; `bom`: CSV marked as UTF-8 for a spreadsheet."""
    if form is Form.HTML:
        return HtmlReport(out)
    return Workbook(out) if form is Form.XLSX else begin_table(form, out, bom=bom)


def write(form: Form, reports: Iterable[ReadReport], out: BinaryIO, *, bom: bool = False) -> None:
    """All reports as one file."""
    with begin(form, out, bom=bom) as file:
        for report in reports:
            file.report(report)


def begin_table(form: Form, out: BinaryIO, *, bom: bool = False) -> FigureTable:
    """A table for figures from anywhere."""
    match form:
        case Form.CSV:
            return CsvTable(out, bom=bom)
        case Form.SDMX_CSV:
            return SdmxCsvTable(out, bom=bom)
        case Form.XLSX:
            return Workbook(out, of_reports=False)
        case Form.PARQUET:
            return ParquetTable(out)
        case _:
            raise ValueError(f"{form} is no table of figures")
