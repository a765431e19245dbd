"""What tests of the archive's commands share: a folder to run them in, with reports and models that cost nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from archive_reader import Reader
from model_folders import ToyReader, load_toy, make_model

from service.archive import local
from service.archive.extractions import store_extraction
from service.archive.local import run_job
from service.archive.models import model_key
from service.archive.opening import Archive, open_archive
from service.archive.reports import get_report, list_reports
from service.cli import main
from service.extractor import Extractor
from service.manifest import read_manifest, verify
from service.response import to_json

TEXTS = {"甲": "营收3.2亿元，增长5%。", "乙": "共12家。", "丙": "营收4亿元。"}
OLD, NEW = "toy-1", "toy-2"
SLOW = "archive_commands:load_slow"

Run = Callable[..., tuple[int, str, str]]


def load_slow(model: Path, threads: int) -> Extractor:  # noqa: ARG001
    """A reader whose reports say how long they take."""
    return Reader(verify(model).card)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands are run in: two models, three reports, and no archive yet."""
    for version in ("1", "2"):
        make_model(tmp_path / "models" / version, version)
    (tmp_path / "reports").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "reports" / f"{name}.txt").write_text(text, encoding="gb18030")
    for name in [name for name in os.environ if name.startswith("BAOSHU_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BAOSHU_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("BAOSHU_MODEL", str(tmp_path / "models" / "1"))
    monkeypatch.setattr("service.registry._load", load_toy)
    monkeypatch.setattr(local, "run_job", partial(run_job, reader="model_folders:load_toy"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def store(place: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """The archive that commands use, empty."""
    shutil.copy(migrated_file, place / "archive.db")
    monkeypatch.setenv("BAOSHU_ARCHIVE", "sqlite:///archive.db")
    opened = open_archive("sqlite:///archive.db")
    yield opened
    opened.close()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command: its exit code, what it says, what it tells beside that."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture
def figures(store: Archive, run: Run) -> Archive:
    """The archive with three reports, read by both models."""
    run("archive", "add", "reports")
    read_all(store, "1", "2")
    return store


def read_all(archive: Archive, *versions: str) -> None:
    """All reports of the archive, read by the toys of these versions, here and now."""
    with archive.writing() as connection:
        for version in versions:
            toy = ToyReader(read_manifest(Path("models") / version).card)
            key = model_key(connection, toy.model)
            for listed in list_reports(connection).items:
                report = get_report(connection, listed.id)
                answer = to_json(toy.extract(report.text or "", report.hints))
                store_extraction(connection, report.key, key, answer, seconds=0.1)
