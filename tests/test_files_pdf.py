"""The reader of PDFs: what comes out of each kind of page, to the character, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pdf_press import A4, FONT, Press, page_number, width_of
from reportlab.pdfgen.canvas import Canvas

from service.files.limits import Limits
from service.files.pdf import read_pdf
from service.records import Document

FIRST = "全年实现地区生产总值1862.35亿元，按可比价格计算，比上年增长5.8%。其中，第一产业增加值204.17亿元，增长3.9%。"
SECOND = (
    "年末常住人口198.74万人，比上年末减少0.36万人，其中城镇人口132.56万人，常住人口城镇化率66.7%，提高0.8个百分点。"
)
THIRD = "居民消费价格比上年上涨0.4%，其中食品烟酒类上涨0.9%，交通通信类下降2.1%。"
HEADER = ("指标", "单位", "2023年", "2022年")
ROWS = (
    ("粮食产量", "万吨", "138.62", "137.57"),
    ("水产品产量", "万吨", "41.37", "40.80"),
    ("用电量", "亿千瓦时", "94.2", "87.3"),
)


def read(data: bytes) -> Document:
    return read_pdf(data, Limits())


def lines(data: bytes) -> list[str]:
    return read(data).text.splitlines()


def piped(rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in rows]


# ------------------------------------------------------------------------------------------------------------- prose


def test_paragraphs_headings_and_a_title_of_two_lines() -> None:
    press = Press()
    press.centred("盐湾市2023年国民经济", 22)
    press.centred("和社会发展统计公报", 22)
    press.centred("盐湾市统计局　国家统计局盐湾调查队")
    press.centred("2024年3月18日")
    press.paragraph("一、综合")
    press.paragraph(FIRST)
    press.paragraph("（一）人口")
    press.paragraph(SECOND)
    press.paragraph("1.价格。" + THIRD)
    assert lines(press.done()) == [
        "盐湾市2023年国民经济和社会发展统计公报",
        "盐湾市统计局 国家统计局盐湾调查队",
        "2024年3月18日",
        "一、综合",
        FIRST,
        "（一）人口",
        SECOND,
        "1.价格。" + THIRD,
    ]


def test_every_printed_line_has_its_place() -> None:
    press = Press()
    press.centred("统计公报", 22)
    press.paragraph("甲" * 30)
    document = read(press.done())
    spoken = [(place.span.of(document.text), place.page, place.box) for place in document.places]
    assert spoken == [
        ("统计公报", 1, (253.5, 100.0, 341.5, 122.0)),
        ("甲" * 23, 1, (122.0, 138.5, 505.0, 154.5)),
        ("甲" * 7, 1, (90.0, 166.5, 202.0, 182.5)),
    ]


def test_a_paragraph_over_two_pages_has_places_on_both() -> None:
    press = Press(furniture=page_number)
    while press.y + press.leading < press.bottom - press.leading:
        press.paragraph("一、综合")
    press.paragraph(FIRST)
    press.paragraph(SECOND)
    document = read(press.done())
    assert document.text.splitlines()[-2:] == [FIRST, SECOND]
    start = document.text.index(FIRST)
    pages = [place.page for place in document.places if start <= place.span.start < start + len(FIRST)]
    assert pages == [1, 2, 2]
    assert "—" not in document.text


def test_lines_that_are_not_justified_end_a_paragraph_where_the_next_word_had_room() -> None:
    press = Press()
    press.paragraph(FIRST, justified=False)
    press.paragraph(SECOND, justified=False)
    press.line("附件：1.指标表", x=press.left + 32)
    press.line("盐湾市统计局", x=press.right - 160)
    press.line("2024年3月18日", x=press.right - 160)
    assert lines(press.done()) == [FIRST, SECOND, "附件：1.指标表", "盐湾市统计局", "2024年3月18日"]


def test_paragraphs_without_an_indent() -> None:
    press = Press()
    for text in (FIRST, SECOND, THIRD):
        press.paragraph(text, indent=0)
        press.y += 14
    assert lines(press.done()) == [FIRST, SECOND, THIRD]


def test_lists_keep_their_numbers_and_hang() -> None:
    press = Press()
    press.paragraph(FIRST)
    press.line("1.全年新增高新技术企业19家，总数达到97家，增幅居全市", x=90, fill=415)
    press.line("第2位，惠及企业114户。", x=104)
    press.line("2.建成孵化器3家。", x=90)
    press.line("① 净增入库企业12家；", x=122)
    press.line("● 税收增长8.1%。", x=122)
    assert lines(press.done()) == [
        FIRST,
        "1.全年新增高新技术企业19家，总数达到97家，增幅居全市第2位，惠及企业114户。",
        "2.建成孵化器3家。",
        "① 净增入库企业12家；",
        "● 税收增长8.1%。",
    ]


def test_words_and_numbers_at_the_end_of_a_line() -> None:
    press = Press(page=(300, 400), margins=(50, 50, 50, 50))
    press.line("全市共有Small and", x=50, fill=200)
    press.line("Medium企业，PM", x=50, fill=200)
    press.line("2.5平均浓度为33.6", x=50, fill=200)
    press.line("微克/立方米。", x=50)
    assert lines(press.done()) == ["全市共有Small and Medium企业，PM2.5平均浓度为33.6微克/立方米。"]


def test_full_width_figures_stay_as_they_are() -> None:
    press = Press()
    press.paragraph("全区实现产值１２．５亿元，增长８％，Ａ级企业３６家。")
    assert lines(press.done()) == ["全区实现产值１２．５亿元，增长８％，Ａ级企业３６家。"]


def test_characters_drawn_twice_count_once() -> None:
    press = Press()
    for shift in (0.0, 0.4):
        press.at(90 + shift, 100, "全市生产总值1122.33亿元，")
    assert lines(press.done()) == ["全市生产总值1122.33亿元，"]


def test_small_raised_figures_do_not_run_into_the_number() -> None:
    press = Press()
    for text, rise, size in (
        ("全年生产总值186亿元", 0, 16),
        ("1", 6, 8),
        ("，竣工面积33km", 0, 16),
        ("2", 6, 8),
        ("。", 0, 16),
    ):
        press.at(press.left, 100 - rise + (16 - size) * 0.88, text, size)
        press.left += width_of(text, size)
    assert lines(press.done()) == ["全年生产总值186亿元[1]，竣工面积33km²。"]


def test_a_list_of_contents_stays_a_list() -> None:
    press = Press()
    press.centred("目  录")
    for number, name in enumerate(("一、综合", "二、农业", "三、工业和建筑业"), 1):
        dots = int((415 - width_of(f"{name}{number}", 16)) / width_of("…", 16))
        press.line(f"{name}{'…' * dots}{number}", x=90)
    assert [line.replace("…", "") for line in lines(press.done())] == [
        "目 录",
        "一、综合1",
        "二、农业2",
        "三、工业和建筑业3",
    ]


# --------------------------------------------------------------------------------------------------------- furniture


def headed(canvas: Canvas, page: int) -> None:
    canvas.setFont(FONT, 9)
    canvas.drawString(90, 800, "盐湾市统计局 2023年统计公报")
    canvas.line(90, 795, 505, 795)
    canvas.drawCentredString(297, 40, f"第 {page} 页 共 3 页")


def slanted(canvas: Canvas, page: int) -> None:
    page_number(canvas, page)
    canvas.saveState()
    canvas.translate(200, 300)
    canvas.rotate(45)
    canvas.setFont(FONT, 60)
    canvas.drawString(0, 0, "内部资料88")
    canvas.restoreState()


def stamped(canvas: Canvas, page: int) -> None:
    canvas.setFont(FONT, 50)
    canvas.setFillGray(0.9)
    canvas.drawString(150, 700, "征求意见稿2024")
    canvas.setFillGray(0)
    canvas.drawCentredString(297, 40, str(page))


@pytest.mark.parametrize("furniture", [page_number, headed, slanted, stamped])
def test_what_stands_around_the_text_is_left_out(furniture: object) -> None:
    press = Press(furniture=furniture)  # type: ignore[arg-type]
    for _ in range(16):
        press.paragraph(FIRST)
        press.paragraph(SECOND)
    data = press.done()
    assert press.number > 3
    assert lines(data) == [FIRST, SECOND] * 16


def test_a_number_alone_at_the_foot_of_one_page() -> None:
    press = Press(furniture=lambda canvas, page: canvas.drawCentredString(297, 50, str(page)))
    press.paragraph(FIRST)
    assert lines(press.done()) == [FIRST]


def test_what_only_looks_like_a_page_number_stays() -> None:
    press = Press()
    press.paragraph(FIRST)
    press.at(90, 760, "2023")
    press.next_page()
    press.paragraph(SECOND)
    assert lines(press.done()) == [FIRST, "2023", SECOND]


# ----------------------------------------------------------------------------------------------------------- columns


def test_two_columns_below_a_heading_over_both() -> None:
    press = Press(size=10.5, leading=16)
    press.centred("盐湾市2023年国民经济和社会发展统计公报", 16)
    press.columns(2)
    press.bottom = press.y + 6 * 16
    for text in (FIRST, SECOND, THIRD):
        press.paragraph(text)
    assert lines(press.done()) == ["盐湾市2023年国民经济和社会发展统计公报", FIRST, SECOND, THIRD]


def test_columns_parted_by_a_heading_over_both() -> None:
    press = Press(size=10.5, leading=16)
    texts = []
    for number in "一二":
        title = f"{number}、全市经济运行情况的总体判断和下一步工作打算的几点考虑以及有关说明"
        press.columns(1)
        press.line(title)
        press.columns(2)
        press.bottom = press.y + 6 * 16
        for text in (FIRST, SECOND, THIRD):
            press.paragraph(text)
        texts.extend([title, FIRST, SECOND, THIRD])
        press.y = press.bottom + 10
        press.bottom = A4[1] - 100
    assert lines(press.done()) == texts


@pytest.mark.parametrize("count", [2, 3])
def test_columns_over_pages(count: int) -> None:
    press = Press(size=9, leading=15, furniture=page_number)
    press.columns(count)
    texts = [text.replace("比上年", f"比{2000 + n}年") for n in range(14 * count) for text in (FIRST, SECOND, THIRD)]
    for text in texts:
        press.paragraph(text)
    data = press.done()
    assert press.number > 2
    assert lines(data) == texts


def test_footnotes_stand_after_the_paragraph_that_they_interrupt() -> None:
    press = Press(furniture=page_number)
    while press.y + 6 * press.leading < press.bottom:
        press.paragraph("一、综合")
    notes = [
        "① 地区生产总值为初步核算数，按现价计算，增长速度按不变价格计算。",
        "② 第一产业不含农林牧渔专业及辅助性活动。",
    ]
    bottom, press.bottom = press.bottom, press.y + 2 * press.leading
    for number, note in enumerate(notes):
        press.at(90, bottom - 24 + 14 * number, note, 10)
    text = FIRST.replace("总值", "总值①").replace("产业", "产业②")
    press.paragraph(text)
    assert press.number == 2
    press.paragraph(SECOND)
    assert lines(press.done())[-4:] == [text, *notes, SECOND]


# ------------------------------------------------------------------------------------------------------------ tables


def test_a_ruled_table_with_caption_and_unit() -> None:
    press = Press()
    press.paragraph(FIRST)
    press.centred("表1 主要指标", 12)
    press.line("单位：见表", x=430, size=12)
    press.table([HEADER, *ROWS], [120, 80, 100, 100])
    press.paragraph(SECOND)
    document = read(press.done())
    assert document.text.splitlines() == [FIRST, "表1 主要指标", "单位：见表", *piped([HEADER, *ROWS]), SECOND]
    figure = next(place for place in document.places if place.span.of(document.text) == "138.62")
    assert figure.page == 1
    assert figure.box is not None
    left, top, right, bottom = figure.box
    assert (290, 390) <= (left, right) <= (390, 390)
    assert bottom - top == pytest.approx(12, abs=0.2)


def test_caption_and_unit_in_one_row_are_two_lines() -> None:
    press = Press()
    press.at(90, press.y, "表2 农业生产情况", 12)
    press.line("单位：万吨", x=440, size=12)
    press.table([HEADER, *ROWS], [120, 80, 100, 100])
    assert lines(press.done())[:2] == ["表2 农业生产情况", "单位：万吨"]


MERGED = (
    ("地区", "2023年", "", "2022年", ""),
    ("", "R&D经费", "强度(%)", "R&D经费", "强度(%)"),
    ("全市", "66.02", "1.97", "58.37", "1.88"),
    ("皖源县", "6.18", "2.06", "5.40", "1.91"),
)
HEADER_SPANS = ((0, 0, 2, 1), (0, 1, 1, 2), (0, 3, 1, 2))


def test_merged_cells_of_a_header() -> None:
    press = Press()
    press.table(MERGED, [90, 80, 80, 80, 80], spans=HEADER_SPANS)
    assert lines(press.done()) == piped(MERGED)


def test_a_label_that_spans_rows_stands_in_each() -> None:
    rows = [("类别", "地区", "产值"), ("工业", "宜阳区", "5.4"), ("", "太平县", "6.4"), ("农业", "宜阳区", "7.1")]
    press = Press()
    press.table(rows, [90, 90, 90], spans=((1, 0, 2, 1),))
    assert lines(press.done()) == piped([rows[0], rows[1], ("工业", "太平县", "6.4"), rows[3]])


@pytest.mark.parametrize("sides", [True, False])
def test_sides_that_are_not_drawn(sides: bool) -> None:
    press = Press()
    press.table([HEADER, *ROWS], [120, 80, 100, 100], sides=sides)
    assert lines(press.done()) == piped([HEADER, *ROWS])


def test_rows_without_lines_between_them() -> None:
    press = Press()
    press.table([HEADER, *ROWS], [120, 80, 100, 100], inner=False)
    assert lines(press.done()) == piped([HEADER, *ROWS])


def test_a_table_with_lines_across_alone() -> None:
    press = Press()
    press.paragraph(FIRST)
    press.table([HEADER, *ROWS], [120, 80, 100, 100], inner=False, sides=False, down=False)
    press.paragraph(SECOND)
    assert lines(press.done()) == [FIRST, *piped([HEADER, *ROWS]), SECOND]


def test_a_table_without_lines() -> None:
    press = Press()
    press.paragraph(FIRST)
    for row in (HEADER, *ROWS):
        for text, x in zip(row, (90, 220, 320, 420), strict=True):
            press.at(x, press.y, text)
        press.y += press.leading
    press.paragraph(SECOND)
    assert lines(press.done()) == [FIRST, *piped([HEADER, *ROWS]), SECOND]


def test_a_header_of_two_rows_without_lines() -> None:
    press = Press()
    press.at(92, 115, "指标", 12)
    for text, x in (("本月", 270), ("累计", 430)):
        press.at(x, 104, text, 12)
    rows = (("绝对数", "增长", "绝对数", "增长"), ("34.5", "8.1", "386.2", "7.4"), ("84.7", "5.9", "903.1", "5.2"))
    for number, row in enumerate(rows):
        for text, x in zip(row, (230, 310, 390, 470), strict=True):
            press.at(x, 126 + 22 * number, text, 12)
    press.at(92, 148, "工业增加值", 12)
    press.at(92, 170, "零售总额", 12)
    assert lines(press.done()) == [
        "| 指标 | 本月 |  | 累计 |  |",
        "|  | 绝对数 | 增长 | 绝对数 | 增长 |",
        "| 工业增加值 | 34.5 | 8.1 | 386.2 | 7.4 |",
        "| 零售总额 | 84.7 | 5.9 | 903.1 | 5.2 |",
    ]


def test_rows_of_labels_and_texts_are_no_table() -> None:
    press = Press()
    for left, right in (("发文机关：", "盐湾市统计局"), ("成文日期：", "2024年3月18日"), ("文号：", "盐统〔2024〕6号")):
        press.at(90, press.y, left)
        press.at(250, press.y, right)
        press.y += press.leading
    assert not any(line.startswith("|") for line in lines(press.done()))


def test_a_narrow_cell_that_breaks_a_label_and_a_figure() -> None:
    press = Press()
    press.table([("指标", "数额"), ("高新技术产业\n增加值", "12345\n678.9"), ("用电量", "94.2")], [90, 36], height=36)
    assert lines(press.done()) == ["| 指标 | 数额 |", "| 高新技术产业增加值 | 12345678.9 |", "| 用电量 | 94.2 |"]


def test_a_text_that_runs_over_the_side_of_its_cell_stays_in_it() -> None:
    press = Press()
    top = press.y
    press.table([("", "", "数额"), ("", "", "12.5"), ("", "", "94.2")], [60, 40, 90])
    for number, label in enumerate(("项目", "高新技术产业增加值", "用电量")):
        press.at(94, top + 4 + 20 * number, label, 12)
    assert lines(press.done()) == ["| 项目 |  | 数额 |", "| 高新技术产业增加值 |  | 12.5 |", "| 用电量 |  | 94.2 |"]


def test_a_frame_around_a_text_is_no_table() -> None:
    press = Press()
    press.canvas.rect(80, 500, 440, 300)
    press.paragraph(FIRST)
    press.canvas.line(90, 400, 505, 400)
    press.paragraph(SECOND)
    assert lines(press.done()) == [FIRST, SECOND]


@pytest.mark.parametrize("again", ["header", "nothing", "announced"])
def test_a_table_over_pages_is_one(again: str) -> None:
    rows = [(f"{n}号镇", "万吨", f"{n}.5", f"{n}.25") for n in range(1, 61)]
    press = Press(furniture=page_number)
    press.centred("表3 各镇产量", 12)
    for start in range(0, 60, 25):
        held = rows[start : start + 25]
        if start and again == "announced":
            press.line("续表3", x=90, size=12)
            press.line("单位：万吨", x=430, size=12)
        press.table([HEADER, *held] if again != "nothing" or not start else held, [120, 80, 100, 100])
        press.next_page() if start < 50 else None
    press.paragraph(SECOND)
    document = read(press.done())
    assert document.text.splitlines() == ["表3 各镇产量", *piped([HEADER, *rows]), SECOND]
    last = next(place for place in document.places if place.span.of(document.text) == "60号镇")
    assert last.page == 3


def test_a_row_that_a_page_breaks_is_made_whole() -> None:
    press = Press()
    press.table([("项目", "内容", "金额"), ("甲", "新建标准厂房", "5.4"), ("乙", "改造老旧", "6.4")], [90, 120, 90])
    press.next_page()
    press.table([("", "小区管网", ""), ("丙", "修路", "7.1")], [90, 120, 90])
    assert lines(press.done()) == [
        "| 项目 | 内容 | 金额 |",
        "| 甲 | 新建标准厂房 | 5.4 |",
        "| 乙 | 改造老旧小区管网 | 6.4 |",
        "| 丙 | 修路 | 7.1 |",
    ]


def test_tables_of_different_columns_on_two_pages_stay_two() -> None:
    press = Press()
    press.table([HEADER, *ROWS], [120, 80, 100, 100])
    press.next_page()
    other = [("地区", "位次"), ("宜阳区", "1"), ("太平县", "2")]
    press.table(other, [120, 80])
    assert lines(press.done()) == [*piped([HEADER, *ROWS]), *piped(other)]


def test_a_table_within_a_column() -> None:
    press = Press(size=10.5, leading=16)
    press.columns(2)
    press.bottom = press.top + 16 * 10
    press.paragraph(FIRST)
    rows = [("指标", "数额"), ("粮食产量", "138.62"), ("用电量", "94.2")]
    press.table(rows, [90, 80], size=9, height=16)
    press.paragraph(SECOND)
    press.paragraph(THIRD)
    press.paragraph(FIRST)
    assert lines(press.done()) == [FIRST, *piped(rows), SECOND, THIRD, FIRST]


# ------------------------------------------------------------------------------------------------------ turned pages


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_that_is_shown_turned_is_read_as_its_text_runs(turn: int) -> None:
    press = Press(page=A4 if turn == 180 else A4[::-1])
    press.canvas.setPageSize(A4)
    press.canvas.setPageRotation(turn)
    press.paragraph(FIRST)
    press.table([HEADER, *ROWS], [120, 80, 100, 100])
    document = read(press.done())
    assert document.text.splitlines() == [FIRST, *piped([HEADER, *ROWS])]
    assert document.places[0].box is not None
    left, top, right, bottom = document.places[0].box
    shown = {90: (479, 122, 495, 752), 180: (90, 726, 473, 742), 270: (100, 90, 116, 720)}[turn]
    assert (left, top, right, bottom) == pytest.approx(shown, abs=1)


def test_a_table_set_across_an_upright_page() -> None:
    press = Press()
    press.canvas.translate(595, 0)
    press.canvas.rotate(90)
    canvas_page = press.page
    press.page = (842.0, 595.0)
    press.table([HEADER, *ROWS], [120, 80, 100, 100])
    press.page = canvas_page
    document = read(press.done())
    assert document.text.splitlines() == piped([HEADER, *ROWS])
    assert document.places[0].box is not None
    assert document.places[0].box[3] > document.places[0].box[2]  # a word that runs up the page


def test_figures_that_run_another_way_are_named() -> None:
    press = Press()
    press.paragraph(FIRST)
    press.canvas.rotate(90)
    press.canvas.setFont(FONT, 12)
    press.canvas.drawString(200, -50, "产值88亿元")
    document = read(press.done())
    assert document.text.splitlines() == [FIRST]
    assert [note.code for note in document.notes] == ["turned-text-left-out"]


def test_what_lies_outside_the_page_is_not_read() -> None:
    press = Press(cropBox=(50, 50, 545, 792))
    press.paragraph(FIRST)
    press.at(560, 300, "裁切线")
    document = read(press.done())
    assert document.text.splitlines() == [FIRST]
    assert document.places[0].box is not None
    assert document.places[0].box[:2] == pytest.approx((72, 50), abs=0.2)


def test_tables_drawn_as_forms() -> None:
    press = Press()
    press.canvas.beginForm("grid")
    press.table([HEADER, *ROWS], [120, 80, 100, 100])
    press.canvas.endForm()
    press.canvas.translate(10, -50)
    press.canvas.doForm("grid")
    document = read(press.done())
    assert document.text.splitlines() == piped([HEADER, *ROWS])
