"""Numbers as lists show them: 一 二 三, 甲 乙, 壹 贰, ①, ⑴, a b, i ii.

In: a count from 1 and the name of a number format (`w:numFmt`, ISO/IEC 29500-1, 17.18.59 ST_NumberFormat).  Out: the
characters shown.  A format that is not known here, or a count that it has no sign for, is shown in decimal, which is
what word processors do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

_SIMPLE = ("〇一二三四五六七八九", "十百千")
_LEGAL_SIMPLIFIED = ("零壹贰叁肆伍陆柒捌玖", "拾佰仟")
_LEGAL_TRADITIONAL = ("零壹貳參肆伍陸柒捌玖", "拾佰仟")
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
_ROMAN_ONES = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
MOST = 9999  # of Chinese numerals with 千 as the highest place
MOST_ROMAN = 3999
MOST_REPEATED = 26 * 30  # aa, bb ... as long as Word repeats a letter


def shown(count: int, form: str) -> str:
    """`count` in the number format `form`; "" for `none`."""
    if form == "none":
        return ""
    make = _FORMATS.get(form)
    return (make(count) if make is not None else "") or str(count)


def _chinese(count: int, digits: str, places: str, *, bare_ten: bool) -> str:
    """`bare_ten`: 十五 rather than 一十五."""
    if not 0 < count <= MOST:
        return ""
    out, gap = "", False
    for power in (3, 2, 1, 0):
        digit = count // 10**power % 10
        if digit == 0:
            gap = bool(out)
            continue
        out += digits[0] * gap + digits[digit] + (places[power - 1] if power else "")
        gap = False
    if bare_ten and 10 <= count < 20:
        out = out[1:]
    return out


def _simple(count: int) -> str:
    return _chinese(count, "零" + _SIMPLE[0][1:], _SIMPLE[1], bare_ten=True)


def _digits(count: int) -> str:
    return "".join(_SIMPLE[0][int(digit)] for digit in str(count))


def _from(signs: str) -> Callable[[int], str]:
    """The sign at `count`, from 1; "" past the last."""
    return lambda count: signs[count - 1] if 0 < count <= len(signs) else ""


def _run(first: str, last: str) -> str:
    return "".join(map(chr, range(ord(first), ord(last) + 1)))


def _letters(count: int) -> str:
    """a ... z, aa, bb ..."""
    if not 0 < count <= MOST_REPEATED:
        return ""
    times, letter = divmod(count - 1, 26)
    return chr(ord("a") + letter) * (times + 1)


def _roman(count: int) -> str:
    if not 0 < count <= MOST_ROMAN:
        return ""
    out = ""
    for worth, sign in (*_ROMAN, *_ROMAN_ONES):
        times, count = divmod(count, worth)
        out += sign * times
    return out


CIRCLED = _run("①", "⑳") + _run("㉑", "㉟") + _run("㊱", "㊿")

_FORMATS: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {
        "chineseCounting": _simple,
        "chineseCountingThousand": _simple,
        "taiwaneseCounting": _simple,
        "taiwaneseCountingThousand": _simple,
        "japaneseCounting": _simple,
        "ideographDigital": _digits,
        "japaneseDigitalTenThousand": _digits,
        "taiwaneseDigital": _digits,
        "chineseLegalSimplified": lambda count: _chinese(count, *_LEGAL_SIMPLIFIED, bare_ten=False),
        "ideographLegalTraditional": lambda count: _chinese(count, *_LEGAL_TRADITIONAL, bare_ten=False),
        "ideographTraditional": _from("甲乙丙丁戊己庚辛壬癸"),
        "ideographZodiac": _from("子丑寅卯辰巳午未申酉戌亥"),
        "decimalZero": lambda count: f"{count:02}",
        "decimalFullWidth": lambda count: str(count).translate({ord("0") + n: ord("０") + n for n in range(10)}),
        "decimalEnclosedCircle": _from(CIRCLED),
        "decimalEnclosedCircleChinese": _from(CIRCLED),
        "decimalEnclosedParen": _from(_run("⑴", "⒇")),
        "decimalEnclosedFullstop": _from(_run("⒈", "⒛")),
        "ideographEnclosedCircle": _from(_run("㊀", "㊉")),
        "lowerLetter": _letters,
        "upperLetter": lambda count: _letters(count).upper(),
        "lowerRoman": _roman,
        "upperRoman": lambda count: _roman(count).upper(),
    }
)
