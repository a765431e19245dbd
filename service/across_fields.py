"""The fields of what is asked across reports, checked: query strings, as in `archive_fields`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from service.archive.conflicts import Kind
from service.archive.paging import MOST_ITEMS
from service.archive.targets import State
from service.archive_fields import LONGEST_TEXT, PAGE, After, ModelAsked, Words
from service.exports.forms import PanelForm
from service.schema import MeasureName, StatusName

Area = Annotated[
    str | None,
    Field(description="Name, or GB/T 2260 code; `*` at its end: whatever begins so.", max_length=LONGEST_TEXT),
]
Period = Annotated[str | None, Field(description="EDTF: what lies within it, as for `/observations`.", max_length=100)]


class _AcrossAsked(ModelAsked):
    """Which figures, and in which form."""

    area: Area = None
    period: Period = None
    measure: MeasureName | None = None
    q: Words = None
    report: Annotated[str | None, Field(description="`id` of one report.", max_length=64)] = None
    format: Annotated[PanelForm | None, Field(description="`csv`: all of it; else as `Accept` says.")] = None


class _PageAsked(_AcrossAsked):
    """A page of them."""

    indicator: Annotated[
        str | None,
        Field(description="Code of the catalogue, or a name as read; `*` at its end.", max_length=LONGEST_TEXT),
    ] = None
    limit: Annotated[int | None, Field(description=f"The most a page may hold; {PAGE}.", ge=1, le=MOST_ITEMS)] = None
    after: After = None


class TargetsAsked(_PageAsked):
    """Which targets: `period` and `report` are their own, not those of their results."""

    state: Annotated[State | None, Field(description="Only those that stand so.")] = None


class ConflictsAsked(_PageAsked):
    """Which conflicts: those in which a figure takes part that is asked for."""

    status: StatusName | None = None
    kind: Annotated[Kind | None, Field(description="Between reports, within one, or of a growth.")] = None


class SeriesAsked(_AcrossAsked):
    """Which series."""

    indicator: Annotated[
        str | None,
        Field(
            description="Code of the catalogue, or a name, which stands for it under any 口径.", max_length=LONGEST_TEXT
        ),
    ] = None
    status: StatusName = "actual"
    measure: MeasureName = "level"
