"""The figures of one cell: `45`, `≥35家`, `45(小安吉8)`, `第3`, `2.71%(3)`.

In: clean text, a cell's span, the unit that its column gives, and whether the column ranks.  Out: the figures with
their spans, labels and quantities; None where the cell is no figure but prose.  What they measure is not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from service.numbers import read_quantity
from service.numerals import plain
from service.records import Bound, Label, Quantity, Span
from service.table_headers import label_of
from service.units import unit_at

MAX_FIGURE = 120  # characters; a longer cell is prose


@dataclass(frozen=True, slots=True)
class Figure:
    """`name`: in brackets, the words before the number (小安吉); None for the cell's own figure."""

    value: Span
    label: Label
    quantity: Quantity
    name: Span | None = None


_NUMBER = r"(?:[-－−]?\d[\d,，]*(?:\.\d+)?|[XＸ×]{1,4}(?:\.[XＸ×]{1,2})?)"
_RANGE = rf"{_NUMBER}(?:\s*[-—~～至]\s*{_NUMBER})?"
_WORDS = (
    r"(?:不低于|不少于|不超过|超过?|突破|达到?|力争|约为?|近|已?完成|新增|增长|增加|下降|减少|降低|提高|累计|共"
    r"|[≥≤><＞＜≧≦+↑↓▲▼\s])*"
)
_VALUE = re.compile(rf"(?P<before>{_WORDS})(?P<value>{_RANGE})")
_RANK = re.compile(
    r"(?:并列)?(?P<value>(?:第\s*)?(?:\d{1,3}|[一二三四五六七八九十]{1,3}|[XＸ]{1,2})[名位]?)"
    r"(?:\s*[/／]\s*\d+)?(?:\s*[((]并列[))])?"
)
_AFTER = re.compile(r"(?:及?以上|及?以下|以内|左右|[余多+＋↑↓▲▼*＊\s])*")
_INNER = re.compile(r"[((](?P<inner>[^()()]*)[))]\s*")
_ITEM = re.compile(rf"(?P<name>[^\d、,，;；XＸ]*?)(?P<value>{_NUMBER})(?P<rest>[^、,，;；\d]*)(?:[、,，;；]|$)")
_ITEM_HEAD = re.compile(r"\s*(?:其中|含|包括)?\s*[:：]?\s*")
_BOUNDS = (
    (re.compile(r"[≥≧]"), Bound.AT_LEAST),
    (re.compile(r"[>＞]"), Bound.OVER),
    (re.compile(r"[≤≦<＜]"), Bound.BELOW),
)
_FALL = re.compile(r"下降|减少|降低|[↓▼]")


def read_cell(text: str, cell: Span, *, unit: str, rank: bool, bracket_rank: bool = False) -> tuple[Figure, ...] | None:
    """The cell's figures in reading order, () where it holds none, None where it is prose.

    `unit` is the column's (`亿元`, `%`, ``); a unit in the cell goes before it.  `rank`: the column gives positions.
    `bracket_rank`: a bare number in brackets is the position of the one before it.
    """
    if cell.end - cell.start > MAX_FIGURE:
        return None
    content = cell.of(text)
    if rank and (found := _RANK.fullmatch(content)) is not None:
        return _ranks(text, _inside(cell, found, "value"))
    found = _VALUE.match(content)
    if found is None:
        return () if not re.search(r"\d", content) else None
    value, own = _with_unit(text, _inside(cell, found, "value"), cell.end)
    position = value.end
    after = _AFTER.match(text, position, cell.end)
    position = after.end() if after is not None else position
    figures = [_figure(text, value, own, unit)]
    while position < cell.end:
        inner = _INNER.match(text, position, cell.end)
        if inner is None:
            return None
        figures.extend(_bracketed(text, Span(*inner.span("inner")), unit, bracket_rank))
        position = inner.end()
    if figures[0] is None:
        return None
    first = _signed(figures[0], found["before"], text[value.end : cell.end])
    return (first, *(figure for figure in figures[1:] if figure is not None))


def _ranks(text: str, value: Span) -> tuple[Figure, ...]:
    quantity = read_quantity(text, value, Label.RANK)
    return (Figure(value, Label.RANK, quantity),) if quantity is not None else ()


def _with_unit(text: str, value: Span, end: int) -> tuple[Span, str]:
    """The value with the unit word that follows it, and that word."""
    tail = plain(text[value.end : end])
    start = len(tail) - len(tail.lstrip())
    placed = re.match(r"[余多]?[十百千万亿]*[余多]?", tail[start:])
    at = start + (placed.end() if placed is not None else 0)
    found = unit_at(tail, at)
    if found is not None:
        return Span(value.start, value.end + found[0]), tail[start : found[0]]
    if at > start and re.match(r"\s*(?:$|[((]|以|左|\+)", tail[at:]):  # 12万
        return Span(value.start, value.end + at), tail[start:at]
    return value, ""


def _figure(text: str, value: Span, own: str, unit: str) -> Figure | None:
    label = label_of(own.strip("余多")) if own else None
    label = label or label_of(unit) or Label.COUNT
    quantity = read_quantity(text, value, label, given="" if label_of(own) is not None else unit)
    if quantity is None:
        return None
    if not quantity.unit and unit:
        quantity = replace(quantity, unit=unit)
    return Figure(value, label, quantity)


def _signed(figure: Figure, before: str, after: str) -> Figure:
    """Bounds as signs (≥35), and falls in words or arrows (下降2.1, 2.1↓)."""
    quantity = figure.quantity
    for sign, bound in _BOUNDS:
        if sign.search(before):
            quantity = replace(quantity, bound=bound)
    if after.startswith(("+", "＋")) and quantity.bound is Bound.EXACT:
        quantity = replace(quantity, bound=Bound.AT_LEAST)
    if _FALL.search(before + after) and quantity.low is not None and quantity.high is not None:
        quantity = replace(quantity, low=-abs(quantity.low), high=-abs(quantity.high))
    return replace(figure, quantity=quantity)


def _bracketed(text: str, inner: Span, unit: str, bracket_rank: bool) -> list[Figure | None]:
    """The named parts in brackets, or the rank."""
    if bracket_rank and _RANK.fullmatch(inner.of(text).strip()):
        return list(_ranks(text, _strip(text, inner)))
    figures: list[Figure | None] = []
    for item in _ITEM.finditer(text, inner.start, inner.end):
        head = _ITEM_HEAD.match(text, item.start("name"), item.end("name"))
        name = _strip(text, Span(head.end() if head is not None else item.start("name"), item.end("name")))
        if name.end == name.start:
            continue
        value, own = _with_unit(text, Span(*item.span("value")), item.end("rest"))
        figure = _figure(text, value, own, unit)
        if figure is not None:
            figures.append(replace(figure, name=name))
    return figures


def _inside(cell: Span, found: re.Match[str], group: str) -> Span:
    return Span(cell.start + found.start(group), cell.start + found.end(group))


def _strip(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start < end and (text[start].isspace() or text[start] in ":："):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in ":：有为"):
        end -= 1
    return Span(start, end)
