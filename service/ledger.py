"""The ledger: every number of a text is accounted for.

In: clean text, its layout, the entities and the observations.  Out: `Ledger`: each number that `find_numbers` finds
is observed (lies in an observation's value), set aside for a reason, or unexplained.  A number set aside is listed by
its own span, so that observed + set aside + unexplained = numbers.  Knows nothing of how observations are made; an
extraction that silently drops a number shows here and nowhere else.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from service.numerals import plain
from service.quantities import find_numbers
from service.records import Entity, Label, Layout, Ledger, Observation, SetAside, Span

# Digits in the name of a thing are no figures.
_NAMES = frozenset({Label.ORG, Label.PLATFORM, Label.PROGRAM, Label.POLICY, Label.INDICATOR, Label.AREA})

# A document's number (浙科发〔2023〕15号), and the long codes of indexes and registers.
_DOCUMENT_NUMBER = re.compile(
    r"(?=[〔\[(第A-Z\d])(?:[〔\[(]\s?\d{4}\s?[〕\])]\s?第?\d{1,5}\s?号|第\s?\d{1,5}号(?:令|公告|文件?)?"
    r"|(?<![A-Z\d])[A-Z]{0,4}\d{9,}[A-Z]{0,2}(?:T?/\d{4}-\d+)?(?![\d.]))"
)
_TIME = re.compile(
    r"(?=\d)(?:(?<![\d.])\d{1,3}(?:周年|年(?!级))|(?<!\d)\d{1,2}时\d{1,2}分"
    r"|(?<![\d:])(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?(?![\d:]))"
)
_QUOTED_YEAR = re.compile(r"(?<=[“《])20\d\d(?![\d.])")  # 入选“2025全球百强”
_LIST_MARKER = re.compile(
    r"^[ \t]*(?:\d{1,2}(?:\.\d{1,2}){0,2}[.、)](?!\d)|\(\d{1,2}\))|[［\[]\d{1,3}[］\]]"
    r"|(?<=[:;。])\(?\d{1,2}[.、)](?!\d)",
    re.MULTILINE,
)
_NAME = re.compile(
    r"(?=[A-Za-z\d第])(?:"
    r"[A-Za-z][_\-]?\d+(?:\.\d+)?"  # G60, PM2.5
    r"|(?<![\d.])\d+(?:\.\d+)?(?:[GDVK](?![A-Za-z])|A{1,5}(?![A-Za-z])|[B-F](?=级|景区)|型)"  # 5G, 4A级, 2型
    r"|(?<![\dN])[\dN]+(?:\+[\dN]+)+"  # 1+9, 1+2+4+N
    r"|(?<=[“\"‘'])[\dX]+(?:\.\d+)?(?=[”\"’'])"  # “315”
    r"|(?<![\d.])\d+(?:\.\d+版|号(?=[线楼院井机工”])|强(?!度)|(?=热线|政务服务便民|报警|急救))"  # 2.0版, 7号线, 500强
    r"|(?<![\d.])\d{1,3}大(?=[一-鿿“])|\d+X\d+(?=小时|天)"  # 3大行动, 7×24小时
    r"|(?<!\d)\d{1,2}[核翼纵横轴带圈廊极](?:\d{1,2}[一-鿿])+"  # 1核2翼
    r"|(?<!\d)\d+·\d+"  # 9·3
    r"|第\s?(?:\d+|[一二三四五六七八九十百]+)(?![位名\d一二三四五六七八九十百]))"
)


def account(
    text: str,
    layout: Layout,
    entities: Sequence[Entity],
    observations: Sequence[Observation],
    *,
    times: Iterable[Span],
    idle: Iterable[Span],
) -> Ledger:
    """Every number of clean `text`: observed, set aside with its reason, or unexplained.  Linear but for the sorting.

    `times` are the text's time expressions, `idle` its quantities that measure nothing.
    The first reason that holds is given, in this order: the layout's own, date, name, document number, list marker.
    """
    observed = _Cover(o.value for o in observations)
    layout_reasons = [
        (reason, _Cover(s.span for s in layout.set_aside if s.reason == reason))
        for reason in dict.fromkeys(s.reason for s in layout.set_aside)
    ]
    clean = plain(text)
    reasons = [
        *layout_reasons,
        ("date", _Cover(e.span for e in entities if e.label is Label.PERIOD)),
        ("name", _Cover(e.span for e in entities if e.label in _NAMES)),
        ("document_number", _found(_DOCUMENT_NUMBER, clean)),
        ("date", _Cover([*times, *_spans(_TIME, clean), *_spans(_QUOTED_YEAR, clean)])),
        ("name", _found(_NAME, clean)),
        ("name", _Cover(idle)),
        ("list_marker", _found(_LIST_MARKER, clean)),
    ]
    numbers = find_numbers(text)
    seen = 0
    aside: list[SetAside] = []
    unexplained: list[Span] = []
    for number in numbers:
        if observed.covers(number):
            seen += 1
            continue
        reason = next((name for name, cover in reasons if cover.covers(number)), None)
        if reason is None:
            unexplained.append(number)
        else:
            aside.append(SetAside(number, reason))
    return Ledger(len(numbers), seen, tuple(aside), tuple(unexplained))


class _Cover:
    """Spans, and whether one of them covers a given one: logarithmic in their number, whether or not they overlap."""

    def __init__(self, spans: Iterable[Span]) -> None:
        ordered = sorted(spans)
        self._starts = [s.start for s in ordered]
        self._ends = list(accumulate((s.end for s in ordered), max))

    def covers(self, span: Span) -> bool:
        before = bisect_right(self._starts, span.start)
        return before > 0 and self._ends[before - 1] >= span.end


def _spans(pattern: re.Pattern[str], text: str) -> list[Span]:
    return [Span(m.start(), m.end()) for m in pattern.finditer(text)]


def _found(pattern: re.Pattern[str], text: str) -> _Cover:
    return _Cover(_spans(pattern, text))
