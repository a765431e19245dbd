"""Times as SDMX writes them.

In: an EDTF time as `periods` writes it.  Out: an observational time period of SDMX 3.0 (Section 6, 4.2: Gregorian year,
month and day; reporting half-year and quarter; a range of days as ISO 8601 `start/duration`) with its frequency
(CL_FREQ), or None.  SDMX has no form for a masked time (`20XX`), for one that is open at its end (`2023/..`), and for
none at all.  What was so at a time (`../2022-12-31`) is written as that time; the openness stays in the EDTF.
"""

from __future__ import annotations

from datetime import date, timedelta

from service.edtf import OPEN, days

# Codes of SDMX:CL_FREQ(2.1).
ANNUAL, HALF_YEARLY, QUARTERLY, MONTHLY, DAILY, OTHER, UNSPECIFIED = "A", "S", "Q", "M", "D", "_O", "_U"
MONTHS = 12


def time_period(edtf: str | None) -> tuple[str, str] | None:
    """The time period and its frequency: `2023-07/2023-12` is `2023-S2`, S; `2021/2025` is `2021-01-01/P5Y`, _O."""
    if edtf is None:
        return None
    edtf = edtf.removeprefix(f"{OPEN}/")
    first, last = days(edtf)
    if first is None or last is None or "X" in edtf or first > last:
        return None
    after = _day_after(last)
    if after is None or first.day != 1 or after.day != 1:
        return _of_days(first, last)
    months = (after.year - first.year) * MONTHS + after.month - first.month
    return _of_months(first, months)


def _day_after(last: date) -> date | None:
    return last + timedelta(days=1) if last < date.max else None


def _of_days(first: date, last: date) -> tuple[str, str]:
    if first == last:
        return first.isoformat(), DAILY
    return f"{first.isoformat()}/P{(last - first).days + 1}D", OTHER


def _of_months(first: date, months: int) -> tuple[str, str]:
    year, month = f"{first.year:04}", first.month
    if months == 1:
        return f"{year}-{month:02}", MONTHLY
    if months == 3 and month % 3 == 1:
        return f"{year}-Q{month // 3 + 1}", QUARTERLY
    if months == 6 and month % 6 == 1:
        return f"{year}-S{month // 6 + 1}", HALF_YEARLY
    if months == MONTHS and month == 1:
        return year, ANNUAL
    length = f"{months // MONTHS}Y" if months % MONTHS == 0 else f"{months}M"
    return f"{first.isoformat()}/P{length}", OTHER
