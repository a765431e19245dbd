"""The fields of what is asked across reports, checked: query strings, as in `archive_fields`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from service.archive.conflicts import Kind
from service.archive.targets import State
from service.archive_fields import LONGEST_TEXT, After, UsualLimit, WhatAsked
from service.exports.forms import PanelForm
from service.schema import MeasureName, StatusName


class _AcrossAsked(WhatAsked):
    """Which figures, and in which form."""

    format: Annotated[PanelForm | None, Field(description="`csv`: all of it; else as `Accept` says.")] = None


class _PageAsked(_AcrossAsked):
    """A page of them."""

    limit: UsualLimit = None
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
