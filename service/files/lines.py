"""A document's text as it grows: line after line, each with the number of the block that it came from.

In: lines as they are shown.  Out: the `Document`.  Knows nothing of any file form.
"""

from __future__ import annotations

import re

from service.errors import NoTextInFile, TextTooLong
from service.records import Document, Finding, Place, Span

_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Characters that show as nothing, and that no text should hold.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f]")


class Lines:
    """`characters`: how many code points the text may hold."""

    def __init__(self, characters: int) -> None:
        self._most = characters
        self._lines: list[str] = []
        self._places: list[Place] = []
        self._length = 0

    def add(self, text: str, paragraph: int | None = None) -> None:
        """The lines of `text`, blank ones left out.  Raises `TextTooLong`."""
        for line in _UNSEEN.sub("", _BREAKS.sub("\n", text)).split("\n"):
            line = line.rstrip()
            if not line.strip("\u3000 \t\xa0\u200b\ufeff"):
                continue
            span = Span(self._length, self._length + len(line))
            self._lines.append(line)
            self._places.append(Place(span, paragraph=paragraph))
            self._length = span.end + 1
            if span.end > self._most:
                raise TextTooLong(self._most, span.end)

    @property
    def empty(self) -> bool:
        return not self._lines

    def document(self, form: str, notes: tuple[Finding, ...] = (), *, pictures: int = 0) -> Document:
        """The document.  Raises `NoTextInFile` where there are pictures and nothing else."""
        if self.empty and pictures:
            raise NoTextInFile
        if pictures:
            told = f"文件中有 {pictures} 幅图片，图中的文字和数字没有读取"
            notes = (*notes, Finding("pictures-not-read", told))
        return Document("".join(f"{line}\n" for line in self._lines), form, tuple(self._places), notes)
