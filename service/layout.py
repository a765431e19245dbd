"""Clean text to its layout: parts, sections, sentences, tables, and what is set aside.

In: clean text.  Out: `records.Layout`.  Read from coarse to fine:

1. grids (`tables`), then the other lines one by one: furniture (`furniture`), contents list, prose;
2. parts: the reports of a compilation, the regions of an article (`parts`);
3. sections by headings (`outline`);
4. sentences, which end at 。 ! ? and at the end of a line, not at ;
5. what is no figure and why: furniture, contents list, markers of headings and lists, document numbers.

Lines that say who published when are both sentences (their dates and bodies are read) and, for their other figures,
set aside.  Buttons, page numbers and links are set aside whole.  What the sentences say is not known here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from service.furniture import Furniture, annex_numbers, document_numbers, furniture, idle_figures, is_page_number
from service.outline import Heading, Marker, heading, is_annex, marker, sections
from service.parts import Line, parts
from service.records import Layout, Part, Section, Sentence, SetAside, Span
from service.tables import find_boxes, find_tables

MIN_PROSE = 40  # characters from which a line without a stop is prose
MAX_CONTENTS = 120  # lines of a contents list
MAX_PAGE_DIGITS = 4
SHORT = 8  # characters of a line that may be a cell of a grid whose bars were lost

_LINE = re.compile(r"[^\n]*\S[^\n]*")
_SENTENCE = re.compile(r"[^。!?]*[。!?]+[”’)》】\]]*|[^。!?]+")
_STOPPED = re.compile("[。!?;]")
_CONTENTS = re.compile(r"[目⽬] ?[录次]$")
_LEADERS = ".…· "
_INLINE_MARKER = re.compile(
    r"(?=[一二三四五六七八九十第其(①-⑳\d\[])"  # a look at one character spares most places what follows
    r"(?:(?<=[。;:,])(?:[一二三四五六七八九十]{1,3}[是要](?=[^,。;])|第[一二三四五六七八九十],|其[一二三四五六七八九],)"
    r"|(?<=[。;:])(?:\(\d{1,2}\)|[①-⑳]|\d{1,2}[)、.](?=[^\d\s]))"
    r"|\[\d{1,3}\])"  # a reference to a note
)


class _Kind(Enum):
    PROSE = 0
    KEYED = 1
    DEAD = 2
    CONTENTS = 3


@dataclass(frozen=True, slots=True)
class _Row:
    """A line outside tables; `sign` is the marker it opens with."""

    span: Span
    kind: _Kind
    sign: Marker | None


def lay_out(text: str) -> Layout:
    """Layout of clean text, in linear time; spans ascend, and those of sentences, parts and `set_aside` are apart."""
    tables = find_tables(text)
    rows = _rows(text, _outside(_lines(text), [table.span for table in tables]), find_boxes(text))
    found = parts(text, _plain_lines(text, rows), _listed(text, rows))
    named = {part.title for part in found} | {table.caption for table in tables}
    headings = list(_headings(text, rows, named))
    part_titles = [part.title.of(text) if part.title else "" for part in found]
    outline = sections(text, headings, [part.span for part in found], part_titles)
    return Layout(
        parts=tuple(found),
        sections=tuple(outline),
        sentences=tuple(_sentences(text, rows, outline, found)),
        tables=tables,
        set_aside=tuple(_set_aside(text, rows, headings)),
    )


def part_of(layout: Layout, span: Span) -> int:
    """The number of the part in which `span` begins."""
    return max(0, bisect_right(layout.parts, span.start, key=lambda part: part.span.start) - 1)


def section_of(layout: Layout, span: Span) -> Section | None:
    """The innermost section that holds all of `span`."""
    number = bisect_right(layout.sections, span.start, key=lambda section: section.span.start) - 1
    while number >= 0 and not layout.sections[number].span.covers(span):
        number = layout.sections[number].parent
    return layout.sections[number] if number >= 0 else None


def _lines(text: str) -> Iterator[Span]:
    """Lines that are not blank, blanks at their ends left out."""
    for match in _LINE.finditer(text):
        start, end = match.span()
        while text[start].isspace():
            start += 1
        while text[end - 1].isspace():
            end -= 1
        yield Span(start, end)


def _outside(lines: Iterable[Span], taken: Sequence[Span]) -> Iterator[Span]:
    """Lines that no span of `taken` (ascending, apart) overlaps."""
    at = 0
    for line in lines:
        while at < len(taken) and taken[at].end <= line.start:
            at += 1
        if at == len(taken) or not taken[at].overlaps(line):
            yield line


def _rows(text: str, lines: Iterable[Span], boxes: Sequence[Span]) -> list[_Row]:
    """Each line with its kind and marker."""
    spans = list(lines)
    contents = _contents(text, spans)
    rows: list[_Row] = []
    at = 0
    for index, span in enumerate(spans):
        while at < len(boxes) and boxes[at].end <= span.start:
            at += 1
        boxed = at < len(boxes) and boxes[at].overlaps(span)
        kind = _Kind.CONTENTS if index in contents else _kind(text, spans, index, boxed=boxed)
        sign = marker(text, span) if kind in (_Kind.PROSE, _Kind.CONTENTS) else None
        rows.append(_Row(span, kind, sign))
    return rows


def _kind(text: str, spans: Sequence[Span], index: int, *, boxed: bool) -> _Kind:
    content = spans[index].of(text)
    kind = furniture(content)
    if kind is Furniture.DEAD and is_page_number(content) and _in_lost_grid(text, spans, index):
        return _Kind.PROSE
    if kind is Furniture.DEAD:
        return _Kind.DEAD
    return _Kind.KEYED if boxed or kind is Furniture.KEYED else _Kind.PROSE


def _in_lost_grid(text: str, spans: Sequence[Span], index: int) -> bool:
    """Whether a bare number stands among other cells, one a line, rather than at the foot of a page."""
    neighbours = [spans[i].of(text) for i in (index - 1, index + 1) if 0 <= i < len(spans)]
    return len(neighbours) == 2 and all(len(n) <= SHORT and not _STOPPED.search(n) for n in neighbours)


def _contents(text: str, spans: Sequence[Span]) -> frozenset[int]:
    """Indexes of the lines of contents lists: 目录 and the entries under it, of which most name a page."""
    found: set[int] = set()
    for index, span in enumerate(spans):
        if index in found or span.end - span.start > 4 or not _CONTENTS.match(span.of(text)):
            continue
        found.add(index)
        last = index
        for place in range(index + 1, min(len(spans), index + MAX_CONTENTS)):
            content = spans[place].of(text)
            if _entry_tail(content) < len(content) and not _STOPPED.search(content):
                last = place
            elif place - last > 1:
                break
        found.update(range(index + 1, last + 1))
    return frozenset(found)


def _listed(text: str, rows: Iterable[_Row]) -> frozenset[str]:
    """Titles in contents lists, without marker, leaders and page."""
    titles: set[str] = set()
    for row in rows:
        if row.kind is _Kind.CONTENTS:
            start = row.sign.span.end if row.sign else row.span.start
            entry = text[start : row.span.end]
            title = entry[: _entry_tail(entry)].strip(_LEADERS)
            if len(title) > SHORT:
                titles.add(title)
    return frozenset(titles)


def _plain_lines(text: str, rows: Iterable[_Row]) -> list[Line]:
    return [
        Line(
            row.span,
            prose=row.span.end - row.span.start >= MIN_PROSE or text[row.span.end - 1] in "。!?;",
            contents=row.kind is _Kind.CONTENTS,
        )
        for row in rows
        if row.kind in (_Kind.PROSE, _Kind.CONTENTS)
    ]


def _headings(text: str, rows: Iterable[_Row], named: Container[Span | None]) -> Iterator[Heading]:
    """Headings of all lines of prose that are no title of a part or a table (`named`)."""
    annexed = False
    for row in rows:
        if row.kind is _Kind.PROSE and row.span not in named:
            found = heading(text, row.span, row.sign, annexed=annexed)
            annexed = is_annex(text, row.span)
            if found:
                yield found


def _sentences(
    text: str, rows: Iterable[_Row], outline: Sequence[Section], found: Sequence[Part]
) -> Iterator[Sentence]:
    starts = [section.span.start for section in outline]
    part_starts = [part.span.start for part in found]
    paragraph = -1
    for row in rows:
        if row.kind is _Kind.DEAD:
            continue
        paragraph += 1
        pieces = _SENTENCE.finditer(text, row.span.start, row.span.end) if row.kind is _Kind.PROSE else ()
        spans = [Span(*match.span()) for match in pieces] or [row.span]
        for span in spans:
            start = span.start
            while text[start].isspace():
                start += 1
            section = bisect_right(starts, start) - 1
            while section >= 0 and outline[section].span.end <= start:
                section = outline[section].parent
            yield Sentence(Span(start, span.end), paragraph, section, bisect_right(part_starts, start) - 1)


def _set_aside(text: str, rows: Iterable[_Row], headings: Iterable[Heading]) -> list[SetAside]:
    titled = {h.marker.start for h in headings if h.marker.end > h.marker.start}
    found = [SetAside(span, "document_number") for span in document_numbers(text)]
    found.extend(SetAside(span, "name") for span in annex_numbers(text))
    for row in rows:
        if row.kind is _Kind.DEAD:
            found.append(SetAside(row.span, "furniture"))
        elif row.kind is _Kind.KEYED:
            found.extend(SetAside(span, "furniture") for span in idle_figures(text, row.span))
        elif row.kind is _Kind.CONTENTS:
            found.extend(SetAside(span, "table_of_contents") for span in _entry_ends(text, row))
        else:
            if row.sign:
                reason = "heading" if row.sign.span.start in titled else "list_marker"
                found.append(SetAside(row.sign.span, reason))
            found.extend(
                SetAside(Span(*match.span()), "list_marker")
                for match in _INLINE_MARKER.finditer(text, row.span.start, row.span.end)
                if row.sign is None or match.start() >= row.sign.span.end
            )
    return _apart(found)


def _entry_ends(text: str, row: _Row) -> Iterator[Span]:
    """Marker and page of an entry of a contents list."""
    if row.sign:
        yield row.sign.span
    tail = row.span.start + _entry_tail(row.span.of(text))
    if tail < row.span.end and (row.sign is None or tail >= row.sign.span.end):
        yield Span(tail, row.span.end)


def _entry_tail(entry: str) -> int:
    """Where an entry's leaders and page number begin; its length where it has neither."""
    body = entry.rstrip("0123456789")
    if len(entry) - len(body) > MAX_PAGE_DIGITS:
        return len(entry)
    bare = body.rstrip(_LEADERS)
    if len(body) < len(entry):
        return len(bare) if len(body) - len(bare) > 1 else len(body)
    return len(bare) if len(body) - len(bare) > 2 else len(entry)


def _apart(found: list[SetAside]) -> list[SetAside]:
    """In reading order, without those that an earlier or wider one overlaps."""
    found.sort(key=lambda aside: (aside.span.start, -aside.span.end))
    result: list[SetAside] = []
    for aside in found:
        if not result or aside.span.start >= result[-1].span.end:
            result.append(aside)
    return result
