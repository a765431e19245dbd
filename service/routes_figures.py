"""Routes of figures across all reports: as a list, as tables, and as a panel; and what describes them to SDMX.

`figures_router` gives them for a shelf and a gate.  What a question means stands in `archive.observations`, how a panel
is laid out in `archive.panel`, the form of an answer in `archive_schema`, those of tables in `exports`.  A list comes
in pages; a table comes whole, one page of the store after another, so that neither this server nor the store ever holds
it all: a table of text is sent as it comes, a workbook or Parquet file when it is done.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from io import BytesIO
from typing import Annotated, BinaryIO

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from service import downloads, errors, problems
from service.access import ACCESS, USUAL, Gate
from service.archive.keys import Scope
from service.archive.observations import ObservationQuery, Row, find_observations
from service.archive.paging import MOST_ITEMS, Page
from service.archive.panel import panel
from service.archive_fields import PAGE, FiguresPageAsked, PanelAsked
from service.archive_response import figure_json, figure_of, panel_json
from service.archive_schema import FiguresJson, PanelJson
from service.desk import Desk
from service.exports.forms import OF_FIGURES, OF_PANEL, Form
from service.exports.sdmx_structure import MEDIA_TYPE as STRUCTURE
from service.exports.sdmx_structure import structure
from service.exports.writing import begin_table
from service.metrics import Metrics
from service.panel_table import figures_of
from service.panel_table import to_csv as panel_to_csv
from service.shelf import Shelf

# What the tables are called.
OBSERVATIONS, PANEL = "observations", "panel"
CLOSED = 499  # nobody reads it; as in many logs


def figures_router(shelf: Shelf, gate: Gate, desk: Desk, metrics: Metrics) -> APIRouter:
    """`desk` knows the current model."""
    router = APIRouter(tags=["figures"], dependencies=[Depends(gate.needs(Scope.READ))])

    @router.get(
        "/observations",
        summary="Figures of all reports",
        response_model=FiguresJson,
        responses={
            200: downloads.answers(OF_FIGURES),
            **problems.responses(*USUAL, errors.NotAcceptable, errors.TableTooLong),
        },
    )
    async def show(request: Request, asked: Annotated[FiguresPageAsked, Query()]) -> Response:
        """As a model has read them: the current one, unless another is named.

        As a table (`format=`, or `Accept`) all of them, in which case there are no pages.
        """
        form = downloads.wanted(request, asked.format, OF_FIGURES)
        if form is not Form.JSON and (asked.limit is not None or asked.after is not None):
            raise errors.InvalidRequest("表格一次给出全部观测，不分页；请去掉 limit 与 after，或改用 format=json。")
        query = await shelf.read(lambda c: asked.query(desk.current_id(c), asked.status))
        limit = (asked.limit or PAGE) if form is Form.JSON else MOST_ITEMS
        first = await shelf.read(lambda c: find_observations(c, query, after=asked.after, limit=limit))
        if form is not Form.JSON:
            pages = _pages(shelf, query, first, metrics)
            if form.streams:
                stream = _streamed(pages, form, bom=asked.bom)
                given = downloads.headers(form, OBSERVATIONS)
                return StreamingResponse(stream, media_type=form.media_type, headers=given)
            file = await _made(pages, form, request)
            return Response(status_code=CLOSED) if file is None else downloads.sent(file, form, OBSERVATIONS)
        metrics.figures(len(first.items))
        body: FiguresJson = {
            "model": query.model,
            "observations": [figure_json(row, query.model) for row in first.items],
            "next": first.next,
        }
        return JSONResponse(body, headers={"Vary": "Accept"})

    @router.get(
        "/observations/panel",
        summary="Figures as a table: area and indicator down, periods across",
        response_model=PanelJson,
        responses={200: downloads.answers(OF_PANEL), **problems.responses(*USUAL, errors.NotAcceptable)},
    )
    async def lay_out(request: Request, asked: Annotated[PanelAsked, Query()]) -> Response:
        """Of one measure (`level` by default) and status (`actual` by default).

        At least one of `indicator`, `area` and `report` is needed.  A cell has every value that the reports give for
        it, that of the most reports first, each with the addresses of the figures that prove it.  The CSV has the
        first value of each cell, and beside it the address of its evidence.
        """
        if asked.indicator is None and asked.area is None and asked.report is None:
            raise errors.InvalidRequest("请给出 indicator、area、report 中的至少一项，例如 area=青岚区。")
        form = downloads.wanted(request, asked.format, OF_PANEL)
        query = await shelf.read(lambda c: asked.query(desk.current_id(c), asked.status))
        found = await shelf.read(lambda c: panel(figures_of(c, query), measure=asked.measure, status=asked.status))
        if form is Form.CSV:
            table = panel_to_csv(found, query.model, downloads.base(request))
            return Response(table, media_type=form.media_type, headers=downloads.headers(form, PANEL))
        return JSONResponse(panel_json(found, query.model), headers={"Vary": "Accept"})

    @router.get(
        "/sdmx/structure",
        summary="The SDMX structure of figures",
        response_class=Response,
        responses={200: {"content": {STRUCTURE: {"schema": {"type": "string"}}}}, **problems.responses(*ACCESS)},
    )
    async def describe() -> Response:
        """SDMX-ML 3.0: dataflows, data structures, concepts and code lists of every SDMX-CSV that comes from here."""
        message = await to_thread.run_sync(structure)
        name = {"Content-Disposition": 'attachment; filename="baoshu-structure.xml"'}
        return Response(message, media_type=STRUCTURE, headers=name)

    return router


async def _pages(
    shelf: Shelf, query: ObservationQuery, first: Page[Row], metrics: Metrics
) -> AsyncIterator[tuple[Row, ...]]:
    """The figures a page at a time.  Each is read by itself: those that are read meanwhile may be there or not."""
    page = first
    while True:
        metrics.figures(len(page.items))
        yield page.items
        if page.next is None:
            return
        page = await shelf.read(partial(find_observations, query=query, after=page.next, limit=MOST_ITEMS))


async def _streamed(pages: AsyncIterator[tuple[Row, ...]], form: Form, *, bom: bool) -> AsyncIterator[bytes]:
    """The table as it comes."""
    out = BytesIO()
    with begin_table(form, out, bom=bom) as table:
        async for rows in pages:
            await to_thread.run_sync(table.figures, map(figure_of, rows))
            yield _taken(out)
    yield _taken(out)


def _taken(out: BytesIO) -> bytes:
    """What was written since the last time."""
    written = out.getvalue()
    out.seek(0)
    out.truncate()
    return written


async def _made(pages: AsyncIterator[tuple[Row, ...]], form: Form, request: Request) -> BinaryIO | None:
    """The whole table; None where nobody waits for it any more.  Raises `TableTooLong`."""
    file = downloads.new_file()
    table = await to_thread.run_sync(begin_table, form, file)
    try:
        async for rows in pages:
            if await request.is_disconnected():
                table.abandon()
                file.close()
                return None
            await to_thread.run_sync(table.figures, map(figure_of, rows))
        await to_thread.run_sync(table.close)
    except BaseException:
        table.abandon()
        file.close()
        raise
    return file
