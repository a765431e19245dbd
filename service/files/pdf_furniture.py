"""What a printed page puts around its text: headers, footers, page numbers, watermarks.

In: the pieces of every page.  Out: for each page the pieces that are none of these.  A row at the very top or bottom
of a page is furniture where it says the page's number, or where the same words stand at the same height on other
pages; rows are looked at from the edge inwards and the first that is neither ends it.  Words in the same place on
most pages that lie across others are a watermark.  What stands slanted has been left out before (`pdf_source`).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.files.pdf_lines import rows
from service.files.pdf_page import Box, PageContent, Piece

MARGIN = 0.15  # of the page's height, at the top and at the bottom: furniture stands there alone
EDGE = 0.09  # within this what is repeated is furniture, further in only with a gap to the text
GAP = 0.8  # ems between furniture and the text, at least, where it stands further in
MOST_ROWS = 4  # of furniture at one edge
SAME_PLACE = 6.0  # points that repeated words may differ in height
MIN_PAGES = 2
MIN_SHARE = 0.25  # of the pages that repeated words stand on; odd and even pages may have words of their own
MIN_WATERMARKED = 0.5  # of the pages that a watermark stands on
LAID_OVER = 0.3  # of a piece's own area that others share, from which it lies across them

_NUMBER = r"[-—–―─·•~\s]*(?P<{0}>\d{{1,4}})[-—–―─·•~\s]*"
_PAGE = re.compile(
    rf"{_NUMBER.format('a')}$|第\s*(?P<b>\d{{1,4}})\s*页.{{0,3}}(?:共\s*\d+\s*页)?\W*$|{_NUMBER.format('c')}/\s*\d{{1,4}}\s*$"
    r"|(?i:page)\s*(?P<d>\d{1,4})(?:\s*of\s*\d+)?$|(?P<e>[ivxlc]{1,6}|[IVXLC]{1,6})$"
)
_BARE = re.compile(r"\d{1,4}$")
_NUMBER_AT_END = re.compile(
    r"^\s*[-—–·]*\s*\d{1,4}\s*[-—–·]*\s+|\s*[-—–·|]*\s*(?:第\s*)?\d{1,4}\s*(?:页)?\s*(?:[/，,\s]*共?\s*\d{1,4}\s*页?)?\s*[-—–·|]*\s*$"
)
_PRINTED = re.compile(r"\d{1,4}/\d{1,2}/\d{1,4}, \d{1,2}:\d\d|(?:https?|file)://")


@dataclass(frozen=True, slots=True)
class _Row:
    pieces: tuple[Piece, ...]
    text: str
    box: Box


def without_furniture(pages: Sequence[PageContent], found: Sequence[Sequence[Piece]]) -> list[list[Piece]]:
    """The pieces of each page without its furniture; `found` are all pieces of `pages`, page by page."""
    watermarks = _watermarks(found)
    left = [[piece for piece in page if id(piece) not in watermarks] for page in found]
    edges = [
        (_edge(page, held, top=True), _edge(page, held, top=False)) for page, held in zip(pages, left, strict=True)
    ]
    outer = [(*above, *below) for above, below in edges]
    repeated = _repeated(outer)
    numbered = _numbered(outer)
    out: list[list[Piece]] = []
    for index, (page, held, sides) in enumerate(zip(pages, left, edges, strict=True)):
        aside: set[int] = set()
        for levels in sides:
            for place, row in enumerate(levels):
                inner = levels[place + 1] if place + 1 < len(levels) else None
                if not _is_furniture(page, row, inner, repeated, numbered, index, len(pages)):
                    break
                aside.update(map(id, row.pieces))
        out.append([piece for piece in held if id(piece) not in aside])
    return out


def _edge(page: PageContent, held: Sequence[Piece], *, top: bool) -> tuple[_Row, ...]:
    """The rows nearest to an edge, the outermost first, and one or more that are further in."""
    depth = 2 * MARGIN * page.height
    near = [p for p in held if (p.box.top < depth if top else p.box.bottom > page.height - depth)]
    levels = rows(near) if top else rows(near)[::-1]
    return tuple(
        _Row(tuple(row), " ".join(piece.text for piece in row), Box.around(piece.box for piece in row))
        for row in levels[: MOST_ROWS + 1]
    )


def _is_furniture(
    page: PageContent,
    row: _Row,
    inner: _Row | None,
    repeated: Counter[tuple[str, int]],
    numbered: Counter[tuple[int, int]],
    index: int,
    pages: int,
) -> bool:
    depth = MARGIN * page.height
    if not (row.box.bottom <= depth or row.box.top >= page.height - depth):
        return False
    number = _page_number(row.text)
    if number is not None:
        if not _BARE.match(row.text) or number < 0:
            return True
        return numbered[number - index, _height(row)] >= MIN_PAGES or (pages == 1 and number == 1)
    if _PRINTED.match(row.text) or (len(row.pieces) > 1 and row.text.endswith(f"/{pages}")):
        return True
    count = max(repeated[_words(row.text), _height(row) + shift] for shift in (-1, 0, 1))
    if count < max(MIN_PAGES, MIN_SHARE * pages):
        return False
    edge = EDGE * page.height
    if row.box.bottom <= edge or row.box.top >= page.height - edge:
        return True
    gap = (
        max(inner.box.top - row.box.bottom, row.box.top - inner.box.bottom)
        if inner is not None
        else GAP * row.box.height
    )
    return gap >= GAP * row.box.height


def _page_number(text: str) -> int | None:
    """The number of a page where a row says nothing else; -1 where it says it in Roman."""
    match = _PAGE.match(text.strip())
    if match is None:
        return None
    return next((int(value) for name, value in match.groupdict().items() if value and name != "e"), -1)


def _words(text: str) -> str:
    """A row's words without the number of its page."""
    return "".join(_NUMBER_AT_END.sub("", text).split())


def _height(row: _Row) -> int:
    return round(row.box.top / SAME_PLACE)


def _repeated(edges: Sequence[Sequence[_Row]]) -> Counter[tuple[str, int]]:
    """On how many pages the same words stand at the same height, or hardly off it."""
    places: Counter[tuple[str, int]] = Counter()
    for levels in edges:
        said = {(_words(row.text), _height(row)) for row in levels}
        near = {(words, height + shift) for words, height in said for shift in (-1, 0, 1) if words}
        places.update(near)
    return places


def _numbered(edges: Sequence[Sequence[_Row]]) -> Counter[tuple[int, int]]:
    """On how many pages a bare number stands at the same height, as far from the page's place in the file."""
    places: Counter[tuple[int, int]] = Counter()
    for index, levels in enumerate(edges):
        said = {(int(row.text) - index, _height(row)) for row in levels if _BARE.match(row.text)}
        places.update(said)
    return places


def _watermarks(found: Sequence[Sequence[Piece]]) -> set[int]:
    """Pieces that stand in the same place on most pages and lie across others."""
    if len(found) < MIN_PAGES:
        return set()
    places: defaultdict[tuple[str, int, int], list[tuple[int, Piece]]] = defaultdict(list)
    for number, page in enumerate(found):
        for piece in page:
            key = piece.text, round(piece.box.left / SAME_PLACE), round(piece.box.top / SAME_PLACE)
            places[key].append((number, piece))
    marks: set[int] = set()
    for same in places.values():
        if len({number for number, _ in same}) < max(MIN_PAGES, MIN_WATERMARKED * len(found)):
            continue
        if any(_lies_over(piece, found[number]) for number, piece in same):
            marks.update(id(piece) for _, piece in same)
    return marks


def _lies_over(piece: Piece, page: Sequence[Piece]) -> bool:
    return any(share >= LAID_OVER for share in _shares(piece, page))


def _shares(piece: Piece, page: Sequence[Piece]) -> Iterator[float]:
    """How much of the smaller of two pieces they share, for each other piece of the page."""
    for other in page:
        if other is piece:
            continue
        wide = min(piece.box.right, other.box.right) - max(piece.box.left, other.box.left)
        high = min(piece.box.bottom, other.box.bottom) - max(piece.box.top, other.box.top)
        if wide > 0 and high > 0:
            smaller = min(piece.box.width * piece.box.height, other.box.width * other.box.height)
            yield wide * high / smaller if smaller > 0 else 0.0
