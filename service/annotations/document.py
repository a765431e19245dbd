"""An annotated report: entities, and what is said of each number, in the one form that all of the project shares.

Spans count code points of the text as posted.  A link is the span of the entity that it leads to; two entities never
have the same span, so a span names an entity.  `faults` says whether a document is what it should be: what is being
worked on need not be.  Knows nothing of files, of the archive and of the model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date

from service.records import Entity, Hints, Label, Measure, Quantity, Span, Status

# What a link leads to, by the field that holds it.
LINKS = {"indicator": Label.INDICATOR, "period": Label.PERIOD, "area": Label.AREA, "base": None}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with all that an annotator says of it (annotation guidelines, sections 4 to 9).

    `value`: its entity.  `indicator`: the INDICATOR entities that say what is measured, in reading order.  `period`
    (EDTF) and `area` (a name) are what holds, `period_span` and `area_span` the entities that say so, None where the
    report does.  `base`: `yoy`, or the base's own words, `base_span` the entity that is it.  `scope` and `base` None
    where there is none.  `score`: how sure a model was, 1 where a person said it.
    """

    value: Span
    indicator: tuple[Span, ...]
    quantity: Quantity
    measure: Measure
    period: str | None
    period_span: Span | None
    area: str | None
    area_span: Span | None
    scope: str | None
    base: str | None
    status: Status
    base_span: Span | None = None
    score: float = 1.0

    def links(self) -> Iterator[tuple[str, Span]]:
        """Each link: the field (a key of `LINKS`) and where it leads."""
        yield from (("indicator", span) for span in self.indicator)
        for name, span in (("period", self.period_span), ("area", self.area_span), ("base", self.base_span)):
            if span is not None:
                yield name, span


@dataclass(frozen=True, slots=True)
class Document:
    """An annotated report.  `meta` is what is known of it: title, area, published, year, and what else its form says.

    `id` is what it is called by: a report's id in the archive, a name of its own in `annotations/`.
    """

    id: str
    text: str
    entities: tuple[Entity, ...]
    observations: tuple[Figure, ...]
    meta: Mapping[str, str] = field(default_factory=dict)

    def in_order(self) -> Document:
        """The same in reading order, the spans of each indicator too."""
        observations = (replace(o, indicator=tuple(sorted(o.indicator))) for o in self.observations)
        return replace(
            self,
            entities=tuple(sorted(self.entities, key=lambda e: (e.span, e.label))),
            observations=tuple(sorted(observations, key=lambda o: o.value)),
        )

    def as_said(self) -> Document:
        """The same without a model's doubts: as if a person had said all of it."""
        return replace(
            self,
            entities=tuple(replace(e, score=1.0) for e in self.entities),
            observations=tuple(replace(o, score=1.0) for o in self.observations),
        )


def hints_in(meta: Mapping[str, str]) -> Hints:
    """What the meta of a document knows of its report; a date that is none is left out."""
    published = None
    with suppress(ValueError):
        published = date.fromisoformat(meta.get("published", ""))
    return Hints(published, meta.get("area") or None, meta.get("title") or None)


def text_id(text: str) -> str:
    """The id of a text that has no other: SHA-256 of its UTF-8, in hexadecimal, as the archive calls it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
