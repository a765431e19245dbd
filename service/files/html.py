"""A web page to the text of its article: title, date and source, paragraphs, numbered lists, tables.

In: bytes.  Out: a `Document`, one line a paragraph, one a row of a table; `Place.paragraph` counts the paragraphs and
tables that are kept, from 1.  Left out is what the site puts around every page: navigation, the way to the page,
buttons, the foot with its registration numbers.  Nothing is loaded, nothing runs.

lxml parses (it comes with python-docx); general extractors (trafilatura, readability) give up the spans of a table's
cells and the numbers of lists, which are half of a report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from unicodedata import normalize

from lxml import etree

from service.errors import NoTextInFile
from service.files.counting import shown
from service.files.grid import MOST_CELLS, Cell, Rendered, render, too_many_cells
from service.files.html_article import find_article, is_hidden, title_of
from service.files.html_source import Element, read_source
from service.files.limits import Limits
from service.files.lines import Lines
from service.furniture import Furniture, furniture, is_page_number
from service.records import Document

FORM = ".html"

_BLOCKS = frozenset(
    ("address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset")
).union(
    ("figcaption", "figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p"),
    ("pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_EDGES = " \t\r\n\f\u3000\xa0\u2002\u2003"

# What stands between title and article and says who published what when.
_ABOUT = re.compile(
    r"(?:(?:发布|成文|发文|公开|生成|印发|公布)(?:日期|时间)|时间|日期|来源|信息来源|文章来源|发文机关|发布机构|发文字号|文号|索引号)\s*[:：]"
)
# The rest of such a line: counters and buttons.
_COUNTERS = re.compile(
    r"\s*[\[【(（|]?\s*(?:浏览|点击|阅读|访问|字号|字体|打印|关闭|分享|收藏|扫一扫|大\s*中\s*小|视力保护)"
)
MOST_ABOUT = 120  # characters; a longer line is prose

_COUNTED = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_STYLE = re.compile(r"list-style(?:-type)?\s*:\s*([a-z -]+)", re.I)
_STYLES = {
    "cjk-ideographic": "chineseCounting",
    "simp-chinese-informal": "chineseCounting",
    "simp-chinese-formal": "chineseLegalSimplified",
    "cjk-decimal": "ideographDigital",
    "cjk-heavenly-stem": "ideographTraditional",
    "cjk-earthly-branch": "ideographZodiac",
    "decimal-leading-zero": "decimalZero",
    "decimal": "decimal",
    "lower-alpha": "lowerLetter",
    "lower-latin": "lowerLetter",
    "upper-alpha": "upperLetter",
    "upper-latin": "upperLetter",
    "lower-roman": "lowerRoman",
    "upper-roman": "upperRoman",
    "none": "none",
}
_CHINESE = frozenset(("chineseCounting", "chineseLegalSimplified", "ideographDigital", "ideographTraditional"))
BULLET = "• "
# In one cell of a table that only lays out a page: more than any cell of figures, and in paragraphs.
MOST_IN_CELL = 400


@dataclass(frozen=True, slots=True)
class _Line:
    """`table`: the line belongs to the table with this number, None to none; `within`: to the article."""

    text: str
    within: bool
    table: int | None = None


def read_html(data: bytes, limits: Limits) -> Document:
    """The document.  Raises `NoTextInFile`, `FileTooLarge`, `TextTooLong`, `DamagedFile`."""
    root = read_source(data)
    if sum(1 for _ in root.iter("td", "th")) > MOST_CELLS:
        raise too_many_cells()
    article = find_article(root)
    title = title_of(root)
    walk = _Walk(article)
    page = list(walk.lines(root if root.find("body") is None else root.find("body")))
    lines = Lines(limits.characters)
    count, table = 0, None
    for line in _kept(page, title):
        if line.table is None or line.table != table:
            count += 1
        table = line.table
        lines.add(line.text, count)
    if lines.empty and not walk.pictures:
        raise NoTextInFile("网页中没有正文，可能由脚本在浏览器中生成；请将正文复制为纯文本后再提交。")
    return lines.document(FORM, pictures=walk.pictures)


def _kept(page: list[_Line], title: str) -> Iterator[_Line]:
    """The article, with its title and what says who published it when; without buttons and links."""
    first = next((number for number, line in enumerate(page) if line.within), len(page))
    body = [_trimmed(line) for line in page[first:] if line.within]
    body = [line for line in body if line.table is not None or not _is_chrome(line.text)]
    top = "".join(line.text for line in body[:5])
    if title and _bare(title) not in _bare(top):
        yield _Line(title, within=True)
    for line in map(_trimmed, page[:first]):
        if line.table is None and _is_about(line.text) and _bare(line.text) not in _bare(top):
            yield replace(line, within=True)
    yield from body


def _is_about(line: str) -> bool:
    """Whether a line says who published what when."""
    return len(line) <= MOST_ABOUT and _ABOUT.search(line) is not None


def _trimmed(line: _Line) -> _Line:
    """Such a line without its counters and buttons; any other as it is."""
    if line.table is not None or not _is_about(line.text):
        return line
    told = _COUNTERS.split(line.text)[0].strip(_EDGES + "|")
    return replace(line, text=told) if told else line


def _is_chrome(line: str) -> bool:
    line = normalize("NFKC", line.removeprefix(BULLET)).strip()
    return bool(line) and furniture(line) is Furniture.DEAD and not is_page_number(line)


def _bare(text: str) -> str:
    return "".join(text.split())


class _Walk:
    """One page's lines, in order; `article` is the element that counts."""

    def __init__(self, article: Element) -> None:
        self._article = article
        self._around = frozenset(article.iterancestors())
        self._tables = 0
        self.pictures = 0

    def lines(self, top: Element) -> Iterator[_Line]:
        """The lines under `top`."""
        buffer: list[str] = []
        lists: list[_List] = []
        within = 0 if top is not self._article else 1
        preformatted = 0
        passed_over: Element = None

        def flush() -> list[_Line]:
            text = "".join(buffer)
            buffer.clear()
            lines = (line.strip(_EDGES) for line in text.split("\n"))
            return [_Line(line, within > 0) for line in lines if line]

        walk = etree.iterwalk(top, events=("start", "end"))
        for event, element in walk:
            tag = element.tag
            if event == "end" and element is passed_over:
                buffer.append(_text(element.tail, preformatted))
                continue
            if event == "end":
                if tag in _BLOCKS:
                    yield from flush()
                within -= element is self._article and element is not top
                preformatted -= tag == "pre"
                if tag in ("ol", "ul") and lists:
                    lists.pop()
                if element is not top:
                    buffer.append(_text(element.tail, preformatted))
                continue
            if element is not top and is_hidden(element) and element is not self._article:
                walk.skip_subtree()
                passed_over = element
                continue
            if tag in _BLOCKS:
                yield from flush()
            within += element is self._article and element is not top
            preformatted += tag == "pre"
            if tag == "table" and element is not top and element not in self._around and not _lays_out(element):
                walk.skip_subtree()
                passed_over = element
                yield from self._table(element, within > 0)
                continue
            if tag == "br":
                buffer.append("\n")
            elif tag == "img":
                self.pictures += within > 0 and not _is_icon(element)
            elif tag in ("ol", "ul"):
                lists.append(_List(element))
            elif tag == "li" and lists:
                buffer.append(lists[-1].number(element))
            buffer.append(_text(element.text, preformatted))
        yield from flush()

    def _table(self, table: Element, within: bool) -> Iterator[_Line]:
        self._tables += 1
        number = self._tables
        for caption in table.iterchildren("caption"):
            for line in self.lines(caption):
                yield _Line(line.text, within)
        rows = [[self._cell(cell) for cell in row.iterchildren("td", "th")] for row in _rows(table)]
        found: Rendered = render(rows)
        for text in found.above:
            yield _Line(text, within)
        for text in found.rows:
            yield _Line(text, within, number)
        for text in found.below:
            yield _Line(text, within)

    def _cell(self, cell: Element) -> Cell:
        plain = len(cell) == 0
        text = _text(cell.text, 0) if plain else "\n".join(line.text for line in self.lines(cell))
        return Cell(text, max(1, _whole(cell.get("colspan"), 1)), _whole(cell.get("rowspan"), 1))


class _List:
    """A list with the number reached."""

    def __init__(self, element: Element) -> None:
        style = _STYLE.search(element.get("style", ""))
        named = style[1].strip().lower().split(" ")[0] if style else ""
        usual = _COUNTED.get(element.get("type", "1"), "decimal") if element.tag == "ol" else ""
        self._form = _STYLES.get(named, usual)
        self._step = -1 if element.get("reversed") is not None else 1
        items = sum(1 for _ in element.iterchildren("li")) if self._step < 0 else 1
        self._next = _whole(element.get("start"), items)

    def number(self, item: Element) -> str:
        """What is shown before the item."""
        count = _whole(item.get("value"), self._next)
        self._next = count + self._step
        if self._form in ("", "none"):
            return BULLET if not self._form else ""
        return shown(count, self._form) + ("、" if self._form in _CHINESE else ". ")


def _rows(table: Element) -> list[Element]:
    """In the order in which they are shown: the foot last, wherever it stands."""
    foot = [row for part in table.iterchildren("tfoot") for row in part.iterchildren("tr")]
    head = [row for part in table.iterchildren("thead") for row in part.iterchildren("tr")]
    body: list[Element] = []
    for child in table.iterchildren("tr", "tbody"):
        body += [child] if child.tag == "tr" else child.iterchildren("tr")
    return [*head, *body, *foot]


def _lays_out(table: Element) -> bool:
    """Whether a table holds parts of a page rather than figures: another table, one cell, or paragraphs of prose."""
    if table.get("role") == "presentation" or next(table.iterdescendants("table"), None) is not None:
        return True
    cells = [cell for row in _rows(table) for cell in row.iterchildren("td", "th")]
    if len(cells) < 2:
        return True
    return len(cells) <= 3 and any(sum(map(len, cell.itertext())) > MOST_IN_CELL for cell in cells)


def _is_icon(image: Element) -> bool:
    """A picture of less than 50 points, or one that says that it is a file's sign."""
    sizes = [_whole(image.get(name, "").removesuffix("px"), 50) for name in ("width", "height")]
    return min(sizes) < 50 or "icon" in image.get("src", "").lower()


def _text(text: str | None, preformatted: int) -> str:
    if not text:
        return ""
    return text if preformatted else _BLANKS.sub(" ", text)


def _whole(text: str | None, default: int) -> int:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else default
