"""Windows: every sentence is tagged once, and no window is longer than it may be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.records import Span
from service.windows import windows


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 500)), max_size=30))
def test_cores_cover_every_sentence_once(shape: list[tuple[int, int]]) -> None:
    sentences, at = [], 0
    for gap, length in shape:
        at += gap
        sentences.append(Span(at, at + length))
        at += length
    found = list(windows(sentences, limit=100, context=20))
    inside = {i for s in sentences for i in range(s.start, s.end)}
    tagged = [i for w in found for i in range(w.core.start, w.core.end)]
    assert len(tagged) == len(set(tagged))
    assert inside <= set(tagged)
    assert all(w.core.end - w.core.start <= 100 and w.core.start - w.span.start <= 20 for w in found)
    assert all(w.span.end == w.core.end for w in found)


def test_context_does_not_reach_over_a_gap() -> None:
    first, second = windows([Span(0, 90), Span(120, 200)], limit=100, context=20)
    assert (first.span, second.span) == (Span(0, 90), Span(120, 200))


def test_neighbours_share_a_window() -> None:
    only = list(windows([Span(0, 30), Span(30, 60), Span(61, 90)], limit=100, context=20))
    assert [w.core for w in only] == [Span(0, 90)]
