"""The text of a report as HTML, with its figures marked: headings, paragraphs, and tables where rows have delimiters.

In: a text, what it is divided into, and the marks to set, by offsets.  Out: pieces of HTML, in reading order.  Every
character of the text comes out once, escaped, but for white space at the edges of lines and cells, and the delimiters
and rules of tables.  What is marked, and with which tags, is not known here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from service.schema import SectionJson, TableJson
from service.tables import DELIMITERS

# Headings below this level stand in the middle of their paragraph (`一是`).
DEEPEST_HEADING = 3
# The report's title is h1, its parts h2.
FIRST_HEADING = 2
TABLE_START, TABLE_END = '<div class="table"><table><tbody>\n', "</tbody></table></div>\n"

_LINE = re.compile(r"[^\n]+")
_DELIMITER = re.compile(rf"[{re.escape(DELIMITERS)}]")
_RULE = re.compile(rf"[\s:{re.escape(DELIMITERS)}-]+")
# Characters that HTML forbids, and those that would turn the text around them.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the text and the element around it.

    Where a line or a cell ends within it, it becomes several elements: `first` are the attributes of the first one,
    `further` those of the others; `note` is HTML at the end of the last.
    """

    start: int
    end: int
    tag: str
    first: str
    further: str
    note: str = ""


def plain(text: str) -> str:
    """`text` as HTML."""
    return escape(_FORBIDDEN.sub("\ufffd", text))


class MarkedText:
    """`marks` may come in any order; of those that overlap the first stands."""

    def __init__(
        self, text: str, marks: Sequence[Mark], *, sections: Sequence[SectionJson], tables: Sequence[TableJson]
    ) -> None:
        self._text = text
        self._marks = _apart(marks)
        self._ends = [mark.end for mark in self._marks]
        self._sections = sorted(sections, key=lambda section: (section["start"], section["level"]))
        self._section_starts = [section["start"] for section in self._sections]
        self._tables = sorted(tables, key=lambda table: table["start"])
        self._table_starts = [table["start"] for table in self._tables]

    def pieces(self) -> Iterator[str]:
        """A heading, a paragraph or a row each."""
        grid: int | None = None
        for line in _LINE.finditer(self._text):
            start, end = line.span()
            at = self._table_at(start, end)
            tag = "td" if at == grid else "th"
            if at != grid:
                if grid is not None:
                    yield TABLE_END
                if at is not None:
                    yield TABLE_START
                grid = at
            if at is not None:
                yield self._row(start, end, tag)
            elif line[0].strip():
                yield self._paragraph(start, end)
        if grid is not None:
            yield TABLE_END

    def _table_at(self, start: int, end: int) -> int | None:
        """Which table the line is a row of."""
        at = bisect_right(self._table_starts, end - 1) - 1
        if at < 0 or self._tables[at]["end"] <= start:
            return None
        return at if any(mark in self._text[start:end] for mark in DELIMITERS) else None

    def _row(self, start: int, end: int, tag: str) -> str:
        if _RULE.fullmatch(self._text, start, end) and "-" in self._text[start:end]:
            return ""
        cells = (f"<{tag}>{self._marked(*cell)}</{tag}>" for cell in _cells(self._text, start, end))
        return f"<tr>{''.join(cells)}</tr>\n"

    def _paragraph(self, start: int, end: int) -> str:
        start, end = _trimmed(self._text, start, end)
        level = self._heading_at(start, end)
        tag = "p" if level is None else f"h{FIRST_HEADING + level}"
        return f"<{tag}>{self._marked(start, end)}</{tag}>\n"

    def _heading_at(self, start: int, end: int) -> int | None:
        """The level of the heading that the line is, and nothing but that."""
        at = bisect_right(self._section_starts, end - 1) - 1
        line = "".join(self._text[start:end].split())
        while at >= 0 and self._section_starts[at] >= start:
            section = self._sections[at]
            if section["level"] <= DEEPEST_HEADING and len("".join(section["heading"].split())) == len(line):
                return section["level"]
            at -= 1
        return None

    def _marked(self, start: int, end: int) -> str:
        """The characters from `start` to `end` with the marks that lie there."""
        pieces = []
        at = bisect_right(self._ends, start)
        while at < len(self._marks) and self._marks[at].start < end:
            mark = self._marks[at]
            first, last = max(start, mark.start), min(end, mark.end)
            attributes = mark.first if first == mark.start else mark.further
            note = mark.note if last == mark.end else ""
            pieces.append(plain(self._text[start:first]))
            pieces.append(f"<{mark.tag} {attributes}>{plain(self._text[first:last])}{note}</{mark.tag}>")
            start, at = last, at + 1
        return "".join(pieces) + plain(self._text[start:end])


def _apart(marks: Iterable[Mark]) -> list[Mark]:
    """In order, without those that begin within another."""
    apart: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: mark.start):
        if mark.start < mark.end and (not apart or apart[-1].end <= mark.start):
            apart.append(mark)
    return apart


def _cells(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the cells of a row stand, trimmed; a delimiter at its edge has no cell beyond it."""
    edges = [start - 1, *(found.start() for found in _DELIMITER.finditer(text, start, end)), end]
    cells = [_trimmed(text, left + 1, right) for left, right in pairwise(edges)]
    inner = slice(int(cells[0][0] == cells[0][1]), len(cells) - int(cells[-1][0] == cells[-1][1]))
    yield from cells[inner]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    stretch = text[start:end]
    kept = stretch.strip()
    if not kept:
        return start, start
    start += len(stretch) - len(stretch.lstrip())
    return start, start + len(kept)
