"""Targets, conflicts and series as tables for a spreadsheet.

In: records of `archive.targets`, `archive.conflicts`, `archive.series`.  Out: rows under their heads (`TARGETS`,
`CONFLICTS`, `SERIES`); a target has one for each result, a conflict one for each figure, a series one for each point
and each gap.  Every figure stands beside its quotation and the address of its evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from service.across_response import difference_unit, message, why
from service.archive.conflicts import Conflict
from service.archive.figures import Figure
from service.archive.series import Line, Point, Series
from service.archive.targets import Result, Target
from service.archive_response import evidence
from service.checks.intervals import Interval
from service.exports.cells import Value
from service.response import number

_SAID = ("value", "low", "high", "report", "title", "published", "quotation", "evidence")
_OF = ("indicator", "indicator_code", "area", "area_code", "period", "measure", "unit", "definition")
TARGETS = (
    *("state", *_OF, "bound", *(f"target_{name}" for name in _SAID)),
    *("reached", "completion", "difference", "difference_unit", "close"),
    *("result_period", *(f"result_{name}" for name in _SAID), "result_completion", "result_difference", "earlier"),
)
CONFLICTS = ("conflict", "kind", "revised", "message", "role", *_OF, "status", *_SAID)
SERIES = (
    *("line", "indicator", "indicator_code", "area", "area_code", "unit", "definition", "rhythm", "base", "scope"),
    *("period", "gap", *_SAID, "others", "conflict", "implied_low", "implied_high", "change_unit"),
    *("stated", "stated_evidence", "agree", "break"),
)

Row = tuple[Value, ...]


def target_rows(targets: Iterable[Target], model: str, base: str = "") -> Iterator[Row]:
    """One a result, one for a target without; `base` goes before addresses."""
    for target in targets:
        row = target.figure.row
        head = (target.state.value, *_of(target.figure), row.bound, *_said(target.figure, model, base))
        reached = (number(target.value), target.completion, number(target.difference), difference_unit(target))
        for result in target.results or (None,):
            yield *head, *reached, target.close, *_result(result, model, base)


def conflict_rows(conflicts: Iterable[tuple[int, Conflict]], model: str, base: str = "") -> Iterator[Row]:
    """One a figure; conflicts come with their numbers."""
    for place, conflict in conflicts:
        head = (place, conflict.kind.value, conflict.revised, message(conflict))
        roles = [(f"side {n}", figure) for n, side in enumerate(conflict.sides, 1) for figure in side.figures]
        grown = (("value", conflict.value), ("growth", conflict.growth))
        roles += [(role, figure) for role, figure in grown if figure is not None]
        for role, figure in roles:
            yield *head, role, *_of(figure), figure.row.status, *_said(figure, model, base)


def series_rows(series: Series, model: str, base: str = "") -> Iterator[Row]:
    """One a point and a gap, line by line; the first of a line says why it does not go on another."""
    reasons = {broken.after: why(broken) for broken in series.breaks}
    for place, line in enumerate(series.lines):
        head = _line(place, line)
        first = reasons.get(place)
        for point in line.points:
            yield *head, *_point(point, model, base), first
            first = None
        for gap in line.gaps:
            yield *head, gap, True, *[None] * (len(SERIES) - len(head) - 2)


def _of(figure: Figure) -> Row:
    row = figure.row
    words = " ".join(figure.definition)
    return (
        *(row.indicator, row.indicator_code, row.area, row.area_code, row.period, row.measure, row.unit),
        words,
    )


def _said(figure: Figure, model: str, base: str) -> Row:
    row = figure.row
    amounts = (row.value_text, number(row.low), number(row.high))
    return *amounts, row.report, row.title, figure.published[0], row.evidence, base + evidence(row, model)


def _result(result: Result | None, model: str, base: str) -> Row:
    if result is None:
        return (None,) * (len(_SAID) + 4)
    earlier = _listed(result.earlier)
    said = _said(result.figure, model, base)
    return result.figure.row.period, *said, result.completion, number(result.difference), earlier


def _line(place: int, line: Line) -> Row:
    of = (line.indicator, line.indicator_code, line.area, line.area_code, line.unit, " ".join(line.definition))
    return place, *of, line.rhythm.value, line.base, line.scope


def _point(point: Point, model: str, base: str) -> Row:
    conflict = message(point.conflict) if point.conflict is not None else None
    head = (point.figure.row.period, False, *_said(point.figure, model, base), _listed(point.others), conflict)
    if point.change is None:
        return *head, *[None] * 6
    stated = point.change.stated
    told = (stated.row.value_text, base + evidence(stated.row, model)) if stated is not None else (None, None)
    return *head, *_ends(point.change.implied), point.change.unit, *told, point.change.agree


def _ends(interval: Interval | None) -> Sequence[float | None]:
    return (round(interval.low, 4), round(interval.high, 4)) if interval is not None else (None, None)


def _listed(figures: Iterable[Figure]) -> str | None:
    """What else is said, with the report that says so."""
    return "；".join(f"{f.row.value_text}（{f.row.title or f.row.report[:12]}）" for f in figures) or None
