"""Which region a report speaks of, by its title, its issuer, its head and the words it uses for itself.

In: clean text, the span of a report or of a part, its title and issuer.  Out: `records.Area`, or None where the text
names none.  A name in the title, of the issuer or in the lines above the prose decides: of the list, masked (XX区), or
of no list (临江区, 临江高新区, 青山镇).  Else the words 我区, 全县, 县委 say what kind of region it is, and the name of
that kind that the text has most often is the one.
"""

from __future__ import annotations

import re
from collections import Counter

from service.areas import Gazetteer, gazetteer, short_name
from service.records import Area, Span

BODY = 20_000  # characters in which names are counted: a report says early and often where it is
MIN_NAMED = 2  # a name in the prose must come twice to be the report's own
MIN_SHORT_NAMED = 3  # a name without its class is as often another thing's (吉林大学)
HEAD_LINES, HEAD_LINE = 8, 60  # lines above the prose, and how long one may be
LONGEST = 5  # characters of an unlisted name without its class

_MASKED = re.compile(
    r"[XＸ×*]{2,3}(?:国家级)?(?:(?:经济|高新)(?:技术)?(?:产业)?开发区|高新区|经开区|自治[区州县旗]|[省市县区州旗盟镇乡]|街道)(?!域|内|级|间)"
)
_KINDS = "省市县区州旗盟"
_OWN_KIND = re.compile(rf"我(?P<own>[{_KINDS}镇乡])(?![一-鿿]?长)|全(?P<all>[{_KINDS}镇乡])")
_SEAT = re.compile(rf"(?P<kind>[{_KINDS}镇乡])(?:党?委)[、和]?(?P=kind)(?:人民)?政府")  # 县委、县政府
_ISSUING = re.compile(rf"[{_KINDS}](?=[一-鿿]*(?:局|委|厅|办|院|会))")
_CLASS = (
    r"(?:自治[区州县旗]|地区|街道(?!口)|镇(?![市痛静长])|乡(?![市县区村土愁贤情镇])|[省](?!级?以|略|钱|时|力|心|电|油|煤)"
    r"|市(?![场值])|区(?![域块间划县位])|县(?![域市])|州(?![市区县长])|旗(?![舰帜手县下])|盟(?![约友军市]))"
)
_AT_NAME = re.compile(
    r"^|[\s“”\"《》〈〉:,，。;；—()（）\d.、-]|关于|时期|季度|半年|年度|总局|政协|共青团|中共|推进|推动|加快|受|在|为|对|[年月局与和]"
)
_NAME = re.compile(rf"[一-鿿]{{2,{LONGEST}}}?{_CLASS}")
_INNER = re.compile(rf"[一-鿿]{{1,{LONGEST}}}?{_CLASS}")
_PARK = re.compile(
    r"[^\W\d_市县区省州旗盟]{2,6}?(?:国家级)?(?:高新(?:技术)?(?:产业)?(?:开发)?区|经开区|经济(?:技术)?开发区|开发区|科学城|新区)"
)
# What ends like a region's name and is none (全市, 示范县, 高新区, 中心城区), or swallowed the words before one.
_NO_NAME = re.compile(
    r".*(?:[全我本该各每某两多几此其等这那]|示范|[新造]型?|试点|试验|实验|开发|工业|产业|功能|保护|自贸|合作|先行|旅游|核心|中心|[城郊园社校景山片灾牧林矿库小强设辖外内集乡]"
    r"|文明|智慧|数字|生态|先进|质量|教育|科技|农业|贫困|脱贫|重点|沿海|[地县市省]级|直辖|[超特]大|宜居|国[家内]|国际|消费|交易|人才|房地产|资本|劳动力|知识产权)[省市区县州旗盟镇乡]"
    r"|.*(?:季度|半年|关于|总局|时期|政协|共青团|中共|推进|推动|加快|支持|建设|发展|工作|会议|[委局办厅处社院部的在是年月与和及]|政府|情况|全国|各|全|我|本|有关|直属|单位|人民|经济|国民|市场)"
    r".*|[一二三四五六七八九十百]+[省市区县州旗盟镇乡]"
)
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
    kind = _own_kind(body, title, issuer)
    if not kind:
        return _province(body, table)
    masked = Counter(found[0] for found in _MASKED.finditer(body) if found[0].endswith(kind))
    counts: dict[str, tuple[int, Area]] = {name: (n, Area(name)) for name, n in masked.items()}
    for name, n in _spoken(body, kind, table).items():
        area = table.resolve(name, near)
        if area is not None:
            counts[area.name] = (n + _alone(body, name), area)
    if not counts:
        counts = _by_short_name(body, kind, table)
    if counts:
        return max(counts.values(), key=_count)[1]
    if kind in "省区" and (province := _province(body, table)) is not None:
        return province
    return Area(f"XX{kind}") if "20XX" in body else None


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
        if said and ">" not in said and not said.startswith(("来源", "信息来源")):
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
            return _chain(said, inner or Span(*name.span()), table, near)
    if listed:
        return _chain(said, listed[min(listed)], table, near)
    return _short(said, table)


def _chain(said: str, span: Span, table: Gazetteer, near: Area | None) -> Area | None:
    """The last of the names that follow one another from `span` on, each read within the one before."""
    area = table.resolve(span.of(said), near)
    while (inner := _INNER.match(said, span.end)) is not None and not _NO_NAME.fullmatch(inner[0]):
        span = Span(*inner.span())
        area = table.resolve(span.of(said), area)
    return area


def _short(said: str, table: Gazetteer) -> Area | None:
    """A province or a city by its short name, at the beginning (湖北农村协会工作报告)."""
    for level in ("province", "city"):
        for area in table.of_level(level):
            short = short_name(area.name)
            if said.startswith(short) and short not in _WORDS and not _SHORT_FOLLOWED.match(said, len(short)):
                return area
    return None


def _own_kind(body: str, title: str, issuer: str) -> str:
    """The class of the report's own region, by the words it has for it; "" where it has none."""
    own: Counter[str] = Counter()
    said: Counter[str] = Counter()
    for found in _OWN_KIND.finditer(body):
        said[found["own"] or found["all"]] += 1
        if found["own"]:
            own[found["own"]] += 1
    own.update(found["kind"] for found in _SEAT.finditer(body))
    if (issuing := _ISSUING.match(issuer) or _ISSUING.match(title)) is not None:
        own[issuing[0]] += 3
    return max(own or said, key=lambda word: (own[word], said[word]), default="")


def _spoken(body: str, kind: str, table: Gazetteer) -> dict[str, int]:
    """Names of the class `kind` that the text has more than once, with how often.

    What stands before the class is a name as far as it is always the same: 走进沙溪县 and 在沙溪县 give 沙溪县.
    """
    counts: Counter[str] = Counter()
    for found in re.finditer(rf"[一-鿿]{{2,{LONGEST}}}(?={kind})", body):
        end = found.end()
        if body[end : end + 2] in (kind + "域", kind + "场"):
            continue
        for start in range(found.start(), end - 1):
            counts[body[start:end]] += 1
    for at in (m.start() for m in re.finditer(kind, body)):  # runs that the pattern above began too early in
        counts[body[max(0, at - 2) : at]] += 0
    names: dict[str, int] = {}
    for stem, n in counts.items():
        if len(stem) == 2 and n >= MIN_NAMED:
            name = _grown(stem, counts)
            if not _NO_NAME.fullmatch(name + kind):
                names[name + kind] = counts[name]
    for span, areas in table.find(body):
        if areas[0].name.endswith(kind) and (name := span.of(body)) not in names:
            names[name] = names.get(name, 0) + 1
    return {name: n for name, n in names.items() if n >= MIN_NAMED}


def _grown(stem: str, counts: Counter[str]) -> str:
    """The stem with the characters that stand before it nearly always."""
    longer = [name for name in counts if len(name) == len(stem) + 1 and name.endswith(stem)]
    best = max(longer, key=lambda name: counts[name], default="")
    return _grown(best, counts) if best and counts[best] >= MIN_NAMED and counts[best] > 0.7 * counts[stem] else stem


def _by_short_name(body: str, kind: str, table: Gazetteer) -> dict[str, tuple[int, Area]]:
    """Listed regions of the class that the text has by their short names, and one of them far more often."""
    levels = {"省": "province", "市": "city", "州": "city", "盟": "city"}
    counts = [
        (body.count(short) - len(re.findall(f"{short}(?:{_SHORT_FOLLOWED.pattern})", body)), area)
        for area in table.of_level(levels.get(kind, "county"))
        if area.name.endswith(kind) and (short := short_name(area.name)) in body and short not in _WORDS
    ]
    counts.sort(key=_count, reverse=True)
    if not counts or counts[0][0] < MIN_SHORT_NAMED or (len(counts) > 1 and counts[0][0] < 2 * counts[1][0]):
        return {}
    return {counts[0][1].name: counts[0]}


def _province(body: str, table: Gazetteer) -> Area | None:
    """The province whose name the text has more often than any other's, and not just once."""
    counts = sorted(((body.count(short_name(area.name)), area) for area in table.of_level("province")), key=_count)
    (second, _), (most, area) = counts[-2:]
    return area if most >= MIN_NAMED and most > second else None


def _count(pair: tuple[int, Area]) -> int:
    return pair[0]


def _alone(body: str, name: str) -> int:
    """How often the short name stands without its class."""
    short = short_name(name)
    return body.count(short) - body.count(name) if short != name else 0
