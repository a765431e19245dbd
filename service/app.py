"""The HTTP service: what a request meets, put together.

`create_app` takes the settings and a model and gives a FastAPI application: `POST /extract`, the routes of the archive
(`routes_reports`, `routes_figures`, `routes_across`, `routes_jobs`, `routes_models`, `routes_refinements`), the page
for readers (`routes_page`), health, version, metrics, OpenAPI.  Texts are read in worker threads, a bounded number at
a time, so that the event loop always answers.  How a body is read stands in `submission`, who may ask in `access`, how
an error is told in `problems`, the form of an answer in `schema`.

An archive that cannot be opened stops nothing but its own routes; it is tried again until it can.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache, partial
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from time import monotonic
from typing import Annotated, Any, BinaryIO

import anyio
from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from service import downloads, errors, problems
from service.access import ACCESS, Gate
from service.archive.jobs import list_jobs
from service.archive.keys import Scope
from service.archive.leases import OPEN_JOBS
from service.archive.local import run_job
from service.archive.opening import Archive
from service.current import CurrentModel
from service.desk import Desk
from service.exports.figures import ReadReport
from service.exports.forms import OF_REPORT, Form, ReportForm
from service.exports.writing import write
from service.extractor import Extractor
from service.fields import ExtractRequest, hints_of
from service.metrics import CONTENT_TYPE, ITEM_GAUGES, CountRequests, Metrics
from service.refinements import Refinements
from service.registry import ModelFolder, Registry
from service.response import to_json
from service.routes_across import across_router
from service.routes_annotation_files import annotation_files_router
from service.routes_annotations import annotations_router
from service.routes_figures import figures_router
from service.routes_jobs import jobs_router
from service.routes_label_studio import label_studio_router
from service.routes_models import models_router
from service.routes_page import add_page
from service.routes_refinements import refinements_router
from service.routes_reports import reports_router
from service.runner import RunJob, Runner
from service.schema import ExtractionJson, FileAnswerJson, FileAnswersJson, HealthJson, ProblemJson, VersionJson
from service.settings import Settings
from service.shelf import Shelf
from service.submission import BODY, Bundle, Refused, Submission, bodies, read, readable

# An archive that is away is tried again after this, and a model that was promoted elsewhere is found out.
TEND_SECONDS = 10.0

_log = logging.getLogger("baoshu")

_DESCRIPTION = """\
报数读懂政府部门的总结、通报与简报：文中每一个数字，
要么成为一条带有指标、时期、地区、单位、数值与出处的观测，要么注明为何不计。
报告可存入档案库，跨报告查询，并在模型更新后重新读取。
所有位置均为原文的 Unicode 字符偏移，左闭右开。"""


class Service(FastAPI):
    """`stopping` is set as soon as the process is told to stop: then streams end and what jobs hold is given back."""

    def __init__(self, runner: Runner, **given: Any) -> None:
        super().__init__(**given)
        self._runner = runner
        self._example: ExtractionJson | None = None
        self.stopping = threading.Event()

    def tell_to_stop(self) -> None:
        """From any thread, and as often as one likes."""
        self.stopping.set()
        self._runner.tell_to_stop()

    def show(self, answer: ExtractionJson) -> None:
        """Describe `POST /extract` with this answer to the example."""
        self._example, self.openapi_schema = answer, None

    def openapi(self) -> dict[str, Any]:
        """Without the framework's own answer to wrong parameters: `problems` answers those."""
        if self.openapi_schema is None:
            described = super().openapi()
            for name in ("HTTPValidationError", "ValidationError"):
                described["components"]["schemas"].pop(name, None)
            for path in described["paths"].values():
                for operation in path.values():
                    if "#/components/schemas/HTTPValidationError" in str(operation["responses"].get("422")):
                        del operation["responses"]["422"]
            if self._example is not None:
                answer = described["paths"]["/extract"]["post"]["responses"]["200"]
                answer["content"]["application/json"]["example"] = self._example
        return super().openapi()


def create_app(
    settings: Settings,
    extractor: Extractor,
    registry: Registry | None = None,
    *,
    run: RunJob = run_job,
    clock: Callable[[], float] = monotonic,
) -> Service:
    """The service, reading with `extractor`, or with the current model of `registry` where one is given.

    It reads the example when it starts, which warms it up and fills the OpenAPI description with a real answer; an
    extractor that cannot read stops the start, and so does an address that others can reach without a key in the
    archive (`SettingsError`).  `run` runs a job; `clock` counts seconds.
    """
    metrics = Metrics()
    desk, shelf = Desk(settings), Shelf(settings.archive)
    gate = Gate(settings, shelf, clock=clock)
    models = registry if registry is not None else _Alone(extractor)
    current = CurrentModel(registry, shelf.archive) if registry is not None else None
    folder_of = _folders(registry) if registry is not None else lambda _: settings.model
    runner = Runner(folder_of, workers=settings.workers, run=run)

    @asynccontextmanager
    async def lifespan(app: Service) -> AsyncIterator[None]:
        app.show(await to_thread.run_sync(_read_example, extractor))
        try:
            await shelf.open()
            await gate.start()
            desk.models = models
            _log.info("ready to read with model %s", desk.loaded().model.id)
            async with anyio.create_task_group() as background:
                background.start_soon(_tend, shelf, runner, current)
                yield
                background.cancel_scope.cancel()
        finally:
            desk.models = None
            app.tell_to_stop()
            await to_thread.run_sync(runner.stop)
            shelf.close()

    app = Service(
        runner,
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
    app.include_router(_extract_router(settings, gate, desk, metrics))
    app.include_router(reports_router(settings, shelf, gate, desk, metrics))
    app.include_router(annotation_files_router(settings, shelf, gate))
    app.include_router(annotations_router(settings, shelf, gate, desk, metrics))
    app.include_router(label_studio_router(settings, shelf, gate, desk, metrics))
    app.include_router(figures_router(shelf, gate, desk, metrics))
    app.include_router(across_router(shelf, gate, desk))
    app.include_router(jobs_router(settings, shelf, gate, desk, runner, metrics, app.stopping))
    if registry is not None and current is not None:
        app.include_router(models_router(registry, current, desk, shelf, gate))
        refinements = Refinements(settings.refinements, settings.models, threads=settings.threads)
        app.include_router(refinements_router(settings, registry, refinements, desk, shelf, gate, app.stopping))
    app.include_router(_operation_router(gate, desk, shelf, metrics))
    add_page(app)
    return app


def _extract_router(settings: Settings, gate: Gate, desk: Desk, metrics: Metrics) -> APIRouter:
    router = APIRouter(tags=["extract"], dependencies=[Depends(gate.needs(Scope.READ))])

    @router.post(
        "/extract",
        summary="Read a report",
        response_model=ExtractionJson | FileAnswersJson,
        responses=_extract_responses(),
        openapi_extra={"requestBody": _extract_body()},
    )
    async def extract(
        request: Request,
        model: Annotated[str | None, Query(description="`id` of the model; the current one by default.")] = None,
        format: Annotated[ReportForm | None, Query(description="Else as `Accept` says.")] = None,  # noqa: A002
        bom: Annotated[bool, Query(description="CSV: mark it as UTF-8 for a spreadsheet.")] = False,
    ) -> Response:
        """Every number of the posted report, as an observation or set aside for a stated reason."""
        form = downloads.wanted(request, format, OF_REPORT)
        reader = await desk.reader_named(model)
        submission = await read(request, settings, desk)
        if isinstance(submission, Bundle):
            if form is not Form.JSON:
                file = await desk.run(lambda: _files(form, reader, submission, metrics, bom=bom))
                return downloads.sent(file, form, "")
            body = await desk.run(lambda: _in_json(_answers(reader, submission, metrics)))
            return Response(body, media_type=form.media_type, headers={"Vary": "Accept"})
        if form is Form.JSON:
            body = await desk.run(lambda: _in_json(_answer(reader, submission, metrics)))
            return Response(body, media_type=form.media_type, headers={"Vary": "Accept"})
        file, title = await desk.run(lambda: _file(form, _answer(reader, submission, metrics), submission, bom=bom))
        return downloads.sent(file, form, title)

    return router


def _operation_router(gate: Gate, desk: Desk, shelf: Shelf, metrics: Metrics) -> APIRouter:
    router = APIRouter(tags=["operation"])

    @router.get("/health/live", summary="Whether the process answers")
    async def live() -> HealthJson:
        """Always 200 while the event loop turns."""
        return {"status": "live"}

    @router.get(
        "/health/ready",
        summary="Whether a report would be read now",
        responses=problems.responses(errors.NotReady, errors.Busy),
    )
    async def ready() -> HealthJson:
        """503 while no model is loaded, and while as many texts wait as may wait.

        An archive that does not answer is told, and is no reason for 503: texts are read without it.
        """
        desk.reader()
        return {"status": "ready", "archive": "ready" if await shelf.answers() else "unavailable"}

    @router.get("/version", summary="Program and model", responses=problems.responses(errors.NotReady))
    async def which() -> VersionJson:
        """The versions of the program and of the model that it has loaded."""
        card = desk.loaded().model
        return {
            "name": "baoshu",
            "version": version("baoshu"),
            "model": {"name": card.name, "version": card.version, "sha256": card.sha256},
        }

    @router.get(
        "/metrics",
        summary="Prometheus metrics",
        response_class=Response,
        dependencies=[Depends(gate.needs(Scope.READ))],
        responses=problems.responses(*ACCESS),
    )
    async def show_metrics() -> Response:
        """Requests by route and code, seconds by stage, characters, observations, unexplained numbers; the archive."""
        try:
            metrics.archive(await shelf.read(_open_items))
        except errors.ArchiveUnavailable:
            metrics.archive(None)
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return router


class _Alone:
    """The one model there is."""

    def __init__(self, extractor: Extractor) -> None:
        self.current = extractor

    def extractor(self, id: str) -> Extractor:  # noqa: A002
        if id != self.current.model.id:
            self.find(id)
        return self.current

    def find(self, id: str) -> ModelFolder:  # noqa: A002
        raise errors.NotFound(f"没有模型 {id}；可用的模型为 {self.current.model.id}。")


def _folders(registry: Registry) -> Callable[[str], Path]:
    return lambda model: registry.find(model).path


async def _tend(shelf: Shelf, runner: Runner, current: CurrentModel | None) -> None:
    """Open the archive as soon as it can be, take up what is unfinished in it, and follow what is promoted in it."""
    begun = False
    while True:
        if await shelf.open() and not begun:
            begun = await to_thread.run_sync(_begin, runner, shelf.archive())
        if current is not None:
            with suppress(errors.NotReady):
                await to_thread.run_sync(current.settle)
        await anyio.sleep(TEND_SECONDS)


def _begin(runner: Runner, archive: Archive) -> bool:
    """Whether the archive let it begin."""
    with suppress(errors.ArchiveUnavailable):
        runner.start(archive)
        return True
    return False


def _open_items(connection: Connection) -> dict[str, int]:
    """Items of the jobs that are not over, by state."""
    items = dict.fromkeys(ITEM_GAUGES, 0)
    for job in list_jobs(connection, states=OPEN_JOBS).items:
        for state in items:
            items[state] += getattr(job, state)
    return items


def _answer(reader: Extractor, submission: Submission, metrics: Metrics) -> ExtractionJson:
    extraction = reader.extract(submission.text, submission.hints, observe=metrics.stage)
    metrics.extraction(extraction)
    return to_json(extraction, with_text=submission.from_file, document=submission.document)


def _answers(reader: Extractor, bundle: Bundle, metrics: Metrics) -> FileAnswersJson:
    """What is read in each file; one that cannot be read has its problem."""
    files: list[FileAnswerJson] = []
    for member in bundle.members:
        try:
            files.append({"name": member.name, "response": _answer(reader, readable(member), metrics)})
        except errors.BaoshuError as error:
            files.append({"name": member.name, "problem": problems.problem(error)})
    return {"files": files}


def _in_json(answer: ExtractionJson | FileAnswersJson) -> bytes:
    return json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _file(form: Form, answer: ExtractionJson, submission: Submission, *, bom: bool) -> tuple[BinaryIO, str]:
    """The answer as a file, and what it is called after."""
    report = _named(answer, submission)
    return downloads.make(partial(write, form, [report], bom=bom)), report.title or Path(submission.source or "").stem


def _files(form: Form, reader: Extractor, bundle: Bundle, metrics: Metrics, *, bom: bool) -> BinaryIO:
    """All that a zip holds as one file.  Raises `InvalidRequest` where one of its files cannot be read."""
    for member in bundle.members:
        if isinstance(member, Refused):
            why = f"压缩包中的 {member.name} 不能读取（{member.problem.title}：{member.problem.detail}）"
            raise errors.InvalidRequest(f"{why}；请去掉它，或改用 format=json，其余文件照常作答。")
    submissions = map(readable, bundle.members)
    reports = (_named(_answer(reader, submission, metrics), submission) for submission in submissions)
    return downloads.make(partial(write, form, reports, bom=bom))


def _named(answer: ExtractionJson, submission: Submission) -> ReadReport:
    """The report as a table calls it: by its file, else by its id."""
    source = submission.name or submission.source
    return ReadReport(Path(source or "").stem or answer["report"]["id"], submission.text, answer, source)


@cache
def example() -> ExtractRequest:
    """A report of our own, short and with something of everything."""
    return ExtractRequest.model_validate_json(files("service").joinpath("data/example.json").read_bytes())


def _read_example(reader: Extractor) -> ExtractionJson:
    return to_json(reader.extract(example().text, hints_of(example())))


def _extract_responses() -> dict[int | str, dict[str, Any]]:
    refusals = problems.responses(
        *(*ACCESS, *BODY, errors.InvalidRequest, errors.NotAcceptable, errors.TableTooLong),
        *(errors.Busy, errors.NotReady, errors.NotFound, errors.ModelRefused),
    )
    return {
        200: {"description": "All that is read.", **downloads.answers(OF_REPORT)},
        **refusals,
        500: {**refusals[500], "model": ProblemJson},
    }


def _extract_body() -> dict[str, Any]:
    body = bodies()
    body["content"]["application/json"]["example"] = example().model_dump(mode="json", exclude_unset=True)
    return body
