"""Decoding: the best valid path, against exhaustive search."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from service.records import Label
from service.tags import KINDS, LABELS, TAGS, decode, log_softmax, tag_ids


def _moves() -> dict[int, set[int]]:
    """What may follow each tag id in BIOES."""
    begin = {0, *range(1, 1 + KINDS), *range(1 + 3 * KINDS, TAGS)}
    follow: dict[int, set[int]] = {}
    for tag in range(TAGS):
        part, k = divmod(tag - 1, KINDS)
        follow[tag] = {1 + KINDS + k, 1 + 2 * KINDS + k} if tag and part in (0, 1) else begin
    return follow


def _ends(tag: int) -> bool:
    return tag == 0 or (tag - 1) // KINDS in (2, 3)


def _starts(tag: int) -> bool:
    return tag == 0 or (tag - 1) // KINDS in (0, 3)


def _spans(path: tuple[int, ...]) -> list[tuple[int, int, Label]]:
    spans, start = [], 0
    for i, tag in enumerate(path):
        part, k = divmod(tag - 1, KINDS) if tag else (-1, 0)
        if part in (0, 3):
            start = i
        if part in (2, 3):
            spans.append((start, i + 1, LABELS[k]))
    return spans


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_decode_is_the_best_valid_path(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    logits = np.full((1, length, TAGS), -30, np.float32)
    few = [0, *tag_ids(Label.MONEY, 3), *tag_ids(Label.RANK, 1), *tag_ids(Label.ORG, 2)]
    logits[:, :, few] = rng.normal(0, 3, (1, length, len(few)))
    logp = log_softmax(logits)[0]
    follow = _moves()
    valid = (
        p
        for p in itertools.product(sorted(set(few)), repeat=length)
        if _starts(p[0]) and _ends(p[-1]) and all(b in follow[a] for a, b in itertools.pairwise(p))
    )
    best = max(valid, key=lambda p: sum(logp[i, t] for i, t in enumerate(p)))
    found = decode(logits, np.array([length]))[0]
    assert [(a, b, label) for a, b, label, _ in found] == _spans(best)
    assert all(0 <= score <= 1 for *_, score in found)


def test_rows_of_unequal_length_do_not_read_their_padding() -> None:
    logits = np.zeros((2, 6, TAGS), np.float32)
    for row, size in enumerate((3, 6)):
        for i, tag in enumerate(tag_ids(Label.PERIOD, size)):
            logits[row, i, tag] = 20
    logits[0, 3:, tag_ids(Label.RANK, 1)[0]] = 50
    assert [[s[:3] for s in row] for row in decode(logits, np.array([3, 6]))] == [
        [(0, 3, Label.PERIOD)],
        [(0, 6, Label.PERIOD)],
    ]


def test_spans_may_touch() -> None:
    logits = np.zeros((1, 4, TAGS), np.float32)
    for i, tag in enumerate([*tag_ids(Label.AREA, 2), *tag_ids(Label.ORG, 1), *tag_ids(Label.MONEY, 1)]):
        logits[0, i, tag] = 20
    assert [s[:3] for s in decode(logits, np.array([4]))[0]] == [
        (0, 2, Label.AREA),
        (2, 3, Label.ORG),
        (3, 4, Label.MONEY),
    ]
