"""A refined model as a folder: its name, its files, its manifest, its card, its place among the models.

In: the trained network and what is known of how it came to be.  Out: a folder as the runtime reads it, and a
`README.md` that says what it was made from and which figures moved by how much.  Knows nothing of training and scoring.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from service.characters import Characters
from service.errors import ModelRefused
from service.manifest import NAME, Manifest, read_manifest
from training.comparison import Change
from training.export import LICENCES, export, manifest
from training.network import Reader

# 0.1.1 is refined to 0.1.1-r1, that to 0.1.1-r2: what a model goes back to is seen in its version.
_REFINED = re.compile(r"^(.*)-r(\d+)$")
CORRECTIONS = "corrections made in this installation; their texts are not part of the model folder"


def next_version(parent: Manifest, models: Path) -> str:
    """The first version after the parent's that no folder in `models` claims."""
    match = _REFINED.match(parent.card.version)
    stem, number = (match[1], int(match[2])) if match else (parent.card.version, 0)
    taken = set(_versions(models, parent.card.name))
    while (version := f"{stem}-r{(number := number + 1)}") in taken:
        pass
    return version


def write(
    model: Reader, characters: Characters, out: Path, *, parent: Manifest, version: str, training: Mapping[str, Any]
) -> None:
    """The files and the manifest of a refined model, without a calibration and a card."""
    export(model, characters, out)
    licences = {**parent.fields.get("licences", LICENCES), "corrections": CORRECTIONS}
    manifest(
        out,
        name=parent.card.name,
        version=version,
        model=model,
        characters=characters,
        training=training,
        licences=licences,
    )


def add_figures(out: Path, figures: Mapping[str, Any]) -> None:
    """Write into the manifest how it was measured."""
    path = out / NAME
    fields = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**fields, "measured": figures}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def place(built: Path, models: Path) -> Path:
    """Move a finished folder to where the others stand.  Raises ModelRefused where one of that name is there."""
    card = read_manifest(built).card
    folder = models / card.id
    if folder.exists() or card.version in set(_versions(models, card.name)):
        raise ModelRefused(f"{folder} 已存在，或另有模型目录写着 {card.id}；请另选版本号（--version）。")
    models.mkdir(parents=True, exist_ok=True)
    shutil.move(built, folder)
    return folder


def card(
    *,
    name: str,
    version: str,
    parent: str,
    made: Mapping[str, str],
    figures: Sequence[tuple[str, int, Sequence[Change]]],
) -> str:
    """The card, as Markdown.

    `made`: what it was made from and how, in lines; `figures`: for each set of reports its name, how many reports it
    has, and what changed from the parent.
    """
    lines = [
        f"# Model card: {name} {version}",
        "",
        f"Refined from {parent} with corrections made by people: the same network and labels, new weights. What it is",
        f"and what it cannot do stands in the card of {parent}.",
        "",
        "## What it was made from",
        "",
        "| what | |",
        "|---|---|",
        *(f"| {what} | {said} |" for what, said in made.items()),
        "",
        "`manifest.json` holds hashes of the files and of the data, and the settings.",
        "",
        "## What changed",
        "",
        "Both models on the same reports, by the measure of `make score`; the interval is that of a paired bootstrap",
        "over reports (95 of 100 draws). No figure fell by more than noise: else there would be no such folder.",
    ]
    for title, documents, found in figures:
        head = [f"### {title} ({documents} reports)", "", f"| | {parent} | this | difference | interval | asked |"]
        lines += ["", *head, "|---|---|---|---|---|---|", *map(_row, found)]
    return "\n".join([*lines, ""])


def _row(c: Change) -> str:
    moved = f"**{c.by:+.3f}**" if c.is_better or c.is_worse else f"{c.by:+.3f}"
    return f"| {c.figure} | {c.before:.3f} | {c.after:.3f} | {moved} | {c.low:+.3f} to {c.high:+.3f} | {c.asked} |"


def _versions(models: Path, name: str) -> Iterable[str]:
    """The versions of a name that folders in `models` claim."""
    for path in sorted(models.glob(f"*/{NAME}")):
        try:
            found = read_manifest(path.parent).card
        except ModelRefused:
            continue
        if found.name == name:
            yield found.version
