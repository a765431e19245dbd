"""What the ways in (HTTP, command line, spaCy) ask of a pipeline, so that none of them depends on how it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from service.records import Extraction, Hints, ModelCard

Observe = Callable[[str, float], None]


class Extractor(Protocol):
    """Reads one text.  Must be safe to call from several threads at once."""

    @property
    def model(self) -> ModelCard:
        """The model that reads."""
        ...

    def extract(self, text: str, hints: Hints = ..., observe: Observe | None = None) -> Extraction:
        """All that `text` says; `observe(stage, seconds)` is called once for each stage.  Raises `BaoshuError`."""
        ...
