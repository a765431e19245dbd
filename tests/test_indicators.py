"""Indicators by name: the catalogue is sound, and names get the right code or none."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import indicators, words
from service.indicators import Catalogue, catalogue, kind_of_unit, match, normalise, read_catalogue
from service.words import word_list

CATALOGUE = read_catalogue()
BY_CODE = {indicator.code: indicator for indicator in CATALOGUE}
KINDS = {"stock", "flow", "ratio", "growth", "rank", "index"}
LEAST_PRECISION = 0.98

# name|unit -> code; "-" where the name must get none.
PAIRS = """
全社会R&D经费支出占GDP比重|% rd_intensity
R&D投入强度|% rd_intensity
研发投入强度| rd_intensity
研发经费投入强度|个百分点 rd_intensity
全社会研发投入占地区生产总值的比重|% rd_intensity
研究与试验发展(R&D)经费投入强度|% rd_intensity
R＆D经费|元 rd_expenditure
全社会研发投入|亿元 rd_expenditure
规上工业企业研发费用|元 rd_expense_large_industry
规模以上工业企业研发费用|元 rd_expense_large_industry
规模工业企业研发费用增速|% rd_expense_large_industry
规上企业研发费用|元 rd_expense_large_firms
研发费用|元 rd_expense_firms
规上工业企业R&D经费|元 rd_funds_large_industry
规上工业企业研发费用占营业收入比重|% rd_intensity_large_industry
研发人员|人 rd_personnel
研发人员|人年 rd_personnel_fte
有研发活动的规上工业企业占比|% rd_active_share_large_industry
全市高新技术企业总数|家 high_tech_enterprises
国家级高新技术企业|家 high_tech_enterprises
高企|家 high_tech_enterprises
规上高新技术企业|家 high_tech_enterprises_large
科技型中小企业|家 tech_smes
省科技型中小企业|家 tech_smes_provincial
国家级专精特新“小巨人”企业|家 specialized_giants
专精特新"小巨人"企业累计|家 specialized_giants
省级专精特新中小企业|家 specialized_smes_provincial
专精特新企业|家 specialized_firms
市级专精特新企业|家 specialized_smes_municipal
国家制造业单项冠军企业|家 single_champions_national
省级单项冠军|家 single_champions_provincial
技术合同|元 tech_contract_value
技术合同|项 tech_contracts
技术合同成交额|亿元 tech_contract_value
登记技术合同|份 tech_contracts
吸纳技术合同成交额|元 tech_contract_value_absorbed
输出技术合同成交额|元 tech_contract_value_output
省级重点实验室|家 provincial_key_labs
省重点实验室|家 provincial_key_labs
全国重点实验室|家 national_key_labs
市级重点实验室|家 municipal_key_labs
省级以上科技创新平台总数|家 provincial_plus_innovation_platforms
科技特派员|名 sci_commissioners
省级科技特派员|名 sci_commissioners_provincial
财政科技支出占一般公共预算支出的比重|% fiscal_sci_share
高新技术产业增加值占规模以上工业增加值比重|% high_tech_value_added_share_large_industry
高新技术产业增加值占规上工业比重|% high_tech_value_added_share_large_industry
高技术制造业增加值占规上工业增加值比重|% high_tech_mfg_share
高新技术产业增加值占GDP比重|% high_tech_value_added_share_gdp
发明专利拥有量|件 invention_patents_valid
每万人高价值发明专利拥有量|件 high_value_patents_per_10k
万人有效发明专利拥有量|件 invention_patents_per_10k
专利商标质押融资登记金额|元 patent_pledge_financing
地区生产总值|元 gdp
国内生产总值|元 gdp
生产总值|% gdp
GDP增速|% gdp
GDP总量|元 gdp
人均GDP|元 gdp_per_capita
海洋生产总值|元 gdp_marine
第三产业增加值|元 value_added_tertiary
服务业占GDP比重|% share_service_gdp
规模以上工业增加值|% value_added_large_industry
规上工业增加值增速|名次 value_added_large_industry
全部工业增加值|元 value_added_industry
工业增加值|元 value_added_industry
规上工业总产值|元 output_large_industry
规上工业企业营业收入|元 revenue_large_industry
规上工业企业利润总额|元 profit_large_industry
规上工业企业|户 large_industrial_enterprises
规模以上服务业企业营业收入|元 large_service_revenue
一般公共预算收入|元 fiscal_revenue_general
地方一般公共预算收入|元 fiscal_revenue_general
地方财政收入|元 fiscal_revenue_local
财政总收入|元 fiscal_revenue_total
税收收入占一般公共预算收入比重|% fiscal_tax_share
一般公共预算支出|元 fiscal_expenditure_general
民生支出占比|% livelihood_share
固定资产投资|元 fixed_asset_investment
固定资产投资(不含农户)|元 fixed_asset_investment
民间投资占比|% share_private_investment
工业技改投资|元 tech_upgrade_investment
工业投资增幅|% industrial_investment
社会消费品零售总额|元 retail_sales
限额以上社会消费品零售额|元 retail_sales_above_quota
城镇消费品零售额|元 retail_sales_urban
乡村消费品零售额|元 retail_sales_rural
进出口总额|美元 foreign_trade
外贸进出口总额总量|元 foreign_trade
出口|元 exports
进口|元 imports
跨境电商出口额|元 cross_border_ecommerce_exports
实际利用外资|美元 fdi
农村居民人均可支配收入|元 rural_income
农村常住居民人均可支配收入|元 rural_income
城镇居民人均可支配收入|元 urban_income
全体居民人均可支配收入|元 resident_income
城乡居民收入比| income_ratio
粮食播种面积|亩 grain_sown_area
粮食总产量|斤 grain_output
粮食单产|公斤 grain_yield
高标准农田新建|亩 high_standard_farmland
生猪出栏|头 pigs_slaughtered
生猪存栏|头 pigs_stock
省级农业产业化重点龙头企业|家 dragon_head_provincial
国家级农业产业化重点龙头企业|家 dragon_head_national
城镇新增就业|人 urban_new_jobs
城镇调查失业率|% surveyed_unemployment_rate
城镇登记失业率|% registered_unemployment_rate
学前教育毛入园率|% preschool_gross_rate
高中阶段毛入学率|% senior_gross_rate
高等教育毛入学率|% higher_gross_rate
每千人口执业(助理)医师|人 doctors_per_1000
每千人口托位数|个 nursery_places_per_1000
孕产妇死亡率|1/10万 maternal_mortality
婴儿死亡率|‰ infant_mortality
城乡居民医保参保率|% medical_insurance_rate_resident
基本医保参保率|% medical_insurance_rate
城市低保标准|元 urban_dibao_standard
农村低保标准|元 rural_dibao_standard
临时救助|元 temporary_relief_funds
临时救助|人次 temporary_relief
空气质量优良天数比例|% air_excellent_rate
优良天数|天 air_excellent_days
PM2.5年均浓度|微克/立方米 pm25
PM10平均浓度|微克/立方米 pm10
地表水国考断面水质优良比例|% water_excellent_rate
森林覆盖率|% forest_coverage
城镇老旧小区改造|个 old_communities
高速公路通车里程|公里 expressway_km
新改建农村公路|公里 rural_road_km
接待游客人次|人次 tourists
旅游总收入|元 tourism_revenue
国内旅游收入|元 tourism_revenue_domestic
4A级景区|家 scenic_areas_4a
4A级以上景区|家 scenic_areas_4a_plus
单位GDP能耗|% energy_per_gdp
万元工业增加值用水量|立方米 water_per_industrial_value_added
乡村旅游旅游收入|元 tourism_revenue_rural
创新联合体省级|家 innovation_consortia_provincial
R&D经费支出企业|元 rd_funds_firms
5G基站每万人拥有数|个 base_stations_5g_per_10k
固定资产投资增速排名|名次 -
企业|家 -
项目|个 -
投资|元 -
总投资|元 -
资金|元 -
占比|% -
比重|% -
占GDP比重|% -
占全省比重|% -
增速|% -
产值|元 -
增加值|元 -
营业收入|元 -
利润总额|元 -
强度|% -
面积|亩 -
产量|吨 -
总数|家 -
规模|元 -
问题|个 -
群众|人 -
完成率|% -
合格率|% -
满意度|% -
制造业|% -
新能源汽车|% -
规上工业|% -
服务业|% -
规上建筑业企业研发费用|元 -
限上工业企业研发费用|元 -
规上轴承企业研发费用|元 -
省级以上专精特新企业研发强度|% -
国家级省级企业技术中心|家 -
县级重点实验室|家 -
省级高新技术企业|家 -
市科技型中小企业|家 -
规下工业增加值|元 -
规上农业增加值|元 -
规上工业增加值占GDP比重|% -
GDP占工业增加值比重|% -
高新技术产业增加值占全省比重|% -
工业增加值用电量|千瓦时 -
高新技术企业占全市总数|% -
高新技术企业|元 -
规上工业企业|元 -
科技型中小企业|人 -
地区生产总值|家 -
粮食播种面积|吨 -
粮食总产量|亩 -
技术合同成交额|项 -
技术合同|% -
一般公共预算收入完成年初预算|% -
政府性基金预算总收入|元 -
固定资产投资完成年度任务|% -
重点项目投资完成率|% -
重点项目开工率|% -
重点项目年度投资|元 -
农村居民人均消费|家 -
县城居民人均可支配收入|元 -
城镇居民人均转移净收入|元 -
城市居民消费价格指数以外的价格|% -
民办高中阶段毛入学率|% -
乡镇医院床位|张 -
老年人死亡率|‰ -
轴承产值|元 -
规上木材加工产值|元 -
脱贫人口小额信贷逾期率|% -
养老机构入住率|% -
城镇就业人员|人 -
城镇新增就业目标|人 -
省级重点实验室省级技术创新中心|家 -
省级重点实验室和工程研究中心|家 -
高速公路在建里程|公里 -
农村公路养护投资|元 -
新能源汽车充电量|千瓦时 -
5G用户|户 -
PM2.5平均浓度同比改善幅度|% -
优良天数目标|天 -
研发费用加计扣除户数|户 -
申报高新技术企业通过率|% -
发明专利产业化率|% -
规上工业亩均税收以外的税收|元 -
进出口企业|家 -
对共建国家出口|元 -
旅游民宿床位|张 -
村级医疗救助站|个 -
规上文化企业从业人员|人 -
森林面积|亩 -
低保标准增幅目标|% -
幸福院床位|张 -
水库移民|人 -
茶园亩均收入|元 -
规上服务业企业研发费用|元 -
限上企业研发费用|元 -
全国重点实验室和省级重点实验室|家 -
国家级科技特派员|人 -
省级以上重点实验室|家 -
自治区级以上研发平台|个 provincial_plus_innovation_platforms
四上企业|家 four_above_enterprises
新认定高新技术企业|家 high_tech_enterprises_recognized
市级高新区|家 -
农村登记失业率|% -
城镇社会消费品零售额占比|% -
工业用水总量|立方米 -
出口退税企业|家 -
非居民人均可支配收入|元 -
水稻单产|公斤 -
生猪产值|元 -
服务业投资占比|% -
外商投资企业利润总额|元 -
省级众创空间入驻企业|家 -
制造业贷款不良率|% -
民间投资项目|个 -
一般公共预算教育支出占比|% -
新能源汽车出口|辆 -
老旧小区加装停车位|个 -
养老机构医疗床位|张 -
"""


def pairs() -> list[tuple[str, str, str | None]]:
    rows = [re.fullmatch(r"(.+)\|(\S*) (\S+)", line) for line in PAIRS.strip().splitlines()]
    return [(m[1], m[2], None if m[3] == "-" else m[3]) for m in rows if m]


def code(name: str, unit: str = "", measure: str = "") -> str | None:
    found = match(name, unit, measure)
    return found.code if found is not None else None


def test_the_catalogue_is_large_and_sound() -> None:
    assert len(CATALOGUE) >= 350
    assert len(BY_CODE) == len(CATALOGUE)
    for indicator in CATALOGUE:
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", indicator.code)
        assert indicator.kind in KINDS
        assert indicator.name not in indicator.aliases
        assert len(set(indicator.aliases)) == len(indicator.aliases)


def test_a_name_belongs_to_several_indicators_only_where_the_unit_decides() -> None:
    claimed = defaultdict(set)
    for indicator in CATALOGUE:
        for name in (indicator.name, *indicator.aliases):
            claimed[normalise(name), kind_of_unit(indicator.unit)].add(indicator.code)
    assert {key: codes for key, codes in claimed.items() if len(codes) > 1} == {}


def test_every_name_finds_its_own_indicator() -> None:
    wrong = [
        (name, code(name, indicator.unit), indicator.code)
        for indicator in CATALOGUE
        for name in (indicator.name, *indicator.aliases)
        if code(name, indicator.unit) != indicator.code
    ]
    assert wrong == []


def test_words_have_known_roles_and_synonyms_are_not_chained() -> None:
    listed = word_list()
    assert set(listed.roles.values()) == {"", "light", "verb", "money", "count", "weak"}
    assert [w for w, same in listed.synonyms.items() if same in listed.synonyms or same not in listed.roles] == []


def test_pairs_are_enough_and_name_codes_of_the_catalogue() -> None:
    assert len(pairs()) == len(PAIRS.strip().splitlines()) >= 150
    assert {c for *_, c in pairs() if c is not None} <= BY_CODE.keys()
    assert sum(c is None for *_, c in pairs()) >= 75


def test_precision_on_the_pairs() -> None:
    given = [(name, code(name, unit), wanted) for name, unit, wanted in pairs()]
    coded = [(name, ours, wanted) for name, ours, wanted in given if ours is not None]
    wrong = [x for x in coded if x[1] != x[2]]
    assert len(wrong) <= (1 - LEAST_PRECISION) * len(coded), wrong
    assert [x for x in given if x[2] is not None and x[1] is None] == []


def test_the_kind_follows_the_name() -> None:
    assert match("地区生产总值").kind == "flow"  # type: ignore[union-attr]
    assert match("地区生产总值增速").kind == "growth"  # type: ignore[union-attr]
    assert match("进出口总额位次").kind == "rank"  # type: ignore[union-attr]


def test_a_level_in_per_cent_is_no_number_of_things() -> None:
    assert code("高新技术企业", "%", "growth") == "high_tech_enterprises"
    assert code("高新技术企业", "%", "level") is None
    assert code("森林覆盖率", "%", "level") == "forest_coverage"


def test_an_amount_per_something_is_no_amount() -> None:
    assert code("食品抽检量", "批次") == "food_samples"
    assert code("食品抽检量", "批次/千人") is None
    assert code("农村低保标准", "元/月") == "rural_dibao_standard"


def test_scores_fall_with_each_step() -> None:
    scores = [match(name) for name in ("规上工业增加值", "规上工业增加值增速", "全市规上工业增加值", "增加值规上工业")]
    values = [m.score for m in scores if m is not None]
    assert len(values) == len(scores)
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == len(values)


@pytest.mark.parametrize(
    ("unit", "kind"),
    [
        ("万元", "money"), ("美元", "money"), ("人次", "people"), ("人年", "work"), ("万亩", "area"),
        ("公里", "length"), ("亿斤", "mass"), ("千克", "mass"), ("千瓦时", "energy"), ("万千瓦", "power"),
        ("天", "time"), ("%", "share"), ("家", "item"), ("", ""), ("元/亩", ""),
    ],
)  # fmt: skip
def test_what_a_unit_measures(unit: str, kind: str) -> None:
    assert kind_of_unit(unit) == kind


@given(st.text(max_size=40), st.sampled_from(["", "元", "家", "%", "亩", "x"]))
def test_any_text_is_safe(name: str, unit: str) -> None:
    found = match(name, unit)
    assert found is None or (0 < found.score <= 1 and found.code in BY_CODE)


@given(st.sampled_from(CATALOGUE), st.sampled_from(["“{}”", " {}", "{}的", "《{}》"]))
def test_quotes_and_blanks_change_nothing(indicator: indicators.Indicator, form: str) -> None:
    assert code(form.format(indicator.name), indicator.unit) == indicator.code


def test_the_segmenter_changes_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = words.segmenter()
    if cut is None:
        pytest.skip("spacy-pkuseg or its model is not installed")
    names = [(n, u) for n, u, _ in pairs()]
    with_it = [catalogue().find(*x) for x in names]
    monkeypatch.setattr(words, "segmenter", lambda: None)
    without = Catalogue(CATALOGUE, word_list())
    assert [without.find(*x) for x in names] == with_it


@given(st.text(alphabet="规上工业企业研发费用占比重农村居民X ", max_size=30))
def test_words_joined_give_the_name_back(text: str) -> None:
    assert "".join(piece for piece, _ in word_list().split(text)) == text
