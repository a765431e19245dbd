"""Time expressions: what a PERIOD of a bureau report means, as EDTF (ISO 8601-2:2019, level 1).

In: the expression's own text and the anchor (the report's date, and the year it speaks of).  Out: an EDTF year,
month, day or interval; `../` and a date for 截至 (as of), `X` for masked digits.  None where the expression sets no
time (每年, 寒暑假, 同期) or no valid one (13月).  Knows nothing of sentences: which figures a period governs is
decided elsewhere.

A general parser of dates reads 1-9月 as the 9th of January; here it is January to September.
"""

from __future__ import annotations

import calendar
import re
from typing import NamedTuple

from service.numerals import plain, value_of
from service.records import Anchor, Span

# Five-year plans: the n-th ends in 1955 + 5 n (十四五: 2021 to 2025).
_FIRST_PLAN_END = 1955
# Months in which the Party congresses met from which 以来 counts.
_CONGRESS = {"十七大": "2007-10", "十八大": "2012-11", "十九大": "2017-10", "二十大": "2022-10"}
_HALVES = {"上半年": (1, 6), "下半年": (7, 12)}
_RELATIVE = {"前年": -2, "去年": -1, "上年": -1, "上一年": -1, "今年": 0, "本年": 0, "当年": 0, "全年": 0} | {
    "明年": 1,
    "来年": 1,
    "后年": 2,
}
_FROM_NOW = {
    "前年",
    "去年",
    "今年",
    "明年",
    "来年",
    "后年",
}  # counted from when it is said; 上年 from the year spoken of
_YEAR_MIN, _YEAR_MAX = 1900, 2100

_HAN = "零一二三四五六七八九十两"
_HAN_YEAR = re.compile(r"[零一二三四五六七八九]{4}(?=年)")
_HAN_SMALL = re.compile(rf"[{_HAN}]{{1,3}}(?=月|日|号|季度|[至到-][{_HAN}]季度|个月|年[来间内]?)")
_Y = r"(?P<y{0}>\d{{4}}|\d{{1,3}}X+|X{{4}})"
_AS_OF = re.compile(r"^(?:截至|截止到?|截止至|到|至)")
_NOW = re.compile(r"^(?:目前|当前|现在|现|今|如今|迄今|迄今为止|至今|此时)(?:为止)?$")
_SINCE = re.compile(r"(?:以来|至今|起)$")
_END = re.compile(r"(?:年底|年末|底|末)$")
_QUOTES = str.maketrans("", "", "“”‘’\"' \t\n")

_ISO = re.compile(r"^(?P<y>\d{4})[-./](?P<m>\d{1,2})(?:[-./](?P<d>\d{1,2}))?(?:T?\d{1,2}:\d{2}(?::\d{2})?)?$")
_PLAN = re.compile(r"^(?P<n>[一二三四五六七八九十]+)五(?:规划)?(?:时期|期间|以来)?(?P<edge>[末初]期?)?$")
_YEARS = re.compile(rf"^{_Y.format(1)}年?(?:度)?(?:-+|~|至|到){_Y.format(2)}年?度?$")
_DURATION = re.compile(
    r"^(?P<head>近|最近|过去|连续|这|前|未来|今后|刚刚过去的|过去的)?(?:的)?(?P<n>\d{1,2})年(?:来|间|以来|里|时间)?$"
)
_POINT = re.compile(
    rf"^(?:{_Y.format('')}年?度?|(?P<rel>前年|去年|上年|上一年|今年|本年|当年|全年|明年|来年|后年)度?)?的?"
    r"(?:(?P<half>上半年|下半年)|第?(?P<q>[1-4])(?:(?:-+|~|至|到)第?(?P<q2>[1-4]))?季度|前(?P<fq>[2-4])个?季度|首季|(?:前|头)(?P<fm>\d{1,2})个月"
    r"|(?P<m1>\d{1,2}|X{1,2})月?份?(?:-+|~|至|到)(?P<m2>\d{1,2})月份?"
    r"|(?P<m>\d{1,2}|X{1,2})月份?(?:当月|(?P<d>\d{1,2}|X{1,2})[日号](?:\d{1,2}[时点])?(?:(?:-+|~|至|到)(?:(?P<m3>\d{1,2})月)?(?P<d2>\d{1,2})[日号])?"
    r"|(?P<ten>[上中下]旬|初|中)|(?P<me>底|末))?|(?P<ye>年底|年末|底|末|年终)|(?P<yb>年初|初|年中|年内|内|全年))?$"
)


class _Range(NamedTuple):
    start: str
    end: str
    as_of: bool = False


def read_period(text: str, anchor: Anchor, *, ahead: bool = False) -> str | None:
    """The EDTF of the expression `text`; None where it sets no time or an impossible one.

    今年, 全年, 1-9月 stand in `anchor.year`; 目前 is `../` the month of `anchor.published`.  A duration (五年来,
    近三年, 连续9年) ends with `anchor.year`; with `ahead` (a plan's 三年) it begins there.
    """
    expression = plain(text).translate(_QUOTES).replace("党的", "")
    if not expression or len(expression) > _LONGEST:
        return None
    expression = _HAN_YEAR.sub(lambda m: str(value_of(m[0])), expression)
    expression = _HAN_SMALL.sub(lambda m: str(value_of(m[0])), expression)
    edtf = _read(expression, anchor, ahead)
    return edtf if edtf is not None and is_edtf(edtf) else None


# The longest expressions are two full dates with a 截至; anything longer is no time expression.
_LONGEST = 40


def _read(expression: str, anchor: Anchor, ahead: bool) -> str | None:
    congress = next((month for name, month in _CONGRESS.items() if name in expression), None)
    if congress:
        return f"{congress}/.." if _SINCE.search(expression) else congress
    as_of = _AS_OF.match(expression)
    core = expression[as_of.end() :] if as_of else expression
    if _NOW.match(core) or (as_of and core in ("", "今")):
        return _now(anchor)
    if "同期" in core:
        return None
    since = _SINCE.search(core)
    if since and not _PLAN.match(core) and not _DURATION.match(core):
        return _since(core[: since.start()], anchor)
    found = _plan(core) or _duration(core, anchor, ahead) or _iso(core) or _years(core) or _point(core, anchor)
    if found is None:
        return None
    if found.as_of or (as_of and as_of[0].startswith("截")):
        return f"../{found.end}"
    return found.start if found.start == found.end else f"{found.start}/{found.end}"


def _now(anchor: Anchor) -> str | None:
    if "X" in anchor.year:
        return anchor.year
    when = anchor.published[:7] or anchor.year
    return f"../{when}" if when else None


def _since(core: str, anchor: Anchor) -> str | None:
    """2020年以来 ends with the year the report speaks of; 今年以来 is the year itself."""
    found = _iso(core) or _point(core, anchor)
    if found is None:
        return None
    if found.start in (anchor.year, anchor.now):
        return found.start
    return f"{found.start}/{anchor.year if anchor.year.isdigit() and anchor.year > found.start[:4] else '..'}"


def _plan(core: str) -> _Range | None:
    found = _PLAN.match(core)
    if not found:
        return None
    end = _FIRST_PLAN_END + 5 * int(value_of(found["n"]))
    edge = found["edge"] or ""
    if edge.startswith("末"):
        return _Range(str(end), str(end))
    if edge.startswith("初"):
        return _Range(str(end - 4), str(end - 4))
    return _Range(str(end - 4), str(end))


def _duration(core: str, anchor: Anchor, ahead: bool) -> _Range | None:
    found = _DURATION.match(core)
    if not found or not anchor.year.isdigit():
        return _Range(anchor.year, anchor.year) if found and found["n"] == "1" and anchor.year else None
    year, length = int(anchor.year), int(found["n"])
    if found["head"] in ("未来", "今后"):
        return _Range(str(year + 1), str(year + length)) if not ahead else _Range(str(year), str(year + length - 1))
    if ahead:
        return _Range(str(year), str(year + length - 1))
    return _Range(str(year - length + 1), str(year))


def _iso(core: str) -> _Range | None:
    found = _ISO.match(core)
    if not found or int(found["m"]) > 12:
        return None
    day = "-".join([found["y"], f"{int(found['m']):02d}", *([f"{int(found['d']):02d}"] if found["d"] else [])])
    return _Range(day, day)


def _years(core: str) -> _Range | None:
    found = _YEARS.match(core)
    return _Range(found["y1"], found["y2"]) if found else None


def _point(core: str, anchor: Anchor) -> _Range | None:
    """A year, or a part of a year."""
    found = _POINT.match(core)
    if not found or not core:
        two = re.fullmatch(r"(.+?[年月日号])(?:-+|~|至|到)(.+)", core)
        return _between(two[1], two[2], anchor) if two else None
    year = _year(found, anchor)
    if not year:
        return None
    if found["half"]:
        return _months(year, *_HALVES[found["half"]])
    if found["q"] or "首季" in core:
        first = 3 * int(found["q"] or 1) - 2
        return _months(year, first, 3 * int(found["q2"]) if found["q2"] else first + 2)
    if found["fq"]:
        return _months(year, 1, 3 * int(found["fq"]))
    if found["fm"]:
        return _months(year, 1, int(found["fm"]))
    if found["m1"]:
        return _months(year, found["m1"], int(found["m2"]))
    if found["m"]:
        return _in_month(year, found)
    if found["ye"]:
        return _Range(f"{year}-12-31", f"{year}-12-31", as_of=True)
    return _Range(year, year)


def _between(first: str, last: str, anchor: Anchor) -> _Range | None:
    start = _point(first, anchor)
    end = _point(last, Anchor(anchor.published, start.start[:4], anchor.now)) if start else None
    return _Range(start.start, end.end) if start and end else None


def _year(found: re.Match[str], anchor: Anchor) -> str:
    if found["y"]:
        return found["y"]
    shift = _RELATIVE[found["rel"]] if found["rel"] else 0
    year = (found["rel"] in _FROM_NOW and anchor.now) or anchor.year
    return str(int(year) + shift) if year.isdigit() else year


def _months(year: str, first: int | str, last: int) -> _Range:
    return _Range(f"{year}-{_two(str(first))}", f"{year}-{last:02d}")


def _in_month(year: str, found: re.Match[str]) -> _Range | None:
    month = f"{year}-{_two(found['m'])}"
    if found["me"]:
        if not found["m"].isdigit() or not 1 <= int(found["m"]) <= 12:
            return None
        days = calendar.monthrange(int(year) if year.isdigit() else 2001, int(found["m"]))[1]
        return _Range(f"{month}-{days}", f"{month}-{days}", as_of=True)
    if not found["d"]:
        return _Range(month, month)
    start = f"{month}-{_two(found['d'])}"
    if not found["d2"]:
        return _Range(start, start)
    last = f"{year}-{_two(found['m3'])}" if found["m3"] else month
    return _Range(start, f"{last}-{_two(found['d2'])}")


def _two(number: str) -> str:
    return number.zfill(2) if number.isdigit() else "XX"


# ---------------------------------------------------------------------------------------------------------- EDTF

_DATE = re.compile(r"(?P<y>\d{4}|\d{1,3}X{1,3}|XXXX)(?:-(?P<m>\d\d|XX)(?:-(?P<d>\d\d|XX))?)?")


def is_edtf(value: str) -> bool:
    """Whether `value` is a date, or an interval in order, of the part of EDTF that is written here, and exists."""
    start, slash, end = value.partition("/")
    if not slash:
        return _is_date(start)
    if start == ".." or end == "..":
        return (start == "..") != (end == "..") and _is_date(end if start == ".." else start)
    return _is_date(start) and _is_date(end) and ("X" in value or start <= end or end == start[: len(end)])


def _is_date(value: str) -> bool:
    found = _DATE.fullmatch(value)
    if found is None or len(found["y"]) != 4:
        return False
    if found["y"].isdigit() and not _YEAR_MIN <= int(found["y"]) <= _YEAR_MAX:
        return False
    month, day = found["m"], found["d"]
    if month is None or month == "XX":
        return True
    if not 1 <= int(month) <= 12:
        return False
    # A masked year may be a leap year.
    year = int(found["y"]) if found["y"].isdigit() else 2000
    return day is None or day == "XX" or 1 <= int(day) <= calendar.monthrange(year, int(month))[1]


def year_of(edtf: str) -> str:
    """The year (`2023`, `20XX`) in which a date or interval of `is_edtf` ends, of an open one the year it names."""
    start, slash, end = edtf.partition("/")
    return (end if slash and end != ".." else start)[:4]


# ------------------------------------------------------------------------------------------------------- candidates

_D = r"\s?(?:-+|~|至|到)\s?"
_CY = r"(?:(?<!\d)(?:20|19)\d\d|\d{2}XX|(?<!X)XXXX|二零[零一二三四五六七八九]{2})年"
_CM = r"(?:(?<![\d.])(?:1[0-2]|0?[1-9])|X{1,2}|(?<![一-九十])(?:十[一二]?|[一二三四五六七八九]))"
_CD = r"(?:3[01]|[12]\d|0?[1-9]|X{1,2})[日号]"
_PART = (
    rf"(?:{_CM}(?:月份?)?{_D}{_CM}月份?|{_CM}月份?(?:{_CD}(?:{_D}(?:{_CM}月)?{_CD})?|[上中下]旬|底|末|初)?(?![亮球票])"
    r"|[上下]半年(?!来)|前[2-4二两三四]个?季度|第?[1-4一二三四](?:{_D}第?[1-4一二三四])?季度|(?<!提)前\d{1,2}个月)"
)
_REL = r"(?:今年|去年|明年|前年|上年|当年|本年度?)"
_N = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,2})"
# The characters a time expression begins with: a look at one of them spares most places all that follows.
_FIRST = r"[\dX一二两三四五六七八九十今去明前上下当本第截“\"党目迄至全年连近过这未]"
_PERIOD = re.compile(
    rf"(?={_FIRST})"
    rf"(?:(?:截至|截止到?)?(?:(?<![\d/.-])20\d\d[-/.](?:1[0-2]|0?[1-9])[-/.](?:3[01]|[12]\d|0?[1-9])(?!\d)(?:\s\d{{1,2}}:\d{{2}}(?::\d{{2}})?)?"
    rf"|(?<!\d)(?:20\d\d)年?{_D}(?:20\d\d)年|{_CY}{_D}{_CY}|{_CY}(?:{_CM}月)?(?:{_D}{_CY}{_CM}月|至今)|(?:{_CY}度?|{_REL})?(?<![第每单当个])(?:{_PART})"
    rf"|{_CY}(?:度|底|末|初|以来|全年)?|{_REL}(?:年?底|年?末|以来|年初)?(?!同期)"
    rf"|[“\"]?(?<![一二三四五六七八九十])十[一二三四五六]五[”\"]?(?:时期|期间|以来|末|初)"
    r"|(?<=[“\"])十[一二三四五六]五(?=[”\"](?!规划|纲要|期|时|以|末|初|同))"
    r"|党的(?:十[七八九]|二十)大以来)(?:以来)?"
    rf"|截至目前|目前(?!为)|当前|迄今|(?<!年)至今(?!天)|全年(?![^,，。;；]{{0,2}}级)|年[底末](?![^一-鿿]?账)|(?:连续|近|过去|这|未来|今后){_N}年(?:来|间)?"
    rf"|(?<![\d一二两三四五六七八九十百]){_N}年(?:以)?来|今年以来|去年同期|上年同期)"
)


def find_periods(text: str) -> list[Span]:
    """Time expressions of clean `text`, in order, as the span rules want them: for titles, captions and what the model
    missed.  Durations only where a word says that they are counted back or on (近三年, 五年来).
    """
    return [_unquoted(text, Span(m.start(), m.end())) for m in _PERIOD.finditer(plain(text))]


def _unquoted(text: str, span: Span) -> Span:
    """Without quotation marks that enclose all of it, or only open or close in it."""
    value = span.of(text)
    if value[0] in '“"' and not any(c in '”"' for c in value[1:]):
        return Span(span.start + 1, span.end)
    return span
