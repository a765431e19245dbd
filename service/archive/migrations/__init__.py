"""The history of the store's form: numbered steps, each whole or not at all.

`versions/` has one file a step, which Alembic runs in order; `upgrade` takes an open connection to the newest.  A step
speaks of tables as they were then, so it imports nothing of `tables`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection

VERSION_TABLE = "archive_version"

# Alembic keeps the step under way in module globals.
_one_at_a_time = Lock()


@cache
def revisions() -> tuple[str, ...]:
    """The numbers of all steps, oldest first."""
    names = (entry.name for entry in files("service.archive.migrations.versions").iterdir())
    return tuple(sorted(name.partition("_")[0] for name in names if name[:1].isdigit() and name.endswith(".py")))


def upgrade(connection: Connection, to: str = "head") -> None:
    """Take the store to the newest form, or to that of step `to`, within the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _one_at_a_time:
        command.upgrade(config, to)
