"""Fits what `score` means: the probability that an observation is right in value, link and every field.

    python -m training.calibrate [--model models/baoshu-base] [--gold FILE] [--keep]

Reads the held-out reports of our own, which no training has seen, and fits a logistic regression from what the
decisions think of themselves (`service.confidence`) to whether the whole observation is right.  Prints the reliability
table of scores that each document got from a fit on the other documents, and, with `--gold`, that of a fit on all of
our own on other reports; how many observations have a score at which 98 of 100 are right; and the expected calibration
error (Guo et al. 2017).  `--keep` writes the fit into the model's manifest.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.annotations.scoring import score
from service.confidence import FEATURES, Calibration, Logistic
from service.pipeline import Pipeline
from service.records import Hints
from service.response import to_json
from service.settings import DEFAULT_MODEL
from service.table_reader import SCORE as OF_TABLES
from service.tagger import Tagger
from training.gate import held_out_gold

Floats = NDArray[np.float64]
RIDGE = 1.0  # weight of the squared weights: a few hundred errors do not support more
STEPS = 50
BINS = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)
PRECISION = 0.98


@dataclass(slots=True)
class Asked:
    """Stands in for a calibration: remembers what it is asked, and answers with the number of the question."""

    features: list[tuple[float, ...]] = field(default_factory=list)

    def probability(self, features: tuple[float, ...]) -> float:
        self.features.append(features)
        return float(len(self.features) - 1)


@dataclass(frozen=True, slots=True)
class Cases:
    """`features` (observations, features), `right` (observations,) 0 or 1, `document` (observations,) numbers."""

    features: Floats
    right: Floats
    document: NDArray[np.int64]


def cases(tagger: Tagger, gold: Sequence[Mapping[str, Any]], hints: Mapping[str, Hints]) -> Cases:
    """Every observation that the model makes of the prose of `gold`, and whether it is right."""
    features: list[tuple[float, ...]] = []
    right: list[bool] = []
    document: list[int] = []
    pipeline = Pipeline(tagger)
    for number, record in enumerate(gold):
        tagger.calibration = asked = Asked()
        extraction = pipeline.extract(record["text"], hints.get(record["id"], Hints()))
        answer = to_json(extraction)
        for made, said in zip(extraction.observations, answer["observations"], strict=True):
            if made.score == OF_TABLES:
                continue
            where = (said["value"]["start"], said["value"]["end"])
            true = [o for o in record["observations"] if (o["start"], o["end"]) == where]
            alone = score(
                [{**record, "entities": [], "observations": true}],
                {record["id"]: {"entities": [], "observations": [said]}},
            )
            features.append(asked.features[int(made.score)])
            right.append(alone.parts["observation"].right == 1)
            document.append(number)
    return Cases(np.array(features), np.array(right, float), np.array(document))


def fit(features: Floats, right: Floats) -> Logistic:
    """Ridge logistic regression by Newton's method."""
    x = np.hstack([np.ones((len(features), 1)), features])
    ridge = np.diag([0.0, *[RIDGE] * features.shape[1]])
    w = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -50, 50)))
        gradient = x.T @ (p - right) + ridge @ w
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + ridge + 1e-9 * np.eye(len(w)), gradient)
        w -= step
        if np.abs(step).max() < 1e-8:
            break
    return Logistic(float(w[0]), tuple(float(v) for v in w[1:]))


def probabilities(calibration: Calibration, features: Floats) -> Floats:
    return np.array([calibration.probability(tuple(row)) for row in features])


def crossed(c: Cases, folds: int = 5) -> Floats:
    """Scores of each document by a fit on the documents of other folds."""
    said = np.zeros(len(c.right))
    for fold in range(folds):
        mine = c.document % folds == fold
        said[mine] = probabilities(fit(c.features[~mine], c.right[~mine]), c.features[mine])
    return said


def table(said: Floats, right: Floats) -> str:
    """Reliability by bins of score, the expected calibration error, and the coverage at `PRECISION`."""
    rows = [f"{'score':>12}{'observations':>14}{'mean score':>12}{'right':>8}"]
    error = 0.0
    for low, high in itertools.pairwise(BINS):
        here = (said >= low) & ((said < high) | (high == 1.0))
        if here.any():
            error += abs(said[here].mean() - right[here].mean()) * here.mean()
            rows.append(f"{low:5.2f} – {high:.2f}{here.sum():14}{said[here].mean():12.3f}{right[here].mean():8.3f}")
    order = np.argsort(-said, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(precision >= PRECISION)
    covered = int(enough[-1]) + 1 if len(enough) else 0
    at = f" (score ≥ {said[order[covered - 1]]:.3f})" if covered else ""
    rows.append(f"expected calibration error {error:.3f}")
    rows.append(f"at precision {PRECISION}: coverage {covered / len(order):.3f}{at}, of {len(order)} observations")
    return "\n".join(rows)


def keep(calibration: Logistic, model: Path) -> None:
    """Write the fit into the model's manifest."""
    path = model / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    weights = {name: round(w, 6) for name, w in zip(FEATURES, calibration.weights, strict=True)}
    manifest["calibration"] = {"bias": round(calibration.bias, 6), "weights": weights}
    path.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Calibrate the score of observations.")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    parser.add_argument("--gold", type=Path, help="other annotated records, to test the fit on")
    parser.add_argument("--keep", action="store_true", help="write the fit into the model's manifest")
    args = parser.parse_args()
    tagger = Tagger(args.model)
    own = cases(tagger, *held_out_gold())
    print("held-out reports of our own, each scored by a fit on the others\n" + table(crossed(own), own.right))
    calibration = fit(own.features, own.right)
    if args.gold:
        gold = [json.loads(line) for line in args.gold.read_text(encoding="utf-8").splitlines() if line.strip()]
        other = cases(tagger, gold, {})
        print(f"\n{args.gold.name}\n" + table(probabilities(calibration, other.features), other.right))
    for name, weight in zip(FEATURES, calibration.weights, strict=True):
        print(f"{name:20}{weight:8.3f}")
    if args.keep:
        keep(calibration, args.model)


if __name__ == "__main__":
    main()
