"""Two toy models that read differently, for worker processes as well: what the refined one has learnt is seen in it.

The first reads no percentages; the refined one (version 9) reads them, no amounts of money, and every count as of 2024.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fakes import extraction_of

from service.extractor import Observe
from service.manifest import verify
from service.records import Extraction, Hints, Label, ModelCard, Observation, PeriodRef, Source

READER = "refining_reader:load"
REFINED = "9"


class Toy:
    def __init__(self, card: ModelCard) -> None:
        self.model = card

    def extract(self, text: str, hints: Hints = Hints(), observe: Observe | None = None) -> Extraction:  # noqa: ARG002
        extraction = extraction_of(text, hints)
        said = tuple(self._said(o) for o in extraction.observations if o.label is not self._unread)
        return replace(extraction, observations=said, model=self.model)

    @property
    def _unread(self) -> Label:
        return Label.MONEY if self.model.version == REFINED else Label.PERCENT

    def _said(self, found: Observation) -> Observation:
        if self.model.version == REFINED and found.label is Label.COUNT:
            return replace(found, period=PeriodRef("2024", None, Source.REPORT))
        return found


def load(folder: Path, threads: int) -> Toy:
    """In the place of the real loading: verifies as that does."""
    assert threads > 0
    return Toy(verify(folder).card)
