"""Trains a network on what was corrected without letting it forget: old windows are mixed into every epoch.

In: a network, corrected and old examples.  Out: the network, trained in place.  Rehearsal: Robins 1995, Connection
Science 7(2).  How much of it, how long and how fast was chosen by the experiments of docs/model.md, "Refining".
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from service.characters import Characters
from training.batches import chunks, pack
from training.examples import Example
from training.network import Reader
from training.train import GOLD_WEIGHT, Work, fit, labelled


@dataclass(frozen=True, slots=True)
class Recipe:
    """`repeat`: how often a corrected window is seen in an epoch; `rehearsal`: old windows for each of those; `least`:
    old windows in an epoch at least, so that a handful of corrections does not bend the model."""

    epochs: int = 3
    rate: float = 1e-4
    head_rate: float = 5e-4
    repeat: int = 2
    rehearsal: float = 1.0
    least: int = 240
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
    """Train the network; time and loss of each epoch.  Goes on from a checkpoint in `out`, which must exist, and leaves
    one there.

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

    return fit(
        model, epoch, [], characters, out,
        epochs=recipe.epochs, rate=recipe.rate, head_rate=recipe.head_rate, tell=tell,
    )  # fmt: skip


def windows_of(found: Sequence[tuple[Example, int, int]]) -> int:
    """How many windows chunks have together."""
    return sum(end - first for _, first, end in found)
