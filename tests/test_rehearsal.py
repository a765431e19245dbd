"""What a network learns from corrections, and how far it is drawn back to what it was."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny_model import make_tiny, report

from training.examples import examples
from training.rehearsal import Recipe, teach
from training.restore import restore


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models") / "toy"
    make_tiny(made)
    return made


def _taught(folder: Path, out: Path, kept: float) -> dict[str, torch.Tensor]:
    model, characters = restore(folder)
    out.mkdir()
    recipe = Recipe(epochs=1, least=2, kept=kept)
    teach(model, examples([report(5)]), examples([report(4)]), characters, out, recipe)
    return dict(model.named_parameters())


def test_what_is_kept_lies_between_before_and_after(folder: Path, tmp_path: Path) -> None:
    before = dict(restore(folder)[0].named_parameters())
    after = _taught(folder, tmp_path / "none", 0.0)
    half = _taught(folder, tmp_path / "half", 0.5)
    assert any(not torch.equal(before[name], after[name]) for name in before)
    for name, weight in half.items():
        torch.testing.assert_close(weight, (before[name] + after[name]) / 2, msg=name)
