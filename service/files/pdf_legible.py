"""Whether what was read of a PDF is a text, and what its reader must know.

In: the pages as read.  Out: notes, or the `BaoshuError` that says why there is no text: pages that are pictures
(scanned ones, and those whose characters are drawn as shapes), fonts that do not say which characters they hold.  A
text of the wrong characters is worse than none: its figures would be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from service.errors import NoTextInFile, UndecodableInput
from service.files.pdf_page import BLANKS, PageContent
from service.records import Finding, Severity

# A page with fewer characters and a picture over most of it is a scanned one with a stamp or a page number.
MIN_CHARACTERS = 20
MIN_PICTURED = 0.4
MAX_UNMAPPED = 0.2  # share of the characters from which the text is given up

_OCR = "请先做文字识别（OCR），或提交原始电子文件。"
MOST_PAGES_NAMED = 20


def check_legible(pages: Sequence[PageContent], lost: Sequence[int]) -> tuple[Finding, ...]:
    """Notes on the pages; `lost` are the numbers of those that could not be read.

    Raises `NoTextInFile` and `UndecodableInput`.
    """
    characters = sum(map(_characters, pages))
    unmapped = sum(page.unmapped for page in pages)
    scanned = [page.number for page in pages if _is_scanned(page)]
    if unmapped > MAX_UNMAPPED * characters and characters:
        raise UndecodableInput(
            f"PDF 中 {unmapped} 个字符（共 {characters} 个）的字体没有给出文字对照，读出的会是乱码；{_OCR}"
        )
    if characters == 0 or len(scanned) == len(pages):
        pictured = any(page.pictured >= MIN_PICTURED for page in pages)
        what = "只有图片（多为扫描件）" if pictured else "没有文字，可能以图形绘制"
        raise NoTextInFile(f"PDF 共 {len(pages)} 页，{what}，没有可读的文字；{_OCR}")
    notes = []
    if scanned:
        notes.append(
            _note("pages-without-text", f"{_named(scanned)}是图片（多为扫描件），没有读取；{_OCR}", warns=True)
        )
    if lost:
        notes.append(
            _note("pages-damaged", f"{_named(lost)}已损坏，没有读取；请用原来的软件打开并另存后再提交。", warns=True)
        )
    if unmapped:
        where = _where(pages, lambda page: page.unmapped > 0)
        notes.append(
            _note(
                "characters-unmapped",
                f"{where}有 {unmapped} 个字符的字体没有给出文字对照，以“\ufffd”表示；请对照原文件核对。",
                warns=True,
            )
        )
    if any(page.turned for page in pages):
        where = _where(pages, lambda page: page.turned > 0)
        notes.append(_note("turned-text-left-out", f"{where}有与正文方向不同的文字，其中的数字没有读取。"))
    if any(page.veiled for page in pages):
        where = _where(pages, lambda page: page.veiled)
        notes.append(
            _note(
                "recognised-text",
                f"{where}的文字是图片背后不显示的识别结果，可能有错字；请对照原文件核对数字。",
                warns=True,
            )
        )
    if any(page.drawn for page in pages):
        where = _where(pages, lambda page: page.drawn)
        notes.append(_note("drawing-too-large", f"{where}的图形过多，其中的表格可能没有识别。"))
    return tuple(notes)


def _characters(page: PageContent) -> int:
    return sum(character.text not in BLANKS for character in page.characters)


def _is_scanned(page: PageContent) -> bool:
    characters = _characters(page)
    if characters == 0:
        return page.pictured >= MIN_PICTURED
    return characters < MIN_CHARACTERS and page.pictured >= MIN_PICTURED


def _note(code: str, message: str, *, warns: bool = False) -> Finding:
    return Finding(code, message, severity=Severity.WARNING if warns else Severity.NOTE)


def _where(pages: Sequence[PageContent], has: Callable[[PageContent], bool]) -> str:
    return _named([page.number for page in pages if has(page)])


def _named(numbers: Sequence[int]) -> str:
    """`第 3、5-8 页`."""
    runs = []
    for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        held = [number for _, number in run]
        runs.append(str(held[0]) if len(held) == 1 else f"{held[0]}-{held[-1]}")
    more = " 等" if len(runs) > MOST_PAGES_NAMED else ""
    return f"第 {'、'.join(runs[:MOST_PAGES_NAMED])}{more} 页"
