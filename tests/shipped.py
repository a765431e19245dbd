"""The shipped model for tests: loaded once a session, and each text read once, whoever asks for it."""

from __future__ import annotations

import pytest

from service.extractor import Observe
from service.pipeline import Pipeline
from service.records import Extraction, Hints
from service.settings import DEFAULT_MODEL
from service.tagger import Tagger

NO_MODEL = "no model in this checkout"


class ReadOnce(Pipeline):
    """Remembers what it read, which is frozen and the same each time."""

    def __init__(self, tagger: Tagger) -> None:
        super().__init__(tagger)
        self._read: dict[tuple[str, Hints], Extraction] = {}

    def extract(self, text: str, hints: Hints | None = None, observe: Observe | None = None) -> Extraction:
        asked = (text, hints or Hints())
        if asked not in self._read:
            self._read[asked] = super().extract(*asked, observe)
        return self._read[asked]


@pytest.fixture(scope="session")
def shipped() -> Pipeline:
    """One thread: other tests run beside, and threads of a model that wait for each other do so at full speed."""
    if not (DEFAULT_MODEL / "manifest.json").exists():
        pytest.skip(NO_MODEL)
    return ReadOnce(Tagger(DEFAULT_MODEL, threads=1))
