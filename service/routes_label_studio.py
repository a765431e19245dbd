"""Routes for a Label Studio that pre-annotates by our model and keeps what its people annotate in our archive.

`label_studio_router` gives the protocol of an ML backend (`/health`, `/setup`, `/predict`, `/versions`) and its
`/webhook`, under `/label-studio`.  Texts that Label Studio asks about are read and not kept; what is annotated there
is, with its report.  Label Studio sends no key of ours but as a password (`access.Gate.needs_password`).
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection
from starlette.responses import JSONResponse, Response

from service import errors, ingest, problems
from service.access import USUAL, Gate
from service.annotation_files import Imported
from service.annotation_response import imported_json, losses_json
from service.annotations.document import Document, hints_in, text_id
from service.annotations.exchange import Loss
from service.annotations.labelling import TEXT, Labelling, labelling_of
from service.annotations.labelstudio import META, MODEL, document_of, prediction_of
from service.annotations.proposal import proposal
from service.archive.keys import Scope
from service.archive.reports import StoredReport, add_report, get_report
from service.desk import Desk
from service.extractor import Extractor
from service.label_studio_calls import (
    ANNOTATED,
    PREDICT_EXAMPLE,
    SETUP_EXAMPLE,
    TRAINING,
    WEBHOOK_EXAMPLE,
    AnnotationGiven,
    PredictCall,
    ProjectGiven,
    SetupCall,
    StudioHealthJson,
    StudioPredictionJson,
    StudioPredictionsJson,
    StudioProblemJson,
    StudioSetupJson,
    StudioTakenJson,
    StudioVersionsJson,
    TaskGiven,
    WebhookCall,
)
from service.label_studio_revisions import Origin, take_annotation
from service.metrics import Metrics
from service.readings import read_now
from service.response import to_json
from service.schema import ExtractionJson
from service.settings import Settings
from service.shelf import Shelf
from service.submission import BODY, read_fields

PREFIX = "/label-studio"
MODEL_CLASS = "Baoshu"

_log = logging.getLogger("baoshu")


def label_studio_router(settings: Settings, shelf: Shelf, gate: Gate, desk: Desk, metrics: Metrics) -> APIRouter:
    """`desk` reads the texts of tasks."""
    router = APIRouter(prefix=PREFIX, tags=["label studio"])
    reader = [Depends(gate.needs_password(Scope.READ))]
    writer = gate.needs_password(Scope.WRITE)  # as a default below: an annotation cannot name it

    @router.get(
        "/health",
        summary="Whether tasks would be pre-annotated now",
        response_model=StudioHealthJson,
        dependencies=reader,
        responses=problems.responses(*USUAL),
    )
    async def health() -> Response:
        """Behind the key: Label Studio tells who adds the backend that it is wrong."""
        desk.reader()
        body: StudioHealthJson = {"status": "UP", "model_class": MODEL_CLASS}
        return JSONResponse(body)

    @router.post(
        "/setup",
        summary="Whether a project's configuration can show pre-annotations, and by which model",
        response_model=StudioSetupJson,
        dependencies=reader,
        responses=problems.responses(*USUAL, *BODY),
        openapi_extra=_body(SETUP_EXAMPLE),
    )
    async def setup(request: Request) -> Response:
        """Nothing is kept of it."""
        asked = await read_fields(request, settings, SetupCall, SETUP_EXAMPLE)
        labelling_of(asked.config)
        body: StudioSetupJson = {"model_version": desk.loaded().model.id}
        return JSONResponse(body)

    @router.get(
        "/versions",
        summary="The models to choose from",
        response_model=StudioVersionsJson,
        dependencies=reader,
        responses=problems.responses(*USUAL),
    )
    async def versions() -> Response:
        """The current one alone: a call for predictions names none."""
        body: StudioVersionsJson = {"versions": [desk.loaded().model.id]}
        return JSONResponse(body)

    @router.post(
        "/predict",
        summary="Pre-annotate tasks",
        response_model=StudioPredictionsJson,
        dependencies=reader,
        responses=problems.responses(*USUAL, *BODY),
        openapi_extra=_body(PREDICT_EXAMPLE),
    )
    async def predict(request: Request) -> Response:
        """By the current model, one after another, as long as the caller waits."""
        asked = await read_fields(request, settings, PredictCall, PREDICT_EXAMPLE)
        labelling = labelling_of(asked.label_config)
        extractor = desk.reader()
        body: StudioPredictionsJson = {"results": [], "problems": []}
        for task in asked.tasks:
            if await request.is_disconnected():
                break
            try:
                body["results"].append([await prediction(extractor, task, labelling)])
            except (errors.EmptyText, errors.TextTooLong, errors.InvalidRequest) as error:
                body["results"].append([])
                body["problems"].append(_problem(task, error))
        return JSONResponse(body)

    async def prediction(extractor: Extractor, task: TaskGiven, labelling: Labelling) -> StudioPredictionJson:
        text = _text(task, labelling)
        ingest.check(text, settings.max_characters)
        answer = await reading(extractor, task, text)
        model = extractor.model.id
        made = await to_thread.run_sync(lambda: prediction_of(proposal(answer, text), model))
        return {"result": labelling.held(made["result"]), "score": made["score"], "model_version": model}

    async def reading(extractor: Extractor, task: TaskGiven, text: str) -> ExtractionJson:
        """What the model reads in a text, from the archive where that has it."""
        kept: StoredReport | None = None
        with suppress(errors.NotFound, errors.ArchiveUnavailable):
            kept = await shelf.read(lambda c: get_report(c, text_id(text)))
        if kept is not None:
            return await read_now(shelf, desk, extractor, kept, metrics)

        def read() -> ExtractionJson:
            extraction = extractor.extract(text, hints_in(_meta(task)), metrics.stage)
            metrics.extraction(extraction)
            return to_json(extraction)

        return await desk.run(read)

    @router.post(
        "/webhook",
        summary="Take in what is annotated in Label Studio",
        response_model=StudioTakenJson,
        responses=problems.responses(*USUAL, *BODY),
        openapi_extra=_body(WEBHOOK_EXAMPLE),
    )
    async def webhook(request: Request, key: str | None = Depends(writer)) -> Response:
        """Each save of an annotation becomes a revision, once; other events are left alone.

        With errors in it, it is `in_work`; where another has saved meanwhile it is kept aside.
        """
        asked = await read_fields(request, settings, WebhookCall, WEBHOOK_EXAMPLE)
        if asked.action == TRAINING:
            raise errors.InvalidRequest("训练不由 Label Studio 启动；标注已随 Webhook 存入档案库，请在报数一侧训练。")
        body: StudioTakenJson = {"action": asked.action, "taken": [], "losses": [], "problems": []}
        if asked.action not in ANNOTATED:
            return JSONResponse(body)
        if asked.annotation is None or asked.task is None or asked.project is None:
            raise errors.InvalidRequest(f"Webhook 中没有标注、任务或项目。{WEBHOOK_EXAMPLE}")
        labelling = labelling_of(asked.project.label_config)
        refused: errors.BaoshuError | None = None
        for annotation, task in asked.annotations():
            try:
                done, losses = await take(key, asked.project, annotation, task, labelling)
            except errors.BaoshuError as error:
                refused = refused or error
                _log.warning("annotation %s of Label Studio was not taken in: %s", annotation.id, error.detail)
                body["problems"].append(_problem(task, error))
                continue
            body["taken"].append(imported_json(done))
            body["losses"] += losses_json(losses)
        if refused is not None and not body["taken"]:
            raise refused
        return JSONResponse(body)

    async def take(
        key: str | None, project: ProjectGiven, annotation: AnnotationGiven, task: TaskGiven, labelling: Labelling
    ) -> tuple[Imported, list[Loss]]:
        text = _text(task, labelling)
        ingest.check(text, settings.max_characters)

        def add(connection: Connection) -> tuple[StoredReport, bool]:
            return add_report(connection, text, hints=hints_in(_meta(task)))

        report, added = await shelf.write(add)
        document, losses = await to_thread.run_sync(_document, task, annotation, text)
        # Corrections are counted from what the model had read: where that is not kept yet, it is now.
        extractor = desk.loaded()
        if document.meta.get(MODEL) == extractor.model.id:
            with suppress(errors.Busy):
                await read_now(shelf, desk, extractor, report, metrics)
        origin = Origin(
            server=key,
            project=str(project.id),
            task=str(task.id),
            annotation=str(annotation.id),
            at=annotation.updated_at,
        )

        def change(connection: Connection) -> Imported:
            return take_annotation(connection, document, origin, added=added, max_characters=settings.max_characters)

        return await shelf.write(change), losses

    return router


def _body(what: str) -> dict[str, object]:
    """The OpenAPI description of a body, whose form is Label Studio's own."""
    schema = {"type": "object", "description": what}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _text(task: TaskGiven, labelling: Labelling) -> str:
    """The text of a task.  Raises InvalidRequest."""
    text = task.data.get(labelling.variable)
    if not isinstance(text, str):
        raise errors.InvalidRequest(f"任务 {task.id} 的 data 中没有名为 {labelling.variable} 的文本。")
    return text


def _meta(task: TaskGiven) -> dict[str, str]:
    """What a task says of its report."""
    meta = task.data.get(META)
    return {str(k): v for k, v in meta.items() if isinstance(v, str)} if isinstance(meta, dict) else {}


def _document(task: TaskGiven, annotation: AnnotationGiven, text: str) -> tuple[Document, list[Loss]]:
    data: dict[str, Any] = {TEXT: text, META: _meta(task)}
    return document_of(data, annotation.said)


def _problem(task: TaskGiven, error: errors.BaoshuError) -> StudioProblemJson:
    return {"task": str(task.id), "problem": problems.problem(error)}
