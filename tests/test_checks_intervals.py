"""The arithmetic of rounded figures, how exact a figure is, and times a year apart."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.checks.intervals import (
    EVERYTHING,
    Interval,
    agrees,
    difference,
    exactly,
    exceeds,
    gap,
    implied_base,
    implied_growth,
    implied_share,
    implied_value,
    product,
    ratio,
    total,
)
from service.checks.precision import worth
from service.checks.years import comparable, in_words, year_before
from service.numbers import read_quantity
from service.records import Label, Span

AMOUNTS = st.floats(1, 1e12)
GROWTHS = st.floats(-90, 900)


def rounded(amount: float, decimals: int) -> Interval:
    half = 0.5 * 10.0**-decimals
    said = round(amount, decimals)
    return Interval(said - half, said + half)


@pytest.mark.parametrize(
    ("said", "label", "given_unit", "low", "high"),
    [
        ("3.2亿元", Label.MONEY, "", 3.15e8, 3.25e8),
        ("14.7%", Label.PERCENT, "", 14.65, 14.75),
        ("0.69个百分点", Label.PERCENT, "", 0.685, 0.695),
        ("8.64", Label.MONEY, "亿元", 8.635e8, 8.645e8),
        ("2000", Label.MONEY, "万元", 19_995_000, 20_005_000),
        ("1,234.5万元", Label.MONEY, "", 12_344_500, 12_345_500),
        ("3亿5000万元", Label.MONEY, "", 349_995_000, 350_005_000),
        ("1.50万亩", Label.COUNT, "", 14_950, 15_050),
        ("0.0亿元", Label.MONEY, "", -5e6, 5e6),
        ("44家", Label.COUNT, "", 44, 44),
        ("三千二百家", Label.COUNT, "", 3200, 3200),
        ("12000家", Label.COUNT, "", 11_500, 12_500),
        ("900余人", Label.PEOPLE, "", 900, 1000),
        ("30余项", Label.COUNT, "", 30, 40),
        ("十几家", Label.COUNT, "", 10, 20),
        ("三成", Label.PERCENT, "", 27, 33),
        ("六分之一", Label.PERCENT, "", 15, 18.33337),
        ("第3", Label.RANK, "", 3, 3),
    ],
)
def test_a_figure_is_as_exact_as_its_characters(
    said: str, label: Label, given_unit: str, low: float, high: float
) -> None:
    quantity = read_quantity(said, Span(0, len(said)), label, given=given_unit)
    assert quantity is not None
    found = worth(said, quantity)
    assert found is not None
    assert found == pytest.approx((low, high), rel=1e-5)


@pytest.mark.parametrize(
    ("text", "said", "low", "high"),
    [
        ("超过3.2亿元", "3.2亿元", 3.2e8, math.inf),
        ("3.2亿元以上", "3.2亿元", 3.2e8, math.inf),
        ("不足3.2亿元", "3.2亿元", 0, 3.2e8),
        ("约3.2亿元", "3.2亿元", 2.83e8, 3.57e8),
    ],
)
def test_a_bound_opens_or_widens_it(text: str, said: str, low: float, high: float) -> None:
    at = text.index(said)
    quantity = read_quantity(text, Span(at, at + len(said)), Label.MONEY)
    assert quantity is not None
    assert worth(said, quantity) == pytest.approx((low, high))


def test_a_masked_figure_is_worth_nothing_that_is_known() -> None:
    quantity = read_quantity("XX亿元", Span(0, 4), Label.MONEY)
    assert quantity is not None
    assert worth("XX亿元", quantity) is None


@given(AMOUNTS, GROWTHS)
def test_value_growth_and_base_imply_one_another(base: float, growth: float) -> None:
    value = base * (1 + growth / 100)
    exact = exactly(value), exactly(growth), exactly(base)
    assert agrees(implied_base(exact[0], exact[1]), exact[2])
    assert agrees(implied_value(exact[2], exact[1]), exact[0])
    assert implied_growth(exact[0], exact[2]).low == pytest.approx(growth, abs=1e-6)


@given(st.floats(10, 1e5), st.floats(-50, 200), st.integers(0, 2), st.integers(1, 2))
def test_what_is_rounded_still_agrees(base: float, growth: float, decimals: int, of_growth: int) -> None:
    value = rounded(base * (1 + growth / 100), decimals)
    assert agrees(implied_growth(value, rounded(base, decimals)), rounded(growth, of_growth))
    assert agrees(implied_base(value, rounded(growth, of_growth)), rounded(base, decimals))


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3), st.floats(-1e6, 1e6), st.floats(0, 1e3))
def test_the_gap_is_signed_and_symmetric(a: float, wide: float, b: float, broad: float) -> None:
    one, two = Interval(a, a + wide), Interval(b, b + broad)
    assert gap(one, two) == -gap(two, one)
    assert agrees(one, two) == (gap(one, two) == 0)
    assert exceeds(one, two) == (gap(one, two) > 0)


def test_a_figure_that_was_cut_off_agrees_with_the_rounded_one() -> None:
    assert agrees(Interval(3.15, 3.25), exactly(3.299))
    assert not agrees(Interval(3.15, 3.25), exactly(3.31))
    assert not agrees(exactly(44), exactly(45))


def test_what_may_be_divided_by_nothing_is_everything() -> None:
    assert ratio(exactly(3), Interval(-1, 1)) == EVERYTHING
    assert implied_base(exactly(3), Interval(-100.5, -99.5)) == EVERYTHING
    assert implied_growth(exactly(3), Interval(-0.1, 0.1)) == EVERYTHING
    assert product(exactly(0), EVERYTHING) == exactly(0)


def test_sums_differences_and_shares() -> None:
    assert total([Interval(1, 2), Interval(3, 5)]) == Interval(4, 7)
    assert difference(Interval(5, 6), Interval(1, 2)) == Interval(3, 5)
    assert implied_share(Interval(1, 2), Interval(4, 5)) == Interval(20, 50)
    assert gap(Interval(4, math.inf), exactly(100)) == 0


@pytest.mark.parametrize(
    ("edtf", "before"),
    [
        ("2023", "2022"),
        ("2024-01/2024-06", "2023-01/2023-06"),
        ("../2023-12-31", "../2022-12-31"),
        ("../2024-02-29", "../2023-02-28"),
        ("2021/2025", None),
        ("2021/..", None),
        ("20XX", None),
        ("", None),
    ],
)
def test_a_year_before(edtf: str, before: str | None) -> None:
    assert year_before(edtf) == before


def test_the_end_of_a_year_is_one_time() -> None:
    assert comparable("../2023") == comparable("../2023-12") == comparable("../2023-12-31")
    assert comparable("2023") != comparable("../2023")


@pytest.mark.parametrize(
    ("edtf", "said"),
    [
        ("2023", "2023年"),
        ("2023-06", "2023年6月"),
        ("2024-01/2024-06", "2024年1-6月"),
        ("../2023-12-31", "截至2023年12月31日"),
        ("2021/2025", "2021年至2025年"),
        ("2021/..", "2021年以来"),
    ],
)
def test_a_time_in_words(edtf: str, said: str) -> None:
    assert in_words(edtf) == said
