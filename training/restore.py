"""Reads a model folder back into the network that it was exported from, so that whatever ships can be trained on.

    python -m training.restore [--model models/baoshu-base]     says how close the network is to the folder's answers

In: `reader.onnx`, `pairs.onnx`, `values.onnx`, `characters.npy` and the manifest's `shape`, as `training.export` writes
them.  Out: a `Reader` and its characters.  What was kept in int8 comes back as scale x (integer - zero point), for each
channel of a matrix and for the whole of the embedding: the network has the values that the folder computes with, and
what rounding took away when it was exported stays away.  Knows nothing of training.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from service.characters import SPECIAL, Characters
from service.errors import ModelRefused
from service.manifest import FILES, verify
from service.settings import DEFAULT_MODEL
from training.network import Encoder, Reader, Shape
from training.train import make_reader

Floats = NDArray[np.float32]

# Which part of the network each file holds.
PARTS = dict(zip(FILES[:3], ("", "pair.", "value."), strict=True))
QUANTISED, SCALE, ZERO = "_quantized", "_scale", "_zero_point"
PARITY = "parity.npz"


def restore(folder: Path) -> tuple[Reader, Characters]:
    """The network of a model folder, ready to be trained on, and its characters.

    Raises ModelRefused where the folder is not what its manifest says, or its files have another layout than ours.
    """
    manifest = verify(folder)
    try:
        model = make_reader(Encoder(Shape(**manifest.fields["shape"])))
    except (KeyError, TypeError) as error:
        raise _refused(folder, "清单中没有网络的形状（shape）") from error
    found: dict[str, torch.Tensor] = {}
    for file, prefix in PARTS.items():
        try:
            graph = onnx.load(str(folder / file)).graph
        except Exception as error:  # whatever protobuf makes of other bytes
            raise _refused(folder, f"{file} 不是 ONNX 文件") from error
        found |= {prefix + name: torch.from_numpy(value.copy()) for name, value in weights(graph).items()}
    wanted = {name: parameter.shape for name, parameter in model.named_parameters()}
    for name, shape in wanted.items():
        if name not in found or found[name].shape != shape:
            told = "没有" if name not in found else f"形状为 {tuple(found[name].shape)} 的"
            raise _refused(folder, f"{told}参数 {name}（应为 {tuple(shape)}）")
    model.load_state_dict({name: found[name] for name in wanted})
    table = np.load(folder / "characters.npy")
    return model.eval(), Characters(table, {s: manifest.special[s] for s in SPECIAL})


def weights(graph: onnx.GraphProto) -> dict[str, Floats]:
    """The parameters that a graph holds, under the names that they have in the network.

    A bias, an embedding or a norm keeps its name through export and fusion; the weight of a multiplication loses it,
    lies transposed, and is known by the node that uses it: `/encoder/layers.0/qkv/MatMul_quant`.
    """
    kept = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    found: dict[str, Floats] = {}
    for node in graph.node:
        if node.op_type in ("MatMul", "MatMulInteger") and node.input[1] in kept:
            name = node.name.strip("/").rpartition("/")[0].replace("/", ".")
            found[f"{name}.weight"] = _plain(node.input[1], kept).T
    for name in kept:
        if not name.startswith("onnx::") and not name.endswith((SCALE, ZERO)):
            found[name.removesuffix(QUANTISED)] = _plain(name, kept)
    return found


def _plain(name: str, kept: dict[str, NDArray[np.generic]]) -> Floats:
    """An initializer as numbers; the last axis of a quantised matrix is that of the channels."""
    value = kept[name]
    if not name.endswith(QUANTISED):
        return value.astype(np.float32)
    stem = name.removesuffix(QUANTISED)
    whole = value.astype(np.int32) - kept[stem + ZERO].astype(np.int32)
    return (whole * kept[stem + SCALE].astype(np.float32)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Closeness:
    """How far a network's answers are from others: the share of characters with the same best tag, the mean and the
    largest difference of a tag's probability, and the largest difference of a logit of the heads."""

    same_tags: float
    mean: float
    most: float
    heads: float

    def __str__(self) -> str:
        return (
            f"same best tag {self.same_tags:.4f}, probability differs by {self.mean:.5f} in the mean and by "
            f"{self.most:.3f} at most, logits of the heads by {self.heads:.6f} at most"
        )


def compare(model: Reader, folder: Path) -> dict[str, Closeness]:
    """The network beside the folder's own ONNX files, and beside the fp32 answers that were kept when it was exported
    (`parity.npz`), on the rows kept there."""
    with np.load(folder / PARITY) as archive:
        kept = dict(archive)
    ids, mask, spans, others = (torch.from_numpy(kept[k]) for k in ("ids", "mask", "spans", "others"))
    slots = [torch.zeros(len(spans), len(head.slots), dtype=torch.int64) for head in (model.pair, model.value)]
    with torch.inference_mode():
        tags = model(ids, mask)[0].numpy()
        heads = [model.pair(spans, others, slots[0]), *model.value(spans, slots[1])]
    sessions = [onnxruntime.InferenceSession(str(folder / f), providers=["CPUExecutionProvider"]) for f in FILES[:3]]
    shipped = sessions[0].run(["tags"], {"ids": kept["ids"], "mask": kept["mask"]})[0]
    score = sessions[1].run(None, {"value": kept["spans"], "candidate": kept["others"], "features": slots[0].numpy()})
    answers = sessions[2].run(None, {"value": kept["spans"], "features": slots[1].numpy()})
    live = kept["mask"].astype(bool)

    def beside(other: Floats, said: list[Floats]) -> Closeness:
        mine, theirs = (_softmax(x[live].astype(np.float64)) for x in (tags, other))
        apart = np.abs(mine - theirs)
        head = max(float(np.abs(a.numpy() - b).max()) for a, b in zip(heads, said, strict=True))
        return Closeness(
            float((mine.argmax(1) == theirs.argmax(1)).mean()), float(apart.mean()), float(apart.max()), head
        )

    return {
        "onnx": beside(shipped, [*score, *answers]),
        "trained": beside(kept["tags"], [kept["score"], kept["measure"], kept["status"]]),
    }


def _softmax(x: NDArray[np.float64]) -> NDArray[np.float64]:
    e = np.exp(x - x.max(1, keepdims=True))
    shares: NDArray[np.float64] = e / e.sum(1, keepdims=True)
    return shares


def _refused(folder: Path, why: str) -> ModelRefused:
    return ModelRefused(f"模型目录 {folder.name} 不能作为继续训练的起点：{why}；请选用由 training.export 写出的模型。")


def main() -> None:
    parser = argparse.ArgumentParser(description="Read a model folder back into its network, and compare.")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    args = parser.parse_args()
    model, _ = restore(args.model)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters")
    for name, closeness in compare(model, args.model).items():
        print(f"beside {name}: {closeness}")


if __name__ == "__main__":
    main()
