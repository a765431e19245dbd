"""Value, growth and base: `34.2亿元,同比增长14.7%` against last year's value.

In: the figures of a report.  Out: findings where value, growth and base cannot all be true, and last year's value where
the report does not state it.

A growth rate published in China follows from the values beside it only where it is nominal.  That of GDP, value added
and the like is real (at comparable prices), that of a series with a changed scope is on a comparable basis: on these
nothing is said (`is_real`).  Some nominal series are revised after a year, so that the base that a growth rests on is
not the value published then (`REVISED`): a small gap there is a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from service.checks.figures import MOST, Figure, Material
from service.checks.intervals import Interval, gap, implied_base, implied_growth
from service.checks.phrases import about, finding, named, span_of, stated
from service.checks.years import comparable, in_words, year_before
from service.definitions import grows_at_constant_prices
from service.indicators import RELATIVE_UNITS
from service.records import Bound, Derived, Finding, Measure, Severity, Status

CODE = "growth-disagrees"
# Growth on a basis of its own, by the words around it.
_REAL_WORDS = re.compile(
    r"可比|不变价|实际(?:增长|增速)|同口径|同比口径|剔除|扣除|还原|按.{0,6}口径|比上月|环比|两年平均|计价|人民币|美元|年均|平均增长|比\d{4}年"
)
REVISED = re.compile(
    r"零售|固定资产|投资|营业收入|主营业务|利润|R&D|研发|用电|进出口|货运|客运|人口|旅游|网络|限上|规上"
)
# How many points a growth over a revised base may be away before it is more than a note.
REVISED_POINTS = 3.0
_GREW = re.compile(r"(?:增长|增加|提高|提升|上升|增|扩大)了?(?:近|约|超过?|逾|达)?$")
_CLAUSE = re.compile(r"[,，。;；]")
_NEAR = 30
# A doubling in words is a round one.
_DOUBLED = 0.15


def growth(m: Material) -> Iterator[Finding]:
    """Every growth whose value and base are both stated and that does not follow from them."""
    for rate, percent in _rates(m):
        for now in _nows(m, rate):
            bases = _bases(m, now, rate)
            if not bases:
                continue
            misses = [(base, gap(implied_growth(now.worth, base.worth), percent)) for base in bases]
            if any(miss == 0 for _, miss in misses):
                continue
            base, miss = min(misses, key=lambda x: abs(x[1]))
            yield _disagreement(now, rate, base, percent, miss)
            break


def _disagreement(now: Figure, rate: Figure, base: Figure, percent: Interval, miss: float) -> Finding:
    follows = implied_growth(now.worth, base.worth)
    revised = REVISED.search(now.key) is not None and abs(miss) < REVISED_POINTS
    hint = "(如上年数据已修订,请核对口径)" if revised else ""
    return finding(
        CODE,
        Severity.NOTE if revised else Severity.WARNING,
        f"{named(now)},{in_words(base.period)}为{stated(base)},推得增长{span_of(follows, '%')},"
        f"而文中增速为{stated(rate)},至少相差{about(miss, '个百分点')}{hint}",
        (now, rate, base),
        f"{stated(now)}÷{stated(base)}-1={span_of(follows, '%')}≠{span_of(percent, '%')}",
    )


def implied(m: Material) -> Iterator[Derived]:
    """What a value was a year before, where its growth is stated beside it and last year's value is nowhere."""
    for rate, percent in _rates(m):
        now = next((f for f in _nows(m, rate) if f.beside(rate)), None)
        if now is None or not same_thing(m, now, rate) or now.seen.quantity.bound is not Bound.EXACT:
            continue
        period = year_before(now.period)
        base = implied_base(now.worth, percent)
        if period is None or not base.bounded or base.low <= 0 or m.levels_at(now, period):
            continue
        if rate.seen.quantity.bound is not Bound.EXACT or rate.seen.base != "yoy":
            continue
        yield Derived(
            f"{stated(now)}÷(1{_signed(rate, percent)})={span_of(base, now.unit)}",
            (now.index, rate.index),
            now.seen.indicator,
            Measure.LEVEL,
            base.low,
            base.high,
            now.unit,
            period,
            now.seen.area.area if now.seen.area is not None else None,
            Status.ACTUAL,
        )


def same_thing(m: Material, now: Figure, change: Figure) -> bool:
    """Whether value and change are of the same words and alone in that, so that there is no doubt what changed.

    Not 15个重点事项审批时限压缩70%: a number before its noun counts that, and something else may have changed.
    """
    if now.table >= 0:
        return True
    spans = now.seen.indicator.spans
    if spans != change.seen.indicator.spans or not spans or spans[0].start > now.start:
        return False
    return not any(
        f.seen.indicator.spans == spans and f.unit == now.unit and f.measure is now.measure for f in m.near(now)
    )


def _signed(rate: Figure, percent: Interval) -> str:
    said = rate.said.lstrip("-－−")
    return f"-{said}" if percent.middle < 0 else f"+{said}"


def percent_of(m: Material, rate: Figure) -> Interval | None:
    """A growth in per cent: 2.1倍 is 210 % after 增长, 翻一番 is 100 %; None where it is no growth of its own."""
    if rate.unit == "%":
        return rate.worth
    if rate.unit == "倍" and _GREW.search(m.before(rate)):
        return Interval(rate.worth.low * 100, rate.worth.high * 100)
    if rate.unit == "番":
        times = 2.0**rate.worth.middle
        return Interval(100 * (times * (1 - _DOUBLED) - 1), 100 * (times * (1 + _DOUBLED) - 1))
    return None


def is_real(m: Material, rate: Figure) -> bool:
    """Whether a growth need not follow from values: comparable prices, a comparable basis, another time than a year."""
    return grows_at_constant_prices(rate.key) or bool(basis_words(m, rate))


def basis_words(m: Material, rate: Figure) -> list[str]:
    """The words around a growth that give it a basis of its own (可比价, 同口径, 年均)."""
    near = m.before(rate, _NEAR) + rate.name
    if rate.sentence >= 0:
        near += _CLAUSE.split(m.text[rate.end : min(rate.end + _NEAR, m.sentence(rate).span.end)])[0]
    elif rate.table >= 0:
        table = m.table(rate.table)
        head = table.rows[0]
        near += table.caption.of(m.text) if table.caption is not None else ""
        near += m.text[head[0].span.start : head[-1].span.end] if head else ""
    return _REAL_WORDS.findall(near)


def _rates(m: Material) -> Iterator[tuple[Figure, Interval]]:
    """The growths over a year before that follow from values."""
    for figure in m.figures:
        if figure.measure is not Measure.GROWTH or figure.planned or not figure.period or is_real(m, figure):
            continue
        percent = percent_of(m, figure)
        if percent is not None:
            yield figure, percent


def _nows(m: Material, rate: Figure) -> list[Figure]:
    """The levels that may have grown so, those beside the growth alone where there are any."""
    near = [f for f in m.near(rate) if _may_grow(f) and f.like(rate) and f.then(rate)]
    if near:
        return sorted(near, key=lambda f: f.period, reverse=True) if rate.untimed else near
    found = m.levels.get((rate.subject, rate.place, rate.part, comparable(rate.period)), [])
    return [f for f in found if _may_grow(f)] if len(found) <= MOST else []


def _may_grow(f: Figure) -> bool:
    return f.measure is Measure.LEVEL and not f.planned and f.unit not in RELATIVE_UNITS


def _bases(m: Material, now: Figure, rate: Figure) -> list[Figure]:
    """The stated values that the growth is over: a year before, or in the year that its base names."""
    base = rate.seen.base or "yoy"
    if base == "yoy":
        period = year_before(now.period)
    elif re.fullmatch(r"20\d\d年?", base):
        period = base[:4]
    else:
        return []
    return m.levels_at(now, period) if period else []
