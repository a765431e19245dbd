"""Grids of pages to tables: rows with spans, one table where it goes on over pages.

In: the grids of one table, in order.  Out: rows of cells for `grid.render`, each cell with the page and box where it
stands.  A header that is repeated on the next page is dropped there; a row that a page breaks is made whole.  Where a
grid rules no lines between its rows, but their texts stand level, each level is a row.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from service.files.grid import Cell
from service.files.pdf_page import Box, Grid, GridCell, PageContent
from service.files.pdf_paragraphs import PageGrid

SAME_EDGE = 6.0  # points that the columns of one table may be off on its next page
LEVEL = 0.4  # ems that lines of one row may be off
MAX_HEADER = 5  # rows
MAX_UNRULED = 2  # rows of a grid that rules its header alone
MIN_LEVELS = 4  # of text in a row of a grid with more rows

_FIGURE = re.compile(r"[-－−+±≥≤><＞＜约]*[\d,，.]+(?:[%％‰]|个百分点)?$|[-－—–/…*×.]{1,4}$")
# Two characters that a full line parts without a blank: a figure or a code, broken because its cell is narrow.
_BROKEN = re.compile(r"[\d.,][\w.,/-]|[A-Za-z/-]\d")


@dataclass(frozen=True, slots=True)
class PlacedCell:
    """A cell and where its text stands; None where it is empty."""

    cell: Cell
    page: PageContent
    box: Box | None


Row = tuple[PlacedCell, ...]


def goes_on(above: PageGrid, below: PageGrid) -> bool:
    """Whether the grid at the head of a page continues that at the foot of the page before."""
    if below.page.number != above.page.number + 1 or not (above.last and below.first):
        return False
    edges = above.grid.edges, below.grid.edges
    if len(edges[0]) != len(edges[1]):
        return False
    shift = edges[1][0] - edges[0][0]  # pages to be bound have other margins left than right
    return all(abs(second - first - shift) <= SAME_EDGE for first, second in zip(*edges, strict=True))


def table(parts: Sequence[PageGrid]) -> list[Row]:
    """The rows of a table that stands on one page or on several."""
    whole: list[Row] = []
    for part in parts:
        rows = list(_rows(_unfolded(part.grid), part.page))
        if whole:
            rows = rows[_repeated(whole, rows) :]
            if rows and _is_rest(whole[-1], rows[0]):
                whole[-1] = tuple(map(_with_rest, whole[-1], rows.pop(0)))
        whole.extend(rows)
    return whole


def _rows(grid: Grid, page: PageContent) -> Iterator[Row]:
    """Each row's cells as they begin in it, with blank ones where the grid has none."""
    columns = len(grid.edges) - 1
    begins = {(cell.row, cell.column): cell for cell in grid.cells}
    taken: set[tuple[int, int]] = set()
    for number in range(grid.rows):
        row: list[PlacedCell] = []
        for column in range(columns):
            if (number, column) in taken:
                continue
            cell = begins.get((number, column)) or GridCell(number, column, 1, 1, ())
            taken.update(
                (number + down, column + across) for down in range(cell.rows) for across in range(cell.columns)
            )
            row.append(_placed(cell, page, grid.edges[min(column + cell.columns, columns)]))
        yield tuple(row)


def _placed(cell: GridCell, page: PageContent, right: float) -> PlacedCell:
    """A figure that its narrow cell breaks is one; other lines stay for `grid.flat` to join."""
    texts: list[str] = []
    for number, (text, box) in enumerate(cell.lines):
        before = cell.lines[number - 1][1] if number else box
        full = right - before.right <= box.height
        if texts and full and _BROKEN.match(texts[-1][-1] + text[0]):
            texts[-1] += text
        else:
            texts.append(text)
    around = Box.around(box for _, box in cell.lines) if cell.lines else None
    return PlacedCell(Cell("\n".join(texts), cell.columns, cell.rows), page, around)


def _repeated(whole: Sequence[Row], rows: Sequence[Row]) -> int:
    """How many of the rows repeat the first ones of the table."""
    count = 0
    for first, again in zip(whole[:MAX_HEADER], rows, strict=False):
        if [cell.cell.text for cell in first] != [cell.cell.text for cell in again]:
            break
        if not any(cell.cell.text for cell in first) or any(_FIGURE.match(cell.cell.text) for cell in first[1:]):
            break
        count += 1
    return count


def _is_rest(above: Row, below: Row) -> bool:
    """Whether the first row of a page is the rest of the last one of the page before: no label, no figures."""
    if len(above) != len(below) or below[0].cell.text or not above[0].cell.text:
        return False
    texts = [cell.cell.text for cell in below if cell.cell.text]
    grown = all(first.cell.text for first, second in zip(above, below, strict=True) if second.cell.text)
    return bool(texts) and grown and not any(_FIGURE.match(text) for text in texts)


def _with_rest(above: PlacedCell, below: PlacedCell) -> PlacedCell:
    if not below.cell.text:
        return above
    text = f"{above.cell.text}\n{below.cell.text}"
    return PlacedCell(Cell(text, above.cell.columns, above.cell.rows), above.page, above.box)


def _unfolded(grid: Grid) -> Grid:
    """The grid with a row for each level of text, where a ruled row holds several."""
    levels = [_levels([cell for cell in grid.cells if cell.row == row]) for row in range(grid.rows)]
    if grid.rows > MAX_UNRULED and max(map(len, levels)) < MIN_LEVELS:
        levels = [[] for _ in levels]  # its rows are ruled, and a label and a figure are broken in one of them
    starts = [0, *accumulate(max(len(found), 1) for found in levels)]
    cells: list[GridCell] = []
    for cell in grid.cells:
        start, rows = starts[cell.row], starts[cell.row + cell.rows] - starts[cell.row]
        if cell.rows > 1 or rows == 1:
            cells.append(GridCell(start, cell.column, rows, cell.columns, cell.lines))
            continue
        held: defaultdict[float, list[tuple[str, Box]]] = defaultdict(list)
        for text, box in cell.lines:
            held[_nearest(levels[cell.row], box)].append((text, box))
        for place, level in enumerate(levels[cell.row]):
            cells.append(GridCell(start + place, cell.column, 1, cell.columns, tuple(held[level])))
    return Grid(grid.box, grid.edges, starts[-1], tuple(cells))


def _levels(row: Sequence[GridCell]) -> list[float]:
    """The heights of the rows that a ruled row holds; none where it is one row.

    Two columns at least must have as many lines, all of them level, and most of those beside the labels figures.
    """
    filled = [cell for cell in row if cell.lines and cell.rows == 1]
    if len(filled) < 2:
        return []
    fullest = max(filled, key=lambda cell: len(cell.lines))
    levels = [box.bottom for _, box in fullest.lines]
    if len(levels) < 2 or sum(len(cell.lines) == len(levels) for cell in filled) < 2:
        return []
    lines = [(text, box) for cell in filled for text, box in cell.lines]
    if any(abs(_nearest(levels, box) - box.bottom) > LEVEL * box.height for _, box in lines):
        return []
    figures = [_FIGURE.match(text) is not None for cell in filled[1:] for text, _ in cell.lines]
    return levels if sum(figures) * 2 > len(figures) else []


def _nearest(levels: Sequence[float], box: Box) -> float:
    return min(levels, key=lambda level: abs(level - box.bottom))
