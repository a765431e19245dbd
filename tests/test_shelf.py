"""The archive as routes ask it: in threads, a bounded number of them."""

from __future__ import annotations

import threading
from pathlib import Path

import anyio
import pytest
from sqlalchemy import Connection, text

from service import shelf as module
from service.archive.opening import Archive
from service.errors import ArchiveUnavailable, Busy
from service.shelf import Shelf

AWAY = "sqlite:////dev/null/none.db"


def one(connection: Connection) -> int:
    return int(connection.execute(text("SELECT 1")).scalar_one())


def test_questions_and_changes(archive: Archive) -> None:
    async def ask() -> None:
        shelf = Shelf(archive.url)
        with pytest.raises(ArchiveUnavailable):
            await shelf.read(one)
        assert not shelf.is_open
        assert await shelf.open()
        assert await shelf.open()
        assert await shelf.read(one) == 1
        assert await shelf.write(one) == 1
        assert await shelf.answers()
        shelf.close()
        with pytest.raises(ArchiveUnavailable):
            shelf.archive()

    anyio.run(ask)


def test_a_change_is_whole_or_not_at_all(archive: Archive) -> None:
    def half(connection: Connection) -> None:
        connection.execute(text("INSERT INTO settings (name, value) VALUES ('a', 'b')"))
        raise RuntimeError

    async def ask() -> None:
        shelf = Shelf(archive.url)
        await shelf.open()
        with pytest.raises(RuntimeError):
            await shelf.write(half)
        assert await shelf.read(lambda c: c.execute(text("SELECT 1 FROM settings WHERE name = 'a'")).first()) is None
        shelf.close()

    anyio.run(ask)


def test_an_archive_that_is_away(caplog: pytest.LogCaptureFixture) -> None:
    async def ask() -> None:
        shelf = Shelf(AWAY)
        assert not await shelf.open()
        assert not await shelf.answers()
        with pytest.raises(ArchiveUnavailable) as refused:
            await shelf.read(one)
        # Where it is stands in the log, and is told to nobody.
        assert "null" not in refused.value.detail
        assert "null" in caplog.text

    anyio.run(ask)


def test_an_archive_that_goes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROBED_SECONDS", 0.0)
    file = tmp_path / "archive.db"

    async def ask() -> None:
        shelf = Shelf(f"sqlite:///{file}")
        await shelf.open()
        assert await shelf.answers()
        shelf.archive().engine.dispose()
        for part in tmp_path.iterdir():
            part.unlink()
        file.mkdir()
        assert not await shelf.answers()
        with pytest.raises(ArchiveUnavailable, match="没有应答"):
            await shelf.read(one)

    anyio.run(ask)


def test_who_waits_too_long_in_line_is_sent_away(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "THREADS", 1)
    monkeypatch.setattr(module, "MOST_WAITING", 1)
    go, entered = threading.Event(), threading.Event()

    def long(connection: Connection) -> int:
        entered.set()
        go.wait(60)
        return one(connection)

    async def ask() -> None:
        shelf = Shelf(archive.url)
        await shelf.open()
        found: list[int] = []

        async def keep() -> None:
            found.append(await shelf.read(long))

        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(keep)
            while not entered.is_set():
                await anyio.sleep(0.01)
            with pytest.raises(Busy):
                await shelf.read(one)
            assert await shelf.answers()
            go.set()
        assert found == [1, 1]
        assert await shelf.read(one) == 1
        shelf.close()

    anyio.run(ask)
