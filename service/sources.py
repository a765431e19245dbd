"""Where reports stand: files, folders of files, lines of `.jsonl` files, standard input.

In: names.  Out: one `Source` after another, and the readings of each: texts and what is said of them.  A zip gives as
many as there are reports in it, a `.jsonl` file one a line, a line at a time, however long it is.  Knows nothing of
what becomes of a report.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from service import files as forms
from service.errors import BaoshuError
from service.fields import BatchLine, explain, hints_of
from service.files import Limits, read_documents
from service.ingest import check
from service.records import Document, Hints

STDIN = "-"
LINES = ".jsonl"
# What is taken for a report in a folder; a file that is named is read whatever it is called.
SUFFIXES = (*forms.SUFFIXES, LINES)
# Such a file speaks of the folder.
ABOUT = "readme"


@dataclass(frozen=True, slots=True)
class Source:
    """Where one report stands: a whole file, or one line of a `.jsonl` file (`number` counts from 1)."""

    file: str
    line: bytes | None = None
    number: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.number}" if self.number else self.file


@dataclass(frozen=True, slots=True)
class Reading:
    """One report as read; `document` is the file that it was read from, None for a line.

    `id` is what it is called, by its line or else by its place; `source` its place, and what its line calls it; `file`
    the file that it stands in, of a zip the path in it as well.
    """

    id: str
    text: str
    hints: Hints
    source: str
    file: str
    document: Document | None = None

    @property
    def from_file(self) -> bool:
        """Whether its text is to stand in the answer, since no one has seen it."""
        return self.document is not None


@dataclass(frozen=True, slots=True)
class Unread:
    """A file of a zip that could not be read."""

    source: str
    problem: BaoshuError


@dataclass(frozen=True, slots=True)
class Found:
    """The files of some folders, in order of their names, and how many others stood there, by suffix."""

    files: tuple[str, ...]
    passed_over: Counter[str]


def look_up(names: Iterable[str], failures: list[str]) -> Found:
    """The files that are named, with those of each folder that is named, and of the folders in it.

    In a folder only reports count (`SUFFIXES`); what is hidden, or tells about the folder, does not.  A folder that
    cannot be looked into is told in `failures`.
    """
    files: list[str] = []
    passed_over: Counter[str] = Counter()

    def fail(error: OSError) -> None:
        failures.append(f"{error.filename}：{error.strerror or error}")

    for name in names:
        if name == STDIN or not Path(name).is_dir():
            files.append(name)
            continue
        for folder, inner, within in os.walk(name, onerror=fail):
            inner[:] = sorted(one for one in inner if not one.startswith("."))
            for path in (Path(folder, one) for one in sorted(within) if not one.startswith(".")):
                if path.suffix.lower() not in SUFFIXES:
                    passed_over[path.suffix.lower()] += 1
                elif path.stem.lower() != ABOUT:
                    files.append(str(path))
    return Found(tuple(files), passed_over)


def sources(files: Iterable[str], failures: list[str]) -> Iterator[Source]:
    """The reports of `files`, one after another; a file of lines that cannot be read is told in `failures`."""
    for file in files:
        if file == STDIN or Path(file).suffix.lower() != LINES:
            yield Source(file)
            continue
        try:
            with Path(file).open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        yield Source(file, line, number)
        except OSError as error:
            failures.append(f"{file}：{error.strerror or error}")


def read(source: Source, hints: Hints, limits: Limits) -> Iterator[Reading | Unread]:
    """The reports of a source; what a line says of itself goes before `hints`.

    In a `.jsonl` file each line is a report: `{"text": ..., "id"?, "published"?, "area"?, "title"?}`, further fields
    ignored; elsewhere `id` is the file's name without its suffix.  Raises `BaoshuError`, `OSError`; files of a zip of
    several are `Unread` instead.
    """
    if source.line is not None:
        yield _line(source, source.line, hints, limits)
        return
    if source.file == STDIN:
        path, data = Path("stdin"), sys.stdin.buffer.read()
        members = read_documents(data, limits=limits)
    else:
        path = Path(source.file)
        members = read_documents(path.read_bytes(), name=path.name, limits=limits)
    for member in members:
        place = "/".join(part for part in (str(path), member.name) if part)
        if member.problem is not None:
            yield Unread(place, member.problem)
        elif member.document is not None:
            id_ = PurePosixPath(member.name).stem or path.stem
            file = source.file if not member.name else place
            yield Reading(id_, member.document.text, hints, place, file, member.document)


def _line(source: Source, text: bytes, hints: Hints, limits: Limits) -> Reading:
    try:
        line = BatchLine.model_validate_json(text)
    except ValidationError as error:
        raise explain(error, "该行") from None
    own = hints_of(line)
    hints = Hints(own.published or hints.published, own.area or hints.area, own.title or hints.title)
    place = f"{Path(source.file).stem}-{source.number}"
    named = f"{source}#{line.id}" if line.id else str(source)
    return Reading(line.id or place, check(line.text, limits.characters), hints, named, source.file)
