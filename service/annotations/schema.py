"""The JSON form of an annotated document, as the archive keeps it and the API speaks it; `form` makes and reads it.

Links are ids of entities, so that an edge that is moved takes its links along.  Offsets are Unicode code points of the
report's text, half open.
"""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from service.schema import BoundName, LabelName, MeasureName, RangeJson, Score, StatusName

EntityId = Annotated[str, Field(description="`id` of an entity of this document.", max_length=50)]


class MarkedEntityJson(RangeJson):
    """An entity that someone marked."""

    id: Annotated[
        str, Field(description="Any name, once in the document; `e1`, `e2`, ... in an answer.", max_length=50)
    ]
    label: LabelName
    text: NotRequired[Annotated[str, Field(description="In an answer: the characters between `start` and `end`.")]]
    score: NotRequired[Score]


class NumberJson(TypedDict):
    """What a number is."""

    low: Annotated[float | int | None, Field(description="In base units; null where it is masked.")]
    high: Annotated[float | int | None, Field(description="Equal to `low` unless a range.")]
    unit: str
    bound: BoundName
    masked: NotRequired[Annotated[bool, Field(description="Whether its digits are masked; by default: `low` is null.")]]


class FigureFieldsJson(NumberJson):
    """What someone says of a number.  What is left out is null; `status` is `actual`, `indicator` empty."""

    value: Annotated[EntityId, Field(description="`id` of its entity.")]
    indicator: NotRequired[Annotated[list[EntityId], Field(description="`id`s of what it measures.")]]
    measure: MeasureName
    period: NotRequired[Annotated[str | None, Field(description="EDTF.")]]
    period_entity: NotRequired[EntityId | None]
    area: NotRequired[str | None]
    area_entity: NotRequired[EntityId | None]
    scope: NotRequired[Annotated[str | None, Field(description="Rank only.")]]
    base: NotRequired[Annotated[str | None, Field(description="Growth and diff only: `yoy` or the base's own words.")]]
    base_entity: NotRequired[EntityId | None]
    status: NotRequired[StatusName]
    score: NotRequired[Score]


class MarkedObservationJson(FigureFieldsJson):
    """The same with its name, in reading order, and the number as written."""

    id: NotRequired[Annotated[str, Field(description="`o1`, `o2`, ... in an answer.", max_length=50)]]
    text: NotRequired[Annotated[str, Field(description="In an answer: the number as written.")]]


class DocumentJson(TypedDict):
    """An annotated document, without its text."""

    entities: list[MarkedEntityJson]
    observations: list[MarkedObservationJson]
    meta: NotRequired[Annotated[dict[str, str], Field(description="What is known of the report: title, area, ...")]]
