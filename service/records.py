"""The records that pass between the stages: frozen, slotted, standard library only.

Every span up to the response counts Unicode code points of the *clean* text (`Clean.text`); the response alone goes
back to the posted text, through `Clean.to_original`.  This module knows nothing of how any record is made.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple


class Label(StrEnum):
    """Entity labels of annotation.md, section 1."""

    ORG = "ORG"
    PLATFORM = "PLATFORM"
    PROGRAM = "PROGRAM"
    POLICY = "POLICY"
    AREA = "AREA"
    PERIOD = "PERIOD"
    INDICATOR = "INDICATOR"
    MONEY = "MONEY"
    PERCENT = "PERCENT"
    PEOPLE = "PEOPLE"
    COUNT = "COUNT"
    RANK = "RANK"

    @property
    def is_value(self) -> bool:
        """Whether an entity of this label can be the value of an observation."""
        return self in VALUE_LABELS


VALUE_LABELS = frozenset({Label.MONEY, Label.PERCENT, Label.PEOPLE, Label.COUNT, Label.RANK})


class Bound(StrEnum):
    EXACT = "exact"
    AT_LEAST = "at_least"
    OVER = "over"
    ABOUT = "about"
    BELOW = "below"
    RANGE = "range"


class Measure(StrEnum):
    LEVEL = "level"
    INCREMENT = "increment"
    GROWTH = "growth"
    DIFF = "diff"
    RANK = "rank"


class Status(StrEnum):
    ACTUAL = "actual"
    PLAN = "plan"
    FORECAST = "forecast"


class Source(StrEnum):
    """Where a field of an observation came from."""

    SENTENCE = "sentence"
    EARLIER = "earlier"
    HEADING = "heading"
    TABLE = "table"
    REPORT = "report"


class Span(NamedTuple):
    """Half-open character range `[start, end)`.  A tuple, because spans are made and compared by the ten thousand."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]

    def covers(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Clean:
    """Normalised text with the way back.

    `starts[i]`, `ends[i]` are the range of `original` that clean character `i` stands for.  What was deleted after a
    character and belongs to it (pinyin in brackets) lies inside its range; deleted blanks lie in no range.
    """

    original: str
    text: str
    starts: array[int]
    ends: array[int]

    def to_original(self, span: Span) -> Span:
        """The range of the posted text that a non-empty clean span stands for."""
        return Span(self.starts[span.start], self.ends[span.end - 1])

    def to_clean(self, span: Span) -> Span | None:
        """The clean characters that a posted span stands for, None where all of it was deleted."""
        start, end = bisect_right(self.ends, span.start), bisect_left(self.starts, span.end)
        return Span(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Entity:
    label: Label
    span: Span
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class SetAside:
    """A stretch of text whose numbers measure nothing, and why.

    `reason` is one of: heading, document_number, date, name, furniture, table_of_contents, list_marker, empty_cell.
    """

    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """`paragraph`, `section` and `part` are indexes; `section` is -1 before the first heading."""

    span: Span
    paragraph: int
    section: int
    part: int


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and all that stands under it, deeper sections included.

    `level`: 1 for 一、, 2 for (一), 3 for 1., 4 for (1) and 一是; `heading` is the heading's own text, without what
    follows it in the same line; `path` the headings from the outermost to this one.  `plan` says that the
    section speaks of what is to come (its heading or one above it: 计划 思路 目标 打算 工作要点 下一步 ...).
    """

    span: Span
    level: int
    heading: Span
    part: int
    parent: int
    path: tuple[str, ...]
    plan: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One report of a compilation, or one region's section of an article; the whole text where it is one report."""

    span: Span
    title: Span | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell: its trimmed span (empty where the cell is blank) and its grid column."""

    span: Span
    column: int


@dataclass(frozen=True, slots=True)
class Table:
    """A grid as found in the text, not yet understood; `caption` is the line above that names it, if there is one."""

    span: Span
    caption: Span | None
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Sentences never lie in tables or furniture; `paragraph` counts lines of prose."""

    parts: tuple[Part, ...]
    sections: tuple[Section, ...]
    sentences: tuple[Sentence, ...]
    tables: tuple[Table, ...]
    set_aside: tuple[SetAside, ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as read.  `low` and `high` are base units after the multiplier; both None where masked.

    `unit` is 元, %, 个百分点, 人, 人次, 人年, 名次, a currency, the counter word itself, or "" where there is none.
    """

    low: float | None
    high: float | None
    unit: str
    bound: Bound
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a time expression is read against.

    `published`: the report's date as EDTF day, month or year, "" where unknown; `year`: the year the report speaks of
    (`2023`, `20XX`), "" where unknown; `now`: the year it calls 今年, "" where that is the same.
    """

    published: str = ""
    year: str = ""
    now: str = ""


def last_year(edtf: str) -> str:
    """The last year that an EDTF value names: 2021/2025 -> 2025, ../2024-12 -> 2024, 20XX-01/20XX-06 -> 20XX."""
    return edtf.rpartition("/")[2][:4]


@dataclass(frozen=True, slots=True)
class Area:
    """`code` is the GB/T 2260 code (two, four or six digits as published, six here), None where it has none."""

    name: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a report, or a part of one, says of itself.  `period` is EDTF; `plan_year` the year its plans speak of;
    `now` the year it calls 今年, "" where that is the one reported on."""

    title: Span | None
    title_text: str
    issuer: Span | None
    published: str
    period: str
    plan_year: str
    area: Area | None
    now: str = ""

    @property
    def anchor(self) -> Anchor:
        return Anchor(self.published, last_year(self.period), self.now)


@dataclass(frozen=True, slots=True)
class Hints:
    """What the caller knows of the report: `published` an ISO date, `area` a region's name, `title` its title."""

    published: date | None = None
    area: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class PeriodRef:
    """A resolved time: EDTF, the span that says so (None where the report itself is the source)."""

    edtf: str
    span: Span | None
    source: Source


@dataclass(frozen=True, slots=True)
class AreaRef:
    area: Area
    span: Span | None
    source: Source


@dataclass(frozen=True, slots=True)
class IndicatorRef:
    """`spans` in reading order, empty where the text names none; `code` from the catalogue, None rather than wrong."""

    spans: tuple[Span, ...]
    name: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """One figure with all that the text says of it (annotation.md, section 2).  `value` is an entity's span."""

    value: Span
    label: Label
    quantity: Quantity
    indicator: IndicatorRef
    measure: Measure
    period: PeriodRef | None
    area: AreaRef | None
    scope: str | None
    base: str | None
    status: Status
    score: float
    evidence: Span
    section: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every number of the text, accounted for: observed + set aside + unexplained = numbers."""

    numbers: int
    observed: int
    set_aside: tuple[SetAside, ...]
    unexplained: tuple[Span, ...]


class Severity(StrEnum):
    """How sure it is that something is wrong: ERROR cannot be right, WARNING does not agree, NOTE is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """Trouble that can be lived with.  `code` is stable and machine-readable, `message` Chinese.

    `figures`: the observations that it speaks of, as indexes into `Extraction.observations`; `rule`: the arithmetic
    that was tried, with its numbers (`34.2亿元÷(1+14.7%)=29.8亿元`), "" where there is none.
    """

    code: str
    message: str
    spans: tuple[Span, ...] = ()
    severity: Severity = Severity.NOTE
    figures: tuple[int, ...] = ()
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """A figure that the text does not state and that follows from those it does (last year's value from a growth).

    `figures`: what it follows from, as indexes into `Extraction.observations`; `rule`: how; `low` and `high` the
    interval that rounding leaves, in the base unit `unit`.
    """

    rule: str
    figures: tuple[int, ...]
    indicator: IndicatorRef
    measure: Measure
    low: float
    high: float
    unit: str
    period: str
    area: Area | None
    status: Status


@dataclass(frozen=True, slots=True)
class ModelCard:
    name: str
    version: str
    sha256: str

    @property
    def id(self) -> str:
        """What it is called by."""
        return f"{self.name}-{self.version}"


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that is read from one posted text."""

    clean: Clean
    report: Report
    layout: Layout
    parts: tuple[Report, ...]
    entities: tuple[Entity, ...]
    observations: tuple[Observation, ...]
    ledger: Ledger
    findings: tuple[Finding, ...]
    model: ModelCard
    derived: tuple[Derived, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stretch of a document's text stands in its file.

    `page` counts from 1 (PDF); `box` is (left, top, right, bottom) in points from the page's upper left corner;
    `paragraph` counts the blocks of a .docx or a web page from 1, a table being one; None where the form has no such.
    """

    span: Span
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    paragraph: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What was read from one file: its text as offsets count it, and where each line of it stands in the file.

    `form` is the suffix with its dot; `places` in reading order, not overlapping; `notes`: what a reader must know of
    the reading (pages without text, cut parts), as findings without spans.
    """

    text: str
    form: str
    places: tuple[Place, ...] = ()
    notes: tuple[Finding, ...] = ()
