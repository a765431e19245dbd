"""Which time a report speaks of, which year it plans, and what time stands for a figure that says none.

In: a report's title, its date and its text, or a section's headings.  Out: EDTF.  A title's year goes before all; a
government work report of January 2026 speaks of 2025 and plans 2026; 今年以来 in a report of January to March is the
year before.  A report that names no year speaks of the state at its date (`../2024-12`).
"""

from __future__ import annotations

import re
from collections import Counter

from service.periods import find_periods, read_period, year_of
from service.records import Anchor, Layout, PeriodRef, Report, Section, Source, Span

LAST_MONTH_OF_REVIEW = 3  # reports on a year come out until March of the next one
BODY = 3000  # characters in which 今年 and the like say what the report is about
FIRST_AUTUMN_MONTH = 10  # from October on, what comes next is next year

# A plan that is carried out, or its document under review, is no plan (计划执行情况, 目标任务完成情况, 规划中期评估).
_PLAN_WORD = re.compile(
    r"(?:计划|要点|思路|打算|安排|目标|展望|谋划|规划|部署|草案|方案|下一步|措施建议)"
    r"(?![^,，。;；、和与及暨]{0,6}(?:执行|完成|落实|实施|进展|考核|评估|自评|情况))"
)
_REVIEW_WORD = re.compile(r"总结|回顾|报告|情况|成效|汇报|完成|进展|小结|成就|成绩|述职|自评|汇编|公报|通报|综述|分析")
_WORK_REPORT = re.compile(r"工作报告")
_OF_GOVERNMENT = re.compile(r"政府工作报告|^工作报告|人大.{0,4}工作报告")
_AT_MEETING = re.compile("会议?上的")
_LAST_YEAR = re.compile("(?:过去|刚刚过去)的?一年|去年")
_NEXT_YEAR = re.compile("明年|来年|下一?年")
# 去年 as a time of its own; 比去年增长 says nothing of when a text was written.
_CALLED_LAST_YEAR = re.compile("(?<![比较由从与和])去年(?![同底末])|(?:过去|刚刚过去)的?一年")
_COMPARED = re.compile("[比较]$")  # 比2022年增加7万亩
LAST_MONTHS = ("-12", "-12-31")
_THIS_YEAR = re.compile(r"今年|本年度|一年来|(?:过去|刚刚过去)的一年|年初以来|全年")
_COMING = re.compile(r"[是为]|计划|将|力争|目标|要|预期|确保|实现")
_AHEAD = re.compile(r"(?:谋划|计划|力争|提前|将于|争取|预计)$")
# A year that only bounds or compares (到2030年, 较2020年) is not what a report speaks of.
_YEAR_WORD = re.compile(r"(?<![\d到至较比从由自与~-])(20\d\d|20XX)年(?!以前|前|度?末?相比)")
_SINCE = re.compile("以来|起|至今")
_LEAD = re.compile(r"(?:^|\n)\s*$")  # a paragraph that begins with a year speaks of it
_LEAD_WEIGHT = 3
_OPENING_WEIGHT = 9
_OPENING = 200  # characters in which a report says what year it was
_PROSE = re.compile(r"(?<![^\n])[^\n|]{30,}")
_ANNOUNCED = re.compile("现将|[汇通]报|介绍|总结|发布")
_BACK = re.compile(r"[去上前]年|[比较]|同期")
_REACHED = re.compile(r"到(20\d\d)年的")  # 由2020年的172家增加到2025年的261家
# A title's 五年工作总结 counts back from the report's year.
_YEARS_OF_WORK = re.compile(r"[三四五]年(?=工作|总结|回顾|发展|建设)")


def period_of(title: str, published: str, body: str) -> tuple[str, str]:
    """`(period, plan_year)`: EDTF of the time reported on, and the year the title plans ("" where it plans none)."""
    year, month = published[:4], int(published[5:7]) if len(published) >= 7 else 0
    early = 1 <= month <= LAST_MONTH_OF_REVIEW
    review, plan = _title_times(title, Anchor(published, _before(year) if early and year else year))
    work_report = _WORK_REPORT.search(title) is not None
    looks_back = _OF_GOVERNMENT.search(title) or (_AT_MEETING.search(title) and _LAST_YEAR.search(body[:BODY]))
    if looks_back and not plan and len(review) == 4 and (not year or (early and review == year)):
        return _before(review), review  # 2026年政府工作报告, given in January 2026
    if review:
        return _whole(review, body), year_of(plan) if plan else ""
    if plan:
        planned = year_of(plan)
        return (_before(planned) if _REVIEW_WORD.search(title) else planned), planned
    most = _mostly(body)
    if so_far := _so_far(body, Anchor(published, year or most)):
        return so_far, ""
    years = _YEARS_OF_WORK.search(title)
    if years is not None and (now := year or _reached(body) or most):
        return read_period(years[0] + "来", Anchor(published, now)) or now, ""
    if not year or most == "20XX":
        return most, ""
    if early and (work_report or _THIS_YEAR.search(body[:BODY]) or most == _before(year)):
        return _before(year), year
    return (year if _THIS_YEAR.search(body[:BODY]) else f"../{published[:7]}"), ""


def now_of(title: str, period: str, published: str, body: str) -> str:
    """The year that a text calls 今年 where it reports on the one before: it has the date of that year and says 去年,
    and no title names what it reports on (2023年工作总结 of January 2024 calls 2023 今年).  "" elsewhere."""
    year = published[:4]
    looks_back = period.isdigit() and period == _before(year) and period not in title
    return year if looks_back and _CALLED_LAST_YEAR.search(body[:BODY]) else ""


def plan_year_of(period: str, published: str, plan: str, headings: list[str], has_plan: bool) -> str:
    """The year that plans speak of: the title's, a plan heading's, else the one after the report's."""
    if plan:
        return plan
    for heading in headings:
        for span in find_periods(heading):
            edtf = read_period(span.of(heading), Anchor(published, year_of(period) if period else ""))
            if edtf is not None and "/" not in edtf:
                return year_of(edtf)
    if not has_plan:
        return ""
    if period.startswith("../"):
        late = len(published) >= 7 and int(published[5:7]) >= FIRST_AUTUMN_MONTH
        return str(int(published[:4]) + 1) if late else published[:4]
    if not period:
        return ""
    year = year_of(period)
    part_of_year = "-" in period and not period.endswith("-12")
    return year if part_of_year or not year.isdigit() else str(int(year) + 1)


def default_period(
    text: str, layout: Layout, section: Section | None, report: Report, *, plan: bool = False
) -> PeriodRef | None:
    """The time of a figure whose sentence and neighbours say none: the nearest heading's, else the report's.

    `plan`: the figure is a target.  A heading with several times (`2025年和“十四五”时期工作回顾`) decides nothing; one
    that names a time to come holds only for targets.
    """
    while section is not None:
        found = _heading_period(text, section, report, plan=plan)
        if found is not None:
            return found
        section = layout.sections[section.parent] if section.parent >= 0 else None
    own = (report.plan_year or _after(report.period)) if plan else report.period
    return PeriodRef(own, None, Source.REPORT) if own else None


def _after(period: str) -> str:
    """The time that plans speak of in a report that names none: what is left of its year, else the next year."""
    year = year_of(period)
    if not year.isdigit():
        return year
    if period.endswith("-06"):
        return f"{year}-07/{year}-12" if "/" in period and not period.startswith("..") else year
    part_of_year = "-" in period and not period.endswith(LAST_MONTHS)
    return year if part_of_year else str(int(year) + 1)


def _heading_period(text: str, section: Section, report: Report, *, plan: bool) -> PeriodRef | None:
    heading = section.heading.of(text)
    found: list[PeriodRef] = []
    for span in find_periods(heading):
        # 明年 in a report of 2024 is 2025, wherever it stands.
        anchor = report.anchor if _NEXT_YEAR.search(span.of(heading)) else anchor_of(report, section)
        edtf = read_period(span.of(heading), anchor, ahead=plan)
        if edtf is None or _COMPARED.search(heading, 0, span.start):
            continue
        to_come = _is_to_come(edtf, report.period, section)
        if to_come != plan and (to_come or section.plan):
            continue
        if plan and not to_come and not section.plan:
            continue
        where = Span(section.heading.start + span.start, section.heading.start + span.end)
        found.append(PeriodRef(edtf, where, Source.HEADING))
    return found[0] if len(found) == 1 else None


def _is_to_come(edtf: str, period: str, section: Section) -> bool:
    """Whether a heading's time lies after the report's; of a masked year only a section of plans can tell.

    What begins after a half year's end is to come, too (下半年 in a report of January to June).
    """
    if not period:
        return section.plan
    year = year_of(period)
    if not year.isdigit():
        return section.plan and (_starts(edtf) != year or _first(edtf)[5:] > _last(period)[5:] != "")
    first, last = _first(edtf), _last(period)
    return first[: len(last)] > last[: len(first)]


def anchor_of(report: Report, section: Section | None) -> Anchor:
    """What time expressions in `section` are read against: in a section of plans 今年 is the year planned."""
    if section is not None and section.plan and report.plan_year:
        return Anchor(report.published, report.plan_year)
    return report.anchor


def _title_times(title: str, anchor: Anchor) -> tuple[str, str]:
    """The time a title reports on, and the one it plans: each time belongs to the words up to the next one."""
    review = plan = ""
    spans = find_periods(title)
    ends = [*(span.start for span in spans[1:]), len(title)]
    for span, after in zip(spans, ends, strict=False):
        edtf = read_period(span.of(title), anchor)
        if edtf is None:
            continue
        anchor = Anchor(anchor.published, year_of(edtf))  # 2023年上半年总结和下半年打算
        words = title[span.end : after]
        planned = _PLAN_WORD.search(words)
        if planned and not (review == "" and _REVIEW_WORD.search(words[: planned.start()])):
            plan = edtf if not plan or ("/" in plan and len(edtf) == 4) else plan  # a year goes before a five-year plan
        else:
            review = review or edtf
    return review, plan


def _mostly(body: str) -> str:
    """The year that the text names most often, the later of two; the one before it where all are still to come.

    A text that says 今年 speaks of no year since which something is so (2021年以来); one that only says from when to
    when something grew speaks of the last.
    """
    this_year = _THIS_YEAR.search(body[:BODY]) is not None
    past: Counter[str] = Counter()
    coming: Counter[str] = Counter()
    for found in _YEAR_WORD.finditer(body):
        after = body[found.end() : found.end() + 8]
        if this_year and _SINCE.match(after):
            continue
        opens = found.start() < _OPENING and after.startswith("是")  # 2024年是极不平凡的一年, of the year reviewed
        leads = _LEAD.search(body, max(0, found.start() - 3), found.start())
        weight = _OPENING_WEIGHT if opens else _LEAD_WEIGHT if leads else 1
        ahead = _AHEAD.search(body, max(0, found.start() - 4), found.start())
        (coming if ahead or (_COMING.search(after) and not opens) else past)[found[1]] += weight
    if not past and not coming:
        return _reached(body)
    counts = past or coming
    most = max(counts, key=lambda year: (counts[year], year))
    return most if past else _before(most)


def _reached(body: str) -> str:
    """The last year to which the text says that something grew, "" where it says so of none."""
    return max((found[1] for found in _REACHED.finditer(body)), default="")


def _so_far(body: str, anchor: Anchor) -> str:
    """The part of the year, counted from January, of which a text says at its opening that it speaks; "" where none.

    That is what it announces (现将上半年工作情况报告如下), else the first time it names.
    """
    prose = _PROSE.search(body)
    opening = body[prose.start() : prose.start() + _OPENING] if prose is not None else ""
    times = [span for span in find_periods(opening) if not _BACK.search(opening, max(0, span.start - 4), span.start)]
    announced = [span for span in times if _ANNOUNCED.search(opening, max(0, span.start - 8), span.start)]
    for span in (*announced, *times[:1]):
        edtf = read_period(span.of(opening), anchor) or ""
        if edtf[4:8] == "-01/":
            return edtf
    return ""


def _whole(review: str, body: str) -> str:
    """A title's quarter as the text counts it: 三季度 of a report whose figures are of 1-9月 is all of these."""
    so_far = _so_far(body, Anchor("", review[:4])) if review[4:].count("-") == 2 else ""
    return so_far if so_far[-3:] == review[-3:] else review


def _before(year: str) -> str:
    return str(int(year) - 1) if year.isdigit() else year


def _starts(edtf: str) -> str:
    """The year a date or interval begins in; of `../2022` the one it names."""
    return _first(edtf)[:4]


def _first(edtf: str) -> str:
    """The date an interval begins with; of `../2022` the one it names."""
    start, _, end = edtf.partition("/")
    return end if start == ".." else start


def _last(edtf: str) -> str:
    """The date an interval ends with; of `2022/..` the one it names."""
    start, slash, end = edtf.partition("/")
    return end if slash and end != ".." else start
