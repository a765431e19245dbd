"""Routes of jobs: make one, look at it, end it, follow it.

`jobs_router` gives them for a shelf, a runner and a gate.  Progress is followed as server-sent events (HTML standard,
section 9.2): `progress` whenever something has changed, `end` at last, a comment while nothing happens.  An event's id
says how far the job was; who comes back with the last one he saw is not told the same again, and who has seen the end
is answered 204, which tells a browser not to come back.  What a job is stands in `archive.jobs`.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated

import anyio
from fastapi import APIRouter, Depends, Header, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import JSONResponse, Response, StreamingResponse

from service import errors, problems
from service.access import USUAL, Gate
from service.archive.jobs import Progress, Selection, cancel, create_job, failures, list_jobs, progress
from service.archive.keys import Scope
from service.archive.models import model_key
from service.archive_fields import JOB_EXAMPLE, JobAsked, JobRequest, JobsAsked
from service.archive_response import failures_json, job_json
from service.archive_schema import JobInFullJson, JobJson, JobsJson
from service.desk import Desk
from service.events import EVENT_STREAM, HEADERS, Standing, stream
from service.metrics import Metrics
from service.runner import ENGINE, Runner
from service.settings import Settings
from service.shelf import Shelf
from service.submission import described, read_fields

JobId = Annotated[int, Path(description="`id` of the job.", ge=1, lt=1 << 63)]

# How often the archive is asked how far a job is, however many follow it.
POLL_SECONDS = 1.0
SHARE = 0.05
MOST_FOLLOWERS = 100


def jobs_router(
    settings: Settings,
    shelf: Shelf,
    gate: Gate,
    desk: Desk,
    runner: Runner,
    metrics: Metrics,
    stopping: threading.Event,
) -> APIRouter:
    """`stopping` ends all streams of events."""
    router = APIRouter(tags=["jobs"])
    watch = _Watch(shelf)
    reader = [Depends(gate.needs(Scope.READ))]
    writer = [Depends(gate.needs(Scope.WRITE))]

    @router.post(
        "/jobs",
        summary="Read a selection of reports with a model",
        status_code=201,
        response_model=JobJson,
        dependencies=writer,
        responses=problems.responses(*USUAL, errors.UnsupportedMedia, errors.BodyTooLarge, errors.NotFound),
        openapi_extra={"requestBody": described(JobRequest, {"select": {"missing_only": True}})},
    )
    async def make(request: Request) -> Response:
        """The job is run in the background; reports that the model has read already are done from the start."""
        asked = await read_fields(request, settings, JobRequest, JOB_EXAMPLE)
        card = await desk.card_named(asked.model)
        chosen = asked.select
        selection = Selection(
            reports=tuple(chosen.reports) if chosen.reports is not None else None,
            q=chosen.q or None,
            missing_only=chosen.missing_only,
            area=chosen.area or None,
            added_since=chosen.added_since,
        )
        made = await shelf.write(
            lambda connection: progress(
                connection, create_job(connection, model_key(connection, card), selection, engine=ENGINE)
            )
        )
        runner.submit(made.id, made.model)
        return JSONResponse(job_json(made), status_code=201, headers={"Location": f"/jobs/{made.id}"})

    @router.get(
        "/jobs",
        summary="Jobs, the newest first",
        response_model=JobsJson,
        dependencies=reader,
        responses=problems.responses(*USUAL),
    )
    async def show(asked: Annotated[JobsAsked, Query()]) -> Response:
        states = (asked.state,) if asked.state else ()
        page = await shelf.read(lambda c: list_jobs(c, states=states, after=asked.after, limit=asked.limit))
        body: JobsJson = {"jobs": [job_json(job, runner.trouble(job.id)) for job in page.items], "next": page.next}
        return JSONResponse(body)

    @router.get(
        "/jobs/{job}",
        summary="How far a job is, and what it could not read",
        response_model=JobInFullJson,
        dependencies=reader,
        responses=problems.responses(*USUAL, errors.NotFound),
    )
    async def look(job: JobId, asked: Annotated[JobAsked, Query()]) -> Response:
        found, failed = await shelf.read(
            lambda c: (progress(c, job), failures(c, job, after=asked.after, limit=asked.limit))
        )
        body: JobInFullJson = {**job_json(found, runner.trouble(job)), "failures": failures_json(failed)}
        return JSONResponse(body)

    @router.post(
        "/jobs/{job}/cancel",
        summary="End a job",
        response_model=JobJson,
        dependencies=writer,
        responses=problems.responses(*USUAL, errors.NotFound),
    )
    async def end(job: JobId) -> Response:
        """What has been read stays; a job that is over stays as it is."""

        def change(connection: Connection) -> Progress:
            cancel(connection, job)
            return progress(connection, job)

        return JSONResponse(job_json(await shelf.write(change)))

    @router.get(
        "/jobs/{job}/events",
        summary="Follow a job",
        response_class=Response,
        dependencies=reader,
        responses={
            200: {
                "description": "Events `progress` and `end`, whose data is a `JobJson`.",
                "content": {EVENT_STREAM: {"schema": {"type": "string"}}},
            },
            204: {"description": "The last event seen was the end."},
            **problems.responses(*USUAL, errors.NotFound, errors.Busy),
        },
    )
    async def follow(
        job: JobId,
        last_event_id: Annotated[str | None, Header(description="Id of the last event seen.")] = None,
    ) -> Response:
        first = await watch.now(job)
        if first.over and last_event_id == _mark(first):
            return Response(status_code=204)
        if watch.followers >= MOST_FOLLOWERS:
            raise errors.Busy("跟踪任务进度的连接已满；请稍后重试，或改用 GET /jobs/{id}。")
        return StreamingResponse(
            _events(watch, job, last_event_id, runner, metrics, stopping),
            media_type=EVENT_STREAM,
            headers=HEADERS,
        )

    return router


class _Watch:
    """How far jobs are, asked of the archive once in a while for all that follow them.

    That is every `POLL_SECONDS`, or less often where counting takes long: a `SHARE` of the time at most.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._lock = anyio.Lock()
        self._known: dict[int, tuple[float, Progress]] = {}  # good until then
        self.followers = 0

    async def now(self, job: int) -> Progress:
        """Raises `NotFound`, `ArchiveUnavailable`, `Busy`."""
        async with self._lock:
            begun = monotonic()
            self._known = {number: known for number, known in self._known.items() if begun < known[0]}
            if job not in self._known:
                found = await self._shelf.read(lambda connection: progress(connection, job))
                ended = monotonic()
                self._known[job] = ended + max(POLL_SECONDS, (ended - begun) / SHARE), found
            return self._known[job][1]


async def _events(
    watch: _Watch, job: int, seen: str | None, runner: Runner, metrics: Metrics, stopping: threading.Event
) -> AsyncIterator[str]:
    """Until the job is over, the server stops, or nobody listens any more."""

    async def look() -> Standing:
        found = await watch.now(job)
        return Standing(_mark(found), found.over, job_json(found, runner.trouble(job)))

    watch.followers += 1
    metrics.followers(watch.followers)
    try:
        async for told in stream(look, seen, stopping, seconds=POLL_SECONDS):
            yield told
    except errors.BaoshuError:
        return  # the archive is away, or the job; who comes back is told which
    finally:
        watch.followers -= 1
        metrics.followers(watch.followers)


def _mark(found: Progress) -> str:
    """What tells one state of a job from another."""
    return f"{found.state}-{found.done}-{found.failed}-{found.cancelled}-{found.leased}"
