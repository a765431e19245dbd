"""What a report says of itself, from made-up heads and texts."""

from __future__ import annotations

from datetime import date

import pytest

from service.areas import gazetteer
from service.records import Area, Hints, Layout, Part, PeriodRef, Report, Section, Source, Span
from service.report import anchor_of, default_period, read_parts, read_report


def layout(text: str, *headings: tuple[str, bool], titles: tuple[str, ...] = ()) -> Layout:
    """A layout with a section from each heading (plan or not) to the next, and a part from each title to the next."""
    starts = [text.index(title) for title in titles] or [0]
    ends = [*starts[1:], len(text)]
    parts = tuple(
        Part(Span(start, end), Span(start, start + len(title)) if title else None)
        for start, end, title in zip(starts, ends, titles or ("",), strict=True)
    )
    where = [text.index(heading) for heading, _ in headings]
    sections = tuple(
        Section(Span(start, end), 1, Span(start, start + len(heading)), 0, -1, (heading,), plan)
        for (heading, plan), start, end in zip(headings, where, [*where[1:], len(text)], strict=False)
    )
    return Layout(parts, sections, (), (), ())


def read(text: str, hints: Hints | None = None, **parts: tuple[str, ...]) -> Report:
    return read_report(text, layout(text, **parts), hints or Hints())


@pytest.mark.parametrize(
    ("title", "published", "period", "plan_year"),
    [
        ("安吉县科技局2023年工作总结及2024年工作计划", "", "2023", "2024"),
        ("安吉县科技局20XX年工作总结和2024年工作思路", "", "20XX", "2024"),
        ("安吉县2023年度科技创新工作情况报告", "2024-01-20", "2023", ""),
        ("安吉县科技局2024年上半年工作总结", "2024-07-03", "2024-01/2024-06", ""),
        ("安吉县科技局2024年工作要点", "2024-02-03", "2024", "2024"),
        ("2026年安吉县政府工作报告", "2026-01-28", "2025", "2026"),
        ("2026年安吉县政府工作报告", "", "2025", "2026"),
        ("安吉县政府工作报告", "2026-02-01", "2025", "2026"),
        ("安吉县科技局2021-2025年工作总结", "2026-02-01", "2021/2025", ""),
        ("安吉县科技创新工作情况汇报", "2024-12-09", "../2024-12", ""),
        ("安吉县2024年上半年经济社会发展计划执行情况", "2024-07-16", "2024-01/2024-06", ""),
        ("关于安吉县2023年发展计划执行情况与2024年计划(草案)的报告", "", "2023", "2024"),
        ("安吉县科技局2023年上半年工作总结和下半年工作打算", "2024-01-03", "2023-01/2023-06", "2023"),
        ("安吉县科技局二○二三年工作总结及二○二四年打算", "", "2023", "2024"),
        ("安吉县工商联2024年度工作报告", "2025-01-08", "2024", ""),
        ("安吉县人民法院工作报告", "2025-01-08", "2024", "2025"),
        ("安吉县创新型县建设五年工作总结", "2025-11-08", "2021/2025", ""),
        ("过去五年安吉县科技工作回顾", "2023-01-11", "2018/2022", ""),
        ("安吉县政府工作报告(“十五五”目标与2026年安排)", "2026-01-22", "2025", "2026"),
        ("安吉县2024年上半年生态环境质量状况", "", "2024-01/2024-06", ""),
        ("千条溪水绕着青山流", "2024-08-15", "../2024-08", ""),
    ],
)
def test_time_of_the_title_and_the_date(title: str, published: str, period: str, plan_year: str) -> None:
    text = f"{title}\n{'发布时间:' + published if published else ''}\n全县有企业20家。"
    report = read(text)
    assert report.title is not None
    assert (report.title.of(text), report.published) == (title, published)
    assert (report.period, report.plan_year) == (period, plan_year)


WORDS = "全县上下深入实施创新驱动发展战略,统筹推进平台建设、企业培育、成果转化和人才引育"


def test_quarters_are_counted_as_the_text_counts() -> None:
    title = "安吉县科技局2024年三季度指标完成情况"
    assert read(f"{title}\n1-9月,{WORDS}。").period == "2024-01/2024-09"
    assert read(f"{title}\n三季度,{WORDS}。").period == "2024-07/2024-09"


def test_a_meeting_at_the_beginning_of_a_year_looks_back() -> None:
    title = "在安吉县2024年工作会议上的讲话"
    assert read(f"{title}\n(2024年1月19日)\n过去一年,{WORDS}。").period == "2023"
    assert read(f"{title}\n(2024年1月19日)\n今年,{WORDS}。").period == "2024"


@pytest.mark.parametrize(
    ("published", "body", "period"),
    [
        ("2024-03-05", "今年以来,全县新增企业20家。", "2023"),
        ("2024-07-05", "今年以来,全县新增企业20家。", "2024"),
        ("2024-02-05", "2023年,全县新增企业20家。", "2023"),
        ("2024-12-05", "近年来,全县重视创新。2022年,新增企业20家。", "../2024-12"),
        ("", "2022年新增企业20家。2022年底有30家。力争到2030年达50家。", "2022"),
        ("", "全县有企业20家。", ""),
        ("", "2024年是极不平凡的一年。2023年有企业18家。", "2024"),
        ("", "今年以来,全县新增企业20家。2021年以来有企业90家,谋划2025年项目库。", "2024"),
        ("", "企业由2020年的18家增加到2025年的30家。", "2025"),
        ("2024-07-05", "20XX年,全县新增企业20家。", "20XX"),
        # What a text says at its opening that it speaks of, or names first.
        ("2024-07-05", f"今年以来,{WORDS},现将上半年有关情况报告如下。", "2024-01/2024-06"),
        ("", f"2025年前三季度,{WORDS},新增企业20家。", "2025-01/2025-09"),
        ("2024-12-05", f"1-11月,{WORDS},新增企业20家。", "2024-01/2024-11"),
        ("2024-12-05", f"今年以来,{WORDS},1-11月新增企业20家。", "2024"),
        ("2024-12-05", f"{WORDS},较去年上半年多20家。", "../2024-12"),
        ("", "2021年是极不平凡的一年。企业增加20家。\n2022年,力争30家。\n2022年,再增5家。", "2021"),
    ],
)
def test_time_without_a_title(published: str, body: str, period: str) -> None:
    text = f"发布时间:{published}\n{body}"
    assert read(text).period == period


@pytest.mark.parametrize(
    ("title", "body", "now"),
    [
        ("在全县科技工作会议上的讲话", "去年,全县新增企业20家。今年,要再增30家。", "2025"),
        ("2025年安吉县政府工作报告", "过去一年,全县新增企业20家。", "2025"),
        ("安吉县科技局2024年工作总结", "今年新增企业20家,去年18家。", ""),  # written as of 2024
        ("安吉县科技工作情况", "今年以来,企业比去年增长两成。", ""),
    ],
)
def test_a_text_that_says_last_year_is_of_the_year_after(title: str, body: str, now: str) -> None:
    report = read(f"{title}\n发布时间:2025-02-14\n{body}")
    assert (report.period, report.now) == ("2024", now)
    assert report.anchor.now == now


def test_heading_gives_the_planned_year() -> None:
    text = "安吉县科技局2023年工作总结\n一、工作成效\n有企业20家。\n二、2025年工作打算\n力争30家。"
    report = read_report(text, layout(text, ("一、工作成效", False), ("二、2025年工作打算", True)), Hints())
    assert report.plan_year == "2025"
    text = text.replace("2025年", "下步")
    report = read_report(text, layout(text, ("一、工作成效", False), ("二、下步工作打算", True)), Hints())
    assert report.plan_year == "2024"


@pytest.mark.parametrize(
    ("head", "day"),
    [
        ("发布时间:2024-03-05 14:35\n成文日期:2024-03-01", "2024-03-05"),
        ("成文日期: | 2024年3月1日 | |", "2024-03-01"),
        ("来源:县科技局\n时间:2024-03-05\n", "2024-03-05"),
        ("工作总结\n2024-03-05 07:00:44\n", "2024-03-05"),
        ("——2026年1月26日在安吉县第十七届人民代表大会上", "2026-01-26"),
        ("我县有企业20家。\n安吉县科技局\n2024年1月9日", "2024-01-09"),
        ("2024年3月5日召开会议。", ""),
        ("工作简报\n安吉县绿化委员会办公室 2024年5月10日\n今年以来", "2024-05-10"),
        ("情况分析\n县科技局 2024年11月\n今年以来", "2024-11"),
    ],
)
def test_dates(head: str, day: str) -> None:
    assert read(head).published == day


@pytest.mark.parametrize(
    ("text", "issuer"),
    [
        ("发布机构:县科技局\n我县有企业20家。", "县科技局"),
        ("发布单位: | 科学技术局 | 成文日期: | 2024-03-05 |", "科学技术局"),
        ("来源:湖州日报\n各位代表:现在,我代表县人民政府向大会报告工作。", "县人民政府"),
        ("区科技局(科协)2023年工作总结\n全区有企业20家。", "区科技局"),
        ("工作情况汇报\n全县有企业20家。\n安吉县科技局\n2024年1月9日", "安吉县科技局"),
        ("经济运行情况\n县发展和改革局 2024年7月9日\n今年以来", "县发展和改革局"),
    ],
)
def test_issuers(text: str, issuer: str) -> None:
    found = read(text).issuer
    assert found is not None
    assert found.of(text) == issuer


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("湖州市安吉县科技局2023年工作总结\n全县有企业20家。", Area("安吉县", "330523")),
        ("2023年工作总结\n我县有企业20家,安吉县科技局服务企业,德清县参会。安吉县表彰。", Area("安吉县", "330523")),
        ("临江区科技局2023年工作总结\n全区有企业20家。", Area("临江区")),
        ("2023年工作总结\n我区有企业20家。今年,临江区新增3家,全市第1。临江区有2家。", Area("临江区")),
        ("区科技局20XX年工作总结\nXX区有企业20家,全区新增3家,全市第1,全市会议。", Area("XX区")),
        ("工作总结\n我区生产总值增长5%。宁夏连续两年第1,宁夏新增3家。", Area("宁夏回族自治区", "640000")),
        ("2026年福建省政府工作报告\n厦门、泉州增长。", Area("福建省", "350000")),
        ("工作总结\n企业有20家。", None),
        ("玉屏州“十四五”科技工作回顾\n州科技局\n五年来,全州有企业20家。", Area("玉屏州")),
        ("州科技局2023年工作总结\n玉屏州有企业20家,全州增长5%。州委、州政府表彰玉屏州12家。", Area("玉屏州")),
        ("北岭地区科技工作综述\n全地区有企业20家。", Area("北岭地区")),
        ("云盘旗科技局2023年工作总结\n全旗有企业20家。", Area("云盘旗")),
        ("江安吉县科技局2023年工作总结\n全县有企业20家。", Area("江安吉县")),
        ("一溪碧水绕城来——云盘县生态建设见闻\n今年,全县治理河道20公里。", Area("云盘县")),
        ("“十四五”时期云盘区人才工作综述\n全区引进人才20名。", Area("云盘区")),
        ("前三季度临盘市外贸情况\n全市有企业20家。", Area("临盘市")),
        ("国家税务总局临盘市税务局2023年工作总结\n全市有企业20家。", Area("临盘市")),
        ("北京市云盘门区科委2023年工作总结\n全区有企业20家。", Area("云盘门区")),
        ("云盘高新区2023年工作总结\n高新区有企业20家。", Area("云盘高新区")),
        ("XX经济开发区20XX年工作总结\n开发区有企业20家。", Area("XX经济开发区")),
        ("青盘镇2023年工作总结\n全镇有企业20家。", Area("青盘镇")),
        ("景德镇市科技局2023年工作总结\n全市有企业20家。", Area("景德镇市", "360200")),
        ("浙江纺织协会2024年工作总结\n会员20家。", Area("浙江省", "330000")),
        ("县科技局2023年工作总结\n出台《云盘县科技创新若干政策》,全县有企业20家。", Area("云盘县")),
        ("县科技局2023年工作总结\n建设创新型示范县,我局会同县民政局服务企业20家。我县会同县教育局办学。", None),
        ("区直部门20XX年工作总结\n全区有企业20家,区委、区政府重视。", Area("XX区")),
        ("在全市科技大会上的讲话\n全市有企业20家,要考察松江、上海、上海、上海。", None),
    ],
)
def test_region(text: str, area: Area | None) -> None:
    assert read(text).area == area


def test_hints_go_first() -> None:
    text = "安吉县科技局2023年工作总结\n发布时间:2024-03-05\n全县有企业20家。"
    report = read(text, Hints(date(2025, 2, 1), "临江区", "2024年工作总结"))
    assert (report.published, report.area, report.title_text) == ("2025-02-01", Area("临江区"), "2024年工作总结")
    assert (report.title, report.period) == (None, "2024")


def test_captions_buttons_and_contents_are_no_titles() -> None:
    text = "您的位置:首页\n【字体:大 中 小】\n一、工作情况\n全县有企业20家。\n企业情况表"
    assert read(text).title is None


@pytest.mark.parametrize(
    "crumb",
    [
        "您当前所在位置:首页 > 政务公开 > 县科技局 > 规划计划",
        "首页 > 政务公开 > 工作总结",
        "政务公开 / 县科技局 / 规划计划",
    ],
)
def test_where_a_page_stands_is_no_title(crumb: str) -> None:
    text = f"{crumb}\n安吉县科技局2023年工作总结\n全县有企业20家。"
    given = layout(text)
    for parts in ((Part(Span(0, len(text)), Span(0, len(crumb))),), given.parts):
        report = read_report(text, Layout(parts, (), (), (), ()), Hints())
        assert (report.title_text, report.period) == ("安吉县科技局2023年工作总结", "2023")


COMPILATION = """工作总结汇编(2篇)
安吉县科技局2023年工作总结
全县有企业20家。
区科技局2022年工作总结及2023年工作思路
XX区有企业30家,全区新增5家。
"""


def test_parts_have_their_own_title_region_and_time() -> None:
    titles = ("安吉县科技局2023年工作总结", "区科技局2022年工作总结及2023年工作思路")
    found = layout(COMPILATION, titles=titles)
    report = read_report(COMPILATION, found, Hints())
    first, second = read_parts(COMPILATION, found, report, Hints())
    assert (first.title_text, first.area, first.period) == (titles[0], Area("安吉县", "330523"), "2023")
    assert (second.title_text, second.area) == (titles[1], Area("XX区"))
    assert (second.period, second.plan_year) == ("2022", "2023")


def test_parts_take_from_the_whole_what_they_do_not_say() -> None:
    text = "安吉县2023年科技工作总结\n发布时间:2024-01-05\n第一篇\n有企业20家。\n第二篇\n有企业30家。"
    found = layout(text, titles=("第一篇", "第二篇"))
    report = read_report(text, found, Hints())
    for part in read_parts(text, found, report, Hints()):
        assert (part.area, part.period, part.published) == (Area("安吉县", "330523"), "2023", "2024-01-05")


def test_a_single_part_is_the_whole() -> None:
    text = "安吉县科技局2023年工作总结\n全县有企业20家。"
    report = read(text)
    assert read_parts(text, layout(text), report, Hints()) == (report,)


def test_parts_of_a_compilation_without_names() -> None:
    titles = ("区科技局20XX年工作总结", "XX街道20XX年上半年工作总结")
    text = f"工作总结汇编\n1.{titles[0]}1\n{titles[0]}\n全区有企业20家。\n{titles[1]}\n街道有企业2家。\n"
    starts = (text.index(titles[0], 20), text.rindex(titles[1]))
    parts = tuple(
        Part(Span(start, end), Span(start, start + len(title)))
        for start, end, title in zip(starts, (starts[1], len(text)), titles, strict=True)
    )
    found = Layout(parts, (), (), (), ())
    report = read_report(text, found, Hints())
    assert report.area == Area("XX区")
    first, second = read_parts(text, found, report, Hints())
    assert (first.area, first.period) == (Area("XX区"), "20XX")
    assert (second.area, second.period) == (Area("XX街道"), "20XX-01/20XX-06")


REPORT = Report(None, "", None, "2026-01-28", "2025", "2026", gazetteer().resolve("安吉县"))
HEADINGS = """一、2025年工作回顾
二、“十四五”时期成就和“十五五”时期目标
三、2026年工作安排
四、2025年和“十四五”时期工作
五、其他"""


@pytest.mark.parametrize(
    ("number", "plan", "edtf", "said"),
    [
        (0, False, "2025", "2025年"),
        (0, True, "2026", None),
        (1, False, "2021/2025", "“十四五”时期"),
        (1, True, "2026/2030", "“十五五”时期"),
        (2, True, "2026", "2026年"),
        (2, False, "2025", None),
        (3, False, "2025", None),
        (4, False, "2025", None),
    ],
)
def test_default_period(number: int, plan: bool, edtf: str, said: str | None) -> None:
    lines = HEADINGS.splitlines()
    found = layout(HEADINGS, *((line, line.startswith("三")) for line in lines))
    period = default_period(HEADINGS, found, found.sections[number], REPORT, plan=plan)
    assert isinstance(period, PeriodRef)
    assert (period.edtf, period.span and period.span.of(HEADINGS)) == (edtf, said)
    assert period.source is (Source.HEADING if said else Source.REPORT)


def test_default_period_without_any_time() -> None:
    silent = Report(None, "", None, "", "", "", None)
    assert default_period("", layout(""), None, silent) is None


HALF = Report(None, "", None, "2024-07-05", "2024-01/2024-06", "2024", None)
HALF_HEADINGS = """一、上半年工作总结
二、下半年工作打算
三、下一步工作
四、比2023年增加7万亩"""


@pytest.mark.parametrize(
    ("number", "plan", "edtf"),
    [
        (0, False, "2024-01/2024-06"),
        (1, True, "2024-07/2024-12"),
        (2, True, "2024"),
        (3, False, "2024-01/2024-06"),
    ],
)
def test_default_period_of_half_a_year(number: int, plan: bool, edtf: str) -> None:
    found = layout(HALF_HEADINGS, *((line, line[0] in "二三") for line in HALF_HEADINGS.splitlines()))
    period = default_period(HALF_HEADINGS, found, found.sections[number], HALF, plan=plan)
    assert period is not None
    assert period.edtf == edtf


@pytest.mark.parametrize(
    ("period", "planned"),
    [
        ("2023", "2024"),
        ("2024-01/2024-06", "2024-07/2024-12"),
        ("2024-01/2024-09", "2024"),
        ("../2024-06", "2024"),
        ("2021/2025", "2026"),
        ("20XX", "20XX"),
    ],
)
def test_targets_of_a_report_without_plans(period: str, planned: str) -> None:
    found = default_period("", layout(""), None, Report(None, "", None, "", period, "", None), plan=True)
    assert found is not None
    assert found.edtf == planned


def test_next_year_in_a_plans_heading_is_the_year_after_the_report() -> None:
    text = "三、明年目标"
    found = layout(text, (text, True))
    period = default_period(text, found, found.sections[0], REPORT, plan=True)
    assert period is not None
    assert period.edtf == "2026"


def test_this_year_is_the_planned_one_in_a_section_of_plans() -> None:
    found = layout(HEADINGS, *((line, line.startswith("三")) for line in HEADINGS.splitlines()))
    assert anchor_of(REPORT, found.sections[2]).year == "2026"
    assert anchor_of(REPORT, found.sections[0]).year == "2025"
    assert anchor_of(REPORT, None).year == "2025"


@pytest.mark.parametrize(
    ("period", "year"), [("../2024-12", "2024"), ("2024-01/2024-06", "2024"), ("20XX", "20XX"), ("", "")]
)
def test_anchor_is_a_plain_year(period: str, year: str) -> None:
    assert Report(None, "", None, "", period, "", None).anchor.year == year
