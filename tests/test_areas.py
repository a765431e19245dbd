"""Region words and what they mean in reports of different places."""

from __future__ import annotations

import pytest

from service.areas import Gazetteer, gazetteer, short_name
from service.records import Area


@pytest.fixture(scope="module")
def table() -> Gazetteer:
    return gazetteer()


def home(name: str) -> Area:
    area = gazetteer().resolve(name)
    assert area is not None
    return area


@pytest.mark.parametrize(
    ("region", "mention", "name", "code"),
    [
        ("西湖区", "全区", "西湖区", None),
        ("杭州市西湖区", "我区", "西湖区", "330106"),
        ("杭州市西湖区", "全市", "杭州市", "330100"),
        ("杭州市西湖区", "省内", "浙江省", "330000"),
        ("杭州市西湖区", "杭", "杭州市", "330100"),
        ("临江区", "全区", "临江区", None),
        ("临江区", "全市", "全市", None),
        ("临江区", "临江", "临江区", None),
        ("XX区", "区内", "XX区", None),
        ("XX区", "XX", "XX区", None),
        ("XX区", "全省", "全省", None),
        ("安吉县", "全县", "安吉县", "330523"),
        ("安吉县", "我市", "湖州市", "330500"),
        ("义乌市", "全市", "义乌市", "330782"),
        ("金华市", "市域", "金华市", "330700"),
        ("北京市", "全市", "北京市", "110000"),
        ("东城区", "全市", "北京市", "110000"),
        ("广西壮族自治区", "全区", "广西壮族自治区", "450000"),
        ("柳州市", "全区", "广西壮族自治区", "450000"),
        ("鄂尔多斯市", "自治区", "内蒙古自治区", "150000"),
        ("大理白族自治州", "全州", "大理白族自治州", "532900"),
        ("安吉县", "我国", "全国", None),
        ("安吉县", "辖区", "安吉县", "330523"),
        ("玉屏州", "全州", "玉屏州", None),
        ("玉屏州", "州域", "玉屏州", None),
        ("北岭地区", "全地区", "北岭地区", None),
        ("青盘街道", "全街道", "青盘街道", None),
    ],
)
def test_words_that_point(table: Gazetteer, region: str, mention: str, name: str, code: str | None) -> None:
    assert table.resolve(mention, home(region)) == Area(name, code)


@pytest.mark.parametrize(
    ("region", "mention", "name", "code"),
    [
        (None, "浙江", "浙江省", "330000"),
        (None, "恩施州", "恩施土家族苗族自治州", "422800"),
        (None, "宁波市江北区", "江北区", "330205"),
        (None, "重庆江北区", "江北区", "500105"),
        (None, "浙江省湖州市安吉县", "安吉县", "330523"),
        (None, "吉林", "吉林省", "220000"),
        (None, "长沙", "长沙市", "430100"),
        (None, "和田地区", "和田地区", "653200"),
        (None, "湘", "湖南省", "430000"),
        (None, "江北区", "江北区", None),
        (None, "鼓楼", "鼓楼区", None),
        (None, "朝阳", "朝阳", None),
        ("北京市", "朝阳", "朝阳区", "110105"),
        ("辽宁省", "朝阳", "朝阳市", "211300"),
        ("杭州市西湖区", "江北区", "江北区", "330205"),
        ("南京市", "鼓楼", "鼓楼区", "320106"),
        ("阳泉市", "城区", "城区", "140302"),
        ("杭州市", "城区", "城区", None),
        ("四川省", "内江、自贡", "内江市、自贡市", None),
        ("四川省", "内江、云水镇", "内江、云水镇", None),
        (None, "粤港澳大湾区", "粤港澳大湾区", None),
        (None, "云水镇", "云水镇", None),
    ],
)
def test_names(table: Gazetteer, region: str | None, mention: str, name: str, code: str | None) -> None:
    assert table.resolve(mention, home(region) if region else None) == Area(name, code)


def test_empty_mention_is_no_region(table: Gazetteer) -> None:
    assert table.resolve("  ") is None


def test_parents_and_levels(table: Gazetteer) -> None:
    assert [area.name for area in table.parents(home("安吉县"))] == ["湖州市", "浙江省"]
    assert [area.name for area in table.parents(home("东城区"))] == ["北京市"]
    assert table.parents(Area("临江区")) == ()
    levels = [table.level(Area(name)) for name in ("某省", "某市", "临江区", "某处")]
    assert levels == ["province", "city", "county", None]
    assert table.level(home("北京市")) == "province"


def test_find_gives_full_names_and_all_who_bear_them(table: Gazetteer) -> None:
    text = "浙江省安吉县科技局与江北区、临江区城区"
    found = [(span.of(text), [area.code for area in areas]) for span, areas in table.find(text)]
    assert found == [("浙江省", ["330000"]), ("安吉县", ["330523"]), ("江北区", ["330205", "500105"])]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("争创示范县、提高县域水平", []),
        ("河南省范县", ["河南省", "范县"]),
        ("范县科技局", ["范县"]),
        ("县科技局会同县民政局", []),
        ("会同县民政局2023年工作总结", ["会同县"]),
        ("怀化市会同县民政局", ["怀化市", "会同县"]),
        ("改造老城区、东方市场", []),
    ],
)
def test_names_inside_other_words(table: Gazetteer, text: str, found: list[str]) -> None:
    assert [span.of(text) for span, _ in table.find(text)] == found


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("安吉县", "安吉"),
        ("内蒙古自治区", "内蒙古"),
        ("双江拉祜族佤族布朗族傣族自治县", "双江"),
        ("云县", "云县"),
        ("阿拉善盟", "阿拉善"),
    ],
)
def test_short_names(name: str, short: str) -> None:
    assert short_name(name) == short
