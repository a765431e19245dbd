"""Files to documents: what people hold (.docx, .pdf, a web page, a zip of them) to text with places and notes.

`read_document` reads one file, `read_documents` one file or all those in a zip.  Plain text is decoded here and now
(`service.ingest`, which also tells the form of a file); every richer form is read by one of `readers`, in a process
that can be stopped (`confinement`).  Nothing is ever fetched from elsewhere, and nothing of a file is ever run.
"""

from __future__ import annotations

import codecs
import re
import time
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from service.errors import BaoshuError, DamagedFile, FileTooSlow, NothingInZip, UnsupportedFile
from service.files.confinement import shared
from service.files.limits import MEBIBYTE, Limits
from service.files.readers import READERS, SUFFIXES, UNPACK
from service.files.wire import Json, document_from, error_from
from service.ingest import PLAIN, check, decode, form_of
from service.records import Document, Finding

__all__ = ["FORMS", "SUFFIXES", "Limits", "Member", "read_document", "read_documents"]

ZIP = ".zip"
# What can be read, as a person is told it.
FORMS = (*PLAIN, ".html", ".docx", ".pdf", ".doc", ".wps", ZIP)
USUAL = Limits()
# All the files of a zip together may take as long as this many.
TOGETHER = 10
_NAMES_SHOWN = 5
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]+)", re.I)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of those given together: its path in the zip, "" for a file by itself; one of the others is None."""

    name: str
    document: Document | None = None
    problem: BaoshuError | None = None


def read_document(
    data: bytes, *, name: str | None = None, content_type: str | None = None, limits: Limits = USUAL
) -> Document:
    """The text of a file, with the place of each of its lines and what must be known of the reading.

    `name` is the file's name (its suffix counts), `content_type` a MIME type with or without parameters.  Blocks for up
    to `limits.seconds`.  Raises what `ingest` raises for a text; `UnsupportedFile` for a form without a reader, and for
    a zip; `EncryptedFile`, `DamagedFile`, `NoTextInFile`, `FileTooLarge`, `FileTooSlow`.
    """
    form = form_of(data, name, content_type)
    if form in PLAIN:
        return Document(check(decode(data), limits.characters), form)
    reader = READERS.get(form)
    if reader is None:
        raise UnsupportedFile(
            f"不能读取 {form} 文件；请提交 {'、'.join(FORMS)} 文件，或将报告全文另存为纯文本后再提交。"
        )
    if form == ".html":
        data = _marked(data, content_type)
    header, body = shared().run(reader, data, limits)
    try:
        document = document_from(header, body)
    except (ValueError, KeyError, TypeError):
        raise DamagedFile("文件使读取程序给出了无法理解的结果；请用原来的软件打开并另存后再提交。") from None
    check(document.text, limits.characters)
    return document


def read_documents(
    data: bytes, *, name: str | None = None, content_type: str | None = None, limits: Limits = USUAL
) -> tuple[Member, ...]:
    """A file by itself, or the reports of a zip in its order; at least one, and where there is one it has been read.

    In a zip of several a file that cannot be read has its problem, and the others are read; in a zip of one it is as
    for that file.  What cannot be a report is named in a note.  Raises what `read_document` raises, `NothingInZip`.
    """
    if form_of(data, name, content_type) != ZIP:
        return (Member("", read_document(data, name=name, content_type=content_type, limits=limits)),)
    most = limits.unpacked + limits.members * MEBIBYTE // 1024
    header, body = shared().run(UNPACK, data, limits, most=most)
    passed_over = [str(one) for one in header["passed_over"]]
    members = _read_all(header["members"], body, limits)
    if not members:
        others = f"其中只有{_named(passed_over)}" if passed_over else "其中没有文件"
        raise NothingInZip(f"压缩包中没有可读的报告，{others}；可读的文件为 {'、'.join(FORMS)}。")
    if len(members) == 1 and members[0].problem is not None:
        raise members[0].problem
    if passed_over:
        note = Finding("files-passed-over", f"压缩包中的{_named(passed_over)}不是报告，没有读取")
        return tuple(
            replace(member, document=replace(member.document, notes=(*member.document.notes, note)))
            if member.document is not None
            else member
            for member in members
        )
    return members


def _read_all(headers: list[Json], body: bytes, limits: Limits) -> tuple[Member, ...]:
    members = []
    until = time.monotonic() + TOGETHER * limits.seconds
    at = 0
    for header in headers:
        name = str(header["name"])
        if "error" in header:
            members.append(Member(name, problem=error_from(header)))
            continue
        data = body[at : at + int(header["size"])]
        at += len(data)
        left = min(limits.seconds, until - time.monotonic())
        try:
            if left <= 0:
                raise FileTooSlow(TOGETHER * limits.seconds)
            document = read_document(data, name=PurePosixPath(name).name, limits=replace(limits, seconds=left))
            members.append(Member(name, document))
        except BaoshuError as error:
            members.append(Member(name, problem=error))
    return tuple(members)


def _named(names: list[str]) -> str:
    shown = "、".join(names[:_NAMES_SHOWN])
    return f" {shown} " + (f"等 {len(names)} 个文件" if len(names) > _NAMES_SHOWN else "")


def _marked(data: bytes, content_type: str | None) -> bytes:
    """A page whose encoding the sender names, in UTF-8 with its mark: that goes before what the page says itself."""
    said = _CHARSET.search(content_type or "")
    if said is None or data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data
    encoding = "gb18030" if said[1].lower() in ("gb2312", "gbk") else said[1]
    try:
        return codecs.BOM_UTF8 + data.decode(encoding).encode()
    except (LookupError, ValueError):
        return data
