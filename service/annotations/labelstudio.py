"""Label Studio: JSON of tasks, with predictions (a model's reading) or annotations (a person's).

One region an entity, its id shared by all that is said of it: its label, and for a number its fields, each a result of
the control of that name (`labelling`).  Links are relations from the number to what it belongs to.

Offsets of plain text are Unicode code points: the editor counts UTF-16 in the browser and changes it into code points
before it keeps a region (`charsToCodePoints` of its `selection-tools`; held to the page of 1.23).  Versions before 2022
kept UTF-16 (HumanSignal/label-studio issue 1347): a region whose text says so is read that way.

Who draws a relation need not say which one it is, nor from which end: the labels of both ends say it.  Who adds a
number need not fill in its fields: what is not filled in is read in the number's own words.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from service.annotations.document import LINKS, Document, Figure, text_id
from service.annotations.exchange import Loss, Taken, Written, label_of, number_in, score_in
from service.annotations.labelling import CHOICES, LABEL, NUMBERS, RELATIONS, TEXT, WORDS
from service.annotations.reading import Reader, usual_measure
from service.errors import InvalidRequest
from service.records import Bound, Entity, Measure, Quantity, Span, Status

ANNOTATOR, MODEL, REPORT, META = "annotator", "model", "report", "meta"
# Before the number of a user, where an export has no more of him than that.
USER = "label-studio"
# The id of a region that a model proposed: the editor keeps it, and nothing else that would say whose it was.
_PROPOSED = re.compile(r"(.+)\.e\d+")
# What a relation without a name is, by the label that it leads to.
KINDS = {label: field for field, label in LINKS.items() if label is not None}


def write(documents: Iterable[Document]) -> Written:
    """A list of tasks to import; a document with `annotator` in its meta is an annotation, any other a prediction."""
    tasks, losses = [], []
    for document in documents:
        task, lost = task_of(document)
        tasks.append(task)
        losses += lost
    return Written(
        json.dumps(tasks, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass"), tuple(losses)
    )


def task_of(document: Document) -> tuple[dict[str, Any], list[Loss]]:
    """A document as a task, and what it cannot hold."""
    results = result_of(document)
    losses = [
        Loss(document.id, f"“{o.value.of(document.text)}”没有数值而未注明隐去：Label Studio 中会读作隐去。")
        for o in document.observations
        if (o.quantity.low is None) != o.quantity.masked
    ]
    data = {TEXT: document.text, REPORT: document.id, META: dict(document.meta)}
    if ANNOTATOR in document.meta:
        return {"data": data, "annotations": [{"result": results}]}, losses
    prediction = {
        "model_version": document.meta.get(MODEL, ""),
        "score": _certainty(document),
        "result": results,
    }
    return {"data": data, "predictions": [prediction]}, losses


def prediction_of(document: Document, model: str) -> dict[str, Any]:
    """A model's reading as a prediction; the ids of its regions say whose it was."""
    return {"model_version": model, "score": _certainty(document), "result": result_of(document, f"{model}.")}


def _certainty(document: Document) -> float:
    """The mean certainty of its figures."""
    scores = [o.score for o in document.observations]
    return sum(scores) / len(scores) if scores else 1.0


def result_of(document: Document, prefix: str = "") -> list[dict[str, Any]]:
    """The `result` of a prediction or annotation: regions, their fields, relations; `prefix` of the regions' ids."""
    document = document.in_order()
    names = {e.span: f"{prefix}e{n}" for n, e in enumerate(document.entities, 1)}
    figures = {o.value: o for o in document.observations}
    results: list[dict[str, Any]] = []
    for entity in document.entities:
        start, end = entity.span
        place = {"start": start, "end": end, "text": entity.span.of(document.text)}
        region = {"id": names[entity.span], "to_name": TEXT}
        labelled = {**region, "from_name": LABEL, "type": "labels", "value": {**place, "labels": [entity.label.value]}}
        results.append(labelled | ({"score": entity.score} if entity.score != 1 else {}))
        if entity.span in figures:
            results += _fields(region, place, figures[entity.span])
    results += [
        {"type": "relation", "from_id": names[o.value], "to_id": names[end], "direction": "right", "labels": [field]}
        for o in document.observations
        for field, end in o.links()
        if o.value in names and end in names
    ]
    return results


def _fields(region: Mapping[str, Any], place: Mapping[str, Any], figure: Figure) -> Iterator[dict[str, Any]]:
    q = figure.quantity
    for name, choice in (("measure", figure.measure), ("status", figure.status), ("bound", q.bound)):
        yield {**region, "from_name": name, "type": "choices", "value": {**place, "choices": [str(choice)]}} | (
            {"score": figure.score} if name == "measure" and figure.score != 1 else {}
        )
    for name, number in zip(NUMBERS, (q.low, q.high), strict=True):
        if number is not None:
            yield {**region, "from_name": name, "type": "number", "value": {**place, "number": number}}
    for name, words in zip(WORDS, (q.unit, figure.period, figure.area, figure.scope, figure.base), strict=True):
        if words:
            yield {**region, "from_name": name, "type": "textarea", "value": {**place, "text": [words]}}


def read(data: bytes) -> Taken:
    """The documents of an export (JSON, the full form): one for each annotation, or for a task's last prediction.

    Raises InvalidRequest.
    """
    try:
        tasks = json.loads(data)
    except ValueError:
        raise InvalidRequest("文件不是 JSON；应为 Label Studio 以 JSON 格式导出的任务。") from None
    documents: list[Document] = []
    losses: list[Loss] = []
    for number, task in enumerate(tasks if isinstance(tasks, list) else [tasks], 1):
        given = task.get("data") if isinstance(task, dict) else None
        if not isinstance(given, dict) or not isinstance(given.get(TEXT), str):
            raise InvalidRequest(f"第 {number} 个任务没有 data.text；应为 Label Studio 以 JSON 格式导出的任务。")
        for said in _said(task):
            document, lost = document_of(given, said)
            documents.append(document)
            losses += lost
    return Taken(tuple(documents), tuple(losses))


def document_of(data: Mapping[str, Any], said: Mapping[str, Any]) -> tuple[Document, list[Loss]]:
    """The document that one annotation or prediction makes of a task's data, and what of it is none of ours."""
    text = data[TEXT]
    id_ = data[REPORT] if isinstance(data.get(REPORT), str) else text_id(text)
    lost: list[Loss] = []
    given = said.get("result")
    results = [r for r in given if isinstance(r, dict)] if isinstance(given, list) else []
    entities = _regions(results, id_, text, lost)
    fields: dict[str, dict[str, Any]] = {}
    links: dict[str, list[tuple[str, Span]]] = {}
    for result in results:
        name, region = result.get("from_name"), str(result.get("id"))
        if result.get("type") == "relation":
            ends = _ends(result, entities)
            for kind in result.get("labels") or [KINDS.get(entities[ends[1]].label, "base") if ends else None]:
                if ends is not None and kind in RELATIONS:
                    links.setdefault(ends[0], []).append((kind, entities[ends[1]].span))
                else:
                    lost.append(Loss(id_, f"关系 {kind or ''} 的两端或类型无法识别，未读入。"))
        elif name in (*CHOICES, *NUMBERS, *WORDS):
            fields.setdefault(region, {})[str(name)] = _answer(result)
            if name == "measure" and "score" in result:
                fields[region]["score"] = result["score"]
        elif name != LABEL:
            lost.append(Loss(id_, f"控件 {name} 的结果不在可用之列，未读入。"))
    figures = []
    reader = Reader(text)
    for region in sorted({*fields, *links}):
        entity = entities.get(region)
        if entity is None or not entity.label.is_value:
            lost.append(Loss(id_, f"区域 {region} 有内容而没有数值的标签，观测未读入。"))
            continue
        figure = _figure(entity, fields.get(region, {}), links.get(region, []), reader)
        if figure is None:
            lost.append(Loss(id_, f"“{entity.span.of(text)}”没有填写数值，也读不出数，观测未读入。"))
        else:
            figures.append(figure)
    meta = {str(k): str(v) for k, v in data[META].items()} if isinstance(data.get(META), dict) else {}
    if (who := _who(said)) is not None:
        meta[ANNOTATOR] = who
    if (model := next((found[1] for region in entities if (found := _PROPOSED.fullmatch(region))), None)) is not None:
        meta[MODEL] = model
    return Document(id_, text, tuple(entities.values()), tuple(figures), meta).in_order(), lost


def _said(task: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What was said of a task: its annotations that were not withdrawn, else its last prediction."""
    kept = [a for a in task.get("annotations") or [] if isinstance(a, dict) and not a.get("was_cancelled")]
    return kept or [p for p in task.get("predictions") or [] if isinstance(p, dict)][-1:]


def _who(said: Mapping[str, Any]) -> str | None:
    """Who annotated, as far as the export says: who changed it last, else who made it."""
    by = said.get("updated_by") or said.get("completed_by")
    if isinstance(by, dict):
        by = by.get("email") or by.get("username") or by.get("id")
    return f"{USER}:{by}" if isinstance(by, int) else str(by) if by else None


def _regions(results: list[dict[str, Any]], id_: str, text: str, lost: list[Loss]) -> dict[str, Entity]:
    """The entities by the ids of their regions."""
    entities: dict[str, Entity] = {}
    spans = set()
    units = _Units(text)
    for result in results:
        if result.get("from_name") != LABEL or not isinstance(value := result.get("value"), dict):
            continue
        names = value.get("labels") or [None]
        label = label_of(names[0])
        span = _span(value, units)
        if label is None:
            lost.append(Loss(id_, f"标签 {names[0]} 不在可用之列，未读入。"))
        elif span is None:
            lost.append(Loss(id_, f"区域 {result.get('id')} 的位置不在文本之内，未读入。"))
        elif span in spans:
            lost.append(Loss(id_, f"“{span.of(text)}”有两个区域，后一个 {label} 未读入。"))
        else:
            spans.add(span)
            entities[str(result.get("id"))] = Entity(label, span, score_in(result))
            if len(names) > 1:
                lost.append(Loss(id_, f"“{span.of(text)}”有几个标签，只读入 {label}。"))
    return entities


class _Units:
    """A text counted in UTF-16; the count is made once, when it is asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts: list[int] = []

    def points(self, start: int, end: int) -> Span | None:
        """The code points of a range in UTF-16 units, None where it cuts one in two or is outside."""
        if not self._starts:
            self._starts = [0, *accumulate(2 if character > "\uffff" else 1 for character in self.text)]
        first, last = (bisect_left(self._starts, unit) for unit in (start, end))
        found = [self._starts[at] if at < len(self._starts) else None for at in (first, last)]
        return Span(first, last) if found == [start, end] else None


def _span(value: Mapping[str, Any], units: _Units) -> Span | None:
    """The region's span in code points; None where it is none."""
    start, end, said, text = value.get("start"), value.get("end"), value.get("text"), units.text
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        return None
    if isinstance(said, str) and not _says(text[start:end], said):
        old = units.points(start, end)
        if old is not None and _says(old.of(text), said):
            return old
    return Span(start, end) if end <= len(text) else None


def _says(text: str, said: str) -> bool:
    """Whether a region's own text is `text`; line ends come as two characters."""
    return text == said or text == said.replace("\\n", "\n")


def _ends(result: Mapping[str, Any], entities: Mapping[str, Entity]) -> tuple[str, str] | None:
    """The regions of a relation, the number first, whichever way it was drawn; None where one is missing."""
    start, end = str(result.get("from_id")), str(result.get("to_id"))
    if start not in entities or end not in entities:
        return None
    values = entities[start].label.is_value, entities[end].label.is_value
    if values == (False, True) or (values[0] == values[1] and result.get("direction") == "left"):
        return end, start
    return start, end


def _figure(entity: Entity, fields: Mapping[str, Any], links: list[tuple[str, Span]], reader: Reader) -> Figure | None:
    """What is said of a number, the rest as its words say it; None where there is nothing to read either."""

    def end(field: str) -> Span | None:
        return next((span for kind, span in links if kind == field), None)

    given, status = fields.get("measure"), fields.get("status")
    measure = Measure(given) if given in tuple(Measure) else usual_measure(entity.label)
    low, high = (number_in(fields.get(name)) for name in NUMBERS)
    if high is None or low is None:
        low = high = low if high is None else high
    bound, unit = fields.get("bound"), str(fields.get("unit") or "")
    scope, base = fields.get("scope") or None, fields.get("base") or None
    if bound in tuple(Bound):
        quantity = Quantity(low, high, unit, Bound(bound), low is None)
    else:  # whatever proposes a number says its bound: this one was added by hand
        read = reader.read(entity.span, entity.label, measure)
        if read is None and low is None:
            return None
        said = read.quantity if read is not None else Quantity(low, high, unit, Bound.EXACT)
        if low is not None:
            said = replace(said, low=low, high=high, masked=False)
        quantity = replace(said, unit=unit or said.unit)
        scope, base = (scope or read.scope, base or read.base) if read is not None else (scope, base)
    return Figure(
        value=entity.span,
        indicator=tuple(sorted({span for kind, span in links if kind == "indicator"})),
        quantity=quantity,
        measure=measure,
        period=fields.get("period") or None,
        period_span=end("period"),
        area=fields.get("area") or None,
        area_span=end("area"),
        scope=scope,
        base=base,
        base_span=end("base"),
        status=Status(status) if status in tuple(Status) else Status.ACTUAL,
        score=score_in(fields),
    )


def _answer(result: Mapping[str, Any]) -> Any:
    """What was chosen, written or counted."""
    value = result.get("value")
    given = value.get(str(result.get("type")).removesuffix("area")) if isinstance(value, dict) else None
    return given[0] if isinstance(given, list) and given else given
