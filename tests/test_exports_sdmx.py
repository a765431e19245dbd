"""SDMX-CSV and its structure message, held against pysdmx: schema, code lists, values."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from exported import altered, figure_of, file_of, read_report, table_of
from hypothesis import given, settings
from hypothesis import strategies as st
from pysdmx.io import get_datasets, read_sdmx, write_sdmx
from pysdmx.io.format import Format
from pysdmx.model import Codelist, DataStructureDefinition
from test_exports_tables import FORMULAS, figures

from service.exports.cells import restored_cell
from service.exports.figures import Figure, ReadReport
from service.exports.forms import Form
from service.exports.sdmx_components import CODE_LISTS, COMPONENTS, Role, unit_code, unit_list
from service.exports.sdmx_csv import HEADER
from service.exports.sdmx_structure import structure
from service.exports.sdmx_time import time_period
from service.periods import is_edtf
from service.units import unit_words

# Components that give back a field of a figure as it is.
SAME = {
    "REPORT": "report",
    "OBSERVATION": "observation",
    "MEASURE": "measure",
    "STATUS": "status",
    "BOUND": "bound",
    "OBS_VALUE": "low",
    "OBS_VALUE_HIGH": "high",
    "INDICATOR_NAME": "indicator",
    "AREA_NAME": "area",
    "UNIT_NAME": "unit",
    "PERIOD": "period",
    "PERIOD_TEXT": "period_text",
    "VALUE_TEXT": "value",
    "SCOPE": "scope",
    "BASE": "base",
    "SCORE": "score",
    "EVIDENCE": "evidence",
    "SECTION": "section",
    "START": "start",
    "END": "end",
    "PAGE": "page",
    "PARAGRAPH": "paragraph",
    "TITLE": "title",
    "SOURCE": "source",
}
NUMBERS = {"OBS_VALUE", "OBS_VALUE_HIGH", "SCORE"}

# pandas, which pysdmx reads CSV with, takes line ends within a cell for its own, and words like 1e5 for numbers.
PLAIN = st.text("=+-@'\",;:亿元𠮷甲 乙", min_size=1, max_size=12).map(lambda text: f"甲{text}") | st.sampled_from(
    [text for text in FORMULAS if "\r" not in text]
)
TEXTS = ("report", "title", "source", "indicator", "value", "unit", "period_text", "area", "scope", "base")


@cache
def message() -> str:
    return structure(datetime(2024, 3, 5, tzinfo=UTC)).decode()


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def sdmx_rows(written: list[Figure]) -> dict[tuple[str, str], dict[str, Any]]:
    """What pysdmx reads of the figures, by report and observation."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for dataset in get_datasets(table_of(Form.SDMX_CSV, written).decode(), message()):
        for row in dataset.data.astype(object).to_dict("records"):
            found[row["REPORT"], row["OBSERVATION"]] = {
                name: None if cell != cell or cell == "" or str(cell) == "<NA>" else cell for name, cell in row.items()
            }
    return found


def test_the_structure_is_read() -> None:
    read = read_sdmx(message(), validate=True)
    assert read.header is not None
    assert read.header.prepared == datetime(2024, 3, 5, tzinfo=UTC)
    named = {artefact.short_urn: artefact for artefact in read.structures or ()}
    assert {urn.partition("=")[2] for urn in named if urn.startswith("Codelist")} == {
        *("SDMX:CL_FREQ(2.1)", "SDMX:CL_OBS_STATUS(2.2)", "SDMX:CL_UNIT_MULT(1.1)", "BAOSHU:CL_INDICATOR(1.0)"),
        *("BAOSHU:CL_AREA(1.0)", "BAOSHU:CL_MEASURE(1.0)", "BAOSHU:CL_STATUS(1.0)", "BAOSHU:CL_BOUND(1.0)"),
        "BAOSHU:CL_UNIT(1.0)",
    }
    assert {"Dataflow=BAOSHU:FIGURES(1.0)", "Dataflow=BAOSHU:UNDATED_FIGURES(1.0)"} <= set(named)
    whole = named["DataStructure=BAOSHU:DSD_FIGURES(1.0)"]
    undated = named["DataStructure=BAOSHU:DSD_UNDATED_FIGURES(1.0)"]
    assert isinstance(whole, DataStructureDefinition)
    assert isinstance(undated, DataStructureDefinition)
    dimensions = [component.id for component in whole.components.dimensions]
    assert dimensions == [c.id for c in COMPONENTS if c.role in (Role.DIMENSION, Role.TIME)]
    assert [component.id for component in whole.components.measures] == ["OBS_VALUE", "OBS_VALUE_HIGH"]
    assert set(dimensions) - {component.id for component in undated.components.dimensions} == {"FREQ", "TIME_PERIOD"}
    areas = named["Codelist=BAOSHU:CL_AREA(1.0)"]
    assert isinstance(areas, Codelist)
    hangzhou = areas["330100"]
    assert hangzhou is not None
    assert hangzhou.name == "杭州市"


def test_every_code_is_one() -> None:
    for codes in CODE_LISTS:
        for code, name in codes().codes.items():
            assert code.isascii()
            assert code.replace("_", "").replace("-", "").isalnum()
            assert name
    assert {unit_code(unit) for unit in (*unit_words(), "名次")} == set(unit_list().codes) - {"_O", "_U", "_Z"}


@pytest.mark.parametrize(
    ("unit", "code"),
    [("元", "CNY"), ("%", "PT"), ("家", "U5BB6"), ("kWh", "kWh"), ("名次", "RANK"), ("", "_Z"), ("𠮷", "_O")],
)
def test_units(unit: str, code: str) -> None:
    assert unit_code(unit) == code


@pytest.mark.parametrize(
    ("edtf", "period"),
    [
        ("2023", ("2023", "A")),
        ("2023-03", ("2023-03", "M")),
        ("2023-03-31", ("2023-03-31", "D")),
        ("2023-01/2023-06", ("2023-S1", "S")),
        ("2023-07-01/2023-12-31", ("2023-S2", "S")),
        ("2023-01/2023-03", ("2023-Q1", "Q")),
        ("2023-10/2023-12", ("2023-Q4", "Q")),
        ("2023-01/2023-12", ("2023", "A")),
        ("2023-01/2023-09", ("2023-01-01/P9M", "_O")),
        ("2023-02/2023-04", ("2023-02-01/P3M", "_O")),
        ("2021/2025", ("2021-01-01/P5Y", "_O")),
        ("2023-07/2024-06", ("2023-07-01/P1Y", "_O")),
        ("2023-03-05/2023-03-15", ("2023-03-05/P11D", "_O")),
        ("../2022-12-31", ("2022-12-31", "D")),
        ("../2022", ("2022", "A")),
        ("2023/..", None),
        ("20XX", None),
        ("20XX-01/20XX-06", None),
        ("2023-XX", None),
        (None, None),
    ],
)
def test_times(edtf: str | None, period: tuple[str, str] | None) -> None:
    assert edtf is None or is_edtf(edtf)
    assert time_period(edtf) == period


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.integers(0, 4000))
def test_every_range_has_its_time(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    found = time_period(f"{first}/{last}")
    assert found is not None
    start, slash, duration = found[0].partition("/P")
    if slash and duration.endswith("D"):
        assert date.fromisoformat(start) + timedelta(days=int(duration[:-1]) - 1) == last


@settings(max_examples=25)
@given(st.lists(st.tuples(figures(), st.fixed_dictionaries(dict.fromkeys((*TEXTS, "evidence", "section"), PLAIN)))))
def test_values_come_back_through_pysdmx(drawn: list[tuple[Figure, dict[str, str]]]) -> None:
    written = [altered(figure, **texts, observation=f"o{number}") for number, (figure, texts) in enumerate(drawn, 1)]
    if not written:
        return
    found = sdmx_rows(written)
    assert len(found) == len(written)
    for figure in written:
        row = next(row for (_, name), row in found.items() if name == figure.observation)
        for component, field in SAME.items():
            value, cell = getattr(figure, field), row.get(component)
            if value is None or value == "":
                assert cell is None, component
            elif component in NUMBERS:
                assert float(str(cell)) == value, component
            else:
                assert restored_cell(str(cell)) == str(value), component
        time = time_period(figure.period)
        assert (row.get("TIME_PERIOD"), row.get("FREQ")) == (time or (None, None))
        assert row["OBS_STATUS"] == ("Q" if figure.masked else "O" if figure.low is None else row["OBS_STATUS"])


@settings(max_examples=25)
@given(st.lists(figures(), max_size=5))
def test_every_coded_value_is_in_its_list(written: list[Figure]) -> None:
    rows = rows_of(table_of(Form.SDMX_CSV, written))
    assert len(rows) == len(written)
    for row in rows:
        dated = row["STRUCTURE_ID"] == "BAOSHU:FIGURES(1.0)"
        for component in COMPONENTS:
            cell = row[component.id]
            if component.required and (dated or not component.dated):
                assert cell, component.id
            if component.codes is not None and cell:
                assert cell in component.codes().codes, component.id
            if component.dated and not dated:
                assert cell == "", component.id


def test_the_data_are_valid_sdmx_ml() -> None:
    """Written as structure-specific SDMX-ML, the data pass its schema and read the same."""
    text = "营收3.2亿元，增长-8.5%，共12家。"
    written = [figure_of(text, observation=f"o{number}", period=period) for number, period in enumerate(TIMES)]
    (dataset,) = get_datasets(table_of(Form.SDMX_CSV, written).decode(), message())
    xml = write_sdmx(dataset, Format.DATA_SDMX_ML_3_0)
    assert xml is not None
    (again,) = get_datasets(xml, message(), validate=True)
    columns = ["OBSERVATION", "TIME_PERIOD", "UNIT_MEASURE", "OBS_STATUS", "EVIDENCE"]
    assert again.data[columns].astype(str).values.tolist() == dataset.data[columns].astype(str).values.tolist()
    assert list(again.data["TIME_PERIOD"]) == ["2023", "2023-03", "2023-03-31", "2023-S1", "2023-Q1", *RANGES]
    assert list(map(float, again.data["OBS_VALUE"])) == [320000000.0] * len(TIMES)


TIMES = ("2023", "2023-03", "2023-03-31", "2023-01/2023-06", "2023-01/2023-03", "2021/2025", "2023-01/2023-09")
RANGES = ("2021-01-01/P5Y", "2023-01-01/P9M")


def test_codes_of_the_catalogue_and_of_areas() -> None:
    figure = figure_of(
        indicator="R&D经费", indicator_code="rd_expenditure", area="杭州市", area_code="330100", unit="元"
    )
    other = figure._replace(
        observation="o2", indicator_code="no_such_code", area_code=None, unit="𠮷", status="forecast"
    )
    none = figure._replace(observation="o3", indicator_code=None, indicator="", area_code=None, area=None, masked=True)
    rows = rows_of(table_of(Form.SDMX_CSV, [figure, other, none]))
    assert [(r["INDICATOR"], r["REF_AREA"], r["UNIT_MEASURE"], r["OBS_STATUS"]) for r in rows] == [
        ("rd_expenditure", "330100", "CNY", "A"),
        ("_O", "_O", "_O", "F"),
        ("_U", "_U", "CNY", "Q"),
    ]


def test_figures_without_a_time_stand_apart() -> None:
    figure = figure_of()
    undated = figure._replace(observation="o2", period=None, period_start=None, period_end=None)
    datasets = {d.structure.id: d for d in get_datasets(table_of(Form.SDMX_CSV, [figure, undated]).decode(), message())}
    assert {name: list(dataset.data["OBSERVATION"]) for name, dataset in datasets.items()} == {
        "FIGURES": ["o1"],
        "UNDATED_FIGURES": ["o2"],
    }


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_run(text: str) -> None:
    figure = figure_of(**dict.fromkeys((*TEXTS, "evidence", "section"), text))
    (row,) = rows_of(table_of(Form.SDMX_CSV, [figure]))
    for component, field in SAME.items():
        if field in (*TEXTS, "evidence", "section"):
            assert row[component].startswith("'"), component
            assert restored_cell(row[component]) == text


def test_nothing_was_read() -> None:
    data = file_of(Form.SDMX_CSV, read_report("没有数字"))
    assert data.decode() == ",".join(HEADER) + "\r\n"
    assert file_of(Form.SDMX_CSV) == data


def test_several_reports_have_their_own_keys() -> None:
    first = read_report("营收5家", "甲")
    rows = rows_of(file_of(Form.SDMX_CSV, first, ReadReport("乙", first.text, first.answer)))
    assert [(row["REPORT"], row["OBSERVATION"]) for row in rows] == [("甲", "o1"), ("乙", "o1")]
