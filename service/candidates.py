"""Candidates: the spans a value may belong to, with what the pair looks like from outside.

In: clean text, its entities in reading order, its sentences.  Out: for every value its candidate indicators, periods
and areas, each with a row of small integers (`PAIR_SIZES` says how many values a slot has), and a row for the value
itself. The linker's model scores these pairs; training makes the same ones.  Knows nothing of scores.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from service.records import Entity, Label, Sentence

KINDS = (Label.INDICATOR, Label.PERIOD, Label.AREA)
VALUES = (Label.MONEY, Label.PERCENT, Label.PEOPLE, Label.COUNT, Label.RANK)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a value looks for candidates of a kind: how many before it within how many characters, how many after it
    in its own sentence.  Read off the annotated reports: beyond these lies under one link in two hundred."""

    before: int
    distance: int
    after: int


REACH = {Label.INDICATOR: Reach(10, 400, 3), Label.PERIOD: Reach(5, 500, 1), Label.AREA: Reach(4, 160, 1)}
SEPARATORS = ("、", ",", ";:", "。!?", "\n")
UNITS = (("个百分点", "百分点", "个点"), ("%",), ("元",), ("人", "人次", "名"), ("倍", "番"))
BASE_BEFORE = re.compile(r"(?:较|比|同比|高于|低于|与|于)$")

PAIR_SIZES = (6, 5, 10, 4, 11, 5, 6, 4, 3, 4)
"""Slots: kind and side, value's label, distance, sentences between, order among its kind, values between, strongest
separator between, brackets, word between (其中; 均 分别), the candidate's own form."""
VALUE_SIZES = (5, 6, 2, 4)
"""Slots: label, unit, whether the section speaks of plans, word before."""


@dataclass(frozen=True, slots=True)
class Pair:
    """`value` and `candidate` are indexes into the entities."""

    value: int
    candidate: int
    kind: Label
    features: tuple[int, ...]


class Surroundings:
    """Positions that the features ask for, found once for a text."""

    __slots__ = ("_closing", "_marks", "_opening", "_starts", "_values", "_words", "sentences", "text")

    def __init__(self, text: str, entities: Sequence[Entity], sentences: Sequence[Sentence]) -> None:
        self.text = text
        self.sentences = sentences
        self._starts = [s.span.start for s in sentences]
        self._marks = [[m.start() for m in re.finditer(f"[{re.escape(chars)}]", text)] for chars in SEPARATORS]
        self._opening = [m.start() for m in re.finditer(r"[((]", text)]
        self._closing = [m.start() for m in re.finditer(r"[))]", text)]
        self._words = [[m.start() for m in re.finditer(pattern, text)] for pattern in ("其中|含|包括", "分别|均|各|都")]
        self._values = [e.span.start for e in entities if e.label.is_value]

    def sentence_of(self, at: int) -> int:
        return max(0, bisect_right(self._starts, at) - 1)

    def separator(self, start: int, end: int) -> int:
        """0 for none, else 1 + the strongest kind that stands in [start, end)."""
        for n in range(len(SEPARATORS) - 1, -1, -1):
            if _count(self._marks[n], start, end):
                return n + 1
        return 0

    def values_between(self, start: int, end: int) -> int:
        return min(4, _count(self._values, start, end))

    def word_between(self, start: int, end: int) -> int:
        return next((n + 1 for n in (0, 1) if _count(self._words[n], start, end)), 0)

    def in_brackets(self, at: int) -> bool:
        return bisect_left(self._opening, at) > bisect_left(self._closing, at)


def _count(positions: Sequence[int], start: int, end: int) -> int:
    return bisect_left(positions, end) - bisect_left(positions, start)


def pairs(entities: Sequence[Entity], around: Surroundings) -> list[Pair]:
    """All candidate pairs of all values, value by value, kind by kind, in reading order."""
    places = {kind: [i for i, e in enumerate(entities) if e.label is kind] for kind in KINDS}
    starts = {kind: [entities[i].span.start for i in places[kind]] for kind in KINDS}
    found: list[Pair] = []
    for v, value in enumerate(entities):
        if not value.label.is_value:
            continue
        at = value.span.start
        sentence = around.sentence_of(at)
        close = around.sentences[sentence].span.end if around.sentences else len(around.text)
        for kind in KINDS:
            reach = REACH[kind]
            cut = bisect_left(starts[kind], at)
            before = [
                i
                for i in places[kind][max(0, cut - reach.before) : cut]
                if entities[i].span.start >= at - reach.distance
            ]
            after = [i for i in places[kind][cut : cut + reach.after] if entities[i].span.start < close]
            for order, i in enumerate(reversed(before)):
                found.append(Pair(v, i, kind, _features(value, entities[i], kind, order, sentence, around)))
            for order, i in enumerate(after):
                found.append(Pair(v, i, kind, _features(value, entities[i], kind, order, sentence, around)))
    return found


def value_features(value: Entity, text: str, *, plan: bool) -> tuple[int, ...]:
    """The row of `VALUE_SIZES` for one value."""
    word = value.span.of(text)
    unit = next((n + 1 for n, ends in enumerate(UNITS) if word.endswith(ends)), 0)
    before = text[max(0, value.span.start - 8) : value.span.start]
    said = next(
        (n + 1 for n, w in enumerate(("增|长|升|涨", "降|减|低|落", "新|引进|招引")) if re.search(w, before)), 0
    )
    return VALUES.index(value.label), unit, int(plan), said


def _features(
    value: Entity, other: Entity, kind: Label, order: int, sentence: int, around: Surroundings
) -> tuple[int, ...]:
    a, b = value.span, other.span
    after = b.start >= a.end
    start, end = (a.end, b.start) if after else (b.end, a.start)
    gap = max(0, end - start)
    inside, outside = around.in_brackets(a.start), around.in_brackets(b.start)
    return (
        2 * KINDS.index(kind) + after,
        VALUES.index(value.label),
        min(9, gap.bit_length()),
        min(3, abs(sentence - around.sentence_of(b.start))),
        min(10, order),
        around.values_between(start, end),
        around.separator(start, end),
        2 * inside + outside,
        around.word_between(start, end),
        _form(other, kind, around.text),
    )


def _form(other: Entity, kind: Label, text: str) -> int:
    """Of a period or area: 1 where it is the base of a comparison, 2 where it is deictic or unresolved; of an
    indicator: 3 where its name ends like a growth or a share."""
    word = other.span.of(text)
    if kind is Label.INDICATOR:
        return 3 if word.endswith(("增速", "增幅", "比重", "占比", "率", "强度")) else 0
    if BASE_BEFORE.search(text[max(0, other.span.start - 3) : other.span.start]) or "同期" in word:
        return 1
    if kind is Label.PERIOD:
        return 2 if word.startswith(("连续", "每")) else 0
    return 2 if word[:1] in "全我本" else 0
