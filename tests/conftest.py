"""Fixtures that several test modules share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import FakePipeline
from fastapi.testclient import TestClient

from service.app import create_app
from service.settings import Settings

pytest_plugins = ["databases", "archive_commands", "browsers"]

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def root() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture
def pipeline() -> FakePipeline:
    return FakePipeline()


@pytest.fixture
def settings(migrated_file: Path, tmp_path: Path) -> Settings:
    """An empty archive, and a limit of 100 characters."""
    file = tmp_path / "service.db"
    shutil.copy(migrated_file, file)
    return Settings(max_characters=100, archive=f"sqlite:///{file}")


@pytest.fixture
def client(pipeline: FakePipeline, settings: Settings) -> Iterator[TestClient]:
    """The service with the fake pipeline."""
    with TestClient(create_app(settings, pipeline), raise_server_exceptions=False) as running:
        yield running
