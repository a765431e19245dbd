"""What figures are compared by across reports.

Rows that are there already are filled from what was stored with them: `subjects.compared_by` needs their fields and the
report's text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    select,
    update,
)

from service.archive.subjects import compared_by

revision = "0002"
down_revision = "0001"

KEY = BigInteger().with_variant(Integer, "sqlite")
NAME = Text().with_variant(Text(collation="C"), "postgresql")
ADDED = ("subject", "place", "definition", "worth_low", "worth_high", "cell")
# So many readings at once: a few thousand figures, and their texts.
READINGS_AT_ONCE = 50

_then = MetaData()
_reports = Table("reports", _then, Column("key", KEY), Column("text", Text))
_extractions = Table("extractions", _then, Column("key", KEY), Column("report", KEY))
_observations = Table(
    "observations",
    _then,
    Column("key", KEY),
    Column("extraction", KEY),
    *(Column(name, Text) for name in ("indicator", "indicator_code", "value_text", "unit", "area", "area_code")),
    *(Column(name, Text) for name in ("scope", "base")),
    *(Column(name, String) for name in ("bound", "measure", "status")),
    *(Column(name, Float) for name in ("low", "high", "worth_low", "worth_high")),
    *(Column(name, Date) for name in ("period_start", "period_end")),
    *(Column(name, Integer) for name in ("start", "end", "evidence_start")),
    Column("masked", Boolean),
    Column("subject", NAME),
    Column("place", NAME),
    Column("definition", Text),
    Column("cell", BigInteger),
)


def upgrade() -> None:
    """From 0001."""
    for column in (
        Column("subject", NAME),
        Column("place", NAME),
        Column("definition", Text, nullable=False, server_default=""),
        Column("worth_low", Float(53)),
        Column("worth_high", Float(53)),
        Column("cell", BigInteger),
    ):
        op.add_column("observations", column)
    _fill(op.get_bind())
    # Made at the end: the rows are written once, the indexes in order.
    for name in (("model", "subject", "place", "period_end"), ("model", "cell", "worth_low", "worth_high")):
        op.create_index(f"ix_observations_{'_'.join(name)}", "observations", name)


def _fill(connection: Connection) -> None:
    given: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ADDED}
    change = update(_observations).where(_observations.c.key == bindparam("row")).values(**given)
    after = 0
    while True:
        readings = connection.execute(
            select(_extractions.c.key, _reports.c.text)
            .join(_reports, _reports.c.key == _extractions.c.report)
            .where(_extractions.c.key > after)
            .order_by(_extractions.c.key)
            .limit(READINGS_AT_ONCE)
        ).all()
        if not readings:
            return
        found: dict[int, list[Any]] = {}
        keys = [reading.key for reading in readings]
        for row in connection.execute(select(_observations).where(_observations.c.extraction.in_(keys))).mappings():
            found.setdefault(row["extraction"], []).append(row)
        changes = [change for key, text in readings for change in _changes(found.get(key, ()), text)]
        if changes:
            connection.execute(change, changes)
        after = keys[-1]


def _changes(rows: Sequence[Any], text: str) -> list[dict[str, Any]]:
    return [
        {"row": row["key"], **{f"new_{name}": value for name, value in more.items()}}
        for row, more in zip(rows, compared_by(rows, text), strict=True)
    ]
