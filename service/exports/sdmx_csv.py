"""The long form as SDMX-CSV 2.0 (aligned with SDMX 3.0; its field guide), described by `sdmx_structure`.

In: figures.  Out: bytes.  Each row names its dataflow: figures without a time that SDMX can write are rows of the
second one, whose columns of time stay empty, as the field guide has it for several structures in one message.  As in
any CSV from here, a text that a spreadsheet would run gets an apostrophe before it (`cells`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from service.exports.cells import Value
from service.exports.csv_table import BOM, lines
from service.exports.figures import Figure
from service.exports.files import FigureTable
from service.exports.sdmx_components import AGENCY, COMPONENTS, DATED, UNDATED, VERSION
from service.exports.sdmx_time import time_period

HEADER = ("STRUCTURE", "STRUCTURE_ID", "ACTION", *(component.id for component in COMPONENTS))
INFORMATION = "I"


class SdmxCsvTable(FigureTable):
    """`bom`: marked as UTF-8 for a spreadsheet."""

    def __init__(self, out: BinaryIO, *, bom: bool = False) -> None:
        self._out = out
        out.write((BOM if bom else b"") + lines([HEADER]))

    def figures(self, figures: Iterable[Figure]) -> None:
        self._out.write(lines(_row(figure) for figure in figures))

    def close(self) -> None:
        """Nothing is left to write."""


def _row(figure: Figure) -> list[Value]:
    flow = UNDATED if time_period(figure.period) is None else DATED
    values = (component.of(figure) for component in COMPONENTS)
    return ["dataflow", f"{AGENCY}:{flow}({VERSION})", INFORMATION, *values]
