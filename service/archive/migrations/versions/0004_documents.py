"""Where a report's lines stand in the file that it came from; reports that are there already came as text."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, LargeBinary

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """A column that may be empty: nothing is written again, however many reports there are."""
    op.add_column("reports", Column("document", LargeBinary))
