"""The shipped model: its files are those of its manifest, and int8 answers stay close to the trained network's."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from service.errors import ModelRefused
from service.manifest import FILES
from service.pipeline import Pipeline
from service.records import Label, Span
from service.tagger import Tagger
from service.windows import Window

MODEL = Path(__file__).resolve().parent.parent / "models" / "baoshu-base"
# int8 weights move single logits; what counts is that the best tag of a character seldom changes.
SAME_TAGS = 0.97
PAIR_TOLERANCE = 1e-3


def _session(name: str) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(MODEL / name), providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def stored() -> dict[str, np.ndarray]:
    with np.load(MODEL / "parity.npz") as archive:
        return dict(archive)


def test_quantised_tags_agree_with_the_trained_network(stored: dict[str, np.ndarray]) -> None:
    tags, vectors = _session("reader.onnx").run(None, {"ids": stored["ids"], "mask": stored["mask"]})
    live = stored["mask"].astype(bool)
    assert (tags.argmax(-1) == stored["tags"].argmax(-1))[live].mean() > SAME_TAGS
    assert vectors.shape == (*stored["ids"].shape, json.loads((MODEL / "manifest.json").read_text())["hidden"])


def test_heads_agree_with_the_trained_network(stored: dict[str, np.ndarray]) -> None:
    rows = len(stored["spans"])
    pairs, values = _session("pairs.onnx"), _session("values.onnx")
    slots = {i.name: i.shape[1] for s in (pairs,) for i in s.get_inputs() if i.name == "features"}["features"]
    score = pairs.run(
        None, {"value": stored["spans"], "candidate": stored["others"], "features": np.zeros((rows, slots), np.int64)}
    )[0]
    slots = next(i.shape[1] for i in values.get_inputs() if i.name == "features")
    measure, status = values.run(None, {"value": stored["spans"], "features": np.zeros((rows, slots), np.int64)})
    for said, kept in ((score, stored["score"]), (measure, stored["measure"]), (status, stored["status"])):
        np.testing.assert_allclose(said, kept, atol=PAIR_TOLERANCE)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(MODEL, folder)
    (folder / FILES[1]).write_bytes((folder / FILES[1]).read_bytes() + b"\0")
    with pytest.raises(ModelRefused, match=r"pairs\.onnx 与清单不符"):
        Tagger(folder)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="不完整"):
        Tagger(tmp_path / "none")


def test_windows_are_tagged_in_place() -> None:
    tagger = Tagger(MODEL, threads=1)
    text = "2023年,青溪县完成规上工业增加值45.6亿元,同比增长7.8%。" * 3
    size = len(text) // 3
    frames = [Window(Span(max(0, i * size - 20), (i + 1) * size), Span(i * size, (i + 1) * size)) for i in range(3)]
    entities = tagger.tag(text, frames).entities
    money = [e.span.of(text) for e in entities if e.label is Label.MONEY]
    assert money == ["45.6亿元"] * 3
    assert list(entities) == sorted(entities, key=lambda e: e.span)
    assert tagger.tag(text, []).entities == ()


@pytest.mark.parametrize("text", ["新增高新技术企业1", "引进人才3", "你好", "1", "占GDP比重为2."])
def test_a_text_may_end_amid_a_number_or_hold_none(text: str, shipped: Pipeline) -> None:
    """The network also tags the mark that it reads after the last character: no entity may reach into it."""
    extraction = shipped.extract(text)
    assert all(0 <= e.span.start < e.span.end <= len(text) for e in extraction.entities)
    assert extraction.ledger.numbers == sum(c.isdigit() for c in text)
