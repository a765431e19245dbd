"""One form for each character: a table over the basic multilingual plane.

In: a text.  Out: a text of the same length in which full-width letters, digits and ASCII punctuation, radicals that a
PDF put in place of characters, the many blanks, dashes, dots, brackets and quotation marks each have one form.  Only
what maps one to one is touched: ① ㎡ ² Ⅲ stay.  Knows nothing of what stands beside a character.
Source: Unicode compatibility decompositions (UAX 15, NFKC), and the choices spelled out below.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

PLANE = 0x10000

# Full-width and small forms, Kangxi radicals, compatibility ideographs, vertical forms.
_COMPATIBILITY = ((0xFF01, 0xFFE7), (0xFE10, 0xFE70), (0x2F00, 0x2FD6), (0xF900, 0xFB00))
# (members, the one form)
_FORMS = (
    ("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
    ("\r\v\f\x85\u2028\u2029", "\n"),
    ("‐‑‒−﹣－", "-"),  # hyphens and minus signs
    ("–―─━﹘", "—"),  # dashes; between numbers they become a range sign later
    ("～〜∼˜", "~"),
    ("∶ː︓", ":"),
    ("•・‧∙⋅･", "·"),
    ("「『﹁﹃〝„", "“"),
    ("」』﹂﹄〞‟", "”"),
    ("‚", "‘"),
    ("‛", "’"),
    ("＂", '"'),
    ("＇", "'"),
    ("╳✕✖✗⨯", "×"),
    ("⺟", "母"), ("⺠", "民"), ("⻅", "见"), ("⻆", "角"), ("⻉", "贝"), ("⻋", "车"), ("⻓", "长"), ("⻔", "门"),
    ("⻘", "青"), ("⻙", "韦"), ("⻚", "页"), ("⻛", "风"), ("⻜", "飞"), ("⻝", "食"), ("⻢", "马"), ("⻣", "骨"),
    ("⻤", "鬼"), ("⻥", "鱼"), ("⻦", "鸟"), ("⻧", "卤"), ("⻨", "麦"), ("⻩", "黄"), ("⻬", "齐"), ("⻮", "齿"),
    ("⻰", "龙"),
)  # fmt: skip


def unify(text: str) -> str:
    """`text` with every character in its one form; the length stays."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    if len(codes) == 0:
        return text
    if int(codes.max()) < PLANE:
        return _text(_table()[codes])
    unified = _table()[np.minimum(codes, PLANE - 1)]
    return _text(np.where(codes < PLANE, unified, codes))


def _text(codes: NDArray[np.uint32]) -> str:
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


@lru_cache(maxsize=1)
def _table() -> NDArray[np.uint32]:
    table = np.arange(PLANE, dtype=np.uint32)
    for first, last in _COMPATIBILITY:
        for code in range(first, last):
            form = unicodedata.normalize("NFKC", chr(code))
            if len(form) == 1 and not form.isspace() and not unicodedata.combining(form):
                table[code] = ord(form)
    for members, form in _FORMS:
        for member in members:
            table[ord(member)] = ord(form)
    return table
