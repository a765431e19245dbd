"""The long form: one row an observation, the same columns in every table.

In: an answer (`schema.ExtractionJson`) with the text that it was read in.  Out: `Figure`s.  `COLUMNS` says of each
field what it is called, what it holds and in which unit; names and order are what programs rely on.  Where a table
comes from something that does not keep a field (figures of the archive have no `period_text`, `page`, `paragraph`), it
is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from typing import NamedTuple

from service.edtf import days
from service.schema import ExtractionJson, ObservationJson


@dataclass(frozen=True, slots=True)
class ReadReport:
    """A report and what was read in it.

    `name` is what it is called in a table; `text` is what the answer's offsets count in; `source` the file or address
    that it came from, where that is known.
    """

    name: str
    text: str
    answer: ExtractionJson
    source: str | None = None

    @property
    def title(self) -> str | None:
        return self.answer["report"]["title"]


class Figure(NamedTuple):
    """A row; what its fields mean stands in `COLUMNS`."""

    report: str
    title: str | None
    source: str | None
    observation: str
    indicator: str
    indicator_code: str | None
    value: str
    low: float | int | None
    high: float | int | None
    unit: str
    bound: str
    masked: bool
    measure: str
    period: str | None
    period_text: str | None
    period_start: date | None
    period_end: date | None
    area: str | None
    area_code: str | None
    scope: str | None
    base: str | None
    status: str
    score: float
    start: int
    end: int
    evidence: str
    section: str
    page: int | None
    paragraph: int | None


class Kind(Enum):
    """What a column holds."""

    TEXT = auto()
    NUMBER = auto()
    WHOLE = auto()
    SHARE = auto()
    FLAG = auto()
    DAY = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is for programs, `title` for people; `about` what it holds, `unit` in which unit, where it has one."""

    name: str
    title: str
    kind: Kind
    about: str
    unit: str | None = None
    optional: bool = False


IN_COLUMN_UNIT = "as in the column `unit`, after the multiplier (3.2亿元 is 320000000 元)"
CODE_POINTS = "Unicode code points of the report's text"

COLUMNS = (
    Column("report", "报告", Kind.TEXT, "Name of the report: its file's, or its id."),
    Column("title", "标题", Kind.TEXT, "Title of the report.", optional=True),
    Column("source", "来源", Kind.TEXT, "File or address that the report came from.", optional=True),
    Column("observation", "编号", Kind.TEXT, "Id of the observation within the report."),
    Column("indicator", "指标", Kind.TEXT, "Name of the indicator as read; empty where the text names none."),
    Column("indicator_code", "指标代码", Kind.TEXT, "Code in Baoshu's catalogue of indicators.", optional=True),
    Column("value", "原文数值", Kind.TEXT, "The number as written."),
    Column("low", "数值", Kind.NUMBER, "The number, or the lower end of a range.", IN_COLUMN_UNIT, optional=True),
    Column("high", "上限", Kind.NUMBER, "Equal to `low` unless a range.", IN_COLUMN_UNIT, optional=True),
    Column("unit", "单位", Kind.TEXT, "元, %, 个百分点, 人, 人次, 人年, 名次, or the counter itself."),
    Column("bound", "界限", Kind.TEXT, "exact, at_least, over, about, below or range."),
    Column("masked", "隐去", Kind.FLAG, "Whether the digits are masked, as in XX亿元."),
    Column("measure", "口径", Kind.TEXT, "level, increment, growth, diff or rank."),
    Column("period", "时期", Kind.TEXT, "The time it speaks of, EDTF (ISO 8601-2).", optional=True),
    Column("period_text", "时期原文", Kind.TEXT, "The characters that say so.", optional=True),
    Column("period_start", "时期起", Kind.DAY, "First day of the period, where it has one.", optional=True),
    Column("period_end", "时期止", Kind.DAY, "Last day of the period, where it has one.", optional=True),
    Column("area", "地区", Kind.TEXT, "The region it speaks of.", optional=True),
    Column("area_code", "地区代码", Kind.TEXT, "GB/T 2260 code of six digits.", optional=True),
    Column("scope", "排名范围", Kind.TEXT, "Rank only: the field of comparison.", optional=True),
    Column("base", "对比基准", Kind.TEXT, "Growth and diff only: `yoy` or the base's own words.", optional=True),
    Column("status", "状态", Kind.TEXT, "actual, plan or forecast."),
    Column("score", "可信度", Kind.SHARE, "Confidence.", "between 0 and 1"),
    Column("start", "起", Kind.WHOLE, "First character of the number.", CODE_POINTS),
    Column("end", "止", Kind.WHOLE, "One past its last character.", CODE_POINTS),
    Column("evidence", "依据", Kind.TEXT, "The sentence or table row that proves it."),
    Column("section", "章节", Kind.TEXT, "Headings above it, outermost first, joined by `/`."),
    Column("page", "页", Kind.WHOLE, "Page of a PDF.", "counted from 1", optional=True),
    Column("paragraph", "段", Kind.WHOLE, "Paragraph or table of a file.", "counted from 1", optional=True),
)
NAMES = tuple(column.name for column in COLUMNS)


def figures_of(report: ReadReport) -> Iterator[Figure]:
    """The figures of a report, in reading order."""
    for observation in report.answer["observations"]:
        yield _figure(report, observation)


def _figure(report: ReadReport, observation: ObservationJson) -> Figure:
    value, period, area = observation["value"], observation["period"], observation["area"]
    evidence = observation["evidence"]
    place = evidence.get("place") or {}
    first, last = days(period["edtf"]) if period else (None, None)
    return Figure(
        report=report.name,
        title=report.title,
        source=report.source,
        observation=observation["id"],
        indicator=observation["indicator"]["name"],
        indicator_code=observation["indicator"]["code"],
        value=value["text"],
        low=value["low"],
        high=value["high"],
        unit=value["unit"],
        bound=value["bound"],
        masked=value["masked"],
        measure=observation["measure"],
        period=period["edtf"] if period else None,
        period_text=period["text"] if period else None,
        period_start=first,
        period_end=last,
        area=area["name"] if area else None,
        area_code=area["code"] if area else None,
        scope=observation["scope"],
        base=observation["base"],
        status=observation["status"],
        score=observation["score"],
        start=value["start"],
        end=value["end"],
        evidence=report.text[evidence["start"] : evidence["end"]],
        section=evidence["section"],
        page=place.get("page"),
        paragraph=place.get("paragraph"),
    )
