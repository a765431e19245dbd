"""What the wording settles: the few cases in which a word right there decides a field, whatever a model thinks.

In: words and stretches of clean text.  Out: the field's value, or what was chosen where no such word stands there.
Knows nothing of scores, entities and layout.
"""

from __future__ import annotations

import re

from service.records import Measure, Status

# Names that say how much of a thing, not what thing.
LIGHT = frozenset(
    {"数量", "总数", "总量", "总额", "总值", "总规模", "规模", "增幅", "增速", "增量", "降幅", "占比", "比重", "金额"}
    | {"总投资", "投资额", "排名", "位次", "名次", "登记", "入选", "数量质量"}
)
_GROWTH_NAME = re.compile(r"(?:增速|增长率|增幅|涨幅|降幅)$")
# How a clause begins that says more of the value before it.
_MORE = r"[^,;。!?]*(?:,(?:同比|增长|下降|年均|其中|占|较|比)[^,;。!?]*)*$"
_FORECAST = re.compile(rf"(?:预计|有望|预测){_MORE}")
# Without one of these nothing outside a section of plans is planned: a word that says so of all that follows in its
# sentence, or one that does so of its own clause alone (争取专项补助,改造茶园80亩 has been done).
_INTENT = re.compile(
    r"力争|确保|计划|目标|拟|将|预期|规划|打算|安排|下一步|下步|明年|今后|到20\d\d年|要|冲刺|不低于|不少于"
)
_BENT = re.compile(r"(?:争取|努力|谋划|推动|推进|再|继续)[^,;:]*$")
# What has been done already is no plan, wherever it stands.
_DONE = re.compile(rf"已{_MORE}")
# In a report without such sections a paragraph that tells of what has been, and has no word of intent, plans nothing.
_PAST = re.compile(r"已|获|累计|截至|目前|成功|入选|同比|连续[\d一二三四五六七八九十]|首创|至今|现有|以来|了")
_RESOLVE = re.compile(
    r"力争|争取|确保|(?<!”)计划|目标|拟|将|预期|规划|打算|谋划|下一步|下步|明年|今后|未来|到20\d\d年|不低于|不少于|努力|要"
)
_RUNNING = re.compile(r"连续|每")


def tells_of_past(paragraph: str) -> bool:
    """Whether a paragraph tells of what has been."""
    return _PAST.search(paragraph) is not None


def status_said(before: str, earlier: str, chosen: Status, *, planned: bool, divided: bool, past: bool) -> Status:
    """The status of a value with `before` in front of it in its sentence, and `earlier` in its paragraph.

    `planned`: it stands in a section of plans; `divided`: the report has such sections, so that the others hold none;
    `past`: its paragraph tells of what has been (`tells_of_past`).
    An estimate is a forecast, wherever it stands; outside the plans a plan needs a word of intent, or a report that has
    no such sections and a paragraph that tells of nothing past.
    """
    if _FORECAST.search(before) and not re.search("力争|确保|争取", before):
        return Status.FORECAST
    if chosen is not Status.PLAN:
        return chosen
    intended = _INTENT.search(before) or _BENT.search(before) if divided else not past or _RESOLVE.search(earlier)
    return Status.ACTUAL if _DONE.search(before) or not (planned or intended) else chosen


def measure_named(indicator: str, unit: str, chosen: Measure) -> Measure:
    """A percentage of an indicator whose name says growth is a growth."""
    return Measure.GROWTH if chosen is Measure.LEVEL and unit == "%" and _GROWTH_NAME.search(indicator) else chosen


def sets_time(period: str, *, ranked: bool) -> bool:
    """Whether a time expression can say when a value holds: how long something ran (连续9年) dates a rank alone."""
    return ranked or not _RUNNING.match(period)
