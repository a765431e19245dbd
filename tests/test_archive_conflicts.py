"""Figures of reports that cannot all be true."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from archive_sentences import Report, conflicts, fig, grown, keep, plan
from fakes import CARD
from hypothesis import given
from hypothesis import strategies as st

from service.archive.across import GROWN, find_conflicts
from service.archive.conflicts import Conflict, Kind, apart, year_before
from service.archive.observations import ObservationQuery
from service.archive.opening import Archive
from service.archive.paging import key_of
from service.archive.subjects import compared_by
from service.checks.intervals import Interval

SALES = "技术合同成交额"


def says(figure: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    return [(f"{figure['indicator']}为{figure['value']}。", [figure])]


def two(archive: Archive, one: dict[str, Any], other: dict[str, Any]) -> list[Conflict]:
    """Two reports with a figure each, the first of January, the second of June."""
    keep(archive, Report("甲", "2024-01-10", says(one)), Report("乙", "2024-06-10", says(other)))
    return conflicts(archive)


def values(conflict: Conflict) -> list[list[str]]:
    return [[figure.row.value_text for figure in side.figures] for side in conflict.sides]


def test_figures_apart_with_who_says_so(archive: Archive) -> None:
    keep(
        archive,
        Report("甲", "2024-01-10", says(fig("3.2亿元", SALES))),
        Report("乙", None, says(fig("3.4亿元", SALES))),
        Report("丙", "2024-06-10", says(fig("3.18亿元", SALES))),
    )
    (found,) = conflicts(archive)
    assert (found.kind, found.revised) == (Kind.BETWEEN, False)
    assert values(found) == [["3.18亿元"], ["3.2亿元"], ["3.4亿元"]]
    assert {figure.row.title for figure in found.figures} == {"甲", "乙", "丙"}
    assert {figure.row.evidence for figure in found.figures} == {
        f"{SALES}为{v}。" for v in ("3.2亿元", "3.18亿元", "3.4亿元")
    }


def test_what_agrees_with_all_takes_no_part(archive: Archive) -> None:
    for name, value in (("甲", "3.12亿元"), ("乙", "3.3亿元"), ("丙", "3亿元")):
        keep(archive, Report(name, "2024-01-10", says(fig(value, SALES))))
    (found,) = conflicts(archive)
    assert sorted(values(found)) == [["3.12亿元"], ["3.3亿元"]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (fig("3.2亿元", SALES), fig("3.18亿元", SALES)),
        (fig("14.7%", "研发投入强度"), fig("14.68%", "研发投入强度")),
        (fig("3亿元", SALES, bound="over"), fig("3.4亿元", SALES)),
        (fig("120家", SALES), fig("121家", "别的")),
        (fig("3.2亿元", SALES), fig("3.4亿元", SALES, "2022")),
        (fig("3.2亿元", SALES), fig("3.4亿元", SALES, area="白石县")),
        (fig("3.2亿元", SALES), fig("3.4亿元", SALES, area=None)),
        (fig("3.2亿元", SALES), fig("3.4亿元", SALES, None)),
        (fig("3.2亿元", SALES), fig("3.4亿元", SALES, "20XX")),
        (fig("3.2亿元", SALES), fig("3.4亿元", SALES, unit="美元")),
        (fig("3.2亿元", SALES), fig("3.4亿元", SALES, measure="increment")),
        (fig("3.2亿元", SALES), plan("3.4亿元", SALES, "2023")),
        (grown("3%", SALES), grown("4%", SALES, base="2021年")),
        (fig("3.2亿元", "工业企业利润"), fig("3.4亿元", "规上工业企业利润")),
        (fig("3.2亿元", "销售额"), fig("3.4亿元", "当月销售额")),
        (fig("3.2亿元", SALES), fig("XX亿元", SALES, low=None, high=None, masked=True)),
    ],
)
def test_what_is_no_conflict(archive: Archive, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert two(archive, one, other) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (fig("3.2亿元", "规模以上工业企业利润"), fig("3.4亿元", "规上工业企业利润")),
        (fig("3.2亿元", "“销售额”"), fig("3.4亿元", "销售额")),
        (fig("120家", "高新技术企业"), fig("130家", "国家高新技术企业", "../2023-12-31")),
        (fig("3.2亿元", SALES), fig("3.4亿元", "技术合同成交金额", "2023-01/2023-12")),
        (grown("3%", SALES), grown("4%", SALES)),
        (plan("3.2亿元", SALES), plan("3.4亿元", SALES)),
        (fig("3.2亿元", SALES), fig("3.3亿元", SALES)),
        (fig("3.2亿元", SALES), fig("3亿元", SALES, bound="below")),
    ],
)
def test_one_thing_under_two_names(archive: Archive, one: dict[str, Any], other: dict[str, Any]) -> None:
    (found,) = two(archive, one, other)
    assert (found.kind, found.revised, len(found.sides)) == (Kind.BETWEEN, True, 2)


def test_one_report_that_says_two_things(archive: Archive) -> None:
    keep(archive, Report("甲", "2024-01-10", [*says(fig("3.2亿元", SALES)), *says(fig("3.4亿元", SALES))]))
    (found,) = conflicts(archive)
    assert (found.kind, found.revised) == (Kind.WITHIN, False)
    assert conflicts(archive, kind=Kind.WITHIN) == [found]
    assert conflicts(archive, kind=Kind.BETWEEN) == conflicts(archive, kind=Kind.GROWTH) == []


def test_two_amounts_in_one_sentence_are_two_things(archive: Archive) -> None:
    both = [fig("4.36%", SALES), fig("0.2%", SALES)]
    keep(archive, Report("甲", "2024-01-10", [(f"{SALES}由4.36%降至0.2%。", both)]))
    assert conflicts(archive) == []
    keep(archive, Report("乙", "2024-06-10", says(fig("0.3%", SALES))))
    (found,) = conflicts(archive)
    assert found.kind is Kind.BETWEEN


def test_it_is_a_revision_only_where_dates_tell(archive: Archive) -> None:
    keep(
        archive,
        Report("甲", "2024-01-10", says(fig("3.2亿元", SALES))),
        Report("乙", "2024-06-10", says(fig("3.4亿元", SALES))),
        Report("丙", "2024-12-10", says(fig("3.4亿元", SALES))),
    )
    assert [(found.revised, values(found)) for found in conflicts(archive)] == [
        (True, [["3.4亿元", "3.4亿元"], ["3.2亿元"]])
    ]
    keep(archive, Report("丁", "2024-10-10", says(fig("3.20亿元", SALES))))
    assert [found.revised for found in conflicts(archive)] == [False]


# Growth against the year before


def with_base(archive: Archive, growth: dict[str, Any], base: dict[str, Any], *more: dict[str, Any]) -> list[Conflict]:
    value = fig("34.2亿元", growth["indicator"], "2024")
    sentence = f"2024年，{growth['indicator']}34.2亿元，同比增长{growth['value']}。"
    keep(archive, Report("2024年总结", "2025-01-10", [(sentence, [value, growth])]))
    for at, figure in enumerate((base, *more)):
        keep(archive, Report(f"第{at}份", "2024-01-10", says(figure)))
    return conflicts(archive)


def test_growth_that_does_not_lead_back(archive: Archive) -> None:
    (found,) = with_base(archive, grown("14.7%", SALES, "2024"), fig("31.5亿元", SALES))
    assert found.kind is Kind.GROWTH
    assert found.value is not None
    assert found.growth is not None
    assert (found.value.row.value_text, found.growth.row.value_text, values(found)) == (
        "34.2亿元",
        "14.7%",
        [["31.5亿元"]],
    )
    assert found.implied is not None
    assert tuple(found.implied) == pytest.approx((34.15e8 / 1.1475, 34.25e8 / 1.1465))
    assert found.value.row.evidence == found.growth.row.evidence == f"2024年，{SALES}34.2亿元，同比增长14.7%。"
    assert conflicts(archive, kind=Kind.GROWTH) == [found]


@pytest.mark.parametrize(
    ("growth", "base"),
    [
        (grown("14.7%", SALES, "2024"), fig("29.8亿元", SALES)),
        (grown("14.7%", SALES, "2024"), fig("31.5亿元", SALES, "2022")),
        (grown("14.7%", SALES, "2024", base="2020年"), fig("31.5亿元", SALES)),
        (grown("14.7%", SALES, "2024", status="forecast"), fig("31.5亿元", SALES)),
        # Value added grows at constant prices, its amounts are at current ones.
        (grown("14.7%", "地区生产总值", "2024"), fig("31.5亿元", "地区生产总值")),
    ],
)
def test_growth_that_may_be_so(archive: Archive, growth: dict[str, Any], base: dict[str, Any]) -> None:
    assert with_base(archive, growth, base) == []


def test_one_base_that_agrees_is_enough(archive: Archive) -> None:
    found = with_base(archive, grown("14.7%", SALES, "2024"), fig("31.5亿元", SALES), fig("29.8亿元", SALES))
    assert [one.kind for one in found] == [Kind.BETWEEN]


def test_pages_are_the_whole_whatever_is_asked(archive: Archive) -> None:
    for at in range(5):
        name = f"指标{at}"
        keep(
            archive,
            Report(f"甲{at}", "2024-01-10", says(fig("31.5亿元", name))),
            Report(f"乙{at}", "2024-06-10", says(fig("33亿元", name))),
            Report(
                f"丙{at}",
                "2025-01-10",
                [(f"{name}60亿元，增长2%。", [fig("60亿元", name, "2024"), grown("2%", name, "2024")])],
            ),
        )
    for asked, many in (({}, 10), ({"indicator": "指标3"}, 2), ({"period": "2023"}, 5), ({"area": "青岚区"}, 10)):
        whole = conflicts(archive, **asked)
        assert len(whole) == many
        for limit in (1, 2, 5):
            found: list[Conflict] = []
            cursor = None
            with archive.reading() as connection:
                while True:
                    query = ObservationQuery(CARD.id, **asked)
                    page = find_conflicts(connection, query, after=cursor, limit=limit)
                    assert len(page.items) <= limit
                    found += page.items
                    if (cursor := page.next) is None:
                        break
            assert found == whole
    with archive.reading() as connection:
        first = find_conflicts(connection, ObservationQuery(CARD.id), limit=5)
    # What is stated comes first, and is all on the first page.
    assert key_of(GROWN, first.next) == 0


def test_a_year_before() -> None:
    assert year_before((date(2024, 1, 1), date(2024, 12, 31))) == (date(2023, 1, 1), date(2023, 12, 31))
    assert year_before((None, date(2024, 2, 29))) == (None, date(2023, 2, 28))
    assert year_before((date(2025, 2, 1), date(2025, 2, 28))) == (date(2024, 2, 1), date(2024, 2, 29))
    assert year_before((date(2021, 1, 1), date(2025, 12, 31))) is None
    assert year_before((date(2021, 1, 1), None)) is None
    assert year_before(None) is None


# Rounding


def worth(value: str, unit: str, amount: float) -> Interval:
    told = {"indicator": "投资", "value_text": value, "low": amount, "high": amount, "unit": unit, "area": "青岚区"}
    usual = {"bound": "exact", "masked": False, "measure": "level", "status": "actual"}
    unsaid = dict.fromkeys(("indicator_code", "area_code", "period_start", "period_end", "scope", "base"))
    row = {**told, **usual, **unsaid, "start": 0, "end": len(value), "evidence_start": 0}
    (found,) = compared_by([row], value)
    return Interval(found["worth_low"], found["worth_high"])


@given(
    st.decimals("0.0001", "99999", places=4), st.integers(0, 3), st.sampled_from([("亿元", "元", 1e8), ("%", "%", 1.0)])
)
def test_no_figure_conflicts_with_its_own_rounding(exact: Decimal, places: int, unit: tuple[str, str, float]) -> None:
    said, base, factor = unit
    rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if rounded == 0:
        return
    one = worth(f"{exact}{said}", base, float(exact) * factor)
    other = worth(f"{rounded}{said}", base, float(rounded) * factor)
    assert not apart(one, other)
    assert not apart(other, one)
