"""How sure: from what each decision thinks of itself to the probability that the whole observation is right.

In: the probabilities of the seven decisions behind an observation, and where its period and area came from.  Out: one
number between 0 and 1.  A logistic regression (Platt 1999), fitted by `training.calibrate` on reports that the model
has not seen, and kept in the model's manifest; a model without one gets the product of the seven, which is no
probability.  Knows nothing of texts and networks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from service.errors import ModelRefused
from service.records import AreaRef, PeriodRef, Source

# A decision that is surer than this counts as this sure: beyond, networks are not to be believed.
CERTAIN = 0.999


class Decisions(NamedTuple):
    """Probabilities of: the value's entity, its indicators' entities, the links, period, area, measure, status."""

    value: float
    indicator: float
    link: float
    period: float
    area: float
    measure: float
    status: float


class Calibration(Protocol):
    """Turns features into the probability that an observation is right."""

    def probability(self, features: tuple[float, ...]) -> float: ...


FEATURES = (
    *("value", "indicator", "link", "period", "area", "measure", "status"),
    *("period_earlier", "period_heading", "period_report", "period_none"),
    *("area_earlier", "area_none", "no_indicator", "several_indicators"),
)


def features(
    decisions: Decisions, indicators: int, period: PeriodRef | None, area: AreaRef | None
) -> tuple[float, ...]:
    """What a calibration asks of an observation, in the order of `FEATURES`: log odds, then yes or no as 1 or 0."""
    when = period.source if period else None
    where = area.source if area else None
    facts = (
        *(when is Source.EARLIER, when is Source.HEADING, when is Source.REPORT, when is None),
        *(where is Source.EARLIER, where is None),
        *(indicators == 0, indicators > 1),
    )
    return (*map(_log_odds, decisions), *map(float, facts))


@dataclass(frozen=True, slots=True)
class Logistic:
    """`weights` in the order of `FEATURES`."""

    bias: float
    weights: tuple[float, ...]

    def probability(self, features: tuple[float, ...]) -> float:
        return _sigmoid(self.bias + sum(w * x for w, x in zip(self.weights, features, strict=True)))


class Product:
    """For a model that was never calibrated."""

    def probability(self, features: tuple[float, ...]) -> float:
        return math.prod(_sigmoid(x) for x in features[: len(Decisions._fields)])


def calibration_of(manifest: Mapping[str, Any]) -> Calibration:
    """The calibration that the fields of a manifest hold.  Raises `ModelRefused` where it is not of these features."""
    kept = manifest.get("calibration")
    if kept is None:
        return Product()
    try:
        weights = {str(name): float(weight) for name, weight in kept["weights"].items()}
        bias = float(kept["bias"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelRefused("模型清单中的 calibration 无法读取。") from error
    if tuple(weights) != FEATURES:
        raise ModelRefused("模型清单中的 calibration 与本程序的特征不符；请换用与程序相配的模型。")
    return Logistic(bias, tuple(weights.values()))


def _log_odds(p: float) -> float:
    p = min(max(p, 1 - CERTAIN), CERTAIN)
    return math.log(p / (1 - p))


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, x))))
