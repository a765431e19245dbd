"""The form of what is answered across reports: targets with their results, conflicts, series; types as in `schema`.

Amounts that a figure may stand for (`worth`) and what follows from them are intervals: `3.2亿元` is 315,000,000 to
325,000,000, an end that is null is open.  Every figure comes with the characters that prove it and their address.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from service.archive.conflicts import Kind
from service.archive.series import Rhythm
from service.archive.targets import State, Way
from service.archive_schema import FigureJson, MeasureName, ModelId, Next, StatusName

Definition = Annotated[
    list[str], Field(description="统计口径, in the report's words: 规上, 限上, 全社会, 可比价, 累计, 当月, 不含…")
]
Points = Annotated[str, Field(description="Unit of the difference: 个百分点 for per cent, else the figure's own.")]
Message = Annotated[str, Field(description="The same in a Chinese sentence.")]


def _named(words: type[Kind] | type[State] | type[Way] | type[Rhythm], told: str = "") -> object:
    return Field(description=told, json_schema_extra={"enum": list(words)})


class IntervalJson(TypedDict):
    """All amounts from `low` to `high`."""

    low: float | int | None
    high: float | int | None


class ComparedFigureJson(FigureJson):
    """An observation, with what it is compared by."""

    definition: Definition
    worth: Annotated[IntervalJson | None, Field(description="All that it may stand for; null where it is masked.")]
    published: Annotated[str | None, Field(description="First day on which its report may have come out.")]


class ResultJson(TypedDict):
    """What was reached by one time."""

    figure: Annotated[ComparedFigureJson, Field(description="As the latest report has it.")]
    earlier: Annotated[list[ComparedFigureJson], Field(description="What other reports say of the same time.")]
    completion: float | None
    difference: float | int | None


class TargetJson(TypedDict):
    """A planned figure and how it stands."""

    figure: ComparedFigureJson
    state: Annotated[str, _named(State, "`under_way`: the last result is of a time within the target's.")]
    upward: Annotated[bool, Field(description="False where less is better: 以下, 控制在, 降至, a fall, a rank.")]
    way: Annotated[str, _named(Way, "Over several years: the last result, the sum, the mean yearly growth.")]
    value: Annotated[float | int | None, Field(description="What was reached so far.")]
    completion: Annotated[
        float | None, Field(description="1 is reached: value / target, or target / value; null for growth and ranks.")
    ]
    difference: Annotated[float | int | None, Field(description="Beyond the target; 0 and more is reached.")]
    difference_unit: Points
    close: Annotated[bool, Field(description="Whether rounding alone decides if it was met.")]
    results: Annotated[list[ResultJson], Field(description="In order of time.")]


class TargetsJson(TypedDict):
    """A page of targets."""

    model: ModelId
    targets: list[TargetJson]
    next: Next


class SideJson(TypedDict):
    """An amount, and who says so."""

    worth: IntervalJson
    figures: Annotated[list[ComparedFigureJson], Field(description="That of the latest report first.")]


class ConflictJson(TypedDict):
    """Figures that cannot all be true."""

    kind: Annotated[str, _named(Kind, "`growth`: a growth does not lead back to the figure of the year before.")]
    revised: Annotated[bool, Field(description="The reports' dates tell that later ones revised the figure.")]
    message: Message
    sides: Annotated[list[SideJson], Field(description="The amount told last first.")]
    value: Annotated[ComparedFigureJson | None, Field(description="For `growth`: the figure that grew.")]
    growth: Annotated[ComparedFigureJson | None, Field(description="For `growth`: by how much.")]
    implied: Annotated[IntervalJson | None, Field(description="For `growth`: the year before, as follows from both.")]


class ConflictsJson(TypedDict):
    """A page of conflicts."""

    model: ModelId
    conflicts: list[ConflictJson]
    next: Next


class ChangeJson(TypedDict):
    """A change over the year, as it follows from two points and as a report states it."""

    unit: Annotated[str, Field(description="%, or 个百分点 for a share.")]
    implied: IntervalJson | None
    stated: ComparedFigureJson | None
    agree: Annotated[
        bool | None, Field(description="Null where one is missing, or growth is reckoned at other prices (可比价).")
    ]


class PointJson(TypedDict):
    """What is said of one time."""

    period: Annotated[str | None, Field(description="EDTF.")]
    figure: Annotated[ComparedFigureJson, Field(description="As the latest report has it.")]
    others: list[ComparedFigureJson]
    conflict: Annotated[str | None, Field(description="Why they cannot all be so, in Chinese; null where they can.")]
    change: ChangeJson | None


class LineJson(TypedDict):
    """Figures that may be compared with one another."""

    indicator: str
    indicator_code: str | None
    area: str | None
    area_code: str | None
    unit: str
    definition: Definition
    rhythm: Annotated[str, _named(Rhythm, "`since_january`: 1-9月; `year_end`: an instant at the end of a year.")]
    base: str | None
    scope: str | None
    points: Annotated[list[PointJson], Field(description="In order of time.")]
    gaps: Annotated[list[str], Field(description="Times between the first and the last point that are missing, EDTF.")]


class DifferenceJson(TypedDict):
    """In what two lines differ."""

    aspect: Annotated[str, Field(description="indicator, area, unit, definition, rhythm, base or scope.")]
    before: str
    after: str


class BreakJson(TypedDict):
    """Why one line does not go on another."""

    before: Annotated[int, Field(description="Place in `lines`, from 0.")]
    after: int
    at: Annotated[str, Field(description="Time of the later line's first point, EDTF.")]
    reasons: list[DifferenceJson]
    message: Message


class SeriesJson(TypedDict):
    """One indicator in one area through time, in lines that nothing joins."""

    model: ModelId
    measure: MeasureName
    status: StatusName
    lines: list[LineJson]
    breaks: list[BreakJson]
