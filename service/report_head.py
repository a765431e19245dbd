"""What the head of a report says of it: its title, who issued it, and when.

In: clean text, the span of the report or of a part of it, and the spans that are no prose (boxes, links).  Out: spans
of title and issuer, and the date as ISO 8601.  Which region and which year the report speaks of is read elsewhere.
"""

from __future__ import annotations

import re

from service.periods import read_period
from service.records import Anchor, Span

HEAD = 3000  # characters in which title, issuer and date stand
TAIL = 400  # a date or an issuer that signs stands in the last lines
MAX_TITLE = 70
SHORTEST_TITLE = 8  # of one that has no title's noun

_TITLE_WORD = re.compile(
    r"总结|报告|计划|要点|思路|汇报|情况|规划|方案|意见|通知|公报|打算|安排|汇编|综述|小结|通报|简报|清单|自评|述职|工作|发展"
    r"|分析|状况|讲话|发言|答复|材料|亮点|成效|数据"
)
_BODY_END = re.compile(r"[。;；!！?？,，、:：]$")
_KEY = re.compile(r"[^\n|]{1,10}[:：]|.*(?:记者|通讯员|摄$|阅读|浏览)|【|分享|打印|字体")
# Where the page stands in its site: 首页 > 政务公开 > 规划计划.
_CRUMB = re.compile(r".*(?:位置|首页|主页)|[^>]*>[^>]*>|[^>]{1,8}>|[^/]{2,12}( / [^/]{2,12}){2,}$")
_LIST = re.compile(r"\s*(?:第?[一二三四五六七八九十]+[、.．章节]|[((][一二三四五六七八九十]+[))]|\d{1,2}[、.．)])")
_PAGE = re.compile(r"(?:[.…·]{2,}\s*|[一-鿿])\d{1,3}$")

_DATE = (
    r"(?P<date>\d{4}\s*[-./]\s*\d{1,2}\s*[-./]\s*\d{1,2}|\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日"
    r"|二[〇零○O0]?[〇零○一二三四五六七八九]{2,3}年[一二三四五六七八九十]{1,3}月[一二三四五六七八九十]{1,3}日)"
)
# A line that signs: who and when.
_SIGNED = re.compile(rf"[局委办处院会室厅社组心科队编][^\S\n]*[((]?{_DATE}[))]?$")
# In the order in which they are believed.
_DATES = (
    re.compile(rf"(?:发布|公布|公开|上传|发稿)(?:时间|日期)[\s|:：]*{_DATE}"),
    re.compile(rf"(?:成文|印发|发文|生成|签发|制发)(?:时间|日期)[\s|:：]*{_DATE}"),
    re.compile(rf"(?:^|\n|\s)(?:时间|日期|更新时间)\s*[:：|]\s*{_DATE}"),
    re.compile(
        rf"(?:^|\n)\s*[((]?\s*{_DATE}\s*(?:\d{{1,2}}[:时点]\d{{1,2}}(?:[:分]\d{{0,2}})?)?\s*[))]?\s*(?=\n|来源|$)"
    ),
    re.compile(rf"(?:^|\n)\s*[-—―]*[((]?\s*{_DATE}在[^\n]{{4,40}}[会届]"),
    re.compile(rf"(?:^|\n)[^\n。,，]{{2,40}}[局委办处院会室厅社组心科队编]\s*[((]?{_DATE}\s*[))]?\s*(?=\n|$)"),
    re.compile(
        r"(?:^|\n)(?:[^\n。,，]{2,40}[局委办处院会室厅社组心科队编]\s*)?[((]?(?P<date>\d{4}\s*年\s*\d{1,2}\s*月)\s*[))]?\s*(?=\n|$)"
    ),
)
_ISSUERS = (
    re.compile(
        r"(?:发布|发文|制发|公开|报送|填报|编制)(?:机构|单位|机关|部门|主体)[\s|:：]+(?P<name>[^\s|:：。,，]{2,30})"
    ),
    re.compile(r"(?:信息来源|来源|供稿|作者|(?<![一-鿿])单位)[ \t]*[:：][ \t]*(?P<name>[^\s|:：。,，《》]{2,30})"),
    re.compile(
        rf"(?:^|\n)[^\S\n]*(?P<name>[一-鿿XＸ×]{{2,24}}(?:局|委员会|委|办公室|厅|政府|委会|中心|协会))[^\S\n]*[((]?{_DATE}[))]?[^\S\n]*(?=\n|$)"
    ),
    re.compile(r"现在\s*[,，]\s*我代表(?P<name>[^\s,，。]{2,16}?(?:人民政府|政府|委员会|国务院|局))"),
)
_ORG = re.compile(
    r"(?P<name>[一-鿿XＸ×]{0,14}?(?:科技局|科学技术局|局|委员会|办公室|厅|人民政府|管委会|委|办|院|中心|协会|街道办事处))"
    r"(?=[((]|关于|20|[一二]〇|二〇|年|工作|的|\s|$)"
)
_NEWS = re.compile(r"日报|晚报|晨报|新闻|新华|网$|网站|传媒|融媒|客户端|发布$|公众号|直属人员")


def title_of(text: str, span: Span, taken: tuple[Span, ...] = ()) -> Span | None:
    """The first line of the head that reads as a title: a phrase with a title's noun, before any heading or prose.

    Without one, the text's very first line where it is such a phrase: news have titles of every kind.
    """
    position, lines = span.start, 0
    first: Span | None = None
    while position < min(span.end, span.start + HEAD) and lines < 40:
        end = text.find("\n", position, span.end)
        end = span.end if end < 0 else end
        line = _trim(text, Span(position, end))
        position = end + 1
        said = line.of(text)
        if _LIST.match(said) or len(said) > 2 * MAX_TITLE or (len(said) > MAX_TITLE and said.endswith("。")):
            return first
        if not said or any(other.covers(line) for other in taken):
            continue
        lines += 1
        if len(said) > MAX_TITLE or _BODY_END.search(said) or _KEY.match(said) or "|" in said or is_crumb(said):
            continue
        if _SIGNED.search(said) or _PAGE.search(said):
            continue
        if len(said) >= 4 and _TITLE_WORD.search(said):
            return line
        first = line if lines == 1 and len(said) >= SHORTEST_TITLE and said[0] not in "—-" else first
    return first


def is_crumb(said: str) -> bool:
    """Whether a line says where the page stands in its site."""
    return _CRUMB.match(said) is not None


def date_of(text: str, span: Span) -> str:
    """The date of issue: labelled ones in the head, then a line of its own, then one that signs; "" without one."""
    head = text[span.start : min(span.end, span.start + HEAD)]
    for pattern in _DATES:
        found = pattern.search(head)
        if found is not None and (day := _iso(found["date"])):
            return day
    tail = text[max(span.start, span.end - TAIL) : span.end]
    signed = list(_DATES[3].finditer(tail))
    return _iso(signed[-1]["date"]) if signed else ""


def issuer_of(text: str, span: Span, title: Span | None) -> Span | None:
    """Who issued it: a labelled body that is no newspaper, one that the title begins with, that speaks, that signs."""
    limit = min(span.end, span.start + HEAD)
    for pattern in _ISSUERS[:2]:
        for labelled in pattern.finditer(text, span.start, limit):
            if not _NEWS.search(labelled["name"]):
                return Span(*labelled.span("name"))
    found = _ORG.match(text, title.start, title.end) if title is not None else None
    found = found or _ISSUERS[2].search(text, span.start, limit) or _ISSUERS[3].search(text, span.start, limit)
    if found is not None:
        return Span(*found.span("name"))
    tail = max(span.start, span.end - TAIL)
    for line in reversed(list(re.finditer(r"[^\n]+", text[tail : span.end]))):
        content = _trim(text, Span(tail + line.start(), tail + line.end()))
        found = _ORG.fullmatch(text, content.start, content.end) if content.end - content.start <= 20 else None
        if found is not None:
            return Span(*found.span("name"))
    return None


def _iso(said: str) -> str:
    said = re.sub(r"\s", "", said).replace("〇", "零").replace("○", "零")
    return read_period(said.replace("/", "-").replace(".", "-"), Anchor()) or ""


def _trim(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
