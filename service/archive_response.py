"""From what the archive holds to what its routes answer: the JSON form of `archive_schema`.

In: records of the archive.  Out: dictionaries.  Addresses are made here and nowhere else.  Knows nothing of HTTP.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from service.archive.jobs import Failure, Progress
from service.archive.observations import Row
from service.archive.paging import Page
from service.archive.panel import Panel, PanelRow, PanelValue
from service.archive.reports import StoredReport
from service.archive.search import Hit
from service.archive_schema import (
    AddedReportJson,
    FailuresJson,
    FigureInFullJson,
    FigureJson,
    FigureReportJson,
    JobJson,
    KeptReportJson,
    PanelJson,
    PanelRowJson,
    PanelValueJson,
)
from service.exports.figures import Figure
from service.response import number
from service.schema import ObservationJson

# Characters around a figure's evidence: enough to see the paragraph that it stands in.
SURROUNDINGS = 200


def report_json(report: StoredReport, *, with_text: bool = False) -> KeptReportJson:
    """A report of the archive."""
    hints = report.hints
    answer: KeptReportJson = {
        "id": report.id,
        "title": report.title,
        "source": report.source,
        "added_at": instant(report.added_at),
        "href": _report(report.id),
        "extraction": f"{_report(report.id)}/extraction",
        "characters": report.characters,
        "hints": {
            "title": hints.title,
            "published": hints.published.isoformat() if hints.published else None,
            "area": hints.area,
        },
    }
    if with_text and report.text is not None:
        answer["text"] = report.text
    return answer


def added_json(report: StoredReport, *, added: bool) -> AddedReportJson:
    """A report that was posted; `added`: the archive did not have it."""
    kept = report_json(report)
    return {
        "id": kept["id"],
        "title": kept["title"],
        "source": kept["source"],
        "added_at": kept["added_at"],
        "href": kept["href"],
        "extraction": kept["extraction"],
        "characters": kept["characters"],
        "hints": kept["hints"],
        "added": added,
    }


def hit_json(hit: Hit) -> KeptReportJson:
    """A report that was found, and where."""
    return {
        "id": hit.report,
        "title": hit.title,
        "source": hit.source,
        "added_at": instant(hit.added_at),
        "href": _report(hit.report),
        "extraction": f"{_report(hit.report)}/extraction",
        "snippet": {
            "text": hit.snippet,
            "start": hit.start,
            "end": hit.end,
            "matches": [{"start": match.start, "end": match.end} for match in hit.matches],
        },
    }


def figure_json(row: Row, model: str) -> FigureJson:
    """An observation of the archive, read by `model`."""
    return {
        "report": _figure_report(row.report, row.title, row.source),
        "observation": f"o{row.number}",
        "model": model,
        "indicator": row.indicator,
        "indicator_code": row.indicator_code,
        "value": row.value_text,
        "low": number(row.low),
        "high": number(row.high),
        "unit": row.unit,
        "bound": row.bound,
        "masked": row.masked,
        "measure": row.measure,
        "period": row.period,
        "area": row.area,
        "area_code": row.area_code,
        "scope": row.scope,
        "base": row.base,
        "status": row.status,
        "score": row.score,
        "start": row.start,
        "end": row.end,
        "evidence": {
            "start": row.evidence_start,
            "end": row.evidence_end,
            "text": row.evidence,
            "section": row.section,
            "href": evidence(row, model),
        },
    }


def figure_of(row: Row) -> Figure:
    """An observation of the archive as a row of a table; the archive does not keep its place in a file."""
    return Figure(
        report=row.report,
        title=row.title,
        source=row.source,
        observation=f"o{row.number}",
        indicator=row.indicator,
        indicator_code=row.indicator_code,
        value=row.value_text,
        low=number(row.low),
        high=number(row.high),
        unit=row.unit,
        bound=row.bound,
        masked=row.masked,
        measure=row.measure,
        period=row.period,
        period_text=None,
        period_start=row.period_start,
        period_end=row.period_end,
        area=row.area,
        area_code=row.area_code,
        scope=row.scope,
        base=row.base,
        status=row.status,
        score=row.score,
        start=row.start,
        end=row.end,
        evidence=row.evidence,
        section=row.section,
        page=None,
        paragraph=None,
    )


def evidence(row: Row, model: str) -> str:
    """The address of a figure with its surroundings."""
    return f"{_report(row.report)}/observations/o{row.number}?model={quote(model, safe='')}"


def figure_in_full_json(report: StoredReport, observation: ObservationJson, model: str) -> FigureInFullJson:
    """One observation of a report, which comes with its text."""
    text = report.text or ""
    start, end = observation["evidence"]["start"], observation["evidence"]["end"]
    return {
        "report": _figure_report(report.id, report.title, report.source),
        "model": model,
        "observation": observation,
        "evidence": {
            "before": text[max(0, start - SURROUNDINGS) : start],
            "text": text[start:end],
            "after": text[end : end + SURROUNDINGS],
            "start": start,
            "end": end,
        },
    }


def panel_json(panel: Panel, model: str) -> PanelJson:
    """A panel of what `model` has read."""
    return {
        "model": model,
        "measure": panel.measure,
        "status": panel.status,
        "periods": list(panel.periods),
        "rows": [_panel_row(row, model) for row in panel.rows],
    }


def job_json(job: Progress, trouble: str | None = None) -> JobJson:
    """A job; `trouble`: why this server does not go on with it."""
    return {
        "id": job.id,
        "model": job.model,
        "engine": job.engine,
        "state": job.state,
        "select": job.selection,
        "total": job.total,
        "waiting": job.waiting,
        "leased": job.leased,
        "done": job.done,
        "failed": job.failed,
        "cancelled": job.cancelled,
        "created_at": instant(job.created_at),
        "started_at": instant(job.started_at) if job.started_at else None,
        "finished_at": instant(job.finished_at) if job.finished_at else None,
        "rate": round(job.rate, 3) if job.rate is not None else None,
        "seconds_left": round(job.seconds_left, 1) if job.seconds_left is not None else None,
        "trouble": None if job.over else trouble,
        "events": f"/jobs/{job.id}/events",
    }


def failures_json(page: Page[Failure]) -> FailuresJson:
    """A page of what a job could not read."""
    return {
        "items": [
            {
                "report": failure.report_id,
                "source": failure.source,
                "code": failure.code,
                "detail": failure.detail,
                "attempts": failure.attempts,
                "failed_at": instant(failure.failed_at),
            }
            for failure in page.items
        ],
        "next": page.next,
    }


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _report(id_: str) -> str:
    return f"/reports/{id_}"


def _figure_report(id_: str, title: str | None, source: str | None) -> FigureReportJson:
    return {"id": id_, "title": title, "source": source, "href": _report(id_)}


def _panel_row(row: PanelRow, model: str) -> PanelRowJson:
    return {
        "indicator": row.indicator,
        "indicator_code": row.indicator_code,
        "area": row.area,
        "area_code": row.area_code,
        "unit": row.unit,
        "scope": row.scope,
        "base": row.base,
        "cells": [[_panel_value(value, model) for value in cell] for cell in row.cells],
    }


def _panel_value(value: PanelValue, model: str) -> PanelValueJson:
    first = value.figures[0]
    return {
        "value": first.value_text,
        "low": number(first.low),
        "high": number(first.high),
        "bound": first.bound,
        "masked": first.masked,
        "score": first.score,
        "evidence": [evidence(figure, model) for figure in value.figures],
    }
