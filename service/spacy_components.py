"""The same pipeline as a spaCy pipeline.

`build` writes a folder that `spacy.load` loads and whose documents hold what `POST /extract` answers:

- `baoshu_characters`, the tokenizer: one token a code point, blanks included, so that `doc.text` is the posted text and
  token numbers are the offsets of the answer;
- `baoshu_extractor`: reads the text and keeps the answer in `doc._.extraction` (the dictionary of `schema`, so that a
  document with it can be written to bytes and sent between processes);
- `baoshu_entities`: `doc.spans["entities"]`, one span an entity, its label and id.

`doc._.observations` are the answer's observations; `doc._.hints` (a dictionary with `published`, `area`, `title`) can
be set on `nlp.make_doc(text)` before the document is read.  Knows nothing of how a text is read.  Needs the extra
`spacy`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup
from spacy.util import registry
from spacy.vocab import Vocab

from service.errors import NotReady
from service.extractor import Extractor
from service.fields import HintFields, hints_of
from service.records import Hints
from service.response import to_json
from service.schema import EntityJson, ExtractionJson
from service.settings import Settings

SPANS = "entities"


def build(folder: Path, *, model: Path) -> None:
    """Write a pipeline folder with a copy of the model in the folder `model`; `folder` must not hold anything yet.

    Raises `FileExistsError`, and what `spacy` raises for a folder that cannot be written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} 已有内容；请给出新的或空的文件夹。")
    nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"@tokenizers": "baoshu_characters"}}})
    component = nlp.add_pipe("baoshu_extractor")
    component.from_disk(model)  # type: ignore[attr-defined]
    nlp.add_pipe("baoshu_entities")
    nlp.to_disk(folder)


class CharacterTokenizer:
    """One token a code point; has no state."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        return Doc(self.vocab, words=list(text), spaces=[False] * len(text))

    def pipe(self, texts: Iterable[str], batch_size: int = 1000) -> Iterator[Doc]:  # noqa: ARG002 (spaCy's signature)
        for text in texts:
            yield self(text)

    def to_bytes(self, **_: Any) -> bytes:
        return b""

    def from_bytes(self, _data: bytes, **_: Any) -> CharacterTokenizer:
        return self

    def to_disk(self, _path: Path, **_: Any) -> None: ...

    def from_disk(self, _path: Path, **_: Any) -> CharacterTokenizer:
        return self


class ExtractorComponent:
    """Reads documents.  The model is loaded at the first one, and again in a process forked since."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._model: Path | None = None
        self._extractor: tuple[int, Extractor] | None = None

    def __call__(self, doc: Doc) -> Doc:
        self.set_annotations(doc, self.predict(doc))
        return doc

    def predict(self, doc: Doc) -> ExtractionJson:
        """The answer for a document.  Raises `BaoshuError`."""
        hints = hints_of(HintFields.model_validate(doc._.hints)) if doc._.hints else Hints()
        return to_json(self._loaded().extract(doc.text, hints))

    @staticmethod
    def set_annotations(doc: Doc, answer: ExtractionJson) -> None:
        doc._.extraction = answer

    def to_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> None:  # noqa: ARG002 (spaCy's signature)
        """Copy the model's files to `path`."""
        if self._model is None:
            raise NotReady
        shutil.copytree(self._model, path)

    def from_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> ExtractorComponent:  # noqa: ARG002
        """Read with the model in the folder `path` from now on."""
        self._model, self._extractor = Path(path), None
        return self

    def _loaded(self) -> Extractor:
        if self._model is None:
            raise NotReady("流水线没有模型；请用 baoshu spacy 生成的文件夹。")
        if self._extractor is None or self._extractor[0] != os.getpid():
            from service.pipeline import Pipeline

            self._extractor = os.getpid(), Pipeline.load(self._model, threads=self._threads)
        return self._extractor[1]


class EntitiesComponent:
    """Entities of the answer as spans of the document."""

    def __call__(self, doc: Doc) -> Doc:
        if doc._.extraction is None:
            raise ValueError("baoshu_entities needs baoshu_extractor before it in the pipeline")
        self.set_annotations(doc, doc._.extraction["entities"])
        return doc

    @staticmethod
    def set_annotations(doc: Doc, entities: Iterable[EntityJson]) -> None:
        spans = [Span(doc, found["start"], found["end"], found["label"], span_id=found["id"]) for found in entities]
        doc.spans[SPANS] = SpanGroup(doc, name=SPANS, spans=spans)


@registry.tokenizers("baoshu_characters")  # type: ignore[untyped-decorator]
def make_tokenizer() -> Callable[[Language], CharacterTokenizer]:
    """The tokenizer, for a pipeline's configuration."""
    return lambda nlp: CharacterTokenizer(nlp.vocab)


@Language.factory("baoshu_extractor", default_config={"threads": 1}, assigns=["doc._.extraction"])
def make_extractor(nlp: Language, name: str, threads: int) -> ExtractorComponent:  # noqa: ARG001 (spaCy's signature)
    """The component that reads; `threads` are the model's."""
    nlp.max_length = max(nlp.max_length, Settings().max_characters)
    return ExtractorComponent(threads)


@Language.factory("baoshu_entities", requires=["doc._.extraction"], assigns=["doc.spans"])
def make_entities(nlp: Language, name: str) -> EntitiesComponent:  # noqa: ARG001 (spaCy's signature)
    """The component that writes the spans."""
    return EntitiesComponent()


def _observations(doc: Doc) -> list[Any]:
    return doc._.extraction["observations"] if doc._.extraction else []


Doc.set_extension("hints", default=None, force=True)
Doc.set_extension("extraction", default=None, force=True)
Doc.set_extension("observations", getter=_observations, force=True)
