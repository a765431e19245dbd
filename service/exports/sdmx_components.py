"""What an observation is in SDMX: the components of its data structure, and what each holds of a figure.

In: a figure.  Out: for each component of `COMPONENTS` its value.  A figure is found by its report and its number within
it; the same words may stand in several reports.  What the code lists have no code for (an indicator outside the
catalogue, a region without a GB/T 2260 code, a rare counter) is `_O` there and stands in words in an attribute.

Two dataflows: `FIGURES` has a time dimension; `UNDATED_FIGURES` has none and takes the figures whose time SDMX cannot
write (`sdmx_time`), since no value of a time dimension would be true of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

from service.areas import LEVELS, gazetteer
from service.exports.cells import Value
from service.exports.figures import Figure
from service.exports.labels import BOUNDS, MEASURES, STATUSES
from service.exports.sdmx_time import time_period
from service.indicators import read_catalogue
from service.units import unit_words

AGENCY, VERSION = "BAOSHU", "1.0"
DATED, UNDATED = "FIGURES", "UNDATED_FIGURES"

# Generic codes of SDMX (Guidelines for the Creation and Management of SDMX Code Lists, 2.3.4).
OTHER, UNSPECIFIED, NOT_APPLICABLE = "_O", "_U", "_Z"
GENERIC = {OTHER: "其他", UNSPECIFIED: "未说明", NOT_APPLICABLE: "不适用"}

# ISO 4217 for money; PT and PS as in the code lists of global data structures.  A rank is no unit word of a text.
UNITS = {
    "元": "CNY",
    "元人民币": "CNY",
    "美元": "USD",
    "港元": "HKD",
    "港币": "HKD",
    "欧元": "EUR",
    "日元": "JPY",
    "英镑": "GBP",
    "新台币": "TWD",
    "澳门元": "MOP",
    "卢布": "RUB",
    "泰铢": "THB",
    "韩元": "KRW",
    "加元": "CAD",
    "澳元": "AUD",
    "%": "PT",
    "‰": "PERMILLE",
    "个百分点": "PP",
    "人": "PS",
    "名次": "RANK",
}
_ID = re.compile(r"[A-Za-z0-9_@$-]+")

NORMAL, FORECAST, SUPPRESSED, MISSING = "A", "F", "Q", "O"
NO_MULTIPLIER = "0"


@dataclass(frozen=True, slots=True)
class CodeList:
    """`codes`: code and Chinese name.  `partial`: of a standard list only the codes that are used here."""

    agency: str
    id: str
    version: str
    name: str
    codes: Mapping[str, str]
    partial: bool = False


class Role(Enum):
    DIMENSION = "Dimension"
    TIME = "TimeDimension"
    MEASURE = "Measure"
    ATTRIBUTE = "Attribute"


@dataclass(frozen=True, slots=True)
class Component:
    """`of` gives its value; `codes` its code list, else `text` is its type (`textType` of SDMX-ML).

    `dated`: only where there is a time dimension.
    """

    id: str
    role: Role
    name: str
    of: Callable[[Figure], Value]
    codes: Callable[[], CodeList] | None = None
    text: str = "String"
    required: bool = False
    dated: bool = False


def unit_code(unit: str) -> str:
    """The code of a unit: `CNY`, `PT`; `kWh` for itself, `U5BB6` for 家: its characters in hexadecimal."""
    if not unit:
        return NOT_APPLICABLE
    return _unit_code(unit) if unit in _known_units() else OTHER


@cache
def _known_units() -> frozenset[str]:
    return frozenset((*unit_words(), *UNITS))


def _unit_code(unit: str) -> str:
    if unit in UNITS:
        return UNITS[unit]
    return unit if _ID.fullmatch(unit) else "".join(f"U{ord(c):04X}" for c in unit)


@cache
def unit_list() -> CodeList:
    """Every unit that is read here."""
    codes: dict[str, str] = {}
    for unit in (*UNITS, *unit_words()):
        codes.setdefault(_unit_code(unit), unit)
    return CodeList(AGENCY, "CL_UNIT", VERSION, "计量单位", {**codes, **GENERIC})


@cache
def indicator_list() -> CodeList:
    """The catalogue of indicators."""
    codes = {indicator.code: indicator.name for indicator in read_catalogue()}
    return CodeList(AGENCY, "CL_INDICATOR", VERSION, "指标", {**codes, **GENERIC})


@cache
def area_list() -> CodeList:
    """The administrative divisions of GB/T 2260."""
    areas = (area for level in LEVELS for area in gazetteer().of_level(level))
    codes = {area.code: area.name for area in areas if area.code is not None}
    return CodeList(AGENCY, "CL_AREA", VERSION, "行政区划（GB/T 2260）", {**dict(sorted(codes.items())), **GENERIC})


@cache
def measure_list() -> CodeList:
    return CodeList(AGENCY, "CL_MEASURE", VERSION, "口径", MEASURES)


@cache
def status_list() -> CodeList:
    return CodeList(AGENCY, "CL_STATUS", VERSION, "状态", STATUSES)


@cache
def bound_list() -> CodeList:
    return CodeList(AGENCY, "CL_BOUND", VERSION, "界限", BOUNDS)


@cache
def frequency_list() -> CodeList:
    codes = {"A": "年度", "S": "半年", "Q": "季度", "M": "月度", "D": "日", OTHER: "其他"}
    return CodeList("SDMX", "CL_FREQ", "2.1", "频率", codes, partial=True)


@cache
def observation_status_list() -> CodeList:
    codes = {NORMAL: "正常值", FORECAST: "预测值", SUPPRESSED: "缺失：隐去", MISSING: "缺失"}
    return CodeList("SDMX", "CL_OBS_STATUS", "2.2", "观测状态", codes, partial=True)


@cache
def multiplier_list() -> CodeList:
    return CodeList("SDMX", "CL_UNIT_MULT", "1.1", "单位倍数", {NO_MULTIPLIER: "个"}, partial=True)


def _coded(code: str | None, name: str | None, codes: CodeList) -> str:
    """`code` if the list has it; else whether there is nothing, or something without a code."""
    if code is not None and code in codes.codes:
        return code
    return OTHER if name else UNSPECIFIED


def _observation_status(figure: Figure) -> str:
    if figure.masked:
        return SUPPRESSED
    if figure.low is None:
        return MISSING
    # A target is no forecast: STATUS tells it from what was.
    return FORECAST if figure.status == "forecast" else NORMAL


def _time(figure: Figure) -> str | None:
    found = time_period(figure.period)
    return found[0] if found else None


def _frequency(figure: Figure) -> str | None:
    found = time_period(figure.period)
    return found[1] if found else None


D, T, M, A = Role.DIMENSION, Role.TIME, Role.MEASURE, Role.ATTRIBUTE
COMPONENTS = (
    Component("FREQ", D, "频率", _frequency, frequency_list, required=True, dated=True),
    Component("REPORT", D, "报告", lambda f: f.report, required=True),
    Component("OBSERVATION", D, "观测编号", lambda f: f.observation, required=True),
    Component(
        *("INDICATOR", D, "指标", lambda f: _coded(f.indicator_code, f.indicator, indicator_list()), indicator_list),
        required=True,
    ),
    Component("REF_AREA", D, "地区", lambda f: _coded(f.area_code, f.area, area_list()), area_list, required=True),
    Component("MEASURE", D, "口径", lambda f: f.measure, measure_list, required=True),
    Component("STATUS", D, "状态", lambda f: f.status, status_list, required=True),
    Component("TIME_PERIOD", T, "时期", _time, text="ObservationalTimePeriod", required=True, dated=True),
    Component("OBS_VALUE", M, "数值，区间则为下限", lambda f: f.low, text="Double"),
    Component("OBS_VALUE_HIGH", M, "上限，非区间则同数值", lambda f: f.high, text="Double"),
    Component("UNIT_MEASURE", A, "计量单位", lambda f: unit_code(f.unit), unit_list, required=True),
    Component("UNIT_MULT", A, "单位倍数", lambda _: NO_MULTIPLIER, multiplier_list, required=True),
    Component("OBS_STATUS", A, "观测状态", _observation_status, observation_status_list, required=True),
    Component("BOUND", A, "界限", lambda f: f.bound, bound_list, required=True),
    Component("INDICATOR_NAME", A, "指标名称，如文中所称", lambda f: f.indicator),
    Component("AREA_NAME", A, "地区名称", lambda f: f.area),
    Component("UNIT_NAME", A, "计量单位，如文中所用", lambda f: f.unit),
    Component("PERIOD", A, "时期（EDTF，ISO 8601-2）", lambda f: f.period),
    Component("PERIOD_TEXT", A, "时期原文", lambda f: f.period_text),
    Component("VALUE_TEXT", A, "数值原文", lambda f: f.value),
    Component("SCOPE", A, "排名范围", lambda f: f.scope),
    Component("BASE", A, "对比基准", lambda f: f.base),
    Component("SCORE", A, "可信度，0 至 1", lambda f: f.score, text="Double"),
    Component("EVIDENCE", A, "依据", lambda f: f.evidence),
    Component("SECTION", A, "章节", lambda f: f.section),
    Component("START", A, "数值首字符在原文中的位置，自 0", lambda f: f.start, text="Integer"),
    Component("END", A, "数值末字符之后的位置", lambda f: f.end, text="Integer"),
    Component("PAGE", A, "页，自 1", lambda f: f.page, text="Integer"),
    Component("PARAGRAPH", A, "段，自 1", lambda f: f.paragraph, text="Integer"),
    Component("TITLE", A, "报告标题", lambda f: f.title),
    Component("SOURCE", A, "报告来源", lambda f: f.source),
)
CODE_LISTS = tuple(component.codes for component in COMPONENTS if component.codes is not None)
