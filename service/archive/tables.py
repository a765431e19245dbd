"""The tables of the archive, for SQLite and PostgreSQL alike.

What is written once and never changed: settings, reports and their passages, extractions, observations, promotions,
annotation revisions.  What changes: jobs, their items, annotation tasks, keys.  Numbers named `key` are the store's own
and never leave it; `reports.id`, `models.id`, `jobs.id` do.  The history of this form stands in `migrations/`; a test
holds the two together.

The index of words over passages is each store's own and stands in `migrations/` alone: in SQLite the FTS5 table
`passage_words`, whose rowid is `passages.key`, in PostgreSQL the column `passages.words` (tsvector).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect

# Names for every constraint, so that a later migration can speak of them.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the column is exactly INTEGER.
Key = BigInteger().with_variant(Integer, "sqlite")
# Text that is looked up and compared by code points, as SQLite does by itself: a range of names is a prefix.
Name = Text().with_variant(Text(collation="C"), "postgresql")


class Utc(TypeDecorator[datetime]):
    """An instant, aware and in UTC; SQLite keeps no zone, so it is given back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def now() -> datetime:
    """This instant."""
    return datetime.now(UTC)


# What is settled when an archive is made: `search_unit` (see `search`).
settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# Keys of reports and jobs are never given twice: a worker may still hold that of one deleted meanwhile.
reports = Table(
    "reports",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),  # SHA-256 of the text in UTF-8, hexadecimal
    Column("text", Text, nullable=False),
    Column("characters", Integer, nullable=False),
    Column("source", Text),  # the file or address that it came from
    Column("hint_title", Text),
    Column("hint_published", Date),
    Column("hint_area", Text),
    # Of a report that came as a file: its form, where its lines stand in it, what was said of its reading (`reports`).
    Column("document", LargeBinary),
    Column("added_at", Utc, nullable=False, index=True),
    sqlite_autoincrement=True,
)

# A stretch of a report that is indexed for search as one.
passages = Table(
    "passages",
    metadata,
    Column("key", Key, primary_key=True),
    Column("report", Key, ForeignKey("reports.key", ondelete="CASCADE"), nullable=False, index=True),
    Column("start", Integer, nullable=False),  # in the report's text, code points, half open
    Column("end", Integer, nullable=False),
)

models = Table(
    "models",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Text, nullable=False, unique=True),  # `<name>-<version>`
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("seen_at", Utc, nullable=False),
)

# The current model is that of the last row.
promotions = Table(
    "promotions",
    metadata,
    Column("key", Key, primary_key=True),
    Column("model", Key, ForeignKey("models.key"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("by", Text),
    Column("rolled_back", Boolean, nullable=False, default=False),  # whether it went back to an earlier one
)

extractions = Table(
    "extractions",
    metadata,
    Column("key", Key, primary_key=True),
    Column("report", Key, ForeignKey("reports.key", ondelete="CASCADE"), nullable=False),
    Column("model", Key, ForeignKey("models.key"), nullable=False, index=True),
    Column("program", Text, nullable=False),  # version of Baoshu that read it
    Column("read_at", Utc, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("title", Text),
    Column("issuer", Text),
    Column("published", Text),  # EDTF
    Column("period", Text),  # EDTF
    Column("area", Text),
    Column("area_code", String(6)),
    Column("numbers", Integer, nullable=False),
    Column("observed", Integer, nullable=False),
    Column("unexplained", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),  # the whole answer (`schema.ExtractionJson`), JSON, zlib
    UniqueConstraint("report", "model"),
)

observations = Table(
    "observations",
    metadata,
    Column("key", Key, primary_key=True),
    Column("extraction", Key, ForeignKey("extractions.key", ondelete="CASCADE"), nullable=False),
    Column("report", Key, ForeignKey("reports.key", ondelete="CASCADE"), nullable=False, index=True),
    Column("model", Key, ForeignKey("models.key"), nullable=False),
    Column("number", Integer, nullable=False),  # 7 for `o7` of the answer
    Column("indicator", Name, nullable=False),
    Column("indicator_code", Name),
    Column("value_text", Text, nullable=False),
    Column("low", Float(53)),
    Column("high", Float(53)),
    Column("unit", Text, nullable=False),
    Column("bound", String(8), nullable=False),
    Column("masked", Boolean, nullable=False),
    Column("measure", String(9), nullable=False),
    Column("period", Name),  # EDTF as read
    Column("period_start", Date),  # its first and last day; null where open, both where the year is masked
    Column("period_end", Date),
    Column("area", Name),
    Column("area_code", Name),
    Column("scope", Text),
    Column("base", Text),
    Column("status", String(8), nullable=False),
    Column("score", Float, nullable=False),
    Column("start", Integer, nullable=False),  # the value in the report's text, code points, half open
    Column("end", Integer, nullable=False),
    Column("evidence_start", Integer, nullable=False),
    Column("evidence_end", Integer, nullable=False),
    Column("section", Text, nullable=False),
    # What it is compared by across reports, worked out when it is stored (`subjects`).
    Column("subject", Name),
    Column("place", Name),
    Column("definition", Text, nullable=False, server_default=""),
    Column("worth_low", Float(53)),  # all amounts that it may stand for, null where open, both where masked
    Column("worth_high", Float(53)),
    Column("cell", BigInteger),  # the same for figures of one thing, place, time, measure, unit, status and 口径
    UniqueConstraint("extraction", "number"),
    # A question names a model (the current one) and most often an indicator or an area; pages go on by key.
    Index(None, "model", "indicator_code", "area", "period_end"),
    Index(None, "model", "indicator", "area", "period_end"),
    Index(None, "model", "area", "period_end"),
    Index(None, "model", "area_code", "period_end"),
    Index(None, "model", "period_end", "period_start"),
    Index(None, "model", "key"),
    # Two models' readings of one report are laid side by side by the place of each value.
    Index(None, "extraction", "start"),
    # What is said of one thing in one place, through time; what is said twice.
    Index(None, "model", "subject", "place", "period_end"),
    Index(None, "model", "cell", "worth_low", "worth_high"),
)

JOB_STATES = ("queued", "running", "done", "cancelled")
ITEM_STATES = ("waiting", "leased", "done", "failed", "cancelled")

jobs = Table(
    "jobs",
    metadata,
    Column("id", Key, primary_key=True),
    Column("model", Key, ForeignKey("models.key"), nullable=False),
    Column("engine", Text, nullable=False),  # local or ray
    Column("selection", JSON, nullable=False),  # what was asked for; the items are what that meant then
    Column("state", String(9), nullable=False, index=True),
    Column("total", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("started_at", Utc),
    Column("finished_at", Utc),
    CheckConstraint(f"state IN {JOB_STATES}", name="state"),
    sqlite_autoincrement=True,
)

items = Table(
    "items",
    metadata,
    Column("job", Key, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("report", Key, ForeignKey("reports.key", ondelete="CASCADE"), primary_key=True, index=True),
    Column("state", String(9), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("worker", Text),
    Column("lease_until", Utc),  # a leased item whose time is over is anyone's again
    Column("error_code", Text),
    Column("error_detail", Text),  # Chinese
    Column("finished_at", Utc),
    Index(None, "job", "state", "lease_until"),
    CheckConstraint(f"state IN {ITEM_STATES}", name="state"),
)

TASK_STATES = ("new", "pre_annotated", "in_work", "done", "reviewed")

# What is to be annotated: one row for each report, made with it.
annotation_tasks = Table(
    "annotation_tasks",
    metadata,
    Column("report", Key, ForeignKey("reports.key", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("state", String(13), nullable=False),
    Column("assignee", Text),
    Column("priority", Float(53), nullable=False),
    Column("reason", Text),  # why it has that priority, in Chinese
    Column("changed_at", Utc, nullable=False),
    Index(None, "state", "priority", "report"),
    Index(None, "priority", "report"),
    CheckConstraint(f"state IN {TASK_STATES}", name="state"),
)

annotation_revisions = Table(
    "annotation_revisions",
    metadata,
    Column("key", Key, primary_key=True),
    Column("report", Key, ForeignKey("reports.key", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),  # counts a report's revisions from 1
    Column("line", Name, nullable=False),  # empty for the line that all share, else the annotator whose own it is
    Column("annotator", Name, nullable=False),
    Column("at", Utc, nullable=False),
    Column("base", Integer),  # number of the revision that it was made from
    Column("model", Key, ForeignKey("models.key")),  # whose proposal it goes back to
    Column("state", String(13), nullable=False),  # of the task, after it
    Column("note", Text),
    Column("corrections", Integer, nullable=False),  # acts of correction since what it was made from
    Column("body", LargeBinary, nullable=False),  # the document (`annotations.schema.DocumentJson`), JSON, zlib
    UniqueConstraint("report", "number"),
    Index(None, "report", "line", "number"),
    CheckConstraint(f"state IN {TASK_STATES}", name="state"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key", Key, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 of a random key of 256 bits
    Column("scopes", JSON, nullable=False),  # of read, write, admin
    Column("created_at", Utc, nullable=False),
    Column("revoked_at", Utc),
)
