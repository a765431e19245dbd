"""How findings speak: amounts, intervals and figures in the words of a clerk.

In: numbers in base units, figures.  Out: Chinese.  Knows no rule.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from service.checks.figures import Figure
from service.checks.intervals import Interval
from service.checks.years import in_words
from service.records import Finding, Severity

_STEPS = ((1e12, "万亿"), (1e8, "亿"), (1e4, "万"))
# Units that carry no 万 and 亿.
_BARE = frozenset({"%", "‰", "个百分点", "倍", "番", "名次", ""})
_DIGITS = 6  # no more of an amount is shown
_LEAST_SCALED = 1e4
_SHOWN = 12  # terms of a sum


def amount(value: float, unit: str, width: float = 0.0) -> str:
    """`34.2亿元`, `61.3%`: with no more decimals than `width`, the uncertainty, bears."""
    scale, word = 1.0, ""
    if unit not in _BARE and abs(value) >= _LEAST_SCALED:
        scale, word = next((s, w) for s, w in _STEPS if abs(value) >= s)
        scale, word = (1e8, "亿") if word == "万亿" and abs(value) < 1e13 else (scale, word)
    return f"{_number(value / scale, width / scale)}{word}{unit}"


def span_of(interval: Interval, unit: str) -> str:
    """`29.76亿元~29.87亿元`, one amount where both ends read the same, 不少于 and 不超过 where one is open."""
    if math.isinf(interval.low) and math.isinf(interval.high):
        return "任意值"
    if math.isinf(interval.high):
        return f"不少于{amount(interval.low, unit)}"
    if math.isinf(interval.low):
        return f"不超过{amount(interval.high, unit)}"
    low, high = (amount(x, unit, interval.width / 2) for x in interval)
    return low if low == high else f"{low}~{high}"


def named(figure: Figure) -> str:
    """`“技术合同成交额”2023年为34.2亿元`: a figure with what it measures."""
    return f"“{figure.name}”{when(figure)}为{stated(figure)}"


def stated(figure: Figure) -> str:
    """The figure's own characters; in a table, where the unit stands in the header, the amount with its unit."""
    if figure.table < 0 or not figure.worth.bounded:
        return figure.said
    return amount(figure.worth.middle, figure.unit, figure.worth.width)


def added(figures: Sequence[Figure]) -> str:
    """`3.2亿元+4.1亿元`, of many the first ones alone."""
    said = "+".join(stated(f) for f in figures[:_SHOWN])
    return said if len(figures) <= _SHOWN else f"{said}+…(共{len(figures)}项)"


def about(difference: float, unit: str) -> str:
    """By how much two amounts differ, in three digits."""
    return amount(abs(difference), unit, abs(difference) / 100)


def when(figure: Figure) -> str:
    return in_words(figure.period) if figure.period else ""


def finding(
    code: str, severity: Severity, message: str, figures: Sequence[Figure], rule: str = "", *, names: bool = False
) -> Finding:
    """A finding on `figures`; with `names` their indicators' spans are shown too."""
    spans = [f.seen.value for f in figures]
    if names:
        spans += [span for f in figures for span in f.seen.indicator.spans]
    return Finding(
        code, message, tuple(dict.fromkeys(spans)), severity, tuple(dict.fromkeys(f.index for f in figures)), rule
    )


def _number(value: float, width: float) -> str:
    if width > 0:
        decimals = max(0, min(_DIGITS, math.ceil(-math.log10(width))))
    else:
        decimals = max(0, _DIGITS - 1 - math.floor(math.log10(abs(value)))) if value else 0
    said = f"{value:.{decimals}f}"
    return said.rstrip("0").rstrip(".") if "." in said else said
