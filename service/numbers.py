"""Quantities: what the value entities of a text say, in base units.

In: clean text, the span of a value entity and its label.  Out: `Quantity` (low, high, unit, bound), and what only the
words around the number tell: the sign of a change, the scope of a rank, the base of a comparison.  Knows nothing of
the model, of sentences, tables, indicators and periods; meanings are those of annotation.md, section 2.
"""

from __future__ import annotations

import re
from decimal import Decimal

from service.numerals import Numeral, plain, read, value_of
from service.records import Bound, Label, Measure, Quantity, Span
from service.units import unit_at

_PLACED = re.compile(r"[十百千万亿]+(?![瓦克米伏卡])")
_COUNTED = re.compile(r"\d[十百千万亿]*余?([家项个件名条所座种批场部台套辆张间只支篇份户])")

# How far around a value the words lie that bear on it, in characters.
_NEAR = 14
_CLAUSE = 40
_SENTENCE = 160

# More than anything counted: a longer run of digits is a code.
_LARGEST = Decimal(10) ** 30

_RANGE_MARK = re.compile(r"\s?(?:[-~]+|至|到)\s?")
_SKIP = " “”‘’\"'《("
_NUMERAL_START = re.compile(r"[\d.X零一二两三四五六七八九十百千万亿几]|数[十百千万亿]")
_TENTHS = re.compile(r"([一二两三四五六七八九])成([一二三四五六七八九半])")
_FRACTION = re.compile(
    r"([\d.零一二两三四五六七八九十百千万]{1,12})分之([\d.]{1,12}|[零一二两三四五六七八九十百]{1,8})"
)
_SLASH = re.compile(r"(\d{1,9})/(\d{1,9})")
_RATIO = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s?:\s?(\d{1,9}(?:\.\d{1,9})?)")
_HALF = re.compile(r"[一过大近]?半数?")

_CURRENCIES = re.compile(r"美元|港元|港币|欧元|日元|英镑|新台币|澳门元|卢布|泰铢|韩元|加元|澳元|新元")
_PEOPLE = re.compile(r"人次|人年|人日|人天|人月|人|名|位")

_BEFORE = (
    (Bound.AT_LEAST, r"(?:不少于|不低于|不小于|不下于|不下|至少|最少|最低|起码)(?:为|有|达|达到)?"),
    (Bound.BELOW, r"(?:不足|不到|未到|未满|不超过?|不高于|不多于|不大于|至多|最多|低于|少于|小于|控制在)"),
    (Bound.OVER, r"(?:超过|超出|超|突破|逾|多于|大于|高于|冲破|破)了?(?:每[千百万]?[人户亩]?口?)?"),
    # 约 and 近 are no adverbs in 签约20个, 节约3万元, 附近2个.
    (Bound.ABOUT, r"(?:(?<![节签履预合公条契制])约|(?<![最附靠临新])近|接近|大约|将近|大概|大致|约为|约占)"),
)
_BEFORE_WORDS = tuple((bound, re.compile(rf"(?:{words})$")) for bound, words in _BEFORE)
_SHARED = tuple(
    (bound, re.compile(rf"分别(?:为|达|达到)?(?:{words})[\d.]+[^,，。;；]*[、和及与]$")) for bound, words in _BEFORE
)
_AFTER = (
    (Bound.AT_LEAST, re.compile(r"\s?(?:\(含\))?及?(?:以上|之上)")),
    (Bound.BELOW, re.compile(r"\s?(?:\(含\))?及?(?:以下|以内|之内|之下)")),
    (Bound.ABOUT, re.compile(r"\s?(?:左右|上下)")),
    (Bound.OVER, re.compile(r"[余多](?![少种样元年家])")),
)
# 迈上5万亿元台阶 is a bound, 跨过3个台阶 is none; 突破15项关键技术 is a thing done.
_STEP = re.compile(r"(?:迈上|迈过|迈入|跨过|跨上|跨越|站上|踏上)了?$")
_STEP_AFTER = re.compile(r"的?(?:新?台阶|大关|关口|门槛)")
_ACHIEVED = re.compile(r"[^,，。;；、]{0,10}?(?:技术|难题|瓶颈|难关|领域|卡脖子)")
_NEXT = re.compile(r"\s?(?:[、和及与,]|以及)\s?[^\d、,。;:]{0,8}?(?=[\dX])")


def read_quantity(text: str, span: Span, label: Label, *, given: str = "") -> Quantity | None:
    """What the value at `span` of clean `text` says; None where it holds no numeral.

    Numbers are magnitudes in base units (3.98万亩 is 39800 亩, 六分之一 is 16.6667 %); see `sign` for falls.
    `given` is the unit that a table's header gives its column (亿元, %, 家): it holds where the value has none.
    """
    value = plain(span.of(text))
    if label is Label.RANK:
        return _rank(value)
    special = _spelled(value, label)
    if special is not None:
        low, high, unit, over, masked = special
    else:
        numbers = _numbers(value)
        if numbers is None:
            return None
        low, high, unit, over, masked = numbers
        if unit == "":
            scale, unit = _given(plain(given)) if given else _unit_around(text, span, label, low)
            low, high = (None, None) if low is None or high is None else (low * scale, high * scale)
        elif unit in value:
            unit = span.of(text)[value.rfind(unit) :][: len(unit)]
        if unit == "成":
            unit = "%"
            low, high = (None, None) if low is None or high is None else (low * 10, high * 10)
        unit = _unit(unit, label)
    if low is None or high is None:
        return Quantity(None, None, unit, _bound(text, span, over), masked)
    low, high = min(low, high), max(low, high)
    if max(abs(low), abs(high)) >= _LARGEST:
        return None
    bound = Bound.RANGE if low != high else _bound(text, span, over)
    return Quantity(float(low), float(high), unit, bound, masked)


_Reading = tuple[Decimal | None, Decimal | None, str, bool, bool]


def _numbers(value: str) -> _Reading | None:
    """Numeral, or range of numerals, and what stands after it."""
    first = _NUMERAL_START.search(value)
    if first is None:
        return None
    negative = first.start() > 0 and value[first.start() - 1] in "-负"
    one = read(value, first.start())
    if one is None:
        return None
    rest = value[one.end :]
    two, tail = _range_end(rest)
    low, high, over = one.low, one.high, one.over
    if two is not None and one.low is not None and two.high is not None:
        between = rest[: len(rest) - len(tail)]
        low, high, rest = one.low, two.high, tail[two.end :]
        if two.scaled and not one.scaled and between[:1] in "-~至到" and low < high:
            # 10-15万: the place belongs to both, 10万-15万 and 9000-1.2万 say their own.
            scaled = low * _place(tail[: two.end])
            low = scaled if scaled <= high else low
        over = over or two.over
    if negative and low is not None and high is not None:
        low, high = -low, -high
    rest = rest.strip(_SKIP)
    if rest[-1:] in ("多", "余") and len(rest) > 1:
        rest, over = rest[:-1], True
    elif rest in ("多", "余"):
        rest, over = "", True
    rest = rest.lstrip("余多") if len(rest) > 1 else rest
    return low, high, rest, over, low is None


def _range_end(rest: str) -> tuple[Numeral | None, str]:
    """The second numeral of a range in what follows the first one, and the text that begins with it."""
    for mark in _RANGE_MARK.finditer(rest[:12]):
        if mark.end() < len(rest) and _NUMERAL_START.match(rest, mark.end()):
            tail = rest[mark.end() :]
            return read(tail), tail
    return None, rest


def _place(numeral: str) -> Decimal:
    scale = Decimal(1)
    for character in numeral:
        scale *= {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}.get(character, 1)
    return scale


def _spelled(value: str, label: Label) -> _Reading | None:
    """Fractions, halves and ratios."""
    fraction = _FRACTION.search(value)
    if fraction:
        below, above = read(fraction[1]), read(fraction[2])
        if below and above and below.low and above.low is not None:
            return _same(above.low * 100 / below.low, "%")
    if label is Label.PERCENT:
        if value.startswith("百分之"):
            return None
        tenths = _TENTHS.search(value)
        if tenths:  # 八成五 is 85%
            five = Decimal(5) if tenths[2] == "半" else value_of(tenths[2])
            return _same(value_of(tenths[1]) * 10 + five, "%")
        slash = _SLASH.fullmatch(value)
        if slash and int(slash[2]):
            return _same(Decimal(slash[1]) * 100 / Decimal(slash[2]), "%")
        if _HALF.fullmatch(value):
            return (Decimal(50), Decimal(50), "%", value[0] in "过大", False)
    ratio = _RATIO.fullmatch(value)
    if ratio and Decimal(ratio[2]):
        return _same(Decimal(ratio[1]) / Decimal(ratio[2]), "")
    return None


def _same(value: Decimal, unit: str) -> _Reading:
    rounded = value.quantize(Decimal("0.0001"))
    return rounded, rounded, unit, False, False


def _given(unit: str) -> tuple[Decimal, str]:
    """The place and the unit of a header's unit: 亿元 is 1e8 and 元."""
    found = _PLACED.match(unit)
    return _place(found[0]) if found else Decimal(1), unit[found.end() :] if found else unit


def _unit_around(text: str, span: Span, label: Label, low: Decimal | None) -> tuple[Decimal, str]:
    """Place and unit of a bare number: what follows it, its list's (15、22个百分点), or the last one counted."""
    if label is Label.PEOPLE and text.endswith("人次", 0, span.start):
        return Decimal(1), "人次"
    window = plain(text[span.end : span.end + _CLAUSE])
    own = unit_at(window, 0)
    if own:
        return Decimal(1), window[: own[0]]
    at = 0
    while step := _NEXT.match(window, at):
        mate = read(window, step.end())
        if mate is None:
            break
        unit = unit_at(window, mate.end)
        if unit:
            return _shared_place(low, mate.low, window[step.end() : mate.end]), window[mate.end : unit[0]]
        at = mate.end
    if label is Label.COUNT and "." not in span.of(text):
        before = _COUNTED.findall(_CLAUSE_END.split(plain(text[max(0, span.start - _CLAUSE) : span.start]))[-1])
        return Decimal(1), before[-1] if before else ""
    return Decimal(1), ""


def _shared_place(low: Decimal | None, mate: Decimal | None, numeral: str) -> Decimal:
    """In 3、5亿元 the place is that of both, in 1200、1.5万人 it is not: whichever leaves the two numbers closer."""
    place = _place(numeral)
    if not low or not mate or place == 1:
        return Decimal(1)
    ratio = abs(low / mate)
    return place if abs((ratio * place).ln()) < abs(ratio.ln()) else Decimal(1)


def _unit(unit: str, label: Label) -> str:
    """The unit in the form of the annotation."""
    if label is Label.MONEY:
        currency = _CURRENCIES.search(unit)
        return currency[0] if currency else "元"
    if label is Label.PERCENT:
        if "点" in unit or unit.startswith("个"):
            return "个百分点"
        return "‰" if "‰" in unit else "%"
    if label is Label.PEOPLE:
        if unit.startswith("户"):
            return "户"
        people = _PEOPLE.search(unit)
        return "人" if people is None or people[0] in "名位" else people[0]
    return unit


def _bound(text: str, span: Span, over: bool) -> Bound:
    """The bound that the words inside and just around a value set."""
    if over:
        return Bound.OVER
    after = plain(text[span.end : span.end + _NEAR])
    for bound, words in _AFTER:
        if words.match(after):
            return bound
    before = text[max(0, span.start - _CLAUSE) : span.start]
    if before.endswith("突破") and text[span.end - 1] in "项个种批" and _ACHIEVED.match(after):
        return Bound.EXACT
    for bound, words in _BEFORE_WORDS:
        if words.search(before, max(0, len(before) - _NEAR)):
            return bound
    if _STEP.search(before) and _STEP_AFTER.match(after):
        return Bound.OVER
    if "分别" in before:
        for bound, words in _SHARED:
            if words.search(before):
                return bound
    return Bound.EXACT


# ---------------------------------------------------------------------------------------------------------- ranks

_TOP = re.compile(r"首位|榜首|首个|首名|魁首|冠军|之首|第一|最[高多大快好优低少小前]|居首|首")
_FIRST_N = re.compile(r"(?:前|TOP|Top|top)\s?第?([\dX零一二两三四五六七八九十百]+)|(\d+)强")
# The ordinal is the number after 第, else the last one: before it may stand how many are ranked (全市十县第二位).
_ORDINAL = re.compile(
    r"第\s?([\dX零一二两三四五六七八九十百千]+)|([\dX零一二两三四五六七八九十百千]+)(?=[^\dX零一二两三四五六七八九十百千]*$)"
)
_BEFORE_ORDINAL = re.compile(
    r"排名|位次|位列|位居|名列|排在|排|位|列|居|占|的|均|前进至|前|第|首|榜首|冠军|TOP|最|[\dXＸ\s]"
    r"|[一二三四五六七八九十百]+[位名强个]"
)
_SCOPE = re.compile(
    r"全[国省市区县州域]|全球|全世界|世界|亚洲|全行业|各[省市区县州]{1,3}|[东中西]{1,2}部(?:地区)?|[东西]北|[南北]方"
)
_CLAUSE_END = re.compile(r"[。;；!？\n|]")


def _rank(value: str) -> Quantity | None:
    first_n = _FIRST_N.search(value)
    if first_n:
        found = read(first_n[1] or first_n[2])
        if found is None or found.low is None:
            return Quantity(None, None, "名次", Bound.EXACT, True)
        return Quantity(1.0, float(found.low), "名次", Bound.RANGE)
    ordinal = _ORDINAL.search(value)
    if ordinal:
        found = read(ordinal[1] or ordinal[2])
        if found is None or found.low is None:
            return Quantity(None, None, "名次", Bound.EXACT, True)
        return Quantity(float(found.low), float(found.low), "名次", Bound.EXACT)
    if _TOP.search(value):
        return Quantity(1.0, 1.0, "名次", Bound.EXACT)
    return None


def scope_of(text: str, span: Span) -> str | None:
    """The field in which the rank at `span` holds (全市, 全国, 中部地区); None where the sentence names none."""
    value = span.of(text)
    edge = _BEFORE_ORDINAL.search(value)
    inside = value[: edge.start()] if edge else ""
    if inside:
        return inside
    before = text[max(0, span.start - _SENTENCE) : span.start]
    ends = [m.end() for m in _CLAUSE_END.finditer(before)]
    scopes = _SCOPE.findall(before[ends[-1] :] if ends else before)
    return scopes[-1] if scopes else None


# -------------------------------------------------------------------------------------------------- sign and base

_FALL = re.compile(
    r"下降|降低|减少|下滑|下跌|(?<!不)[低少]于|慢于|回落|收窄|缩减|缩短|缩小|压减|压缩|精简|削减|负增长|萎缩|降价|下调|压降|节约|节省|跌|降|减"
)
_RISE = re.compile(r"增长|增加|提高|提升|上升|高于|高出|快于|多于|优于|扩大|上涨|上调|新增|增|升|涨|回升")
# A fall that shrinks is a rise (降幅收窄2个百分点); its size alone is a fall (降幅达3%).
_FALL_OF_FALL = re.compile(r"(?:降幅|跌幅|降速)[^,，、。;；]{0,6}(?:收窄|缩小|回落|减少|收缩)")
_SIZE_OF_FALL = re.compile(r"(?:降幅|跌幅)[^,，、。;；扩]{0,6}$")
_TO = re.compile(r"(?:下降|降低|减少|降|回落|缩短|压缩|缩小|压减)(?:至|到|为)[^,，、]{0,4}$")
# A fall that grows is a deeper fall (降幅扩大2个百分点).
_FALL_WIDENS = re.compile(r"(?:降幅|跌幅)[^,，、。;；]{0,6}(?:扩大|加深|拉大)")
# 低0.3个百分点, 比全市少5家; not 至少, 最低.
_BELOW = re.compile(r"(?:(?<![最至降])低|(?<![至多不])少|慢|落后)了?(?:近|约|超|逾|过)?$")
_STOP = re.compile(r"[,，。;；:：!！?？\n]")


def sign(text: str, span: Span, measure: Measure) -> int:
    """-1 where a word of falling governs the growth or diff at `span`, else 1."""
    if measure not in (Measure.GROWTH, Measure.DIFF):
        return 1
    before = text[max(0, span.start - _CLAUSE) : span.start]
    stops = [m.end() for m in _STOP.finditer(before)]
    clause = before[stops[-1] :] if stops else before
    if _TO.search(clause) or _FALL_OF_FALL.search(clause):
        return 1
    fall = _SIZE_OF_FALL.search(clause) or _FALL_WIDENS.search(clause) or _BELOW.search(clause)
    if fall or clause.endswith(("-", "−", "－")):
        return -1
    falls = [m.end() for m in _FALL.finditer(clause)]
    rises = [m.end() for m in _RISE.finditer(clause)]
    if not falls or (rises and rises[-1] > falls[-1]):
        return 1
    return -1


_COMPARED = re.compile(
    r"(?:高于|低于|高出|低出|快于|慢于|优于|好于|多于|少于|大于|小于|领先于?"
    r"|超[出过]?(?=全|[省市县区国年]|目标|计划|序时|时序|预期|去年|上年|同期|平均|[^,，。;；、:：%\d]{2,8}(?:平均|水平|目标|进度|均值)))"
    r"(?P<base>[^,，。;；、:：%]+?)(?:约|近|超过|超|分别|(?<!平)均|达|多达)*$"
)
_FROM = re.compile(
    r"(?:较|相较于|相比|(?<![占同环对之配])比(?![重例率值价]))(?P<base>[^,，。;；、:：%]+?)"
    r"(?:分别|(?<!平)均|同比|又|再|累计|大幅|净|约|近|超|了|提高|提升|增长|增加|新增|下降|降低|减少|上升|回落|缩短|压缩|翻|扩大|收窄"
    r"|高|低|多|少|快|慢|增|减|升|降)+[^,，。;；、:：\d%]{0,8}$"
)
_MATES = re.compile(r"[\d.]+[^\d,，。;；、]{0,6}[、和及与](?:[\d.]+[^\d,，。;；、]{0,6}[、和及与])*$")
# 上年末 and 去年底 are days of their own, not the year before.
_LAST_YEAR = re.compile(r"(?:去年|上年|前一年|上一年)(?!年?[末底初])|同期|往年同期")
_YEAR = re.compile(r"(?:20\d\d|20XX)年[末底初]?")


def base_of(text: str, span: Span, measure: Measure) -> str | None:
    """What the growth or diff at `span` is compared with: `yoy`, or the base's own words; None for other measures."""
    if measure not in (Measure.GROWTH, Measure.DIFF):
        return None
    before = text[max(0, span.start - _CLAUSE) : span.start]
    stops = [m.end() for m in _CLAUSE_END.finditer(before)]
    before = before[stops[-1] :] if stops else before
    if "分别" in before:
        before = _MATES.sub("", before)
    found = _COMPARED.search(before) or _FROM.search(before)
    if found is None:
        return "yoy"
    base = found["base"].strip()
    if _LAST_YEAR.match(base):
        return "yoy"
    year = _YEAR.match(base)
    if year:
        return year[0]
    if base[:1] in '“"' and base[-1:] in '”"':
        base = base[1:-1]
    return base or "yoy"
