"""What every format of annotated documents shares: what is written, what is read, and what could not be held.

A format never drops anything silently: what it cannot hold, or cannot be read in it, is a `Loss`, in Chinese, that the
command prints and the API returns.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.annotations.document import Document
from service.errors import InvalidRequest
from service.records import Entity, Label


@dataclass(frozen=True, slots=True)
class Loss:
    """`document`: its id; `message`: what was lost of it, and why, in Chinese."""

    document: str
    message: str


@dataclass(frozen=True, slots=True)
class Written:
    """A file in some format, and what it does not hold."""

    data: bytes
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """The documents of a file, in reading order each, and what of the file is not in them."""

    documents: tuple[Document, ...]
    losses: tuple[Loss, ...] = ()


def label_of(name: object) -> Label | None:
    """The label of that name, None for one that is not ours."""
    return Label(name) if isinstance(name, str) and name in Label.__members__ else None


def number_in(given: Any) -> float | None:
    """A finite number, None for anything else."""
    return float(given) if type(given) in (int, float) and math.isfinite(given) else None


def score_in(given: Mapping[str, Any]) -> float:
    """The `score` of something, between 0 and 1; 1, a person's, where it has none."""
    score = given.get("score", 1.0)
    return float(score) if isinstance(score, int | float) and 0 <= score <= 1 else 1.0


def records(data: bytes, form: str) -> Iterator[dict[str, Any]]:
    """The objects of a file with one a line, each with a `text`; `form` tells what is right.

    Raises InvalidRequest with the line that is none.
    """
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError:
            raise InvalidRequest(f"第 {number} 行不是 JSON；应为{form}。") from None
        if not isinstance(record, dict) or not isinstance(record.get("text"), str):
            raise InvalidRequest(f"第 {number} 行没有 text 字段；应为{form}。")
        yield record


def overlaps(entities: Iterable[Entity]) -> Iterator[Entity]:
    """The entities that begin before one that stands before them has ended."""
    end = 0
    for entity in sorted(entities, key=lambda e: (e.span, e.label)):
        if entity.span.start < end:
            yield entity
        end = max(end, entity.span.end)
