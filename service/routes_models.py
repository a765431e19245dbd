"""Routes of models: which there are, what changes from one to another, and which is current.

`models_router` gives them.  A model becomes current by an explicit act of someone with the scope `admin`, and by
nothing else; this server reads with it from then on, others over the same archive a moment later (`current`).  What a
diff is stands in `archive.diff`, the form of an answer in `models_schema`.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy import Connection
from starlette.responses import JSONResponse, PlainTextResponse, Response

from service import errors, problems
from service.access import USUAL, Gate
from service.archive import models
from service.archive.diff import diff
from service.archive.keys import Scope
from service.archive_fields import DiffAsked
from service.current import CurrentModel
from service.desk import Desk
from service.models_response import diff_json, models_json, promotion_json
from service.models_schema import DiffJson, ModelsJson, PromotionJson, PromotionsJson
from service.registry import Registry
from service.shelf import Shelf

# A diff of a large archive keeps the store busy for seconds; the next waits for its turn, and nothing else does.
DIFFS_AT_ONCE = 1

CARD = "README.md"
MARKDOWN = "text/markdown"

Id = Annotated[str, Path(description="`<name>-<version>` of a model.", max_length=201)]
REFUSALS = (*USUAL, errors.ModelRefused, errors.ModelChanged, errors.NotFound)


def models_router(registry: Registry, current: CurrentModel, desk: Desk, shelf: Shelf, gate: Gate) -> APIRouter:
    """`current` swaps the models of `registry`."""
    router = APIRouter(tags=["models"])
    reader = [Depends(gate.needs(Scope.READ))]
    admin = gate.needs(Scope.ADMIN)  # as a default below: an annotation cannot name it
    promoting, comparing = CapacityLimiter(1), CapacityLimiter(DIFFS_AT_ONCE)

    @router.get(
        "/models",
        summary="Models that can be had, and models that have read",
        response_model=ModelsJson,
        dependencies=reader,
        responses=problems.responses(*USUAL),
    )
    async def show() -> Response:
        """By their manifests: whether a model's files are those of its manifest is found out when it is loaded."""
        known, promoted = await shelf.read(lambda c: (models.known_models(c), models.current(c)))
        folders, refused = await to_thread.run_sync(lambda: (registry.models(), registry.refused()))
        return JSONResponse(models_json(known, folders, refused, serving=registry.serving, promoted=promoted))

    @router.get(
        "/models/diff",
        summary="What changes from one model to another",
        response_model=DiffJson,
        dependencies=reader,
        responses=problems.responses(*USUAL, errors.NotFound),
    )
    async def compare(asked: Annotated[DiffAsked, Query()]) -> Response:
        """In the reports that both have read: figures added, gone and changed, with samples of each.

        A figure is the same where both give the same stretch of a report a value.  `from` is the current model unless
        another is named.
        """

        def question(connection: Connection) -> DiffJson:
            found = diff(
                connection,
                asked.from_ or desk.current_id(connection),
                asked.to,
                indicator=asked.indicator,
                area=asked.area,
                samples=asked.samples,
                groups=asked.groups,
            )
            return diff_json(found, indicator=asked.indicator, area=asked.area)

        async with comparing:
            return JSONResponse(await shelf.read(question))

    @router.get(
        "/models/{id}/card",
        summary="What a model was made from, and how it was measured",
        response_class=PlainTextResponse,
        dependencies=reader,
        responses={
            200: {"description": "Its card.", "content": {MARKDOWN: {"schema": {"type": "string"}}}},
            **problems.responses(*USUAL, errors.NotFound, errors.ModelRefused),
        },
    )
    async def card(id: Id) -> Response:  # noqa: A002
        """The `README.md` of its folder."""
        text = await to_thread.run_sync(_card, registry, id)
        return PlainTextResponse(text, media_type=MARKDOWN)

    @router.get(
        "/models/history",
        summary="Promotions and roll-backs, the newest first",
        response_model=PromotionsJson,
        dependencies=reader,
        responses=problems.responses(*USUAL),
    )
    async def look_back() -> Response:
        body: PromotionsJson = {"promotions": [promotion_json(p) for p in await shelf.read(models.history)]}
        return JSONResponse(body)

    @router.post(
        "/models/rollback",
        summary="Take back the promotion that stands",
        response_model=PromotionJson,
        responses=problems.responses(*REFUSALS, errors.NoEarlierModel),
    )
    async def roll_back(by: str | None = Depends(admin)) -> Response:
        """The model before it is verified, loaded and current again.  Twice in a row goes two promotions back."""
        made = await to_thread.run_sync(partial(current.roll_back, by=by), limiter=promoting)
        return JSONResponse(promotion_json(made))

    @router.post(
        "/models/{id}/promote",
        summary="Make a model current",
        response_model=PromotionJson,
        responses=problems.responses(*REFUSALS),
    )
    async def promote(id: Id, by: str | None = Depends(admin)) -> Response:  # noqa: A002
        """Once it is verified and loaded; until then, and where it is refused, the one before it reads on.

        What is being read is finished by the model that began it.  Reports that the archive holds are read again by
        `POST /jobs`, not by this.
        """
        made = await to_thread.run_sync(partial(current.promote, id, by=by), limiter=promoting)
        return JSONResponse(promotion_json(made))

    return router


def _card(registry: Registry, id: str) -> str:  # noqa: A002
    """Raises `NotFound`, `ModelRefused`."""
    path = registry.find(id).path / CARD
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise errors.NotFound(f"模型 {id} 的目录中没有模型卡（{CARD}）。") from None
