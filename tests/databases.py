"""Archives for tests, in SQLite and in a real PostgreSQL.

The fixture `archive` gives each test a fresh archive in either store.  The PostgreSQL server is started once a session
in a folder of its own, as a user other than root and reachable through a socket alone; its programs are looked for
where Debian puts them and on PATH, and where there are none the tests that need it are skipped and say so.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, exc, make_url, text

from service.archive.opening import Archive, open_archive

STORES = ("sqlite", "postgresql")
START_SECONDS = 60.0
# Nothing here outlives the test, so nothing has to survive a crash.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=50", "listen_addresses=")
NO_SERVER = "no PostgreSQL server on this machine (Debian: apt-get install postgresql)"

_names = count()


def server_programs() -> Path | None:
    """The folder with `initdb` and `postgres`, the newest version first, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name.split(".")[0]))
    on_path = shutil.which("postgres")
    candidates = [*reversed(found), *([Path(on_path).resolve().parent] if on_path else [])]
    return next((p for p in candidates if (p / "initdb").is_file() and (p / "postgres").is_file()), None)


class Server:
    """A running PostgreSQL server and the databases in it."""

    def __init__(self, programs: Path, folder: Path, user: str | None) -> None:
        self._folder = folder
        data = folder / "data"
        options = ("-A", "trust", "-U", "baoshu", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        subprocess.run(
            [programs / "initdb", "-D", data, *options],
            check=True,
            capture_output=True,
            user=user,
            cwd=folder,
        )
        settings = [part for setting in CARELESS for part in ("-c", setting)]
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", folder, *settings],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            user=user,
            cwd=folder,
        )
        url = make_url(self.url("postgres")).set(drivername="postgresql+psycopg")
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self._await()

    def url(self, name: str) -> str:
        return f"postgresql://baoshu@/{name}?host={self._folder}"

    def run(self, statement: str) -> None:
        """Run one statement outside of any transaction."""
        with self._engine.connect() as connection:
            connection.execute(text(statement))

    def create(self, template: str = "template0") -> str:
        """A new database's name."""
        name = f"test_{next(_names)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def stop(self) -> None:
        self._engine.dispose()
        self._process.terminate()
        try:
            self._process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _await(self) -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self.run("SELECT 1")
            except exc.OperationalError:
                if self._process.poll() is not None or time.monotonic() > until:
                    self.stop()
                    raise
                time.sleep(0.1)
            else:
                return


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server; skips where there is none."""
    programs = server_programs()
    if programs is None:
        pytest.skip(NO_SERVER)
    pytest.importorskip("psycopg", reason="no driver for PostgreSQL (pip install 'baoshu[postgres]')")
    # The path of a socket may have a hundred characters, so not in pytest's folder.
    folder = Path(tempfile.mkdtemp(prefix="baoshu-pg-"))
    user = None
    if os.geteuid() == 0:
        user = _unprivileged()
        shutil.chown(folder, user)
    running = Server(programs, folder, user)
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> str:
    """Whom to run the server as: it refuses to run as root."""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


@pytest.fixture(scope="session")
def migrated_server(server: Server) -> Server:
    """The server with a database `migrated`, which new ones are copied from."""
    server.run("CREATE DATABASE migrated TEMPLATE template0")
    open_archive(server.url("migrated")).close()
    return server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty archive in SQLite, which new ones are copied from."""
    file = tmp_path_factory.mktemp("migrated") / "archive.db"
    open_archive(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=STORES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where an archive can be made: no file yet, or a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'archive.db'}"
        return
    server: Server = request.getfixturevalue("server")
    name = server.create()
    yield server.url(name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=STORES)
def archive_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh archive, for tests that open it in several processes."""
    if request.param == "sqlite":
        file = tmp_path / "archive.db"
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        yield f"sqlite:///{file}"
        return
    server: Server = request.getfixturevalue("migrated_server")
    name = server.create("migrated")
    yield server.url(name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def archive(archive_url: str) -> Iterator[Archive]:
    """A fresh archive, open."""
    opened = open_archive(archive_url)
    yield opened
    opened.close()
