from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.furniture import Furniture, document_numbers, furniture
from service.layout import lay_out, part_of, section_of
from service.normalise import normalise
from service.outline import is_plan
from service.records import Layout, Span

PROSE = "我局坚持创新驱动发展，各项重点工作扎实推进，全年新增企业12家。" * 12


def asides(text: str) -> list[tuple[str, str]]:
    return [(aside.span.of(text), aside.reason) for aside in lay_out(text).set_aside]


def outline(text: str) -> list[tuple[int, str, bool]]:
    return [(section.level, section.heading.of(text), section.plan) for section in lay_out(text).sections]


def sentences(text: str) -> list[str]:
    return [sentence.span.of(text) for sentence in lay_out(text).sentences]


def part_titles(text: str) -> list[str | None]:
    return [part.title.of(text) if part.title else None for part in lay_out(text).parts]


REPORT = """东湖区科技局2023年工作总结及2024年工作计划
今年以来,我局狠抓落实。
一、2023年工作情况
(一)抓主体培育。全年新增企业12家;净增5家。引进团队3个!
1.研发投入。投入3亿元。
(1)平台建设
建成平台2个。
(二)抓成果转化
二、2024年工作打算
1.创新主体培育。力争新增20家。
2、强化保障:落实经费1亿元。
"""


def test_sections_nest_by_their_markers() -> None:
    layout = lay_out(REPORT)
    assert outline(REPORT) == [
        (1, "一、2023年工作情况", False),
        (2, "(一)抓主体培育", False),
        (3, "1.研发投入", False),
        (4, "(1)平台建设", False),
        (2, "(二)抓成果转化", False),
        (1, "二、2024年工作打算", True),
        (3, "1.创新主体培育", True),
        (3, "2、强化保障", True),
    ]
    assert [section.parent for section in layout.sections] == [-1, 0, 1, 2, 0, -1, 5, 5]
    assert layout.sections[3].path == ("一、2023年工作情况", "(一)抓主体培育", "1.研发投入", "(1)平台建设")
    assert layout.sections[0].span.end == layout.sections[5].span.start
    assert layout.sections[2].span.end == layout.sections[4].span.start


def test_sentences_end_at_stops_and_lines_and_know_their_section() -> None:
    layout = lay_out(REPORT)
    found = {sentence.span.of(REPORT): sentence for sentence in layout.sentences}
    assert "全年新增企业12家;净增5家。" in found
    assert found["引进团队3个!"].section == 1
    assert found["(一)抓主体培育。"].section == 1
    assert found["建成平台2个。"].section == 3
    assert found["今年以来,我局狠抓落实。"].section == -1
    assert found["今年以来,我局狠抓落实。"].paragraph == 1
    assert found["投入3亿元。"].paragraph == found["1.研发投入。"].paragraph
    section = section_of(layout, found["力争新增20家。"].span)
    assert section is not None
    assert section.path == ("二、2024年工作打算", "1.创新主体培育")
    assert section_of(layout, found["今年以来,我局狠抓落实。"].span) is None
    assert part_of(layout, found["力争新增20家。"].span) == 0


def test_a_stop_takes_its_closing_marks_along() -> None:
    assert sentences("他说:“增长5%。”随后离开?是的。)") == ["他说:“增长5%。”", "随后离开?", "是的。)"]


def test_the_title_is_no_heading() -> None:
    layout = lay_out(REPORT)
    assert [part.title for part in layout.parts] == [Span(0, REPORT.index("\n"))]
    assert layout.parts[0].span == Span(0, len(REPORT))


@pytest.mark.parametrize(
    ("words", "past", "expected"),
    [
        ("三、2024年工作思路", None, True),
        ("下一步工作打算", None, True),
        ("四、存在问题和下步打算", None, True),
        ("2023年工作总结及2024年工作计划", None, False),
        ("(一)年度计划完成情况", None, False),
        ("三、2026年重点工作", 2025, True),
        ("三、2025年重点工作", 2025, False),
        ("二、“十五五”时期主要目标任务", 2025, True),
        ("二、“十四五”时期主要目标任务", 2025, False),
        ("二、2024年重点任务", 0, True),
        ("二、重点任务", 2023, False),
        ("(二)实施雏鹰计划", 2023, False),
        ("", 2023, False),
    ],
)
def test_headings_that_speak_of_what_is_to_come(words: str, past: int | None, expected: bool) -> None:
    assert is_plan(words, past) is expected


def test_a_later_year_than_the_review_makes_a_plan() -> None:
    text = "一、20XX年工作回顾\n完成2项。\n二、2024年主要任务\n(一)培育主体\n新增3家。\n"
    assert [plan for _, _, plan in outline(text)] == [False, True, True]


def test_a_report_that_is_a_plan_by_its_title() -> None:
    text = f"东湖区科技局2024年工作要点\n{PROSE}\n一、抓主体\n新增3家。\n"
    assert outline(text) == [(1, "一、抓主体", True)]


def test_headings_without_a_marker_stand_above_a_fresh_count() -> None:
    text = "2024年工作回顾\n成绩显著。\n一、抓主体\n新增3家。\n2025年工作安排\n一、再抓主体\n新增5家。\n"
    assert outline(text) == [
        (0, "2024年工作回顾", False),
        (1, "一、抓主体", False),
        (0, "2025年工作安排", True),
        (1, "一、再抓主体", True),
    ]
    assert lay_out(text).sections[3].parent == 2


def test_items_of_a_list_are_no_headings() -> None:
    text = "附件1\n2024年民生实事\n1.发放住房租赁补贴一万六千户,改造老旧小区三百二十个,惠及居民二十万人。\n"
    assert outline(text) == [(0, "2024年民生实事", False)]
    assert asides(text) == [("附件1", "name"), ("1.", "list_marker")]


def test_markers_are_set_aside_by_kind() -> None:
    text = (
        "一、工作成效\n一是抓投入。投入3亿元;二是抓主体,新增2家。(1)引进5人;(2)培养8人。\n"
        "第三条 本办法自印发之日起施行。\n①平台建设\n见注释[12]。"
    )
    assert asides(text) == [
        ("一、", "heading"),
        ("一是", "list_marker"),
        ("二是", "list_marker"),
        ("(1)", "list_marker"),
        ("(2)", "list_marker"),
        ("第三条", "list_marker"),
        ("①", "heading"),
        ("[12]", "list_marker"),
    ]


def test_numerals_that_are_no_markers() -> None:
    assert asides("一、二等奖各1项。\n3.5亿元投入到位。\n2.5个百分点。\n1至9月完成。") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("依据(东科发[2022]7号)执行", ["(东科发[2022]7号)"]),
        ("依据东科发〔2021〕15号执行", ["〔2021〕15号"]),
        ("文件(2020)第3号", ["(2020)第3号"]),
        ("符合GB/T 12345-2019要求", ["GB/T 12345-2019"]),
        ("今年(2022年)7号", []),
    ],
)
def test_document_numbers(text: str, expected: list[str]) -> None:
    assert [span.of(text) for span in document_numbers(text)] == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("索引号:11330000/2024-00012", Furniture.KEYED),
        ("发布机构:科学技术局", Furniture.KEYED),
        ("访问次数:", Furniture.KEYED),
        ("责任编辑:张三", Furniture.KEYED),
        ("来源:东湖日报", Furniture.KEYED),
        ("【打印本页】【关闭本页】", Furniture.DEAD),
        ("| 分享到: | 【打印本页】【关闭本页】 |", Furniture.DEAD),
        ("您的位置:首页>政务公开", Furniture.DEAD),
        ("首页 > 政务公开 > 工作总结", Furniture.DEAD),
        ("【字体:大中小】", Furniture.DEAD),
        ("字体:大 中 小", Furniture.DEAD),
        ("-3-", Furniture.DEAD),
        ("第3页共12页", Furniture.DEAD),
        ("12", Furniture.DEAD),
        ("?", Furniture.DEAD),
        ("113308002002/2024-82510", Furniture.DEAD),
        ("大中小企业融通发展", Furniture.NONE),
        ("中小企业梯度培育", Furniture.NONE),
        ("分享经验做法,带动周边发展", Furniture.NONE),
        ("关闭落后产能12家", Furniture.NONE),
        ("来源:研发投入主要来自企业,全年投入3亿元。", Furniture.NONE),
        ("2024-03-05", Furniture.NONE),
        ("科学技术局", Furniture.NONE),
    ],
)
def test_furniture(line: str, expected: Furniture) -> None:
    assert furniture(line) is expected


def test_lines_with_dates_and_bodies_are_read_their_other_figures_are_not() -> None:
    text = (
        "索引号: | 11330000/2024-00012 | 成文日期: | 2024-03-05 |\n访问次数:1024\n发布时间:2024-03-05 14:35\n"
        "新增3家。\n-2-\n【关闭窗口】"
    )
    assert asides(text) == [
        ("11330000/2024-00012", "furniture"),
        ("1024", "furniture"),
        ("-2-", "furniture"),
        ("【关闭窗口】", "furniture"),
    ]
    assert sentences(text) == [*text.split("\n")[:3], "新增3家。"]


def test_a_number_among_cells_is_no_page_number() -> None:
    assert asides("区块\n东湖区\n12\n西山县\n15\n合计") == []
    assert asides("本页结束的一句话还没有写完\n12\n下一页接着写完。") == [("12", "furniture")]


def test_sentences_do_not_lie_in_tables() -> None:
    table = "区块 | 投入(亿元) | 排名 |\n东湖区 | 3.2 | 1 |\n西山县 | 2.8 | 2 |"
    text = f"投入情况如下。\n2023年投入情况\n{table}\n投入稳定。"
    layout = lay_out(text)
    assert len(layout.tables) == 1
    assert sentences(text) == ["投入情况如下。", "2023年投入情况", "投入稳定。"]
    assert layout.sections == ()  # the caption is no heading


COMPILATION = f"""科技局2023年工作总结汇编(2篇)
目录
1.东湖区科技局2023年工作总结……2
2.西山县科技局2023年工作总结及2024年工作计划12
东湖区科技局2023年工作总结
{PROSE}
一、工作成效
{PROSE}
西山县科技局2023年工作总结及2024年工作计划
{PROSE}
一、2024年工作计划
{PROSE}
"""


def test_a_compilation_has_a_part_for_each_report() -> None:
    layout = lay_out(COMPILATION)
    assert part_titles(COMPILATION) == ["东湖区科技局2023年工作总结", "西山县科技局2023年工作总结及2024年工作计划"]
    assert [part.span.start for part in layout.parts] == [0, COMPILATION.rindex("西山县科技局")]
    assert [(s.part, s.parent, s.plan) for s in layout.sections] == [(0, -1, False), (1, -1, True)]
    assert layout.sections[0].span.end == layout.parts[1].span.start
    assert asides(COMPILATION)[:4] == [
        ("1.", "table_of_contents"),
        ("……2", "table_of_contents"),
        ("2.", "table_of_contents"),
        ("12", "table_of_contents"),
    ]


def test_the_contents_list_of_one_report_makes_no_parts() -> None:
    text = f"工作报告\n目录\n一、成效....1\n二、打算....3\n一、成效\n{PROSE}\n二、打算\n{PROSE}"
    assert part_titles(text) == ["工作报告"]
    assert [heading for _, heading, _ in outline(text)] == ["一、成效", "二、打算"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("【东湖区】\n", "【西山县】\n"),
        ("东湖区:\n", "西山县:\n"),
        ("东湖区:", "西山县:"),
        ("一、东湖区\n", "二、西山县\n"),
    ],
)
def test_an_article_has_a_part_for_each_region(first: str, second: str) -> None:
    text = f"全市科技工作综述\n{PROSE}\n{first}{PROSE}\n{second}{PROSE}\n"
    assert part_titles(text) == ["全市科技工作综述", "东湖区", "西山县"]
    parts = lay_out(text).parts
    assert [part.span.start for part in parts] == [0, text.index(first), text.index(second)]


def test_what_follows_counted_regions_is_a_part_of_its_own() -> None:
    text = f"一、东湖区\n{PROSE}\n二、西山县\n{PROSE}\n三、下一步打算\n{PROSE}"
    assert part_titles(text) == ["东湖区", "西山县", None]


@pytest.mark.parametrize(
    "text", ["各区县:\n请认真落实。\n全市:\n新增3家。", f"东湖区:\n{PROSE}", "东湖区\n西山县\n北原市\n"]
)
def test_names_that_head_nothing_make_no_parts(text: str) -> None:
    assert len(lay_out(text).parts) == 1


def assert_sound(text: str, layout: Layout) -> None:
    assert layout.parts[0].span.start == 0
    assert layout.parts[-1].span.end == len(text)
    assert all(a.span.end == b.span.start for a, b in pairwise(layout.parts))
    for records in (layout.sentences, layout.set_aside, layout.tables):
        spans = [record.span for record in records]
        assert all(span.start < span.end for span in spans)
        assert all(a.end <= b.start for a, b in pairwise(spans))
    for index, section in enumerate(layout.sections):
        assert section.span.covers(section.heading)
        assert layout.parts[section.part].span.covers(section.span)
        assert section.parent < index
        if section.parent >= 0:
            above = layout.sections[section.parent]
            assert above.span.covers(section.span)
            assert above.level < section.level
    for sentence in layout.sentences:
        assert not sentence.span.of(text)[0].isspace()
        assert layout.parts[sentence.part].span.covers(sentence.span)
        assert not any(table.span.overlaps(sentence.span) for table in layout.tables)
        if sentence.section >= 0:
            assert layout.sections[sentence.section].span.covers(sentence.span)
        assert "\n" not in sentence.span.of(text)
    read = [s.span for s in layout.sentences] + [t.span for t in layout.tables]
    read += [a.span for a in layout.set_aside if a.reason == "furniture"]
    covered = bytearray(len(text))
    for span in read:
        covered[span.start : span.end] = b"\1" * (span.end - span.start)
    assert all(done or character.isspace() for done, character in zip(covered, text, strict=True))


LINES = st.sampled_from(
    [
        "一、工作成效", "二、2024年工作计划", "(一)抓投入。投入3亿元。", "1.平台", "(1)人才", "一是引才3人;二是育才",
        "目录", "1.东湖区科技局2023年工作总结3", "东湖区科技局2023年工作总结", "东湖区", "西山县:新增3家。", "12", "?",
        "", " ", "索引号: | 12/34 |", "区块 | 数值 |", "东湖区 | 3 |", "附件1", "名词解释", "工作打算", "【关闭】",
        PROSE, "# 标题", "第一章", "。!",
    ]
)  # fmt: skip


@settings(max_examples=200)
@given(st.one_of(st.lists(LINES, max_size=25).map("\n".join), st.text(st.characters(exclude_categories=["Cs"]))))
def test_layouts_are_sound(text: str) -> None:
    clean = normalise(text).text
    if clean:
        assert_sound(clean, lay_out(clean))


def test_an_empty_text_has_an_empty_part() -> None:
    assert lay_out("") == Layout(parts=lay_out("").parts, sections=(), sentences=(), tables=(), set_aside=())
    assert [part.span for part in lay_out("").parts] == [Span(0, 0)]


GOLD = Path(__file__).resolve().parent.parent.parent / "shared" / "gold" / "dev.jsonl"


@pytest.mark.skipif(not GOLD.exists(), reason="real reports are not part of the project")
def test_entities_of_real_reports_survive_the_way_in() -> None:
    """No entity is cut by the offset map, set aside, or torn between two sentences."""
    for line in GOLD.read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        clean = normalise(document["text"])
        layout = lay_out(clean.text)
        starts = {start: place for place, start in enumerate(clean.starts)}
        ends = {end: place + 1 for place, end in enumerate(clean.ends)}
        read = [sentence.span for sentence in layout.sentences] + [table.span for table in layout.tables]
        for entity in document["entities"]:
            span = Span(starts[entity["start"]], ends[entity["end"]])
            assert any(place.covers(span) for place in read), span.of(clean.text)
            assert not any(aside.span.overlaps(span) for aside in layout.set_aside), span.of(clean.text)
