"""Figures laid out as a table: indicator and area down, periods across.

In: observations of one measure and status.  Out: a `Panel`.  A row is one indicator of one area in one unit (and one
base or scope, where the measure has one), so that its cells may be compared; an area or indicator with a code is the
same under any name.  A cell holds every value that is said of it, that of the most reports first: that reports differ
is for the reader to see, not for this to settle.  Pure; knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from service.archive.observations import Row

# What stands in a cell is for people to look at.
MOST_FIGURES = 20_000


@dataclass(frozen=True, slots=True)
class PanelValue:
    """A value, and the figures that say so, the surest first."""

    figures: tuple[Row, ...]

    @property
    def reports(self) -> int:
        return len({figure.report for figure in self.figures})


@dataclass(frozen=True, slots=True)
class PanelRow:
    """`cells`: for each period of the panel the values said of it; none where nothing is said."""

    indicator: str
    indicator_code: str | None
    area: str | None
    area_code: str | None
    unit: str
    scope: str | None
    base: str | None
    cells: tuple[tuple[PanelValue, ...], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """`periods`: EDTF, in order of time; rows in order of indicator and area."""

    measure: str
    status: str
    periods: tuple[str, ...]
    rows: tuple[PanelRow, ...]


def panel(figures: Iterable[Row], *, measure: str, status: str) -> Panel:
    """The panel of `figures`, all of `measure` and `status`; those without a period have no place in it."""
    periods: dict[str, tuple[date, date]] = {}
    found: dict[tuple[str | None, ...], dict[str, list[Row]]] = {}
    for figure in figures:
        if figure.period is None:
            continue
        periods.setdefault(figure.period, _when(figure))
        found.setdefault(_row_of(figure), {}).setdefault(figure.period, []).append(figure)
    across = tuple(sorted(periods, key=lambda period: (*periods[period], period)))
    rows = sorted((_row(cells, across) for cells in found.values()), key=_order)
    return Panel(measure, status, across, tuple(rows))


def _when(figure: Row) -> tuple[date, date]:
    """Where a period stands in time: what has no beginning first, a masked year, of which nothing is known, last."""
    if figure.period_start is None and figure.period_end is None:
        return date.max, date.max
    return figure.period_start or date.min, figure.period_end or date.max


def _row_of(figure: Row) -> tuple[str | None, ...]:
    """What figures of one row have in common."""
    indicator = f"code {figure.indicator_code}" if figure.indicator_code else figure.indicator
    area = f"code {figure.area_code}" if figure.area_code else figure.area
    return indicator, area, figure.unit, figure.scope, figure.base


def _row(cells: dict[str, list[Row]], across: Sequence[str]) -> PanelRow:
    first = next(iter(cells.values()))[0]
    return PanelRow(
        indicator=first.indicator,
        indicator_code=first.indicator_code,
        area=first.area,
        area_code=first.area_code,
        unit=first.unit,
        scope=first.scope,
        base=first.base,
        cells=tuple(_values(cells.get(period, ())) for period in across),
    )


def _values(figures: Sequence[Row]) -> tuple[PanelValue, ...]:
    same: dict[tuple[object, ...], list[Row]] = {}
    for figure in figures:
        said = (figure.low, figure.high, figure.bound, figure.masked)
        same.setdefault(said if figure.low is not None else (*said, figure.value_text), []).append(figure)
    values = [PanelValue(tuple(sorted(group, key=lambda figure: -figure.score))) for group in same.values()]
    return tuple(sorted(values, key=lambda value: (-value.reports, -value.figures[0].score)))


def _order(row: PanelRow) -> tuple[str, ...]:
    return tuple(
        part or ""
        for part in (row.indicator_code or row.indicator, row.area_code or row.area, row.unit, row.scope, row.base)
    )
