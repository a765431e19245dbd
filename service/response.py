"""From records to what leaves the house: the JSON form and the CSV form.

In: an `Extraction`, whose spans count characters of the clean text.  Out: dictionaries of the posted text (`schema`),
or rows of one flat table.  Here alone do clean offsets become posted ones.  Knows nothing of HTTP, files or the
model.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from collections.abc import Iterable, Sequence

from service.records import (
    Area,
    AreaRef,
    Clean,
    Derived,
    Extraction,
    Finding,
    IndicatorRef,
    Observation,
    PeriodRef,
    Report,
    Span,
)
from service.schema import (
    AreaJson,
    DerivedJson,
    EvidenceJson,
    ExtractionJson,
    FindingJson,
    IndicatorJson,
    ObservationJson,
    ObservedAreaJson,
    PeriodJson,
    RangeJson,
    ReportJson,
    TextSpan,
    ValueJson,
)

# Beyond this a float no longer holds every whole number, and writing it as one would invent digits.
EXACT_INTEGERS = 2**53

CSV_COLUMNS = (
    *("report", "observation", "indicator", "indicator_code", "value", "low", "high", "unit", "bound", "masked"),
    *("measure", "period", "period_text", "area", "area_code", "scope", "base", "status", "score"),
    *("start", "end", "evidence", "section"),
)

# A spreadsheet takes a cell that begins with one of these for a formula (OWASP, CSV Injection).
FORMULA_STARTS = frozenset("=+-@＝＋－＠\t\r\n")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?%?", re.ASCII)


def to_json(extraction: Extraction, *, with_text: bool = False) -> ExtractionJson:
    """The answer to one text.  `with_text` adds `report.text`, for a file whose caller has not seen its text."""
    posted = _Posted(extraction.clean)
    numbered = [(f"e{number}", entity) for number, entity in enumerate(extraction.entities, 1)]
    entity_of = {entity.span: name for name, entity in numbered}
    ledger = extraction.ledger
    return {
        "report": _report(posted, extraction.report, with_text),
        "parts": [
            {
                **posted.range(part.span),
                "title": report.title_text or None,
                "area": _area(report.area),
                "period": report.period or None,
            }
            for part, report in zip(extraction.layout.parts, extraction.parts, strict=True)
        ],
        "sections": [
            {**posted.range(section.span), "level": section.level, "heading": posted.clean_text(section.heading)}
            for section in extraction.layout.sections
        ],
        "tables": [
            {
                **posted.range(table.span),
                "caption": posted.clean_text(table.caption) if table.caption else None,
                "rows": len(table.rows),
                "columns": max((cell.column + 1 for row in table.rows for cell in row), default=0),
            }
            for table in extraction.layout.tables
        ],
        "entities": [
            {"id": name, "label": entity.label.value, **posted.quote(entity.span), "score": _score(entity.score)}
            for name, entity in numbered
        ],
        "observations": [
            _observation(posted, f"o{number}", observation, entity_of.get(observation.value))
            for number, observation in enumerate(extraction.observations, 1)
        ],
        "ledger": {
            "numbers": ledger.numbers,
            "observed": ledger.observed,
            "set_aside": [{**posted.quote(item.span), "reason": item.reason} for item in ledger.set_aside],
            "unexplained": [posted.quote(span) for span in ledger.unexplained],
        },
        "findings": [_finding(posted, item) for item in extraction.findings],
        "derived": [_derived(posted, f"d{number}", item) for number, item in enumerate(extraction.derived, 1)],
        "model": {
            "name": extraction.model.name,
            "version": extraction.model.version,
            "sha256": extraction.model.sha256,
        },
    }


def to_csv(reports: Iterable[tuple[str, Extraction]], *, header: bool = True) -> str:
    """One row an observation (`CSV_COLUMNS`), for any number of `(name of the report, extraction)`.

    Numbers stand plain; a text that a spreadsheet would run as a formula gets an apostrophe before it.  RFC 4180 line
    ends.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if header:
        writer.writerow(CSV_COLUMNS)
    for name, extraction in reports:
        writer.writerows(_rows(name, extraction))
    return out.getvalue()


class _Posted:
    """The posted text, reached from clean spans."""

    def __init__(self, clean: Clean) -> None:
        self._clean = clean

    @property
    def text(self) -> str:
        return self._clean.original

    def span(self, span: Span) -> Span:
        """The posted range of a clean span; an empty one stays empty, at the same place."""
        if span.start < span.end:
            return self._clean.to_original(span)
        at = self._clean.starts[span.start] if span.start < len(self._clean.starts) else len(self.text)
        return Span(at, at)

    def range(self, span: Span) -> RangeJson:
        start, end = self.span(span)
        return {"start": start, "end": end}

    def quote(self, span: Span) -> TextSpan:
        start, end = self.span(span)
        return {"start": start, "end": end, "text": self._clean.original[start:end]}

    def clean_text(self, span: Span) -> str:
        return span.of(self._clean.text)


def _report(posted: _Posted, report: Report, with_text: bool) -> ReportJson:
    answer: ReportJson = {
        "id": hashlib.sha256(posted.text.encode()).hexdigest(),
        "title": report.title_text or None,
        "issuer": posted.quote(report.issuer) if report.issuer else None,
        "published": report.published or None,
        "period": report.period or None,
        "area": _area(report.area),
    }
    if with_text:
        answer["text"] = posted.text
    return answer


def _area(area: Area | None) -> AreaJson | None:
    return {"name": area.name, "code": area.code} if area else None


def _observation(posted: _Posted, name: str, observation: Observation, entity: str | None) -> ObservationJson:
    start, end = posted.span(observation.evidence)
    evidence: EvidenceJson = {"start": start, "end": end, "section": observation.section}
    return {
        "id": name,
        "value": _value(posted, observation, entity),
        "indicator": _indicator(posted, observation.indicator),
        "measure": observation.measure.value,
        "period": _period(posted, observation.period),
        "area": _observed_area(posted, observation.area),
        "scope": observation.scope,
        "base": observation.base,
        "status": observation.status.value,
        "score": _score(observation.score),
        "evidence": evidence,
    }


def _finding(posted: _Posted, finding: Finding) -> FindingJson:
    return {
        "code": finding.code,
        "message": finding.message,
        "severity": finding.severity.value,
        "rule": finding.rule,
        "observations": [f"o{index + 1}" for index in finding.figures],
        "spans": [posted.quote(span) for span in finding.spans],
    }


def _derived(posted: _Posted, name: str, derived: Derived) -> DerivedJson:
    return {
        "id": name,
        "rule": derived.rule,
        "observations": [f"o{index + 1}" for index in derived.figures],
        "indicator": _indicator(posted, derived.indicator),
        "measure": derived.measure.value,
        "low": number(derived.low),
        "high": number(derived.high),
        "unit": derived.unit,
        "period": derived.period,
        "area": _area(derived.area),
        "status": derived.status.value,
    }


def _indicator(posted: _Posted, indicator: IndicatorRef) -> IndicatorJson:
    return {
        "name": indicator.name,
        "code": indicator.code,
        "spans": [posted.quote(span) for span in indicator.spans],
    }


def _value(posted: _Posted, observation: Observation, entity: str | None) -> ValueJson:
    quantity = observation.quantity
    return {
        "entity": entity,
        **posted.quote(observation.value),
        "low": number(quantity.low),
        "high": number(quantity.high),
        "unit": quantity.unit,
        "bound": quantity.bound.value,
        "masked": quantity.masked,
    }


def _period(posted: _Posted, period: PeriodRef | None) -> PeriodJson | None:
    if period is None:
        return None
    quote = posted.quote(period.span) if period.span else None
    return {
        "edtf": period.edtf,
        "text": quote["text"] if quote else None,
        "start": quote["start"] if quote else None,
        "end": quote["end"] if quote else None,
        "source": period.source.value,
    }


def _observed_area(posted: _Posted, area: AreaRef | None) -> ObservedAreaJson | None:
    if area is None:
        return None
    quote = posted.quote(area.span) if area.span else None
    return {
        "name": area.area.name,
        "code": area.area.code,
        "text": quote["text"] if quote else None,
        "start": quote["start"] if quote else None,
        "end": quote["end"] if quote else None,
        "source": area.source.value,
    }


def number(value: float | None) -> float | int | None:
    """A whole number without its `.0`; what JSON cannot hold (infinity) as null."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < EXACT_INTEGERS else value


def _score(score: float) -> float:
    return round(score, 4)


def _rows(name: str, extraction: Extraction) -> Iterable[Sequence[str | float | int]]:
    text = extraction.clean.original
    for observation in to_json(extraction)["observations"]:
        value, period, area = observation["value"], observation["period"], observation["area"]
        evidence = observation["evidence"]
        row = (
            name,
            observation["id"],
            observation["indicator"]["name"],
            observation["indicator"]["code"],
            value["text"],
            value["low"],
            value["high"],
            value["unit"],
            value["bound"],
            "true" if value["masked"] else "false",
            observation["measure"],
            period["edtf"] if period else None,
            period["text"] if period else None,
            area["name"] if area else None,
            area["code"] if area else None,
            observation["scope"],
            observation["base"],
            observation["status"],
            observation["score"],
            value["start"],
            value["end"],
            text[evidence["start"] : evidence["end"]],
            evidence["section"],
        )
        yield [safe_cell(cell) for cell in row]


def safe_cell(cell: str | float | int | None) -> str | float | int:
    """A cell that no spreadsheet runs."""
    if cell is None:
        return ""
    if isinstance(cell, str) and cell[:1] in FORMULA_STARTS and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell
