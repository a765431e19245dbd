"""Bytes of a file to the text as posted.

In: bytes, with the file's name and content type where known.  Out: `str`, every character as it stands in the file:
line ends stay, since offsets of the response count code points of this very text.  Knows nothing of reports.

The form of the file is told by its first bytes, then by its suffix, then by its content type; `READERS` maps a form
to its reader and is the one place where further readers are added.  Encodings are a cascade of strict decodings:

1. a byte order mark (UTF-8, UTF-16, GB18030);
2. UTF-16 without a mark, where NUL bytes betray it;
3. UTF-8, which other encodings hardly ever satisfy by chance;
4. GB18030, UTF-16 LE, UTF-16 BE, which accept nearly anything: only where the result looks like Chinese text.

Sources: GB 18030-2022, RFC 3629 (UTF-8), RFC 2781 (UTF-16).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from types import MappingProxyType

from service.errors import EmptyText, InvalidRequest, TextTooLong, UndecodableInput, UnsupportedFile

Reader = Callable[[bytes], str]

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
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".doc"),
    (b"{\\rtf", ".rtf"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"GIF8", ".gif"),
    (b"\x1f\x8b", ".gz"),
    (b"7z\xbc\xaf\x27\x1c", ".7z"),
    (b"Rar!\x1a\x07", ".rar"),
)
_ZIP = b"PK\x03\x04"
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
    }
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*")


def read(data: bytes, *, name: str | None = None, content_type: str | None = None) -> str:
    """The text of a file.

    `name` is the file's name (its suffix counts), `content_type` a MIME type with or without parameters.  Raises
    `EmptyText` for nothing but blanks, `UnsupportedFile` for a form without a reader, `UndecodableInput` for bytes that
    are no text in any encoding read here.
    """
    form = form_of(data, name, content_type)
    reader = READERS.get(form)
    if reader is None:
        known = "、".join(READERS)
        raise UnsupportedFile(f"不能读取 {form} 文件；请提交 {known} 文件，或将报告全文另存为纯文本后再提交。")
    return check(reader(data))


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


# Forms whose bytes are their text.
PLAIN = (".txt", ".md")

READERS: Mapping[str, Reader] = MappingProxyType({".txt": decode, ".md": decode})


def form_of(data: bytes, name: str | None = None, content_type: str | None = None) -> str:
    """The file's form as a suffix with its dot: by signature, by name, by content type, else plain text."""
    for signature, form in _SIGNATURES:
        if data.startswith(signature):
            return form
    if data.startswith(_ZIP):
        for member, form in ((b"word/", ".docx"), (b"xl/", ".xlsx"), (b"ppt/", ".pptx")):
            if member in data:
                return form
        return ".zip"
    if _HTML.match(data.removeprefix(codecs.BOM_UTF8)):
        return ".html"
    suffix = PurePosixPath((name or "").strip().replace("\\", "/")).suffix.lower()
    suffix = {".htm": ".html", ".text": ".txt", ".markdown": ".md"}.get(suffix, suffix)
    if suffix:
        return suffix
    return _CONTENT_TYPES.get((content_type or "").split(";")[0].strip().lower(), ".txt")


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
