"""The tagger: windows are read by themselves, in any order, by any number of threads."""

from __future__ import annotations

import numpy as np

from service.records import Span
from service.settings import DEFAULT_MODEL
from service.tagger import Tagger
from service.windows import Window


def test_a_window_reads_the_same_whatever_is_read_beside_it() -> None:
    sentences = (
        "2023年,青溪县完成规上工业增加值45.6亿元。",
        "同比增长7.8%。",
        "新增高新技术企业12家,居全市第二位。",
    ) * 2
    text, spans = "", []
    for sentence in sentences:
        spans.append(Span(len(text), len(text) + len(sentence)))
        text += sentence
    frames = [Window(span, span) for span in spans]
    one, three = (Tagger(DEFAULT_MODEL, threads=threads) for threads in (1, 3))
    alone = [entity for frame in frames for entity in one.tag(text, [frame]).entities]
    assert len(alone) > len(sentences)
    assert list(one.tag(text, frames).entities) == alone
    together, backwards = three.tag(text, frames), three.tag(text, frames[::-1])
    assert list(together.entities) == alone == list(backwards.entities)
    np.testing.assert_array_equal(together.vectors, backwards.vectors)
