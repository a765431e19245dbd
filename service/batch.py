"""Many reports from files, one after another.

In: names of files and a form.  Out: the answers, written as they come; and one line on standard error for each report
that could not be read, after which the next one is read.  Knows nothing of HTTP.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from pydantic import ValidationError
from tqdm import tqdm

from service import ingest
from service.errors import BaoshuError
from service.extractor import Extractor
from service.fields import BatchLine, explain, hints_of
from service.records import Extraction, Hints
from service.response import to_csv, to_json

Form = Literal["json", "jsonl", "csv"]

_log = logging.getLogger("baoshu")

STDIN = "-"
# A spreadsheet takes a CSV file for the local 8-bit encoding unless it begins with this mark.
CSV_ENCODING = "utf-8-sig"


@dataclass(frozen=True, slots=True)
class _Source:
    """Where one report stands: a whole file, or one line of a `.jsonl` file (`number` counts from 1)."""

    file: str
    line: bytes | None = None
    number: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.number}" if self.number else self.file


@dataclass(frozen=True, slots=True)
class _Reading:
    """One report as read; `from_file` says that its text is to stand in the answer, since no one has seen it."""

    id: str
    text: str
    hints: Hints
    from_file: bool


def extract_files(
    extractor: Extractor,
    files: Sequence[str],
    *,
    form: Form,
    output: Path | None,
    hints: Hints,
    max_characters: int,
) -> int:
    """Read `files` and write the answers to `output` (None: standard output); the number of reports that failed.

    `json` gives the answer itself for one report, and for more an array of `{"file", "id", "response"}`; `jsonl` one
    such object a line; `csv` one row an observation.  In a `.jsonl` file each line is a report: `{"text": ..., "id"?,
    "published"?, "area"?, "title"?}`, further fields ignored; elsewhere `id` is the file's name without its suffix.
    """
    failures: list[str] = []
    sources = list(_sources(files, failures))
    with nullcontext(sys.stdout) if output is None else _open(output, form) as out:
        write = _Writer(out, form, alone=len(sources) == 1 and len(files) == 1)
        with tqdm(sources, unit="份", disable=None if len(sources) > 1 else True, file=sys.stderr) as progress:
            for source in progress:
                try:
                    reading = _read(source, hints)
                    ingest.check(reading.text, max_characters)
                    extraction = extractor.extract(reading.text, reading.hints)
                except BaoshuError as error:
                    failures.append(f"{source}：{error.title}。{error.detail}")
                except OSError as error:
                    failures.append(f"{source}：{error.strerror or error}")
                except Exception:
                    # A fault of ours on one report must not cost the others; the trace says where to look.
                    _log.exception("%s failed", source)
                    failures.append(f"{source}：内部错误，没有读完。")
                else:
                    write.one(source.file, reading, extraction)
        write.end()
    for failure in failures:
        print(f"baoshu: {failure}", file=sys.stderr)  # noqa: T201
    return len(failures)


def _open(output: Path, form: Form) -> TextIO:
    encoding = CSV_ENCODING if form == "csv" else "utf-8"
    return output.open("w", encoding=encoding, newline="")


def _sources(files: Iterable[str], failures: list[str]) -> Iterator[_Source]:
    for file in files:
        path = Path(file)
        if file != STDIN and path.suffix.lower() == ".jsonl":
            try:
                lines = path.read_bytes().splitlines()
            except OSError as error:
                failures.append(f"{file}：{error.strerror or error}")
                continue
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _Source(file, line, number)
        else:
            yield _Source(file)


def _read(source: _Source, hints: Hints) -> _Reading:
    """One report; what a line says of itself goes before what the call says of all."""
    if source.line is not None:
        try:
            line = BatchLine.model_validate_json(source.line)
        except ValidationError as error:
            raise explain(error, "该行") from None
        own = hints_of(line)
        hints = Hints(own.published or hints.published, own.area or hints.area, own.title or hints.title)
        return _Reading(line.id or f"{Path(source.file).stem}-{source.number}", line.text, hints, from_file=False)
    if source.file == STDIN:
        return _Reading("stdin", ingest.read(sys.stdin.buffer.read()), hints, from_file=True)
    path = Path(source.file)
    return _Reading(path.stem, ingest.read(path.read_bytes(), name=path.name), hints, from_file=True)


class _Writer:
    """Writes answers in one form, as they come."""

    def __init__(self, out: TextIO, form: Form, *, alone: bool) -> None:
        self._out = out
        self._form = form
        self._alone = alone
        self._written = 0

    def one(self, file: str, reading: _Reading, extraction: Extraction) -> None:
        first = self._written == 0
        self._written += 1
        if self._form == "csv":
            self._out.write(to_csv([(reading.id, extraction)], header=first))
            return
        response = to_json(extraction, with_text=reading.from_file)
        if self._form == "json" and self._alone:
            self._out.write(json.dumps(response, ensure_ascii=False, indent=2) + "\n")
            return
        named = json.dumps({"file": file, "id": reading.id, "response": response}, ensure_ascii=False)
        if self._form == "json":
            self._out.write(("[\n" if first else ",\n") + named)
        else:
            self._out.write(named + "\n")
        self._out.flush()

    def end(self) -> None:
        if self._form == "csv" and not self._written:
            self._out.write(to_csv([]))
        if self._form == "json" and not self._alone:
            self._out.write("\n]\n" if self._written else "[]\n")
        self._out.flush()
