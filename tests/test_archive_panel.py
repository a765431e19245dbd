"""Figures laid out as a table."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from service.archive.observations import Row
from service.archive.panel import Panel, panel
from service.edtf import days

BASE = Row(
    report="a",
    title=None,
    source=None,
    number=1,
    indicator="技术合同成交额",
    indicator_code=None,
    value_text="3亿元",
    low=3e8,
    high=3e8,
    unit="元",
    bound="exact",
    masked=False,
    measure="level",
    period="2023",
    period_start=None,
    period_end=None,
    area="青岚区",
    area_code=None,
    scope=None,
    base=None,
    status="actual",
    score=0.5,
    start=0,
    end=4,
    evidence_start=0,
    evidence_end=9,
    section="",
    evidence="",
)


def figure(period: str | None = "2023", value: float = 3e8, **fields: object) -> Row:
    first, last = days(period) if period else (None, None)
    made = replace(BASE, period=period, period_start=first, period_end=last, low=value, high=value)
    changed: Row = replace(made, **fields)  # type: ignore[arg-type]
    return changed


def lay_out(*figures: Row) -> Panel:
    return panel(figures, measure="level", status="actual")


def test_nothing() -> None:
    assert lay_out() == Panel("level", "actual", (), ())
    assert lay_out(figure(None)) == Panel("level", "actual", (), ())


def test_periods_stand_in_order_of_time() -> None:
    periods = ("2023", "2021", "2023-06", "../2022", "20XX", "2023-01/2023-06", "2023-01")
    found = lay_out(*(figure(period) for period in periods))
    # What has no beginning comes first, a masked year last.
    assert found.periods == ("../2022", "2021", "2023-01", "2023-01/2023-06", "2023", "2023-06", "20XX")
    (row,) = found.rows
    assert [len(cell) for cell in row.cells] == [1] * len(periods)


def test_a_row_is_one_indicator_of_one_area_in_one_unit() -> None:
    found = lay_out(
        figure(),
        figure("2024"),
        figure(area="白石县"),
        figure(unit="项"),
        figure(indicator="专利授权量"),
        figure(base="yoy"),
        figure(scope="全市"),
    )
    assert len(found.rows) == 6
    assert sum(len(cell) for row in found.rows for cell in row.cells) == 7


def test_a_code_is_the_same_under_any_name() -> None:
    found = lay_out(
        figure(indicator="成交额", indicator_code="tech_contract_value", area="青岚", area_code="330499"),
        figure("2024", indicator="技术合同额", indicator_code="tech_contract_value", area="青岚区", area_code="330499"),
        figure("2024", indicator="成交额", area="青岚"),
    )
    assert sorted(sum(map(len, row.cells)) for row in found.rows) == [1, 2]


def test_where_reports_differ_it_is_seen() -> None:
    found = lay_out(
        figure(value=4e8, report="a", score=0.9),
        figure(value=3e8, report="b", score=0.6),
        figure(value=3e8, report="c", score=0.8),
        figure(value=3e8, report="c", score=0.7, number=2),
        figure(value=3e8, report="d", bound="over", score=0.95),
    )
    ((cell,),) = [row.cells for row in found.rows]
    assert [(value.figures[0].low, value.figures[0].bound, value.reports) for value in cell] == [
        (3e8, "exact", 2),
        (3e8, "over", 1),
        (4e8, "exact", 1),
    ]
    assert [figure.score for figure in cell[0].figures] == [0.8, 0.7, 0.6]


def test_masked_values_are_told_apart_as_written() -> None:
    found = lay_out(
        *(
            figure(value_text=text, report=report, low=None, high=None, masked=True)
            for text, report in (("XX亿元", "a"), ("XX亿元", "b"), ("X亿元", "c"))
        )
    )
    ((cell,),) = [row.cells for row in found.rows]
    assert [len(value.figures) for value in cell] == [2, 1]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["2021", "2022", "2022-03", None]),
            st.sampled_from([1.0, 2.0]),
            st.sampled_from("ab"),
            st.sampled_from("xyz"),
        )
    )
)
def test_every_figure_with_a_period_has_its_place_once(given: list[tuple[str | None, float, str, str]]) -> None:
    figures = [
        figure(period, value, report=report, area=area, number=number)
        for number, (period, value, report, area) in enumerate(given)
    ]
    found = lay_out(*figures)
    placed = [
        (found.periods[at], one)
        for row in found.rows
        for at, cell in enumerate(row.cells)
        for value in cell
        for one in value.figures
    ]
    assert sorted(one.number for _, one in placed) == [one.number for one in figures if one.period is not None]
    assert all(period == one.period for period, one in placed)
