"""Fixtures that several test modules share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from fakes import FakePipeline
from fastapi.testclient import TestClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from service.app import create_app
from service.settings import Settings

pytest_plugins = ["databases", "archive_commands", "browsers", "workbenches", "shipped", "built_once", "ray_jobs"]

ROOT = Path(__file__).resolve().parent.parent

# The machines are shared: how long an example takes says nothing.
hypothesis_settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("untimed")

# A file is run by one process, which starts once what its tests share (a browser, a cluster, a network); these take
# longest and begin first, so that no process has one left when the others are done.
LONGEST = (
    *("test_archive_ray.py", "test_archive_local.py", "test_archive_ray_alone.py", "test_refine_shipped.py"),
    *("test_archive_kill.py", "test_checks_planted.py", "test_refine.py", "test_workbench.py"),
    *("test_workbench_trouble.py", "test_walkthrough.py", "test_page_reading.py", "test_page_trouble.py"),
    "test_archive_diff.py",
)

# What needs the extra `training` is tried where it is installed.
if find_spec("torch") is None or find_spec("onnx") is None:
    collect_ignore = [
        "test_distil.py",
        "test_learning_curve.py",
        "test_refine.py",
        "test_refine_shipped.py",
        "test_restore.py",
    ]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, the others as they come."""
    first = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: first.get(item.path.name, len(first)))


def pytest_xdist_auto_num_workers() -> int:
    """One more than processors: at any time some test waits for a lease to end or a process to start."""
    return (os.cpu_count() or 1) + 1


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
