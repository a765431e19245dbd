"""The reports of a compilation, the regions of an article.

In: the lines of a clean text, with what is known of them.  Out: `records.Part`s that tile the text; one part where it
is one report.  A compilation shows itself by titles that stand between stretches of prose (and in its contents list),
an article by lines that are a region's name, or begin with one and a colon.  What the titles mean is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.records import Part, Span

MAX_TITLE = 60  # characters
TITLE_LINES = 30  # lines from the top among which a single report's title is looked for
MIN_REPORT = 300  # characters of prose under a title, so that it titles a report of its own
MIN_REGION = 20  # characters of prose under a region's name

_TITLE = re.compile(
    r"(?!.*[。;!?|])(?=.*(?:总结|报告|计划|要点|思路|打算|汇报|情况|公报|综述|安排))"
    r".*(?:总结|报告|计划|要点|思路|打算|汇报|情况|公报|综述|安排|汇编)(?:\([^()]{1,12}\))?$"
)
_REPORT_TITLE = re.compile(r"(?=.*(?:局|委|厅|院|办|政府|协会|中心|公司|大学|学校|镇|街道)).*(?:20[\dX]{2}|年)")
_NUMERAL = "[一二三四五六七八九十]"
_COUNTS = (rf"{_NUMERAL}{{1,3}}、", rf"\({_NUMERAL}{{1,3}}\)", r"\d{1,2}[.、](?!\d)")
_COUNTED = tuple(re.compile(count) for count in _COUNTS)
_MARKED = re.compile(rf"{'|'.join(_COUNTS)}|\(\d{{1,2}}\)|第.{{1,3}}[章节条]")
_REGION_NAME = r"(?![各全本我该每两多某])[\u4e00-\u9fffX]{1,9}(?:省|市|区|县|旗|州|盟)"
_REGION_LINE = re.compile(rf"(?:{'|'.join(_COUNTS)}|[·●■◆▲#]+ ?)?[【\[(“]?(?P<name>{_REGION_NAME})[】\])”]?:?$")
_REGION_LEAD = re.compile(rf"[【\[]?(?P<name>{_REGION_NAME})(?:[】\]]:?|:)(?=.)")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank.  `prose`: it ends with a stop or is long; `contents`: it belongs to a contents list."""

    span: Span
    prose: bool
    contents: bool


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a part begins; the text above the first one is a part of its own where it holds prose."""

    place: int
    title: Span | None


def parts(text: str, lines: Sequence[Line], listed: frozenset[str]) -> list[Part]:
    """Parts of `text`; `lines` hold neither tables nor furniture, `listed` the titles of its contents list."""
    starts = _reports(text, lines, listed) or _regions(text, lines)
    if not starts:
        return [Part(Span(0, len(text)), _title(text, lines, listed))]
    above = [line for line in lines if line.span.end <= starts[0].place]
    if any(line.prose and not line.contents for line in above):
        starts.insert(0, _Start(0, _title(text, above, frozenset())))
    else:
        starts[0] = _Start(0, starts[0].title)
    ends = [*(start.place for start in starts[1:]), len(text)]
    return [Part(Span(start.place, end), start.title) for start, end in zip(starts, ends, strict=True)]


def is_title(content: str) -> bool:
    """Whether a line has the look of a report's title."""
    return len(content) <= MAX_TITLE and _MARKED.match(content) is None and _TITLE.match(content) is not None


def _title(text: str, lines: Sequence[Line], listed: frozenset[str]) -> Span | None:
    """The title of a single report: the line above the prose that the contents list names, else the first like one."""
    first: Span | None = None
    for line in lines[:TITLE_LINES]:
        content = line.span.of(text)
        if not line.contents and content in listed:
            return line.span
        if line.prose and not line.contents:
            break
        if first is None and is_title(content):
            first = line.span
    return first


def _reports(text: str, lines: Sequence[Line], listed: frozenset[str]) -> list[_Start]:
    """Titles of the reports of a compilation; none where there are fewer than two."""
    starts: list[_Start] = []
    under = 0  # characters of prose since the last title
    for line in lines:
        content = line.span.of(text)
        if line.contents:
            continue
        known = content in listed and _MARKED.match(content) is None
        if known or (is_title(content) and _REPORT_TITLE.match(content)):
            if starts and under < MIN_REPORT:
                starts.pop()
            starts.append(_Start(line.span.start, line.span))
            under = 0
        elif line.prose:
            under += len(content)
    if starts and under < MIN_REPORT:
        starts.pop()
    return starts if len(starts) > 1 else []


def _regions(text: str, lines: Sequence[Line]) -> list[_Start]:
    """Names of regions that head their sections; none where there are fewer than two different ones.

    Where the names are counted (一、东湖区), the next member of that count that is no region ends the last one's part.
    """
    for pattern in (_REGION_LINE, _REGION_LEAD):
        starts: list[_Start] = []
        sizes: list[int] = []
        count: re.Pattern[str] | None = None
        for line in lines:
            content = line.span.of(text)
            match = None if line.contents else pattern.match(content)
            if match:
                count = next((count for count in _COUNTED if count.match(content)), None)
                name = Span(line.span.start + match.start("name"), line.span.start + match.end("name"))
                starts.append(_Start(line.span.start, name))
                sizes.append(len(content) - match.end())
            elif starts and count is not None and count.match(content):
                starts.append(_Start(line.span.start, None))
                sizes.append(MIN_REGION)
                count = None
            elif starts and line.prose:
                sizes[-1] += len(content)
        kept = [start for start, size in zip(starts, sizes, strict=True) if size >= MIN_REGION]
        if len({start.title.of(text) for start in kept if start.title}) > 1:
            return kept
    return []
