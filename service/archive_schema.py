"""The form of what the archive's routes answer: types with a description of every field, as in `schema`.

Instants are ISO 8601 in UTC; addresses begin with `/` and lead to this server.  A `next` that is null says that there
is no further page; else it is given back as `after`.
"""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field
from pydantic.fields import FieldInfo
from typing_extensions import TypedDict

from service.archive.tables import JOB_STATES
from service.records import Bound, Measure, Status
from service.schema import ObservationJson, ProblemJson, RangeJson

ReportId = Annotated[str, Field(description="SHA-256 of the report's text in UTF-8, in hexadecimal.")]
ModelId = Annotated[str, Field(description="`<name>-<version>` of a model.")]
Next = Annotated[str | None, Field(description="Cursor of the next page (`after`), null on the last.")]
Instant = Annotated[str, Field(description="ISO 8601, UTC.")]
Address = Annotated[str, Field(description="Address on this server.")]


def _one_of(*words: str) -> FieldInfo:
    """Words that the store keeps as text."""
    described: FieldInfo = Field(json_schema_extra={"enum": list(words)})
    return described


MeasureName = Annotated[str, _one_of(*Measure)]
StatusName = Annotated[str, _one_of(*Status)]
BoundName = Annotated[str, _one_of(*Bound)]


class HintsJson(TypedDict):
    """What whoever added the report said of it."""

    title: str | None
    published: str | None
    area: str | None


class SnippetJson(TypedDict):
    """Where a search found a report: a stretch of its text, with the words that were asked for."""

    text: str
    start: Annotated[int, Field(description="First character, counted in code points of the report.")]
    end: int
    matches: list[RangeJson]


class KeptReportJson(TypedDict):
    """A report of the archive."""

    id: ReportId
    title: Annotated[str | None, Field(description="The one it came with, else the one last read in it.")]
    source: Annotated[str | None, Field(description="The file or address that it came from.")]
    added_at: Instant
    href: Address
    extraction: Annotated[str, Field(description="Address of what is read in it.")]
    characters: NotRequired[int]
    hints: NotRequired[HintsJson]
    text: NotRequired[Annotated[str, Field(description="For one report alone: its text.")]]
    snippet: NotRequired[Annotated[SnippetJson, Field(description="With `q`, in the place of characters and hints.")]]


class AddedReportJson(KeptReportJson):
    """The answer to a report added."""

    added: Annotated[bool, Field(description="False where the archive had it: then the first one's hints stand.")]
    observations: NotRequired[Annotated[int, Field(description="With `extract=true`: how many were read.")]]


class AddedFileJson(TypedDict):
    """A file of a zip: the report that it is, or why it is none."""

    name: Annotated[str, Field(description="Its path in the zip.")]
    report: NotRequired[AddedReportJson]
    problem: NotRequired[ProblemJson]


class AddedFilesJson(TypedDict):
    """The answer to a zip of several reports."""

    files: Annotated[list[AddedFileJson], Field(description="In the order of the zip.")]


class KeptReportsJson(TypedDict):
    """A page of reports."""

    reports: list[KeptReportJson]
    next: Next


class ProofJson(TypedDict):
    """The characters that prove a figure."""

    start: int
    end: int
    text: Annotated[str, Field(description="The characters between `start` and `end` of the report.")]
    section: str
    href: Annotated[str, Field(description="Address of the figure with its surroundings.")]


class FigureReportJson(TypedDict):
    """The report that a figure stands in."""

    id: ReportId
    title: str | None
    source: str | None
    href: Address


class FigureJson(TypedDict):
    """An observation of the archive."""

    report: FigureReportJson
    observation: Annotated[str, Field(description="Its `id` within the report's extraction.")]
    model: ModelId
    indicator: str
    indicator_code: str | None
    value: Annotated[str, Field(description="The number as written.")]
    low: float | int | None
    high: float | int | None
    unit: str
    bound: BoundName
    masked: bool
    measure: MeasureName
    period: Annotated[str | None, Field(description="EDTF.")]
    area: str | None
    area_code: str | None
    scope: str | None
    base: str | None
    status: StatusName
    score: float
    start: int
    end: int
    evidence: ProofJson


class FiguresJson(TypedDict):
    """A page of observations."""

    model: Annotated[str | None, Field(description="The model that read them.")]
    observations: list[FigureJson]
    next: Next


class SurroundingsJson(TypedDict):
    """What stands around a figure: `before` + `text` + `after` is one stretch of the report."""

    before: str
    text: str
    after: str
    start: Annotated[int, Field(description="First character of `text`, counted in code points of the report.")]
    end: int


class FigureInFullJson(TypedDict):
    """One observation as it was read, with the characters around it."""

    report: FigureReportJson
    model: ModelId
    observation: ObservationJson
    evidence: SurroundingsJson


class PanelValueJson(TypedDict):
    """A value of a cell, as all reports have it that say the same."""

    value: str
    low: float | int | None
    high: float | int | None
    bound: BoundName
    masked: bool
    score: Annotated[float, Field(description="The best among those that say so.")]
    evidence: Annotated[list[str], Field(description="Addresses of the figures that say so, the surest first.")]


class PanelRowJson(TypedDict):
    """One indicator of one area over all periods."""

    indicator: str
    indicator_code: str | None
    area: str | None
    area_code: str | None
    unit: str
    scope: str | None
    base: str | None
    cells: Annotated[
        list[list[PanelValueJson]],
        Field(description="One for each of `periods`: the values said of it, that of the most reports first."),
    ]


class PanelJson(TypedDict):
    """Figures as a table: indicator and area down, periods across."""

    model: str | None
    measure: MeasureName
    status: StatusName
    periods: Annotated[list[str], Field(description="EDTF, in order of time.")]
    rows: list[PanelRowJson]


class FailureJson(TypedDict):
    """A report that a job could not read."""

    report: ReportId
    source: str | None
    code: str
    detail: str
    attempts: int
    failed_at: Instant


class JobJson(TypedDict):
    """A job: one model reading a selection of reports."""

    id: int
    model: ModelId
    engine: Annotated[str, _one_of("local", "ray")]
    state: Annotated[str, _one_of(*JOB_STATES)]
    select: Annotated[dict[str, Any], Field(description="What was asked for.")]
    total: int
    waiting: int
    leased: Annotated[int, Field(description="Being read at this moment.")]
    done: int
    failed: int
    cancelled: int
    created_at: Instant
    started_at: str | None
    finished_at: str | None
    rate: Annotated[float | None, Field(description="Reports a second, lately; null while that cannot be told.")]
    seconds_left: Annotated[float | None, Field(description="At that rate.")]
    trouble: Annotated[str | None, Field(description="Why this server does not go on with it, in Chinese.")]
    events: Annotated[str, Field(description="Address of its progress as server-sent events.")]


class FailuresJson(TypedDict):
    """A page of failures."""

    items: list[FailureJson]
    next: Next


class JobInFullJson(JobJson):
    """A job with what it could not read."""

    failures: FailuresJson


class JobsJson(TypedDict):
    """A page of jobs, the newest first."""

    jobs: list[JobJson]
    next: Next
