"""The long form as CSV (RFC 4180): a header, a line an observation, in UTF-8.

In: figures.  Out: bytes.  Numbers stand plain; a text that a spreadsheet would run gets an apostrophe before it
(`cells`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from service.exports.cells import Value, safe_cell
from service.exports.figures import NAMES, Figure
from service.exports.files import FigureTable

# A spreadsheet takes a CSV file for the local 8-bit encoding unless it begins with this mark.
BOM = b"\xef\xbb\xbf"


class CsvTable(FigureTable):
    """`bom`: marked as UTF-8 for a spreadsheet."""

    def __init__(self, out: BinaryIO, *, bom: bool = False) -> None:
        self._out = out
        out.write((BOM if bom else b"") + lines([NAMES]))

    def figures(self, figures: Iterable[Figure]) -> None:
        self._out.write(lines(figures))

    def close(self) -> None:
        """Nothing is left to write."""


def lines(rows: Iterable[Sequence[Value]]) -> bytes:
    """The rows as CSV, with the line ends of RFC 4180 and no cell that a spreadsheet would run."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return out.getvalue().encode()
