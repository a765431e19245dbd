"""What the checks look at: the figures of a report with their intervals, and where each of them stands.

In: what was read from one text.  Out: `Material`, the figures by sentence, by table row and by what they measure.
Knows no rule.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeVar

from service.checks.intervals import Interval
from service.checks.precision import worth
from service.checks.years import comparable
from service.indicators import CACHE_SIZE, EXACT, match, normalise
from service.layout import part_of
from service.records import Layout, Measure, Observation, Report, Sentence, Source, Span, Status, Table

K = TypeVar("K")

# Below this it is likelier that a figure was misread than that the report is wrong.
SURE = 0.4
# How many figures before and after one are looked at in its sentence or row, and how many of one thing at one time:
# more are not one thing.
NEAR = 16
MOST = 8

_GROWTH_WORD = re.compile(r"(?:同比|累计|年均|平均)?(?:增速|增长率|增长速度|增长|增幅|涨幅|降幅|增减)(?:幅度)?$")
INTENT = re.compile(
    r"力争|争取|确保|计划|目标|拟|将|预期|预计|有望|规划|打算|安排|努力|谋划|下一步|下步|明年|今后|(?:^|[,，。;；])到20\d\d年|(?<![主重首需必纪摘])要(?![素求点件闻])|推动|推进|再(?!生)|继续|不低于|不少于"
)
_REACH = 120
_UNSAID = re.compile(r"^(?:累计|共|总|全年|合计)|(?:总数|总量|数量|总额|合计)$")


@dataclass(frozen=True, slots=True)
class Figure:
    """An observation whose amount is told.

    `index` into the observations; `worth`: all it may stand for; `said`: its characters; `subject`: what it measures
    (see `subject_of`); `sentence`, `table` and `row`: where it stands, -1 for none; `column` of the table; `planned`:
    it is an aim or an estimate, and something in the text says so.
    """

    index: int
    seen: Observation
    worth: Interval
    said: str
    subject: str
    part: int
    sentence: int = -1
    table: int = -1
    row: int = -1
    column: int = -1
    planned: bool = False

    @property
    def start(self) -> int:
        return self.seen.value.start

    @property
    def end(self) -> int:
        return self.seen.value.end

    @property
    def measure(self) -> Measure:
        return self.seen.measure

    @property
    def unit(self) -> str:
        return self.seen.quantity.unit

    @property
    def name(self) -> str:
        return self.seen.indicator.name

    @property
    def key(self) -> str:
        """Its name in the form in which names are compared."""
        return key_of(self.name)

    @property
    def period(self) -> str:
        """EDTF, "" where unknown."""
        return self.seen.period.edtf if self.seen.period is not None else ""

    @property
    def place(self) -> str:
        """The region by code or name, "" where unknown."""
        return (self.seen.area.area.code or self.seen.area.area.name) if self.seen.area is not None else ""

    @property
    def spans(self) -> tuple[Span, ...]:
        """The spans of its indicator."""
        return self.seen.indicator.spans

    def beside(self, other: Figure) -> bool:
        """Whether both stand in one sentence, or in one row of a table."""
        if self.sentence >= 0:
            return self.sentence == other.sentence
        return self.table >= 0 and (self.table, self.row) == (other.table, other.row)

    def like(self, other: Figure) -> bool:
        """Whether both measure the same thing in the same place and part, at whatever time: the same words, or all the
        words of one among those of the other.
        """
        if (self.place, self.part) != (other.place, other.part):
            return False
        return self.subject == other.subject or self.shares_words(other)

    def shares_words(self, other: Figure) -> bool:
        """Whether the indicator of one is part of the indicator of the other, as it stands in the text."""
        mine, theirs = set(self.spans), set(other.spans)
        return bool(mine and theirs) and (mine <= theirs or theirs <= mine)

    def then(self, other: Figure) -> bool:
        """Whether both speak of the same time.  A table's column of changes that names no time (同比) goes with any."""
        return comparable(self.period) == comparable(other.period) or (self.untimed or other.untimed)

    @property
    def untimed(self) -> bool:
        """Whether it is a change in a table whose header says no time."""
        changes = self.measure in (Measure.GROWTH, Measure.DIFF)
        return self.table >= 0 and changes and self.seen.period is not None and self.seen.period.source != Source.TABLE


@lru_cache(maxsize=CACHE_SIZE)
def key_of(name: str) -> str:
    """A name in the form in which names are compared, without a word of growth."""
    key = normalise(name)
    return _UNSAID.sub("", _GROWTH_WORD.sub("", key)) or key


def subject_of(name: str) -> str:
    """What a name speaks of: a code of the catalogue where it is one of its names, else the name as it is compared.

    规上工业增加值增速 and 规模以上工业增加值 are one subject, R&D经费 and 全社会R&D经费 another.
    """
    key = key_of(name)
    found = match(key)
    return found.code if found is not None and found.score >= EXACT and found.kind != "rank" else key


class Material:
    """One text with its figures, grouped as the rules want them; made once, read by every rule."""

    def __init__(
        self, text: str, layout: Layout, report: Report, parts: Sequence[Report], observations: Sequence[Observation]
    ) -> None:
        self.text, self.layout, self.report, self.parts = text, layout, report, parts
        self.observations = tuple(observations)
        self._sentence_starts = [s.span.start for s in layout.sentences]
        self._tables = sorted(layout.tables, key=lambda t: t.span)
        self._table_starts = [t.span.start for t in self._tables]
        self._cells = [_cells(table) for table in self._tables]

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """The figures that are told and sure enough, in reading order."""
        return tuple(self._figures())

    @cached_property
    def by_sentence(self) -> dict[int, list[Figure]]:
        """The figures of prose by the number of their sentence."""
        return _grouped((f.sentence, f) for f in self.figures if f.sentence >= 0)

    @cached_property
    def by_table(self) -> dict[int, list[Figure]]:
        return _grouped((f.table, f) for f in self.figures if f.table >= 0)

    @cached_property
    def levels(self) -> dict[tuple[str, str, int, str], list[Figure]]:
        """The actual levels by subject, place, part and time."""
        return _grouped(
            ((f.subject, f.place, f.part, comparable(f.period)), f)
            for f in self.figures
            if f.measure is Measure.LEVEL and not f.planned and f.subject and f.period
        )

    def near(self, figure: Figure) -> list[Figure]:
        """The figures around one in its sentence or table row, in reading order, itself left out."""
        at = self._at[figure.index]
        around = self.figures[max(0, at - NEAR) : at + NEAR + 1]
        return [f for f in around if f is not figure and f.beside(figure)]

    def sentence(self, figure: Figure) -> Sentence:
        return self.layout.sentences[figure.sentence]

    def table(self, number: int) -> Table:
        return self._tables[number]

    def between(self, a: Figure, b: Figure) -> str:
        """The text between two figures of which `a` is the first."""
        return self.text[a.end : b.start]

    def before(self, figure: Figure, length: int = 24) -> str:
        """The text in front of a figure, no further back than its sentence or cell begins."""
        start = self.sentence(figure).span.start if figure.sentence >= 0 else figure.start
        return self.text[max(start, figure.start - length) : figure.start]

    def levels_at(self, like: Figure, period: str) -> list[Figure]:
        """The actual levels of what `like` measures, in its place and unit, at one time."""
        found = self.levels.get((like.subject, like.place, like.part, comparable(period)), [])
        return [f for f in found[:MOST] if f.unit == like.unit]

    @cached_property
    def _at(self) -> dict[int, int]:
        return {f.index: at for at, f in enumerate(self.figures)}

    def _figures(self) -> Iterator[Figure]:
        for index, seen in enumerate(self.observations):
            if seen.score < SURE:
                continue
            said = seen.value.of(self.text)
            amount = worth(said, seen.quantity)
            if amount is None:
                continue
            subject = subject_of(seen.indicator.name)
            part = part_of(self.layout, seen.value)
            sentence = self._sentence(seen.value)
            table, row, column = self._cell(seen.value) if sentence < 0 else (-1, -1, -1)
            planned = self._planned(seen, sentence)
            yield Figure(index, seen, amount, said, subject, part, sentence, table, row, column, planned)

    def _planned(self, seen: Observation, number: int) -> bool:
        """Whether a figure read as an aim or estimate stands in a section of plans or after words of intent."""
        if seen.status is Status.ACTUAL or number < 0:
            return seen.status is not Status.ACTUAL
        sentence = self.layout.sentences[number]
        if sentence.section >= 0 and self.layout.sections[sentence.section].plan:
            return True
        before = self.text[max(sentence.span.start, seen.value.start - _REACH) : seen.value.end]
        return INTENT.search(before) is not None or not (seen.period and seen.period.edtf[-1:].isdigit())

    def _sentence(self, span: Span) -> int:
        n = bisect_right(self._sentence_starts, span.start) - 1
        return n if n >= 0 and self.layout.sentences[n].span.covers(span) else -1

    def _cell(self, span: Span) -> tuple[int, int, int]:
        n = bisect_right(self._table_starts, span.start) - 1
        if n < 0 or not self._tables[n].span.covers(span):
            return -1, -1, -1
        starts, cells = self._cells[n]
        at = bisect_right(starts, span.start) - 1
        if at < 0 or not cells[at][0].covers(span):
            return -1, -1, -1
        return n, cells[at][1], cells[at][2]


def _cells(table: Table) -> tuple[list[int], list[tuple[Span, int, int]]]:
    """The cells that hold something, in reading order: where each starts; its span, row and column."""
    cells = sorted(
        (cell.span, number, cell.column)
        for number, row in enumerate(table.rows)
        for cell in row
        if cell.span.end > cell.span.start
    )
    return [cell[0].start for cell in cells], cells


def _grouped(pairs: Iterable[tuple[K, Figure]]) -> dict[K, list[Figure]]:
    groups: dict[K, list[Figure]] = defaultdict(list)
    for key, figure in pairs:
        groups[key].append(figure)
    return dict(groups)
