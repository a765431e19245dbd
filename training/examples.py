"""Annotated documents as training examples: what the runtime would see, with the answers.

In: compiled markup documents, and the hand-annotated excerpts where they are present.  Out: `Example`s: the
document's clean text laid out and cut into windows as at run time, tag ids, candidate pairs with features and
targets. Knows nothing of networks.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.annotations.document import Document, Figure
from service.candidates import KINDS, PAIR_SIZES, VALUE_SIZES, Surroundings, pairs, value_features
from service.layout import lay_out
from service.linker import MEASURES, STATUSES
from service.normalise import normalise
from service.periods import read_period
from service.records import Anchor, Bound, Clean, Entity, Label, Measure, Quantity, Sentence, Span, Status, last_year
from service.tags import OUTSIDE, tag_ids
from service.windows import Window, windows

# Hand-annotated excerpts of real reports, beside the project.
GOLD = Path(__file__).resolve().parent.parent.parent / "shared" / "gold" / "train.jsonl"
IGNORE = -100
HELD_OUT_SHARE = 0.1
# The provinces whose hand-annotated excerpts are never trained on: a west, a centre and an east one, both excerpts
# each.
HELD_OUT_PROVINCES = ("四川省", "河南省", "江苏省")


@dataclass(frozen=True, slots=True)
class Example:
    """One document ready for training.  Offsets count characters of the clean text.

    `tags` (characters,) tag ids, IGNORE outside the windows; `pair_index` (pairs, 2) entity numbers of value and
    candidate; `pair_kind` (pairs,) index into KINDS; `pair_features` (pairs, slots); `pair_target` (pairs,) 1 where
    the
    candidate is an answer; `value_entities` (values,) entity numbers; `value_rows` (values, slots); `measure`,
    `status`
    (values,) targets or IGNORE; `null_period`, `null_area` (values,) whether no candidate is an answer, IGNORE if
    unknown.
    """

    id: str
    text: str
    entities: tuple[Entity, ...]
    windows: tuple[Window, ...]
    tags: NDArray[np.int64]
    pair_index: NDArray[np.int64]
    pair_kind: NDArray[np.int64]
    pair_features: NDArray[np.int64]
    pair_target: NDArray[np.float32]
    value_entities: NDArray[np.int64]
    value_rows: NDArray[np.int64]
    measure: NDArray[np.int64]
    status: NDArray[np.int64]
    null_period: NDArray[np.int64]
    null_area: NDArray[np.int64]
    meta: Mapping[str, str] = field(default_factory=dict)


def held_out(document_id: str) -> bool:
    """Whether a document belongs to the held-out part: fixed by its id, never by its order."""
    if document_id.startswith("gwr2026-"):
        return any(p in document_id for p in HELD_OUT_PROVINCES)
    return int(hashlib.sha256(document_id.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF < HELD_OUT_SHARE


def read_gold(path: Path) -> list[Document]:
    """The hand-annotated excerpts in the scorer's form, as documents."""
    return [_gold_document(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _gold_document(record: dict[str, Any]) -> Document:
    name = record["id"].removeprefix("gwr2026-").removesuffix("-b")
    observations = tuple(
        Figure(
            Span(o["start"], o["end"]), tuple(Span(a, b) for a, b in o["indicator"]),
            Quantity(o["low"], o["high"], o["unit"] or "", Bound(o["bound"]), o["low"] is None), Measure(o["measure"]),
            o["period"], None, o["area"], None, o["scope"], o["base"], Status(o["status"]),
        )
        for o in record["observations"]
    )  # fmt: skip
    meta = {
        "area": name,
        "year": "2025",
        "published": "2026-01",
        "bureau": "government",
        "form": "annual",
        "level": "province",
    }
    entities = tuple(Entity(Label(e["label"]), Span(e["start"], e["end"])) for e in record["entities"])
    return Document(record["id"], record["text"], entities, observations, {**meta, "gold": "yes"})


def example(document: Document) -> Example:
    """Lay a document out as the runtime does and attach the answers."""
    clean = normalise(document.text)
    layout = lay_out(clean.text)
    frames = tuple(windows(s.span for s in layout.sentences))
    seen = [w.core for w in frames]
    entities = sorted(
        (Entity(e.label, span) for e in document.entities if (span := clean.to_clean(e.span)) and _inside(span, seen)),
        key=lambda e: e.span,
    )
    number = {e.span: i for i, e in enumerate(entities)}
    tags = np.full(len(clean.text), IGNORE, np.int64)
    for core in seen:
        tags[core.start : core.end] = OUTSIDE
    for e in entities:
        tags[e.span.start : e.span.end] = tag_ids(e.label, e.span.end - e.span.start)
    answers = {number[s]: o for o in document.observations if (s := clean.to_clean(o.value)) in number}
    return _assemble(
        document, clean, entities, layout.sentences, [x.plan for x in layout.sections], frames, tags, answers
    )


def _assemble(
    document: Document, clean: Clean, entities: list[Entity], sentences: Sequence[Sentence], plans: list[bool],
    frames: tuple[Window, ...], tags: NDArray[np.int64], answers: dict[int, Figure],
) -> Example:  # fmt: skip
    around = Surroundings(clean.text, entities, sentences)
    found = [p for p in pairs(entities, around) if p.value in answers]
    anchor = Anchor(document.meta.get("published", ""), last_year(document.meta.get("year", "")))
    target = np.zeros(len(found), np.float32)
    answered: dict[tuple[int, Label], bool] = {}
    for n, pair in enumerate(found):
        o, candidate = answers[pair.value], entities[pair.candidate]
        if _answers(o, candidate, clean, document, anchor):
            target[n] = 1
            answered[pair.value, pair.kind] = True
    values = sorted(answers)
    rows, measure, status, null_period, null_area = [], [], [], [], []
    for v in values:
        o = answers[v]
        section = sentences[around.sentence_of(entities[v].span.start)].section
        rows.append(value_features(entities[v], clean.text, plan=section >= 0 and plans[section]))
        measure.append(IGNORE if o.measure is Measure.RANK else MEASURES.index(o.measure))
        status.append(STATUSES.index(o.status))
        # Where the document's own time is meant, none of the candidates need be chosen, even if one says the same.
        default = o.period_span is None and o.period == document.meta.get("year")
        null_period.append(int(default or (v, Label.PERIOD) not in answered))
        has_area = (v, Label.AREA) in answered
        null_area.append(0 if has_area else 1 if o.area == document.meta.get("area") or o.area is None else IGNORE)
    return Example(
        document.id, clean.text, tuple(entities), frames, tags,
        np.array([(p.value, p.candidate) for p in found], np.int64).reshape(-1, 2),
        np.array([KINDS.index(p.kind) for p in found], np.int64),
        np.array([p.features for p in found], np.int64).reshape(-1, len(PAIR_SIZES)), target,
        np.array(values, np.int64), np.array(rows, np.int64).reshape(-1, len(VALUE_SIZES)), np.array(measure, np.int64),
        np.array(status, np.int64), np.array(null_period, np.int64), np.array(null_area, np.int64), document.meta,
    )  # fmt: skip


def _answers(o: Figure, candidate: Entity, clean: Clean, document: Document, anchor: Anchor) -> bool:
    if candidate.label is Label.INDICATOR:
        return any(clean.to_clean(s) == candidate.span for s in o.indicator)
    said = candidate.span.of(clean.text)
    if candidate.label is Label.PERIOD:
        if o.period_span is not None:
            return clean.to_clean(o.period_span) == candidate.span
        return o.period is not None and read_period(said, anchor) == o.period
    if o.area_span is not None:
        return clean.to_clean(o.area_span) == candidate.span
    return o.area not in (None, document.meta.get("area")) and (said == o.area or str(o.area).startswith(said))


def _inside(span: Span, cores: Sequence[Span]) -> bool:
    n = bisect_right(cores, Span(span.start, 1 << 60)) - 1
    return n >= 0 and cores[n].covers(span)


def examples(documents: Iterable[Document]) -> list[Example]:
    return [example(d) for d in documents]
