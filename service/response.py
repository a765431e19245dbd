"""From records to what leaves the house: the JSON form.

In: an `Extraction`, whose spans count characters of the clean text.  Out: dictionaries of the posted text (`schema`).
Here alone do clean offsets become posted ones.  Knows nothing of HTTP, of tables (`exports`) or of the model.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from service.records import (
    Area,
    AreaRef,
    Clean,
    Derived,
    Document,
    Extraction,
    Finding,
    IndicatorRef,
    Layout,
    Observation,
    PeriodRef,
    Place,
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
    LayoutJson,
    ObservationJson,
    ObservedAreaJson,
    PeriodJson,
    PlacedRangeJson,
    PlaceJson,
    RangeJson,
    ReportJson,
    SectionJson,
    TableJson,
    TextSpan,
    ValueJson,
)

# Beyond this a float no longer holds every whole number, and writing it as one would invent digits.
EXACT_INTEGERS = 2**53
MYRIADS = {"亿": 1e8, "万": 1e4}


def to_json(extraction: Extraction, *, with_text: bool = False, document: Document | None = None) -> ExtractionJson:
    """The answer to one text.

    `with_text` adds `report.text`, for a file whose caller has not seen its text.  `document`: the file that the text
    came from, whose places and notes are told as well.
    """
    posted = _Posted(extraction.clean, document.places if document is not None else ())
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
        "sections": _sections(posted, extraction.layout),
        "tables": _tables(posted, extraction.layout),
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
        "findings": [
            *(_note(posted.text, note) for note in (document.notes if document is not None else ())),
            *(_finding(posted, item) for item in extraction.findings),
        ],
        "derived": [_derived(posted, f"d{number}", item) for number, item in enumerate(extraction.derived, 1)],
        "model": {
            "name": extraction.model.name,
            "version": extraction.model.version,
            "sha256": extraction.model.sha256,
        },
    }


def layout_json(clean: Clean, layout: Layout) -> LayoutJson:
    """Where headings, tables and sentences stand in the posted text."""
    posted = _Posted(clean, ())
    return {
        "sections": _sections(posted, layout),
        "tables": _tables(posted, layout),
        "sentences": [posted.range(sentence.span) for sentence in layout.sentences],
    }


def _sections(posted: _Posted, layout: Layout) -> list[SectionJson]:
    return [
        {**posted.range(section.span), "level": section.level, "heading": posted.clean_text(section.heading)}
        for section in layout.sections
    ]


def _tables(posted: _Posted, layout: Layout) -> list[TableJson]:
    return [
        {
            **posted.range(table.span),
            "caption": posted.clean_text(table.caption) if table.caption else None,
            "rows": len(table.rows),
            "columns": max((cell.column + 1 for row in table.rows for cell in row), default=0),
        }
        for table in layout.tables
    ]


class _Posted:
    """The posted text, reached from clean spans, and where it stands in its file."""

    def __init__(self, clean: Clean, places: Sequence[Place]) -> None:
        self._clean = clean
        self.places = places
        self._starts = [place.span.start for place in places]

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

    def place(self, start: int) -> PlaceJson | None:
        """Where the character at `start` stands in the file; None where the file has no such places."""
        index = bisect_right(self._starts, start) - 1
        if index < 0 or start >= self.places[index].span.end:
            return None
        return _place(self.places[index])


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
    if posted.places:
        answer["places"] = places_json(posted.places)
    return answer


def places_json(places: Iterable[Place]) -> list[PlacedRangeJson]:
    """Where each line stands in the file that it came from."""
    return [{"start": place.span.start, "end": place.span.end, **_place(place)} for place in places]


def _place(place: Place) -> PlaceJson:
    answer: PlaceJson = {}
    if place.page is not None:
        answer["page"] = place.page
    if place.box is not None:
        answer["box"] = list(place.box)
    if place.paragraph is not None:
        answer["paragraph"] = place.paragraph
    return answer


def _area(area: Area | None) -> AreaJson | None:
    return {"name": area.name, "code": area.code} if area else None


def _observation(posted: _Posted, name: str, observation: Observation, entity: str | None) -> ObservationJson:
    start, end = posted.span(observation.evidence)
    evidence: EvidenceJson = {"start": start, "end": end, "section": observation.section}
    place = posted.place(posted.span(observation.value).start)
    if place is not None:
        evidence["place"] = place
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


def _note(text: str, note: Finding) -> FindingJson:
    """What is said of a file: its spans count in the text that was read from it."""
    return {
        "code": note.code,
        "message": note.message,
        "severity": note.severity.value,
        "rule": note.rule,
        "observations": [],
        "spans": [{"start": span.start, "end": span.end, "text": span.of(text)} for span in note.spans],
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


def in_myriads(value: float, digits: int = 12) -> str:
    """An amount as a person writes it: `19.48亿`, `3.2万`, `44`; `digits`: no more are shown."""
    for name, factor in MYRIADS.items():
        if abs(value) >= factor:
            return f"{value / factor:.{digits}g}{name}"
    return f"{value:.{digits}g}"


def _score(score: float) -> float:
    return round(score, 4)
