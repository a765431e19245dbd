"""The form of what the routes of refinements ask and answer, with a description of every field."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from typing_extensions import TypedDict

from service.refinements import Refinement

REFINE_EXAMPLE = (
    '应为 {"model": "baoshu-0.2.0", "states": ["done", "reviewed"], "version": "0.2.1"}；均可省略，即从当前模型开始。'
)

StateName = Literal["running", "interrupted", "cancelled", "candidate", "refused", "failed"]
Version = Annotated[str, StringConstraints(pattern=r"^[\w.+][\w.+-]{0,99}$")]


class RefineRequest(BaseModel):
    """What to learn from, and whom to teach."""

    model_config = ConfigDict(extra="forbid")

    model: Annotated[str | None, Field(description="`id` of the model to start from; the current one by default.")] = (
        None
    )
    states: Annotated[
        list[Literal["in_work", "done", "reviewed"]],
        Field(description="Annotations of reports in these states are learnt from.", min_length=1),
    ] = ["done", "reviewed"]
    version: Annotated[Version | None, Field(description="Of the new model; by default the next with `-r1`.")] = None


class ProgressJson(TypedDict):
    """How far it is within a stage."""

    stage: Annotated[str, Field(description="`read`, `train`, `measure`, `calibrate`, in this order.")]
    done: int
    total: int


class FigureChangeJson(TypedDict):
    """One figure of both models on one set of reports."""

    figure: Annotated[
        str, Field(description="`entity`, `entity.<label>`, `value`, `link`, `observation`, `field.<x>`.")
    ]
    before: float
    after: float
    low: Annotated[float, Field(description="Interval of the difference, 95 of 100 draws of reports.")]
    high: float
    asked: Annotated[int, Field(description="How many annotated things it is measured on.")]
    verdict: Literal["worse", "same", "better"]


class MeasuredJson(TypedDict):
    """Both models side by side on one set of reports."""

    set: str
    documents: int
    figures: list[FigureChangeJson]


class LearntJson(TypedDict):
    """What was learnt from, of what was corrected."""

    documents: int
    sentences: int


class NextJson(TypedDict):
    """What to do with the new model: read with it, see what would change, make it current."""

    read: Annotated[str, Field(description="`POST` with `body`: reads all reports beside the current model.")]
    body: dict[str, str]
    preview: Annotated[str, Field(description="Which figures would change, by indicator and area, with samples.")]
    promote: Annotated[str, Field(description="`POST`: makes it current.")]
    commands: Annotated[list[str], Field(description="The same at the command line.")]


class RefinementJson(TypedDict):
    """A refinement: a model taught what people corrected."""

    id: int
    href: Annotated[str, Field(description="Its address.")]
    events: Annotated[str, Field(description="Address of its progress as server-sent events.")]
    state: StateName
    parent: Annotated[str, Field(description="`id` of the model that it starts from.")]
    by: Annotated[str | None, Field(description="Whose key asked for it.")]
    at: Annotated[str, Field(description="When it was asked for. ISO 8601, UTC.")]
    documents: Annotated[int, Field(description="Corrected reports that it was given.")]
    progress: ProgressJson | None
    reasons: Annotated[list[str], Field(description="Why there is no new model: what got worse and by how much.")]
    candidate: Annotated[str | None, Field(description="`id` of the new model, null where there is none.")]
    learnt: Annotated[LearntJson | None, Field(description="Null before its end.")]
    left_out: Annotated[list[str], Field(description="Corrected reports that are held out: measured on alone.")]
    seconds: Annotated[int | None, Field(description="What it took since it was begun or gone on with last.")]
    measured: list[MeasuredJson]
    next: NextJson | None


class RefinementsJson(TypedDict):
    """All refinements of this installation, the newest first."""

    refinements: list[RefinementJson]


def refinement_json(found: Refinement) -> RefinementJson:
    """A refinement as it is answered."""
    new = found.candidate
    return {
        "id": found.id,
        "href": f"/refinements/{found.id}",
        "events": f"/refinements/{found.id}/events",
        "state": found.state,
        "parent": found.parent,
        "by": found.by,
        "at": found.at.isoformat(),
        "documents": found.documents,
        "progress": {"stage": found.stage, "done": found.done, "total": found.total} if found.stage else None,
        "reasons": found.reasons,
        "candidate": new,
        "learnt": found.result.get("learnt"),
        "left_out": list(found.result.get("left_out", ())),
        "seconds": found.result.get("seconds"),
        "measured": list(found.result.get("measured", ())),
        "next": _next(new) if new else None,
    }


def commands(model: str) -> list[str]:
    """What to do with a new model at the command line, in this order."""
    return [f"baoshu reextract --model {model}", f"baoshu diff --to {model}", f"baoshu promote {model}"]


def _next(model: str) -> NextJson:
    return {
        "read": "/jobs",
        "body": {"model": model},
        "preview": f"/models/diff?to={model}",
        "promote": f"/models/{model}/promote",
        "commands": commands(model),
    }
