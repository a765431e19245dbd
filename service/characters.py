"""Characters to ids: one code point, one id.

In: text.  Out: an int64 array of the same length.  Digits fold to one id, so that the model sees the shape of a
number and cannot memorise its value; white space and controls share one id; what the vocabulary lacks is tried in its
compatibility form (NFKC, first character).  Knows nothing of words, spans or the model behind the ids.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

PAD, UNKNOWN, FIRST, LAST, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
SPECIAL = (PAD, UNKNOWN, FIRST, LAST, MASK)
BLANK = "▁"
DIGIT = "0"
# Characters beyond the basic plane are rare enough in reports to share the unknown id.
PLANE = 0x10000


class Characters:
    """A vocabulary as one lookup table over the basic multilingual plane."""

    __slots__ = ("first", "last", "mask", "pad", "table", "unknown")

    def __init__(self, table: NDArray[np.int32], special: Mapping[str, int]) -> None:
        self.table = table
        self.pad, self.unknown, self.first, self.last, self.mask = (special[s] for s in SPECIAL)

    @property
    def special(self) -> dict[str, int]:
        """The ids of the special characters, by their names."""
        return dict(zip(SPECIAL, (self.pad, self.unknown, self.first, self.last, self.mask), strict=True))

    @classmethod
    def build(cls, vocabulary: Mapping[str, int]) -> Characters:
        """Make the table from a vocabulary of characters and the five special names."""
        table = np.full(PLANE, vocabulary[UNKNOWN], np.int32)
        for code in range(PLANE):
            table[code] = _id(chr(code), vocabulary)
        return cls(table, {s: vocabulary[s] for s in SPECIAL})

    def encode(self, text: str) -> NDArray[np.int64]:
        """Ids of the characters of `text`, shape (len(text),)."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        ids = self.table[np.minimum(codes, PLANE - 1)].astype(np.int64)
        ids[codes >= PLANE] = self.unknown
        return ids


def _id(character: str, vocabulary: Mapping[str, int]) -> int:
    if character.isascii() and character.isdigit():
        return vocabulary[DIGIT]
    if character in vocabulary:
        return vocabulary[character]
    if character.isspace() or unicodedata.category(character)[0] == "C":
        return vocabulary[BLANK]
    form = unicodedata.normalize("NFKC", character).strip()
    if not form:
        return vocabulary[BLANK]
    first = DIGIT if form[0].isascii() and form[0].isdigit() else form[0]
    return vocabulary.get(first, vocabulary[UNKNOWN])
