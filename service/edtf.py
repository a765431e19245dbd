"""The days that an EDTF time begins and ends with.

In: a date or interval as `periods` writes them (`periods.is_edtf`).  Out: its first and last day.  A masked month or
day inside a known year (`2023-XX`) is as wide as it can be; a masked year has no days.  Knows nothing of the words that
the time was read from.
"""

from __future__ import annotations

import calendar
from datetime import date

OPEN = ".."


def days(edtf: str) -> tuple[date | None, date | None]:
    """First and last day: `2023-02` is 1 to 28 February, `../2022` has only a last one, `20XX` has none.

    An interval that is masked at one end has neither: what is known of the other would pass for an open one.
    """
    start, slash, end = edtf.partition("/")
    if not slash:
        end = start
    first = None if start == OPEN else _edge(start, last=False)
    last = None if end == OPEN else _edge(end, last=True)
    if (first is None and start != OPEN) or (last is None and end != OPEN):
        return None, None
    return first, last


def _edge(value: str, *, last: bool) -> date | None:
    year, _, rest = value.partition("-")
    if not year.isdigit():
        return None
    month, _, day = rest.partition("-")
    whole = _number(month, 12 if last else 1)
    days_of_month = calendar.monthrange(int(year), whole)[1]
    return date(int(year), whole, _number(day, days_of_month if last else 1))


def _number(digits: str, otherwise: int) -> int:
    return int(digits) if digits.isdigit() else otherwise
