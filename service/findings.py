"""Findings: trouble that can be lived with, said instead of swallowed.

In: what has been read.  Out: findings with a stable code, a Chinese message and the spans that show the trouble.
Checks that figures agree with one another come with a later stage; here stands what a reader must know to trust the
rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.periods import year_of
from service.records import Finding, Label, Ledger, Measure, Observation, Report, Status

# A share of a whole above this is a slip of the writer's or of ours; growth and rates of completion may well exceed
# it.
WHOLE = 100.0
SHARE_ENDINGS = ("占比", "比重", "比例", "覆盖率", "普及率", "合格率")
DOUBTFUL = 0.3


def check(
    text: str, report: Report, parts: Sequence[Report], observations: Sequence[Observation], ledger: Ledger
) -> tuple[Finding, ...]:
    """All findings, by code in the order of this module."""
    return (*_report(report, parts), *_figures(text, report, observations), *_ledger(ledger))


def _report(report: Report, parts: Sequence[Report]) -> Iterator[Finding]:
    if all(p.area is None for p in (report, *parts)):
        yield Finding("area-unknown", "未能判定报告所属地区,请在 area 中给出")
    if not any(p.period for p in (report, *parts)):
        yield Finding("period-unknown", "未能判定报告所属时期,请在 published 中给出发布日期")


def _figures(text: str, report: Report, observations: Sequence[Observation]) -> Iterator[Finding]:
    unnamed = tuple(o.value for o in observations if not o.indicator.spans)
    if unnamed:
        yield Finding("indicator-missing", f"{len(unnamed)} 个数值未找到所属指标", unnamed)
    masked = tuple(o.value for o in observations if o.quantity.masked)
    if masked:
        yield Finding("figure-masked", f"{len(masked)} 个数值在原文中被隐去(如 XX亿元)", masked)
    doubtful = tuple(o.value for o in observations if o.score < DOUBTFUL)
    if doubtful:
        yield Finding("observation-doubtful", f"{len(doubtful)} 条观测把握不大,建议核对", doubtful)
    for o in observations:
        if (
            o.label is Label.PERCENT
            and o.measure is Measure.LEVEL
            and o.quantity.high is not None
            and o.quantity.high > WHOLE
        ) and o.indicator.name.endswith(SHARE_ENDINGS):
            yield Finding(
                "share-above-whole",
                f"“{o.indicator.name}”为 {o.value.of(text)},超过 100%",
                (o.value, *o.indicator.spans),
            )
        if o.status is Status.ACTUAL and o.period is not None and _after(o.period.edtf, report.published):
            yield Finding(
                "actual-in-future",
                f"“{o.value.of(text)}”的时期 {o.period.edtf} 晚于报告日期 {report.published}",
                (o.value,),
            )


def _after(period: str, published: str) -> bool:
    """Whether a period begins in a year after the one of publication."""
    year, when = year_of(period), published[:4]
    return "/" not in period and year.isdigit() and when.isdigit() and int(year) > int(when)


def _ledger(ledger: Ledger) -> Iterator[Finding]:
    if ledger.unexplained:
        yield Finding(
            "number-unexplained", f"{len(ledger.unexplained)} 个数字既未成为观测也未能说明原因", ledger.unexplained
        )
