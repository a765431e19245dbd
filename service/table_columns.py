"""What each column of a grid is, and what its figures measure.

In: clean text, a `records.Table`, how many rows its header has, and the report's region.  Out: one `Column` for each
column of the grid.  Header cells that say only how (排名, 同比增长, 占比) take the thing they measure from the header
above them or from the nearest column of figures to their left.  The single figures are not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from service.areas import gazetteer
from service.records import Area, Span, Status, Table
from service.table_headers import Header, Kind, label_of, read_header
from service.tables import columns_of, is_blank

# Kinds that say how something is measured, and what only where the header names it too.
DEPENDENT = (Kind.RANK, Kind.GROWTH, Kind.DIFF, Kind.SHARE)


class Role(StrEnum):
    AREA = "area"
    INDICATOR = "indicator"
    UNIT = "unit"
    TIME = "time"
    NUMBER = "number"
    PROSE = "prose"
    FIGURES = "figures"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the grid.

    `names`: the indicator's spans in the header, in reading order; `own_names`: those that this column's header cells
    hold themselves; `times`: from the outermost header to the innermost; `latest_time`: for a growth column that says
    no time beside columns of years, the first of these; `area`: the header names a region (a table with one column a
    region).
    """

    index: int
    role: Role
    kind: Kind = Kind.OWN
    names: tuple[Span, ...] = ()
    own_names: tuple[Span, ...] = ()
    unit: str = ""
    times: tuple[Span, ...] = ()
    latest_time: Span | None = None
    area: Span | None = None
    base: str = "yoy"
    scope: str | None = None
    status: Status | None = None
    increment: bool = False
    ranked: bool = False


_BRACKETS = "()()"
_FIGURE = re.compile(
    r"\s*[^\d\s一-鿿]{0,2}\s*(?:第|前|约|达到?|近|超过?|下降|增长|增加|减少|提高|新增|已?完成|不低于|不少于|力争)*"
    r"(?:\d|[XＸ×]{1,3}(?![省市县区镇村乡]))"
)
_AREA_HEAD = re.compile(
    r"区块|地区|区域|区划|属地|各地|县市区|县.{0,2}市.{0,3}区.?|[区市]县.{0,2}市?.?|市县|市州|市区|省份|省市|城市"
    r"|乡镇.{0,6}|镇街.{0,4}|街道.{0,6}|镇乡.{0,4}|镇\(?街道\)?|街镇|县区|区县|行政区.*|(?:园区|片区|板块|功能区)(?:名称)?"
)
_AREA_NAME = re.compile(r".{1,12}(?:[省市区县旗州盟镇乡]|街道|开发区|新区|园区|自治[区州县旗])")
_TOTAL = re.compile(r"(?:总|合|小|共)\s*计|平均(?:值|水平)?|全[国省市区县州](?:平均|合计)?|.{0,4}合计")
_INDICATOR_HEAD = re.compile(r".*(?:指标|项目|内容|科目|类别|类型|分类|事项|名称|任务|目标|分项|构成|领域|行业|产业).*")
_ENTITY_HEAD = re.compile(
    r".*(?:企业|公司|单位|平台|机构|部门|园区|学校|医院|姓名|人员|院所|高校|产品|银行|基地|镇街).{0,3}(?:名称?)?|项目名称|名称"
)
_NUMBER_HEAD = re.compile(r"序\s*号|编\s*号|序列|No\.?|#")
_UNIT_HEAD = re.compile(r"(?:计量)?单\s*位")
_TIME_HEAD = re.compile(r"年\s*份|年\s*度|月\s*份|时\s*间|季\s*度|日\s*期|时期|年")
_PROSE_HEAD = re.compile(
    r"备\s*注|说\s*明|.*(?:责任|牵头|配合|实施)(?:单位|部门|科室|人|领导)|完成时限|时间节点|来源|措施|联系.*|地址|电话"
)
_TIME_CELL = re.compile(
    r"\s*(?:(?:(?:19|20)\d\d|20[X×]{2})(?:年度?)?(?:\d{1,2}(?:[-—~至]\d{1,2})?月)?|\d{1,2}(?:[-—~至]\d{1,2})?月份?)\s*"
)
_SHARED_HEAD = re.compile(r".*(?:情况|其中|方面|指标)")


def columns(text: str, table: Table, head: int, home: Area | None) -> tuple[Column, ...]:
    """The columns of `table`, whose first `head` rows are its header."""
    width = columns_of(table)
    paths = [_path(table, head, column, width) for column in range(width)]
    headers = [[read_header(text, span) for span in path] for path in paths]
    cells: list[list[Span]] = [[] for _ in range(width)]
    for row in table.rows[head:]:
        for cell in row:
            if cell.span.end > cell.span.start:
                cells[cell.column].append(cell.span)
    roles: list[Role] = []
    for column in range(width):
        title = "".join(span.of(text) for span in paths[column][-1:])
        roles.append(_role(text, title, cells[column], roles, home))
    values = [column for column in range(width) if roles[column] is Role.FIGURES]
    named = any(header.name is not None for column in values for header in headers[column] if _is_own(header))
    for column in range(width):
        title = "".join(span.of(text) for span in paths[column][-1:])
        other = _ENTITY_HEAD.fullmatch(title) or not _INDICATOR_HEAD.fullmatch(title)
        if roles[column] is Role.INDICATOR and named and Role.UNIT not in roles and other:
            roles[column] = Role.PROSE
    areas = _area_headers(text, [paths[column] for column in values], home)
    found: list[Column] = []
    for column in range(width):
        if roles[column] is not Role.FIGURES:
            found.append(Column(column, roles[column]))
            continue
        found.append(_figures(text, column, paths[column], headers[column], found, areas))
    return _with_times(tuple(found))


def _path(table: Table, head: int, column: int, width: int) -> list[Span]:
    """The header cells over `column`, outermost first: each row's cell at or left of it, within the cell above."""
    path: list[Span] = []
    left, right = 0, width
    for row in table.rows[:head]:
        over = [cell for cell in row if left <= cell.column <= column]
        if not over:
            break
        cell = over[-1]
        after = [other.column for other in row if other.column > cell.column]
        left, right = cell.column, min([*after, right])
        if column >= right:
            break
        if cell.span.end > cell.span.start:
            path.append(cell.span)
    return path


def _role(text: str, title: str, cells: list[Span], before: list[Role], home: Area | None) -> Role:
    """The role of a column: by its title where that is plain, else by what most of its cells hold."""
    said = [cell.of(text) for cell in cells]
    said = [cell for cell in said if not is_blank(cell)]
    figures = sum(_FIGURE.match(cell) is not None for cell in said)
    mostly = 2 * figures >= len(said) and figures > 0
    leading = Role.FIGURES not in before
    if _PROSE_HEAD.fullmatch(title):
        return Role.PROSE
    if _NUMBER_HEAD.fullmatch(title) and leading:
        return Role.NUMBER
    timely = _TIME_HEAD.fullmatch(title) or not before or any("年" in cell or "月" in cell for cell in said)
    if leading and said and timely and all(_TIME_CELL.fullmatch(cell) for cell in said):
        return Role.TIME
    units = sum(label_of(cell.strip(_BRACKETS)) is not None for cell in said)
    if said and _UNIT_HEAD.fullmatch(title) and 2 * units >= len(said):
        return Role.UNIT
    if leading and not mostly:
        if _AREA_HEAD.fullmatch(title) or _are_areas(said, home):
            return Role.AREA
        return Role.INDICATOR if said else Role.PROSE
    if figures == 0:
        return Role.PROSE
    return Role.FIGURES


def _are_areas(said: list[str], home: Area | None) -> bool:
    names = [cell for cell in said if not _TOTAL.fullmatch(cell)]
    known = sum(_is_area(cell, home) or _AREA_NAME.fullmatch(cell) is not None for cell in names)
    return bool(names) and 3 * known >= 2 * len(names)


def _is_area(said: str, home: Area | None) -> bool:
    if len(said) < 2 or len(said) > 15:
        return False
    if said in ("全国", "全省", "全市", "全区", "全县", "全州"):
        return True
    area = gazetteer().resolve(said, home)
    return area is not None and (area.code is not None or area == home)


def _area_headers(text: str, paths: list[list[Span]], home: Area | None) -> frozenset[Span]:
    """The header cells that name regions, where half of the columns of figures have one and one of them is known."""
    formed = {
        span for path in paths for span in path if _is_area(span.of(text), home) or _AREA_NAME.fullmatch(span.of(text))
    }
    known = {span for span in formed if _is_area(span.of(text), home)}
    over = sum(any(span in formed for span in path) for path in paths)
    return frozenset(formed if known and 2 * over >= len(paths) else known)


def _is_own(header: Header) -> bool:
    return header.kind is Kind.OWN


def _figures(
    text: str, index: int, path: list[Span], headers: list[Header], before: list[Column], areas: frozenset[Span]
) -> Column:
    """A column of figures: its innermost header cell says how, that or the ones above it say what."""
    times = tuple(header.time for header in headers if header.time is not None)
    unit = next((header.unit for header in reversed(headers) if header.unit), "")
    status = next((header.status for header in reversed(headers) if header.status is not None), None)
    area = next((span for span in reversed(path) if span in areas), None)
    deciding = next((header for header in reversed(headers) if header.kind is not Kind.GENERIC), None)
    kind = Kind.GENERIC if deciding is None or area is not None else deciding.kind
    own = tuple(
        header.name
        for header, span in zip(headers, path, strict=True)
        if header.name is not None and span != area and not _is_group(text, header, headers)
    )
    column = Column(
        index=index,
        role=Role.FIGURES,
        kind=kind,
        names=own,
        own_names=own,
        unit=unit,
        times=times,
        area=area,
        base=deciding.base if deciding is not None else "yoy",
        scope=next((header.scope for header in reversed(headers) if header.scope), None),
        status=status,
        increment=any(header.increment for header in headers),
        ranked=any(header.ranked for header in headers),
    )
    if kind not in DEPENDENT or any(_is_own(header) and header.name is not None for header in headers):
        return column
    if kind is Kind.RANK and own:
        return column
    if own and not is_bare(own[-1].of(text)):
        return column
    named = [other for other in reversed(before) if other.names and other.kind is not Kind.RANK]
    left = next((other for other in reversed(before) if _is_measured(other, kind)), next(iter(named), None))
    if left is None:
        return column
    return replace(column, names=(*left.names, *own), times=times or left.times, area=area or left.area)


def _is_group(text: str, header: Header, headers: list[Header]) -> bool:
    """A header cell over others that only groups them (投入情况, 其中)."""
    if header is headers[-1] or header.name is None:
        return False
    return _SHARED_HEAD.fullmatch(header.name.of(text)) is not None


def is_bare(name: str) -> bool:
    """Whether a name says only how (增速, 占比), and nothing of what."""
    return len(name) <= 3 or name.startswith("占") or name.endswith(("完成率", "进度", "贡献率"))


def _is_measured(column: Column, kind: Kind) -> bool:
    """Whether a column to the left is what a dependent column ranks or compares; a growth can itself be ranked."""
    if column.role is not Role.FIGURES or column.kind is Kind.RANK:
        return False
    return kind is Kind.RANK or column.kind in (Kind.OWN, Kind.GENERIC)


def _with_times(found: tuple[Column, ...]) -> tuple[Column, ...]:
    """`指标 | 2023年 | 2022年 | 同比增长`: the growth is that of the first year, not that of the column to its left."""
    values = [column for column in found if column.role is Role.FIGURES]
    dated = [column for column in values if column.times and column.kind not in DEPENDENT]
    changes = [column for column in values if column.kind in DEPENDENT]
    if len(dated) < 2 or len(changes) >= len(dated) or any(column.own_names for column in dated):
        return found
    latest = dated[0].times[-1]
    borrowed = {column.index for column in changes if column.times == _left_times(found, column)}
    return tuple(
        replace(column, times=(), latest_time=latest) if column.index in borrowed else column for column in found
    )


def _left_times(found: tuple[Column, ...], column: Column) -> tuple[Span, ...]:
    left = [other for other in found[: column.index] if _is_measured(other, column.kind)]
    return left[-1].times if left else ()
