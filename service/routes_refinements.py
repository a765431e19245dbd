"""Routes of refinements: make the current model better with what people corrected, follow it, end it.

`refinements_router` gives them.  What a refinement is stands in `refinements`; that it makes a model current is out of
the question: its answer says where to see what would change, and what to call then.  Events are those of a job's.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Path
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from service import errors, problems
from service.access import USUAL, Gate
from service.annotation_files import documents
from service.annotations import jsonl
from service.archive.keys import Scope
from service.desk import Desk
from service.events import EVENT_STREAM, HEADERS, Standing, stream
from service.refinement_schema import (
    REFINE_EXAMPLE,
    RefinementJson,
    RefinementsJson,
    RefineRequest,
    refinement_json,
)
from service.refinements import Refinement, Refinements
from service.registry import Registry
from service.settings import Settings
from service.shelf import Shelf
from service.submission import described, read_fields

RefinementId = Annotated[int, Path(description="`id` of the refinement.", ge=1, lt=1 << 31)]

POLL_SECONDS = 0.5
MOST_FOLLOWERS = 20


def refinements_router(
    settings: Settings,
    registry: Registry,
    refinements: Refinements,
    desk: Desk,
    shelf: Shelf,
    gate: Gate,
    stopping: threading.Event,
) -> APIRouter:
    """`stopping` ends all streams of events; what is being trained goes on."""
    router = APIRouter(tags=["refinements"])
    reader = [Depends(gate.needs(Scope.READ))]
    admin = gate.needs(Scope.ADMIN)
    followers = _Followers()

    @router.post(
        "/refinements",
        summary="Teach a model what people corrected",
        status_code=201,
        response_model=RefinementJson,
        responses=problems.responses(
            *USUAL, errors.UnsupportedMedia, errors.BodyTooLarge, errors.NotFound, errors.ModelRefused,
            errors.RefinementRefused, errors.TrainingMissing,
        ),
        openapi_extra={"requestBody": described(RefineRequest, {"states": ["done", "reviewed"]})},
    )  # fmt: skip
    async def begin(request: Request, by: str | None = Depends(admin)) -> Response:
        """In a process of its own, one at a time.  A new model stands among the models when it is over, unless
        something that was good got worse; it is not current."""
        asked = await read_fields(request, settings, RefineRequest, REFINE_EXAMPLE)
        refinements.check()

        def corrected(connection: Connection) -> tuple[str, bytes, int]:
            found = list(documents(connection, asked.states))
            return asked.model or desk.current_id(connection), jsonl.write(found).data, len(found)

        model, data, many = await shelf.read(corrected)
        folder = await to_thread.run_sync(registry.find, model)
        start = partial(refinements.begin, documents=many, by=by, version=asked.version)
        made = await to_thread.run_sync(start, model, folder.path, data)
        return JSONResponse(refinement_json(made), status_code=201, headers={"Location": f"/refinements/{made.id}"})

    @router.get(
        "/refinements",
        summary="Refinements, the newest first",
        response_model=RefinementsJson,
        dependencies=reader,
        responses=problems.responses(*USUAL),
    )
    async def show() -> Response:
        found = await to_thread.run_sync(refinements.all)
        return JSONResponse({"refinements": [refinement_json(one) for one in found]})

    @router.get(
        "/refinements/{id}",
        summary="How far a refinement is, and what came of it",
        response_model=RefinementJson,
        dependencies=reader,
        responses=problems.responses(*USUAL, errors.NotFound),
    )
    async def look(id: RefinementId) -> Response:  # noqa: A002
        """`interrupted`: its process is gone, as after the machine was restarted; it can go on."""
        return JSONResponse(refinement_json(await to_thread.run_sync(refinements.get, id)))

    @router.post(
        "/refinements/{id}/cancel",
        summary="End a refinement",
        response_model=RefinementJson,
        dependencies=[Depends(admin)],
        responses=problems.responses(*USUAL, errors.NotFound),
    )
    async def end(id: RefinementId) -> Response:  # noqa: A002
        """One that is over stays as it is."""
        return JSONResponse(refinement_json(await to_thread.run_sync(refinements.cancel, id)))

    @router.post(
        "/refinements/{id}/resume",
        summary="Go on with a refinement that was interrupted",
        response_model=RefinementJson,
        dependencies=[Depends(admin)],
        responses=problems.responses(*USUAL, errors.NotFound, errors.RefinementRefused, errors.TrainingMissing),
    )
    async def resume(id: RefinementId) -> Response:  # noqa: A002
        """From the last epoch that was finished."""
        return JSONResponse(refinement_json(await to_thread.run_sync(refinements.resume, id)))

    @router.get(
        "/refinements/{id}/events",
        summary="Follow a refinement",
        response_class=Response,
        dependencies=reader,
        responses={
            200: {
                "description": "Events `progress` and `end`, whose data is a `RefinementJson`.",
                "content": {EVENT_STREAM: {"schema": {"type": "string"}}},
            },
            204: {"description": "The last event seen was the end."},
            **problems.responses(*USUAL, errors.NotFound, errors.Busy),
        },
    )
    async def follow(
        id: RefinementId,  # noqa: A002
        last_event_id: Annotated[str | None, Header(description="Id of the last event seen.")] = None,
    ) -> Response:
        """Until it is over, or interrupted."""
        first = await to_thread.run_sync(refinements.get, id)
        if first.state != "running" and last_event_id == _mark(first):
            return Response(status_code=204)
        if followers.many >= MOST_FOLLOWERS:
            raise errors.Busy("跟踪训练进度的连接已满；请稍后重试，或改用 GET /refinements/{id}。")
        stream = _events(refinements, id, last_event_id, followers, stopping)
        return StreamingResponse(stream, media_type=EVENT_STREAM, headers=HEADERS)

    return router


class _Followers:
    """How many follow a refinement now."""

    many = 0


async def _events(
    refinements: Refinements, number: int, seen: str | None, followers: _Followers, stopping: threading.Event
) -> AsyncIterator[str]:
    """Until it does not run any more, the server stops, or nobody listens."""

    async def look() -> Standing:
        found = await to_thread.run_sync(refinements.get, number)
        return Standing(_mark(found), found.state != "running", refinement_json(found))

    followers.many += 1
    try:
        async for told in stream(look, seen, stopping, seconds=POLL_SECONDS):
            yield told
    finally:
        followers.many -= 1


def _mark(found: Refinement) -> str:
    """What tells one state of a refinement from another."""
    return f"{found.state}-{found.stage}-{found.done}-{found.total}"
