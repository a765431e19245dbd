"""Characters of a page to pieces of lines, and pieces to lines.

In: characters in any order (mostly that of reading).  Out: `Piece`s, parted where a gap is wider than letters ever
stand apart, and `Line`s, the pieces of one height.  Characters that are drawn twice (bold as some programs fake it)
count once.  A raised or lowered small number is marked, so that it does not run into the figure before it: a
reference to a note becomes `[1]`, the power of a unit `²`.  Columns are not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import median

from service.files.pdf_page import ASCENT, BLANKS, Box, Character, Line, Piece, is_han

# In ems.  Justified Chinese lines stand up to 0.8 apart; a gutter or the gap between two cells is wider than 1.2.
WIDE_GAP = 1.2
WORD_GAP = 0.2  # between pieces that end and begin with letters or digits: a blank
SUPPOSED_GAP = 0.08  # within a piece, where the library supposes a blank
HAN_GAP = 0.9  # beside Chinese characters: a blank only where it is one
BACK = 0.5  # a character may begin this much before the last one's end (kerning, overlapping boxes)
LIGATURE = 0.05  # letters that begin at the same place are one sign of the font (ﬁ)
EVEN = 0.3  # by which the gaps of a line that is spread differ
WIDEST_SPREAD = 3.0
DOUBLE = 1.5  # a sign as wide as this is that of two characters (⸺)
MIN_SPREAD = 4  # gaps from which they say how far letters are spread
SAME_PLACE = 0.15  # two of the same character nearer than this are one drawn twice
SAME_LINE = 0.5  # of the lower height: how far two pieces of one line overlap
SMALL = 0.75  # of the size beside it: from here on down a raised digit is a superscript
RAISED = 0.15  # of the size beside it: how far its baseline is off

NEIGHBOURS = 8  # pieces of a row that one more is held against

_NOTE_MARK = re.compile("[0-9①-⑳*†‡]+")
_POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
# What stands together at a line's beginning: a word or number, with the stops that may not begin a line after it.
_HEAD = re.compile(r"[(（《“‘【〔\[]*(?:[A-Za-z0-9.,%‰:/+\-]+|.)[,，。、;；:：!！?？)）》”’】〕\]%％‰]*")


def pieces(characters: Sequence[Character]) -> list[Piece]:
    """Stretches of characters that stand side by side, in the order in which they come."""
    found: list[Piece] = []
    run: list[Character] = []
    blanks: dict[int, bool] = {}  # places in `run` that a blank follows: whether it stands in the file
    for character in _once(characters):
        if character.text in BLANKS:
            if run:
                blanks[len(run) - 1] = blanks.get(len(run) - 1, False) or character.text == " "
            continue
        if run and not _beside(run, character):
            found.append(_piece(run, blanks))
            run, blanks = [], {}
        run.append(character)
    if run:
        found.append(_piece(run, blanks))
    return found


def rows(found: Iterable[Piece]) -> list[list[Piece]]:
    """Pieces by their height, from the top down, each row from left to right."""
    levels: list[list[Piece]] = []
    for piece in sorted(found, key=lambda piece: (piece.base, piece.box.left)):
        row = levels[-1] if levels else None
        if row is not None and any(_level(piece.box, other.box) for other in row[-NEIGHBOURS:]):
            row.append(piece)
        else:
            levels.append([piece])
    return [sorted(row, key=lambda piece: piece.box.left) for row in levels]


def lines(found: Iterable[Piece]) -> list[Line]:
    """Pieces of one column to its lines, from the top down."""
    return [line_of(row) for row in rows(found)]


def line_of(row: Iterable[Piece]) -> Line:
    """The line that pieces of one height are; those that touch become one."""
    joined: list[Piece] = []
    for piece in sorted(row, key=lambda piece: piece.box.left):
        before = joined[-1] if joined else None
        gap = piece.box.left - before.box.right if before is not None else 0.0
        if before is None or not -BACK * piece.size <= gap <= WIDE_GAP * max(piece.size, before.size):
            joined.append(piece)
            continue
        text = (
            before.text
            + (" " if before.blank or _parts(before.text, piece.text, gap / piece.size) else "")
            + piece.text
        )
        size = before.size if before.box.width >= piece.box.width else piece.size
        joined[-1] = Piece(text, Box.around((before.box, piece.box)), size, before.head, piece.blank)
    if _is_spread(joined):
        joined = [_as_one(joined)]
    size = max(joined, key=lambda piece: piece.box.width).size
    return Line(tuple(joined), Box.around(piece.box for piece in joined), size)


def _is_spread(row: Sequence[Piece]) -> bool:
    """Whether a line of few letters was spread over the whole of its column: its gaps are all the same."""
    gaps = [after.box.left - before.box.right for before, after in pairwise(row)]
    if len(gaps) < MIN_SPREAD:
        return False
    size = row[0].size
    return max(gaps) - min(gaps) <= EVEN * size and max(gaps) <= WIDEST_SPREAD * size


def _as_one(row: Sequence[Piece]) -> Piece:
    text = row[0].text
    for before, piece in pairwise(row):
        text += ("" if is_han(before.text[-1]) or is_han(piece.text[0]) else " ") + piece.text
    return Piece(text, Box.around(piece.box for piece in row), row[0].size, row[0].head, row[-1].blank)


def _once(characters: Iterable[Character]) -> Iterable[Character]:
    """The characters without those drawn a second time at the same place."""
    seen: dict[tuple[str, int, int], list[Character]] = {}
    for character in characters:
        if character.text in BLANKS:
            yield character
            continue
        step = max(character.size, 1.0)
        column, row = int(character.left // step), int(character.base // step)
        near = SAME_PLACE * character.size
        known = (
            other
            for x in (column - 1, column, column + 1)
            for y in (row - 1, row, row + 1)
            for other in seen.get((character.text, x, y), ())
        )
        twice = any(abs(o.left - character.left) <= near and abs(o.base - character.base) <= near for o in known)
        if twice and character.right - character.left < DOUBLE * character.size:
            continue
        seen.setdefault((character.text, column, row), []).append(character)
        yield character


def _beside(run: list[Character], character: Character) -> bool:
    """Whether a character goes on where the run ends."""
    last = run[-1]
    size = max(last.size, character.size)
    if abs(character.left - last.left) + abs(character.base - last.base) <= LIGATURE * size:
        return True  # two letters of one sign
    if not -BACK * size <= character.left - last.right <= WIDE_GAP * size:
        return False
    overlap = min(last.bottom, character.bottom) - max(last.top, character.top)
    return overlap >= SAME_LINE * min(last.size, character.size)


def _piece(run: list[Character], blanks: Mapping[int, bool]) -> Piece:
    size, base = _main(run)
    box = Box(
        min(character.left for character in run),
        base - ASCENT * size,
        max(character.right for character in run),
        base + (1 - ASCENT) * size,
    )
    return Piece(_said(run, blanks, size, base), box, size, _head_width(run), blanks.get(len(run) - 1, False))


def _said(run: Sequence[Character], blanks: Mapping[int, bool], size: float, base: float) -> str:
    """The text of a run: blanks where its gaps are wider than its letters are spread, small raised numbers marked."""
    gaps = [(after.left - before.right) / size for before, after in pairwise(run)]
    spread = max(0.0, median(gaps)) if len(gaps) >= MIN_SPREAD else 0.0
    raised = [_is_raised(character, size, base) for character in run]
    texts: list[str] = []
    for place, character in enumerate(run):
        before = run[place - 1].text if place else ""
        joins = place > 0 and raised[place] and raised[place - 1]
        if before and not joins:
            gap = gaps[place - 1] - spread
            beside_han = is_han(before) or is_han(character.text)
            meant = gap >= (HAN_GAP if beside_han else SUPPOSED_GAP) and (beside_han or place - 1 in blanks)
            texts.append(" " if meant or blanks.get(place - 1) else "")
        if raised[place]:
            closes = place + 1 == len(run) or not raised[place + 1]
            texts.append(_marked(before, character.text, opens=not joins, closes=closes))
        else:
            texts.append(character.text)
    return "".join(texts)


def _main(run: Sequence[Character]) -> tuple[float, float]:
    """Size and baseline of most of a run's width."""
    widths: dict[tuple[float, float], float] = {}
    for character in run:
        key = (round(character.size, 1), round(character.base, 1))
        widths[key] = widths.get(key, 0.0) + character.right - character.left
    size, base = max(widths, key=lambda key: (widths[key], key))
    return size, base


def _is_raised(character: Character, size: float, base: float) -> bool:
    return (
        character.size <= SMALL * size
        and abs(base - character.base) >= RAISED * size
        and _NOTE_MARK.fullmatch(character.text) is not None
    )


def _marked(before: str, text: str, *, opens: bool, closes: bool) -> str:
    """A small raised character: the power of a unit, else one of a reference to a note."""
    if before.isascii() and before.isalpha() and text.isdigit():
        return text.translate(_POWERS)
    return ("[" if opens else "") + text + ("]" if closes else "")


def _parts(before: str, after: str, gap: float) -> bool:
    """Whether a gap of so many ems between two characters is a blank."""
    return gap >= (HAN_GAP if is_han(before[-1]) or is_han(after[0]) else WORD_GAP)


def _head_width(run: Sequence[Character]) -> float:
    match = _HEAD.match("".join(character.text[0] for character in run))
    last = run[match.end() - 1] if match is not None else run[0]
    return last.right - run[0].left


def _level(first: Box, second: Box) -> bool:
    overlap = min(first.bottom, second.bottom) - max(first.top, second.top)
    return overlap >= SAME_LINE * min(first.height, second.height)
