"""Files to documents: what people hold (.docx, .pdf, a web page, a zip of them) to text with places and notes.

`read_document` reads one file.  Plain text is decoded here and now (`service.ingest`, which also tells the form of a
file); every richer form is read by one of `readers`, in a process that can be stopped (`confinement`).  Nothing is ever
fetched from elsewhere, and nothing of a file is ever run.
"""

from __future__ import annotations

from service.errors import UnsupportedFile
from service.files.confinement import shared
from service.files.limits import Limits
from service.files.readers import READERS
from service.files.wire import document_from
from service.ingest import PLAIN, check, decode, form_of
from service.records import Document

__all__ = ["Limits", "read_document"]

USUAL = Limits()


def read_document(
    data: bytes, *, name: str | None = None, content_type: str | None = None, limits: Limits = USUAL
) -> Document:
    """The text of a file, with the place of each of its lines and what must be known of the reading.

    `name` is the file's name (its suffix counts), `content_type` a MIME type with or without parameters.  Blocks for up
    to `limits.seconds`.  Raises what `ingest` raises for a text; `UnsupportedFile` for a form without a reader;
    `EncryptedFile`, `DamagedFile`, `NoTextInFile`, `FileTooLarge`, `FileTooSlow`.
    """
    form = form_of(data, name, content_type)
    if form in PLAIN:
        return Document(check(decode(data), limits.characters), form)
    reader = READERS.get(form)
    if reader is None:
        known = "、".join((*PLAIN, *READERS))
        raise UnsupportedFile(f"不能读取 {form} 文件；请提交 {known} 文件，或将报告全文另存为纯文本后再提交。")
    document = document_from(*shared().run(reader, data, limits))
    check(document.text, limits.characters)
    return document
