"""Word files made for a test: a body in WordprocessingML, and what stands around it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "w": W,
        "r": R,
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "v": "urn:schemas-microsoft-com:vml",
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    }.items()
)
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_PARTS = {
    "numbering": "numbering",
    "styles": "styles",
    "footnotes": "footnotes",
    "header1": "header",
    "comments": "comments",
}


def word_file(
    body: str,
    *,
    parts: Mapping[str, str] | None = None,
    relations: Sequence[str] = (),
    prolog: str = "",
    more: Mapping[str, bytes] | None = None,
) -> bytes:
    """A .docx.

    `body`: what stands within `w:body`; `parts`: the same of `numbering`, `styles`, `footnotes`, `header1`, `comments`;
    `relations`: further elements of the document's relationships; `prolog`: before the document's root; `more`: files.
    """
    parts = parts or {}
    types = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_MAIN}.{_PARTS[name]}+xml"/>' for name in parts
    )
    related = "".join(
        f'<Relationship Id="p{number}" Type="{R}/{_PARTS[name]}" Target="{name}.xml"/>'
        for number, name in enumerate(parts)
    )
    files = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_MAIN}.document.main+xml"/>{types}</Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="d" Type="{R}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'relationships">{related}{"".join(relations)}</Relationships>',
        "word/document.xml": f"{prolog}<w:document {_SPACES}><w:body>{body}</w:body></w:document>",
        **{
            f"word/{name}.xml": f"<w:{_root(name)} {_SPACES}>{inner}</w:{_root(name)}>" for name, inner in parts.items()
        },
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
        for name, data in (more or {}).items():
            packed.writestr(name, data)
    return out.getvalue()


def _root(part: str) -> str:
    return "hdr" if part == "header1" else part


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(text: str = "", *, properties: str = "", inner: str = "") -> str:
    """A paragraph of `text`, then of `inner` as it stands."""
    return f"<w:p><w:pPr>{properties}</w:pPr>{run(text) if text else ''}{inner}</w:p>"


def item(text: str, number: int = 1, level: int = 0) -> str:
    """A paragraph of the list with this number."""
    numbers = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    return paragraph(text, properties=numbers)


def cell(text: str = "", *, across: int = 1, down: str = "", inner: str = "") -> str:
    """A table cell; `down`: `restart` for the first of cells merged downwards, `continue` for the others."""
    merged = f'<w:vMerge w:val="{down}"/>' if down else ""
    lines = "".join(paragraph(line) for line in text.split("\n"))
    return f'<w:tc><w:tcPr><w:gridSpan w:val="{across}"/>{merged}</w:tcPr>{lines}{inner}</w:tc>'


def row(*cells: str, properties: str = "") -> str:
    """A table row of cells; a plain text is a cell of it."""
    inner = "".join(one if one.startswith("<w:tc>") else cell(one) for one in cells)
    return f"<w:tr><w:trPr>{properties}</w:trPr>{inner}</w:tr>"


def table(*rows: str) -> str:
    return f"<w:tbl><w:tblPr/>{''.join(rows)}</w:tbl>"


def level(depth: int, form: str, text: str, *, start: int = 1, more: str = "") -> str:
    """A level of a list's definition."""
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>{more}<w:lvlText w:val="{text}"/>'
        "</w:lvl>"
    )


def numbering(
    *levels: str, instances: Sequence[str] = ('<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>',)
) -> str:
    """The inside of `numbering.xml`: one definition with these levels."""
    return f'<w:abstractNum w:abstractNumId="0">{"".join(levels)}</w:abstractNum>{"".join(instances)}'


def field(instruction: str, result: str, *, hidden: str = "") -> str:
    """A field in runs, with its instruction and what it shows."""
    mark = '<w:r>{}<w:fldChar w:fldCharType="{}"/></w:r>'
    told = f'<w:r><w:instrText xml:space="preserve">{escape(instruction)}</w:instrText></w:r>'
    return mark.format(hidden, "begin") + told + mark.format(hidden, "separate") + result + mark.format(hidden, "end")
