"""统计口径 in the words of a report."""

from __future__ import annotations

from datetime import date

import pytest

from service.definitions import definition, grows_at_constant_prices, is_stock, without_definition
from service.edtf import days


@pytest.mark.parametrize(
    ("name", "code", "clause", "period", "words"),
    [
        ("工业利润", None, "2023年，全区规模以上工业利润3亿元", "2023", ("规上",)),
        ("规模以上工业利润", None, "利润3亿元", "2023", ("规上",)),
        # The catalogue says who is counted, whatever the report calls it.
        ("R&D经费", "rd_expenditure", "R&D经费3亿元", "2023", ("全社会",)),
        ("规上工业利润", None, "限上零售业、规上工业利润", "2023", ("规上",)),
        # Of two indicators that share a verb it is not told whose word it is.
        ("投资", None, "规上工业利润、投资分别增长3%", "2023", ()),
        ("产值", None, "产值按可比价格计算增长5%", "2023", ("可比价",)),
        ("收入", None, "扣除价格因素，收入实际增长5%", "2023", ("扣除价格因素",)),
        ("产值", None, "产值年均增长5%", "2021/2025", ("年均",)),
        ("投资", None, "累计完成投资3亿元", "2021/2025", ("累计",)),
        # What goes without saying.
        ("投资", None, "累计完成投资3亿元", "2023-01/2023-09", ()),
        ("投资", None, "累计完成投资3亿元", "2023", ()),
        ("投资", None, "截至9月底累计完成投资3亿元", "../2023-09-30", ()),
        ("投资", None, "当月完成投资3亿元", "2023-09", ()),
        ("投资", None, "现价3亿元", "2023", ()),
        ("投资", None, "累计完成投资3亿元", "2023-09", ("累计",)),
        ("收入", None, "区本级收入3亿元", "2023", ("本级",)),
        ("收入", None, "收入(不含开发区)3亿元", "2023", ("不含开发区",)),
        ("收入", None, "同口径增长5%", "2023", ("同口径",)),
        ("收入", None, "不含税收入3亿元", "2023", ()),
        ("收入", None, "", None, ()),
    ],
)
def test_words_of_definition(
    name: str, code: str | None, clause: str, period: str | None, words: tuple[str, ...]
) -> None:
    start, end = days(period) if period else (None, None)
    assert definition(name, code, clause, start, end) == words


def test_a_name_without_them() -> None:
    assert without_definition("规上工业利润") == "工业利润"
    assert without_definition("规上") == "规上"


@pytest.mark.parametrize(
    ("name", "words", "told"),
    [
        ("地区生产总值", (), True),
        ("规上工业增加值", ("规上",), True),
        ("收入", ("扣除价格因素",), True),
        ("收入", ("规上",), False),
    ],
)
def test_growth_at_constant_prices(name: str, words: tuple[str, ...], told: bool) -> None:
    assert grows_at_constant_prices(name, words) is told


def test_what_is_told_for_an_instant() -> None:
    assert is_stock("high_tech_enterprises")
    assert not is_stock("gdp")
    assert not is_stock(None)
    assert not is_stock("没有")


def test_a_quarter() -> None:
    assert definition("投资", None, "本季完成投资", date(2023, 4, 1), date(2023, 6, 30)) == ()
    assert definition("投资", None, "本季完成投资", date(2023, 1, 1), date(2023, 6, 30)) == ("当季",)
