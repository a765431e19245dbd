"""Annotated documents seen differently each time: names and indicators exchanged for others, the annotation kept.

In: documents, and a `Stock` of what stands in documents.  Out: documents, the same but for the exchanged words.
Mention replacement (Dai & Adel 2020, COLING, "An Analysis of Simple Data Augmentation for Named Entity Recognition"):
a name gives way to a name of its label, everywhere alike, an indicator to one that is measured as it is.  Numbers,
times and places stay, for what is said of the figures hangs on them.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from service.annotations.document import Document
from service.records import Entity, Label, Measure, Span

NAMES = frozenset({Label.ORG, Label.PLATFORM, Label.PROGRAM, Label.POLICY})
NAME_SHARE = 0.4
INDICATOR_SHARE = 0.25
LONGEST = 30  # characters
FEWEST = 8  # indicators measured in one way: with fewer the same would come again and again
QUOTES = ("“”", '""', "《》")

# What numbers say of an indicator: unit and measure of each.
Measured = frozenset[tuple[str, Measure]]


@dataclass(frozen=True, slots=True)
class Stock:
    """What may be put in: names by label and whether they stand in quotes, indicators by how they are measured."""

    names: Mapping[tuple[Label, bool], tuple[str, ...]]
    indicators: Mapping[Measured, tuple[str, ...]]


def stock(documents: Iterable[Document]) -> Stock:
    """Everything in the documents that can stand elsewhere: one line, no mask."""
    names: dict[tuple[Label, bool], set[str]] = defaultdict(set)
    indicators: dict[Measured, set[str]] = defaultdict(set)
    for d in documents:
        for e in d.entities:
            if e.label in NAMES and _fits(e.span.of(d.text)):
                names[e.label, quoted(d.text, e.span)].add(e.span.of(d.text))
        for span, how in measured(d).items():
            if _fits(span.of(d.text)):
                indicators[how].add(span.of(d.text))
    return Stock(
        {key: tuple(sorted(found)) for key, found in names.items()},
        {key: tuple(sorted(found)) for key, found in indicators.items() if len(found) >= FEWEST},
    )


def exchanged(document: Document, known: Stock) -> Document:
    """The document with some of its names and indicators exchanged, by `random`'s own generator."""
    entities = sorted(document.entities, key=lambda e: e.span)
    how = measured(document)
    names: dict[tuple[Label, str], str] = {}
    pieces: list[str] = []
    moved: dict[Span, Span] = {}
    at = size = 0
    for e in entities:
        said = e.span.of(document.text)
        if e.label in NAMES:
            others = known.names.get((e.label, quoted(document.text, e.span)), ())
            said = names.setdefault((e.label, said), _other(said, others, NAME_SHARE))
        elif e.span in how:
            said = _other(said, known.indicators.get(how[e.span], ()), INDICATOR_SHARE)
        pieces += (document.text[at : e.span.start], said)
        size += e.span.start - at
        moved[e.span] = Span(size, size + len(said))
        size, at = size + len(said), e.span.end
    observations = tuple(
        replace(
            o,
            value=moved[o.value],
            indicator=tuple(moved[s] for s in o.indicator),
            period_span=o.period_span and moved[o.period_span],
            area_span=o.area_span and moved[o.area_span],
            base_span=o.base_span and moved[o.base_span],
        )
        for o in document.observations
    )
    return replace(
        document,
        text="".join(pieces) + document.text[at:],
        entities=tuple(Entity(e.label, moved[e.span]) for e in entities),
        observations=observations,
    )


def measured(document: Document) -> dict[Span, Measured]:
    """How each indicator is measured that is all there is of it: what belongs to another span is left alone."""
    ways: dict[Span, set[tuple[str, Measure]]] = defaultdict(set)
    parts: set[Span] = set()
    for o in document.observations:
        if len(o.indicator) == 1:
            ways[o.indicator[0]].add((o.quantity.unit, o.measure))
        else:
            parts.update(o.indicator)
    return {span: frozenset(found) for span, found in ways.items() if span not in parts}


def quoted(text: str, span: Span) -> bool:
    """Whether quotation marks enclose all of it."""
    return text[span.start - 1 : span.start] + text[span.end : span.end + 1] in QUOTES


def _other(said: str, others: tuple[str, ...], share: float) -> str:
    return random.choice(others) if others and random.random() < share else said


def _fits(said: str) -> bool:
    return 2 <= len(said) <= LONGEST and "\n" not in said and "X" not in said
