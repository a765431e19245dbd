"""What is wrong with an annotated document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from annotated import GROWTH, INDICATOR, MONEY, RANK, TEXT, YEAR, documents, sample
from hypothesis import given

from service.annotations.document import Document
from service.annotations.faults import errors, faults
from service.records import Bound, Entity, Label, Measure, Quantity, Span


def changed(value: Span, **changes: Any) -> Document:
    """The sample, something else being said of one number."""
    said = sample()
    return replace(
        said, observations=tuple(replace(o, **changes) if o.value == value else o for o in said.observations)
    )


def marked(span: Span, label: Label | None, end: int | None = None) -> Document:
    """The sample, an entity having another label or end, or being gone."""
    said = sample()
    other = [] if label is None else [Entity(label, Span(span.start, end or span.end))]
    return replace(said, entities=tuple(x for e in said.entities for x in (other if e.span == span else [e])))


def test_the_sample_has_no_fault() -> None:
    assert faults(sample()) == []


def money(**changes: Any) -> Quantity:
    return replace(Quantity(5.6e8, 5.6e8, "元", Bound.EXACT), **changes)


@pytest.mark.parametrize(
    ("document", "code", "span"),
    [
        (marked(INDICATOR, Label.INDICATOR, MONEY.end - 1), "overlap", MONEY),
        (marked(Span(0, 3), Label.AREA, len(TEXT) + 1), "offsets", Span(0, len(TEXT) + 1)),
        (marked(GROWTH, Label.PERCENT, GROWTH.end + 1), "edge", Span(GROWTH.start, GROWTH.end + 1)),
        (marked(INDICATOR, None), "link-end", MONEY),
        (marked(INDICATOR, Label.ORG), "link-label", MONEY),
        (marked(YEAR, Label.AREA), "link-label", MONEY),
        (marked(MONEY, None), "value-unmarked", MONEY),
        (marked(MONEY, Label.ORG), "value-label", MONEY),
        (marked(RANK, Label.COUNT), "measure-label", RANK),
        (changed(MONEY, period="2023年"), "period-form", MONEY),
        (changed(MONEY, measure=Measure.RANK), "measure-label", MONEY),
        (changed(MONEY, quantity=money(low=None, high=None)), "no-number", MONEY),
        (changed(MONEY, quantity=money(low=None)), "no-number", MONEY),
        (changed(MONEY, quantity=money(low=6e8, bound=Bound.RANGE)), "order", MONEY),
        (changed(MONEY, quantity=money(high=6e8)), "bound", MONEY),
        (changed(RANK, quantity=Quantity(3, 3, "位", Bound.EXACT)), "rank-unit", RANK),
    ],
)
def test_an_error_is_told_at_its_place(document: Document, code: str, span: Span) -> None:
    found = errors(faults(document))
    assert (code, span) in {(fault.code, fault.span) for fault in found}
    assert all(fault.message.endswith("。") for fault in found)


@pytest.mark.parametrize(
    ("document", "code", "span", "field"),
    [
        (changed(MONEY, indicator=()), "no-indicator", MONEY, "indicator"),
        (changed(MONEY, quantity=money(low=56.0, high=56.0)), "value-differs", MONEY, "low"),
        (changed(MONEY, quantity=money(unit="美元")), "value-differs", MONEY, "unit"),
        (changed(MONEY, quantity=money(bound=Bound.OVER)), "value-differs", MONEY, "bound"),
        (changed(GROWTH, base=None), "base", GROWTH, "base"),
        (changed(MONEY, base="yoy"), "base", MONEY, "base"),
        (changed(MONEY, scope="全省"), "scope", MONEY, "scope"),
        (
            replace(sample(), observations=tuple(o for o in sample().observations if o.value != MONEY)),
            "value-alone",
            MONEY,
            "",
        ),
        (
            replace(marked(GROWTH, None), observations=tuple(o for o in sample().observations if o.value != GROWTH)),
            "number-unmarked",
            Span(GROWTH.start, GROWTH.end - 1),
            "",
        ),
    ],
)
def test_a_warning_finishes_nothing_and_forbids_nothing(document: Document, code: str, span: Span, field: str) -> None:
    (fault,) = faults(document)
    assert (fault.code, fault.span, fault.field) == (code, span, field)
    assert errors([fault]) == []


def test_a_bare_cell_has_the_unit_of_its_header() -> None:
    text = "研发费用 34.2"
    value, indicator = Span(5, 9), Span(0, 4)
    (one,) = (replace(o, value=value, indicator=(indicator,)) for o in sample().observations[:1])
    one = replace(one, period_span=None, area_span=None)
    document = Document("x", text, (Entity(Label.INDICATOR, indicator), Entity(Label.MONEY, value)), ())

    def said(low: float) -> list[str]:
        figure = replace(one, quantity=Quantity(low, low, "元", Bound.EXACT))
        return [fault.code for fault in faults(replace(document, observations=(figure,)))]

    assert [said(low) for low in (3.42e9, 342_000, 34.2, 3.5e9)] == [[], [], [], ["value-differs"]]


@pytest.mark.parametrize(
    "text",
    [
        "一、工作\n1.见临政发〔2023〕7号，第3批“3+2”体系，产值达5亿元。",
        "索引号:1133080200262145XT/2024-82510 访问次数: 412\n产值达5亿元。",
        "索引号 010-02-2023-0077\n总结汇编(精选4篇)\n一、概况……8\n产值达5亿元。",
        "重点做好:(1)抓投入;(2)抓平台。3、抓“10+N”产业,4.抓人才，产值达5亿元。",
    ],
)
def test_numbers_that_number_are_no_values(text: str) -> None:
    (fault,) = faults(Document("x", text, (), ()))
    assert (fault.code, fault.span.of(text)) == ("number-unmarked", "5")


@pytest.mark.parametrize("run", ["1", "A", "一", "1-", "\n"])
def test_long_runs_are_read_once(run: str) -> None:
    # Were each read again from each of its characters, this would take half an hour.
    assert errors(faults(Document("x", run * 200_000, (), ()))) == []


@given(documents())
def test_any_document_can_be_checked(document: Document) -> None:
    found = faults(document)
    assert found == sorted(found, key=lambda fault: fault.span)
    assert all(fault.message and fault.code for fault in found)
