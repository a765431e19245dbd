"""Candidates: the spans a value may belong to, with what the pair looks like from outside.

In: clean text, its entities in reading order, its sentences.  Out: for every value its candidate indicators, periods
and areas, each with a row of small integers (`PAIR_SIZES` says how many values a slot has), and a row for the value
itself. The linker's model scores these pairs; training makes the same ones.  Knows nothing of scores.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.records import Entity, Label, Sentence

Ints = NDArray[np.int64]

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


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs as columns: `index` (pairs, 2) entity numbers of value and candidate, `kind` (pairs,) index into KINDS,
    `features` (pairs, slots)."""

    index: Ints
    kind: Ints
    features: Ints

    def __len__(self) -> int:
        return len(self.index)

    def __iter__(self) -> Iterator[Pair]:
        for (value, candidate), kind, row in zip(
            self.index.tolist(), self.kind.tolist(), self.features.tolist(), strict=True
        ):
            yield Pair(value, candidate, KINDS[kind], tuple(row))

    def where(self, kept: NDArray[np.bool_]) -> Pairs:
        """Those for which `kept` is true."""
        return Pairs(self.index[kept], self.kind[kept], self.features[kept])


class Surroundings:
    """What the features ask of a text's entities, found once: one column an aspect, each of shape (entities,)."""

    __slots__ = ("_sentence_starts", "ends", "form", "label", "sentence", "sentences", "starts", "text")

    def __init__(self, text: str, entities: Sequence[Entity], sentences: Sequence[Sentence]) -> None:
        self.text = text
        self.sentences = sentences
        self._sentence_starts = [s.span.start for s in sentences]
        self.starts = np.array([e.span.start for e in entities], np.int64)
        self.ends = np.array([e.span.end for e in entities], np.int64)
        self.label = np.array([VALUES.index(e.label) if e.label.is_value else -1 for e in entities], np.int64)
        self.form = np.array([_form(e, text) if e.label in KINDS else 0 for e in entities], np.int64)
        self.sentence = np.array([self.sentence_of(e.span.start) for e in entities], np.int64)

    def sentence_of(self, at: int) -> int:
        return max(0, bisect_right(self._sentence_starts, at) - 1)


def pairs(entities: Sequence[Entity], around: Surroundings) -> Pairs:
    """All candidate pairs of all values: value by value, kind by kind, first those before it from near to far, then
    those after it."""
    values = np.array([i for i, e in enumerate(entities) if e.label.is_value], np.int64)
    at = around.starts[values]
    ends = np.array([s.span.end for s in around.sentences] or [len(around.text)], np.int64)
    close = ends[around.sentence[values]]
    columns = []
    for number, kind in enumerate(KINDS):
        reach = REACH[kind]
        places = np.array([i for i, e in enumerate(entities) if e.label is kind], np.int64)
        starts = around.starts[places]
        cut = np.searchsorted(starts, at)
        first = np.maximum(cut - reach.before, np.searchsorted(starts, at - reach.distance))
        last = np.minimum(cut + reach.after, np.searchsorted(starts, close))
        for counts, after in ((cut - first, False), (last - cut, True)):
            value, order = _counted(np.maximum(counts, 0))
            candidate = places[cut[value] + (order if after else -1 - order)]
            columns.append(np.stack([values[value], candidate, np.full(len(value), number), order]))
    rows = np.concatenate(columns, 1)
    value, candidate, kinds, order = rows[:, np.argsort(rows[0], kind="stable")]
    return Pairs(np.stack([value, candidate], 1), kinds, _features(around, value, candidate, kinds, order))


def _counted(counts: Ints) -> tuple[Ints, Ints]:
    """Row numbers, each as often as its count says, and 0, 1, 2 ... within each row: 2, 0, 1 -> 0 0 2, 0 1 0."""
    rows = np.repeat(np.arange(len(counts)), counts)
    return rows, np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)


def value_features(value: Entity, text: str, *, plan: bool) -> tuple[int, ...]:
    """The row of `VALUE_SIZES` for one value."""
    word = value.span.of(text)
    unit = next((n + 1 for n, ends in enumerate(UNITS) if word.endswith(ends)), 0)
    before = text[max(0, value.span.start - 8) : value.span.start]
    said = next(
        (n + 1 for n, w in enumerate(("增|长|升|涨", "降|减|低|落", "新|引进|招引")) if re.search(w, before)), 0
    )
    return VALUES.index(value.label), unit, int(plan), said


def _features(around: Surroundings, value: Ints, candidate: Ints, kind: Ints, order: Ints) -> Ints:
    """The rows of `PAIR_SIZES`, shape (pairs, slots)."""
    text, starts, ends = around.text, around.starts, around.ends
    after = starts[candidate] >= ends[value]
    earlier, later = np.where(after, value, candidate), np.where(after, candidate, value)

    def between(positions: Ints) -> Ints:
        """How many of `positions` lie between the two spans of each pair."""
        count: Ints = np.searchsorted(positions, starts)[later] - np.searchsorted(positions, ends)[earlier]
        return count

    separator, word = np.zeros((2, len(value)), np.int64)
    for n, characters in enumerate(SEPARATORS, 1):
        separator[between(_positions(f"[{re.escape(characters)}]", text)) != 0] = n
    for n, words in ((2, "分别|均|各|都"), (1, "其中|含|包括")):
        word[between(_positions(words, text)) != 0] = n
    opened = np.searchsorted(_positions(r"[((]", text), starts) > np.searchsorted(_positions(r"[))]", text), starts)
    columns = (
        2 * kind + after,
        around.label[value],
        np.searchsorted(1 << np.arange(9), starts[later] - ends[earlier], "right"),  # the bit length, 9 at most
        np.minimum(3, abs(around.sentence[value] - around.sentence[candidate])),
        np.minimum(10, order),
        np.minimum(4, between(starts[around.label >= 0])),
        separator,
        2 * opened[value] + opened[candidate],
        word,
        around.form[candidate],
    )
    return np.stack(columns, 1)


def _positions(pattern: str, text: str) -> Ints:
    return np.array([m.start() for m in re.finditer(pattern, text)], np.int64)


def _form(other: Entity, text: str) -> int:
    """Of a period or area: 1 where it is the base of a comparison, 2 where it is deictic or unresolved; of an
    indicator: 3 where its name ends like a growth or a share."""
    word = other.span.of(text)
    if other.label is Label.INDICATOR:
        return 3 if word.endswith(("增速", "增幅", "比重", "占比", "率", "强度")) else 0
    if BASE_BEFORE.search(text[max(0, other.span.start - 3) : other.span.start]) or "同期" in word:
        return 1
    if other.label is Label.PERIOD:
        return 2 if word.startswith(("连续", "每")) else 0
    return 2 if word[:1] in "全我本" else 0
