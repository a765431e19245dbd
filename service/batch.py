"""Many reports from files, one after another.

In: names of files and a form.  Out: the answers, written as they come; and one line on standard error for each report
that could not be read, after which the next one is read.  Knows nothing of HTTP.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TextIO

from tqdm import tqdm

from service import ingest
from service.errors import BaoshuError
from service.extractor import Extractor
from service.records import Extraction, Hints
from service.response import to_csv, to_json
from service.sources import Reading, read, sources
from service.terminal import tell, written

Form = Literal["json", "jsonl", "csv"]

_log = logging.getLogger("baoshu")


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
    such object a line; `csv` one row an observation.  What a file may be stands in `sources`.
    """
    failures: list[str] = []
    found = list(sources(files, failures))
    with written(output, as_csv=form == "csv") as out:
        write = _Writer(out, form, alone=len(found) == 1 and len(files) == 1)
        with tqdm(found, unit="份", disable=None if len(found) > 1 else True, file=sys.stderr) as progress:
            for source in progress:
                try:
                    reading = read(source, hints)
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
        tell(failure)
    return len(failures)


class _Writer:
    """Writes answers in one form, as they come."""

    def __init__(self, out: TextIO, form: Form, *, alone: bool) -> None:
        self._out = out
        self._form = form
        self._alone = alone
        self._written = 0

    def one(self, file: str, reading: Reading, extraction: Extraction) -> None:
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
