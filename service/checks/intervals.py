"""Arithmetic of rounded figures.

In: intervals, each all that a published figure may stand for (`precision.worth` makes them).  Out: intervals, and
whether two of them can be the same amount.  Pure; knows nothing of texts and observations.

A growth is a number in per cent throughout (14.7 is +14.7 %), an amount is in base units.
"""

from __future__ import annotations

import math
from typing import NamedTuple

# Statistical offices mostly round, some cut off: a figure that was cut stands up to half a unit of its last digit
# outside the interval of the rounded one.  So in a comparison each interval reaches out by half its own width.
CUT_OFF = 0.5
# Floats: what two ways of reckoning the same amount may differ by.
FLOAT = 1e-9
PER_CENT = 100.0


class Interval(NamedTuple):
    """All amounts from `low` to `high`; either may be infinite.  An exact figure has `low == high`."""

    low: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low

    @property
    def middle(self) -> float:
        """The amount in the middle; of an interval without one of its ends the other end."""
        if math.isinf(self.low):
            return self.high
        return self.low if math.isinf(self.high) else (self.low + self.high) / 2

    @property
    def bounded(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)


EVERYTHING = Interval(-math.inf, math.inf)


def exactly(value: float) -> Interval:
    return Interval(value, value)


def total(parts: list[Interval]) -> Interval:
    """What all `parts` together amount to."""
    return Interval(math.fsum(p.low for p in parts), math.fsum(p.high for p in parts))


def difference(a: Interval, b: Interval) -> Interval:
    """`a` less `b`."""
    return Interval(a.low - b.high, a.high - b.low)


def product(a: Interval, b: Interval) -> Interval:
    """`a` times `b`."""
    return _hull([_times(x, y) for x in a for y in b])


def ratio(a: Interval, b: Interval) -> Interval:
    """`a` divided by `b`; everything where `b` may be zero."""
    if b.low <= 0 <= b.high:
        return EVERYTHING
    return _hull([_times(x, 1 / y) for x in a for y in b])


def implied_base(value: Interval, growth: Interval) -> Interval:
    """What an amount was before it grew by `growth` per cent to `value`; everything where all of it may be gone."""
    return ratio(value, _factor(growth))


def implied_value(base: Interval, growth: Interval) -> Interval:
    """What `base` has become after it grew by `growth` per cent."""
    return product(base, _factor(growth))


def implied_growth(value: Interval, base: Interval) -> Interval:
    """The growth in per cent from `base` to `value`; everything where `base` may be zero or is negative."""
    if base.low <= 0:
        return EVERYTHING
    grown = ratio(value, base)
    return Interval((grown.low - 1) * PER_CENT, (grown.high - 1) * PER_CENT)


def implied_share(part: Interval, whole: Interval) -> Interval:
    """The share in per cent that `part` has of `whole`."""
    share = ratio(part, whole)
    return Interval(share.low * PER_CENT, share.high * PER_CENT)


def agrees(a: Interval, b: Interval) -> bool:
    """Whether two published or reckoned amounts can be the same, rounding and cutting off allowed (see `CUT_OFF`)."""
    return gap(a, b) == 0


def gap(a: Interval, b: Interval) -> float:
    """By how much two amounts differ at the least; 0 where they agree, negative where `a` is the smaller one."""
    left, right = _reaching(a), _reaching(b)
    if left.low > right.high:
        return left.low - right.high
    return left.high - right.low if left.high < right.low else 0.0


def exceeds(a: Interval, b: Interval) -> bool:
    """Whether `a` is more than `b`, however both were rounded."""
    return gap(a, b) > 0


def _reaching(a: Interval) -> Interval:
    if not a.bounded:
        return a
    more = a.width * CUT_OFF + FLOAT * max(abs(a.low), abs(a.high))
    return Interval(a.low - more, a.high + more)


def _factor(growth: Interval) -> Interval:
    return Interval(1 + growth.low / PER_CENT, 1 + growth.high / PER_CENT)


def _times(x: float, y: float) -> float:
    """The product, where nothing of the endless is nothing."""
    return 0.0 if x == 0 or y == 0 else x * y


def _hull(values: list[float]) -> Interval:
    return Interval(min(values), max(values))
