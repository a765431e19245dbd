"""Edges of entities: marks, bodies, quantities, times."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.edges import ADMIT, Shape, settle
from service.records import Entity, Label, Span

NOTHING = dict.fromkeys(Label, 0.0)


def _entity(text: str, word: str, label: Label) -> Entity:
    return Entity(label, Span(text.index(word), text.index(word) + len(word)), 0.9)


def _settled(text: str, *marks: tuple[str, Label], shapes: tuple[Shape, ...] = ()) -> list[tuple[str, Label]]:
    found = settle(text, [_entity(text, w, label) for w, label in marks], shapes)
    return [(e.span.of(text), e.label) for e in found]


def _shape(text: str, word: str, label: Label, **leaning: float) -> Shape:
    said = {Label(k.upper()): p for k, p in leaning.items()}
    return Shape(_entity(text, word, label).span, label, lambda: {**NOTHING, **said})


@pytest.mark.parametrize(
    ("text", "tagged", "label", "right"),
    [
        ("开展“清源行动”成效好", "“清源行动”", Label.PROGRAM, "清源行动"),
        ("实施“双提升”计划", "双提升”计划", Label.PROGRAM, "“双提升”计划"),
        ("举办“青溪大讲堂”活动", "“青溪大讲堂", Label.PROGRAM, "青溪大讲堂"),
        ("出台《青溪县支持企业创新办法》后", "青溪县支持企业创新办法", Label.POLICY, "《青溪县支持企业创新办法》"),
        ("按照《青溪县办法(试行)》执行", "《青溪县办法(试行", Label.POLICY, "《青溪县办法(试行)》"),
        ("青溪大学(筹)建成", "青溪大学(筹", Label.ORG, "青溪大学(筹)"),
        ("县科协)共建", "县科协)", Label.ORG, "县科协"),
        ("完成、技改投资", "、技改投资", Label.INDICATOR, "技改投资"),
    ],
)
def test_marks_are_never_cut_through(text: str, tagged: str, label: Label, right: str) -> None:
    assert _settled(text, (tagged, label)) == [(right, label)]


@pytest.mark.parametrize(
    ("tagged", "label", "right"),
    [
        ("拥有发明专利", Label.INDICATOR, "发明专利"),
        ("入选高层次人才", Label.INDICATOR, "高层次人才"),
        ("申报发明专利", Label.INDICATOR, "申报发明专利"),  # another thing is counted
        ("培育库", Label.INDICATOR, "培育库"),
        ("“云帆”工程推进会", Label.PROGRAM, "“云帆”工程"),
        ("“强基工程”项目库", Label.PROGRAM, "“强基工程”"),
        ("引才计划申报", Label.PROGRAM, "引才计划"),
        ("林长制度考核", Label.PROGRAM, "林长制度"),
        ("(升格)市级以上站点", Label.INDICATOR, "市级以上站点"),
        ("(准)独角兽企业", Label.INDICATOR, "(准)独角兽企业"),  # another thing is counted
        ("创新工程建设", Label.PROGRAM, "创新工程建设"),
        ("项目申报", Label.PROGRAM, "项目申报"),
        ("进入全市前2", Label.RANK, "全市前2"),
        ("居全省第三位", Label.RANK, "全省第三位"),
        ("占全市", Label.AREA, "全市"),
        ("居仁镇", Label.AREA, "居仁镇"),
    ],
)
def test_what_leads_to_a_thing_or_follows_a_name_is_no_part_of_it(tagged: str, label: Label, right: str) -> None:
    assert _settled(f"全年{tagged}完成", (tagged, label)) == [(right, label)]


def test_what_is_put_forward_is_not_parted() -> None:
    assert _settled("共推荐申报高新技术企业9家", ("申报高新技术企业", Label.INDICATOR)) == [
        ("推荐申报高新技术企业", Label.INDICATOR)
    ]
    assert _settled("推荐名单已定,申报项目9个", ("申报项目", Label.INDICATOR)) == [("申报项目", Label.INDICATOR)]


def test_two_bodies_written_together_are_two() -> None:
    assert _settled("在区委区政府领导下", ("区委区政府", Label.ORG)) == [("区委", Label.ORG), ("区政府", Label.ORG)]
    assert _settled("省委省政府印发", ("省委省政府", Label.ORG)) == [("省委", Label.ORG), ("省政府", Label.ORG)]
    assert _settled("县发改委发文", ("县发改委", Label.ORG)) == [("县发改委", Label.ORG)]


def test_projects_of_a_programme_are_no_part_of_its_name() -> None:
    name = "省“强基”工程"
    assert _settled(f"入选{name}项目库", (f"{name}项目", Label.PROGRAM)) == [(name, Label.PROGRAM)]
    assert _settled(f"建成{name}项目", (f"{name}项目", Label.PROGRAM)) == [(f"{name}项目", Label.PROGRAM)]


@pytest.mark.parametrize(
    ("tagged", "label", "right"),
    [
        ("青溪区科技局(区科协)", Label.ORG, ["青溪区科技局", "区科协"]),
        ("镇经济发展办公室(科技办)", Label.ORG, ["镇经济发展办公室", "科技办"]),
        ("浙大青溪联合创新中心(云溪实验室)", Label.PLATFORM, ["浙大青溪联合创新中心", "云溪实验室"]),
        ("青溪大学(东校区)", Label.ORG, ["青溪大学(东校区)"]),
        ("云溪重点实验室(东山基地)", Label.PLATFORM, ["云溪重点实验室(东山基地)"]),
        ("县财政厅(局)", Label.ORG, ["县财政厅(局)"]),
        ("国家工程研究中心(实验室)", Label.PLATFORM, ["国家工程研究中心(实验室)"]),
        ("青溪县经信局(原经委)", Label.ORG, ["青溪县经信局(原经委)"]),
        ("青溪局(科协、地震局)", Label.ORG, ["青溪局(科协、地震局)"]),  # a list; the network parts it
    ],
)
def test_a_second_name_in_brackets_stands_apart(tagged: str, label: Label, right: list[str]) -> None:
    assert _settled(f"{tagged}推进", (tagged, label)) == [(name, label) for name in right]


@pytest.mark.parametrize(
    ("text", "marks", "right"),
    [
        ("青溪县人民政府", [("青溪县", Label.AREA), ("人民政府", Label.ORG)], [("青溪县人民政府", Label.ORG)]),
        (
            "青溪重装盾构实验室",
            [("青溪重装", Label.ORG), ("盾构实验室", Label.PLATFORM)],
            [("青溪重装盾构实验室", Label.PLATFORM)],
        ),
        ("全区科技局", [("全区", Label.AREA), ("科技局", Label.ORG)], [("全区", Label.AREA), ("科技局", Label.ORG)]),
        (
            "青溪县、科技局",
            [("青溪县", Label.AREA), ("科技局", Label.ORG)],
            [("青溪县", Label.AREA), ("科技局", Label.ORG)],
        ),
    ],
)
def test_a_region_is_part_of_the_name_it_opens(
    text: str, marks: list[tuple[str, Label]], right: list[tuple[str, Label]]
) -> None:
    assert _settled(text, *marks) == right


def test_a_region_stands_apart_from_its_indicator() -> None:
    indicator = Label.INDICATOR
    assert _settled("青溪区R&D投入强度为", ("青溪区R&D投入强度", indicator)) == [
        ("青溪区", Label.AREA),
        ("R&D投入强度", indicator),
    ]
    for name in ("自治区级众创空间", "青溪市科学技术奖", "高新区企业", "县域地区生产总值"):
        assert _settled(name, (name, indicator)) == [(name, indicator)]


def test_a_value_takes_the_edges_of_its_quantity() -> None:
    text = "用电40.5万千瓦时"
    shape = _shape(text, "40.5万千瓦时", Label.COUNT)
    assert _settled(text, ("40.5", Label.COUNT), shapes=(shape,)) == [("40.5万千瓦时", Label.COUNT)]


def test_a_rank_reaches_from_its_scope_to_its_ordinal() -> None:
    text = "总量全市排名第6"
    shape = _shape(text, "全市排名第6", Label.RANK)
    assert _settled(text, ("全市", Label.AREA), ("第6", Label.RANK), shapes=(shape,)) == [("全市排名第6", Label.RANK)]
    assert _settled(text, ("全市", Label.AREA), shapes=(shape,)) == [("全市排名第6", Label.RANK)]
    text = "居青溪第一"
    shape = _shape(text, "青溪第一", Label.RANK)
    assert _settled(text, ("青溪", Label.AREA), shapes=(shape,)) == [("青溪", Label.AREA)]


def test_a_time_is_one_span() -> None:
    text = "发布时间:2024-03-05 14:35"
    shape = _shape(text, "2024-03-05 14:35", Label.PERIOD)
    marks = (("2024-03-05", Label.PERIOD), ("14", Label.PERIOD))
    assert _settled(text, *marks, shapes=(shape,)) == [("2024-03-05 14:35", Label.PERIOD)]


def test_a_missed_quantity_is_admitted_where_the_network_leans_to_a_value() -> None:
    text = "授信XX亿元"
    lean = _shape(text, "XX亿元", Label.MONEY, money=ADMIT + 0.1)
    assert _settled(text, shapes=(lean,)) == [("XX亿元", Label.MONEY)]
    assert _settled(text, shapes=(_shape(text, "XX亿元", Label.MONEY, org=0.9),)) == []


def test_bare_amounts_and_masked_names() -> None:
    assert _settled("争取补助资金2000万", ("2000万", Label.COUNT)) == [("2000万", Label.MONEY)]
    assert _settled("给予奖励10万", ("10万", Label.PEOPLE)) == [("10万", Label.MONEY)]
    assert _settled("客流量2000万", ("2000万", Label.COUNT)) == [("2000万", Label.COUNT)]
    assert _settled("项目落户XX", ("XX", Label.COUNT)) == [("XX", Label.AREA)]


@pytest.mark.parametrize(
    ("text", "word", "label"),
    [
        ("生态环境状况指数72.4。", "72.4", Label.COUNT),
        ("有效利用系数提高到0.612,", "0.612", Label.COUNT),
        ("增速分别高于全国、全市4.1、2.6个百分点", "4.1", Label.PERCENT),
        ("三次产业结构为8.3:41.4:50.3。", "41.4", Label.PERCENT),
        ("工业增加值增长7.2,", "7.2", Label.PERCENT),  # the sign was lost
        ("城镇化率72.4%,", "72.4%", Label.PERCENT),
    ],
)
def test_a_bare_number_is_no_percentage(text: str, word: str, label: Label) -> None:
    assert _settled(text, (word, Label.PERCENT)) == [(word, label)]


def test_a_fraction_is_a_share_and_a_rate_is_none() -> None:
    assert _settled("机构精简1/3。", ("1/3", Label.COUNT)) == [("1/3", Label.PERCENT)]
    assert _settled("死亡率11.2/10万,", ("11.2/10万", Label.PERCENT)) == [("11.2/10万", Label.COUNT)]


def test_the_unit_of_a_table_is_no_value() -> None:
    assert _settled("单位:万元", ("万元", Label.MONEY)) == []
    assert _settled("(单位:亿元、万人)", ("亿元", Label.MONEY), ("万人", Label.PEOPLE)) == []
    assert _settled("产值突破亿元", ("亿元", Label.MONEY)) == [("亿元", Label.MONEY)]
    assert _settled("参与单位:三家", ("三家", Label.COUNT)) == [("三家", Label.COUNT)]


@given(st.text("“”《》()甲乙2亿元,区委政府", max_size=24), st.data())
def test_what_comes_out_lies_in_the_text_and_apart(text: str, data: st.DataObject) -> None:
    places = st.integers(0, len(text))
    labels = st.sampled_from([Label.ORG, Label.POLICY, Label.COUNT, Label.PERIOD])
    raw = data.draw(st.lists(st.tuples(places, places, labels), max_size=5))
    entities = [Entity(label, Span(a, b)) for a, b, label in raw if a < b]
    found = settle(text, entities, ())
    assert all(0 <= e.span.start < e.span.end <= len(text) for e in found)
    assert all(a.span.end <= b.span.start for a, b in itertools.pairwise(found))
