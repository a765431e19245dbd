"""Trains a network on what was corrected without letting it forget: old windows are mixed into every epoch.

In: a network, corrected and old examples.  Out: the network, trained in place and then drawn back towards what it was.
Rehearsal: Robins 1995, Connection Science 7(2).  Drawing back, a straight line between the weights before and after:
Wortsman et al. 2022, "Robust fine-tuning of zero-shot models" (WiSE-FT).  How much of either, how long and how fast was
chosen by the experiments of docs/model.md, "Refining".
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from service.characters import Characters
from training.examples import Example
from training.network import Reader
from training.train import GOLD_WEIGHT, Work, chunks, fit, labelled, pack


@dataclass(frozen=True, slots=True)
class Recipe:
    """`repeat`: how often a corrected window is seen in an epoch; `rehearsal`: old windows for each of those; `least`:
    old windows in an epoch at least, so that a handful of corrections does not bend the model; `kept`: how far the
    trained weights are drawn back to what they were, 0 for not at all, below 1."""

    epochs: int = 3
    rate: float = 3e-5
    head_rate: float = 3e-4
    repeat: int = 1
    rehearsal: float = 3.0
    least: int = 240
    kept: float = 0.0
    seed: int = 0


def teach(
    model: Reader,
    corrected: Sequence[Example],
    old: Sequence[Example],
    characters: Characters,
    out: Path,
    recipe: Recipe,
    *,
    tell: Callable[[int, int], None] | None = None,
) -> list[dict[str, float]]:
    """Train the network; time and loss of each epoch.  Goes on from a checkpoint in `out`, which must exist.

    `tell` is called after each step with how many are done, and how many there are about.
    """
    for sow in (random.seed, np.random.seed, torch.manual_seed):
        sow(recipe.seed)
    rehearsed = [e for e in old for _ in range(GOLD_WEIGHT if e.meta.get("gold") else 1)]

    def epoch() -> list[Work]:
        mixed = [c for _ in range(recipe.repeat) for c in chunks(list(corrected), shuffle=True)]
        wanted = max(recipe.least, round(recipe.rehearsal * windows_of(mixed)))
        for chunk in chunks(rehearsed, shuffle=True):
            if wanted <= 0:
                break
            mixed.append(chunk)
            wanted -= windows_of([chunk])
        random.shuffle(mixed)
        return [labelled(parts, characters) for parts in pack(mixed)]

    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    history = fit(
        model, epoch, [], characters, out,
        epochs=recipe.epochs, rate=recipe.rate, head_rate=recipe.head_rate, tell=tell,
    )  # fmt: skip
    draw_back(model, before, recipe.kept)
    return history


@torch.no_grad()
def draw_back(model: Reader, before: Mapping[str, torch.Tensor], kept: float) -> None:
    """Move each weight by the share `kept` of the way back to what it was."""
    for name, weight in model.state_dict().items():
        if weight.is_floating_point():
            weight.lerp_(before[name], kept)


def windows_of(found: Sequence[tuple[Example, int, int]]) -> int:
    """How many windows chunks have together."""
    return sum(end - first for _, first, end in found)
