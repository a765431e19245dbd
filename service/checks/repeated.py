"""One figure stated twice and differently, in the text, in its tables, or in one and the other.

In: the figures of a report.  Out: findings.

Two figures are one where indicator, measure, place, period, unit, base and scope are the same, aims and estimates left
out.  Reports name many small things alike (新增企业, 项目), so that two values of a name are no contradiction by
themselves: the indicator must be one of the catalogue, and the two values near each other, as a slip leaves them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from service.checks.figures import INTENT, Figure, Material
from service.checks.growth import basis_words
from service.checks.intervals import Interval, difference, exactly, gap
from service.checks.phrases import finding, span_of, stated, when
from service.checks.years import comparable
from service.indicators import kind_of_unit, normalise
from service.records import Finding, Measure, Severity

TEXT = "stated-differently"
TABLE = "text-table-disagree"
MOST = 6
# Beyond this the larger of two values is no slip for the smaller one: another thing is meant.
FACTOR = 1.5
# Words before a number of things that say it is all there are, not those that came about at some time.
_STOCK = re.compile(r"达|共|总数|累计|拥有|现有|保有")
# Words before an amount that say it is one of several regions together, or a part.
_SOME = re.compile(r"合计|[两三四五六七八九]地|其中|分别|每|对[^,，。;；]{2,24}$")
_NEAR = 16
_SENTENCE = 200


def repeated(m: Material) -> Iterator[Finding]:
    """Every indicator, place and time with two values that cannot both be true; once for each two values."""
    groups: dict[tuple[str, ...], list[Figure]] = defaultdict(list)
    for f in m.figures:
        if f.subject and f.period and f.place and not f.planned and _telling(m, f):
            groups[_identity(m, f)].append(f)
    for figures in groups.values():
        yield from _differing(_told_apart(figures))


def _told_apart(figures: list[Figure]) -> list[Figure]:
    """The figures without those that a table gives several values for: what tells its rows apart was not understood."""
    values: dict[int, set[Interval]] = defaultdict(set)
    for f in figures:
        values[f.table].add(f.worth)
    return [f for f in figures if f.table < 0 or len(values[f.table]) == 1]


def _identity(m: Material, f: Figure) -> tuple[str, ...]:
    """All that must be the same; of a growth its basis too (年均, 可比口径), of a rank whether it ranks a growth."""
    seen = f.seen
    basis = "".join(sorted(set(basis_words(m, f)))) if f.measure in (Measure.GROWTH, Measure.DIFF) else ""
    ranked = normalise(f.name) if f.measure is Measure.RANK else ""
    return (
        *(f.subject, f.place, str(f.part), comparable(f.period), f.unit, f.measure),
        *(seen.base or "", seen.scope or "", basis, ranked),
    )


def _telling(m: Material, f: Figure) -> bool:
    """Whether a name leaves no doubt what is measured; a number of things, whether all of them are meant."""
    if f.seen.indicator.code is None or f.measure is Measure.INCREMENT or INTENT.search(m.before(f, _SENTENCE)):
        return False
    if _SOME.search(m.before(f, _NEAR + len(f.name))):
        return False
    things = f.measure is Measure.LEVEL and kind_of_unit(f.unit) == "item"
    return not things or f.table >= 0 or _STOCK.search(m.before(f, _NEAR)) is not None


def _differing(figures: list[Figure]) -> Iterator[Finding]:
    distinct = list({f.worth: f for f in reversed(figures)}.values())[::-1]
    if not 1 < len(distinct) <= MOST:
        return
    ordered = sorted(distinct, key=lambda f: f.worth)
    for a, b in pairwise(ordered):
        if not gap(a.worth, b.worth) or a.beside(b) or not _slip(a, b):
            continue
        first, second = sorted((a, b), key=lambda f: f.start)
        tabled = (first.table >= 0) != (second.table >= 0)
        apart = span_of(exactly(abs(difference(a.worth, b.worth).middle)), a.unit)
        where = ("表中" if first.table >= 0 else "正文中"), ("表中" if second.table >= 0 else "正文中")
        if not tabled:
            where = "一处", "另一处"
        yield finding(
            TABLE if tabled else TEXT,
            Severity.WARNING,
            f"{when(first)}“{first.name}”{where[0]}为{stated(first)},{where[1]}为{stated(second)},相差{apart}",
            (first, second),
            f"{stated(first)}≠{stated(second)}",
            names=True,
        )


def _slip(a: Figure, b: Figure) -> bool:
    small, large = sorted((abs(a.worth.middle), abs(b.worth.middle)))
    if a.measure in (Measure.GROWTH, Measure.DIFF, Measure.RANK):
        return True
    return small > 0 and large / small <= FACTOR
