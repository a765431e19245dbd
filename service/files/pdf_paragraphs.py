"""Lines to paragraphs, over columns and pages.

In: the pages in reading order, without furniture.  Out: `Paragraph`s and, between them, the grids, as they follow one
another.  How Chinese prose is set decides: a line that leaves room for what begins the next one ends its paragraph; an
indent begins one; between the lines of one stands no blank.  So headings, list items and addresses stay lines of their
own.  Lines of a title, centred and larger than the text, are one.  Footnotes stand after the paragraph that they
interrupt.

Sources: GB/T 9704-2012 (layout of official documents: indent of two characters, 28 to a line); W3C, Requirements for
Chinese Text Layout (which characters may not begin or end a line).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from service.files.pdf_page import Block, Box, Grid, Line, PageContent, PageLayout, is_han

SAME_SIZE = 0.12  # share by which the sizes of a paragraph's lines may differ
INDENT = 0.8  # ems from the column's edge
FIRST_LINE = (1.5, 2.5)  # ems: the indent that begins a paragraph wherever it stands
ROOM = 0.15  # ems that a line may be set wider than it was measured
TITLE = 1.15  # of the size of the text
TITLE_LEADING = 2.2  # ems between the baselines of a title's lines
SPACED = 1.3  # of the usual leading: a space between paragraphs
MAIN_PIECE = 0.6  # of a line's width; a line without such a piece is a row of things side by side
MIN_MEASURE = 0.5  # of the column: where no line is as long, none is full
MIN_ALIGNED = 0.08  # of a column's lines, and two: what begins at its left edge
JUSTIFIED = 1.0  # points that the ends of justified lines differ by
MIN_JUSTIFIED = 0.3  # of the lines that end near the edge
HANGING = 4.0  # ems that a list's text may stand in from its number
NOTE_SIZE = 0.92  # of the size of the text, at most

_MARKER = re.compile(
    r"第?[一二三四五六七八九十百]{1,4}[、.．章节条部篇]|[(（][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}(?:[、．]|[.)）](?!\d))"
    r"|[①-⑳●■◆➢✓▲★☆□·•]|附[件表录]|(?:表|图|专栏)\s*\d|注\d?\s*[:：]|[一二三四五六七八九]是"
)
_STOP = re.compile(r"[。！？；：!?;:…][”’）)》】]*$")
_LATIN_STOP = re.compile(r"[A-Za-z\d][.,;:!?)]$")
_NO_BEGINNING = re.compile(r"[,，。、；;：:！!？?）)》”’】〕\]%％‰]")
_CONTENTS = re.compile(r"[.…·．]{4,}\s*[-—]?\s*\d{0,4}\s*[-—]?$")
_UNIT = re.compile(r"[(（]?(?:计量|数据)?单位\s*[:：]")
_NOTE = re.compile(r"[①-⑳*†‡]|\[\d{1,2}\]|\d{1,2}(?![\d.%％]|\s*[、年月日])\s*[^\d\s万亿元%％个家]")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A printed line and where it stands; `glue` parts it from the one before in its paragraph."""

    text: str
    page: PageContent
    box: Box
    glue: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    stretches: tuple[Stretch, ...]

    @property
    def text(self) -> str:
        return "".join(stretch.glue + stretch.text for stretch in self.stretches)


@dataclass(frozen=True, slots=True)
class PageGrid:
    """A grid and the page that it stands on; `first` and `last` say whether it begins or ends the page's text."""

    grid: Grid
    page: PageContent
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class _Measure:
    """Where the lines of a column begin and end, and how far apart they are."""

    left: float
    right: float
    leading: float


def body_size(pages: Iterable[PageLayout]) -> float:
    """The size of most characters that stand in no table; 0 where there are none."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for block in page.blocks:
            for line in block.lines:
                sizes[round(line.size, 1)] += len(line.text)
    return max(sizes, key=lambda size: (sizes[size], size)) if sizes else 0.0


def with_notes_apart(page: PageLayout, size: float) -> PageLayout:
    """The page with its footnotes taken out of its columns: the small lines at a column's foot from a mark on."""
    blocks: list[Block] = []
    notes: list[Line] = []
    for place, block in enumerate(page.blocks):
        start = len(block.lines)
        while start > 0 and block.lines[start - 1].size <= NOTE_SIZE * size:
            start -= 1
        while start < len(block.lines) and not _NOTE.match(block.lines[start].text):
            start += 1
        if start in (0, len(block.lines)) or _overhangs(block, page.blocks[place + 1 :]):
            blocks.append(block)
            continue
        notes.extend(block.lines[start:])
        blocks.append(Block(block.left, block.right, block.lines[:start]))
    return PageLayout(page.page, tuple(blocks), tuple(notes))


def _overhangs(block: Block, below: Sequence[Block]) -> bool:
    """Whether any of the blocks after it stands in its column."""
    return any(other.left < block.right and block.left < other.right for other in below)


def paragraphs(pages: Sequence[PageLayout]) -> Iterator[Paragraph | PageGrid]:
    """Paragraphs and grids in reading order."""
    return _Reading(pages).read()


class _Reading:
    def __init__(self, pages: Sequence[PageLayout]) -> None:
        self._pages = pages
        self._size = body_size(pages)
        self._measures = _measures(pages)
        self._open: list[Stretch] = []
        self._last: tuple[Line, _Measure, Block] | None = None
        self._first_left = 0.0
        self._held: list[Paragraph] = []
        self._measured: tuple[Block | None, _Measure] = None, _Measure(0.0, float("inf"), 0.0)

    def read(self) -> Iterator[Paragraph | PageGrid]:
        for page in self._pages:
            for number, block in enumerate(page.blocks):
                if block.grid is not None:
                    yield from self._close()
                    first, last = number == 0, number == len(page.blocks) - 1 and not page.notes
                    yield PageGrid(block.grid, page.page, first, last)
                for line in block.lines:
                    yield from self._line(line, block, page.page)
            self._held.extend(_notes(page))
        yield from self._close()

    def _line(self, line: Line, block: Block, page: PageContent) -> Iterator[Paragraph]:
        aside = line.pieces[-1] if len(line.pieces) > 1 else None
        if aside is not None and _UNIT.match(aside.text):  # a caption and the unit beside it
            for piece in line.pieces:
                yield from self._line(Line((piece,), piece.box, piece.size), block, page)
            return
        measure = self._measure(page, block)
        if self._last is not None and not self._goes_on(line, measure, block):
            yield from self._close()
        if not self._open:
            self._first_left = line.box.left
        glue = _glue(self._open[-1].text, line.text, blank=self._last[0].pieces[-1].blank) if self._last else ""
        self._open.append(Stretch(line.text, page, line.box, glue))
        self._last = line, measure, block

    def _measure(self, page: PageContent, block: Block) -> _Measure:
        """The measure of a block's column: where others have fewer lines, the narrowest that all of its lines fit.

        On the last page of a report in columns one column may stand alone.
        """
        if block is not self._measured[0]:
            own = _column_of(page, block)
            fitting = [
                column
                for column, measure in self._measures.items()
                if column[0] == own[0] and all(_fits(line, measure) for line in block.lines)
            ]
            best = min(fitting, key=lambda column: column[2] - column[1], default=own)
            self._measured = block, self._measures[best]
        return self._measured[1]

    def _close(self) -> Iterator[Paragraph]:
        """The paragraph so far, and the footnotes that stood in its way."""
        if self._open:
            yield Paragraph(tuple(self._open))
        yield from self._held
        self._open, self._last, self._held = [], None, []

    def _goes_on(self, line: Line, measure: _Measure, block: Block) -> bool:
        """Whether a line belongs to the open paragraph."""
        if self._last is None:
            return False
        before, edges, above = self._last
        em = max(before.size, 1.0)
        if abs(line.size - before.size) > SAME_SIZE * em or not _is_text(before) or not _is_text(line):
            return False
        spoken, said = self._open[-1].text, line.text
        if _NO_BEGINNING.match(said):
            return True
        ended = _STOP.search(spoken[-4:]) is not None
        marked = _MARKER.match(said) is not None
        leading = line.pieces[0].base - before.pieces[0].base if above is block else 0.0
        if before.size >= TITLE * self._size and not ended and not marked and leading <= TITLE_LEADING * em:
            return above is block and (_is_centred(line, measure) or _is_full(before, line, edges))
        if not _is_full(before, line, edges) or (ended and marked):
            return False
        if measure.leading and leading > SPACED * measure.leading and ended:
            return False
        indent, above_indent = line.box.left - measure.left, before.box.left - edges.left
        if indent < INDENT * em:
            return True
        if abs(indent - above_indent) < INDENT * em:  # both are set in: a block of its own, or two paragraphs
            if len(self._open) > 1:
                return before.box.left - self._first_left > INDENT * em / 2
            return not ended and not FIRST_LINE[0] * em <= indent <= FIRST_LINE[1] * em
        hanging = _MARKER.match(self._open[0].text) is not None and len(self._open) == 1
        return hanging and above is block and 0 < indent - above_indent <= HANGING * em and not marked


def _notes(page: PageLayout) -> Iterator[Paragraph]:
    """A page's footnotes, each from its mark to the next one's."""
    held: list[Stretch] = []
    for line in page.notes:
        if held and _NOTE.match(line.text):
            yield Paragraph(tuple(held))
            held = []
        glue = _glue(held[-1].text, line.text, blank=False) if held else ""
        held.append(Stretch(line.text, page.page, line.box, glue))
    if held:
        yield Paragraph(tuple(held))


def _is_text(line: Line) -> bool:
    """Whether a line is one of prose rather than a row of things, or one of a list of contents."""
    widest = max(piece.box.width for piece in line.pieces)
    return widest >= MAIN_PIECE * line.box.width and _CONTENTS.search(line.text) is None


def _is_full(line: Line, below: Line, measure: _Measure) -> bool:
    """Whether what begins the line below could not have stood at the end of this one."""
    return line.box.right + below.pieces[0].head > measure.right + ROOM * line.size


def _fits(line: Line, measure: _Measure) -> bool:
    return line.box.left >= measure.left - line.size / 2 and line.box.right <= measure.right + line.size


def _is_centred(line: Line, measure: _Measure) -> bool:
    left, right = line.box.left - measure.left, measure.right - line.box.right
    return left > 0 and abs(left - right) <= 2 * line.size


def _glue(before: str, after: str, *, blank: bool) -> str:
    """What parts two lines of one paragraph: nothing beside Chinese, a blank between words."""
    last, first = before[-1], after[0]
    if is_han(last) or is_han(first) or last == "-":
        return ""
    words = first.isalpha() and (last.isalpha() or _LATIN_STOP.search(before[-2:]) is not None)
    return " " if words or (blank and last.isalnum() and first.isalnum()) else ""


_Column = tuple[int, int, int]


def _column_of(page: PageContent, block: Block) -> _Column:
    """Columns of the same place on pages of the same width are measured together."""
    step = 24.0
    return round(page.width / step), round(block.left / step), round(block.right / step)


def _measures(pages: Sequence[PageLayout]) -> dict[_Column, _Measure]:
    lines: defaultdict[_Column, list[Line]] = defaultdict(list)
    leadings: defaultdict[_Column, list[float]] = defaultdict(list)
    widths: dict[_Column, float] = {}
    for page in pages:
        for block in page.blocks:
            column = _column_of(page.page, block)
            widths[column] = block.right - block.left
            lines[column].extend(line for line in block.lines if _is_text(line))
            for above, below in pairwise(block.lines):
                leadings[column].append(below.pieces[0].base - above.pieces[0].base)
    return {column: _measure(lines[column], width, sorted(leadings[column])) for column, width in widths.items()}


def _measure(lines: Sequence[Line], width: float, leadings: Sequence[float]) -> _Measure:
    if not lines:
        return _Measure(0.0, float("inf"), 0.0)
    em = Counter(round(line.size, 1) for line in lines).most_common(1)[0][0]
    left = _shared_edge(sorted(line.box.left for line in lines), em / 2)
    right = _crowded(sorted(line.box.right for line in lines if line.box.right - left >= MIN_MEASURE * width), em)
    return _Measure(left, right, leadings[len(leadings) // 2] if leadings else 0.0)


def _shared_edge(lefts: Sequence[float], window: float) -> float:
    """The first edge that enough lines share: what stands further left is set out."""
    enough = max(2.0, MIN_ALIGNED * len(lefts))
    for left in lefts:
        if bisect_right(lefts, left + window) - bisect_left(lefts, left) >= enough:
            return left
    return lefts[0]


def _crowded(values: Sequence[float], window: float) -> float:
    """Where lines end: the greatest of the values within the window that holds the most; infinite where there are none.

    Lines that are not justified end up to one character before the edge.  Where many end at the same place, they are
    justified and that is the edge, though a stop or a long word may stand out over it.
    """
    held = values[slice(*_fullest(values, window))]
    start, end = _fullest(held, JUSTIFIED)
    if end - start >= MIN_JUSTIFIED * len(held):
        held = held[start:end]
    return held[-1] if held else float("inf")


def _fullest(values: Sequence[float], window: float) -> tuple[int, int]:
    """The stretch of sorted values within a window of this width that holds the most of them, the last of several."""
    best = start = end = 0
    for place, value in enumerate(values):
        while values[start] < value - window:
            start += 1
        if place - start + 1 >= end - best:
            best, end = start, place + 1
    return best, end
