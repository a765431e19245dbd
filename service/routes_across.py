"""Routes across reports: targets held against results, figures that cannot all be true, series through time.

`across_router` gives them for a shelf and a gate.  Which figures are looked at stands in `archive.across`, what is made
of them in `archive.targets`, `archive.conflicts` and `archive.series`, the form of an answer in `across_schema`.  Lists
come in pages; CSV comes whole, one page of the store after another.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from functools import partial
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import Connection
from starlette.responses import JSONResponse, Response, StreamingResponse

from service import downloads, errors, problems
from service.access import USUAL, Gate
from service.across_fields import ConflictsAsked, SeriesAsked, TargetsAsked
from service.across_response import conflict_json, series_json, target_json
from service.across_schema import ConflictsJson, SeriesJson, TargetsJson
from service.across_table import CONFLICTS, SERIES, TARGETS, conflict_rows, series_rows, target_rows
from service.archive.across import find_conflicts, find_series, find_targets
from service.archive.keys import Scope
from service.archive.observations import ObservationQuery
from service.archive.paging import MOST_ITEMS, Page
from service.archive_fields import PAGE, WhatAsked
from service.desk import Desk
from service.exports.cells import Value
from service.exports.csv_table import lines
from service.exports.forms import OF_PANEL, Form
from service.shelf import Shelf

T = TypeVar("T")

Rows = Callable[[Sequence[T], int], Iterable[Sequence[Value]]]


def across_router(shelf: Shelf, gate: Gate, desk: Desk) -> APIRouter:
    """`desk` knows the current model."""
    router = APIRouter(tags=["across reports"], dependencies=[Depends(gate.needs(Scope.READ))])

    async def query_of(asked: WhatAsked, status: str | None = None) -> ObservationQuery:
        return asked.query(await shelf.read(desk.current_id), status)

    @router.get(
        "/targets",
        summary="目标台账: targets of reports, held against the results that later reports tell",
        response_model=TargetsJson,
        responses={200: downloads.answers(OF_PANEL), **problems.responses(*USUAL, errors.NotAcceptable)},
    )
    async def show_targets(request: Request, asked: Annotated[TargetsAsked, Query()]) -> Response:
        """In the order in which they were stored.

        A result is of the target's indicator, area, measure, unit, base and 口径, and of a time within the target's;
        of several reports on one time the latest counts and the others are shown.  With `state` a page may hold fewer
        than `limit`, even none, and still have a next one.  CSV has a line for each result.
        """
        form, query = downloads.wanted(request, asked.format, OF_PANEL), await query_of(asked)
        find = partial(find_targets, query=query, state=asked.state)
        if form is Form.CSV:
            base = downloads.base(request)
            return await _table(
                shelf, "目标台账", TARGETS, find, asked, lambda found, _: target_rows(found, query.model, base)
            )
        page = await shelf.read(partial(find, after=asked.after, limit=asked.limit or PAGE))
        body: TargetsJson = {
            "model": query.model,
            "targets": [target_json(target, query.model) for target in page.items],
            "next": page.next,
        }
        return JSONResponse(body, headers={"Vary": "Accept"})

    @router.get(
        "/conflicts",
        summary="Figures of reports that cannot all be true",
        response_model=ConflictsJson,
        responses={200: downloads.answers(OF_PANEL), **problems.responses(*USUAL, errors.NotAcceptable)},
    )
    async def show_conflicts(request: Request, asked: Annotated[ConflictsAsked, Query()]) -> Response:
        """Figures of one thing (indicator, area, time, measure, unit, status, 口径) that rounding does not explain.

        Then growth that does not lead back to what another report gives for the year before; not for growth at other
        prices than the amounts (地区生产总值, 增加值).  Statistics are revised: `revised` says that the reports' dates
        tell so.  A page may hold fewer than `limit` and still have a next one.  CSV has a line for each figure.
        """
        form, query = downloads.wanted(request, asked.format, OF_PANEL), await query_of(asked, asked.status)
        find = partial(find_conflicts, query=query, kind=asked.kind)
        if form is Form.CSV:
            base = downloads.base(request)
            return await _table(
                shelf,
                "数据不一致",
                CONFLICTS,
                find,
                asked,
                lambda found, first: conflict_rows(enumerate(found, first), query.model, base),
            )
        page = await shelf.read(partial(find, after=asked.after, limit=asked.limit or PAGE))
        body: ConflictsJson = {
            "model": query.model,
            "conflicts": [conflict_json(conflict, query.model) for conflict in page.items],
            "next": page.next,
        }
        return JSONResponse(body, headers={"Vary": "Accept"})

    @router.get(
        "/series",
        summary="One indicator in one area through time",
        response_model=SeriesJson,
        responses={200: downloads.answers(OF_PANEL), **problems.responses(*USUAL, errors.NotAcceptable)},
    )
    async def show_series(request: Request, asked: Annotated[SeriesAsked, Query()]) -> Response:
        """Of one measure (`level` by default) and status (`actual` by default); needs `indicator` and `area`.

        Points of one line may be compared; another unit, 口径, area or rhythm (a year, 1-9月, an instant) is another
        line, and a break says why.  Missing times are gaps.  Beside the growth that a report states stands the one that
        follows from the line, as far as rounding lets it be known.
        """
        form, query = downloads.wanted(request, asked.format, OF_PANEL), await query_of(asked, asked.status)
        found = await shelf.read(partial(find_series, query=query))
        if form is Form.CSV:
            body = lines([SERIES, *series_rows(found, query.model, downloads.base(request))])
            return Response(body, media_type=form.media_type, headers=downloads.headers(form, "时间序列"))
        answer: SeriesJson = series_json(found, query.model)
        return JSONResponse(answer, headers={"Vary": "Accept"})

    return router


async def _table(
    shelf: Shelf,
    title: str,
    head: Sequence[str],
    find: Callable[..., Page[T]],
    asked: TargetsAsked | ConflictsAsked,
    rows: Rows[T],
) -> Response:
    """All pages as one table; `rows` takes what is on a page and the number of the first of it, from 1."""
    if asked.limit is not None or asked.after is not None:
        raise errors.InvalidRequest("CSV 一次给出全部内容，不分页；请去掉 limit 与 after，或改用 format=json。")
    first = await shelf.read(partial(find, after=None, limit=MOST_ITEMS))

    async def stream() -> AsyncIterator[bytes]:
        page, told = first, 1
        yield lines([head, *rows(page.items, told)])
        while page.next is not None:
            told += len(page.items)
            page = await shelf.read(_after(find, page.next))
            yield lines(rows(page.items, told))

    return StreamingResponse(stream(), media_type=Form.CSV.media_type, headers=downloads.headers(Form.CSV, title))


def _after(find: Callable[..., Page[T]], cursor: str) -> Callable[[Connection], Page[T]]:
    return lambda connection: find(connection, after=cursor, limit=MOST_ITEMS)
