"""What a number's own words say: the value that an annotator is shown, and is held to.

In: a posted text.  Out: for a span of it the number as the service reads it there (`service.numbers`), with the words
around it.  Posted text is cleaned first, as it is when a report is read.  Knows nothing of what was annotated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from service.normalise import normalise
from service.numbers import base_of, read_quantity, scope_of, sign
from service.numerals import plain
from service.quantities import find_quantities
from service.records import Clean, Label, Measure, Quantity, Span

# What a table's header may say of all numbers below it (万元, 亿元, 万人): a bare cell is read without it.
_PLACES = (1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e11, 1e12)
_TOLERANCE = 1e-6
_BARE = re.compile(r"[\dX〇零一二两三四五六七八九十百千万亿][余多]?$")


@dataclass(frozen=True, slots=True)
class Reading:
    """A number as its words have it: falls negative; `scope` for a rank, `base` for a growth or diff, else None.

    `bare`: it has no unit of its own, so that a header may have given it one, and a place with it.
    """

    quantity: Quantity
    scope: str | None
    base: str | None
    bare: bool

    def allows(self, stated: Quantity) -> tuple[str, ...]:
        """The fields (low, high, unit, bound) in which `stated` is another number than the one read."""
        read = self.quantity
        if read.masked != stated.masked or (read.low is None) != (stated.low is None):
            return ("low", "high")
        wrong = []
        if not any(_close(read, stated, place) for place in (_PLACES if self.bare else _PLACES[:1])):
            wrong += [name for name in ("low", "high") if getattr(read, name) != getattr(stated, name)]
        if plain(read.unit) != plain(stated.unit) and not self.bare:
            wrong.append("unit")
        if read.bound != stated.bound:
            wrong.append("bound")
        return tuple(wrong)


class Reader:
    """Reads numbers of one posted text, which is cleaned when the first is asked for."""

    def __init__(self, text: str) -> None:
        self._posted = text
        self._cleaned: Clean | None = None

    def read(self, span: Span, label: Label, measure: Measure, *, given: str = "") -> Reading | None:
        """The number at a posted span, None where there is none; `given` is the unit that a header gives it."""
        clean = self._cleaned = self._cleaned or normalise(self._posted)
        within = clean.to_clean(span)
        if within is None or not label.is_value:
            return None
        text = clean.text
        found = read_quantity(text, within, label, given=given)
        if found is None:
            return None
        if found.low is not None and found.high is not None and sign(text, within, measure) < 0:
            found = replace(found, low=-found.high, high=-found.low)
        return Reading(
            found,
            scope_of(text, within) if measure is Measure.RANK else None,
            base_of(text, within, measure),
            label is not Label.RANK and _BARE.search(within.of(text)) is not None,
        )


def usual_measure(label: Label) -> Measure:
    """What a number of that label measures where nobody says."""
    return Measure.RANK if label is Label.RANK else Measure.LEVEL


def read_value(text: str, label: Label, measure: Measure, *, given: str = "") -> Reading | None:
    """The number that some words alone say (3.2亿元, 下降4.2个百分点): the first of that label, else the first."""
    clean = normalise(text)
    found = find_quantities(clean.text)[0]
    spans = [span for span, suggested in found if suggested is label] or [span for span, _ in found]
    whole = clean.to_original(spans[0]) if spans else Span(0, len(text))
    return Reader(text).read(whole, label, measure, given=given)


def _close(read: Quantity, stated: Quantity, place: float) -> bool:
    """Whether `stated` is what is read, `place` times; a fall may be said or left unsaid in a bare cell."""
    if read.low is None or read.high is None or stated.low is None or stated.high is None:
        return read.low is stated.low
    pairs = ((read.low, stated.low), (read.high, stated.high))
    return all(abs(a * place - b) <= _TOLERANCE * max(1.0, abs(a * place), abs(b)) for a, b in pairs)
