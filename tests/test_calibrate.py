"""Fitting the calibration."""

from __future__ import annotations

import numpy as np

from service.confidence import FEATURES
from training.calibrate import Cases, crossed, fit, probabilities, table


def _drawn() -> Cases:
    generator = np.random.default_rng(5)
    x = generator.normal(size=(4000, len(FEATURES)))
    truth = 1 / (1 + np.exp(-(0.5 + 2 * x[:, 0] - x[:, 3])))
    return Cases(x, (generator.random(4000) < truth).astype(float), np.arange(4000) % 20)


def test_the_fit_finds_what_drew_the_cases() -> None:
    c = _drawn()
    found = fit(c.features, c.right)
    assert abs(found.bias - 0.5) < 0.15
    assert abs(found.weights[0] - 2) < 0.25
    assert abs(found.weights[3] + 1) < 0.2
    assert abs(found.weights[5]) < 0.15


def test_scores_across_folds_are_probabilities() -> None:
    c = _drawn()
    said = crossed(c)
    assert ((said > 0) & (said < 1)).all()
    assert abs(said.mean() - c.right.mean()) < 0.02
    assert not np.array_equal(said, probabilities(fit(c.features, c.right), c.features))


def test_the_table_counts_what_lies_above_the_precision() -> None:
    said = np.array([0.99, 0.97, 0.5, 0.4])
    right = np.array([1.0, 1.0, 1.0, 0.0])
    assert "coverage 0.750 (score ≥ 0.500), of 4 observations" in table(said, right)
    assert "coverage 0.000, of 1" in table(np.array([0.9]), np.array([0.0]))
