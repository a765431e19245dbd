"""Ranks in a table against the order of the values that they rank.

In: the figures of a report.  Out: findings.

Whether rank 1 is the largest or the smallest value is told by the table itself: the direction in which more of the rows
stand in order.  The rows that are out of order are those outside the longest run in order; where more than `MISPLACED`
of them are, the column ranks something else, and nothing is said.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from service.checks.figures import Figure, Material
from service.checks.intervals import exceeds, gap
from service.checks.phrases import finding, stated
from service.checks.years import comparable
from service.records import Finding, Measure, Severity

CODE = "rank-disagrees"
LEAST_ROWS = 4
MISPLACED = 0.34


def ranks(m: Material) -> Iterator[Finding]:
    """Rows whose rank does not fit their value."""
    for figures in m.by_table.values():
        ranked: dict[tuple[str, str, int], dict[int, Figure]] = defaultdict(dict)
        valued: dict[tuple[str, str], dict[int, dict[int, Figure]]] = defaultdict(lambda: defaultdict(dict))
        for f in figures:
            key = f.subject, comparable(f.period)
            if f.measure is Measure.RANK:
                if f.worth.low == f.worth.high:
                    ranked[(*key, f.column)].setdefault(f.row, f)
            elif f.worth.bounded:
                valued[key][f.column].setdefault(f.row, f)
        for (subject, period, column), by_row in ranked.items():
            columns = valued.get((subject, period), {})
            yield from _column(by_row, columns, column)


def _column(by_row: dict[int, Figure], columns: dict[int, dict[int, Figure]], at: int) -> Iterator[Finding]:
    """The rank column against the values left of it that it fits best."""
    best: tuple[int, list[tuple[Figure, Figure]], set[int], bool] | None = None
    for column, values in sorted(columns.items(), key=lambda c: abs(at - c[0])):
        rows = [(by_row[r], values[r]) for r in by_row if r in values and values[r].unit != "名次"]
        if column > at or len(rows) < LEAST_ROWS:
            continue
        for falling in (True, False):
            kept = _in_order(rows, falling=falling)
            if best is None or len(kept) > best[0]:
                best = len(kept), rows, kept, falling
    if best is None:
        return
    count, rows, kept, falling = best
    if len(rows) - count > MISPLACED * len(rows):
        return
    ordered = sorted(range(len(rows)), key=lambda n: (rows[n][0].worth.low, n))
    yield from _shared(rows, ordered)
    for n in ordered:
        if n in kept:
            continue
        other = _contradicting(rows, kept, n, falling)
        if other is None:
            continue
        rank, value = rows[n]
        other_rank, other_value = rows[other]
        yield finding(
            CODE,
            Severity.WARNING,
            f"“{value.name}”{_row(value)}为{stated(value)},排第{_place(rank)};"
            f"{_row(other_value)}为{stated(other_value)},却排第{_place(other_rank)},位次与数值的高低不符",
            (value, rank, other_value, other_rank),
            f"{stated(value)}→第{_place(rank)},{stated(other_value)}→第{_place(other_rank)}",
        )


def _shared(rows: list[tuple[Figure, Figure]], ordered: list[int]) -> Iterator[Finding]:
    """One rank for two values that are not the same."""
    for a, b in pairwise(ordered):
        (rank, value), (other_rank, other) = rows[a], rows[b]
        if rank.worth == other_rank.worth and gap(value.worth, other.worth):
            yield finding(
                CODE,
                Severity.WARNING,
                f"“{value.name}”{_row(value)}为{stated(value)},{_row(other)}为{stated(other)},数值不同而同排第{_place(rank)}",
                (value, rank, other, other_rank),
                f"{stated(value)}→第{_place(rank)},{stated(other)}→第{_place(rank)}",
            )


def _in_order(rows: list[tuple[Figure, Figure]], *, falling: bool) -> set[int]:
    """The largest set of rows in which a worse rank never has a better value: the longest run in order.

    Values of equal rank may stand in any order.
    """
    sign = -1.0 if falling else 1.0
    amounts = [sign * value.worth.middle for _, value in rows]
    order = sorted(range(len(rows)), key=lambda n: (rows[n][0].worth.low, amounts[n]))
    tails: list[float] = []
    last: list[int] = []
    before: dict[int, int] = {}
    for n in order:
        at = bisect_right(tails, amounts[n])
        before[n] = last[at - 1] if at else -1
        if at == len(tails):
            tails.append(amounts[n])
            last.append(n)
        else:
            tails[at], last[at] = amounts[n], n
    kept = set()
    n = last[-1] if last else -1
    while n >= 0:
        kept.add(n)
        n = before[n]
    return kept


def _contradicting(rows: list[tuple[Figure, Figure]], kept: set[int], n: int, falling: bool) -> int | None:
    """A row in order that row `n` contradicts beyond rounding."""
    rank, value = rows[n]
    for k in sorted(kept, key=lambda k: abs(rows[k][0].worth.low - rank.worth.low)):
        other_rank, other = rows[k]
        better = value if falling else other
        worse = other if falling else value
        if rank.worth.low < other_rank.worth.low and exceeds(worse.worth, better.worth):
            return k
        if rank.worth.low > other_rank.worth.low and exceeds(better.worth, worse.worth):
            return k
    return None


def _row(f: Figure) -> str:
    return f.seen.area.area.name if f.seen.area is not None else f"第{f.row + 1}行"


def _place(rank: Figure) -> str:
    return f"{rank.worth.low:.0f}"
