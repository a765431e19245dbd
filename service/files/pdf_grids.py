"""The straight lines of a page to grids: ruled tables with their cells, merged ones included.

In: a `PageContent`.  Out: `Grid`s, and the characters that stand in none.  A grid is a set of lines that touch, with
one line across between two rows of text at least and one line down between two columns.  Its outer sides may be
missing, as in the yearbooks: then the ends of its other lines are its sides.  A cell ends where a line is drawn;
where a line between two places is missing they are one cell.  Frames around a text, lines under it and charts are no
grids.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence

from service.files.pdf_lines import lines, pieces
from service.files.pdf_page import Box, Character, Grid, GridCell, PageContent, Rule

TOUCH = 3.0  # points: lines this near each other meet
SHORT = 4.0  # points: what is shorter is a mark, not a line
MAX_LINES = 4_000  # of a page: what has more is a drawing
MAX_PLACES = 20_000  # rows times columns of one grid
CLOSE = 0.06  # ems: cells have more of a margin
MIN_FILLED = 0.3  # share of a grid's cells that hold text


def grids(page: PageContent) -> tuple[list[Grid], list[Character]]:
    """The ruled tables of a page from the top down, and its other characters."""
    across = _merged(page.across)
    down = _merged(page.down)
    if not down or len(across) < 2 or len(across) + len(down) > MAX_LINES:
        return [], list(page.characters)
    frames = [frame for group in _groups(across, down) if (frame := _Frame.of(*group)) is not None]
    frames.sort(key=lambda frame: (frame.box.height * frame.box.width, frame.box.top))  # the innermost has its text
    inside: dict[int, list[Character]] = defaultdict(list)
    outside: list[Character] = []
    for character in page.characters:
        x, y = (character.left + character.right) / 2, (character.top + character.bottom) / 2
        home = next((index for index, frame in enumerate(frames) if frame.box.holds(x, y)), None)
        if home is None:
            outside.append(character)
        else:
            inside[home].append(character)
    found: list[Grid] = []
    for index, frame in enumerate(frames):
        grid = frame.grid(inside[index])
        if grid is None:
            outside.extend(inside[index])
        else:
            found.append(grid)
    if len(found) < len(frames):  # what a frame gave back stands where it stood
        order = {id(character): place for place, character in enumerate(page.characters)}
        outside.sort(key=lambda character: order[id(character)])
    return sorted(found, key=lambda grid: grid.box.top), outside


def _merged(rules: Iterable[Rule]) -> list[Rule]:
    """Lines in one another's going on made one; those drawn twice once."""
    found: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: (round(rule.at / TOUCH), rule.start)):
        last = found[-1] if found else None
        if (
            last is not None
            and abs(rule.at - last.at) <= TOUCH
            and last.start - TOUCH <= rule.start <= last.end + TOUCH
        ):
            found[-1] = Rule(last.at, min(last.start, rule.start), max(last.end, rule.end))
        else:
            found.append(rule)
    return [rule for rule in found if rule.end - rule.start >= SHORT]


def _groups(across: Sequence[Rule], down: Sequence[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Lines that touch one another, directly or through others."""
    parents = list(range(len(across) + len(down)))

    def root(place: int) -> int:
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    order = sorted(range(len(across)), key=lambda index: across[index].at)
    heights = [across[index].at for index in order]
    for number, line in enumerate(down):
        for place in range(bisect_right(heights, line.start - TOUCH), len(order)):
            index = order[place]
            if heights[place] > line.end + TOUCH:
                break
            if across[index].start - TOUCH <= line.at <= across[index].end + TOUCH:
                parents[root(len(across) + number)] = root(index)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = defaultdict(lambda: ([], []))
    for index, line in enumerate(across):
        groups[root(index)][0].append(line)
    for number, line in enumerate(down):
        groups[root(len(across) + number)][1].append(line)
    return [group for group in groups.values() if len(group[0]) >= 2 and group[1]]


class _Frame:
    """Lines that touch, and the rows and columns that they draw."""

    def __init__(self, across: list[Rule], down: list[Rule]) -> None:
        self._across = across
        self._down = down
        self._xs = _positions(
            [*(rule.at for rule in down), *(end for rule in across for end in (rule.start, rule.end))]
        )
        self._ys = _positions(
            [*(rule.at for rule in across), *(end for rule in down for end in (rule.start, rule.end))]
        )
        self.box = Box(self._xs[0], self._ys[0], self._xs[-1], self._ys[-1])

    @classmethod
    def of(cls, across: list[Rule], down: list[Rule]) -> _Frame | None:
        """None where the lines draw fewer than two columns or no row, or more places than any table has."""
        frame = cls(across, down)
        columns, rows = len(frame._xs) - 1, len(frame._ys) - 1
        return frame if columns >= 2 and rows >= 1 and columns * rows <= MAX_PLACES else None

    def grid(self, characters: Sequence[Character]) -> Grid | None:
        """The cells with their text; None where too few of them hold any."""
        columns, rows = len(self._xs) - 1, len(self._ys) - 1
        owner = self._cells(rows, columns)
        texts: dict[int, list[Character]] = defaultdict(list)
        cell, before = 0, None
        for character in characters:
            if before is None or not _touches(before, character):  # what runs over its cell's side stays in it
                column = _place(self._xs, (character.left + character.right) / 2)
                row = _place(self._ys, (character.top + character.bottom) / 2)
                cell = owner[row * columns + column]
            texts[cell].append(character)
            before = character
        spans: dict[int, tuple[int, int, int, int]] = {}
        for place, own in enumerate(owner):
            row, column = divmod(place, columns)
            top, left, bottom, right = spans.get(own, (row, column, row, column))
            spans[own] = (min(top, row), min(left, column), max(bottom, row), max(right, column))
        if sum(bool(texts.get(cell)) for cell in spans) < MIN_FILLED * len(spans):
            return None
        cells = [
            GridCell(top, left, bottom - top + 1, right - left + 1, _cell_lines(texts.get(cell, ())))
            for cell, (top, left, bottom, right) in sorted(spans.items(), key=lambda item: item[1])
        ]
        if len({cell.column for cell in cells if cell.lines}) < 2:
            return None
        return Grid(self.box, tuple(self._xs), rows, tuple(cells))

    def _cells(self, rows: int, columns: int) -> list[int]:
        """For each place, row by row, the number of its cell: places without a line between them are one."""
        walls = _covered(self._down, self._xs, self._ys)
        floors = _covered(self._across, self._ys, self._xs)
        owner = list(range(rows * columns))

        def root(place: int) -> int:
            while owner[place] != place:
                owner[place] = owner[owner[place]]
                place = owner[place]
            return place

        for row in range(rows):
            for column in range(columns):
                place = row * columns + column
                if column + 1 < columns and (column + 1, row) not in walls:
                    owner[root(place + 1)] = root(place)
                if row + 1 < rows and (row + 1, column) not in floors:
                    owner[root(place + columns)] = root(place)
        return [root(place) for place in range(rows * columns)]


def _covered(rules: Iterable[Rule], at: Sequence[float], along: Sequence[float]) -> set[tuple[int, int]]:
    """(number of the line's position, number of the stretch along it) for each stretch whose middle a line covers."""
    found: set[tuple[int, int]] = set()
    for rule in rules:
        line = _nearest(at, rule.at)
        first = bisect_right(along, rule.start - TOUCH)
        for place in range(max(0, first - 1), len(along) - 1):
            middle = (along[place] + along[place + 1]) / 2
            if middle > rule.end:
                break
            if middle >= rule.start:
                found.add((line, place))
    return found


def _nearest(positions: Sequence[float], value: float) -> int:
    place = bisect_right(positions, value)
    near = [index for index in (place - 1, place) if 0 <= index < len(positions)]
    return min(near, key=lambda index: abs(positions[index] - value))


def _positions(values: Iterable[float]) -> list[float]:
    """Values in order, those that touch made one."""
    found: list[list[float]] = []
    for value in sorted(values):
        if found and value - found[-1][0] <= TOUCH:
            found[-1].append(value)
        else:
            found.append([value])
    return [sum(group) / len(group) for group in found]


def _touches(before: Character, character: Character) -> bool:
    """Whether a character stands right after another one, nearer than the texts of two cells ever do."""
    close = CLOSE * character.size
    return abs(character.left - before.right) <= close and abs(character.base - before.base) <= close


def _place(edges: Sequence[float], value: float) -> int:
    return min(max(bisect_right(edges, value) - 1, 0), len(edges) - 2)


def _cell_lines(characters: Sequence[Character]) -> tuple[tuple[str, Box], ...]:
    return tuple((line.text, line.box) for line in lines(pieces(characters)))
