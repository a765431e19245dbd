"""统计口径: what a figure covers and how it was reckoned, in the words of the report.

In: an indicator's name, the clause that its figure stands in, and the time that it speaks of.  Out: the words that keep
it apart from other figures of the same name (规上, 可比价, 累计, 当月, 本级, 不含开发区 ...), each in one form, in the
order of `WORDS`; and a name without them.  Two figures may be joined or compared only where these are the same.  A word
that says what is so anyway is left out: 现价, and 累计 of a time that runs from the first of January.  Pure.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import cache, lru_cache

from service.indicators import Indicator, read_catalogue

# Who is counted.  These may be part of an indicator's name, and of another's in the same clause.
COVERAGE = {
    "规上": r"规模以上|规上",
    "规下": r"规模以下|规下",
    "限上": r"限额以上|限上",
    "限下": r"限额以下|限下",
    "资质以上": r"资质以[上内]|有资质",
    "全社会": r"全社会",
}
# How it was reckoned, and over which time.
RECKONING = {
    "可比价": r"可比价格?|不变价格?|可比价",
    "扣除价格因素": r"(?:扣除|剔除)(?:物价|价格|通胀|CPI)(?:上涨)?(?:因素|影响)|实际(?=增长|增速|下降)",
    "名义": r"名义(?=增长|增速|下降)",
    "年均": r"年均|年平均",
    "累计": r"累计",
    "当月": r"当月|单月|本月",
    "当季": r"当季|单季|本季度?",
}
# Where.
EXTENT = {
    "本级": r"(?:[省市区县州旗]|自治区)本级",
    "市辖区": r"市辖区",
}
WORDS = COVERAGE | RECKONING | EXTENT
# Prices that are compared on one footing: growth at such prices does not follow from amounts at current ones.
REAL = frozenset({"可比价", "扣除价格因素"})
# What a figure that runs from the first of January, or speaks of one month or quarter, is anyway.
_SINCE_JANUARY = "累计"
_OF_ONE = {"当月": 1, "当季": 3}
_DECEMBER = 12

_FOOTING = re.compile(r"(?:全|大|小|新|旧|老|原|同|可比|法人|属地|在地|调查|行政记录)口径")
_WITHOUT = re.compile(r"(?:不含|不包括|未含|不计)(?!税)[^\s,。;:、()]{1,12}")
_PATTERNS = {word: re.compile(pattern) for word, pattern in WORDS.items()}
_IN_NAME = re.compile("|".join(f"(?:{pattern})" for pattern in WORDS.values()))
# Of several indicators side by side it is not told which one a word before them belongs to.
_SEVERAL = re.compile("分别|依次")

# Amounts of these are at current prices and their growth at constant ones, whether the report says so or not (the notes
# of the yearly 国民经济和社会发展统计公报: 绝对数按现价计算, 增长速度按不变价格计算).
_CONSTANT_PRICES = re.compile(
    r"GDP|生产总值|增加值|经济总量|农林牧渔|(?:农业|工业)总?产值|劳动生产率|经济$"
    r"|^(?:第?[一二三]次?产业?|农业|工业|建筑业|服务业|规上工业|规上服务业|批发|零售业?|住宿|餐饮|交通运输|金融业|房地产业)$"
)


@lru_cache(maxsize=1 << 14)
def definition(
    name: str, code: str | None, clause: str, start: date | None = None, end: date | None = None
) -> tuple[str, ...]:
    """The words of 口径 of one figure.

    `name`, `code`: its indicator; `clause`: the text around its value, no further than the figures beside it; `start`,
    `end`: the days of its time, None where open.  For an indicator of the catalogue the catalogue says who is counted,
    so that every name of it says the same.
    """
    clause, name = _folded(clause), _folded(name)
    kept = _catalogued().get(code) if code else None
    named = f"{name} {kept.name} {kept.scope_note}" if kept is not None else name
    covered = [word for word in COVERAGE if _PATTERNS[word].search(named)]
    if not covered and not _SEVERAL.search(clause):
        covered = [word for word in COVERAGE if _PATTERNS[word].search(clause)]
    both = f"{name} {clause}"
    others = [word for word in (*RECKONING, *EXTENT) if _PATTERNS[word].search(both)]
    others = [word for word in others if not _goes_without_saying(word, start, end, kept)]
    own = sorted({found[0] for pattern in (_FOOTING, _WITHOUT) for found in pattern.finditer(both)})
    return (*covered, *others, *own)


def without_definition(name: str) -> str:
    """A name without its words of 口径; the name itself where nothing else is left."""
    return _IN_NAME.sub("", name) or name


def grows_at_constant_prices(name: str, words: tuple[str, ...] = ()) -> bool:
    """Whether growth of an indicator is reckoned at other prices than its amounts; `words`: the growth's 口径."""
    return not REAL.isdisjoint(words) or _CONSTANT_PRICES.search(_folded(name)) is not None


def is_stock(code: str | None) -> bool:
    """Whether an indicator is told for an instant: then a year means its end.  False where it is not known."""
    kept = _catalogued().get(code) if code else None
    return kept is not None and kept.kind == "stock"


def _goes_without_saying(word: str, start: date | None, end: date | None, kept: Indicator | None) -> bool:
    if word == _SINCE_JANUARY:
        if start is None or (kept is not None and kept.kind == "stock"):
            return True
        return end is not None and start.year == end.year and (start.month, start.day) == (1, 1)
    if word in _OF_ONE and start is not None and end is not None:
        return (end.year - start.year) * _DECEMBER + end.month - start.month + 1 == _OF_ONE[word]
    return False


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


@cache
def _catalogued() -> dict[str, Indicator]:
    return {indicator.code: indicator for indicator in read_catalogue()}
