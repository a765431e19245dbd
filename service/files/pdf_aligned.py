"""Rows of one column to lines of prose and tables without lines.

In: the rows of a column, from the top down.  Out: `Line`s, and a `Grid` for each run of rows whose pieces stand below
one another and hold figures.  Prose never makes a table: its lines have no wide gaps.  What also has them (a
signature, a list of contents, a label and its text) has no columns of figures; where it is unclear the rows stay
lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.files.pdf_lines import line_of
from service.files.pdf_page import Box, Grid, GridCell, Line, Piece

MIN_ROWS = 2  # of figures, under three columns or more
MIN_ROWS_OF_TWO = 3  # under two columns, which other things also have
MAX_HEADER = 4  # rows above the first one of figures
MAX_LEADING = 3.0  # ems between the baselines of two rows of one table
MIN_FIGURES = 0.5  # share of the cells beside the labels that are figures
MAX_COLUMNS = 60

_FIGURE = re.compile(
    r"[-－−–—+±≥≤<>＜＞约]?[\d,，]+(?:\.\d+)?(?:[%％‰]|个百分点|[万亿]?[元人个家项户件]?)$|[-－—–/…*×.]{1,4}$"
)
_CONTENTS = re.compile(r"[.…·．]{3,}|^\d{1,4}$")
_MARKED = re.compile(r"第?[一二三四五六七八九十]+[、.．章节部]|[(（][一二三四五六七八九十\d]+[)）]|\d{1,2}[、.．]\D")
_ASIDE = re.compile(r"[(（]?(?:计量|数据)?单位\s*[:：]|注\s*[:：]|[(（]?续")


@dataclass(frozen=True, slots=True)
class _Run:
    """Rows `first` to before `end`, `data` the first that holds figures; `columns` as left and right edges."""

    first: int
    data: int
    end: int
    columns: tuple[tuple[float, float], ...]


def aligned(levels: Sequence[Sequence[Piece]]) -> Iterator[Line | Grid]:
    """The rows as lines, those of tables as grids, in order."""
    place = 0
    for run in _runs(levels):
        for row in levels[place : run.first]:
            yield line_of(row)
        yield _grid(_folded(levels[run.first : run.data]), levels[run.data : run.end], run.columns)
        place = run.end
    for row in levels[place:]:
        yield line_of(row)


def _runs(levels: Sequence[Sequence[Piece]]) -> Iterator[_Run]:
    place = free = 0
    while place < len(levels):
        if not _is_data(levels[place]):
            place += 1
            continue
        end = _end(levels, place)
        run = _run(levels, free, place, end)
        if run is not None:
            yield run
            place = free = run.end
        else:
            place = end


def _end(levels: Sequence[Sequence[Piece]], start: int) -> int:
    """Where the rows that may belong to the table of row `start` end."""
    end = last = start
    while end < len(levels) and (end == start or _near(levels[end - 1], levels[end])):
        row = levels[end]
        if _is_data(row):
            last = end
        elif _is_aside(row) or (len(row) == 1 and row[0].box.left > levels[start][0].box.right):
            break
        end += 1
    return last + 1


def _run(levels: Sequence[Sequence[Piece]], free: int, data: int, end: int) -> _Run | None:
    rows = [row for row in levels[data:end] if _is_data(row)]
    columns = _columns(rows)
    if not 2 <= len(columns) <= MAX_COLUMNS or len(rows) < (MIN_ROWS if len(columns) > 2 else MIN_ROWS_OF_TWO):
        return None
    for row in levels[data:end]:
        held = [_within(columns, piece) for piece in row]
        if len(set(held)) < len(held) or (len(row) == 1 and row[0].box.right > columns[1][0]):
            return None  # two pieces of a row in one column, or a label that runs into the figures
    cells = [piece for row in rows for piece in row[1:]]
    if sum(_is_figure(piece.text) for piece in cells) < MIN_FIGURES * len(cells):
        return None
    first = data
    while first > free and data - first < MAX_HEADER:
        if _is_header(levels[first - 1], levels[first], columns):
            first -= 1
        elif first - 2 >= free and _is_label_between(levels[first - 2], levels[first - 1], levels[first], columns):
            first -= 2
        else:
            break
    if len(columns) == 2 and (first == data or all(_MARKED.match(row[0].text) for row in rows)):
        return None
    return _Run(first, data, end, columns)


def _columns(rows: Sequence[Sequence[Piece]]) -> tuple[tuple[float, float], ...]:
    """The stretches across the page that pieces of any row fill."""
    found: list[tuple[float, float]] = []
    for left, right in sorted((piece.box.left, piece.box.right) for row in rows for piece in row):
        if found and left < found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], right))
        else:
            found.append((left, right))
    return tuple(found)


def _within(columns: Sequence[tuple[float, float]], piece: Piece) -> int:
    """The column that a piece stands under, the nearest where it stands between two."""
    middle = (piece.box.left + piece.box.right) / 2
    return min(range(len(columns)), key=lambda index: max(columns[index][0] - middle, middle - columns[index][1], 0.0))


def _is_header(row: Sequence[Piece], below: Sequence[Piece], columns: Sequence[tuple[float, float]]) -> bool:
    """Whether a row names the columns under it: several pieces, none of them a figure or an aside."""
    if not _near(row, below) or len(row) < 2 or _is_aside(row):
        return False
    left, right = columns[0][0], columns[-1][1]
    inside = all(left - piece.size * 2 <= piece.box.left and piece.box.right <= right + piece.size * 2 for piece in row)
    return inside and not any(piece.text[-1] in "。；;，," for piece in row)


def _is_label_between(
    above: Sequence[Piece], row: Sequence[Piece], below: Sequence[Piece], columns: Sequence[tuple[float, float]]
) -> bool:
    """Whether a row is the label of the first column, set between two rows of the header since it spans both."""
    return (
        len(row) == 1 and row[0].box.right <= columns[1][0] and _near(above, below) and _is_header(above, row, columns)
    )


def _near(above: Sequence[Piece], below: Sequence[Piece]) -> bool:
    return below[0].base - above[0].base <= MAX_LEADING * max(above[0].size, below[0].size)


def _is_data(row: Sequence[Piece]) -> bool:
    if len(row) < 2 or any(_CONTENTS.search(piece.text) for piece in row[:1]):
        return False
    if _CONTENTS.search(row[-1].text) and not row[-1].text.isdigit():
        return False
    return any(_is_figure(piece.text) for piece in row[1:])


def _is_aside(row: Sequence[Piece]) -> bool:
    """Whether a row holds the unit of a table or a note on it."""
    return any(_ASIDE.match(piece.text) for piece in row)


def _is_figure(text: str) -> bool:
    return _FIGURE.match(text.replace(" ", "")) is not None


def _folded(header: Sequence[Sequence[Piece]]) -> list[Sequence[Piece]]:
    """The rows of a header, a label that stands between two of them in the upper one."""
    rows: list[Sequence[Piece]] = []
    for row in header:
        if rows and len(row) == 1:
            rows[-1] = (*row, *rows[-1])
        else:
            rows.append(row)
    return rows


def _grid(
    header: Sequence[Sequence[Piece]], data: Sequence[Sequence[Piece]], columns: Sequence[tuple[float, float]]
) -> Grid:
    cells: list[GridCell] = []
    levels = [*header, *data]
    for number, row in enumerate(levels):
        spans = _spans(row, columns) if number + 1 < len(header) else [_under(piece, columns) for piece in row]
        gathered: dict[int, list[tuple[str, Box]]] = {}
        widths: dict[int, int] = {}
        for piece, (column, width) in zip(row, spans, strict=True):
            gathered.setdefault(column, []).append((piece.text, piece.box))
            widths[column] = max(widths.get(column, 1), width)
        cells.extend(
            GridCell(number, column, 1, widths[column], tuple(held)) for column, held in sorted(gathered.items())
        )
    box = Box.around(piece.box for row in levels for piece in row)
    return Grid(box, (*(left for left, _ in columns), columns[-1][1]), len(levels), tuple(cells))


def _under(piece: Piece, columns: Sequence[tuple[float, float]]) -> tuple[int, int]:
    """The first column that a piece stands under, and how many it stands under."""
    over = [i for i, (left, right) in enumerate(columns) if piece.box.left < right and left < piece.box.right]
    return (over[0], len(over)) if over else (_within(columns, piece), 1)


def _spans(row: Sequence[Piece], columns: Sequence[tuple[float, float]]) -> list[tuple[int, int]]:
    """First column and number of columns of each piece of a header with more rows below it.

    Where it has fewer pieces than there are columns beside the labels, each column belongs to the piece nearest to it.
    """
    labels = [piece for piece in row if piece.box.left < columns[0][1]]
    groups = [piece for piece in row if piece.box.left >= columns[0][1]]
    if not groups or len(labels) > 1 or len(groups) >= len(columns) - 1:
        return [_under(piece, columns) for piece in row]
    owners = [
        min(range(len(groups)), key=lambda index: abs(_middle(groups[index]) - (a + b) / 2)) for a, b in columns[1:]
    ]
    spans = [
        (1 + owners.index(n), owners.count(n)) if n in owners else _under(groups[n], columns)
        for n in range(len(groups))
    ]
    return [*[(0, 1)] * len(labels), *spans]


def _middle(piece: Piece) -> float:
    return (piece.box.left + piece.box.right) / 2
