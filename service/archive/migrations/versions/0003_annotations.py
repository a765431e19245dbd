"""Annotations: a task for each report, and revisions of what people say of it.

Reports that are there already get their tasks, as read or unread.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
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

revision = "0003"
down_revision = "0002"

KEY = BigInteger().with_variant(Integer, "sqlite")
NAME = Text().with_variant(Text(collation="C"), "postgresql")
INSTANT = DateTime(timezone=True)
STATES = "state IN ('new', 'pre_annotated', 'in_work', 'done', 'reviewed')"


def upgrade() -> None:
    """From what models read to what people make of it."""
    op.create_table(
        "annotation_tasks",
        Column("report", KEY, ForeignKey("reports.key", ondelete="CASCADE"), primary_key=True, autoincrement=False),
        Column("state", String(13), nullable=False),
        Column("assignee", Text),
        Column("priority", Float(53), nullable=False),
        Column("reason", Text),
        Column("changed_at", INSTANT, nullable=False),
        Index("ix_annotation_tasks_state_priority_report", "state", "priority", "report"),
        Index("ix_annotation_tasks_priority_report", "priority", "report"),
        CheckConstraint(STATES, name="state"),
    )
    op.create_table(
        "annotation_revisions",
        Column("key", KEY, primary_key=True),
        Column("report", KEY, ForeignKey("reports.key", ondelete="CASCADE"), nullable=False),
        Column("number", Integer, nullable=False),
        Column("line", NAME, nullable=False),
        Column("annotator", NAME, nullable=False),
        Column("at", INSTANT, nullable=False),
        Column("base", Integer),
        Column("model", KEY, ForeignKey("models.key")),
        Column("state", String(13), nullable=False),
        Column("note", Text),
        Column("corrections", Integer, nullable=False),
        Column("body", LargeBinary, nullable=False),
        UniqueConstraint("report", "number"),
        Index("ix_annotation_revisions_report_line_number", "report", "line", "number"),
        CheckConstraint(STATES, name="state"),
    )
    op.execute(
        "INSERT INTO annotation_tasks (report, state, priority, changed_at)"
        " SELECT key, CASE WHEN EXISTS (SELECT 1 FROM extractions WHERE extractions.report = reports.key)"
        " THEN 'pre_annotated' ELSE 'new' END, 0, added_at FROM reports"
    )
