"""Examples as the tensors of a training step: consecutive windows of documents, padded to one shape.

In: `Example`s.  Out: `Batch`es.  Knows nothing of models.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from service.candidates import KINDS, PAIR_SIZES, VALUE_SIZES
from service.characters import Characters
from service.records import Label
from service.windows import CONTEXT, LIMIT, Window
from training.examples import IGNORE, Example

CHUNK = 5  # consecutive windows of one document whose links are learnt together
LOOK = 40  # how many waiting chunks are tried to fill a step
# Every step has this one shape: a new shape costs a CPU new kernels, which take longer than the step.
ROWS = 12
LENGTH = LIMIT + CONTEXT + 2

Seen = TypeVar("Seen", bound=Example)


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded rows with tags, and the pairs and values whose spans lie in them (as places in the flattened rows)."""

    ids: Tensor
    mask: Tensor
    tags: Tensor
    pair_value: Tensor
    pair_candidate: Tensor
    pair_features: Tensor
    pair_target: Tensor
    pair_group: Tensor
    groups: int
    group_null: Tensor
    value: Tensor
    value_rows: Tensor
    measure: Tensor
    status: Tensor


def chunks(data: Sequence[Seen], *, shuffle: bool) -> list[tuple[Seen, int, int]]:
    """(document, first window, end window) of every chunk; shuffled chunks start at a random offset."""
    found = []
    for e in data:
        first = random.randrange(CHUNK) if shuffle and len(e.windows) > CHUNK else 0
        edges = [0, *range(first or CHUNK, len(e.windows), CHUNK), len(e.windows)]
        found += [(e, a, b) for a, b in itertools.pairwise(edges) if a < b]
    if shuffle:
        random.shuffle(found)
    return found


def collate(parts: Sequence[tuple[Example, int, int]], characters: Characters) -> Batch:
    """Put chunks into one padded batch."""
    rows, length = max(ROWS, sum(b - a for _, a, b in parts)), LENGTH
    ids = np.full((rows, length), characters.pad, np.int64)
    mask = np.zeros((rows, length), np.int64)
    tags = np.full((rows, length), IGNORE, np.int64)
    columns: dict[str, list[Any]] = {k: [] for k in ("pv", "pc", "pf", "pt", "pg", "gn", "v", "vr", "m", "s")}
    row = groups = 0
    for e, a, b in parts:
        encoded = characters.encode(e.text)
        where = np.full(len(e.text), -1, np.int64)
        for w in e.windows[a:b]:
            c = w.core
            core = lay(w, encoded, ids[row], mask[row], characters)
            tags[row, core] = e.tags[c.start : c.end]
            where[c.start : c.end] = row * length + np.arange(core.start, core.stop)
            row += 1
        groups = _links(e, where, groups, columns)
    return Batch(
        torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(tags),
        _long(columns["pv"], 2), _long(columns["pc"], 2), _long(columns["pf"], len(PAIR_SIZES)),
        torch.tensor(columns["pt"], dtype=torch.float32), _long(columns["pg"]), groups, _long(columns["gn"]),
        _long(columns["v"], 2), _long(columns["vr"], len(VALUE_SIZES)), _long(columns["m"]), _long(columns["s"]),
    )  # fmt: skip


def lay(
    window: Window, encoded: NDArray[np.int64], ids: NDArray[np.int64], mask: NDArray[np.int64], characters: Characters
) -> slice:
    """Write one window of an encoded text into a row of ids and of the mask; where in the row its core lies."""
    size = window.span.end - window.span.start
    ids[0], ids[size + 1] = characters.first, characters.last
    ids[1 : size + 1] = encoded[window.span.start : window.span.end]
    mask[: size + 2] = 1
    return core_of(window)


def core_of(window: Window) -> slice:
    """Where in its row the core of a window lies."""
    before = 1 - window.span.start
    return slice(window.core.start + before, window.core.end + before)


def hide(batch: Batch, share: float, characters: Characters) -> None:
    """Hide a share of the characters that are tagged, drawn anew."""
    if share:
        batch.ids[(torch.rand(batch.ids.shape) < share) & (batch.tags != IGNORE)] = characters.mask


def _long(rows: list[Any], width: int = 0) -> Tensor:
    x = torch.from_numpy(np.array(rows, np.int64))
    return x.reshape(-1, width) if width else x


def _links(e: Example, where: NDArray[np.int64], groups: int, columns: dict[str, list[Any]]) -> int:
    """Add a chunk's values and pairs.  A group is one value's candidates of one exclusive kind (period, area)."""
    ends = np.array([(x.span.start, x.span.end - 1) for x in e.entities], np.int64).reshape(-1, 2)
    spots = where[ends] if len(ends) else ends
    inside: NDArray[np.bool_] = np.logical_and.reduce(spots >= 0, axis=1)
    order = {int(v): n for n, v in enumerate(e.value_entities)}
    group: dict[tuple[int, int], int] = {}
    for v, n in order.items():
        if not inside[v]:
            continue
        columns["v"].append(spots[v])
        columns["vr"].append(e.value_rows[n])
        columns["m"].append(e.measure[n])
        columns["s"].append(e.status[n])
    for n in np.flatnonzero(inside[e.pair_index].all(axis=1)).tolist():
        v, c = (int(i) for i in e.pair_index[n])
        kind = int(e.pair_kind[n])
        g = -1
        if KINDS[kind] is not Label.INDICATOR:
            null = int((e.null_period if KINDS[kind] is Label.PERIOD else e.null_area)[order[v]])
            if (v, kind) not in group:
                group[v, kind] = groups
                columns["gn"].append(null)
                groups += 1
            g = group[v, kind]
        columns["pv"].append(spots[v])
        columns["pc"].append(spots[c])
        columns["pf"].append(e.pair_features[n])
        columns["pt"].append(e.pair_target[n])
        columns["pg"].append(g)
    return groups


def pack(waiting: list[tuple[Seen, int, int]]) -> Iterator[list[tuple[Seen, int, int]]]:
    """Batches of chunks, which are taken out of the list: different documents, together as many windows as a step has
    rows."""
    while waiting:
        batch = [waiting.pop()]
        free = ROWS - (batch[0][2] - batch[0][1])
        for n in range(len(waiting) - 1, max(-1, len(waiting) - LOOK), -1):
            size = waiting[n][2] - waiting[n][1]
            if size <= free:
                batch.append(waiting.pop(n))
                free -= size
        yield batch
