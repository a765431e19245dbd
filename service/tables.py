"""Finds grids in clean text: pipe rows as text extraction leaves them, Markdown tables, tab-separated rows.

In: clean text.  Out: `records.Table`s (caption line, rows, cells with their grid column) and, apart from them, the
boxes of cells that are page furniture.  Extraction drops the empty cells that a merged header leaves and packs the
rest to the left; the columns such cells span are inferred here from the row lengths and from what repeats.
What the cells mean is not known here (`table_reader`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.records import Cell, Span, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

DELIMITERS = "|｜│┃\t"
MAX_CAPTION = 60  # a title of a table is a phrase; longer lines are prose
MAX_LINES_ABOVE = 2  # a caption may be parted from its grid by one line, `单位:万元`
MAX_COLUMNS = 100  # what is wider is no table that a report prints, and would make the work grow with its square

_DELIMITER = re.compile("[" + DELIMITERS + "]")
_RULE_CELL = re.compile(r"\s*:?-{2,}:?\s*")
_NOTE = re.compile(r"\s*[((]?(?:注|备注|说明|数据来源|资料来源|来源)\s*\d?\s*[:：.]")
_UNIT_LINE = re.compile(r"[\s((]*(?:计量)?单位\s*[:：]")
_LABEL_CELL = re.compile(
    r"\s*(?:序号|编号|区块|地区|区域|县市区|县\(?市、?区\)?|区县|区市县|市县|各地|属地|名称|指标.{0,4}|项目.{0,4}|类别|类型|单位"
    r"|计量单位|年份|年度|月份|时间|部门|乡镇.{0,4}|街道|镇街|园区|片区|板块|功能区|备注|说明|牵头单位|责任单位|责任科室|完成时限)\s*"
)
_LEAF_CELL = re.compile(r"排名|名次|位次|[((](?:[%％‰]|亿|万|千|元|家|人|个|项|件|名)")
_CAPTION_TAIL = re.compile(r"[。;；,，、!！?？]$")
_HEADING = re.compile(
    r"\s*(?:第?[一二三四五六七八九十百]+[、.．章节]|[((][一二三四五六七八九十]+[))]|\d{1,2}[、.．](?!\d)|[((]\d{1,2}[))])"
)
_NUMBER_START = re.compile(r"\s*[≥≤><＞＜约超近达到至不少低于±+\-－−]*\s*\d")
_TIME = re.compile(
    r"(?:(?:19|20)\d\d|20[X×]{2})\s*(?:年度?)?(?=$|[^\d.%])"
    r"|\d{1,2}\s*[-—~至]\s*\d{1,2}\s*月|\d{1,2}\s*月份?|[一二三四]季度|[上下]半年|[XＸ×]{2}年"
)
_BLANK_MARK = re.compile(r"\s*[-—－–/／\\.…*]+\s*")
_TOC_LINE = re.compile(r"(?:\.{3,}|…{2,}|·{3,})\s*\d*\s*$")


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the text split at its delimiters; `cells` are trimmed."""

    line: Span
    cells: tuple[Span, ...]
    leading: bool
    tabs: bool


def find_tables(text: str) -> tuple[Table, ...]:
    """All data tables of `text` in reading order.

    A table has two rows or more and two columns or more, up to `MAX_COLUMNS`.  Index boxes at a document's head
    (`索引号: | … |`), single rows of links and contents lists are no tables; `find_boxes` has them.  Rules of Markdown,
    leading rows with one cell (a caption, a unit) and closing note rows belong to no table's rows.  `Table.span` runs
    from the first header row to the end of the last row; the caption lies before it.
    """
    return tuple(table for block in _blocks(text) if (table := _table(text, block)) is not None)


def find_boxes(text: str) -> tuple[Span, ...]:
    """Delimited lines that are page furniture rather than a data table, one span a block."""
    return tuple(
        Span(block[0].line.start, block[-1].line.end)
        for block in _blocks(text)
        if not block[0].tabs and _table(text, block) is None
    )


def is_blank(cell: str) -> bool:
    """Whether a cell says that there is nothing (`--`, `/`, empty)."""
    return not cell.strip() or _BLANK_MARK.fullmatch(cell) is not None


def header_rows(text: str, table: Table) -> int:
    """How many of the table's first rows are its header (0 where the first row already holds figures)."""
    return _header_rows(text, [[cell.span for cell in row] for row in table.rows])


def columns_of(table: Table) -> int:
    """The width of the grid."""
    return max(cell.column for row in table.rows for cell in row) + 1


def _blocks(text: str) -> Iterator[list[_Row]]:
    """Runs of consecutive lines that hold a delimiter."""
    block: list[_Row] = []
    position = 0
    while (hit := _DELIMITER.search(text, position)) is not None:
        start = text.rfind("\n", 0, hit.start()) + 1
        end = text.find("\n", hit.start())
        end = len(text) if end < 0 else end
        row = _row(text, Span(start, end))
        if block and (row is None or block[-1].line.end + 1 != start or block[-1].tabs != row.tabs):
            yield block
            block = []
        if row is not None:
            block.append(row)
        position = end
    if block:
        yield block


def _row(text: str, line: Span) -> _Row | None:
    """The cells of a line; None where its tabs only indent it or fill a contents line."""
    content = line.of(text)
    tabs = not any(mark in content for mark in DELIMITERS[:-1])
    if tabs and ("\t" not in content.strip() or _TOC_LINE.search(content[-MAX_CAPTION:])):
        return None
    cells: list[Span] = []
    start = line.start
    for hit in _DELIMITER.finditer(text, line.start, line.end):
        if not tabs and hit.group() == "\t":
            continue
        cells.append(_trim(text, Span(start, hit.start())))
        start = hit.end()
    cells.append(_trim(text, Span(start, line.end)))
    leading = not tabs and cells[0].start == cells[0].end
    while len(cells) > 1 and cells[-1].start == cells[-1].end:
        cells.pop()
    return _Row(line, tuple(cells), leading, tabs)


def _trim(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)


def _table(text: str, block: list[_Row]) -> Table | None:
    """The table a block of rows is, or None where it is furniture."""
    border = all(row.leading for row in block)
    rows = [(row.line, list(row.cells[1:] if border else row.cells)) for row in block]
    rows = [(line, cells) for line, cells in rows if _filled(cells) and not _is_rule(text, cells)]
    caption: Span | None = None
    while rows and _filled(rows[0][1]) == 1 and len(rows) > 1:
        only = next(cell for cell in rows[0][1] if cell.end > cell.start)
        if caption is None and not _UNIT_LINE.match(only.of(text)):
            caption = only
        rows.pop(0)
    while rows and _NOTE.match(text, rows[-1][1][0].start, rows[-1][1][0].end):
        rows.pop()
    width = max((len(cells) for _, cells in rows), default=0)
    if len(rows) < 2 or not 2 <= width <= MAX_COLUMNS or _is_box(text, [cells for _, cells in rows]):
        return None
    if block[0].tabs and not _is_tab_table(text, [cells for _, cells in rows], width):
        return None
    grid = _align(text, [cells for _, cells in rows], width)
    start = block[0].line.start if caption is None else caption.start
    return Table(
        span=Span(rows[0][0].start, rows[-1][0].end),
        caption=caption or _caption_above(text, start),
        rows=tuple(tuple(row) for row in grid),
    )


def _filled(cells: list[Span]) -> int:
    return sum(cell.end > cell.start for cell in cells)


def _is_rule(text: str, cells: list[Span]) -> bool:
    """A Markdown rule `|---|:--:|` (a data row of `--` has its label before them)."""
    return all(_RULE_CELL.fullmatch(text, cell.start, cell.end) for cell in cells)


def _is_box(text: str, rows: list[list[Span]]) -> bool:
    """Whether most rows are pairs of a key with a colon and its value."""
    keyed = sum(any(cell.of(text).endswith((":", "：")) for cell in cells) for cells in rows)
    return 2 * keyed >= len(rows)


def _is_tab_table(text: str, rows: list[list[Span]], width: int) -> bool:
    """Tabs also part a list's numbers from its items and a title from its page: a grid has figures beside labels."""
    if sum(len(cells) == width for cells in rows) * 2 < len(rows):
        return False
    if all(_HEADING.match(text, cells[0].start, cells[0].end) for cells in rows):
        return False
    return any(_NUMBER_START.match(text, cell.start, cell.end) for cells in rows for cell in cells[1:])


def _caption_above(text: str, start: int) -> Span | None:
    """The line above `start` that names the table; a line `单位:…` between them is passed over."""
    end = start
    for _ in range(MAX_LINES_ABOVE):
        while end > 0 and text[end - 1].isspace():
            end -= 1
        begin = text.rfind("\n", 0, end) + 1
        line = _trim(text, Span(begin, end))
        content = line.of(text)
        if not content or len(content) > MAX_CAPTION or _DELIMITER.search(content):
            return None
        if _UNIT_LINE.match(content):
            end = begin
            continue
        if _HEADING.match(content) or _CAPTION_TAIL.search(content) or "。" in content or content[-1] in ":：":
            return None
        return line
    return None


def _header_rows(text: str, rows: list[list[Span]]) -> int:
    """Rows above the first that holds a figure beside its label; never all rows."""
    count = 0
    for index, cells in enumerate(rows[:-1]):
        figures = [cell for cell in cells[1:] if _is_figure(text, cell)]
        dashes = any(cell.end > cell.start and is_blank(cell.of(text)) for cell in cells[1:])
        if figures or dashes:
            break
        if index and not _continues_header(text, rows[index - 1], cells):
            break
        count = index + 1
    return count


def _is_figure(text: str, cell: Span) -> bool:
    """A cell that starts with a number that is no time (`2022年`, `1-9月`, a bare year)."""
    return _NUMBER_START.match(text, cell.start, cell.end) is not None and not _TIME.match(text, cell.start, cell.end)


def _continues_header(text: str, above: list[Span], cells: list[Span]) -> bool:
    """Whether a row without figures is one more header row: the one above merged cells, or it holds header words."""
    if len(above) != len(cells) or any(cell.end == cell.start for cell in above):
        return True
    return any(_LEAF_CELL.search(text, cell.start, cell.end) for cell in cells)


def _align(text: str, rows: list[list[Span]], width: int) -> list[list[Cell]]:
    """Each row's cells with their columns.

    Header cells that span further columns are followed by a gap; a column that a header cell spans downwards has a gap
    in the rows below; a data row has a gap where its leading cells are merged with those of the row above.
    """
    count = _header_rows(text, rows)
    grid = _align_header(text, rows[:count], width)
    full: list[Span] | None = None
    for cells in rows[count:]:
        shift = 0
        if len(cells) == width:
            full = cells
        elif full is not None and _agreement(text, cells, full, width - len(cells)) > _agreement(text, cells, full, 0):
            shift = width - len(cells)
        row = [Cell(cell, shift + index) for index, cell in enumerate(cells)]
        end = cells[-1].end
        row.extend(Cell(Span(end, end), column) for column in range(shift + len(cells), width))
        grid.append(row)
    return grid


def _agreement(text: str, cells: list[Span], full: list[Span], shift: int) -> int:
    """How many cells are figures where `full`, moved by `shift`, has figures, and text where it has text."""
    return sum(
        (_NUMBER_START.match(text, cell.start, cell.end) is None)
        == (_NUMBER_START.match(text, other.start, other.end) is None)
        for cell, other in zip(cells, full[shift:], strict=False)
        if not is_blank(cell.of(text)) and not is_blank(other.of(text))
    )


def _align_header(text: str, rows: list[list[Span]], width: int) -> list[list[Cell]]:
    grid: list[list[Cell]] = []
    free = list(range(width))
    for index, cells in enumerate(rows):
        below = rows[index + 1] if index + 1 < len(rows) else None
        if any(cell.end == cell.start for cell in cells) or len(cells) > len(free):  # blanks kept: places as given
            grid.append([Cell(cell, column) for column, cell in enumerate(cells) if cell.end > cell.start])
            if below is not None and len(below) < len(free):
                free = [c for c in free if c >= len(cells) or not _LABEL_CELL.fullmatch(cells[c].of(text))]
            continue
        if below is None or len(cells) == len(free) or any(cell.end == cell.start for cell in below):
            row = [Cell(cell, column) for cell, column in zip(cells, free, strict=False)]
            grid.append(row)
            if below is not None and len(cells) == len(free) and len(below) < len(free):
                free = [c for c, cell in zip(free, cells, strict=True) if not _LABEL_CELL.fullmatch(cell.of(text))]
            continue
        downward = _downward(text, cells, len(free) - len(below))
        widths = _widths([cell.of(text) for cell in below], len(cells) - len(downward))
        row, rest, column = [], [], 0
        spans = iter(widths)
        for place, cell in enumerate(cells):
            taken = 1 if place in downward else next(spans)
            row.append(Cell(cell, free[min(column, len(free) - 1)]))
            if place not in downward:
                rest.extend(free[column : column + taken])
            column += taken
        grid.append(row)
        free = rest
    return grid


def _downward(text: str, cells: list[Span], wanted: int) -> frozenset[int]:
    """The `wanted` cells of a header row that span the rows below rather than the columns beside them."""
    if wanted <= 0:
        return frozenset()

    def rank(place: int) -> tuple[int, int]:
        content = cells[place].of(text)
        if _LABEL_CELL.fullmatch(content):
            return (0, place)
        if _LEAF_CELL.search(content):
            return (2, place)
        return (1 if place == 0 else 3, place)

    return frozenset(sorted(range(len(cells)), key=rank)[: min(wanted, len(cells) - 1)])


def _widths(below: list[str], groups: int) -> list[int]:
    """How many of the cells below each of `groups` cells spans: where the first one repeats, else evenly."""
    starts = [index for index, content in enumerate(below) if content == below[0]]
    if len(starts) == groups:
        return [after - start for start, after in zip(starts, [*starts[1:], len(below)], strict=True)]
    each, more = divmod(len(below), groups)
    return [each + (index >= groups - more) for index in range(groups)]
