"""Settings from the environment."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from service.files import Limits
from service.settings import DEFAULT_MODEL, Settings, SettingsError


def test_defaults() -> None:
    settings = Settings.from_environ({})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.max_characters) == ("127.0.0.1", 8000, 2_000_000)
    assert settings.model == DEFAULT_MODEL


def test_every_setting_can_be_set() -> None:
    settings = Settings.from_environ(
        {
            "BAOSHU_HOST": "0.0.0.0",
            "BAOSHU_PORT": "81",
            "BAOSHU_MAX_CHARACTERS": "5000",
            "BAOSHU_THREADS": "3",
            "BAOSHU_CONCURRENCY": "4",
            "BAOSHU_QUEUE": "0",
            "BAOSHU_MODEL": "/models/other",
            "BAOSHU_MODELS": "/models",
            "BAOSHU_ARCHIVE": "postgresql://db/baoshu",
            "BAOSHU_WORKERS": "5",
            "BAOSHU_RATE": "0",
            "BAOSHU_FILE_BYTES": "1000",
            "BAOSHU_FILE_SECONDS": "7",
            "BAOSHU_FILE_MEMORY": "64",
            "BAOSHU_FILE_PAGES": "10",
            "BAOSHU_FILE_UNPACKED": "8",
            "BAOSHU_FILE_MEMBERS": "9",
            "BAOSHU_REFINEMENTS": "/runs",
            "BAOSHU_LOG_LEVEL": "DEBUG",
            "PATH": "/bin",
        }
    )
    assert settings == Settings(
        host="0.0.0.0",
        port=81,
        max_characters=5000,
        threads=3,
        concurrency=4,
        queue=0,
        model=Path("/models/other"),
        models=Path("/models"),
        archive="postgresql://db/baoshu",
        workers=5,
        rate=0,
        file_bytes=1000,
        file_seconds=7,
        file_memory=64,
        file_pages=10,
        file_unpacked=8,
        file_members=9,
        refinements=Path("/runs"),
        log_level="debug",
    )
    assert all(getattr(settings, name) != getattr(Settings(), name) for name in Settings.__dataclass_fields__)


def test_a_blank_variable_is_unset() -> None:
    assert Settings.from_environ({"BAOSHU_PORT": " ", "BAOSHU_HOST": "", "BAOSHU_LOG_LEVEL": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BAOSHU_PORT", "http"),
        ("BAOSHU_PORT", "65536"),
        ("BAOSHU_PORT", "-1"),
        ("BAOSHU_PORT", "８０"),
        ("BAOSHU_MAX_CHARACTERS", "0"),
        ("BAOSHU_THREADS", "1.5"),
        ("BAOSHU_LOG_LEVEL", "loud"),
        ("BAOSHU_ARCHIVE", "mysql://db/baoshu"),
        ("BAOSHU_WORKERS", "0"),
        ("BAOSHU_RATE", "-1"),
        ("BAOSHU_PROT", "81"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        Settings.from_environ({name: value})
    assert any("一" <= character <= "鿿" for character in str(caught.value))


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_a_body_may_hold_the_longest_text() -> None:
    settings = Settings(max_characters=1000)
    assert settings.max_body_bytes >= 1000 * len(r"一".encode())


def test_a_file_may_be_longer_than_its_text() -> None:
    assert Settings(max_characters=1000, file_bytes=10**6).max_upload_bytes > 10**6
    assert (
        Settings(max_characters=10**6, file_bytes=1000).max_upload_bytes
        == Settings(max_characters=10**6).max_body_bytes
    )


def test_what_one_file_may_cost() -> None:
    assert Settings().limits == Limits()
