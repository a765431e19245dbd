"""Readers averaged into one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch
from tiny_model import tiny

from training import average
from training.network import Reader
from training.train import load


def _trained(folder: Path, seed: int) -> Reader:
    model, _ = tiny(seed)
    folder.mkdir()
    torch.save({"shape": model.encoder.shape.to_dict(), "state": model.state_dict()}, folder / "reader.pt")
    (folder / "training.json").write_text(json.dumps({"settings": {"seed": seed}}))
    (folder / "vocabulary.json").write_text(json.dumps({"县": seed // 9}))
    return model


def _averaged(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> None:
    monkeypatch.setattr(sys, "argv", ["average", *map(str, arguments)])
    average.main()


def test_every_weight_is_the_weighted_mean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = (_trained(tmp_path / name, seed) for name, seed in (("a", 0), ("b", 1)))
    _averaged(
        monkeypatch, "--readers", tmp_path / "a", tmp_path / "b", "--weights", "3", "1", "--out", tmp_path / "made"
    )
    made, vocabulary = load(tmp_path / "made")
    assert vocabulary == {"县": 0}
    for name, weight in made.state_dict().items():
        assert torch.allclose(weight, 0.75 * a.state_dict()[name] + 0.25 * b.state_dict()[name], atol=1e-6), name
    said = json.loads((tmp_path / "made" / "training.json").read_text())["mean_of"]
    assert [(part["weight"], part["settings"]["seed"]) for part in said] == [(3, 0), (1, 1)]


def test_readers_of_other_characters_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _trained(tmp_path / "a", 0)
    _trained(tmp_path / "b", 9)
    with pytest.raises(SystemExit):
        _averaged(monkeypatch, "--readers", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "made")
    with pytest.raises(SystemExit):
        _averaged(monkeypatch, "--readers", tmp_path / "a", "--out", tmp_path / "made")
    assert not (tmp_path / "made").exists()
