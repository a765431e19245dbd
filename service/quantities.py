"""Finding numbers and quantities in running text, without the model.

In: clean text.  Out: the spans of all numbers (for the ledger), and the spans of all complete quantities, with the
unit, as the span rules of annotation.md want them, each with the label that its unit suggests (for snapping the
model's edges and for what the model missed).  Knows nothing of entities, sentences and periods, and reads no values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from service.numerals import ARABIC, end_of, plain
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
    rf"|[百千](?=[项名](?![目字义誉])))|(?<=[超破近达约逾过国足到的低减])一半"
)
_FRACTION = rf"[{_DIGITS}十百千万]{{1,8}}分之[{_DIGITS}十百零\d.]{{1,12}}"
_RANKED = (
    rf"(?<=第)[{_DIGITS}十百]++(?=[位名])|(?<=[国省市区县球部北界州列居名位持]第)[{_DIGITS}十百]++(?![批届次期轮代季产动方梯级类条章])"
    rf"|(?<=[国省市区县球列居入]前)[{_DIGITS}十百]++(?![季个年月天周期款项类批次大])"
)
# XX镇 and XX村 are names: a masked figure is one by the unit after it.
_MASKED = (
    r"(?<![A-Za-z第])X[X\d]*(?:\.[X\d]+)?"
    r"(?=\s?[十百千万亿]*(?:[元%亩吨件条户次年月日名余宗座份处眼栋幢套例枚笔艘辆架只篇盏起册]|[美欧港日]元|立方|平方|千瓦|公[里顷斤]"
    r"|小时|批次|车次|家(?![园具])|人(?!民)|个(?!人)|项(?!目)|[米台部所间场期列班](?![一-鿿])|[万亿](?!达)))"
)
# The characters a number begins with: a look at one of them spares most places all that follows.
_FIRST = r"[\dX一二两三四五六七八九十百千万亿几数]"
_NUMBER = re.compile(rf"(?={_FIRST})(?:\d+X[\dX.]*(?<!\.)|{ARABIC}|{_MASKED}|{_FRACTION}|{_RANKED}|{_SPELLED})")


def find_numbers(text: str) -> list[Span]:
    """Every number of clean `text`, in order.

    Digits with their decimal point, masked figures, spelled numerals that are read as values (三家, 六分之一, 第三位;
    not 一是, 统一, 十分, 三农).  Units, and places after digits, stay outside.
    """
    return [Span(m.start(), m.end()) for m in _NUMBER.finditer(plain(text))]


# A quantity begins at a number that is not part of a name (G60, 第3届) and is no date.  Letters before it are an
# abbreviation where a unit follows (新增CT3台).
_START = re.compile(
    rf"(?=-|{_FIRST})(?:(?<=[一-鿿:])-(?=\d+(?:\.\d+)?[%‰])|(?:(?<![A-Za-z\d.第])|(?<=[A-Z]{{2}})(?<!TOP)(?=\d))(?<!\d时){_NUMBER.pattern})"
)
_LETTER = re.compile(r"[A-Za-z]")
_LARGE = re.compile(r"[万亿][余多]?$")
_DATED = re.compile(r"\s?(?:年(?!以上)|月|日|号|时|季度|[A-Za-z]*[#＃])|分之")
_RANGE = re.compile(r"\s?(?:-+|~|至|到)\s?(?=[\dX一二两三四五六七八九十])")
# 2:1, and after a word that says ratio 7:3 (18:30 is a time).
_RATIO = re.compile(r"(?<![\d:.])\d+(?:\.\d+)?:(?:1(?![\d:.])|\d{1,2}(?:\.\d+)?(?![\d:.]))")
_RATIO_BEFORE = re.compile(r"比[例值]?[^,，。;；、:：\d]{0,8}$")
_THREE_WAY = re.compile(r"(?=\d)(?<![\d:.])(\d+(?:\.\d+)?):(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)(?![\d:.])")
_SLASH = r"(?<=[占国省市的近约超过])[1-9]\d?/[1-9]\d?(?![\d/])|(?<=[一-鿿])(?:1/[2-5]|2/[35]|[13]/4)(?![\d/])"
_YEARS = r"(?<![_\d.])\d{1,2}\.\d{1,2}年(?!均)"
_RATE = r"\d+(?:\.\d+)?/(?:10|十)万"  # 11.2/10万, deaths in a hundred thousand
# An index has no unit (系数提高到0.612, 指数为88.9).
_INDEX = re.compile(r"\d{1,3}\.\d{1,3}(?=[,，。;；、)\s]|以[上下内])")
_INDEX_BEFORE = re.compile(
    r"(?:系数|指数|均值|收入比|倍差|倍率|死亡率|性别比|PUE)值?\)?(?:[由从]|[^,，。;；、:：\d]{0,6})$"
)
_JOIN = re.compile(r"\s?(?:[、和及与,]|以及)\s?[^\d、,。;:()|\s]{0,6}$")
_FRACTION_AT = rf"{_FRACTION}|百分之[{_DIGITS}十百零\d.]{{1,12}}|[{_DIGITS}]成[{_DIGITS}半](?![一-鿿]?[个家名项])"
# Quantities without a unit word.
_WHOLE = re.compile(rf"{_RATE}|(?P<share>{_FRACTION_AT}|{_SLASH}|一半)|{_YEARS}")
# What 300多万 and 696万 count, where no unit says it.
_PERSONS_AFTER = re.compile(
    r"[^,。;:、|\d]{0,8}?(?:人口|人员|群众|农牧?民|牧民|儿童|婴幼儿|对象|学生|居民|职工|青年|妇女|老人|老年人"
    r"|劳动力|毕业生)"
)
_PERSONS_BEFORE = re.compile(r"(?:人数|人次|人才总量|人口|用户数?|粉丝量?|会员)[^,。;:|\d]{0,4}$")
_MONEY_BEFORE = re.compile(
    r"(?:奖励|奖补|补助|补贴|资金|投资|总值|产值|收入|支出|贷款|债券|税收|经费|[^名员份余]额)[^,。;:|\d]{0,8}$"
)
_MONEY_AFTER = re.compile(r"[^,。;:|\d]{0,6}?(?:资金|奖励|补助|补贴|经费|贷款|大关|台阶)")
# What no report counts: policies by the number of their articles (人才十条”), ages, hours of service, voltages, and
# what a sentence is divided into (抓好三件事, 四个方面).
_IDLE_AFTER = re.compile(
    r"(?:方面|重点|方向|主线|路径|赛道|环节|关键小事|大?事(?!项)|规定|更大|字(?!节)|来回|层面|维度|特点|问题|现实需求|抓手|着力点|坚持|数据|增幅|均(?!等)|提升|重要)"
)
_IDLE = (
    (re.compile(r"条$"), re.compile(r"[”\"》)]")),
    (re.compile(r"岁$"), re.compile(r"\(?含?\)?及?以[上下][一-鿿]|(?:人口|儿童|幼儿|老年?人|青年|学生)")),
    (re.compile(r"千伏$"), re.compile(r"[一-鿿]")),
    (re.compile(r"(?:分钟|小时)$"), re.compile(r"[^,，。;；、\d]{0,8}圈|[”\"][^,，。;；、\d]{0,8}圈")),
    (re.compile(r"^24小时$"), re.compile("")),
    (re.compile(r"^二(?:次|类)$"), re.compile("")),
    (re.compile(r"个$"), re.compile(r"季度|多月")),
    (re.compile(r"位$"), re.compile("一体")),
)
_CONTINUOUS = re.compile(r"(?:连续|每)$")  # 连续10个月 is a period
_DURATION = re.compile(r"(?:个月|天|小时|周)$")
_MOVED = re.compile(r"(?:前移|后移|上升|前进|提升|下降|下滑|提高|跃升)了?$")

_NO_RANK = r"(?![批届次期轮代季产动方梯级类条章家课议责人一二三四五六七八九十%‰])"
_ORDINAL = rf"(?:[\dX]+|[{_DIGITS}十百]+)"
# 第三位 is a rank wherever it stands, the others where a verb or a field of comparison stands before them.
_PLACE = re.compile(
    rf"(?P<sure>第\s?{_ORDINAL}[位名](?!同学))|第\s?{_ORDINAL}(?:个(?![一-鿿])|{_NO_RANK})|首位|榜首"
    rf"|前(?:\d{{1,4}}|[X{_DIGITS}十百]{{1,4}})(?:[位名强]|(?![\dX一-鿿%‰.]|[和与及、](?!全))|(?=[和与及、]全))|(?P<bare>[\dX]+(?:[名强](?!企)|(?![\dX.%‰一-鿿])))"
)
_FIELD = (
    r"(?:全[国省市区县州盟旗球]|全地区|全世界|世界|[东中西]{1,2}部(?:地区)?|[东西]北|[华][东北中南]|[南北]方|各[省市区县州]{1,3}"
    r"|自治[区州县旗]|中心城区)"
)
_SAID = r"(?:排名|位列|位居|排|列|居)?"
# After a verb of rank all is field: 居全市功能区第三位, 列全县12个乡镇第4位, 位列温州市第二.
_PEERS = r"(?:[省市区县州盟旗镇乡村园校院]|部门|单位|系统|城市|城区|新区|地区|板块|街道|街镇|产品|组|级|市场|省份|省区)"
_VERB = r"(?:排名|排在|位[居列]|名列|稳居|均居|列居|分[居列]|并列|进入|跻身|保持|[居列排在位])"
_FIELD_BEFORE = re.compile(
    rf"{_VERB}(?P<wide>(?:(?:{_FIELD}|[^\W\d_居列由从位在升至]{{1,4}}[省市区县州盟旗])[^\s,，。;；:：“”的第前首由从至]{{0,10}}?{_PEERS}"
    rf"|[^\W_居列由从位在升至的]{{0,5}}{_PEERS}|[省市区县]属[一-鿿]{{2}}|同类产品)(?:\([县市区旗、]{{1,6}}\))?(?:中排名|中)?)$"
    rf"|(?P<narrow>{_FIELD}{_SAID})$"
)
_RANKED_BY = re.compile(r"(?:(?<![坚主支维保])持|[居列名]|(?:分|位|均)列|稳居)$")
_TOP_BY = re.compile(r"[入列居名位]$")
_AND = re.compile(r"(?:[、和及与]|以及)")
_FIELD_LENGTH = 24


def find_quantities(text: str) -> tuple[list[tuple[Span, Label]], list[Span]]:
    """Every complete quantity of clean `text`, in order, with the label its unit suggests; and, apart from these, those
    that measure nothing (三件事, 人才十条”, 24小时, 65岁以上老人).

    A bare number is one where the list it stands in goes on to a unit (15、22个百分点 gives two).
    """
    clean = plain(text)
    telling: list[tuple[Span, Label]] = []
    idle: list[Span] = []
    for span, label in _all(clean):
        if _idle(clean, span):
            idle.append(span)
        else:
            telling.append((span, label))
    return telling, idle


def _all(clean: str) -> Iterator[tuple[Span, Label]]:
    """Every quantity of plain text, in order."""
    ranks = _ranks(clean)
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


def _ranks(text: str) -> list[Span]:
    """Ranks with their fields of comparison; they do not overlap."""
    ranks: list[Span] = []
    for place in _PLACE.finditer(text):
        end = ranks[-1].end if ranks else 0
        if place.start() < end:
            continue
        before = text[max(end, place.start() - _FIELD_LENGTH) : place.start()]
        field = _FIELD_BEFORE.search(before)
        if field is not None:
            said = field["wide"] or field["narrow"]
            if place["bare"] is None or place[0][-1] in "名强" or said.endswith("排名"):
                ranks.append(Span(place.start() - len(said), place.end()))
        elif place["bare"] is None and (
            place["sure"]
            or (_TOP_BY if place[0].startswith("前") else _RANKED_BY).search(before)
            or (ranks and _AND.fullmatch(before) and place[0].startswith("第"))
        ):
            ranks.append(Span(place.start(), place.end()))
    return ranks


def _mates(text: str, bare: list[Span], span: Span) -> list[Span]:
    """The bare numbers that share the unit of the quantity at `span`."""
    if bare and _JOIN.fullmatch(text, bare[-1].end, span.start):
        return bare
    return []


def _quantity(text: str, start: int) -> tuple[Span, Label | None]:
    """The quantity that begins at `start`: its label is None where it is a date or has no unit."""
    whole = _WHOLE.match(text, start)
    if whole:
        return Span(start, whole.end()), Label.PERCENT if whole["share"] else Label.COUNT
    before = text[max(0, start - _AROUND) : start]
    ratio = _RATIO.match(text, start)
    if ratio and (ratio[0].endswith(":1") or _RATIO_BEFORE.search(before)):
        return Span(start, ratio.end()), Label.COUNT
    index = _INDEX.match(text, start)
    if index and _INDEX_BEFORE.search(before):
        return Span(start, index.end()), Label.COUNT
    signed = text[start] == "-"
    end = end_of(text, start + signed)
    if end is None:
        return Span(start, start + 1), None
    unit = unit_at(text, end)
    if _LETTER.match(before[-1:]) and unit is None:
        return Span(start, end), None
    bridge = _RANGE.match(text, unit[0] if unit else end)
    if bridge:
        second = end_of(text, bridge.end())
        far = unit_at(text, second) if second else None
        if second and far and (unit is None or unit[1] is far[1]) and not text.startswith("级", far[0]):
            return Span(start, far[0]), far[1]
        if second and far is None and unit is None:
            return Span(start, second), None
    if _DATED.match(text, end):
        return Span(start, end), None
    if unit is None:
        return Span(start, end), _counted(text, start, end) if _LARGE.search(text, start, end) else None
    if text.startswith("级", unit[0]):
        return Span(start, unit[0]), None
    more = 1 if text[unit[0] - 1] == "倍" and text.startswith("多", unit[0]) else 0
    label = Label.COUNT if text[unit[0] - 1] == "位" and _MOVED.search(before) else unit[1]
    return Span(start, unit[0] + more), label


def _idle(text: str, span: Span) -> bool:
    """Whether a quantity measures nothing, by what stands around it."""
    said = span.of(text)
    spelled = not said[0].isascii()
    if (spelled and _IDLE_AFTER.match(text, span.end)) or (
        _DURATION.search(said) and _CONTINUOUS.search(text[max(0, span.start - 2) : span.start])
    ):
        return True
    return any(value.search(said) and after.match(text, span.end) for value, after in _IDLE)


def _counted(text: str, start: int, end: int) -> Label | None:
    """What a number that ends in 万 or 亿 and has no unit counts, by the words around it."""
    before = text[max(0, start - _AROUND) : start]
    if before.endswith("每"):
        return None
    if _PERSONS_AFTER.match(text, end) or _PERSONS_BEFORE.search(before):
        return Label.PEOPLE
    if "亿" in text[start:end] or _MONEY_BEFORE.search(before) or _MONEY_AFTER.match(text, end):
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
