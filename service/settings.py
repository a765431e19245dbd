"""Settings, read once at start.

In: the process environment (`BAOSHU_*`).  Out: one frozen `Settings`, or a `SettingsError` that says in Chinese what
was wrong.  Nothing here is read at import, and no other module looks at the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from service.files.limits import MEBIBYTE, Limits

PREFIX = "BAOSHU_"
LOG_LEVELS = ("critical", "error", "warning", "info", "debug")

# Weights stand beside the package, in `models/<name>/` of the checkout; so does what the service keeps, in `var/`.
ROOT = Path(__file__).resolve().parent.parent
DEFAULT_MODELS = ROOT / "models"
DEFAULT_MODEL = DEFAULT_MODELS / "baoshu-base"
DEFAULT_REFINEMENTS = ROOT / "var" / "refinements"
DEFAULT_ARCHIVE = f"sqlite:///{ROOT / 'var' / 'baoshu.db'}"
ARCHIVE_FORMS = ("sqlite:///", "postgresql://")

# A JSON body spends at most six bytes on a character outside the rarest planes (`\\uXXXX`); the rest is for the other
# fields and the multipart frame.
BYTES_PER_CHARACTER = 6
BODY_ALLOWANCE = 64 * 1024


class SettingsError(ValueError):
    """A setting that cannot be used; the message is Chinese and names the variable."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set from outside.

    `host`, `port`: where the server listens.  `max_characters`: the longest text one request may hold, in Unicode
    code points.  `threads`: threads the model uses for one text.  `concurrency`: texts read at the same time;
    `queue`: texts that may wait for their turn before the server answers 503.  `model`: folder of the model that is
    current where none has been promoted; `models`: folder of the others; `refinements`: folder of the runs that train
    new ones.  `archive`: address of the archive (`ARCHIVE_FORMS`).  `workers`: processes that read reports again.
    `rate`: requests a minute and key, 0 for no limit; without keys it does not count.  `file_bytes`: of a file that
    is posted; `file_seconds`: to read one; `file_memory`: MiB that its reading may take; `file_unpacked`: MiB that it
    may be when unpacked; `file_pages`: of a PDF; `file_members`: files in a zip.  `log_level`: one of `LOG_LEVELS`.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    max_characters: int = 2_000_000
    threads: int = 2
    concurrency: int = 2
    queue: int = 16
    model: Path = DEFAULT_MODEL
    models: Path = DEFAULT_MODELS
    refinements: Path = DEFAULT_REFINEMENTS
    archive: str = DEFAULT_ARCHIVE
    workers: int = 1
    rate: int = 600
    file_bytes: int = 50 * MEBIBYTE
    file_seconds: int = 60
    file_memory: int = 1024
    file_pages: int = 2000
    file_unpacked: int = 256
    file_members: int = 1000
    log_level: str = "info"

    @property
    def max_body_bytes(self) -> int:
        """The longest request body that is read before it is refused."""
        return self.max_characters * BYTES_PER_CHARACTER + BODY_ALLOWANCE

    @property
    def max_upload_bytes(self) -> int:
        """The longest form with a file in it: pictures and fonts make files longer than their text."""
        return max(self.max_body_bytes, self.file_bytes + BODY_ALLOWANCE)

    @property
    def limits(self) -> Limits:
        """What one file may cost."""
        return Limits(
            seconds=self.file_seconds,
            memory=self.file_memory * MEBIBYTE,
            pages=self.file_pages,
            unpacked=self.file_unpacked * MEBIBYTE,
            members=self.file_members,
            characters=self.max_characters,
        )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Settings from `BAOSHU_HOST`, `BAOSHU_PORT`, ...; an unset or blank variable leaves its default.

        Raises `SettingsError` for a number that is none or out of range, an unknown log level or form of archive, and a
        `BAOSHU_` variable that is no setting (a slip of the pen must not pass for a setting).
        """
        given = {name: value.strip() for name, value in environ.items() if name.startswith(PREFIX)}
        known = {PREFIX + name.upper() for name in cls.__dataclass_fields__}
        unknown = sorted(given.keys() - known)
        if unknown:
            raise SettingsError(f"不认识的设置 {'、'.join(unknown)}；可用的设置为 {'、'.join(sorted(known))}。")
        default = cls()
        level = given.get("BAOSHU_LOG_LEVEL", "").lower() or default.log_level
        if level not in LOG_LEVELS:
            raise SettingsError(f"BAOSHU_LOG_LEVEL 为“{level}”，应为 {'、'.join(LOG_LEVELS)} 之一。")
        archive = given.get("BAOSHU_ARCHIVE") or default.archive
        if not archive.startswith(ARCHIVE_FORMS):
            # Not repeated: a password may stand in it.
            raise SettingsError(f"BAOSHU_ARCHIVE 应以 {' 或 '.join(ARCHIVE_FORMS)} 开头。")
        return cls(
            host=given.get("BAOSHU_HOST") or default.host,
            port=_whole(given, "BAOSHU_PORT", default.port, 0, 65_535),
            max_characters=_whole(given, "BAOSHU_MAX_CHARACTERS", default.max_characters, 1, 100_000_000),
            threads=_whole(given, "BAOSHU_THREADS", default.threads, 1, 256),
            concurrency=_whole(given, "BAOSHU_CONCURRENCY", default.concurrency, 1, 256),
            queue=_whole(given, "BAOSHU_QUEUE", default.queue, 0, 100_000),
            model=Path(given.get("BAOSHU_MODEL") or default.model),
            models=Path(given.get("BAOSHU_MODELS") or default.models),
            refinements=Path(given.get("BAOSHU_REFINEMENTS") or default.refinements),
            archive=archive,
            workers=_whole(given, "BAOSHU_WORKERS", default.workers, 1, 256),
            rate=_whole(given, "BAOSHU_RATE", default.rate, 0, 1_000_000),
            file_bytes=_whole(given, "BAOSHU_FILE_BYTES", default.file_bytes, 1, 1 << 31),
            file_seconds=_whole(given, "BAOSHU_FILE_SECONDS", default.file_seconds, 1, 3600),
            file_memory=_whole(given, "BAOSHU_FILE_MEMORY", default.file_memory, 64, 1 << 20),
            file_pages=_whole(given, "BAOSHU_FILE_PAGES", default.file_pages, 1, 100_000),
            file_unpacked=_whole(given, "BAOSHU_FILE_UNPACKED", default.file_unpacked, 1, 1 << 14),
            file_members=_whole(given, "BAOSHU_FILE_MEMBERS", default.file_members, 1, 100_000),
            log_level=level,
        )


def _whole(given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """The whole number that `name` gives, between `least` and `most` inclusive."""
    text = given.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
        raise SettingsError(f"{name} 为“{text}”，应为 {least} 到 {most} 之间的整数。")
    return int(text)
