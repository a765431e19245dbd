"""From annotations to what their routes answer: the JSON form of `annotation_schema`.

In: records.  Out: dictionaries.  Addresses are made here and nowhere else.  Knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from service.annotation_files import Imported
from service.annotation_schema import (
    AgreementJson,
    DifferenceJson,
    EntityChangeJson,
    EntitySideJson,
    FaultJson,
    FigureChangeJson,
    FigureSideJson,
    ImportedReportJson,
    LossJson,
    ReadingJson,
    RevisionJson,
    ScoreJson,
    TaskJson,
)
from service.annotations.difference import Difference, EntityChange, FigureChange
from service.annotations.document import Document, Figure
from service.annotations.exchange import Loss
from service.annotations.faults import Fault
from service.annotations.reading import Reading
from service.annotations.scoring import FIELDS, PARTS, Scores, Tally
from service.archive.revisions import SHARED, Revision
from service.archive.tasks import Task
from service.archive_response import instant
from service.records import Entity, Span
from service.response import number
from service.schema import TextSpan

DIGITS = 4


def annotation_address(report: str, revision: int | None = None) -> str:
    """The address of a report's annotation, or of one revision of it."""
    return f"/annotations/{report}" + (f"?revision={revision}" if revision is not None else "")


def task_json(task: Task) -> TaskJson:
    """A task of the queue."""
    return {
        "report": {"id": task.report, "title": task.title, "source": task.source, "href": f"/reports/{task.report}"},
        "characters": task.characters,
        "state": task.state,  # type: ignore[typeddict-item]  # the store holds it to these words
        "assignee": task.assignee,
        "priority": task.priority,
        "reason": task.reason,
        "changed_at": instant(task.changed_at),
        "revision": task.revision,
        "href": annotation_address(task.report),
    }


def revision_json(revision: Revision, report: str) -> RevisionJson:
    """A revision, without what it says."""
    return {
        "revision": revision.number,
        "line": None if revision.line == SHARED else revision.line,
        "annotator": revision.annotator,
        "at": instant(revision.at),
        "base": revision.base,
        "model": revision.model,
        "state": revision.state,  # type: ignore[typeddict-item]
        "note": revision.note,
        "corrections": revision.corrections,
        "href": annotation_address(report, revision.number),
    }


def faults_json(faults: Iterable[Fault], text: str) -> list[FaultJson]:
    """Faults with the characters that they are about."""
    return [
        {
            "code": fault.code,
            "severity": fault.severity.value,
            "message": fault.message,
            "field": fault.field or None,
            **_quote(fault.span, text),
        }
        for fault in faults
    ]


def reading_json(reading: Reading) -> ReadingJson:
    """A number as its words have it."""
    quantity = reading.quantity
    return {
        "low": number(quantity.low),
        "high": number(quantity.high),
        "unit": quantity.unit,
        "bound": quantity.bound.value,
        "masked": quantity.masked,
        "scope": reading.scope,
        "base": reading.base,
    }


def difference_json(found: Difference, scores: Scores, document: Document, left: str, right: str) -> DifferenceJson:
    """Two annotations of `document`'s text; `left` and `right` are what they are called."""
    text = document.text
    return {
        "report": document.id,
        "left": left,
        "right": right,
        "corrections": found.corrections,
        "entities": [
            EntityChangeJson(
                kind=_kind(change),
                fields=list(change.fields),
                left=_entity(change.left, text),
                right=_entity(change.right, text),
            )
            for change in found.entities
        ],
        "observations": [
            FigureChangeJson(
                kind=_kind(change),
                fields=list(change.fields),
                left=_figure(change.left, text),
                right=_figure(change.right, text),
            )
            for change in found.observations
        ],
        "agreement": agreement_json(scores),
    }


def agreement_json(scores: Scores) -> AgreementJson:
    """The scorer's figures."""
    value, link, observation = (_score(scores.parts[name]) for name in PARTS)
    return {
        "entities": {label: _score(tally) for label, tally in sorted(scores.entity.items())},
        "value": value,
        "link": link,
        "observation": observation,
        "fields": {
            name: {"accuracy": round(scores.accuracy(name), DIGITS), "asked": scores.fields[name][1]}
            for name in FIELDS
            if scores.fields[name][1]
        },
    }


def losses_json(losses: Iterable[Loss]) -> list[LossJson]:
    """What a format did not hold."""
    return [{"document": loss.document, "message": loss.message} for loss in losses]


def imported_json(done: Imported) -> ImportedReportJson:
    """What became of a document that was taken in."""
    conflict = done.saved.conflict
    return {
        "report": done.report,
        "revision": revision_json(done.saved.revision, done.report),
        "added": done.added,
        "conflict": annotation_address(done.report, conflict.number) if conflict is not None else None,
        "errors": done.errors,
    }


def _kind(change: EntityChange | FigureChange) -> Literal["added", "gone", "changed"]:
    if change.left is None:
        return "added"
    return "gone" if change.right is None else "changed"


def _score(tally: Tally) -> ScoreJson:
    return {
        "precision": round(tally.precision, DIGITS),
        "recall": round(tally.recall, DIGITS),
        "f1": round(tally.f1, DIGITS),
        "left": tally.gold,
        "right": tally.predicted,
    }


def _entity(entity: Entity | None, text: str) -> EntitySideJson | None:
    return None if entity is None else {"label": entity.label.value, **_quote(entity.span, text)}


def _figure(figure: Figure | None, text: str) -> FigureSideJson | None:
    if figure is None:
        return None

    def quote(span: Span | None) -> TextSpan | None:
        return None if span is None else _quote(span, text)

    quantity = figure.quantity
    return {
        "value": _quote(figure.value, text),
        "indicator": [_quote(span, text) for span in figure.indicator],
        "low": number(quantity.low),
        "high": number(quantity.high),
        "unit": quantity.unit,
        "bound": quantity.bound.value,
        "masked": quantity.masked,
        "measure": figure.measure.value,
        "period": figure.period,
        "period_span": quote(figure.period_span),
        "area": figure.area,
        "area_span": quote(figure.area_span),
        "scope": figure.scope,
        "base": figure.base,
        "base_span": quote(figure.base_span),
        "status": figure.status.value,
    }


def _quote(span: Span, text: str) -> TextSpan:
    return {"start": span.start, "end": span.end, "text": span.of(text)}
