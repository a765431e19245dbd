"""Word files: each made for what must come out of it."""

from __future__ import annotations

import io

import docx
import pytest
from word_files import cell, field, item, level, numbering, paragraph, row, run, table, word_file

from service.errors import NoTextInFile, TextTooLong
from service.files.counting import shown
from service.files.docx import read_docx
from service.files.limits import Limits

LIMITS = Limits()
CHINESE = numbering(
    level(0, "chineseCountingThousand", "%1、", more='<w:suff w:val="nothing"/>'),
    level(1, "chineseCounting", "（%2）", more='<w:suff w:val="nothing"/>'),
    level(2, "decimal", "%3."),
    level(3, "decimal", "%1.%3.%4", more="<w:isLgl/>"),
)
BOX = "<w:txbxContent>{}</w:txbxContent>"


def lines(body: str, **given: object) -> list[str]:
    return read_docx(word_file(body, **given), LIMITS).text.splitlines()  # type: ignore[arg-type]


BODIES = {
    "paragraphs": (paragraph("甲") + paragraph() + paragraph("乙"), ["甲", "乙"]),
    "runs are joined": (paragraph(inner=run("12.") + run("6亿", "<w:b/>") + run("元")), ["12.6亿元"]),
    "line breaks and tabs": (
        paragraph("甲", inner="<w:r><w:br/><w:t>乙</w:t><w:tab/><w:t>丙</w:t></w:r>"),
        ["甲", "乙\t丙"],
    ),
    "a page break within a paragraph": (
        paragraph("甲", inner='<w:r><w:br w:type="page"/></w:r>' + run("乙")),
        ["甲", "乙"],
    ),
    "deleted and inserted": (
        paragraph(
            "增长",
            inner='<w:del w:id="1"><w:r><w:delText>8.4%</w:delText></w:r></w:del><w:ins w:id="2">'
            + run("8.5%")
            + "</w:ins>",
        ),
        ["增长8.5%"],
    ),
    "moved": (
        paragraph("甲", inner="<w:moveFrom>" + run("旧") + "</w:moveFrom>")
        + paragraph(inner="<w:moveTo>" + run("旧") + "</w:moveTo>"),
        ["甲", "旧"],
    ),
    "a paragraph whose end was deleted": (
        paragraph("上半句，", properties="<w:rPr><w:del/></w:rPr>") + paragraph("下半句。"),
        ["上半句，下半句。"],
    ),
    "hidden text": (
        paragraph("看得见", inner=run("看不见", "<w:vanish/>") + run("的", '<w:vanish w:val="0"/>')),
        ["看得见的"],
    ),
    "the result of a field": (paragraph("共", inner=field("= SUM(ABOVE) 77", run("128")) + run("家")), ["共128家"]),
    "a field within the instruction of another": (
        paragraph(
            inner=field("IF ", run("真"), hidden="<w:rPr><w:vanish/></w:rPr>").replace(
                "IF </w:instrText></w:r>", "IF </w:instrText></w:r>" + field("PAGE", run("7"))
            )
        ),
        ["真"],
    ),
    "a simple field": (
        paragraph(inner='<w:fldSimple w:instr="DATE">' + run("2024年3月5日") + "</w:fldSimple>"),
        ["2024年3月5日"],
    ),
    "a hyperlink": (paragraph("见", inner='<w:hyperlink r:id="x">' + run("附表") + "</w:hyperlink>"), ["见附表"]),
    "content controls": (
        "<w:sdt><w:sdtPr/><w:sdtContent>"
        + paragraph("甲", inner="<w:sdt><w:sdtContent>" + run("乙") + "</w:sdtContent></w:sdt>")
        + "</w:sdtContent></w:sdt>",
        ["甲乙"],
    ),
    "a comment": (
        paragraph(
            "甲",
            inner='<w:commentRangeStart w:id="0"/>'
            + run("乙")
            + '<w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/></w:r>',
        ),
        ["甲乙"],
    ),
    "readings above characters": (
        paragraph(
            inner="<w:r><w:ruby><w:rt>" + run("lǜ") + "</w:rt><w:rubyBase>" + run("率") + "</w:rubyBase></w:ruby></w:r>"
        ),
        ["率"],
    ),
    "a formula": (
        paragraph(
            inner="<m:oMath><m:f><m:num><m:r><m:t>34.2</m:t></m:r></m:num><m:den><m:r><m:t>1.147</m:t></m:r></m:den></m:f></m:oMath>"
        ),
        ["34.2/1.147"],
    ),
    "symbols": (
        paragraph(
            inner='<w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:sym w:char="F0B1"/><w:sym w:char="F0C9"/></w:r>'
            + run("5")
        ),
        ["☑±5"],
    ),
    "a text box, once, below its paragraph": (
        paragraph(
            "正文",
            inner="<w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx>"
            + BOX.format(paragraph("框中"))
            + "</wps:txbx></w:drawing></mc:Choice>"
            "<mc:Fallback><w:pict><v:textbox>"
            + BOX.format(paragraph("框中"))
            + "</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>",
        )
        + paragraph("下文"),
        ["正文", "框中", "下文"],
    ),
    "a table of contents": (
        paragraph(inner=field('TOC \\o "1-3"', run("一、总体情况") + "<w:r><w:tab/><w:t>3</w:t></w:r>"))
        + paragraph("一、总体情况"),
        ["一、总体情况……3", "一、总体情况"],
    ),
    "a table": (
        table(row("地区", "产值"), row("甲县", "1.5"), row("乙县", "2.5")),
        ["| 地区 | 产值 |", "| 甲县 | 1.5 |", "| 乙县 | 2.5 |"],
    ),
    "header cells merged across and down": (
        table(
            row(cell("地区", down="restart"), cell("2022年", across=2), cell("2023年", across=2)),
            row(cell(down="continue"), "产值", "增速", "产值", "增速"),
            row("甲县", "1.5", "2%", "3.5", "4%"),
        ),
        ["| 地区 | 2022年 |  | 2023年 |  |", "|  | 产值 | 增速 | 产值 | 增速 |", "| 甲县 | 1.5 | 2% | 3.5 | 4% |"],
    ),
    "labels merged down stand in each row, figures once": (
        table(
            row("产业", "类别", "产值", "合计"),
            row(cell("工业", down="restart"), "医药", "1.5", cell("9.9", down="restart")),
            row(cell(down="continue"), "化工", "2.5", cell(down="continue")),
        ),
        ["| 产业 | 类别 | 产值 | 合计 |", "| 工业 | 医药 | 1.5 | 9.9 |", "| 工业 | 化工 | 2.5 |  |"],
    ),
    "title, unit and note within the grid": (
        table(
            row(cell("表1 主要指标", across=2)),
            row(cell("单位：万元", across=2)),
            row("指标", "数值"),
            row("产值", "1.5"),
            row(cell("注：快报数", across=2)),
        ),
        ["表1 主要指标", "单位：万元", "| 指标 | 数值 |", "| 产值 | 1.5 |", "注：快报数"],
    ),
    "columns in which no cell begins": (
        table(row(cell("指标", across=2), cell("数值", across=3)), row(cell("产值", across=2), cell("1.5", across=3))),
        ["| 指标 | 数值 |", "| 产值 | 1.5 |"],
    ),
    "signs that part cells, and lines within them": (
        table(row("指标|名称", "数值\n（万元）"), row("研发\n经费", "1.5 2.5")),
        ["| 指标/名称 | 数值（万元） |", "| 研发经费 | 1.5 2.5 |"],
    ),
    "a table that only frames its text": (table(row(cell("第一段\n第二段"))), ["第一段", "第二段"]),
    "a table within a table": (
        table(row("甲", cell("乙", inner=table(row("内1", "内2"), row("内3", "4")))), row("丙", "5")),
        ["| 甲 | 乙 |", "| 丙 | 5 |", "| 内1 | 内2 |", "| 内3 | 4 |"],
    ),
    "rows and cells that a revision deleted": (
        table(row("指标", "数值"), row("旧", "1", properties="<w:del/>"), row("产值", "2")),
        ["| 指标 | 数值 |", "| 产值 | 2 |"],
    ),
    "rows that begin in a later column": (
        table(
            row("指标", "目标", "完成"), row("产值", "1", "2"), row("3", "4", properties='<w:gridBefore w:val="1"/>')
        ),
        ["| 指标 | 目标 | 完成 |", "| 产值 | 1 | 2 |", "|  | 3 | 4 |"],
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_what_a_body_shows(name: str) -> None:
    body, expected = BODIES[name]
    assert lines(body) == expected


def test_lists_are_numbered_as_shown() -> None:
    body = "".join(
        (
            item("总体情况", level=0),
            item("科技", level=1),
            item("高企", level=2),
            item("平台", level=2),
            item("明细", level=3),
            item("工业", level=1),
            item("产值", level=2),
            paragraph("不编号"),
            item("下一步", level=0),
            item("目标", level=1),
        )
    )
    expected = [
        "一、总体情况",
        "（一）科技",
        "1. 高企",
        "2. 平台",
        "1.2.1 明细",
        "（二）工业",
        "1. 产值",
        "不编号",
        "二、下一步",
        "（一）目标",
    ]
    assert lines(body, parts={"numbering": CHINESE}) == expected


def test_another_instance_goes_on_unless_it_says_where_to_begin() -> None:
    one = '<w:num w:numId="{}"><w:abstractNumId w:val="0"/>{}</w:num>'
    anew = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>'
    definition = numbering(
        level(0, "decimal", "%1）"), instances=(one.format(1, ""), one.format(2, ""), one.format(3, anew))
    )
    body = item("甲", 1) + item("乙", 2) + item("丙", 3) + item("丁", 3) + item("戊", 0) + item("己", 9)
    assert lines(body, parts={"numbering": definition}) == ["1）甲", "2）乙", "5）丙", "6）丁", "戊", "己"]


def test_headings_are_numbered_by_their_style() -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="a"><w:name w:val="heading 1"/>'
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="b"><w:name w:val="my heading"/><w:basedOn w:val="a"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="c"><w:basedOn w:val="d"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="d"><w:basedOn w:val="c"/></w:style>'
    )
    named = [
        paragraph(text, properties=f'<w:pStyle w:val="{style}"/>')
        for text, style in (("甲", "a"), ("乙", "b"), ("丙", "c"))
    ]
    assert lines("".join(named), parts={"numbering": CHINESE, "styles": styles}) == ["一、甲", "二、乙", "丙"]


def test_bullets_of_private_fonts_are_bullets() -> None:
    definition = numbering(level(0, "bullet", "\uf0b7"), level(1, "bullet", "●"))
    assert lines(item("甲") + item("乙", level=1), parts={"numbering": definition}) == ["• 甲", "● 乙"]


def test_cells_are_numbered_too() -> None:
    body = table(row("序号", "县"), row(cell(inner=item("")), "甲"), row(cell(inner=item("")), "乙"))
    expected = ["| 序号 | 县 |", "| 1 | 甲 |", "| 2 | 乙 |"]
    assert lines(item("") + body, parts={"numbering": numbering(level(0, "decimal", "%1", start=0))}) == expected


def test_headers_and_comments_are_set_aside_and_notes_stand_below() -> None:
    notes = (
        '<w:footnote w:id="0">'
        + paragraph("分隔")
        + '</w:footnote><w:footnote w:id="2">'
        + paragraph("快报数。")
        + "</w:footnote>"
    )
    parts = {
        "footnotes": notes,
        "header1": paragraph("页眉 第1页"),
        "comments": '<w:comment w:id="0">' + paragraph("请核对") + "</w:comment>",
    }
    body = paragraph("产值5亿元", inner='<w:r><w:footnoteReference w:id="2"/></w:r>' + run("，增长8%。")) + paragraph(
        "下文"
    )
    found = read_docx(word_file(body, parts=parts), LIMITS)
    assert found.text.splitlines() == ["产值5亿元①，增长8%。", "下文", "①快报数。"]
    assert [place.paragraph for place in found.places] == [1, 2, 1]


def test_places_count_the_blocks_of_the_body() -> None:
    body = (
        paragraph("甲")
        + paragraph()
        + table(row("乙", "1"), row("丙", "2"))
        + paragraph("丁", inner="<w:r><w:br/><w:t>戊</w:t></w:r>")
    )
    found = read_docx(word_file(body), LIMITS)
    shown_there = [(place.span.of(found.text), place.paragraph) for place in found.places]
    assert shown_there == [("甲", 1), ("| 乙 | 1 |", 3), ("| 丙 | 2 |", 3), ("丁", 4), ("戊", 4)]
    assert all((place.page, place.box) == (None, None) for place in found.places)


def test_pictures_and_embedded_files_are_told() -> None:
    body = paragraph("正文", inner="<w:r><w:drawing><pic:pic/></w:drawing></w:r>") + '<w:altChunk r:id="x"/>'
    found = read_docx(word_file(body), LIMITS)
    assert found.text == "正文\n"
    assert [note.code for note in found.notes] == ["embedded-not-read", "pictures-not-read"]


def test_nothing_but_pictures_is_a_scan() -> None:
    with pytest.raises(NoTextInFile):
        read_docx(word_file(paragraph(inner="<w:r><w:drawing><pic:pic/></w:drawing></w:r>")), LIMITS)


def test_a_text_beyond_the_limit_is_refused() -> None:
    with pytest.raises(TextTooLong):
        read_docx(word_file(paragraph("甲" * 11)), Limits(characters=10))


def test_a_document_of_python_docx() -> None:
    document = docx.Document()
    document.add_heading("青岚区2023年工作总结", 0)
    document.add_paragraph("新增高企12家", style="List Number")
    document.add_paragraph("新增平台3个", style="List Number")
    grid = document.add_table(2, 2)
    for place, text in zip(((0, 0), (0, 1), (1, 0), (1, 1)), ("指标", "数值", "产值", "1.5"), strict=True):
        grid.cell(*place).text = text
    document.sections[0].footer.paragraphs[0].text = "第1页"
    out = io.BytesIO()
    document.save(out)
    expected = ["青岚区2023年工作总结", "1. 新增高企12家", "2. 新增平台3个", "| 指标 | 数值 |", "| 产值 | 1.5 |"]
    assert read_docx(out.getvalue(), LIMITS).text.splitlines() == expected


@pytest.mark.parametrize(
    ("form", "count", "expected"),
    [
        *(
            ("chineseCounting", count, text)
            for count, text in ((1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (105, "一百零五"))
        ),
        *(
            ("chineseCountingThousand", count, text)
            for count, text in ((110, "一百一十"), (1001, "一千零一"), (12345, "12345"))
        ),
        *(
            ("ideographDigital", 10, "一〇"),
            ("chineseLegalSimplified", 12, "壹拾贰"),
            ("ideographTraditional", 3, "丙"),
        ),
        *(("ideographZodiac", 12, "亥"), ("ideographTraditional", 11, "11"), ("decimalEnclosedCircleChinese", 20, "⑳")),
        *(("decimalEnclosedCircle", 21, "㉑"), ("decimalEnclosedCircle", 51, "51"), ("decimalEnclosedParen", 2, "⑵")),
        *(("decimalEnclosedFullstop", 20, "⒛"), ("decimalFullWidth", 12, "１２"), ("decimalZero", 3, "03")),
        *(
            ("lowerLetter", 28, "bb"),
            ("upperLetter", 26, "Z"),
            ("lowerRoman", 49, "xlix"),
            ("upperRoman", 1994, "MCMXCIV"),
        ),
        *(("none", 3, ""), ("unheardOf", 3, "3"), ("lowerRoman", 0, "0"), ("ideographEnclosedCircle", 10, "㊉")),
    ],
)
def test_number_formats(form: str, count: int, expected: str) -> None:
    assert shown(count, form) == expected
