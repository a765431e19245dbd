"""What the words of an answer are called in Chinese, for sheets, pages and code lists.

In: a word of `schema`.  Out: what a reader of reports calls it.  A word that is not known here is its own name, so that
an answer of another version can be shown.
"""

from __future__ import annotations

from collections.abc import Mapping

from service.records import Bound, Label, Measure, Severity, Status

MEASURES: Mapping[str, str] = {
    Measure.LEVEL: "水平",
    Measure.INCREMENT: "新增",
    Measure.GROWTH: "增速",
    Measure.DIFF: "增减",
    Measure.RANK: "位次",
}
STATUSES: Mapping[str, str] = {Status.ACTUAL: "实际", Status.PLAN: "计划", Status.FORECAST: "预计"}
BOUNDS: Mapping[str, str] = {
    Bound.EXACT: "等于",
    Bound.AT_LEAST: "不少于",
    Bound.OVER: "超过",
    Bound.ABOUT: "约",
    Bound.BELOW: "不足",
    Bound.RANGE: "区间",
}
LABELS: Mapping[str, str] = {
    Label.ORG: "机构",
    Label.PLATFORM: "平台",
    Label.PROGRAM: "计划项目",
    Label.POLICY: "政策文件",
    Label.AREA: "地区",
    Label.PERIOD: "时间",
    Label.INDICATOR: "指标",
    Label.MONEY: "金额",
    Label.PERCENT: "百分比",
    Label.PEOPLE: "人数",
    Label.COUNT: "数量",
    Label.RANK: "位次",
}
SEVERITIES: Mapping[str, str] = {Severity.ERROR: "错误", Severity.WARNING: "存疑", Severity.NOTE: "提示"}
YEAR_ON_YEAR = "同比"


def label(names: Mapping[str, str], word: str) -> str:
    """The Chinese name of `word`."""
    return names.get(word, word)


def base_label(base: str | None) -> str | None:
    """What a growth or difference is compared with: `yoy` is 同比, all else stands in the report's own words."""
    return YEAR_ON_YEAR if base == "yoy" else base
