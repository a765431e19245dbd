"""A .docx to its text as shown: paragraphs, numbered headings and lists, tables, text boxes, notes.

In: bytes.  Out: a `Document`, one line a paragraph, one a row of a table; `Place.paragraph` counts the paragraphs and
tables of the body from 1, blank ones included, as python-docx and Word's object model do.  Headers, footers and page
numbers stand in parts of their own and are not read; nor are comments.  Nothing that the file points to is fetched.

python-docx opens the package (parts, relationships, a parser that resolves no entities): it is kept well and small.
What is shown is found by walking the elements here and in `docx_text`, `docx_numbering`, since neither it nor
docx2python counts Chinese lists, honours revisions and fields, or tells merged cells apart.
Source: ISO/IEC 29500-1, 17 (WordprocessingML).
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.package import OpcPackage
from docx.opc.part import Part
from docx.oxml.parser import parse_xml

from service.errors import DamagedFile, EncryptedFile
from service.files.docx_numbering import Element, Numbering, W
from service.files.docx_text import LEADER, Fields, note_mark, read_paragraph, value
from service.files.grid import MOST_CELLS, Cell, render, too_many_cells
from service.files.limits import Limits
from service.files.lines import Lines
from service.files.packed import check_size
from service.ingest import OLE
from service.records import Document, Finding

FORM = ".docx"
_NOT = "文件不是完整的 .docx；请用 Word 或 WPS 打开并另存为 .docx 后再提交。"
# Elements that only hold others of the same kind as stand around them.
_FRAMES = frozenset(f"{W}{name}" for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"))
_NOTES = (("footnote", RT.FOOTNOTES), ("endnote", RT.ENDNOTES))


def read_docx(data: bytes, limits: Limits) -> Document:
    """The document.  Raises `EncryptedFile`, `DamagedFile`, `FileTooLarge`, `NoTextInFile`, `TextTooLong`."""
    if data.startswith(OLE):  # an OLE file that holds the encrypted package
        raise EncryptedFile
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            check_size(packed, limits)
        main = OpcPackage.open(io.BytesIO(data)).main_document_part
        return _Reader(main, limits).read()
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, OSError) as error:
        raise DamagedFile(_NOT) from error


class _Reader:
    """One document's reading."""

    def __init__(self, main: Part, limits: Limits) -> None:
        self._main = main
        self._root = _root(main)
        self._lines = Lines(limits.characters)
        self._numbering = Numbering(self._related(RT.NUMBERING), self._related(RT.STYLES))
        self._fields = Fields()
        self._notes: list[tuple[str, str]] = []
        self._noted: list[int] = []  # the block that refers to each note
        self._pictures = 0
        self._foreign = 0
        self._in_cell = False
        self._begun = ""  # a paragraph whose end was deleted goes on in the next

    def read(self) -> Document:
        body = self._root.find(f"{W}body")
        if body is None:
            raise DamagedFile(_NOT)
        if sum(1 for _ in body.iter(f"{W}tc")) > MOST_CELLS:
            raise too_many_cells()
        for number, block in enumerate(_blocks(body), 1):
            for line in self._block(block):
                self._lines.add(line, number)
            self._noted += [number] * (len(self._notes) - len(self._noted))
        self._add_notes()
        notes: tuple[Finding, ...] = ()
        if self._foreign:
            told = f"文件中嵌入了 {self._foreign} 个其他文件，其中的内容没有读取"
            notes = (Finding("embedded-not-read", told),)
        return self._lines.document(FORM, notes, pictures=self._pictures)

    def _block(self, block: Element) -> Iterator[str]:
        """The lines of a paragraph with the boxes that hang on it, or of a table."""
        if block.tag == f"{W}p":
            yield from self._paragraph(block)
        elif block.tag == f"{W}tbl":
            yield from self._table(block)
        elif block.tag == f"{W}altChunk":
            self._foreign += 1

    def _paragraph(self, element: Element) -> Iterator[str]:
        number = self._numbering.before(element)
        paragraph = read_paragraph(element, self._fields, self._notes)
        self._pictures += paragraph.pictures
        text = "".join(paragraph.text)
        if not text.strip() and not self._in_cell:
            number = ""  # a blank line of a list; in a table it is a column of numbers
        if "\t" in text and any(name.startswith("toc ") for name in self._numbering.style_names(element)):
            text = text.replace("\t", LEADER)
        text = self._begun + number + text
        self._begun = text if _mark_deleted(element) else ""
        if not self._begun:
            yield text
        for box in paragraph.boxes:
            for block in _blocks(box):
                yield from self._block(block)

    def _table(self, table: Element) -> Iterator[str]:
        nested: list[str] = []
        rows: list[list[Cell]] = []
        columns: dict[int, tuple[int, int]] = {}  # of cells merged downwards: where the first stands
        for row in _within(table, f"{W}tr"):
            properties = row.find(f"{W}trPr")
            if properties is not None and properties.find(f"{W}del") is not None:
                continue
            cells: list[Cell] = []
            before = _span(properties, "gridBefore", 0)
            if before:
                cells.append(Cell("", before))
            column = before
            for cell in _within(row, f"{W}tc"):
                given = cell.find(f"{W}tcPr")
                if given is not None and given.find(f"{W}cellDel") is not None:
                    continue
                width = _span(given, "gridSpan", 1)
                text = self._cell(cell, nested)
                merged = given.find(f"{W}vMerge") if given is not None else None
                if merged is not None and value(merged) != "restart" and column in columns:
                    at, index = columns[column]
                    first = rows[at][index]
                    rows[at][index] = Cell(first.text or text, first.columns, len(rows) - at + 1)
                else:
                    columns.pop(column, None)
                    if merged is not None:
                        columns[column] = (len(rows), len(cells))
                    cells.append(Cell(text, width))
                column += width
            rows.append(cells)
        yield from render(rows).lines
        yield from nested

    def _cell(self, cell: Element, nested: list[str]) -> str:
        """The cell's text; a table within it goes to `nested`, to stand below the one around it."""
        lines: list[str] = []
        around, self._in_cell = self._in_cell, True
        for block in _blocks(cell):
            (nested if block.tag == f"{W}tbl" and _is_grid(block) else lines).extend(self._block(block))
        self._in_cell = around
        return "\n".join(line for line in lines if line.strip())

    def _add_notes(self) -> None:
        """Footnotes and endnotes, below the text, each behind the sign that stands where it is referred to."""
        texts = {}
        for kind, relation in _NOTES:
            part = self._related(relation)
            for note in part.iterfind(f"{W}{kind}") if part is not None else ():
                texts[kind, note.get(f"{W}id", "")] = note
        for number, (key, block) in enumerate(zip(list(self._notes), self._noted, strict=True), 1):
            if key in texts:
                lines = [line for inner in _blocks(texts[key]) for line in self._block(inner)]
                self._lines.add(note_mark(number) + "\n".join(lines).strip(), block)

    def _related(self, relation: str) -> Element | None:
        try:
            return _root(self._main.part_related_by(relation))
        except KeyError:
            return None


def _root(part: Part) -> Element:
    """The part's root element.  Raises `DamagedFile` for one that defines entities, which no word processor writes."""
    found = getattr(part, "element", None)
    root = parse_xml(part.blob) if found is None else found
    if root.getroottree().docinfo.internalDTD is not None:
        raise DamagedFile("文件的 XML 中含有实体定义，不是正常的 .docx；请用 Word 或 WPS 打开并另存后再提交。")
    return root


def _blocks(element: Element) -> Iterator[Element]:
    """The paragraphs and tables that stand in `element`, frames looked through."""
    for child in element:
        if child.tag in _FRAMES:
            yield from _blocks(child)
        elif child.tag in (f"{W}p", f"{W}tbl", f"{W}altChunk"):
            yield child


def _within(element: Element, tag: str) -> Iterator[Element]:
    """The rows of a table, the cells of a row, frames looked through."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag in _FRAMES:
            yield from _within(child, tag)


def _is_grid(table: Element) -> bool:
    """Whether a table has more than one column: else it only frames its text."""
    return any(len(list(_within(row, f"{W}tc"))) > 1 for row in _within(table, f"{W}tr"))


def _span(properties: Element | None, name: str, default: int) -> int:
    child = properties.find(f"{W}{name}") if properties is not None else None
    text = value(child) if child is not None else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else default


def _mark_deleted(paragraph: Element) -> bool:
    """Whether the revision deleted the end of the paragraph."""
    return paragraph.find(f"{W}pPr/{W}rPr/{W}del") is not None
