"""Reading the value entities of a text.  In the sentences the value stands between [ and ]."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.numbers import base_of, read_quantity, scope_of, sign
from service.records import Bound, Label, Measure, Quantity, Span

GOLD = Path(__file__).resolve().parents[2] / "shared" / "gold" / "train.jsonl"


def marked(sentence: str) -> tuple[str, Span]:
    start, end = sentence.index("["), sentence.index("]")
    return sentence.replace("[", "").replace("]", ""), Span(start, end - 1)


def reading(sentence: str, label: Label, given_unit: str = "") -> Quantity:
    text, span = marked(sentence)
    found = read_quantity(text, span, label, given=given_unit)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("sentence", "label", "low", "high", "unit"),
    [
        ("完成投资[3.2亿元]。", Label.MONEY, 3.2e8, 3.2e8, "元"),
        ("补助[1,234.5万元]。", Label.MONEY, 12345000, 12345000, "元"),
        ("规模[1.2万亿元]。", Label.MONEY, 1.2e12, 1.2e12, "元"),
        ("每家奖励[10万],共两批", Label.MONEY, 1e5, 1e5, "元"),
        ("出口[1万美元]", Label.MONEY, 10000, 10000, "美元"),
        ("到账[2亿港元]", Label.MONEY, 2e8, 2e8, "港元"),
        ("标准提高到[645元/月]", Label.MONEY, 645, 645, "元"),
        ("单项补助[100万-200万元]", Label.MONEY, 1e6, 2e6, "元"),
        ("单项补助[10-15万元]", Label.MONEY, 1e5, 1.5e5, "元"),
        ("贷款[9000万-1.2亿元]", Label.MONEY, 9e7, 1.2e8, "元"),
        ("占全省[近三成]", Label.PERCENT, 30, 30, "%"),
        ("占全县[六分之一]", Label.PERCENT, 16.6667, 16.6667, "%"),
        ("占全县[八成五]", Label.PERCENT, 85, 85, "%"),
        ("占全县[三成半]", Label.PERCENT, 35, 35, "%"),
        ("死亡率[12.5/10万]", Label.COUNT, 12.5, 12.5, "/10万"),
        ("占全县[百分之五]", Label.PERCENT, 5, 5, "%"),
        ("占全市[1/3]以上", Label.PERCENT, 33.3333, 33.3333, "%"),
        ("占全市近[一半]", Label.PERCENT, 50, 50, "%"),
        ("自然增长率[2.5‰]", Label.PERCENT, 2.5, 2.5, "‰"),
        ("提高[0.6个百分点]", Label.PERCENT, 0.6, 0.6, "个百分点"),
        ("提高[0.6个点]", Label.PERCENT, 0.6, 0.6, "个百分点"),
        ("增长[3%-5%]", Label.PERCENT, 3, 5, "%"),
        ("增长[3-5%]", Label.PERCENT, 3, 5, "%"),
        ("分别提高[15]、22个百分点", Label.PERCENT, 15, 15, "个百分点"),
        ("分别增长[15]、20和22%", Label.PERCENT, 15, 15, "%"),
        ("分别高于全省[1.2个]、3个百分点", Label.PERCENT, 1.2, 1.2, "个百分点"),
        ("派遣[5-10名]导师", Label.PEOPLE, 5, 10, "人"),
        ("服务[900余人次]", Label.PEOPLE, 900, 900, "人次"),
        ("研发人员[7800人年]", Label.PEOPLE, 7800, 7800, "人年"),
        ("惠及[4万户]群众", Label.PEOPLE, 40000, 40000, "户"),
        ("游客[550万]", Label.PEOPLE, 5.5e6, 5.5e6, "人"),
        ("接待人次[86.5万]", Label.PEOPLE, 865000, 865000, "人次"),
        ("改造[3.98万亩]", Label.COUNT, 39800, 39800, "亩"),
        ("装机[1.7亿千瓦]", Label.COUNT, 1.7e8, 1.7e8, "千瓦"),
        ("减排[3千克]", Label.COUNT, 3, 3, "千克"),
        ("发电[2万亿千瓦时]", Label.COUNT, 2e12, 2e12, "千瓦时"),
        ("处置能力[16.9万吨/日]", Label.COUNT, 169000, 169000, "吨/日"),
        ("走访[200余家次]", Label.COUNT, 200, 200, "家次"),
        ("培育[10至15家]", Label.COUNT, 10, 15, "家"),
        ("培育[2—3家]", Label.COUNT, 2, 3, "家"),
        ("投资[3]、5亿元", Label.MONEY, 3e8, 3e8, "元"),
        ("引进[1200]、1.5万人", Label.PEOPLE, 1200, 1200, "人"),
        ("建成[一千二百]个", Label.COUNT, 1200, 1200, "个"),
        ("建成[两个]基地", Label.COUNT, 2, 2, "个"),
        ("三年翻[一番]", Label.COUNT, 1, 1, "番"),
        ("增长[2倍多]", Label.COUNT, 2, 2, "倍"),
        ("航线突破[百条]", Label.COUNT, 100, 100, "条"),
        ("比值[1.68:1]", Label.COUNT, 1.68, 1.68, ""),
        ("比值[1.68∶1]", Label.COUNT, 1.68, 1.68, ""),
        ("分别为[12]、15和18家", Label.COUNT, 12, 12, "家"),
        ("已有583家,预计达到[1100]。", Label.COUNT, 1100, 1100, "家"),
        ("交通工具[2.8万辆（艘、架）次]", Label.COUNT, 28000, 28000, "辆（艘、架）次"),
        ("改造５０套：[５０套]", Label.COUNT, 50, 50, "套"),
    ],
)
def test_numbers_and_units(sentence: str, label: Label, low: float, high: float, unit: str) -> None:
    found = reading(sentence, label)
    assert (found.low, found.high, found.unit, found.masked) == (low, high, unit, False)


@pytest.mark.parametrize(
    ("sentence", "label", "unit"),
    [
        ("投入[XX亿元]", Label.MONEY, "元"),
        ("培育[X个]", Label.COUNT, "个"),
        ("占比[XX%]", Label.PERCENT, "%"),
        ("引进[×名]", Label.PEOPLE, "人"),
        ("引进[数十家]", Label.COUNT, "家"),
        ("居全市[第X位]", Label.RANK, "名次"),
    ],
)
def test_masked(sentence: str, label: Label, unit: str) -> None:
    found = reading(sentence, label)
    assert (found.low, found.high, found.unit, found.masked) == (None, None, unit, True)


@pytest.mark.parametrize(
    ("given_unit", "label", "low", "unit"),
    [("亿元", Label.MONEY, 3.423e9, "元"), ("%", Label.PERCENT, 34.23, "%"), ("万千瓦", Label.COUNT, 342300, "千瓦")],
)
def test_the_unit_of_a_column(given_unit: str, label: Label, low: float, unit: str) -> None:
    found = reading("城东区 | [34.23] | 1", label, given_unit)
    assert (found.low, found.unit) == (low, unit)


def test_the_cells_own_unit_comes_first() -> None:
    found = reading("城东区 | [12万元] | 1", Label.MONEY, "亿元")
    assert (found.low, found.unit) == (120000, "元")


@pytest.mark.parametrize(
    ("sentence", "bound"),
    [
        ("达到[30家]。", Bound.EXACT),
        ("超[30家]。", Bound.OVER),
        ("超过[30家]。", Bound.OVER),
        ("产值突破[30亿元]。", Bound.OVER),
        ("突破[15项]关键核心技术", Bound.EXACT),
        ("[30余家]企业", Bound.OVER),
        ("[300多家]企业", Bound.OVER),
        ("产值迈上[5万亿元]台阶", Bound.OVER),
        ("连续跨过[3个]千亿元大关", Bound.EXACT),
        ("约[30家]。", Bound.ABOUT),
        ("签约[30家]。", Bound.EXACT),
        ("节约[30家]。", Bound.EXACT),
        ("近[30家]。", Bound.ABOUT),
        ("最近[30家]。", Bound.EXACT),
        ("[30家]左右", Bound.ABOUT),
        ("接近[30家]", Bound.ABOUT),
        ("[30家]以上", Bound.AT_LEAST),
        ("不少于[30家]", Bound.AT_LEAST),
        ("不低于[30家]", Bound.AT_LEAST),
        ("控制在[30家]以内", Bound.BELOW),
        ("[30家]以下", Bound.BELOW),
        ("不足[30家]", Bound.BELOW),
        ("不超过[30家]", Bound.BELOW),
        ("低于全市平均[30家]", Bound.EXACT),
        ("[20-30家]以上", Bound.RANGE),
        ("分别超95.5%和[96%]。", Bound.OVER),
        ("产值超5亿元、利润[1亿元]。", Bound.EXACT),
    ],
)
def test_bound(sentence: str, bound: Bound) -> None:
    label = Label.PERCENT if "%" in sentence else Label.MONEY if "元]" in sentence else Label.COUNT
    assert reading(sentence, label).bound is bound


@pytest.mark.parametrize(
    ("sentence", "low", "high", "bound", "scope"),
    [
        ("居[全省第三位]。", 3, 3, Bound.EXACT, "全省"),
        ("[全市排名第1],", 1, 1, Bound.EXACT, "全市"),
        ("[全省排名76],", 76, 76, Bound.EXACT, "全省"),
        ("徘徊在[全省75名],", 75, 75, Bound.EXACT, "全省"),
        ("位居[各区县市榜首]。", 1, 1, Bound.EXACT, "各区县市"),
        ("居[全市首位]", 1, 1, Bound.EXACT, "全市"),
        ("成为[全国第三个]", 3, 3, Bound.EXACT, "全国"),
        ("进入[全市前3]", 1, 3, Bound.RANGE, "全市"),
        ("进入[全国前十]", 1, 10, Bound.RANGE, "全国"),
        ("位列[全国50强]", 1, 50, Bound.RANGE, "全国"),
        ("规模居[中部地区第2]", 2, 2, Bound.EXACT, "中部地区"),
        ("由全国第12位升至[第9位]", 9, 9, Bound.EXACT, "全国"),
        ("进入[前3],", 1, 3, Bound.RANGE, None),
        ("全省大会召开。进入[前3],", 1, 3, Bound.RANGE, None),
        ("总量居[第二]", 2, 2, Bound.EXACT, None),
    ],
)
def test_rank(sentence: str, low: int, high: int, bound: Bound, scope: str | None) -> None:
    found = reading(sentence, Label.RANK)
    assert (found.low, found.high, found.unit, found.bound) == (low, high, "名次", bound)
    assert scope_of(*marked(sentence)) == scope


def test_no_numeral_is_none() -> None:
    text, span = marked("完成[若干元]")
    assert read_quantity(text, span, Label.MONEY) is None
    assert read_quantity(text, span, Label.RANK) is None


def test_a_code_is_no_quantity() -> None:
    text, span = marked(f"编号[{'9' * 50}]")
    assert read_quantity(text, span, Label.COUNT) is None


@pytest.mark.parametrize(
    ("sentence", "measure", "expected"),
    [
        ("同比下降[3.6%]", Measure.GROWTH, -1),
        ("同比增长[3.6%]", Measure.GROWTH, 1),
        ("分别下降3.6%和[1.3%]", Measure.GROWTH, -1),
        ("较上年减少[5家]", Measure.DIFF, -1),
        ("低于全市平均[2个百分点]", Measure.DIFF, -1),
        ("高于全市平均[2个百分点]", Measure.DIFF, 1),
        ("平均压减时间[58%]", Measure.GROWTH, -1),
        ("能耗下降3%、产值增长[5%]", Measure.GROWTH, 1),
        ("能耗下降3%,产值[5%]", Measure.GROWTH, 1),
        ("降幅收窄[2个百分点]", Measure.DIFF, 1),
        ("增幅收窄[2个百分点]", Measure.DIFF, -1),
        ("下降至[3%]", Measure.GROWTH, 1),
        ("下降[3%]", Measure.LEVEL, 1),
        ("增长-[3%]", Measure.GROWTH, -1),
        ("比全市平均低[2个百分点]", Measure.DIFF, -1),
        ("较上年少[3家]", Measure.DIFF, -1),
        ("比计划慢[2个百分点]", Measure.DIFF, -1),
        ("至少[3家]", Measure.DIFF, 1),
        ("降幅扩大[2个百分点]", Measure.DIFF, -1),
    ],
)
def test_sign(sentence: str, measure: Measure, expected: int) -> None:
    assert sign(*marked(sentence), measure) == expected


@pytest.mark.parametrize(
    ("sentence", "measure", "base"),
    [
        ("同比增长[3.6%]", Measure.GROWTH, "yoy"),
        ("增速[3.6%]", Measure.GROWTH, "yoy"),
        ("比去年同期增长[3.6%]", Measure.GROWTH, "yoy"),
        ("较上年增加[5家]", Measure.DIFF, "yoy"),
        ("较2021年提高[0.69个百分点]", Measure.DIFF, "2021年"),
        ("高于全省平均[2.1个百分点]", Measure.DIFF, "全省平均"),
        ("高出全省平均近[3个百分点]", Measure.DIFF, "全省平均"),
        ("增长40%,高于工业投资[29.2个百分点]", Measure.DIFF, "工业投资"),
        ("分别高于全市1.2个、[3个百分点]", Measure.DIFF, "全市"),
        ("比“十三五”末翻[一番]", Measure.GROWTH, "“十三五”末"),
        ("较“十三五”增长[16%]", Measure.GROWTH, "十三五"),
        ("占比提高[1.5个百分点]", Measure.DIFF, "yoy"),
        ("占生产总值比重下降[1.5个百分点]", Measure.DIFF, "yoy"),
        ("产值5亿元", Measure.LEVEL, None),
        ("增长超过[20%]", Measure.GROWTH, "yoy"),
        ("增速超[20%]", Measure.GROWTH, "yoy"),
        ("超额完成任务,能耗下降[3.5%]", Measure.GROWTH, "yoy"),
        ("超额完成任务能耗下降[3.5%]", Measure.GROWTH, "yoy"),
        ("超全省平均[2个百分点]", Measure.DIFF, "全省平均"),
        ("超过序时进度[2个百分点]", Measure.DIFF, "序时进度"),
        ("较年初增加[5家]", Measure.DIFF, "年初"),
        ("比上年末减少[5家]", Measure.DIFF, "上年末"),
        ("较去年底提高[5个百分点]", Measure.DIFF, "去年底"),
        ("比上年同期增加[5家]", Measure.DIFF, "yoy"),
    ],
)
def test_base(sentence: str, measure: Measure, base: str | None) -> None:
    text, span = marked(sentence) if "[" in sentence else (sentence, Span(2, 5))
    assert base_of(text, span, measure) == base


@given(st.text("一两十百千万亿零几数余多分之第前位强首X.-~至:/,%‰元人家个 0123456789成半“”", max_size=40), st.data())
def test_any_span_reads_or_is_refused(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    span = Span(start, data.draw(st.integers(start, len(text))))
    found = read_quantity(text, span, data.draw(st.sampled_from([label for label in Label if label.is_value])))
    if found is not None:
        assert (found.low is None) == (found.high is None) == found.masked
        if found.low is not None and found.high is not None:
            assert math.isfinite(found.low)
            assert found.low <= found.high


@pytest.mark.skipif(not GOLD.exists(), reason="the annotated reports are not here")
def test_annotated_reports() -> None:
    right = {"number": 0, "unit": 0, "bound": 0, "base": 0, "scope": 0}
    total = 0
    for line in GOLD.read_text(encoding="utf-8").splitlines():
        report = json.loads(line)
        labels = {(e["start"], e["end"]): Label(e["label"]) for e in report["entities"]}
        for o in report["observations"]:
            total += 1
            span, measure = Span(o["start"], o["end"]), Measure(o["measure"])
            found = read_quantity(report["text"], span, labels[o["start"], o["end"]])
            if found is None:
                continue
            signed = None if found.low is None else sign(report["text"], span, measure) * found.low
            right["number"] += signed == o["low"] or (signed is not None and math.isclose(signed, o["low"]))
            right["unit"] += found.unit == (o["unit"] or "")
            right["bound"] += found.bound == o["bound"]
            right["base"] += base_of(report["text"], span, measure) == o["base"]
            right["scope"] += o["scope"] == (scope_of(report["text"], span) if measure is Measure.RANK else None)
    assert {field: round(count / total, 3) >= 0.985 for field, count in right.items()} == dict.fromkeys(right, True)


@pytest.mark.parametrize(
    ("text", "low"), [("全市十县第二位", 2), ("全省183个县(市、区)第7", 7), ("26县第一", 1), ("全省75名", 75)]
)
def test_a_rank_is_its_ordinal_and_not_how_many_are_ranked(text: str, low: float) -> None:
    quantity = read_quantity(text, Span(0, len(text)), Label.RANK)
    assert quantity is not None
    assert (quantity.low, quantity.unit) == (low, "名次")


def test_a_floor_of_growth_is_no_fall() -> None:
    text = "技改投资增长不低于8%"
    assert sign(text, Span(len(text) - 2, len(text)), Measure.GROWTH) == 1
