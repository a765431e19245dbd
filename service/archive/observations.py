"""Figures across the archive: what one model read in all reports, asked for by indicator, area, period and more.

In: an `ObservationQuery`.  Out: pages of `Row`, in the order in which they were read into the archive, each with the
characters that prove it.  What the fields of a query mean stands there.  Knows nothing of how figures are laid
out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, UnaryExpression, and_, bindparam, false, func, or_, select
from sqlalchemy.sql.operators import custom_op

from service.archive.paging import Page, check_limit, key_of, to_cursor
from service.archive.search import matching
from service.archive.tables import extractions, models, observations, reports
from service.edtf import days
from service.errors import InvalidRequest
from service.periods import is_edtf

AND_MORE = "*"  # at the end of a name or code: whatever begins so
AFTER_ALL = "\U0010ffff"
# How much text is fetched at once to cut evidence out of.
CHARACTERS_AT_ONCE = 4_000_000
# Up to so many reports with the words that were asked for, their figures are looked up one report after another.
FEW_REPORTS = 200

T = TypeVar("T")

_INDICATOR_CODE = re.compile(r"[a-z][a-z0-9_]*")
_AREA_CODE = re.compile(r"[0-9]{1,6}")
_UNKEPT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ObservationQuery:
    """Which figures; a field that is None leaves all.

    - `model`: id of the model that read them; one that the archive does not know has read nothing.
    - `indicator`: a code of the catalogue (`tech_contract_value`), which gathers all names of one indicator, or a name
      as read; with `*` at its end whatever begins so.
    - `area`: a code of GB/T 2260 or a name as resolved; with `*` at its end whatever begins so (`3304*`: a city and its
      counties).
    - `period`: an EDTF time.  A figure is of it where the figure's own time lies within: 2023 has the year, its
      quarters and months, and what was so at one of its days (`../2023-09-30`), not the five years that end with it.
      `../2023` and `2023/..` ask for what ends by then and begins from then on.  A masked year means itself alone.
    - `status`, `measure`: as in an answer.
    - `q`: words that the report has (`search`).
    - `report`: id of a report.
    """

    model: str
    indicator: str | None = None
    area: str | None = None
    period: str | None = None
    status: str | None = None
    measure: str | None = None
    q: str | None = None
    report: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A figure.

    `report` is the report's id, `title` the one it came with, else the one read in it; `number` is 7 for `o7` of the
    reading.  `start`, `end`, `evidence_start`, `evidence_end` count code points of the report's text; `evidence` is
    what stands between the latter.
    """

    report: str
    title: str | None
    source: str | None
    number: int
    indicator: str
    indicator_code: str | None
    value_text: str
    low: float | None
    high: float | None
    unit: str
    bound: str
    masked: bool
    measure: str
    period: str | None
    period_start: date | None
    period_end: date | None
    area: str | None
    area_code: str | None
    scope: str | None
    base: str | None
    status: str
    score: float
    start: int
    end: int
    evidence_start: int
    evidence_end: int
    section: str
    evidence: str


_FIELDS = tuple(field.name for field in fields(Row))
_EVIDENCE_START, _EVIDENCE_END = _FIELDS.index("evidence_start"), _FIELDS.index("evidence_end")


def find_observations(
    connection: Connection, query: ObservationQuery, *, after: str | None = None, limit: int = 100
) -> Page[Row]:
    """A page of the figures that were asked for.

    Raises InvalidRequest for a period that is no EDTF time, a broken cursor, a wrong limit.
    """
    check_limit(limit)
    keys = keys_of(connection, query, after=key_of("observations", after), limit=limit + 1)
    more = to_cursor("observations", keys[limit - 1]) if len(keys) > limit else None
    found = rows_of(connection, keys[:limit])
    return Page(tuple(found[key] for key in keys[:limit] if key in found), more)


def keys_of(
    connection: Connection,
    query: ObservationQuery,
    *,
    after: int | None,
    limit: int,
    also: Sequence[ColumnElement[bool]] = (),
) -> Sequence[int]:
    """The store's keys of up to `limit` of the figures that were asked for, after key `after`; `also` holds of them.

    Raises InvalidRequest for a period that is no EDTF time.
    """
    within, few = _of_reports(connection, query)
    conditions = [*_conditions(connection, query, few), *within, *also]
    # Where figures are asked for that may be few, the store is to find those and sort them, instead of going through
    # all figures in order until enough fit; where next to all fit, that is what it should do.
    narrow = few or any((query.indicator, query.area, query.period))
    order = _unindexed(observations.c.key) if narrow else observations.c.key
    if after is not None:
        conditions.append(order > after)
    return connection.scalars(select(observations.c.key).where(*conditions).order_by(order).limit(limit)).all()


def model_of(connection: Connection, query: ObservationQuery) -> int | None:
    """The key of the model that is asked; None for one that the archive does not know."""
    return connection.scalar(select(models.c.key).where(models.c.id == _askable(query.model)))


def conditions_of(connection: Connection, query: ObservationQuery) -> list[ColumnElement[bool]]:
    """What must hold of `tables.observations` where a figure was asked for.  Raises as `keys_of`."""
    within, few = _of_reports(connection, query)
    return [*_conditions(connection, query, few), *within]


def _of_reports(connection: Connection, query: ObservationQuery) -> tuple[list[ColumnElement[bool]], bool]:
    """In which reports a figure must stand, and whether they are known to be few.

    That is looked up first, unless an indicator or an area narrows enough.
    """
    wanted = []
    if query.q is not None and query.q.strip():
        wanted.append(matching(connection, query.q))
    if query.report is not None:
        wanted.append(select(reports.c.key).where(reports.c.id == _askable(query.report)))
    if not wanted:
        return [], False
    if not (query.indicator or query.area):
        found = wanted[-1].subquery()
        others = [found.c[0].in_(other) for other in wanted[:-1]]
        few = connection.scalars(select(found.c[0]).distinct().where(*others).limit(FEW_REPORTS + 1)).all()
        if len(few) <= FEW_REPORTS:
            return [observations.c.report.in_(few)], True
    # A truth that is asked of each figure; else PostgreSQL looks through all reports found for each.
    return [observations.c.report.in_(other).is_(True) for other in wanted], False


def _conditions(connection: Connection, query: ObservationQuery, few: bool) -> Iterator[ColumnElement[bool]]:
    """What must hold of a figure itself; `few`: it is looked up by its report."""
    c = observations.c
    # SQLite does not know what a model, or a span of time, is among how many, and would take it for little.
    guesses = connection.dialect.name == "sqlite"
    model = model_of(connection, query)
    yield (_unindexed(c.model) if guesses and few else c.model) == model if model is not None else false()
    if query.indicator is not None:
        yield _named(query.indicator, c.indicator_code if _is(_INDICATOR_CODE, query.indicator) else c.indicator)
    if query.area is not None:
        yield _named(query.area, c.area_code if _is(_AREA_CODE, query.area) else c.area)
    if query.period is not None:
        narrow = guesses and bool(query.indicator or query.area)
        yield _within(query.period, _unindexed(c.period_end) if narrow else c.period_end)
    if query.status is not None:
        yield c.status == _askable(query.status)
    if query.measure is not None:
        yield c.measure == _askable(query.measure)


def _is(code: re.Pattern[str], given: str) -> bool:
    return code.fullmatch(given.removesuffix(AND_MORE)) is not None


def _named(given: str, column: ColumnElement[str] | ColumnElement[str | None]) -> ColumnElement[bool]:
    given = _askable(given)
    if not given.endswith(AND_MORE):
        return column == given
    beginning = given.removesuffix(AND_MORE)
    return and_(column >= beginning, column < beginning + AFTER_ALL)


def _unindexed(column: ColumnElement[T]) -> ColumnElement[T]:
    """The same value, in the order of no index."""
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)


def _within(period: str, end: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a figure is of that time; `end` is its last day."""
    if not is_edtf(period):
        raise InvalidRequest(
            f"时期“{period[:40]}”不是 EDTF 格式；应如 2023、2023-06、2023-01/2023-09 或 ../2023-12-31。"
        )
    c = observations.c
    first, last = days(period)
    if first is None and last is None:
        return c.period == period
    conditions = []
    if first is not None:
        conditions.append(or_(c.period_start >= first, c.period_start.is_(None)))
        conditions.append(end >= first if last is not None else or_(end >= first, _begun()))
    if last is not None:
        conditions.append(end <= last)
    return and_(*conditions)


def _begun() -> ColumnElement[bool]:
    """A figure without an end, which has a beginning."""
    return and_(observations.c.period_end.is_(None), observations.c.period_start.is_not(None))


def _askable(given: str) -> str:
    """What no store keeps can be asked of none: it becomes a character that nothing has."""
    return _UNKEPT.sub("\ufffd", given)


@cache
def _select() -> Select[Any]:
    """The fields of `Row` in their order, but for the evidence; before them what it is cut by."""
    c = observations.c
    of_report = {
        "report": reports.c.id,
        "title": func.coalesce(reports.c.hint_title, extractions.c.title),
        "source": reports.c.source,
    }
    own = [of_report.get(name, c.get(name)) for name in _FIELDS if name != "evidence"]
    return (
        select(c.key, c.report, reports.c.characters, *own)
        .join(reports, reports.c.key == c.report)
        .join(extractions, extractions.c.key == c.extraction)
        .where(c.key.in_(bindparam("keys", expanding=True)))
        .order_by(c.key)
    )


def rows_of(connection: Connection, keys: Sequence[int], *, evidence: bool = True) -> dict[int, Row]:
    """The figures with these keys, but for those deleted meanwhile; each report's text is fetched once.

    Without `evidence` no text is fetched, and it is empty.
    """
    by_report: dict[int, list[Sequence[Any]]] = {}
    for record in connection.execute(_select(), {"keys": keys}) if keys else ():
        by_report.setdefault(record[1], []).append(record)
    if not evidence:
        return {key: _row(own, "") for records in by_report.values() for key, _, _, *own in records}
    rows: dict[int, Row] = {}
    for batch in _batches({report: records[0][2] for report, records in by_report.items()}):
        for report, text in connection.execute(select(reports.c.key, reports.c.text).where(reports.c.key.in_(batch))):
            rows |= {key: _row(own, text) for key, _, _, *own in by_report[report]}
    return rows


def _row(own: Sequence[Any], text: str) -> Row:
    values: list[Any] = [*own, text[own[_EVIDENCE_START] : own[_EVIDENCE_END]]]
    return Row(*values)


def _batches(characters: Mapping[int, int]) -> Iterator[list[int]]:
    batch: list[int] = []
    size = 0
    for key, length in characters.items():
        if batch and size + length > CHARACTERS_AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(key)
        size += length
    if batch:
        yield batch
