"""Time expressions as EDTF."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.periods import find_periods, is_edtf, read_period, year_of
from service.records import Anchor

SPRING = Anchor("2024-03-05", "2023")
MASKED = Anchor("", "20XX")
SILENT = Anchor()


@pytest.mark.parametrize(
    ("text", "edtf"),
    [
        ("2022年", "2022"),
        ("2022年度", "2022"),
        ("2022", "2022"),
        ("二〇二二年", "2022"),
        ("20XX年", "20XX"),
        ("202X年", "202X"),
        ("今年", "2023"),
        ("今年以来", "2023"),
        ("全年", "2023"),
        ("去年", "2022"),
        ("明年", "2024"),
        ("这一年", "2023"),
        ("2025年初", "2025"),
        ("到2025年", "2025"),
        ("1-9月", "2023-01/2023-09"),
        ("1—9月份", "2023-01/2023-09"),
        ("1至7月", "2023-01/2023-07"),
        ("2022年1-9月", "2022-01/2022-09"),
        ("20XX年1-9月", "20XX-01/20XX-09"),
        ("前5个月", "2023-01/2023-05"),
        ("一季度", "2023-01/2023-03"),
        ("第四季度", "2023-10/2023-12"),
        ("前三季度", "2023-01/2023-09"),
        ("上半年", "2023-01/2023-06"),
        ("2022年下半年", "2022-07/2022-12"),
        ("2月份", "2023-02"),
        ("去年9月", "2022-09"),
        ("十二月", "2023-12"),
        ("9月上旬", "2023-09"),
        ("9月6日", "2023-09-06"),
        ("X月X日", "2023-XX-XX"),
        ("9月6日-8日", "2023-09-06/2023-09-08"),
        ("9月28日至10月8日", "2023-09-28/2023-10-08"),
        ("2022年11月-2023年3月", "2022-11/2023-03"),
        ("2024年-2026年", "2024/2026"),
        ("2024-2026年", "2024/2026"),
        ("2024-03-05 14:35", "2024-03-05"),
        ("2024/3/5", "2024-03-05"),
        ("2024-03", "2024-03"),
        ("2020年以来", "2020/2023"),
        ("2018年至今", "2018/2023"),
        ("党的十八大以来", "2012-11/.."),
        ("截至2022年底", "../2022-12-31"),
        ("截至6月底", "../2023-06-30"),
        ("截至2月末", "../2023-02-28"),
        ("截至2022年9月", "../2022-09"),
        ("12月底", "../2023-12-31"),
        ("年底", "../2023-12-31"),
        ("今年年底", "../2023-12-31"),
        ("年末", "../2023-12-31"),
        ("1—3季度", "2023-01/2023-09"),
        ("三至四季度", "2023-07/2023-12"),
        ("3月当月", "2023-03"),
        ("截至6月12日17时", "../2023-06-12"),
        ("目前", "../2024-03"),
        ("截至目前", "../2024-03"),
        ("当前", "../2024-03"),
        ("至今", "../2024-03"),
        ("十四五时期", "2021/2025"),
        ("“十四五”以来", "2021/2025"),
        ("“十五五”", "2026/2030"),
        ("“十三五”末", "2020"),
        ("“十四五”初", "2021"),
        ("五年来", "2019/2023"),
        ("近三年", "2021/2023"),
        ("过去五年", "2019/2023"),
        ("连续9年", "2015/2023"),
        ("未来三年", "2024/2026"),
    ],
)
def test_read(text: str, edtf: str) -> None:
    assert read_period(text, SPRING) == edtf


@pytest.mark.parametrize(
    "text",
    [
        "每年",
        "每月",
        "每天24小时",
        "寒暑假",
        "春节",
        "近年来",
        "连续多年",
        "连续24个月",
        "上年同期",
        "去年同期",
        "自运行以来",
        "",
    ],
)
def test_sets_no_time(text: str) -> None:
    assert read_period(text, SPRING) is None


@pytest.mark.parametrize(
    "text", ["13月", "6月31日", "2023年2月29日", "2024-13-05", "9-1月", "前13个月", "0月", "1023年"]
)
def test_impossible_times(text: str) -> None:
    assert read_period(text, SPRING) is None


@pytest.mark.parametrize(
    ("text", "edtf"),
    [
        ("今年", "20XX"),
        ("去年", "20XX"),
        ("目前", "20XX"),
        ("截至目前", "20XX"),
        ("1-9月", "20XX-01/20XX-09"),
        ("上半年", "20XX-01/20XX-06"),
        ("2024年", "2024"),
        ("2月29日", "20XX-02-29"),
        ("近三年", None),
    ],
)
def test_in_a_masked_year(text: str, edtf: str | None) -> None:
    assert read_period(text, MASKED) == edtf


@pytest.mark.parametrize(("text", "edtf"), [("今年", None), ("1-9月", None), ("目前", None), ("2022年", "2022")])
def test_without_an_anchor(text: str, edtf: str | None) -> None:
    assert read_period(text, SILENT) == edtf


def test_now_without_the_day_of_the_report() -> None:
    assert read_period("目前", Anchor("", "2023")) == "../2023"


@pytest.mark.parametrize(
    ("text", "edtf"),
    [
        ("去年", "2023"),
        ("去年底", "../2023-12-31"),
        ("今年", "2024"),
        ("今年以来", "2024"),
        ("今年1-2月", "2024-01/2024-02"),
        ("明年", "2025"),
        ("去年11月至今年3月", "2023-11/2024-03"),
        ("全年", "2023"),
        ("1-9月", "2023-01/2023-09"),
        ("上年", "2022"),
    ],
)
def test_words_counted_from_when_they_are_said(text: str, edtf: str) -> None:
    assert read_period(text, Anchor("2024-02-14", "2023", "2024")) == edtf


def test_a_plans_years_go_ahead() -> None:
    plan = Anchor("2024-03-05", "2024")
    assert read_period("三年", plan, ahead=True) == "2024/2026"
    assert read_period("三年", plan) == "2022/2024"


@given(st.text("0123456789X年月日季度前至今到-~、截底末初上下半全去明三五十一四二“”以来目", max_size=14))
def test_what_is_read_is_valid(text: str) -> None:
    edtf = read_period(text, SPRING)
    assert edtf is None or is_edtf(edtf)


@given(st.dates())
def test_days_read_back(day: object) -> None:
    year, month, date = (int(part) for part in str(day).split("-"))
    edtf = f"{year:04d}-{month:02d}-{date:02d}"
    assert read_period(f"{year:04d}年{month}月{date}日", SILENT) == (edtf if 1900 <= year <= 2100 else None)


@pytest.mark.parametrize(
    "edtf",
    ["2022", "20XX", "2023-09", "2023-09-06", "../2023", "../2023-02-28", "2012-11/..", "2021/2025", "20XX-01/20XX-09"],
)
def test_valid(edtf: str) -> None:
    assert is_edtf(edtf)


@pytest.mark.parametrize(
    "edtf",
    ["", "22", "2023-13", "2023-02-29", "2023/", "/2023", "../..", "2025/2021", "2023-9", "1023", "2023-01/02", "abc"],
)
def test_invalid(edtf: str) -> None:
    assert not is_edtf(edtf)


@pytest.mark.parametrize(
    ("edtf", "year"),
    [
        ("2022", "2022"),
        ("../2022-12-31", "2022"),
        ("2021/2025", "2025"),
        ("2012-11/..", "2012"),
        ("20XX-01/20XX-06", "20XX"),
    ],
)
def test_year(edtf: str, year: str) -> None:
    assert year_of(edtf) == year


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("截至2022年底,共有5家", ["截至2022年底"]),
        ("1-9月,增长3%,高于去年同期", ["1-9月", "去年同期"]),
        ("2022年1-9月和上半年", ["2022年1-9月", "上半年"]),
        ("20XX年度工作总结", ["20XX年度"]),
        ("五年来,近三年,连续9年", ["五年来", "近三年", "连续9年"]),
        ("“十四五”时期和“十五五”开局", ["“十四五”时期", "十五五"]),
        ("9月6日召开,目前已有3家", ["9月6日", "目前"]),
        ("2024-03-05 14:35 来源:区科技局", ["2024-03-05 14:35"]),
        ("提前3个月完成,每年5家,3年行动", []),
        ("3月亮,13月,第三季", []),
        ("全年完成、今年以来、年底前", ["全年", "今年以来", "年底"]),
        ("2021年至2023年", ["2021年至2023年"]),
    ],
)
def test_find(text: str, found: list[str]) -> None:
    assert [span.of(text) for span in find_periods(text)] == found


@given(st.text("0123456789X年月日季度前至今到-~、截底末初上下半全去明三五十一四二“”以来目", max_size=30))
def test_found_spans_are_in_order_and_apart(text: str) -> None:
    spans = find_periods(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    assert all(s.start < s.end for s in spans)
