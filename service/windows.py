"""Windows: the stretches of prose that the tagger reads at once.

In: the sentences of a layout.  Out: windows of whole sentences up to `LIMIT` characters; before each stand up to
`CONTEXT` characters of what precedes, which are read and not tagged again.  A sentence longer than a window is cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from service.records import Span

# Most sentences of bureau reports end within 130 characters; 174 with 48 before them and two marks make rows of 224.
LIMIT = 174
CONTEXT = 48


@dataclass(frozen=True, slots=True)
class Window:
    """`span` is what is read, `core` the part of it that this window tags."""

    span: Span
    core: Span


def windows(sentences: Iterable[Span], *, limit: int = LIMIT, context: int = CONTEXT) -> Iterator[Window]:
    """Pack sentences, in reading order, into windows.  Cores are disjoint and cover every sentence."""
    core: Span | None = None
    earliest = 0
    for sentence in _cut(sentences, limit):
        if core is not None and sentence.start - core.end <= 1 and sentence.end - core.start <= limit:
            core = Span(core.start, sentence.end)
            continue
        if core is not None:
            yield Window(Span(max(earliest, core.start - context), core.end), core)
            if sentence.start - core.end > 1:
                earliest = sentence.start
        else:
            earliest = sentence.start
        core = sentence
    if core is not None:
        yield Window(Span(max(earliest, core.start - context), core.end), core)


def _cut(sentences: Iterable[Span], limit: int) -> Iterator[Span]:
    for s in sentences:
        for start in range(s.start, s.end, limit):
            yield Span(start, min(start + limit, s.end))
