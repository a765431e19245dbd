"""A text under change that never loses the way back to where it came from.

In: a text.  Out: `records.Clean`.  Two kinds of change are possible, and both keep the offset map exact: a character
becomes another one in its place, and characters are deleted, either into nothing or into the character before them.
Nothing is ever inserted or moved, so the ranges stay non-empty, monotone and apart.  What to change is not known
here.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from service.records import Clean

Offsets = NDArray[np.int32]


class Draft:
    """`text` as it now stands; the offsets are made only when the first character is deleted."""

    __slots__ = ("_ends", "_starts", "original", "text")

    def __init__(self, original: str) -> None:
        self.original = original
        self.text = original
        self._starts: Offsets | None = None
        self._ends: Offsets | None = None

    def replace(self, text: str) -> None:
        """Put `text`, as long as the present one, in its place, character for character."""
        if len(text) != len(self.text):
            raise ValueError(f"{len(text)} characters cannot stand for {len(self.text)} one by one")
        self.text = text

    def sub(self, pattern: re.Pattern[str], replacement: str) -> None:
        """Replace each match by `replacement`, one character repeated over the length of the match."""
        if pattern.search(self.text):
            self.text = pattern.sub(lambda match: replacement * len(match.group()), self.text)

    def delete(self, spans: Iterable[tuple[int, int]], *, attach: bool = False) -> None:
        """Delete spans (ascending, apart).  `attach`: the range of the character before a span grows to take it in."""
        kept: list[str] = []
        position = 0
        doomed: list[tuple[int, int]] = []
        for start, end in spans:
            kept.append(self.text[position:start])
            doomed.append((start, end))
            position = end
        if not doomed:
            return
        kept.append(self.text[position:])
        starts, ends = self._offsets()
        edges = np.array(doomed, np.int64)
        if attach:
            inner = edges[edges[:, 0] > 0]
            ends[inner[:, 0] - 1] = ends[inner[:, 1] - 1]
        depth = np.zeros(len(self.text) + 1, np.int8)
        depth[edges[:, 0]] += 1
        np.subtract.at(depth, edges[:, 1], 1)
        keep = np.cumsum(depth[:-1], dtype=np.int8) == 0
        self._starts, self._ends = starts[keep], ends[keep]
        self.text = "".join(kept)

    def drop(self, pattern: re.Pattern[str], *, attach: bool = False) -> None:
        """Delete every match of `pattern`."""
        self.delete((match.span() for match in pattern.finditer(self.text)), attach=attach)

    def clean(self) -> Clean:
        """The text with its offset map."""
        starts, ends = self._offsets()
        return Clean(self.original, self.text, _array(starts), _array(ends))

    def _offsets(self) -> tuple[Offsets, Offsets]:
        if self._starts is None or self._ends is None:
            self._starts = np.arange(len(self.text), dtype=np.int32)
            self._ends = self._starts + np.int32(1)
        return self._starts, self._ends


def _array(offsets: Offsets) -> array[int]:
    result = array("i")
    result.frombytes(np.ascontiguousarray(offsets, np.intc).tobytes())
    return result
