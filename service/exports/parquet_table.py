"""The long form as Parquet: typed columns that say what they hold and in which unit.

In: figures.  Out: the bytes of a Parquet file (format 2.6, zstd).  Each field carries the metadata `description` and,
where it has one, `unit`; the file says which program wrote it.  Figures are written by the row group, so that as many
as come take the memory of one.  pyarrow is loaded when the first table is begun.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, BinaryIO

from service.exports.figures import COLUMNS, Figure, Kind
from service.exports.files import FigureTable

if TYPE_CHECKING:
    import pyarrow as pa

# Rows a group: enough to compress well, little enough to hold.
GROUP = 20_000


class ParquetTable(FigureTable):
    """It is whole once it was closed."""

    def __init__(self, out: BinaryIO) -> None:
        import pyarrow.parquet as pq

        self._writer = pq.ParquetWriter(out, schema(), compression="zstd")
        self._waiting: list[Figure] = []
        self._open = True

    def figures(self, figures: Iterable[Figure]) -> None:
        for figure in figures:
            self._waiting.append(figure)
            if len(self._waiting) >= GROUP:
                self._write()

    def close(self) -> None:
        if self._open and self._waiting:
            self._write()
        self.abandon()

    def abandon(self) -> None:
        if self._open:
            self._writer.close()
        self._open = False

    def _write(self) -> None:
        import pyarrow as pa

        columns = zip(*self._waiting, strict=True)
        arrays = [pa.array(column, type=field.type) for column, field in zip(columns, schema(), strict=True)]
        self._writer.write_batch(pa.record_batch(arrays, schema=schema()))
        self._waiting.clear()


@cache
def schema() -> pa.Schema:
    """The columns of `figures.COLUMNS` with their types."""
    import pyarrow as pa

    types = {
        Kind.TEXT: pa.string(),
        Kind.NUMBER: pa.float64(),
        Kind.WHOLE: pa.int64(),
        Kind.SHARE: pa.float64(),
        Kind.FLAG: pa.bool_(),
        Kind.DAY: pa.date32(),
    }
    fields = []
    for column in COLUMNS:
        told = {"description": column.about, "title": column.title}
        if column.unit is not None:
            told["unit"] = column.unit
        fields.append(pa.field(column.name, types[column.kind], nullable=column.optional, metadata=told))
    return pa.schema(fields, metadata={"generator": f"baoshu {version('baoshu')}"})
