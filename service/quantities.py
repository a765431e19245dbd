"""Finding numbers and quantities in running text, without the model.

In: clean text.  Out: the spans of all numbers (for the ledger), and the spans of all complete quantities, with the
unit, as the span rules of annotation.md want them, each with the label that its unit suggests (for snapping the model's
edges and for what the model missed).  Knows nothing of entities, sentences and periods, and reads no values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from service.numerals import ARABIC, plain, read
from service.records import Label, Span
from service.units import unit_at

_DIGITS = "一二两三四五六七八九"
_PLACES = "十百千万亿"
# Spelled numerals count as numbers where a counter follows; 一 alone is an article or part of a word far more often.
_COUNTER = (
    r"(?:家(?![园具庭政电乡])|个(?![人性体别])|项(?!目)|名(?![字义誉牌校])|件|条(?![件例])|类|批次|批(?![复准发评])|倍|番|所(?![有属])"
    r"|座|户(?![籍外])|位(?![置居列于数])|场(?![所地景])|亩|吨|篇|部(?![门分署委])|台(?![湾州阶])|套|辆|人次|人(?![民才口工力大员物士类])"
    r"|次(?!要|全会|会议|党代|产业)|天|成(?![为立果功员效本长都熟交就])|[美港欧日]?元|公里|千瓦|平方|立方|标箱|标准箱|列(?![入为])|度(?![假过]))"
)
_SPELLED = (
    rf"(?<![第每“‘\"'《「这那首上下各同单双某年月日之其{_DIGITS}{_PLACES}零〇几数\d余多.])"
    rf"(?:(?:[二两三四五六七八九][{_DIGITS}{_PLACES}零]{{0,20}}|[一十][{_DIGITS}{_PLACES}零]{{1,20}}|十)[余多几]?[万亿]?(?={_COUNTER})"
    rf"|[几数][十百千万亿]{{1,6}}(?={_COUNTER})|十几(?={_COUNTER})|一(?=[倍番成])"
    rf"|(?<=[超破近达约逾过到上])[百千万亿]{{1,6}}余?(?={_COUNTER}|大关|台阶|[,、。])|[百千万]余(?={_COUNTER})"
    rf"|[百千](?=[项名](?![目字义誉])))|(?<=[超破近达约逾过国])一半"
)
_FRACTION = rf"[{_DIGITS}十百千万]{{1,8}}分之[{_DIGITS}十百零\d.]{{1,12}}"
_RANKED = (
    rf"(?<=第)[{_DIGITS}十百]++(?=[位名])|(?<=[国省市区县球部北界州列居名位持]第)[{_DIGITS}十百]++(?![批届次期轮代季产动方梯级类条章])"
    rf"|(?<=[国省市区县球列居入]前)[{_DIGITS}十百]++(?![季个年月天周期款项类批次大])"
)
_MASKED = (
    r"(?<![A-Za-z])X+(?:\.X+)?"
    r"(?=\s?[十百千万亿]*(?:[元%亩吨件条户次年月日名余]|家(?![园具])|人(?!民)|个(?!人)|项(?!目)))"
)
_NUMBER = re.compile(rf"\d+X[\dX.]*(?<!\.)|{ARABIC}|{_MASKED}|{_FRACTION}|{_RANKED}|{_SPELLED}")


def find_numbers(text: str) -> list[Span]:
    """Every number of clean `text`, in order.

    Digits with their decimal point, masked figures, spelled numerals that are read as values (三家, 六分之一, 第三位;
    not 一是, 统一, 十分, 三农).  Units, and places after digits, stay outside.
    """
    return [Span(m.start(), m.end()) for m in _NUMBER.finditer(plain(text))]


# A quantity begins at a number that is not part of a name (G60, 第3届) and is no date.
_START = re.compile(rf"(?<![A-Za-z\d.第时])(?:{_NUMBER.pattern})|(?<![第“每{_DIGITS}{_PLACES}])一(?=[家名项所座])")
_DATED = re.compile(r"\s?(?:年(?!以上)|月|日|号|时|季度|[A-Za-z]*[#＃])|分之")
_RANGE = re.compile(r"\s?(?:-+|~|至|到)\s?(?=[\dX一二两三四五六七八九十])")
_RATIO = re.compile(r"(?<![\d:.])\d+(?:\.\d+)?:1(?![\d:.])")
_THREE_WAY = re.compile(r"(?<![\d:.])(\d+(?:\.\d+)?):(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)(?![\d:.])")
_SLASH = re.compile(r"(?<=[占国省市的近约超过])[1-9]\d?/[1-9]\d?(?![\d/])")
_YEARS = re.compile(r"(?<![_\d.])\d{1,2}\.\d年(?!均)")
_HALF = re.compile("一半")
_JOIN = re.compile(r"\s?(?:[、和及与,]|以及)\s?[^\d、,。;:()|\s]{0,6}$")
_FRACTION_AT = re.compile(rf"{_FRACTION}|百分之[{_DIGITS}十百零\d.]{{1,12}}")
_WHOLE = (
    (_RATIO, Label.COUNT),
    (_FRACTION_AT, Label.PERCENT),
    (_SLASH, Label.PERCENT),
    (_HALF, Label.PERCENT),
    (_YEARS, Label.COUNT),
)
# What 300多万 and 696万 count, where no unit says it.
_PERSONS_AFTER = re.compile(
    r"[^,。;:、|\d]{0,8}?(?:人口|人员|群众|农牧?民|牧民|儿童|婴幼儿|对象|学生|居民|职工|青年|妇女|老人|老年人"
    r"|劳动力|毕业生)"
)
_PERSONS_BEFORE = re.compile(r"(?:人数|人次|人才总量|人口)[^,。;:|\d]{0,4}$")
_MONEY_BEFORE = re.compile(r"(?:奖励|奖补|补助|补贴|资金|投资|总值|产值|收入|支出|贷款|税收|经费)[^,。;:|\d]{0,8}$")
_MONEY_AFTER = re.compile(r"[^,。;:|\d]{0,6}?(?:资金|奖励|补助|补贴|经费|贷款)")

_NO_RANK = r"(?![批届次期轮代季产动方梯级类条章家%‰])"
_ORDINAL = rf"(?:[\dX]+|[{_DIGITS}十百]+)"
_FIELD = (
    r"(?:全[国省市区县球州]|全世界|世界|[东中西]{1,2}部(?:地区)?|[东西]北|[华][东北中南]|[南北]方|各[省市区县州]{1,3})"
    r"(?:排名|位列|位居|排|列|居)?"
)
_RANK = re.compile(
    rf"(?:{_FIELD})?第\s?{_ORDINAL}[位名](?!同学)|{_FIELD}(?:第?{_ORDINAL}(?:[位名]|(?<=第[{_DIGITS}])个)(?![一-鿿])"
    rf"|第{_ORDINAL}个?{_NO_RANK}|前{_ORDINAL}{_NO_RANK}[位名强]?|首位|榜首|[\dX]+强(?!企))"
    rf"|{_FIELD}(?<=排名)[\dX]+(?![\d%])|(?<=[居列名持])(?:第{_ORDINAL}{_NO_RANK}|首位|榜首)"
    rf"|(?<=[入列居名位])前{_ORDINAL}(?:[位名强]|(?=[,。;、)]))"
)


def find_quantities(text: str) -> Iterator[tuple[Span, Label]]:
    """Every complete quantity of clean `text`, in order, with the label its unit suggests.

    A bare number is one where the list it stands in goes on to a unit (15、22个百分点 gives two).
    """
    clean = plain(text)
    ranks = [Span(m.start(), m.end()) for m in _RANK.finditer(clean)]
    parts = _parts(clean)
    rank = 0
    bare: list[Span] = []
    end = 0
    for start in _START.finditer(clean):
        while rank < len(ranks) and ranks[rank].end <= start.start():
            yield ranks[rank], Label.RANK
            end = max(end, ranks[rank].end)
            rank += 1
        if start.start() < end or (rank < len(ranks) and ranks[rank].start <= start.start()):
            continue
        if start.start() in parts:
            yield parts[start.start()], Label.PERCENT
            end = parts[start.start()].end
            continue
        span, label = _quantity(clean, start.start())
        if label is None:
            if not _mates(clean, bare, span):
                bare = []
            bare.append(span)
        else:
            for mate in _mates(clean, bare, span):
                yield mate, label
            bare = []
            yield span, label
        end = span.end
    for left in ranks[rank:]:
        yield left, Label.RANK


def _mates(text: str, bare: list[Span], span: Span) -> list[Span]:
    """The bare numbers that share the unit of the quantity at `span`."""
    if bare and _JOIN.fullmatch(text, bare[-1].end, span.start):
        return bare
    return []


def _quantity(text: str, start: int) -> tuple[Span, Label | None]:
    """The quantity that begins at `start`: its label is None where it is a date or has no unit."""
    for pattern, label in _WHOLE:
        whole = pattern.match(text, start)
        if whole:
            return Span(start, whole.end()), label
    numeral = read(text, start)
    if numeral is None:
        return Span(start, start + 1), None
    end = numeral.end
    unit = unit_at(text, end)
    bridge = _RANGE.match(text, unit[0] if unit else end)
    if bridge:
        second = read(text, bridge.end())
        far = unit_at(text, second.end) if second else None
        if second and far and (unit is None or unit[1] is far[1]) and not text.startswith("级", far[0]):
            return Span(start, far[0]), far[1]
        if second and far is None and unit is None:
            return Span(start, second.end), None
    if _DATED.match(text, end):
        return Span(start, end), None
    if unit is None:
        return Span(start, end), _counted(text, start, end) if numeral.scaled and text[end - 1] in "万亿" else None
    if text.startswith("级", unit[0]):
        return Span(start, unit[0]), None
    more = 1 if text[unit[0] - 1] == "倍" and text.startswith("多", unit[0]) else 0
    return Span(start, unit[0] + more), unit[1]


def _counted(text: str, start: int, end: int) -> Label | None:
    """What a number that ends in 万 or 亿 and has no unit counts, by the words around it."""
    before = text[max(0, start - _AROUND) : start]
    if before.endswith("每"):
        return None
    if _PERSONS_AFTER.match(text, end) or _PERSONS_BEFORE.search(before):
        return Label.PEOPLE
    if _MONEY_BEFORE.search(before) or _MONEY_AFTER.match(text, end):
        return Label.MONEY
    return None


def _parts(text: str) -> dict[int, Span]:
    """The members of three-way ratios that add up to a hundred (8.7:41.2:50.1), by their start: percentages each."""
    parts: dict[int, Span] = {}
    for found in _THREE_WAY.finditer(text):
        if abs(sum(float(found[i]) for i in (1, 2, 3)) - 100) <= _ROUNDING:
            parts |= {found.start(i): Span(found.start(i), found.end(i)) for i in (1, 2, 3)}
    return parts


# Characters around a number that say what it counts; how far three rounded shares may miss 100.
_AROUND = 16
_ROUNDING = 1.0
