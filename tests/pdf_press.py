"""Prints Chinese reports as PDFs, the way that word processors set them.

No font file is needed: STSong-Light is one of the fonts that every reader of PDFs knows by name (ISO 32000-2,
9.7.5.2), and its characters are coded by a predefined CMap without a mapping to Unicode, as in many government PDFs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT = "STSong-Light"
A4 = (595.0, 842.0)

_TOKEN = re.compile(r"[(（“《]*(?:[A-Za-z0-9.%‰/+\-]+|[^ ])[,;:，。、；：！？）”》％%]*| +")

pdfmetrics.registerFont(UnicodeCIDFont(FONT))

Furniture = Callable[[Canvas, int], None]


def width_of(text: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(text, FONT, size))


def broken(text: str, width: float, size: float, *, indent: float = 0.0) -> list[str]:
    """A paragraph's lines: no stop begins one, no number is broken that a line can hold."""
    lines, line, room = [], "", width - indent
    tokens = (part for token in _TOKEN.findall(text) for part in (token if width_of(token, size) > width else [token]))
    for token in tokens:
        if line and width_of(line + token, size) > room:
            lines.append(line)
            line, room = "", width
        line += token
    return [*lines, line]


class Press:
    """Sets paragraphs one below the other, in columns, page after page.

    Points, `y` from the top.  `furniture(canvas, page)` draws what stands around the text of each page.
    """

    def __init__(
        self,
        *,
        page: tuple[float, float] = A4,
        margins: tuple[float, float, float, float] = (90.0, 100.0, 90.0, 100.0),
        size: float = 16.0,
        leading: float = 28.0,
        furniture: Furniture | None = None,
        **settings: Any,
    ) -> None:
        self.page, self.size, self.leading = page, size, leading
        self.left, self.top, right, bottom = margins
        self.right, self.bottom = page[0] - right, page[1] - bottom
        self._buffer = BytesIO()
        self.canvas = Canvas(self._buffer, pagesize=page, pageCompression=1, invariant=1, **settings)
        self._furniture = furniture
        self.number = 1
        self.y = self.top
        self._bounds = [(self.left, self.right)]
        self._column = 0
        self._column_top = self.top

    # ----------------------------------------------------------------------------------------------------- the page

    def columns(self, count: int, gutter: float = 24.0) -> None:
        """What follows stands in so many columns, from here down."""
        width = (self.right - self.left - gutter * (count - 1)) / count
        self._bounds = [
            (self.left + n * (width + gutter), self.left + n * (width + gutter) + width) for n in range(count)
        ]
        self._column, self._column_top = 0, self.y

    @property
    def bounds(self) -> tuple[float, float]:
        """Left and right of the column."""
        return self._bounds[self._column]

    def next_page(self) -> None:
        if self._furniture is not None:
            self._furniture(self.canvas, self.number)
        self.canvas.showPage()
        self.number += 1
        self.y = self._column_top = self.top
        self._column = 0

    def room(self, height: float) -> None:
        """Go on in the next column or on the next page where so much does not fit."""
        if self.y + height <= self.bottom + 0.01:
            return
        if self._column + 1 < len(self._bounds):
            self._column += 1
            self.y = self._column_top
        else:
            self.next_page()

    def done(self) -> bytes:
        self.next_page()
        self.canvas.save()
        return self._buffer.getvalue()

    # ----------------------------------------------------------------------------------------------------- the text

    def at(self, x: float, y: float, text: str, size: float | None = None) -> None:
        """A line whose em box has its upper left corner at (x, y)."""
        size = size or self.size
        self.canvas.setFont(FONT, size)
        self.canvas.drawString(x, self.page[1] - y - 0.88 * size, text)

    def line(self, text: str, *, x: float | None = None, size: float | None = None, fill: float = 0.0) -> None:
        """The next line, from `x`, its letters spread to the width `fill`."""
        size = size or self.size
        self.room(self.leading)
        left = self.bounds[0] if x is None else x
        spread = self.canvas.beginText(left, self.page[1] - self.y - 0.88 * size)
        spread.setFont(FONT, size)
        spread.setCharSpace((fill - width_of(text, size)) / (len(text) - 1) if fill and len(text) > 1 else 0)
        spread.textOut(text)
        self.canvas.drawText(spread)
        self.y += self.leading * size / self.size

    def paragraph(self, text: str, *, indent: float = 2.0, justified: bool = True, size: float | None = None) -> None:
        """Prose: two characters set in, every line but the last as wide as the column."""
        size = size or self.size
        left, right = self.bounds
        lines = broken(text, right - left, size, indent=indent * size)
        for number, line in enumerate(lines):
            self.room(self.leading)
            left, right = self.bounds
            start = left + (indent * size if number == 0 else 0.0)
            whole = justified and number < len(lines) - 1
            self.line(line, x=start, size=size, fill=right - start if whole else 0.0)

    def centred(self, text: str, size: float | None = None) -> None:
        left, right = self.bounds
        self.line(text, x=(left + right - width_of(text, size or self.size)) / 2, size=size)

    # ---------------------------------------------------------------------------------------------------- the table

    def table(
        self,
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        *,
        spans: Sequence[tuple[int, int, int, int]] = (),
        size: float = 12.0,
        height: float = 20.0,
        sides: bool = True,
        inner: bool = True,
        down: bool = True,
    ) -> None:
        """Rows with lines around each cell.

        `spans`: (row, column, rows, columns) of merged cells.  `sides`: whether the outer lines down are drawn;
        `inner`: those between rows (that below the first always); `down`: those between columns.
        """
        left = self.bounds[0]
        edges = [left]
        for width in widths:
            edges.append(edges[-1] + width)
        top, high = self.y, self.page[1]
        owner = {(r, c): (r, c) for r in range(len(rows)) for c in range(len(widths))}
        for row, column, deep, wide in spans:
            owner.update({(row + d, column + w): (row, column) for d in range(deep) for w in range(wide)})
        self.canvas.setLineWidth(0.5)
        for r in range(len(rows) + 1):
            y = high - top - r * height
            for c in range(len(widths)):
                same = 0 < r < len(rows) and owner[r - 1, c] == owner[r, c]
                if not same and (inner or r in (0, 1, len(rows))):
                    self.canvas.line(edges[c], y, edges[c + 1], y)
        for c in range(len(widths) + 1):
            outer = c in (0, len(widths))
            for r in range(len(rows)):
                same = not outer and owner[r, c - 1] == owner[r, c]
                if not same and (sides if outer else down):
                    self.canvas.line(edges[c], high - top - r * height, edges[c], high - top - (r + 1) * height)
        extent = {(r, c): (1, 1) for r in range(len(rows)) for c in range(len(widths))}
        extent.update({(r, c): (deep, wide) for r, c, deep, wide in spans})
        for r, held in enumerate(rows):
            for c, text in enumerate(held):
                if owner[r, c] != (r, c) or not text:
                    continue
                deep, wide = extent[r, c]
                room = edges[c + wide] - edges[c] - size / 2
                lines = [line for part in text.split("\n") for line in broken(part, room, size)]
                middle = top + (r + deep / 2) * height - len(lines) * size / 2
                for number, line in enumerate(lines):
                    x = (edges[c] + edges[c + wide] - width_of(line, size)) / 2
                    self.at(x, middle + number * size, line, size)
        self.y += len(rows) * height + 4


def page_number(canvas: Canvas, page: int) -> None:
    """As official documents have it: `— 3 —`, outside, on odd pages right, on even ones left."""
    canvas.setFont(FONT, 14)
    text = f"— {page} —"
    x = 595 - 90 - width_of(text, 14) if page % 2 else 90
    canvas.drawString(x, 60, text)
