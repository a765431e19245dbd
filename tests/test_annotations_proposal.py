"""A model's reading as an annotation to be corrected."""

from __future__ import annotations

from fakes import extraction_of

from service.annotations.faults import faults
from service.annotations.proposal import proposal
from service.records import Label, Span
from service.response import to_json

TEXT = "营 收3.2 亿元，共12家。"


def test_an_answer_becomes_a_document_of_the_posted_text() -> None:
    document = proposal(to_json(extraction_of(TEXT)), TEXT)
    assert [(e.label, e.span.of(TEXT), e.score) for e in document.entities] == [
        (Label.MONEY, "3.2 亿元", 0.9),
        (Label.COUNT, "12家", 0.9),
    ]
    first = document.observations[0]
    assert (first.value, first.quantity.low, first.period, first.area, first.score) == (
        Span(3, 9),
        3.2e8,
        "2023",
        "青岚区",
        0.8765,
    )
    assert document.meta == {"area": "青岚区", "year": "2023"}


def test_what_leads_to_no_entity_is_no_link() -> None:
    answer = to_json(extraction_of(TEXT))
    assert answer["observations"][0]["indicator"]["spans"]  # of a character that is no entity
    document = proposal(answer, TEXT)
    assert [o.indicator for o in document.observations] == [(), ()]
    assert {o.period_span for o in document.observations} == {None}
    assert {fault.code for fault in faults(document)} == {"no-indicator"}
