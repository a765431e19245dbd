"""What differs between two annotations of one text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from annotated import GROWTH, INDICATOR, RANK, documents, sample
from hypothesis import given

from service.annotations.difference import EntityChange, difference
from service.annotations.document import Document
from service.annotations.scoring import agreement
from service.errors import InvalidRequest
from service.records import Entity, Label, Measure, Span

SAID = sample()


def entity(span: Span) -> Entity:
    return next(e for e in SAID.entities if e.span == span)


def with_entity(old: Span, new: Entity) -> Document:
    """The sample with one entity in another's place, and all links to it."""

    def of(span: Span | None) -> Span | None:
        return new.span if span == old else span

    return replace(
        SAID,
        entities=tuple(new if e.span == old else e for e in SAID.entities),
        observations=tuple(
            replace(
                o,
                value=of(o.value) or o.value,
                indicator=tuple(of(s) or s for s in o.indicator),
                period_span=of(o.period_span),
                area_span=of(o.area_span),
            )
            for o in SAID.observations
        ),
    )


@given(documents())
def test_nothing_differs_from_itself(document: Document) -> None:
    found = difference(document, document)
    assert (found.entities, found.observations, found.corrections) == ((), (), 0)


@given(documents())
def test_from_nothing_all_is_added_and_to_nothing_all_is_gone(document: Document) -> None:
    nothing = replace(document, entities=(), observations=())
    made, lost = difference(nothing, document), difference(document, nothing)
    assert [change.right for change in made.entities] == list(document.entities)
    assert [change.left for change in lost.observations] == list(document.observations)
    assert made.corrections == lost.corrections == len(document.entities) + len(document.observations)


def test_an_edge_that_moves_takes_its_links_along() -> None:
    shorter = Entity(Label.INDICATOR, Span(INDICATOR.start + 2, INDICATOR.end))
    found = difference(SAID, with_entity(INDICATOR, shorter))
    assert found.entities == (EntityChange(entity(INDICATOR), shorter, ("edges",)),)
    assert (found.observations, found.corrections) == ((), 1)
    value = Entity(Label.PERCENT, Span(GROWTH.start, GROWTH.end - 1))
    found = difference(SAID, with_entity(GROWTH, value))
    assert (found.entities[0].fields, found.observations) == (("edges",), ())


def test_a_label_changes_and_an_entity_goes() -> None:
    other = Entity(Label.PLATFORM, INDICATOR)
    assert difference(SAID, with_entity(INDICATOR, other)).entities[0].fields == ("label",)
    gone = replace(
        SAID,
        entities=tuple(e for e in SAID.entities if e.span != RANK),
        observations=tuple(o for o in SAID.observations if o.value != RANK),
    )
    found = difference(SAID, gone)
    assert found.entities == (EntityChange(entity(RANK), None),)
    assert [(c.left and c.left.value, c.right) for c in found.observations] == [(RANK, None)]


def test_each_field_is_one_correction() -> None:
    first = SAID.observations[0]
    other = replace(
        first, measure=Measure.INCREMENT, indicator=(), area_span=None, quantity=replace(first.quantity, high=6e8)
    )
    found = difference(SAID, replace(SAID, observations=(other, *SAID.observations[1:])))
    assert [c.fields for c in found.observations] == [("indicator", "high", "measure", "area")]
    assert found.corrections == 4


def test_other_texts_are_not_compared() -> None:
    with pytest.raises(InvalidRequest):
        difference(SAID, replace(SAID, text=SAID.text + "。"))


def test_agreement_is_the_scorers() -> None:
    other = replace(SAID.observations[0], measure=Measure.INCREMENT)
    scores = agreement([(SAID, replace(SAID, observations=(other, *SAID.observations[1:])))])
    assert (scores.entity["ALL"].f1, scores.parts["observation"].f1, scores.fields["measure"]) == (1.0, 0.75, [3, 4])
