"""Hard line breaks inside a sentence: which newlines of a text part nothing.

In: a text whose blanks are in order (no blanks at line ends).  Out: the spans of newlines to delete.  Two things
break lines: extraction of links and emphasis (`占⏎GDP⏎比重`, `《⏎某协定⏎》`, `PM⏎2.5`), and copies of pages with a
fixed width.  A line that looks like a heading, a list item, a table row or page furniture is never joined to the one
before it; where it is unclear, the break stays.  Knows nothing of the meaning of lines beyond their look.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

# A page of fixed width: so many lines of that width without a final stop, and so few that are wider.
MIN_FULL_LINES = 6
MIN_FULL_SHARE = 0.5  # of the lines without a final stop
MAX_WIDER_SHARE = 0.25  # of all lines
WIDTHS = (14, 60)  # characters in a line of a page
SLACK = 3  # a line may be shorter by this much where punctuation may not begin the next one
LONG = 40  # characters; a longer line without a number of its own is prose, not a heading
MAX_FRAGMENT = 13  # characters of a link or an emphasis
TAIL = 12  # characters at a line's end that are looked at
WELL_ENDED = 0.7  # share of long lines that end with a stop, from which a missing stop means a broken line

_LINE = re.compile(r"[^\n]+")
_STOP = re.compile(r"[。!?;:…][”’)》】]*$")
_OPENING = "(《“‘【〔[<"
_BRACKETS = "(《【〔["
_NO_BREAK_BEFORE = re.compile(r"[,。、;!?)》”’】〕\]%]")
_CLOSING = re.compile(r"[)》”’】〕\]]")
_MARKER = (
    r"(?:[一二三四五六七八九十]{1,3}[、.,]|\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[.、](?!\d)|\d{1,2}\)"
    r"|第[一二三四五六七八九十百\d]{1,4}[章节条部篇]|[①-⑳]|其[一二三四五六七八九]|[一二三四五六七八九十]{1,2}[是要])"
)
_DECIMAL_MARKER = r"\d{1,2}(?:\.\d{1,2}){1,3} ?(?=\w)(?![\d.万亿千元个家项倍年月])"  # `2.1 总则`, not `2.1万元`
_BULLET = r"[-*+·●■◆○□▲△★☆✦➢➤>]|——|#{1,6} ?\S|附[件表录注]\d*|\[\d+\]|注\d*:|专栏\d"
_NUMBERED = re.compile(rf"{_MARKER}|{_DECIMAL_MARKER}|\([a-z]\)|{_BULLET}")
_MARKER_ALONE = re.compile(r"(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[.、])$")
_KEYED = re.compile(r"(?!是:)[^,。;:、\d]{1,10}:")
_CELLS = re.compile(r"(?=[|\t.…·])(?:[|\t]|\.{3,}|…{2,}|·{3,})")
_BYLINE = re.compile(r"(?=[摄文记通编来])(?:[摄文]$|记者|通讯员|编辑[:\s]|^来源)")
_ADDRESS = re.compile(r"[^,。]{1,16}:$")
_DATE_LINE = re.compile(r"\d{4}[-年/.]\d{1,2}[-月/.]\d{1,2}日?(?: ?\d\d?[:时].*)?$")
_PAGE = re.compile(r"[-—]? ?\d{1,4} ?[-—]?$")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9&+./\-]{0,15}$")
_HANGING = re.compile(r"(?:(?<!目)的|[或占且较从]|[^至]至|[,。;、]其中)$")
_HANGING_NUMBER = re.compile(
    r"(?:为|达|达到|增长|下降|减少|增加|提升|降低|约|超|超过|突破|新增|共|共有|比|由|第|近|完成|实现)$"
)
_PARTICLE = re.compile(r"(?:的|了|是[:,]|为\d|达\d|达到\d|增长\d|下降\d|以上|以下|左右|个百分点)")
_UNIT = re.compile(r"[多余]?(?:万|亿|千|%|‰|个百分点|元)")
_HAN_END = re.compile("[\u3400-\u9fff]$")
_INNER = re.compile("[,。、;]")


@dataclass(frozen=True, slots=True)
class _Page:
    """What the whole text says of its lines: `width` of a page, 0 where there is none; whether prose ends in stops."""

    width: float
    well_ended: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """The line so far, joined from pieces: its first characters, its length, and how it came about.

    `whole`: it holds a stop, so it is prose however it begins.  `fragment`: its last piece is a short one that a link
    or an emphasis cut out.
    """

    head: str
    length: int
    whole: bool
    fragment: bool


def false_breaks(text: str) -> list[tuple[int, int]]:
    """Spans of newlines (with the blank line between, if there is one) that stand inside a sentence, in order."""
    spans = [match.span() for match in _LINE.finditer(text)]
    if len(spans) < 2:
        return []
    lines = [text[start:end] for start, end in spans]
    page = _page(lines)
    breaks: list[tuple[int, int]] = []
    run = _start(lines[0])
    for index, (before, below) in enumerate(pairwise(lines)):
        end, after = spans[index][1], spans[index + 1][0]
        if _joins(before, below, run, page, adjacent=after - end == 1):
            breaks.append((end, after))
            run = _extend(run, below)
        else:
            run = _start(below)
    return breaks


def _start(line: str) -> _Run:
    return _Run(line[:LONG], len(line), "。" in line or ";" in line, False)


def _extend(run: _Run, piece: str) -> _Run:
    return _Run(
        (run.head + piece)[:LONG],
        run.length + len(piece),
        run.whole or "。" in piece or ";" in piece,
        len(piece) <= MAX_FRAGMENT and not _ends(piece),
    )


def _ends(line: str) -> bool:
    """Whether a line ends with a stop."""
    return _STOP.search(line[-TAIL:]) is not None


def _joins(before: str, below: str, run: _Run, page: _Page, *, adjacent: bool) -> bool:
    """Whether the sentence of `run`, whose last piece is `before`, goes on in the line `below`."""
    if _CLOSING.match(below) and not _MARKER_ALONE.match(below):
        return not _CELLS.search(before) and not _CELLS.search(below)
    if _ends(before) or (_NUMBERED.match(below) and before[-1] not in _BRACKETS):
        return False
    if _CELLS.search(before) or _CELLS.search(below):
        return False
    if before[-1] in _OPENING or _NO_BREAK_BEFORE.match(below):
        return True
    if _MARKER_ALONE.match(before):
        return adjacent and not _PAGE.match(below)
    if _PAGE.match(before) or _KEYED.match(below) or _DATE_LINE.match(below):
        return False
    if _PAGE.match(below):
        return before[-1].isascii() and before[-1].isalpha()
    if before[-1] in "、," or _runs_on(before, below):
        return True
    if _BYLINE.search(before) or _ADDRESS.match(below) or (_KEYED.match(run.head) and run.length < LONG):
        return False
    return _is_prose_cut(before, below, run, page, adjacent=adjacent)


def _is_prose_cut(before: str, below: str, run: _Run, page: _Page, *, adjacent: bool) -> bool:
    """Whether two lines that could each stand alone are one sentence by the look of the text around them."""
    numbered = _NUMBERED.match(run.head) is not None
    if run.fragment and (run.whole or not numbered):
        return True
    if page.width and adjacent and _width(before) >= page.width - SLACK:
        return True
    if not page.well_ended or not _INNER.search(below) or before[-1] in ")”》’":
        return False
    return run.whole or (run.length >= LONG and not numbered and "," in before)


def _runs_on(before: str, below: str) -> bool:
    """Whether the words on both sides of the break cannot do without each other."""
    tail = before[-TAIL:]
    if _HANGING.search(tail) or _PARTICLE.match(below):
        return True
    if below[0].isdigit() and (_HANGING_NUMBER.search(tail) or (tail[-1].isascii() and tail[-1].isalpha())):
        return True
    if tail[-1].isdigit() and _UNIT.match(below):
        return True
    return _LATIN.match(below) is not None and _HAN_END.search(tail) is not None and len(before) > LONG // 2


def _page(lines: list[str]) -> _Page:
    """The width that most lines without a final stop share, and whether prose in this text ends with stops."""
    open_widths = [_width(line) for line in lines if len(line) > 6 and not _ends(line) and not _NUMBERED.match(line)]
    long_lines = [line for line in lines if len(line) >= LONG and not _CELLS.search(line)]
    ended = sum(_ends(line) for line in long_lines)
    return _Page(_page_width(lines, open_widths), bool(long_lines) and ended >= WELL_ENDED * len(long_lines))


def _page_width(lines: list[str], open_widths: list[float]) -> float:
    if len(open_widths) < MIN_FULL_LINES:
        return 0.0
    counts = Counter(int(width) for width in open_widths)
    width = max(counts, key=lambda w: (sum(counts[w + shift] for shift in (-2, -1, 0, 1)), w))
    full = sum(width - SLACK <= w < width + 2 for w in open_widths)
    wider = sum(len(line) >= width + 4 and _width(line) >= width + 4 for line in lines)
    if not WIDTHS[0] <= width <= WIDTHS[1] or full < MIN_FULL_LINES:
        return 0.0
    if full < MIN_FULL_SHARE * len(open_widths) or wider > MAX_WIDER_SHARE * len(lines):
        return 0.0
    return float(width)


def _width(line: str) -> float:
    """Width in Chinese characters; ASCII counts half."""
    return len(line) - len(line.encode("ascii", "ignore")) / 2
