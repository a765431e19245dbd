"""What Alembic runs to reach the store: on the connection that `upgrade` hands over, in its transaction."""

from __future__ import annotations

import logging

from alembic import context

from service.archive.migrations import VERSION_TABLE
from service.archive.tables import metadata

logging.getLogger("alembic").setLevel(logging.WARNING)

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
context.run_migrations()
