"""What changes when one model's readings are put in the place of another's.

In: two models that the archive knows.  Out: `Diff`: observations added, gone and changed, counted by field, indicator
and area, with samples.  Only reports that both have read are compared (`comparing`); the others are counted.  Memory
holds a batch of what differs, the names and the samples, whatever the archive holds.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from service.archive.comparing import FIELDS, Comparison, FieldName, Filter, Found, Name
from service.archive.models import known_key
from service.archive.tables import extractions, observations, reports
from service.errors import InvalidRequest

# Names told apart; free text may name more things than a person reads, and those are counted together.
MOST_NAMES = 50_000
# Characters of a quotation on either side of its value; a sentence is shorter, a stray table row may not be.
QUOTED = 200

Kind = Literal["added", "gone", "changed"]
KINDS: tuple[Kind, ...] = ("added", "gone", "changed")


@dataclass(frozen=True, slots=True)
class Counts:
    """Figures that only the new model gives, that only the old one gives, that both give and not alike."""

    added: int = 0
    gone: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """The counts of one indicator or area; with a code it is the same under any name, and `name` is one of those."""

    name: str | None
    code: str | None
    counts: Counts


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups with the most differences, the most first, and all others together.

    A figure whose indicator (or area) differs counts in both, so that the sum may be more than the whole.
    """

    most: tuple[Group, ...]
    others: Counts


@dataclass(frozen=True, slots=True)
class Side:
    """An observation as one of the models gives it; `number` is 7 for `o7`."""

    number: int
    indicator: str
    indicator_code: str | None
    value_text: str
    low: float | None
    high: float | None
    unit: str
    bound: str
    masked: bool
    measure: str
    period: str | None
    area: str | None
    area_code: str | None
    scope: str | None
    base: str | None
    status: str
    score: float
    section: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A figure that differs.  `kind`: added, gone or changed; `fields`: which of `FIELDS` differ, for a changed one.

    `start`, `end` are the value's place in the report's text; `quotation` is the text that proves it, from
    `quoted_from` on.  `before`, `after`: what the old and the new model give.
    """

    kind: Kind
    fields: tuple[FieldName, ...]
    report: str
    title: str | None
    source: str | None
    start: int
    end: int
    quotation: str
    quoted_from: int
    before: Side | None
    after: Side | None


@dataclass(frozen=True, slots=True)
class Diff:
    """`both`: reports read by both models, of which `differing` differ; `old_only`, `new_only`: read by one of them.

    `old`, `new`: figures that each gives in the reports read by both; `same`: those that both give alike.  With a
    filter all figures are those of which either side meets it.
    """

    old_model: str
    new_model: str
    both: int
    old_only: int
    new_only: int
    differing: int
    old: int
    new: int
    same: int
    counts: Counts
    fields: dict[FieldName, int]
    indicators: Groups
    areas: Groups
    samples: tuple[Sample, ...]


def diff(
    connection: Connection,
    from_id: str,
    to_id: str,
    *,
    indicator: str | None = None,
    area: str | None = None,
    samples: int = 3,
    groups: int = 50,
) -> Diff:
    """What changes from one model to the other.

    `indicator`, `area`: only figures of these, by name or code.  `samples`: how many at most of each kind and of each
    changed field, drawn evenly from all, and the same ones whenever the archive is the same.  `groups`: how many
    indicators and areas are told apart.  Raises `NotFound` for a model that the archive does not know, `InvalidRequest`
    where both are the same.
    """
    if from_id == to_id:
        raise InvalidRequest(f"比较需要两个不同的模型；from 与 to 均为 {from_id}。")
    old, new = known_key(connection, from_id), known_key(connection, to_id)
    tally = _Tally(samples)
    comparison = Comparison(connection, old, new, Filter(indicator, area))
    for pairs in comparison.batches():
        tally.compared(len(pairs), *comparison.totals(pairs))
        for found in comparison.differences(pairs):
            tally.add(found)
    return Diff(
        old_model=from_id,
        new_model=to_id,
        both=tally.both,
        old_only=max(0, comparison.count(old) - tally.both),
        new_only=max(0, comparison.count(new) - tally.both),
        differing=tally.differing,
        old=tally.old,
        new=tally.new,
        same=tally.same,
        counts=tally.counts,
        fields=tally.fields,
        indicators=tally.indicators.most(groups),
        areas=tally.areas.most(groups),
        samples=tuple(_shown(connection, found) for found in tally.samples()),
    )


@dataclass(slots=True)
class _Names:
    """Counts by name."""

    counts: dict[str | None, list[int]] = field(default_factory=dict)
    shown: dict[str | None, Name] = field(default_factory=dict)
    rest: list[int] = field(default_factory=lambda: [0, 0, 0])

    def add(self, names: Sequence[Name], place: int) -> None:
        for name in names:
            if name.key not in self.counts:
                if len(self.counts) >= MOST_NAMES:
                    self.rest[place] += 1
                    continue
                self.counts[name.key], self.shown[name.key] = [0, 0, 0], name
            self.counts[name.key][place] += 1

    def most(self, many: int) -> Groups:
        order = sorted(self.counts, key=lambda key: (-sum(self.counts[key]), key or ""))
        others = [self.rest, *(self.counts[key] for key in order[many:])]
        return Groups(
            tuple(Group(self.shown[k].name, self.shown[k].code, Counts(*self.counts[k])) for k in order[:many]),
            Counts(*(sum(column) for column in zip(*others, strict=True))),
        )


class _Tally:
    """Adds up what differs; draws `each` samples of every kind and of every changed field (Vitter's algorithm R)."""

    def __init__(self, each: int) -> None:
        self.both = self.differing = self.old = self.new = 0
        self.fields = dict.fromkeys(FIELDS, 0)
        self.indicators, self.areas = _Names(), _Names()
        self._kinds = [0, 0, 0]
        self._old_differs = 0
        self._last = 0
        self._each = each
        self._random = random.Random(0)
        self._offered: defaultdict[str, int] = defaultdict(int)
        self._drawn: defaultdict[str, list[Found]] = defaultdict(list)

    @property
    def counts(self) -> Counts:
        return Counts(*self._kinds)

    @property
    def same(self) -> int:
        return self.old - self._old_differs

    def compared(self, reports: int, old: int, new: int) -> None:
        self.both += reports
        self.old += old
        self.new += new

    def add(self, found: Found) -> None:
        place = KINDS.index(_kind(found))
        self._kinds[place] += 1
        self._old_differs += found.old_meets
        if found.reading != self._last:
            self.differing, self._last = self.differing + 1, found.reading
        self.indicators.add(found.indicators, place)
        self.areas.add(found.areas, place)
        for name in found.fields:
            self.fields[name] += 1
        for bucket in found.fields or (_kind(found),):
            self._draw(bucket, found)

    def samples(self) -> list[Found]:
        """Each once: what was added, what is gone, what has changed by field."""
        drawn = [found for bucket in (*KINDS, *FIELDS) for found in self._drawn[bucket]]
        return list({(found.old, found.new): found for found in drawn}.values())

    def _draw(self, bucket: str, found: Found) -> None:
        drawn = self._drawn[bucket]
        self._offered[bucket] += 1
        if len(drawn) < self._each:
            drawn.append(found)
        elif (place := self._random.randrange(self._offered[bucket])) < self._each:
            drawn[place] = found


def _kind(found: Found) -> Kind:
    return "gone" if found.new is None else "added" if found.old is None else "changed"


def _shown(connection: Connection, found: Found) -> Sample:
    keys = [key for key in (found.old, found.new) if key is not None]
    rows = {row.key: row for row in connection.execute(select(observations).where(observations.c.key.in_(keys)))}
    first = rows[keys[0]]
    start = max(min(row.evidence_start for row in rows.values()), first.start - QUOTED)
    end = min(max(row.evidence_end for row in rows.values()), first.end + QUOTED)
    report = connection.execute(
        select(
            reports.c.id,
            reports.c.source,
            func.coalesce(extractions.c.title, reports.c.hint_title).label("title"),
            func.substr(reports.c.text, start + 1, end - start).label("quotation"),
        )
        .join(extractions, extractions.c.report == reports.c.key)
        .where(extractions.c.key == rows[keys[-1]].extraction)
    ).one()
    return Sample(
        kind=_kind(found),
        fields=found.fields,
        report=report.id,
        title=report.title,
        source=report.source,
        start=first.start,
        end=first.end,
        quotation=report.quotation,
        quoted_from=start,
        before=_side(rows[found.old]) if found.old is not None else None,
        after=_side(rows[found.new]) if found.new is not None else None,
    )


def _side(row: Any) -> Side:
    return Side(**{name: getattr(row, name) for name in Side.__dataclass_fields__})
