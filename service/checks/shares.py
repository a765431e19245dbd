"""Shares: share × whole = part, and percentages that cannot be.

In: the figures of a report.  Out: findings.

The whole of a share is what its name says (占规上工业增加值比重), stated with the same time and place in the part's own
unit; or, where the name says none (其中女职工48人,占40%), the figure before 其中 in the same sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from service.checks.figures import Figure, Material, subject_of
from service.checks.intervals import PER_CENT, gap, implied_share
from service.checks.phrases import about, amount, finding, span_of, stated
from service.checks.years import comparable
from service.indicators import RELATIVE_UNITS
from service.records import Finding, Measure, Severity

CODE = "share-disagrees"
ABOVE = "share-above-whole"
BELOW = "growth-below-naught"
NEGATIVE = "amount-negative"
_OF = re.compile(r"占(?P<whole>[^占,，。;；]*?)的?(?:比重|比例|比率|份额|比)?(?:约|达到?|为|近|超过?)*$")
# Between a part and its share: nothing but the words that say of what.
_RIGHT_AFTER = re.compile(r"[,，、(（]\s?占[^,，。;；、]*")
_TOTAL = re.compile(r"^(?:总数|总量|总额|总人数|全部|其|总|总面积|总人口)?$")
_MEMBER = re.compile(r"其中[:：,，]?")
# Rates of which a hundred is all there is.  Not here: 毛入学率, 完成率, 参保率, 增长率, 利润率, 负债率, 自给率, 偿付率.
_BOUNDED = re.compile(
    r"(?:占比|比重|覆盖率|普及率|合格率|普惠率|贯通率|通畅率|硬化率|绿化率|绿化覆盖率|城镇化率|失业率|优良率|优良天数比率|优良天数比例|办结率|满意率|达标率|处置率"
    r"|无害化处理率|综合利用率|森林覆盖率|保存率|成活率|及格率|网上可办率|发生率|巩固率|受理率|治愈率|死亡率|抽检率|检出率|知晓率|市场占有率|贫困率)$"
)
_UNBOUNDED = re.compile(r"毛入|负债|杠杆|贷存|存贷|赤字|GDP比重|生产总值比重")
# What can be negative itself may fall by more than all of it.
_SIGNED = re.compile(r"利润|利税|盈|亏|差额|顺差|逆差|净|结余|价差|温|收益|现金流")


def shares(m: Material) -> Iterator[Finding]:
    """Every share that its part and its whole contradict."""
    for share in m.figures:
        if share.measure is not Measure.LEVEL or share.unit != "%" or share.planned:
            continue
        part = _part(m, share)
        if part is None:
            continue
        whole = _whole(m, share, part)
        if whole is None or whole is part or not whole.worth.bounded:
            continue
        follows = implied_share(part.worth, whole.worth)
        miss = gap(follows, share.worth)
        if miss:
            yield finding(
                CODE,
                Severity.WARNING,
                f"“{part.name}”{stated(part)},占“{whole.name}”{stated(whole)}的{span_of(follows, '%')},"
                f"而文中占比为{stated(share)},至少相差{about(miss, '个百分点')}",
                (part, whole, share),
                f"{stated(part)}÷{stated(whole)}={span_of(follows, '%')}≠{span_of(share.worth, '%')}",
            )


def impossible(m: Material) -> Iterator[Finding]:
    """Shares and rates over 100 %, and falls of more than everything."""
    for f in m.figures:
        if f.unit != "%":
            continue
        if (
            f.measure is Measure.LEVEL
            and f.worth.low > PER_CENT
            and _BOUNDED.search(f.name)
            and not _UNBOUNDED.search(f.name)
        ):
            yield finding(ABOVE, Severity.ERROR, f"“{f.name}”为{f.said},超过100%", (f,), f"{f.said}>100%", names=True)
        if f.measure is Measure.GROWTH and f.worth.high < -PER_CENT and not _SIGNED.search(f.name):
            said = amount(abs(f.worth.middle), "%", f.worth.width)
            yield finding(
                BELOW, Severity.ERROR, f"“{f.name}”下降{said},降幅超过100%", (f,), f"-{said}<-100%", names=True
            )


def _part(m: Material, share: Figure) -> Figure | None:
    """The amount of which the share is told: the nearest before it in its sentence that measures the same thing."""
    for f in reversed([f for f in m.near(share) if f.start < share.start]):
        if f.measure is not Measure.LEVEL or f.unit in RELATIVE_UNITS or f.planned:
            continue
        said = f.spans[:1] == share.spans[:1] != () or _RIGHT_AFTER.fullmatch(m.between(f, share))
        return f if said and f.place == share.place and f.then(share) else None
    return None


def _whole(m: Material, share: Figure, part: Figure) -> Figure | None:
    of = _OF.search(share.name) or _OF.search(m.before(share))
    if of is None:
        return None
    said = of["whole"]
    if _TOTAL.match(said):
        return _before_members(m, part)
    subject = subject_of(said)
    near = [f for f in m.near(part) if f.subject == subject and f.measure is Measure.LEVEL and f.unit == part.unit]
    near = [f for f in near if f.then(part) and f.place == part.place]
    if near:
        return min(near, key=lambda f: abs(f.start - part.start))
    found = m.levels.get((subject, part.place, part.part, comparable(part.period)), [])
    found = [f for f in found[:4] if f.unit == part.unit]
    return found[0] if len({f.worth for f in found}) == 1 else None


def _before_members(m: Material, part: Figure) -> Figure | None:
    """The figure before 其中 in the part's sentence, where the part is the first one after it."""
    before = [f for f in m.near(part) if f.start < part.start and f.measure is part.measure]
    if not before or before[-1].unit != part.unit or not _MEMBER.search(m.between(before[-1], part)):
        return None
    return before[-1]
