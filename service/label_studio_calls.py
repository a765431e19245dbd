"""What Label Studio asks and is answered: the protocol of its ML backends and of its webhooks.

As `label_studio/ml/api_connector.py` and `label_studio/webhooks` of Label Studio 1.23 send it.  What else a call holds
is left alone: `/setup` sends an access token of the project's owner, which is not kept.  Knows nothing of what is done
with a call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from service.annotation_schema import ImportedReportJson, LossJson
from service.schema import ProblemJson

SETUP_EXAMPLE = '应为 Label Studio 的 /setup 请求：{"project": "1.1700000000", "schema": "<View>…</View>"}。'
PREDICT_EXAMPLE = (
    '应为 Label Studio 的 /predict 请求：{"tasks": [{"id": 1, "data": {"text": "…"}}], "label_config": "…"}。'
)
WEBHOOK_EXAMPLE = (
    '应为 Label Studio 的 Webhook：{"action": "ANNOTATION_CREATED", "annotation": {...}, "task": {...},'
    ' "project": {...}}；请在其设置中勾选 Send payload。'
)

# The events that say what someone annotated; a batch of them comes as lists.
ANNOTATED = frozenset({"ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_CREATED"})
TRAINING = "START_TRAINING"

Id = int | str


class _Call(BaseModel):
    model_config = ConfigDict(extra="ignore")


class SetupCall(_Call):
    """A project that would use the model."""

    config: Annotated[str, Field(alias="schema", description="Its labelling configuration.")]


class TaskGiven(_Call):
    """A task: `data` holds the text under the name that the configuration says."""

    id: Id
    data: dict[str, Any]


class PredictCall(_Call):
    """Tasks to be pre-annotated."""

    tasks: list[TaskGiven]
    label_config: Annotated[str, Field(description="The project's labelling configuration.")]


class AnnotationGiven(_Call):
    """An annotation, as it was saved at `updated_at`."""

    id: Id
    result: list[Any]
    updated_at: AwareDatetime
    was_cancelled: bool = False
    completed_by: Any = None
    updated_by: Any = None

    @property
    def said(self) -> dict[str, Any]:
        """As an export has it."""
        return {"result": self.result, "completed_by": self.completed_by, "updated_by": self.updated_by}


class ProjectGiven(_Call):
    """The project of an event; those of no concern here tell no more than its id."""

    id: Id
    label_config: str = ""


class WebhookCall(_Call):
    """An event."""

    action: Annotated[str, Field(max_length=100)]
    annotation: AnnotationGiven | list[AnnotationGiven] | None = None
    task: TaskGiven | list[TaskGiven] | None = None
    project: ProjectGiven | None = None

    def annotations(self) -> Iterator[tuple[AnnotationGiven, TaskGiven]]:
        """The annotations that were finished, each with its task."""
        said = self.annotation if isinstance(self.annotation, list) else [self.annotation]
        tasks = self.task if isinstance(self.task, list) else [self.task]
        for annotation, task in zip(said, tasks, strict=False):
            if annotation is not None and task is not None and not annotation.was_cancelled:
                yield annotation, task


class StudioHealthJson(TypedDict):
    """The answer of a backend that would predict now."""

    status: Literal["UP"]
    model_class: str


class StudioSetupJson(TypedDict):
    """The model that would answer."""

    model_version: Annotated[str, Field(description="`id` of the current model.")]


class StudioVersionsJson(TypedDict):
    """The models to choose from: the current one, since a call for predictions names none."""

    versions: list[str]


class StudioPredictionJson(TypedDict):
    """A pre-annotation."""

    result: Annotated[list[dict[str, Any]], Field(description="Regions, what is said of them, and relations.")]
    score: Annotated[float, Field(description="The mean certainty of its figures.", ge=0, le=1)]
    model_version: str


class StudioProblemJson(TypedDict):
    """A task that could not be read, or taken in, and why."""

    task: str
    problem: ProblemJson


class StudioPredictionsJson(TypedDict):
    """One list for each task, in their order; empty for one that cannot be read."""

    results: list[list[StudioPredictionJson]]
    problems: list[StudioProblemJson]


class StudioTakenJson(TypedDict):
    """What became of an event."""

    action: str
    taken: list[ImportedReportJson]
    losses: list[LossJson]
    problems: list[StudioProblemJson]
