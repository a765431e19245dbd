"""Two models on the same annotated reports: what became better, what worse, and whether that is more than noise.

In: gold records and both models' answers.  Out: `Change`s, one for each figure of `service.annotations.scoring` (F1 of
entities by label, of values, links and whole observations; the share of fields that are right), each with the interval
in which 95 of 100 draws of reports put the difference: a paired bootstrap over documents (Efron and Tibshirani 1993),
because the errors of one report are kin.  `worse` names what a refinement may not do.  Knows nothing of networks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.annotations.scoring import ALL, FIELDS, PARTS, Scores, score
from service.records import Label

DRAWS = 5000
SEED = 0
INTERVAL = (2.5, 97.5)  # percentiles of the draws
# Of all figures together one may seem to fall by chance in so many of 100 refinements that change nothing; each by
# itself is asked for that the more certainty (Bonferroni).  Asked for 97.5 each, 25 of 100 were refused by chance.
CHANCE = 5.0
# A fall that the draws are sure of and that is smaller than this is none: int8 arithmetic alone differs by as much
# from one processor to the next, and nobody sees it.
SMALLEST = 0.003
# A fall of this much is refused even where so few reports say it that the draws are not sure, ...
MOST = 0.05
# ... but not where it is a matter of this few decisions or fewer: one of them would be several points.
FEW = 100

NAMES = {
    "entity": "实体",
    "value": "数值",
    "link": "指标链接",
    "observation": "整条观测",
    **{f"entity.{label}": f"实体 {label}" for label in Label},
    **{f"field.{field}": f"字段 {field}" for field in FIELDS},
}

Answers = Mapping[str, Mapping[str, Any]]
Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of both models: F1, or the share that is right.

    `asked`: how many annotated things it is measured on; `low`, `high`: the interval of `after - before`; `ceiling`:
    what the difference is below with the certainty that one figure of many needs.
    """

    figure: str
    before: float
    after: float
    low: float
    high: float
    ceiling: float
    asked: int

    @property
    def by(self) -> float:
        return self.after - self.before

    @property
    def is_worse(self) -> bool:
        """Whether it fell by more than noise."""
        return (self.ceiling < 0 and self.by <= -SMALLEST) or (self.by <= -MOST and self.asked > FEW)

    @property
    def is_better(self) -> bool:
        return self.low > 0 and self.by >= SMALLEST

    def __str__(self) -> str:
        kind = "正确率" if self.figure.startswith("field.") else "F1"
        return (
            f"{NAMES[self.figure]}的{kind}由 {self.before:.3f} 变为 {self.after:.3f}"
            f"（{self.by:+.3f}，95% 区间 {self.low:+.3f} 至 {self.high:+.3f}，共 {self.asked} 处）"
        )


def changes(gold: Sequence[Mapping[str, Any]], before: Answers, after: Answers, *, draws: int = DRAWS) -> list[Change]:
    """Every figure that `gold` asks about, in the order of `NAMES`."""
    if not gold:
        return []
    counts = [np.array([_counts(score([record], answers)) for record in gold]) for answers in (before, after)]
    weights = np.random.default_rng(SEED).multinomial(len(gold), np.full(len(gold), 1 / len(gold)), size=draws)
    drawn = _f1(np.tensordot(weights, counts[1], 1)) - _f1(np.tensordot(weights, counts[0], 1))
    low, high, ceiling = np.percentile(drawn, (*INTERVAL, 100 - CHANCE / len(NAMES)), axis=0)
    old, new = (_f1(c.sum(0)) for c in counts)
    asked = counts[0].sum(0)[:, 2]
    return [
        Change(name, float(old[n]), float(new[n]), float(low[n]), float(high[n]), float(ceiling[n]), int(asked[n]))
        for n, name in enumerate(NAMES)
        if asked[n]
    ]


def worse(found: Sequence[Change]) -> list[Change]:
    """What fell by more than noise, the deepest fall first: a model with any of these is refused."""
    return sorted((c for c in found if c.is_worse), key=lambda c: c.by)


def _counts(scores: Scores) -> list[tuple[float, float, float]]:
    """(right, said, annotated) of each figure of one document; a field that is asked is always said."""
    tallies = [scores.entity[ALL], *(scores.parts[p] for p in PARTS), *(scores.entity[label] for label in Label)]
    rows = [(float(t.right), float(t.predicted), float(t.gold)) for t in tallies]
    return rows + [(float(right), float(asked), float(asked)) for right, asked in (scores.fields[f] for f in FIELDS)]


def _f1(counts: Counts) -> Counts:
    """2 x right / (said + annotated), along the last axis; 0 of nothing."""
    right, size = 2 * counts[..., 0], counts[..., 1] + counts[..., 2]
    shares: Counts = np.divide(right, size, out=np.zeros_like(right), where=size > 0)
    return shares
