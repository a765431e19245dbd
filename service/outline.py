"""Headings and the sections under them.

In: the lines of a clean text that may be headings.  Out: for a line, its marker and its heading; for a report's
headings, `records.Section`s with their nesting and whether they speak of what is to come.  Knows nothing of tables,
furniture or contents lists: such lines are not given to it.

The order of markers is that of official documents (GB/T 9704-2012, 7.3.3): 一、 (一) 1. (1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.records import Section, Span

MAX_HEADING = 60  # characters after the marker; a longer first sentence is an item of a list
MAX_ITEM = 25  # a deep heading that is one sentence with its stop and nothing after it is an item from this length on
MAX_PLAIN = 40  # characters of a heading without a marker
PLAIN_LEVEL = 0  # a heading without a marker, above 一、
PLAIN_INSIDE = 2  # the same within the count of 一、 二、

_NUMERAL = "一二三四五六七八九十"
_DECIMAL = r"\d{1,2}\.\d{1,2} ?(?=[\u4e00-\u9fff“《])(?![万亿元个家项倍年月公平])"  # `2.1 总则`, not `2.1万元`
_MARKERS = (
    (1, re.compile(rf"第[{_NUMERAL}百\d]{{1,4}}(?:章|部分|篇|编)[ 、:]?|[{_NUMERAL}]{{1,3}}[、.](?![是要二三四五六])")),
    (2, re.compile(rf"第[{_NUMERAL}百\d]{{1,4}}节[ 、:]?|\([{_NUMERAL}]{{1,3}}\)[、.]?")),
    (3, re.compile(rf"\d{{1,2}}[.、](?:(?!\d)|(?=20[\dX]{{2}}年)) ?|{_DECIMAL}")),
    (4, re.compile(r"\(\d{1,2}\)[、.]?|\d{1,2}\)|[①-⑳]")),
)
_OPENERS = frozenset("第其(#0123456789" + _NUMERAL + "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳")
_MARKDOWN = re.compile(r"(#{1,6}) ?")
_ARTICLE = re.compile(rf"第[{_NUMERAL}百\d]{{1,4}}条[ 、:]?")
_BULLET = re.compile(rf"[{_NUMERAL}]{{1,3}}[是要](?=\S)|其[{_NUMERAL}],")
_STOP = re.compile("[。!?]")
_COLON = re.compile(":(?=.)")
MAX_LABEL = 20  # characters before a colon that ends a heading (`1.工作成效:全年…`)
_PLAIN = re.compile(
    r"[^。;!?|,:]{0,30}(?:总结|回顾|情况|成效|成就|做法|现状|问题|不足|思路|计划|打算|安排|重点工作|目标任务|主要任务|工作任务|主要目标|要点|谋划|建议"
    r"|下一?步[^。;!?|,:]{0,12})$"
)

_ANNEX = re.compile(r"附(?:件|录|表)[\d一二三四五六七八九十]{0,2}:?$")
_GLOSSARY = re.compile(r".{0,16}(?:名词|术语)(?:解释|注释)$|注释$")

_PAST = "总结|回顾|成效|成就|成绩|情况|进展|完成|做法|现状|亮点"
_HAS_PAST = re.compile(_PAST)
_INTENT = re.compile(
    r"打算|谋划|今后|下一?步|下一?阶段|明年|展望|努力方向|工作要点|工作思路|总体思路|发展思路|思路(?:及|和|与|$)|(?:工作|总体|任务|初步)安排"
    r"|(?:工作|年度|年)计划|计划(?:及|和|与|安排|打算)"
)
_YEAR = re.compile(r"(20\d\d|20XX)年")
_PAST_YEAR = re.compile(rf"(20\d\d|20XX)年度?[^年]{{0,12}}?(?:{_PAST})")
_FIVE_YEARS = {"十二五": 2011, "十三五": 2016, "十四五": 2021, "十五五": 2026, "十六五": 2031}
_FIVE = re.compile("|".join(_FIVE_YEARS))
MASKED = 0  # 20XX: earlier than any year that is named


@dataclass(frozen=True, slots=True)
class Marker:
    """`span` of the sign itself; `level` 1 to 4, or 0 for a mark of a list that opens no section."""

    span: Span
    level: int


@dataclass(frozen=True, slots=True)
class Heading:
    """`span`: marker and own text; `marker` empty where there is none; `first`: it begins a count, or an annex."""

    span: Span
    marker: Span
    level: int
    first: bool


def marker(text: str, line: Span) -> Marker | None:
    """The sign that a line opens with, if it does: of a heading (level 1 to 4) or of a list (0)."""
    start = line.start
    if text[start] not in _OPENERS:
        return None
    hashes = _MARKDOWN.match(text, start, line.end)
    if hashes:
        start = hashes.end()
    for level, pattern in _MARKERS:
        match = pattern.match(text, start, line.end)
        if match:
            return Marker(Span(line.start, _rstrip(text, start, match.end())), level)
    if hashes:
        return Marker(Span(line.start, line.start + len(hashes.group(1))), min(len(hashes.group(1)), 4))
    listed = _ARTICLE.match(text, start, line.end) or _BULLET.match(text, start, line.end)
    return Marker(Span(start, _rstrip(text, start, listed.end())), 0) if listed else None


def heading(text: str, line: Span, sign: Marker | None, *, annexed: bool = False) -> Heading | None:
    """The heading a line is or opens with.  `sign` is the line's marker; `annexed`: the line above it says 附件.

    After a marker it runs to the first full stop.  Without one, a whole short line counts where its last words are
    those of a report's parts (`2024年工作计划`, `存在问题`).
    """
    if sign is None:
        if line.end - line.start > MAX_PLAIN:
            return None
        stop = _STOP.search(text, line.start, line.end)
        annex = (annexed and not stop) or _GLOSSARY.match(text, line.start, line.end)
        if not annex and not _PLAIN.match(text, line.start, line.end):
            return None
        return Heading(line, Span(line.start, line.start), PLAIN_LEVEL, bool(annex))
    if sign.level == 0:
        return None
    stop = _STOP.search(text, sign.span.end, line.end)
    end = stop.start() if stop else line.end
    colon = _COLON.search(text, sign.span.end, min(end, sign.span.end + MAX_LABEL))
    end = colon.start() if colon else end
    while end > sign.span.end and text[end - 1] in ":;, ":
        end -= 1
    size = end - sign.span.end
    if size <= 0 or size > MAX_HEADING:
        return None
    closed = colon is None and ((stop is not None and stop.end() == line.end) or text[line.end - 1] == ";")
    if sign.level >= 3 and closed and size > MAX_ITEM:
        return None
    first = sign.span.of(text).strip("()、.章第 ") in ("一", "1")
    return Heading(Span(line.start, end), sign.span, sign.level, first)


def is_annex(text: str, line: Span) -> bool:
    """Whether a line is the label of an annex (`附件1`); the line under it is its title."""
    return _ANNEX.match(text, line.start, line.end) is not None


def sections(text: str, headings: Sequence[Heading], parts: Sequence[Span], titles: Sequence[str]) -> list[Section]:
    """Sections of all parts, in reading order; `titles` are the parts' titles ("" where there is none)."""
    result: list[Section] = []
    at = 0
    for index, (part, title) in enumerate(zip(parts, titles, strict=True)):
        own: list[Heading] = []
        while at < len(headings) and headings[at].span.start < part.end:
            own.append(headings[at])
            at += 1
        result.extend(_sections(text, _settle(own), part, index, title, len(result)))
    return result


def _settle(headings: Sequence[Heading]) -> list[tuple[Heading, int]]:
    """Headings with their levels.

    One without a marker stands above 一、 where the count begins anew after it, where there is no count, and where it
    opens an annex; elsewhere it lies inside the section it is found in.
    """
    settled: list[tuple[Heading, int]] = []
    counted = any(heading_.level == 1 for heading_ in headings)
    anew = not counted
    for heading_ in reversed(headings):
        level = heading_.level
        if level == 1:
            anew = heading_.first
        if level == PLAIN_LEVEL and not anew and not heading_.first:
            level = PLAIN_INSIDE
        settled.append((heading_, level))
    settled.reverse()
    return settled


def _sections(
    text: str, headings: Iterable[tuple[Heading, int]], part: Span, index: int, title: str, offset: int
) -> list[Section]:
    rows = list(headings)
    result: list[Section] = []
    stack: list[tuple[int, int]] = []  # (level, index among all sections)
    past = _past_year(title)
    to_come = is_plan(title, None)
    ends = _ends([(level, h.span.start) for h, level in rows], part.end)
    for (heading_, level), end in zip(rows, ends, strict=True):
        while stack and stack[-1][0] >= level:
            stack.pop()
        parent = stack[-1][1] if stack else -1
        words = heading_.span.of(text)
        above = result[parent - offset] if parent >= 0 else None
        plan = (above.plan if above else to_come) or is_plan(words, past)
        year = _past_year(words)
        if year is not None:
            past = year if past is None else max(past, year)
        result.append(
            Section(
                span=Span(heading_.span.start, end),
                level=level,
                heading=heading_.span,
                part=index,
                parent=parent,
                path=(*(above.path if above else ()), words),
                plan=plan,
            )
        )
        stack.append((level, offset + len(result) - 1))
    return result


def _ends(starts: Sequence[tuple[int, int]], end: int) -> list[int]:
    """Where each section ends: at the next heading that is not deeper."""
    ends = [end] * len(starts)
    open_: list[int] = []
    for place, (level, start) in enumerate(starts):
        while open_ and starts[open_[-1]][0] >= level:
            ends[open_.pop()] = start
        open_.append(place)
    return ends


def is_plan(words: str, past: int | None) -> bool:
    """Whether a heading's words speak of what is to come and of nothing that was.

    `past` is the latest year that earlier headings look back on (`MASKED` for 20XX), None where there is none.
    """
    if not words or _HAS_PAST.search(words):
        return False
    if _INTENT.search(words):
        return True
    if past is None:
        return False
    years = [int(year) for year in _YEAR.findall(words) if year != "20XX"]
    years.extend(_FIVE_YEARS[five] for five in _FIVE.findall(words))
    return any(year > past for year in years)


def _past_year(words: str) -> int | None:
    years = [MASKED if year == "20XX" else int(year) for year in _PAST_YEAR.findall(words)]
    return max(years, default=None)


def _rstrip(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1] == " ":
        end -= 1
    return end
