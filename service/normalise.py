"""Posted text to clean text, with the way back.

In: the text as posted, any Unicode without lone surrogates.  Out: `records.Clean`: the text in the one form that all
later stages read, and for each of its characters the range of the posted text that it stands for.  Normalising its
own output changes nothing.  Linear in the length of the text.

What is done, in this order, until nothing changes (seldom more than twice):

1. one form for each character (`glyphs`); zero-width and control characters go;
2. traditional to simplified, where the text is traditional in the main (`traditional`);
3. straight quotation marks become paired ones; masked figures become X (`**万元`, `××区`, `20xx年`);
4. pinyin in brackets after a character goes into that character's range (`發(fā)布`, `pinyin`);
5. blanks inside numbers and beside Chinese characters go; tabs stay in tab-separated rows alone;
6. line breaks inside a sentence go (`linebreaks`); of blank lines one stays;
7. a dash or tilde between numbers becomes the range sign `-`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from service.glyphs import unify
from service.linebreaks import false_breaks
from service.pinyin import syllable
from service.records import Clean
from service.rewriting import Draft
from service.traditional import simplify

# Each round deletes or settles something, and what one round lays bare the next one finds; real texts need two.
MAX_ROUNDS = 8
# Bracketed syllables with a tone mark from which those without one (`(de)`) are taken for pinyin too.
MIN_TONED = 3

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff]+"
)
_RETURN = re.compile("\r(?=\n)")
_PINYIN = re.compile("\\([a-z\u00e0-\u00fc\u0101-\u01dc\u0251\u0261\u0300\u0301\u0304\u0308\u030c]{1,10}\\)")
_HAN_CHARACTER = re.compile(f"[{_HAN}]")
_QUOTE = re.compile("[\"'“”‘’]")

# Masks.  An asterisk or a cross is a masked digit only where a unit, a year or a region's class noun stands beside it.
_MASKED_UNIT = r"(?:[万亿千百]?[元家项名件户亩人个吨]|[万亿]|%|个百分点|年|月|日|平方|公里|省|市|区|县|镇|乡|街道|村)"
_ASTERISKS = re.compile(r"\*{2,}+")
_ASTERISK_MASK = re.compile(rf"(?<!\*)\*{{2,}}+(?= ?{_MASKED_UNIT})")
_CROSSES = re.compile(r"[×○Ⅹ]{2,}+|×(?<![\d×]×)(?= ?(?:[万亿]?元|年|月|日|[省市区县镇乡村]))")
_SMALL_X = re.compile(rf"(?<![A-Za-z0-9])x{{2,4}}(?=[{_HAN} %])|(?<=20)xx(?= ?年)")

_SEVERAL_BLANKS = re.compile("  +")
_BLANK = re.compile(" ")
_KEY = re.compile(f" [{_HAN}]{{2,6}}:")
_EDGE = re.compile(r" (?:(?=\n)|(?<=\n ))")
_EMPTY_LINES = re.compile(r"\n{3,}")
_SPACED_DIGITS = re.compile(r"\d(?<![\d.]\d)(?: \d){1,7}(?= ?[年月日万亿%])")
_SPACED_POINT = re.compile(r"(?: \. ?|\. )(?=\d{1,4} ?(?:[万亿元%]|个百分点))")
_SPACED_RANGE = re.compile(r"(?: [-—~] ?|[-—~] )(?=\d)")
_RANGE_LEFT = re.compile(r"[\d%年月日]")
_BESIDE = re.compile(f"[{_HAN}\u2014\u2018-\u201d\u2026\u3001-\u3017\u3021-\u3029%‰]")
_BARRIER = "|\t\n"

_RANGE = re.compile(
    f"[—~](?=[0-9X])(?:(?<=[0-9X%‰].)|(?<=[0-9X][%{_HAN}].)|(?<=[0-9X][%{_HAN}][{_HAN}].))"
    "|[—~](?=[〇零一二三四五六七八九十])(?<=[〇零一二三四五六七八九十].)"
)
_DOUBLE_RANGE = re.compile(
    r"——(?:(?<=\d..)(?=\d)|(?<=[年月日]..)(?=\d{1,4}[年月日])|(?<=%..)(?=\d{1,4}(?:\.\d{1,4})?%))"
)


def normalise(text: str) -> Clean:
    """Clean text and offset map of `text`.

    Every clean character has a non-empty range of the posted text; ranges ascend and do not overlap; blanks and breaks
    that were deleted lie in none.  A text of nothing but blanks gives an empty one.
    """
    draft = Draft(text)
    for _ in range(MAX_ROUNDS):
        before = draft.text
        _round(draft)
        if draft.text == before:
            break
    return draft.clean()


def _round(draft: Draft) -> None:
    draft.drop(_RETURN)
    draft.replace(unify(draft.text))
    draft.drop(_INVISIBLE)
    draft.replace(simplify(draft.text))
    _by_line(draft, '"', _pair_quotes)
    _by_line(draft, "'", _pair_quotes)
    _unmask(draft)
    draft.delete(_pinyin(draft.text), attach=True)
    _tabs(draft)
    _edges(draft)
    draft.delete(_blanks(draft.text))
    draft.delete(false_breaks(draft.text))
    _ranges(draft)


def _by_line(draft: Draft, sign: str, rewrite: Callable[[str], str]) -> None:
    """Rewrite, character for character, the lines that hold `sign`."""
    if sign in draft.text:
        draft.replace("\n".join(rewrite(line) if sign in line else line for line in draft.text.split("\n")))


def _pair_quotes(line: str) -> str:
    """A line with its straight quotes turned left and right; inches (`15"`) and apostrophes (`it's`) stay."""
    out = list(line)
    is_open = {'"': False, "'": False}
    for match in _QUOTE.finditer(line):
        mark, place = match.group(), match.start()
        if mark in "“”":
            is_open['"'] = mark == "“"
        elif mark in "‘’":
            is_open["'"] = mark == "‘"
        elif is_open[mark]:
            out[place] = "”" if mark == '"' else "’"
            is_open[mark] = False
        elif not (place and line[place - 1].isascii() and line[place - 1].isalnum()):
            out[place] = "“" if mark == '"' else "‘"
            is_open[mark] = True
    return "".join(out)


def _unmask(draft: Draft) -> None:
    """Masked figures and names in one form, X for each sign."""
    _by_line(draft, "**", _asterisks)
    if any(sign in draft.text for sign in "×○Ⅹ"):
        draft.sub(_CROSSES, "X")
    if "xx" in draft.text:
        draft.sub(_SMALL_X, "X")


def _asterisks(line: str) -> str:
    """A line with its asterisks as masks, unless one of them stands where no mask can: then they are Markdown's."""
    if len(_ASTERISKS.findall(line)) != len(_ASTERISK_MASK.findall(line)):
        return line
    return _ASTERISK_MASK.sub(lambda match: "X" * len(match.group()), line)


def _pinyin(text: str) -> list[tuple[int, int]]:
    """Spans of syllables in brackets after a character."""
    found: list[tuple[int, int, bool, int]] = []
    for match in _PINYIN.finditer(text):
        start = match.start()
        if start and text[start - 1] == " ":
            start -= 1
        letters = match.group()[1:-1].replace("\u0251", "a").replace("\u0261", "g")
        toned = syllable(letters)
        if toned is not None and start and _HAN_CHARACTER.match(text, start - 1):
            found.append((start, match.end(), toned, len(letters)))
    enough = sum(toned for _, _, toned, _ in found) >= MIN_TONED
    return [(start, end) for start, end, toned, size in found if toned or (enough and size > 1)]


def _tabs(draft: Draft) -> None:
    """Tabs become blanks, except in two or more tab-separated lines in a row: those are a table."""
    if "\t" not in draft.text:
        return
    lines = draft.text.split("\n")
    tabbed = [False, *("\t" in line and "\t" in line.strip() for line in lines), False]
    for index, line in enumerate(lines):
        is_row = tabbed[index + 1] and (tabbed[index] or tabbed[index + 2])
        if not is_row and "\t" in line:
            lines[index] = line.replace("\t", " ")
    draft.replace("\n".join(lines))


def _edges(draft: Draft) -> None:
    """Of several blanks one stays, at both ends of lines none; of several empty lines one."""
    if "  " in draft.text:
        draft.delete((match.start() + 1, match.end()) for match in _SEVERAL_BLANKS.finditer(draft.text))
    text = draft.text
    first, last = len(text) - len(text.lstrip(" \n")), len(text.rstrip(" \n"))
    draft.delete(span for span in ((0, first), (max(first, last), len(text))) if span[0] < span[1])
    if " \n" in draft.text or "\n " in draft.text:
        draft.drop(_EDGE)
    if "\n\n\n" in draft.text:
        draft.delete((match.start() + 2, match.end()) for match in _EMPTY_LINES.finditer(draft.text))


def _blanks(text: str) -> list[tuple[int, int]]:
    """Spans of blanks to delete: inside numbers and beside Chinese characters."""
    if " " not in text:
        return []
    inside: set[int] = set()
    for pattern, belongs in ((_SPACED_DIGITS, _always), (_SPACED_POINT, _is_decimal), (_SPACED_RANGE, _is_range)):
        for match in pattern.finditer(text):
            if belongs(text, match.start()):
                inside.update(i for i in range(match.start(), match.end()) if text[i] == " ")
    places = (match.start() for match in _BLANK.finditer(text))
    return [(place, place + 1) for place in places if place in inside or _is_needless(text, place)]


def _always(_text: str, _place: int) -> bool:
    return True


def _is_decimal(text: str, place: int) -> bool:
    """Whether the spaced point at `place` follows a number that does not open its line, as a list item's does."""
    start = place
    while start > 0 and place - start < 12 and text[start - 1].isdigit():
        start -= 1
    return 0 < start < place and text[start - 1] != "\n"


def _is_range(text: str, place: int) -> bool:
    return place > 0 and _RANGE_LEFT.match(text, place - 1) is not None


def _is_needless(text: str, place: int) -> bool:
    """Whether a blank parts nothing: a Chinese character, its punctuation or a per cent sign is beside it."""
    if place == 0 or place + 1 == len(text):
        return True
    left, right = text[place - 1], text[place + 1]
    if left in _BARRIER or right in _BARRIER:
        return False
    if not (_BESIDE.match(left) or _BESIDE.match(right) or left == "(" or right == ")"):
        return False
    return not (left.isalnum() and _KEY.match(text, place))


def _ranges(draft: Draft) -> None:
    draft.sub(_RANGE, "-")
    if _DOUBLE_RANGE.search(draft.text):
        spans = [match.span() for match in _DOUBLE_RANGE.finditer(draft.text)]
        draft.replace(_DOUBLE_RANGE.sub("-—", draft.text))
        draft.delete(((start + 1, end) for start, end in spans), attach=True)
