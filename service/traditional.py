"""Traditional characters to simplified ones, character for character.

In: a text.  Out: a text of the same length, converted where the whole is traditional in the main and untouched where
it is simplified: a few characters (著 乾 瞭 徵) are right in both scripts, and a simplified text must not be damaged.
Source: OpenCC's `t2s` with its phrase table (乾坤 stays, 乾燥 becomes 干燥).
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import opencc

# A text is traditional where this share of its Han characters has another simplified form.  Running traditional prose
# has 0.3 to 0.4, simplified prose below 0.005; a title quoted in the other script moves neither across the line.
TRADITIONAL_SHARE = 0.1
SAMPLE = 50_000  # characters that decide
CACHE_SIZE = 1 << 14  # characters that are known to decide or not
# Right in simplified text too (通用规范汉字表): they say nothing of the script.
_BOTH = frozenset("乾著瞭徵藉夥於鍾昇覆噁囉麽馀锺")
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")


def simplify(text: str) -> str:
    """`text` in simplified characters where it is traditional in the main, else `text` itself; lengths are equal."""
    if not is_traditional(text):
        return text
    whole = _convert(text)
    if len(whole) == len(text):
        return whole
    # A phrase of another length (none is known): the lines that hold one go character by character.
    return "\n".join(_line(line) for line in text.split("\n"))


def is_traditional(text: str) -> bool:
    """Whether the Han characters of `text` are traditional in the main."""
    sample = text[:SAMPLE]
    codes = np.frombuffer(sample.encode("utf-32-le", "surrogatepass"), np.uint32)
    found, counts = np.unique(codes, return_counts=True)
    other: int = sum(n for code, n in zip(found.tolist(), counts.tolist(), strict=True) if _is_other(chr(code)))
    return other > 0 and other >= TRADITIONAL_SHARE * len(_HAN.findall(sample))


@lru_cache(maxsize=CACHE_SIZE)
def _is_other(character: str) -> bool:
    """Whether a character is a Han one that simplified text has in another form."""
    return _HAN.match(character) is not None and character not in _BOTH and _convert(character) != character


def _line(line: str) -> str:
    whole = _convert(line)
    if len(whole) == len(line):
        return whole
    simple = _convert("\n".join(line)).split("\n")
    return "".join(s if len(s) == 1 else c for c, s in zip(line, simple, strict=True))


def _convert(text: str) -> str:
    return str(_converter().convert(text))


@lru_cache(maxsize=1)
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
