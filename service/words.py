"""Words of indicator names: cutting a name into words, and what each word does to its meaning.

In: a normalised indicator name.  Out: its words.  The words of `indicator_words.csv` are taken longest first; what
lies between them is cut by the word segmenter of `models/pkuseg` where spacy-pkuseg is installed, else left whole.
Either way a stretch that the list does not have stays foreign to the catalogue, so that both give the same codes.

The list's columns: `word`; `role` - light (changes nothing: 全市, 累计), verb (changes nothing where the catalogue's
name has none: 新增, 引进), money and count (say what kind of amount it is: 金额, 总数), weak (seldom changes the
indicator: 全社会, 常住), or "" for a word that distinguishes; `same_as` - the word it is a synonym of, or "".
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

MODEL = Path(__file__).resolve().parent.parent / "models" / "pkuseg"
MODEL_FILES = ("features.msgpack", "weights.npz")


@dataclass(frozen=True, slots=True)
class WordList:
    """`roles` has every word of the list; `synonyms` those that stand for another; `longest`, for each character that
    words begin with, the length of the longest."""

    roles: Mapping[str, str]
    synonyms: Mapping[str, str]
    longest: Mapping[str, int]

    def role(self, word: str) -> str:
        return self.roles.get(word, "")

    def same(self, word: str) -> str:
        return self.synonyms.get(word, word)

    def split(self, text: str) -> list[tuple[str, bool]]:
        """Pieces of `text` from left to right, the longest listed word first; True marks a listed word."""
        pieces: list[tuple[str, bool]] = []
        start = rest = 0
        while start < len(text):
            word = self._word_at(text, start)
            if not word:
                start += 1
                continue
            if rest < start:
                pieces.append((text[rest:start], False))
            pieces.append((word, True))
            rest = start = start + len(word)
        if rest < len(text):
            pieces.append((text[rest:], False))
        return pieces

    def strip(self, text: str) -> tuple[str, frozenset[str]]:
        """`text` without the words at its edges that have a role other than weak, and the roles of those taken off.

        Unchanged where nothing else is left.
        """
        words = [word for word, _ in self.split(text)]
        roles = [self.role(word) for word in words]
        kept = [role in ("", "weak") for role in roles]
        if not any(kept):
            return text, frozenset()
        first = kept.index(True)
        last = len(kept) - kept[::-1].index(True)
        return "".join(words[first:last]), frozenset(roles[:first] + roles[last:])

    def _word_at(self, text: str, start: int) -> str:
        for length in range(min(self.longest.get(text[start], 0), len(text) - start), 0, -1):
            if (word := text[start : start + length]) in self.roles:
                return word
        return ""


@cache
def word_list() -> WordList:
    """The list, read once."""
    lines = files("service.data").joinpath("indicator_words.csv").read_text("utf-8").splitlines()
    rows = list(csv.DictReader(lines, strict=True))
    roles = {r["word"]: r["role"] for r in rows}
    longest: dict[str, int] = {}
    for word in roles:
        longest[word[0]] = max(longest.get(word[0], 0), len(word))
    return WordList(roles, {r["word"]: r["same_as"] for r in rows if r["same_as"]}, longest)


def segment(text: str) -> list[str]:
    """Words of a normalised name, in order; joined they give it back."""
    cut = segmenter()
    words: list[str] = []
    for piece, listed in word_list().split(text):
        words.extend([piece] if listed or cut is None else cut(piece))
    return words


@cache
def segmenter() -> Callable[[str], list[str]] | None:
    """The trained segmenter, or None where spacy-pkuseg or the model is not installed."""
    if find_spec("spacy_pkuseg") is None or not all((MODEL / name).is_file() for name in MODEL_FILES):
        return None
    return load_segmenter(MODEL)


def load_segmenter(folder: Path) -> Callable[[str], list[str]]:
    """The segmenter of a model folder.  Raises ImportError without spacy-pkuseg, OSError without the model's files."""
    pkuseg = import_module("spacy_pkuseg").pkuseg(str(folder), user_dict=None)

    def cut(text: str) -> list[str]:
        words: list[str] = pkuseg.cut(text)
        return words

    return cut
