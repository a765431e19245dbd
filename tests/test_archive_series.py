"""Series: lines, breaks, gaps, and growth beside growth."""

from __future__ import annotations

from datetime import date

import pytest
from archive_sentences import Report, fig, grown, keep, series_of
from hypothesis import given
from hypothesis import strategies as st

from service.archive.across import subjects_of
from service.archive.figures import Figure
from service.archive.observations import Row
from service.archive.opening import Archive
from service.archive.series import Line, Rhythm, rhythm_of, series
from service.archive.subjects import subject
from service.checks.intervals import exactly
from service.edtf import days
from service.errors import InvalidRequest

SALES = "技术合同成交额"


def periods(line: Line) -> list[str | None]:
    return [point.figure.row.period for point in line.points]


def test_years_with_their_gaps(archive: Archive) -> None:
    for year in (2018, 2019, 2022):
        keep(archive, Report(f"{year}年", f"{year + 1}-01-10", [("成交额30亿元。", [fig("30亿元", SALES, str(year))])]))
    found = series_of(archive, SALES)
    (line,) = found.lines
    assert (line.indicator_code, line.unit, line.definition, line.rhythm) == (
        "tech_contract_value",
        "元",
        (),
        Rhythm.YEAR,
    )
    assert (periods(line), line.gaps, found.breaks) == (["2018", "2019", "2022"], ("2020", "2021"), ())
    assert series_of(archive, "tech_contract_value") == found
    assert series_of(archive, "技术合同成交金额") == found
    assert [periods(line) for line in series_of(archive, SALES, period="2019/..").lines] == [["2019", "2022"]]


def test_nothing_is_joined_over_another_definition_unit_or_rhythm(archive: Archive) -> None:
    name = "工业企业利润"
    keep(
        archive,
        Report("甲", "2022-01-10", [("工业企业利润3亿元。", [fig("3亿元", name, "2021")])]),
        Report("乙", "2023-01-10", [("规模以上工业企业利润4亿元。", [fig("4亿元", f"规模以上{name}", "2022")])]),
        Report(
            "丙", "2023-10-10", [("1-9月，规上工业企业利润3亿元。", [fig("3亿元", f"规上{name}", "2023-01/2023-09")])]
        ),
        Report(
            "丁", "2024-01-10", [("规上工业企业利润5亿美元。", [fig("5亿美元", f"规上{name}", "2023", unit="美元")])]
        ),
    )
    found = series_of(archive, name)
    assert [(periods(line), line.definition, line.unit, line.rhythm) for line in found.lines] == [
        (["2021"], (), "元", Rhythm.YEAR),
        (["2022"], ("规上",), "元", Rhythm.YEAR),
        (["2023-01/2023-09"], ("规上",), "元", Rhythm.SINCE_JANUARY),
        (["2023"], ("规上",), "美元", Rhythm.YEAR),
    ]
    assert [
        (broken.before, broken.after, broken.at, [(r.aspect, r.before, r.after) for r in broken.reasons])
        for broken in found.breaks
    ] == [
        (0, 1, "2022", [("definition", "", "规上")]),
        (1, 2, "2023-01/2023-09", [("rhythm", "year", "since_january")]),
        (1, 3, "2023", [("unit", "元", "美元")]),
    ]


def test_an_area_of_another_extent_is_another_line(archive: Archive) -> None:
    keep(archive, Report("甲", "2023-01-10", [("全区销售额3亿元。", [fig("3亿元", "销售额", "2022")])]))
    keep(archive, Report("乙", "2024-01-10", [("全区（不含开发区）销售额2亿元。", [fig("2亿元", "销售额")])]))
    assert [line.definition for line in series_of(archive, "销售额").lines] == [(), ("不含开发区",)]


def test_growth_that_follows_beside_growth_that_is_stated(archive: Archive) -> None:
    for year, value, growth in ((2021, "30.0亿元", "5%"), (2022, "33.0亿元", "10%"), (2023, "34.2亿元", "14.7%")):
        told = [fig(value, SALES, str(year)), grown(growth, SALES, str(year))]
        keep(archive, Report(f"{year}年", f"{year + 1}-01-10", [(f"成交额{value}，增长{growth}。", told)]))
    (line,) = series_of(archive, SALES).lines
    changes = [point.change for point in line.points]
    assert [(c.stated.row.value_text if c and c.stated else None, c.agree if c else None) for c in changes] == [
        ("5%", None),
        ("10%", True),
        ("14.7%", False),
    ]
    assert changes[0] is not None
    assert changes[0].implied is None
    assert changes[1] is not None
    assert changes[1].implied is not None
    follows = ((32.95 / 30.05 - 1) * 100, (33.05 / 29.95 - 1) * 100)
    assert tuple(changes[1].implied) == pytest.approx(follows)


def test_growth_at_other_prices_is_held_against_nothing(archive: Archive) -> None:
    for year, value in ((2022, "100亿元"), (2023, "120亿元")):
        told = [fig(value, "地区生产总值", str(year)), grown("5%", "地区生产总值", str(year))]
        keep(archive, Report(f"{year}年", f"{year + 1}-01-10", [(f"地区生产总值{value}，增长5%。", told)]))
    change = series_of(archive, "gdp").lines[0].points[1].change
    assert change is not None
    assert change.stated is not None
    assert (change.stated.row.value_text, change.agree) == ("5%", None)


def test_a_share_changes_by_points(archive: Archive) -> None:
    keep(archive, Report("甲", "2023-01-10", [("占比2.02%。", [fig("2.02%", "研发投入强度", "2022")])]))
    told = [
        fig("2.71%", "研发投入强度"),
        fig("0.69个百分点", "研发投入强度", unit="个百分点", measure="diff", base="yoy"),
    ]
    keep(archive, Report("乙", "2024-01-10", [("占比2.71%，提高0.69个百分点。", told)]))
    change = series_of(archive, "研发投入强度").lines[0].points[1].change
    assert change is not None
    assert (change.unit, change.agree) == ("个百分点", True)


def test_the_latest_report_counts_and_all_is_shown(archive: Archive) -> None:
    keep(
        archive,
        Report("甲", "2024-01-10", [("成交额34.2亿元。", [fig("34.2亿元", SALES)])]),
        Report("乙", "2024-10-10", [("成交额34.5亿元。", [fig("34.5亿元", SALES)])]),
        Report("丙", "2022-10-10", [("成交额34亿元。", [fig("34亿元", SALES)])]),
    )
    (point,) = series_of(archive, SALES).lines[0].points
    assert point.figure.row.value_text == "34.5亿元"
    assert [figure.row.value_text for figure in point.others] == ["34.2亿元", "34亿元"]
    assert point.conflict is not None
    assert [len(side.figures) for side in point.conflict.sides] == [1, 1]


def test_a_stock_means_the_end_of_a_year(archive: Archive) -> None:
    name = "高新技术企业"
    keep(archive, Report("甲", "2023-01-10", [("共120家。", [fig("120家", name, "2022")])]))
    keep(archive, Report("乙", "2024-01-10", [("共145家。", [fig("145家", name, "../2023-12-31")])]))
    keep(archive, Report("丙", "2024-07-10", [("共150家。", [fig("150家", name, "../2024-06-30")])]))
    found = series_of(archive, name)
    assert [(line.rhythm, periods(line)) for line in found.lines] == [
        (Rhythm.YEAR_END, ["2022", "../2023-12-31"]),
        (Rhythm.INSTANT, ["../2024-06-30"]),
    ]


@pytest.mark.parametrize("asked", [{"indicator": "", "area": "青岚区"}, {"indicator": SALES, "area": None}])
def test_indicator_and_area_are_needed(archive: Archive, asked: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest, match="indicator"):
        series_of(archive, **asked)


def test_a_name_stands_for_all_its_definitions() -> None:
    assert subjects_of("gdp") == ["gdp"]
    assert subjects_of("工业企业利润") == ["profit_large_industry", "工业企业利润"]
    assert subjects_of("没有的指标") == ["没有指标"]


@pytest.mark.parametrize(
    ("edtf", "rhythm"),
    [
        ("2023", "year"),
        ("2023-01/2023-12", "year"),
        ("../2023-12-31", "year_end"),
        ("../2023-06-30", "instant"),
        ("2023-06-30", "instant"),
        ("2023-01/2023-06", "since_january"),
        ("2023-01", "month"),
        ("2023-09", "month"),
        ("2023-04/2023-06", "quarter"),
        ("2023-07/2023-12", "half"),
        ("2023-02/2023-04", "other"),
        ("2021/2025", "other"),
        ("2021/..", "other"),
        ("2023-01-03/2023-02-28", "other"),
    ],
)
def test_rhythms(edtf: str, rhythm: str) -> None:
    assert rhythm_of(days(edtf)) == rhythm


@given(st.sets(st.integers(2000, 2040), min_size=1))
def test_points_and_gaps_are_every_year_between(years: set[int]) -> None:
    from service.archive.series import _gaps

    times = [(date(year, 1, 1), date(year, 12, 31)) for year in sorted(years)]
    gaps = [int(gap) for gap in _gaps(times, Rhythm.YEAR)]
    assert sorted([*gaps, *years]) == list(range(min(years), max(years) + 1))


@given(st.sets(st.integers(0, 60), min_size=1))
def test_months_too(months: set[int]) -> None:
    from service.archive.series import _gaps

    times = [days(f"{2020 + m // 12}-{m % 12 + 1:02}") for m in sorted(months)]
    assert len(list(_gaps(times, Rhythm.MONTH))) == max(months) - min(months) + 1 - len(months)


def _figure(key: int, place: str, unit: str, indicator: tuple[str, str | None], base: str | None) -> Figure:
    name, code = indicator
    day = date(2020 + key % 3, 12, 31)
    row = Row(
        *("r", None, None, key, name, code, "3", 3.0, 3.0, unit, "exact", False, "level", f"{day.year}"),
        *(date(day.year, 1, 1), day, place, None, None, base, "actual", 0.9, 0, 1, 0, 1, "", ""),
    )
    return Figure(key, row, subject(name, code), place, (), exactly(3.0), (None, None), (None, None))


_NAMED = (("规上工业增加值", "industrial_value_added_large"), ("工业增加值", "industrial_value_added"), ("利润", None))
_Kind = tuple[str, str, tuple[str, str | None], str | None]
_KINDS = st.tuples(
    *(st.sampled_from(("甲区", "乙区")), st.sampled_from(("元", "%")), st.sampled_from(_NAMED)),
    st.sampled_from((None, "yoy")),
)


@given(st.lists(_KINDS, min_size=2, max_size=12))
def test_a_break_is_from_the_last_line_that_it_is_most_like(kinds: list[_Kind]) -> None:
    found = series([_figure(key, *kind) for key, kind in enumerate(kinds)], measure="level", status="actual")

    def reasons(a: Line, b: Line) -> int:
        others = sum(x != y for x, y in ((a.area, b.area), (a.unit, b.unit), (a.base, b.base)))
        one_name = subject(a.indicator, None) == subject(b.indicator, None)
        return others + (a.subject != b.subject and not (one_name and others))

    assert [broken.after for broken in found.breaks] == list(range(1, len(found.lines)))
    for broken in found.breaks:
        unlike = [reasons(line, found.lines[broken.after]) for line in found.lines[: broken.after]]
        assert broken.before == max(n for n, count in enumerate(unlike) if count == min(unlike))
        assert len(broken.reasons) == unlike[broken.before]
