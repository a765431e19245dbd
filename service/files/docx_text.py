"""A .docx's paragraph to the characters that are shown.

In: a `w:p` element and the state that fields carry from one paragraph to the next.  Out: its text, the text boxes that
hang on it, the notes that it refers to, the pictures in it.

Shown are inserted and moved-to revisions, the results of fields, content controls, hyperlinks, formulas in a line; not
deleted and moved-from revisions, the instructions of fields, hidden text, comments, the readings above characters.
Of two alternatives (a drawing and its fall-back for old programs) the first is read, or else all would stand twice.
Source: ISO/IEC 29500-1, 17.3 (paragraphs and runs), 17.13.5 (revisions), 17.16 (fields); 29500-3, 9 (alternatives).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from service.files.counting import CIRCLED
from service.files.docx_numbering import Element, W, is_on

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_V = "{urn:schemas-microsoft-com:vml}"
_PICTURES = ("{http://schemas.openxmlformats.org/drawingml/2006/picture}pic", f"{_V}imagedata")

# Symbols of private fonts (Wingdings, Symbol) that reports use as signs; any other is no character to read.
_SYMBOLS = MappingProxyType({0xF0A3: "□", 0xF06F: "□", 0xF0A8: "□", 0xF052: "☑", 0xF0FE: "☑", 0xF0B1: "±", 0xF0B3: "≥"})
_PRIVATE = (0xE000, 0xF8FF)
LEADER = "……"  # what a table of contents shows between a heading and its page


@dataclass(slots=True)
class Fields:
    """Fields that have begun and not ended: for each whether its instruction is still being told, and that so far."""

    open: list[tuple[bool, str]] = field(default_factory=list)

    @property
    def shown(self) -> bool:
        return not any(telling for telling, _ in self.open)

    @property
    def contents(self) -> bool:
        """Within a table of contents."""
        return any(told.split()[:1] == ["TOC"] for _, told in self.open)


@dataclass(slots=True)
class Paragraph:
    """`boxes`: `w:txbxContent` elements; `notes`: the notes referred to, as (`footnote` or `endnote`, id)."""

    fields: Fields
    notes: list[tuple[str, str]]
    text: list[str] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)
    pictures: int = 0

    def add(self, text: str) -> None:
        if self.fields.shown:
            self.text.append(text)


def read_paragraph(element: Element, fields: Fields, notes: list[tuple[str, str]]) -> Paragraph:
    """The paragraph; `fields` and `notes` grow."""
    paragraph = Paragraph(fields, notes)
    _inner(element, paragraph)
    return paragraph


def note_mark(number: int) -> str:
    """The sign of the note with this number: no digit, which would be taken for a figure."""
    return CIRCLED[number - 1] if number <= len(CIRCLED) else f"〔注{number}〕"


def value(element: Element) -> str:
    return str(element.get(f"{W}val", ""))


def _inner(element: Element, out: Paragraph) -> None:
    for child in element:
        read = _READ.get(child.tag)
        if read is not None:
            read(child, out)


def _run(run: Element, out: Paragraph) -> None:
    properties = run.find(f"{W}rPr")
    hidden = properties.find(f"{W}vanish") if properties is not None else None
    if hidden is None or not is_on(hidden.get(f"{W}val")):
        _inner(run, out)
        return
    for mark in run.iterfind(f"{W}fldChar"):  # hidden or not, a field begins and ends
        _field(mark, out)


def _field(mark: Element, out: Paragraph) -> None:
    match mark.get(f"{W}fldCharType"):
        case "begin":
            out.fields.open.append((True, ""))
        case "separate" if out.fields.open:
            out.fields.open[-1] = (False, out.fields.open[-1][1])
        case "end" if out.fields.open:
            out.fields.open.pop()


def _instruction(element: Element, out: Paragraph) -> None:
    if out.fields.open:
        telling, told = out.fields.open[-1]
        out.fields.open[-1] = (telling, told + (element.text or ""))


def _symbol(element: Element, out: Paragraph) -> None:
    try:
        code = int(element.get(f"{W}char", ""), 16)
    except ValueError:
        return
    if code in _SYMBOLS:
        out.add(_SYMBOLS[code])
    elif 0x20 <= code <= 0xFFFF and not _PRIVATE[0] <= code <= _PRIVATE[1] and not 0xD800 <= code <= 0xDFFF:
        out.add(chr(code))


def _note(kind: str) -> Callable[[Element, Paragraph], None]:
    def read(element: Element, out: Paragraph) -> None:
        if out.fields.shown:
            out.notes.append((kind, element.get(f"{W}id", "")))
            out.add(note_mark(len(out.notes)))

    return read


def _drawing(element: Element, out: Paragraph) -> None:
    """A picture, or a shape with text in it; what stands within the text is read with it."""
    for child in element:
        if child.tag == f"{W}txbxContent":
            out.boxes.append(child)
        elif child.tag == f"{_MC}AlternateContent":
            for chosen in child.iterchildren(f"{_MC}Choice", f"{_MC}Fallback"):
                _drawing(chosen, out)
                break
        else:
            out.pictures += child.tag in _PICTURES
            _drawing(child, out)


def _alternatives(element: Element, out: Paragraph) -> None:
    for chosen in element.iterchildren(f"{_MC}Choice", f"{_MC}Fallback"):
        _inner(chosen, out)
        return


def _fraction(element: Element, out: Paragraph) -> None:
    for part, sign in ((f"{_M}num", "/"), (f"{_M}den", "")):
        for child in element.iterfind(part):
            _inner(child, out)
            out.add(sign)


def _base(element: Element, out: Paragraph) -> None:
    for child in element.iterfind(f"{W}rubyBase"):
        _inner(child, out)


def _break(element: Element, out: Paragraph) -> None:  # noqa: ARG001
    out.add("\n")


_READ: Mapping[str, Callable[[Element, Paragraph], None]] = MappingProxyType(
    {
        f"{W}r": _run,
        f"{W}t": lambda element, out: out.add(element.text or ""),
        f"{W}tab": lambda _, out: out.add(LEADER if out.fields.contents else "\t"),
        f"{W}ptab": lambda _, out: out.add(LEADER if out.fields.contents else "\t"),
        f"{W}br": _break,
        f"{W}cr": _break,
        f"{W}noBreakHyphen": lambda _, out: out.add("-"),
        f"{W}sym": _symbol,
        f"{W}fldChar": _field,
        f"{W}instrText": _instruction,
        f"{W}footnoteReference": _note("footnote"),
        f"{W}endnoteReference": _note("endnote"),
        f"{W}drawing": _drawing,
        f"{W}pict": _drawing,
        f"{W}object": _drawing,
        f"{W}ruby": _base,
        f"{_MC}AlternateContent": _alternatives,
        f"{_M}t": lambda element, out: out.add(element.text or ""),
        f"{_M}f": _fraction,
        **{
            f"{W}{name}": _inner
            for name in ("ins", "moveTo", "hyperlink", "smartTag", "sdt", "sdtContent", "fldSimple", "customXml")
        },
        **{f"{W}{name}": _inner for name in ("bdo", "dir")},
        **{
            f"{_M}{name}": _inner
            for name in ("oMath", "oMathPara", "r", "e", "num", "den", "sSup", "sSub", "sup", "sub", "d", "rad", "nary")
        },
    }
)
