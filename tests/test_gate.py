"""The evaluation gate: the shipped model must stay above the floors, on documents that it was not trained on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from service.annotations.scoring import Scores, score
from service.pipeline import Pipeline
from training.gate import FLOORS, below, held_out_gold
from training.markup import digest
from training.score import respond

DEV = Path(__file__).resolve().parent.parent.parent / "shared" / "gold" / "dev.jsonl"


def _floors(name: str) -> dict[str, Any]:
    floors: dict[str, Any] = json.loads(FLOORS.read_text(encoding="utf-8"))[name]
    return floors


def test_held_out_reports(shipped: Pipeline) -> None:
    gold, hints = held_out_gold()
    assert digest(gold) == _floors("held_out")["sha256"], (
        "the held-out reports changed: measure anew and set the floors"
    )
    assert below(score(gold, respond(shipped, gold, hints)), _floors("held_out")["floors"]) == []


@pytest.mark.skipif(not DEV.exists(), reason="the hand-annotated reports beside the project are not here")
def test_hand_annotated_reports(shipped: Pipeline) -> None:
    gold = [json.loads(line) for line in DEV.read_text(encoding="utf-8").splitlines()]
    assert below(score(gold, respond(shipped, gold)), _floors("dev")["floors"]) == []


def test_the_gate_says_what_fell() -> None:
    scores = Scores()
    scores.parts["value"].right = scores.parts["value"].predicted = 9
    scores.parts["value"].gold = 10
    assert below(scores, {"value": 0.95}) == ["value 0.9474 is below its floor 0.9500"]
    assert below(scores, {"value": 0.94}) == []
