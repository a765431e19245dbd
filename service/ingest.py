"""Bytes of a plain text to the text as posted; and the form of any file.

In: bytes, with the file's name and content type where known.  Out: `str`, every character as it stands in the file:
line ends stay, since offsets of the response count code points of this very text.  Knows nothing of reports, nor of
how richer forms are read (`service.files`).

The form of a file is told here alone: by its first bytes, then by its suffix, then by its content type.  Encodings are
a cascade of strict decodings:

1. a byte order mark (UTF-8, UTF-16, GB18030);
2. UTF-16 without a mark, where NUL bytes betray it;
3. UTF-8, which other encodings hardly ever satisfy by chance;
4. GB18030, UTF-16 LE, UTF-16 BE, which accept nearly anything: only where the result looks like Chinese text.

Sources: GB 18030-2022, RFC 3629 (UTF-8), RFC 2781 (UTF-16); MS-CFB and MS-OFFCRYPTO for what OLE files hold;
APPNOTE.TXT 6.3 for the names in a zip.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath
from types import MappingProxyType

from service.errors import EmptyText, InvalidRequest, TextTooLong, UndecodableInput

# Forms whose bytes are their text.
PLAIN = (".txt", ".md")

# Share of common characters from which a permissive decoding is believed: Chinese prose has over 0.95, text decoded in
# the wrong encoding spreads over all 21,000 characters of GBK, of which some 8,000 are common (below 0.5).
PLAUSIBLE = 0.7
SAMPLE = 20_000  # characters at either end that are judged
MAX_CONTROL_SHARE = 0.01  # stray control characters of a text export; binary content has more

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (b"\x84\x31\x95\x33", "gb18030"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = (
    (b"%PDF-", ".pdf"),
    (b"{\\rtf", ".rtf"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"GIF8", ".gif"),
    (b"\x1f\x8b", ".gz"),
    (b"7z\xbc\xaf\x27\x1c", ".7z"),
    (b"Rar!\x1a\x07", ".rar"),
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # MS-CFB: .doc, .wps, and encrypted .docx
# Streams of an OLE file, by which its form is told: an encrypted .docx is one.
_STREAMS = tuple(
    (name.encode("utf-16-le"), form)
    for name, form in (
        ("EncryptedPackage", ".docx"),
        ("WordDocument", ".doc"),
        ("Workbook", ".xls"),
        ("PowerPoint Document", ".ppt"),
    )
)
# Parts of packages that are zips, by which their form is told.
_PARTS = (("word/", ".docx"), ("xl/", ".xlsx"), ("ppt/", ".pptx"))
_PACKAGE = "[Content_Types].xml"
_FIRST = (_PACKAGE, "_rels/", "docProps/", "customXml/", "word/", "xl/", "ppt/")
_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument."
_CENTRAL, _END = b"PK\x01\x02", b"PK\x05\x06"
MOST_NAMES = 1000  # looked at in a zip: a package names its parts early
_HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,400}?-->\s*)?<(?:!doctype\s+html|html)\b", re.I | re.DOTALL)
_CONTENT_TYPES = MappingProxyType(
    {
        "text/plain": ".txt",
        "text/markdown": ".md",
        "text/html": ".html",
        "application/xhtml+xml": ".html",
        "application/pdf": ".pdf",
        "application/msword": ".doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
        "application/zip": ".zip",
        "application/x-zip-compressed": ".zip",
        "application/rtf": ".rtf",
        "text/rtf": ".rtf",
        "application/vnd.ms-works": ".wps",
        "application/vnd.oasis.opendocument.text": ".odt",
    }
)
# Other names of a form.
_SUFFIXES = MappingProxyType(
    {
        ".htm": ".html",
        ".xhtml": ".html",
        ".shtml": ".html",
        ".text": ".txt",
        ".markdown": ".md",
        ".docm": ".docx",
        ".dotx": ".docx",
        ".wpt": ".wps",
        ".dot": ".doc",
    }
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*")


def check(text: str, limit: int | None = None) -> str:
    """`text` itself, where it can be read.

    `limit` counts code points.  Raises `EmptyText`, `TextTooLong`, and `InvalidRequest` for a lone surrogate (JSON can
    smuggle one in as an escape; it is no character and no encoding can write it back).
    """
    if limit is not None and len(text) > limit:
        raise TextTooLong(limit, len(text))
    if _BLANK.fullmatch(text):
        raise EmptyText
    stray = _SURROGATE.search(text)
    if stray is not None:
        code = ord(stray.group())
        raise InvalidRequest(f"第 {stray.start()} 个字符是不成对的代理码位（U+{code:04X}），不是合法字符。")
    return text


def decode(data: bytes) -> str:
    """Bytes of a plain text to its characters, byte order mark removed; `UndecodableInput` where no encoding fits."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = _strict(data[len(mark) :], encoding)
            if text is None or _is_binary(text):
                raise UndecodableInput(f"文件以 {encoding.upper()} 的字节序标记开头，内容却不是该编码的文本。")
            return text
    if b"\0" in data:
        text = _best(data, ("utf-16-le", "utf-16-be"))
        if text is None:
            raise UndecodableInput("文件含有空字节，是二进制内容而不是文本；请提交纯文本文件。")
        return text
    text = _strict(data, "utf-8")
    if text is None:
        text = _best(data, ("gb18030", "utf-16-le", "utf-16-be"))
    if text is None or _is_binary(text):
        raise UndecodableInput
    return text


def form_of(data: bytes, name: str | None = None, content_type: str | None = None) -> str:
    """A file's form as a suffix with its dot: by signature, by name, by content type, else plain text."""
    suffix = PurePosixPath((name or "").strip().replace("\\", "/")).suffix.lower()
    suffix = _SUFFIXES.get(suffix, suffix)
    for signature, form in _SIGNATURES:
        if data.startswith(signature):
            return form
    if data.startswith(_ZIP):
        return _form_of_zip(data, suffix)
    if data.startswith(OLE):
        return _form_of_ole(data, suffix)
    if _HTML.match(data.removeprefix(codecs.BOM_UTF8)):
        return ".html"
    return suffix or _CONTENT_TYPES.get((content_type or "").split(";")[0].strip().lower(), ".txt")


def _form_of_zip(data: bytes, suffix: str) -> str:
    """The package that a zip is, by the names in its directory, or in what is left of it; else .zip."""
    if _OPEN_DOCUMENT in data[:100]:
        return ".odt" if data[:100].partition(_OPEN_DOCUMENT)[2].startswith(b"text") else ".ods"
    names = set(_names(data))
    if not names and _first_name(data).startswith(_FIRST):  # a package that was cut off
        return next((form for part, form in _PARTS if part.encode() in data), suffix or ".docx")
    if _PACKAGE in names:
        return next((form for part, form in _PARTS if any(name.startswith(part) for name in names)), ".zip")
    return ".zip"


def _names(data: bytes) -> Iterator[str]:
    """The first names of a zip's directory; none where it has none, having been cut off."""
    end = data.rfind(_END, max(0, len(data) - 65_557))
    at = int.from_bytes(data[end + 16 : end + 20], "little") if end >= 0 else len(data)
    for _ in range(MOST_NAMES):
        if not data.startswith(_CENTRAL, at) or at + 46 > len(data):
            return
        name, extra, comment = struct.unpack_from("<HHH", data, at + 28)
        yield data[at + 46 : at + 46 + name].decode("utf-8", "replace")
        at += 46 + name + extra + comment


def _first_name(data: bytes) -> str:
    length = int.from_bytes(data[26:28], "little")
    return data[30 : 30 + length].decode("utf-8", "replace")


def _form_of_ole(data: bytes, suffix: str) -> str:
    for stream, form in _STREAMS:
        if stream in data:
            return suffix if form == ".doc" and suffix == ".wps" else form
    return suffix or ".doc"


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _best(data: bytes, encodings: tuple[str, ...]) -> str | None:
    """The most plausible decoding, the earlier one where two are level; None where none is plausible."""
    best, score = None, PLAUSIBLE
    for encoding in encodings:
        text = _strict(data, encoding)
        if text is None or "\0" in text or _is_binary(text):
            continue
        share = _plausibility(text)
        if share > score or (best is None and share == score):
            best, score = text, share
    return best


def _is_binary(text: str) -> bool:
    return "\0" in text or sum(1 for _ in _CONTROL.finditer(text)) > MAX_CONTROL_SHARE * len(text)


def _plausibility(text: str) -> float:
    """Share of characters at both ends of `text` that Chinese reports commonly use."""
    sample = text if len(text) <= 2 * SAMPLE else text[:SAMPLE] + text[-SAMPLE:]
    common = _common()
    return sum(c in common for c in sample) / len(sample) if sample else 0.0


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    """Printable ASCII, the symbols and first-level characters of GB 2312, and the first level of Big5."""
    rows = [*range(0xA1, 0xA4), *range(0xB0, 0xD8)]
    gb = b"".join(bytes((row, cell)) for row in rows for cell in range(0xA1, 0xFF))
    big5 = b"".join(
        bytes((row, cell)) for row in range(0xA4, 0xC7) for cell in (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    )
    ascii_text = "".join(map(chr, range(0x20, 0x7F))) + "\t\n\r\f\u3000\xa0"
    return frozenset(gb.decode("gb2312", "ignore") + big5.decode("big5", "ignore") + ascii_text)
