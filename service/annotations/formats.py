"""The formats by name.  Each is a module with `write(documents)` and `read(data)`; one that needs a package of its own
is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from service.annotations.document import Document
from service.annotations.exchange import Taken, Written
from service.errors import UnsupportedFile

FormatName = Literal["jsonl", "doccano", "labelstudio", "docbin", "bio"]


@dataclass(frozen=True, slots=True)
class Format:
    """A form of annotated documents; `suffix` with its dot, `media` for HTTP."""

    suffix: str
    media: str
    write: Callable[[Iterable[Document]], Written]
    read: Callable[[bytes], Taken]


_KINDS: dict[str, tuple[str, str]] = {
    "jsonl": (".jsonl", "application/x-ndjson"),
    "doccano": (".jsonl", "application/x-ndjson"),
    "labelstudio": (".json", "application/json"),
    "docbin": (".spacy", "application/octet-stream"),
    "bio": (".bio", "text/plain; charset=utf-8"),
}
NAMES = tuple(_KINDS)


def format_named(name: str) -> Format:
    """The format of that name (`NAMES`).  Raises UnsupportedFile where what it needs is not installed."""
    suffix, media = _KINDS[name]
    try:
        module = import_module(f"service.annotations.{name}")
    except ModuleNotFoundError as error:
        raise UnsupportedFile(f"格式 {name} 需要 {error.name}；请先安装 baoshu[spacy]。") from None
    return Format(suffix, media, module.write, module.read)
