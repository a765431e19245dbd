"""Distils several readers into one: their mean opinion of unlabelled text, beside the annotated reports.

    python -m training.distill --teachers build/teacher-* --out build/reader [--epochs 2] [--seed 0] [--ship]

Readers that differ by their seed err in different places, so that the mean of their tags is better than any one's
(Hinton et al. 2015, Distilling the Knowledge in a Neural Network).  One model is to ship: it begins as the first
teacher and learns, half of its steps, the teachers' mean probabilities on public reports beside the project (where
those are absent, only on the annotated ones), in the other half the annotation itself, links and attributes included.
Writes what `training.train` writes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from service.characters import Characters
from service.layout import lay_out
from service.normalise import normalise
from service.windows import windows
from training.adapt import SHARED
from training.export import load
from training.network import Reader
from training.train import LENGTH, ROWS, Work, fit, labelled, options, save, start, steps, to_train_on

# Whole reports of provinces, of which the annotated excerpts are parts: the nearest to what is read later.
UNLABELLED = ("corpus/provincial-2026.jsonl",)
CACHE = "teachers.npz"


def rows(texts: Sequence[str], characters: Characters) -> tuple[NDArray[np.int32], NDArray[np.int16]]:
    """Windows of the texts as at run time: ids (windows, LENGTH) and how many of them count (windows,)."""
    found = [row for text in texts for row in _rows(text, characters)]
    ids = np.full((len(found), LENGTH), characters.pad, np.int32)
    for n, row in enumerate(found):
        ids[n, : len(row)] = row
    return ids, np.array([len(row) for row in found], np.int16)


def _rows(text: str, characters: Characters) -> Iterator[NDArray[np.int32]]:
    clean = normalise(text).text
    encoded = characters.encode(clean)
    for w in windows(s.span for s in lay_out(clean).sentences):
        yield np.concatenate([[characters.first], encoded[w.span.start : w.span.end], [characters.last]])


def opinions(teachers: Sequence[Reader], ids: NDArray[np.int32], sizes: NDArray[np.int16]) -> NDArray[np.float16]:
    """The teachers' mean tag probabilities (windows, LENGTH, tags)."""
    mean = []
    with torch.inference_mode():
        for first in range(0, len(ids), ROWS):
            part, mask = _batch(ids[first : first + ROWS], sizes[first : first + ROWS])
            with torch.autocast("cpu", torch.bfloat16):
                said = [teacher(part, mask)[0].float().softmax(-1) for teacher in teachers]
            mean.append(torch.stack(said).mean(0).half().numpy())
            if first % (100 * ROWS) == 0:
                print(f"  teachers: {first} of {len(ids)} windows", flush=True)
    return np.concatenate(mean)


def taught(ids: NDArray[np.int32], sizes: NDArray[np.int16], opinion: NDArray[np.float16]) -> Work:
    """A step on unlabelled rows: cross entropy to the teachers' mean."""

    def loss(model: Reader) -> Tensor:
        part, mask = _batch(ids, sizes)
        logits = model(part, mask)[0].float()[mask == 1]
        return functional.cross_entropy(logits, torch.from_numpy(opinion).float()[mask == 1])

    return loss


def _batch(ids: NDArray[np.int32], sizes: NDArray[np.int16]) -> tuple[Tensor, Tensor]:
    mask = np.arange(ids.shape[1]) < sizes[:, None]
    return torch.from_numpy(ids.astype(np.int64)), torch.from_numpy(mask.astype(np.int64))


def unlabelled() -> list[str]:
    """The texts of the public reports that are present."""
    files = [SHARED / name for name in UNLABELLED if (SHARED / name).exists()]
    return [json.loads(line)["text"] for f in files for line in f.read_text(encoding="utf-8").splitlines() if line]


def main() -> None:
    parser = options("Distil several readers into one.", epochs=2, rate=5e-5, head_rate=2e-4)
    parser.add_argument("--teachers", type=Path, nargs="+", required=True)
    args = parser.parse_args()
    start(args)
    loaded = [load(folder) for folder in args.teachers]
    teachers, (model, vocabulary) = [m for m, _ in loaded], load(args.teachers[0])
    characters = Characters.build(vocabulary)
    train, held = to_train_on(args)
    cache = args.out / CACHE
    if cache.exists():
        kept = np.load(cache)
        ids, sizes, opinion = kept["ids"], kept["sizes"], kept["opinion"]
    else:
        ids, sizes = rows(unlabelled() or [e.text for e in train], characters)
        opinion = opinions(teachers, ids, sizes)
        np.savez(cache, ids=ids, sizes=sizes, opinion=opinion)
    print(f"{len(teachers)} teachers, {len(ids)} unlabelled windows, {int(sizes.sum())} characters", flush=True)

    def epoch() -> list[Work]:
        order = np.random.permutation(len(ids))
        groups = [order[a : a + ROWS] for a in range(0, len(order) - ROWS + 1, ROWS)]
        work = [taught(ids[g], sizes[g], opinion[g]) for g in groups]
        work += [labelled(parts, characters) for parts in steps(train)]
        random.shuffle(work)
        return work

    history = fit(
        model, epoch, held, characters, args.out, epochs=args.epochs, rate=args.rate, head_rate=args.head_rate
    )
    save(model, vocabulary, args.out, args, history)
    cache.unlink()


if __name__ == "__main__":
    main()
