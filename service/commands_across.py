"""Targets, conflicts and series at the command line: for people, spreadsheets and programs.

In: a question.  Out: a table for a person, CSV, or JSON lines, in the forms that the routes give.  Which figures are
looked at stands in `archive.across`, what is made of them in `archive.targets`, `archive.conflicts`, `archive.series`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeVar

from sqlalchemy import Connection

from service.across_response import (
    KINDS,
    REVISED,
    RHYTHMS,
    STATES,
    conflict_json,
    difference_unit,
    message,
    series_json,
    target_json,
    why,
)
from service.across_table import CONFLICTS, SERIES, TARGETS, conflict_rows, series_rows, target_rows
from service.archive.across import find_conflicts, find_series, find_targets
from service.archive.conflicts import Conflict, Kind
from service.archive.observations import ObservationQuery
from service.archive.paging import Page
from service.archive.series import Change, Line, Point, Series
from service.archive.targets import State, Target
from service.drawer import ID_SHOWN, items, opened, understood
from service.exports.cells import Value
from service.exports.csv_table import BOM, lines
from service.response import in_myriads
from service.settings import Settings
from service.terminal import table, tell, written

Form = Literal["table", "csv", "jsonl"]
T = TypeVar("T")

OF_TARGETS = ("状态", "指标", "地区", "时期", "目标", "已达到", "完成", "差额", "结果时期", "报告", "观测", "依据")
OF_CONFLICTS = ("类别", "指标", "地区", "时期", "数值", "发布", "报告", "观测", "依据")
OF_SERIES = ("时期", "数值", "推算", "文中", "相符", "发布", "报告", "观测", "其他说法")

Find = Callable[[Connection, ObservationQuery, str | None, int], Page[T]]
Write = Callable[[Iterable[T], str], Iterable[str]]


def show_targets(
    settings: Settings,
    query: ObservationQuery,
    *,
    state: State | None,
    form: Form,
    limit: int | None,
    output: Path | None,
) -> bool:
    """Show targets with their results, `limit` of them, 0 for all.  True.

    `query.model` may be empty: the current model; `query.report` may be the beginning of an id.
    """

    def find(connection: Connection, asked: ObservationQuery, after: str | None, many: int) -> Page[Target]:
        return find_targets(connection, asked, state=state, after=after, limit=many)

    writers: dict[Form, Write[Target]] = {
        "table": lambda found, _: table(OF_TARGETS, [*map(_target, found)], right=OF_TARGETS[4:8]),
        "csv": lambda found, model: _csv(TARGETS, target_rows(found, model), output),
        "jsonl": lambda found, model: (_json(target_json(one, model)) for one in found),
    }
    return _show(settings, query, find, writers[form], form, limit, output, "没有读出这样的目标")


def show_conflicts(
    settings: Settings,
    query: ObservationQuery,
    *,
    kind: Kind | None,
    form: Form,
    limit: int | None,
    output: Path | None,
) -> bool:
    """Show figures that cannot all be true, `limit` conflicts, 0 for all.  True."""

    def find(connection: Connection, asked: ObservationQuery, after: str | None, many: int) -> Page[Conflict]:
        return find_conflicts(connection, asked, kind=kind, after=after, limit=many)

    writers: dict[Form, Write[Conflict]] = {
        "table": lambda found, _: table(
            OF_CONFLICTS, [row for one in found for row in _conflict(one)], right=("数值",)
        ),
        "csv": lambda found, model: _csv(CONFLICTS, conflict_rows(enumerate(found, 1), model), output),
        "jsonl": lambda found, model: (_json(conflict_json(one, model)) for one in found),
    }
    return _show(settings, query, find, writers[form], form, limit, output, "所读的数据没有不一致")


def show_series(settings: Settings, query: ObservationQuery, *, form: Form, output: Path | None) -> bool:
    """Show a series line by line, with gaps and breaks.  True.

    Raises `InvalidRequest` where indicator or area is missing, and where there are too many figures.
    """
    with opened(settings) as archive, archive.reading() as connection:
        asked = understood(connection, query, settings)
        found = find_series(connection, asked)
    with written(output) as out:
        if form == "csv":
            out.writelines(_csv(SERIES, series_rows(found, asked.model), output))
        elif form == "jsonl":
            answer = series_json(found, asked.model)
            out.writelines(f"{_json({'model': asked.model, **line})}\n" for line in answer["lines"])
        else:
            out.writelines(f"{line}\n" for line in _lines(found))
    if not found.lines:
        tell(f"模型 {asked.model} 没有读出这样的观测。")
    return True


def _show(
    settings: Settings,
    query: ObservationQuery,
    find: Find[T],
    write: Write[T],
    form: Form,
    limit: int | None,
    output: Path | None,
    nothing: str,
) -> bool:
    count = 0

    def counted(found: Iterable[T]) -> Iterator[T]:
        nonlocal count
        for one in found:
            count += 1
            yield one

    with opened(settings) as archive:
        with archive.reading() as connection:
            asked = understood(connection, query, settings)
        found = items(archive, lambda c, after, many: find(c, asked, after, many), form=form, limit=limit)
        end = "" if form == "csv" else "\n"
        with written(output) as out:
            out.writelines(f"{line}{end}" for line in write(counted(found), asked.model))
    if not count:
        tell(f"模型 {asked.model} {nothing}。")
    return True


def _csv(head: Sequence[str], rows: Iterable[Sequence[Value]], output: Path | None) -> Iterator[str]:
    yield ((BOM if output is not None else b"") + lines([head])).decode()
    for row in rows:
        yield lines([row]).decode()


def _json(answer: object) -> str:
    return json.dumps(answer, ensure_ascii=False)


def _target(target: Target) -> Sequence[str]:
    row = target.figure.row
    last = target.results[-1].figure.row if target.results else None
    done = f"{target.completion:.1%}" if target.completion is not None else ""
    beyond = f"{in_myriads(target.difference)}{difference_unit(target)}" if target.difference is not None else ""
    reached = f"{in_myriads(target.value)}{row.unit}" if target.value is not None else ""
    if last is not None and last.low == target.value:
        reached = last.value_text
    of_result = (last.period or "", last.report[:ID_SHOWN], f"o{last.number}") if last is not None else ("", "", "")
    of_target = (STATES[target.state], row.indicator, row.area or "", row.period or "", row.value_text)
    return (*of_target, reached, done, beyond, *of_result, row.evidence)


def _conflict(conflict: Conflict) -> Iterator[Sequence[str]]:
    """The sides, one figure of each; for a growth what it follows from first."""
    head = KINDS[conflict.kind] if not conflict.revised else REVISED
    grown = [figure for figure in (conflict.value, conflict.growth) if figure is not None]
    for figure in (*grown, *(side.figures[0] for side in conflict.sides)):
        row = figure.row
        published = figure.published[0].isoformat() if figure.published[0] is not None else ""
        of_figure = (row.indicator, row.area or "", row.period or "", row.value_text, published)
        yield head, *of_figure, row.report[:ID_SHOWN], f"o{row.number}", row.evidence
        head = ""


def _lines(found: Series) -> Iterator[str]:
    reasons = {broken.after: why(broken) for broken in found.breaks}
    for place, line in enumerate(found.lines):
        yield f"{'' if place == 0 else chr(10)}{_title(line)}"
        if place in reasons:
            yield reasons[place]
        if line.gaps:
            yield f"缺：{'、'.join(line.gaps)}"
        yield from table(OF_SERIES, [_point(point) for point in line.points], right=OF_SERIES[1:4])


def _title(line: Line) -> str:
    words = "、".join(line.definition) or "未注明"
    return f"{line.area or ''} {line.indicator}（{line.unit or '无单位'}，{RHYTHMS[line.rhythm]}，口径：{words}）"


def _point(point: Point) -> Sequence[str]:
    row = point.figure.row
    published = point.figure.published[0].isoformat() if point.figure.published[0] is not None else ""
    told = message(point.conflict) if point.conflict is not None else ""
    return (
        row.period or "",
        row.value_text,
        *_change(point.change),
        published,
        row.report[:ID_SHOWN],
        f"o{row.number}",
        told,
    )


def _change(change: Change | None) -> tuple[str, str, str]:
    if change is None:
        return "", "", ""
    implied = change.implied
    ends = sorted({f"{end:.1f}" for end in implied}, key=float) if implied is not None else []
    agree = {True: "是", False: "否", None: ""}[change.agree]
    follows = f"{'~'.join(ends)}{change.unit}" if ends else ""
    return follows, change.stated.row.value_text if change.stated is not None else "", agree
