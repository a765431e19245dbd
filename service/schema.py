"""The form of an answer: types with a description of every field, for mypy and for OpenAPI.

`response` builds these dictionaries, `app` shows them.  They are plain dictionaries at run time, so that a long answer
is not validated field by field.  Offsets are Unicode code points into the text as posted (for a file: into
`report.text`), half open; `text[start:end]` equals the `text` beside it.  This module knows nothing of how a field is
found; the meaning of every label and value stands in the README.
"""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

Start = Annotated[int, Field(description="First character, counted in Unicode code points of the posted text.", ge=0)]
End = Annotated[int, Field(description="One past the last character.", ge=0)]
Score = Annotated[float, Field(description="Confidence between 0 and 1.", ge=0, le=1)]
LabelName = Literal[
    "ORG",
    "PLATFORM",
    "PROGRAM",
    "POLICY",
    "AREA",
    "PERIOD",
    "INDICATOR",
    "MONEY",
    "PERCENT",
    "PEOPLE",
    "COUNT",
    "RANK",
]
MeasureName = Literal["level", "increment", "growth", "diff", "rank"]
StatusName = Literal["actual", "plan", "forecast"]
BoundName = Literal["exact", "at_least", "over", "about", "below", "range"]
SourceName = Annotated[
    Literal["sentence", "earlier", "heading", "table", "report"],
    Field(description="Where the field came from; `report` has no span of its own."),
]


class RangeJson(TypedDict):
    """A range of the posted text."""

    start: Start
    end: End


class TextSpan(RangeJson):
    """A stretch of the posted text."""

    text: Annotated[str, Field(description="The characters between `start` and `end`.")]


class AreaJson(TypedDict):
    """A region."""

    name: Annotated[str, Field(description="Name of the region, `全区` and `我县` already resolved.")]
    code: Annotated[str | None, Field(description="GB/T 2260 code of six digits, null where it resolves to none.")]


class PlaceJson(TypedDict):
    """Where something stands in the file that was posted."""

    page: NotRequired[Annotated[int, Field(description="Page of a PDF, from 1.", ge=1)]]
    box: NotRequired[
        Annotated[
            list[float], Field(description="left, top, right, bottom in points from the page's upper left corner.")
        ]
    ]
    paragraph: NotRequired[Annotated[int, Field(description="Paragraph or table of the file, from 1.", ge=1)]]


class PlacedRangeJson(RangeJson, PlaceJson):
    """A stretch of `report.text` and where it stands in the file."""


class ReportJson(TypedDict):
    """What the report says of itself."""

    id: Annotated[str, Field(description="SHA-256 of the text in UTF-8, in hexadecimal.")]
    title: Annotated[str | None, Field(description="Its title, cleaned of layout.")]
    issuer: Annotated[TextSpan | None, Field(description="The body that issued it.")]
    published: Annotated[str | None, Field(description="EDTF day, month or year of publication.")]
    period: Annotated[str | None, Field(description="EDTF time that the report speaks of.")]
    area: Annotated[AreaJson | None, Field(description="The region that the report speaks of.")]
    text: NotRequired[Annotated[str, Field(description="For a posted file: the text that the offsets count in.")]]
    places: NotRequired[
        Annotated[list[PlacedRangeJson], Field(description="For a posted file: where each line of the text stands.")]
    ]


class PartJson(RangeJson):
    """One report of a compilation, or one region's section of an article."""

    title: Annotated[str | None, Field(description="Title of the part.")]
    area: AreaJson | None
    period: Annotated[str | None, Field(description="EDTF time that the part speaks of.")]


class SectionJson(RangeJson):
    """A heading and all that stands under it."""

    level: Annotated[int, Field(description="1 for 一、, 2 for (一), 3 for 1., 4 for (1) and 一是.")]
    heading: Annotated[str, Field(description="The heading, cleaned of layout.")]


class TableJson(RangeJson):
    """A table found in the text."""

    caption: Annotated[str | None, Field(description="The line above that names it.")]
    rows: int
    columns: int


class LayoutJson(TypedDict):
    """How a text is laid out, whatever is said in it."""

    sections: list[SectionJson]
    tables: list[TableJson]
    sentences: Annotated[list[RangeJson], Field(description="Outside tables; each ends at a stop or with its line.")]


class EntityJson(TextSpan):
    """A labelled stretch of the text; entities never overlap."""

    id: Annotated[str, Field(description="`e1`, `e2`, ... in reading order.")]
    label: LabelName
    score: Score


class ValueJson(TextSpan):
    """A number as read."""

    entity: Annotated[str | None, Field(description="`id` of the entity it stands in.")]
    low: Annotated[
        float | int | None, Field(description="Number in base units (yuan, persons, ...); null where it is masked.")
    ]
    high: Annotated[float | int | None, Field(description="Equal to `low` unless a range.")]
    unit: Annotated[str, Field(description="元 · % · 个百分点 · 人 · 人次 · 人年 · 名次 · the counter itself.")]
    bound: BoundName
    masked: Annotated[bool, Field(description="Whether its digits are masked, as in `XX亿元`.")]


class IndicatorJson(TypedDict):
    """What a number measures."""

    name: Annotated[str, Field(description="Name of the indicator; empty where the text names none.")]
    code: Annotated[str | None, Field(description="Code in the catalogue of indicators, null rather than wrong.")]
    spans: Annotated[list[TextSpan], Field(description="The characters that name it, in reading order.")]


class PeriodJson(TypedDict):
    """The time a number speaks of."""

    edtf: Annotated[str, Field(description="ISO 8601-2 (EDTF): `2023`, `2023-01/2023-09`, `../2022-12-31`, `20XX`.")]
    text: str | None
    start: Start | None
    end: End | None
    source: SourceName


class ObservedAreaJson(TypedDict):
    """The region a number speaks of."""

    name: str
    code: Annotated[str | None, Field(description="GB/T 2260 code of six digits, null where it resolves to none.")]
    text: str | None
    start: Start | None
    end: End | None
    source: SourceName


class EvidenceJson(RangeJson):
    """The sentence or table row that proves an observation."""

    section: Annotated[str, Field(description="Headings above it, outermost first, joined by `/`.")]
    place: NotRequired[Annotated[PlaceJson, Field(description="For a posted file: where its value stands in it.")]]


class ObservationJson(TypedDict):
    """One figure with all that the text says of it."""

    id: Annotated[str, Field(description="`o1`, `o2`, ... in reading order.")]
    value: ValueJson
    indicator: IndicatorJson
    measure: MeasureName
    period: PeriodJson | None
    area: ObservedAreaJson | None
    scope: Annotated[str | None, Field(description="Rank only: the field of comparison.")]
    base: Annotated[str | None, Field(description="Growth and diff only: `yoy` or the base's own words.")]
    status: StatusName
    score: Score
    evidence: EvidenceJson


class SetAsideJson(TextSpan):
    """A number that measures nothing, and why."""

    reason: Annotated[
        str,
        Field(description="heading, document_number, date, name, furniture, table_of_contents, list_marker ..."),
    ]


class LedgerJson(TypedDict):
    """Every number of the text, accounted for."""

    numbers: int
    observed: int
    set_aside: list[SetAsideJson]
    unexplained: list[TextSpan]


class FindingJson(TypedDict):
    """Trouble that can be lived with."""

    code: Annotated[str, Field(description="Stable name of the kind of finding.")]
    message: Annotated[str, Field(description="What it is, in Chinese.")]
    severity: Annotated[
        Literal["error", "warning", "note"],
        Field(description="`error` cannot be right, `warning` does not agree, `note` is worth knowing."),
    ]
    rule: Annotated[str, Field(description="The arithmetic that was tried, with its numbers; or empty.")]
    observations: Annotated[list[str], Field(description="`id`s of the figures that it speaks of.")]
    spans: list[TextSpan]


class DerivedJson(TypedDict):
    """A figure that the text does not state and that follows from those it does."""

    id: Annotated[str, Field(description="`d1`, `d2`, ...")]
    rule: Annotated[str, Field(description="How it follows, with the numbers.")]
    observations: Annotated[list[str], Field(description="`id`s of the figures that it follows from.")]
    indicator: IndicatorJson
    measure: MeasureName
    low: float | int | None
    high: float | int | None
    unit: str
    period: Annotated[str, Field(description="EDTF.")]
    area: AreaJson | None
    status: StatusName


class ModelJson(TypedDict):
    """The model that read the text."""

    name: str
    version: str
    sha256: str


class ExtractionJson(TypedDict):
    """All that is read from one text."""

    report: ReportJson
    parts: list[PartJson]
    sections: list[SectionJson]
    tables: list[TableJson]
    entities: list[EntityJson]
    observations: list[ObservationJson]
    ledger: LedgerJson
    findings: list[FindingJson]
    derived: list[DerivedJson]
    model: ModelJson


class ProblemJson(TypedDict):
    """A problem document (RFC 9457)."""

    type: Annotated[str, Field(description="Stable name of the kind of problem: `urn:baoshu:problem:...`.")]
    title: Annotated[str, Field(description="What kind of problem it is, in Chinese; the same for every instance.")]
    status: Annotated[int, Field(description="The HTTP status.")]
    detail: Annotated[str, Field(description="What was wrong, and what would be right, in Chinese.")]
    instance: NotRequired[Annotated[str, Field(description="For a fault of ours: what to look for in the log.")]]


class FileAnswerJson(TypedDict):
    """A file of a zip: what is read in it, or why nothing is."""

    name: Annotated[str, Field(description="Its path in the zip.")]
    response: NotRequired[ExtractionJson]
    problem: NotRequired[ProblemJson]


class FileAnswersJson(TypedDict):
    """The answer to a zip of several reports."""

    files: Annotated[list[FileAnswerJson], Field(description="In the order of the zip.")]


class HealthJson(TypedDict):
    """The state of the server."""

    status: Literal["live", "ready"]
    archive: NotRequired[
        Annotated[Literal["ready", "unavailable"], Field(description="Whether the archive's routes answer.")]
    ]


class VersionJson(TypedDict):
    """Which program and which model answer."""

    name: Literal["baoshu"]
    version: str
    model: ModelJson
