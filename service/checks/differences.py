"""The difference of two stated values: `由2.02%提高到2.71%` and `提高0.69个百分点`.

In: the figures of a report.  Out: findings where two values and their stated difference cannot all be true, and the
earlier value where only the later one and the difference are stated.

A difference speaks of a year before (同比), of a named year, of another region (高于全省2.1个百分点), or of the
first of two values in one clause (由A提高到B).  An increment is a difference only where it is a net one (净增).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from service.checks.figures import Figure, Material
from service.checks.growth import is_real, percent_of, same_thing
from service.checks.intervals import Interval, difference, exceeds, gap, implied_growth
from service.checks.phrases import about, finding, named, span_of, stated
from service.checks.years import in_words, year_before
from service.records import Bound, Derived, Finding, Measure, Severity, Status

CODE = "difference-disagrees"
DIRECTION = "direction-contradicted"
POINTS = "个百分点"
_NET = re.compile(r"净增加?长?(?:了|近|约|超)?$|比(?:上年|去年|上年末|年初)(?:净)?增(?:加|长)?(?:了|近|约|超)?$")
_FROM = re.compile(r"(?:由|从)[^,，。;；]{0,20}$")
_TO = re.compile(
    r"^[^,，。;；、]{0,24}?(?P<verb>[^,，。;；、]{0,4}?)(?:至|到|为)(?:(?:20)?\d\d年)?[^,，。;；、\d]{0,8}$"
)
_UP = re.compile(r"提高|提升|增长|增加|上升|扩大|攀升|升|增")
_DOWN = re.compile(r"下降|降低|减少|回落|缩小|缩短|压缩|压减|下滑|降|减")
_AVERAGE = re.compile(r"(?:的)?(?:平均)?(?:水平|增速|增幅|平均|均值|平均数|平均值)$")
_THEN = re.compile(r"[^,，。;；]{0,8}[,，、(][^,，。;；\d]{0,14}")
_CLAUSE = re.compile(r"[,，。;；]")
_REACH = 40
_YEAR = re.compile(r"(20\d\d)年?(?:末|底)?")


def differences(m: Material) -> Iterator[Finding]:
    """Every stated difference of two stated values that is none."""
    for change in m.figures:
        if change.planned or not _is_change(m, change):
            continue
        for now in _nows(m, change):
            bases = _bases(m, now, change)
            if not bases:
                continue
            misses = [(base, gap(difference(now.worth, base.worth), change.worth)) for base in bases]
            if any(miss == 0 for _, miss in misses):
                continue
            base, miss = min(misses, key=lambda x: abs(x[1]))
            yield _disagreement(now, base, change, miss)
            break


def from_to(m: Material) -> Iterator[Finding]:
    """由A提高到B: against the direction of the verb, and against the difference or growth stated after it."""
    for figures in m.by_sentence.values():
        for at, (first, last) in enumerate(pairwise(figures)):
            verb = _moved(m, first, last)
            if verb is None:
                continue
            wrong = (_UP.search(verb) and exceeds(first.worth, last.worth)) or (
                _DOWN.search(verb) and exceeds(last.worth, first.worth)
            )
            if wrong:
                yield finding(
                    DIRECTION,
                    Severity.WARNING,
                    f"“{last.name}”由{stated(first)}{verb}到{stated(last)},数值变动与“{verb}”相反",
                    (first, last),
                    f"{stated(last)}-{stated(first)}={span_of(difference(last.worth, first.worth), _unit(last))}",
                )
            elif at + 2 < len(figures):
                yield from _stated_after(m, first, last, figures[at + 2])


def implied(m: Material) -> Iterator[Derived]:
    """What a value was a year before, where its difference from it is stated beside it and that value is nowhere."""
    for change in m.figures:
        if change.planned or not _is_change(m, change) or change.seen.base != "yoy":
            continue
        for now in _nows(m, change):
            period = year_before(now.period)
            exact = now.seen.quantity.bound is Bound.EXACT is change.seen.quantity.bound
            before = difference(now.worth, change.worth)
            if not (period and exact and same_thing(m, now, change) and now.measure is Measure.LEVEL) or m.levels_at(
                now, period
            ):
                continue
            if before.low < 0 <= now.worth.low:
                continue
            yield Derived(
                f"{stated(now)}{'+' if change.worth.middle < 0 else '-'}{change.said.lstrip('-－−')}"
                f"={span_of(before, now.unit)}",
                (now.index, change.index),
                now.seen.indicator,
                Measure.LEVEL,
                before.low,
                before.high,
                now.unit,
                period,
                now.seen.area.area if now.seen.area is not None else None,
                Status.ACTUAL,
            )
            break


def _disagreement(now: Figure, base: Figure, change: Figure, miss: float) -> Finding:
    follows = difference(now.worth, base.worth)
    unit = POINTS if change.unit == POINTS else now.unit
    other = (
        f"{in_words(base.period)}为{stated(base)}"
        if now.period != base.period
        else f"“{change.seen.base}”为{stated(base)}"
    )
    return finding(
        CODE,
        Severity.WARNING,
        f"{named(now)},{other},相差{span_of(follows, unit)},而文中写作{stated(change)},至少差{about(miss, unit)}",
        (now, base, change),
        f"{stated(now)}-{stated(base)}={span_of(follows, unit)}≠{span_of(change.worth, unit)}",
    )


def _unit(f: Figure) -> str:
    """The unit of a difference of such figures."""
    return POINTS if f.unit == "%" else f.unit


def _is_change(m: Material, f: Figure) -> bool:
    if not f.period or not f.subject:
        return False
    if f.measure is Measure.INCREMENT:
        return _NET.search(m.before(f)) is not None
    return f.measure is Measure.DIFF


def _fits(now: Figure, change: Figure) -> bool:
    """Whether the one can have changed by the other: shares and growths by points, counts by counts."""
    if now.planned or now is change:
        return False
    if change.unit == POINTS:
        return now.unit == "%" and now.measure in (Measure.LEVEL, Measure.GROWTH)
    return now.measure is Measure.LEVEL and now.unit == change.unit


def _nows(m: Material, change: Figure) -> list[Figure]:
    """The values beside a change that may have changed so, the nearest before it first."""
    near = [f for f in m.near(change) if f.start < change.start and _fits(f, change)]
    near = [f for f in near if f.like(change) and f.then(change)]
    if change.untimed:
        return sorted(near, key=lambda f: f.period, reverse=True)
    return sorted(near, key=lambda f: abs(change.start - f.start))[:2]


def _bases(m: Material, now: Figure, change: Figure) -> list[Figure]:
    base = change.seen.base or "yoy"
    if base == "yoy":
        period = year_before(now.period)
        return _earlier(m, now, period) if period else []
    year = _YEAR.fullmatch(base)
    if year:
        ending = now.period.startswith("../")
        return _earlier(m, now, f"../{year[1]}-12-31" if ending else year[1])
    return _elsewhere(m, now, change, base)


def _earlier(m: Material, now: Figure, period: str) -> list[Figure]:
    if now.measure is Measure.LEVEL:
        return m.levels_at(now, period)
    return [
        f for f in m.near(now) if f.measure is Measure.GROWTH and f.unit == "%" and f.like(now) and f.period == period
    ]


def _elsewhere(m: Material, now: Figure, change: Figure, base: str) -> list[Figure]:
    """The same thing of the region that the base names (高于全省2.1个百分点), beside it."""
    region = _AVERAGE.sub("", base)
    return [
        f
        for f in m.near(change)
        if f is not now
        and (f.subject, f.measure, f.unit) == (now.subject, now.measure, now.unit)
        and f.then(now)
        and region in _introduced(m, f)
    ]


def _introduced(m: Material, f: Figure) -> str:
    """The words that lead up to a figure, from the last clause on: 全省规上工业增加值增长."""
    return _CLAUSE.split(m.before(f, _REACH))[-1]


def _moved(m: Material, first: Figure, last: Figure) -> str | None:
    """The verb of 由A提高到B; None where the two figures are no such pair."""
    if first.unit != last.unit or first.seen.indicator.spans != last.seen.indicator.spans:
        return None
    if Measure.LEVEL not in (first.measure, last.measure) or first.measure is not last.measure:
        return None
    between = m.between(first, last)
    before = m.before(first)
    if "分别" in before or not _FROM.search(before) or not _TO.match(between):
        return None
    verb = _UP.search(between) or _DOWN.search(between)
    return verb[0] if verb else ""


def _stated_after(m: Material, first: Figure, last: Figure, change: Figure) -> Iterator[Finding]:
    """The difference or growth that is stated right after 由A提高到B."""
    between = m.between(last, change)
    elsewhere = change.seen.base not in (None, "yoy") and not _YEAR.fullmatch(change.seen.base or "")
    if elsewhere or not change.shares_words(last) or not _THEN.fullmatch(between):
        return
    if change.measure in (Measure.DIFF, Measure.INCREMENT) and _fits(last, change):
        miss = gap(_size(difference(last.worth, first.worth)), _size(change.worth))
        if miss:
            yield _disagreement(last, first, change, miss)
    elif change.measure is Measure.GROWTH and not is_real(m, change):
        percent = percent_of(m, change)
        follows = implied_growth(last.worth, first.worth)
        if percent is not None and gap(_size(follows), _size(percent)):
            yield finding(
                "growth-disagrees",
                Severity.WARNING,
                f"“{last.name}”由{stated(first)}变为{stated(last)},推得变动{span_of(follows, '%')},"
                f"而文中写作{stated(change)}",
                (first, last, change),
                f"{stated(last)}÷{stated(first)}-1={span_of(follows, '%')}≠{span_of(percent, '%')}",
            )


def _size(change: Interval) -> Interval:
    """A change without its sign: after 由A降到B it is often written without one."""
    return -change if change.middle < 0 else change
