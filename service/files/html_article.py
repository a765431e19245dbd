"""Which element of a web page holds its article.

In: the root of a page.  Out: that element, and the title that the page gives itself.  In this order:

1. the element that a content management system marks as the article (`MARKS`, and HTML's own `<article>`, `<main>`),
   where it holds a fair part of the page's prose;
2. else from `<body>` down, as long as one child holds nearly all of it.

Prose is what is neither within a link nor in elements that are not shown, or that name themselves navigation or foot.
Sources: 政府网站发展指引 (国办发〔2017〕47号) for the `meta` names; the class names are those of the systems in use
(TRS WCM, Jcms, 博达, 大汉, UCAP).
"""

from __future__ import annotations

import re

from lxml import etree

from service.files.html_source import Element

HIDDEN = frozenset(
    ("script", "style", "noscript", "template", "head", "iframe", "object", "embed", "svg", "canvas", "video", "audio")
).union(("button", "select", "option", "textarea", "input", "nav", "footer", "aside", "map", "rt", "rp", "dialog"))
MARKS = re.compile(
    r"(?:^|\s)(?:trs_(?:editor|ueditor|paper_default)\w*|ucap-content|zoom|zoomcon|vsb_content\w*|v_news_content"
    r"|wp_articlecontent|article[-_]?(?:content|body|text|con|main)|content[-_]?(?:text|body|article|main)|news[-_]?content"
    r"|pages_content|xxgk_content|con_text|contentarea|txt_con|bt_content|view_content|detail[-_]?(?:content|con|text)"
    r"|post[-_]?content|entry[-_]?content|rich_media_content|js_content|articlebody|maincontent)(?:$|\s)",
    re.I,
)
_CHROME = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation)?|menu|bread-?crumbs?|crumbs?|location|position|foot(?:er)?|bottom|copyright|side-?bar"
    r"|share|bdshare\w*|print|pager|pagination|toolbar|related|recommend|comment|login|search|qrcode|ewm|banner|topbar)"
    r"(?:$|[\s_-])",
    re.I,
)
_NOTHING = re.compile(r"(?!)")
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_BLANKS = re.compile(r"\s+")

# Of the page's prose: a marked element with less is a box beside the article; a child with more is the way down.
FAIR_PART = 0.3
NEARLY_ALL = 0.8
# Of prose within a marked element, below which it may be an empty frame that a script would fill.
LEAST = 20
# So little that elements which name themselves navigation may well hold the article.
FEW = 1000

_TITLES = ("//meta[@name='ArticleTitle']/@content", "//meta[@property='og:title']/@content")
_SITE = re.compile(r"\s*(?:[_|—]|--|\s-\s).*")


def is_hidden(element: Element) -> bool:
    """Whether the element is not shown, or is shown around every page of the site."""
    if element.tag in HIDDEN:
        return True
    if not element.attrib:
        return False
    if element.get("hidden") is not None:
        return True
    return bool(_UNSEEN.search(element.get("style", ""))) or element.get("role") in ("navigation", "contentinfo")


def find_article(root: Element) -> Element:
    """The element that holds the article; the body where nothing else does."""
    body = root.find("body")
    if body is None:
        return root
    prose, marked = _weigh(body, _CHROME)
    if prose[body] < FEW:
        all_prose, all_marked = _weigh(body, _NOTHING)
        if prose[body] < FAIR_PART * all_prose[body]:  # the names mislead
            prose, marked = all_prose, all_marked
    whole = prose[body]
    fair = [one for one in marked if prose[one] >= max(LEAST, FAIR_PART * whole)]
    if fair:
        return max(fair, key=lambda one: prose[one])
    article = body
    while True:
        below = max(article, key=lambda child: prose.get(child, 0), default=None)
        if (
            below is None
            or not prose.get(below)
            or prose[below] < NEARLY_ALL * prose[article]
            or below.tag in ("table", "p", "pre")
        ):
            inner = _cell_below(below, prose, prose[article]) if below is not None and below.tag == "table" else None
            if inner is None:
                return article
            below = inner
        article = below


def title_of(root: Element) -> str:
    """The article's title: as the page's `meta` gives it, its only `<h1>`, or its `<title>` without the site's name."""
    for path in _TITLES:
        for given in root.xpath(path):
            if given.strip():
                return _flat(given)
    headings = [text for text in (_flat("".join(h1.itertext())) for h1 in root.iter("h1")) if text]
    if len(headings) == 1:
        return headings[0]
    title = root.find("head/title")
    return _SITE.sub("", _flat("".join(title.itertext()))) if title is not None else ""


def _weigh(body: Element, chrome: re.Pattern[str]) -> tuple[dict[Element, int], list[Element]]:
    """Characters of prose in each element, and the elements that are marked as an article, outer ones first.

    `chrome`: what elements are named that stand around an article.
    """
    prose: dict[Element, int] = {}
    marked: list[Element] = []
    walk = etree.iterwalk(body, events=("start", "end"))
    path: list[int] = []
    for event, element in walk:
        if event == "end":
            inner = path.pop()
            prose[element] = inner
            if path:
                path[-1] += inner + _length(element.tail)
            continue
        if element is not body and (is_hidden(element) or element.tag == "a" or _names(element, chrome)):
            walk.skip_subtree()
            path.append(0)
            continue
        path.append(_length(element.text))
        if element.tag in ("article", "main") or element.get("itemprop") == "articleBody" or _names(element, MARKS):
            marked.append(element)
    return prose, marked


def _cell_below(table: Element, prose: dict[Element, int], whole: int) -> Element | None:
    """The one cell of a table that holds nearly all: the table only lays out the page."""
    return next((cell for cell in table.iter("td") if prose.get(cell, 0) >= NEARLY_ALL * whole), None)


def _names(element: Element, pattern: re.Pattern[str]) -> bool:
    return bool(element.attrib) and any(pattern.search(element.get(name, "")) for name in ("class", "id"))


def _length(text: str | None) -> int:
    return len(_BLANKS.sub("", text)) if text else 0


def _flat(text: str) -> str:
    return _BLANKS.sub(" ", text).strip()
