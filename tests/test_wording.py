"""What the wording settles."""

from __future__ import annotations

import pytest

from service.records import Measure, Status
from service.wording import measure_named, sets_time, status_said, tells_of_past


@pytest.mark.parametrize(
    ("before", "chosen", "planned", "divided", "right"),
    [
        ("预计全年高企总数达", Status.ACTUAL, False, True, Status.FORECAST),
        ("年底有望突破", Status.PLAN, True, True, Status.FORECAST),
        ("预计总数接近1100家,新增", Status.ACTUAL, False, True, Status.ACTUAL),
        ("预计全年产值达8亿元,同比增长", Status.ACTUAL, False, True, Status.FORECAST),
        ("预计较好;全年新增", Status.ACTUAL, False, True, Status.ACTUAL),
        ("预计达标,力争完成", Status.PLAN, True, True, Status.PLAN),
        ("全年兑现奖励", Status.PLAN, False, True, Status.ACTUAL),
        ("计划兑现奖励", Status.PLAN, False, True, Status.PLAN),
        ("兑现奖励", Status.PLAN, True, True, Status.PLAN),
        ("推进平台建设,引进团队", Status.PLAN, False, True, Status.ACTUAL),
        ("推进平台建设,继续引进团队", Status.PLAN, False, True, Status.PLAN),
        ("到20XX年底力争建成,引进团队", Status.PLAN, False, True, Status.PLAN),
        ("目标任务中,入库企业已达", Status.PLAN, True, True, Status.ACTUAL),
        ("拟上市企业25家,入库企业已达30家,同比增长", Status.PLAN, False, True, Status.ACTUAL),
        ("入库企业已达30家,目标", Status.PLAN, True, True, Status.PLAN),
    ],
)
def test_status(before: str, chosen: Status, planned: bool, divided: bool, right: Status) -> None:
    past = tells_of_past(before)
    assert status_said(before, before, chosen, planned=planned, divided=divided, past=past) is right


def test_a_report_without_sections_of_plans_tells_them_by_the_paragraph() -> None:
    for earlier, later, right in (
        ("下步,我们将抓培育。新增", "", Status.PLAN),
        ("新增", "5家。", Status.PLAN),
        ("“双提升”计划已见成效。新增", "", Status.ACTUAL),
        ("新增", "5家。运行至今,接待群众3万人。", Status.ACTUAL),
        ("新增", "5家。至今未见成效,下步将抓培育。", Status.ACTUAL),
    ):
        past = tells_of_past(earlier + later)
        assert status_said("新增", earlier, Status.PLAN, planned=False, divided=False, past=past) is right


def test_a_percentage_of_a_growth_is_a_growth() -> None:
    assert measure_named("技改投资增速", "%", Measure.LEVEL) is Measure.GROWTH
    assert measure_named("技改投资占比", "%", Measure.LEVEL) is Measure.LEVEL
    assert measure_named("技改投资增速", "家", Measure.INCREMENT) is Measure.INCREMENT


def test_running_times_date_ranks_alone() -> None:
    assert sets_time("连续9年", ranked=True)
    assert not sets_time("连续9年", ranked=False)
    assert not sets_time("每年", ranked=False)
    assert sets_time("2023年", ranked=False)
