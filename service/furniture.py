"""Page furniture: lines that a web page or a printed page puts around a report.

In: a line of clean text, or a text.  Out: what kind of furniture the line is, and which of its figures mean nothing
(index numbers, visit counts, document numbers), dates left out.  Knows nothing of the lines around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from service.records import Span

MAX_KEYED = 80  # characters of a line of keys and values; a longer one is prose that happens to begin like one


class Furniture(Enum):
    NONE = 0
    KEYED = 1  # says who published when: the tagger reads it, its other figures mean nothing
    DEAD = 2  # buttons, page numbers, links: nobody reads it


_KEYS = "|".join(
    (
        "索引号|统一编号|登记号|信息索引|发文字号|文号|文件编号|字号|有效性|公开方式|公开形式|公开类型|公开范围|公开日期|公开时间",
        "主题分类|组配分类|体裁分类|信息分类|文件类型|主题词|关键词|发布单位|发布机构|发布日期|发布时间|发文机关|发文单位|发文机构",
        "发文日期|责任部门|成文日期|成文时间|生成日期|生成时间|印发日期|发表时间|发表日期|更新时间|更新日期|录入时间|公布日期",
        "废止日期|生效日期|访问次数|访问量|浏览次数|浏览量|浏览|点击数|点击次数|点击率|点击量|点击|阅读量|阅读次数|阅读|信息来源",
        "文章来源|来源|稿源|供稿单位|供稿|作者|责任编辑|责编|编辑|审核|审核人|校对|签发|签发人|录入|录入人|撰稿|通讯员|时间|日期",
    )
)
_KEYED = re.compile(rf"[\s|\[【(]*(?:{_KEYS})\s*:")
_BUTTONS = "|".join(
    (
        "字体|字号|视力保护色|分享|打印|打印本页|关闭|关闭本页|关闭窗口|关闭页面|收藏|收藏本页|纠错|返回|返回顶部|返回首页|返回列表",
        "您的位置|您当前的位置|您现在的位置|您所在的位置|当前位置|当前所在位置|网站地图|联系我们|关于我们|设为首页|加入收藏|无障碍阅读",
        "下载附件|下载文件|上一篇|下一篇|上一页|下一页|相关链接|相关文档|相关报道|相关附件|相关新闻|相关阅读|相关稿件|相关文章|相关解读|首页",
    )
)
_DEAD = re.compile(
    r"\W*$"  # nothing but signs
    rf"|[\[【(|\s]*(?:{_BUTTONS})(?:$|[:|】\])>\[【 ].{{0,40}}$)"
    r"|[\[【(|\s]*(?:分享到|扫一扫|点击(?:图片|查看|进入|下载)|》》).{0,30}$"
    r"|[\[【]?(?:字体|字号)?[:\s]*[大中小 ]{1,6}[\]】]?$"
    r"|.*(?:版权所有|ICP备|公网安备|网站标识码|Copyright|©).*$"
    r"|(?:主办|承办|技术支持)(?:单位)?:.*$"
    r"|[^,。;:]{1,12}(?: ?> ?[^,。;:]{1,20}){2,}$|首页 ?>.*$"
    r"|[0-9a-f]{16,}$|https?://\S+$"
)
_PAGE = re.compile(r"[-—·~ ]*\d{1,4}[-—·~ ]*$|第\d{1,4}页(?:[,/ ]?共\d{1,4}页)?$|\d{1,4} ?/ ?\d{1,4}$")
_INDEX = re.compile(r"(?=.*\d)[0-9A-Z]{8,}(?:[/\-][0-9A-Z]+)+$|\d{12,}$")

_DATE = r"\d{4}[-./年]\d{1,2}(?:[-./月]\d{1,2}日?)?(?:[ T]?\d{1,2}[:时]\d{2}(?:[:分]\d{2}秒?)?分?)?|20[\dX]{2}年度?"
_FIGURE = re.compile(rf"(?P<date>{_DATE})|[A-Za-z0-9][A-Za-z0-9_./\-]*")
_DIGIT = re.compile(r"\d")

# `国科发〔2022〕46号`, `(东科[2021]7号)`, `GB/T 12345-2019`
_DOCUMENT_NUMBER = re.compile(
    r"(?=[\[〔(【〈GDHJYI])(?:[\[〔(【〈](?:19|20)\d{2}[\]〕)】〉] ?第?\d{1,5}号"
    r"|(?:GB|DB|HJ|JB|YY|ISO|IEC)(?:/[TZ])? ?\d{2,}(?:\.\d+)*-(?:19|20)\d{2})"
)
_ANNEX_NUMBER = re.compile(r"(?:附件|附表|专栏)\d{1,2}(?!\d)")
_BEFORE_NUMBER = re.compile("[\u4e00-\u9fffA-Z]{1,12}$")


def furniture(line: str) -> Furniture:
    """What kind of furniture a line is; a bare number counts as a page number (the caller knows its neighbours)."""
    if _PAGE.match(line) or _INDEX.match(line):
        return Furniture.DEAD
    if len(line) > MAX_KEYED or line[-1] in "。;!":
        return Furniture.NONE
    if _DEAD.match(line):
        return Furniture.DEAD
    return Furniture.KEYED if _KEYED.match(line) else Furniture.NONE


def is_page_number(line: str) -> bool:
    return _PAGE.match(line) is not None


def idle_figures(text: str, span: Span) -> Iterator[Span]:
    """Runs with digits in a line of furniture that are no dates."""
    for match in _FIGURE.finditer(text, span.start, span.end):
        if match.group("date") is None and _DIGIT.search(match.group()):
            yield Span(*match.span())


def annex_numbers(text: str) -> Iterator[Span]:
    """References to annexes and boxes by number (`附件2`)."""
    return (Span(*match.span()) for match in _ANNEX_NUMBER.finditer(text))


def document_numbers(text: str) -> Iterator[Span]:
    """Numbers of documents and standards; a bracket that holds nothing but the number is part of it."""
    for match in _DOCUMENT_NUMBER.finditer(text):
        start, end = match.span()
        head = _BEFORE_NUMBER.search(text, max(0, start - 12), start)
        opening = head.start() - 1 if head else start - 1
        if head and opening >= 0 and text[opening] == "(" and text[end : end + 1] == ")":
            start, end = opening, end + 1
        yield Span(start, end)
