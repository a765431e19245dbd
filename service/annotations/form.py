"""From an annotated document to its JSON form (`schema`) and back.

Written, a document's links are ids of its entities; one that leads to no entity is not written (`faults` has named
it).  Read, everything is checked that the records cannot hold otherwise: offsets within the text, ids that exist, one
entity a span, one observation a number.  Whether it makes sense is `faults`' business.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from service.annotations.document import Document, Figure
from service.annotations.schema import DocumentJson, MarkedObservationJson
from service.errors import InvalidRequest
from service.records import Bound, Entity, Label, Measure, Quantity, Span, Status
from service.response import number

EXAMPLE = (
    '应为 {"entities": [{"id": "e1", "label": "MONEY", "start": 0, "end": 5}], "observations": [{"value": "e1",'
    ' "low": 320000000, "high": 320000000, "unit": "元", "bound": "exact", "measure": "level"}]}。'
)
SCORE_DIGITS = 4


class _Form(BaseModel):
    """Checks the form; a dictionary within takes this configuration over."""

    model_config = ConfigDict(extra="forbid", strict=True)

    document: DocumentJson


def document_json(document: Document) -> DocumentJson:
    """The JSON form of a document, in reading order."""
    document = document.in_order()
    text = document.text
    names = {entity.span: f"e{n}" for n, entity in enumerate(document.entities, 1)}
    return {
        "entities": [
            {
                "id": names[e.span],
                "label": e.label.value,
                "start": e.span.start,
                "end": e.span.end,
                "text": e.span.of(text),
                "score": round(e.score, SCORE_DIGITS),
            }
            for e in document.entities
        ],
        "observations": [
            _figure_json(f"o{n}", figure, names, text)
            for n, figure in enumerate((o for o in document.observations if o.value in names), 1)
        ],
        "meta": dict(document.meta),
    }


def read_document(given: Any, *, id: str, text: str) -> Document:  # noqa: A002
    """The document that `given` (plain JSON) says of `text`, in reading order.

    Raises InvalidRequest, which names what is wrong: the form, an offset outside the text, an unknown id.
    """
    try:
        said = _Form.model_validate({"document": given}).document
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"][1:])
        raise InvalidRequest(f"标注的 {where} 不合要求。{EXAMPLE}") from None
    spans = _spans(said, len(text))
    entities = tuple(Entity(Label(e["label"]), spans[e["id"]], e.get("score", 1.0)) for e in said["entities"])
    figures: dict[Span, Figure] = {}
    for observation in said["observations"]:
        figure = _figure(observation, spans)
        if figure.value in figures:
            raise InvalidRequest(f"标注中 {observation['value']} 有两条观测；一个数只能有一条。")
        figures[figure.value] = figure
    return Document(id, text, entities, tuple(figures.values()), said.get("meta", {})).in_order()


def _spans(said: DocumentJson, length: int) -> dict[str, Span]:
    """The span of each entity by its id."""
    spans: dict[str, Span] = {}
    names: dict[Span, str] = {}
    for entity in said["entities"]:
        name, span = entity["id"], Span(entity["start"], entity["end"])
        if name in spans:
            raise InvalidRequest(f"标注中有两个实体的 id 都是 {name}；id 不可重复。")
        if not 0 <= span.start < span.end <= length:
            raise InvalidRequest(
                f"标注中 {name} 的位置 [{span.start}, {span.end}) 不在文本之内；应为 0 到 {length} 之间的非空区间，"
                "按 Unicode 字符计。"
            )
        if span in names:
            raise InvalidRequest(f"标注中 {names[span]} 与 {name} 的位置相同；一段文字只能有一个实体。")
        spans[name], names[span] = span, name
    return spans


def _figure(said: MarkedObservationJson, spans: Mapping[str, Span]) -> Figure:
    def span(field: str, name: str) -> Span:
        if name not in spans:
            raise InvalidRequest(f"标注中 {said['value']} 的 {field} 指向 {name}，而没有这个实体。")
        return spans[name]

    def end(field: str, name: str | None) -> Span | None:
        return None if name is None else span(field, name)

    low, high = said["low"], said["high"]
    for value in (low, high):
        if value is not None and not math.isfinite(value):
            raise InvalidRequest(f"标注中 {said['value']} 的数值不是有限的数。")
    return Figure(
        value=span("value", said["value"]),
        indicator=tuple({span("indicator", name) for name in said.get("indicator", [])}),
        quantity=Quantity(
            None if low is None else float(low),
            None if high is None else float(high),
            said["unit"],
            Bound(said["bound"]),
            said.get("masked", low is None),
        ),
        measure=Measure(said["measure"]),
        period=said.get("period") or None,
        period_span=end("period_entity", said.get("period_entity")),
        area=said.get("area") or None,
        area_span=end("area_entity", said.get("area_entity")),
        scope=said.get("scope") or None,
        base=said.get("base") or None,
        base_span=end("base_entity", said.get("base_entity")),
        status=Status(said.get("status", "actual")),
        score=said.get("score", 1.0),
    )


def _figure_json(name: str, figure: Figure, names: Mapping[Span, str], text: str) -> MarkedObservationJson:
    def entity(span: Span | None) -> str | None:
        return None if span is None else names.get(span)

    quantity = figure.quantity
    return {
        "id": name,
        "value": names[figure.value],
        "text": figure.value.of(text),
        "low": number(quantity.low),
        "high": number(quantity.high),
        "unit": quantity.unit,
        "bound": quantity.bound.value,
        "masked": quantity.masked,
        "measure": figure.measure.value,
        "indicator": [names[span] for span in figure.indicator if span in names],
        "period": figure.period,
        "period_entity": entity(figure.period_span),
        "area": figure.area,
        "area_entity": entity(figure.area_span),
        "scope": figure.scope,
        "base": figure.base,
        "base_entity": entity(figure.base_span),
        "status": figure.status.value,
        "score": round(figure.score, SCORE_DIGITS),
    }
