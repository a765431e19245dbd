"""What numerals are worth."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.numerals import plain, read, value_of

_DIGITS = "零一二三四五六七八九"


def spell(number: int) -> str:
    """A number below 100 million in Chinese numerals, written independently of the reader."""
    if number >= 10000:
        rest = number % 10000
        tail = ("零" if 0 < rest < 1000 else "") + spell(rest) if rest else ""
        return spell(number // 10000) + "万" + tail
    written, gap = "", False
    for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // place % 10
        if digit:
            written += ("零" if gap and written else "") + _DIGITS[digit] + name
            gap = False
        else:
            gap = True
    return written


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("3.2亿", "320000000"),
        ("1,234.5万", "12345000"),
        ("1.2万亿", "1200000000000"),
        ("10.36百亿亿", "10360000000000000000"),
        ("1亿3000万", "130000000"),
        ("3万5千", "35000"),
        ("一千二百", "1200"),
        ("一百零二", "102"),
        ("三万五", "35000"),
        ("一百二", "120"),
        ("二十", "20"),
        ("十二", "12"),
        ("两", "2"),
        ("百亿", "10000000000"),
        ("千万", "10000000"),
        ("一万二千亿", "1200000000000"),
        ("二零二三", "2023"),
    ],
)
def test_value(numeral: str, value: str) -> None:
    assert value_of(numeral) == Decimal(value)


def test_no_numeral() -> None:
    with pytest.raises(ValueError, match="not a numeral"):
        value_of("三家")


@given(st.integers(1, 99_999_999))
def test_spelled_numbers_read_back(number: int) -> None:
    found = read(spell(number))
    assert found is not None
    assert found.low == number
    assert found.end == len(spell(number))


@given(st.decimals(0, 10**9, places=2))
def test_places_multiply_exactly(number: Decimal) -> None:
    assert value_of(f"{number}万") == number * 10**4
    assert value_of(f"{number}亿") == number * 10**8


@pytest.mark.parametrize(
    ("text", "low", "high", "over", "length"),
    [
        ("30余万人", 300000, 300000, True, 4),
        ("1.4万余家", 14000, 14000, True, 5),
        ("300多万", 3000000, 3000000, True, 5),
        ("十几个", 10, 10, True, 2),
        ("百余项", 100, 100, True, 2),
        ("三四十家", 30, 40, False, 3),
        ("五六个", 5, 6, False, 2),
        ("XX亿元", None, None, False, 3),
        ("3X家", None, None, False, 2),
        ("数十家", None, None, False, 2),
        ("5千瓦", 5, 5, False, 1),
        ("2百分点", 2, 2, False, 1),
    ],
)
def test_read(text: str, low: int | None, high: int | None, over: bool, length: int) -> None:
    found = read(text)
    assert found is not None
    assert (found.low, found.high, found.over, found.end) == (low, high, over, length)


def test_read_where_none_begins() -> None:
    assert read("家企业3家") is None


@given(st.text())
def test_plain_keeps_the_length(text: str) -> None:
    assert len(plain(text)) == len(text)


def test_plain_forms() -> None:
    assert plain("３．５％，壹萬两億ＸＸ") == "3.5%,一万两亿XX"
