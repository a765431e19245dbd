"""Indicators by name: which indicator of the catalogue the words of a report mean.

In: an indicator as a report names it (spans of one observation joined), and the unit of its value.  Out: `Match` with
the catalogue's code, its canonical name and a score, or None.  Matching goes in steps, each less certain than the one
before:

1. the name, normalised, is a name or an alias of the catalogue;
2. it is one after a growth word at its end is taken off (规上工业增加值增速): the code stays, the kind becomes growth;
3. it is one after words at its edges that change nothing are taken off (全市, 新增, 总数);
4. its words are those of a name or an alias, in any order, but for words that distinguish nothing.

Null rather than wrong: a word that the catalogue's name lacks, or that it alone has, forbids the match, unless
`indicator_words.csv` gives the word a role.  So 规上 and 限上, 省级 and 国家级, 农村 and 城镇 never stand for each
other.  A unit that measures another thing than the indicator's own forbids it too: 技术合同 counts contracts where the
unit is 项 and their value where it is 元.  Names that say nothing by themselves (企业, 产值, 占比) have no code.  What
it does not know: the text around the name.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from math import log

from service.words import WordList, segment, word_list

# How sure each step is, as measured by eye on names of annotated reports (tests/test_indicators.py keeps the list).
EXACT = 1.0
GROWTH = 0.98
EDGES = 0.95
SIMILAR = 0.9  # times the words' similarity
LEAST_SIMILARITY = 0.8
WEAK = 0.3  # share of its weight that a weak word or a verb keeps
LEAST_WORDS = 2  # one word in common is no likeness: 项目 is not 招商引资项目
MOST_REPEATED = 1  # 乡村旅游 + 旅游收入 share a word; more of them are two indicators side by side
AMOUNTS = frozenset({"money", "count"})
CACHE_SIZE = 1 << 16

_QUOTES = re.compile(r"[\s“”\"‘’'《》〈〉「」『』·]|的")
_BRACKETS = re.compile(r"\(([^()]*)\)")
# What stands in brackets only to explain: a unit, or the same thing in other letters.
_EXPLAINS = re.compile(
    r"(?:单位:?)?[百千万亿]*(?:元|美元|人|人次|户|家|个|项|件|亩|公顷|吨|公里|平方米|立方米|千瓦时|%|‰)|R&D|GDP|CPI|PPI|人"
)
_REWRITES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"R&D|研究与试验发展|研究与实验发展|研究和试验发展|研究与开发|研究开发", "研发"),
        (r"(?:地区|国内)?生产总值", "GDP"),
        (r"规模以上|规模(?=工业)", "规上"),
        (r"限额以上", "限上"),
        (r"国家级?(?=高新技术企业)|国(?=高企)", ""),
        (r"(?<![最提居])高企(?!业)", "高新技术企业"),
        (r"研发(?:经费|投入|支出|内部)+", "研发经费"),
        (r"^(.*占)(?!比$)(.+?)(?:比重|比例|比率|份额)?$", r"\1\2"),
        (r"(?:比重|比例|比率|份额)$", "占比"),
    )
)
_GROWTH = re.compile(r"(?:同比|累计|年均|平均|名义|实际|当月)?(?:增速|增长率|增长速度|增长|增幅|涨幅|增减)(?:幅度)?$")
_RANK = re.compile(r"(?:综合)?(?:排名|排位|位次|位居|名次)$")
_SHARE = "占"

SHARE_UNITS = frozenset({"%", "‰", "成"})
RELATIVE_UNITS = SHARE_UNITS | {"", "个百分点", "百分点", "个千分点", "倍", "番", "名次", "个位次", "位"}
_MULTIPLIER = re.compile(r"^[百千万亿]+(?![瓦米克分伏])(?=.)")  # 千瓦 and 百分点 are units themselves
_PER_PERSON_OR_TIME = re.compile(
    r"/(?:每?人|月|年|天|日|季|小时|学年)(?![一-鿿])"
)  # 元/月, 吨/日: the same amount still
_KINDS_OF_UNIT = (
    ("money", re.compile(r"[日美欧港]?元|欧元|英镑|卢布")),
    ("people", re.compile(r"人|人次|名|位")),
    ("work", re.compile(r"人年|人日|人天")),
    ("area", re.compile(r"亩|公顷|顷|平方米|平方公里|平方千米|平米")),
    ("length", re.compile(r"公里|千米|米|延米|里|车道公里")),
    ("mass", re.compile(r"吨|公斤|千克|斤|克|吨标准煤|吨标煤|标吨")),
    ("volume", re.compile(r"立方米|方|立方|升|蒸吨")),
    ("energy", re.compile(r"(?:千瓦|兆瓦|吉瓦|瓦)时|度")),
    ("power", re.compile(r"千瓦|兆瓦|吉瓦|瓦|千伏安")),
    ("time", re.compile(r"天|日|小时|分钟|个?工作日|个?月|年|岁|秒")),
    ("share", re.compile(r"%|‰")),
)


@dataclass(frozen=True, slots=True)
class Indicator:
    """A row of the catalogue.

    `unit` is the usual one; `kind` is stock, flow, ratio, growth, rank or index; `scope_note` the 口径 (规上, 全社会,
    年末 ...) or "".
    """

    code: str
    name: str
    aliases: tuple[str, ...]
    unit: str
    kind: str
    scope_note: str


@dataclass(frozen=True, slots=True)
class Match:
    """`name` is the catalogue's; `score` in [0, 1]; `kind` is growth or rank where the matched name says so."""

    code: str
    name: str
    score: float
    kind: str


@dataclass(frozen=True, slots=True)
class _Value:
    """What is known of the value: its unit without multiplier, and its measure; "" where unknown."""

    unit: str
    measure: str


@dataclass(frozen=True, slots=True)
class _Words:
    """A name as words, synonyms folded; words after 占 are marked, so that a share never matches its inverse.

    `hard` words must be the same in two names, `weak` words lower the similarity where they are not; `verbs` (新增,
    引进) must be in the name where the catalogue's has them, and are ignored where it has not; `ends` are the roles of
    words that only say what kind of amount it is (总数: count, 金额: money); `repeated` counts hard words said again.
    """

    hard: frozenset[str]
    weak: frozenset[str]
    verbs: frozenset[str]
    ends: frozenset[str]
    repeated: int


class Catalogue:
    """The indicators, looked up by normalised name and by words."""

    def __init__(self, indicators: Iterable[Indicator], words: WordList) -> None:
        self.indicators = tuple(indicators)
        self._words = words
        self._exact: dict[str, list[Indicator]] = {}
        self._by_words: dict[frozenset[str], list[tuple[Indicator, _Words]]] = {}
        frequency: dict[str, set[str]] = {}
        for indicator in self.indicators:
            for name in (indicator.name, *indicator.aliases):
                key = normalise(name)
                known = self._exact.setdefault(key, [])
                if indicator not in known:
                    known.append(indicator)
                read = self._read(key)
                self._by_words.setdefault(read.hard, []).append((indicator, read))
                for word in read.hard | read.weak | read.verbs:
                    frequency.setdefault(word, set()).add(indicator.code)
        self._heaviest = log(1 + len(self.indicators))
        self._weights = {word: log(1 + len(self.indicators) / len(codes)) for word, codes in frequency.items()}

    def find(self, name: str, unit: str = "", measure: str = "") -> Match | None:
        """See `match`."""
        key = normalise(name)
        value = _Value(unit, measure)
        if not key:
            return None
        if (indicator := self._exactly(key, value)) is not None:
            return _match(indicator, EXACT)
        for ending, kind in ((_GROWTH, "growth"), (_RANK, "rank")):
            stem = ending.sub("", key)
            if stem and stem != key:
                found = self._stem(stem, _Value("", ""))
                return (
                    Match(found.code, found.name, round(found.score * GROWTH, 4), kind) if found is not None else None
                )
        return self._stem(key, value)

    def _exactly(self, key: str, value: _Value) -> Indicator | None:
        """The indicator of this name; where several fit the value, the one whose own name it is."""
        named = [i for i in self._exact.get(key, ()) if _fits(i, value)]
        return named[0] if len(named) == 1 else next((i for i in named if normalise(i.name) == key), None)

    def _stem(self, key: str, value: _Value) -> Match | None:
        if (indicator := self._exactly(key, value)) is not None:
            return _match(indicator, EXACT)
        core, roles = self._words.strip(key)
        if core != key and (indicator := self._exactly(core, value)) is not None and _speaks_of(indicator, roles):
            return _match(indicator, EDGES)
        return self._similar(key, value)

    def _similar(self, key: str, value: _Value) -> Match | None:
        """The nearest name with the same hard words; None where two indicators are equally near."""
        words = self._read(key)
        if len(words.hard) < LEAST_WORDS or words.repeated > MOST_REPEATED:
            return None
        found: dict[str, tuple[float, Indicator]] = {}
        for indicator, other in self._by_words.get(words.hard, ()):
            if other.verbs <= words.verbs and _speaks_of(indicator, words.ends) and _fits(indicator, value):
                score = self._similarity(words, other)
                if score > found.get(indicator.code, (0.0, indicator))[0]:
                    found[indicator.code] = (score, indicator)
        ranked = sorted(found.values(), key=lambda x: -x[0])
        if not ranked or ranked[0][0] < LEAST_SIMILARITY or (len(ranked) > 1 and ranked[1][0] == ranked[0][0]):
            return None
        score, indicator = ranked[0]
        return _match(indicator, SIMILAR * score)

    def _similarity(self, a: _Words, b: _Words) -> float:
        """Dice coefficient of two sets of words, each weighted by how few indicators have it."""
        same = self._weight(a.hard) + WEAK * self._weight((a.weak & b.weak) | (a.verbs & b.verbs))
        apart = WEAK * self._weight((a.weak ^ b.weak) | (a.verbs ^ b.verbs))
        return same / (same + apart / 2)

    def _weight(self, words: Iterable[str]) -> float:
        return sum(self._weights.get(word, self._heaviest) for word in words)

    def _read(self, key: str) -> _Words:
        found: dict[str, set[str]] = {"": set(), "weak": set(), "verb": set(), "end": set()}
        repeated = 0
        after = ""
        for word in segment(key):
            after = _SHARE if word == _SHARE else after
            role = self._words.role(word)
            if role in AMOUNTS:
                found["end"].add(role)
            elif role != "light":
                marked = after + self._words.same(word)
                repeated += not role and marked in found[""]
                found[role].add(marked)
        hard, weak, verbs, ends = (frozenset(found[role]) for role in ("", "weak", "verb", "end"))
        return _Words(hard, weak, verbs, ends, repeated)


def match(name: str, unit: str = "", measure: str = "") -> Match | None:
    """The indicator that `name` means where its value has `unit` and `measure`.

    `unit` is as in `records.Quantity`, multipliers allowed, `measure` as in `records.Measure`; both "" where unknown.
    None where no indicator of the catalogue is meant, or more than one may be.
    """
    return _cached(name, unit, measure)


@cache
def catalogue() -> Catalogue:
    """The catalogue, read once."""
    return Catalogue(read_catalogue(), word_list())


def read_catalogue() -> tuple[Indicator, ...]:
    """The rows of `service/data/indicators.csv`, in its order."""
    lines = files("service.data").joinpath("indicators.csv").read_text("utf-8").splitlines()
    return tuple(
        Indicator(r["code"], r["name"], _listed(r["aliases"]), r["unit"], r["kind"], r["scope_note"])
        for r in csv.DictReader(lines, strict=True)
    )


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, cell.split(";")))


def normalise(name: str) -> str:
    """The form in which names are compared: no quotes, no 的, no explaining brackets, one word for each synonym."""
    key = _QUOTES.sub("", unicodedata.normalize("NFKC", name).upper())
    key = _BRACKETS.sub(lambda m: "" if _EXPLAINS.fullmatch(m[1]) else m[1], key)
    for pattern, replacement in _REWRITES:
        key = pattern.sub(replacement, key)
    return key


def _per_something(indicator: Indicator, unit: str) -> bool:
    """Whether `unit` is per something else (批次/千人) and the indicator is not."""
    return (
        "/" in _PER_PERSON_OR_TIME.sub("", unit) and indicator.kind in ("stock", "flow") and "/" not in indicator.unit
    )


def kind_of_unit(unit: str) -> str:
    """What a unit measures: money, people, work, area, length, mass, volume,
    energy, power, time, share, item; "" where it may be any."""
    if "/" in unit:
        return ""
    unit = _MULTIPLIER.sub("", unit)
    return next((kind for kind, words in _KINDS_OF_UNIT if words.fullmatch(unit)), "item" if unit else "")


@lru_cache(maxsize=CACHE_SIZE)
def _cached(name: str, unit: str, measure: str) -> Match | None:
    return catalogue().find(name, unit, measure)


def _match(indicator: Indicator, score: float) -> Match:
    return Match(indicator.code, indicator.name, round(score, 4), indicator.kind)


def _fits(indicator: Indicator, value: _Value) -> bool:
    """Whether the value can be one of the indicator's.

    Changes and ranks (%, 倍, 名次) fit every indicator, but a level in per cent is a share: 53% is no number of firms.
    """
    usual = kind_of_unit(indicator.unit)
    if value.unit in RELATIVE_UNITS:
        return not (value.measure == "level" and value.unit in SHARE_UNITS and usual not in ("share", ""))
    if indicator.kind == "rank" or _per_something(indicator, value.unit):
        return False
    given = kind_of_unit(value.unit)
    # Households and the people in them are reported in turn (脱贫户, 监测对象).
    return not usual or not given or usual == given or (indicator.unit == "户" and given == "people")


def _speaks_of(indicator: Indicator, roles: Iterable[str]) -> bool:
    """Whether words like 金额 (money) and 总数 (count) may speak of the indicator."""
    kind = kind_of_unit(indicator.unit)
    return not ("money" in roles and kind != "money") and not ("count" in roles and kind not in ("item", "people"))
