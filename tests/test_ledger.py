"""Every number is accounted for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import ledger as stage
from service.periods import find_periods
from service.quantities import find_numbers, find_quantities
from service.records import (
    Bound,
    Entity,
    IndicatorRef,
    Label,
    Layout,
    Ledger,
    Measure,
    Observation,
    Quantity,
    SetAside,
    Span,
    Status,
)

BLANK = Layout((), (), (), (), ())


def observed(text: str, *values: str) -> list[Observation]:
    return [
        Observation(
            value=Span(text.index(value), text.index(value) + len(value)),
            label=Label.COUNT,
            quantity=Quantity(1.0, 1.0, "家", Bound.EXACT),
            indicator=IndicatorRef((), ""),
            measure=Measure.LEVEL,
            period=None,
            area=None,
            scope=None,
            base=None,
            status=Status.ACTUAL,
            score=1.0,
            evidence=Span(0, len(text)),
            section="",
        )
        for value in values
    ]


def account(text: str, layout: Layout, entities: Sequence[Entity], observations: Sequence[Observation]) -> Ledger:
    idle = find_quantities(text)[1]
    return stage.account(text, layout, entities, observations, times=find_periods(text), idle=idle)


def entity(text: str, label: Label, words: str) -> Entity:
    return Entity(label, Span(text.index(words), text.index(words) + len(words)))


def test_observed_set_aside_and_unexplained() -> None:
    text = "2023年,实施“双百2.0”计划,引进5-10名专家,走访37家。"
    entities = [entity(text, Label.PERIOD, "2023年"), entity(text, Label.PROGRAM, "“双百2.0”计划")]
    ledger = account(text, BLANK, entities, observed(text, "5-10名"))
    assert ledger.numbers == 5
    assert ledger.observed == 2
    assert [(s.span.of(text), s.reason) for s in ledger.set_aside] == [("2023", "date"), ("2.0", "name")]
    assert [s.of(text) for s in ledger.unexplained] == ["37"]


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("发布于2024-03-05 14:35", ["date"] * 5),
        ("1-9月完成,截至2022年底", ["date"] * 3),
        ("区科发〔2023〕15 号", ["document_number"] * 2),
        ("第12号公告", ["document_number"]),
        ("G60走廊和5G基站,PM2.5浓度,4A级景区", ["name"] * 4),
        ("“315”行动,“1+9”政策", ["name"] * 3),
        ("第3届、第二批", ["name"]),
        ("1.抓项目\n(2)抓人才", ["list_marker"] * 2),
        ("入选“2025全球百强榜”", ["date"]),
        ("注释［5］", ["list_marker"]),
        ("地铁7号线、世界500强企业、12345热线、行动2.0版", ["name"] * 4),
        ("成立60周年,07时41分,连续5年", ["date"] * 4),
        ("实施3大行动,AAAA级、5A级景区,世界500强,百强县", ["name"] * 3),
        ("重点抓好三件事,严守八项规定,7×24小时服务,第1家", ["name"] * 4),
        ("形成1核2翼3带格局,120急救", ["name"] * 4),
        ("索引号11330802002621450X/2024-82510", ["document_number"] * 3),
    ],
)
def test_reasons_that_the_text_itself_gives(text: str, reasons: list[str]) -> None:
    ledger = account(text, BLANK, [], [])
    assert [s.reason for s in ledger.set_aside] == reasons
    assert ledger.unexplained == ()


@pytest.mark.parametrize("label", [Label.ORG, Label.PLATFORM, Label.PROGRAM, Label.POLICY, Label.INDICATOR, Label.AREA])
def test_a_number_in_a_name(label: Label) -> None:
    text = "培育65岁以上人口"
    ledger = account(text, BLANK, [entity(text, label, "65岁以上人口")], [])
    assert [s.reason for s in ledger.set_aside] == ["name"]


def test_the_layouts_own_reason_comes_first() -> None:
    text = "打印 2024-03-05 浏览37次"
    layout = Layout((), (), (), (), (SetAside(Span(0, len(text)), "furniture"),))
    ledger = account(text, layout, [], [])
    assert {s.reason for s in ledger.set_aside} == {"furniture"}
    assert len(ledger.set_aside) == 4


def test_an_observed_number_is_observed_wherever_it_stands() -> None:
    text = "培育37家企业"
    ledger = account(text, BLANK, [entity(text, Label.INDICATOR, text)], observed(text, "37家"))
    assert (ledger.observed, ledger.set_aside, ledger.unexplained) == (1, (), ())


def test_a_value_that_misses_part_of_a_number_observes_none_of_it() -> None:
    text = "培育137家"
    ledger = account(text, BLANK, [], observed(text, "37家"))
    assert [s.of(text) for s in ledger.unexplained] == ["137"]


@given(
    st.text("0123456789X.年月日第届家个三十万,。\n(〔〕号“”+G", max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), max_size=6),
    st.data(),
)
def test_the_accounts_balance(text: str, stretches: list[tuple[int, int]], data: st.DataObject) -> None:
    spans = [Span(start, start + length) for start, length in stretches]
    labels = data.draw(st.lists(st.sampled_from(Label), min_size=len(spans), max_size=len(spans)))
    layout = Layout((), (), (), (), tuple(SetAside(s, "heading") for s in spans[:2]))
    ledger = account(text, layout, [Entity(label, s) for label, s in zip(labels, spans, strict=True)], [])
    assert ledger.observed + len(ledger.set_aside) + len(ledger.unexplained) == ledger.numbers
    accounted = sorted([s.span for s in ledger.set_aside] + list(ledger.unexplained))
    assert accounted == find_numbers(text)
