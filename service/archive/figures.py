"""Figures as they are compared across reports: with their 口径, all that they may stand for, and when they were told.

In: keys of observations.  Out: `Figure`s.  What the columns of comparison mean stands in `subjects`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import inf

from sqlalchemy import Connection, select

from service.archive.observations import Row, rows_of
from service.archive.subjects import BETWEEN, time_of
from service.archive.tables import extractions, observations, reports
from service.checks.intervals import Interval
from service.edtf import days

# No statement names more keys than SQLite takes in one.
KEYS_AT_ONCE = 10_000

Time = tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that can be compared.

    `worth`: all amounts that it may stand for, None where it is masked.  `published`: first and last day on which its
    report may have come out; `spoken_of`: the time that the report speaks of; both as far as it is known.
    """

    key: int
    row: Row
    subject: str | None
    place: str | None
    definition: tuple[str, ...]
    worth: Interval | None
    published: Time
    spoken_of: Time

    @property
    def time(self) -> Time | None:
        """First and last day that it speaks of, for a stock the last alone; None for no time."""
        return time_of(*self.days, self.row.indicator_code, self.row.measure)

    @property
    def days(self) -> Time:
        """First and last day that it speaks of, whatever it is of."""
        return self.row.period_start, self.row.period_end

    @property
    def order(self) -> date:
        """To put figures in order by, where they may be of any report."""
        return self.published[0] or self.spoken_of[1] or date.min

    def later(self, other: Figure) -> bool:
        """Whether its report is known to have come out after the other's."""
        mine, others = self.published[0], other.published[1]
        return mine is not None and others is not None and mine > others


def latest_first(figures: Iterable[Figure]) -> list[Figure]:
    """The one that counts first: that of the latest report; of one report the surest."""
    return sorted(figures, key=lambda f: (f.order, f.row.score, -f.key), reverse=True)


def figures_of(connection: Connection, keys: Sequence[int], *, evidence: bool = True) -> dict[int, Figure]:
    """The figures with these keys, in their order, but for those deleted meanwhile; without `evidence` none is cut."""
    found: dict[int, Figure] = {}
    for at in range(0, len(keys), KEYS_AT_ONCE):
        found |= _figures(connection, keys[at : at + KEYS_AT_ONCE], evidence)
    return {key: found[key] for key in keys if key in found}


def _figures(connection: Connection, keys: Sequence[int], evidence: bool) -> dict[int, Figure]:
    rows = rows_of(connection, keys, evidence=evidence)
    o, x, r = observations.c, extractions.c, reports.c
    found = connection.execute(
        select(
            *(o.key, o.subject, o.place, o.definition, o.worth_low, o.worth_high),
            *(r.hint_published, x.published, x.period),
        )
        .join(extractions, x.key == o.extraction)
        .join(reports, r.key == o.report)
        .where(o.key.in_(keys))
    )
    figures: dict[int, Figure] = {}
    for record in found:
        if record.key not in rows:
            continue
        told = record.hint_published
        figures[record.key] = Figure(
            key=record.key,
            row=rows[record.key],
            subject=record.subject,
            place=record.place,
            definition=tuple(filter(None, record.definition.split(BETWEEN))),
            worth=interval(record.worth_low, record.worth_high),
            published=(told, told) if told is not None else _days(record.published),
            spoken_of=_days(record.period),
        )
    return figures


def interval(low: float | None, high: float | None) -> Interval | None:
    """What the store has of an interval: None for an open end, and for both where nothing is known."""
    if low is None and high is None:
        return None
    return Interval(-inf if low is None else low, inf if high is None else high)


@lru_cache(maxsize=1 << 12)  # reports come out on few days
def _days(edtf: str | None) -> Time:
    return days(edtf) if edtf else (None, None)
