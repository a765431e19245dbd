"""Captions: the indicators of a table named again in its caption and in the heading above it.

In: clean text, its layout, the entities that the tables' own cells gave.  Out: further INDICATOR entities, each in a
caption or heading, reading just as a header cell of the table below does.  A network seldom knows what such bare
lines hold; the table does.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from service.records import Entity, Label, Layout, Span, Table

MIN_NAME = 3  # 产值 or 数量 in a heading may be part of anything


def captioned(text: str, layout: Layout, cells: Sequence[Entity]) -> tuple[Entity, ...]:
    """The indicators of each table's cells where its caption or its section's heading repeats them."""
    starts = [e.span.start for e in cells]
    found: dict[Span, Entity] = {}
    for table in layout.tables:
        own = cells[bisect_left(starts, table.span.start) : bisect_left(starts, table.span.end)]
        names = {e.span.of(text) for e in own if e.label is Label.INDICATOR}
        names = {n for n in names if len(n) >= MIN_NAME}
        if names:
            pattern = re.compile("|".join(re.escape(n) for n in sorted(names, key=len, reverse=True)))
            for line in _lines(layout, table):
                for m in pattern.finditer(text, line.start, line.end):
                    span = Span(m.start(), m.end())
                    found[span] = Entity(Label.INDICATOR, span)
    return tuple(found[s] for s in sorted(found))


def _lines(layout: Layout, table: Table) -> Iterable[Span]:
    if table.caption is not None:
        yield table.caption
    number = bisect_right([s.span.start for s in layout.sections], table.span.start) - 1
    if number >= 0 and layout.sections[number].span.covers(table.span):
        yield layout.sections[number].heading
