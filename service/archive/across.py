"""Targets, conflicts and series of an archive: which figures are looked at, found by its indexes.

In: an `ObservationQuery`, for each question with what it asks beside that.  Out: pages of `targets.Target` and
`conflicts.Conflict`, a `series.Series`.  What they mean stands there.

What must be compared before it is known to be wanted is looked through up to a bound (`MOST_LOOKED_AT`); then a page
may hold fewer items than it might, even none, and still have a next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import cache

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, tuple_

from service.archive.conflicts import YOY, Conflict, Kind, growth, of_one_thing, stated, year_before
from service.archive.figures import Figure, figures_of
from service.archive.observations import ObservationQuery, conditions_of, keys_of, model_of
from service.archive.paging import Page, check_limit, key_of, to_cursor
from service.archive.series import Series, series
from service.archive.subjects import subject
from service.archive.tables import observations
from service.archive.targets import State, Target, target
from service.checks.intervals import FLOAT
from service.errors import InvalidRequest
from service.indicators import catalogue, match
from service.records import Measure, Status

# Targets, cells or growths that one page looks through at most, and how many at once.
MOST_LOOKED_AT = 2_000
AT_ONCE = 200
# Of a cell, and of a thing in a place at one time, no more than so many figures, those stored last.
MOST_OF_ONE = 500
# A series is for people to look at.
MOST_OF_SERIES = 5_000

# What is measured, and where.
Place = tuple[str | None, str | None]

TARGETS = "targets"
STATED, GROWN = "conflicts", "conflicts of growth"


def find_targets(
    connection: Connection,
    query: ObservationQuery,
    *,
    state: State | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[Target]:
    """A page of the targets that were asked for, in the order in which they were stored, each with its results.

    `query.status` is that of targets whatever it was; `period` is the targets' own.  `state`: only those that stand so.
    Raises InvalidRequest for a period that is no EDTF time, a broken cursor, a wrong limit.
    """
    check_limit(limit)
    asked = replace(query, status=Status.PLAN.value)
    last, model = key_of(TARGETS, after), model_of(connection, query)
    found: list[Target] = []
    looked_at = 0
    while looked_at < MOST_LOOKED_AT:
        many = AT_ONCE if state is not None else limit + 1 - len(found)
        keys = keys_of(connection, asked, after=last, limit=many)
        for one in _targets(connection, model, keys):
            if state is None or one.state is state:
                if len(found) == limit:
                    return Page(_with_results(connection, found), to_cursor(TARGETS, found[-1].figure.key))
                found.append(one)
        if len(keys) < many:
            return Page(_with_results(connection, found), None)
        last, looked_at = keys[-1], looked_at + len(keys)
    return Page(_with_results(connection, found), to_cursor(TARGETS, last or 0))


def find_conflicts(
    connection: Connection,
    query: ObservationQuery,
    *,
    kind: Kind | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[Conflict]:
    """A page of the conflicts in which a figure takes part that was asked for; those of growth come last.

    `kind`: only those.  Of figures that conflict all are given, of whichever report.  Raises as `find_targets`.
    """
    check_limit(limit)
    try:
        last, in_growth = key_of(STATED, after), kind is Kind.GROWTH
    except InvalidRequest:
        last, in_growth = key_of(GROWN, after), True
    found: tuple[Conflict, ...] = ()
    if not in_growth:
        page = _stated(connection, query, kind, last, limit)
        if page.next is not None or kind is not None:
            return page
        found, last = page.items, None
    if len(found) == limit:
        return Page(found, to_cursor(GROWN, 0))
    page = _grown(connection, query, last, limit - len(found))
    return Page((*found, *page.items), page.next)


def find_series(connection: Connection, query: ObservationQuery) -> Series:
    """The series that was asked for; `query` names an indicator and an area.

    A name of an indicator stands for every figure of that name under any 口径 (工业增加值 has 规上工业增加值 in a line
    of its own), a code for its own.  `measure` is level, `status` actual where not named.  Raises InvalidRequest where
    one is missing, for a period that is no EDTF time, and where there are too many figures.
    """
    if not query.indicator or not query.area:
        raise InvalidRequest("时间序列需要 indicator 与 area，例如 indicator=技术合同成交额&area=青岚区。")
    measure, status = query.measure or Measure.LEVEL.value, query.status or Status.ACTUAL.value
    measures = [measure, *((Measure.GROWTH.value, Measure.DIFF.value) if measure == Measure.LEVEL else ())]
    asked = replace(query, indicator=None, measure=None, status=status)
    also = [observations.c.subject.in_(subjects_of(query.indicator)), observations.c.measure.in_(measures)]
    keys = keys_of(connection, asked, after=None, limit=MOST_OF_SERIES + 1, also=also)
    if len(keys) > MOST_OF_SERIES:
        raise InvalidRequest(f"所问的观测超过 {MOST_OF_SERIES} 条，不便列成序列；请以 period 缩小范围。")
    figures = figures_of(connection, keys).values()
    return series(
        [f for f in figures if f.row.measure == measure],
        [f for f in figures if f.row.measure != measure],
        measure=measure,
        status=status,
    )


def subjects_of(asked: str) -> list[str]:
    """The subjects that an indicator's code or name stands for."""
    if any(asked == indicator.code for indicator in catalogue().indicators):
        return [asked]
    name = subject(asked, None)
    found = match(asked)
    codes = {*_codes().get(name or "", ()), *([found.code] if found is not None else [])}
    return sorted({*codes, *([name] if name is not None else [])})


@cache
def _codes() -> dict[str, set[str]]:
    """The codes of the catalogue's names, by what these are without their 口径."""
    codes: dict[str, set[str]] = {}
    for indicator in catalogue().indicators:
        for name in (indicator.name, *indicator.aliases):
            codes.setdefault(subject(name, None) or "", set()).add(indicator.code)
    return codes


def _targets(connection: Connection, model: int | None, keys: Sequence[int]) -> list[Target]:
    """The targets of these keys, their results without evidence."""
    planned = figures_of(connection, keys).values()
    actual = observations.c.status == Status.ACTUAL.value
    results: dict[tuple[str | None, str | None], list[Figure]] = {}
    for figure in _of_same(connection, model, keys, [actual]):
        results.setdefault((figure.subject, figure.place), []).append(figure)
    return [target(one, results.get((one.subject, one.place), ())) for one in planned]


def _with_results(connection: Connection, found: Sequence[Target]) -> tuple[Target, ...]:
    """The same with the evidence of their results."""
    keys = [f.key for one in found for result in one.results for f in (result.figure, *result.earlier)]
    figures = figures_of(connection, sorted(set(keys)))
    return tuple(
        target(one.figure, [figures[f.key] for r in one.results for f in (r.figure, *r.earlier) if f.key in figures])
        for one in found
    )


def _stated(
    connection: Connection, query: ObservationQuery, kind: Kind | None, last: int | None, limit: int
) -> Page[Conflict]:
    """Cells of which the store knows that two amounts in them are apart, looked at closely."""
    c = observations.c
    model = model_of(connection, query)
    conditions = [c.model == model, c.cell.is_not(None)]
    if any((query.indicator, query.area, query.period, query.status, query.measure, query.q, query.report)):
        conditions.append(c.cell.in_(select(c.cell).where(*conditions_of(connection, query))))
    low, high = func.max(c.worth_low), func.min(c.worth_high)
    # No less than `conflicts.apart` finds: what touches may be apart, what is all alike is not.
    apart = and_(low >= high - func.abs(high) * FLOAT, low > func.min(c.worth_low))
    found: list[Conflict] = []
    looked_at = 0
    while looked_at < MOST_LOOKED_AT:
        many = AT_ONCE if kind is not None else limit + 1 - len(found)
        after = [c.cell > last] if last is not None else []
        here = connection.scalars(
            select(c.cell).where(*conditions, *after).group_by(c.cell).having(apart).order_by(c.cell).limit(many)
        ).all()
        said = _of_cells(connection, model, here)
        for number in here:
            one = stated(of_one_thing(said.get(number, ())))
            if one is None or kind not in (None, one.kind):
                continue
            found.append(one)
            if len(found) == limit:
                more = number != here[-1] or len(here) == many
                return Page(tuple(found), to_cursor(STATED, number) if more else None)
        if len(here) < many:
            return Page(tuple(found), None)
        last, looked_at = here[-1], looked_at + len(here)
    return Page(tuple(found), to_cursor(STATED, last or 0))


def _of_cells(connection: Connection, model: int | None, numbers: Sequence[int]) -> dict[int, list[Figure]]:
    """The figures of some cells."""
    c = observations.c
    keys: dict[int, list[int]] = {}
    chosen = select(c.cell, c.key).where(c.model == model, c.cell.in_(numbers)).order_by(c.key)
    for number, key in connection.execute(chosen) if numbers else ():
        keys.setdefault(number, []).append(key)
    kept = {number: found[-MOST_OF_ONE:] for number, found in keys.items()}
    figures = figures_of(connection, [key for found in kept.values() for key in found])
    return {number: [figures[key] for key in found if key in figures] for number, found in kept.items()}


def _grown(connection: Connection, query: ObservationQuery, last: int | None, limit: int) -> Page[Conflict]:
    """Levels beside which their own report states a growth, in order, held against the year before."""
    c, g, model = observations.c, observations.alias("g").c, model_of(connection, query)
    beside = and_(
        *(g.model == c.model, g.subject == c.subject, g.place == c.place, g.period_end == c.period_end),
        *(g.report == c.report, g.status == c.status, g.measure == Measure.GROWTH.value, g.base == YOY),
    )
    also = [c.measure == Measure.LEVEL.value, exists().where(beside)]
    found: list[Conflict] = []
    looked_at = 0
    while looked_at < MOST_LOOKED_AT:
        keys = keys_of(connection, query, after=last, limit=AT_ONCE, also=also)
        for one in _of_growth(connection, model, keys):
            found.append(one)
            if len(found) == limit:
                reached = one.value.key if one.value is not None else 0
                more = reached != keys[-1] or len(keys) == AT_ONCE
                return Page(_quoted(connection, found), to_cursor(GROWN, reached) if more else None)
        if len(keys) < AT_ONCE:
            return Page(_quoted(connection, found), None)
        last, looked_at = keys[-1], looked_at + len(keys)
    return Page(_quoted(connection, found), to_cursor(GROWN, last or 0))


def _of_growth(connection: Connection, model: int | None, keys: Sequence[int]) -> list[Conflict]:
    """Conflicts of growth in which these levels are what grew, in their order, without evidence."""
    c = observations.c
    now: set[tuple[Place, int, date | None]] = set()
    before: set[tuple[Place, date | None]] = set()
    chosen = select(c.subject, c.place, c.report, c.period_end).where(c.key.in_(keys))
    for what, where, report, end in connection.execute(chosen) if keys else ():
        now.add(((what, where), report, end))
        before.add(((what, where), (year_before((None, end)) or (None, None))[1]))
    ends = {end for _, _, end in now} | {end for _, end in before}
    measures = c.measure.in_([Measure.LEVEL.value, Measure.GROWTH.value])
    found_here = _of_same(
        connection,
        model,
        keys,
        [measures, c.period_end.in_(ends)],
        lambda place, report, end: (place, report, end) in now or (place, end) in before,
    )
    near: dict[tuple[object, ...], list[Figure]] = {}
    for figure in found_here:
        near.setdefault((figure.subject, figure.place, figure.row.period_end), []).append(figure)
    wanted, found = set(keys), dict[int, list[Conflict]]()
    for grown in (f for figures in near.values() for f in figures if f.row.measure == Measure.GROWTH):
        end = (year_before((None, grown.row.period_end)) or (None, None))[1]
        here = near.get((grown.subject, grown.place, grown.row.period_end), [])
        one = growth(grown, here, near.get((grown.subject, grown.place, end), []))
        if one is not None and one.value is not None and one.value.key in wanted:
            found.setdefault(one.value.key, []).append(one)
    # Of two growths of one level the one that stands nearest to it is its own.
    return [min(found[key], key=_distance) for key in keys if key in found]


def _quoted(connection: Connection, found: Sequence[Conflict]) -> tuple[Conflict, ...]:
    """The same with the evidence of all their figures."""
    keys = {f.key for one in found for f in one.figures}
    figures = figures_of(connection, sorted(keys))
    return tuple(one.quoting(figures) for one in found if all(f.key in figures for f in one.figures))


def _of_same(
    connection: Connection,
    model: int | None,
    keys: Sequence[int],
    also: Iterable[ColumnElement[bool]],
    keep: Callable[[Place, int, date | None], bool] | None = None,
) -> list[Figure]:
    """The figures of what those with these keys measure, in the same places, without evidence.

    `keep` says of subject and place, report and last day whether a figure is wanted.
    """
    c, these = observations.c, observations.alias("these").c
    # A list of pairs SQLite would hold against every figure; by a subquery it looks each one up.
    same = select(these.subject, these.place).where(these.key.in_(keys))
    chosen = select(c.key, c.subject, c.place, c.report, c.period_end).where(
        c.model == model, tuple_(c.subject, c.place).in_(same), *also
    )
    found: dict[tuple[Place, date | None], list[int]] = {}
    for key, what, where, report, end in connection.execute(chosen) if keys else ():
        if keep is None or keep((what, where), report, end):
            found.setdefault(((what, where), end), []).append(key)
    kept = [key for here in found.values() for key in sorted(here)[-MOST_OF_ONE:]]
    return list(figures_of(connection, sorted(kept), evidence=False).values())


def _distance(one: Conflict) -> int:
    return abs(one.growth.row.start - one.value.row.start) if one.growth is not None and one.value is not None else 0
