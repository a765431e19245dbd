"""A series: what reports say of one indicator in one area through time.

In: figures of one measure, and those that state how they changed.  Out: `Series`: lines, within which figures may be
compared, and the breaks between them, each with its reasons.  A line is of one indicator, area, unit, 口径 and rhythm
(years, quarters, months, since January, an instant); nothing joins two of them.  A missing time is a gap.  Beside each
change that follows from two figures stands the one that a report states, and whether they agree.  Pure; knows nothing
of the store.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from service.archive.conflicts import Conflict, stated, year_before
from service.archive.figures import Figure, Time, latest_first
from service.archive.subjects import subject
from service.checks.intervals import Interval, agrees, difference, implied_growth
from service.definitions import REAL, grows_at_constant_prices
from service.records import Measure

YOY = "yoy"
# Of a share the change is told in points, of all else in per cent.
SHARES = frozenset({"%", "‰", "个百分点"})
POINTS = "个百分点"
PER_CENT = "%"
MONTHS = 12

Aspect = Literal["indicator", "area", "unit", "definition", "rhythm", "base", "scope"]


class Rhythm(StrEnum):
    """How much time a figure is of, or which instant.

    `year_end` is an instant, and what a year means for a stock; `since_january` is from 1 January on, more than a month
    and less than a year.
    """

    YEAR = "year"
    YEAR_END = "year_end"
    HALF = "half"
    QUARTER = "quarter"
    MONTH = "month"
    SINCE_JANUARY = "since_january"
    INSTANT = "instant"
    OTHER = "other"


# Months of the rhythms that have gaps.
STEPS = {Rhythm.YEAR: 12, Rhythm.YEAR_END: 12, Rhythm.HALF: 6, Rhythm.QUARTER: 3, Rhythm.MONTH: 1}


@dataclass(frozen=True, slots=True)
class Change:
    """What a figure was told to have grown by (or, for a share, to have changed by), and what follows from the line.

    `implied`: from the same line's figure of a year before, in `unit`, None where it has none; `agree`: whether both
    can be so; None where there is nothing to hold one against the other, or growth is reckoned at other prices.
    """

    unit: str
    implied: Interval | None
    stated: Figure | None
    agree: bool | None


@dataclass(frozen=True, slots=True)
class Point:
    """`figure`: what the latest report says; `others`: all else that is said of this time; `conflict`: where not all
    of it can be so."""

    figure: Figure
    others: tuple[Figure, ...]
    conflict: Conflict | None
    change: Change | None


@dataclass(frozen=True, slots=True)
class Line:
    """`subject` as in `subjects`; `gaps`: times (EDTF) between first and last point of which nothing is said."""

    subject: str | None
    indicator: str
    indicator_code: str | None
    area: str | None
    area_code: str | None
    unit: str
    definition: tuple[str, ...]
    rhythm: Rhythm
    base: str | None
    scope: str | None
    points: tuple[Point, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """In what two lines differ."""

    aspect: Aspect
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Break:
    """Why line `after` does not go on line `before`, both places in `Series.lines`.

    `before` is the one before it that it is most like; `at`: the time of its first point, EDTF.
    """

    before: int
    after: int
    at: str
    reasons: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Lines in order of the time of their first points."""

    measure: str
    status: str
    lines: tuple[Line, ...]
    breaks: tuple[Break, ...]


def series(figures: Iterable[Figure], changes: Iterable[Figure] = (), *, measure: str, status: str) -> Series:
    """The series of `figures`, all of `measure` and `status`; `changes` are the growth and differences told of them.

    Figures without a time have no place in it.
    """
    found: dict[tuple[object, ...], list[Figure]] = {}
    for figure in figures:
        if figure.time is not None:
            found.setdefault(_line_of(figure), []).append(figure)
    told = _changes(changes)
    lines = tuple(sorted((_line(said, told) for said in found.values()), key=_order))
    return Series(measure, status, lines, tuple(_breaks(lines)))


def rhythm_of(time: Time) -> Rhythm:
    """How much time lies between two days."""
    start, end = time
    if end is None:
        return Rhythm.OTHER
    if start is None:
        return Rhythm.YEAR_END if (end.month, end.day) == (12, 31) else Rhythm.INSTANT
    if start == end:
        return Rhythm.INSTANT
    months = (end.year - start.year) * MONTHS + end.month - start.month + 1
    if start.day != 1 or end.day != monthrange(end.year, end.month)[1] or start.year != end.year:
        return Rhythm.OTHER
    if start.month == 1 and 1 < months < MONTHS:
        return Rhythm.SINCE_JANUARY
    if months in STEPS.values() and (start.month - 1) % months == 0:
        return next(rhythm for rhythm, step in STEPS.items() if step == months)
    return Rhythm.OTHER


def _line_of(figure: Figure) -> tuple[object, ...]:
    row = figure.row
    rhythm = rhythm_of(figure.time or (None, None))
    return figure.subject, figure.place, row.unit, figure.definition, rhythm, row.base, row.scope


def _line(said: Sequence[Figure], told: dict[tuple[object, ...], list[Figure]]) -> Line:
    by_time: dict[Time, list[Figure]] = {}
    for figure in said:
        by_time.setdefault(figure.time or (None, None), []).append(figure)
    counted = {time: latest_first(figures) for time, figures in by_time.items()}
    times = sorted(counted, key=_when)
    points = []
    for time in times:
        first, *others = counted[time]
        before = year_before(time)
        base = counted[before][0] if before in counted else None
        points.append(Point(first, tuple(others), stated(counted[time]), _change(first, base, told)))
    row = points[-1].figure.row
    rhythm = rhythm_of(times[0])
    return Line(
        subject=points[-1].figure.subject,
        indicator=row.indicator,
        indicator_code=row.indicator_code,
        area=row.area,
        area_code=row.area_code,
        unit=row.unit,
        definition=points[-1].figure.definition,
        rhythm=rhythm,
        base=row.base,
        scope=row.scope,
        points=tuple(points),
        gaps=tuple(_gaps(times, rhythm)),
    )


def _changes(changes: Iterable[Figure]) -> dict[tuple[object, ...], list[Figure]]:
    """What is told of a change over the year, by what it is of; the latest first."""
    told: dict[tuple[object, ...], list[Figure]] = {}
    for figure in latest_first(changes):
        if figure.row.base == YOY and figure.worth is not None:
            told.setdefault((figure.subject, figure.place, figure.row.measure, figure.row.period_end), []).append(
                figure
            )
    return told


def _change(figure: Figure, base: Figure | None, told: dict[tuple[object, ...], list[Figure]]) -> Change | None:
    """How a level has changed over the year; None where nothing is told of it and nothing follows."""
    if figure.row.measure != Measure.LEVEL:
        return None
    share = figure.row.unit in SHARES
    of = (figure.subject, figure.place, Measure.DIFF if share else Measure.GROWTH, figure.row.period_end)
    # What the same report says of it belongs to this figure; else what the latest says.
    said = sorted((f for f in told.get(of, ()) if _is_of(f, figure)), key=lambda f: f.row.report != figure.row.report)
    found = said[0] if said else None
    implied = _implied(figure, base, share)
    if found is None and implied is None:
        return None
    agree = None
    if found is not None and found.worth is not None and implied is not None:
        other = not share and grows_at_constant_prices(found.row.indicator, found.definition)
        agree = None if other else agrees(found.worth, implied)
    return Change(POINTS if share else PER_CENT, implied, found, agree)


def _implied(figure: Figure, base: Figure | None, share: bool) -> Interval | None:
    if base is None or base.worth is None or figure.worth is None:
        return None
    found = difference(figure.worth, base.worth) if share else implied_growth(figure.worth, base.worth)
    return found if found.bounded else None


def _is_of(change: Figure, figure: Figure) -> bool:
    """Whether a change is one of this figure: of the same days, and of no other 口径 than prices."""
    time = figure.time or (None, None)
    alike = time[0] is None or time[0] == change.row.period_start
    return alike and set(change.definition) - REAL <= set(figure.definition)


def _gaps(times: Sequence[Time], rhythm: Rhythm) -> Iterator[str]:
    """The times missing between the first and the last, where the rhythm tells which there should be."""
    step = STEPS.get(rhythm)
    ends = [end for _, end in times if end is not None]
    if step is None:
        return
    for end, after in pairwise(ends):
        start = end + timedelta(days=1)
        while (last := _last_day(start, step)) < after:
            yield _edtf(start, step)
            start = last + timedelta(days=1)


def _last_day(start: date, months: int) -> date:
    year, month = divmod(start.year * MONTHS + start.month - 1 + months - 1, MONTHS)
    return date(year, month + 1, monthrange(year, month + 1)[1])


def _edtf(start: date, months: int) -> str:
    if months == MONTHS:
        return f"{start.year:04d}"
    first, last = f"{start:%Y-%m}", f"{_last_day(start, months):%Y-%m}"
    return first if first == last else f"{first}/{last}"


def _breaks(lines: Sequence[Line]) -> Iterator[Break]:
    told = _numbered([(subject(line.indicator, None) or "", *(value for _, value in _aspects(line))) for line in lines])
    for after in range(1, len(lines)):
        unlike = told[:after] != told[after]
        name, what, others = unlike[:, 0], unlike[:, 1], unlike[:, 2:].sum(axis=1)
        # As many as `_differences` tells.  Of those least unlike the last, which is the first from behind.
        reasons = others + (what & (name | (others == 0)))
        before = after - 1 - int(reasons[::-1].argmin())
        at = lines[after].points[0].figure.row.period or ""
        yield Break(before, after, at, _differences(lines[before], lines[after]))


def _numbered(rows: Sequence[tuple[str, ...]]) -> NDArray[np.int32]:
    """The same number for the same word, so that thousands of lines are held against one at once."""
    known: dict[str, int] = {}
    return np.array([[known.setdefault(word, len(known)) for word in row] for row in rows], dtype=np.int32)


def _differences(before: Line, after: Line) -> tuple[Difference, ...]:
    found = tuple(
        Difference(aspect, old, new)
        for (aspect, old), (_, new) in zip(_aspects(before), _aspects(after), strict=True)
        if old != new
    )
    # 工业增加值 and 规上工业增加值 have codes of their own, and differ in who is counted.
    same = subject(before.indicator, None) == subject(after.indicator, None)
    return found[1:] if same and len(found) > 1 and found[0].aspect == "indicator" else found


def _aspects(line: Line) -> list[tuple[Aspect, str]]:
    return [
        ("indicator", line.subject or ""),
        ("area", line.area_code or line.area or ""),
        ("unit", line.unit),
        ("definition", " ".join(line.definition)),
        ("rhythm", line.rhythm),
        ("base", line.base or ""),
        ("scope", line.scope or ""),
    ]


def _order(line: Line) -> tuple[object, ...]:
    first = line.points[0].figure.time or (None, None)
    return (*_when(first), -len(line.points), *(value for _, value in _aspects(line)))


def _when(time: Time) -> tuple[date, date]:
    """Where a time stands: at its end."""
    return time[1] or date.max, time[0] or date.min
