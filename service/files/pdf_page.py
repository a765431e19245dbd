"""What stands on a page of a PDF: the records that pass between the steps of its reading.

Coordinates are points from the upper left corner of the page *as it is read*: turned so that most of its text runs from
left to right.  `PageContent.shown` goes back to the page as it is shown.  Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

_HAN = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]")


def is_han(character: str) -> bool:
    """Whether a character is as wide as it is high and lines break beside it: no blank is meant there."""
    return _HAN.match(character) is not None


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    @staticmethod
    def around(boxes: Iterable[Box]) -> Box:
        """The smallest box around one box or more."""
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return Box(min(lefts), min(tops), max(rights), max(bottoms))


# A blank that stands in no font: the library found a gap between two words.
SUPPOSED_BLANK = "\u200a"
BLANKS = (" ", SUPPOSED_BLANK)


class Character(NamedTuple):
    """One character or blank.  `base` is the height of its baseline, `size` its font's.

    The box is its advance by its em.
    """

    text: str
    left: float
    right: float
    base: float
    size: float

    @property
    def top(self) -> float:
        return self.base - ASCENT * self.size

    @property
    def bottom(self) -> float:
        return self.base + (1 - ASCENT) * self.size


# Of an em, above the baseline: that of Chinese fonts.  Fonts state other figures for themselves, which would make the
# characters of one line differ in height.
ASCENT = 0.88


class Rule(NamedTuple):
    """A straight line: across from `start` to `end` at height `at`, or down from `start` to `end` at `at`."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class PageContent:
    """Characters in the order of the file, blanks among them; lines across and down; what could not be read.

    `pictured`: share of the page that pictures cover.  `unmapped`: characters whose font does not say which they are;
    they stand as U+FFFD.  `turned`: figures in text that does not run as the rest of the page does, which is left out.
    `drawn`: whether there are more lines than are looked at.  `veiled`: whether text is there that is not shown, as
    behind a scanned page.  `rotation`: quarters that the page as read is turned clockwise from that shown.
    """

    number: int
    width: float
    height: float
    characters: tuple[Character, ...] = ()
    across: tuple[Rule, ...] = ()
    down: tuple[Rule, ...] = ()
    rotation: int = 0
    pictured: float = 0.0
    unmapped: int = 0
    turned: int = 0
    drawn: bool = False
    veiled: bool = False

    def shown(self, box: Box) -> Box:
        """A box of the page as read on the page as shown."""
        left, top, right, bottom = box
        match self.rotation:
            case 1:
                return Box(top, self.width - right, bottom, self.width - left)
            case 2:
                return Box(self.width - right, self.height - bottom, self.width - left, self.height - top)
            case 3:
                return Box(self.height - bottom, left, self.height - top, right)
        return box


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters that stand side by side without a wide gap.

    `text` has no blanks at its ends; `head`: the width of what cannot be parted at its beginning; `blank`: whether a
    blank stands after it in the file.
    """

    text: str
    box: Box
    size: float
    head: float
    blank: bool = False

    @property
    def base(self) -> float:
        return self.box.bottom - (1 - ASCENT) * self.size


@dataclass(frozen=True, slots=True)
class Line:
    """The pieces of one height in one column, left to right."""

    pieces: tuple[Piece, ...]
    box: Box
    size: float

    @property
    def text(self) -> str:
        return " ".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell over `rows` and `columns` of its grid, from `row` and `column`; each line of it with its box."""

    row: int
    column: int
    rows: int
    columns: int
    lines: tuple[tuple[str, Box], ...]

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.lines)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table on one page.  `edges`: where its columns begin and the last one ends."""

    box: Box
    edges: tuple[float, ...]
    rows: int
    cells: tuple[GridCell, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one column, or one table.  `left` and `right` bound the column, whatever its lines fill of it."""

    left: float
    right: float
    lines: tuple[Line, ...] = ()
    grid: Grid | None = None


@dataclass(frozen=True, slots=True)
class PageLayout:
    """A page in reading order, without its furniture; `notes` are its footnotes."""

    page: PageContent
    blocks: tuple[Block, ...]
    notes: tuple[Line, ...] = field(default=())
