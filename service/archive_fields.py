"""The fields of what is asked of the archive, checked: query strings, and the body that makes a job.

In: strings, or JSON.  Out: checked fields, and the question that they ask; what is wrong is told by `problems` in
Chinese.  A parameter that is not
known is refused, so that a slip of the pen never passes for a question; one that is blank is not there.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from service.archive.observations import ObservationQuery
from service.archive.paging import MOST_ITEMS
from service.exports.forms import FigureForm, PanelForm, ReportForm
from service.schema import MeasureName, StatusName

PAGE = 100
LONGEST_TEXT = 500
LONGEST_CURSOR = 1000
MOST_IDS = 10_000

JOB_EXAMPLE = '应为 {"model": "baoshu-0.1.0", "select": {"missing_only": true}}；两项均可省略，省略 select 即全部报告。'


class Asked(BaseModel):
    """A query string."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, dict) else given


Words = Annotated[
    str | None, Field(description="Words that the report's text holds (full text).", max_length=LONGEST_TEXT)
]
Model = Annotated[
    str | None, Field(description="`id` of the model that read; the current one by default.", max_length=200)
]
Limit = Annotated[int, Field(description="The most a page may hold.", ge=1, le=MOST_ITEMS)]
# None where pages are asked for only if nothing else is.
UsualLimit = Annotated[int | None, Field(description=f"The most a page may hold; {PAGE}.", ge=1, le=MOST_ITEMS)]
Bom = Annotated[bool, Field(description="CSV: mark it as UTF-8 for a spreadsheet.")]
After = Annotated[str | None, Field(description="`next` of the page before.", max_length=LONGEST_CURSOR)]


class ModelAsked(Asked):
    """Which model's reading."""

    model: Model = None


class ExtractionAsked(ModelAsked):
    """Which model's reading, and in which form."""

    format: Annotated[ReportForm | None, Field(description="Else as `Accept` says.")] = None
    bom: Bom = False


class AddAsked(Asked):
    """What to do with a report beside keeping it."""

    extract: Annotated[bool, Field(description="Read it at once with the current model, and keep what is read.")] = (
        False
    )


class ReportsAsked(Asked):
    """Which reports."""

    q: Words = None
    limit: Limit = PAGE
    after: After = None


class WhatAsked(ModelAsked):
    """Which observations, of whatever status; each field narrows."""

    indicator: Annotated[
        str | None,
        Field(
            description="Code in the catalogue of indicators, or a name as read; `*` at its end: whatever begins so.",
            max_length=LONGEST_TEXT,
        ),
    ] = None
    area: Annotated[
        str | None,
        Field(
            description="Name, or GB/T 2260 code; `*` at its end: whatever begins so (`3304*`).",
            max_length=LONGEST_TEXT,
        ),
    ] = None
    period: Annotated[
        str | None,
        Field(description="EDTF, e.g. `2023`, `2023-01/2023-09`, `../2023`: what lies within it.", max_length=100),
    ] = None
    measure: MeasureName | None = None
    q: Words = None
    report: Annotated[str | None, Field(description="`id` of one report.", max_length=64)] = None

    def query(self, current: str, status: str | None = None) -> ObservationQuery:
        """The question to the archive; `current` is the model where none is named."""
        return ObservationQuery(
            model=self.model or current,
            indicator=self.indicator,
            area=self.area,
            period=self.period,
            status=status,
            measure=self.measure,
            q=self.q,
            report=self.report,
        )


class FiguresAsked(WhatAsked):
    """Which observations; each field narrows."""

    status: StatusName | None = None


class FiguresPageAsked(FiguresAsked):
    """A page of observations."""

    limit: UsualLimit = None
    after: After = None
    format: Annotated[
        FigureForm | None, Field(description="All but `json`: every one of them, as a table; else as `Accept` says.")
    ] = None
    bom: Bom = False


class PanelAsked(FiguresAsked):
    """Observations as a table of one measure and status."""

    status: StatusName = "actual"
    measure: MeasureName = "level"
    format: Annotated[PanelForm | None, Field(description="Else as `Accept` says.")] = None


class JobsAsked(Asked):
    """Which jobs."""

    state: Literal["queued", "running", "done", "cancelled"] | None = None
    limit: Limit = PAGE
    after: After = None


class JobAsked(Asked):
    """Which page of a job's failures."""

    limit: Limit = PAGE
    after: After = None


class DiffAsked(Asked):
    """Which two models' readings to compare, and how much of what is found to tell."""

    from_: Annotated[
        str | None,
        Field(alias="from", description="`id` of the old model; the current one by default.", max_length=201),
    ] = None
    to: Annotated[str, Field(description="`id` of the new model.", max_length=201)]
    indicator: Annotated[
        str | None, Field(description="Only figures of this indicator, by name or code.", max_length=LONGEST_TEXT)
    ] = None
    area: Annotated[
        str | None, Field(description="Only figures of this area, by name or code.", max_length=LONGEST_TEXT)
    ] = None
    samples: Annotated[int, Field(description="The most samples of each kind and changed field.", ge=0, le=50)] = 3
    groups: Annotated[int, Field(description="How many indicators and areas are told apart.", ge=0, le=1000)] = 50


class SelectionFields(BaseModel):
    """Which reports to read; each field narrows, none at all means every report."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reports: Annotated[
        list[Annotated[str, Field(max_length=64)]] | None,
        Field(description="Their ids.", min_length=1, max_length=MOST_IDS),
    ] = None
    q: Words = None
    area: Annotated[
        str | None, Field(description="Of that region, by name or code, as given or as read.", max_length=LONGEST_TEXT)
    ] = None
    added_since: Annotated[AwareDatetime | None, Field(description="Added then or later; ISO 8601.")] = None
    missing_only: Annotated[bool, Field(description="Only those that the model has not read yet.")] = False


class JobRequest(BaseModel):
    """A job to be made: one model reads a selection of reports."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: Annotated[
        str | None, Field(description="`id` of the model; the current one by default.", max_length=200)
    ] = None
    select: SelectionFields = SelectionFields()
