"""What a model folder must be, and what is said of one that is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from model_folders import make_model

from service.errors import ModelRefused
from service.manifest import CONTRACT, FILES, NAME, read_manifest, verify
from service.records import ModelCard
from service.settings import DEFAULT_MODEL


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_model(tmp_path / "甲", "2.0")


def change(folder: Path, **fields: Any) -> None:
    """Set fields of the manifest; None takes one away."""
    told = json.loads((folder / NAME).read_text(encoding="utf-8")) | fields
    (folder / NAME).write_text(json.dumps({k: v for k, v in told.items() if v is not None}), encoding="utf-8")


def test_a_manifest(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert manifest.card == ModelCard("toy", "2.0", manifest.files["reader.onnx"])
    assert manifest.card.id == "toy-2.0"
    assert set(manifest.files) == set(FILES)
    assert verify(folder) == manifest


@pytest.mark.skipif(not DEFAULT_MODEL.exists(), reason="no model in this checkout")
def test_the_shipped_model_is_what_it_says() -> None:
    assert verify(DEFAULT_MODEL).card.id == "baoshu-" + verify(DEFAULT_MODEL).card.version


@pytest.mark.parametrize("name", FILES)
def test_a_changed_or_missing_file_is_named(folder: Path, name: str) -> None:
    kept = (folder / name).read_bytes()
    (folder / name).write_bytes(kept + b"\0")
    with pytest.raises(ModelRefused, match=f"甲/{name} 与清单不符"):
        verify(folder)
    (folder / name).unlink()
    with pytest.raises(ModelRefused, match=f"无法读取 {name}"):
        verify(folder)
    assert read_manifest(folder).card.version == "2.0"
    (folder / name).write_bytes(kept)
    verify(folder)


@pytest.mark.parametrize("contract", [CONTRACT + 1, 0, str(CONTRACT), True, None])
def test_another_contract_is_named(folder: Path, contract: object) -> None:
    change(folder, contract=contract)
    for look in (read_manifest, verify):
        with pytest.raises(ModelRefused, match="契约版本") as refusal:
            look(folder)
        assert f"只读契约版本 {CONTRACT}" in refusal.value.detail
        assert contract is None or repr(contract) in refusal.value.detail


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"name": None}, "name"),
        ({"name": "a/b"}, "name"),
        ({"version": ""}, "version"),
        ({"version": 3}, "version"),
        ({"version": "x" * 101}, "version"),
        ({"files": None}, "files"),
        ({"files": {"reader.onnx": 5}}, "files"),
        ({"files": {}}, "reader.onnx"),
        ({"files": dict.fromkeys(FILES, "Z" * 64)}, "reader.onnx"),
        ({"hidden": "384"}, "hidden"),
        ({"special": []}, "special"),
    ],
)
def test_a_wrong_field_is_named(folder: Path, fields: dict[str, Any], word: str) -> None:
    change(folder, **fields)
    with pytest.raises(ModelRefused, match=word):
        read_manifest(folder)


@pytest.mark.parametrize(
    ("content", "word"), [(b"{", "JSON"), (b"[]", "对象"), (b"\xff\xfe", "UTF-8"), (None, "不完整")]
)
def test_a_broken_manifest(folder: Path, content: bytes | None, word: str) -> None:
    if content is None:
        (folder / NAME).unlink()
    else:
        (folder / NAME).write_bytes(content)
    with pytest.raises(ModelRefused, match=word):
        read_manifest(folder)
