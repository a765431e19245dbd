"""What a model has read, as an annotation to be corrected: the pre-annotation.

In: the answer of `/extract` and the text it is of.  Out: a `Document` with the model's scores, whose links all lead to
entities.  An answer's links do so by themselves; one that did not would be left out, as what it says stays.
"""

from __future__ import annotations

from service.annotations.document import Document, Figure
from service.records import Bound, Entity, Label, Measure, Quantity, Span, Status
from service.schema import ExtractionJson, ObservationJson


def proposal(answer: ExtractionJson, text: str) -> Document:
    """The model's reading of `text` as a document; its id is the report's, its meta what the report says of itself."""
    report = answer["report"]
    entities = {
        Span(e["start"], e["end"]): Entity(Label(e["label"]), Span(e["start"], e["end"]), e["score"])
        for e in answer["entities"]
    }
    said = {
        "title": report["title"],
        "area": report["area"]["name"] if report["area"] else None,
        "published": report["published"],
        "year": report["period"],
    }
    return Document(
        id=report["id"],
        text=text,
        entities=tuple(entities.values()),
        observations=tuple(
            _figure(o, entities)
            for o in answer["observations"]
            if Span(o["value"]["start"], o["value"]["end"]) in entities
        ),
        meta={name: value for name, value in said.items() if value},
    ).in_order()


def _figure(said: ObservationJson, entities: dict[Span, Entity]) -> Figure:
    def entity(start: int | None, end: int | None) -> Span | None:
        return None if start is None or end is None or (span := Span(start, end)) not in entities else span

    value, period, area = said["value"], said["period"], said["area"]
    low, high = value["low"], value["high"]
    return Figure(
        value=Span(value["start"], value["end"]),
        indicator=tuple(span for s in said["indicator"]["spans"] if (span := Span(s["start"], s["end"])) in entities),
        quantity=Quantity(
            None if low is None else float(low),
            None if high is None else float(high),
            value["unit"],
            Bound(value["bound"]),
            value["masked"],
        ),
        measure=Measure(said["measure"]),
        period=period["edtf"] if period else None,
        period_span=entity(period["start"], period["end"]) if period else None,
        area=area["name"] if area else None,
        area_span=entity(area["start"], area["end"]) if area else None,
        scope=said["scope"],
        base=said["base"],
        status=Status(said["status"]),
        score=said["score"],
    )
