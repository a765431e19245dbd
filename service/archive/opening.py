"""An archive, opened by its URL and brought to the newest form.

In: `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://user@host/name`.  Out: `Archive`, whose
connections either read or write.  SQLite runs with a write-ahead log, so that readers and the one writer do not wait
for each other; PostgreSQL is reached through psycopg 3 (the extra `postgres`).  Processes that open a new archive at
once make it once.  Knows nothing of what the tables hold, but for the unit of search, which is settled here.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, Pool, create_engine, event, exc, insert, inspect, make_url, text

from service.archive.migrations import VERSION_TABLE, revisions, upgrade
from service.archive.tables import settings
from service.errors import ArchiveUnavailable
from service.words import segmenter

SEARCH_UNIT = "search_unit"
WORDS, CHARACTERS = "words", "characters"

BUSY_SECONDS = 30.0  # how long a writer of SQLite waits for its turn
CONNECT_SECONDS = 10  # how long a PostgreSQL server may take to answer
# Who stands still or vanishes amid a transaction (a process that is stopped, a machine that loses its power or its net)
# keeps others from what he has locked.  The server drops him after this time; by itself it would wait for hours.
STILL_SECONDS = 30.0
KEEPALIVE = "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"
_DROPPED = "25P03"  # what PostgreSQL says then
CACHE_KIBIBYTES = 64 * 1024  # pages that a SQLite connection keeps, the default being 2 MiB
OLDEST_SQLITE = (3, 35)  # RETURNING
_MIGRATION_LOCK = 0x62616F736875  # "baoshu": the advisory lock under which PostgreSQL archives are made
_WRITES = "baoshu_writes"


@dataclass(frozen=True, slots=True)
class Archive:
    """An open archive; safe to share between threads, not across a fork.

    `url` opens the same archive from any process and folder; it may hold a password.  `pool` holds its connections
    while it is open; once closed, the engine has another, in which nothing stays.
    """

    engine: Engine
    url: str
    pool: Pool

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        return "sqlite" if self.engine.dialect.name == "sqlite" else "postgresql"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with.  Raises ArchiveUnavailable where the store fails meanwhile."""
        with _understood(self.engine.url), _connected(self.engine, self.pool) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a transaction, which is kept at the end and dropped by an exception.

        In SQLite there is one such at a time, and the others wait.  Raises ArchiveUnavailable where the store fails
        meanwhile; then nothing was written and the same may be tried again.
        """
        with _understood(self.engine.url), _writing(self.engine, self.pool) as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_archive(url: str, *, migrate: bool = True) -> Archive:
    """The archive at `url`, made where there is none, its folder included.

    With `migrate` an archive of an older form is brought to the newest; without, it is refused, as is one that does
    not exist.  Raises ArchiveUnavailable: it cannot be reached, is newer than this program, or is no archive of ours.
    """
    parsed = _parse(url)
    with _understood(parsed):
        engine = _engine(parsed)
        try:
            if parsed.drivername == "sqlite":
                _make_room(parsed, migrate)
            _bring_up(engine, migrate)
        except BaseException:
            engine.dispose()
            raise
    return Archive(engine, parsed.render_as_string(hide_password=False), engine.pool)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except exc.ArgumentError:
        raise ArchiveUnavailable("档案地址无法识别；应为 sqlite:///文件 或 postgresql://用户@主机/库名。") from None
    if parsed.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise ArchiveUnavailable(
            f"档案不支持 {parsed.drivername}；应为 sqlite:///文件 或 postgresql://用户@主机/库名。"
        )
    if not parsed.database or parsed.database.startswith((":", "file:")):
        raise ArchiveUnavailable("SQLite 档案需要一个文件；例如 sqlite:///var/baoshu.db。")
    return URL.create("sqlite", database=str(Path(parsed.database).absolute()))


def _engine(url: URL) -> Engine:
    if url.drivername == "sqlite":
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise ArchiveUnavailable(f"SQLite {sqlite3.sqlite_version} 过旧；需要 3.35 或更新的版本。")
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
        return engine
    try:
        engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": CONNECT_SECONDS})
    except ImportError:
        raise ArchiveUnavailable("没有安装 PostgreSQL 的驱动；请安装 baoshu[postgres]。") from None
    event.listen(engine, "connect", _keep_alive)
    event.listen(engine, "begin", _begin_on_server)
    return engine


def _keep_alive(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(KEEPALIVE)
    connection.commit()


def _begin_on_server(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES):
        still = f"{STILL_SECONDS * 1000:.0f}ms"
        connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '{still}'")


def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin` alone
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")  # safe with a write-ahead log
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")


@contextmanager
def _connected(engine: Engine, pool: Pool) -> Iterator[Connection]:
    """A connection of `pool`; where another thread has closed the archive, before or meanwhile, it is not kept."""
    with engine.connect() as connection:
        try:
            yield connection
        finally:
            if engine.pool is not pool:
                connection.invalidate()


@contextmanager
def _writing(engine: Engine, pool: Pool) -> Iterator[Connection]:
    with _connected(engine, pool) as connection:
        connection.execution_options(**{_WRITES: True})
        with connection.begin():
            yield connection


def _begin(connection: Connection) -> None:
    """A writer takes its turn at once: a reader that turns writer halfway could only fail."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN")


def _make_room(url: URL, migrate: bool) -> None:
    """The folder of a new file; connecting alone makes the file, so a missing one is refused here."""
    file = Path(url.database or "")
    if file.exists():
        return
    if not migrate:
        raise ArchiveUnavailable(f"档案 {file} 不存在。")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unavailable(url, error) from error


def _bring_up(engine: Engine, migrate: bool) -> None:
    with engine.connect() as connection:
        version = _version(connection)
        logged = engine.dialect.name != "sqlite" or connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    if version != revisions()[-1]:
        if not migrate:
            raise ArchiveUnavailable("档案不存在或版本较旧；请先以当前程序打开并升级。")
        with _writing(engine, engine.pool) as connection:
            _migrate(connection)
    if not logged:
        _write_ahead(engine)


def _migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
    version = _version(connection)  # again: another process may have been here first
    if version == revisions()[-1]:
        return
    upgrade(connection)
    if version is None:
        unit = WORDS if segmenter() is not None else CHARACTERS
        connection.execute(insert(settings), {"name": SEARCH_UNIT, "value": unit})


def _version(connection: Connection) -> str | None:
    """The form that the store has, None for an empty one.  Raises ArchiveUnavailable where it is not ours."""
    tables = inspect(connection).get_table_names()
    if VERSION_TABLE not in tables:
        if tables:
            raise ArchiveUnavailable("该数据库中已有别的内容，不是报数的档案；请换一个文件或数据库。")
        return None
    version: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    if version is not None and version not in revisions():
        raise ArchiveUnavailable(f"档案的版本 {version} 比当前程序新；请升级程序后再打开。")
    return version


def _write_ahead(engine: Engine) -> None:
    """Switch to the write-ahead log, which lasts; refused while another connection is busy, so asked again."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
        finally:
            raw.close()


@contextmanager
def _understood(url: URL) -> Iterator[None]:
    """Failures of the store as ours; mistakes of the program pass unchanged."""
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError, sqlite3.OperationalError) as error:
        raise _unavailable(url, error) from error
    except exc.DatabaseError as error:
        # "file is not a database" is a plain DatabaseError; integrity and programming errors are subclasses.
        if type(error) is not exc.DatabaseError and getattr(error.orig, "sqlstate", None) != _DROPPED:
            raise
        raise _unavailable(url, error) from error


def _unavailable(url: URL, error: Exception) -> ArchiveUnavailable:
    reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    return ArchiveUnavailable(f"档案 {url.render_as_string(hide_password=True)} 无法使用：{reason}")
