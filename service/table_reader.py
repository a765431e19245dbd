"""Understands a grid: which cell measures what, of which region, in which time and unit.

In: clean text, a `records.Table`, the report it stands in, and the time that the prose before it sets.  Out: the
entities of its cells, one observation for each figure, the cells that hold prose, and what was set aside.

By rule, in this order: 1. the role of each column (region, indicator, unit, time, number, prose, figures);
2. what each column of figures measures, from its header cells (`table_headers`), the columns to its left and the
caption; 3. each row's label; 4. each figure with all of these.  The caption itself is prose: its entities are the
tagger's.  Nothing is learned here, so a table of an unknown kind gives fewer observations rather than wrong ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from service.areas import gazetteer
from service.layout import part_of, section_of
from service.periods import find_periods, read_period
from service.records import (
    Anchor,
    Area,
    AreaRef,
    Entity,
    IndicatorRef,
    Label,
    Layout,
    Measure,
    Observation,
    PeriodRef,
    Report,
    Section,
    SetAside,
    Source,
    Span,
    Status,
    Table,
)
from service.report_period import default_period
from service.table_cells import Figure, read_cell
from service.table_columns import DEPENDENT, Column, Role, columns, is_bare
from service.table_headers import Kind, guess_unit, label_of, read_header
from service.tables import header_rows, is_blank

if TYPE_CHECKING:
    from collections.abc import Sequence

SCORE = 0.95  # of what a rule reads: no probability, but above what the model is mostly sure of
MAX_PARAGRAPH = 400  # how far above a caption the sentence that sets the time may begin
LEVEL_SCOPES = {"county": "全市", "city": "全省", "province": "全国"}  # what regions of a level are ranked in

_TOTAL = re.compile(r"(?:总|合|小|共)\s*计|总体|平均(?:值|水平)?|均值|汇总|.{0,4}合计")
_SCOPE = re.compile(r"全[国省市区县州]")
_SUB_ROW = re.compile(r"(?:其中[:：]?|[#＃]|——?)\s*")
_ROW_NUMBER = re.compile(r"\s*(?:[((]?[一二三四五六七八九十]{1,3}[))、.．]|[((]?\d{1,2}(?:[))、]|[.．](?!\d)))\s*")
_CAPTION_UNIT = re.compile(r"单位\s*[:：]\s*([^\n|()()]{1,20})")
_THEME_TAIL = re.compile(r"(?:完成|基本|主要|总体|对比|进展)?(?:情况|统计|一览|汇总|明细|排名|对比|名次|数据)*表?$")
_THEME_HEAD = re.compile(r"附?表\s*[\d一二三四五六七八九十]*[-\d]*[:：.、\s]*")
_THEME_AREA = re.compile(r"各(?:[省市县区乡镇街道园]{1,4}|地)(?:[((][^()()]{1,6}[))])?")
_BRACKETS = "()()"
_YEAR = re.compile(r"\d{4}|\d{2}XX")


@dataclass(frozen=True, slots=True)
class TableReading:
    """`prose`: cells of running text, for the tagger to read as sentences; `set_aside`: row numbers and the like."""

    entities: tuple[Entity, ...]
    observations: tuple[Observation, ...]
    prose: tuple[Span, ...]
    set_aside: tuple[SetAside, ...]


def read_tables(text: str, layout: Layout, reports: Sequence[Report]) -> TableReading:
    """All tables of `layout`, each in the terms of its part's report (`reports` are those of `layout.parts`)."""
    readings = [
        _in_place(text, layout, table, reports[part_of(layout, table.span)], section_of(layout, table.span))
        for table in layout.tables
    ]
    return TableReading(
        tuple(entity for reading in readings for entity in reading.entities),
        tuple(observation for reading in readings for observation in reading.observations),
        tuple(span for reading in readings for span in reading.prose),
        tuple(aside for reading in readings for aside in reading.set_aside),
    )


def _in_place(text: str, layout: Layout, table: Table, report: Report, section: Section | None) -> TableReading:
    """A table with the time, the plans and the headings of the place where it stands."""
    if section is None:
        return read_table(text, table, report, hint=period_above(text, table, report))
    hint = period_above(text, table, report, since=section.heading.end)
    if hint is None:
        default = default_period(text, layout, section, report, plan=section.plan)
        hint = default if default is not None and default.source is Source.HEADING else None
    return read_table(text, table, report, hint=hint, plan=section.plan, section="/".join(section.path))


class _Row(NamedTuple):
    """What a row's labels say."""

    line: Span
    area: AreaRef | None
    indicator: tuple[Span, ...]
    kind: Kind
    unit: str
    time: Span | None


def read_table(
    text: str,
    table: Table,
    report: Report,
    *,
    hint: PeriodRef | None = None,
    plan: bool = False,
    section: str = "",
) -> TableReading:
    """Every figure of `table` with its meaning.

    `hint` is the time that the prose before the table sets (`period_above` finds it); a time in a header or a row goes
    before it, and so does one in the caption that the hint does not make more exact.  `plan`: the table stands in a
    section of plans.  `section` is copied to the observations.
    """
    return _Reader(text, table, report, hint, plan, section).read()


def period_above(text: str, table: Table, report: Report, *, since: int = 0) -> PeriodRef | None:
    """The first time that the paragraph above the table (or its caption) sets, for `read_table`'s `hint`.

    `since`: where the table's section begins; what stands before sets nothing.
    """
    start = (table.caption or table.span).start
    first = max(since, start - MAX_PARAGRAPH)
    end = first + len(text[first:start].rstrip())
    begin = max(text.rfind("\n", first, end) + 1, first)
    paragraph = text[begin:end]
    for span in find_periods(paragraph):
        edtf = read_period(span.of(paragraph), report.anchor)
        if edtf is not None:
            return PeriodRef(edtf, Span(begin + span.start, begin + span.end), Source.EARLIER)
    return None


class _Reader:
    """One table's reading; lives as long as `read_table`."""

    def __init__(
        self, text: str, table: Table, report: Report, hint: PeriodRef | None, plan: bool, section: str
    ) -> None:
        self._text, self._table, self._report = text, table, report
        self._plan, self._section = plan, section
        self._head = header_rows(text, table)
        self._columns = columns(text, table, self._head, report.area)
        self._caption = table.caption.of(text) if table.caption is not None else ""
        note = text[max(0, (table.caption or table.span).start - 40) : table.span.start]
        found = _CAPTION_UNIT.search(note)
        self._units = re.split(r"[、,，/;；\s]+", found[1].strip()) if found is not None else []
        self._base = self._base_period(hint)
        self._anchor = Anchor(report.published, self._year())
        self._home = self._area_above()
        self._entities: dict[Span, Entity] = {}
        self._observations: list[Observation] = []
        self._prose: list[Span] = []
        self._aside: list[SetAside] = []
        self._parent_row: tuple[Span, ...] = ()
        self._theme = self._theme_of_caption()
        self._known_units: dict[tuple[int, tuple[Span, ...], str, Kind], str] = {}
        self._times: dict[tuple[Span, ...], PeriodRef | None] = {}

    def read(self) -> TableReading:
        for column in self._columns:
            for name in column.own_names if column.role is Role.FIGURES else ():
                self._add(Label.INDICATOR, name)
            for time in column.times:
                self._add(Label.PERIOD, time)
            if column.area is not None:
                self._add(Label.AREA, column.area)
        above: dict[int, Span] = {}
        for cells in self._table.rows[self._head :]:
            labels = {cell.column: cell.span for cell in cells}
            for index in range(len(self._columns)):  # a label merged with the row above
                span = labels.get(index)
                if span is None and index in above and index < min(labels):
                    labels[index] = above[index]
            above.update((index, span) for index, span in labels.items() if span.end > span.start)
            row = self._row(labels, Span(cells[0].span.start, cells[-1].span.end))
            for cell in cells:
                if cell.span.end > cell.span.start:
                    self._cell(cell.span, self._columns[cell.column], row)
        return TableReading(
            tuple(sorted(self._entities.values(), key=lambda entity: entity.span)),
            tuple(sorted(self._observations, key=lambda observation: observation.value)),
            tuple(self._prose),
            tuple(self._aside),
        )

    # ------------------------------------------------------------------------------------------------------ context

    def _base_period(self, hint: PeriodRef | None) -> PeriodRef | None:
        """Caption before hint, unless the hint says the caption's time more exactly; then the report."""
        for span in find_periods(self._caption):
            edtf = read_period(span.of(self._caption), self._report.anchor)
            if edtf is None or self._table.caption is None:
                continue
            if hint is not None and edtf in hint.edtf:
                return hint
            start = self._table.caption.start
            return PeriodRef(edtf, Span(start + span.start, start + span.end), Source.TABLE)
        if hint is not None:
            return hint
        own = self._report.plan_year if self._plan and self._report.plan_year else self._report.period
        return PeriodRef(own, None, Source.REPORT) if own else None

    def _year(self) -> str:
        """The year that header cells without one (1-9月) stand in."""
        years = _YEAR.findall(self._base.edtf) if self._base is not None else []
        return years[-1] if years else self._report.anchor.year

    def _area_above(self) -> Area | None:
        """The region in whose terms the rows' names are read: the report's, or where that has no code the caption's."""
        home = self._report.area
        if home is not None and home.code is not None:
            return home
        named = [areas[0] for _, areas in gazetteer().find(self._caption) if len(areas) == 1]
        return named[0] if named else home

    def _period(self, column: Column, row: _Row) -> PeriodRef | None:
        spans = [span for span in (row.time, *column.times) if span is not None]
        if not spans:
            if column.latest_time is None or (self._base is not None and self._base.source is not Source.REPORT):
                return self._base
            spans = [column.latest_time]
        key = tuple(spans)
        if key not in self._times:
            self._times[key] = self._read_time(spans)
        return self._times[key]

    def _read_time(self, spans: list[Span]) -> PeriodRef | None:
        """The time that header and row say together, or the last of them alone; 上年同期 is a year before the rest."""
        said = [span.of(self._text) for span in spans]
        if any("同期" in word for word in said):
            if self._base is None:
                return None
            earlier = re.sub(r"\d{4}", lambda year: str(int(year[0]) - 1), self._base.edtf)
            return PeriodRef(earlier, spans[-1], Source.TABLE)
        for words in ("".join(said), *reversed(said)):
            edtf = read_period(words, self._anchor)
            if edtf is not None:
                return PeriodRef(edtf, spans[0], Source.TABLE)
        return self._base

    def _scope(self, column: Column, area: AreaRef | None) -> str | None:
        """The field of a rank: as the header says, else the caption, else what regions of the row's level lie in."""
        if column.scope:
            return column.scope
        found = _SCOPE.search(self._caption)
        if found is not None:
            return found[0]
        if area is None or area.source is not Source.TABLE:
            return None
        home = self._report.area
        if home is not None and area.area.name.endswith(("街道", "镇", "乡")) and home.name.endswith(("区", "县")):
            return "全" + home.name[-1]
        return LEVEL_SCOPES.get(gazetteer().level(area.area) or "")

    # --------------------------------------------------------------------------------------------------------- rows

    def _row(self, labels: dict[int, Span], line: Span) -> _Row:
        area: AreaRef | None = None
        indicator: tuple[Span, ...] = ()
        kind, unit, time = Kind.OWN, "", None
        said: Span | None = None
        for column in self._columns:
            span = labels.get(column.index)
            if span is None or span.start == span.end:
                continue
            if column.role is Role.AREA:
                area = self._area(span) or area
            elif column.role is Role.TIME:
                time = span
                self._add(Label.PERIOD, span)
            elif column.role is Role.UNIT:
                unit = span.of(self._text).strip(_BRACKETS)
            elif column.role is Role.INDICATOR:
                said = span  # the innermost of several: those before it are classes
        if said is not None:
            indicator, kind, own, when = self._row_indicator(said)
            unit, time = own or unit, when or time
        return _Row(line, area, indicator, kind, unit, time)

    def _row_indicator(self, span: Span) -> tuple[tuple[Span, ...], Kind, str, Span | None]:
        text, start = self._text, span.start
        number = _ROW_NUMBER.match(text, start, span.end)
        if number is not None and number.end() < span.end:
            self._aside.append(SetAside(Span(start, number.end()), "list_marker"))
            start = number.end()
        sub = _SUB_ROW.match(text, start, span.end)
        start = sub.end() if sub is not None and sub.end() < span.end else start
        header = read_header(text, Span(start, span.end))
        if header.time is not None:
            self._add(Label.PERIOD, header.time)
        own = header.name or (None if header.kind in DEPENDENT and self._parent_row else header.verb)
        names = (own,) if own is not None and not is_blank(own.of(text)) else ()
        for name in names:
            self._add(Label.INDICATOR, name)
        if sub is not None or (header.kind in DEPENDENT and all(is_bare(name.of(text)) for name in names)):
            return (*self._parent_row, *names), header.kind, header.unit, header.time
        self._parent_row = names
        return names, header.kind, header.unit, header.time

    def _area(self, span: Span) -> AreaRef | None:
        said = span.of(self._text)
        if _TOTAL.fullmatch(said):
            scope = _SCOPE.search(self._caption)
            area = gazetteer().resolve(scope[0], self._report.area) if scope is not None else self._report.area
        else:
            area = gazetteer().resolve(said, self._home)
            self._add(Label.AREA, span)
        return AreaRef(area, span, Source.TABLE) if area is not None else None

    # -------------------------------------------------------------------------------------------------------- cells

    def _cell(self, span: Span, column: Column, row: _Row) -> None:
        if column.role is Role.NUMBER:
            self._aside.append(SetAside(span, "list_marker"))
        if column.role is Role.PROSE:
            self._prose.append(span)
        if column.role is not Role.FIGURES or is_blank(span.of(self._text)):
            return
        unit = self._unit(column, row)
        rank = column.kind is Kind.RANK or row.kind is Kind.RANK
        figures = read_cell(self._text, span, unit=unit, rank=rank, bracket_rank=column.ranked)
        if figures is None:
            self._prose.append(span)
            return
        for figure in figures:
            self._observe(figure, column, row)

    def _unit(self, column: Column, row: _Row) -> str:
        key = (column.index, row.indicator, row.unit, row.kind)
        if key not in self._known_units:
            self._known_units[key] = self._find_unit(column, row)
        return self._known_units[key]

    def _find_unit(self, column: Column, row: _Row) -> str:
        """Header, then row, then the caption's unit of the right sort, then what the indicator is counted in."""
        kind = row.kind if column.kind in (Kind.OWN, Kind.GENERIC) else column.kind
        if column.unit or kind is Kind.RANK:
            return column.unit
        if kind is Kind.GROWTH:
            return "%"
        if column.kind is not Kind.SHARE and row.unit:
            return row.unit
        name = "".join(span.of(self._text) for span in self._names(column, row))
        usual = guess_unit(name)
        if usual == "%" or kind is Kind.SHARE:
            return "%"
        wanted = label_of(usual)
        fitting = [unit for unit in self._units if wanted is None or label_of(unit) is wanted]
        if fitting and (wanted is not Label.COUNT or usual in fitting or len(self._units) == 1):
            return usual if usual in fitting else fitting[0]
        return usual if usual != "元" else ""

    def _names(self, column: Column, row: _Row) -> tuple[Span, ...]:
        names = tuple(sorted({*column.names, *row.indicator}))
        return names or self._theme

    def _theme_of_caption(self) -> tuple[Span, ...]:
        """What the caption says is measured, where neither header nor row does."""
        caption = self._table.caption
        if caption is None:
            return ()
        head = _THEME_HEAD.match(self._caption)
        header = read_header(self._text, Span(caption.start + (head.end() if head is not None else 0), caption.end))
        if header.name is None:
            return ()
        said = header.name.of(self._text)
        tail = _THEME_TAIL.search(said)
        end = header.name.start + (tail.start() if tail is not None else len(said))
        start = header.name.start
        if (each := _THEME_AREA.match(said)) is not None:
            start += each.end()
        for span, _ in gazetteer().find(said):
            start = max(start, header.name.start + span.end) if span.start == 0 else start
        return (Span(start, end),) if end > start else ()

    def _observe(self, figure: Figure, column: Column, row: _Row) -> None:
        names, area = self._names(column, row), row.area
        if column.area is not None:
            resolved = gazetteer().resolve(column.area.of(self._text), self._home)
            area = AreaRef(resolved, column.area, Source.TABLE) if resolved is not None else area
        if figure.name is not None:
            if self._names_part(figure.name, row):
                resolved = gazetteer().resolve(figure.name.of(self._text), self._home)
                area = AreaRef(resolved, figure.name, Source.TABLE) if resolved is not None else area
                self._add(Label.AREA, figure.name)
            else:
                names = tuple(sorted({*names, figure.name}))
                self._add(Label.INDICATOR, figure.name)
        if area is None and self._report.area is not None:
            area = AreaRef(self._report.area, None, Source.REPORT)
        measure = self._measure(figure, column, row)
        quantity = figure.quantity
        if measure is Measure.DIFF and quantity.unit == "%":
            quantity = replace(quantity, unit="个百分点")
        self._add(figure.label, figure.value)
        self._observations.append(
            Observation(
                value=figure.value,
                label=figure.label,
                quantity=quantity,
                indicator=IndicatorRef(names, "".join(span.of(self._text) for span in names)),
                measure=measure,
                period=self._period(column, row),
                area=area,
                scope=self._scope(column, row.area) if measure is Measure.RANK else None,
                base=column.base if measure in (Measure.GROWTH, Measure.DIFF) else None,
                status=self._status(column, row),
                score=SCORE,
                evidence=row.line,
                section=self._section,
            )
        )

    def _names_part(self, name: Span, row: _Row) -> bool:
        """Whether a name in brackets is a region: listed, of the form of one, or made from the row's (小安吉)."""
        said = name.of(self._text)
        resolved = gazetteer().resolve(said, self._home)
        if resolved is not None and (resolved.code is not None or resolved == self._report.area):
            return True
        if said.endswith(("区", "县", "市", "镇", "乡", "街道", "片")):
            return True
        return row.area is not None and row.area.area.name.rstrip("省市区县旗州盟镇乡") in said

    def _measure(self, figure: Figure, column: Column, row: _Row) -> Measure:
        if figure.label is Label.RANK:
            return Measure.RANK
        kind = row.kind if column.kind in (Kind.OWN, Kind.GENERIC) else column.kind
        if kind is Kind.DIFF or (kind is Kind.GROWTH and figure.quantity.unit != "%"):
            return Measure.DIFF
        if kind is Kind.GROWTH:
            return Measure.GROWTH
        return Measure.INCREMENT if column.increment else Measure.LEVEL

    def _status(self, column: Column, row: _Row) -> Status:
        """As the header says; in a section of plans a column of an earlier year is what was."""
        if column.status is not None:
            return column.status
        if not self._plan:
            return Status.ACTUAL
        period = self._period(column, row)
        years = _YEAR.findall(period.edtf) if period is not None and period.source is Source.TABLE else []
        past = bool(years) and bool(self._report.plan_year) and years[-1] < self._report.plan_year
        return Status.ACTUAL if past else Status.PLAN

    def _add(self, label: Label, span: Span) -> None:
        self._entities.setdefault(span, Entity(label, span))
