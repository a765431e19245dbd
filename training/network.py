"""The networks: a BERT-shaped character encoder and the reader's heads on it.

`Encoder`: ids (rows, length) and mask -> vectors (rows, length, hidden).  Written in plain operations, so that it
trains
fast in bf16 on a CPU and exports to the textbook graph that runtimes fuse.
`Reader`: tag logits for every character; `PairHead`: scores of (value, candidate) pairs; `ValueHead`: measure and
status.
Spans enter the heads as the vectors of their first and last character.  BERT: Devlin et al. 2019.
"""

from __future__ import annotations

import math
import random
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

LAYER_NORM_EPSILON = 1e-12
MASKED = -10000.0


@dataclass(frozen=True, slots=True)
class Shape:
    characters: int
    hidden: int
    layers: int
    heads: int
    inner: int
    positions: int
    activation: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class PoolDropout(nn.Module):
    """Dropout whose masks are slices of a pool drawn once: drawing them anew is a quarter of a step on a CPU."""

    POOL_SIZE: ClassVar[int] = 1 << 23
    _pools: ClassVar[dict[float, Tensor]] = {}

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        pool = self._pools.get(self.p)
        if pool is None or pool.device != x.device:
            drawn = torch.rand(self.POOL_SIZE, generator=torch.Generator().manual_seed(0))
            pool = ((drawn >= self.p).to(torch.bfloat16) / (1 - self.p)).to(x.device)
            self._pools[self.p] = pool
        size = x.numel()
        if size > self.POOL_SIZE:
            return functional.dropout(x, self.p)
        start = random.randrange(0, self.POOL_SIZE - size + 1)
        return x * pool[start : start + size].view(x.shape).to(x.dtype)


class Layer(nn.Module):
    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.heads, self.width = shape.heads, shape.hidden // shape.heads
        self.qkv = nn.Linear(shape.hidden, 3 * shape.hidden)
        self.out = nn.Linear(shape.hidden, shape.hidden)
        self.attention_norm = nn.LayerNorm(shape.hidden, eps=LAYER_NORM_EPSILON)
        self.widen = nn.Linear(shape.hidden, shape.inner)
        self.narrow = nn.Linear(shape.inner, shape.hidden)
        self.output_norm = nn.LayerNorm(shape.hidden, eps=LAYER_NORM_EPSILON)
        self.activation = functional.gelu if shape.activation == "gelu" else functional.relu
        self.dropout = PoolDropout(dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        rows, length, hidden = x.shape
        qkv = self.qkv(x).view(rows, length, 3, self.heads, self.width).permute(2, 0, 3, 1, 4)
        scores = torch.matmul(qkv[0], qkv[1].transpose(-1, -2)) / math.sqrt(self.width) + bias
        mixed = (
            torch.matmul(torch.softmax(scores, -1).to(x.dtype), qkv[2])
            .permute(0, 2, 1, 3)
            .reshape(rows, length, hidden)
        )
        x = self.attention_norm(self.dropout(self.out(mixed)) + x)
        return self.output_norm(self.dropout(self.narrow(self.activation(self.widen(x)))) + x)


class Encoder(nn.Module):
    def __init__(self, shape: Shape, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.characters = nn.Embedding(shape.characters, shape.hidden)
        self.positions = nn.Embedding(shape.positions, shape.hidden)
        self.norm = nn.LayerNorm(shape.hidden, eps=LAYER_NORM_EPSILON)
        self.dropout = PoolDropout(dropout)
        self.layers = nn.ModuleList(Layer(shape, dropout) for _ in range(shape.layers))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Vectors (rows, length, hidden) of `ids` (rows, length); `mask` is 1 where there is a character, else 0."""
        x = self.dropout(self.norm(self.characters(ids) + self.positions.weight[: ids.shape[1]].unsqueeze(0)))
        bias = (1.0 - mask.unsqueeze(1).unsqueeze(2).to(x.dtype)) * MASKED
        for layer in self.layers:
            x = layer(x, bias)
        return x


class PairHead(nn.Module):
    """Scores whether a value belongs to a candidate span.

    `value`, `candidate`: (pairs, 2 x hidden), first and last character's vectors; `features`: (pairs, slots) small
    integers, each slot with its own embedding.  Out: (pairs,).  A multiplicative term beside the additive one.
    """

    def __init__(self, hidden: int, sizes: tuple[int, ...], width: int = 128, dropout: float = 0.1) -> None:
        super().__init__()
        self.value = nn.Linear(2 * hidden, 2 * width)
        self.candidate = nn.Linear(2 * hidden, 2 * width)
        self.slots = nn.ModuleList(nn.Embedding(n, width) for n in sizes)
        self.dropout = PoolDropout(dropout)
        self.join = nn.Linear(2 * width, width)
        self.score = nn.Linear(width, 1)

    def forward(self, value: Tensor, candidate: Tensor, features: Tensor) -> Tensor:
        v, c = self.value(value).chunk(2, -1), self.candidate(candidate).chunk(2, -1)
        added = v[0] + c[0]
        for n, slot in enumerate(self.slots):
            added = added + slot(features[:, n])
        joined = functional.relu(self.join(self.dropout(torch.cat([functional.relu(added), v[1] * c[1]], -1))))
        return self.score(joined).squeeze(-1)


class ValueHead(nn.Module):
    """Measure and status of a value: (values, 2 x hidden) and (values, slots) -> logits of both."""

    def __init__(self, hidden: int, sizes: tuple[int, ...], measures: int, statuses: int, width: int = 128) -> None:
        super().__init__()
        self.value = nn.Linear(2 * hidden, width)
        self.slots = nn.ModuleList(nn.Embedding(n, width) for n in sizes)
        self.dropout = PoolDropout(0.1)
        self.measure = nn.Linear(width, measures)
        self.status = nn.Linear(width, statuses)

    def forward(self, value: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        x = self.value(value)
        for n, slot in enumerate(self.slots):
            x = x + slot(features[:, n])
        x = self.dropout(functional.relu(x))
        return self.measure(x), self.status(x)


class Reader(nn.Module):
    """Encoder, tag head, pair head for each kind of candidate, value head."""

    def __init__(
        self,
        encoder: Encoder,
        *,
        tags: int,
        pair_sizes: tuple[int, ...],
        value_sizes: tuple[int, ...],
        measures: int,
        statuses: int,
    ) -> None:
        super().__init__()
        hidden = encoder.shape.hidden
        self.encoder = encoder
        self.dropout = PoolDropout(0.1)
        self.tag = nn.Linear(hidden, tags)
        self.pair = PairHead(hidden, pair_sizes)
        self.value = ValueHead(hidden, value_sizes, measures, statuses)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Tag logits (rows, length, tags) and vectors (rows, length, hidden)."""
        vectors = self.encoder(ids, mask)
        return self.tag(self.dropout(vectors)), vectors
