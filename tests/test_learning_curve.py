"""The annotator that is played: only what was chosen is shown, and a point that was measured is kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tiny_model import make_tiny, report

from service.records import Span
from training import learning_curve as curve
from training.examples import IGNORE, example, held_out
from training.learning_curve import POINTS_FILE, by_queue, only, sentences, table

HELD = next(f"h-{n}" for n in range(1000) if held_out(f"h-{n}"))
POOL = [f"p-{n}" for n in range(40) if not held_out(f"p-{n}")][:4]


def test_only_what_is_shown_is_learnt() -> None:
    whole = example(report(5))
    shown = next(s.span for s in sentences([report(5)]) if "亿元" in s.span.of(whole.text))
    shown = Span(shown.start, shown.end)
    part = only(whole, [shown])
    assert (part.tags[: shown.start] == IGNORE).all()
    assert (part.tags[shown.end :] == IGNORE).all()
    assert np.array_equal(part.tags[shown.start : shown.end], whole.tags[shown.start : shown.end])
    words = [part.entities[v].span.of(part.text) for v in part.value_entities]
    assert words == ["5.2亿元", "15.7%"]
    assert len(part.measure) == len(part.value_rows) == len(part.null_area) == 2
    assert {int(v) for v, _ in part.pair_index} == set(part.value_entities.tolist())
    assert len(part.pair_target) == len(part.pair_features) == len(part.pair_kind)
    nothing = only(whole, [])
    assert (nothing.windows, len(nothing.value_entities), len(nothing.pair_index)) == ((), 0, 0)


def test_the_curve_is_measured_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_tiny(tmp_path / "toy")
    own = [report(3, HELD), *(report(n, id_) for n, id_ in enumerate(POOL, 4)), report(2, "old-0")]
    monkeypatch.setattr(curve, "own_documents", lambda: own)
    monkeypatch.setattr(curve, "gold_documents", list)
    call = ["curve", "--pool", "p-*", "--model", str(tmp_path / "toy"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", [*call, "--points", "0", "3", "--seeds", "1", "--epochs", "1"])
    curve.main()
    kept = (tmp_path / "out" / POINTS_FILE).read_text(encoding="utf-8")
    points = [json.loads(line) for line in kept.splitlines()]
    assert [(p["sentences"], p["way"]) for p in points] == [(0, "none"), (3, "queue"), (3, "random")]
    first = capsys.readouterr().out
    assert first.startswith("4 reports in the pool, 12 sentences; 1 held out")
    curve.main()
    assert (tmp_path / "out" / POINTS_FILE).read_text(encoding="utf-8") == kept
    assert table(points) in capsys.readouterr().out


def test_the_queue_has_every_sentence_once(tmp_path: Path) -> None:
    make_tiny(tmp_path / "toy")
    pool = [report(n, id_) for n, id_ in enumerate(POOL)]
    found = sentences(pool)
    assert sorted(by_queue(pool, found, tmp_path / "toy"), key=found.index) == found


def test_the_table_has_the_mean_and_the_range() -> None:
    scores = [dict.fromkeys(curve.SHOWN, value) for value in (0.5, 0.7)]
    said = table([{"sentences": 50, "way": "queue", "seed": n, "scores": s} for n, s in enumerate(scores)])
    assert said.splitlines()[-1] == "| 50 | queue |" + " 0.600 (0.500–0.700) |" * 4
