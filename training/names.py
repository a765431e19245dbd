"""Teaches the adapted encoder what names are: public sets of organizations, places and figures, tag by tag.

    python -m training.names --base build/adapted --out build/named [--epochs 2]

Reads CLUENER2020 (Xu et al. 2020: ten kinds of names in news) and FewFC (Zhou et al. 2021: organizations, money,
proportions, numbers and dates in news of finance) beside the project, and masks characters as `training.adapt` does.
Their labels are not ours; what stays is the encoder, which has seen many thousand names of firms and offices.  Where
the sets are absent the base goes on as it is.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.characters import Characters
from service.normalise import normalise
from training.adapt import SHARED, Adapter, options, save_vocabulary, teach
from training.train import load_base

CLUENER = ("corpus/cluener/train.json", "corpus/cluener/test.json")
FEWFC = ("corpus/fewfc/train_base.json", "corpus/fewfc/test_base.json")
LONGEST = 220  # characters: one row of the encoder's
# Roles of events that are one kind of name each; the others depend on the event.
ROLES = {
    **dict.fromkeys(("sub", "obj", "sub-org", "obj-org", "target-company"), "organization"),
    **{name: name for name in ("money", "number", "proportion", "date")},
}

Named = tuple[str, list[tuple[int, int, str]]]


def cluener(record: dict[str, Any]) -> Named:
    """Text and (start, end, label); the set's own ends are inclusive."""
    places = [(a, b + 1, label) for label, names in record["label"].items() for at in names.values() for a, b in at]
    return record["text"], places


def fewfc(record: dict[str, Any]) -> Named:
    """Text and (start, end, role) of every event's arguments, each place once."""
    mentions = (m for event in record.get("events", ()) for m in event["mentions"])
    found = {tuple(m["span"]): ROLES[m["role"]] for m in mentions if m["role"] in ROLES}
    return record["content"], sorted((a, b, role) for (a, b), role in found.items())


def sentences() -> Iterator[Named]:
    """What there is to read, cleaned; texts that cleaning would shift are left out."""
    for read, files in ((cluener, CLUENER), (fewfc, FEWFC)):
        for file in files:
            if (SHARED / file).exists():
                for line in (SHARED / file).read_text(encoding="utf-8").splitlines():
                    text, places = read(json.loads(line))
                    clean = normalise(text).text
                    if places and len(clean) == len(text) <= LONGEST:
                        yield clean, [(a, b, f"{read.__name__} {label}") for a, b, label in places]


def tagged(names: list[Named]) -> tuple[list[NDArray[np.int64]], int]:
    """BIES tags of every character, four a label, 0 outside; and how many tags there are."""
    labels = {label: n for n, label in enumerate(sorted({x for _, places in names for _, _, x in places}))}
    rows = []
    for text, places in names:
        tags = np.zeros(len(text), np.int64)
        for a, b, label in places:
            if not tags[a:b].any() and b <= len(text):
                inner = [0, *[1] * (b - a - 2), 2] if b - a > 1 else [3]
                tags[a:b] = 1 + 4 * labels[label] + np.array(inner)
        rows.append(tags)
    return rows, 1 + 4 * len(labels)


def main() -> None:
    args = options("Teach the encoder names.", base="build/adapted", out="build/named", rate=1e-4)
    encoder, vocabulary = load_base(args.base, args.layers)
    characters = Characters.build(vocabulary)
    found = list(sentences())
    if found:
        tags, number = tagged(found)
        rows = [(characters.encode(text), t) for (text, _), t in zip(found, tags, strict=True)]
        print(f"{len(rows)} sentences, {sum(len(text) for text, _ in found)} characters, {number} tags", flush=True)
        teach(Adapter(encoder, number), rows, characters, args.out, epochs=args.epochs, rate=args.rate)
    else:
        args.out.mkdir(parents=True, exist_ok=True)
        shutil.copy(args.base / "encoder.pt", args.out / "encoder.pt")
    save_vocabulary(vocabulary, args.out)


if __name__ == "__main__":
    main()
