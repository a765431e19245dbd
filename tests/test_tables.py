"""Grids found in text: shapes that extraction leaves, and what is no table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from service.tables import columns_of, find_boxes, find_tables, header_rows, is_blank

if TYPE_CHECKING:
    from service.records import Table


def cells(text: str, table: Table) -> list[list[tuple[int, str]]]:
    return [[(cell.column, cell.span.of(text)) for cell in row] for row in table.rows]


def only(text: str) -> Table:
    (table,) = find_tables(text)
    return table


PACKED = """各县研发强度表
地区 | 2021年 | 2022年 | |||
强度(%) | 排名 | 强度(%) | 排名 | |
临江区 | 1.25 | 3 | 1.31 | 2 |
望湖县 | 2.08 | 1 | -- | -- |
"""


def test_packed_header_is_spread_over_the_columns_it_merged() -> None:
    table = only(PACKED)
    assert cells(PACKED, table)[:3] == [
        [(0, "地区"), (1, "2021年"), (3, "2022年")],
        [(1, "强度(%)"), (2, "排名"), (3, "强度(%)"), (4, "排名")],
        [(0, "临江区"), (1, "1.25"), (2, "3"), (3, "1.31"), (4, "2")],
    ]
    assert header_rows(PACKED, table) == 2
    assert columns_of(table) == 5
    assert table.caption is not None
    assert table.caption.of(PACKED) == "各县研发强度表"


def test_span_runs_over_the_rows_without_the_caption() -> None:
    assert only(PACKED).span.of(PACKED) == "\n".join(PACKED.splitlines()[1:])


def test_markdown_rules_and_leading_pipes() -> None:
    text = "| 指标 | 2023年 |\n|:---|---:|\n| 专利 | 35 |\n| | 12 |\n"
    table = only(text)
    assert cells(text, table) == [[(0, "指标"), (1, "2023年")], [(0, "专利"), (1, "35")], [(0, ""), (1, "12")]]
    assert table.caption is None


def test_tab_rows() -> None:
    text = "名称\t家数\n临江区\t12\n望湖县\t9"
    assert cells(text, only(text))[1:] == [[(0, "临江区"), (1, "12")], [(0, "望湖县"), (1, "9")]]


def test_blanks_kept_in_header_stand_where_they_are() -> None:
    text = "区块 | 2022年 | | 2023年 | |\n | 数值 | 排名 | 数值 | 排名 |\n甲区 | 1 | 2 | 3 | 4 |"
    assert cells(text, only(text))[:2] == [
        [(0, "区块"), (1, "2022年"), (3, "2023年")],
        [(1, "数值"), (2, "排名"), (3, "数值"), (4, "排名")],
    ]


def test_single_measure_column_beside_a_merged_one() -> None:
    text = "区块 | 研发费用(亿元) | 高新技术企业数 | 备注 | |\n总数 | 新增数 | |||\n甲区 | 3.5 | 20 | 4 | 无 |"
    assert cells(text, only(text))[:2] == [
        [(0, "区块"), (1, "研发费用(亿元)"), (2, "高新技术企业数"), (4, "备注")],
        [(2, "总数"), (3, "新增数")],
    ]


def test_rows_under_a_merged_label_move_right() -> None:
    text = "类别 | 指标 | 数值 |\n投入 | 研发费用 | 3.5 |\n财政投入 | 1.2 | |\n产出 | 专利 | 30 |"
    assert cells(text, only(text))[2] == [(1, "财政投入"), (2, "1.2")]


def test_short_row_keeps_its_place_where_its_cells_agree() -> None:
    text = "区块 | 家数 | 排名 |\n甲区 | 20 | 1 |\n乙区 | 12 | |"
    assert cells(text, only(text))[2] == [(0, "乙区"), (1, "12"), (2, "")]


def test_caption_row_unit_row_and_note_row_lie_outside() -> None:
    text = "2023年临江区投入情况 | | |\n单位:万元 | | |\n项目 | 预算 | 支出 |\n科普 | 20 | 18 |\n注:决算数 | | |\n"
    table = only(text)
    assert table.caption is not None
    assert table.caption.of(text) == "2023年临江区投入情况"
    assert table.span.of(text) == "项目 | 预算 | 支出 |\n科普 | 20 | 18 |"


def test_unit_line_between_caption_and_grid() -> None:
    text = "临江区科技支出表\n单位:万元\n项目 | 预算 |\n科普 | 20 |"
    table = only(text)
    assert table.caption is not None
    assert table.caption.of(text) == "临江区科技支出表"


def test_prose_and_headings_above_are_no_caption() -> None:
    for line in ("全区共有企业20家。", "2.投入情况", "一、投入情况", "具体如下:"):
        text = f"{line}\n项目 | 预算 |\n科普 | 20 |"
        assert only(text).caption is None


def test_year_columns_are_header_and_not_data() -> None:
    text = "指标 | 2021 | 2022 |\n专利 | 30 | 41 |"
    assert header_rows(text, only(text)) == 1


def test_headerless_grid() -> None:
    text = "专利 | 30 |\n论文 | 12 |"
    assert header_rows(text, only(text)) == 0


def test_furniture_is_a_box_and_not_a_table() -> None:
    text = "索引号: | 00123/2024-5 | 公开方式: | 主动公开 |\n发布单位: | 科技局 | |\n正文。\n| 分享到: | 【打印】 |\n"
    assert find_tables(text) == ()
    assert [box.of(text) for box in find_boxes(text)] == [
        "索引号: | 00123/2024-5 | 公开方式: | 主动公开 |\n发布单位: | 科技局 | |",
        "| 分享到: | 【打印】 |",
    ]


def test_tabs_of_lists_and_contents_are_no_table() -> None:
    assert find_tables("一、总体情况\t1\n二、主要工作\t3\n三、存在问题\t8") == ()
    assert find_tables("\t缩进的一段,共20家。\n\t又一段,共30家。") == ()


def test_two_tables_each_with_its_caption() -> None:
    text = "甲表\n项目 | 数 |\n一 | 1 |\n\n乙表\n项目 | 数 |\n二 | 2 |"
    assert [table.caption.of(text) for table in find_tables(text) if table.caption] == ["甲表", "乙表"]


def test_blank_marks() -> None:
    assert all(is_blank(cell) for cell in ("", " ", "--", "—", "/", "-"))
    assert not any(is_blank(cell) for cell in ("0", "-1", "无"))


@given(st.text(alphabet="甲乙12.%-|\t\n :区排名(", max_size=200))
def test_cells_lie_in_order_inside_the_table(text: str) -> None:
    for table in find_tables(text):
        last = table.span.start
        for row in table.rows:
            columns = [cell.column for cell in row]
            assert columns == sorted(set(columns))
            for cell in row:
                assert last <= cell.span.start <= cell.span.end <= table.span.end
                assert cell.span.of(text) == cell.span.of(text).strip()
                last = cell.span.end
