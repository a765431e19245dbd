"""The linker: which indicator, period and area a value belongs to, and what it says of them.

In: clean text, its layout, the tagged entities and the reports of the parts.  Out: observations of the prose, in
reading order.  The model decides the links, the measure and the status, because these hang on meaning; rules read
what the characters themselves say: numbers, units, bounds, signs, scopes, bases, dates.  A rule overrules the model
only where the annotation leaves no choice: a rank is a rank, percentage points are a difference, and what `wording`
settles.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.areas import gazetteer
from service.candidates import PAIR_SIZES, VALUE_SIZES, Pair, Surroundings, pairs, value_features
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
    Section,
    Source,
    Span,
    Status,
)  # fmt: skip
from service.report import default_period
from service.tagger import Tagged, Tagger
from service.wording import LIGHT, dates, measure_named, sets_time, status_said

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
    starts = [p.span.start for p in layout.parts]
    part = [bisect_right(starts, e.span.start) for e in entities]
    found = [p for p in pairs(entities, around) if part[p.value] == part[p.candidate]]
    index = np.array([(p.value, p.candidate) for p in found], np.int64).reshape(-1, 2)
    slots = np.array([p.features for p in found], np.int64).reshape(-1, len(PAIR_SIZES))
    scores = tagger.score_pairs(tagged, index, slots)
    values = [i for i, e in enumerate(entities) if e.label.is_value]
    rows = [value_features(entities[v], text, plan=_plan(layout, around, entities[v])) for v in values]
    measures, statuses = tagger.score_values(
        tagged, np.array(values, np.int64), np.array(rows, np.int64).reshape(-1, len(VALUE_SIZES))
    )
    of: dict[int, list[tuple[Pair, float]]] = {v: [] for v in values}
    for pair, score in zip(found, scores.tolist(), strict=True):
        of[pair.value].append((pair, score))
    return {v: _choice(entities[v], entities, text, of[v], measures[n], statuses[n]) for n, v in enumerate(values)}


def _choice(
    value: Entity,
    entities: Sequence[Entity],
    text: str,
    scored: list[tuple[Pair, float]],
    measures: NDArray[np.float32],
    statuses: NDArray[np.float32],
) -> Choice:
    likely = [(p.candidate, _sigmoid(s)) for p, s in scored if p.kind is Label.INDICATOR]
    indicators = tuple(sorted(c for c, s in likely if s > 0.5))
    if indicators and all(entities[i].span.of(text) in LIGHT for i in indicators):
        things = [(c, s) for c, s in likely if entities[c].span.of(text) not in LIGHT and entities[c].span < value.span]
        indicators = tuple(sorted((*indicators, *(c for c, _ in sorted(things, key=lambda x: -x[1])[:1]))))
    if not indicators and likely:
        best = max(likely, key=lambda x: x[1])
        indicators = (best[0],) if best[1] > LAST_RESORT else ()
    certain = min((max(s, 1 - s) for _, s in likely), default=1.0)
    ranked = value.label is Label.RANK
    times = [(p.candidate, s) for p, s in scored if p.kind is Label.PERIOD]
    times = [(c, s) for c, s in times if sets_time(entities[c].span.of(text), ranked=ranked)]
    period, period_score = _exclusive(times)
    for c, _ in times:
        if entities[c].span.end <= value.span.start and dates(text[entities[c].span.end : value.span.start]):
            period = c
    area, area_score = _exclusive([(p.candidate, s) for p, s in scored if p.kind is Label.AREA])
    measure, measure_score = _measure(value, text, measures)
    status_p = _softmax(statuses)
    status = STATUSES[int(status_p.argmax())]
    named = min((entities[i].score for i in indicators), default=1.0)
    decisions = Decisions(value.score, named, certain, period_score, area_score, measure_score, float(status_p.max()))
    return Choice(indicators, period, area, measure, status, decisions)


def _measure(value: Entity, text: str, logits: NDArray[np.float32]) -> tuple[Measure, float]:
    """The likeliest measure that the value's form allows, with its probability."""
    if value.label is Label.RANK:
        return Measure.RANK, 1.0
    word = value.span.of(text)
    if word.endswith("点"):
        return Measure.DIFF, 1.0
    percent = value.label is Label.PERCENT
    allowed = [
        not (m is Measure.INCREMENT and percent)
        and not (m is Measure.GROWTH and not percent and not word.endswith(GROWTH_UNITS))
        for m in MEASURES
    ]
    p = np.where(allowed, _softmax(logits), 0)
    return MEASURES[int(p.argmax())], float(p.max() / p.sum())


def _exclusive(scored: list[tuple[int, float]]) -> tuple[int | None, float]:
    """The best of candidates and none (whose logit is 0), with its probability."""
    if not scored:
        return None, 1.0
    p = _softmax(np.array([0.0, *(s for _, s in scored)], np.float32))
    best = int(p.argmax())
    return (scored[best - 1][0] if best else None), float(p[best])


def _observations(
    text: str,
    layout: Layout,
    entities: Sequence[Entity],
    around: Surroundings,
    chosen: dict[int, Choice],
    reports: Sequence[Report],
    calibration: Calibration,
) -> Iterator[Observation]:
    divided = any(s.plan for s in layout.sections)
    paragraphs = {s.paragraph: s.span.start for s in reversed(layout.sentences)}
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
            text[paragraphs[sentence.paragraph] : value.span.start],
            choice.status,
            planned=planned,
            divided=divided,
        )
        name = "".join(s.of(text) for s in spans)
        measure = measure_named(name, quantity.unit, choice.measure)
        period = _period(text, choice, status, entities, sentence.span, layout, section, report)
        area = _area(text, choice, entities, sentence.span, report)
        near = [s for s in (*spans, *(r.span for r in (period, area) if r)) if s and sentence.span.covers(s)]
        evidence = Span(min(s.start for s in (value.span, *near)), max(s.end for s in (value.span, *near)))
        factor = sign(text, value.span, measure)
        if factor < 0 and quantity.low is not None and quantity.high is not None:
            quantity = Quantity(-quantity.high, -quantity.low, quantity.unit, quantity.bound, quantity.masked)
        score = calibration.probability(features(choice.decisions, len(spans), period, area))
        yield Observation(
            value=value.span, label=value.label, quantity=quantity,
            indicator=IndicatorRef(spans, name), measure=measure, period=period, area=area,
            scope=scope_of(text, value.span) if measure is Measure.RANK else None,
            base=base_of(text, value.span, measure), status=status, score=score, evidence=evidence,
            section="/".join(section.path) if section else "",
        )  # fmt: skip


def _period(
    text: str,
    choice: Choice,
    status: Status,
    entities: Sequence[Entity],
    sentence: Span,
    layout: Layout,
    section: Section | None,
    report: Report,
) -> PeriodRef | None:
    plan = status is Status.PLAN
    if choice.period is not None:
        span = entities[choice.period].span
        # 今年 and 年底 of a target are the plan's, not those of the year reported on; 明年 is told from the latter.
        planned = plan and report.plan_year and not span.of(text).startswith("明年")
        anchor = Anchor(report.published, report.plan_year) if planned else report.anchor
        edtf = read_period(span.of(text), anchor, ahead=plan)
        if edtf is not None:
            return PeriodRef(edtf, span, Source.SENTENCE if sentence.covers(span) else Source.EARLIER)
    return default_period(text, layout, section, report, plan=plan)


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


def _sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-np.float64(x))))


def _softmax(x: NDArray[np.float32]) -> NDArray[np.float32]:
    e = np.exp(x - x.max())
    result: NDArray[np.float32] = e / e.sum()
    return result
