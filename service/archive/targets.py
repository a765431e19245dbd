"""目标台账: a target of one report, and what later reports say of it.

In: a planned figure, and the actual figures of the same thing and place.  Out: a `Target` with its results in order of
time, how far they got, and how it stands.  Pure; knows nothing of the store.

A result counts where measure, unit, base, scope and 口径 are the target's, its time lies within the target's, and its
report is not known to be older than the target's.  Of several reports on one time the latest counts, the others are
shown.  Over a target of several years results add up in one of three ways (`Way`): additions are summed, yearly growth
is compounded, all else is told by its last year.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import fsum, prod

from service.archive.figures import Figure, Time, latest_first
from service.records import Bound, Measure

# Words of 口径 that tell over which time a target runs, which its results need not repeat.
OVER_TIME = frozenset({"年均", "累计"})
SUMMED = "累计"
YOY = "yoy"
PER_CENT = 100.0
_CHANGES = frozenset({Measure.GROWTH, Measure.DIFF})

# Before a value: what is to come down, or to stay below.
_DOWN = re.compile(
    r"(?:降至|降到|降低至|降低到|下降至|下降到|减至|减少至|减少到|压减至|压减到|压降至|压降到|缩短至|缩短到|压缩至|压缩到"
    r"|控制在|控制到|不超过|不高于|低于|少于)[^\d,，。;；]{0,6}$"
)


class State(StrEnum):
    MET = "met"
    MISSED = "missed"
    UNDER_WAY = "under_way"
    NO_RESULT = "no_result"


class Way(StrEnum):
    """How results of parts of a target's time make up what is held against it."""

    LAST = "last"
    SUM = "sum"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Result:
    """What was reached by one time.

    `figure` is that of the latest report, `earlier` what other reports said of the same time; `completion` and
    `difference` as in `Target`, for this figure alone.
    """

    figure: Figure
    earlier: tuple[Figure, ...]
    completion: float | None
    difference: float | None


@dataclass(frozen=True, slots=True)
class Target:
    """A planned figure and how it stands.

    `value`: what was reached so far, in the figure's unit.  `completion`: value / target, or target / value for what is
    to come down, so that 1 is reached; None for growth, differences and ranks.  `difference`: how far the value is
    beyond the target, 0 and more being reached (for per cent in points).  `close`: rounding alone decides whether it
    was met.
    """

    figure: Figure
    state: State
    upward: bool
    way: Way
    value: float | None
    completion: float | None
    difference: float | None
    close: bool
    results: tuple[Result, ...]


def target(planned: Figure, candidates: Iterable[Figure]) -> Target:
    """How `planned` stands; `candidates`: actual figures of its subject and place."""
    goal = _Goal(planned)
    found: dict[Time, list[Figure]] = {}
    for figure in candidates:
        if goal.met_by(figure):
            found.setdefault(figure.days, []).append(figure)
    said = [latest_first(figures) for figures in found.values()]
    said.sort(key=lambda figures: (_end(figures[0]), _start(figures[0])))
    results = tuple(Result(f[0], tuple(f[1:]), *goal.reached(f[0].row.low)) for f in said)
    counted, whole = goal.counted([figures[0] for figures in said])
    value = goal.value(counted)
    return Target(
        figure=planned,
        state=goal.state(value, whole),
        upward=goal.upward,
        way=goal.way,
        value=value,
        completion=goal.reached(value)[0],
        difference=goal.reached(value)[1],
        close=len(counted) == 1 and goal.hangs_on_rounding(counted[0]),
        results=results,
    )


def upward(planned: Figure) -> bool:
    """Whether more is better: not for a rank, for what is to stay below or come down, nor for a fall."""
    row = planned.row
    below = row.bound == Bound.BELOW
    if row.measure == Measure.RANK:
        return False
    if row.measure in _CHANGES:
        fall = row.high is not None and row.high < 0
        return below if fall else not below
    before = row.evidence[: max(0, row.start - row.evidence_start)]
    return not (below or _DOWN.search(before))


class _Goal:
    """What a target asks for."""

    def __init__(self, planned: Figure) -> None:
        self._figure, row = planned, planned.row
        self.upward = upward(planned)
        # The nearer end of a range: 增长5%—6% is met at 5 %.
        self._goal = row.low if self.upward else row.high
        self._start, self._end = _span(planned)
        self.way = self._way()

    def met_by(self, figure: Figure) -> bool:
        """Whether a figure tells of this target at all."""
        own, row = self._figure.row, figure.row
        end = row.period_end
        if self._goal is None or self._end is None or row.low is None or end is None or end > self._end:
            return False
        alike = (own.measure, own.unit, own.base, own.scope) == (row.measure, row.unit, row.base, row.scope)
        if not alike or not self._same_words(figure) or self._figure.later(figure):
            return False
        start = row.period_start or end
        return self._start is None or start >= self._start

    def counted(self, results: Sequence[Figure]) -> tuple[list[Figure], bool]:
        """Which results make up what was reached, and whether they are of the target's whole time."""
        if not results or self._end is None:
            return [], False
        last = results[-1]
        if self.way is Way.LAST or (_end(last) == self._end and _start(last) == self._start):
            return [last], self._closes(last)
        chain, after = self._chain(results)
        return (chain, after > self._end) if chain else ([last], False)

    def value(self, counted: Sequence[Figure]) -> float | None:
        values = [f.row.low for f in counted if f.row.low is not None]
        if not values:
            return None
        if self.way is Way.SUM:
            return _told(fsum(values))
        if self.way is Way.MEAN and len(values) > 1:
            return _told((prod(1 + value / PER_CENT for value in values) ** (1 / len(values)) - 1) * PER_CENT)
        return values[-1]

    def state(self, value: float | None, whole: bool) -> State:
        if value is None or self._goal is None:
            return State.NO_RESULT
        if not whole:
            return State.UNDER_WAY
        return State.MET if self._is_met(value) else State.MISSED

    def reached(self, value: float | None) -> tuple[float | None, float | None]:
        """Completion and difference of a value."""
        goal = self._goal
        if value is None or goal is None:
            return None, None
        beyond = value - goal if self.upward else goal - value
        part, of = (value, goal) if self.upward else (goal, value)
        told = self._figure.row.measure in (Measure.LEVEL, Measure.INCREMENT) and of > 0 and part >= 0
        return _told(part / of) if told else None, _told(beyond)

    def hangs_on_rounding(self, figure: Figure) -> bool:
        worth = figure.worth
        return worth is not None and worth.bounded and self._is_met(worth.low) != self._is_met(worth.high)

    def _is_met(self, value: float) -> bool:
        return self._goal is not None and (value >= self._goal if self.upward else value <= self._goal)

    def _same_words(self, figure: Figure) -> bool:
        return set(self._figure.definition) - OVER_TIME == set(figure.definition) - OVER_TIME

    def _way(self) -> Way:
        if self._start is None or self._end is None or self._start.year == self._end.year:
            return Way.LAST
        row = self._figure.row
        if row.measure == Measure.INCREMENT or (row.measure == Measure.LEVEL and SUMMED in self._figure.definition):
            return Way.SUM
        return Way.MEAN if row.measure == Measure.GROWTH and row.base == YOY else Way.LAST

    def _closes(self, figure: Figure) -> bool:
        """Whether a result is of the target's end, and of no less than its last year."""
        end, start = self._end, figure.row.period_start
        if end is None or figure.row.period_end != end:
            return False
        first = date(end.year, 1, 1)
        return start is None or start <= max(first, self._start or first)

    def _chain(self, results: Sequence[Figure]) -> tuple[list[Figure], date]:
        """Results one after another from the target's first day on, and the day after the last of them.

        For growth each is of one year.
        """
        chain: list[Figure] = []
        day = self._start or date.min
        while True:
            here = [f for f in results if f.row.period_start == day and self._may_follow(f)]
            if not here:
                return chain, day
            chain.append(max(here, key=_end))
            day = _end(chain[-1]) + timedelta(days=1)

    def _may_follow(self, figure: Figure) -> bool:
        start, end = _start(figure), _end(figure)
        return self.way is not Way.MEAN or (start, end) == (date(start.year, 1, 1), date(start.year, 12, 31))


def _span(planned: Figure) -> Time:
    """The time in which results count.

    It is the target's own, but: a level of the last year of a plan of several years is approached in each of them, and
    one that has no beginning (到2025年底) from the year in which it was told.
    """
    start, end = planned.row.period_start, planned.row.period_end
    if end is None:
        return start, end
    first, last = planned.spoken_of
    approached = planned.row.measure in (Measure.LEVEL, Measure.RANK)
    if approached and first is not None and last is not None and first.year < last.year and first <= end <= last:
        return min(first, start or first), end
    if start is None:
        told = planned.published[0]
        return date(min(told.year if told else end.year, end.year), 1, 1), end
    return start, end


def _told(value: float) -> float:
    """Without the noise of floats: 7.2 less 8 is -0.8."""
    return float(f"{value:.12g}")


def _end(figure: Figure) -> date:
    return figure.row.period_end or date.max


def _start(figure: Figure) -> date:
    return figure.row.period_start or date.min
