"""The pipeline within spaCy, without a model."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
import spacy
from fakes import FakePipeline, extraction_of
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from service.errors import NotReady
from service.records import Hints
from service.response import to_json
from service.spacy_components import SPANS, CharacterTokenizer, build

TEXTS = ("营 收3.2 亿元，\n共12家。", "𠮷村  5家\u3000\u200b。", "没有数。")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, int]]:
    """Puts the fake pipeline in the place of the real one; every load is noted."""
    loads: list[tuple[Path, int]] = []

    def load(model: Path, threads: int) -> FakePipeline:
        loads.append((model, threads))
        return FakePipeline()

    monkeypatch.setitem(sys.modules, "service.pipeline", SimpleNamespace(Pipeline=SimpleNamespace(load=load)))
    return loads


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pipeline folder, made from a model folder that is gone."""
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights").write_text("7")
    build(tmp_path / "pipeline", model=model)
    model.rename(tmp_path / "elsewhere")
    return tmp_path / "pipeline"


@pytest.fixture
def nlp(folder: Path, loaded: list[tuple[Path, int]]) -> Iterator[Language]:
    yield spacy.load(folder)
    assert len(loaded) <= 1


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_tokens_are_code_points(text: str) -> None:
    doc = CharacterTokenizer(Vocab())(text)
    assert doc.text == text
    assert [token.idx for token in doc] == list(range(len(text)))


def test_the_folder_carries_the_model(nlp: Language, folder: Path, loaded: list[tuple[Path, int]]) -> None:
    assert nlp.pipe_names == ["baoshu_extractor", "baoshu_entities"]
    assert loaded == []
    nlp(TEXTS[0])
    nlp(TEXTS[1])
    ((model, threads),) = loaded
    assert model.is_relative_to(folder)
    assert (model / "weights").read_text() == "7"
    assert threads == 1


def test_documents_hold_the_answer(nlp: Language) -> None:
    for text, doc in zip(TEXTS, nlp.pipe(TEXTS), strict=True):
        answer = to_json(extraction_of(text))
        assert doc.text == text
        assert doc._.extraction == answer
        assert doc._.observations == answer["observations"]
        assert [(span.id_, span.label_, span.start_char, span.end_char, span.text) for span in doc.spans[SPANS]] == [
            (found["id"], found["label"], found["start"], found["end"], found["text"]) for found in answer["entities"]
        ]


def test_hints(nlp: Language) -> None:
    doc = nlp.make_doc(TEXTS[0])
    doc._.hints = {"published": date(2024, 3, 5), "area": "小河县"}
    assert nlp(doc)._.extraction == to_json(extraction_of(TEXTS[0], Hints(date(2024, 3, 5), "小河县")))


def test_documents_survive_bytes(nlp: Language) -> None:
    box = DocBin(store_user_data=True, docs=nlp.pipe(TEXTS[:1]))
    (doc,) = DocBin(store_user_data=True).from_bytes(box.to_bytes()).get_docs(nlp.vocab)
    assert doc.text == TEXTS[0]
    # Lists come back as tuples.
    assert json.loads(json.dumps(doc._.observations)) == to_json(extraction_of(TEXTS[0]))["observations"]
    assert [span.text for span in doc.spans[SPANS]] == ["3.2 亿元", "12家"]


def test_long_texts_are_taken(nlp: Language) -> None:
    assert nlp.max_length == 2_000_000


def test_a_document_not_read_has_no_observations() -> None:
    assert Doc(Vocab(), words=["5"])._.observations == []


def test_a_pipeline_without_a_model_says_so() -> None:
    nlp = spacy.blank("zh")
    nlp.add_pipe("baoshu_extractor")
    with pytest.raises(NotReady):
        nlp("5家")


def test_entities_need_an_answer() -> None:
    nlp = spacy.blank("zh")
    nlp.add_pipe("baoshu_entities")
    with pytest.raises(ValueError, match="baoshu_extractor"):
        nlp("5家")


def test_a_folder_with_content_is_left_alone(folder: Path, tmp_path: Path) -> None:
    before = sorted(folder.rglob("*"))
    with pytest.raises(FileExistsError):
        build(folder, model=tmp_path / "elsewhere")
    assert sorted(folder.rglob("*")) == before
