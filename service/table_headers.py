"""What a header cell or a row's label says: the thing measured, its unit, its time, and how it is measured.

In: clean text and the span of a cell (`2022年技术交易额(亿元)`, `同比增长(%)`, `全省排名`, `2024年目标`).  Out:
`Header`.  Cells beside and above it are not known here: whose rank or growth a column gives is the matter of
`table_columns`, and what a time expression means that of `periods`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from service.periods import find_periods
from service.records import Label, Span, Status
from service.units import unit_at


class Kind(StrEnum):
    """How a column measures.  All but OWN depend on the indicator beside or above them where they name none."""

    OWN = "own"
    GENERIC = "generic"
    RANK = "rank"
    GROWTH = "growth"
    DIFF = "diff"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Header:
    """`name`: the span that names the thing, None where the cell names none; `unit` "" where it says none.

    `time`: the span of a time expression; `base`: what a growth or diff is compared with, `yoy` where it is not said;
    `scope`: the field of a rank; `increment`: the words say that the figures were added in the period; `verb`: the
    cell's words without unit, time and status (what names the thing if nothing else does), None where nothing is left.
    """

    kind: Kind
    name: Span | None
    verb: Span | None
    unit: str = ""
    time: Span | None = None
    base: str = "yoy"
    scope: str | None = None
    status: Status | None = None
    increment: bool = False
    ranked: bool = False


_BARE_YEAR = re.compile(r"\s*(?:19|20)\d\d\s*")
_UNIT = (
    r"(?:±|[+-]/?[+-]?)?(?:个?百分点|百分点|pp|[%％‰]"
    r"|[十百千万亿]{0,3}(?:[^\s\d()()、,,;;:：的]{1,6}(?:/[^\s\d()()、,,;;:：]{1,6})?))"
)
_BRACKET = re.compile(rf"[((]\s*(?:单位\s*[:：]\s*)?({_UNIT})\s*[))]")
_TAIL_UNIT = re.compile(r"(?:[/／,，]\s*([十百千万亿]*(?:元|人|家|个|项|件|%|％|亩|吨))|±?([%％]))\s*$")
_SIGNS = re.compile(r"±|[+]/-|\+-")
_RANK = re.compile(
    r"(?P<name>.*?)(?P<scope>(?:在|居|列)?(?:全[国省市区县州]|各[省市县区州]{1,3}|[省市区县]内|[省市](?=排|位|名))?)(?:内|中)?"
    r"(?:的)?(?:排名|名次|位次|排位|排序|序位|位居|排第几)(?:情况)?"
)
_GROWTH = re.compile(
    r"(?P<name>.*?)(?P<word>(?:同比|比上年同期|比上年|较上年同期|较上年|比去年|较去年|与上年相比)?"
    r"(?:增长率|增长速度|增速|增幅|增减率|增减幅度?|增长|增减|涨幅|涨跌幅|变化率|变动率|升降幅度?)(?:情况)?|同比|环比)"
)
_DIFF = re.compile(
    r"(?P<name>.*?)(?:同比|(?:比|较|与)(?P<base>上一?年(?:同期)?|[^增提上下降减高低变±]{1,8})(?:相比)?)?"
    r"(?:增减|增加(?!值)|增长|提高|提升|上升|下降|变化|变动|净增|高低|±|增|升)(?:额|量|值|数|幅度?|情况)?"
)
_COMPARED = re.compile(
    r"(?:比|较|与)(?P<base>上一?年|[^增提上下降减高低变±]{1,8}?)(?:相比)?(?:增|提|上|下|降|减|高|低|变|±|同期|$)"
)
_SHARE = re.compile(
    r"占比|比重|比例|份额|占.{1,12}(?:比重|比例|比)|.{0,4}(?:完成|达成|兑现|执行)(?:率|比例|进度)|进度|占.{1,8}%?|贡献率"
)
_GENERIC = re.compile(
    r"(?:累计|年末|期末|期初|实际|已|本[年月期]|当[年月期]|预期|年度)?(?:完成)?"
    r"(?:值|数值?|数量|总量|总数|总计|合计|绝对[值数量]|指标值|数据|实绩|实际|情况|累计值?|完成|目标|计划|任务|预期|预计|现状|基期|基数"
    r"|目标任务|增量|净?新增|新增|本期|当期|本月|当月|小计|结果|得分值)?(?:值|数|量|情况)?"
)
_PLAN = re.compile(r"目标任务|目标|计划|预期|任务(?!书)|力争")
_FORECAST = re.compile(r"预计|预测|预估")
_ACTUAL = re.compile(r"完成|实际|实绩|现状|基期|基数")
_STATUS_EDGE = re.compile(
    r"^(?:年度|全年|预期|预计|预测|计划|目标|实际|已)?(?:完成|达到|实现)?(?=\S)|(?:年度|全年)?(?:预期|实际)?(?:目标|计划|任务|预测|预期|完成|实绩|实际)"
    r"(?:任务)?(?:值|数|情况)?$"
)
_INCREMENT = re.compile(r"^(?:本年|当年|累计)?(?:净增加?|新增加?|新认定|新建|新设|新引进|引进|招引|新培育)(?:的)?")
_INCREMENT_END = re.compile(r"(?:净增|新增)(?:数|量|情况)?$")
_AREA_EDGE = re.compile(r"^(?:全[国省市区县州]|[省市区县]内|各[省市县区]{1,3})(?!额|面|社)")
_EDGES = ' \t、,，.。:：;；的“”"*#'
_NO_UNIT = re.compile(r"^(?:含|不含|其中|[\d一二三四五六七八九十]|注|累计|新|旧|同口径|可比|现价|不变|快报|年报|预)")

MAX_HEADER = 80  # characters; a longer cell names nothing
MULTIPLIERS = "十百千万亿"
# What things are counted in where neither header nor caption says it, by the word the indicator ends with.
CLASSIFIERS = (
    (re.compile(r"(?:企业|公司|机构|平台|中心|孵化器|空间|实验室|工作站|研究院|研究所|创新站|基地|园区?|合作社|医院|银行|小巨人|高企"
                r"|主体|单位|农场|酒店|工厂|车间|联盟|瞪羚|独角兽|星创天地|科技园|创新园)$"), "家"),
    (re.compile(r"(?:项目|课题|成果|技术|奖项?|政策|标准|计划|任务|指标|工程|措施|合同|改革|事项)$"), "项"),
    (re.compile(r"(?:专利|商标|著作权|案件|发明|专利(?:授权|申请|拥有)|软著|实用新型|外观设计|提案|建议)$"), "件"),
    (re.compile(r"(?:论文|报告|信息|文章)$"), "篇"),
    (re.compile(r"(?:人才|专家|院士|特派员|学生|人员|劳动力|职工|博士|硕士|教授|导师|师|生|技工|人)$"), "人"),
    (re.compile(r"(?:活动|培训|讲座|会议?|对接会|路演|大赛)$"), "场"),
    (re.compile(r"(?:学校|中学|小学|大学|高校|院校|幼儿园)$"), "所"),
    (re.compile(r"(?:新品种|品种)$"), "个"),
    (re.compile(r"(?:得分|评分|总分)$"), "分"),
)  # fmt: skip
_COUNT_TAIL = re.compile(r"(?:总数|数量|总量|个数|家数|数|总计|量)$")
_PERCENT_NAME = re.compile(r"(?:率|占比|比重|强度|增速|增幅|比例|%|指数增幅)$|占.+比")
_MONEY_NAME = re.compile(
    r"(?:额|费用?|投入|经费|资金|产值|收入|增加值|投资|GDP|生产总值|税收|营收|利润|支出|贷款|存款|补助|预算|决算)$"
)


def read_header(text: str, cell: Span) -> Header:
    """What the cell at `cell` of clean `text` says."""
    if cell.end - cell.start > MAX_HEADER:
        return Header(Kind.GENERIC, None, None)
    kept = list(range(cell.start, cell.end))
    unit, unit_span = _unit(text, cell)
    if unit_span is not None:
        kept = [i for i in kept if not unit_span.start <= i < unit_span.end]
    time = _time(text, cell, unit_span)
    if time is not None:
        kept = [i for i in kept if not time.start <= i < time.end]
    rest = _longest_run(text, kept)
    if rest is None:
        kind = Kind.GROWTH if unit == "%" and "±" in cell.of(text) else Kind.GENERIC
        return Header(kind, None, None, unit.lstrip("±+-/"), time)
    said = rest.of(text)
    points = "百分点" in unit or unit == "pp"
    status = _status(said)
    unit = "个百分点" if points else _SIGNS.sub("", unit).replace("％", "%")
    if (rank := _RANK.fullmatch(said)) is not None:
        name = _name(text, Span(rest.start, rest.start + rank.end("name")))
        return Header(Kind.RANK, name, rest, unit, time, scope=_scope(rank["scope"]), status=status)
    base = _base(said)
    signed = "±" in cell.of(text)
    if points and (signed or _DIFF.search(said)):
        diff = _DIFF.search(said)
        name = _name(text, Span(rest.start, rest.start + diff.end("name"))) if diff else _name(text, rest)
        return Header(Kind.DIFF, name, rest, unit, time, base=base, status=status)
    if (growth := _GROWTH.fullmatch(said)) is not None:
        if unit not in ("", "%", "‰"):
            name = _name(text, Span(rest.start, rest.start + growth.end("name")))
            return Header(Kind.DIFF, name, rest, unit, time, base=base, status=status)
        return Header(Kind.GROWTH, _growth_name(text, rest, growth), rest, unit, time, base=base, status=status)
    added = _INCREMENT.match(said) is not None or _INCREMENT_END.search(said) is not None
    if not added and (diff := _DIFF.fullmatch(said)) is not None and (diff["base"] or unit):
        name = _name(text, Span(rest.start, rest.start + diff.end("name")))
        kind = Kind.GROWTH if unit == "%" else Kind.DIFF
        return Header(kind, name, rest, unit, time, base=base, status=status)
    if signed and unit == "%":
        return Header(Kind.GROWTH, _name(text, rest), rest, unit, time, base=base, status=status)
    if _SHARE.fullmatch(said) is not None:
        return Header(Kind.SHARE, rest, rest, unit, time, status=status)
    ranked = "排名" in cell.of(text) or "位次" in cell.of(text)
    name = None if _GENERIC.fullmatch(said) else _name(text, rest)
    kind = Kind.GENERIC if name is None else Kind.OWN
    return Header(kind, name, rest, unit, time, status=status, increment=added, ranked=ranked)


def label_of(unit: str) -> Label | None:
    """The label that figures in `unit` have (`亿元` MONEY, `%` PERCENT); None for a word that is no known unit."""
    if not unit:
        return None
    if unit in ("%", "‰", "个百分点", "百分点"):
        return Label.PERCENT
    word = unit.lstrip(MULTIPLIERS)
    found = unit_at(word or unit, 0)
    if found is not None:
        return found[1] if "/" not in word or found[1] is Label.COUNT else Label.COUNT
    return None


def guess_unit(name: str) -> str:
    """The unit that a bare figure of the indicator `name` is in: `%`, 元, a counting word, or ""."""
    if _PERCENT_NAME.search(name):
        return "%"
    stem = _COUNT_TAIL.sub("", name)
    for ending, unit in CLASSIFIERS:
        if ending.search(stem):
            return unit
    return "元" if _MONEY_NAME.search(name) else ""


def _unit(text: str, cell: Span) -> tuple[str, Span | None]:
    said = cell.of(text)
    for found in reversed(list(_BRACKET.finditer(said))):
        unit = found[1].strip()
        bare = _SIGNS.sub("", unit)
        if not _NO_UNIT.match(bare) and (label_of(bare) is not None or bare in ("pp",)):
            return unit, Span(cell.start + found.start(), cell.start + found.end())
    tail = _TAIL_UNIT.search(said)
    if tail is not None:
        return tail[1] or tail[2], Span(cell.start + tail.start(), cell.start + tail.end())
    if (sign := _SIGNS.search(said)) is not None:
        return "", Span(cell.start + sign.start(), cell.start + sign.end())
    return "", None


def _time(text: str, cell: Span, unit: Span | None) -> Span | None:
    if _BARE_YEAR.fullmatch(text, cell.start, cell.end):
        return cell
    end = cell.end if unit is None else unit.start
    for found in find_periods(text[cell.start : end]):
        if found.start == 0 or text[cell.start + found.start - 1] not in "比较与":
            return Span(cell.start + found.start, cell.start + found.end)
    return None


def _longest_run(text: str, kept: list[int]) -> Span | None:
    """The longest stretch of neighbouring characters, without marks at its edges."""
    runs: list[Span] = []
    for i in kept:
        if runs and runs[-1].end == i:
            runs[-1] = Span(runs[-1].start, i + 1)
        else:
            runs.append(Span(i, i + 1))
    trimmed = [_trim(text, run) for run in runs]
    best = max(trimmed, key=lambda run: run.end - run.start, default=None)
    return best if best is not None and best.end > best.start else None


def _trim(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start < end and text[start] in _EDGES:
        start += 1
    while end > start and text[end - 1] in _EDGES:
        end -= 1
    content = text[start:end]
    if content.startswith(("(", "（")) and content.endswith((")", "）")):
        return _trim(text, Span(start + 1, end - 1))
    if content[-1:] in ("(", "（") or (content[-1:] in (")", "）") and "(" not in content and "（" not in content):
        return _trim(text, Span(start, end - 1))
    if content[:1] in (")", "）"):
        return _trim(text, Span(start + 1, end))
    return Span(start, end)


def _name(text: str, span: Span) -> Span | None:
    """The noun phrase: without region, verbs of adding and words of status at its edges."""
    span = _trim(text, span)
    for edge in (_AREA_EDGE, _INCREMENT):
        if (found := edge.match(span.of(text))) is not None:
            span = _trim(text, Span(span.start + found.end(), span.end))
    if (found := _INCREMENT_END.search(span.of(text))) is not None:
        span = _trim(text, Span(span.start, span.start + found.start()))
    if not _SHARE.fullmatch(span.of(text)):
        for found in _STATUS_EDGE.finditer(span.of(text)):
            if found.end() == span.end - span.start and found.start() > 0:
                span = _trim(text, Span(span.start, span.start + found.start()))
    said = span.of(text)
    if not said or _GENERIC.fullmatch(said) or said in ("数", "量", "额", "其中", "同比", "环比"):
        return None
    return span


def _growth_name(text: str, rest: Span, growth: re.Match[str]) -> Span | None:
    """增速 and 增幅 belong to the name (研发费用增速), 同比增长 does not."""
    thing = _name(text, Span(rest.start, rest.start + growth.end("name")))
    word = growth["word"]
    if word.startswith(("同比", "环比", "比", "较", "与")) or word in ("增长", "增减"):
        noun = re.search(r"增长率|增速|增幅|增减率|涨幅", word)
        if thing is None and noun is not None:
            start = rest.start + growth.start("word")
            return Span(start + noun.start(), start + noun.end())
        return thing
    start = rest.start + growth.start("word") if thing is None else thing.start
    return Span(start, rest.start + growth.end("word"))


def _scope(said: str) -> str | None:
    said = said.lstrip("在居列")
    if len(said) == 1:
        return "全" + said
    return {"省内": "全省", "市内": "全市", "区内": "全区", "县内": "全县"}.get(said, said or None)


def _base(said: str) -> str:
    found = _COMPARED.search(said)
    if found is None or re.match(r"上年|去年|上一年|同期|往年", found["base"]):
        return "yoy"
    return found["base"]


def _status(said: str) -> Status | None:
    if _FORECAST.search(said):
        return Status.FORECAST
    if _ACTUAL.search(said):
        return Status.ACTUAL
    return Status.PLAN if _PLAN.search(said) else None
