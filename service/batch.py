"""Many reports from files, one after another.

In: names of files and a form.  Out: the answers, written as they come; and one line on standard error for each report
that could not be read, after which the next one is read.  Knows nothing of HTTP.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Protocol, TextIO

from tqdm import tqdm

from service.errors import BaoshuError
from service.exports.figures import ReadReport
from service.exports.files import ReportFile
from service.exports.forms import Form
from service.exports.writing import begin
from service.extractor import Extractor
from service.files import Limits
from service.records import Extraction, Hints
from service.response import to_json
from service.sources import Reading, Source, read, sources
from service.terminal import tell, written, written_bytes

_log = logging.getLogger("baoshu")


def extract_files(
    extractor: Extractor,
    files: Sequence[str],
    *,
    form: Form,
    output: Path | None,
    hints: Hints,
    limits: Limits,
) -> int:
    """Read `files` and write the answers to `output` (None: standard output); the number of reports that failed.

    `json` gives the answer itself for one report, and for more an array of `{"file", "id", "response"}`; `jsonl` one
    such object a line; every other form one table, workbook or page of all reports, CSV in a file marked as UTF-8.
    What a file may be stands in `sources`.  Raises `TableTooLong`, `InvalidRequest` where a terminal cannot show it.
    """
    failures: list[str] = []
    found = list(sources(files, failures))
    with tqdm(found, unit="份", disable=None if len(found) > 1 else True, file=sys.stderr) as progress:
        readings = _readings(progress, hints, limits, failures)
        first = list(islice(readings, 2))
        alone = len(files) == len(found) == 1 and len(first) + len(failures) <= 1
        with _begun(form, output, alone=alone) as write:
            for reading in chain(first, readings):
                extraction: Extraction | None = None
                with _told(reading.source, failures):
                    extraction = extractor.extract(reading.text, reading.hints)
                if extraction is not None:
                    write.one(reading, extraction)
    for failure in failures:
        tell(failure)
    return len(failures)


def _readings(given: Iterable[Source], hints: Hints, limits: Limits, failures: list[str]) -> Iterator[Reading]:
    """The reports of `given`, read; what cannot be read is told in `failures`."""
    for source in given:
        with _told(str(source), failures):
            for reading in read(source, hints, limits):
                if isinstance(reading, Reading):
                    yield reading
                else:
                    failures.append(f"{reading.source}：{reading.problem.title}。{reading.problem.detail}")


@contextmanager
def _told(source: str, failures: list[str]) -> Iterator[None]:
    """What goes wrong with this source is told in `failures`, and costs no other."""
    try:
        yield
    except BaoshuError as error:
        failures.append(f"{source}：{error.title}。{error.detail}")
    except OSError as error:
        failures.append(f"{source}：{error.strerror or error}")
    except Exception:
        # A fault of ours on one report must not cost the others; the trace says where to look.
        _log.exception("%s failed", source)
        failures.append(f"{source}：内部错误，没有读完。")


class _Writer(Protocol):
    """Writes answers, as they come."""

    def one(self, reading: Reading, extraction: Extraction) -> None: ...


@contextmanager
def _begun(form: Form, output: Path | None, *, alone: bool) -> Iterator[_Writer]:
    """What writes answers in that form, and ends when this does; `alone`: there will be one answer."""
    if form in (Form.JSON, Form.JSONL):
        with written(output) as text:
            lines = _JsonWriter(text, form, alone=alone)
            yield lines
            lines.end()
    else:
        with (
            written_bytes(output, form, binary=form.binary) as out,
            begin(form, out, bom=form is Form.CSV and output is not None) as file,
        ):
            yield _FileWriter(file)


class _FileWriter:
    """One file of all answers."""

    def __init__(self, file: ReportFile) -> None:
        self._file = file

    def one(self, reading: Reading, extraction: Extraction) -> None:
        answer = to_json(extraction, document=reading.document)
        self._file.report(ReadReport(reading.id, reading.text, answer, reading.source))


class _JsonWriter:
    """An object, an array, or a line each."""

    def __init__(self, out: TextIO, form: Form, *, alone: bool) -> None:
        self._out = out
        self._form = form
        self._alone = alone
        self._written = 0

    def one(self, reading: Reading, extraction: Extraction) -> None:
        first = self._written == 0
        self._written += 1
        response = to_json(extraction, with_text=reading.from_file, document=reading.document)
        if self._form is Form.JSON and self._alone:
            self._out.write(json.dumps(response, ensure_ascii=False, indent=2) + "\n")
            return
        named = json.dumps({"file": reading.file, "id": reading.id, "response": response}, ensure_ascii=False)
        if self._form is Form.JSON:
            self._out.write(("[\n" if first else ",\n") + named)
        else:
            self._out.write(named + "\n")
        self._out.flush()

    def end(self) -> None:
        if self._form is Form.JSON and not self._alone:
            self._out.write("\n]\n" if self._written else "[]\n")
        self._out.flush()
