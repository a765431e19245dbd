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

    `closing[t]` is the last place up to t at which a span may best end, -1 where none.  Where `long[t]`, that span
    began earlier: it has the label k that maximises `ending[t]`, and began at the last place before t where `begun` is
    true of k.  Elsewhere it is that place alone, and has the label that maximises `alone[t]`.
    """

    closing: list[int]
    long: list[bool]
    ending: Floats
    begun: NDArray[np.bool_]
    alone: Floats


def _searches(logits: Sequence[Floats] | Floats) -> list[_Search]:
    """Viterbi over all rows at once.

    A prefix is free (a span may begin after it) or inside a span of label k: these 1 + KINDS best scores are the
    state, and a step is a handful of additions and maxima over all rows.  Arrays have the rows last, the labels before
    them and the places first, so that each step works on whole stretches of memory.
    """
    block = np.zeros((len(logits), max(map(len, logits)), TAGS), np.float32)
    for r, row in enumerate(logits):
        block[r, : len(row)] = row
    moves = np.ascontiguousarray(block.transpose(1, 2, 0))
    moves -= moves.max(1, keepdims=True)
    begin, go_on, end, alone = (moves[:, 1 + q * KINDS : 1 + (q + 1) * KINDS] for q in range(4))
    closes = alone.max(1) > moves[:, OUTSIDE]
    moves[:, OUTSIDE] = np.maximum(moves[:, OUTSIDE], alone.max(1))  # from here on: what it costs to stay free
    length, _, rows = moves.shape
    free = np.zeros((length + 1, rows), np.float32)
    inside = np.full((length + 1, KINDS, rows), NEVER, np.float32)
    for t in range(length):
        from_free = free[t] + moves[t, : 1 + KINDS]
        from_inside = inside[t] + moves[t, 1 + KINDS : 1 + 3 * KINDS].reshape(2, KINDS, rows)
        np.maximum(from_free[1:], from_inside[0], out=inside[t + 1])
        np.maximum(from_free[0], from_inside[1].max(0), out=free[t + 1])
    long = free[1:] > free[:-1] + moves[:, OUTSIDE]
    closing = np.maximum.accumulate(np.where(long | closes, np.arange(length)[:, None], -1), 0)
    ending = inside[:-1] + end
    begun = free[:-1, None] + begin >= inside[:-1] + go_on
    return [
        _Search(closing[:, r].tolist(), long[:, r].tolist(), ending[..., r], begun[..., r], alone[..., r])
        for r in range(rows)
    ]


def _spans(search: _Search, length: int) -> list[tuple[int, int, int]]:
    """Start, end and number of the label of each span of the best path of one row, back from its end."""
    spans = []
    t = search.closing[length - 1]
    while t >= 0:
        end = t + 1
        if search.long[t]:
            k = int(search.ending[t].argmax())
            t -= 1
            while not search.begun[t, k]:
                t -= 1
        else:
            k = int(search.alone[t].argmax())
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
    return dict(zip(LABELS, p[1:].reshape(4, KINDS).sum(0).tolist(), strict=True))
