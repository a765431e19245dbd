"""Numerals: what a run of digits or Chinese numeral characters is worth.

In: a piece of clean text (full-width and traditional forms of numerals are read too).  Out: exact decimals.
Knows nothing of units, bounds or labels.

Chinese numerals follow the multiplicative-additive system (三千二百), with the two habits of running text: 万 and 亿
stack (1.2万亿, 百亿亿), and a last digit with no place takes the next one (三万五 is 35,000).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_FORM = {
    form: character
    for form, character in zip(
        "０１２３４５６７８９，．％‰：∶﹕／∕＋－−﹣—–―～〜∼（）ＸｘХхx×＊*萬億兩餘個幾數點％壹贰叁肆伍陆柒捌玖拾佰仟〇○",
        "0123456789,.%‰::://+------~~~()XXXXXXXX万亿两余个几数点%一二三四五六七八九十百千零零",
        strict=True,
    )
    if form != character
}
_ANY_FORM = re.compile(f"[{re.escape(''.join(_FORM))}]")

_DIGIT = {c: Decimal(i) for i, c in enumerate("零一二三四五六七八九")} | {"两": Decimal(2)}
_PLACE = {"十": Decimal(10), "百": Decimal(100), "千": Decimal(1000)}
_MYRIAD = {"万": Decimal(10) ** 4, "亿": Decimal(10) ** 8}

# A year after a point is no decimal (20.2026年 is a heading's number and a year).
ARABIC = r"(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.(?!20\d\d年)\d+)?)"
MASKED = r"(?:[\d.]*X[\dX.]*)"
_PLACES = "十百千万亿"
# 千 belongs to 千瓦 千克 千米 千伏 千卡, and 百 to 百分点 百分之.
_PLACE_MARK = r"(?:[十万亿]|百(?!分)|千(?![瓦克米伏卡赫]))"
# 几 and 数 before a place leave the number untold (数十家); after 十 they add a little to it (十几个).
_UNTOLD = rf"(?:[几数]{_PLACE_MARK}{{1,6}}|几)"
_HAN = rf"(?:[零一二两三四五六七八九]|{_PLACE_MARK}){{1,24}}"
NUMERAL = re.compile(
    rf"(?P<masked>{MASKED})(?P<masked_more>[余多]?{_PLACE_MARK}{{0,6}}[余多]?)"
    rf"|(?P<head>{ARABIC})[ ]?(?P<more>[余多几]?)"
    rf"(?P<places>{_PLACE_MARK}{{0,6}}(?:\d{{1,4}}(?:\.\d+)?(?!\d){_PLACE_MARK}{{1,4}}){{0,4}})"
    r"(?P<more_still>[余多]?)"
    rf"|(?P<untold>{_UNTOLD})"
    rf"|(?P<han>{_HAN})(?P<han_more>几?[余多]?[万亿]{{0,3}})"
)
_TOKEN = re.compile(r"[\d,]+(?:\.\d+)?|.")
# 三四十, 五六个: two digits in sequence are a range.
_PAIR = re.compile(r"^([一二三四五六七八])([二三四五六七八九])([十百千万亿]*)$")
_ARABIC = re.compile(r"\d[\d,]*(?:\.\d+)?")
_POSITIONAL = re.compile(r"^[零一二三四五六七八九]{2,}$")


# A longer run of digits is a code, not a number.
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Numeral:
    """`low` and `high` differ for 三四十; both are None where the number is not told (XX, 数十).  `over`: 余 多 几."""

    low: Decimal | None
    high: Decimal | None
    over: bool
    end: int
    scaled: bool  # carries a 万 or 亿 (or another place) of its own


def plain(text: str) -> str:
    """The text with every numeral character in its ASCII or simplified form; as long as the text."""
    return _ANY_FORM.sub(lambda found: _FORM[found[0]], text)


def end_of(text: str, start: int) -> int | None:
    """The end of the numeral that `read` reads at `start`, without reckoning what it is worth."""
    found = NUMERAL.match(text, start)
    return found.end() if found is not None and len(found["head"] or "") <= _LONGEST else None


def read(text: str, start: int = 0) -> Numeral | None:
    """The numeral that begins at `start` of `plain` text, or None where none does, or only a code."""
    found = NUMERAL.match(text, start)
    if found is None:
        return None
    end = found.end()
    if found["masked"] is not None or found["untold"] is not None:
        return Numeral(None, None, bool(set(found["masked_more"] or "") & {"余", "多"}), end, True)
    if found["head"] is not None:
        if len(found["head"]) > _LONGEST:
            return None
        places = found["places"]
        value = value_of(found["head"] + places)
        return Numeral(value, value, bool(found["more"] or found["more_still"]), end, bool(places))
    han, more = found["han"], found["han_more"]
    pair = _PAIR.match(han)
    if pair and _DIGIT[pair[2]] == _DIGIT[pair[1]] + 1:
        return Numeral(value_of(pair[1] + pair[3]), value_of(pair[2] + pair[3]), False, end, bool(pair[3]))
    value = value_of(han + more.strip("几余多"))
    return Numeral(value, value, bool(more.strip("万亿")), end, any(c in _PLACES for c in han + more))


def value_of(numeral: str) -> Decimal:
    """The number that a plain numeral without 余 多 几 stands for: `3.2亿`, `1,234`, `三千二百`, `百亿`.

    Raises ValueError where a character is no part of a numeral.
    """
    if _ARABIC.fullmatch(numeral):
        return +Decimal(numeral.replace(",", ""))
    if _POSITIONAL.match(numeral):
        return Decimal("".join(str(_DIGIT[c]) for c in numeral))
    total = section = Decimal(0)
    number: Decimal | None = None
    last = Decimal(1)
    zero = False
    for token in _TOKEN.findall(numeral):
        if token in _PLACE:
            section += (Decimal(1) if number is None and section == 0 else number or Decimal(0)) * _PLACE[token]
            number, last, zero = None, _PLACE[token], False
        elif token in _MYRIAD:
            place = _MYRIAD[token]
            section += number or Decimal(0)
            if section == 0 and number is None:
                total = total * place if total else place
            elif token == "亿":
                total = (total + section) * place
            else:
                total += section * place
            section, number, last, zero = Decimal(0), None, place, False
        elif token in _DIGIT:
            number = _DIGIT[token]
            zero = zero or token == "零"
        elif token[0].isdigit():
            number = Decimal(token.replace(",", ""))
            zero = True
        else:
            raise ValueError(f"not a numeral: {numeral!r}")
    if number is not None and last >= 100 and not zero:
        number *= last / 10
    return total + section + (number or Decimal(0))
