"""BIOES tags: the tag set and the decoding of logits into spans under its constraints.

In: tag logits of rows, shape (length, TAGS).  Out: for every row the best valid sequence of spans with a score in [0,
1]. The search is Viterbi over the only moves that BIOES allows (a span's inside follows its own begin), written so
that one step costs a handful of vector operations over all rows.  Knows nothing of text or windows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.records import Label

LABELS = tuple(Label)
OUTSIDE = 0
KINDS = len(LABELS)
TAGS = 1 + 4 * KINDS
"""Tag ids: 0 is O, then B, I, E, S of each label in the order of `Label`: B of label k is 1 + k, I 1 + KINDS + k
..."""

NEVER = np.float32(-1e9)

Floats = NDArray[np.float32]


def tag_ids(label: Label, length: int) -> list[int]:
    """The tags of one span of `length` characters."""
    k = 1 + LABELS.index(label)
    if length == 1:
        return [k + 3 * KINDS]
    return [k, *[k + KINDS] * (length - 2), k + 2 * KINDS]


def log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(-1, keepdims=True)
    result: Floats = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return result


def decode(logits: Sequence[Floats] | Floats, lengths: Iterable[int]) -> list[list[tuple[int, int, Label, float]]]:
    """The best valid spans of each row: (start, end, label, score), the score being the mean tag probability.

    A row's logits have shape (its length or more, TAGS).  Many rows cost little more than one.
    """
    found = [_spans(search, int(length)) for search, length in zip(_searches(logits), lengths, strict=True)]
    scores = iter(_scores([(logits[r], *span) for r, spans in enumerate(found) for span in spans]))
    return [[(start, end, LABELS[k], next(scores)) for start, end, k in spans] for spans in found]


@dataclass(frozen=True, slots=True)
class _Search:
    """What the search knows of one row at each place t.

    `closing[t]` is the last place up to t at which a span may best end, -1 where none; `single[t]` the label of the
    span that begins and ends there, -1 where one ends that began earlier: the one of label k that maximises
    `ending[t]`, and it began at the last place before t where `begun` is true of k.
    """

    closing: list[int]
    single: list[int]
    ending: Floats
    begun: NDArray[np.bool_]


def _searches(logits: Sequence[Floats] | Floats) -> list[_Search]:
    """Viterbi over all rows at once.

    A prefix is free (a span may begin after it) or inside a span of label k: these 1 + KINDS best scores are the
    state, and a step is a handful of additions and maxima over all rows.
    """
    rows, length = len(logits), max(map(len, logits))
    moves = np.zeros((length, rows, TAGS), np.float32)
    for r, row in enumerate(logits):
        np.subtract(row, row.max(1, keepdims=True), out=moves[: len(row), r])
    o = moves[..., :1]
    b, i, e, s = (moves[..., 1 + q * KINDS : 1 + (q + 1) * KINDS] for q in range(4))
    alone = s.max(-1, keepdims=True)
    inward = np.concatenate([b, np.maximum(o, alone)], -1)  # from free: begin a span, or stay free
    onward = np.stack([i, e], 1)  # from inside: stay inside, or end
    free = np.zeros((length + 1, rows), np.float32)
    inside = np.full((length + 1, rows, KINDS), NEVER, np.float32)
    for t in range(length):
        begin = free[t][:, None] + inward[t]
        go_on = inside[t] + onward[t]
        np.maximum(go_on[0], begin[:, :KINDS], out=inside[t + 1])
        np.maximum(go_on[1].max(1), begin[:, KINDS], out=free[t + 1])
    ended = free[1:] > free[:-1] + inward[..., KINDS]
    closes = ended | (alone > o)[..., 0]
    closing = np.maximum.accumulate(np.where(closes, np.arange(length)[:, None], -1), 0)
    single = np.where(ended, -1, s.argmax(-1))
    ending = inside[:-1] + e
    begun = free[:-1, :, None] + b >= inside[:-1] + i
    return [_Search(closing[:, r].tolist(), single[:, r].tolist(), ending[:, r], begun[:, r]) for r in range(rows)]


def _spans(search: _Search, length: int) -> list[tuple[int, int, int]]:
    """Start, end and number of the label of each span of the best path of one row, back from its end."""
    spans = []
    t = search.closing[length - 1]
    while t >= 0:
        end, k = t + 1, search.single[t]
        if k < 0:
            k = int(search.ending[t].argmax())
            t -= 1
            while not search.begun[t, k]:
                t -= 1
        spans.append((t, end, k))
        t = search.closing[t - 1] if t else -1
    return spans[::-1]


def _scores(spans: Sequence[tuple[Floats, int, int, int]]) -> list[float]:
    """The mean probability of the tags of each span: its row's logits, start, end, number of its label."""
    if not spans:
        return []
    sizes = np.array([end - start for _, start, end, _ in spans])
    first = np.cumsum(sizes) - sizes
    part = np.ones(int(sizes.sum()), np.int64)  # 0 for B, 1 for I, 2 for E, 3 for S
    part[first], part[first + sizes - 1] = 0, 2
    part[first[sizes == 1]] = 3
    tags = 1 + part * KINDS + np.repeat([k for *_, k in spans], sizes)
    logp = log_softmax(np.concatenate([row[start:end] for row, start, end, _ in spans]))
    p = np.exp(logp[np.arange(len(tags)), tags]).astype(np.float64)
    means: list[float] = (np.add.reduceat(p, first) / sizes).tolist()
    return means


def mass(logits: Floats, start: int, end: int) -> dict[Label, float]:
    """How much of the probability of the characters [start, end) of one row lies on each label, 0 to 1."""
    p = np.exp(log_softmax(logits[start:end])).mean(0)
    return {label: float(p[1 + k :: KINDS][:4].sum()) for k, label in enumerate(LABELS)}
