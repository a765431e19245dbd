"""Edges: where an entity begins and ends, by the span rules that the characters themselves decide.

In: clean text, the entities that the network's best path gives, the quantities and times that can be read there with
what the network thinks of their characters.  Out: the entities, mended.  The network decides what is an entity and
which; the rules here only move an edge that cannot be right, and complete the quantities:

1. quotation marks and brackets are never cut through: a pair that encloses the whole stays outside, a pair of which
one
   sign lies inside comes in or goes out whole; a document is named with its book-title marks;
2. two bodies written together (区委区政府, 科技局(科协)) are two spans, and so are a platform and its second name in
   brackets, a region and the indicator named after it; a region and the body named after it are one, and a host and
   its platform;
3. a value takes the edges of the quantity that holds it, a rank those from its scope to its ordinal, a time those of
   the whole expression; a quantity that no entity touches becomes a value where the network leans to one;
4. the unit that a table's head names (单位:万元) is no value;
5. a verb that says how things came about is no part of the INDICATOR it leads to, in brackets or not, nor one that
   says where something stands part of a RANK or an AREA, nor what follows the class noun of a PROGRAM part of its
   name: in no report annotated is it otherwise.

Knows nothing of the network.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from service.indicators import match
from service.records import Entity, Label, Span

# A quantity that the best path leaves out becomes a value where its characters give values this much probability.
ADMIT = 0.3
PAIRS = {"“": "”", "‘": "’", "(": ")", "《": "》", "〈": "〉"}
CLOSING = {v: k for k, v in PAIRS.items()}
LONGEST_TITLE = 80  # characters between book-title marks
EDGE = ",.;:、。!?·"
_MARK = re.compile(f"[{re.escape(''.join((*PAIRS, *CLOSING, EDGE)))}]")
RANKED = {Label.RANK, Label.COUNT, Label.PEOPLE}  # what the network may take an ordinal for
_OF_ALL = re.compile(r"全[国省市区县州]")  # 全市前2: a rank even where the network sees a region and no more
_MONEY_BEFORE = re.compile(
    r"(?:奖励|奖补|补助|补贴|资助|投资|投入|拨付|兑现|贷款|授信|资金|经费|产值|营收|收入|销售额|成交额)[^,;。]{0,2}$"
)
# 指数为72.4: a number that has no sign, nor shares one with the next (分别高出4.1、2.6个百分点), is no percentage.
_BARE_NUMBER = re.compile(r"(?<![∶:、和])\d+\.\d+(?![\d、和与及至到~∶:-])")
_SHARE = re.compile(r"\d{1,2}/\d{1,2}")  # 精简1/3
_RATE = re.compile(r"[\d.X]+/[十1]?0?万")  # 11.2/10万
_GROWN = re.compile(r"(?:增长|上升|下降|回落|增速|增幅|降幅)[为达到了]{0,2}$")
_MONEY_AFTER = re.compile(r"(?:的)?[^,;。\d]{0,6}(?:资金|经费|补助|补贴|奖励|奖金|贷款|投资|基金)")
_BODIES = re.compile(
    r"([^委府]*(?:省|市|区|县|州|旗|盟|镇|乡|街道|工)委)((?:省|市|区|县|州|旗|盟|镇|乡|行署|管)[^委]*(?:政府|会|署|府))$"
)
_UNIT_BEFORE = re.compile(r"单位:[^\d\n。;]*$")
_BARE_UNIT = re.compile(r"[百千万亿]*[^\d百千万亿一二两三四五六七八九十几数余多X]*")
_UNIT_LENGTH = 24  # characters of such a line before its last unit: 单位:亿元、万人、%
# A region by its own name and what is measured there: 青溪区R&D投入强度.  自治区级, 市区, 高新区 are part of a name.
_REGIONAL = re.compile(
    r"((?!.{0,3}(?:自治|高新|开发|示范|保税|[主老心]城|[园新市社街地景灾山库老]区))[一-鿿]{2,4}[省市县区旗])(.{3,})$"
)
_BROUGHT_ABOUT = re.compile(r"(?:拥有|上报|聘用|举办|组建|培育|聘请|吸引|邀请|入选|配备)(?=..)")
# 居全省第三位: the rank begins with its scope; 占全市的一半: so does a region.
_TO_A_PLACE = re.compile(r"(?:进入|位居|位列|跻身|挺进|排名|排在|[居列排])(?=..)")
_OF_A_REGION = re.compile(r"[占向比居](?=(?:全[国省市区县州]|[我本][省市区县州])$)")
_PUT_FORWARD = ("推荐", "申报")  # together they say what is counted
_ONE_NAME = {(Label.AREA, Label.ORG), (Label.AREA, Label.PLATFORM), (Label.ORG, Label.PLATFORM)}
_DEICTIC = re.compile("[全我本各]")
# A body's other name, or a second body in the same house, and what a platform is to be called: 科技局(科协).
_SECOND_NAME = re.compile(
    r"([^()]*(?:[局委办厅部会院]|中心|办公室))"
    r"\((?!以下简称|简称|原|含|第)([^()、,]+[局协办委]|[^()、,]{2,}(?<!重点|工程|联合)(?:实验室|研究院))\)$"
)
_TWO_NAMES = {Label.ORG: (_BODIES, _SECOND_NAME), Label.PLATFORM: (_SECOND_NAME,)}
# (升格)市级以上站点; not (准)独角兽企业, where the brackets say what is counted.
_IN_BRACKETS = re.compile(r"\((?:新[增建设]|[改扩续]建|晋升|升格|升级|认定|培育|储备)\)(?=..)")
_BEFORE = {
    Label.INDICATOR: (_IN_BRACKETS, _BROUGHT_ABOUT),
    Label.RANK: (_TO_A_PLACE,),
    Label.AREA: (_OF_A_REGION,),
}
_BEHIND_A_NAME = re.compile(
    r"(?<=工程|计划|行动|机制|制度|大赛|改革|模式|程”|划”|动”)(?:项目库|申报|推进会|(?:星级)?评定|考核|名单|课题|专场)$"
)
_ITS_PROJECTS = re.compile(r"(?<=工程|计划|行动)项目(?=库|申报|名单|评审|立项)")


@dataclass(frozen=True, slots=True)
class Shape:
    """A stretch whose form says what it is: a complete quantity or a time.  `leaning` gives the network's mean
    probability of each label over its characters; it is asked only where no entity touches the stretch."""

    span: Span
    label: Label
    leaning: Callable[[], Mapping[Label, float]]


def settle(text: str, entities: Sequence[Entity], shapes: Sequence[Shape]) -> list[Entity]:
    """The entities in reading order, without overlaps, their edges mended."""
    mended = [e for entity in entities for e in _parted(text, _trimmed(text, _enclosed(text, entity)))]
    mended = _joined(text, _apart(sorted(mended, key=_start)))
    for shape in shapes:
        first = bisect_right(mended, shape.span.start, key=_end)
        last = bisect_left(mended, shape.span.end, lo=first, key=_start)
        completed = _completed(text, shape, mended[first:last])
        if completed is not None:
            mended[first:last] = [completed]
    return [_relabelled(text, e) for e in mended if not _names_unit(text, e)]


def _start(entity: Entity) -> int:
    return entity.span.start


def _end(entity: Entity) -> int:
    return entity.span.end


def _completed(text: str, shape: Shape, touching: Sequence[Entity]) -> Entity | None:
    """The entity that takes a shape's edges in place of what lies within it, or of nothing; None where none does."""
    span = shape.span
    if not touching:
        leaning = shape.leaning()
        wanted = {k: p for k, p in leaning.items() if k.is_value == shape.label.is_value}
        if shape.label is Label.PERIOD:
            wanted = {Label.PERIOD: leaning[Label.PERIOD]}
        best = max(wanted, key=lambda k: wanted[k])
        return Entity(best, span, wanted[best]) if sum(wanted.values()) > ADMIT else None
    if not all(span.covers(e.span) for e in touching):
        return None
    labels = {e.label for e in touching}
    if shape.label is Label.PERIOD:
        fits, label = labels == {Label.PERIOD}, Label.PERIOD
    elif shape.label is Label.RANK:
        fits = bool(labels & RANKED) or (labels == {Label.AREA} and _OF_ALL.match(text, span.start) is not None)
        label = Label.RANK
    else:
        fits, label = len(touching) == 1 and touching[0].label.is_value, touching[0].label
        fits = fits and label is not Label.RANK
    return Entity(label, span, min(e.score for e in touching)) if fits else None


def _names_unit(text: str, entity: Entity) -> bool:
    """Whether a value only says in what the figures of a table are given."""
    start, end = entity.span
    return (
        entity.label.is_value
        and _BARE_UNIT.fullmatch(text, start, end) is not None
        and _UNIT_BEFORE.search(text, max(0, start - _UNIT_LENGTH), start) is not None
    )


def _relabelled(text: str, entity: Entity) -> Entity:
    """A bare masked name is a region, a bare 2000万 beside a word for money is money, 1/3 is a percentage, a bare 72.4
    is none."""
    start, end = entity.span
    word = entity.span.of(text)
    if entity.label is Label.PERCENT and (_is_bare(text, entity.span) or _RATE.fullmatch(word)):
        return Entity(Label.COUNT, entity.span, entity.score)
    if entity.label not in (Label.COUNT, Label.PEOPLE):
        return entity
    if _SHARE.fullmatch(word):
        return Entity(Label.PERCENT, entity.span, entity.score)
    if entity.label is Label.COUNT and word.strip("X") == "":
        return Entity(Label.AREA, entity.span, entity.score)
    if word[-1] in "万亿":
        before, after = text[max(0, start - 6) : start], text[end : end + 8]
        if _MONEY_BEFORE.search(before) or _MONEY_AFTER.search(after):
            return Entity(Label.MONEY, entity.span, entity.score)
    return entity


def _is_bare(text: str, span: Span) -> bool:
    """Whether a decimal has no unit, its own or that of a list, and no word before it says that it is a rate."""
    m = _BARE_NUMBER.match(text, span.start)
    return m is not None and m.end() == span.end and _GROWN.search(text, max(0, span.start - 4), span.start) is None


def _enclosed(text: str, entity: Entity) -> Entity:
    """The entity with no pair of marks cut through and none around the whole of it."""
    start, end = entity.span.start, entity.span.end
    if start > 0 and entity.label is not Label.POLICY and not _MARK.search(text, start, end):
        return entity
    for _ in range(4):  # each round settles one mark; names hold few
        before = (start, end)
        if end - start > 1 and text[start] in PAIRS and _close(text, start) == end - 1 and text[start] != "《":
            start, end = start + 1, end - 1
        else:
            start, end = _balanced(text, start, end)
        while end - start > 1 and text[start] in EDGE:
            start += 1
        while end - start > 1 and text[end - 1] in EDGE:
            end -= 1
        if (start, end) == before:
            break
    if entity.label is Label.POLICY and text[start - 1 : start] == "《" and text[end : end + 1] == "》":
        start, end = start - 1, end + 1
    return Entity(entity.label, Span(start, end), entity.score)


def _balanced(text: str, start: int, end: int) -> tuple[int, int]:
    """Settle the first mark in [start, end) whose partner lies outside."""
    open_: list[int] = []
    for i in range(start, end):
        c = text[i]
        if c in PAIRS:
            open_.append(i)
        elif c in CLOSING:
            if open_ and text[open_[-1]] == CLOSING[c]:
                open_.pop()
            elif i == end - 1 and c != "》":
                return start, i
            else:
                opening = text.rfind(CLOSING[c], max(0, start - LONGEST_TITLE), start)
                near = LONGEST_TITLE if c == "》" else 1
                return (opening, end) if opening >= max(0, start - near) else (start, end)
    if open_:
        i = open_[0]
        close = _close(text, i)
        if text[i] == "《" and close >= end:
            return start, close + 1
        if i == start:
            return (start + 1, end) if close >= end or close < 0 else (start, end)
        if close == end or (text[i] == "(" and 0 < close - end < 8):
            return start, close + 1
        if i == end - 1:
            return start, i
    return start, end


def _close(text: str, opening: int) -> int:
    """Where the mark that opens at `opening` is closed, -1 where it is not within a title's length."""
    depth = 0
    for i in range(opening, min(len(text), opening + LONGEST_TITLE)):
        if text[i] == text[opening]:
            depth += 1
        elif text[i] == PAIRS[text[opening]]:
            depth -= 1
            if depth == 0:
                return i
        elif text[i] == "\n":
            break
    return -1


def _trimmed(text: str, entity: Entity) -> Entity:
    """The entity without a verb before what is measured, a rank or a region, without what follows a programme's class
    noun; 推荐申报 is not parted."""
    start, end = entity.span
    for before in _BEFORE.get(entity.label, ()):
        if (m := before.match(text, start, end)) is not None:
            start = m.end()
    if entity.label is Label.INDICATOR:
        first, second = _PUT_FORWARD
        if text.startswith(second, start) and text.endswith(first, 0, start):
            start -= len(first)
    elif entity.label is Label.PROGRAM:
        if (m := _BEHIND_A_NAME.search(text, start, end)) is not None:
            end = m.start()
        if end - start > 2 and _ITS_PROJECTS.match(text, end - 2) is not None:
            end -= 2
    return Entity(entity.label, Span(start, end), entity.score)


def _parted(text: str, entity: Entity) -> list[Entity]:
    """Two bodies written together, apart, and two names of one; a region apart from the indicator of the catalogue that
    follows it."""
    for two in _TWO_NAMES.get(entity.label, ()):
        if (m := two.match(text, *entity.span)) is not None:
            return [Entity(entity.label, Span(*m.span(name)), entity.score) for name in (1, 2)]
    if entity.label is Label.INDICATOR and (m := _REGIONAL.match(entity.span.of(text))) is not None and match(m[2]):
        cut = entity.span.start + m.end(1)
        return [
            Entity(Label.AREA, Span(entity.span.start, cut), entity.score),
            Entity(Label.INDICATOR, Span(cut, entity.span.end), entity.score),
        ]
    return [entity]


def _joined(text: str, entities: list[Entity]) -> list[Entity]:
    """A region and the body or platform that follows it without a break as one (青溪县人民政府), and so a body and its
    platform; not 全区 and the like."""
    kept: list[Entity] = []
    for e in entities:
        last = kept[-1] if kept else None
        if (
            last is not None
            and last.span.end == e.span.start
            and (last.label, e.label) in _ONE_NAME
            and not _DEICTIC.match(text, last.span.start)
        ):
            kept[-1] = Entity(e.label, Span(last.span.start, e.span.end), min(last.score, e.score))
        else:
            kept.append(e)
    return kept


def _apart(entities: list[Entity]) -> list[Entity]:
    """Without overlaps: of two that do, the longer stands."""
    kept: list[Entity] = []
    for e in entities:
        if e.span.start >= e.span.end:
            continue
        if kept and kept[-1].span.overlaps(e.span):
            if e.span.end - e.span.start <= kept[-1].span.end - kept[-1].span.start:
                continue
            kept.pop()
            if kept and kept[-1].span.overlaps(e.span):
                continue
        kept.append(e)
    return kept
