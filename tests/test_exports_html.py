"""The page of a report: its figures marked and linked both ways, nothing loaded, nothing run."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from exported import file_of, read_report
from hypothesis import given
from hypothesis import strategies as st

from service.exports.figures import ReadReport
from service.exports.forms import Form
from service.exports.marked_text import Mark, MarkedText, plain
from service.schema import FindingJson, SectionJson, TableJson
from service.tables import DELIMITERS

HOSTILE = (
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "\"'><a href=javascript:alert(1)>",
    "&lt;b&gt;&amp;",
    "<!--",
    "]]>",
)
ALLOWED = frozenset(
    {
        *("html", "head", "meta", "title", "style", "body", "article", "header", "section", "h1", "h2", "h3", "h4"),
        *("h5", "h6", "p", "a", "span", "sup", "dl", "dt", "dd", "div", "table", "thead", "tbody", "tr", "th", "td"),
        *("ol", "li", "code"),
    }
)


class Page(HTMLParser):
    """What a browser would make of it: elements, ids, links, text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def of(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [given for name, given in self.tags if name == tag and wanted.items() <= given.items()]


def page_of(*reports: ReadReport) -> Page:
    return Page(file_of(Form.HTML, *reports).decode())


def body_of(report: ReadReport) -> str:
    """The text of the report as the page has it."""
    page = file_of(Form.HTML, report).decode()
    return re.sub(r"<sup>\d+</sup>", "", page.partition('<section class="text">\n')[2].partition("</section>")[0])


def test_figures_and_rows_lead_to_one_another() -> None:
    page = page_of(read_report("营收3.2亿元，增长8.5%，共12家。"), read_report("营收5家"))
    ids = [given["id"] for _, given in page.tags if "id" in given]
    assert len(set(ids)) == len(ids)
    links = [given["href"].removeprefix("#") for given in page.of("a")]
    assert set(links) <= set(ids)
    for name in ("r1-o1", "r1-o2", "r1-o3", "r2-o1"):
        assert Counter(links)[f"{name}-row"] == Counter(links)[name] == 1
    marks = page.of("a", id="r1-o2")
    assert [mark["title"] for mark in marks] == ["营 · 水平 · 青岚区 · 2023 · 8.5 % · 实际"]


def test_the_page_loads_and_runs_nothing() -> None:
    data = file_of(Form.HTML, read_report("营收5家"))
    page = Page(data.decode())
    assert {tag for tag, _ in page.tags} <= ALLOWED
    assert not any(name in ("src", "style", "srcset") or name.startswith("on") for _, a in page.tags for name in a)
    assert all(given["href"].startswith("#") for given in page.of("a"))
    (policy,) = page.of("meta", **{"http-equiv": "Content-Security-Policy"})
    style = data.decode().partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy["content"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"url\(|@import|https?:", style)
    assert "@media print" in style
    assert page.of("html", lang="zh-CN")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(text: str) -> None:
    report = read_report(f"{text}营收5家{text}", text, text)
    report.answer["report"] |= {"title": text, "issuer": {"start": 0, "end": 1, "text": text}, "published": text}
    (first,) = report.answer["observations"]
    first["indicator"]["name"] = first["value"]["unit"] = first["base"] = text
    finding: FindingJson = {
        "code": text,
        "message": text,
        "severity": "error",
        "rule": text,
        "observations": ["o1", text],
        "spans": [{"start": 0, "end": 1, "text": text}],
    }
    report.answer["findings"] = [finding]
    page = page_of(report)
    assert {tag for tag, _ in page.tags} <= ALLOWED
    assert not any(name.startswith("on") or name == "src" for _, given in page.tags for name in given)
    told = "".join(page.text)
    assert told.count(text) >= 8
    assert len(page.of("p")) == 1


@given(
    st.text(st.sampled_from("0123456789亿元家%营收 ，。\n|\t<>&\"'𠮷\u200b"), min_size=1).map(lambda text: f"数{text}")
)
def test_the_text_is_whole(text: str) -> None:
    """All but white space at edges and the lines of tables stands on the page, in order."""
    report = read_report(text)
    shown = "".join(Page(f"<section>{body_of(report)}</section>").text)
    dropped = str.maketrans("", "", " \n\t" + DELIMITERS)
    assert shown.translate(dropped) == text.translate(dropped)


def pieces(text: str, *marks: Mark, sections: list[Any] | None = None, tables: list[Any] | None = None) -> str:
    given_sections: list[SectionJson] = sections or []
    given_tables: list[TableJson] = tables or []
    return "".join(MarkedText(text, marks, sections=given_sections, tables=given_tables).pieces())


def mark(start: int, end: int) -> Mark:
    return Mark(start, end, "a", 'id="1"', 'class="f"', "<sup>1</sup>")


def test_headings_stand_where_they_stand_alone() -> None:
    text = "总结\n一、概况\n全区营收5家。\n（一）工作。一是建成\n"
    sections = [
        {"start": 3, "end": 30, "level": 1, "heading": "一、概况"},
        {"start": 16, "end": 30, "level": 2, "heading": "（一）工作"},
        {"start": 22, "end": 30, "level": 4, "heading": "一是建成"},
    ]
    assert pieces(text, sections=sections) == (
        "<p>总结</p>\n<h3>一、概况</h3>\n<p>全区营收5家。</p>\n<p>（一）工作。一是建成</p>\n"
    )


def test_pipe_rows_are_a_table() -> None:
    text = "表1\n| 指标 | 单位 |  |\n|---|:--:|---|\n| 营收 | 5家 | a|\n单位：家\n| 下 | 6 |\n后文"
    at = text.index("5家")
    table = {"start": 3, "end": len(text) - 3, "caption": "表1", "rows": 3, "columns": 3}
    assert pieces(text, mark(at, at + 2), tables=[table]) == (
        "<p>表1</p>\n"
        '<div class="table"><table><tbody>\n'
        "<tr><th>指标</th><th>单位</th><th></th></tr>\n"
        '<tr><td>营收</td><td><a id="1">5家<sup>1</sup></a></td><td>a</td></tr>\n'
        "</tbody></table></div>\n"
        "<p>单位：家</p>\n"
        '<div class="table"><table><tbody>\n<tr><th>下</th><th>6</th></tr>\n</tbody></table></div>\n'
        "<p>后文</p>\n"
    )


def test_a_row_of_tabs() -> None:
    table = {"start": 0, "end": 3, "caption": None, "rows": 1, "columns": 2}
    assert "<tr><th>甲</th><th>1</th></tr>" in pieces("甲\t1\n乙|丙", tables=[table])
    assert "<p>乙|丙</p>" in pieces("甲\t1\n乙|丙", tables=[table])


def test_a_mark_over_two_lines_is_one_target() -> None:
    assert pieces("共3.2\n亿元。", mark(1, 7)) == (
        '<p>共<a id="1">3.2</a></p>\n<p><a class="f">亿元<sup>1</sup></a>。</p>\n'
    )


def test_of_marks_that_overlap_the_first_stands() -> None:
    assert pieces("12345", mark(3, 5), mark(1, 4), mark(2, 2)) == '<p>1<a id="1">234<sup>1</sup></a>5</p>\n'


def test_characters_that_turn_a_page_are_shown_as_such() -> None:
    assert plain("a\x00\x1b\u202eb\u2066\ufffe𠮷\t") == "a\ufffd\ufffd\ufffdb\ufffd\ufffd𠮷\t"


def test_what_was_found_and_what_follows() -> None:
    report = read_report("营收5家，共6。")
    report.answer["findings"] = [
        {
            "code": "sum",
            "message": "合计不符",
            "severity": "warning",
            "rule": "2+2=5",
            "observations": ["o1"],
            "spans": [],
        },
        {"code": "x", "message": "留意", "severity": "note", "rule": "", "observations": ["o1"], "spans": []},
    ]
    report.answer["derived"] = [
        {
            "id": "d1",
            "rule": "5÷2",
            "observations": ["o1"],
            "indicator": {"name": "上年营收", "code": None, "spans": []},
            "measure": "level",
            "low": 2.25,
            "high": 2.75,
            "unit": "家",
            "period": "2022",
            "area": None,
            "status": "actual",
        }
    ]
    page = page_of(report)
    told = "".join(page.text)
    for words in ("合计不符", "2+2=5", "留意", "上年营收", "2.25–2.75", "发现（2 项）", "推算（1 条）"):
        assert words in told
    assert page.of("a", id="r1-o1")[0]["class"] == "f warning"
    assert len(page.of("a", href="#r1-o1")) == 4
    assert page.of("span", **{"class": "x"})


def test_nothing_was_read() -> None:
    page = page_of(read_report("没有数字"))
    assert page.of("table") == []
    assert "没有数字" in "".join(page.text)
    assert page_of().of("title")
