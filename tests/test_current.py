"""Which model this process reads with, and that those who share an archive agree."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from model_folders import load_toy, make_model

from service.archive import models
from service.archive.opening import Archive
from service.current import CurrentModel
from service.errors import ArchiveUnavailable, ModelChanged, ModelRefused, NoEarlierModel, NotFound, NotReady
from service.records import ModelCard
from service.registry import Registry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for version in ("1", "2", "3"):
        make_model(tmp_path / "models" / f"toy{version}", version)
    return tmp_path / "models"


class Server:
    """A process of its own, as far as models go."""

    def __init__(self, folder: Path, archive: Archive, default: str = "toy1") -> None:
        self.registry = Registry(folder, 1, default=folder / default, load=load_toy)
        self.away = False
        self._archive = archive
        self.current = CurrentModel(self.registry, self.open)

    def open(self) -> Archive:
        if self.away:
            raise ArchiveUnavailable("档案库没有应答。")
        return self._archive


@pytest.fixture
def one(folder: Path, archive: Archive) -> Server:
    return Server(folder, archive)


@pytest.fixture
def other(folder: Path, archive: Archive) -> Server:
    """Another process on the same archive, with another default."""
    return Server(folder, archive, "toy3")


def made(archive: Archive) -> list[tuple[str, bool]]:
    with archive.reading() as connection:
        return [(p.model, p.rolled_back) for p in reversed(models.history(connection))]


def test_the_default_reads_until_a_model_is_promoted(one: Server, archive: Archive) -> None:
    assert one.current.settle() == "toy-1"
    assert made(archive) == []
    promotion = one.current.promote("toy-2", by="甲")
    assert (promotion.model, promotion.by, promotion.rolled_back) == ("toy-2", "甲", False)
    assert one.registry.serving == "toy-2"
    assert made(archive) == [("toy-1", False), ("toy-2", False)]


def test_there_and_back(one: Server, archive: Archive) -> None:
    one.current.settle()
    one.current.promote("toy-2", by=None)
    one.current.promote("toy-3", by=None)
    for expected in ("toy-2", "toy-1"):
        promotion = one.current.roll_back(by="甲")
        assert (promotion.model, promotion.by, promotion.rolled_back) == (expected, "甲", True)
        assert one.registry.serving == expected
    with pytest.raises(NoEarlierModel):
        one.current.roll_back(by="甲")
    assert one.registry.serving == "toy-1"
    assert len(made(archive)) == 5


def test_other_processes_follow(one: Server, other: Server) -> None:
    assert (one.current.settle(), other.current.settle()) == ("toy-1", "toy-3")
    one.current.promote("toy-2", by=None)
    assert other.registry.serving == "toy-3"
    assert other.current.settle() == "toy-2"
    assert other.current.roll_back(by=None).model == "toy-1"
    assert one.current.settle() == "toy-1"


def test_a_process_that_serves_nothing_can_promote(one: Server, archive: Archive) -> None:
    """The command line."""
    one.current.promote("toy-2", by=None)
    assert made(archive) == [("toy-1", False), ("toy-2", False)]


def test_a_default_that_is_gone_hinders_no_promotion(one: Server, archive: Archive, folder: Path) -> None:
    shutil.rmtree(folder / "toy1")
    one.current.promote("toy-2", by=None)
    assert made(archive) == [("toy-2", False)]
    assert one.current.settle() == "toy-2"


def test_what_is_refused_is_not_promoted(one: Server, archive: Archive, folder: Path) -> None:
    one.current.settle()
    with pytest.raises(NotFound, match="toy-9"):
        one.current.promote("toy-9", by=None)
    (folder / "toy2" / "reader.onnx").write_bytes(b"5")
    with pytest.raises(ModelRefused, match=r"reader\.onnx"):
        one.current.promote("toy-2", by=None)
    with archive.writing() as connection:
        models.model_key(connection, ModelCard("toy", "3", "f" * 64))
    with pytest.raises(ModelChanged, match="toy-3"):
        one.current.promote("toy-3", by=None)
    assert made(archive) == []
    assert one.registry.serving == "toy-1"


def test_what_is_gone_is_not_rolled_back_to(one: Server, archive: Archive, folder: Path) -> None:
    one.current.settle()
    one.current.promote("toy-2", by=None)
    shutil.rmtree(folder / "toy1")
    with pytest.raises(NotFound):
        one.current.roll_back(by=None)
    assert made(archive) == [("toy-1", False), ("toy-2", False)]
    assert one.current.settle() == "toy-2"


def test_an_archive_that_is_away(one: Server, caplog: pytest.LogCaptureFixture) -> None:
    one.away = True
    assert one.current.settle() == "toy-1"
    with pytest.raises(ArchiveUnavailable):
        one.current.promote("toy-2", by=None)
    with pytest.raises(ArchiveUnavailable):
        one.current.roll_back(by=None)
    one.away = False
    one.current.promote("toy-2", by=None)
    one.away = True
    assert [one.current.settle() for _ in range(3)] == ["toy-2"] * 3
    assert caplog.text.count("没有应答") == 1
    one.away = False
    assert one.current.settle() == "toy-2"


def test_a_promoted_model_that_is_not_here(
    one: Server, folder: Path, archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    """Who reads with another stays with it; who starts now reads with none."""
    one.current.settle()
    one.current.promote("toy-2", by=None)
    late = Server(folder, archive)
    shutil.move(folder / "toy2", folder.parent / "toy2")
    with pytest.raises(NotReady, match="toy-2"):
        late.current.settle()
    assert one.current.settle() == "toy-2"
    (folder / "toy3" / "pairs.onnx").write_bytes(b"5")
    with archive.writing() as connection:
        models.promote(connection, "toy-1", by=None)
    assert late.current.settle() == "toy-1"
    shutil.move(folder.parent / "toy2", folder / "toy2")
    with archive.writing() as connection:
        models.roll_back(connection, by=None)
    assert late.current.settle() == "toy-2"
    assert caplog.text.count("the current model cannot be had") == 1


def test_promotions_at_once_leave_all_with_the_last(one: Server, other: Server, archive: Archive) -> None:
    for server in (one, other):
        server.current.settle()
    start = threading.Barrier(4)

    def act(number: int) -> None:
        server = (one, other)[number % 2]
        start.wait()
        for turn in range(5):
            if turn == 3:
                server.current.roll_back(by=str(number))
            else:
                server.current.promote(f"toy-{1 + (number + turn) % 3}", by=str(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(4)))
    last = made(archive)[-1][0]
    assert [server.current.settle() for server in (one, other)] == [last, last]
