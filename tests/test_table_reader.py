"""What tables of different shapes say, figure by figure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.areas import gazetteer
from service.records import Area, Label, Observation, PeriodRef, Report, Source
from service.table_reader import TableReading, period_above, read_table
from service.tables import find_tables

GOLD = Path(__file__).resolve().parents[2] / "shared" / "gold" / "dev.jsonl"


def report(area: str = "湖州市安吉县", period: str = "2023") -> Report:
    return Report(None, "", None, "2024-02-05", period, "2024", gazetteer().resolve(area))


def reading(
    text: str, *, area: str = "湖州市安吉县", hint: PeriodRef | None = None, plan: bool = False
) -> TableReading:
    (table,) = find_tables(text)
    return read_table(text, table, report(area), hint=hint, plan=plan, section="三、主要指标")


def facts(text: str, observation: Observation) -> str:
    """One line: value, indicator, number, unit, measure, period, area and what else is set."""
    quantity = observation.quantity
    number = "null" if quantity.low is None else f"{quantity.low:g}"
    parts = [
        observation.value.of(text),
        "+".join(span.of(text) for span in observation.indicator.spans),
        number + quantity.unit,
        observation.measure.value,
        observation.period.edtf if observation.period else "-",
        observation.area.area.name if observation.area else "-",
    ]
    extra = [observation.scope, observation.base]
    if quantity.bound.value != "exact":
        extra.append(quantity.bound.value)
    if observation.status.value != "actual":
        extra.append(observation.status.value)
    return " ".join([*parts, *(word for word in extra if word)])


def lines(text: str, **settings: Any) -> list[str]:
    return [facts(text, observation) for observation in reading(text, **settings).observations]


def spans(text: str, label: Label, **settings: Any) -> list[str]:
    return [entity.span.of(text) for entity in reading(text, **settings).entities if entity.label is label]


RANKED = """全市研发强度情况表
县区 | 2021年 | 2022年 | |||
强度(%) | 名次 | 强度(%) | 名次 | |
安吉县 | 3.05 | 2 | 3.15 | 1 |
德清县 | 3.66 | 1 | -- | -- |
"""


def test_years_over_value_and_rank() -> None:
    assert lines(RANKED) == [
        "3.05 强度 3.05% level 2021 安吉县",
        "2 强度 2名次 rank 2021 安吉县 全市",
        "3.15 强度 3.15% level 2022 安吉县",
        "1 强度 1名次 rank 2022 安吉县 全市",
        "3.66 强度 3.66% level 2021 德清县",
        "1 强度 1名次 rank 2021 德清县 全市",
    ]
    assert spans(RANKED, Label.AREA) == ["安吉县", "德清县"]
    assert spans(RANKED, Label.PERIOD) == ["2021年", "2022年"]
    assert spans(RANKED, Label.INDICATOR) == ["强度", "强度"]
    assert spans(RANKED, Label.PERCENT) == ["3.05", "3.15", "3.66"]


def test_where_the_fields_come_from() -> None:
    first = reading(RANKED).observations[0]
    assert first.area is not None
    assert (first.area.area, first.area.source) == (Area("安吉县", "330523"), Source.TABLE)
    assert first.period is not None
    assert first.period.source is Source.TABLE
    assert first.evidence.of(RANKED) == "安吉县 | 3.05 | 2 | 3.15 | 1"
    assert first.section == "三、主要指标"


def test_ranks_of_columns_beside_them_and_total_row() -> None:
    text = """区块 | 研发费用(亿元) | 排名 | 占营收比重(%) | 全省排名 |
全市 | 88.5 | -- | 2.9 | 8 |
安吉县 | 10.5 | 3 | 3.1 | 20 |"""
    assert lines(text) == [
        "88.5 研发费用 8.85e+09元 level 2023 湖州市",
        "2.9 研发费用+占营收比重 2.9% level 2023 湖州市",
        "8 研发费用+占营收比重 8名次 rank 2023 湖州市 全省",
        "10.5 研发费用 1.05e+09元 level 2023 安吉县",
        "3 研发费用 3名次 rank 2023 安吉县 全市",
        "3.1 研发费用+占营收比重 3.1% level 2023 安吉县",
        "20 研发费用+占营收比重 20名次 rank 2023 安吉县 全省",
    ]


def test_parts_in_brackets() -> None:
    text = """区块 | 国家高新技术企业数 | |
累计值 | 排名 | |
安吉县 | 45(小安吉8) | 1 |
德清县 | 38(女性领办3、外资8家) | 2 |"""
    assert lines(text) == [
        "45 国家高新技术企业数 45家 level 2023 安吉县",
        "8 国家高新技术企业数 8家 level 2023 小安吉",
        "1 国家高新技术企业数 1名次 rank 2023 安吉县 全市",
        "38 国家高新技术企业数 38家 level 2023 德清县",
        "3 国家高新技术企业数+女性领办 3家 level 2023 德清县",
        "8家 国家高新技术企业数+外资 8家 level 2023 德清县",
        "2 国家高新技术企业数 2名次 rank 2023 德清县 全市",
    ]


def test_indicators_down_the_rows() -> None:
    text = """指标 | 单位 | 2023年 | 2022年 | 同比增长(%) |
规上工业研发费用 | 亿元 | 12.5 | 11.2 | 11.6 |
其中:制造业 | 亿元 | 10.1 | 9 | -2.1 |
有效发明专利 | 件 | 1,203 | 980 | 22.8 |
研发经费占GDP比重 | % | 3.1 | 2.9 | 0.2个百分点 |"""
    assert lines(text) == [
        "12.5 规上工业研发费用 1.25e+09元 level 2023 安吉县",
        "11.2 规上工业研发费用 1.12e+09元 level 2022 安吉县",
        "11.6 规上工业研发费用 11.6% growth 2023 安吉县 yoy",
        "10.1 规上工业研发费用+制造业 1.01e+09元 level 2023 安吉县",
        "9 规上工业研发费用+制造业 9e+08元 level 2022 安吉县",
        "-2.1 规上工业研发费用+制造业 -2.1% growth 2023 安吉县 yoy",
        "1,203 有效发明专利 1203件 level 2023 安吉县",
        "980 有效发明专利 980件 level 2022 安吉县",
        "22.8 有效发明专利 22.8% growth 2023 安吉县 yoy",
        "3.1 研发经费占GDP比重 3.1% level 2023 安吉县",
        "2.9 研发经费占GDP比重 2.9% level 2022 安吉县",
        "0.2个百分点 研发经费占GDP比重 0.2个百分点 diff 2023 安吉县 yoy",
    ]


def test_targets_and_what_was_reached() -> None:
    text = """2024年科技创新目标任务分解表
序号 | 指标名称 | 2024年目标 | 2023年完成 | 责任单位 |
1 | 国家高新技术企业数(家) | ≥180 | 165 | 高新科 |
2 | 技术交易额(亿元) | 20以上 | 18.3 | 成果科 |"""
    assert lines(text, plan=True) == [
        "180 国家高新技术企业数 180家 level 2024 安吉县 at_least plan",
        "165 国家高新技术企业数 165家 level 2023 安吉县",
        "20 技术交易额 2e+09元 level 2024 安吉县 at_least plan",
        "18.3 技术交易额 1.83e+09元 level 2023 安吉县",
    ]
    found = reading(text, plan=True)
    assert [aside.span.of(text) for aside in found.set_aside] == ["1", "2"]
    assert {aside.reason for aside in found.set_aside} == {"list_marker"}
    assert [cell.of(text) for cell in found.prose] == ["高新科", "成果科"]


def test_plain_years_in_a_plan_section_are_past_or_planned() -> None:
    text = "指标 | 2023年 | 2024年 |\n研发费用(亿元) | 10.5 | 12 |"
    assert lines(text, plan=True) == [
        "10.5 研发费用 1.05e+09元 level 2023 安吉县",
        "12 研发费用 1.2e+09元 level 2024 安吉县 plan",
    ]


def test_years_down_the_rows() -> None:
    text = """年份 | 研发费用(亿元) | 增速(%) | 较上年增减(个百分点) |
2021年 | 10.2 | 5.1 | -0.3 |
2022年 | 11 | 7.8 | 2.7 |"""
    assert lines(text) == [
        "10.2 研发费用 1.02e+09元 level 2021 安吉县",
        "5.1 研发费用+增速 5.1% growth 2021 安吉县 yoy",
        "-0.3 研发费用 -0.3个百分点 diff 2021 安吉县 yoy",
        "11 研发费用 1.1e+09元 level 2022 安吉县",
        "7.8 研发费用+增速 7.8% growth 2022 安吉县 yoy",
        "2.7 研发费用 2.7个百分点 diff 2022 安吉县 yoy",
    ]


def test_years_as_columns_with_thing_and_unit_in_caption() -> None:
    text = """各乡镇(街道)高新技术企业情况
单位:家
乡镇(街道) | 2023年 | 2022年 | 全县排名 |
云水镇 | 35 | 30 | 1 |
合计 | 47 | 44 | - |"""
    assert lines(text) == [
        "35 高新技术企业 35家 level 2023 云水镇",
        "30 高新技术企业 30家 level 2022 云水镇",
        "1 高新技术企业 1名次 rank 2023 云水镇 全县",
        "47 高新技术企业 47家 level 2023 安吉县",
        "44 高新技术企业 44家 level 2022 安吉县",
    ]


def test_parks_down_the_rows_are_regions() -> None:
    text = """各片区主要指标
片区 | 营业收入(亿元) | 增幅(%) |
云杉智造园 | 33.8 | 11.2 |
小溪湾 | 24.1 | -3.4 |"""
    assert lines(text) == [
        "33.8 营业收入 3.38e+09元 level 2023 云杉智造园",
        "11.2 营业收入+增幅 11.2% growth 2023 云杉智造园 yoy",
        "24.1 营业收入 2.41e+09元 level 2023 小溪湾",
        "-3.4 营业收入+增幅 -3.4% growth 2023 小溪湾 yoy",
    ]
    assert spans(text, Label.AREA) == ["云杉智造园", "小溪湾"]


SECOND_ROW_BEHIND_THE_NAMES = """各片区主要指标
片区 | 营业收入 | | 技术合同登记额 | |
金额(亿元) | 同比(%) | 金额(亿元) | 完成率(%) | |
小溪湾 | 61.40 | 11.3 | 8.92 | 104.9 | |"""
TOWNS_AND_SCORES = """各乡镇考核结果
乡镇 | 综合得分 | 排名 |
小溪镇 | 95.12 | 1 |
云杉街道 | 94.3 | 2 |"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            SECOND_ROW_BEHIND_THE_NAMES,
            [
                "61.40 营业收入+金额 6.14e+09元 level 2023 小溪湾",
                "11.3 营业收入 11.3% growth 2023 小溪湾 yoy",
                "8.92 技术合同登记额+金额 8.92e+08元 level 2023 小溪湾",
                "104.9 技术合同登记额+完成率 104.9% level 2023 小溪湾",
            ],
        ),
        (
            TOWNS_AND_SCORES,
            [
                "95.12 综合得分 95.12分 level 2023 小溪镇",
                "1 综合得分 1名次 rank 2023 小溪镇 全县",
                "94.3 综合得分 94.3分 level 2023 云杉街道",
                "2 综合得分 2名次 rank 2023 云杉街道 全县",
            ],
        ),
    ],
    ids=["a second header row begins behind the rows' names", "towns are ranked in their county, scores are points"],
)
def test_rows_of_parks_and_towns(text: str, said: list[str]) -> None:
    assert lines(text) == said


def test_regions_as_columns() -> None:
    text = "|指标|临江区|望湖县|全市|\n|---|---|---|---|\n|研发投入(万元)|1200|800|2000|\n|增速(%)|5.2|-3.1|1|\n"
    assert lines(text, area="临江区") == [
        "1200 研发投入 1.2e+07元 level 2023 临江区",
        "800 研发投入 8e+06元 level 2023 望湖县",
        "2000 研发投入 2e+07元 level 2023 全市",
        "5.2 研发投入+增速 5.2% growth 2023 临江区 yoy",
        "-3.1 研发投入+增速 -3.1% growth 2023 望湖县 yoy",
        "1 研发投入+增速 1% growth 2023 全市 yoy",
    ]


def test_a_list_of_projects_is_no_list_of_indicators() -> None:
    text = """2023年1-9月项目进展
项目名称\t总投资(万元)\t完成投资(万元)\t完成率(%)\t进展
云溪实验室\t5000\t2500\t50\t已完成主体,入驻团队3个
临江科创园\t8000\t2000\t25\t正在招标"""
    assert lines(text)[:3] == [
        "5000 总投资 5e+07元 level 2023-01/2023-09 安吉县",
        "2500 完成投资 2.5e+07元 level 2023-01/2023-09 安吉县",
        "50 完成投资+完成率 50% level 2023-01/2023-09 安吉县",
    ]
    assert "已完成主体,入驻团队3个" in [cell.of(text) for cell in reading(text).prose]


def test_months_stand_in_the_year_of_the_caption() -> None:
    text = "2022年研发费用情况(亿元)\n县区 | 一季度 | 1-9月 | 全年 |\n德清县 | 1.2 | 3.5 | 5 |"
    assert [line.split()[-2] for line in lines(text)] == ["2022-01/2022-03", "2022-01/2022-09", "2022"]


def test_masked_increments_and_people() -> None:
    text = "地区 | 新引进博士(人) | 新增省级平台(家) | 技术合同额(亿元) |\n杭州市 | XX | 3 | 1.2 |"
    assert lines(text, area="浙江省") == [
        "XX 博士 null人 increment 2023 杭州市",
        "3 省级平台 3家 increment 2023 杭州市",
        "1.2 技术合同额 1.2e+08元 level 2023 杭州市",
    ]


def test_growth_as_name_and_as_verb() -> None:
    text = "区块 | 工业投资增速(%) | 研发费用同比增长(%) | 较2021年增加(家) |\n德清县 | 下降2.1 | 5.2↑ | 4 |"
    assert lines(text) == [
        "2.1 工业投资增速 -2.1% growth 2023 德清县 yoy",
        "5.2 研发费用 5.2% growth 2023 德清县 yoy",
        "4 研发费用 4家 diff 2023 德清县 2021年",
    ]


@pytest.mark.parametrize(
    ("above", "edtf"),
    [
        ("截至2022年底,全县有企业20家。\n2022年全县企业情况\n", "../2022-12-31"),
        ("截至2021年底,全县有企业20家。\n2022年全县企业情况\n", "2022"),
        ("2022年,全县有企业20家。\n全县企业情况\n", "2022"),
        ("全县有企业20家。\n全县企业情况\n", "2023"),
    ],
)
def test_caption_sentence_and_report_give_the_time(above: str, edtf: str) -> None:
    text = f"{above}乡镇 | 企业数 |\n云水镇 | 12 |"
    (table,) = find_tables(text)
    (observation,) = read_table(text, table, report(), hint=period_above(text, table, report())).observations
    assert observation.period is not None
    assert observation.period.edtf == edtf


def test_same_time_a_year_before() -> None:
    text = "指标 | 1-6月 | 上年同期 |\n研发费用(亿元) | 5 | 4 |"
    hint = PeriodRef("2023-01/2023-06", None, Source.HEADING)
    assert [line.split()[-2] for line in lines(text, hint=hint)] == ["2023-01/2023-06", "2022-01/2022-06"]


def test_table_without_figures_gives_none() -> None:
    found = reading("区块 | 牵头部门 |\n安吉县 | 科技局 |\n德清县 | 科技局 |")
    assert found.observations == ()


WORDS = (
    *("安吉县", "全市", "2022年", "1-9月", "研发费用(亿元)", "排名", "同比增长(%)", "新增企业数(家)", "占比"),
    *("其中:专利", "合计", "12", "3.5", "-2.1%", "45(小安吉8)", "≥35家", "XX", "--", "", "第3"),
    *("较上年增减(个百分点)", "已完成20家,在建3家"),
)


@given(st.lists(st.lists(st.sampled_from(WORDS), min_size=2, max_size=6), min_size=2, max_size=6))
def test_whatever_the_cells_hold_spans_are_clean(rows: list[list[str]]) -> None:
    text = "全市情况表\n" + "\n".join(" | ".join(row) + " |" for row in rows)
    for table in find_tables(text):
        found = read_table(text, table, report())
        last = table.span.start
        for entity in found.entities:
            assert last <= entity.span.start < entity.span.end <= table.span.end
            assert entity.span.of(text) == entity.span.of(text).strip()
            last = entity.span.end
        labels = {entity.span: entity.label for entity in found.entities}
        assert all(labels[o.value] is o.label for o in found.observations)


@pytest.mark.skipif(not GOLD.exists(), reason="the annotated reports are not part of the project")
def test_annotated_tables_come_out_whole() -> None:
    whole = asked = 0
    wrong: list[str] = []
    for line in GOLD.read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        text = document["text"]
        home = Report(None, "", None, "2024-03-05", "2023", "2024", gazetteer().resolve("柯城区"))
        gold = {(o["start"], o["end"]): o for o in document["observations"]}
        for table in find_tables(text):
            found = read_table(text, table, home, hint=period_above(text, table, home))
            inside = {(e["start"], e["end"], e["label"]) for e in document["entities"]
                      if table.span.start <= e["start"] and e["end"] <= table.span.end}  # fmt: skip
            assert {(e.span.start, e.span.end, e.label.value) for e in found.entities} == inside
            values = {key for key in gold if table.span.start <= key[0] and key[1] <= table.span.end}
            assert {(o.value.start, o.value.end) for o in found.observations} == values
            for o in found.observations:
                asked += 1
                got = _as_gold(o)
                expected = {name: gold[o.value.start, o.value.end][name] for name in got}
                whole += got == expected
                if got != expected:
                    wrong.append(f"{got} for {expected}")
    assert asked > 0
    assert whole == asked, "\n".join(wrong[:5])


def _as_gold(o: Observation) -> dict[str, Any]:
    return {
        "low": pytest.approx(o.quantity.low),
        "high": pytest.approx(o.quantity.high),
        "unit": o.quantity.unit,
        "bound": o.quantity.bound.value,
        "measure": o.measure.value,
        "indicator": [[span.start, span.end] for span in o.indicator.spans],
        "period": o.period.edtf if o.period else None,
        "area": o.area.area.name if o.area else None,
        "scope": o.scope,
        "base": o.base,
        "status": o.status.value,
    }


@pytest.mark.parametrize("blank", [1, 2])
def test_blank_rows_are_no_rows(blank: int) -> None:
    text = "全市情况表\n" + " |  |\n" * blank + "区块 | 研发费用(亿元) |\n安吉县 | 3.2 |\n"
    (table,) = find_tables(text)
    (observation,) = read_table(text, table, report()).observations
    assert observation.quantity.low == 320_000_000
