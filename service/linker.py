"""The linker: which indicator, period and area a value belongs to, and what it says of them.

In: clean text, its layout, the tagged entities and the reports of the parts.  Out: observations of the prose, in
reading order.  The model decides the links, the measure and the status, because these hang on meaning; rules read
what the characters themselves say: numbers, units, bounds, signs, scopes, bases, dates.  A rule overrules the model
only where the annotation leaves no choice: a rank is a rank, percentage points are a difference, and what `wording`
settles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from service.areas import gazetteer
from service.candidates import KINDS, VALUE_SIZES, Surroundings, pairs, value_features
from service.changes import times_of_changes
from service.confidence import Calibration, Decisions, features
from service.numbers import base_of, read_quantity, scope_of, sign
from service.periods import read_period
from service.records import (
    Anchor,
    AreaRef,
    Entity,
    IndicatorRef,
    Label,
    Layout,
    Measure,
    Observation,
    PeriodRef,
    Quantity,
    Report,
    Source,
    Span,
    Status,
)  # fmt: skip
from service.report import default_period
from service.tagger import Tagged, Tagger
from service.wording import LIGHT, measure_named, sets_time, status_said, tells_of_past

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

MEASURES = (Measure.LEVEL, Measure.INCREMENT, Measure.GROWTH, Measure.DIFF)
STATUSES = tuple(Status)
# A value with no indicator above one half takes its best one if that is at least this likely (calibrated on the
# held-out part: below it the values that truly have none outnumber the rest).
LAST_RESORT = 0.1
GROWTH_UNITS = ("%", "‰", "倍", "番", "成")


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for one value, by entity numbers (None where none), and how sure each decision was."""

    indicators: tuple[int, ...]
    period: int | None
    area: int | None
    measure: Measure
    status: Status
    decisions: Decisions


def link(
    text: str, layout: Layout, tagged: Tagged, reports: Sequence[Report], tagger: Tagger
) -> tuple[Observation, ...]:
    """Observations of all value entities that read as numbers.  `reports` are those of `layout.parts`, in order."""
    around = Surroundings(text, tagged.entities, layout.sentences)
    chosen = choose(text, layout, tagged, around, tagger)
    return tuple(_observations(text, layout, tagged.entities, around, chosen, reports, tagger.calibration))


def choose(text: str, layout: Layout, tagged: Tagged, around: Surroundings, tagger: Tagger) -> dict[int, Choice]:
    """Ask the model about every value entity, keyed by its number among the entities."""
    entities = tagged.entities
    part = np.searchsorted([p.span.start for p in layout.parts], around.starts, "right")
    found = pairs(entities, around)
    found = found.where(part[found.index[:, 0]] == part[found.index[:, 1]])
    numbers = [i for i, e in enumerate(entities) if e.label.is_value]
    values = [entities[v] for v in numbers]
    rows = [value_features(v, text, plan=_plan(layout, around, v)) for v in values]
    measures, statuses = tagger.score_values(
        tagged, np.array(numbers, np.int64), np.array(rows, np.int64).reshape(-1, len(VALUE_SIZES))
    )
    scores = tagger.score_pairs(tagged, found.index, found.features)
    scored = _Scored(np.searchsorted(numbers, found.index[:, 0]), found.index[:, 1], scores)
    things, times, places = (scored.where(found.kind == n) for n in range(len(KINDS)))
    chosen = zip(
        numbers,
        _indicators(text, values, entities, things),
        _periods(text, values, entities, times),
        _exclusive(values, places),
        _measures(text, values, measures),
        _statuses(statuses),
        strict=True,
    )
    choices: dict[int, Choice] = {}
    for v, (indicators, link_p), (period, period_p), (area, area_p), (measure, measure_p), (status, status_p) in chosen:
        name_p = min((entities[i].score for i in indicators), default=1.0)
        decisions = Decisions(entities[v].score, name_p, link_p, period_p, area_p, measure_p, status_p)
        choices[v] = Choice(indicators, period, area, measure, status, decisions)
    return choices


@dataclass(frozen=True, slots=True)
class _Scored:
    """Candidates with their logits, as columns: which of the values, which of the entities, how likely."""

    value: Ints
    candidate: Ints
    logit: Floats

    def where(self, kept: NDArray[np.bool_]) -> _Scored:
        return _Scored(self.value[kept], self.candidate[kept], self.logit[kept])

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.value.tolist(), self.candidate.tolist(), strict=True)


def _indicators(
    text: str, values: Sequence[Entity], entities: Sequence[Entity], scored: _Scored
) -> Iterator[tuple[tuple[int, ...], float]]:
    """Each value's indicators, with the probability of the least certain yes or no."""
    of: list[list[tuple[int, float]]] = [[] for _ in values]
    likelihood = 1 / (1 + np.exp(-scored.logit.astype(np.float64)))
    for (n, candidate), p in zip(scored, likelihood.tolist(), strict=True):
        of[n].append((candidate, p))
    for value, likely in zip(values, of, strict=True):
        chosen = sorted(c for c, p in likely if p > 0.5)
        if chosen and all(entities[i].span.of(text) in LIGHT for i in chosen):
            things = [x for x in likely if entities[x[0]].span.of(text) not in LIGHT]
            things = [(c, p) for c, p in things if entities[c].span < value.span]
            chosen = sorted((*chosen, *(c for c, _ in sorted(things, key=lambda x: -x[1])[:1])))
        if not chosen and likely:
            best = max(likely, key=lambda x: x[1])
            chosen = [best[0]] if best[1] > LAST_RESORT else []
        yield tuple(chosen), min((max(p, 1 - p) for _, p in likely), default=1.0)


def _periods(
    text: str, values: Sequence[Entity], entities: Sequence[Entity], scored: _Scored
) -> list[tuple[int | None, float]]:
    """Each value's likeliest time."""
    able = [sets_time(entities[c].span.of(text), ranked=values[n].label is Label.RANK) for n, c in scored]
    return _exclusive(values, scored.where(np.array(able, np.bool_)))


def _exclusive(values: Sequence[Entity], scored: _Scored) -> list[tuple[int | None, float]]:
    """For each value the best of its candidates and none (whose logit is 0), with its probability."""
    places = np.arange(len(scored.value)) - np.searchsorted(scored.value, scored.value)
    width = int(places.max(initial=-1)) + 2
    logits = np.full((len(values), width), -np.inf, np.float32)
    logits[:, 0] = 0
    logits[scored.value, places + 1] = scored.logit
    candidates = np.full((len(values), width), -1)
    candidates[scored.value, places + 1] = scored.candidate
    p = _softmax(logits)
    best = candidates[np.arange(len(values)), p.argmax(1)].tolist()
    return [(c if c >= 0 else None, x) for c, x in zip(best, p.max(1).tolist(), strict=True)]


def _measures(text: str, values: Sequence[Entity], logits: Floats) -> Iterator[tuple[Measure, float]]:
    """The likeliest measure that each value's form allows, with its probability."""
    allowed = np.ones(logits.shape, np.bool_)
    percent = np.array([v.label is Label.PERCENT for v in values], np.bool_)
    grows = np.array([text.endswith(GROWTH_UNITS, v.span.start, v.span.end) for v in values], np.bool_)
    allowed[:, MEASURES.index(Measure.INCREMENT)] = ~percent
    allowed[:, MEASURES.index(Measure.GROWTH)] = percent | grows
    p = np.where(allowed, _softmax(logits), 0)
    for value, best, share in zip(values, p.argmax(1).tolist(), (p.max(1) / p.sum(1)).tolist(), strict=True):
        if value.label is Label.RANK:
            yield Measure.RANK, 1.0
        elif text[value.span.end - 1] == "点":
            yield Measure.DIFF, 1.0
        else:
            yield MEASURES[best], share


def _statuses(logits: Floats) -> Iterator[tuple[Status, float]]:
    p = _softmax(logits)
    return zip((STATUSES[n] for n in p.argmax(1).tolist()), p.max(1).tolist(), strict=True)


def _observations(
    text: str,
    layout: Layout,
    entities: Sequence[Entity],
    around: Surroundings,
    chosen: dict[int, Choice],
    reports: Sequence[Report],
    calibration: Calibration,
) -> Iterator[Observation]:
    @cache
    def default(section: int, part: int, plan: bool) -> PeriodRef | None:
        place = layout.sections[section] if section >= 0 else None
        return default_period(text, layout, place, reports[part], plan=plan)

    divided = any(s.plan for s in layout.sections)
    paragraphs: dict[int, Span] = {}
    for s in layout.sentences:
        paragraphs[s.paragraph] = Span(paragraphs.get(s.paragraph, s.span).start, s.span.end)

    @cache
    def past(paragraph: int) -> bool:
        return tells_of_past(paragraphs[paragraph].of(text))

    found: dict[int, list[Observation]] = defaultdict(list)  # by sentence
    otherwise: dict[Span, PeriodRef | None] = {}
    for v, choice in chosen.items():
        value = entities[v]
        quantity = read_quantity(text, value.span, value.label)
        if quantity is None:
            continue
        number = around.sentence_of(value.span.start)
        sentence = layout.sentences[number]
        report = reports[sentence.part]
        section = layout.sections[sentence.section] if sentence.section >= 0 else None
        spans = tuple(entities[i].span for i in choice.indicators)
        planned = section is not None and section.plan
        status = status_said(
            text[sentence.span.start : value.span.start],
            text[paragraphs[sentence.paragraph].start : value.span.start],
            choice.status,
            planned=planned,
            divided=divided,
            past=past(sentence.paragraph),
        )
        name = "".join(s.of(text) for s in spans)
        measure = measure_named(name, quantity.unit, choice.measure)
        plan = status is Status.PLAN
        standing = otherwise[value.span] = default(sentence.section, sentence.part, plan)
        period = _period(text, choice, entities, sentence.span, report, plan=plan) or standing
        # A time that one paragraph names does not hold in the next one, where another stands above both.
        if period and standing and period.edtf != standing.edtf and _elsewhere(period, paragraphs[sentence.paragraph]):
            period = standing
        area = _area(text, choice, entities, sentence.span, report)
        near = [s for s in (*spans, *(r.span for r in (period, area) if r)) if s and sentence.span.covers(s)]
        evidence = Span(min(s.start for s in (value.span, *near)), max(s.end for s in (value.span, *near)))
        factor = sign(text, value.span, measure)
        if factor < 0 and quantity.low is not None and quantity.high is not None:
            quantity = Quantity(-quantity.high, -quantity.low, quantity.unit, quantity.bound, quantity.masked)
        score = calibration.probability(features(choice.decisions, len(spans), period, area))
        found[number].append(Observation(
            value=value.span, label=value.label, quantity=quantity,
            indicator=IndicatorRef(spans, name), measure=measure, period=period, area=area,
            scope=scope_of(text, value.span) if measure is Measure.RANK else None,
            base=base_of(text, value.span, measure), status=status, score=score, evidence=evidence,
            section="/".join(section.path) if section else "",
        ))  # fmt: skip
    for told in found.values():
        moved = times_of_changes(text, {o.value: o.period for o in told}, otherwise)
        for o in told:
            yield replace(o, period=moved[o.value]) if o.value in moved else o


def _elsewhere(period: PeriodRef, paragraph: Span) -> bool:
    return period.source is Source.EARLIER and period.span is not None and not paragraph.covers(period.span)


def _period(
    text: str,
    choice: Choice,
    entities: Sequence[Entity],
    sentence: Span,
    report: Report,
    *,
    plan: bool,
) -> PeriodRef | None:
    """The time chosen, where it reads as one."""
    if choice.period is not None:
        span = entities[choice.period].span
        # 今年 and 年底 of a target are the plan's, not those of the year reported on; 明年 is told from the latter.
        planned = plan and report.plan_year and not span.of(text).startswith("明年")
        anchor = Anchor(report.published, report.plan_year) if planned else report.anchor
        edtf = read_period(span.of(text), anchor, ahead=plan)
        if edtf is not None:
            return PeriodRef(edtf, span, Source.SENTENCE if sentence.covers(span) else Source.EARLIER)
    return None


def _area(text: str, choice: Choice, entities: Sequence[Entity], sentence: Span, report: Report) -> AreaRef | None:
    if choice.area is not None:
        span = entities[choice.area].span
        area = gazetteer().resolve(span.of(text), report.area)
        if area is not None:
            return AreaRef(area, span, Source.SENTENCE if sentence.covers(span) else Source.EARLIER)
    return AreaRef(report.area, None, Source.REPORT) if report.area is not None else None


def _plan(layout: Layout, around: Surroundings, value: Entity) -> bool:
    section = layout.sentences[around.sentence_of(value.span.start)].section
    return section >= 0 and layout.sections[section].plan


def _softmax(logits: Floats) -> Floats:
    """Of each row."""
    e = np.exp(logits - logits.max(1, keepdims=True))
    p: Floats = e / e.sum(1, keepdims=True)
    return p
