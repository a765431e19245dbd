"""Model folders that cost nothing, and readers that say which of them they are."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

from fakes import extraction_of

from service.extractor import Observe
from service.manifest import CONTRACT, FILES, NAME, verify
from service.records import Extraction, Hints, ModelCard


def make_model(folder: Path, version: str, *, name: str = "toy", weights: str = "") -> Path:
    """A folder with a true manifest over files that are no networks."""
    folder.mkdir(parents=True)
    for file in FILES:
        (folder / file).write_text(f"{file} {weights or version}", encoding="utf-8")
    manifest = {
        "name": name,
        "version": version,
        "contract": CONTRACT,
        "files": {file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in FILES},
        "hidden": 4,
        "special": {"[PAD]": 0},
    }
    (folder / NAME).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def copy_model(source: Path, folder: Path, version: str) -> Path:
    """A real model under another version."""
    shutil.copytree(source, folder)
    manifest = json.loads((folder / NAME).read_text(encoding="utf-8"))
    (folder / NAME).write_text(json.dumps(manifest | {"version": version}), encoding="utf-8")
    return folder


class ToyReader:
    """The fake pipeline as the model of a folder: its card is on every answer and in every observation's scope."""

    def __init__(self, card: ModelCard) -> None:
        self.model = card

    def extract(self, text: str, hints: Hints = Hints(), observe: Observe | None = None) -> Extraction:
        extraction = extraction_of(text, hints)
        if observe is not None:
            observe("tag", 0.25)
        said = tuple(replace(o, scope=self.model.id) for o in extraction.observations)
        return replace(extraction, observations=said, model=self.model)


def load_toy(folder: Path, threads: int) -> ToyReader:
    """In the place of the real loading: verifies as that does."""
    assert threads > 0
    return ToyReader(verify(folder).card)
