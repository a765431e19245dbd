"""BIOES tags: the tag set and the decoding of logits into spans under its constraints.

In: tag logits, shape (rows, length, TAGS).  Out: for every row the best valid sequence of spans with a score in [0,
1]. The search is Viterbi over the only moves that BIOES allows (a span's inside follows its own begin), written so
that one step costs a handful of vector operations over all rows.  Knows nothing of text or windows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from service.records import Label

LABELS = tuple(Label)
OUTSIDE = 0
KINDS = len(LABELS)
TAGS = 1 + 4 * KINDS
"""Tag ids: 0 is O, then B, I, E, S of each label in the order of `Label`: B of label k is 1 + k, I 1 + KINDS + k
..."""

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


def decode(logits: Floats, lengths: NDArray[np.int64]) -> list[list[tuple[int, int, Label, float]]]:
    """The best valid spans of each row: (start, end, label, score), the score being the mean tag probability."""
    rows, length, _ = logits.shape
    logp = log_softmax(logits)
    o, b, i, e, s = (logp[..., a : a + n] for a, n in ((0, 1), *((1 + q * KINDS, KINDS) for q in range(4))))
    never = np.float32(-1e9)
    free = np.zeros(rows, np.float32)  # best score of a prefix after which a span may begin
    begun = np.full((rows, KINDS), never, np.float32)
    inside = np.full((rows, KINDS), never, np.float32)
    came_free = np.zeros((rows, length), np.int32)  # what ended at this place: 0 O, 1 + k E of k, 1 + KINDS + k S of k
    came_inside = np.zeros((rows, length, KINDS), bool)  # at an I or E: whether it followed an I (else a B)
    for t in range(length):
        live = (t < lengths)[:, None]
        followed = inside > begun
        open_ = np.where(followed, inside, begun)
        came_inside[:, t] = followed
        candidates = np.concatenate([free[:, None] + o[:, t], open_ + e[:, t], free[:, None] + s[:, t]], 1)
        best = candidates.argmax(1)
        came_free[:, t] = best
        new_free = candidates[np.arange(rows), best]
        begun, inside = (
            np.where(live, free[:, None] + b[:, t], begun),
            np.where(live, open_ + i[:, t], inside),
        )
        free = np.where(live[:, 0], new_free, free)
    probabilities = np.exp(logp)
    return [_trace(came_free[r], came_inside[r], probabilities[r], int(lengths[r])) for r in range(rows)]


def _trace(
    came_free: NDArray[np.int32], came_inside: NDArray[np.bool_], p: Floats, length: int
) -> list[tuple[int, int, Label, float]]:
    spans = []
    t = length - 1
    while t >= 0:
        what = int(came_free[t])
        if what == OUTSIDE:
            t -= 1
        elif what > KINDS:
            k = what - 1 - KINDS
            spans.append((t, t + 1, LABELS[k], float(p[t, 1 + 3 * KINDS + k])))
            t -= 1
        else:
            k = what - 1
            end = t + 1
            total = float(p[t, 1 + 2 * KINDS + k])
            while came_inside[t, k]:
                t -= 1
                total += float(p[t, 1 + KINDS + k])
            t -= 1
            total += float(p[t, 1 + k])
            spans.append((t, end, LABELS[k], total / (end - t)))
            t -= 1
    return spans[::-1]


def mass(logits: Floats, start: int, end: int) -> dict[Label, float]:
    """How much of the probability of the characters [start, end) of one row lies on each label, 0 to 1."""
    p = np.exp(log_softmax(logits[start:end])).mean(0)
    return {label: float(p[1 + k :: KINDS][:4].sum()) for k, label in enumerate(LABELS)}
