"""Numbers and quantities of running text, found without the model."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.quantities import find_numbers, find_quantities
from service.records import Label, Span
from service.units import unit_at

TEXTS = st.text("一二两三十百千万亿第前全市国首位X.-~至:/,、和%元人家个项 0123456789成半“”增长达年月", max_size=60)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("投入3.2亿元,增长1,234.5%", ["3.2", "1,234.5"]),
        ("培育三家,占六分之一,居第三位", ["三", "六分之一", "三"]),
        ("招引一千二百人、近三成,翻两番", ["一千二百", "三", "两"]),
        ("投入XX亿元,20XX年引进X名", ["XX", "20XX", "X"]),
        ("增长一倍,航线突破百条", ["一", "百"]),
        ("一是统一思想,进一步做好唯一、一流、一批、十分、万一、三农工作", []),
        ("推进“三个一批”,第三届、第二批,千方百计、百花齐放", []),
        ("XX区在XX项目中", []),
        ("省第十四届运动会,三次产业,省第十三次党代会", []),
        ("2023-03-05 14:35", ["2023", "03", "05", "14", "35"]),
        ("比值1.68:1,占1/3", ["1.68", "1", "1", "3"]),
        ("全角１２．５％", ["１２．５"]),
        ("20.2026年要做好", ["20", "2026"]),
        ("G60走廊、5G基站", ["60", "5"]),
    ],
)
def test_numbers(text: str, numbers: list[str]) -> None:
    assert [span.of(text) for span in find_numbers(text)] == numbers


@pytest.mark.parametrize(
    ("text", "quantities"),
    [
        ("研发投入超3.2亿元,增长2.7%", [("3.2亿元", Label.MONEY), ("2.7%", Label.PERCENT)]),
        ("约500余万元以上", [("500余万元", Label.MONEY)]),
        ("提高0.6个百分点", [("0.6个百分点", Label.PERCENT)]),
        ("占六分之一", [("六分之一", Label.PERCENT)]),
        ("三次产业结构为8.7:41.2:50.1", [("8.7", Label.PERCENT), ("41.2", Label.PERCENT), ("50.1", Label.PERCENT)]),
        ("占全省1/3以上", [("1/3", Label.PERCENT)]),
        ("引进48名,服务900余人次", [("48名", Label.PEOPLE), ("900余人次", Label.PEOPLE)]),
        ("派遣5-10名专家", [("5-10名", Label.PEOPLE)]),
        ("补助100万-200万元", [("100万-200万元", Label.MONEY)]),
        ("分别提高15、22个百分点", [("15", Label.PERCENT), ("22个百分点", Label.PERCENT)]),
        ("分别为12、15和18家", [("12", Label.COUNT), ("15", Label.COUNT), ("18家", Label.COUNT)]),
        ("建成33.9万平方米、翻一番", [("33.9万平方米", Label.COUNT), ("一番", Label.COUNT)]),
        ("增长2倍多,处理16.9万吨/日", [("2倍多", Label.COUNT), ("16.9万吨/日", Label.COUNT)]),
        ("惠及30万群众", [("30万", Label.PEOPLE)]),
        ("奖励10万,共5家", [("10万", Label.MONEY), ("5家", Label.COUNT)]),
        ("从1.68:1提高", [("1.68:1", Label.COUNT)]),
        ("居全省第三位,全市排名第1", [("全省第三位", Label.RANK), ("全市排名第1", Label.RANK)]),
        ("进入全市前3和全省前40", [("全市前3", Label.RANK), ("全省前40", Label.RANK)]),
        ("由全国第12位升至第9位", [("全国第12位", Label.RANK), ("第9位", Label.RANK)]),
        ("稳居全国首位", [("全国首位", Label.RANK)]),
        ("2023年3月5日召开第3届大会", []),
        ("1-9月,G60走廊,第三批,40万吨级码头", []),
        ("3个人才项目、5人民路、8车道", [("3个", Label.COUNT)]),
        ("投入XX亿元", [("XX亿元", Label.MONEY)]),
        ("学校200所以上", [("200所", Label.COUNT)]),
        ("2026-02-03\n天津市,07时41分", []),
        ("落后序时2项,新增CT3台、TOP5企业", [("2项", Label.COUNT), ("3台", Label.COUNT)]),
        ("自然增长率-1.2‰,5-6月", [("-1.2‰", Label.PERCENT)]),
        ("占比八成五,不足一半,精简1/3", [("八成五", Label.PERCENT), ("一半", Label.PERCENT), ("1/3", Label.PERCENT)]),
        ("设备30台(套),车船20辆(艘)次", [("30台", Label.COUNT), ("20辆(艘)次", Label.COUNT)]),
        (
            "前移3个位次,缩短至2个小时,下降20个基点",
            [("3个位次", Label.COUNT), ("2个小时", Label.COUNT), ("20个基点", Label.COUNT)],
        ),
        ("前进2位,走访3位专家", [("2位", Label.COUNT), ("3位", Label.PEOPLE)]),
        ("拉动比为1:9,18:30开会", [("1:9", Label.COUNT)]),
        ("系数提高到0.61,指数为88.9。", [("0.61", Label.COUNT), ("88.9", Label.COUNT)]),
        ("死亡率12.5/10万,密度15公里/百平方公里", [("12.5/10万", Label.COUNT), ("15公里/百平方公里", Label.COUNT)]),
        (
            "利用外资XX万美元,改造XX套,培训X万余人",
            [("XX万美元", Label.MONEY), ("XX套", Label.COUNT), ("X万余人", Label.PEOPLE)],
        ),
        ("支持X00万元,排查X000余家次", [("X00万元", Label.MONEY), ("X000余家次", Label.COUNT)]),
        ("注册用户突破30万,营收20多亿", [("30万", Label.PEOPLE), ("20多亿", Label.MONEY)]),
        ("接入监控200路,5路公交车站", [("200路", Label.COUNT), ("5路", Label.COUNT)]),
        (
            "居全市功能区第三位,列全县12个乡镇第4位",
            [("全市功能区第三位", Label.RANK), ("全县12个乡镇第4位", Label.RANK)],
        ),
        ("总量居自治区前十,位列临江市第二", [("自治区前十", Label.RANK), ("临江市第二", Label.RANK)]),
        ("排名由全市第9位前移至第7位", [("全市第9位", Label.RANK), ("第7位", Label.RANK)]),
        ("增速分列全市第五、第二和第三", [("全市第五", Label.RANK), ("第二", Label.RANK), ("第三", Label.RANK)]),
        ("长期徘徊在全市30名,对全市XX个项目", [("全市30名", Label.RANK), ("XX个", Label.COUNT)]),
        ("坚持第一议题制度,第一责任人", []),
        ("抓好三件事,严守八项规定,落实人才十条”", []),
        ("65岁以上老人5人,220千伏变电站2座", [("5人", Label.PEOPLE), ("2座", Label.COUNT)]),
        ("打造15分钟生活圈,连续10个月增长,24小时值守", []),
    ],
)
def test_quantities(text: str, quantities: list[tuple[str, Label]]) -> None:
    assert [(span.of(text), label) for span, label in find_quantities(text)[0]] == quantities


def test_idle_quantities() -> None:
    text = "重点抓好三件事,建成2座220千伏变电站,为65岁以上老人体检"
    assert [span.of(text) for span in find_quantities(text)[1]] == ["三件", "220千伏", "65岁"]


@given(TEXTS)
def test_numbers_are_in_order_and_apart(text: str) -> None:
    spans = find_numbers(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    assert all(text[s.start : s.end].strip() == text[s.start : s.end] != "" for s in spans)


@given(TEXTS)
def test_every_digit_is_in_a_number(text: str) -> None:
    spans = find_numbers(text)
    for at, character in enumerate(text):
        assert not character.isdigit() or any(s.start <= at < s.end for s in spans)


@given(TEXTS)
def test_quantities_are_in_order_and_apart(text: str) -> None:
    spans = [span for span, _ in find_quantities(text)[0]]
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    assert all(0 <= s.start < s.end <= len(text) for s in spans)


def test_the_longest_unit_counts() -> None:
    assert unit_at("5千瓦时", 1) == (4, Label.COUNT)
    assert unit_at("5千瓦机组", 1) == (3, Label.COUNT)
    assert unit_at("5人次", 1) == (3, Label.PEOPLE)


@pytest.mark.parametrize("text", ["5人才", "5项目", "5家园", "5Pa", "5甲", "5"])
def test_no_unit(text: str) -> None:
    assert unit_at(text, 1) is None


@pytest.mark.parametrize("unit", ["一", "1、", "9", "A", "第", "1-", "各省", "一二", "年"])
def test_endless_runs_hold_no_quantity(unit: str) -> None:
    """A careless pattern would be quadratic in them."""
    assert find_quantities(unit * 50_000) == ([], [])


def test_spans_are_spans() -> None:
    assert find_numbers("共5家") == [Span(1, 2)]
