"""What a reader must know to trust the rest: what could not be told, and what is doubtful.

In: what has been read.  Out: notes with a stable code, a Chinese message and the spans that show the trouble.  Whether
the figures agree with one another is asked in `service.checks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.records import Finding, Ledger, Observation, Report

DOUBTFUL = 0.3


def check(
    report: Report, parts: Sequence[Report], observations: Sequence[Observation], ledger: Ledger
) -> tuple[Finding, ...]:
    """All notes, by code in the order of this module."""
    return (*_report(report, parts), *_figures(observations), *_ledger(ledger))


def _report(report: Report, parts: Sequence[Report]) -> Iterator[Finding]:
    if all(p.area is None for p in (report, *parts)):
        yield Finding("area-unknown", "未能判定报告所属地区,请在 area 中给出")
    if not any(p.period for p in (report, *parts)):
        yield Finding("period-unknown", "未能判定报告所属时期,请在 published 中给出发布日期")


def _figures(observations: Sequence[Observation]) -> Iterator[Finding]:
    unnamed = [n for n, o in enumerate(observations) if not o.indicator.spans]
    if unnamed:
        yield _on(observations, unnamed, "indicator-missing", f"{len(unnamed)} 个数值未找到所属指标")
    masked = [n for n, o in enumerate(observations) if o.quantity.masked]
    if masked:
        yield _on(observations, masked, "figure-masked", f"{len(masked)} 个数值在原文中被隐去(如 XX亿元)")
    doubtful = [n for n, o in enumerate(observations) if o.score < DOUBTFUL]
    if doubtful:
        yield _on(observations, doubtful, "observation-doubtful", f"{len(doubtful)} 条观测把握不大,建议核对")


def _on(observations: Sequence[Observation], numbers: Sequence[int], code: str, message: str) -> Finding:
    return Finding(code, message, tuple(observations[n].value for n in numbers), figures=tuple(numbers))


def _ledger(ledger: Ledger) -> Iterator[Finding]:
    if ledger.unexplained:
        yield Finding(
            "number-unexplained", f"{len(ledger.unexplained)} 个数字既未成为观测也未能说明原因", ledger.unexplained
        )
