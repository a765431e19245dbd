"""The server process: what must hold before it listens, and how it ends.

In: settings.  Out: whether it ever listened.  Told to stop (SIGINT, SIGTERM) it lets go at once of what could last for
ever, streams and jobs, and finishes what it has begun to answer.
"""

from __future__ import annotations

import logging
from types import FrameType

import uvicorn

from service.access import check_start
from service.app import Service, create_app, example
from service.archive.keys import active_keys
from service.archive.opening import Archive, open_archive
from service.current import CurrentModel
from service.errors import ArchiveUnavailable
from service.extractor import Extractor
from service.fields import hints_of
from service.registry import Registry
from service.settings import Settings

# What is being answered may take this long after the signal; then it is cut off.
GRACE_SECONDS = 60

_log = logging.getLogger("baoshu")


def serve(settings: Settings) -> bool:
    """Serve until told to stop; whether the server ever listened.

    Raises `SettingsError` where it would be open to others with no one in charge, `ModelRefused` and `NotReady` where
    there is no model to read with.
    """
    registry = Registry(settings.models, settings.threads, default=settings.model, trial=_try)
    _prepare(settings, registry)
    server = _Server(create_app(settings, registry.current, registry), settings)
    server.run()
    return server.started


def _prepare(settings: Settings, registry: Registry) -> None:
    """Everything that can refuse the start, before anything listens."""
    archive: Archive | None = None
    try:
        archive = open_archive(settings.archive)
        with archive.reading() as connection:
            keys = active_keys(connection)
    except ArchiveUnavailable as error:
        _log.warning("the archive cannot be opened: %s", error.detail)
        keys = {}

    def opened() -> Archive:
        if archive is None:
            raise ArchiveUnavailable("档案无法打开。")
        return archive

    try:
        check_start(settings.host, keys)
        CurrentModel(registry, opened).settle()
    finally:
        if archive is not None:
            archive.close()


def _try(reader: Extractor) -> None:
    reader.extract(example().text, hints_of(example()))


class _Server(uvicorn.Server):
    """Tells the application of the signal at once, not only when the last answer is out."""

    def __init__(self, app: Service, settings: Settings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_level=settings.log_level,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._app.tell_to_stop()
        super().handle_exit(sig, frame)
