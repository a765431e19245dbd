"""The scorer: hand-made cases, and agreement with the scorer beside the project where there is one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.annotations.scoring import dice, score

SCORER = Path(__file__).resolve().parent.parent.parent / "shared" / "eval" / "score.py"
TEXT = "研发费用3亿元,增长5%,全市第1"
GOLD = {
    "id": "a",
    "text": TEXT,
    "entities": [
        {"start": 0, "end": 4, "label": "INDICATOR"}, {"start": 4, "end": 7, "label": "MONEY"},
        {"start": 10, "end": 12, "label": "PERCENT"}, {"start": 13, "end": 17, "label": "RANK"},
    ],
    "observations": [
        {"start": 4, "end": 7, "low": 3e8, "high": 3e8, "unit": "元", "measure": "level", "scope": None, "base": None},
        {"start": 10, "end": 12, "low": 5, "high": 5, "unit": "%", "measure": "growth", "scope": None, "base": "yoy"},
        {"start": 13, "end": 17, "low": 1, "high": 1, "unit": "名次", "measure": "rank", "scope": "全市", "base": None},
    ],
}  # fmt: skip
for _o in GOLD["observations"]:
    _o.update(indicator=[[0, 4]], bound="exact", period="2023", area="临江区", status="actual")  # type: ignore[attr-defined]


def _response(**changes: Any) -> dict[str, Any]:
    """A response that says what the gold says, except for `changes` of the second observation."""
    observations = []
    for n, o in enumerate(GOLD["observations"]):
        o = {**o, **(changes if n == 1 else {})}  # type: ignore[dict-item]
        observations.append({
            "value": {k: o[k] for k in ("start", "end", "low", "high", "unit", "bound")},
            "indicator": {"spans": [{"start": a, "end": b} for a, b in o["indicator"]]},
            "measure": o["measure"], "status": o["status"], "scope": o["scope"],
            "period": {"edtf": o["period"]}, "area": {"name": o["area"]},
        })  # fmt: skip
    return {"entities": GOLD["entities"], "observations": observations}


def test_the_same_answer_is_all_right() -> None:
    scores = score([GOLD], {"a": _response()})
    assert scores.entity["ALL"].f1 == scores.parts["observation"].f1 == 1
    assert scores.errors == []
    assert scores.fields["scope"] == [1, 1]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"measure": "level"}, "measure"),
        ({"low": 5.1}, "low"),
        ({"period": "2022"}, "period"),
        ({"status": "plan"}, "status"),
    ],
)
def test_one_wrong_field_spoils_one_observation(changes: dict[str, Any], field: str) -> None:
    scores = score([GOLD], {"a": _response(**changes)})
    assert (scores.parts["observation"].right, scores.parts["link"].right) == (2, 3)
    assert scores.fields[field][0] == scores.fields[field][1] - 1


def test_a_link_needs_half_the_characters() -> None:
    assert dice([(0, 4)], [(0, 4)]) == dice([], []) == 1
    assert dice([(0, 2)], [(0, 4)]) == pytest.approx(2 / 3)
    assert score([GOLD], {"a": _response(indicator=[[0, 1]])}).parts["link"].right == 2
    assert score([GOLD], {"a": _response(indicator=[])}).parts["link"].right == 2


@pytest.mark.skipif(not SCORER.exists(), reason="the scorer beside the project is not here")
def test_both_scorers_print_the_same(tmp_path: Path) -> None:
    response = _response(measure="level", indicator=[[0, 1]])
    response["entities"] = [*response["entities"][:-1], {"start": 14, "end": 17, "label": "RANK"}]
    (tmp_path / "gold").write_text(json.dumps(GOLD), encoding="utf-8")
    (tmp_path / "said").write_text(json.dumps({"id": "a", "response": response}), encoding="utf-8")
    theirs = subprocess.run(
        [sys.executable, SCORER, tmp_path / "gold", tmp_path / "said"], capture_output=True, text=True, check=True
    )
    assert theirs.stdout.strip("\n") == score([GOLD], {"a": response}).table()
