"""Routes of figures across all reports: as a list, as CSV, and as a panel.

`figures_router` gives them for a shelf and a gate.  What a question means stands in `archive.observations`, how a panel
is laid out in `archive.panel`, the form of an answer in `archive_schema`.  A list comes in pages; CSV comes whole, one
page of the store after another, so that neither this server nor the store ever holds it all.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from service import errors, problems
from service.access import USUAL, Gate
from service.archive.keys import Scope
from service.archive.observations import ObservationQuery, Row, find_observations, to_csv
from service.archive.paging import MOST_ITEMS, Page
from service.archive.panel import panel
from service.archive_fields import PAGE, FiguresAsked, FiguresPageAsked, PanelAsked
from service.archive_response import figure_json, panel_json
from service.archive_schema import FiguresJson, PanelJson
from service.desk import Desk
from service.metrics import Metrics
from service.panel_table import figures_of
from service.panel_table import to_csv as panel_to_csv
from service.shelf import Shelf

CSV = "text/csv"
ANSWERS = {"content": {CSV: {"schema": {"type": "string"}}}}


def figures_router(shelf: Shelf, gate: Gate, desk: Desk, metrics: Metrics) -> APIRouter:
    """`desk` knows the current model."""
    router = APIRouter(tags=["figures"], dependencies=[Depends(gate.needs(Scope.READ))])

    @router.get(
        "/observations",
        summary="Figures of all reports",
        response_model=FiguresJson,
        responses={200: ANSWERS, **problems.responses(*USUAL)},
    )
    async def show(request: Request, asked: Annotated[FiguresPageAsked, Query()]) -> Response:
        """As a model has read them: the current one, unless another is named.

        With `Accept: text/csv` or `format=csv` all of them as one table, in which case there are no pages.
        """
        as_csv = _wants_csv(request, asked)
        if as_csv and (asked.limit is not None or asked.after is not None):
            raise errors.InvalidRequest("CSV 一次给出全部观测，不分页；请去掉 limit 与 after，或改用 format=json。")
        query = await shelf.read(lambda c: _query(asked, desk.current_id(c)))
        limit = MOST_ITEMS if as_csv else asked.limit or PAGE
        first = await shelf.read(lambda c: find_observations(c, query, after=asked.after, limit=limit))
        if as_csv:
            stream = _stream(shelf, query, first, metrics)
            return StreamingResponse(stream, media_type=CSV, headers=_named("observations"))
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
        responses={200: ANSWERS, **problems.responses(*USUAL)},
    )
    async def lay_out(request: Request, asked: Annotated[PanelAsked, Query()]) -> Response:
        """Of one measure (`level` by default) and status (`actual` by default).

        At least one of `indicator`, `area` and `report` is needed.  A cell has every value that the reports give for
        it, that of the most reports first, each with the addresses of the figures that prove it.  The CSV has the
        first value of each cell, and beside it the address of its evidence.
        """
        if asked.indicator is None and asked.area is None and asked.report is None:
            raise errors.InvalidRequest("请给出 indicator、area、report 中的至少一项，例如 area=青岚区。")
        query = await shelf.read(lambda c: _query(asked, desk.current_id(c)))
        found = await shelf.read(lambda c: panel(figures_of(c, query), measure=asked.measure, status=asked.status))
        if _wants_csv(request, asked):
            base = str(request.base_url).rstrip("/")
            return Response(panel_to_csv(found, query.model, base), media_type=CSV, headers=_named("panel"))
        return JSONResponse(panel_json(found, query.model), headers={"Vary": "Accept"})

    return router


def _query(asked: FiguresAsked, current: str) -> ObservationQuery:
    return ObservationQuery(
        model=asked.model or current,
        indicator=asked.indicator,
        area=asked.area,
        period=asked.period,
        status=asked.status,
        measure=asked.measure,
        q=asked.q,
        report=asked.report,
    )


def _wants_csv(request: Request, asked: FiguresAsked) -> bool:
    """By `format`, else where `Accept` names CSV and not JSON."""
    if asked.format is not None:
        return asked.format == "csv"
    accepted = {part.split(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")}
    return CSV in accepted and "application/json" not in accepted


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}.csv"', "Vary": "Accept"}


async def _stream(shelf: Shelf, query: ObservationQuery, first: Page[Row], metrics: Metrics) -> AsyncIterator[str]:
    """The pages as one table.  Each is read by itself: figures that are read meanwhile may be there or not."""
    page, header = first, True
    while True:
        yield to_csv(page.items, header=header)
        metrics.figures(len(page.items))
        if page.next is None:
            return
        next_page = partial(find_observations, query=query, after=page.next, limit=MOST_ITEMS)
        page, header = await shelf.read(next_page), False
