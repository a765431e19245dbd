"""Opening an archive: making it, finding it, refusing what is none."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, func, inspect, select, text, update

from service.archive import opening
from service.archive.migrations import VERSION_TABLE, revisions
from service.archive.opening import Archive, open_archive
from service.archive.tables import metadata, reports, settings
from service.errors import ArchiveUnavailable


def test_the_migrated_form_is_that_of_the_tables(archive: Archive) -> None:
    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        # The index of words is each store's own (`tables`).
        return not (name or "").startswith("passage_words") and (kind, name) not in {
            ("column", "words"),
            ("index", "ix_passages_words"),
        }

    with archive.reading() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True, "include_object": ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        inspector = inspect(connection)
        for name, table in metadata.tables.items():
            checks = {check["name"] for check in inspector.get_check_constraints(name)}
            assert checks == {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}


def test_a_new_archive_is_made_with_its_folder(tmp_path: Path) -> None:
    archive = open_archive(f"sqlite:///{tmp_path / 'a' / 'b' / 'archive.db'}")
    with archive.reading() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(select(settings.c.value).where(settings.c.name == "search_unit")) in (
            "words",
            "characters",
        )
    archive.close()


def test_a_relative_address_leads_back_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archive = open_archive("sqlite:///archive.db")
    archive.close()
    monkeypatch.chdir("/")
    open_archive(archive.url, migrate=False).close()
    assert str(tmp_path) in archive.url


def test_opening_again_changes_nothing(empty_url: str) -> None:
    for migrate in (True, True, False):
        archive = open_archive(empty_url, migrate=migrate)
        with archive.reading() as connection:
            assert connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")) == revisions()[-1]
            assert connection.scalar(select(func.count()).select_from(settings)) == 1
        archive.close()


def test_without_migration_nothing_is_made(empty_url: str, tmp_path: Path) -> None:
    with pytest.raises(ArchiveUnavailable, match="不存在"):
        open_archive(empty_url, migrate=False)
    assert list(tmp_path.iterdir()) == []


def test_processes_that_open_a_new_archive_at_once_make_it_once(empty_url: str, root: Path) -> None:
    program = "import sys; from service.archive.opening import open_archive; open_archive(sys.argv[1]).close()"
    running = [subprocess.Popen([sys.executable, "-c", program, empty_url], cwd=root) for _ in range(4)]
    assert [process.wait(timeout=120) for process in running] == [0, 0, 0, 0]
    archive = open_archive(empty_url, migrate=False)
    with archive.reading() as connection:
        assert connection.scalar(text(f"SELECT count(*) FROM {VERSION_TABLE}")) == 1
    archive.close()


def test_a_failed_step_leaves_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from service.archive import opening

    with monkeypatch.context() as patched:
        patched.setattr(opening, "segmenter", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            open_archive(empty_url)
    open_archive(empty_url).close()


def test_an_archive_newer_than_the_program_is_refused(archive: Archive) -> None:
    with archive.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(ArchiveUnavailable, match="9999"):
        open_archive(archive.url)


def test_a_database_of_something_else_is_refused(empty_url: str) -> None:
    archive = open_archive(empty_url)
    with archive.writing() as connection:
        connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    archive.close()
    with pytest.raises(ArchiveUnavailable, match="不是报数的档案"):
        open_archive(empty_url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://host/name", "mysql"),
        ("nonsense", "无法识别"),
        ("sqlite://", "需要一个文件"),
        ("sqlite:///:memory:", "需要一个文件"),
        ("sqlite:////dev/null/archive.db", "无法使用"),
        ("postgresql://user:secret@127.0.0.1:1/name", "无法使用"),
    ],
)
def test_what_cannot_be_opened_is_refused_in_chinese(url: str, reason: str) -> None:
    with pytest.raises(ArchiveUnavailable, match=reason) as raised:
        open_archive(url)
    assert "secret" not in raised.value.detail


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    file.write_text("2023年全区经济运行情况\n" * 100)
    before = file.read_bytes()
    with pytest.raises(ArchiveUnavailable, match="not a database"):
        open_archive(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_transaction_is_kept_whole_or_not_at_all(archive: Archive) -> None:
    def half() -> None:
        with archive.writing() as connection:
            connection.execute(settings.insert(), {"name": "x", "value": "y"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    with archive.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(settings)) == 1


def test_a_reader_does_not_wait_for_a_writer(archive: Archive) -> None:
    with archive.writing() as writer, archive.reading() as reader:
        writer.execute(settings.insert(), {"name": "x", "value": "y"})
        assert reader.scalar(select(func.count()).select_from(settings)) == 1


def test_a_store_that_fails_meanwhile_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from service.archive import opening

    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.05)
    archive = open_archive(f"sqlite:///{tmp_path / 'archive.db'}")
    other = sqlite3.connect(tmp_path / "archive.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ArchiveUnavailable, match="locked"), archive.writing():
        pytest.fail("the turn is another's")
    other.close()
    archive.close()


def test_keys_of_reports_are_never_given_twice(archive: Archive) -> None:
    row = {"text": "x", "characters": 1, "added_at": text("x")}
    keys = []
    for number in range(2):
        with archive.writing() as connection:
            values = {**row, "id": f"{number:064}", "added_at": func.current_timestamp()}
            keys.append(connection.scalar(reports.insert().values(**values).returning(reports.c.key)))
            connection.execute(reports.delete())
    assert keys[0] != keys[1]


def test_a_writer_that_stands_still_keeps_no_one_waiting(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    if archive.dialect == "sqlite":
        pytest.skip("no server that could drop it; the others give up by themselves")
    monkeypatch.setattr(opening, "STILL_SECONDS", 0.2)
    change = update(settings).values(value="words")

    def stand_still() -> None:
        with archive.writing() as still:
            still.execute(change)
            with archive.writing() as other:
                assert other.execute(change).rowcount == 1
            still.execute(change)

    with pytest.raises(ArchiveUnavailable):
        stand_still()
    with archive.writing() as connection:
        assert connection.execute(change).rowcount == 1


def test_what_is_out_when_the_archive_closes_is_closed_when_it_comes_back(archive: Archive) -> None:
    with archive.reading() as connection:
        raw = connection.connection.driver_connection
        archive.close()
    assert raw is not None
    with pytest.raises(Exception, match="closed"):
        raw.execute("SELECT 1")


def test_what_is_asked_for_after_the_archive_has_closed_is_not_kept_open(archive: Archive) -> None:
    """A thread that nobody waits for any more may ask as late as that."""
    archive.close()
    with archive.reading() as connection:
        raw = connection.connection.driver_connection
    assert raw is not None
    with pytest.raises(Exception, match="closed"):
        raw.execute("SELECT 1")
