"""Routes of reports: keep one, find them, and what is read in each.

`reports_router` gives them for a shelf and a gate.  How a body is read stands in `submission`, the form of an answer in
`archive_schema`.  A report posted again is the one that is there; what a model has read in a report is never read again
by it.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import JSONResponse, Response

from service import downloads, errors, problems
from service.access import USUAL, Gate
from service.archive.extractions import get_extraction
from service.archive.keys import Scope
from service.archive.reports import add_report, delete_report, get_report, list_reports
from service.archive.search import search
from service.archive_fields import AddAsked, ExtractionAsked, ModelAsked, ReportsAsked
from service.archive_response import added_json, figure_in_full_json, hit_json, report_json
from service.archive_schema import (
    AddedFileJson,
    AddedFilesJson,
    AddedReportJson,
    FigureInFullJson,
    KeptReportJson,
    KeptReportsJson,
)
from service.desk import Desk
from service.exports.figures import ReadReport
from service.exports.forms import OF_REPORT, Form
from service.exports.writing import write
from service.extractor import Extractor
from service.metrics import Metrics
from service.readings import read_now
from service.schema import ExtractionJson
from service.settings import Settings
from service.shelf import Shelf
from service.submission import BODY, Submission, bodies, read, readable

ReportId = Annotated[str, Path(description="`id` of the report.", pattern="^[0-9a-f]{64}$")]
ObservationId = Annotated[str, Path(description="`id` within the extraction.", pattern="^o[1-9][0-9]{0,8}$")]


def reports_router(settings: Settings, shelf: Shelf, gate: Gate, desk: Desk, metrics: Metrics) -> APIRouter:
    """`desk` reads a report that is to be read at once."""
    router = APIRouter(tags=["reports"])
    reader = [Depends(gate.needs(Scope.READ))]

    @router.post(
        "/reports",
        summary="Keep a report",
        status_code=201,
        response_model=AddedReportJson | AddedFilesJson,
        dependencies=[Depends(gate.needs(Scope.WRITE))],
        responses={
            200: {"description": "The archive had it.", "model": AddedReportJson | AddedFilesJson},
            **problems.responses(*USUAL, *BODY, errors.Busy),
        },
        openapi_extra={"requestBody": bodies(with_source=True)},
    )
    async def add(request: Request, asked: Annotated[AddAsked, Query()]) -> Response:
        """JSON or a file, as for `POST /extract`.  The same text is the same report: its first hints stand.

        Of a zip of several reports each is kept, and each that cannot be read is named with its problem.
        """
        shelf.archive()
        extractor = desk.reader() if asked.extract else None
        given = await read(request, settings, desk, with_source=True)
        if isinstance(given, Submission):
            kept = await keep(given, extractor)
            return JSONResponse(kept, status_code=201 if kept["added"] else 200, headers={"Location": kept["href"]})
        files: list[AddedFileJson] = []
        for member in given.members:
            try:
                files.append({"name": member.name, "report": await keep(readable(member), extractor)})
            except errors.ArchiveUnavailable:
                raise
            except errors.BaoshuError as error:
                files.append({"name": member.name, "problem": problems.problem(error)})
        new = any("report" in file and file["report"]["added"] for file in files)
        return JSONResponse({"files": files}, status_code=201 if new else 200)

    async def keep(given: Submission, extractor: Extractor | None) -> AddedReportJson:
        report, added = await shelf.write(
            lambda c: add_report(c, given.text, source=given.source, hints=given.hints, document=given.document)
        )
        metrics.report(added=added)
        body = added_json(report, added=added)
        if extractor is not None:
            body["observations"] = len((await read_now(shelf, desk, extractor, report, metrics))["observations"])
        return body

    @router.get(
        "/reports",
        summary="Find reports",
        response_model=KeptReportsJson,
        dependencies=reader,
        responses=problems.responses(*USUAL),
    )
    async def show(asked: Annotated[ReportsAsked, Query()]) -> Response:
        """All of them, or those whose text holds the words of `q`, each with the place where it does."""
        return JSONResponse(await shelf.read(lambda connection: _reports(connection, asked)))

    @router.get(
        "/reports/{id}",
        summary="A report with its text",
        response_model=KeptReportJson,
        dependencies=reader,
        responses=problems.responses(*USUAL, errors.NotFound),
    )
    async def look(id: ReportId) -> Response:  # noqa: A002 (the name within the address)
        return JSONResponse(report_json(await shelf.read(lambda c: get_report(c, id)), with_text=True))

    @router.delete(
        "/reports/{id}",
        summary="Delete a report and all that was read in it",
        status_code=204,
        dependencies=[Depends(gate.needs(Scope.ADMIN))],
        responses=problems.responses(*USUAL, errors.NotFound),
    )
    async def delete(id: ReportId) -> Response:  # noqa: A002
        """It cannot be undone: what older models read in it is gone as well."""
        await shelf.write(lambda connection: delete_report(connection, id))
        metrics.deleted()
        return Response(status_code=204)

    @router.get(
        "/reports/{id}/extraction",
        summary="What a model has read in a report",
        response_model=ExtractionJson,
        dependencies=reader,
        responses={
            200: downloads.answers(OF_REPORT),
            **problems.responses(
                *USUAL, errors.NotFound, errors.NotExtracted, errors.NotAcceptable, errors.TableTooLong
            ),
        },
    )
    async def extraction(
        request: Request,
        id: ReportId,  # noqa: A002
        asked: Annotated[ExtractionAsked, Query()],
    ) -> Response:
        """The same as `POST /extract` answers; by the current model, unless another is named."""
        form = downloads.wanted(request, asked.format, OF_REPORT)
        answer = await shelf.read(lambda c: get_extraction(c, id, asked.model or desk.current_id(c)))
        if form is Form.JSON:
            return JSONResponse(answer, headers={"Vary": "Accept"})
        report = await shelf.read(lambda c: get_report(c, id))
        read_report = ReadReport(id, report.text or "", answer, report.source)
        file = await desk.run(downloads.make, partial(write, form, [read_report], bom=asked.bom))
        return downloads.sent(file, form, answer["report"]["title"] or report.title or id)

    @router.get(
        "/reports/{id}/observations/{observation}",
        summary="One figure with its surroundings",
        response_model=FigureInFullJson,
        dependencies=reader,
        responses=problems.responses(*USUAL, errors.NotFound, errors.NotExtracted),
    )
    async def figure(
        id: ReportId,  # noqa: A002
        observation: ObservationId,
        asked: Annotated[ModelAsked, Query()],
    ) -> Response:
        """What the figures of `GET /observations` and the cells of a panel give as their evidence."""
        return JSONResponse(await shelf.read(lambda c: _figure(c, id, observation, asked.model or desk.current_id(c))))

    return router


def _reports(connection: Connection, asked: ReportsAsked) -> KeptReportsJson:
    if asked.q is None:
        kept = list_reports(connection, after=asked.after, limit=asked.limit)
        return {"reports": [report_json(report) for report in kept.items], "next": kept.next}
    hits = search(connection, asked.q, after=asked.after, limit=asked.limit)
    return {"reports": [hit_json(hit) for hit in hits.items], "next": hits.next}


def _figure(connection: Connection, id_: str, observation: str, model: str) -> FigureInFullJson:
    read_in = get_extraction(connection, id_, model)
    number = int(observation.removeprefix("o"))
    if number > len(read_in["observations"]):
        raise errors.NotFound(f"模型 {model} 在该报告中没有读出 {observation}；全部观测见 /reports/{id_}/extraction。")
    report = get_report(connection, id_)
    return figure_in_full_json(report, read_in["observations"][number - 1], model)
