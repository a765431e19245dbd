"""Times that cannot be: 31 June, a 13th month, from later to earlier, a result after the report's own date.

In: clean text, the figures of a report and its date.  Out: findings.  The text is searched itself, because a time that
does not exist is read as no time.
"""

from __future__ import annotations

import calendar
import re
from collections import defaultdict
from collections.abc import Iterator

from service.checks.figures import Figure, Material
from service.checks.phrases import finding
from service.checks.years import in_words
from service.numerals import plain
from service.records import Finding, Measure, Severity, Source, Span

IMPOSSIBLE = "time-impossible"
BACKWARDS = "time-backwards"
FUTURE = "actual-in-future"

_DATE = re.compile(r"(?<![\d.X])(?:(?P<y>\d{4})年)?(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号](?![线楼机])")
# 13月 where a month must stand: after a year, at the end of a range, after 截至. Not 18月龄.
_MONTH = re.compile(
    r"(?:(?<=\d年)|(?<=截至)|(?<=\d-)|(?<=\d~)|(?<=\d至)|(?<=月至)|(?<=月-))(?P<m>\d{1,2})月(?![龄薪饼])"
)
_QUARTER = re.compile(r"第[5-9五六七八九]季度")
_YEARS = re.compile(r"(?<!\d)(?P<a>20\d\d)年?\s?(?:-+|~|至|到)\s?(?P<b>20\d\d)年")
_MONTHS = re.compile(r"(?<![\d.])(?P<a>\d{1,2})月?(?:-+|~|至)(?P<b>\d{1,2})月(?!\d)")
# 11月-3月 runs over the turn of the year.
_AUTUMN, _SPRING = 10, 4
_MONTHS_OF_YEAR = 12
_AIM = re.compile(
    r"力争|争取|确保|计划|目标|预计|预期|规划|拟|将|(?:^|[,，。;；])到20\d\d年|(?<![主重首需必])要(?![素求点件闻])|有望|再(?!生)|努力|每年"
)
_RESULT = re.compile(r"同比|比上年|已|累计|完成|实现了")
_CLAUSES = 80
_LEAP = 2024


def times(m: Material) -> Iterator[Finding]:
    """Every date, month, quarter or span of time that does not exist."""
    text = plain(m.text)
    for found in _DATE.finditer(text):
        if not _exists(found["y"], int(found["m"]), int(found["d"])):
            yield _impossible(m, found, "日期不存在")
    for found in _MONTH.finditer(text):
        if not 1 <= int(found["m"]) <= _MONTHS_OF_YEAR:
            yield _impossible(m, found, "月份不存在")
    for found in _QUARTER.finditer(text):
        yield _impossible(m, found, "一年只有四个季度")
    for found in _YEARS.finditer(text):
        if found["a"] > found["b"]:
            yield _backwards(m, found)
    for found in _MONTHS.finditer(text):
        first, last = int(found["a"]), int(found["b"])
        if first > last and not (first >= _AUTUMN and last <= _SPRING) and first <= _MONTHS_OF_YEAR:
            yield _backwards(m, found)


def futures(m: Material) -> Iterator[Finding]:
    """Results of a time that had not come when the report was published; one finding for each time that is said."""
    said: dict[tuple[Span | None, str], list[Figure]] = defaultdict(list)
    for f in m.figures:
        if f.planned or f.measure is Measure.RANK or f.seen.period is None:
            continue
        published = m.parts[f.part].published or m.report.published
        if f.seen.period.source is Source.SENTENCE and _after(f, published) and _told(m, f, published):
            said[f.seen.period.span, published].append(f)
    for (_, published), figures in said.items():
        first = figures[0]
        more = f"等{len(figures)}个数值" if len(figures) > 1 else ""
        yield finding(
            FUTURE,
            Severity.WARNING,
            f"“{first.name}”{first.said}{more}的时期{in_words(first.period)}晚于报告日期{published}",
            figures,
            f"{first.period}>{published}",
        )


def _told(m: Material, f: Figure, published: str) -> bool:
    """Whether a figure is told as a result: what is far ahead, or stands after a word of intent, is an aim."""
    sentence = m.sentence(f).span if f.sentence >= 0 else f.seen.evidence
    when = f.seen.period.span if f.seen.period is not None else None
    said = m.text[max(sentence.start, f.start - _CLAUSES) : max(f.end, when.end if when is not None else 0)]
    if _AIM.search(said):
        return False
    return int(f.period[:4]) - int(published[:4]) <= 1 or _RESULT.search(said) is not None


def _after(f: Figure, published: str) -> bool:
    """Whether a time begins after the day of publication; one told in months, whether it ends in a later month."""
    start, slash, end = f.period.partition("/")
    if not published or not f.period or "X" in f.period or start == ".." or end == "..":
        return False
    told = end if slash and len(end) > len("2023") else start
    length = min(len(told), len(published))
    return told[:length] > published[:length]


def _exists(year: str | None, month: int, day: int) -> bool:
    if not 1 <= month <= _MONTHS_OF_YEAR:
        return False
    return 1 <= day <= calendar.monthrange(int(year) if year and int(year) > 0 else _LEAP, month)[1]


def _impossible(m: Material, found: re.Match[str], why: str) -> Finding:
    span = Span(found.start(), found.end())
    return Finding(IMPOSSIBLE, f"“{span.of(m.text)}”:{why}", (span,), Severity.ERROR)


def _backwards(m: Material, found: re.Match[str]) -> Finding:
    span = Span(found.start(), found.end())
    return Finding(BACKWARDS, f"“{span.of(m.text)}”:起止时间前后颠倒", (span,), Severity.WARNING)
