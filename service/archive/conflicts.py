"""Figures that cannot all be true, across reports.

In: figures of one cell (`subjects`), or a growth with the amounts that it joins.  Out: a `Conflict`, where the amounts
that they may stand for are apart, or None.  3.2亿 and 3.18亿 agree, 3.2亿 and 3.3亿 do not.  Which figure is right is
not for this to settle: statistics are revised, and where the reports' dates tell that this is what happened, it says
so.  Pure; knows nothing of the store.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import combinations
from math import isfinite

from service.archive.figures import Figure, Time, latest_first
from service.checks.intervals import FLOAT, Interval, agrees, implied_base
from service.definitions import grows_at_constant_prices
from service.records import Measure

# A cell of which more is said than anyone compares: the amounts told last are looked at.
MOST_SIDES = 200
# What a growth over the year before is stated against.
YOY = "yoy"
# Of a growth reckoned on a footing of its own (同口径), the base is not the one that was published.
FOOTING = "口径"


class Kind(StrEnum):
    """BETWEEN reports, WITHIN one report, or a GROWTH that does not lead back to the figure of the year before."""

    BETWEEN = "between"
    WITHIN = "within"
    GROWTH = "growth"


@dataclass(frozen=True, slots=True)
class Side:
    """An amount, and the figures that say so, that of the latest report first."""

    worth: Interval
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """`sides`: amounts of which each is apart from one of the others at least, the one told last first.

    `revised`: the reports' dates tell that later reports put one amount in the place of another.  For a growth `value`
    and `growth` are the figures of one report from which `implied`, the amount a year before, follows; `sides` are what
    other reports give for that year.
    """

    kind: Kind
    sides: tuple[Side, ...]
    revised: bool = False
    value: Figure | None = None
    growth: Figure | None = None
    implied: Interval | None = None

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All that take part."""
        grown = (one for one in (self.value, self.growth) if one is not None)
        return (*(figure for side in self.sides for figure in side.figures), *grown)

    def quoting(self, figures: Mapping[int, Figure]) -> Conflict:
        """The same made of these figures, which are told by their keys."""
        return replace(
            self,
            sides=tuple(Side(side.worth, tuple(figures[f.key] for f in side.figures)) for side in self.sides),
            value=figures[self.value.key] if self.value is not None else None,
            growth=figures[self.growth.key] if self.growth is not None else None,
        )


def stated(figures: Iterable[Figure]) -> Conflict | None:
    """What is said of one cell and cannot be one amount."""
    sides = _sides(figures)
    pairs = [(a, b) for a, b in combinations(sides, 2) if apart(a.worth, b.worth) and not _in_one_breath(a, b)]
    if not pairs:
        return None
    taken = {id(side) for pair in pairs for side in pair}
    kept = tuple(side for side in sides if id(side) in taken)
    reports = {figure.row.report for side in kept for figure in side.figures}
    return Conflict(
        kind=Kind.BETWEEN if len(reports) > 1 else Kind.WITHIN,
        sides=kept,
        revised=all(_after(one, other) or _after(other, one) for one, other in pairs),
    )


def apart(one: Interval, other: Interval) -> bool:
    """Whether two statements of one figure cannot both be rounded from it.

    `3.2亿` stands for 3.15 up to but not 3.25: it is apart from 3.3亿, not from 3.18亿 or 3.25亿.  Stricter than
    `intervals.agrees`, which lets a figure be cut off and is made for amounts that are reckoned.
    """
    low, high = max(one.low, other.low), min(one.high, other.high)
    slack = FLOAT * max(abs(low), abs(high)) if isfinite(low) and isfinite(high) else 0.0
    return low > high + slack or (low >= high - slack and one.width > 0 and other.width > 0)


def _in_one_breath(one: Side, other: Side) -> bool:
    """Whether the figures of both stand in one sentence: whoever says both there means two things (由4.36%降至0.2%)."""
    return all(
        a.row.report == b.row.report
        and a.row.evidence_start < b.row.evidence_end
        and b.row.evidence_start < a.row.evidence_end
        for a in one.figures
        for b in other.figures
    )


def growth(grown: Figure, values: Iterable[Figure], bases: Iterable[Figure]) -> Conflict | None:
    """Whether a growth leads back to what other reports give for the year before.

    `values`: levels of the growth's own report, of which the nearest counts; `bases`: levels of the year before.  None
    where the growth is reckoned at other prices than the levels (`definitions.grows_at_constant_prices`), and where one
    base agrees: the others were revised.
    """
    if grown.worth is None or grown.row.base != YOY or grown.row.measure != Measure.GROWTH:
        return None
    words = grown.definition
    if grows_at_constant_prices(grown.row.indicator, words) or any(word.endswith(FOOTING) for word in words):
        return None
    near = sorted((v for v in values if _grew_to(grown, v)), key=lambda v: abs(v.row.start - grown.row.start))
    if not near or near[0].worth is None:
        return None
    value = near[0]
    implied = implied_base(near[0].worth, grown.worth)
    sides = _sides(base for base in bases if _was(base, value))
    if not sides or any(agrees(side.worth, implied) for side in sides):
        return None
    return Conflict(Kind.GROWTH, tuple(sides), value=value, growth=grown, implied=implied)


def year_before(time: Time | None) -> Time | None:
    """The same time a year before; the last day of a month stays one.  None for several years, and for no end."""
    start, end = time or (None, None)
    if end is None or (start is not None and start.year != end.year):
        return None
    return (_year_before(start) if start is not None else None), _year_before(end)


def _sides(figures: Iterable[Figure]) -> list[Side]:
    """Figures by what they may stand for, those told last first."""
    same: dict[Interval, list[Figure]] = {}
    for figure in latest_first(figures):
        if figure.worth is not None:
            same.setdefault(figure.worth, []).append(figure)
    return [Side(worth, tuple(said)) for worth, said in list(same.items())[:MOST_SIDES]]


def _after(one: Side, other: Side) -> bool:
    """Whether every report that has one came out after all that have the other."""
    return all(a.later(b) for a in one.figures for b in other.figures)


def _grew_to(grown: Figure, value: Figure) -> bool:
    return (
        value.row.report == grown.row.report
        and value.row.measure == Measure.LEVEL
        and value.row.status == grown.row.status
        and value.worth is not None
        and (value.subject, value.place) == (grown.subject, grown.place)
        and value.days == grown.days
        and set(grown.definition) <= set(value.definition)  # a clause of its own seldom says them again
    )


def _was(base: Figure, value: Figure) -> bool:
    """Whether a figure is what `value` grew from, told by another report."""
    return (
        base.row.report != value.row.report
        and base.worth is not None
        and (base.subject, base.place, base.row.unit) == (value.subject, value.place, value.row.unit)
        and (base.row.measure, base.row.status) == (value.row.measure, value.row.status)
        and base.definition == value.definition
        and base.time is not None
        and base.time == year_before(value.time)
    )


def _year_before(day: date) -> date:
    last = monthrange(day.year, day.month)[1]
    before = monthrange(day.year - 1, day.month)[1]
    return date(day.year - 1, day.month, before if day.day == last else min(day.day, before))


def of_one_thing(figures: Sequence[Figure]) -> list[Figure]:
    """Those that are of the same cell as the first: two cells may have been given one number."""
    return [figure for figure in figures if _cell(figure) == _cell(figures[0])]


def _cell(figure: Figure) -> tuple[object, ...]:
    row = figure.row
    said = (row.measure, row.unit, row.status, row.base, row.scope, figure.definition)
    return figure.subject, figure.place, figure.time, *said
