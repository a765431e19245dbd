"""From the decisions' own opinions to one probability."""

from __future__ import annotations

import math

import pytest

from service.confidence import FEATURES, Decisions, Logistic, Product, calibration_of, features
from service.errors import ModelRefused
from service.records import PeriodRef, Source, Span

SURE = Decisions(0.9, 0.8, 0.9, 0.99, 0.9, 0.95, 0.9)


def test_features_stand_in_the_order_of_their_names() -> None:
    of = dict(zip(FEATURES, features(SURE, 2, PeriodRef("2024", Span(0, 5), Source.HEADING), None), strict=True))
    assert of["indicator"] == pytest.approx(math.log(4))
    assert (of["period_heading"], of["period_report"], of["period_none"]) == (1, 0, 0)
    assert (of["area_none"], of["no_indicator"], of["several_indicators"]) == (1, 0, 1)


def test_certainty_has_an_end() -> None:
    of = features(Decisions(1.0, 0.0, 1, 1, 1, 1, 1), 1, None, None)
    assert of[0] == -of[1] == pytest.approx(math.log(999))


def test_a_model_without_calibration_gives_the_product() -> None:
    said = calibration_of({}).probability(features(SURE, 1, None, None))
    assert isinstance(calibration_of({}), Product)
    assert said == pytest.approx(0.9 * 0.8 * 0.9 * 0.99 * 0.9 * 0.95 * 0.9)


def test_a_calibration_is_a_logistic_regression() -> None:
    weights = {name: float(name == "link") for name in FEATURES}
    made = calibration_of({"calibration": {"bias": -1, "weights": weights}})
    assert isinstance(made, Logistic)
    assert made.probability(features(SURE, 1, None, None)) == pytest.approx(1 / (1 + math.exp(1 - math.log(9))))


@pytest.mark.parametrize(
    "kept", [{"bias": 0}, {"bias": 0, "weights": {"value": 1}}, {"bias": "x", "weights": dict.fromkeys(FEATURES, 0)}, 3]
)
def test_a_calibration_of_something_else_is_refused(kept: object) -> None:
    with pytest.raises(ModelRefused, match="calibration"):
        calibration_of({"calibration": kept})
