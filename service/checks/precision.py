"""How exact a published figure is: the interval of amounts that its characters and its bound leave.

In: the characters of a value and the `Quantity` read from them.  Out: an `Interval` in base units, None where the
figure is masked.  The quantity alone has no decimals; they come from the characters: `3.2亿元` stands for everything
that rounds to it, 3.15 to 3.25亿元, and a count (44家) for itself.  Knows nothing of sentences and indicators.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

from service.checks.intervals import Interval
from service.indicators import kind_of_unit
from service.numerals import NUMERAL, plain, read, value_of
from service.records import Bound, Quantity

# 约 and 近, and what is spelled out (三成, 百亿): how far they may be off, as a share of the amount.
ABOUT = 0.1
# 3000人 may be a round number: a count that ends in this many zeros or more is rounded in its last digit but zeros.
ROUND_ZEROS = 3

_DIGIT = re.compile(r"[\d一二两三四五六七八九零]")
# Each digit with another one that is one away.
_NEXT = dict(zip("0123456789零一二两三四五六七八九", "1012345678一二一一二三四五六七八", strict=True))
_MYRIADS = frozenset("万亿")
_SPELLED_SHARE = re.compile(r"分之|成|半|/")
# 人次 and the like count too, but in such numbers that they are rounded where they end in zeros.
_COUNTS = frozenset({"item", "people"})
_ENDING_ZEROS = re.compile(r"(?<=[1-9])(0+)$")


def worth(said: str, quantity: Quantity) -> Interval | None:
    """All amounts that the value `said` (`3.2亿元`, `900余人`, `2.71` under 强度(%)) may stand for.

    Open above for 超 and 以上, below for 不足; None where it is masked.
    """
    low, high = quantity.low, quantity.high
    if low is None or high is None:
        return None
    if quantity.unit == "名次":
        return Interval(low, high)
    value = plain(said)
    half = last_place(value, quantity) / 2
    near = Interval(low - half, high + half)
    if quantity.bound is Bound.ABOUT:
        return Interval(near.low - abs(low) * ABOUT, near.high + abs(high) * ABOUT)
    if low < 0 and quantity.bound in (Bound.OVER, Bound.AT_LEAST, Bound.BELOW):
        return _fall(near, quantity.bound)
    if quantity.bound is Bound.OVER:
        return Interval(low, low + _some_more(value, quantity) if re.search("[余多几]", value) else math.inf)
    if quantity.bound is Bound.AT_LEAST:
        return Interval(low, math.inf)
    if quantity.bound is Bound.BELOW:
        return Interval(min(0.0, low), high)
    return near


def _fall(near: Interval, bound: Bound) -> Interval:
    """A fall by more than 5 % is less than -5 %."""
    return Interval(near.low, 0.0) if bound is Bound.BELOW else Interval(-math.inf, near.high)


def last_place(value: str, quantity: Quantity) -> float:
    """What one more in the last digit of `value` would be, in base units: 0.1亿 for 3.2亿元; 0 for a count (44家)."""
    if quantity.low is None:
        return 0.0
    if _SPELLED_SHARE.search(value):
        return 2 * ABOUT * abs(quantity.low)
    found = _numeral(value)
    if found is None:
        return 0.0
    numeral, amount = found
    counted = kind_of_unit(quantity.unit) in _COUNTS
    if counted and not _MYRIADS & set(numeral) and "." not in numeral:
        zeros = _ENDING_ZEROS.search(numeral)
        return float(10 ** len(zeros[1])) if zeros and len(zeros[1]) >= ROUND_ZEROS else 0.0
    digits = list(_DIGIT.finditer(numeral))
    if not digits:
        return 2 * ABOUT * abs(quantity.low)  # 百亿, 千万
    at = digits[-1].start()
    other = value_of(numeral[:at] + _NEXT[numeral[at]] + numeral[at + 1 :])
    place = abs(other - amount)
    return float(place) * _scale(amount, quantity)


def _some_more(value: str, quantity: Quantity) -> float:
    """How much 余 and 多 can add: up to the next one of the last digit that is not zero (900余人 is less than 1000)."""
    found = _numeral(value)
    if found is None or quantity.low is None:
        return 0.0
    numeral, amount = found
    tail = re.search(r"[1-9](0*)(?:\.0*)?\D*$", numeral)
    scale = _scale(amount, quantity)
    if "几" in value:
        return 10.0 * scale  # 十几
    if tail is None or "." in numeral:
        return max(last_place(value, quantity), ABOUT * abs(quantity.low))
    myriads = 1
    for character in tail[0]:
        myriads *= {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}.get(character, 1)
    return float(10 ** len(tail[1]) * myriads) * scale


def _scale(amount: Decimal, quantity: Quantity) -> float:
    """What a header's unit multiplies the numeral by (8.64 under 亿元); 1 where the value has its own."""
    low, high = abs(quantity.low or 0.0), abs(quantity.high or 0.0)
    return max(low, high) / float(abs(amount)) if amount else 1.0


def _numeral(value: str) -> tuple[str, Decimal] | None:
    """The last numeral of a plain value as written, and what it is worth; None where it holds none."""
    numeral = None
    at = 0
    while at < len(value):
        found = NUMERAL.match(value, at)
        if found is None or found.end() == at:
            at += 1
            continue
        number = read(value, at)
        if number is not None and number.low is not None:
            said = (found["head"] or "") + (found["places"] or "") if found["head"] else found["han"] or ""
            said = said.strip("几余多")
            if said and number.low == number.high:
                numeral = said, value_of(said)
        at = found.end()
    return numeral
