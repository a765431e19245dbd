"""Changes told by both their ends (由9家增加至12家, 从5.6万元增至7.8万元,年均增长5.7%): the time of each end.

In: clean text, the values of one sentence in reading order, and the times found for them.  Out: the times that are
others.  An end that names no time has the one the annotation gives it: that of the change before it in the sentence,
else the second that of its sentence, or the last of several years, and the first the year before; a mean yearly change
has the years between the two.  Knows nothing of scores and layout.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import replace

from service.periods import year_of
from service.records import PeriodRef, Span

Times = Mapping[Span, PeriodRef | None]

_REACH = 22  # characters that 由 stands before the first end
_FROM = re.compile(r"[由从](?=[^,。;、由从\n]*$)")
_TO = re.compile(r"[^,。;、\n]{0,12}(?:[至到为成居]|前移)(?:[^,。;、\n]{2,12}的)?[约近了]?")
_MEAN = re.compile(r"年均[^,。;、\n]{0,8}\Z")
_YEARS = re.compile(r"(\d{4})/(\d{4})")


def times_of_changes(text: str, times: Times, otherwise: Times) -> dict[Span, PeriodRef]:
    """The times of ends and mean changes that differ from `times`, which are those of a sentence's values, in order.

    `otherwise`: what holds for a value that has no time of its own, the time of its section or its report.
    """
    found: dict[Span, PeriodRef] = {}
    ends: tuple[PeriodRef, PeriodRef] | None = None
    told = 0
    for first, second in itertools.pairwise(times):
        time = times[second]
        start = _FROM.search(text[max(0, first.start - _REACH) : first.start])
        if start is None or _TO.fullmatch(text, first.end, second.start) is None:
            mean = ends is not None and _MEAN.search(text, max(told, second.start - _REACH), second.start)
            if ends is not None and mean and time is not None and not _within(time, Span(told, second.start)):
                found[second] = replace(time, edtf=_years_between(*ends) or time.edtf)
            continue
        told = second.end
        opening = Span(max(0, first.start - _REACH) + start.start(), first.start)
        named = _within(times[first], opening), _within(time, Span(first.end, second.start))
        if ends is None or any(named):
            ends = _ends(times[first], otherwise[second] if _within(time, opening) else time, *named)
        if ends is not None:
            found[first], found[second] = ends
    return {value: time for value, time in found.items() if time != times[value]}


def _ends(
    first: PeriodRef | None, second: PeriodRef | None, first_named: bool, second_named: bool
) -> tuple[PeriodRef, PeriodRef] | None:
    """The times of both ends, None where they cannot be known: a year that is masked has none before it."""
    if second is None:
        return None
    several = None if second_named else _YEARS.fullmatch(second.edtf)
    last = replace(second, edtf=several[2]) if several is not None else second
    year = several[1] if several is not None else year_of(second.edtf)
    if first is not None and first_named:
        return first, last
    return (replace(last, edtf=str(int(year) - 1)), last) if year.isdigit() else None


def _within(time: PeriodRef | None, stretch: Span) -> bool:
    """Whether the time is named in that stretch."""
    return time is not None and time.span is not None and stretch.covers(time.span)


def _years_between(first: PeriodRef, last: PeriodRef) -> str:
    """The years in which something changed, "" where there is but one."""
    start, end = year_of(first.edtf), year_of(last.edtf)
    return f"{int(start) + 1}/{end}" if start.isdigit() and end.isdigit() and int(end) - int(start) > 1 else ""
