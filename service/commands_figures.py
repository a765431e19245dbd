"""Figures of the archive at the command line: as a list and as a panel, for people, spreadsheets and programs.

In: a question.  Out: a table for a person, a file, or JSON lines, in the forms that the routes give.  What a question
means stands in `archive.observations`, how a panel is laid out in `archive.panel`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Literal

from tqdm import tqdm

from service import panel_table
from service.archive.observations import ObservationQuery, Row, find_observations
from service.archive.paging import MOST_ITEMS
from service.archive.panel import Panel, PanelValue, panel
from service.archive_response import figure_json, figure_of, panel_json
from service.drawer import ID_SHOWN, items, opened, understood
from service.errors import InvalidRequest
from service.exports.csv_table import BOM
from service.exports.forms import Form
from service.exports.writing import begin_table
from service.records import Bound
from service.response import in_myriads
from service.settings import Settings
from service.terminal import table, tell, written, written_bytes

ListForm = Literal["table", "csv", "jsonl", "xlsx", "parquet", "sdmx-csv"]
PanelForm = Literal["table", "csv", "jsonl"]

# Of a panel, where nothing else was asked for.
MEASURE, STATUS = "level", "actual"

MARKS: Mapping[str, str] = {Bound.AT_LEAST: "≥", Bound.OVER: ">", Bound.ABOUT: "≈", Bound.BELOW: "<"}
HEAD = ("指标", "地区", "时期", "口径", "状态", "数值", "报告", "观测", "依据")


def show(
    settings: Settings,
    query: ObservationQuery,
    *,
    form: ListForm,
    limit: int | None,
    output: Path | None,
) -> bool:
    """Show the figures asked for, `limit` of them, 0 for all.  True.

    `query.model` may be empty: the current model; `query.report` may be the beginning of an id.
    """
    with opened(settings) as archive:
        with archive.reading() as connection:
            asked = understood(connection, query, settings)
        found = items(
            archive,
            lambda c, after, many: find_observations(c, asked, after=after, limit=many),
            form=form,
            limit=limit,
        )
        # Whoever waits for a file sees nothing else.
        shown = tqdm(found, unit="条", disable=True if output is None else None, file=sys.stderr)
        count = _write(shown, asked.model, form, output)
    if not count:
        tell(f"模型 {asked.model} 没有读出这样的观测。")
    return True


def lay_out(settings: Settings, query: ObservationQuery, *, form: PanelForm, output: Path | None) -> bool:
    """Show the panel of the figures asked for.  True.

    Raises `InvalidRequest` where neither indicator, area nor report is named, and where there are too many figures.
    """
    if query.indicator is None and query.area is None and query.report is None:
        raise InvalidRequest("请给出 --indicator、--area、--report 中的至少一项，例如 --area 青岚区。")
    query = replace(query, measure=query.measure or MEASURE, status=query.status or STATUS)
    with opened(settings) as archive, archive.reading() as connection:
        query = understood(connection, query, settings)
        figures = panel_table.figures_of(connection, query)
        found = panel(figures, measure=query.measure or MEASURE, status=query.status or STATUS)
    if form == "csv":
        with written_bytes(output, form, binary=False) as file:
            file.write((BOM if output is not None else b"") + panel_table.to_csv(found, query.model))
    else:
        with written(output) as out:
            out.writelines(f"{line}\n" for line in (_lines(found) if form == "table" else _rows(found, query.model)))
    if not found.rows:
        tell(f"模型 {query.model} 没有读出这样的观测。")
    elif form == "table" and any(len(cell) > 1 for row in found.rows for cell in row.cells):
        tell("带 * 的各处说法不一，所列为报告最多的一种；--format jsonl 列出全部及其依据。")
    return True


def _write(figures: Iterable[Row], model: str, form: ListForm, output: Path | None) -> int:
    """How many figures were written.  Raises `TableTooLong`, `InvalidRequest` where a terminal cannot show them."""
    if form not in ("table", "jsonl"):
        return _write_table(figures, Form(form), output)
    count = 0
    with written(output) as out:
        if form == "table":
            rows = [_cells(row) for row in figures]
            out.writelines(f"{line}\n" for line in table(HEAD, rows, right=("数值",)))
            return len(rows)
        for row in figures:
            count += 1
            out.write(json.dumps(figure_json(row, model), ensure_ascii=False) + "\n")
    return count


def _write_table(figures: Iterable[Row], form: Form, output: Path | None) -> int:
    count = 0
    left = iter(figures)
    with (
        written_bytes(output, form, binary=form.binary) as out,
        begin_table(form, out, bom=form is Form.CSV and output is not None) as file,
    ):
        while some := list(islice(left, MOST_ITEMS)):
            file.figures(map(figure_of, some))
            count += len(some)
    return count


def _cells(row: Row) -> Sequence[str]:
    measure = f"{row.measure} {row.base}" if row.base else row.measure
    of_figure = (row.indicator, row.area or "", row.period or "", measure, row.status, _amount(row) + row.unit)
    return (*of_figure, row.report[:ID_SHOWN], f"o{row.number}", row.evidence)


def _lines(found: Panel) -> list[str]:
    """The panel for a person; what no row has takes no column, and what has no row no line."""
    if not found.rows:
        return []
    heads = {"indicator": "指标", "area": "地区", "scope": "范围", "base": "基期", "unit": "单位"}
    shown = [name for name in heads if any(getattr(row, name) for row in found.rows)]
    rows = [
        [*(getattr(row, name) or "" for name in shown), *(_cell(values) for values in row.cells)] for row in found.rows
    ]
    return table([*(heads[name] for name in shown), *found.periods], rows, right=found.periods)


def _cell(values: Sequence[PanelValue]) -> str:
    if not values:
        return ""
    return _amount(values[0].figures[0]) + (" *" if len(values) > 1 else "")


def _amount(row: Row) -> str:
    """The value in its unit, as a person writes it: 19.48亿, ≥600, 8-10.  What has no number is told as it was read."""
    if row.low is None or row.high is None:
        return row.value_text.removesuffix(row.unit)
    if row.low != row.high:
        return f"{in_myriads(row.low)}-{in_myriads(row.high)}"
    return MARKS.get(row.bound, "") + in_myriads(row.low)


def _rows(found: Panel, model: str) -> Iterator[str]:
    """One line a row, which names the periods that it has."""
    whole = panel_json(found, model)
    for row in whole["rows"]:
        cells = {period: cell for period, cell in zip(whole["periods"], row["cells"], strict=True) if cell}
        told = {"model": model, "measure": whole["measure"], "status": whole["status"], **row, "cells": cells}
        yield json.dumps(told, ensure_ascii=False)
