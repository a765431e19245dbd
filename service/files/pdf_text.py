"""Paragraphs and tables to the text of a document, with the place of each printed line and each cell.

In: what `pdf_paragraphs` gives, in reading order.  Out: text, a line for each paragraph and each row of a table, and
`Place`s: page, and box on the page as it is shown.  A table that goes on over pages becomes one; what a page says once
more before it goes on (`续表`, the caption, the unit) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from service.errors import TextTooLong
from service.files.grid import render
from service.files.pdf_page import Box, PageContent
from service.files.pdf_paragraphs import PageGrid, Paragraph
from service.files.pdf_tables import goes_on, table
from service.records import Place, Span

MAX_BETWEEN = 3  # lines between two parts of a table

_AGAIN = re.compile(
    r"[(（]?续.{0,12}$|.{0,40}[(（]\s*续.{0,3}[)）]$|(?:接|转)[上下]页.{0,4}$|[(（]?(?:计量|数据)?单位\s*[:：].{0,20}$"
)


class PdfText:
    """`characters`: how many code points the text may hold."""

    def __init__(self, characters: int) -> None:
        self._most = characters
        self._texts: list[str] = []
        self._length = 0
        self.places: list[Place] = []

    @property
    def text(self) -> str:
        return "".join(self._texts)

    def add(self, elements: Iterable[Paragraph | PageGrid]) -> None:
        """Write paragraphs and tables.  Raises `TextTooLong`."""
        parts: list[PageGrid] = []
        between: list[Paragraph] = []
        for element in elements:
            if isinstance(element, PageGrid):
                if parts and goes_on(parts[-1], _as_first(element, between)):
                    between = []
                else:
                    self._flush(parts, between)
                    parts, between = [], []
                parts.append(element)
            elif parts:
                between.append(element)
                if len(between) > MAX_BETWEEN or not _is_said_again(element, parts[-1]):
                    self._flush(parts, between)
                    parts, between = [], []
            else:
                self._paragraph(element)
        self._flush(parts, between)

    def _flush(self, parts: Sequence[PageGrid], between: Iterable[Paragraph]) -> None:
        if parts:
            self._table(parts)
        for paragraph in between:
            self._paragraph(paragraph)

    def _paragraph(self, paragraph: Paragraph) -> None:
        for stretch in paragraph.stretches:
            self._write(stretch.glue)
            self._write(stretch.text, stretch.page, stretch.box)
        self._write("\n")

    def _table(self, parts: Sequence[PageGrid]) -> None:
        rows = table(parts)
        rendered = render([[placed.cell for placed in row] for row in rows])
        bare = {*range(len(rendered.above)), *range(len(rendered.lines) - len(rendered.below), len(rendered.lines))}
        for number, (line, sources) in enumerate(zip(rendered.lines, rendered.sources, strict=True)):
            texts = [line] if number in bare else line[2:-2].split(" | ")
            for place, (text, source) in enumerate(zip(texts, sources, strict=True)):
                if number not in bare:
                    self._write("| " if place == 0 else " | ")
                placed = rows[source[0]][source[1]] if source is not None else None
                if placed is not None and placed.box is not None:
                    self._write(text, placed.page, placed.box)
                else:
                    self._write(text)
            self._write("\n" if number in bare else " |\n")

    def _write(self, text: str, page: PageContent | None = None, box: Box | None = None) -> None:
        if not text:
            return
        if page is not None and box is not None:
            left, top, right, bottom = (round(edge, 1) for edge in page.shown(box))
            span = Span(self._length, self._length + len(text))
            self.places.append(Place(span, page.number, (left, top, right, bottom)))
        self._texts.append(text)
        self._length += len(text)
        if self._length > self._most:
            raise TextTooLong(self._most, self._length)


def _as_first(grid: PageGrid, between: Sequence[Paragraph]) -> PageGrid:
    """The grid as the first of its page where nothing but what is said again stands before it."""
    return PageGrid(grid.grid, grid.page, first=grid.first or bool(between), last=grid.last)


def _is_said_again(paragraph: Paragraph, above: PageGrid) -> bool:
    """Whether a line on the page after a table announces that it goes on."""
    first = paragraph.stretches[0]
    return above.last and first.page.number == above.page.number + 1 and _AGAIN.match(paragraph.text) is not None
