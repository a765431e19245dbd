"""The reports of a compilation, the regions of an article.

In: the lines of a clean text, with what is known of them.  Out: `records.Part`s that tile the text; one part where it is
one report.  A compilation shows itself by titles that stand between stretches of prose (and in its contents list), an
article by lines that are a region's name, or begin with one and a colon.  What the titles mean is not known here.
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
    r"(?!.*[。;!?|])(?=.*(?:总结|报告|计划|要点|思路|打算|汇报|情况|公报|安排))"
    r".*(?:总结|报告|计划|要点|思路|打算|汇报|情况|公报|安排|汇编)(?:\([^()]{1,12}\))?$"
)
_REPORT_TITLE = re.compile(r".*(?:局|委|厅|院|办|政府|协会|中心|公司|大学|学校|镇|街道).*(?:20[\dX]{2}|年)")
_MARKED = re.compile(r"[一二三四五六七八九十]{1,3}[、.]|\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[.、]|第.{1,3}[章节条]")
_REGION_NAME = r"(?![各全本我该每两多某])[\u4e00-\u9fffX]{1,9}(?:省|市|区|县|旗|州|盟)"
_REGION_LINE = re.compile(
    rf"(?:[一二三四五六七八九十]{{1,3}}、|\([一二三四五六七八九十]{{1,3}}\)|\d{{1,2}}[.、]|[·●■◆▲#]+ ?)?[【\[(“]?({_REGION_NAME})[】\])”]?:?$"
)
_REGION_LEAD = re.compile(rf"[【\[]({_REGION_NAME})[】\]]:?(?=.)|({_REGION_NAME}):(?=.)")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank.  `prose`: it ends with a stop or is long; `contents`: it belongs to a contents list."""

    span: Span
    prose: bool
    contents: bool


def parts(text: str, lines: Sequence[Line], listed: frozenset[str]) -> list[Part]:
    """Parts of `text`; `lines` hold neither tables nor furniture, `listed` the titles of its contents list."""
    starts = _reports(text, lines, listed) or _regions(text, lines)
    if not starts:
        return [Part(Span(0, len(text)), _title(text, lines, listed))]
    prose_above = any(line.prose and not line.contents and line.span.end <= starts[0].start for line in lines)
    result: list[Part] = []
    if prose_above:
        above = [line for line in lines if line.span.end <= starts[0].start]
        result.append(Part(Span(0, starts[0].start), _title(text, above, frozenset())))
    for index, title in enumerate(starts):
        begin = 0 if index == 0 and not prose_above else title.start
        end = starts[index + 1].start if index + 1 < len(starts) else len(text)
        result.append(Part(Span(begin, end), title))
    return result


def is_title(content: str) -> bool:
    """Whether a line has the look of a report's title."""
    return len(content) <= MAX_TITLE and _MARKED.match(content) is None and _TITLE.match(content) is not None


def _title(text: str, lines: Sequence[Line], listed: frozenset[str]) -> Span | None:
    """The title of a single report: a line above the prose that the contents list names, else the first with its look."""
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


def _reports(text: str, lines: Sequence[Line], listed: frozenset[str]) -> list[Span]:
    """Titles of the reports of a compilation; none where there are fewer than two."""
    starts: list[Span] = []
    under = 0  # characters of prose since the last title
    for line in lines:
        content = line.span.of(text)
        if line.contents:
            continue
        known = content in listed and _MARKED.match(content) is None
        if known or (is_title(content) and _REPORT_TITLE.match(content)):
            if starts and under < MIN_REPORT:
                starts.pop()
            starts.append(line.span)
            under = 0
        elif line.prose:
            under += len(content)
    if starts and under < MIN_REPORT:
        starts.pop()
    return starts if len(starts) > 1 else []


def _regions(text: str, lines: Sequence[Line]) -> list[Span]:
    """Names of regions that head their sections; none where there are fewer than two different ones."""
    for pattern in (_REGION_LINE, _REGION_LEAD):
        found: list[tuple[str, Span, int]] = []
        for line in lines:
            content = line.span.of(text)
            match = None if line.contents else pattern.match(content)
            if match:
                name = next(group for group in match.groups() if group)
                start = line.span.start + match.start(match.lastindex or 1)
                found.append((name, Span(line.span.start, start + len(name)), len(content) - match.end()))
            elif found and line.prose:
                name, span, size = found[-1]
                found[-1] = (name, span, size + len(content))
        found = [row for row in found if row[2] >= MIN_REGION]
        if len({name for name, _, _ in found}) > 1:
            return [span for _, span, _ in found]
    return []
