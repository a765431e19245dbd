"""What differs between two annotations of one text: for review, and to count corrections.

An entity is the same where span and label are; one whose label or edges were changed is paired with what it became (the
same span, else the overlapping one of most characters in common).  An observation is paired by its number, wherever
that number's entity went, and differs by field; a link that followed an entity whose edge moved is no change of its
own.  Both lists are walked once, in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from service.annotations.document import Document, Figure
from service.annotations.scoring import same_number
from service.errors import InvalidRequest
from service.records import Entity, Span

# The fields of an observation, as they are told.
FIELDS = ("indicator", "low", "high", "unit", "bound", "measure", "period", "area", "scope", "base", "status")


@dataclass(frozen=True, slots=True)
class EntityChange:
    """An entity added (`left` None), gone (`right` None) or changed in `fields` (label, edges)."""

    left: Entity | None
    right: Entity | None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FigureChange:
    """An observation added (`left` None), gone (`right` None) or changed in `fields` (of `FIELDS`)."""

    left: Figure | None
    right: Figure | None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs, in reading order."""

    entities: tuple[EntityChange, ...]
    observations: tuple[FigureChange, ...]

    @property
    def corrections(self) -> int:
        """How many acts of correction lie between the two: each entity and each field of an observation once."""
        return len(self.entities) + sum(max(1, len(change.fields)) for change in self.observations)


def difference(left: Document, right: Document) -> Difference:
    """What becomes of `left` in `right`.  Raises InvalidRequest for annotations of different texts."""
    if left.text != right.text:
        raise InvalidRequest("两份标注不是同一文本的，无从比较。")
    pairs = list(_paired(left, right))
    changes = [
        EntityChange(a, b, _entity_fields(a, b) if a is not None and b is not None else ())
        for a, b in pairs
        if a is None or b is None or (a.span, a.label) != (b.span, b.label)
    ]
    moved = {a.span: b.span for a, b in pairs if a is not None and b is not None}
    return Difference(tuple(sorted(changes, key=_place)), tuple(_figures(left, right, moved)))


def _place(change: EntityChange) -> Span:
    side = change.left or change.right
    return side.span if side is not None else Span(0, 0)


def _entity_fields(a: Entity, b: Entity) -> tuple[str, ...]:
    label = ("label",) if a.label is not b.label else ()
    return (*label, *(("edges",) if a.span != b.span else ()))


def _paired(left: Document, right: Document) -> Iterator[tuple[Entity | None, Entity | None]]:
    """Each entity with what it became."""
    after = {e.span: e for e in right.entities}
    before = {e.span: e for e in left.entities}
    yield from ((e, after[e.span]) for e in left.entities if e.span in after)
    lone = sorted((e for e in left.entities if e.span not in after), key=lambda e: e.span)
    others = sorted((e for e in right.entities if e.span not in before), key=lambda e: e.span)
    taken: set[Span] = set()
    first = 0
    for entity in lone:
        while first < len(others) and others[first].span.end <= entity.span.start:
            first += 1
        best: Entity | None = None
        for other in islice(others, first, None):
            if other.span.start >= entity.span.end:
                break
            if other.span not in taken and (best is None or _common(entity, other) > _common(entity, best)):
                best = other
        if best is not None:
            taken.add(best.span)
        yield entity, best
    yield from ((None, other) for other in others if other.span not in taken)


def _common(a: Entity, b: Entity) -> tuple[int, bool]:
    """Characters in common, and whether the label is."""
    return min(a.span.end, b.span.end) - max(a.span.start, b.span.start), a.label is b.label


def _figures(left: Document, right: Document, moved: Mapping[Span, Span]) -> Iterator[FigureChange]:
    after = {o.value: o for o in right.observations}
    found: list[FigureChange] = []
    kept = set()
    for figure in left.observations:
        other = after.get(moved.get(figure.value, figure.value))
        if other is None:
            found.append(FigureChange(figure, None))
            continue
        kept.add(other.value)
        if fields := _fields(figure, other, moved):
            found.append(FigureChange(figure, other, fields))
    found += [FigureChange(None, figure) for figure in right.observations if figure.value not in kept]
    yield from sorted(found, key=_number)


def _number(change: FigureChange) -> Span:
    side = change.left or change.right
    return side.value if side is not None else Span(0, 0)


def _fields(a: Figure, b: Figure, moved: Mapping[Span, Span]) -> tuple[str, ...]:
    """The fields in which two observations of one number differ."""
    differ = {
        "indicator": sorted(moved.get(s, s) for s in a.indicator) != sorted(b.indicator),
        "low": not same_number(a.quantity.low, b.quantity.low),
        "high": not same_number(a.quantity.high, b.quantity.high),
        "unit": a.quantity.unit != b.quantity.unit,
        "bound": a.quantity.bound is not b.quantity.bound,
        "measure": a.measure is not b.measure,
        "period": a.period != b.period or _moved(a.period_span, moved) != b.period_span,
        "area": a.area != b.area or _moved(a.area_span, moved) != b.area_span,
        "scope": a.scope != b.scope,
        "base": a.base != b.base or _moved(a.base_span, moved) != b.base_span,
        "status": a.status is not b.status,
    }
    return tuple(name for name in FIELDS if differ[name])


def _moved(span: Span | None, moved: Mapping[Span, Span]) -> Span | None:
    return None if span is None else moved.get(span, span)
