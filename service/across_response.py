"""From targets, conflicts and series to what is answered: the JSON form of `across_schema`, and sentences in Chinese.

In: records of `archive.targets`, `archive.conflicts`, `archive.series`.  Out: dictionaries, and words for people.
Knows nothing of HTTP.
"""

from __future__ import annotations

from math import isfinite

from service.across_schema import (
    BreakJson,
    ChangeJson,
    ComparedFigureJson,
    ConflictJson,
    IntervalJson,
    LineJson,
    PointJson,
    ResultJson,
    SeriesJson,
    TargetJson,
)
from service.archive.conflicts import Conflict, Kind, Side
from service.archive.figures import Figure
from service.archive.series import Aspect, Break, Change, Line, Point, Rhythm, Series
from service.archive.targets import Result, State, Target
from service.archive_response import figure_json
from service.checks.intervals import Interval
from service.checks.years import in_words
from service.response import in_myriads, number

STATES = {State.MET: "已完成", State.MISSED: "未完成", State.UNDER_WAY: "进行中", State.NO_RESULT: "暂无结果"}
KINDS = {Kind.BETWEEN: "报告之间不一致", Kind.WITHIN: "同一报告内不一致", Kind.GROWTH: "增速与上年数不符"}
RHYTHMS = {
    Rhythm.YEAR: "年度",
    Rhythm.YEAR_END: "年末",
    Rhythm.HALF: "半年",
    Rhythm.QUARTER: "季度",
    Rhythm.MONTH: "月度",
    Rhythm.SINCE_JANUARY: "1月起累计",
    Rhythm.INSTANT: "时点",
    Rhythm.OTHER: "其他时段",
}
ASPECTS: dict[Aspect, str] = {
    "indicator": "指标",
    "area": "地区",
    "unit": "单位",
    "definition": "口径",
    "rhythm": "时段",
    "base": "基期",
    "scope": "范围",
}
REVISED = "后出的报告作了修订"
NOTHING = "未注明"
POINTS = "个百分点"
PER_CENT = "%"
# A sentence names no more than the two amounts told last.
NAMED = 2
# Digits of an amount that is reckoned: beyond them no report is exact.
DIGITS = 6


def target_json(target: Target, model: str) -> TargetJson:
    """A target with its results."""
    return {
        "figure": compared_json(target.figure, model),
        "state": target.state.value,
        "upward": target.upward,
        "way": target.way.value,
        "value": number(target.value),
        "completion": _share(target.completion),
        "difference": number(target.difference),
        "difference_unit": difference_unit(target),
        "close": target.close,
        "results": [_result(result, model) for result in target.results],
    }


def conflict_json(conflict: Conflict, model: str) -> ConflictJson:
    """A conflict."""
    return {
        "kind": conflict.kind.value,
        "revised": conflict.revised,
        "message": message(conflict),
        "sides": [
            {"worth": _interval(side.worth), "figures": [compared_json(f, model) for f in side.figures]}
            for side in conflict.sides
        ],
        "value": compared_json(conflict.value, model) if conflict.value is not None else None,
        "growth": compared_json(conflict.growth, model) if conflict.growth is not None else None,
        "implied": _interval(conflict.implied) if conflict.implied is not None else None,
    }


def series_json(series: Series, model: str) -> SeriesJson:
    """A series."""
    return {
        "model": model,
        "measure": series.measure,
        "status": series.status,
        "lines": [_line(line, model) for line in series.lines],
        "breaks": [_break(broken) for broken in series.breaks],
    }


def compared_json(figure: Figure, model: str) -> ComparedFigureJson:
    """A figure with what it is compared by."""
    plain = figure_json(figure.row, model)
    published = figure.published[0]
    return {
        **plain,
        "definition": list(figure.definition),
        "worth": _interval(figure.worth) if figure.worth is not None else None,
        "published": published.isoformat() if published is not None else None,
    }


def difference_unit(target: Target) -> str:
    """The unit in which a target's difference is told."""
    unit = target.figure.row.unit
    return POINTS if unit == PER_CENT else unit


def message(conflict: Conflict) -> str:
    """What does not agree, in a sentence."""
    first = conflict.sides[0].figures[0].row
    what = f"{first.area or ''}{in_words(first.period) if first.period else ''}{first.indicator}"
    said = "，".join(f"{_who(side)}为{side.figures[0].row.value_text}" for side in conflict.sides[:NAMED])
    if conflict.growth is not None and conflict.value is not None and conflict.implied is not None:
        way = "下降" if (conflict.growth.row.high or 0) < 0 else "增长"
        grown = f"{conflict.value.row.value_text}、{way}{conflict.growth.row.value_text.lstrip('-')}"
        return f"{what}：{_report(conflict.value)}由{grown}推算为{_amounts(conflict.implied, first.unit)}，{said}。"
    more = f"，共 {len(conflict.sides)} 种说法" if len(conflict.sides) > NAMED else ""
    return f"{what}：{said}{more}{f'；{REVISED}' if conflict.revised else ''}。"


def why(broken: Break) -> str:
    """Why a line does not go on another, in a sentence."""
    reasons = "；".join(
        f"{ASPECTS[reason.aspect]}由“{_word(reason.aspect, reason.before)}”变为“{_word(reason.aspect, reason.after)}”"
        for reason in broken.reasons
    )
    return f"{in_words(broken.at) if broken.at else ''}起不与前一序列相接：{reasons}。"


def _result(result: Result, model: str) -> ResultJson:
    return {
        "figure": compared_json(result.figure, model),
        "earlier": [compared_json(figure, model) for figure in result.earlier],
        "completion": _share(result.completion),
        "difference": number(result.difference),
    }


def _line(line: Line, model: str) -> LineJson:
    return {
        "indicator": line.indicator,
        "indicator_code": line.indicator_code,
        "area": line.area,
        "area_code": line.area_code,
        "unit": line.unit,
        "definition": list(line.definition),
        "rhythm": line.rhythm.value,
        "base": line.base,
        "scope": line.scope,
        "points": [_point(point, model) for point in line.points],
        "gaps": list(line.gaps),
    }


def _point(point: Point, model: str) -> PointJson:
    return {
        "period": point.figure.row.period,
        "figure": compared_json(point.figure, model),
        "others": [compared_json(figure, model) for figure in point.others],
        "conflict": message(point.conflict) if point.conflict is not None else None,
        "change": _change(point.change, model) if point.change is not None else None,
    }


def _change(change: Change, model: str) -> ChangeJson:
    return {
        "unit": change.unit,
        "implied": _interval(change.implied) if change.implied is not None else None,
        "stated": compared_json(change.stated, model) if change.stated is not None else None,
        "agree": change.agree,
    }


def _break(broken: Break) -> BreakJson:
    return {
        "before": broken.before,
        "after": broken.after,
        "at": broken.at,
        "reasons": [{"aspect": r.aspect, "before": r.before, "after": r.after} for r in broken.reasons],
        "message": why(broken),
    }


def _interval(interval: Interval) -> IntervalJson:
    return {"low": _digits(interval.low), "high": _digits(interval.high)}


def _digits(value: float) -> float | int | None:
    return number(float(f"{value:.12g}")) if isfinite(value) else None


def _share(value: float | None) -> float | None:
    return round(value, DIGITS) if value is not None else None


def _word(aspect: Aspect, value: str) -> str:
    return RHYTHMS[Rhythm(value)] if aspect == "rhythm" else value or NOTHING


def _who(side: Side) -> str:
    more = f"等 {len(side.figures)} 处" if len(side.figures) > 1 else ""
    return _report(side.figures[0]) + more


def _report(figure: Figure) -> str:
    """A report as a sentence names it."""
    name = figure.row.title or figure.row.source
    day = figure.published[0]
    dated = f"（{day.isoformat()}）" if day is not None else ""
    return f"《{name}》{dated}" if name else f"报告 {figure.row.report[:12]}{dated}"


def _amounts(interval: Interval, unit: str) -> str:
    low, high = (in_myriads(end, DIGITS) for end in interval)
    return f"{low}至{high}{unit}" if low != high else f"{low}{unit}"
