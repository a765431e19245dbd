"""Which region a report speaks of, by its title, its issuer, its head and the words it uses for itself.

In: clean text, the span of a report or of a part, its title and issuer.  Out: `records.Area`, or None where the text
names none.  A name in the title, of the issuer or in the lines above the prose decides: of the list, masked (XX区),
or of no list (临江区, 临江高新区, 青山镇).  Else the words 我区, 全县, 县委 say what kind of region it is, and the
name of that kind that the text has most often is the one.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from service.areas import Gazetteer, gazetteer, short_name
from service.records import Area, Span

BODY = 20_000  # characters in which names are counted: a report says early and often where it is
MIN_NAMED = 2  # a name in the prose must come twice to be the report's own
MIN_SHORT_NAMED = 3  # a name without its class is as often another thing's (吉林大学)
TAIWAN = "710000"  # named in every report of Fujian, the speaker of none here
HEAD_LINES, HEAD_LINE = 8, 60  # lines above the prose, and how long one may be
STEADY = 0.7  # of the times a name is said, what stands before it then belongs to it
LONGEST = 5  # characters of an unlisted name without its class

_MASKED = re.compile(
    r"[XＸ×*]{2,3}(?:国家级)?(?:(?:经济|高新)(?:技术)?(?:产业)?开发区|高新区|经开区|自治[区州县旗]|[省市县区州旗盟镇乡]|街道)(?!域|内|级|间)"
)
_KINDS = "省市县区州旗盟"
_OWN_KIND = re.compile(rf"我(?P<own>[{_KINDS}镇乡])(?![一-鿿]?长)|全(?P<all>[{_KINDS}镇乡])")
_SEAT = re.compile(rf"(?P<kind>[{_KINDS}镇乡])(?:党?委)[、和]?(?P=kind)(?:人民)?政府")  # 县委、县政府
_WIDE = {"省": "省", "区": "自治区"}  # what a province is called where it says 全省, and where it says 全区
_SEAT_ONE = re.compile(rf"[{_KINDS}](?:委|政府)")
_ANY_KIND = "县区市州"  # from the narrowest
_DISTRICT = re.compile(r"(?<!治)区委")
_ISSUING = re.compile(rf"[{_KINDS}](?=[一-鿿]*(?:局|委|厅|办|院|会))")
_CLASS = (
    r"(?:自治[区州县旗]|地区|街道(?!口)|镇(?![市痛静长])|乡(?![市县区村土愁贤情镇])|[省](?!级?以|略|钱|时|力|心|电|油|煤)"
    r"|市(?![场值])|区(?![域块间划县位])|县(?!域|市(?![场政]))|州(?![区县长]|市(?!场))|旗(?![舰帜手县下])|盟(?![约友军]))"
)
_AT_NAME = re.compile(
    r"^|[\s“”\"《》〈〉:,，。;；—()（）\d.、-]|关于|时期|季度|半年|年度|月份|总局|政协|共青团|中共|推进|推动|加快|受|在|为|对|[年月局与和]"
)
_NAME = re.compile(rf"[一-鿿]{{2,{LONGEST}}}?{_CLASS}")
# What may stand before a listed name that begins no phrase (走进安吉县); 沅江口县 is no 江口县.
_LED = re.compile(r"[在从对为到向由据赴让使给]|[一-鿿]{2,}")
_PARK = re.compile(
    r"(?!国家|[全省市])[^\W\d_市县区省州旗盟]{2,6}?(?:国家级)?"
    r"(?:高新(?:技术)?(?:产业)?(?:开发)?区|经开区|经济(?:技术)?开发区|开发区|科学城|新区)"
)
# What ends like a region's name and is none (全市, 示范县, 社区, 中心城区), or swallowed the words before one.
_NO_NAME = re.compile(
    r"(?:[一二三四五六七八九十百省市区县州旗盟乡镇]+|.*(?:中心|智慧|文明|型|试点|示范|标杆|化|[^城]{3})城|城)[省市区县州旗盟镇乡]"
    r"|.*(?:[社校景片灾牧林矿库郊园辖灌汛疫街厂禁误盲特老小]|(?:中心|主|老|新|旧|建成|县|市)城|(?:贫困|革命|大别|秦巴|武陵)山|功能|保护|自贸|先行|核心|示范|试点"
    r"|试验|实验|开发|高新|工业|产业|合作|旅游|服务|保税|建成|聚集|集聚|集中|农牧?|沿海|内陆|连片|覆盖|监管|控制|自治|新增|行政)区"
    r"|.*(?:[新造]型|[强富穷设大省名]|示范|试点|先进|文明|智慧|数字|生态|质量|教育|科技|农业|贫困|脱贫|重点|[地县]级|直辖|宜居|国[家内]|国际|消费|交易|人才|房地产|资本"
    r"|劳动力|知识产权|旅游|工业|经济|百强|千强|卫生|园林|森林|健康|双拥|枢纽|中心城)[县市]"
    r"|.*(?:[强重名大小集城特建各]|特色|中心|重点|美丽|示范|小城)[镇乡]"
    r"|.*(?:季度|半年|关于|总局|时期|政协|共青团|中共|推进|推动|加快|支持|建设|发展|工作|会议|政府|情况|全国|有关|直属|单位|人民|国民|市场|现将|会同|根据|按照|经过|落实|完成|实现|接受|新建|储备|超额|贯彻|执行|争取|组织|配合|协助|联合|上报|下达|纳入|入选|成为|创建|荣获|城市管|力争|建成|打造|全面"
    r"|[全各我本该每某两几其等这那委局办厅处院的在是年月与和及占获被由比较率了完于]).*"
)
_NO_HEAD = re.compile(r"(?:信息)?来源|\d{1,2}[.、]|[(]?[一二三四五六七八九十]+[)、]|第[一二三四五六七八九十]+[部章]")
_SHORT_FOLLOWED = re.compile(r"大学|学院|银行|日报|省|路|街")
# Short names of cities that are common words.
_WORDS = frozenset({"东方", "白银", "来宾", "大同", "安康", "北海", "海南", "保定", "长治", "平凉", "自贡"})


def area_of(text: str, span: Span, title: str, issuer: str, near: Area | None = None) -> Area | None:
    """The region of the report at `span`; names are read in the terms of `near` (the whole text's region)."""
    table = gazetteer()
    for said in (title, issuer, *_head(text, span)):
        if (named := _named(said, table, near)) is not None:
            return named
    body = text[span.start : min(span.end, span.start + BODY)]
    kinds, own = _own_kinds(body, title, issuer)
    if kinds[:1] == ["区"] and body.count("自治区") >= MIN_SHORT_NAMED and not _DISTRICT.search(body):
        return _province(body, table)
    for kind in kinds:
        if (said_often := _of_kind(body, kind, table, near, short=own)) is not None:
            return said_often
        if kind in "省区" and (province := _province(body, table)) is not None and province.name.endswith(_WIDE[kind]):
            return province
        if own:
            return Area(f"XX{kind}") if "20XX" in body else None
    if kinds and "20XX" in body:
        return Area(f"XX{kinds[0]}")
    return _province(body, table) if not kinds else None


def _of_kind(body: str, kind: str, table: Gazetteer, near: Area | None, *, short: bool) -> Area | None:
    """The region of the class `kind` that the text names most often; `short` allows names without their class."""
    counts: dict[str, tuple[int, Area]] = {}
    for found in _MASKED.finditer(body):
        if found[0].endswith(kind):
            counts[found[0]] = (counts.get(found[0], (0, None))[0] + 1, Area(found[0]))
    if counts:
        return max(counts.values(), key=_count)[1]
    for name, n in _spoken(body, kind, table).items():
        area = table.resolve(name, near)
        if area is not None:
            counts[area.name] = (n + _alone(body, name), area)
    counts = counts or (_by_short_name(body, kind, table) if short else {})
    return max(counts.values(), key=_count)[1] if counts else None


def kind_of(area: Area) -> str:
    """The word that 全 takes in a report of `area`: 区, 县, 市, 省, 州."""
    return area.name[-1]


def _head(text: str, span: Span) -> list[str]:
    """The short lines above the prose: subtitles, who speaks where, who signs."""
    lines: list[str] = []
    for line in text[span.start : min(span.end, span.start + 1500)].split("\n"):
        said = line.strip()
        if len(said) > HEAD_LINE or said.endswith(("。", ";", ":", "：")) or len(lines) == HEAD_LINES:
            break
        if said and ">" not in said and not _NO_HEAD.match(said):
            lines.append(said)
    return lines


def _named(said: str, table: Gazetteer, near: Area | None) -> Area | None:
    """The most specific region of the first name in a title or an issuer: 浙江省湖州市安吉县 is 安吉县."""
    if not said:
        return None
    if (masked := _MASKED.search(said)) is not None:
        return Area(masked[0])
    listed = {span.start: span for span, _ in table.find(said)}
    for place in _AT_NAME.finditer(said):
        start = place.end()
        if start in listed:
            return _chain(said, listed[start], table, near)
        if (park := _PARK.match(said, start)) is not None and not _NO_NAME.fullmatch(park[0][:-1]):
            return Area(park[0])
        name = _NAME.match(said, start)
        if name is not None and not _NO_NAME.fullmatch(name[0]):
            inner = next((span for span in listed.values() if span.start < name.end() <= span.end), None)
            led = inner is not None and _LED.fullmatch(said, start, inner.start)
            return _chain(said, inner if inner is not None and led else Span(*name.span()), table, near)
    if listed:
        return _chain(said, listed[min(listed)], table, near)
    return _short(said, table)


def _chain(said: str, span: Span, table: Gazetteer, near: Area | None) -> Area | None:
    """The last of the names that follow one another from `span` on, each read within the one before."""
    area = table.resolve(span.of(said), near)
    while (inner := _inner(said, span.end, table)) is not None:
        span = inner
        area = table.resolve(span.of(said), area)
    return area


def _inner(said: str, start: int, table: Gazetteer) -> Span | None:
    """The name that begins right at `start`."""
    listed = next((span for span, _ in table.find(said[start : start + 15]) if span.start == 0), None)
    if listed is not None:
        return Span(start, start + listed.end)
    inner = _NAME.match(said, start)
    return Span(*inner.span()) if inner is not None and not _NO_NAME.fullmatch(inner[0]) else None


def _short(said: str, table: Gazetteer) -> Area | None:
    """A province or a city by its short name, at the beginning (湖北农村协会工作报告)."""
    for level in ("province", "city"):
        for area in table.of_level(level):
            short = short_name(area.name)
            if said.startswith(short) and short not in _WORDS and not _SHORT_FOLLOWED.match(said, len(short)):
                return area
    return None


def _own_kinds(body: str, title: str, issuer: str) -> tuple[list[str], bool]:
    """The classes that the report's own region may have, the likeliest first; whether its own words leave only one.

    我县 and 县委、县政府 are said of one's own region, 全县 of any; without these it may be of any class.
    """
    own: Counter[str] = Counter()
    said: Counter[str] = Counter()
    for found in _OWN_KIND.finditer(body):
        said[found["own"] or found["all"]] += 1
        if found["own"]:
            own[found["own"]] += 1
    own.update(found["kind"] for found in _SEAT.finditer(body))
    if (issuing := _ISSUING.match(issuer) or _ISSUING.match(title)) is not None:
        own[issuing[0]] += 3
    if own:
        return [max(own, key=lambda word: (own[word], said[word]))], True
    if said:
        return sorted(said, key=lambda word: said[word], reverse=True), False
    return list(_ANY_KIND) if _SEAT_ONE.search(body) else [], False


def _spoken(body: str, kind: str, table: Gazetteer) -> dict[str, int]:
    """Names of the class `kind` that the text has more than once, or the only one, with how often.

    What stands before the class is a name as far as it is always the same: 走进沙溪县 and 在沙溪县 give 沙溪县.
    """
    if kind == "省":  # all of them are listed
        return Counter(
            span.of(body)
            for span, areas in table.find(body)
            if areas[0].name.endswith(kind) and areas[0].code != TAIWAN
        )
    counts: Counter[str] = Counter()
    for found in re.finditer(rf"[一-鿿]{{2,{LONGEST}}}(?={kind})", body):
        end = found.end()
        if body[end : end + 2] in (kind + "域", kind + "场"):
            continue
        for start in range(found.start(), end - 1):
            counts[body[start:end]] += 1
    longer: dict[str, list[str]] = {}
    for name in counts:
        longer.setdefault(name[1:], []).append(name)
    names: dict[str, int] = {}
    for stem, n in counts.items():
        if len(stem) == 2 and n >= MIN_NAMED:
            name = _grown(stem, counts, longer)
            if not _NO_NAME.fullmatch(name + kind):
                names[name + kind] = counts[name]
    alone: Counter[str] = Counter()
    for found in re.finditer(rf"(?:(?<=[《,，。;；\n])|(?<=中共))[一-鿿]{{2,{LONGEST}}}?{kind}(?=[一-鿿])", body):
        if not _NO_NAME.fullmatch(found[0]):
            alone[found[0]] += 2 if body[found.start() - 1] == "《" else 1  # a region's own document
    for span, areas in table.find(body):
        if areas[0].name.endswith(kind) and (name := span.of(body)) not in names:
            alone[name] += 1
    names |= {name: n for name, n in alone.items() if name not in names}
    often = {name: n for name, n in names.items() if n >= MIN_NAMED}
    return often or (names if len(names) == 1 else {})


def _grown(stem: str, counts: Counter[str], longer: dict[str, list[str]]) -> str:
    """The stem with the characters that stand before it nearly always."""
    best = max(longer.get(stem, ()), key=lambda name: counts[name], default="")
    steady = best and counts[best] >= max(MIN_NAMED, STEADY * counts[stem])
    return _grown(best, counts, longer) if steady else stem


def _by_short_name(body: str, kind: str, table: Gazetteer) -> dict[str, tuple[int, Area]]:
    """Listed regions of the class that the text has by their short names, and one of them far more often."""
    couples = {a + b for a, b in pairwise(body)}  # of characters: what few names have, and all that the text has have
    levels = {"省": "province", "市": "city", "州": "city", "盟": "city"}
    counts = [
        (len(re.findall(rf"{short}(?!{_SHORT_FOLLOWED.pattern}|[一-鿿]{{0,2}}{kind})", body)), area)
        for area in table.of_level(levels.get(kind, "county"))
        if area.name.endswith(kind)
        and (short := short_name(area.name))[:2] in couples
        and short in body
        and short not in _WORDS
    ]
    counts.sort(key=_count, reverse=True)
    if not counts or counts[0][0] < MIN_SHORT_NAMED or (len(counts) > 1 and counts[0][0] < 2 * counts[1][0]):
        return {}
    return {counts[0][1].name: counts[0]}


def _province(body: str, table: Gazetteer) -> Area | None:
    """The province whose name the text has more often than any other's, and not just once."""
    spoken = ((body.count(short_name(area.name)), area) for area in table.of_level("province") if area.code != TAIWAN)
    counts = sorted(spoken, key=_count)
    (second, _), (most, area) = counts[-2:]
    return area if most >= MIN_NAMED and most > second else None


def _count(pair: tuple[int, Area]) -> int:
    return pair[0]


def _alone(body: str, name: str) -> int:
    """How often the short name stands without its class."""
    short = short_name(name)
    return body.count(short) - body.count(name) if short != name else 0
