"""Tables with merged cells to lines of text, in the form that `service.tables` reads.

In: rows of cells with their spans, as a .docx or a web page has them.  Out: what stands above the grid (a title or
`单位:万元` that fills the first rows from side to side), one line `| a | b |` a row, and what stands below (notes).

- A cell that spans columns stands in the first of them, the others are blank.
- A label that spans rows stands in each of them, since each row is read by itself; a figure, and a header, stands in
  its first row alone: it is said once.
- Columns in which no cell begins (word processors leave them where cells of different rows do not line up) are none.
- A table of one column, or of one cell, only frames its text: its lines are lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import FileTooLarge

# What a report prints; a web page's attributes may say anything (HTML, 4.9.11: at most 1000).
MOST_COLUMNS = 1000
MOST_CELLS = 400_000

_BLANKS = re.compile(r"[\s\u200b\ufeff]+")
_BAR = re.compile("[|｜│┃]")
_FIGURE = re.compile(r"[-－−+≥≤><＞＜约超近达至少不低于\s]*\d")
_TIME = re.compile(r"\s*(?:(?:19|20)\d\d\s*(?:年|[-—~/至]|$)|\d{1,2}\s*(?:[-—~至]\s*\d{1,2}\s*)?月)")
_WORD = re.compile(r"[0-9A-Za-z.%％]")


@dataclass(frozen=True, slots=True)
class Cell:
    """`text`: its lines; `columns`, `rows`: how many it spans, itself included (0 rows: to the end)."""

    text: str
    columns: int = 1
    rows: int = 1


@dataclass(slots=True)
class _Placed:
    """`place`: the cell's number among those that begin in its row."""

    text: str
    row: int
    place: int
    column: int
    columns: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """Lines above the grid, its own, and those below.

    `sources`: for each of these lines the cells that stand in it from left to right, as the numbers of their row and of
    their place in it; None for a blank.
    """

    above: tuple[str, ...]
    rows: tuple[str, ...]
    below: tuple[str, ...]
    sources: tuple[tuple[tuple[int, int] | None, ...], ...]

    @property
    def lines(self) -> tuple[str, ...]:
        return (*self.above, *self.rows, *self.below)


def render(rows: Sequence[Sequence[Cell]]) -> Rendered:
    """The lines of a table.  Raises `FileTooLarge` for one of more than `MOST_CELLS`."""
    grid, width = _placed(rows)
    starts = sorted({cell.column for row in grid for cell in row.values()})
    grid = [row for row in grid if any(cell.text for cell in row.values())]
    if len(starts) < 2:
        framed = [said for row in grid for said in _only(row)]
        return Rendered(tuple(line for line, _ in framed), (), (), tuple((source,) for _, source in framed))
    first = 0
    while first < len(grid) and _whole(grid[first], width):
        first += 1
    last = len(grid)
    while last > first and _whole(grid[last - 1], width):
        last -= 1
    above = [said for row in grid[:first] for said in _only(row)]
    below = [said for row in grid[last:] for said in _only(row)]
    labelled = [tuple(row.get(column) for column in starts) for row in _labelled(grid[first:last])]
    return Rendered(
        tuple(line for line, _ in above),
        tuple(
            "| " + " | ".join(flat(cell.text) if cell is not None else "" for cell in row) + " |" for row in labelled
        ),
        tuple(line for line, _ in below),
        (
            *((source,) for _, source in above),
            *(tuple((cell.row, cell.place) if cell is not None else None for cell in row) for row in labelled),
            *((source,) for _, source in below),
        ),
    )


def too_many_cells() -> FileTooLarge:
    """What is told of a table of more than `MOST_CELLS`."""
    return FileTooLarge(f"文件中一个表格超过 {MOST_CELLS} 格；请拆分后再提交。")


def flat(text: str) -> str:
    """A cell's text in one line, without the signs that part cells: words stay apart, Chinese needs no blank."""
    out = ""
    for line in _BAR.sub("/", text).split("\n"):
        piece = _BLANKS.sub(" ", line).strip()
        if out and piece and _WORD.match(out[-1]) and _WORD.match(piece[0]):
            out += " "
        out += piece
    return out


def _placed(rows: Sequence[Sequence[Cell]]) -> tuple[list[dict[int, _Placed]], int]:
    """Each row's cells by their column, with those that span into it from above; and the width of the grid."""
    grid: list[dict[int, _Placed]] = []
    hanging: dict[int, tuple[_Placed, int]] = {}  # by column: what spans into the next row, and for how many more
    width = count = 0
    for number, cells in enumerate(rows):
        row: dict[int, _Placed] = {}
        taken: set[int] = set()
        for column, (placed, more) in list(hanging.items()):
            row[column] = placed
            taken.update(range(column, column + placed.columns))
            if more == 1:
                del hanging[column]
            else:
                hanging[column] = (placed, more - 1)
        column = 0
        for place, cell in enumerate(cells):
            while column in taken:
                column += 1
            columns = max(1, min(cell.columns, MOST_COLUMNS))
            placed = _Placed(cell.text.strip(), number, place, column, columns)
            row[column] = placed
            taken.update(range(column, column + columns))
            if cell.rows != 1:
                hanging[column] = (placed, cell.rows - 1)
            column += columns
        width = max(width, max(taken, default=-1) + 1)
        count += len(taken)
        if count > MOST_CELLS:
            raise too_many_cells()
        grid.append(row)
    return grid, width


def _whole(row: dict[int, _Placed], width: int) -> bool:
    """Whether one cell fills the row."""
    return len(row) == 1 and all(cell.columns >= width for cell in row.values())


def _only(row: dict[int, _Placed]) -> list[tuple[str, tuple[int, int]]]:
    """The lines of a row's cells, each with the cell that it is from."""
    return [(line, (cell.row, cell.place)) for cell in row.values() for line in cell.text.split("\n")]


def _labelled(grid: list[dict[int, _Placed]]) -> list[dict[int, _Placed]]:
    """Each row's cells by column: labels that span rows repeated, all else once."""
    with_figures = {cell.row for row in grid for column, cell in row.items() if column and _is_figure(cell.text)}
    said: set[int] = set()
    out = []
    for row in grid:
        cells = {}
        leading = True
        for column in sorted(row):
            cell = row[column]
            again = id(cell) in said
            label = leading and cell.row in with_figures and not _is_figure(cell.text)
            if not again or label:
                cells[column] = cell
            leading = leading and not _is_figure(cell.text)
            said.add(id(cell))
        out.append(cells)
    return out


def _is_figure(text: str) -> bool:
    """A cell that begins with a number that is no time (`2022年`, `1-9月`, a bare year)."""
    return _FIGURE.match(text) is not None and _TIME.match(text) is None
