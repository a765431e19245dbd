"""Reports and the words in them, models, extractions, observations, jobs, keys."""

from __future__ import annotations

from alembic import op
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
    String,
    Text,
    UniqueConstraint,
)

revision = "0001"
down_revision = None

KEY = BigInteger().with_variant(Integer, "sqlite")
NAME = Text().with_variant(Text(collation="C"), "postgresql")
INSTANT = DateTime(timezone=True)


def upgrade() -> None:
    """From nothing."""
    _reports()
    _words()
    _models()
    _readings()
    _jobs()
    _keys()


def _reports() -> None:
    op.create_table(
        "settings",
        Column("name", Text, primary_key=True),
        Column("value", Text, nullable=False),
    )
    op.create_table(
        "reports",
        Column("key", KEY, primary_key=True),
        Column("id", String(64), nullable=False, unique=True),
        Column("text", Text, nullable=False),
        Column("characters", Integer, nullable=False),
        Column("source", Text),
        Column("hint_title", Text),
        Column("hint_published", Date),
        Column("hint_area", Text),
        Column("added_at", INSTANT, nullable=False, index=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "passages",
        Column("key", KEY, primary_key=True),
        Column("report", KEY, ForeignKey("reports.key", ondelete="CASCADE"), nullable=False, index=True),
        Column("start", Integer, nullable=False),
        Column("end", Integer, nullable=False),
    )


def _words() -> None:
    """The words arrive cut, with blanks between them; a point is a token of its own kind (`search`)."""
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE passage_words"
            " USING fts5(words, columnsize=0, tokenize=\"unicode61 remove_diacritics 0 tokenchars '.'\")"
        )
        op.execute(
            "CREATE TRIGGER passages_deleted AFTER DELETE ON passages"
            " BEGIN DELETE FROM passage_words WHERE rowid = old.key; END"
        )
    else:
        op.execute("ALTER TABLE passages ADD COLUMN words tsvector NOT NULL")
        op.execute("CREATE INDEX ix_passages_words ON passages USING gin (words)")


def _models() -> None:
    op.create_table(
        "models",
        Column("key", KEY, primary_key=True),
        Column("id", Text, nullable=False, unique=True),
        Column("name", Text, nullable=False),
        Column("version", Text, nullable=False),
        Column("sha256", String(64), nullable=False),
        Column("seen_at", INSTANT, nullable=False),
    )
    op.create_table(
        "promotions",
        Column("key", KEY, primary_key=True),
        Column("model", KEY, ForeignKey("models.key"), nullable=False),
        Column("at", INSTANT, nullable=False),
        Column("by", Text),
        Column("rolled_back", Boolean, nullable=False),
    )


def _readings() -> None:
    op.create_table(
        "extractions",
        Column("key", KEY, primary_key=True),
        Column("report", KEY, ForeignKey("reports.key", ondelete="CASCADE"), nullable=False),
        Column("model", KEY, ForeignKey("models.key"), nullable=False, index=True),
        Column("program", Text, nullable=False),
        Column("read_at", INSTANT, nullable=False),
        Column("seconds", Float, nullable=False),
        Column("title", Text),
        Column("issuer", Text),
        Column("published", Text),
        Column("period", Text),
        Column("area", Text),
        Column("area_code", String(6)),
        Column("numbers", Integer, nullable=False),
        Column("observed", Integer, nullable=False),
        Column("unexplained", Integer, nullable=False),
        Column("body", LargeBinary, nullable=False),
        UniqueConstraint("report", "model"),
    )
    op.create_table(
        "observations",
        Column("key", KEY, primary_key=True),
        Column("extraction", KEY, ForeignKey("extractions.key", ondelete="CASCADE"), nullable=False),
        Column("report", KEY, ForeignKey("reports.key", ondelete="CASCADE"), nullable=False, index=True),
        Column("model", KEY, ForeignKey("models.key"), nullable=False),
        Column("number", Integer, nullable=False),
        Column("indicator", NAME, nullable=False),
        Column("indicator_code", NAME),
        Column("value_text", Text, nullable=False),
        Column("low", Float(53)),
        Column("high", Float(53)),
        Column("unit", Text, nullable=False),
        Column("bound", String(8), nullable=False),
        Column("masked", Boolean, nullable=False),
        Column("measure", String(9), nullable=False),
        Column("period", NAME),
        Column("period_start", Date),
        Column("period_end", Date),
        Column("area", NAME),
        Column("area_code", NAME),
        Column("scope", Text),
        Column("base", Text),
        Column("status", String(8), nullable=False),
        Column("score", Float, nullable=False),
        Column("start", Integer, nullable=False),
        Column("end", Integer, nullable=False),
        Column("evidence_start", Integer, nullable=False),
        Column("evidence_end", Integer, nullable=False),
        Column("section", Text, nullable=False),
        UniqueConstraint("extraction", "number"),
        Index("ix_observations_model_indicator_code_area_period_end", "model", "indicator_code", "area", "period_end"),
        Index("ix_observations_model_indicator_area_period_end", "model", "indicator", "area", "period_end"),
        Index("ix_observations_model_area_period_end", "model", "area", "period_end"),
        Index("ix_observations_model_area_code_period_end", "model", "area_code", "period_end"),
        Index("ix_observations_model_period_end_period_start", "model", "period_end", "period_start"),
        Index("ix_observations_model_key", "model", "key"),
        Index("ix_observations_extraction_start", "extraction", "start"),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        Column("id", KEY, primary_key=True),
        Column("model", KEY, ForeignKey("models.key"), nullable=False),
        Column("engine", Text, nullable=False),
        Column("selection", JSON, nullable=False),
        Column("state", String(9), nullable=False, index=True),
        Column("total", Integer, nullable=False),
        Column("created_at", INSTANT, nullable=False),
        Column("started_at", INSTANT),
        Column("finished_at", INSTANT),
        CheckConstraint("state IN ('queued', 'running', 'done', 'cancelled')", name="state"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "items",
        Column("job", KEY, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        Column("report", KEY, ForeignKey("reports.key", ondelete="CASCADE"), primary_key=True, index=True),
        Column("state", String(9), nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("worker", Text),
        Column("lease_until", INSTANT),
        Column("error_code", Text),
        Column("error_detail", Text),
        Column("finished_at", INSTANT),
        Index("ix_items_job_state_lease_until", "job", "state", "lease_until"),
        CheckConstraint("state IN ('waiting', 'leased', 'done', 'failed', 'cancelled')", name="state"),
    )


def _keys() -> None:
    op.create_table(
        "api_keys",
        Column("key", KEY, primary_key=True),
        Column("name", Text, nullable=False, unique=True),
        Column("hash", String(64), nullable=False, unique=True),
        Column("scopes", JSON, nullable=False),
        Column("created_at", INSTANT, nullable=False),
        Column("revoked_at", INSTANT),
    )
