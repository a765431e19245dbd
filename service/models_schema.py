"""The form of what the routes of models answer, as in `archive_schema`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from service.archive.comparing import FieldName
from service.archive.diff import Kind
from service.archive_schema import Address, Instant, ModelId, ReportId
from service.schema import ModelJson


class KnownModelJson(ModelJson):
    """A model that can be had here, or that has read reports of the archive."""

    id: ModelId
    current: Annotated[bool, Field(description="Whether it reads what is posted now, unless another is named.")]
    available: Annotated[bool, Field(description="Whether it has a folder here, so that it can be named and promoted.")]
    trouble: Annotated[str | None, Field(description="What stands against promoting it, in Chinese.")]
    extractions: Annotated[int, Field(description="Reports of the archive that it has read.")]


class RefusedFolderJson(TypedDict):
    """A folder that looks like a model's and is none."""

    folder: str
    detail: Annotated[str, Field(description="Which file or which contract version is wrong, in Chinese.")]


class ModelsJson(TypedDict):
    """The models by id."""

    current: Annotated[str | None, Field(description="`id` of the model that reads here; null while none is loaded.")]
    promoted: Annotated[str | None, Field(description="`id` of the model promoted last, null where none ever was.")]
    models: list[KnownModelJson]
    refused: list[RefusedFolderJson]


class PromotionJson(TypedDict):
    """A model made current."""

    model: ModelId
    at: Instant
    by: Annotated[str | None, Field(description="Name of the key that asked for it; null where no keys are in use.")]
    rolled_back: Annotated[bool, Field(description="Whether the promotion before it was taken back.")]


class PromotionsJson(TypedDict):
    """Every promotion and roll-back, the newest first."""

    promotions: list[PromotionJson]


class CountsJson(TypedDict):
    """Figures that differ."""

    added: Annotated[int, Field(description="Only the new model gives them.")]
    gone: Annotated[int, Field(description="Only the old model gives them.")]
    changed: Annotated[int, Field(description="Both give them, and not alike.")]


class GroupJson(CountsJson):
    """The counts of one indicator or area."""

    name: Annotated[str | None, Field(description="Null where the figures name none.")]
    code: str | None


class GroupsJson(TypedDict):
    """Those with the most differences, and the sum of the others.

    A figure whose indicator (or area) differs counts under both.
    """

    most: list[GroupJson]
    others: CountsJson


class ComparedReportsJson(TypedDict):
    """Reports, by who has read them; only those read by both are compared."""

    both: int
    from_only: int
    to_only: int
    differing: Annotated[int, Field(description="Of those read by both.")]


# `from` is a word of Python.
ComparedFiguresJson = TypedDict(
    "ComparedFiguresJson", {"from": int, "to": int, "same": int, "added": int, "gone": int, "changed": int}
)


class SideJson(TypedDict):
    """A figure as one model gives it."""

    observation: Annotated[str, Field(description="Its `id` within the report's extraction.")]
    href: Address
    indicator: str
    indicator_code: str | None
    value: Annotated[str, Field(description="The number as written.")]
    low: float | int | None
    high: float | int | None
    unit: str
    bound: str
    masked: bool
    measure: str
    period: str | None
    area: str | None
    area_code: str | None
    scope: str | None
    base: str | None
    status: str
    score: float
    section: str


class SampleReportJson(TypedDict):
    """The report of a sample."""

    id: ReportId
    title: str | None
    source: str | None
    href: Address


class QuotationJson(TypedDict):
    """What proves a figure: `text[value.start - start : value.end - start]` is its value."""

    start: Annotated[int, Field(description="First character, counted in code points of the report.")]
    text: str


class PlaceJson(TypedDict):
    """A value's place in the report."""

    start: int
    end: int


SampleJson = TypedDict(
    "SampleJson",
    {
        "kind": Kind,
        "fields": Annotated[list[FieldName], Field(description="What differs, for a changed one.")],
        "report": SampleReportJson,
        "value": PlaceJson,
        "quotation": QuotationJson,
        "from": SideJson | None,
        "to": SideJson | None,
    },
)

DiffJson = TypedDict(
    "DiffJson",
    {
        "from": ModelId,
        "to": ModelId,
        "indicator": Annotated[str | None, Field(description="As asked for.")],
        "area": Annotated[str | None, Field(description="As asked for.")],
        "reports": ComparedReportsJson,
        "observations": ComparedFiguresJson,
        "fields": Annotated[dict[FieldName, int], Field(description="Changed observations by the field that differs.")],
        "indicators": GroupsJson,
        "areas": GroupsJson,
        "samples": Annotated[list[SampleJson], Field(description="Drawn evenly, some of each kind and field.")],
    },
)
