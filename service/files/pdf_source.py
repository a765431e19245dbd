"""A PDF's bytes to what stands on its pages: the one module that knows PDFium.

In: bytes.  Out: a `PageContent` a page, none of it interpreted: characters in the order of the file, straight lines,
how much pictures cover.  PDFium does the hard part: object and cross-reference streams, files whose cross-reference is
broken, encryption with an empty password, the predefined CMaps of Chinese fonts that carry no mapping of their own
(ISO 32000-2, 9.7.5.2), pages that are turned.

Why `pypdfium2` (Apache-2.0 or BSD-3-Clause, PDFium itself BSD-3-Clause and Apache-2.0) rather than `pdfplumber` on
`pdfminer.six` (both MIT): on the same pages of 1,080 characters the bare characters come at 40-100 pages a second
against 10-12, both give the same text for fonts with and without a mapping (GBK-EUC-H, UniGB-UCS2-H, Identity-H with
ToUnicode), and PDFium says of each character whether its font maps it, where pdfminer puts `(cid:123)` into the text.
PyMuPDF, as fast, is AGPL.  PDFium is C++ that reads hostile files: `confinement` is what makes that bearable.

A font size as stated means nothing (browsers print with size 16 under a scale of 0.75), and so do the heights of
characters (each font states its own): a character's size is that of its em on the page, and its box is reckoned from
its baseline.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from service.errors import DamagedFile, EncryptedFile
from service.files.pdf_page import SUPPOSED_BLANK, Box, Character, PageContent, Rule, is_han

# No page of a report has more; what lies beyond is not looked at (the kernel's limits hold as well).
MAX_CHARACTERS = 50_000
MAX_OBJECTS = 20_000
MAX_DEPTH = 6  # of drawings within drawings

THIN = 3.0  # points; a filled rectangle no thicker than this is a line
STRAIGHT = 0.5  # points that a line across may climb
LEVEL = math.radians(2)  # text within this of a right angle is set straight, all else is slanted
SIDEWAYS = 0.5  # share of a page's characters from which it is read turned

UNMAPPED = "\ufffd"
# Bullets of the symbol fonts that word processors use (Symbol, Wingdings), as they code them.
_BULLETS = {
    **dict.fromkeys((0xF0B7, 0xF09F, 0xF06C, 0xF098), "●"),
    **dict.fromkeys((0xF06E, 0xF0A7, 0xF0A8), "■"),
    **dict.fromkeys((0xF0D8, 0xF0D2, 0xF0C4), "➢"),
    **dict.fromkeys((0xF0FC, 0xF0FE), "✓"),
    **dict.fromkeys((0xF075, 0xF076), "◆"),
}
_HYPHENS = {0x02: "-", 0xAD: "-"}  # PDFium's own mark for a hyphen at the end of a line; the soft hyphen, shown
_BLANKS = frozenset({0x09, 0x20, 0xA0, 0x3000, *range(0x2000, 0x200B)})
_BREAKS = frozenset({0x0A, 0x0D})


class _Glyph(NamedTuple):
    """A character in the page's own coordinates; `quarter` is the direction of its text, -1 where it is slanted."""

    text: str
    quarter: int
    box: tuple[float, float, float, float]
    origin: tuple[float, float]
    size: float


class PdfSource:
    """An open file.  Pages are numbered from 1."""

    def __init__(self, document: pdfium.PdfDocument) -> None:
        self._document = document

    @property
    def pages(self) -> int:
        return len(self._document)

    def page(self, number: int) -> PageContent | None:
        """What stands on a page; None where it cannot be read."""
        try:
            page = self._document[number - 1]
        except pdfium.PdfiumError:
            return None
        with closing(page):
            return _read_page(page, number)


@contextmanager
def open_pdf(data: bytes) -> Iterator[PdfSource]:
    """Open a file.  Raises `EncryptedFile` and `DamagedFile`."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise EncryptedFile from error
        raise DamagedFile("PDF 文件已损坏或不完整，无法打开；请重新下载，或用原来的软件打开并另存后再提交。") from error
    with closing(document):
        if len(document) == 0:
            raise DamagedFile("PDF 文件中没有一页；请重新下载或导出后再提交。")
        yield PdfSource(document)


def _read_page(page: pdfium.PdfPage, number: int) -> PageContent:
    bounds = Box(*page.get_bbox())  # left, bottom, right, top in PDF's terms
    shown = page.get_rotation() // 90 % 4
    glyphs, unmapped = _glyphs(page)
    quarters = Counter(glyph.quarter for glyph in glyphs if glyph.quarter >= 0)
    reading = shown
    if quarters:
        quarter, count = quarters.most_common(1)[0]
        reading = quarter if count > SIDEWAYS * quarters.total() else shown
    turn = _Turn(bounds, reading)
    characters = []
    turned = 0
    for glyph in glyphs:
        if glyph.quarter != reading:
            turned += glyph.quarter >= 0 and glyph.text.isdigit()
            continue
        placed = turn.character(glyph)
        if placed.left < turn.width and placed.right > 0 and placed.bottom > 0 and placed.top < turn.height:
            characters.append(placed)
    drawing = _Drawing(turn)
    drawing.look(page)
    return PageContent(
        number,
        turn.width,
        turn.height,
        tuple(characters),
        tuple(drawing.across),
        tuple(drawing.down),
        (reading - shown) % 4,
        drawing.pictured,
        unmapped,
        turned,
        drawing.full,
        drawing.veiled,
    )


class _Turn:
    """From a page's own coordinates to those in which it is read, `quarters` turned clockwise."""

    def __init__(self, bounds: Box, quarters: int) -> None:
        left, bottom, right, top = bounds
        self._bounds = bounds
        self._quarters = quarters
        wide, high = right - left, top - bottom
        self.width, self.height = (high, wide) if quarters % 2 else (wide, high)

    def point(self, x: float, y: float) -> tuple[float, float]:
        left, bottom, right, top = self._bounds
        match self._quarters:
            case 0:
                return x - left, top - y
            case 1:
                return y - bottom, x - left
            case 2:
                return right - x, y - bottom
            case _:
                return top - y, right - x

    def character(self, glyph: _Glyph) -> Character:
        first = self.point(glyph.box[0], glyph.box[1])
        second = self.point(glyph.box[2], glyph.box[3])
        start, base = self.point(*glyph.origin)
        left, right = min(first[0], second[0]), max(first[0], second[0])
        if is_han(glyph.text):  # where the file holds no font, another one's widths stand in the box
            left = min(left, start)
            right = min(right, left + glyph.size)
        return Character(glyph.text, left, right, base, glyph.size)


def _glyphs(page: pdfium.PdfPage) -> tuple[list[_Glyph], int]:
    """The characters of a page in the order of the file, and how many of them their fonts do not map."""
    glyphs: list[_Glyph] = []
    unmapped = 0
    matrix, box = raw.FS_MATRIX(), raw.FS_RECTF()
    x, y = ctypes.c_double(), ctypes.c_double()
    with closing(page.get_textpage()) as text:
        handle = text.raw
        for index in range(min(raw.FPDFText_CountChars(handle), MAX_CHARACTERS)):
            code = raw.FPDFText_GetUnicode(handle, index)
            if code in _BREAKS:
                continue
            if code == 0x20 and raw.FPDFText_IsGenerated(handle, index) == 1:
                if glyphs:
                    glyphs.append(glyphs[-1]._replace(text=SUPPOSED_BLANK))
                continue
            said = _text(code)
            if said != " " and (said == UNMAPPED or raw.FPDFText_HasUnicodeMapError(handle, index) == 1):
                said = UNMAPPED
                unmapped += 1
            raw.FPDFText_GetMatrix(handle, index, matrix)
            raw.FPDFText_GetLooseCharBox(handle, index, box)
            raw.FPDFText_GetCharOrigin(handle, index, x, y)
            size = raw.FPDFText_GetFontSize(handle, index) * math.hypot(matrix.c, matrix.d)
            corners = (box.left, box.bottom, box.right, box.top)
            if not all(map(math.isfinite, (*corners, x.value, y.value, size))) or size <= 0:
                continue
            glyphs.append(_Glyph(said, _quarter(matrix.a, matrix.b), corners, (x.value, y.value), size))
    return glyphs, unmapped


def _text(code: int) -> str:
    if code in _BLANKS:
        return " "
    if code in _HYPHENS:
        return _HYPHENS[code]
    if code in _BULLETS:
        return _BULLETS[code]
    private = 0xE000 <= code <= 0xF8FF or code >= 0xF0000
    if code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or private or code in (0xFFFE, 0xFFFF):
        return UNMAPPED
    return chr(code)


def _quarter(across: float, up: float) -> int:
    """The direction of a text in quarters, counter-clockwise from left to right; -1 where it is slanted."""
    angle = math.atan2(up, across) / (math.pi / 2)
    nearest = round(angle)
    return nearest % 4 if abs(angle - nearest) * math.pi / 2 <= LEVEL else -1


_Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: _Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class _Drawing:
    """What is drawn on a page: straight lines, and how much of it pictures cover."""

    def __init__(self, turn: _Turn) -> None:
        self.across: list[Rule] = []
        self.down: list[Rule] = []
        self.pictured = 0.0
        self.full = False
        self.veiled = False
        self._turn = turn
        self._left = MAX_OBJECTS

    def look(self, page: pdfium.PdfPage) -> None:
        handle = page.raw
        count = raw.FPDFPage_CountObjects(handle)
        self._objects((raw.FPDFPage_GetObject(handle, index) for index in range(count)), _IDENTITY, 0)

    def _objects(self, objects: Iterator[Any], outer: _Matrix, depth: int) -> None:
        for drawn in objects:
            if self._left <= 0:
                self.full = True
                return
            self._left -= 1
            kind = raw.FPDFPageObj_GetType(drawn)
            if kind == raw.FPDF_PAGEOBJ_PATH:
                self._path(drawn, outer)
            elif kind == raw.FPDF_PAGEOBJ_IMAGE:
                self._picture(drawn, outer)
            elif kind == raw.FPDF_PAGEOBJ_TEXT:
                self.veiled = (
                    self.veiled or raw.FPDFTextObj_GetTextRenderMode(drawn) == raw.FPDF_TEXTRENDERMODE_INVISIBLE
                )
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < MAX_DEPTH:
                count = raw.FPDFFormObj_CountObjects(drawn)
                inner = (raw.FPDFFormObj_GetObject(drawn, index) for index in range(count))
                self._objects(inner, _times(_matrix(drawn), outer), depth + 1)

    def _picture(self, drawn: Any, outer: _Matrix) -> None:
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        if raw.FPDFPageObj_GetBounds(drawn, left, bottom, right, top):
            area = _box(self._turn, outer, left.value, bottom.value, right.value, top.value)
            wide = min(area.right, self._turn.width) - max(area.left, 0.0)
            high = min(area.bottom, self._turn.height) - max(area.top, 0.0)
            if wide > 0 and high > 0:
                self.pictured = min(1.0, self.pictured + wide * high / (self._turn.width * self._turn.height))

    def _path(self, drawn: Any, outer: _Matrix) -> None:
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        raw.FPDFPath_GetDrawMode(drawn, fill, stroke)
        if not fill.value and not stroke.value:
            return
        count = raw.FPDFPath_CountSegments(drawn)
        self._left -= count // 4
        matrix = _times(_matrix(drawn), outer)
        run: list[tuple[float, float]] = []
        x, y = ctypes.c_float(), ctypes.c_float()
        for index in range(min(count, MAX_OBJECTS)):
            segment = raw.FPDFPath_GetPathSegment(drawn, index)
            kind = raw.FPDFPathSegment_GetType(segment)
            if kind == raw.FPDF_SEGMENT_MOVETO or kind == raw.FPDF_SEGMENT_BEZIERTO:
                self._outline(run, stroked=bool(stroke.value))
                run = []
            raw.FPDFPathSegment_GetPoint(segment, x, y)
            run.append(self._turn.point(*_apply(matrix, x.value, y.value)))
            if raw.FPDFPathSegment_GetClose(segment) and run:
                run.append(run[0])
        self._outline(run, stroked=bool(stroke.value))

    def _outline(self, points: list[tuple[float, float]], *, stroked: bool) -> None:
        """The straight lines of an outline: its sides where they are drawn, itself where it is filled and thin."""
        if len(points) < 2 or not all(map(math.isfinite, (value for point in points for value in point))):
            return
        box = Box(
            min(x for x, _ in points), min(y for _, y in points), max(x for x, _ in points), max(y for _, y in points)
        )
        if box.height <= THIN or box.width <= THIN:
            if box.width > box.height:
                self.across.append(Rule((box.top + box.bottom) / 2, box.left, box.right))
            elif box.height > 0:
                self.down.append(Rule((box.left + box.right) / 2, box.top, box.bottom))
            return
        if not stroked:
            return
        for (x0, y0), (x1, y1) in pairwise(points):
            if abs(y1 - y0) <= STRAIGHT < abs(x1 - x0):
                self.across.append(Rule((y0 + y1) / 2, min(x0, x1), max(x0, x1)))
            elif abs(x1 - x0) <= STRAIGHT < abs(y1 - y0):
                self.down.append(Rule((x0 + x1) / 2, min(y0, y1), max(y0, y1)))


def _matrix(drawn: Any) -> _Matrix:
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(drawn, matrix)
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _times(inner: _Matrix, outer: _Matrix) -> _Matrix:
    """First `inner`, then `outer` (ISO 32000-2, 8.3.4)."""
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _apply(matrix: _Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _box(turn: _Turn, outer: _Matrix, left: float, bottom: float, right: float, top: float) -> Box:
    corners = [
        turn.point(*_apply(outer, x, y)) for x, y in ((left, bottom), (left, top), (right, bottom), (right, top))
    ]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return Box(min(xs), min(ys), max(xs), max(ys))
