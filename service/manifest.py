"""The manifest of a model folder, and whether the folder is what it says.

In: a folder.  Out: `Manifest`, or `ModelRefused` that names the file or the contract version that is wrong.  Reading a
manifest costs nothing; verifying hashes every file of the model.  Knows nothing of what the files mean.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from service.errors import ModelRefused
from service.records import ModelCard

NAME = "manifest.json"
FILES = ("reader.onnx", "pairs.onnx", "values.onnx", "characters.npy")

# What the networks take and give: their inputs and outputs, labels, the features of pairs and values and their order.
# A program reads models of its own contract only; whoever changes any of these raises it.
CONTRACT = 1

# Names and versions make addresses and are shown to people.
_PLAIN = re.compile(r"[\w.+][\w.+-]{0,99}")
_HASH = re.compile(r"[0-9a-f]{64}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Manifest:
    """`files`: SHA-256 of each file, hexadecimal; `special`: ids of the special characters; `fields`: all that it says.

    `hidden` is the length of a character's vector.
    """

    card: ModelCard
    files: Mapping[str, str]
    hidden: int
    special: Mapping[str, int]
    fields: Mapping[str, Any]


def read_manifest(folder: Path) -> Manifest:
    """What the manifest says.  Raises `ModelRefused`: there is none, it is broken, or speaks of another contract."""
    try:
        fields = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelRefused(f"模型目录 {folder.name} 不完整：无法读取 {NAME}（{error.strerror}）。") from error
    except ValueError as error:
        raise ModelRefused(f"模型目录 {folder.name} 的 {NAME} 不是合法的 UTF-8 编码 JSON：{error}。") from error
    if not isinstance(fields, dict):
        raise ModelRefused(f"模型目录 {folder.name} 的 {NAME} 应为一个 JSON 对象。")
    contract = fields.get("contract")
    if contract != CONTRACT or isinstance(contract, bool):
        told = "没有注明契约版本" if contract is None else f"的契约版本为 {contract!r}"
        raise ModelRefused(
            f"模型目录 {folder.name} {told}，本程序只读契约版本 {CONTRACT}；请换用与程序相配的模型，或更换程序。"
        )
    name, version = (_plain(folder, fields, field) for field in ("name", "version"))
    files = _mapping(folder, fields, "files", str)
    for file in FILES:
        if not _HASH.fullmatch(files.get(file, "")):
            raise ModelRefused(f"模型目录 {folder.name} 的 {NAME} 没有 {file} 的 SHA-256。")
    hidden = fields.get("hidden")
    if not isinstance(hidden, int) or isinstance(hidden, bool):
        raise ModelRefused(f"模型目录 {folder.name} 的 {NAME} 中，hidden 应为整数。")
    return Manifest(
        ModelCard(name, version, files[FILES[0]]), files, hidden, _mapping(folder, fields, "special", int), fields
    )


def verify(folder: Path) -> Manifest:
    """The manifest of a folder whose files are those that it names.  Raises `ModelRefused`."""
    manifest = read_manifest(folder)
    for name in FILES:
        try:
            with (folder / name).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelRefused(f"模型目录 {folder.name} 不完整：无法读取 {name}（{error.strerror}）。") from error
        if digest != manifest.files[name]:
            raise ModelRefused(
                f"模型文件 {folder.name}/{name} 与清单不符：SHA-256 应为 {manifest.files[name]}，实为 {digest}；"
                "请重新取得模型目录。"
            )
    return manifest


def _plain(folder: Path, fields: Mapping[str, Any], field: str) -> str:
    value = fields.get(field)
    if not isinstance(value, str) or not _PLAIN.fullmatch(value):
        raise ModelRefused(
            f"模型目录 {folder.name} 的 {NAME} 中，{field} 应为由文字、数字与 . _ + - 组成的名称，不超过 100 个字符。"
        )
    return value


def _mapping(folder: Path, fields: Mapping[str, Any], field: str, kind: type[T]) -> dict[str, T]:
    value = fields.get(field)
    if not isinstance(value, dict) or not all(isinstance(item, kind) for item in value.values()):
        raise ModelRefused(f"模型目录 {folder.name} 的 {NAME} 中，{field} 缺失或有误。")
    return value
