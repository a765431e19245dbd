"""Targets held against what later reports tell."""

from __future__ import annotations

from typing import Any

import pytest
from archive_sentences import Report, fig, grown, keep, plan, targets
from fakes import CARD

from service.archive.across import TARGETS, find_conflicts, find_targets
from service.archive.observations import ObservationQuery
from service.archive.opening import Archive
from service.archive.paging import to_cursor
from service.archive.targets import State, Target, Way
from service.errors import InvalidRequest

SALES = "技术合同成交额"
STAFF = "人才"


def told(target: Target) -> tuple[Any, ...]:
    return target.state, target.value, target.completion, target.difference


def one_of(archive: Archive, planned: dict[str, Any], *later: tuple[str, dict[str, Any]]) -> Target:
    """A target of January 2024, and results with the days on which they were told."""
    says = [(f"力争{planned['indicator']}{planned['value']}。", [planned])]
    keep(archive, Report("2023年总结", "2024-01-10", says))
    for at, (day, result) in enumerate(later):
        keep(archive, Report(f"第{at}份", day, [(f"{result['indicator']}为{result['value']}。", [result])]))
    (found,) = targets(archive)
    return found


def test_a_target_without_a_result(archive: Archive) -> None:
    assert told(one_of(archive, plan("40亿元", SALES))) == (State.NO_RESULT, None, None, None)


def test_met_missed_and_under_way_with_both_quotations(archive: Archive) -> None:
    keep(
        archive,
        Report(
            "2023年总结",
            "2024-01-10",
            [
                ("2024年，力争技术合同成交额达到40亿元以上。", [plan("40亿元", SALES, bound="at_least")]),
                ("新引进企业20家。", [plan("20家", "新引进企业", measure="increment")]),
                ("完成投资10亿元。", [plan("10亿元", "完成投资")]),
            ],
        ),
        Report(
            "2024年前三季度",
            "2024-10-12",
            [("前三季度完成投资7.5亿元。", [fig("7.5亿元", "完成投资", "2024-01/2024-09")])],
        ),
        Report(
            "2024年总结",
            "2025-01-09",
            [
                ("2024年，技术合同成交额达42亿元。", [fig("42亿元", SALES, "2024")]),
                ("新引进企业18家。", [fig("18家", "新引进企业", "2024", measure="increment")]),
            ],
        ),
    )
    sales, firms, money = targets(archive)
    assert told(sales) == (State.MET, 42e8, 1.05, 2e8)
    assert told(firms) == (State.MISSED, 18, 0.9, -2)
    assert told(money) == (State.UNDER_WAY, 7.5e8, 0.75, -2.5e8)
    assert sales.figure.row.evidence == "2024年，力争技术合同成交额达到40亿元以上。"
    assert [r.figure.row.evidence for r in sales.results] == ["2024年，技术合同成交额达42亿元。"]
    assert [t.figure.row.value_text for t in targets(archive, state=State.MISSED)] == ["20家"]
    assert [t.figure.row.value_text for t in targets(archive, indicator=SALES)] == ["40亿元"]


def test_a_result_that_was_revised(archive: Archive) -> None:
    found = one_of(
        archive,
        plan("40亿元", SALES),
        ("2025-11-01", fig("39.5亿元", SALES, "2024")),
        ("2025-01-09", fig("40.2亿元", SALES, "2024")),
    )
    assert told(found)[0] is State.MISSED
    (result,) = found.results
    assert (result.figure.row.value_text, [f.row.value_text for f in result.earlier]) == ("39.5亿元", ["40.2亿元"])


@pytest.mark.parametrize(
    "other",
    [
        {"indicator": "技术合同登记额", "code": "other"},
        {"unit": "美元"},
        {"measure": "increment"},
        {"area": "白石县"},
        {"period": "2025"},
        {"period": "2023"},
        {"period": "2023/2024"},
        {"period": None},
        {"status": "plan", "period": "2025"},
        {"status": "forecast"},
        {"low": None, "high": None, "masked": True},
    ],
)
def test_what_is_no_result_of_a_target(archive: Archive, other: dict[str, Any]) -> None:
    keep(archive, Report("一", "2024-01-10", [("力争40亿元。", [plan("40亿元", SALES)])]))
    keep(archive, Report("二", "2025-01-10", [("达到42亿元。", [fig("42亿元", SALES, "2024") | other])]))
    found = targets(archive)[0]
    assert (found.state, found.results) == (State.NO_RESULT, ())


def test_the_scope_of_what_is_counted_must_agree(archive: Archive) -> None:
    found = one_of(
        archive,
        plan("8%", "规上工业企业利润", measure="growth", base="yoy"),
        ("2025-01-09", grown("9%", "工业企业利润", "2024")),
        ("2025-01-10", grown("7.5%", "规模以上工业企业利润", "2024")),
    )
    assert (found.state, found.value, found.difference) == (State.MISSED, 7.5, -0.5)


def test_a_report_older_than_the_target_tells_no_result(archive: Archive) -> None:
    early = ("2023-12-01", fig("42亿元", SALES, "2024"))
    assert one_of(archive, plan("40亿元", SALES), early).results == ()


@pytest.mark.parametrize(
    ("planned", "result", "state", "completion", "difference"),
    [
        (plan("6%", SALES, measure="growth", base="yoy"), grown("5.8%", SALES, "2024"), State.MISSED, None, -0.2),
        (plan("6%", SALES, measure="growth", base="yoy"), grown("6%", SALES, "2024"), State.MET, None, 0),
        # 增长5%—6%
        (
            plan("5%—6%", SALES, measure="growth", base="yoy", low=5.0, high=6.0, bound="range"),
            grown("5.2%", SALES, "2024"),
            State.MET,
            None,
            0.2,
        ),
        # 下降3%以上, 下降2.5%
        (
            plan("3%", "单位产值能耗", measure="growth", base="yoy", low=-3.0, high=-3.0, bound="at_least"),
            grown("2.5%", "单位产值能耗", "2024", low=-2.5, high=-2.5),
            State.MISSED,
            None,
            -0.5,
        ),
        # 降幅不超过3%, 下降2.5%
        (
            plan("3%", SALES, measure="growth", base="yoy", low=-3.0, high=-3.0, bound="below"),
            grown("2.5%", SALES, "2024", low=-2.5, high=-2.5),
            State.MET,
            None,
            0.5,
        ),
        (plan("5.5%", "失业率", bound="below"), fig("5.2%", "失业率", "2024"), State.MET, 5.5 / 5.2, 0.3),
        (plan("5.5%", "失业率", bound="below"), fig("5.8%", "失业率", "2024"), State.MISSED, 5.5 / 5.8, -0.3),
        (
            plan("10名次", "综合排名", measure="rank", unit="名次"),
            fig("8名次", "综合排名", "2024", measure="rank", unit="名次"),
            State.MET,
            None,
            2,
        ),
        (plan("2.5%", "研发投入强度"), fig("2.4%", "研发投入强度", "2024"), State.MISSED, 0.96, -0.1),
    ],
)
def test_the_direction_that_counts(
    archive: Archive,
    planned: dict[str, Any],
    result: dict[str, Any],
    state: State,
    completion: float | None,
    difference: float,
) -> None:
    found = one_of(archive, planned, ("2025-01-09", result))
    assert found.state is state
    assert found.completion == (None if completion is None else pytest.approx(completion))
    assert found.difference == difference


@pytest.mark.parametrize(
    ("sentence", "upward"),
    [
        ("力争平均浓度降至30微克。", False),
        ("力争平均浓度控制在每立方米30微克以内。", False),
        ("力争平均浓度达到30微克。", True),
    ],
)
def test_what_is_to_come_down_is_told_by_its_words(archive: Archive, sentence: str, upward: bool) -> None:
    keep(archive, Report("一", "2024-01-10", [(sentence, [plan("30微克", "平均浓度")])]))
    assert targets(archive)[0].upward is upward


def test_rounding_may_decide(archive: Archive) -> None:
    found = one_of(archive, plan("3.21亿元", SALES), ("2025-01-09", fig("3.2亿元", SALES, "2024")))
    assert (found.state, found.close) == (State.MISSED, True)


def test_a_target_of_five_years_meets_the_results_of_each(archive: Archive) -> None:
    keep(
        archive,
        Report(
            "十四五规划",
            "2021-06-01",
            [
                ("到2025年，技术合同成交额达到50亿元。", [plan("50亿元", SALES, "2025")]),
                ("五年新增人才500人。", [plan("500人", STAFF, "2021/2025", measure="increment")]),
                ("产值年均增长7%。", [plan("7%", "产值", "2021/2025", measure="growth", base="yoy")]),
            ],
            period="2021/2025",
        ),
    )
    for year, sales, staff, growth in ((2021, 30, 90, 8), (2022, 36, 110, 5), (2023, 41, 130, 9)):
        keep(
            archive,
            Report(
                f"{year}年总结",
                f"{year + 1}-01-10",
                [
                    (f"成交额{sales}亿元。", [fig(f"{sales}亿元", SALES, str(year))]),
                    (f"新增{staff}人。", [fig(f"{staff}人", STAFF, str(year), measure="increment")]),
                    (f"产值增长{growth}%。", [grown(f"{growth}%", "产值", str(year))]),
                ],
            ),
        )
    level, added, growth_of = targets(archive)
    assert (level.way, *told(level)) == (Way.LAST, State.UNDER_WAY, 41e8, 0.82, -9e8)
    assert [(r.figure.row.period, r.completion) for r in level.results] == [
        ("2021", 0.6),
        ("2022", 0.72),
        ("2023", 0.82),
    ]
    assert (added.way, *told(added)) == (Way.SUM, State.UNDER_WAY, 330, 0.66, -170)
    assert (growth_of.way, growth_of.state, growth_of.completion) == (Way.MEAN, State.UNDER_WAY, None)
    assert growth_of.value == pytest.approx(((1.08 * 1.05 * 1.09) ** (1 / 3) - 1) * 100)


def test_five_years_that_are_over(archive: Archive) -> None:
    keep(
        archive,
        Report("规划", "2021-01-01", [("新增300人。", [plan("300人", STAFF, "2021/2023", measure="increment")])]),
    )
    for year, many in ((2021, 90), (2022, 110), (2023, 101)):
        says = [(f"新增{many}人。", [fig(f"{many}人", STAFF, str(year), measure="increment")])]
        keep(archive, Report(f"{year}年总结", f"{year + 1}-01-10", says))
    assert told(targets(archive)[0]) == (State.MET, 301, pytest.approx(301 / 300, rel=1e-9), 1)
    # The whole, told at once, counts before its parts.
    whole = fig("299人", STAFF, "2021/2023", measure="increment")
    keep(archive, Report("总评", "2024-06-01", [("三年新增299人。", [whole])]))
    assert told(targets(archive)[0])[:2] == (State.MISSED, 299)


def test_a_stock_at_the_end_of_the_year(archive: Archive) -> None:
    found = one_of(
        archive,
        plan("150家", "高新技术企业", "2024"),
        ("2024-07-09", fig("140家", "高新技术企业", "../2024-06-30")),
        ("2025-01-09", fig("152家", "高新技术企业", "../2024-12-31")),
    )
    assert (found.state, found.value) == (State.MET, 152)
    assert [r.figure.row.value_text for r in found.results] == ["140家", "152家"]


def test_pages_are_the_whole(archive: Archive) -> None:
    says = [(f"力争{n}家。", [plan(f"{n}家", "企业")]) for n in range(1, 8)]
    keep(archive, Report("计划", "2024-01-10", says))
    keep(archive, Report("结果", "2025-01-10", [("共有4家。", [fig("4家", "企业", "2024")])]))
    for state, many in ((None, 7), (State.MISSED, 3), (State.MET, 4), (State.NO_RESULT, 0)):
        found: list[Target] = []
        cursor = None
        with archive.reading() as connection:
            while True:
                page = find_targets(connection, ObservationQuery(CARD.id), state=state, after=cursor, limit=2)
                found += page.items
                if (cursor := page.next) is None:
                    break
        assert found == targets(archive, state=state)
        assert len(found) == many


def test_a_cursor_of_another_list_is_refused(archive: Archive) -> None:
    with archive.reading() as connection, pytest.raises(InvalidRequest):
        find_conflicts(connection, ObservationQuery(CARD.id), after=to_cursor(TARGETS, 1))
    with archive.reading() as connection, pytest.raises(InvalidRequest):
        find_targets(connection, ObservationQuery(CARD.id), after=to_cursor("observations", 1))
