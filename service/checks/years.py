"""Times a year apart, in EDTF as `periods` writes it.

In: an EDTF date or interval.  Out: the same a number of years before, and what is said of it in Chinese.  Knows
nothing of texts.
"""

from __future__ import annotations

import re

_YEAR = re.compile(r"(?<![\d-])\d{4}(?=-|/|$)")
_LEAP_DAY = re.compile(r"(\d{4})-02-29")
_YEAR_END = re.compile(r"\.\./(\d{4})(?:-12-31|-12)?")


def year_before(edtf: str, years: int = 1) -> str | None:
    """`2023` is `2022`, `2024-01/2024-06` is `2023-01/2023-06`, `../2024-02-29` is `../2023-02-28`.

    None where no year is told, or the time is an interval of several years (the one before a five-year plan is none
    of its years).
    """
    told = _YEAR.findall(edtf)
    if "X" in edtf or not told or edtf.endswith("/..") or len(set(told)) > 1:
        return None
    moved = _YEAR.sub(lambda year: f"{int(year[0]) - years:04d}", edtf)
    return _LEAP_DAY.sub(lambda day: f"{day[1]}-02-29" if _leap(int(day[1])) else f"{day[1]}-02-28", moved)


def comparable(edtf: str) -> str:
    """The form in which times are compared, the end of a year and its last month being the same day: `../2023` and
    `../2023-12` are `../2023-12-31`.
    """
    end = _YEAR_END.fullmatch(edtf)
    return f"../{end[1]}-12-31" if end else edtf


def in_words(edtf: str) -> str:
    """`2023-01/2023-06` is 2023年1-6月, `../2023-12-31` 截至2023年12月31日."""
    start, slash, end = edtf.partition("/")
    if not slash:
        return _date(start)
    if start == "..":
        return f"截至{_date(end)}"
    if end == "..":
        return f"{_date(start)}以来"
    if start[:4] == end[:4] and len(start) == len(end) == len("2023-01"):
        return f"{_date(start).removesuffix('月')}-{int(end[5:])}月" if end[5:].isdigit() else f"{start[:4]}年"
    return f"{_date(start)}至{_date(end)}"


def _date(date: str) -> str:
    year, _, rest = date.partition("-")
    month, _, day = rest.partition("-")
    said = f"{year}年"
    if month:
        said += f"{month.lstrip('0')}月"
    return f"{said}{day.lstrip('0')}日" if day else said


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
