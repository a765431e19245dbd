"""What a report, and each part of one, says of itself: title, issuer, date, period, region.

In: clean text, its layout, the caller's hints.  Out: `records.Report`s.  A part (one report of a compilation, one
region's section of an article) has its own title, region and period where it states them, and the whole's elsewhere.
Figures are not known here.
"""

from __future__ import annotations

import re
from dataclasses import replace

from service.areas import gazetteer
from service.periods import find_periods
from service.records import Area, Hints, Layout, Part, Report, Section, Span
from service.report_area import area_of, kind_of
from service.report_head import date_of, is_crumb, issuer_of, title_of
from service.report_period import anchor_of, default_period, now_of, period_of, plan_year_of

_REVIEW = re.compile("工作|情况|回顾|完成|成效|总结|进展")

__all__ = ["anchor_of", "default_period", "read_parts", "read_report"]


def read_report(text: str, layout: Layout, hints: Hints = Hints()) -> Report:
    """What the whole text says of itself; hints go before what is read."""
    whole = Span(0, len(text))
    title = _title(text, layout, hints)
    title_text = hints.title or (title.of(text) if title is not None else "")
    issuer = issuer_of(text, whole, title)
    published = hints.published.isoformat() if hints.published is not None else date_of(text, whole)
    if hints.area is not None:
        area = gazetteer().resolve(hints.area)
    else:
        area = area_of(text, whole, title_text, issuer.of(text) if issuer is not None else "")
    return _with_period(text, layout, whole, Report(title, title_text, issuer, published, "", "", area), -1)


def read_parts(text: str, layout: Layout, report: Report, hints: Hints = Hints()) -> tuple[Report, ...]:
    """One report for each of `layout.parts`, in order; a text of one part gives `report` itself."""
    if len(layout.parts) <= 1:
        return (report,)
    return tuple(_part(text, layout, part, number, report, hints) for number, part in enumerate(layout.parts))


def _part(text: str, layout: Layout, part: Part, number: int, report: Report, hints: Hints) -> Report:
    title = part.title
    title_text = title.of(text) if title is not None else ""
    issuer = issuer_of(text, part.span, title)
    published = date_of(text, part.span) or report.published
    area = area_of(text, part.span, title_text, issuer.of(text) if issuer is not None else "", report.area)
    area = _part_area(area, title_text, report.area, hints)
    own = Report(title, title_text, issuer or report.issuer, published, "", "", area)
    found = _with_period(text, layout, part.span, own, number)
    if title is None or not (found.period and not found.period.startswith("../")):
        found = replace(found, period=report.period or found.period)
        found = replace(found, plan_year=found.plan_year or report.plan_year)
    return found


def _part_area(area: Area | None, title: str, whole: Area | None, hints: Hints) -> Area | None:
    """The part's own region where its title names it or the caller named none; else the whole's."""
    if area is None:
        return whole
    if hints.area is not None and whole is not None:
        named = area.name.rstrip("省市区县州旗") in title or kind_of(area) != kind_of(whole)
        return area if named else whole
    return area


def _title(text: str, layout: Layout, hints: Hints) -> Span | None:
    """Where the title stands: the hint's words if the text has them, a single part's title, else the head's."""
    if hints.title:
        start = text.find(hints.title)
        return Span(start, start + len(hints.title)) if start >= 0 else None
    if len(layout.parts) == 1 and (own := layout.parts[0].title) is not None and not is_crumb(own.of(text)):
        return own
    tables = [span for table in layout.tables for span in (table.span, table.caption) if span is not None]
    taken = (*(aside.span for aside in layout.set_aside), *tables)
    return title_of(text, Span(0, len(text)), taken)


def _with_period(text: str, layout: Layout, span: Span, report: Report, part: int) -> Report:
    """The report with its period and the year of its plans; `part` -1 is the whole text."""
    sections = [section for section in layout.sections if part in (-1, section.part)]
    body = _reviewed(text, span, sections)
    period, plan = period_of(report.title_text, report.published, body)
    if not plan and not find_periods(report.title_text):  # a heading's year goes before what the prose adds up to
        headings = [section.heading.of(text) for section in sections if not section.plan]
        reviews = [heading for heading in headings if _REVIEW.search(heading)]
        said = next((found for heading in reviews if (found := period_of(heading, "", "")[0])), "")
        period = said if said[:4].isdigit() or not period else period
    headings = [section.heading.of(text) for section in sections if section.plan]
    planned = plan_year_of(period, report.published, plan, headings, bool(headings))
    now = now_of(report.title_text, period, report.published, body)
    return replace(report, period=period, plan_year=planned, now=now)


def _reviewed(text: str, span: Span, sections: list[Section]) -> str:
    """The text at `span` without its sections of plans."""
    kept: list[str] = []
    start = span.start
    for section in sections:
        if section.plan and section.span.start >= start:
            kept.append(text[start : section.span.start])
            start = section.span.end
    kept.append(text[start : span.end])
    return "".join(kept)
