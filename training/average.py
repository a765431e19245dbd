"""The weighted mean of the weights of trained readers, as one reader.

    python -m training.average --readers build/reader build/second --weights 3 1 --out build/averaged

Two trainings that begin with the same weights, heads included (the same base and seed), end in one basin: their mean
reads better than either, at the cost of one.  With another seed the heads differ from the start and the mean is worse
(docs/model.md).  Model soups: Wortsman et al. 2022, ICML, arXiv 2203.05482.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch

from training.network import Encoder, Reader
from training.train import load, make_reader


def mean(readers: Sequence[Reader], weights: Sequence[float]) -> Reader:
    """A reader whose every weight is the mean of the readers' own, by `weights`.  ValueError where shapes differ."""
    if any(r.encoder.shape != readers[0].encoder.shape for r in readers):
        raise ValueError("the readers have different shapes")
    states = [r.state_dict() for r in readers]
    shares = [w / sum(weights) for w in weights]
    mixed = make_reader(Encoder(readers[0].encoder.shape))
    mixed.load_state_dict({
        name: torch.stack([share * state[name] for share, state in zip(shares, states, strict=True)]).sum(0)
        for name in states[0]
    })  # fmt: skip
    return mixed.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description="Average the weights of trained readers.")
    parser.add_argument("--readers", type=Path, nargs="+", default=[Path("build/reader"), Path("build/second")])
    parser.add_argument("--weights", type=float, nargs="+", default=[3, 1])
    parser.add_argument("--out", type=Path, default=Path("build/averaged"))
    args = parser.parse_args()
    if len(args.weights) != len(args.readers):
        parser.error("a weight for each reader")
    readers, vocabularies = zip(*map(load, args.readers), strict=True)
    if any(v != vocabularies[0] for v in vocabularies):
        parser.error("the readers do not read the same characters")
    mixed = mean(readers, args.weights)
    args.out.mkdir(parents=True, exist_ok=True)
    torch.save({"shape": mixed.encoder.shape.to_dict(), "state": mixed.state_dict()}, args.out / "reader.pt")
    parts = [
        {"weight": weight, **json.loads((folder / "training.json").read_text(encoding="utf-8"))}
        for folder, weight in zip(args.readers, args.weights, strict=True)
    ]
    (args.out / "training.json").write_text(json.dumps({"mean_of": parts}, indent=1), encoding="utf-8")
    (args.out / "vocabulary.json").write_text((args.readers[0] / "vocabulary.json").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
