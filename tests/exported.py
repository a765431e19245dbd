"""Reports as read by the fake pipeline, and files of them, for tests of what leaves the house."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from fakes import extraction_of

from service.exports.figures import Figure, ReadReport, figures_of
from service.exports.forms import Form
from service.exports.writing import begin_table, write
from service.response import to_json


def read_report(text: str, name: str = "甲", source: str | None = None) -> ReadReport:
    """What the fake reads in `text`."""
    return ReadReport(name, text, to_json(extraction_of(text)), source)


def file_of(form: Form, *reports: ReadReport, bom: bool = False) -> bytes:
    """The reports as one file."""
    out = io.BytesIO()
    write(form, reports, out, bom=bom)
    return out.getvalue()


def table_of(form: Form, figures: Iterable[Figure]) -> bytes:
    """The figures as a table."""
    out = io.BytesIO()
    with begin_table(form, out) as table:
        table.figures(figures)
    return out.getvalue()


def figure_of(text: str = "营收5家", **changes: Any) -> Figure:
    """The first figure that the fake reads in `text`, with fields of other values."""
    return altered(next(figures_of(read_report(text))), **changes)


def altered(figure: Figure, **changes: Any) -> Figure:
    return figure._replace(**changes)
