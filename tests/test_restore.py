"""A model folder read back into its network: the parameters that were exported, and answers close to the folder's."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from tiny_model import make_tiny

from service.errors import ModelRefused
from service.manifest import FILES, NAME
from service.settings import DEFAULT_MODEL
from training.export import again, export, manifest
from training.restore import PARITY, compare, restore

# Half a step of a channel whose largest weight is the largest of all; int8 has 127 of them on each side.
STEP = 1 / 127
# uint8 keeps the embedding in one scale for all.
EMBEDDING = "encoder.characters.weight"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models") / "toy"
    make_tiny(made)
    return made


def test_every_parameter_comes_back(folder: Path) -> None:
    trained, (model, characters) = make_tiny(folder), restore(folder)
    kept = dict(trained.named_parameters())
    for name, parameter in model.named_parameters():
        said, true = parameter.detach().numpy(), kept[name].detach().numpy()
        quantised = name == EMBEDDING or (name.startswith("encoder.layers") and "norm" not in name and said.ndim == 2)
        reach = np.ptp(true) if name == EMBEDDING else np.abs(true).max(axis=1, keepdims=True) if quantised else 0
        assert np.all(np.abs(said - true) <= reach * STEP), name
    assert characters.encode("研0").tolist() == [characters.table[ord("研")], characters.table[ord("7")]]


def test_what_is_exported_again_reads_the_same(folder: Path, tmp_path: Path) -> None:
    """Rounding what was rounded changes nothing: refining does not wear a model down."""
    once, characters = restore(folder)
    export(once, characters, tmp_path / "again")
    fields = json.loads((folder / NAME).read_text(encoding="utf-8"))
    manifest(tmp_path / "again", name="toy", version="2", model=once, characters=characters, training={})
    twice, _ = restore(tmp_path / "again")
    for (name, a), (_, b) in zip(once.named_parameters(), twice.named_parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-4, msg=name)
    assert fields["special"] == json.loads((tmp_path / "again" / NAME).read_text(encoding="utf-8"))["special"]


def test_a_folder_is_written_anew(folder: Path, tmp_path: Path) -> None:
    """In the graph that runs fastest, with the same weights, rows of parity and fields."""
    old = tmp_path / "old"
    shutil.copytree(folder, old)
    _change(old, lambda fields: fields.update(calibration={"weights": [0.5]}))
    again(old, old)
    fields = json.loads((old / NAME).read_text(encoding="utf-8"))
    assert fields["calibration"] == {"weights": [0.5]}
    assert (old / PARITY).read_bytes() == (folder / PARITY).read_bytes()
    for (name, a), (_, b) in zip(
        restore(folder)[0].named_parameters(), restore(old)[0].named_parameters(), strict=True
    ):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-4, msg=name)
    nodes = [node.op_type for node in onnx.load(str(old / FILES[0])).graph.node]
    assert not {"SkipLayerNormalization", "BiasGelu"} & set(nodes)
    assert (nodes.count("LayerNormalization"), nodes.count("Gelu")) == (3, 1)


def test_the_shipped_model_comes_back() -> None:
    model, _ = restore(DEFAULT_MODEL)
    found = compare(model, DEFAULT_MODEL)
    # What is left: the rounding of activations, which the runtime does and the network does not.
    assert found["onnx"].same_tags > 0.98
    assert found["onnx"].mean < 1e-3
    # And the rounding of weights, against the network as it was trained.
    assert found["trained"].same_tags > 0.99
    assert found["trained"].heads < 1e-4


def test_other_layouts_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    _change(other, lambda fields: fields.pop("shape"))
    with pytest.raises(ModelRefused, match=r"other 不能作为继续训练的起点：清单中没有网络的形状"):
        restore(other)
    fields = json.loads((folder / NAME).read_text(encoding="utf-8"))
    _change(other, lambda said: said.update(shape={**fields["shape"], "layers": 2}))
    with pytest.raises(ModelRefused, match=r"没有参数 encoder\.layers\.1\.qkv\.weight（应为 \(96, 32\)）"):
        restore(other)
    _change(other, lambda said: said.update(shape={**fields["shape"], "inner": 128}))
    with pytest.raises(ModelRefused, match=r"形状为 \(64, 32\) 的参数 encoder\.layers\.0\.widen\.weight"):
        restore(other)


def test_bytes_that_are_no_network_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / FILES[1]).write_bytes(b"no graph")
    with pytest.raises(ModelRefused, match="与清单不符"):
        restore(other)
    _change(other, lambda said: said["files"].update({FILES[1]: _digest(other / FILES[1])}))
    with pytest.raises(ModelRefused, match=r"pairs\.onnx 不是 ONNX 文件|没有参数 pair"):
        restore(other)
    assert onnx.load(str(folder / FILES[1])).graph.node


def _change(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    fields = json.loads((folder / NAME).read_text(encoding="utf-8"))
    change(fields)
    (folder / NAME).write_text(json.dumps(fields), encoding="utf-8")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
