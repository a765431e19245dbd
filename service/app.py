"""The HTTP service: routes, and nothing that a route does not need.

`create_app` takes the settings and gives a FastAPI application: `POST /extract`, health, version, metrics, OpenAPI.
Texts are read in worker threads, a bounded number at a time, so that the event loop always answers.  How a body is read
stands in `submission`, how an error is told in `problems`, the form of an answer in `schema` and `response`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request
from starlette.responses import Response

from service import errors, problems
from service.extractor import Extractor
from service.fields import ExtractRequest, hints_of
from service.metrics import CONTENT_TYPE, CountRequests, Metrics
from service.response import to_json
from service.schema import ExtractionJson, HealthJson, ProblemJson, VersionJson
from service.settings import Settings
from service.submission import Submission, read

T = TypeVar("T")

_log = logging.getLogger("baoshu")

_DESCRIPTION = """\
报数读懂政府部门的总结、通报与简报：文中每一个数字，
要么成为一条带有指标、时期、地区、单位、数值与出处的观测，要么注明为何不计。
所有位置均为原文的 Unicode 字符偏移，左闭右开。"""


def create_app(settings: Settings, extractor: Extractor) -> FastAPI:
    """The service, reading with `extractor`.

    It reads the example when it starts, which warms it up and fills the OpenAPI description with a real answer; an
    extractor that cannot read stops the start.
    """
    metrics = Metrics()
    desk = _Desk(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        answer = await to_thread.run_sync(_read_example, extractor)
        app.openapi()["paths"]["/extract"]["post"]["responses"]["200"]["content"]["application/json"]["example"] = (
            answer
        )
        desk.extractor = extractor
        _log.info("ready to read with model %s %s", extractor.model.name, extractor.model.version)
        yield
        desk.extractor = None

    app = FastAPI(
        title="报数 Baoshu",
        version=version("baoshu"),
        description=_DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        # The usual pages load their scripts from a host of others; the description itself is at /openapi.json.
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(CountRequests, metrics=metrics)
    problems.install(app)

    @app.post(
        "/extract",
        summary="Read a report",
        tags=["extract"],
        response_model=ExtractionJson,
        responses=_extract_responses(),
        openapi_extra={"requestBody": _extract_body()},
    )
    async def extract(request: Request) -> Response:
        """Every number of the posted report, as an observation or set aside for a stated reason."""
        reader = desk.reader()
        submission = await read(request, settings)
        body = await desk.run(lambda: _answer(reader, submission, metrics))
        return Response(body, media_type="application/json")

    @app.get("/health/live", summary="Whether the process answers", tags=["operation"])
    async def live() -> HealthJson:
        """Always 200 while the event loop turns."""
        return {"status": "live"}

    @app.get(
        "/health/ready",
        summary="Whether a report would be read now",
        tags=["operation"],
        responses=problems.responses(errors.NotReady, errors.Busy),
    )
    async def ready() -> HealthJson:
        """503 while no model is loaded, and while as many texts wait as may wait."""
        desk.reader()
        return {"status": "ready"}

    @app.get(
        "/version",
        summary="Program and model",
        tags=["operation"],
        responses=problems.responses(errors.NotReady),
    )
    async def which() -> VersionJson:
        """The versions of the program and of the model that it has loaded."""
        card = desk.loaded().model
        return {
            "name": "baoshu",
            "version": app.version,
            "model": {"name": card.name, "version": card.version, "sha256": card.sha256},
        }

    @app.get("/metrics", summary="Prometheus metrics", tags=["operation"], response_class=Response)
    async def show_metrics() -> Response:
        """Requests by route and code, seconds by stage, characters, observations, unexplained numbers."""
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return app


class _Desk:
    """Lets a bounded number of texts be read at a time, and a bounded number wait."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = CapacityLimiter(settings.concurrency)
        self._most = settings.concurrency + settings.queue
        self._held = 0
        self.extractor: Extractor | None = None

    def loaded(self) -> Extractor:
        """Raises `NotReady` while no model is loaded."""
        if self.extractor is None:
            raise errors.NotReady
        return self.extractor

    def reader(self) -> Extractor:
        """The extractor, if a text would be read now.  Raises `NotReady`, `Busy`."""
        if self._held >= self._most:
            raise errors.Busy
        return self.loaded()

    async def run(self, work: Callable[[], T]) -> T:
        """`work` in a thread, when its turn comes.  Raises `Busy` where too many wait already."""
        if self._held >= self._most:
            raise errors.Busy
        self._held += 1
        try:
            return await to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._held -= 1


def _answer(reader: Extractor, submission: Submission, metrics: Metrics) -> bytes:
    extraction = reader.extract(submission.text, submission.hints, observe=metrics.stage)
    metrics.extraction(extraction)
    answer = to_json(extraction, with_text=submission.from_file)
    return json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


@cache
def example() -> ExtractRequest:
    """A report of our own, short and with something of everything."""
    return ExtractRequest.model_validate_json(files("service").joinpath("data/example.json").read_bytes())


def _read_example(reader: Extractor) -> ExtractionJson:
    return to_json(reader.extract(example().text, hints_of(example())))


def _extract_responses() -> dict[int | str, dict[str, Any]]:
    refusals = [kind for kind in problems.kinds() if kind not in (errors.NotFound, errors.MethodNotAllowed)]
    return {
        200: {"description": "All that is read."},
        **problems.responses(*refusals),
        500: {**problems.responses()[500], "model": ProblemJson},
    }


def _extract_body() -> dict[str, Any]:
    schema = ExtractRequest.model_json_schema()
    fields = {name: schema["properties"][name] for name in ("published", "area", "title")}
    upload = {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary", "description": "The report as a file."},
            **fields,
        },
    }
    return {
        "required": True,
        "content": {
            "application/json": {"schema": schema, "example": example().model_dump(mode="json", exclude_unset=True)},
            "multipart/form-data": {"schema": upload},
        },
    }
