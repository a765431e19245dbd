"""The pipeline: the one place where the stages meet.

    text ─ normalise ─ lay out ─ read the report ─ read tables ─ tag ─ link ─ account ─ check ─▶ Extraction

Each stage is a pure function of what stands before it.  `Pipeline.load` is the only expensive call; a loaded pipeline
may be used by several threads at once.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from service.captions import captioned
from service.checks.rules import check as check_figures
from service.extractor import Observe
from service.findings import check
from service.indicators import match
from service.ingest import check as check_text
from service.layout import lay_out, part_of
from service.ledger import account
from service.linker import link
from service.normalise import normalise
from service.periods import find_periods
from service.quantities import find_quantities
from service.records import Entity, Extraction, Hints, Label, Layout, ModelCard, Observation, Sentence, SetAside, Span
from service.report import read_parts, read_report
from service.table_reader import TableReading, read_tables
from service.tagger import Tagger
from service.windows import windows


class Pipeline:
    """A loaded model and the stages around it."""

    def __init__(self, tagger: Tagger) -> None:
        self._tagger = tagger

    @classmethod
    def load(cls, folder: Path, *, threads: int = 0) -> Pipeline:
        """Load a model folder; windows are read by `threads`, 0 for all cores.  Raises `ModelRefused`."""
        return cls(Tagger(folder, threads=threads))

    @property
    def model(self) -> ModelCard:
        return self._tagger.card

    def extract(self, text: str, hints: Hints | None = None, observe: Observe | None = None) -> Extraction:
        """All that `text` says.  `observe(stage, seconds)` is called once for each stage.  Raises `BaoshuError`."""
        hints = hints or Hints()
        clock = _Clock(observe)
        clean = normalise(check_text(text))
        clock.lap("normalise")
        layout = lay_out(clean.text)
        clock.lap("lay_out")
        report = read_report(clean.text, layout, hints)
        parts = read_parts(clean.text, layout, report, hints)
        tables = read_tables(clean.text, layout, parts)
        layout = with_cells(layout, tables)
        clock.lap("read")
        quantities, idle = find_quantities(clean.text)
        times = find_periods(clean.text)
        shapes = sorted((*quantities, *((span, Label.PERIOD) for span in times)))
        tagged = self._tagger.tag(clean.text, list(windows(s.span for s in layout.sentences)), shapes)
        tagged = tagged.without(figures_in(layout.set_aside, tagged.entities))
        clock.lap("tag")
        prose = link(clean.text, layout, tagged, parts, self._tagger)
        clock.lap("link")
        cells = tuple(sorted(tables.entities, key=lambda e: e.span))
        entities = merge_entities(tagged.entities, (*cells, *captioned(clean.text, layout, cells)))
        observations = tuple(with_code(o) for o in sorted((*prose, *tables.observations), key=lambda o: o.value))
        ledger = account(clean.text, layout, entities, observations, times=times, idle=idle)
        known = check(report, parts, observations, ledger)
        wrong, derived = check_figures(clean.text, layout, report, parts, observations)
        clock.lap("check")
        return Extraction(
            clean, report, layout, parts, entities, observations, ledger, (*known, *wrong), self.model, derived
        )


def with_cells(layout: Layout, tables: TableReading) -> Layout:
    """The layout with the tables' cells of prose among its sentences and what their reading set aside."""
    starts = [s.span.start for s in layout.sentences]
    cells = []
    for span in tables.prose:
        near = layout.sentences[max(0, bisect_right(starts, span.start) - 1)] if layout.sentences else None
        paragraph, section = (near.paragraph, near.section) if near else (0, -1)
        cells.append(Sentence(span, paragraph, section, part_of(layout, span)))
    sentences = tuple(sorted((*layout.sentences, *cells), key=lambda s: s.span))
    return replace(layout, sentences=sentences, set_aside=(*layout.set_aside, *tables.set_aside))


def with_code(o: Observation) -> Observation:
    """The observation with its indicator's code, where the catalogue knows the indicator for certain."""
    found = match(o.indicator.name, o.quantity.unit, o.measure)
    return replace(o, indicator=replace(o.indicator, code=found.code)) if found is not None else o


def figures_in(set_aside: Sequence[SetAside], entities: Sequence[Entity]) -> list[bool]:
    """For each entity whether it is a number or time that the layout has set aside."""
    aside = sorted(a.span for a in set_aside)

    def inside(e: Entity) -> bool:
        n = bisect_right(aside, Span(e.span.start, 1 << 60)) - 1
        return n >= 0 and aside[n].overlaps(e.span)

    return [(e.label.is_value or e.label is Label.PERIOD) and inside(e) for e in entities]


def merge_entities(tagged: Sequence[Entity], ruled: Sequence[Entity]) -> tuple[Entity, ...]:
    """Both in reading order; where a tagged one overlaps a ruled one, the ruled one stands."""
    taken = sorted(e.span for e in ruled)

    def free(span: Span) -> bool:
        n = bisect_right(taken, span)
        return not any(taken[i].overlaps(span) for i in (n - 1, n) if 0 <= i < len(taken))

    return tuple(sorted((*ruled, *(e for e in tagged if free(e.span))), key=lambda e: e.span))


class _Clock:
    """Calls back with the time since the last lap."""

    def __init__(self, observe: Observe | None) -> None:
        self._observe, self._last = observe, time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        if self._observe is not None:
            self._observe(stage, now - self._last)
        self._last = now
