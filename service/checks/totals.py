"""Totals of table columns: 合计, 小计 and 全市 rows against the rows that they sum up.

In: the figures of a report and its tables.  Out: findings.

Which rows a total sums up is told by the columns themselves: of the rows below it, the rows above it, all rows, and the
subtotals, those that most columns agree with.  Where no column agrees, a row that says 合计 is still held against its
rows if it nearly is their sum (`NEARLY`); a row that only names the whole region gets a note (`NEARLY_REGION`), because
parts of a region that the table leaves out are no error.  Ratios, averages, growths and ranks are not summed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from service.checks.figures import Figure, Material
from service.checks.intervals import Interval, gap, total
from service.checks.parts import additive
from service.checks.phrases import about, added, amount, finding, span_of
from service.records import Finding, Severity, Table
from service.tables import is_blank

CODE = "total-disagrees"
LEAST_ROWS = 2
NEARLY = 0.2
NEARLY_REGION = 0.05

_SAID = re.compile(r"(?:总|合|共|累)\s*计|总数|.{0,6}(?:合计|总计)")
_SUB = re.compile(r"小\s*计|.{0,6}小计")
_REGION = re.compile(r"全[国省市区县州旗]")
_MEMBER = re.compile(r"\s*(?:其中|[#＃]|——?|\*)")
_NO_ITEM = re.compile(r"平均|均值|目标|同比|增长|增速|增减|占比|比重|排名|位次|上年|去年")


def totals(m: Material) -> Iterator[Finding]:
    """Every total that is not the sum of its rows, in a table whose other columns or words say that it should be."""
    for number, figures in m.by_table.items():
        yield from _table(m, m.table(number), figures)


def _table(m: Material, table: Table, figures: Sequence[Figure]) -> Iterator[Finding]:
    columns: dict[int, dict[int, Figure]] = defaultdict(dict)
    for f in figures:
        columns[f.column].setdefault(f.row, f)
    first = {r: min(c for c, rows in columns.items() if r in rows) for r in {f.row for f in figures}}
    labels = {r: _label(m, table, r, column) for r, column in first.items()}
    sums = [r for r in sorted(labels) if _SAID.fullmatch(labels[r]) or _REGION.fullmatch(labels[r])]
    subs = [r for r in sorted(labels) if _SUB.fullmatch(labels[r])]
    items = [
        r
        for r in sorted(labels)
        if r not in sums and r not in subs and not _MEMBER.match(labels[r]) and not _NO_ITEM.search(labels[r])
    ]
    if len(sums) + len(subs) == 0 or len(sums) > 2:
        return
    for row in (*sums, *subs):
        yield from _total(m, table, columns, labels, row, _sources(row, sums, subs, items))


def _sources(row: int, sums: Sequence[int], subs: Sequence[int], items: Sequence[int]) -> list[tuple[int, ...]]:
    """The sets of rows that a total may sum up."""
    marks = sorted({*sums, *subs, -1, 1 << 30})
    before = max(r for r in marks if r < row)
    after = min(r for r in marks if r > row)
    found = [
        tuple(r for r in items if before < r < row),
        tuple(r for r in items if row < r < after),
    ]
    if row in sums:
        found += [tuple(items), tuple(subs)]
    return list(dict.fromkeys(rows for rows in found if len(rows) >= LEAST_ROWS))


def _total(
    m: Material,
    table: Table,
    columns: dict[int, dict[int, Figure]],
    labels: dict[int, str],
    row: int,
    sources: list[tuple[int, ...]],
) -> Iterator[Finding]:
    wholes = [by_row[row] for by_row in columns.values() if row in by_row and additive(by_row[row])]
    best: tuple[int, list[tuple[Figure, list[Figure], float]]] | None = None
    for rows in sources:
        agreed, missed = 0, []
        for whole in wholes:
            parts = _parts(m, table, columns[whole.column], rows, whole)
            if parts is None:
                continue
            miss = gap(total([p.worth for p in parts]), whole.worth)
            agreed += miss == 0
            if miss:
                missed.append((whole, parts, miss))
        if best is None or (agreed, -len(missed)) > (best[0], -len(best[1])):
            best = agreed, missed
    if best is None:
        return
    agreed, missed = best
    if agreed and len(missed) > agreed:
        return
    region = _REGION.fullmatch(labels[row]) is not None
    for whole, parts, miss in missed:
        share = abs(miss) / abs(whole.worth.middle) if whole.worth.middle else 1.0
        if agreed or share <= (NEARLY_REGION if region else NEARLY):
            sure = bool(agreed) or not region
            yield _disagreement(labels[row], whole, parts, miss, Severity.WARNING if sure else Severity.NOTE)


def _parts(
    m: Material, table: Table, column: dict[int, Figure], rows: tuple[int, ...], whole: Figure
) -> list[Figure] | None:
    """The figures of the column in `rows`, blank cells left out; None where one is no figure or of another unit."""
    found = []
    for row in rows:
        f = column.get(row)
        if f is None:
            cell = next((c for c in table.rows[row] if c.column == whole.column), None)
            if cell is not None and cell.span.end > cell.span.start and not is_blank(cell.span.of(m.text)):
                return None
        elif f.unit != whole.unit or f.measure is not whole.measure or not f.worth.bounded:
            return None
        else:
            found.append(f)
    return found if len(found) >= LEAST_ROWS else None


def _disagreement(label: str, whole: Figure, parts: list[Figure], miss: float, severity: Severity) -> Finding:
    summed: Interval = total([p.worth for p in parts])
    whole_said = amount(whole.worth.middle, whole.unit, whole.worth.width)
    return finding(
        CODE,
        severity,
        f"表中“{label}”行“{whole.name}”为{whole_said},而{len(parts)}行之和为{span_of(summed, whole.unit)},"
        f"至少相差{about(miss, whole.unit)}",
        (whole, *parts),
        f"{added(parts)}={span_of(summed, whole.unit)}≠{whole_said}",
    )


def _label(m: Material, table: Table, row: int, column: int) -> str:
    """The words of a row before its first figure, the innermost alone."""
    said = [c.span.of(m.text).strip() for c in table.rows[row] if c.column < column and c.span.end > c.span.start]
    named = [s for s in said if not s.isdigit()]
    return named[-1] if named else ""
