"""A panel as asked for and as written: every figure of a question, and the table as CSV.

In: a question to the archive.  Out: its figures, as far as a panel may hold them; a panel as CSV, where beside each
value stands the address of its evidence.  How figures are laid out stands in `archive.panel`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from service.archive.observations import ObservationQuery, Row, find_observations
from service.archive.paging import MOST_ITEMS, every
from service.archive.panel import MOST_FIGURES, Panel, PanelRow, PanelValue
from service.archive_response import evidence
from service.errors import InvalidRequest
from service.exports.csv_table import lines
from service.response import number

OF_ROW = ("indicator", "indicator_code", "area", "area_code", "unit", "scope", "base")


def figures_of(connection: Connection, query: ObservationQuery) -> Iterator[Row]:
    """Every figure asked for.  Raises `InvalidRequest` where they are more than a panel may hold."""
    found = every(lambda after: find_observations(connection, query, after=after, limit=MOST_ITEMS))
    for count, row in enumerate(found, 1):
        if count > MOST_FIGURES:
            raise InvalidRequest(
                f"所问的观测超过 {MOST_FIGURES} 条，不便列成表格；请以 indicator、area、period 缩小范围。"
            )
        yield row


def to_csv(panel: Panel, model: str, base: str = "") -> bytes:
    """Two columns for each period: the value that the most reports give; `base` with the address of its evidence."""
    heads = [*OF_ROW, *(head for period in panel.periods for head in (period, f"{period} evidence"))]
    return lines([heads, *(_cells(row, model, base) for row in panel.rows)])


def _cells(row: PanelRow, model: str, base: str) -> list[str | float | None]:
    pairs = (_cell(values[0], model, base) if values else (None, None) for values in row.cells)
    return [*_head(row), *(cell for pair in pairs for cell in pair)]


def _head(row: PanelRow) -> list[str | None]:
    return [getattr(row, name) for name in OF_ROW]


def _cell(value: PanelValue, model: str, base: str) -> tuple[str | float | None, str]:
    """A number where the value is one, else as it was read."""
    first = value.figures[0]
    is_one = first.low == first.high and not first.masked
    return number(first.low) if is_one else first.value_text, base + evidence(first, model)
