"""Two models' readings laid side by side by the store.

In: the keys of two models.  Out: batches of reports that both have read; for each batch how many figures either gives,
and those that differ.  Two observations are the same figure where they give the same stretch of the same report a
value; then their fields are compared one by one.  (A model reads a value once.  Were it to read one twice, each is
compared with each of the other's.)  Only what differs leaves the store, as a few names and bits.

Readings never change, and a batch names those that it compares: one that is written meanwhile is in it whole or not at
all.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, FromClause, and_, case, func, or_, select, true

from service.archive.tables import extractions, observations

# Compared by one statement: no more reports than a statement may name, no more figures than memory should hold.
BATCH_REPORTS = 500
BATCH_FIGURES = 20_000

FieldName = Literal[
    "indicator", "code", "value", "unit", "bound", "measure", "period", "area", "scope", "base", "status"
]

# A field of an observation, and the columns that make it up.
FIELDS: dict[FieldName, tuple[str, ...]] = {
    "indicator": ("indicator",),
    "code": ("indicator_code",),
    "value": ("low", "high", "masked"),
    "unit": ("unit",),
    "bound": ("bound",),
    "measure": ("measure",),
    "period": ("period",),
    "area": ("area", "area_code"),
    "scope": ("scope",),
    "base": ("base",),
    "status": ("status",),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Figures of an indicator, of an area, each by name or code."""

    indicator: str | None = None
    area: str | None = None

    def met_by(self, side: FromClause) -> ColumnElement[bool]:
        """Whether a side meets it."""
        asked = ((self.indicator, "indicator", "indicator_code"), (self.area, "area", "area_code"))
        terms = [or_(side.c[a] == value, side.c[b] == value) for value, a, b in asked if value is not None]
        return and_(true(), *terms)


@dataclass(frozen=True, slots=True)
class Name:
    """What a figure measures, or where; with a code it is the same under any name."""

    name: str | None
    code: str | None

    @property
    def key(self) -> str | None:
        return self.code or self.name


@dataclass(frozen=True, slots=True)
class Found:
    """A figure that differs.

    `reading`, `old`, `new`: keys of the old model's reading and of the observations, None where a model gives none;
    `bits`: which of `FIELDS` differ; `old_meets`: whether the old side meets the filter.
    """

    reading: int
    old: int | None
    new: int | None
    bits: int
    indicators: tuple[Name, ...]
    areas: tuple[Name, ...]
    old_meets: bool

    @property
    def fields(self) -> tuple[FieldName, ...]:
        return _fields(self.bits)


@dataclass(frozen=True, slots=True)
class Pair:
    """The keys of two readings of one report."""

    old: int
    new: int


class Comparison:
    """`old`, `new`: keys of the models."""

    def __init__(self, connection: Connection, old: int, new: int, asked: Filter) -> None:
        self._connection, self._models, self._asked = connection, (old, new), asked
        self._a, self._b = extractions.alias("a"), extractions.alias("b")
        self._o, self._p = observations.alias("o"), observations.alias("p")

    def count(self, model: int) -> int:
        asked = select(func.count()).select_from(extractions).where(extractions.c.model == model)
        return self._connection.execute(asked).scalar_one()

    def batches(self) -> Iterator[list[Pair]]:
        """Reports that both have read, in the order in which the old model read them."""
        a, b, after = self._a, self._b, 0
        while True:
            rows = self._connection.execute(
                select(a.c.key, b.c.key, (a.c.observed + b.c.observed).label("figures"))
                .join(b, and_(b.c.report == a.c.report, b.c.model == self._models[1]))
                .where(a.c.model == self._models[0], a.c.key > after)
                .order_by(a.c.key)
                .limit(BATCH_REPORTS)
            ).all()
            if not rows:
                return
            figures = list(accumulate(row.figures for row in rows))
            some = rows[: max(1, bisect_right(figures, BATCH_FIGURES))]
            yield [Pair(*row[:2]) for row in some]
            after = some[-1][0]

    def totals(self, pairs: Sequence[Pair]) -> tuple[int, int]:
        """Figures of the old and of the new model in these reports."""
        counts = []
        for keys in ([pair.old for pair in pairs], [pair.new for pair in pairs]):
            asked = select(func.count()).select_from(self._o).where(self._o.c.extraction.in_(keys))
            counts.append(self._connection.execute(asked.where(self._asked.met_by(self._o))).scalar_one())
        return counts[0], counts[1]

    def differences(self, pairs: Sequence[Pair]) -> list[Found]:
        """Those of one batch, report by report."""
        found = [*self._gone_or_changed(pairs), *self._added(pairs)]
        return sorted(found, key=lambda f: (f.reading, f.old or 0, f.new or 0))

    def _paired(self, pairs: Sequence[Pair]) -> FromClause:
        """The readings of one batch.  By their keys alone: SQLite takes a model for rarer than it is."""
        a, b = self._a, self._b
        old, new = [pair.old for pair in pairs], [pair.new for pair in pairs]
        return a.join(b, and_(b.c.report == a.c.report, a.c.key.in_(old), b.c.key.in_(new)))

    def _same_place(self, side: FromClause, other: FromClause, reading: FromClause, keys: list[int]) -> Any:
        """Whether `other`, of the reading of that name, gives the same stretch a value as `side`."""
        same = and_(other.c.extraction == reading.c.key, other.c.start == side.c.start, other.c.end == side.c.end)
        # PostgreSQL reads the whole table rather than look up so many places, unless it is told in which readings.
        return and_(same, other.c.extraction.in_(keys)) if self._connection.dialect.name == "postgresql" else same

    def _gone_or_changed(self, pairs: Sequence[Pair]) -> Iterator[Found]:
        a, b, o, p = self._a, self._b, self._o, self._p
        differ = {name: or_(*(o.c[c].is_distinct_from(p.c[c]) for c in columns)) for name, columns in FIELDS.items()}
        bits: Any = sum(case((term, 1 << bit), else_=0) for bit, term in enumerate(differ.values()))
        met = self._asked.met_by(o)
        rows = self._connection.execute(
            select(
                o.c.extraction, o.c.key, p.c.key, bits, case((met, True), else_=False), *_spoken_of(o), *_spoken_of(p)
            )
            .select_from(self._paired(pairs))
            .join(o, o.c.extraction == a.c.key)
            .outerjoin(p, self._same_place(o, p, b, [pair.new for pair in pairs]))
            .where(
                or_(p.c.key.is_(None), *differ.values()),
                or_(met, self._asked.met_by(p)),
            )
        )
        for reading, one, other, told, old_meets, *names in rows:
            if other is None:
                yield Found(reading, one, None, 0, (Name(*names[:2]),), (Name(*names[2:4]),), True)
            else:
                indicators, areas = _both(names[0:2], names[4:6]), _both(names[2:4], names[6:8])
                yield Found(reading, one, other, told, indicators, areas, bool(old_meets))

    def _added(self, pairs: Sequence[Pair]) -> Iterator[Found]:
        a, b, o, p = self._a, self._b, self._o, self._p
        rows = self._connection.execute(
            select(a.c.key, p.c.key, *_spoken_of(p))
            .select_from(self._paired(pairs))
            .join(p, p.c.extraction == b.c.key)
            .outerjoin(o, self._same_place(p, o, a, [pair.old for pair in pairs]))
            .where(o.c.key.is_(None), self._asked.met_by(p))
        )
        for reading, one, *names in rows:
            yield Found(reading, None, one, 0, (Name(*names[:2]),), (Name(*names[2:4]),), False)


@cache
def _fields(bits: int) -> tuple[FieldName, ...]:
    return tuple(name for bit, name in enumerate(FIELDS) if bits >> bit & 1)


def _spoken_of(side: FromClause) -> list[ColumnElement[Any]]:
    return [side.c.indicator, side.c.indicator_code, side.c.area, side.c.area_code]


def _both(old: Sequence[str | None], new: Sequence[str | None]) -> tuple[Name, ...]:
    """What two sides speak of, once where it is the same."""
    one, other = Name(*old), Name(*new)
    return (one,) if one.key == other.key else (one, other)
