"""Routes of annotations: what is to be annotated, what was said of a report, and to whom it is given.

`annotations_router` gives them.  Who saves names what he saw: where another saved meanwhile he is told, and what he
sent is kept aside (`archive.revisions`).  Files of annotations go in and out by `routes_annotation_files`, the form of
an answer stands in `annotation_schema`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import JSONResponse, Response

from service import errors, problems
from service.access import USUAL, Gate
from service.annotation_fields import (
    ASSIGN_EXAMPLE,
    CHECK_EXAMPLE,
    REVIEW_EXAMPLE,
    SAVE_EXAMPLE,
    AnnotationAsked,
    AssignRequest,
    CheckRequest,
    DifferenceAsked,
    PeriodFields,
    QueueAsked,
    ReviewRequest,
    SaveRequest,
    ValueFields,
)
from service.annotation_response import (
    annotation_address,
    difference_json,
    faults_json,
    reading_json,
    revision_json,
    task_json,
)
from service.annotation_schema import (
    AnnotationJson,
    CheckedJson,
    DifferenceJson,
    HistoryJson,
    QueueJson,
    ReadingJson,
    SavedJson,
    TaskJson,
)
from service.annotations import faults as checks
from service.annotations.difference import difference
from service.annotations.document import Document
from service.annotations.form import document_json, read_document
from service.annotations.proposal import proposal
from service.annotations.reading import Reader, Reading, read_value, usual_measure
from service.annotations.schema import DocumentJson
from service.annotations.scoring import agreement
from service.archive import revisions, tasks
from service.archive.keys import Scope
from service.archive.reports import StoredReport, get_report
from service.archive.revisions import Revision, Saved, State, get_revision, latest, proposed
from service.desk import Desk
from service.layout import lay_out
from service.metrics import Metrics
from service.normalise import normalise
from service.periods import is_edtf, read_period, year_of
from service.readings import read_now
from service.records import Anchor, Label, Measure, Span
from service.response import layout_json
from service.settings import Settings
from service.shelf import Shelf
from service.submission import BODY, described, read_fields

ReportId = Annotated[str, Path(description="`id` of the report.", pattern="^[0-9a-f]{64}$")]
SAVING = (*USUAL, *BODY, errors.NotFound, errors.AnnotationConflict, errors.AnnotationFaulty)


@dataclass(frozen=True, slots=True)
class _Shown:
    """An annotation as it is shown; one of `revision` and `model` is None."""

    report: StoredReport
    document: Document
    revision: Revision | None
    model: str | None


def annotations_router(settings: Settings, shelf: Shelf, gate: Gate, desk: Desk, metrics: Metrics) -> APIRouter:
    """`desk` reads a report that no one has annotated and no model has read."""
    router = APIRouter(prefix="/annotations", tags=["annotations"])
    reader = [Depends(gate.needs(Scope.READ))]
    # As defaults below: an annotation cannot name them.
    writer, admin = gate.needs(Scope.WRITE), gate.needs(Scope.ADMIN)

    @router.get(
        "",
        summary="The queue: what is to be annotated",
        response_model=QueueJson,
        dependencies=reader,
        responses=problems.responses(*USUAL),
    )
    async def queue(asked: Annotated[QueueAsked, Query()]) -> Response:
        """What teaches most comes first, then the newest report; with how many there are in each state."""

        def question(connection: Connection) -> QueueJson:
            page = tasks.list_tasks(
                connection, state=asked.state, assignee=asked.assignee, q=asked.q, after=asked.after, limit=asked.limit
            )
            return {
                "counts": tasks.counts(connection),
                "tasks": [task_json(task) for task in page.items],
                "next": page.next,
            }

        return JSONResponse(await shelf.read(question))

    @router.get(
        "/{report}",
        summary="An annotation of a report",
        response_model=AnnotationJson,
        dependencies=reader,
        responses=problems.responses(*USUAL, errors.NotFound, errors.NotExtracted, errors.ModelRefused),
    )
    async def look(report: ReportId, asked: Annotated[AnnotationAsked, Query()]) -> Response:
        """The last that all share; where there is none, what the current model proposes, which reads it if need be."""
        kept = await shelf.read(lambda c: get_report(c, report))
        shown = None if asked.model else await shelf.read(lambda c: _kept(c, kept, asked))
        if shown is None:
            if asked.model:
                model = asked.model
                document = await shelf.read(lambda c: proposed(c, kept, model))
            else:
                extractor = desk.reader()
                model = extractor.model.id
                document = proposal(await read_now(shelf, desk, extractor, kept, metrics), kept.text or "")
            shown = _Shown(kept, document, None, model)
        task = await shelf.read(lambda c: tasks.get_task(c, report))
        return JSONResponse(await to_thread.run_sync(_annotation, shown, task))

    @router.put(
        "/{report}",
        summary="Save an annotation",
        response_model=SavedJson,
        responses=problems.responses(*SAVING),
        openapi_extra={"requestBody": described(SaveRequest)},
    )
    async def put(report: ReportId, request: Request, key: str | None = Depends(writer)) -> Response:
        """As a new revision.  409 where another saved since `base`: then it is kept in a line of one's own.

        As `in_work` anything of the right form is saved, as `done` only what has no errors.
        """
        asked = await read_fields(request, settings, SaveRequest, SAVE_EXAMPLE)
        who = _who(key, asked.annotator, SAVE_EXAMPLE)
        kept = await shelf.read(lambda c: get_report(c, report))
        document, found = await to_thread.run_sync(_checked, kept, asked.document, asked.state)

        def change(connection: Connection) -> Saved:
            return revisions.save(
                connection,
                kept,
                document,
                annotator=who,
                state=asked.state,
                base=asked.base,
                model=asked.model,
                own=asked.own,
                note=asked.note,
            )

        return await _saved(shelf, kept, await shelf.write(change), found)

    @router.get(
        "/{report}/history",
        summary="All revisions of an annotation",
        response_model=HistoryJson,
        dependencies=reader,
        responses=problems.responses(*USUAL, errors.NotFound),
    )
    async def look_back(report: ReportId) -> Response:
        """The newest first."""

        def question(connection: Connection) -> HistoryJson:
            made = revisions.history(connection, get_report(connection, report))
            return {"report": report, "revisions": [revision_json(revision, report) for revision in made]}

        return JSONResponse(await shelf.read(question))

    @router.post(
        "/{report}/check",
        summary="What is wrong with an annotation, and what its numbers read as",
        response_model=CheckedJson,
        dependencies=reader,
        responses=problems.responses(*USUAL, *BODY, errors.NotFound),
        openapi_extra={"requestBody": described(CheckRequest)},
    )
    async def check(report: ReportId, request: Request) -> Response:
        """Nothing is saved.  `value`: what a number's words read as, there or alone; `period`: those of a time."""
        asked = await read_fields(request, settings, CheckRequest, CHECK_EXAMPLE)
        if asked.document is None and asked.value is None and asked.period is None:
            raise errors.InvalidRequest(f"请求体中没有要检查的内容。{CHECK_EXAMPLE}")
        kept = await shelf.read(lambda c: get_report(c, report))
        return JSONResponse(await to_thread.run_sync(_check, kept, asked))

    @router.post(
        "/{report}/assign",
        summary="Give a task to someone",
        response_model=TaskJson,
        dependencies=[Depends(writer)],
        responses=problems.responses(*USUAL, *BODY, errors.NotFound),
        openapi_extra={"requestBody": described(AssignRequest)},
    )
    async def assign(report: ReportId, request: Request) -> Response:
        """Or to nobody, and set when its turn is."""
        asked = await read_fields(request, settings, AssignRequest, ASSIGN_EXAMPLE)

        def change(connection: Connection) -> TaskJson:
            if asked.priority is not None:
                tasks.prioritise(connection, [(report, asked.priority, asked.reason or "")])
            return task_json(tasks.assign(connection, report, asked.assignee))

        return JSONResponse(await shelf.write(change))

    @router.post(
        "/{report}/review",
        summary="Adopt a settled version",
        response_model=SavedJson,
        responses=problems.responses(*SAVING),
        openapi_extra={"requestBody": described(ReviewRequest)},
    )
    async def review(report: ReportId, request: Request, key: str | None = Depends(admin)) -> Response:
        """A document, or a revision as it is, becomes the last of the shared line, `reviewed`.  409 as for a save."""
        asked = await read_fields(request, settings, ReviewRequest, REVIEW_EXAMPLE)
        who = _who(key, asked.annotator, REVIEW_EXAMPLE)
        if (asked.document is None) == (asked.revision is None):
            raise errors.InvalidRequest("请给出 document 或 revision 之一：审定的标注，或原样采用的版本。")
        kept = await shelf.read(lambda c: get_report(c, report))
        if asked.document is not None:
            document, found = await to_thread.run_sync(_checked, kept, asked.document, "reviewed")
        else:
            number = asked.revision or 0
            _, document = await shelf.read(lambda c: get_revision(c, kept, number))
            found = await to_thread.run_sync(_sound, document, "reviewed")
        base = max(filter(None, (asked.base, asked.revision)), default=None)

        def change(connection: Connection) -> Saved:
            return revisions.save(
                connection, kept, document, annotator=who, state="reviewed", base=base, note=asked.note
            )

        return await _saved(shelf, kept, await shelf.write(change), found)

    @router.get(
        "/{report}/diff",
        summary="Two annotations side by side, and how far they agree",
        response_model=DifferenceJson,
        dependencies=reader,
        responses=problems.responses(*USUAL, errors.NotFound, errors.NotExtracted),
    )
    async def compare(report: ReportId, asked: Annotated[DifferenceAsked, Query()]) -> Response:
        """Each a revision, or a model for what it proposes.  Agreement is reckoned by the model's own measure."""
        kept = await shelf.read(lambda c: get_report(c, report))
        names, (left, right) = await shelf.read(lambda c: _sides(c, kept, asked))
        found = await to_thread.run_sync(
            lambda: difference_json(difference(left, right), agreement([(left, right)]), left, *names)
        )
        return JSONResponse(found)

    return router


def _who(key: str | None, given: str | None, example: str) -> str:
    """The name of the key, where keys are in use, else the one that is given.  Raises InvalidRequest."""
    if key is None and given is None:
        raise errors.InvalidRequest(f"请求体的 annotator 字段不可缺少：不用密钥时须写明标注者。{example}")
    return key or given or ""


def _kept(connection: Connection, report: StoredReport, asked: AnnotationAsked) -> _Shown | None:
    """The revision that is asked for; None where none is and there is none."""
    number = asked.revision
    if number is None:
        last = latest(connection, report, asked.annotator)
        if last is None and asked.annotator is not None:
            raise errors.NotFound(f"“{asked.annotator}”没有标注过报告 {report.id}。")
        if last is None:
            return None
        number = last.number
    revision, document = get_revision(connection, report, number)
    return _Shown(report, document, revision, None)


def _annotation(shown: _Shown, task: tasks.Task) -> AnnotationJson:
    found = checks.faults(shown.document)
    clean = normalise(shown.document.text)
    return {
        "report": task_json(task)["report"],
        "text": shown.document.text,
        "task": task_json(task),
        "revision": revision_json(shown.revision, shown.report.id) if shown.revision is not None else None,
        "model": shown.model,
        "document": document_json(shown.document),
        "layout": layout_json(clean, lay_out(clean.text)),
        "faults": faults_json(found, shown.document.text),
    }


def _checked(report: StoredReport, given: DocumentJson, state: State) -> tuple[Document, list[checks.Fault]]:
    """The document, and what is wrong with it.  Raises InvalidRequest, AnnotationFaulty."""
    document = read_document(given, id=report.id, text=report.text or "")
    return document, _sound(document, state)


def _sound(document: Document, state: State) -> list[checks.Fault]:
    """What is wrong with a document.  Raises AnnotationFaulty where that keeps it from the state."""
    found = checks.faults(document)
    if state != "in_work" and (wrong := checks.errors(found)):
        raise errors.AnnotationFaulty([dict(fault) for fault in faults_json(wrong, document.text)])
    return found


async def _saved(shelf: Shelf, report: StoredReport, saved: Saved, found: list[checks.Fault]) -> Response:
    """The answer to a save.  Raises AnnotationConflict where it was kept aside."""
    revision, conflict = saved.revision, saved.conflict
    if conflict is not None:
        raise errors.AnnotationConflict(
            yours=annotation_address(report.id, revision.number),
            theirs=annotation_address(report.id, conflict.number),
            base=annotation_address(report.id, revision.base) if revision.base is not None else None,
            annotator=conflict.annotator,
        )
    task = await shelf.read(lambda c: tasks.get_task(c, report.id))
    body: SavedJson = {
        "revision": revision_json(revision, report.id),
        "task": task_json(task),
        "faults": faults_json(found, report.text or ""),
    }
    return JSONResponse(body)


def _check(report: StoredReport, asked: CheckRequest) -> CheckedJson:
    text = report.text or ""
    found: list[checks.Fault] = []
    readings: list[ReadingJson] = []
    if asked.document is not None:
        document = read_document(asked.document, id=report.id, text=text)
        found = checks.faults(document)
        measures = {o.value: o.measure for o in document.observations}
        reader = Reader(text)
        for said in document_json(document)["entities"]:
            span, label = Span(said["start"], said["end"]), Label(said["label"])
            if (read := reader.read(span, label, measures.get(span, usual_measure(label)))) is not None:
                readings.append({"entity": said["id"], **reading_json(read)})
    value = _read(asked.value, text) if asked.value is not None else None
    return {
        "faults": faults_json(found, text),
        "readings": readings,
        "value": reading_json(value) if value is not None else None,
        "period": _period(asked.period) if asked.period is not None else None,
    }


def _period(asked: PeriodFields) -> str | None:
    """The EDTF of a time expression."""
    year = year_of(asked.year) if is_edtf(asked.year) else ""
    return read_period(asked.text, Anchor(asked.published if is_edtf(asked.published) else "", year))


def _read(asked: ValueFields, text: str) -> Reading | None:
    """The number at a place, or in words alone.  Raises InvalidRequest."""
    label, measure = Label(asked.label), Measure(asked.measure)
    if asked.text is not None and asked.start is None and asked.end is None:
        return read_value(asked.text, label, measure, given=asked.unit)
    if (
        asked.text is None
        and asked.start is not None
        and asked.end is not None
        and asked.start < asked.end <= len(text)
    ):
        return Reader(text).read(Span(asked.start, asked.end), label, measure, given=asked.unit)
    raise errors.InvalidRequest(f"value 应给出 text，或文本之内的 start 与 end。{CHECK_EXAMPLE}")


def _sides(
    connection: Connection, report: StoredReport, asked: DifferenceAsked
) -> tuple[tuple[str, str], tuple[Document, Document]]:
    """What the two sides are called, and what they say."""
    right = asked.right
    if right is None:
        last = latest(connection, report)
        if last is None:
            raise errors.NotFound(f"报告 {report.id} 还没有标注，无从比较。")
        right = str(last.number)
    left = asked.left
    if left is None:
        revision = get_revision(connection, report, _number(right))[0] if _number(right) else None
        source = (revision.base or revision.model) if revision is not None else None
        if source is None:
            raise errors.InvalidRequest(f"{right} 没有来处；请以 left 指明与之比较的版本或模型。")
        left = str(source)
    sides = tuple(
        get_revision(connection, report, _number(name))[1] if _number(name) else proposed(connection, report, name)
        for name in (left, right)
    )
    return (left, right), (sides[0], sides[1])


def _number(name: str) -> int:
    """The number of a revision, 0 for what is none."""
    return int(name) if name.isascii() and name.isdigit() and len(name) < 10 else 0
