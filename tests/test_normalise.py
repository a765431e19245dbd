from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.normalise import normalise
from service.pinyin import syllable
from service.records import Clean, Span
from service.rewriting import Draft
from service.traditional import is_traditional, simplify


def clean(text: str) -> str:
    return normalise(text).text


def original(result: Clean, part: str) -> str:
    """What a stretch of the clean text stands for in the posted one."""
    start = result.text.index(part)
    return result.to_original(Span(start, start + len(part))).of(result.original)


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        # one form for each character
        ("增长８．５％，其中（Ａ区）：Ｒ＆Ｄ！", "增长8.5%,其中(A区):R&D!"),
        ("、。《》“”①㎡²Ⅲ……", "、。《》“”①㎡²Ⅲ……"),
        ("比例为3∶1，时间14：35", "比例为3:1,时间14:35"),
        ("⺠营企业⼀家", "民营企业一家"),
        ("零\u200b宽\ufeff字\x07符\xad", "零宽字符"),
        ("甲\r\n乙\r丙", "甲\n乙\n丙"),
        # quotation marks
        ('“甲” "乙" 「丙」『丁』〝戊〞', "“甲”“乙”“丙”“丁”“戊”"),
        ('"甲"与"乙\n"丙', "“甲”与“乙\n“丙"),
        ("it's 15\" wide", "it's 15\" wide"),
        # masks
        ("投入**万元、ＸＸ亿元，××区、╳╳县，20xx年，xx家", "投入XX万元、XX亿元,XX区、XX县,20XX年,XX家"),
        ("补助×亿元，7×24小时，规格2××3", "补助X亿元,7×24小时,规格2XX3"),
        ("**项目建设**加快，实现**家电**下乡", "**项目建设**加快,实现**家电**下乡"),
        # blanks
        ("新增 164 项，1 至8 月完成3 . 2 亿元，占 5 %", "新增164项,1至8月完成3.2亿元,占5%"),
        ("甲\u3000区\u00a0开展 R&D 投入", "甲区开展R&D投入"),
        ("2 0 2 3 年，2024 - 2027 年", "2023年,2024-2027年"),
        ("Open AI lab", "Open AI lab"),
        ("12 34", "12 34"),
        ("1. 2023年工作\n1.\n", "1. 2023年工作\n1."),
        ("索引号: 12 公开方式: 主动", "索引号: 12 公开方式:主动"),
        ("区块 | 数值 |\n甲区 | 3 |", "区块 | 数值 |\n甲区 | 3 |"),
        ("区块\t数值\n甲区\t3\n正\t文", "区块\t数值\n甲区\t3\n正\t文"),
        ("正\t文一行。\n\n\n\n 次段 \n", "正文一行。\n\n次段"),
        # ranges
        ("2024—2027年，5～10名，4.5%–5%，5万~6万元，3月—5月", "2024-2027年,5-10名,4.5%-5%,5万-6万元,3月-5月"),
        ("2020——2023年，二〇一五—二〇二〇年", "2020-2023年,二〇一五-二〇二〇年"),
        ("——抓创新。甲—乙铁路", "——抓创新。甲—乙铁路"),
    ],
)
def test_exact_forms(posted: str, expected: str) -> None:
    assert clean(posted) == expected


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        ("东湖区發(fā)布時(shí)間(jiān)表", "东湖区发布时间表"),
        ("東湖區發（fā）布時(shi\u0301)間", "东湖区发布时间"),
        ("创(chuàng)新，实(shí)际，产(chǎn)业，他(de)书", "创新,实际,产业,他书"),
        ("创(chuàng)新，目(de)标", "创新,目(de)标"),  # one alone proves nothing for the toneless one
        ("产值(GDP)比重(a)，方案(plan)，(fā)", "产值(GDP)比重(a),方案(plan),(fā)"),
        ("测(Fā)试(fāā)例(xyz)子(ēng)", "测(Fā)试(fāā)例(xyz)子"),
    ],
)
def test_pinyin_in_brackets(posted: str, expected: str) -> None:
    assert clean(posted) == expected


def test_pinyin_belongs_to_the_character_before_it() -> None:
    result = normalise("東湖區研發(fā)經(jīng)費(fèi)達(dá)3億元。")
    assert result.text == "东湖区研发经费达3亿元。"
    assert original(result, "研发") == "研發(fā)"
    assert original(result, "经费") == "經(jīng)費(fèi)"
    assert original(result, "3亿元") == "3億元"


def test_deleted_blanks_lie_in_no_range() -> None:
    result = normalise("共 164 项 。")
    assert original(result, "164项") == "164 项"
    assert original(result, "项") == "项"
    assert original(result, "共") == "共"


@pytest.mark.parametrize(
    "text",
    ["《乾坤著作集》瞭望台，徵羽，凭藉与藉口，乾隆年间。", "发布时间，后面的人，干部，里程，头发，台湾。", "12345 GDP"],
)
def test_simplified_text_is_not_touched(text: str) -> None:
    assert simplify(text) is text


def test_traditional_text_is_converted_by_phrase() -> None:
    text = "縣政府發展乾燥設備，乾坤公司與幹部們看著後來的計劃。"
    assert is_traditional(text)
    assert simplify(text) == "县政府发展干燥设备,乾坤公司与干部们看著后来的计划。".replace(",", "，")
    assert not is_traditional("全区发布" * 20 + "縣")


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        # cut out by links and emphasis
        ("研发经费支出占\nGDP\n比重达到2.5%。", "研发经费支出占GDP比重达到2.5%。"),
        ("我们落实《\n创新条例\n》，细颗粒物（PM\n2.5\n）下降。", "我们落实《创新条例》,细颗粒物(PM2.5)下降。"),
        ("光缆线路550\n\n多万公里。", "光缆线路550多万公里。"),
        ("全年投入达到\n3.5亿元。", "全年投入达到3.5亿元。"),
        ("（\n三）改革持续深化。", "(三)改革持续深化。"),
        ("1.\n区局工作总结2\n2.市局工作总结5", "1.区局工作总结2\n2.市局工作总结5"),
        # what stays apart
        ("一、建设目的\n推进工作。", "一、建设目的\n推进工作。"),
        ("来源：\n日报", "来源:\n日报"),
        ("主要指标包括投入、\n二、下步打算", "主要指标包括投入、\n二、下步打算"),
        ("甲区 | 3 | ，\n乙区 | 4 |", "甲区 | 3 | ,\n乙区 | 4 |"),
        ("生态底色更加亮丽\n始终坚持绿色发展，成效明显。", "生态底色更加亮丽\n始终坚持绿色发展,成效明显。"),
        ("形成的成果转化\n12\n机制更加完善", "形成的成果转化\n12\n机制更加完善"),
        ("现将情况汇报如下：\n一、成效", "现将情况汇报如下:\n一、成效"),
        ("发布日期：2024-03-05\n各位代表：\n现在报告工作。", "发布日期:2024-03-05\n各位代表:\n现在报告工作。"),
    ],
)
def test_line_breaks(posted: str, expected: str) -> None:
    assert clean(posted) == expected


def test_a_page_of_fixed_width_flows_again() -> None:
    body = "全区上下坚持创新驱动发展战略不动摇全面落实各项政策措施扎实推进重点项目建设" * 6
    width = 25
    lines = [body[i : i + width] for i in range(0, len(body), width)]
    text = "一、工作成效\n" + "\n".join(lines) + "。\n二、下步打算\n继续努力。"
    assert clean(text) == f"一、工作成效\n{body}。\n二、下步打算\n继续努力。"


def test_nothing_but_blanks_is_empty() -> None:
    assert normalise(" \r\n\u200b\u3000\t").text == ""
    assert normalise("").text == ""


PIECES = st.sampled_from(
    [
        *"甲乙12XxaAＸ×*.,，。;：:%％()（）【】《》“”\"'「」|-—~～·_", " ", "  ", "\u3000", "\t", "\n", "\r\n", "\r",
        "\u200b", "\ufeff", "\u2028", "發", "縣", "乾", "著", "(fā)", "(de)", "（shí）", "(a)", "GDP", "**", "万元",
        "亿", "年", "月", "第", "一、", "(二)", "1.", "3 . 2", "——", "𠮷", "e\u0301", "\u0301", "占", "的", "索引号:",
        "https://a.cn/b",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=40).map("".join)
ANY = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)


def assert_map_is_exact(result: Clean) -> None:
    size = len(result.text)
    assert len(result.starts) == len(result.ends) == size
    ranges = list(zip(result.starts, result.ends, strict=True))
    assert all(0 <= start < end <= len(result.original) for start, end in ranges)
    assert all(before[1] <= after[0] for before, after in pairwise(ranges))


@settings(max_examples=300)
@given(st.one_of(TEXTS, ANY))
@example("甲(fā) (fā)乙" * 3)
@example("a\t\n\tb")
def test_every_character_has_its_range(text: str) -> None:
    result = normalise(text)
    assert result.original == text
    assert_map_is_exact(result)
    for place, character in enumerate(result.text):
        source = result.to_original(Span(place, place + 1)).of(text)
        if character.isalnum() and character.isascii() and character not in "Xxag":
            assert source[0] == character or not source[0].isascii()


@settings(max_examples=300)
@given(st.one_of(TEXTS, ANY))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


@given(TEXTS)
def test_digits_are_neither_lost_nor_moved(text: str) -> None:
    assert [c for c in clean(text) if c in "0123456789"] == [c for c in text if c in "0123456789"]


def test_a_draft_keeps_its_length_when_replacing() -> None:
    draft = Draft("甲乙")
    with pytest.raises(ValueError, match="one by one"):
        draft.replace("甲")


@pytest.mark.parametrize(
    ("letters", "expected"),
    [("fā", True), ("fa\u0304", True), ("lǜ", True), ("de", False), ("zhuang", False), ("GDP", None), ("fāng ", None),
     ("fāā", None), ("bong", None), ("", None)],
)  # fmt: skip
def test_syllables(letters: str, expected: bool | None) -> None:
    assert syllable(letters) is expected
