"""Every rule on statements that agree and on the same ones with a slip, annotated by hand: no model takes part."""

from __future__ import annotations

import pytest

from service.checks.rules import check
from service.layout import lay_out
from service.pipeline import with_cells, with_code
from service.records import (
    Area,
    AreaRef,
    Derived,
    Finding,
    Hints,
    IndicatorRef,
    Label,
    Measure,
    Observation,
    PeriodRef,
    Severity,
    Source,
    Span,
)
from service.report import read_parts, read_report
from service.table_reader import read_tables
from training.markup import compile_markup

HEAD = """# id: x
# bureau: 科技
# form: 总结
# level: 区
# place: 青岚区
# area: 青岚区
# published: 2024-01-20
# year: 2023

青岚区2023年工作总结
2024年1月20日
"""


def read(body: str) -> tuple[tuple[Finding, ...], tuple[Derived, ...]]:
    """The findings on annotated prose, and on tables as the service reads them, and what follows."""
    document = compile_markup(HEAD + body)
    text = document.text
    layout = lay_out(text)
    report = read_report(text, layout, Hints(area="青岚区"))
    parts = read_parts(text, layout, report, Hints(area="青岚区"))
    tables = read_tables(text, layout, parts)
    labels = {e.span: e.label for e in (document.entities)} if hasattr(document.entities[0], "span") else {}
    prose = [
        Observation(
            value=o.value,
            label=labels.get(o.value, Label.COUNT),
            quantity=o.quantity,
            indicator=IndicatorRef(o.indicator, "".join(s.of(text) for s in o.indicator)),
            measure=o.measure,
            period=PeriodRef(o.period, o.period_span, Source.SENTENCE) if o.period else None,
            area=AreaRef(Area(o.area), None, Source.REPORT) if o.area else None,
            scope=o.scope,
            base=o.base,
            status=o.status,
            score=1.0,
            evidence=o.value,
            section="",
        )
        for o in document.observations
        if not any(t.span.covers(o.value) for t in layout.tables)
    ]
    observations = sorted((*prose, *tables.observations), key=lambda o: o.value)
    return check(text, with_cells(layout, tables), report, parts, [with_code(o) for o in observations])


def codes(body: str) -> list[str]:
    return [f.code for f in read(body)[0]]


AGREEING_AND_NOT = [
    # Parts and whole.
    (
        "part-exceeds-whole",
        "{2023年|T}全区共有{高新技术企业|I}{44家|C},其中{规上企业|I}{$家|C}。",
        ("31", "44"),
        ("45", "310"),
    ),
    (
        "part-exceeds-whole",
        "{2023年|T}{常住人口|I}{198.74万人|N},比上年减少{0.36万人|N d},其中{城镇人口|I}{$万人|N}。",
        ("132.56", "198.74"),
        ("232.56",),
    ),
    (
        "part-exceeds-whole",
        "{2023年|T}{高新技术企业|I}{97家|C},净增{19家|C +},其中{规上企业|I}{$家|C}。",
        ("31",),
        ("103",),
    ),
    (
        "parts-disagree",
        "{2023年|T}现有{平台|I}{$家|C}({国家级|I}{3家|C}、{省级|I}{12家|C}、{市级|I}{29家|C})。",
        ("44", "100"),
        ("45", "46"),
    ),
    (
        "parts-disagree",
        "{2023年|T}{地区生产总值|I}{$亿元|M},{第一产业增加值|I}{204.17亿元|M},{第二产业增加值|I}{761.90亿元|M},"
        "{第三产业增加值|I}{896.28亿元|M}。",
        ("1862.35", "1862.36", "1862.4"),
        ("1826.35",),
    ),
    (
        "parts-disagree",
        "{2023年|T}{三次产业结构|I}为{11.0|P unit:%}:{40.9|P unit:%}:{$|P unit:%}。",
        ("48.1", "48.2"),
        ("48.9",),
    ),
    (
        "parts-disagree",
        "{2023年|T}{一般公共预算收入|I}{28.6亿元|M},其中{税收收入|I}{22.1亿元|M},{非税收入|I}{$亿元|M}。",
        ("6.5", "6.6"),
        ("5.6",),
    ),
    (
        "parts-disagree",
        "{2023年|T}全县{粮食产量|I}{31.2万吨|C},其中{河东镇|I}{12.1万吨|C},{河西镇|I}{10.4万吨|C},{山口乡|I}{$万吨|C}。",
        ("8.7", "3.3"),
        ("9.9",),
    ),
    # Shares and percentages.
    (
        "share-disagrees",
        "{2023年|T}{规上工业增加值|I}{53.2亿元|M},{高新技术产业增加值|I:a}{28.3亿元|M},"
        "{占规上工业增加值比重|I:b}{$%|P =a,b}。",
        ("53.2", "53.3"),
        ("52.3",),
    ),
    (
        "share-disagrees",
        "{2023年|T}共有{职工|I}{120人|N},其中{女职工|I}{48人|N},占{$%|P}。",
        ("40", "40.0"),
        ("48",),
    ),
    ("share-above-whole", "{2023年|T}{森林覆盖率|I}达{$%|P}。", ("61.2", "100"), ("100.6", "161.2")),
    ("growth-below-naught", "{2023年|T}{信访案件|I}下降{$%|P g}。", ("26.1", "100"), ("126.1",)),
    # Growth.
    (
        "growth-disagrees",
        "{2022年|T}{技术合同成交额|I}{29.8亿元|M}。\n{2023年|T}{技术合同成交额|I}{34.2亿元|M},同比增长{$%|P g}。",
        ("14.7", "15", "14.9"),
        ("17.4", "41.7"),
    ),
    (
        "growth-disagrees",
        "{考生|I}由{327人|N t:2018}增至{1065人|N t:2023},增长{$倍|C g t:2023}。",
        ("2.3", "2.26"),
        ("3.2",),
    ),
    # Differences.
    (
        "difference-disagrees",
        "{R&D经费投入强度|I}由{2.02%|P t:2022}提高到{2.71%|P t:2023},提高{$个百分点|P}。",
        ("0.69", "0.7"),
        ("0.96",),
    ),
    (
        "difference-disagrees",
        "{2022年|T}{高新技术企业|I}{78家|C}。\n{2023年|T}{高新技术企业|I}{97家|C},比上年增加{$家|C d}。",
        ("19",),
        ("18", "91"),
    ),
    (
        "difference-disagrees",
        "{2022年|T}{高新技术企业|I}{78家|C}。\n{2023年|T}{高新技术企业|I}{97家|C},净增{$家|C +}。",
        ("19",),
        ("29",),
    ),
    (
        "difference-disagrees",
        "{2023年|T}{固定资产投资|I:a}增长{8.2%|P g},全省{固定资产投资|I}增长{3.1%|P g a:全省},"
        "高于全省{$个百分点|P =a b:全省}。",
        ("5.1", "5"),
        ("1.5",),
    ),
    (
        "direction-contradicted",
        "{高新技术企业|I}由{78家|C t:2022}增加到{$家|C t:2023}。",
        ("97", "78"),
        ("69",),
    ),
    # The same figure twice.
    (
        "stated-differently",
        "{2023年|T}{技术合同成交额|I}达{34.2亿元|M}。\n全年{技术合同成交额|I}{$亿元|M}。",
        ("34.2", "34.20", "34.22"),
        ("32.4",),
    ),
    (
        "text-table-disagree",
        "{2023年|T}全区{技术合同成交额|I}达{$亿元|M}。\n2023年全区主要指标完成情况表\n指标名称 | 单位 | 2023年 |\n"
        "技术合同成交额 | 亿元 | 34.20 |\n研发费用 | 亿元 | 8.64 |",
        ("34.2",),
        ("32.4",),
    ),
    # Tables.
    (
        "growth-disagrees",
        "{全区|A}主要指标完成情况表\n指标名称 | 单位 | 2023年 | 2022年 | 同比(%) |\n"
        "技术合同成交额 | 亿元 | 31.05 | 19.48 | $ |\n实际利用外资 | 亿元 | 8.64 | 7.35 | 17.6 |",
        ("59.4",),
        ("54.9", "-59.4"),
    ),
    (
        "rank-disagrees",
        "{全市|A}各县(区)技术合同成交额情况表\n地区 | 技术合同成交额(亿元) | 排名 |\n临湖县 | 8.1 | $ |\n"
        "东屿县 | 9.3 | 1 |\n桐河县 | 4.4 | 4 |\n望塔县 | 5.0 | 3 |\n宜阳区 | 2.2 | 5 |",
        ("2",),
        ("5", "1", "3"),
    ),
    (
        "total-disagrees",
        "{全市|A}各县(区)指标情况表\n地区 | 技术合同成交额(亿元) | 高新技术企业(家) |\n全市 | $ | 80 |\n"
        "临湖县 | 8.10 | 30 |\n东屿县 | 9.30 | 20 |\n桐河县 | 4.40 | 30 |",
        ("21.80", "21.8"),
        ("28.10",),
    ),
    (
        "total-disagrees",
        "{全市|A}各县(区)指标情况表\n地区 | 高新技术企业(家) |\n临湖县 | 31 |\n东屿县 | 19 |\n桐河县 | 33 |\n"
        "合计 | $ |",
        ("83",),
        ("88",),
    ),
    # Times.
    ("time-impossible", "{$|T t:2023}举办{活动|I}{12场|C}。", ("2023年6月30日", "2024年2月29日"), ("2023年6月31日",)),
    ("time-impossible", "{$|T t:2023}举办{活动|I}{12场|C}。", ("2023年12月", "18月龄儿童"), ("2023年13月",)),
    ("time-backwards", "{$|T t:2023}举办{活动|I}{12场|C}。", ("2023年1-9月", "2022-2023年"), ("2023年9-1月",)),
    (
        "actual-in-future",
        "{$|T}完成{技术合同成交额|I}{12亿元|M},同比增长{8.2%|P g}。",
        ("2023年", "2024年1月"),
        ("2025年", "2024年3月"),
    ),
]


@pytest.mark.parametrize(("rule", "form", "right", "wrong"), AGREEING_AND_NOT)
def test_a_slip_is_found_and_nothing_else(rule: str, form: str, right: tuple[str, ...], wrong: tuple[str, ...]) -> None:
    for said in right:
        assert codes(form.replace("$", said)) == [], said
    for said in wrong:
        assert rule in codes(form.replace("$", said)), said


QUIET = [
    # Growth at comparable prices does not follow from values.
    "{2022年|T}{地区生产总值|I}{200亿元|M}。\n{2023年|T}{地区生产总值|I}{208亿元|M},增长{6.5%|P g}。",
    "{2022年|T}{税收|I}{20亿元|M}。\n{2023年|T}{税收|I}{19亿元|M},按可比口径增长{6.5%|P g}。",
    # Yearly averages and the year's growth are two things.
    "{2023年|T}{社会消费品零售总额|I}年均增长{5%|P g}。\n{2023年|T}{社会消费品零售总额|I}增长{2.4%|P g}。",
    # Lists that are not parts.
    "{2023年|T}{国家级平台|I}{1家|C}(金沃院);{省级平台|I}{6家|C}。",
    "{2023年|T}{生猪存栏|I}{148.6万头|C},其中{能繁母猪|I}{14.2万头|C};{生猪出栏|I}{263.5万头|C}。",
    "{2023年|T}{棚户区改造|I}{47.63万户|C}(套)、{老旧小区改造|I}{68.56万户|C}。",
    # Parts of which not all are told.
    "{2023年|T}{高新技术企业|I}{97家|C}(其中{经开区|I}{41家|C}、{天河镇|I}{12家|C})。",
    # Kinds may share members, as regions may not.
    "{2023年|T}{企业|I}{100家|C},其中{高新技术企业|I}{60家|C}、{专精特新企业|I}{70家|C}。",
    # 分别 gives each its own.
    "{补贴标准|I}分别从{209元|M t:2022}、{280元|M t:2022}提高到{217元|M t:2023}、{290元|M t:2023}。",
    # Open and round figures.
    "{2023年|T}共有{企业|I}超过{100家|C},其中{规上企业|I}{120家|C}。",
    "{2022年|T}{旅游收入|I}约{30亿元|M}。\n{2023年|T}{旅游收入|I}{34亿元|M},增长{11.9%|P g}。",
    # A loss that deepens, a rate that may exceed a hundred.
    "{2023年|T}{利润总额|I}下降{126.1%|P g}。",
    "{2023年|T}{投资完成率|I}{108.2%|P}。",
    # Aims.
    "力争到{2025年|T}{技术合同成交额|I}达到{50亿元|M p}。",
    "{2023年|T}{技术合同成交额|I}{34.2亿元|M}。\n{2023年|T}计划{技术合同成交额|I}{30亿元|M p}。",
]


@pytest.mark.parametrize("body", QUIET)
def test_what_need_not_agree_raises_nothing(body: str) -> None:
    assert codes(body) == []


def test_a_finding_says_which_figures_and_how() -> None:
    (found,), _ = read(
        "{2022年|T}{技术合同成交额|I}{29.8亿元|M}。\n{2023年|T}{技术合同成交额|I}{34.2亿元|M},同比增长{41.7%|P g}。"
    )
    assert found.severity is Severity.WARNING
    assert found.figures == (1, 2, 0)
    assert found.message == (
        "“技术合同成交额”2023年为34.2亿元,2022年为29.8亿元,推得增长14.4%~15.1%,而文中增速为41.7%,至少相差26.1个百分点"
    )
    assert found.rule == "34.2亿元÷29.8亿元-1=14.4%~15.1%≠41.65%~41.75%"


def test_a_note_where_the_base_is_often_revised() -> None:
    body = (
        "{2022年|T}{社会消费品零售总额|I}{50.00亿元|M}。\n{2023年|T}{社会消费品零售总额|I}{52.00亿元|M},增长{$%|P g}。"
    )
    assert [f.severity for f in read(body.replace("$", "5.5"))[0]] == [Severity.NOTE]
    assert [f.severity for f in read(body.replace("$", "45.5"))[0]] == [Severity.WARNING]


def test_a_region_that_is_no_sum_of_its_rows_is_a_note() -> None:
    body = (
        "{全市|A}各县(区)指标情况表\n地区 | 技术合同成交额(亿元) |\n全市 | 22.10 |\n临湖县 | 8.10 |\n"
        "东屿县 | 9.30 |\n桐河县 | 4.40 |"
    )
    assert [(f.code, f.severity) for f in read(body)[0]] == [("total-disagrees", Severity.NOTE)]


def test_last_year_follows_from_value_and_growth() -> None:
    _, (derived,) = read("{2023年|T}{技术合同成交额|I}达{1.2亿元|M},同比增长{5.2%|P g}。")
    assert (derived.period, derived.unit, derived.measure) == ("2022", "元", Measure.LEVEL)
    assert (derived.low, derived.high) == pytest.approx((1.15e8 / 1.0525, 1.25e8 / 1.0515))
    assert derived.figures == (0, 1)
    assert derived.indicator.code == "tech_contract_value"
    assert derived.rule == "1.2亿元÷(1+5.2%)=1.09亿元~1.19亿元"


def test_last_year_follows_from_value_and_difference() -> None:
    _, (derived,) = read("{2023年|T}{R&D经费投入强度|I}{2.71%|P},比上年提高{0.69个百分点|P}。")
    assert (derived.period, derived.unit) == ("2022", "%")
    assert (derived.low, derived.high) == pytest.approx((2.01, 2.03))


@pytest.mark.parametrize(
    "body",
    [
        "{2023年|T}{地区生产总值|I}{208亿元|M},增长{6.5%|P g}。",
        "{2023年|T}{税收|I}超过{19亿元|M},增长{6.5%|P g}。",
        "{2023年|T}{税收|I}{19亿元|M},比2020年增长{6.5%|P g}。",
        "{2023年|T}{15个|C >}{审批事项|I}压缩{70%|P g}。",
        "{2022年|T}{税收|I}{18.4亿元|M}。\n{2023年|T}{税收|I}{19.6亿元|M},增长{6.5%|P g}。",
    ],
)
def test_nothing_follows_where_it_is_not_sure_or_is_stated(body: str) -> None:
    assert read(body)[1] == ()


def test_the_gravest_comes_first() -> None:
    found, _ = read("{高新技术企业|I}由{78家|C t:2022}增加到{69家|C t:2023}。\n{2023年|T}{森林覆盖率|I}达{161.2%|P}。")
    assert [f.severity for f in found] == [Severity.ERROR, Severity.WARNING]


def test_every_span_lies_in_the_text_and_every_figure_exists() -> None:
    for _, form, _, wrong in AGREEING_AND_NOT:
        body = form.replace("$", wrong[0])
        length = len(compile_markup(HEAD + body).text)
        for finding in read(body)[0]:
            assert finding.spans
            assert all(Span(0, length).covers(span) for span in finding.spans)
            assert finding.message
