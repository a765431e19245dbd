"""Routes of annotations as files: out of the archive, into it, and the configuration that Label Studio needs.

`annotation_files_router` gives them; it stands before `routes_annotations`, whose addresses take any name.  What a form
cannot hold is told: a download says how many such losses there are (`Baoshu-Losses`), `losses=true` which.
"""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import Connection
from starlette.responses import JSONResponse, Response

from service import errors, problems
from service.access import USUAL, Gate
from service.annotation_fields import ExportAsked, ImportAsked
from service.annotation_files import Imported, documents, take_in
from service.annotation_response import imported_json, losses_json
from service.annotation_schema import ImportedJson, LossesJson
from service.annotations.document import Document
from service.annotations.formats import format_named
from service.annotations.labelling import labelling_config
from service.archive.keys import Scope
from service.settings import Settings
from service.shelf import Shelf
from service.submission import BODY, read_bytes

LOSSES = "Baoshu-Losses"


def annotation_files_router(settings: Settings, shelf: Shelf, gate: Gate) -> APIRouter:
    """Files of annotations."""
    router = APIRouter(prefix="/annotations", tags=["annotations"])
    reader = [Depends(gate.needs(Scope.READ))]
    writer = gate.needs(Scope.WRITE)  # as a default below: an annotation cannot name it

    @router.get(
        "/export",
        summary="Annotations as a file",
        dependencies=reader,
        response_class=Response,
        responses={
            200: {"description": "The file; with `losses=true` what it would not hold.", "model": LossesJson},
            **problems.responses(*USUAL, errors.UnsupportedFile),
        },
    )
    async def export(asked: Annotated[ExportAsked, Query()]) -> Response:
        """The last revision of each report that all share; `jsonl` is what training reads."""
        form = format_named(asked.format)
        found = await shelf.read(lambda c: list(documents(c, asked.state)))
        written = await to_thread.run_sync(form.write, found)
        if asked.losses:
            body: LossesJson = {
                "format": asked.format,
                "documents": len(found),
                "losses": losses_json(written.losses),
            }
            return JSONResponse(body)
        name = f'attachment; filename="annotations{form.suffix}"'
        headers = {"Content-Disposition": name, LOSSES: str(len(written.losses))}
        return Response(written.data, media_type=form.media, headers=headers)

    @router.post(
        "/import",
        summary="Take annotations in from a file",
        response_model=ImportedJson,
        responses=problems.responses(*USUAL, *BODY, errors.NotFound),
        openapi_extra=_body(),
    )
    async def take(
        request: Request, asked: Annotated[ImportAsked, Query()], key: str | None = Depends(writer)
    ) -> Response:
        """All or nothing.  A report is known by its text; what was made from an older revision is kept aside."""
        form = format_named(asked.format)
        data = await read_bytes(request, settings)
        taken = await to_thread.run_sync(form.read, data)

        def change(connection: Connection) -> list[Imported]:
            return [one(connection, document) for document in taken.documents]

        def one(connection: Connection, document: Document) -> Imported:
            return take_in(
                connection,
                document,
                annotator=key or asked.annotator,
                state=asked.state,
                max_characters=settings.max_characters,
            )

        body: ImportedJson = {
            "imported": [imported_json(done) for done in await shelf.write(change)],
            "losses": losses_json(taken.losses),
        }
        return JSONResponse(body)

    @router.get(
        "/labelling",
        summary="The labelling configuration of a Label Studio project",
        dependencies=reader,
        response_class=Response,
        responses={200: {"content": {"application/xml": {}}}, **problems.responses(*USUAL)},
    )
    async def labelling() -> Response:
        """For tasks of the format `labelstudio`."""
        return Response(labelling_config(), media_type="application/xml")

    return router


def _body() -> dict[str, object]:
    """The OpenAPI description of a file."""
    file = {"type": "string", "format": "binary"}
    form = {"type": "object", "required": ["file"], "properties": {"file": file}}
    content = {"application/octet-stream": {"schema": file}, "multipart/form-data": {"schema": form}}
    return {"requestBody": {"required": True, "content": content}}
