"""The form of what the annotation routes answer: types with a description of every field, as in `archive_schema`."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from service.annotations.schema import DocumentJson, NumberJson
from service.archive_schema import Address, FigureReportJson, Instant, Next, ReportId
from service.schema import LayoutJson, TextSpan

StateName = Annotated[
    Literal["new", "pre_annotated", "in_work", "done", "reviewed"],
    Field(description="`new` until a model has read it, then `pre_annotated`; the others people make it."),
]


class TaskJson(TypedDict):
    """A report to be annotated."""

    report: FigureReportJson
    characters: int
    state: StateName
    assignee: str | None
    priority: Annotated[float, Field(description="The higher, the sooner.")]
    reason: Annotated[str | None, Field(description="Why it has that priority, in Chinese.")]
    changed_at: Instant
    revision: Annotated[int, Field(description="Number of its last revision, 0 for none.")]
    href: Annotated[str, Field(description="Address of its annotation.")]


class QueueJson(TypedDict):
    """A page of the queue."""

    counts: Annotated[dict[str, int], Field(description="How many reports are in each state, whatever was asked.")]
    tasks: list[TaskJson]
    next: Next


class RevisionJson(TypedDict):
    """One state of an annotation, without what it says."""

    revision: Annotated[int, Field(description="Counts the report's revisions from 1.")]
    line: Annotated[str | None, Field(description="Null for the line that all share, else whose own it is.")]
    annotator: str
    at: Instant
    base: Annotated[int | None, Field(description="The revision that it was made from.")]
    model: Annotated[str | None, Field(description="Whose proposal it goes back to.")]
    state: StateName
    note: str | None
    corrections: Annotated[int, Field(description="Acts of correction since what it was made from.")]
    href: Address


class HistoryJson(TypedDict):
    """All revisions, the newest first."""

    report: ReportId
    revisions: list[RevisionJson]


class FaultJson(TextSpan):
    """Something wrong with an annotation, at its place."""

    code: Annotated[str, Field(description="Stable name of the kind of fault.")]
    severity: Annotated[Literal["error", "warning", "note"], Field(description="With an `error` nothing is finished.")]
    message: Annotated[str, Field(description="What is wrong and what would be right, in Chinese.")]
    field: Annotated[str | None, Field(description="The field of the number that it is about.")]


class AnnotationJson(TypedDict):
    """An annotation of a report."""

    report: FigureReportJson
    text: str
    task: TaskJson
    revision: Annotated[RevisionJson | None, Field(description="Null for a model's proposal.")]
    model: Annotated[str | None, Field(description="The model that proposes it; null for a revision.")]
    document: DocumentJson
    layout: LayoutJson
    faults: list[FaultJson]


class SavedJson(TypedDict):
    """What a save has made."""

    revision: RevisionJson
    task: TaskJson
    faults: list[FaultJson]


class ReadingJson(NumberJson):
    """A number as its words have it."""

    entity: NotRequired[Annotated[str, Field(description="Its entity in the document that was checked.")]]
    scope: Annotated[str | None, Field(description="For a rank.")]
    base: Annotated[str | None, Field(description="For a growth or diff.")]


class CheckedJson(TypedDict):
    """What is wrong with a document, and what its numbers read as."""

    faults: list[FaultJson]
    readings: Annotated[list[ReadingJson], Field(description="Of every number that can be read.")]
    value: Annotated[ReadingJson | None, Field(description="Of the number that was asked for; null where it is none.")]
    period: Annotated[str | None, Field(description="EDTF of the time that was asked for; null where it is none.")]


class EntitySideJson(TextSpan):
    """An entity on one side of a comparison."""

    label: str


class FigureSideJson(NumberJson):
    """A number on one side of a comparison, with what it is linked to."""

    value: TextSpan
    indicator: list[TextSpan]
    measure: str
    period: str | None
    period_span: TextSpan | None
    area: str | None
    area_span: TextSpan | None
    scope: str | None
    base: str | None
    base_span: TextSpan | None
    status: str


class EntityChangeJson(TypedDict):
    """An entity added, gone, or changed."""

    kind: Literal["added", "gone", "changed"]
    fields: Annotated[list[str], Field(description="`label`, `edges`.")]
    left: EntitySideJson | None
    right: EntitySideJson | None


class FigureChangeJson(TypedDict):
    """A number of which something was said, of which nothing is said any more, or of which something else is said."""

    kind: Literal["added", "gone", "changed"]
    fields: Annotated[list[str], Field(description="`indicator`, `low`, `unit`, `measure`, `period`, ...")]
    left: FigureSideJson | None
    right: FigureSideJson | None


class ScoreJson(TypedDict):
    """How far two annotations agree; `right` is scored against `left`."""

    precision: float
    recall: float
    f1: float
    left: Annotated[int, Field(description="How many `left` has.")]
    right: int


class AccuracyJson(TypedDict):
    """A field over the numbers that both have."""

    accuracy: float
    asked: Annotated[int, Field(description="Over how many numbers.")]


class AgreementJson(TypedDict):
    """Agreement by the project's measure."""

    entities: Annotated[dict[str, ScoreJson], Field(description="By label, and `ALL`.")]
    value: ScoreJson
    link: ScoreJson
    observation: ScoreJson
    fields: dict[str, AccuracyJson]


class DifferenceJson(TypedDict):
    """Two annotations of a report, side by side."""

    report: ReportId
    left: Annotated[str, Field(description="Number of a revision, or `id` of a model.")]
    right: str
    corrections: Annotated[int, Field(description="Acts of correction from `left` to `right`.")]
    entities: list[EntityChangeJson]
    observations: list[FigureChangeJson]
    agreement: AgreementJson


class LossJson(TypedDict):
    """What a format did not hold."""

    document: str
    message: Annotated[str, Field(description="In Chinese.")]


class LossesJson(TypedDict):
    """What an export would not hold."""

    format: str
    documents: int
    losses: list[LossJson]


class ImportedReportJson(TypedDict):
    """What became of one document of a file."""

    report: ReportId
    revision: RevisionJson
    added: Annotated[bool, Field(description="Whether the archive did not have the report before.")]
    conflict: Annotated[str | None, Field(description="Address of the newer revision beside which it was kept aside.")]
    errors: Annotated[int, Field(description="Faults that keep it from being finished.")]


class ImportedJson(TypedDict):
    """What became of a file."""

    imported: list[ImportedReportJson]
    losses: list[LossJson]
