"""The project's own form: JSONL, one document a line, relations from a number to what it belongs to.

`{"id", "text", "entities": [{"id", "label", "start_offset", "end_offset"}], "relations": [{"id", "from_id", "to_id",
"type"}], "meta": {..., "observations": {entity id: {...}}}}`; the type of a relation to an INDICATOR is the measure,
of the others `period`, `area`, `base`.  It holds all of a document, and doccano reads it (`doccano` keeps what doccano
would renumber).  Training reads it.

A relation says more than what stands in `meta`: who edits one elsewhere sees the relation, not the other.  A number
with relations and nothing in `meta` gets its fields from its own words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from service.annotations.document import Document, Figure, text_id
from service.annotations.exchange import Loss, Taken, Written, label_of, number_in, records, score_in
from service.annotations.reading import Reader, usual_measure
from service.records import Bound, Entity, Measure, Quantity, Span, Status

OBSERVATIONS = "observations"
MEASURES = tuple(Measure)
_NONE: Mapping[str, Any] = {}

# What the observation of an entity is kept under, given its number and its span.
Name = Callable[[int, Span], str]


def write(documents: Iterable[Document]) -> Written:
    """A line a document; nothing is lost."""
    lines = (json.dumps(record_of(d), ensure_ascii=False, allow_nan=False) + "\n" for d in documents)
    return Written("".join(lines).encode("utf-8", "surrogatepass"))


def read(data: bytes) -> Taken:
    """The documents of lines that `write` wrote, or that doccano did.  Raises InvalidRequest with the line."""
    documents: list[Document] = []
    losses: list[Loss] = []
    for record in records(data, "每行一份标注，含 text 与 entities"):
        document, lost = document_of(record)
        documents.append(document)
        losses += lost
    return Taken(tuple(documents), tuple(losses))


def record_of(document: Document, name: Name = lambda number, _: str(number)) -> dict[str, Any]:
    """A document as a line's JSON; what is said of a number stands in `meta` under `name`."""
    number = {e.span: n for n, e in enumerate(document.entities)}
    relations: list[dict[str, Any]] = []
    details: dict[str, Any] = {}
    for o in document.observations:
        if o.value not in number:
            continue
        for field, end in o.links():
            if end in number:
                kind = str(o.measure) if field == "indicator" else field
                relations.append({"id": len(relations), "from_id": number[o.value], "to_id": number[end], "type": kind})
        q = o.quantity
        details[name(number[o.value], o.value)] = {
            "low": q.low, "high": q.high, "unit": q.unit, "bound": str(q.bound), "measure": str(o.measure),
            "period": o.period, "area": o.area, "scope": o.scope, "base": o.base, "status": str(o.status),
            **({"masked": q.masked} if q.masked != (q.low is None) else {}),
            **({"score": o.score} if o.score != 1 else {}),
        }  # fmt: skip
    return {
        "id": document.id,
        "text": document.text,
        "entities": [
            {"id": n, "label": str(e.label), "start_offset": e.span.start, "end_offset": e.span.end}
            | ({"score": e.score} if e.score != 1 else {})
            for n, e in enumerate(document.entities)
        ],
        "relations": relations,
        "meta": {**document.meta, OBSERVATIONS: details},
    }


def document_of(record: Mapping[str, Any], name: Name | None = None) -> tuple[Document, list[Loss]]:
    """The document of a line's JSON, in reading order, and what of it is none of ours.

    `name`: as it was written with; None for the ids of the entities.  An observation whose number is gone is lost.
    """
    text = record["text"]
    meta = dict(record["meta"]) if isinstance(record.get("meta"), dict) else {}
    details = meta.pop(OBSERVATIONS, _NONE)
    details = details if isinstance(details, dict) else _NONE
    given = record.get("id", meta.get("id"))
    id_ = given if isinstance(given, str) and given else text_id(text)
    lost: list[Loss] = []
    entities = _entities(record, id_, text, lost)
    ends: dict[Span, list[tuple[str, Span]]] = {}
    for relation in _list(record, "relations"):
        start, end = (entities.get(str(relation.get(k))) for k in ("from_id", "to_id"))
        kind = relation.get("type")
        if start is None or end is None or kind not in (*MEASURES, "period", "area", "base"):
            lost.append(Loss(id_, f"关系 {kind} 的两端或类型无法识别，未读入。"))
        else:
            ends.setdefault(start.span, []).append((kind, end.span))
    reader = Reader(text) if entities else None
    figures = []
    taken = set()
    for n, (key, entity) in enumerate(entities.items()):
        known = key if name is None else name(n, entity.span)
        said = details.get(known)
        taken.add(known)
        if (isinstance(said, dict) or entity.span in ends) and reader is not None:
            linked = ends.get(entity.span, [])
            figure = _figure(entity, said if isinstance(said, dict) else _NONE, linked, reader)
            if figure is None:
                lost.append(Loss(id_, f"“{entity.span.of(text)}”有关系而读不出数，观测未读入。"))
            else:
                figures.append(figure)
    lost += [Loss(id_, f"观测 {gone} 的数值实体已不存在，未读入。") for gone in sorted(details.keys() - taken)]
    known_of = {str(k): v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for k, v in meta.items()}
    known_of.pop("id", None)
    return Document(id_, text, tuple(entities.values()), tuple(figures), known_of).in_order(), lost


def _entities(record: Mapping[str, Any], id_: str, text: str, lost: list[Loss]) -> dict[str, Entity]:
    """The entities by their ids."""
    entities: dict[str, Entity] = {}
    spans = set()
    for given in _list(record, "entities"):
        label, start, end = label_of(given.get("label")), given.get("start_offset"), given.get("end_offset")
        if label is None:
            lost.append(Loss(id_, f"实体标签 {given.get('label')} 不在可用之列，未读入。"))
        elif type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
            lost.append(Loss(id_, f"实体 {label} 的位置 [{start}, {end}) 不在文本之内，未读入。"))
        elif (start, end) in spans:
            lost.append(Loss(id_, f"“{text[start:end]}”有两个实体，后一个 {label} 未读入。"))
        else:
            spans.add((start, end))
            entities[str(given.get("id", f"#{start}-{end}"))] = Entity(label, Span(start, end), score_in(given))
    return entities


def _figure(entity: Entity, said: Mapping[str, Any], linked: list[tuple[str, Span]], reader: Reader) -> Figure | None:
    """What is said of a number; where nothing is, what its words say.  None where there is nothing to read either."""
    kinds = {kind for kind, _ in linked if kind in MEASURES}
    stated = said.get("measure")
    measure = Measure(kinds.pop() if len(kinds) == 1 else stated if stated in MEASURES else usual_measure(entity.label))
    reading = None if "unit" in said and "bound" in said else reader.read(entity.span, entity.label, measure)
    if reading is None and not said:
        return None
    compared = measure in (Measure.GROWTH, Measure.DIFF)

    def end(field: str) -> Span | None:
        return next((span for kind, span in linked if kind == field), None)

    return Figure(
        value=entity.span,
        indicator=tuple(sorted({span for kind, span in linked if kind in MEASURES})),
        quantity=reading.quantity if reading is not None else _quantity(said),
        measure=measure,
        period=_text(said.get("period")),
        period_span=end("period"),
        area=_text(said.get("area")),
        area_span=end("area"),
        scope=_text(said.get("scope")) if "scope" in said or reading is None else reading.scope,
        base=_text(said.get("base")) or (reading.base if reading is not None and compared else None),
        base_span=end("base"),
        status=Status(said["status"]) if said.get("status") in tuple(Status) else Status.ACTUAL,
        score=score_in(said),
    )


def _quantity(said: Mapping[str, Any]) -> Quantity:
    low, high = number_in(said.get("low")), number_in(said.get("high"))
    bound = said.get("bound")
    return Quantity(
        low,
        high,
        str(said.get("unit") or ""),
        Bound(bound) if bound in tuple(Bound) else Bound.EXACT,
        bool(said.get("masked", low is None)),
    )


def _text(given: Any) -> str | None:
    return given if isinstance(given, str) and given else None


def _list(record: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    given = record.get(name)
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
