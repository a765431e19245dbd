"""Web pages: each made for what must come out of it."""

from __future__ import annotations

import pytest

from service.errors import DamagedFile, NoTextInFile
from service.files import read_document
from service.files.html import read_html
from service.files.html_source import text_of
from service.files.limits import Limits

LIMITS = Limits()
PROSE = "2023年，全区技术合同成交额达5.6亿元，同比增长8.5%，新增高新技术企业12家。"
SITE = """<!DOCTYPE html><html><head><meta charset="{charset}">
<meta name="ArticleTitle" content="青岚区2023年科技工作总结"><title>青岚区2023年科技工作总结_青岚区人民政府</title>
<script>document.write("坏1")</script><style>p {{ color: red }}</style></head><body>
<div class="header"><ul class="nav"><li><a href="/">首页</a></li><li><a href="/a">政务公开</a></li></ul></div>
<div class="bread-crumb">当前位置：<a>首页</a> &gt; <a>政务公开</a> &gt; 工作总结</div>
<div class="page"><h1>青岚区2023年科技工作总结</h1>
<div>发布日期：2024-03-05 10:20　来源：区科技局　浏览次数：1234　【字体：大 中 小】</div>
<div id="zoom" class="TRS_Editor"><p>　　{prose}<script>alert("坏2")</script></p>
<p>附件：<a href="x.xlsx">附表.xlsx</a></p><p>打印本页　关闭窗口</p><p style="display: none">看不见</p></div>
<div class="share">分享到：微信 微博</div><ul><li><a href="/1">上一篇：通知</a></li></ul></div>
<div class="footer">主办：青岚区人民政府 浙ICP备12345678号-1 网站标识码3304990001</div></body></html>"""
ARTICLE = ["青岚区2023年科技工作总结", "发布日期：2024-03-05 10:20　来源：区科技局", PROSE, "附件：附表.xlsx"]


def lines(page: str) -> list[str]:
    return read_html(page.encode(), LIMITS).text.splitlines()


@pytest.mark.parametrize("encoding", ["utf-8", "gb2312", "gbk", "gb18030"])
def test_a_page_of_a_government_site(encoding: str) -> None:
    page = SITE.format(charset=encoding, prose=PROSE).encode(encoding)
    assert read_html(page, LIMITS).text.splitlines() == ARTICLE


def test_the_article_of_a_site_that_marks_none() -> None:
    page = SITE.format(charset="utf-8", prose=PROSE * 4).replace('id="zoom" class="TRS_Editor"', "")
    assert lines(page) == [*ARTICLE[:2], PROSE * 4, ARTICLE[3]]


def test_names_that_mislead() -> None:
    assert lines(f"<html><body><div class='nav'><p>{PROSE}</p></div><div>关于我们</div></body></html>") == [PROSE]


def test_the_article_of_a_page_laid_out_in_tables() -> None:
    menu = "<tr><td><a>首页</a></td></tr>"
    inner = f"<table><tr><td>导航</td><td><p>{PROSE * 3}</p><p>{PROSE * 2}</p></td></tr></table>"
    foot = "<tr><td class='footer'>版权所有</td></tr>"
    page = f"<html><body><table>{menu}<tr><td>{inner}</td></tr>{foot}</table></body></html>"
    assert lines(page) == [PROSE * 3, PROSE * 2]


PAGES = {
    "paragraphs and breaks": ("<p>甲<br>乙</p><div>丙</div>丁", ["甲", "乙", "丙", "丁"]),
    "blanks": ("<p>\n  甲\n  乙 &nbsp;</p><pre>丙\n 丁</pre>", ["甲 乙", "丙", "丁"]),
    "inline tags join": ("<p>增长<b>12</b>.<i>6</i>亿<span>元</span></p>", ["增长12.6亿元"]),
    "tags left open": ("<p>甲<p>乙<ul><li>丙<li>丁</ul>", ["甲", "乙", "• 丙", "• 丁"]),
    "numbered lists": (
        "<ol><li>甲<li>乙</ol><ol start=4 type=a><li>丙<li value=7>丁<li>戊</ol>",
        ["1. 甲", "2. 乙", "d. 丙", "g. 丁", "h. 戊"],
    ),
    "Chinese lists": ("<ol style='list-style-type: cjk-ideographic'><li>甲<li>乙</ol>", ["一、甲", "二、乙"]),
    "lists within lists": ("<ol><li>甲<ol type=i><li>子<li>丑</ol><li>乙</ol>", ["1. 甲", "i. 子", "ii. 丑", "2. 乙"]),
    "reversed lists": ("<ol reversed><li>甲<li>乙</ol>", ["2. 甲", "1. 乙"]),
    "lists without signs": ("<ul style='list-style: none'><li>甲</ul>", ["甲"]),
    "readings above characters": ("<p><ruby>率<rp>(</rp><rt>lǜ</rt><rp>)</rp></ruby>为5%</p>", ["率为5%"]),
    "what is not shown": (
        "<p>甲</p><p hidden>乙</p><ol hidden><li>丙</ol><noscript>丁</noscript><p>戊</p>",
        ["甲", "戊"],
    ),
    "a table": (
        "<table><caption>表1</caption><tr><th>地区<th>产值<tr><td>甲县<td>1.5<tr><td>乙县<td>2.5</table>",
        ["表1", "| 地区 | 产值 |", "| 甲县 | 1.5 |", "| 乙县 | 2.5 |"],
    ),
    "merged header cells": (
        "<table><tr><th rowspan=2>地区<th colspan=2>2022年<th colspan=2>2023年<tr><th>产值<th>增速<th>产值<th>增速"
        "<tr><td>甲县<td>1.5<td>2%<td>3.5<td>4%</table>",
        ["| 地区 | 2022年 |  | 2023年 |  |", "|  | 产值 | 增速 | 产值 | 增速 |", "| 甲县 | 1.5 | 2% | 3.5 | 4% |"],
    ),
    "labels merged down, to the end": (
        "<table><tr><td>产业<td>类别<td>产值<tr><td rowspan=0>工业<td>医药<td>1.5<tr><td>化工<td>2.5</table>",
        ["| 产业 | 类别 | 产值 |", "| 工业 | 医药 | 1.5 |", "| 工业 | 化工 | 2.5 |"],
    ),
    "title, unit and note within the grid": (
        "<table><tr><td colspan=2>表1 主要指标<tr><td colspan=2>单位：万元<tr><td>指标<td>数值<tr><td>产值<td>1.5"
        "<tr><td colspan=2>注：快报数</table>",
        ["表1 主要指标", "单位：万元", "| 指标 | 数值 |", "| 产值 | 1.5 |", "注：快报数"],
    ),
    "the foot last": (
        "<table><tfoot><tr><td>合计<td>3</tfoot><thead><tr><th>县<th>值</thead><tr><td>甲<td>3</table>",
        ["| 县 | 值 |", "| 甲 | 3 |", "| 合计 | 3 |"],
    ),
    "spans that cannot be": (
        "<table><tr><td colspan=-1>县<td rowspan=x>值<tr><td colspan=99999999>甲<tr><td>乙<td>2</table>",
        ["| 县 | 值 |", "| 甲 |  |", "| 乙 | 2 |"],
    ),
    "paragraphs and lists in cells": (
        "<table><tr><td><p>研发</p><p>经费</p><td>1.5<br>2.5<tr><td><ol><li>甲<li>乙</ol><td>3</table>",
        ["| 研发经费 | 1.5 2.5 |", "| 1. 甲2. 乙 | 3 |"],
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_shows(name: str) -> None:
    page, expected = PAGES[name]
    assert lines(f"<html><body>{page}</body></html>") == expected


def test_places_count_what_is_kept() -> None:
    found = read_html(
        "<html><body><p>甲</p><p> </p><table><tr><td>乙<td>1<tr><td>丙<td>2</table><p>丁".encode(), LIMITS
    )
    assert [(place.span.of(found.text), place.paragraph) for place in found.places] == [
        ("甲", 1),
        ("| 乙 | 1 |", 2),
        ("| 丙 | 2 |", 2),
        ("丁", 3),
    ]


def test_pictures_are_told_and_icons_are_not() -> None:
    found = read_html("<html><body><p>甲</p><img src=a.png><img src=b.gif width=16>".encode(), LIMITS)
    assert [note.message for note in found.notes] == ["文件中有 1 幅图片，图中的文字和数字没有读取"]


@pytest.mark.parametrize(
    "page", ["<html><body><div id=app></div><script>render()</script></body></html>", "<html></html>"]
)
def test_a_page_that_a_script_would_fill_has_no_text(page: str) -> None:
    with pytest.raises(NoTextInFile, match="脚本"):
        read_html(page.encode(), LIMITS)


def test_bytes_without_anything_are_no_page() -> None:
    with pytest.raises(DamagedFile):
        read_html(b"", LIMITS)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("甲\ufeff".encode("utf-16"), "甲\ufeff"),
        ("\ufeff<meta charset=gbk>甲".encode(), "<meta charset=gbk>甲"),
        ("<meta charset=gb2312>镕".encode("gbk"), "<meta charset=gb2312>镕"),
        ("<META http-equiv='Content-Type' content='text/html; charset=big5'>縣".encode("big5"), None),
        ("<meta charset=gbk>全区新增企业五家".encode(), "<meta charset=gbk>全区新增企业五家"),
        ("<meta charset=utf-16>全区新增企业五家".encode(), "<meta charset=utf-16>全区新增企业五家"),
        ("<meta charset=no-such>全区新增企业五家".encode("gbk"), "<meta charset=no-such>全区新增企业五家"),
        ("<meta charset=base64>全区新增企业五家".encode(), "<meta charset=base64>全区新增企业五家"),
        ("<meta charset=utf-8>全区新增".encode() + b"\xff\xfe\x00", "<meta charset=utf-8>全区新增\ufffd\ufffd\0"),
    ],
)
def test_encodings_of_pages(data: bytes, expected: str | None) -> None:
    assert text_of(data) == (expected if expected is not None else data.decode("big5"))


def test_the_encoding_that_the_sender_names_goes_before_the_pages_own() -> None:
    page = "<html><head><meta charset=utf-8></head><body><p>全区新增企业五家</p></body></html>".encode("gbk")
    for said in ("text/html; charset=GB2312", 'text/html;charset="gbk"', "text/html; charset=none-such", "text/html"):
        assert read_document(page, name="a.html", content_type=said, limits=LIMITS).text == "全区新增企业五家\n"
